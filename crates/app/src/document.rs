//! The park's report as a document in one language: the value that the page, the workbook and the PDF print.

use engine::assess::{Assessment, Outcome};
use engine::catalogue::{Catalogue, Flow};
use engine::claim::Impact;
use engine::language::{Label, Language, format_date};
use engine::park::{Park, Status};
use engine::plan::Through;
use engine::report::ParkReport;
use engine::report::document::{Bars, Block, Cell, Column, Document, Section, Table};
use engine::verify::measures::{HeldBack, MeasureVerification};

use crate::wording::{self, Names};
use crate::words::{text, text_with};

/// How much of the long tables is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Every row: the workbook and the page.
    Whole,
    /// What somebody reads on paper: the chosen framework, and the first rows of what is ranked.
    Printed,
}

/// Rows of a ranked table on paper.
const PRINTED_ROWS: usize = 30;

/// Words the report of a park. `park` gives the names; everything else comes from the report.
pub fn park_document(
    report: &ParkReport,
    park: &Park,
    catalogue: &Catalogue,
    language: Language,
    extent: Extent,
) -> Document {
    let wording =
        Wording { extent, report, catalogue, language, names: Names { language, catalogue, park: Some(park) } };
    Document {
        language,
        letter: None,
        title: text(language, "report-title"),
        subtitle: report.name.get(language).to_string(),
        marks: if report.synthetic { vec![text(language, "synthetic")] } else { Vec::new() },
        particulars: wording.particulars(),
        sections: vec![
            wording.summary(),
            wording.totals(),
            wording.assessments(),
            wording.gaps(),
            wording.balance(),
            wording.exchanges(),
            wording.options(),
            wording.claims(),
        ],
        footer: text_with(language, "report-footer", &[("date", &format_date(report.run.as_of))]),
    }
}

struct Wording<'a> {
    extent: Extent,
    report: &'a ParkReport,
    catalogue: &'a Catalogue,
    language: Language,
    names: Names<'a>,
}

