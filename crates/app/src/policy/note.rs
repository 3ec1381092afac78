//! The impact note: what a change does, as a document that the page, Word and PDF print.

use std::collections::{BTreeMap, BTreeSet};

use engine::assess::policy::{ChangeSet, Group, Wanted, changed};
use engine::assess::{Outcome, Score};
use engine::catalogue::Catalogue;
use engine::catalogue::frameworks::{Criterion, Framework};
use engine::ids::CriterionId;
use engine::language::{Language, format_date, format_number};
use engine::period::Period;
use engine::report::document::{Block, Cell, Column, Document, Section, Table};

use super::costs::Cost;
use super::{Trial, wording as words};
use crate::wording::{self, Names};
use crate::words::{text, text_with};

/// Words a trial. `waiting`: parks that are still being computed and not in it.
pub fn impact_note(
    trial: &Trial,
    edition: &Framework,
    changes: &ChangeSet,
    waiting: usize,
    catalogue: &Catalogue,
    language: Language,
) -> Document {
    // The trial was made of this very change set, so that it has no fault.
    let after = changed(edition, changes, catalogue).unwrap_or_else(|_| edition.clone());
    let names = Names { language, catalogue, park: None };
    let note = Note { trial, edition, after: &after, changes, waiting, catalogue, language, names };
    let is_sample = trial.parks.iter().any(|park| park.synthetic);
    Document {
        language,
        letter: None,
        title: note.t("policy-note-title"),
        subtitle: wording::framework(catalogue, language, &edition.id),
        marks: if is_sample { vec![note.t("synthetic")] } else { Vec::new() },
        particulars: note.particulars(),
        sections: note.sections(),
        footer: text_with(language, "policy-note-footer", &[("date", &format_date(trial.run.as_of))]),
    }
}

/// The first line: how many parks flip, and how many meet everything before and after.
pub fn finding(trial: &Trial, language: Language) -> String {
    let count = |count: usize| format_number(language, count as f64, 0);
    let whole = &trial.effect.whole;
    let counts = [
        ("flipping", count(whole.flipping)),
        ("parks", count(whole.parks)),
        ("before", count(whole.meets_before)),
        ("after", count(whole.meets_after)),
        ("open", count(whole.open_after)),
    ];
    let counts: Vec<(&str, &str)> = counts.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let key = if trial.changes.is_empty() { "policy-finding-none" } else { "policy-finding" };
    text_with(language, key, &counts)
}

struct Note<'a> {
    trial: &'a Trial,
    edition: &'a Framework,
    after: &'a Framework,
    changes: &'a ChangeSet,
    waiting: usize,
    catalogue: &'a Catalogue,
    language: Language,
    names: Names<'a>,
}

