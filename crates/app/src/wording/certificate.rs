//! The certificate of a measure's saving as a document, in Vietnamese and then complete in English: the PDF, the file for
//! Word and the command print the same. Without a verified claim it is a draft and says so on every page.

use std::collections::BTreeMap;

use engine::catalogue::Catalogue;
use engine::language::{Language, format_date, format_number};
use engine::park::plans::PlannedModel;
use engine::park::{Measure, Park, Status};
use engine::quantity::Dimension;
use engine::report::document::{Block, Cell, Column, Document, Section, Table};
use engine::source::{Digest, ENGINE_VERSION};
use engine::verify::by_plan::{ByPlan, ModelAnswer, method};
use engine::verify::inputs::{self, Change, Piece, PieceKind};
use engine::verify::isolation::STIPULATED;
use engine::verify::measures::{MeasureVerification, Source};
use engine::verify::meter_rows::Excluded;
use engine::verify::monthly::{MonthlySaving, Verification};
use engine::verify::promise::Promise;
use jiff::civil::Date;

use super::{Names, months, period, shown, status};
use super::{planned, promise, saving as words, sharing};
use crate::publish::QUANTITIES;
use crate::words::{text, text_with};

/// What a certificate is told with.
pub struct Told<'a> {
    pub park: &'a Park,
    pub catalogue: &'a Catalogue,
    pub verification: &'a MeasureVerification,
    pub measure: &'a Measure,
    pub pieces: &'a [Piece],
    /// The signature that was given last, with what changed since.
    pub signed: Option<&'a SignedThen>,
    /// Readings that were not shared are not in it.
    pub is_partial: bool,
    pub as_of: Date,
    /// Where anyone can have the digest checked; empty where no server is known.
    pub check_at: String,
}

/// A signature that was given, held against the data of now.
pub struct SignedThen {
    pub signer: String,
    pub evidence: String,
    pub on: Date,
    pub changes: Vec<Change>,
}

impl Told<'_> {
    /// Nothing but a verified claim on all data makes more of it than a draft.
    pub fn is_draft(&self) -> bool {
        self.is_partial || self.verification.claim.status != Status::Verified
    }

    pub fn digest(&self) -> Digest {
        inputs::digest(self.pieces)
    }
}

pub fn certificate(told: &Told<'_>) -> Document {
    let both = |key: &str| format!("{} · {}", text(Language::Vi, key), text(Language::En, key));
    let mut marks = Vec::new();
    if told.is_draft() {
        marks.push(both("certificate-draft"));
    }
    if told.park.synthetic {
        marks.push(both("synthetic"));
    }
    let sheets = Language::ALL.map(|language| Sheet::of(told, language));
    let name = &told.verification.claim.name;
    Document {
        language: Language::Vi,
        letter: None,
        title: both("certificate-title"),
        subtitle: if name.vi == name.en { name.vi.clone() } else { format!("{} · {}", name.vi, name.en) },
        marks,
        particulars: sheets[0].particulars(),
        sections: sheets.iter().flat_map(Sheet::sections).collect(),
        footer: Language::ALL
            .map(|language| text_with(language, "certificate-footer", &[("date", &format_date(told.as_of))]))
            .join(" · "),
    }
}

/// What was expected of a year, and of the days compared, with its name before it.
pub fn expected(told: &Told<'_>, language: Language, promise: &Promise) -> String {
    let sheet = Sheet::of(told, language);
    let words = promise::expected(language, told.verification, promise, (sheet.scale, sheet.unit));
    format!("{}: {words}", sheet.t("verify-expected"))
}

struct Sheet<'a> {
    told: &'a Told<'a>,
    language: Language,
    names: Names<'a>,
    /// Canonical units in one of the printed unit, and its name.
    scale: f64,
    unit: &'static str,
}

