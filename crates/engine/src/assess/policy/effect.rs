//! What a change does: outcomes before and after, who flips and by how much, what could still change the answer.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{ChangeSet, KeptPark, Question, Wanted, changed};
use crate::assess::found::{Kept, Terms};
use crate::assess::{Lack, Outcome, Score, outcome};
use crate::catalogue::Catalogue;
use crate::catalogue::frameworks::{Criterion, Framework};
use crate::fault::{Fault, FaultKind, Place};
use crate::ids::{CriterionId, ParkId};

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Effect {
    /// All rows of both editions: those of the former in their order, then the new ones.
    pub criteria: Vec<CriterionId>,
    /// What each of them does, in the same order.
    pub rows: Vec<RowEffect>,
    /// All parks together.
    pub whole: Group,
    /// In the order in which the parks were given.
    pub parks: Vec<ParkEffect>,
    /// Outcomes that differ in a row that both editions have; by criterion, then park.
    pub flips: Vec<Flip>,
    /// Outcomes that are unknown after the change; by criterion, then park.
    pub open: Vec<Open>,
    pub by_province: BTreeMap<String, Group>,
    /// By the parks' sector; parks without tenants under the empty text.
    pub by_sector: BTreeMap<String, Group>,
}

/// How many parks have which outcome in a row; `None` where an edition has no such row.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RowEffect {
    pub criterion: CriterionId,
    pub before: Option<Score>,
    pub after: Option<Score>,
    pub flips: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ParkEffect {
    pub park: ParkId,
    pub before: Score,
    pub after: Score,
    pub verdict_before: Verdict,
    pub verdict_after: Verdict,
    /// Before and after, in the order of [`Effect::criteria`]; `None` where an edition has no such row.
    pub outcomes: Vec<(Option<Outcome>, Option<Outcome>)>,
}

/// What all rows together say about a park.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every row that applies is met, and at least one does.
    Meets,
    /// At least one row is not met.
    Fails,
    /// No row is not met, but one is unknown, or none applies.
    Open,
}

impl Verdict {
    pub fn of(score: Score) -> Verdict {
        match score {
            Score { not_met: 1.., .. } => Verdict::Fails,
            Score { unknown: 0, met: 1.., .. } => Verdict::Meets,
            _ => Verdict::Open,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Flip {
    pub park: ParkId,
    pub criterion: CriterionId,
    pub before: Outcome,
    pub after: Outcome,
    /// The least and the greatest possible value after the change.
    pub range: Option<(f64, f64)>,
    /// How far the value lies beyond the new line, in the criterion's unit; negative when it falls short. `None` while
    /// the value is not one number.
    pub distance: Option<f64>,
}

/// A row of a park that missing data could still turn either way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Open {
    pub park: ParkId,
    pub criterion: CriterionId,
    /// `None` for a row that is new.
    pub before: Option<Outcome>,
    /// It holds values on both sides of the new line; `None`: every value is possible.
    pub range: Option<(f64, f64)>,
    pub lacks: Vec<Lack>,
    pub wanted: Vec<Wanted>,
}

/// Parks of one province or sector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Group {
    pub parks: usize,
    /// Parks with at least one outcome that flips.
    pub flipping: usize,
    pub meets_before: usize,
    pub meets_after: usize,
    pub fails_before: usize,
    pub fails_after: usize,
    pub open_before: usize,
    pub open_after: usize,
}

/// What a change set does to parks. Every row of both editions must have been kept of every park; what was not is told
/// with the faults of the change set.
pub fn simulate(
    edition: &Framework,
    changes: &ChangeSet,
    parks: &[impl Borrow<KeptPark>],
    catalogue: &Catalogue,
) -> Result<Effect, Vec<Fault>> {
    let after = changed(edition, changes, catalogue)?;
    let parks: Vec<&KeptPark> = parks.iter().map(Borrow::borrow).collect();
    let rows = rows(edition, &after, catalogue);
    let missing = not_kept(&rows, &parks);
    if !missing.is_empty() {
        return Err(missing);
    }
    let mut effect = Effect {
        criteria: rows.iter().map(|row| row.id.clone()).collect(),
        rows: Vec::with_capacity(rows.len()),
        whole: Group::default(),
        parks: Vec::with_capacity(parks.len()),
        flips: Vec::new(),
        open: Vec::new(),
        by_province: BTreeMap::new(),
        by_sector: BTreeMap::new(),
    };
    let mut outcomes = vec![Vec::with_capacity(rows.len()); parks.len()];
    for row in &rows {
        let flips = effect.flips.len();
        for (park, outcomes) in parks.iter().zip(&mut outcomes) {
            outcomes.push(judge(park, row, &mut effect));
        }
        let told = || outcomes.iter().filter_map(|of_park| of_park.last());
        effect.rows.push(RowEffect {
            criterion: row.id.clone(),
            before: row.before.as_ref().map(|_| Score::of(told().filter_map(|(before, _)| *before))),
            after: row.after.as_ref().map(|_| Score::of(told().filter_map(|(_, after)| *after))),
            flips: effect.flips.len() - flips,
        });
    }
    for (park, outcomes) in parks.iter().zip(outcomes) {
        let told = park_effect(park, outcomes);
        for (groups, key) in [
            (&mut effect.by_province, park.province.as_str()),
            (&mut effect.by_sector, park.sector.as_deref().unwrap_or_default()),
        ] {
            groups.entry(key.to_string()).or_default().add(&told);
        }
        effect.whole.add(&told);
        effect.parks.push(told);
    }
    Ok(effect)
}

/// A row of one edition or of both.
struct Row<'e> {
    id: &'e CriterionId,
    before: Option<Side<'e>>,
    after: Option<Side<'e>>,
}