impl Note<'_> {
    fn t(&self, key: &str) -> String {
        text(self.language, key)
    }

    fn count(&self, key: &str, count: usize) -> String {
        text_with(self.language, key, &[("count", &format_number(self.language, count as f64, 0))])
    }

    fn section(&self, id: &str, heading: &str, blocks: Vec<Block>) -> Section {
        Section { id: id.to_string(), heading: self.t(heading), blocks }
    }

    fn table(&self, id: &str, caption: &str, columns: Vec<Column>, rows: Vec<Vec<Cell>>) -> Block {
        let run = &self.trial.run;
        let digests = [("inputs", run.inputs.short()), ("catalogue", run.catalogue.short())];
        let source = text_with(self.language, "policy-note-source", &digests);
        Block::Table(Table { id: id.to_string(), caption: self.t(caption), columns, rows, source })
    }

    /// A table, or a sentence where it would be empty.
    fn table_or(&self, empty: &str, id: &str, caption: &str, columns: Vec<Column>, rows: Vec<Vec<Cell>>) -> Block {
        if rows.is_empty() { Block::Paragraph(self.t(empty)) } else { self.table(id, caption, columns, rows) }
    }

    fn plain(&self, key: &str, width: u8) -> Column {
        Column { unit: None, ..Column::number(self.t(key), "", 0, width) }
    }

    fn particulars(&self) -> Vec<(String, String)> {
        let run = &self.trial.run;
        let period = Period::parse(&run.period);
        let period = period.map_or(run.period.clone(), |period| wording::period(self.language, &period));
        [
            ("report-particulars-framework", wording::framework(self.catalogue, self.language, &self.edition.id)),
            ("report-particulars-period", period),
            ("report-particulars-as-of", format_date(run.as_of)),
            ("policy-note-parks", format_number(self.language, self.trial.parks.len() as f64, 0)),
            ("report-particulars-digest", run.inputs.short().to_string()),
            ("policy-note-catalogue", run.catalogue.short().to_string()),
            ("report-particulars-engine", run.engine.clone()),
        ]
        .into_iter()
        .map(|(key, value)| (self.t(key), value))
        .collect()
    }

    fn sections(&self) -> Vec<Section> {
        vec![
            self.what_changes(),
            self.effect(),
            self.flips(),
            self.groups("provinces", "policy-by-province", &self.trial.effect.by_province, &|code| {
                let province = self.catalogue.provinces.after_code(code);
                province.map_or_else(|| code.to_string(), |province| province.name.get(self.language).to_string())
            }),
            self.groups("sectors", "policy-by-sector", &self.trial.effect.by_sector, &|code| {
                let industry = self.catalogue.industries.get(code);
                match industry {
                    Some(industry) => format!("{code} {}", industry.get(self.language)),
                    None => self.t("policy-no-sector"),
                }
            }),
            self.open(),
            self.costs(),
            self.method(),
        ]
    }

    fn what_changes(&self) -> Section {
        let lines = words::changes(self.language, self.catalogue, self.edition, self.after, self.changes);
        let rows = lines
            .into_iter()
            .map(|line| [line.criterion, line.label, line.what, line.before, line.after].map(Cell::Text).to_vec());
        let columns = vec![
            Column::text(self.t("report-criterion"), 3),
            Column::text(self.t("policy-content"), 8),
            Column::text(self.t("policy-what"), 3),
            Column::text(self.t("policy-before"), 3),
            Column::text(self.t("policy-after"), 3),
        ];
        let mut blocks = vec![Block::Paragraph(finding(self.trial, self.language))];
        if self.waiting > 0 {
            blocks.push(Block::Note(self.count("policy-waiting", self.waiting)));
        }
        if !self.trial.left_out.is_empty() {
            blocks.push(Block::Note(self.count("policy-left-out", self.trial.left_out.len())));
        }
        blocks.push(self.table_or("policy-no-change", "changes", "policy-changes", columns, rows.collect()));
        self.section("changes", "policy-changes", blocks)
    }

    fn effect(&self) -> Section {
        let whole = &self.trial.effect.whole;
        let verdicts = [
            ("policy-verdict-meets", whole.meets_before, whole.meets_after),
            ("policy-verdict-fails", whole.fails_before, whole.fails_after),
            ("policy-verdict-open", whole.open_before, whole.open_after),
        ];
        let rows = verdicts.into_iter().map(|(key, before, after)| {
            let change = after as f64 - before as f64;
            vec![Cell::Text(self.t(key)), Cell::Number(before as f64), Cell::Number(after as f64), Cell::Number(change)]
        });
        let columns = vec![
            Column::text(self.t("policy-verdict"), 8),
            self.plain("policy-before", 3),
            self.plain("policy-after", 3),
            self.plain("policy-difference", 3),
        ];
        let parks = self.table("verdicts", "policy-verdicts", columns, rows.collect());
        self.section("effect", "policy-effect", vec![parks, self.rows()])
    }

    /// Outcomes of each row over all parks, before and after.
    fn rows(&self) -> Block {
        let pair = |score: Option<Score>, of: fn(&Score) -> usize| {
            score.map_or(Cell::Empty, |score| Cell::Number(of(&score) as f64))
        };
        let rows = self.trial.effect.rows.iter().map(|row| {
            let mut cells = vec![Cell::Text(row.criterion.to_string()), Cell::Text(self.label(&row.criterion))];
            let counts: [fn(&Score) -> usize; 3] = [|score| score.met, |score| score.not_met, |score| score.unknown];
            for of in counts {
                cells.extend([pair(row.before, of), pair(row.after, of)]);
            }
            cells.push(Cell::Number(row.flips as f64));
            cells
        });
        let mut columns = vec![Column::text(self.t("report-criterion"), 3), Column::text(self.t("policy-content"), 8)];
        for outcome in [Outcome::Met, Outcome::NotMet, Outcome::Unknown] {
            for side in ["policy-side-before", "policy-side-after"] {
                let heading = text_with(self.language, side, &[("outcome", &wording::outcome(self.language, outcome))]);
                columns.push(Column { unit: None, ..Column::number(heading, "", 0, 2) });
            }
        }
        columns.push(self.plain("policy-flips-count", 2));
        self.table("rows", "policy-rows", columns, rows.collect())
    }

    fn flips(&self) -> Section {
        let rows = self.trial.effect.flips.iter().map(|flip| {
            let row = self.row(&flip.criterion);
            let (unit, line) = row.map_or_else(Default::default, |row| {
                (row.unit.clone(), wording::target(self.language, row.rule, row.target, &row.unit))
            });
            let mut cells = self.park(&flip.park).to_vec();
            cells.extend([
                Cell::Text(flip.criterion.to_string()),
                Cell::Text(wording::outcome(self.language, flip.before)),
                Cell::Text(wording::outcome(self.language, flip.after)),
                Cell::Text(words::range(self.language, &unit, flip.range)),
                Cell::Text(line),
                match flip.distance {
                    Some(distance) => Cell::Number(distance),
                    None => Cell::Unknown(self.t("policy-no-distance")),
                },
            ]);
            cells
        });
        let columns = vec![
            Column::text(self.t("policy-park"), 5),
            Column::text(self.t("report-particulars-province"), 3),
            Column::text(self.t("report-criterion"), 3),
            Column::text(self.t("policy-before"), 3),
            Column::text(self.t("policy-after"), 3),
            Column::text(self.t("report-value"), 3),
            Column::text(self.t("policy-line"), 3),
            Column { unit: None, ..Column::number(self.t("policy-distance"), "", 1, 2) },
        ];
        let blocks = vec![
            Block::Note(self.t("policy-flips-note")),
            self.table_or("policy-no-flips", "flips", "policy-flips", columns, rows.collect()),
        ];
        self.section("flips", "policy-flips", blocks)
    }

    fn groups(
        &self,
        id: &str,
        heading: &str,
        groups: &BTreeMap<String, Group>,
        name: &dyn Fn(&str) -> String,
    ) -> Section {
        let rows = groups.iter().map(|(code, group)| {
            let mut cells = vec![Cell::Text(name(code))];
            let counts = [
                group.parks,
                group.flipping,
                group.meets_before,
                group.meets_after,
                group.fails_before,
                group.fails_after,
                group.open_before,
                group.open_after,
            ];
            cells.extend(counts.map(|count| Cell::Number(count as f64)));
            cells
        });
        let mut columns =
            vec![Column::text(self.t(heading), 6), self.plain("policy-parks", 2), self.plain("policy-flipping", 2)];
        for verdict in ["policy-verdict-meets", "policy-verdict-fails", "policy-verdict-open"] {
            for side in ["policy-side-before", "policy-side-after"] {
                let heading = text_with(self.language, side, &[("outcome", &self.t(verdict))]);
                columns.push(Column { unit: None, ..Column::number(heading, "", 0, 2) });
            }
        }
        self.section(id, heading, vec![self.table(id, heading, columns, rows.collect())])
    }

    /// Rows that the change set touches, park by park; then what is missing of all rows, added up.
    fn open(&self) -> Section {
        let added = self.changes.added.iter().map(|criterion| &criterion.id);
        let touched: BTreeSet<&CriterionId> = self.changes.rows.keys().chain(added).collect();
        let of_touched = self.trial.effect.open.iter().filter(|open| touched.contains(&open.criterion));
        let rows = of_touched.map(|open| {
            let unit = self.row(&open.criterion).map_or("", |row| row.unit.as_str());
            let wanted: Vec<String> = open.wanted.iter().map(|wanted| words::wanted(&self.names, wanted)).collect();
            let mut cells = self.park(&open.park).to_vec();
            cells.extend([
                Cell::Text(open.criterion.to_string()),
                Cell::Text(words::range(self.language, unit, open.range)),
                Cell::Text(words::lacks(self.language, &open.lacks)),
                Cell::Text(wanted.join("; ")),
            ]);
            cells
        });
        let columns = vec![
            Column::text(self.t("policy-park"), 5),
            Column::text(self.t("report-particulars-province"), 3),
            Column::text(self.t("report-criterion"), 3),
            Column::text(self.t("policy-possible"), 3),
            Column::text(self.t("policy-lack"), 3),
            Column::text(self.t("policy-wanted"), 7),
        ];
        let blocks = vec![
            Block::Note(self.t("policy-open-note")),
            self.table_or("policy-no-open", "open", "policy-open-touched", columns, rows.collect()),
            self.wanted_of_all(),
        ];
        self.section("open", "policy-open", blocks)
    }

    fn wanted_of_all(&self) -> Block {
        let mut missing: BTreeMap<(&CriterionId, String), usize> = BTreeMap::new();
        for open in &self.trial.effect.open {
            for wanted in &open.wanted {
                // Over parks the kind of datum counts, not of how many enterprises it is missing.
                let kind = match wanted.clone() {
                    Wanted::Records { group, .. } => Wanted::Records { group, enterprises: 0 },
                    other => other,
                };
                let what = match &kind {
                    Wanted::Answers { question, .. } => self.names.question(question),
                    other => words::wanted(&self.names, other),
                };
                *missing.entry((&open.criterion, what)).or_default() += 1;
            }
        }
        let mut missing: Vec<_> = missing.into_iter().collect();
        missing.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let rows = missing.into_iter().map(|((criterion, what), parks)| {
            vec![Cell::Text(criterion.to_string()), Cell::Text(what), Cell::Number(parks as f64)]
        });
        let columns = vec![
            Column::text(self.t("report-criterion"), 3),
            Column::text(self.t("policy-wanted"), 10),
            self.plain("policy-parks", 2),
        ];
        self.table_or("policy-nothing-open", "wanted", "policy-wanted-all", columns, rows.collect())
    }

    fn costs(&self) -> Section {
        let rows = self.trial.costs.iter().map(|row| {
            let mut cells = vec![Cell::Text(format!("{} {}", row.criterion, self.label(&row.criterion)))];
            let failing = |cost: Option<Cost>| cost.map_or(Cell::Empty, |cost| Cell::Number(cost.not_met as f64));
            cells.extend([failing(row.before), failing(row.after)]);
            let after = row.after.or(row.before).unwrap_or_default();
            cells.extend([
                Cell::Text(self.needs(&after)),
                Cell::Number(after.priced as f64),
                Cell::Number(after.withheld as f64),
                self.money(row.before, |cost| cost.investment_vnd),
                self.money(row.after, |cost| cost.investment_vnd),
                self.money(row.after, |cost| cost.saving_vnd),
            ]);
            cells
        });
        let columns = vec![
            Column::text(self.t("report-criterion"), 7),
            self.plain("policy-failing-before", 2),
            self.plain("policy-failing-after", 2),
            Column::text(self.t("policy-needs"), 4),
            self.plain("policy-priced", 2),
            self.plain("policy-withheld", 2),
            Column::text(self.t("policy-investment-before"), 3),
            Column::text(self.t("policy-investment-after"), 3),
            Column::text(self.t("policy-saving-after"), 3),
        ];
        let blocks = vec![
            Block::Note(self.t("policy-costs-note")),
            self.table_or("policy-no-costs", "costs", "policy-costs", columns, rows.collect()),
        ];
        self.section("costs", "policy-costs", blocks)
    }

    fn needs(&self, cost: &Cost) -> String {
        let mut needs = Vec::new();
        if cost.starts > 0 {
            needs.push(self.count("policy-needs-starts", cost.starts));
        }
        if cost.exchanges > 0 {
            needs.push(self.count("policy-needs-exchanges", cost.exchanges));
        }
        if needs.is_empty() { self.t("policy-needs-unpriced") } else { needs.join("; ") }
    }

    fn money(&self, cost: Option<Cost>, of: fn(&Cost) -> super::costs::Bounds) -> Cell {
        match cost {
            None => Cell::Empty,
            Some(cost) if cost.priced == 0 && cost.not_met > 0 => Cell::Unknown(self.t("policy-needs-unpriced")),
            Some(cost) => Cell::Text(words::bounds(self.language, of(&cost))),
        }
    }

    fn method(&self) -> Section {
        let paragraphs = ["policy-method-exact", "policy-method-verdict", "policy-method-costs", "policy-method-told"];
        let blocks = paragraphs.into_iter().map(|key| Block::Paragraph(self.t(key))).collect();
        self.section("method", "policy-method", blocks)
    }

    /// Name and province of a park.
    fn park(&self, id: &engine::ids::ParkId) -> [Cell; 2] {
        let Some(park) = self.trial.park(id) else { return [Cell::Text(id.to_string()), Cell::Empty] };
        let province = self.catalogue.provinces.after_code(&park.province);
        let province = province.map_or(Cell::Empty, |found| Cell::Text(found.name.get(self.language).to_string()));
        [Cell::Text(park.name.get(self.language).to_string()), province]
    }

    /// The row after the change, or before it where it goes.
    fn row(&self, id: &CriterionId) -> Option<&Criterion> {
        self.after.criterion(id).or_else(|| self.edition.criterion(id))
    }

    fn label(&self, id: &CriterionId) -> String {
        self.row(id).map_or_else(String::new, |row| row.label.get(self.language).to_string())
    }
}