impl Wording<'_> {
    fn t(&self, key: &str) -> String {
        text(self.language, key)
    }

    fn known(&self, values: [Option<f64>; 5]) -> [Cell; 5] {
        values.map(|value| value.map_or_else(|| Cell::Unknown(self.t("report-no-factor")), Cell::Number))
    }

    fn section(&self, id: &str, heading: &str, blocks: Vec<Block>) -> Section {
        Section { id: id.to_string(), heading: self.t(heading), blocks }
    }

    fn table(&self, id: &str, caption: String, columns: Vec<Column>, rows: Vec<Vec<Cell>>) -> Block {
        let source =
            text_with(self.language, "report-source-records", &[("catalogue", self.report.run.catalogue.short())]);
        Block::Table(Table { id: id.to_string(), caption, columns, rows, source })
    }

    /// The first rows of a ranked table on paper, with a sentence that says how many more the workbook holds.
    fn ranked(&self, id: &str, caption: String, columns: Vec<Column>, mut rows: Vec<Vec<Cell>>) -> Vec<Block> {
        let left_out = rows.len().saturating_sub(PRINTED_ROWS);
        if self.extent == Extent::Whole || left_out == 0 {
            return vec![self.table(id, caption, columns, rows)];
        }
        rows.truncate(PRINTED_ROWS);
        let (shown, more) = (PRINTED_ROWS.to_string(), left_out.to_string());
        let note = text_with(self.language, "report-more-in-workbook", &[("shown", &shown), ("more", &more)]);
        vec![self.table(id, caption, columns, rows), Block::Paragraph(note)]
    }

    /// The frameworks whose rows are told one by one.
    fn frameworks_told(&self) -> &[Assessment] {
        match self.extent {
            Extent::Whole => &self.report.assessments,
            Extent::Printed => &self.report.assessments[..self.report.assessments.len().min(1)],
        }
    }

    fn particulars(&self) -> Vec<(String, String)> {
        let province = self
            .catalogue
            .provinces
            .after_code(&self.report.province)
            .map_or_else(|| "–".to_string(), |province| province.name.get(self.language).to_string());
        let framework = self
            .report
            .assessments
            .first()
            .map(|first| wording::framework(self.catalogue, self.language, &first.framework));
        let run = &self.report.run;
        let period = engine::period::Period::parse(&run.period);
        [
            ("report-particulars-park", self.report.name.get(self.language).to_string()),
            ("report-particulars-province", province),
            ("report-particulars-period", period.map_or(run.period.clone(), |p| wording::period(self.language, &p))),
            ("report-particulars-as-of", format_date(run.as_of)),
            ("report-particulars-framework", framework.unwrap_or_default()),
            ("report-particulars-enterprises", self.report.enterprises.to_string()),
            ("report-particulars-digest", run.inputs.short().to_string()),
            ("report-particulars-engine", run.engine.clone()),
        ]
        .into_iter()
        .map(|(key, value)| (self.t(key), value))
        .collect()
    }

    fn summary(&self) -> Section {
        let report = self.report;
        let language = self.language;
        let mut paragraphs: Vec<String> = Vec::new();
        if let Some(first) = report.assessments.first() {
            let name = wording::framework(self.catalogue, language, &first.framework);
            paragraphs.push(format!("{name}: {}.", wording::score(language, &first.score)));
        }
        let balance = &report.balance;
        paragraphs.push(text_with(
            language,
            "report-summary-coverage",
            &[
                ("covered", &balance.months_covered.to_string()),
                ("expected", &balance.months_expected.to_string()),
                ("suspicions", &balance.suspicious().to_string()),
            ],
        ));
        paragraphs.push(text_with(
            language,
            "report-summary-matching",
            &[
                ("exchanges", &report.candidates.exchanges.len().to_string()),
                ("benefit", &wording::money(language, report.network.benefit_vnd)),
                ("proof", &proof(self)),
            ],
        ));
        let counting = report.plan.proposals.iter().filter(|proposal| proposal.counts).count();
        paragraphs.push(text_with(
            language,
            "report-summary-plan",
            &[("count", &counting.to_string()), ("investment", &wording::money(language, report.plan.investment_vnd))],
        ));
        let count = |status| report.totals.get(&status).map_or(0, |total| total.claims).to_string();
        let refused = report.verifications.iter().filter(|v| v.held_back.contains(&HeldBack::Refused)).count();
        paragraphs.push(text_with(
            language,
            "report-summary-verify",
            &[
                ("verified", &count(Status::Verified)),
                ("measured", &count(Status::Measured)),
                ("refused", &refused.to_string()),
            ],
        ));
        let mut blocks: Vec<Block> = paragraphs.into_iter().map(Block::Paragraph).collect();
        if report.synthetic {
            blocks.insert(0, Block::Note(self.t("synthetic-why")));
        }
        self.section("summary", "report-summary", blocks)
    }

    fn totals(&self) -> Section {
        let rows = self
            .report
            .totals
            .iter()
            .map(|(status, total)| {
                let mut row =
                    vec![Cell::Text(wording::status(self.language, *status)), Cell::Number(total.claims as f64)];
                row.extend(self.known(total.values()));
                row
            })
            .collect();
        let mut columns = vec![
            Column::text(self.t("report-status"), 3),
            Column { unit: None, ..Column::number(self.t("report-claims-count"), "", 0, 2) },
        ];
        columns.extend(impact_columns(self));
        let blocks = vec![
            Block::Note(self.t("report-totals-note")),
            self.table("totals", self.t("report-totals-caption"), columns, rows),
        ];
        self.section("totals", "report-totals", blocks)
    }

    fn assessments(&self) -> Section {
        let scores = self
            .report
            .assessments
            .iter()
            .map(|assessment| {
                let score = &assessment.score;
                let counts = [score.met, score.not_met, score.unknown, score.applicable, score.not_applicable];
                let mut row =
                    vec![Cell::Text(wording::framework(self.catalogue, self.language, &assessment.framework))];
                row.extend(counts.map(|count| Cell::Number(count as f64)));
                row
            })
            .collect();
        let count = |key: &str| Column { unit: None, ..Column::number(self.t(key), "", 0, 2) };
        let columns = vec![
            Column::text(self.t("report-framework"), 6),
            count("report-met"),
            count("report-not-met"),
            count("report-unknown"),
            count("report-applicable"),
            count("report-not-applicable"),
        ];
        let mut blocks = vec![self.table("scores", self.t("report-scores-caption"), columns, scores)];
        for assessment in self.frameworks_told() {
            blocks.push(self.criteria(assessment));
            blocks.extend(self.evidence_asked(assessment));
        }
        self.section("assessment", "report-assessments", blocks)
    }

    fn criteria(&self, assessment: &Assessment) -> Block {
        let framework = self.catalogue.frameworks.get(&assessment.framework);
        let rows = assessment
            .criteria
            .iter()
            .enumerate()
            .map(|(index, result)| {
                let criterion = framework.and_then(|framework| framework.criteria.get(index));
                let mark = if result.unconfirmed { self.t("unconfirmed") } else { String::new() };
                vec![
                    Cell::Text(result.id.to_string()),
                    Cell::Text(criterion.map_or(String::new(), |c| c.label.get(self.language).to_string())),
                    Cell::Text(wording::criterion_value(self.language, result)),
                    Cell::Text(
                        criterion.map_or(String::new(), |c| wording::target(self.language, c.rule, c.target, &c.unit)),
                    ),
                    Cell::Text(wording::outcome(self.language, result.outcome)),
                    Cell::Text(result.basis.map_or(String::new(), |basis| wording::basis(self.language, basis))),
                    Cell::Text(self.evidence(&result.evidence)),
                    Cell::Text(mark),
                ]
            })
            .collect();
        let columns = vec![
            Column::text(self.t("report-criterion"), 3),
            Column::text("", 9),
            Column::text(self.t("report-value"), 3),
            Column::text(self.t("report-threshold"), 3),
            Column::text(self.t("report-outcome"), 3),
            Column::text(self.t("report-basis-column"), 2),
            Column::text(self.t("report-evidence"), 4),
            Column::text(self.t("report-mark"), 3),
        ];
        let name = wording::framework(self.catalogue, self.language, &assessment.framework);
        let caption = text_with(self.language, "report-criteria-caption", &[("framework", &name)]);
        self.table(assessment.framework.as_str(), caption, columns, rows)
    }

    /// Whom each criterion is asked of, what would prove it, and who says so.
    fn evidence_asked(&self, assessment: &Assessment) -> Option<Block> {
        let framework = self.catalogue.frameworks.get(&assessment.framework)?;
        let said = |text: &Label| Cell::Text(text.get(self.language).to_string());
        let rows = framework.criteria.iter().map(|criterion| {
            let mark = if criterion.unconfirmed { self.t("unconfirmed") } else { String::new() };
            vec![
                Cell::Text(criterion.id.to_string()),
                said(&criterion.label),
                said(&criterion.applies_to),
                said(&criterion.evidence),
                said(&criterion.source),
                Cell::Text(mark),
            ]
        });
        let columns = vec![
            Column::text(self.t("report-criterion"), 3),
            Column::text("", 8),
            Column::text(self.t("assess-applies-to"), 4),
            Column::text(self.t("assess-evidence-asked"), 6),
            Column::text(self.t("assess-source"), 7),
            Column::text(self.t("report-mark"), 3),
        ];
        let name = wording::framework(self.catalogue, self.language, &framework.id);
        let caption = text_with(self.language, "report-evidence-asked-caption", &[("framework", &name)]);
        Some(self.table(&format!("{}-evidence", framework.id), caption, columns, rows.collect()))
    }

    /// On paper the first pieces of evidence stand for the rest, with their number.
    fn evidence(&self, evidence: &[String]) -> String {
        const ON_PAPER: usize = 3;
        if self.extent == Extent::Whole || evidence.len() <= ON_PAPER {
            return evidence.join("; ");
        }
        format!("{}; … ({})", evidence[..ON_PAPER].join("; "), evidence.len())
    }

    fn gaps(&self) -> Section {
        let rows: Vec<Vec<Cell>> = self
            .report
            .gap_table
            .iter()
            .filter(|row| self.frameworks_told().iter().any(|assessment| assessment.framework == row.framework))
            .map(|row| {
                let result = &row.criterion;
                let act = result.shortfall.as_ref().map_or(String::new(), |shortfall| self.names.act(&shortfall.act));
                let rule = self
                    .catalogue
                    .frameworks
                    .get(&row.framework)
                    .and_then(|framework| framework.criteria.iter().find(|criterion| criterion.id == result.id))
                    .map_or(String::new(), |c| wording::target(self.language, c.rule, c.target, &c.unit));
                let through = row.closing.as_ref().map_or(String::new(), |closing| self.through(&closing.through));
                vec![
                    Cell::Text(row.framework.to_string()),
                    Cell::Text(format!("{} {}", result.id, row.label.get(self.language))),
                    Cell::Text(wording::criterion_value(self.language, result)),
                    Cell::Text(rule),
                    Cell::Text(wording::outcome(self.language, result.outcome)),
                    Cell::Text(result.gaps.iter().map(|gap| self.names.gap(gap)).collect::<Vec<_>>().join("; ")),
                    Cell::Text(if through.is_empty() { act } else { format!("{act}: {through}") }),
                    match row.closing.as_ref().and_then(|closing| closing.investment_vnd) {
                        Some(cost) => Cell::Number(cost / 1e6),
                        None => Cell::Empty,
                    },
                ]
            })
            .collect();
        let columns = vec![
            Column::text(self.t("report-framework"), 3),
            Column::text(self.t("report-criterion"), 7),
            Column::text(self.t("report-value"), 2),
            Column::text(self.t("report-threshold"), 2),
            Column::text(self.t("report-outcome"), 2),
            Column::text(self.t("report-missing"), 6),
            Column::text(self.t("report-closing"), 7),
            Column::number(self.t("report-cost"), million(self.language), 0, 2),
        ];
        let mut blocks = Vec::new();
        if rows.is_empty() {
            blocks.push(Block::Paragraph(self.t("report-no-gaps")));
        } else {
            blocks.push(self.table("gaps", self.t("report-gaps-caption"), columns, rows));
        }
        blocks.extend(self.data_gaps());
        self.section("gaps", "report-gaps", blocks)
    }

    fn through(&self, through: &[Through]) -> String {
        through
            .iter()
            .map(|step| match step {
                Through::Proposal { enterprise, option } => {
                    let label = self.catalogue.options.get(option).map(|option| option.label());
                    let label = label.as_ref().map_or(option.as_str(), |label| label.get(self.language));
                    format!("{} ({label})", self.names.enterprise(enterprise))
                }
                Through::Exchange { giver, taker } => {
                    format!("{} → {}", self.names.enterprise(giver), self.names.enterprise(taker))
                }
            })
            .collect::<Vec<_>>()
            .join(", ")
    }

    fn data_gaps(&self) -> Vec<Block> {
        let rows = self
            .report
            .ranked_gaps
            .iter()
            .map(|(gap, criteria)| {
                let settles = criteria.iter().map(|id| id.to_string()).collect::<Vec<_>>().join(", ");
                vec![Cell::Text(self.names.gap(gap)), Cell::Number(criteria.len() as f64), Cell::Text(settles)]
            })
            .collect();
        let columns = vec![
            Column::text(self.t("report-missing"), 8),
            Column { unit: None, ..Column::number(self.t("report-settles"), "", 0, 2) },
            Column::text(self.t("report-criterion"), 5),
        ];
        self.ranked("data-gaps", self.t("report-data-gaps-caption"), columns, rows)
    }

    fn balance(&self) -> Section {
        let rows = self
            .report
            .balance
            .park
            .iter()
            .map(|(id, total)| {
                let (value, unit) = wording::shown(total.dimension, total.amount);
                vec![
                    Cell::Text(self.names.resource(id)),
                    Cell::Text(self.t(match total.flow {
                        Flow::In => "report-flow-in",
                        Flow::Out => "report-flow-out",
                        Flow::Product => "report-flow-product",
                        Flow::Condition => "report-flow-condition",
                    })),
                    Cell::Number(value),
                    Cell::Text(unit.to_string()),
                    Cell::Text(wording::basis(self.language, total.basis())),
                    Cell::Number(total.months_covered as f64),
                    Cell::Number(total.months_expected as f64),
                    total.emissions.as_ref().map_or(Cell::Empty, |figure| Cell::Number(figure.value.t())),
                    total.cost_vnd.map_or(Cell::Empty, |cost| Cell::Number(cost / 1e6)),
                ]
            })
            .collect();
        let count = |key: &str| Column { unit: None, ..Column::number(self.t(key), "", 0, 2) };
        let columns = vec![
            Column::text(self.t("report-resource"), 5),
            Column::text(self.t("report-flow"), 2),
            Column { unit: None, ..Column::number(self.t("report-amount"), "", 1, 3) },
            Column::text(self.t("report-unit"), 2),
            Column::text(self.t("report-basis-column"), 2),
            count("report-months"),
            count("report-expected"),
            Column::number(self.t("report-emissions"), "t CO₂e", 1, 3),
            Column::number(self.t("report-cost"), million(self.language), 0, 3),
        ];
        let mut factors: Vec<(String, bool)> = self
            .report
            .balance
            .park
            .values()
            .filter_map(|total| total.emissions.as_ref())
            .map(|figure| (figure.source.clone(), figure.unconfirmed))
            .collect();
        factors.sort();
        factors.dedup();
        let factor_rows = factors
            .into_iter()
            .map(|(source, unconfirmed)| {
                let mark = if unconfirmed { self.t("unconfirmed") } else { String::new() };
                vec![Cell::Text(source), Cell::Text(mark)]
            })
            .collect();
        let factor_columns = vec![Column::text(self.t("report-factor"), 9), Column::text(self.t("report-mark"), 3)];
        let blocks = vec![
            self.table("balance", self.t("report-balance-caption"), columns, rows),
            self.table("factors", self.t("report-factors"), factor_columns, factor_rows),
        ];
        self.section("balance", "report-balance", blocks)
    }

    fn exchanges(&self) -> Section {
        let rows: Vec<Vec<Cell>> = self
            .report
            .network
            .exchanges
            .iter()
            .map(|exchange| {
                let stream = self.names.park.and_then(|park| park.streams.iter().find(|s| s.id == exchange.giver));
                let candidate = self
                    .report
                    .candidates
                    .exchanges
                    .iter()
                    .find(|other| other.giver == exchange.giver && other.taker == exchange.taker);
                vec![
                    Cell::Text(self.names.enterprise(&exchange.giver_enterprise)),
                    Cell::Text(self.names.enterprise(&exchange.taker_enterprise)),
                    Cell::Text(stream.map_or(exchange.giver.to_string(), |s| s.name.get(self.language).to_string())),
                    Cell::Number(exchange.quantity),
                    Cell::Text(exchange.unit.code().to_string()),
                    Cell::Number(exchange.benefit_vnd / 1e6),
                    candidate.and_then(|c| c.distance_km).map_or(Cell::Empty, Cell::Number),
                ]
            })
            .collect();
        let columns = vec![
            Column::text(self.t("report-giver"), 5),
            Column::text(self.t("report-taker"), 5),
            Column::text(self.t("report-stream"), 5),
            Column { unit: None, ..Column::number(self.t("report-quantity"), "", 1, 3) },
            Column::text(self.t("report-unit"), 2),
            Column::number(self.t("report-benefit"), million(self.language), 1, 3),
            Column::number(self.t("report-distance"), "km", 2, 2),
        ];
        let block = if rows.is_empty() {
            Block::Paragraph(self.t("report-exchanges-none"))
        } else {
            self.table("exchanges", self.t("report-exchanges-caption"), columns, rows)
        };
        self.section("exchanges", "report-exchanges", vec![block])
    }

    fn options(&self) -> Section {
        let number = |value: Option<f64>| value.map_or(Cell::Empty, Cell::Number);
        let rows = self
            .report
            .plan
            .proposals
            .iter()
            .filter(|proposal| proposal.counts || self.extent == Extent::Whole)
            .map(|proposal| {
                let (mid, unit) = wording::shown(proposal.dimension, proposal.saving.mid);
                let scaled = |value| Cell::Number(wording::shown(proposal.dimension, value).0);
                vec![
                    Cell::Text(self.names.enterprise(&proposal.enterprise)),
                    Cell::Text(proposal.label.get(self.language).to_string()),
                    Cell::Text(self.names.group(&proposal.group)),
                    scaled(proposal.saving.low),
                    Cell::Number(mid),
                    scaled(proposal.saving.high),
                    Cell::Text(unit.to_string()),
                    number(proposal.money_vnd.map(|money| money.mid / 1e6)),
                    Cell::Number(proposal.investment_vnd.mid / 1e6),
                    number(proposal.payback_years),
                    number(proposal.abatement_t_co2e),
                    number(proposal.cost_vnd_per_t.map(|cost| cost / 1e3)),
                    Cell::Text(self.t(if proposal.counts { "yes" } else { "report-alternative" })),
                ]
            })
            .collect();
        let plain =
            |key: &str, decimals, width| Column { unit: None, ..Column::number(self.t(key), "", decimals, width) };
        let columns = vec![
            Column::text(self.t("report-enterprise"), 5),
            Column::text(self.t("report-option"), 6),
            Column::text(self.t("report-resource"), 3),
            plain("report-saving-low", 1, 2),
            plain("report-saving", 1, 3),
            plain("report-saving-high", 1, 2),
            Column::text(self.t("report-unit"), 2),
            Column::number(self.t("report-money"), million(self.language), 1, 3),
            Column::number(self.t("report-investment"), million(self.language), 0, 3),
            Column::number(self.t("report-payback"), self.t("report-years"), 1, 2),
            Column::number(self.t("report-abatement"), "t CO₂e", 1, 3),
            Column::number(self.t("report-abatement-cost"), self.t("report-curve-unit"), 0, 3),
            Column::text(self.t("report-counts"), 2),
        ];
        let bars = self.report.plan.curve.iter().take(20).map(|step| {
            let who = self.names.enterprise(&step.step.enterprise);
            (format!("{who}: {}", step.step.label.get(self.language)), step.cost_vnd_per_t / 1e3)
        });
        let mut blocks = vec![
            Block::Note(self.t("report-options-note")),
            Block::Bars(Bars {
                caption: self.t("report-curve-caption"),
                unit: self.t("report-curve-unit"),
                decimals: 0,
                bars: bars.collect(),
            }),
        ];
        blocks.extend(self.ranked("options", self.t("report-options-caption"), columns, rows));
        self.section("options", "report-options", blocks)
    }

    fn claims(&self) -> Section {
        let rows = self.report.verifications.iter().map(|verification| self.claim(verification)).collect();
        let mut columns = vec![
            Column::text(self.t("report-enterprise"), 4),
            Column::text(self.t("report-measure"), 5),
            Column::text(self.t("report-status"), 2),
            Column { unit: None, ..Column::number(self.t("report-saving"), "", 1, 3) },
            Column { unit: None, ..Column::number(self.t("report-uncertainty"), "", 1, 2) },
            Column::text(self.t("report-unit"), 2),
        ];
        columns.extend(impact_columns(self));
        columns.push(Column::text(self.t("report-method"), 3));
        columns.push(Column::text(self.t("report-reason"), 5));
        columns.push(Column::text(self.t("report-signer"), 3));
        columns.push(Column::text(self.t("report-claim-digest"), 3));
        let blocks = vec![
            Block::Note(self.t("report-totals-note")),
            self.table("claims", self.t("report-claims-caption"), columns, rows),
        ];
        self.section("claims", "report-claims", blocks)
    }

    fn claim(&self, verification: &MeasureVerification) -> Vec<Cell> {
        let claim = &verification.claim;
        let dimension =
            self.catalogue.resource(&claim.resource).map_or(engine::quantity::Dimension::Energy, |r| r.dimension);
        let (value, unit) = wording::shown(dimension, claim.amount);
        let mut reasons: Vec<String> =
            verification.held_back.iter().map(|reason| wording::held_back(self.language, *reason)).collect();
        if let (Some(comparison), Some(park)) = (&verification.comparison, self.names.park) {
            let refused = &comparison.verification;
            reasons.extend(wording::planned::refusals(self.language, park, self.catalogue, refused));
        }
        let mut row = vec![
            Cell::Text(self.names.enterprise(&claim.enterprise)),
            Cell::Text(claim.name.get(self.language).to_string()),
            Cell::Text(wording::status(self.language, claim.status)),
            Cell::Number(value),
            claim.uncertainty_90.map_or(Cell::Empty, |half| Cell::Number(wording::shown(dimension, half).0)),
            Cell::Text(unit.to_string()),
        ];
        row.extend(self.known(claim.values()));
        row.push(Cell::Text(wording::planned::method_name(self.language, &claim.method)));
        row.push(Cell::Text(reasons.join(" ")));
        row.push(Cell::Text(claim.signer.clone().unwrap_or_default()));
        row.push(Cell::Text(claim.inputs.short().to_string()));
        row
    }
}

fn proof(wording: &Wording) -> String {
    let is_optimal = wording.report.network.gap == 0.0;
    wording.t(if is_optimal { "report-proof-optimal" } else { "report-proof-gap" })
}

fn million(language: Language) -> &'static str {
    match language {
        Language::Vi => "triệu đồng",
        Language::En => "million VND",
    }
}

/// The five quantities, in the order of [`Impact::values`].
fn impact_columns(wording: &Wording) -> [Column; 5] {
    debug_assert!(Impact::default().values().len() == 5);
    [
        Column::number(wording.t("report-electricity"), "MWh", 1, 3),
        Column::number(wording.t("report-water"), "m³", 0, 3),
        Column::number(wording.t("report-fuel"), "TJ", 2, 3),
        Column::number(wording.t("report-materials"), "t", 1, 3),
        Column::number(wording.t("report-emissions"), "t CO₂e", 1, 3),
    ]
}

/// Criteria by outcome, for first lines and tabs.
pub fn count(assessment: &Assessment, outcome: Outcome) -> usize {
    assessment.criteria.iter().filter(|criterion| criterion.outcome == outcome).count()
}

#[cfg(test)]
mod tests;