/// How one edition judges a value.
struct Side<'e> {
    criterion: &'e Criterion,
    terms: Terms,
    question: Question,
}

impl<'e> Side<'e> {
    fn of(criterion: &'e Criterion, catalogue: &Catalogue) -> Side<'e> {
        Side {
            criterion,
            terms: Terms::of(criterion, catalogue.indicator(criterion)),
            question: Question::of(criterion, catalogue),
        }
    }

    fn outcome(&self, kept: &Kept) -> Outcome {
        outcome(kept, self.terms, self.criterion.rule, self.criterion.target)
    }
}

fn rows<'e>(before: &'e Framework, after: &'e Framework, catalogue: &Catalogue) -> Vec<Row<'e>> {
    let side = |criterion| Side::of(criterion, catalogue);
    let kept_on = before.criteria.iter().map(|criterion| Row {
        id: &criterion.id,
        before: Some(side(criterion)),
        after: after.criterion(&criterion.id).map(side),
    });
    let added = after.criteria.iter().filter(|criterion| before.criterion(&criterion.id).is_none());
    let added = added.map(|criterion| Row { id: &criterion.id, before: None, after: Some(side(criterion)) });
    kept_on.chain(added).collect()
}

/// A fault for each row that was not kept of some park, or kept in answer to another question, with the number of such
/// parks.
fn not_kept(rows: &[Row], parks: &[&KeptPark]) -> Vec<Fault> {
    let is_answered = |row: &Row, park: &KeptPark| {
        let sides = [&row.before, &row.after].into_iter().flatten();
        let value = park.values.get(row.id);
        value.is_some_and(|value| sides.into_iter().all(|side| value.answers(&side.question)))
    };
    let lacking = |row: &Row| parks.iter().filter(|park| !is_answered(row, park)).count();
    rows.iter()
        .map(|row| (row, lacking(row)))
        .filter(|(_, count)| *count > 0)
        .map(|(row, count)| Fault {
            place: Place { file: "parks".to_string(), column: Some(row.id.to_string()), ..Place::default() },
            kind: FaultKind::MissingValue,
            found: count.to_string(),
            expected: "0".to_string(),
        })
        .collect()
}

/// Outcomes of a row before and after; a flip or an open outcome is added to the effect.
fn judge(park: &KeptPark, row: &Row, effect: &mut Effect) -> (Option<Outcome>, Option<Outcome>) {
    let value = &park.values[row.id];
    let before = row.before.as_ref().map(|side| side.outcome(&value.kept));
    let after = row.after.as_ref().map(|side| side.outcome(&value.kept));
    let Some((side, outcome)) = row.after.as_ref().zip(after) else { return (before, after) };
    let range = value.kept.range(side.terms);
    if let Some(before) = before.filter(|before| *before != outcome) {
        let one = range.filter(|(low, high)| low == high).map(|(value, _)| value);
        effect.flips.push(Flip {
            park: park.park.clone(),
            criterion: row.id.clone(),
            before,
            after: outcome,
            range,
            distance: one.map(|value| side.criterion.rule.margin(value, side.criterion.target)),
        });
    }
    if outcome == Outcome::Unknown {
        effect.open.push(Open {
            park: park.park.clone(),
            criterion: row.id.clone(),
            before,
            range,
            lacks: value.lacks(side.terms),
            wanted: value.wanted(side.terms),
        });
    }
    (before, after)
}

fn park_effect(park: &KeptPark, outcomes: Vec<(Option<Outcome>, Option<Outcome>)>) -> ParkEffect {
    let before = Score::of(outcomes.iter().filter_map(|(before, _)| *before));
    let after = Score::of(outcomes.iter().filter_map(|(_, after)| *after));
    ParkEffect {
        park: park.park.clone(),
        before,
        after,
        verdict_before: Verdict::of(before),
        verdict_after: Verdict::of(after),
        outcomes,
    }
}

impl Group {
    fn add(&mut self, park: &ParkEffect) {
        let is_flipping =
            park.outcomes.iter().any(|(before, after)| before.is_some() && after.is_some() && before != after);
        self.parks += 1;
        self.flipping += usize::from(is_flipping);
        match park.verdict_before {
            Verdict::Meets => self.meets_before += 1,
            Verdict::Fails => self.fails_before += 1,
            Verdict::Open => self.open_before += 1,
        }
        match park.verdict_after {
            Verdict::Meets => self.meets_after += 1,
            Verdict::Fails => self.fails_after += 1,
            Verdict::Open => self.open_after += 1,
        }
    }
}