impl<'a> Sheet<'a> {
    fn of(told: &'a Told<'a>, language: Language) -> Sheet<'a> {
        let resource = told.catalogue.resource(&told.verification.claim.resource);
        let (scale, unit) = shown(resource.map_or(Dimension::Energy, |resource| resource.dimension), 1.0);
        let names = Names { language, catalogue: told.catalogue, park: Some(told.park) };
        Sheet { told, language, names, scale, unit }
    }

    fn t(&self, key: &str) -> String {
        text(self.language, key)
    }

    fn n(&self, value: f64, decimals: usize) -> String {
        format_number(self.language, value, decimals)
    }

    fn amount(&self, canonical: f64) -> String {
        let value = canonical * self.scale;
        self.n(value, super::decimals(value))
    }

    fn particulars(&self) -> Vec<(String, String)> {
        let (told, claim) = (self.told, &self.told.verification.claim);
        [
            ("report-particulars-park", told.park.name.get(self.language).to_string()),
            ("report-enterprise", self.names.enterprise(&claim.enterprise)),
            ("certificate-measure", claim.measure.to_string()),
            ("report-status", status(self.language, claim.status)),
            ("report-particulars-period", period(self.language, &claim.period)),
            ("report-particulars-as-of", format_date(told.as_of)),
            ("certificate-data-digest", told.digest().as_str().to_string()),
        ]
        .map(|(key, value)| (self.t(key), value))
        .into()
    }

    fn sections(&self) -> Vec<Section> {
        let comparison = self.told.verification.comparison.as_ref().map(|comparison| &comparison.verification);
        let mut sections = vec![self.result()];
        match comparison {
            Some(Verification::Saving(saving)) => sections.extend([self.model(saving), self.months(saving)]),
            Some(Verification::Planned(planned)) if planned.answer.is_some() => {
                sections.push(self.planned_model(planned));
                sections.extend((!planned.rows.is_empty()).then(|| self.planned_months(planned)));
                sections.extend((!planned.excluded.is_empty()).then(|| self.excluded(planned)));
            }
            Some(Verification::Refused { .. } | Verification::Planned(_)) | None => {}
        }
        sections.push(self.data());
        sections
    }

    fn section(&self, key: &str, blocks: Vec<Block>) -> Section {
        Section { id: format!("{key}-{}", self.language.code()), heading: self.t(key), blocks }
    }

    /// A table whose numbers are words already: both languages stand in one document.
    fn table(&self, key: &str, columns: Vec<Column>, rows: Vec<Vec<String>>) -> Block {
        Block::Table(Table {
            id: format!("{key}-{}", self.language.code()),
            caption: self.t(key),
            columns,
            rows: rows.into_iter().map(|row| row.into_iter().map(Cell::Text).collect()).collect(),
            source: String::new(),
        })
    }

    fn pairs(&self, key: &str, pairs: Vec<(String, String)>) -> Block {
        let columns = vec![Column::text(self.t("deal-item"), 3), Column::text(self.t("deal-value"), 6)];
        let rows = pairs.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| vec![name, value]);
        self.table(key, columns, rows.collect())
    }

    fn result(&self) -> Section {
        let (told, claim) = (self.told, &self.told.verification.claim);
        let saving = self.amount(claim.amount);
        let status = status(self.language, claim.status);
        let half = claim.uncertainty_90.map(|half| self.amount(half));
        let key = match half {
            Some(_) => "verify-one-first",
            None if claim.method == STIPULATED => "verify-one-stipulated",
            None => "verify-one-expected",
        };
        let half = half.unwrap_or_default();
        let answer = [("status", &*status), ("saving", &*saving), ("half", &*half), ("unit", self.unit)];
        let mut blocks = vec![Block::Paragraph(text_with(self.language, key, &answer))];
        if told.is_draft() {
            blocks.push(Block::Note(format!("{} {}", self.t("certificate-draft-why"), self.held_back())));
        }
        if let Some(signed) = told.signed {
            blocks.push(self.signed(signed));
        }
        let quantities = claim.values().into_iter().zip(QUANTITIES).map(|(value, (key, unit, decimals))| {
            let value = value.map_or_else(|| "?".to_string(), |value| self.n(value, decimals));
            (self.t(key), format!("{value} {unit}"))
        });
        // The head of the document is in Vietnamese; whoever reads on in English finds the same here.
        if self.language != Language::Vi {
            blocks.push(self.pairs("certificate-subject", self.particulars()));
        }
        blocks.push(self.pairs("verify-impact", quantities.collect()));
        blocks.push(self.pairs("certificate-terms", self.terms()));
        self.section("certificate-result", blocks)
    }

    fn held_back(&self) -> String {
        let verification = self.told.verification;
        let mut reasons: Vec<String> =
            verification.held_back.iter().map(|reason| super::held_back(self.language, *reason)).collect();
        if let Some(comparison) = &verification.comparison {
            let (park, catalogue) = (self.told.park, self.told.catalogue);
            reasons.extend(comparison.unadjustable.iter().map(|one| planned::problem(self.language, one)));
            reasons.extend(planned::refusals(self.language, park, catalogue, &comparison.verification));
        }
        if self.told.is_partial {
            reasons.push(self.t("certificate-partial"));
        }
        reasons.join("; ")
    }

    fn signed(&self, signed: &SignedThen) -> Block {
        let who = [("signer", &*signed.signer), ("evidence", &*signed.evidence), ("date", &*format_date(signed.on))];
        let mut words = text_with(self.language, "certificate-signed", &who);
        if !signed.changes.is_empty() {
            let changed = signed.changes.iter().take(TOLD_CHANGES);
            let told = changed.map(|one| words::change(self.language, self.told.park, self.told.catalogue, one));
            let told = told.collect::<Vec<_>>().join("; ");
            let count = signed.changes.len().to_string();
            let since = [("count", &*count), ("changes", &*told)];
            words = format!("{words} {}", text_with(self.language, "certificate-changed", &since));
        }
        Block::Note(words)
    }

    fn terms(&self) -> Vec<(String, String)> {
        let (told, claim) = (self.told, &self.told.verification.claim);
        let comparison = told.verification.comparison.as_ref();
        let from = comparison.map_or_else(String::new, |comparison| match &comparison.from {
            Source::Bills => self.t("verify-from-bills"),
            Source::Device => self.t("verify-from-device"),
            Source::Meter(meter) => text_with(self.language, "verify-from-meter", &[("meter", meter)]),
        });
        let excluded = comparison.map_or(&[][..], |comparison| &comparison.excluded);
        let excluded = match excluded {
            // A plan leaves out rows of its own, told further down.
            [] if told
                .park
                .plan(&told.measure.id)
                .is_some_and(|plan| plan.model != PlannedModel::RegressionMonthly) =>
            {
                String::new()
            }
            [] => self.t("certificate-none"),
            some => text_with(self.language, "verify-excluded-why", &[("months", &months(self.language, some))]),
        };
        let installed = told.measure.installed.map_or_else(String::new, |days| period(self.language, &days));
        [
            ("report-enterprise", self.names.enterprise(&claim.enterprise)),
            ("report-resource", self.names.resource(&claim.resource)),
            ("verify-installed", installed),
            ("verify-period", period(self.language, &claim.period)),
            ("verify-from", from),
            ("verify-excluded", excluded),
            ("certificate-adjustments", self.adjustments()),
            ("verify-expected", self.expected()),
            ("verify-share", sharing::share(self.language, told.measure, told.verification)),
            ("place-sharing-title", self.sharing()),
            ("report-method", planned::method(self.language, &claim.method)),
            ("plan-title", self.plan()),
            ("verify-factors", claim.factors.join("; ")),
            ("report-evidence", claim.evidence.clone().unwrap_or_default()),
            ("report-signer", claim.signer.clone().unwrap_or_default()),
            ("report-particulars-engine", ENGINE_VERSION.to_string()),
        ]
        .map(|(key, value)| (self.t(key), value))
        .into()
    }

    /// What was expected of a year, and of the days compared; empty where nobody said.
    fn expected(&self) -> String {
        let told = self.told;
        let promise = Promise::of(told.park, told.catalogue, told.verification);
        let printed = (self.scale, self.unit);
        promise.map_or_else(String::new, |one| promise::expected(self.language, told.verification, &one, printed))
    }

    /// How the saving of the place is shared; empty where the measure is alone there.
    fn sharing(&self) -> String {
        let told = self.told;
        sharing::lines(self.language, told.park, told.verification, (self.scale, self.unit)).join("; ")
    }

    /// What was recorded, and the saving without it.
    fn adjustments(&self) -> String {
        let told = self.told.park.adjustments_of(&self.told.measure.id);
        let mut told: Vec<String> =
            told.map(|one| planned::adjustment(self.language, one, (self.scale, self.unit))).collect();
        if told.is_empty() {
            return self.t("certificate-none");
        }
        let comparison = self.told.verification.comparison.as_ref();
        if let Some(adjusted) = comparison.and_then(|comparison| comparison.adjusted.as_ref()) {
            let (without, half) = (self.amount(adjusted.unadjusted), self.amount(adjusted.unadjusted_uncertainty_90));
            let facts = [("saving", &*without), ("half", &*half), ("unit", self.unit)];
            told.push(text_with(self.language, "adjustment-without", &facts));
        }
        told.join(" ")
    }

    /// Source, model and columns of the plan, or that there is none.
    fn plan(&self) -> String {
        let (park, catalogue) = (self.told.park, self.told.catalogue);
        let Some(plan) = park.plan(&self.told.measure.id) else { return self.t("planned-none") };
        if let Some(told) = planned::without_meter(self.language, plan, (self.scale, self.unit)) {
            return told;
        }
        let model = planned::method_name(self.language, &method(plan.model, plan.step));
        format!("{model}; {}", planned::listed(self.language, park, catalogue, &plan.predictors))
    }

    fn planned_model(&self, found: &ByPlan) -> Section {
        let figures = |value: f64| words::figures(self.language, value * self.scale);
        let terms = planned::terms(self.language, self.told.park, self.told.catalogue, found);
        let mut blocks = Vec::new();
        if !terms.is_empty() {
            let columns = vec![
                Column::text(self.t("verify-predictor"), 5),
                Column::text(format!("{} ({})", self.t("verify-coefficient"), self.unit), 3),
                Column::text(self.t("verify-error"), 2),
            ];
            let row = |(name, slope, error): (String, f64, Option<f64>)| {
                vec![name, figures(slope), error.map(figures).unwrap_or_default()]
            };
            blocks.push(self.table("certificate-coefficients", columns, terms.into_iter().map(row).collect()));
        }
        let statistics = planned::statistics(self.language, found, (self.scale, self.unit));
        if matches!(found.answer, Some(ModelAnswer::KeyParameter(_))) {
            blocks.push(self.pairs("certificate-device", statistics));
            let readings = planned::key_readings(self.language, self.told.park, self.told.catalogue, self.told.measure);
            let columns = vec![Column::text(self.t("planned-readings"), 9)];
            let rows = readings.into_iter().map(|reading| vec![reading]).collect();
            blocks.push(self.table("key-readings", columns, rows));
        } else {
            blocks.push(self.pairs("certificate-fit", statistics));
        }
        self.section("certificate-model", blocks)
    }

    fn planned_months(&self, found: &ByPlan) -> Section {
        let columns = vec![
            Column::text(self.t("verify-month"), 2),
            Column::text(format!("{} ({})", self.t("verify-predicted"), self.unit), 3),
            Column::text(format!("{} ({})", self.t("verify-observed"), self.unit), 3),
            Column::text(format!("{} ({})", self.t("verify-saving"), self.unit), 3),
        ];
        let row = |(month, observed, predicted): (Date, f64, f64)| {
            vec![words::month(month), self.amount(predicted), self.amount(observed), self.amount(predicted - observed)]
        };
        let rows = planned::by_month(found).into_iter().map(row).collect();
        self.section("certificate-months", vec![self.table("certificate-months", columns, rows)])
    }

    /// Every day, week or month that took no part, with the reason.
    fn excluded(&self, found: &ByPlan) -> Section {
        let columns = vec![
            Column::text(planned::row(self.language, found.step), 2),
            Column::text(self.t("excluded-standing"), 2),
            Column::text(self.t("excluded-why"), 6),
        ];
        let row = |one: &Excluded| {
            let standing = if planned::counts(one.why) { "excluded-counted" } else { "excluded-left-out" };
            let day = planned::days(found.step, one.period.start());
            vec![day, self.t(standing), planned::why(self.language, found.step, one)]
        };
        let rows = found.excluded.iter().map(row).collect();
        self.section("planned-excluded", vec![self.table("planned-excluded", columns, rows)])
    }

    fn model(&self, saving: &MonthlySaving) -> Section {
        let model = &saving.model;
        let catalogue = self.told.catalogue;
        let figures = |value: f64| words::figures(self.language, value);
        let columns = vec![
            Column::text(self.t("verify-predictor"), 4),
            Column::text(format!("{} ({})", self.t("verify-coefficient"), self.unit), 3),
            Column::text(self.t("verify-error"), 2),
            Column::text("t", 2),
            Column::text("p", 2),
        ];
        let rows = model.names.iter().enumerate().map(|(place, name)| {
            vec![
                words::predictor(self.language, catalogue, name),
                figures(model.coef[place] * self.scale),
                figures(model.se[place] * self.scale),
                figures(model.t[place]),
                words::probability(self.language, model.p_value[place]),
            ]
        });
        let percent =
            |value: Option<f64>| value.map_or_else(String::new, |value| format!("{} %", self.n(100.0 * value, 2)));
        let fit = vec![
            (self.t("verify-stat-n"), model.n.to_string()),
            (self.t("verify-stat-r2"), self.n(model.r2, 3)),
            (self.t("verify-stat-r2-adj"), self.n(model.r2_adj, 3)),
            (self.t("verify-stat-cv"), percent(model.cv_rmse)),
            (
                self.t("verify-stat-f"),
                format!("{} (p {})", figures(model.f), words::probability(self.language, model.f_p)),
            ),
            (self.t("verify-stat-rho"), self.n(model.rho_lag1, 2)),
            (self.t("verify-stat-predicted"), format!("{} {}", self.amount(saving.saving.predicted), self.unit)),
            (self.t("verify-stat-observed"), format!("{} {}", self.amount(saving.saving.observed), self.unit)),
            (self.t("verify-stat-relative"), percent(saving.saving.relative)),
        ];
        let mut blocks = vec![
            Block::Paragraph(words::equation(self.language, catalogue, model, (self.scale, self.unit))),
            self.table("certificate-coefficients", columns, rows.collect()),
            self.pairs("certificate-fit", fit),
        ];
        let notes = saving.notes.iter().map(|note| self.t(&format!("verify-note-{}", note.code())));
        blocks.extend(notes.map(Block::Note));
        self.section("certificate-model", blocks)
    }

    fn months(&self, saving: &MonthlySaving) -> Section {
        let columns = vec![
            Column::text(self.t("verify-month"), 2),
            Column::text(format!("{} ({})", self.t("verify-predicted"), self.unit), 3),
            Column::text(format!("{} ({})", self.t("verify-observed"), self.unit), 3),
            Column::text(format!("{} ({})", self.t("verify-saving"), self.unit), 3),
            Column::text(format!("{} ({})", self.t("verify-cumulative"), self.unit), 4),
        ];
        let rows = saving.reporting.iter().map(|month| {
            let half = self.amount(month.cumulative_uncertainty_90);
            vec![
                words::month(month.first_day),
                self.amount(month.predicted),
                self.amount(month.energy),
                self.amount(month.saving),
                format!("{} ± {half}", self.amount(month.cumulative_saving)),
            ]
        });
        let mut blocks = vec![self.table("certificate-months", columns, rows.collect())];
        for (key, missing) in [
            ("verify-missing-baseline", &saving.baseline_missing),
            ("verify-missing-reporting", &saving.reporting_missing),
        ] {
            if !missing.is_empty() {
                let missing = missing.iter().map(|day| words::month(*day)).collect::<Vec<_>>().join(", ");
                blocks.push(Block::Note(text_with(self.language, key, &[("months", &missing)])));
            }
        }
        self.section("certificate-months", blocks)
    }

    /// The digest with what it was made from, and how it is checked.
    fn data(&self) -> Section {
        let told = self.told;
        let mut kinds: BTreeMap<PieceKind, Vec<&Piece>> = BTreeMap::new();
        for piece in told.pieces {
            kinds.entry(piece.kind).or_default().push(piece);
        }
        let columns = vec![
            Column::text(self.t("certificate-input"), 4),
            Column::text(self.t("certificate-pieces"), 2),
            Column::text(self.t("certificate-input-digest"), 4),
        ];
        let rows = kinds.into_iter().map(|(kind, pieces)| {
            let digest = Digest::of_value(&pieces);
            vec![words::piece_kind(self.language, kind), pieces.len().to_string(), digest.short().to_string()]
        });
        let digest = told.digest();
        let mut blocks = vec![
            Block::Paragraph(text_with(self.language, "certificate-digest", &[("digest", digest.as_str())])),
            self.table("certificate-inputs", columns, rows.collect()),
        ];
        let claim = &told.verification.claim;
        let command = format!(
            "congsinh verify certificate DIR {} --period {} --check {}",
            claim.measure,
            claim.period,
            digest.as_str()
        );
        blocks.push(Block::Note(text_with(self.language, "certificate-check-command", &[("command", &command)])));
        if !told.check_at.is_empty() {
            blocks.push(Block::Note(text_with(self.language, "certificate-check-at", &[("address", &told.check_at)])));
        }
        self.section("certificate-data", blocks)
    }
}

/// Changes that a certificate names; a page tells all of them.
const TOLD_CHANGES: usize = 6;
