//! Policy laboratory: what a changed rule would do to the parks whose totals a reader may see. What is kept of a park is
//! computed once for each revision; a trial works on that alone. See `docs/methods/policy.md`.

pub mod costs;
pub mod note;
pub mod wording;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use engine::assess::found::is_asked;
use engine::assess::policy::{ChangeSet, Effect, KeptPark, changed, keep, simulate};
use engine::catalogue::Catalogue;
use engine::catalogue::frameworks::{Criterion, Framework, Indicator};
use engine::fault::{Fault, FaultKind, Place};
use engine::ids::{CriterionId, FrameworkId, ParkId};
use engine::language::Label;
use engine::park::Park;
use engine::period::Period;
use engine::plan::policy::{KeptPlan, keep_plan};
use engine::report::ParkReport;
use engine::source::{Digest, ENGINE_VERSION, Run};
use jiff::civil::Date;
use serde::Serialize;
use store::{ParkSummary, Stamp};

use crate::auth::{self, Action, FEWEST_CONTRIBUTORS, User};
use crate::cli::DEFAULT_FRAMEWORK;
use crate::error::AppError;
use crate::publish;
use crate::state::App;
use costs::RowCost;

/// What is kept of a park, so that rules can be tried on it. It names no enterprise.
#[derive(Clone, Debug)]
pub struct LabPark {
    pub name: Label,
    pub synthetic: bool,
    pub kept: KeptPark,
    pub plan: KeptPlan,
    /// Digest of the park's data.
    pub inputs: Digest,
    /// Of each question to tenants the scopes that may be tried before somebody who sees totals alone.
    scopes: Scopes,
    /// Rows of whose starts the whole cost and saving may be told.
    told: BTreeSet<CriterionId>,
}

/// Scopes by the question that tenants are asked.
type Scopes = BTreeMap<String, BTreeSet<u32>>;

/// Whose eyes a trial is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Eyes {
    /// Whoever holds the parks' files or the store itself.
    Owner,
    /// Somebody who may see totals of parks.
    Totals,
}

impl Eyes {
    pub fn of(user: &User) -> Eyes {
        if user.role == auth::Role::Machine { Eyes::Owner } else { Eyes::Totals }
    }
}

/// Scopes that the form offers: tenants with more workers than this.
pub const SCOPES: [u32; 7] = [0, 50, 100, 200, 250, 300, 500];

impl LabPark {
    pub fn of(park: &Park, report: &ParkReport, catalogue: &Catalogue) -> LabPark {
        let (balance, plan) = (&report.balance, &report.plan);
        LabPark {
            name: park.name.clone(),
            synthetic: park.synthetic,
            kept: keep(park, balance, catalogue, every_criterion(catalogue)),
            plan: keep_plan(park, balance, plan, &report.network, catalogue, every_criterion(catalogue)),
            inputs: report.run.inputs.clone(),
            scopes: scopes_told(park, catalogue),
            told: publish::starts_told(park, report, catalogue),
        }
    }

    /// The same with the rows of an edition of somebody's own.
    pub fn with_rows(mut self, park: &Park, report: &ParkReport, catalogue: &Catalogue, rows: &[Criterion]) -> LabPark {
        let own = keep(park, &report.balance, catalogue, rows.iter());
        self.kept.values.extend(own.values);
        self
    }
}

pub fn every_criterion(catalogue: &Catalogue) -> impl Iterator<Item = &Criterion> {
    catalogue.frameworks.values().flat_map(|framework| &framework.criteria)
}

/// Scopes of which shares may be told: two shares of one question tell how the tenants between their scopes answered.
fn scopes_told(park: &Park, catalogue: &Catalogue) -> Scopes {
    // What the editions ask is told on the pages of the park anyway.
    let of_question = |(question, published)| (question, scopes_beside(park, published));
    scopes_of_editions(catalogue).into_iter().map(of_question).collect()
}

/// Asked are always all tenants above some size, so it is enough that three lie between neighbours.
fn scopes_beside(park: &Park, published: BTreeSet<u32>) -> BTreeSet<u32> {
    let asked = |scope: u32| park.tenants().filter(|tenant| is_asked(tenant.employees, scope)).count();
    let is_apart = |more: usize, fewer: usize| more - fewer >= FEWEST_CONTRIBUTORS;
    let mut scopes = published;
    let mut counts: BTreeSet<usize> = scopes.iter().map(|scope| asked(*scope)).chain([0]).collect();
    for scope in SCOPES {
        let count = asked(scope);
        let below = counts.range(..count).next_back().copied().unwrap_or_default();
        let above = counts.range(count..).next().copied();
        if counts.contains(&count) || (is_apart(count, below) && above.is_none_or(|above| is_apart(above, count))) {
            counts.insert(count);
            scopes.insert(scope);
        }
    }
    scopes
}

fn scopes_of_editions(catalogue: &Catalogue) -> Scopes {
    let mut scopes = Scopes::new();
    for criterion in every_criterion(catalogue) {
        if let Some(Indicator::SurveyShare { question, min_employees }) = catalogue.indicator(criterion) {
            scopes.entry(question.clone()).or_default().insert(*min_employees);
        }
    }
    scopes
}

