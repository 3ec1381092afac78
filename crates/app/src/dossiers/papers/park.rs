//! What a park says of itself: its operation and investment, its self-assessment, its annexes.

use std::collections::BTreeMap;

use engine::assess::{CriterionResult, Outcome};
use engine::catalogue::frameworks::Criterion;
use engine::language::format_number;
use engine::park::{Enterprise, EnterpriseRole};
use engine::report::document::{Block, Cell, Column, Section};

use super::{Paper, Writer};
use crate::document::{Extent, park_document};
use crate::wording;

impl Writer<'_> {
    pub(super) fn operation_of_park(&self) -> Paper {
        let mut paper = Paper::default();
        let park = self.sources.park;
        let count = |role| park.enterprises.iter().filter(|one| one.role == role).count().to_string();
        let rows = vec![
            ("report-particulars-park", Some(self.park_name())),
            ("report-particulars-province", Some(self.province())),
            ("paper-developer", park.developer.clone()),
            ("paper-area", park.area_ha.map(|area| format_number(self.language, area, 1))),
            ("paper-tenants", Some(count(EnterpriseRole::Tenant))),
            ("paper-utilities", Some(count(EnterpriseRole::Utility))),
            ("paper-employees", self.employees(park.enterprises.iter()).map(|count| self.count(count))),
            ("paper-decision-on-park", None),
            ("paper-environment-permit", None),
        ];
        let table = self.particulars(&mut paper, "general", "paper-section-general", rows);
        paper.add("general", self.t("paper-section-general"), vec![table]);

        let rows =
            vec![("paper-occupancy", None), ("paper-registered-capital", None), ("paper-realised-capital", None)];
        let investment = self.particulars(&mut paper, "investment", "paper-section-investment", rows);
        paper.add("investment", self.t("paper-section-investment"), vec![investment, self.industries()]);

        let facts = self.facts();
        let blocks = match facts.is_empty() {
            true => {
                paper.missing.push(self.t("paper-missing-facts"));
                vec![Block::Note(self.t("paper-missing-facts"))]
            }
            false => {
                let columns = vec![
                    Column::text(self.t("paper-what"), 7),
                    Column::text(self.t("paper-content"), 2),
                    Column::text(self.t("paper-stated-on"), 2),
                    Column::text(self.t("report-evidence"), 4),
                ];
                let caption = self.t("paper-section-facts");
                vec![Block::Table(self.table("facts", caption, columns, facts, String::new()))]
            }
        };
        paper.add("facts", self.t("paper-section-facts"), blocks);
        let balance = &self.sources.report.balance;
        if balance.months_covered < balance.months_expected {
            let told =
                [("covered", balance.months_covered.to_string()), ("expected", balance.months_expected.to_string())];
            let told: Vec<(&str, &str)> = told.iter().map(|(name, value)| (*name, value.as_str())).collect();
            paper.missing.push(self.t_with("paper-missing-months", &told));
        }
        paper.sections.extend(self.sections(&["balance"]));
        paper
    }

    /// How many enterprises there are of each industry, by division of ISIC.
    fn industries(&self) -> Block {
        let mut divisions: BTreeMap<&str, Vec<&Enterprise>> = BTreeMap::new();
        for tenant in self.sources.park.tenants() {
            divisions.entry(tenant.isic4.get(..2).unwrap_or(&tenant.isic4)).or_default().push(tenant);
        }
        let rows = divisions.into_iter().map(|(division, tenants)| {
            let label = self.sources.catalogue.industries.get(division);
            vec![
                Cell::Text(division.to_string()),
                Cell::Text(label.map_or_else(String::new, |label| label.get(self.language).to_string())),
                Cell::Number(tenants.len() as f64),
                match self.employees(tenants.iter().copied()) {
                    Some(employees) => Cell::Number(f64::from(employees)),
                    None => Cell::Unknown(self.t("paper-not-all-said")),
                },
            ]
        });
        let count = |key: &str| Column { unit: None, ..Column::number(self.t(key), "", 0, 2) };
        let columns = vec![
            Column::text("ISIC", 1),
            Column::text(self.t("paper-industry"), 7),
            count("report-particulars-enterprises"),
            count("paper-employees"),
        ];
        let caption = self.t("paper-industries");
        Block::Table(self.table("industries", caption, columns, rows.collect(), String::new()))
    }

    fn facts(&self) -> Vec<Vec<Cell>> {
        let row = |fact: &engine::park::Fact| {
            let spec = self.sources.catalogue.facts.get(&fact.fact);
            let unit = spec.map_or("", |spec| spec.unit.as_str());
            let said = match (fact.value, unit) {
                _ if fact.not_applicable.is_some() => Cell::Text(self.t("outcome-not-applicable")),
                (None, _) => Cell::Unknown(self.t("paper-not-stated")),
                (Some(value), "yes_no") => Cell::Text(self.t(if value == 1.0 { "yes" } else { "no" })),
                (Some(value), unit) => {
                    let number = format_number(self.language, value, wording::decimals(value).min(1));
                    Cell::Text(format!("{number} {}", wording::criterion_unit(self.language, unit)))
                }
            };
            vec![
                Cell::Text(self.names().fact(&fact.fact)),
                said,
                Cell::Date(fact.stated_on),
                Cell::Text(fact.evidence.clone().unwrap_or_default()),
            ]
        };
        self.sources.park.facts.iter().map(row).collect()
    }

    /// Each criterion of the edition with its value, outcome and what it rests on. What is not known is missing.
    pub(super) fn self_assessment(&self) -> Paper {
        let mut paper = Paper::default();
        let sources = &self.sources;
        let Some(assessment) = sources.report.assessments.first() else {
            paper.missing.push(self.t("paper-missing-assessment"));
            return paper;
        };
        let name = wording::framework(sources.catalogue, self.language, &assessment.framework);
        let score = format!("{name}: {}.", wording::score(self.language, &assessment.score));
        paper.add("score", self.t("paper-section-score"), vec![Block::Paragraph(score)]);
        let framework = sources.catalogue.frameworks.get(&assessment.framework);
        let criteria = framework.map(|framework| framework.criteria.as_slice()).unwrap_or_default();
        let mut rows = Vec::new();
        for (result, criterion) in assessment.criteria.iter().zip(criteria) {
            if result.outcome == Outcome::Unknown {
                let label = criterion.label.get(self.language);
                let told = [("id", result.id.as_str()), ("label", label), ("why", &self.why(result))];
                paper.missing.push(self.t_with("paper-missing-criterion", &told));
            }
            rows.push(self.criterion(result, criterion));
        }
        let columns = vec![
            Column::text(self.t("report-criterion"), 2),
            Column::text(self.t("paper-requirement"), 6),
            Column::text(self.t("report-threshold"), 2),
            Column::text(self.t("report-value"), 2),
            Column::text(self.t("report-outcome"), 2),
            Column::text(self.t("paper-explanation"), 6),
        ];
        let caption = self.t_with("report-criteria-caption", &[("framework", &name)]);
        let table = self.table("criteria", caption, columns, rows, self.source());
        paper.add("criteria", self.t("paper-section-criteria"), vec![Block::Table(table)]);
        paper
    }

    fn criterion(&self, result: &CriterionResult, criterion: &Criterion) -> Vec<Cell> {
        let mark = if result.unconfirmed { format!(" [{}]", self.t("unconfirmed")) } else { String::new() };
        let legal = criterion.legal.get(self.language);
        let legal = if legal.is_empty() { String::new() } else { format!(" ({legal})") };
        let explanation = match result.outcome {
            Outcome::Unknown => self.why(result),
            _ => result.evidence.iter().take(MOST_EVIDENCE).cloned().collect::<Vec<_>>().join("; "),
        };
        let asked = criterion.evidence.get(self.language);
        let asked = self.t_with("paper-evidence-asked", &[("evidence", asked)]);
        vec![
            Cell::Text(result.id.to_string()),
            Cell::Text(format!("{}{legal}{mark}", criterion.label.get(self.language))),
            Cell::Text(wording::target(self.language, criterion.rule, criterion.target, &criterion.unit)),
            Cell::Text(wording::criterion_value(self.language, result)),
            Cell::Text(wording::outcome(self.language, result.outcome)),
            Cell::Text(if explanation.is_empty() { asked } else { format!("{explanation}. {asked}") }),
        ]
    }

    /// What keeps a criterion unknown.
    fn why(&self, result: &CriterionResult) -> String {
        result.gaps.iter().map(|gap| self.names().gap(gap)).collect::<Vec<_>>().join("; ")
    }

    /// The tables that the papers rest on: exchanges, verified savings, what is missing.
    pub(super) fn annexes(&self) -> Paper {
        let mut paper = Paper::default();
        if self.sources.report.synthetic {
            let note = vec![Block::Note(self.t("synthetic-why"))];
            paper.add("synthetic", self.t("synthetic"), note);
        }
        paper.add("running", self.t("paper-section-running"), vec![self.running()]);
        paper.sections.extend(self.sections(&["claims", "totals", "gaps"]));
        paper
    }

    fn running(&self) -> Block {
        let names = self.names();
        let rows: Vec<Vec<Cell>> = self
            .sources
            .park
            .exchanges
            .iter()
            .map(|exchange| {
                vec![
                    Cell::Text(exchange.name.get(self.language).to_string()),
                    Cell::Text(names.enterprise(&exchange.giver)),
                    Cell::Text(names.enterprise(&exchange.taker)),
                    match &exchange.quantity {
                        Some(amount) => Cell::Number(amount.value),
                        None => Cell::Unknown(self.t("paper-not-stated")),
                    },
                    Cell::Text(exchange.quantity.as_ref().map_or_else(String::new, |amount| amount.unit.clone())),
                    exchange.since.map_or(Cell::Empty, Cell::Date),
                    Cell::Text(exchange.evidence.clone().unwrap_or_default()),
                ]
            })
            .collect();
        if rows.is_empty() {
            return Block::Paragraph(self.t("paper-running-none"));
        }
        let columns = vec![
            Column::text(self.t("report-stream"), 5),
            Column::text(self.t("report-giver"), 4),
            Column::text(self.t("report-taker"), 4),
            Column { unit: None, ..Column::number(self.t("report-quantity"), "", 1, 2) },
            Column::text(self.t("report-unit"), 2),
            Column::text(self.t("paper-since"), 2),
            Column::text(self.t("report-evidence"), 4),
        ];
        Block::Table(self.table("running", self.t("paper-section-running"), columns, rows, String::new()))
    }

    /// Sections of the park's report, as it prints them on paper.
    fn sections(&self, wanted: &[&str]) -> Vec<Section> {
        let sources = &self.sources;
        let document = park_document(sources.report, sources.park, sources.catalogue, self.language, Extent::Printed);
        document.sections.into_iter().filter(|section| wanted.contains(&section.id.as_str())).collect()
    }
}

/// Pieces of evidence that are named for a criterion; the workbook has them all.
const MOST_EVIDENCE: usize = 5;