/// Question and scope of every scope that a change set brings.
fn scopes_asked<'c>(edition: &'c Framework, changes: &'c ChangeSet, catalogue: &'c Catalogue) -> Vec<(&'c str, u32)> {
    let asked = changes.rows.iter().filter_map(|(id, change)| {
        let scope = change.min_employees?;
        match catalogue.indicator(edition.criterion(id)?)? {
            Indicator::SurveyShare { question, .. } => Some((question.as_str(), scope)),
            _ => None,
        }
    });
    asked.collect()
}

/// What somebody asks the laboratory.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    pub edition: &'a Framework,
    pub changes: &'a ChangeSet,
    pub period: Period,
    pub as_of: Date,
    pub eyes: Eyes,
}

/// What the laboratory answers. Page, note and command print this one value.
#[derive(Clone, Debug, Serialize)]
pub struct Trial {
    pub framework: FrameworkId,
    pub edition: String,
    /// What is changed, as it stands in an address: `VN35-37-2C.target`, `30`.
    pub changes: Vec<(String, String)>,
    pub run: Run,
    pub parks: Vec<TrialPark>,
    pub effect: Effect,
    /// Rows that some park fails, before or after.
    pub costs: Vec<RowCost>,
    /// Parks where so few tenants lie between two scopes that their answers would be told.
    pub left_out: Vec<ParkId>,
}

#[derive(Clone, Debug, Serialize)]
pub struct TrialPark {
    pub id: ParkId,
    pub name: Label,
    pub province: String,
    pub sector: Option<String>,
    pub synthetic: bool,
}

/// Tries a change set, or tells everything that is wrong with it.
pub fn try_changes(question: &Question, parks: &[Arc<LabPark>], catalogue: &Catalogue) -> Result<Trial, Vec<Fault>> {
    let Question { edition, changes, .. } = question;
    let after = changed(edition, changes, catalogue)?;
    if question.eyes == Eyes::Totals {
        refuse_other_scopes(edition, changes, catalogue)?;
    }
    let asked = scopes_asked(edition, changes, catalogue);
    let may_ask = |park: &LabPark, (question, scope): &(&str, u32)| {
        park.scopes.get(*question).is_some_and(|scopes| scopes.contains(scope))
    };
    let is_told = |park: &&Arc<LabPark>| question.eyes == Eyes::Owner || asked.iter().all(|scope| may_ask(park, scope));
    let (tried, left_out): (Vec<&Arc<LabPark>>, Vec<&Arc<LabPark>>) = parks.iter().partition(is_told);
    let kept: Vec<&KeptPark> = tried.iter().map(|park| &park.kept).collect();
    let effect = simulate(edition, changes, &kept, catalogue)?;
    let inputs: Vec<&Digest> = tried.iter().map(|park| &park.inputs).collect();
    Ok(Trial {
        framework: edition.id.clone(),
        edition: edition.version.clone(),
        changes: changes.pairs(),
        run: Run {
            engine: ENGINE_VERSION.to_string(),
            period: question.period.to_string(),
            as_of: question.as_of,
            inputs: Digest::of_value(&inputs),
            catalogue: catalogue.digest(),
        },
        costs: costs::of(edition, &after, &effect, &tried, question.eyes, catalogue),
        parks: tried.iter().map(|park| TrialPark::of(park)).collect(),
        effect,
        left_out: left_out.iter().map(|park| park.kept.park.clone()).collect(),
    })
}

/// Scopes that nobody offers could be walked from tenant to tenant.
fn refuse_other_scopes(edition: &Framework, changes: &ChangeSet, catalogue: &Catalogue) -> Result<(), Vec<Fault>> {
    let of_editions = scopes_of_editions(catalogue);
    let mut faults = Vec::new();
    for (question, scope) in scopes_asked(edition, changes, catalogue) {
        let published = of_editions.get(question).into_iter().flatten().copied();
        let offered: BTreeSet<u32> = published.chain(SCOPES).collect();
        if !offered.contains(&scope) {
            let column = Some(format!("min_employees = {scope}"));
            faults.push(Fault {
                place: Place { file: "changes".to_string(), column, ..Place::default() },
                kind: FaultKind::UnknownCode,
                found: scope.to_string(),
                expected: offered.iter().map(u32::to_string).collect::<Vec<_>>().join(" | "),
            });
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

impl TrialPark {
    fn of(park: &LabPark) -> TrialPark {
        TrialPark {
            id: park.kept.park.clone(),
            name: park.name.clone(),
            province: park.kept.province.clone(),
            sector: park.kept.sector.clone(),
            synthetic: park.synthetic,
        }
    }
}

impl Trial {
    pub fn park(&self, id: &ParkId) -> Option<&TrialPark> {
        self.parks.iter().find(|park| park.id == *id)
    }
}

/// Parks of one kind that a reader may see: real ones, or samples. They are never counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Real,
    Sample,
}

impl Kind {
    pub const ALL: [Kind; 2] = [Kind::Real, Kind::Sample];

    pub fn code(self) -> &'static str {
        match self {
            Kind::Real => "real",
            Kind::Sample => "sample",
        }
    }

    pub fn parse(code: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// The parks of the nation that somebody may see, by name within the kind that was asked for; without a wish real ones
/// where there are any.
pub async fn population(app: &App, user: &User, kind: Option<Kind>) -> Result<(Vec<ParkSummary>, Kind), AppError> {
    auth::may(user, &Action::TryPolicy)?;
    let may_see = |park: &ParkSummary| {
        let key = app.key_of(park.id.clone(), &park.province);
        key.province.is_some() && auth::may(user, &Action::SeePark(key)).is_ok()
    };
    let seen: Vec<ParkSummary> = app.store.list_parks(&auth::whole()).await?.into_iter().filter(may_see).collect();
    let (samples, real): (Vec<_>, Vec<_>) = seen.into_iter().partition(|park| park.synthetic);
    match kind {
        Some(Kind::Sample) => Ok((samples, Kind::Sample)),
        None if real.is_empty() => Ok((samples, Kind::Sample)),
        _ => Ok((real, Kind::Real)),
    }
}

/// What is kept of the nation's parks for the years that pages offer.
const MOST_KEPT: usize = 4_000;
/// How long a page waits for parks that are missing; the rest is computed while it is read.
const PATIENCE: Duration = Duration::from_secs(2);

/// A park with the state that it is of, and the catalogue that it was looked at by.
type Kept = (Stamp, Digest, Arc<LabPark>);

#[derive(Clone, Default)]
pub struct Laboratory {
    kept: Arc<Mutex<BTreeMap<(ParkId, Period), Kept>>>,
    /// Held by whoever computes what is missing, so that two pages do not compute the same.
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl Laboratory {
    pub fn get(&self, park: &ParkId, stamp: Stamp, catalogue: &Digest, period: Period) -> Option<Arc<LabPark>> {
        let kept = self.kept.lock().ok()?;
        let (of, by, park) = kept.get(&(park.clone(), period))?;
        (*of == stamp && by == catalogue).then(|| park.clone())
    }

    pub fn keep(&self, stamp: Stamp, catalogue: Digest, period: Period, park: LabPark) {
        if let Ok(mut kept) = self.kept.lock() {
            while kept.len() >= MOST_KEPT {
                kept.pop_first();
            }
            kept.insert((park.kept.park.clone(), period), (stamp, catalogue, Arc::new(park)));
        }
    }
}

impl App {
    /// What is kept of parks, in their order, and how many are still being computed.
    pub async fn lab_parks(
        &self,
        parks: &[ParkSummary],
        catalogue: &Digest,
        period: Period,
    ) -> Result<(Vec<Arc<LabPark>>, usize), AppError> {
        let began = Instant::now();
        let missing = |park: &&ParkSummary| self.laboratory.get(&park.id, park.stamp(), catalogue, period).is_none();
        let missing: Vec<ParkSummary> = parks.iter().filter(missing).cloned().collect();
        let mut missing = missing.into_iter();
        if missing.len() > 0
            && let Ok(turn) = tokio::time::timeout(PATIENCE, self.laboratory.turn.clone().lock_owned()).await
        {
            for park in missing.by_ref() {
                self.lab_park(&park, catalogue, period).await?;
                if began.elapsed() > PATIENCE {
                    break;
                }
            }
            let (app, rest, catalogue) = (self.clone(), missing.collect::<Vec<_>>(), catalogue.clone());
            if !rest.is_empty() {
                tokio::spawn(async move {
                    let _turn = turn;
                    for park in rest {
                        // A park that cannot be computed now will be asked for again.
                        if let Err(error) = app.lab_park(&park, &catalogue, period).await {
                            tracing::warn!("what is kept of park {}: {error:?}", park.id);
                        }
                    }
                });
            }
        }
        let kept = parks.iter().filter_map(|park| self.laboratory.get(&park.id, park.stamp(), catalogue, period));
        let kept: Vec<Arc<LabPark>> = kept.collect();
        let waiting = parks.len() - kept.len();
        Ok((kept, waiting))
    }

    /// Computes what is kept of one park where it is missing. An edition that was published meanwhile counts already.
    async fn lab_park(&self, park: &ParkSummary, catalogue: &Digest, period: Period) -> Result<(), AppError> {
        let stamp = park.stamp();
        if self.laboratory.get(&park.id, stamp, catalogue, period).is_some() {
            return Ok(());
        }
        let computed = self.passing(&park.id, &FrameworkId::new(DEFAULT_FRAMEWORK), period).await?;
        let catalogue = computed.catalogue.digest();
        let kept =
            tokio::task::spawn_blocking(move || LabPark::of(&computed.park, &computed.report, &computed.catalogue));
        let kept = kept.await.map_err(|error| AppError::Internal(error.into()))?;
        self.laboratory.keep(stamp, catalogue, period, kept);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
