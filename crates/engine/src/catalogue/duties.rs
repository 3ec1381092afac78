//! Duties as data: which reports the law asks of whom, and the procedures of Decree 35/2022 step by step.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Reader;
use crate::fault::FaultKind;
use crate::language::Label;
use crate::period::parse_date;

/// A report or another duty that comes back.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Obligation {
    pub id: String,
    pub reporter: Reporter,
    pub trigger: Trigger,
    /// ISIC Rev. 4 prefixes; empty: any industry.
    pub sectors: Vec<String>,
    pub every_years: i16,
    pub first_year: Option<i16>,
    /// Month and day before which it is due; `None`: it was not read.
    pub due_before: Option<(i8, i8)>,
    /// Code of the text in `legal_texts.csv`.
    pub text: String,
    /// Where in the text.
    pub place: Label,
    pub label: Label,
    pub recipient: Label,
    pub note: Label,
    pub source: Label,
    pub unconfirmed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reporter {
    Park,
    Enterprise,
}

/// What makes a duty apply. A closed set.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(tag = "trigger", content = "threshold", rename_all = "snake_case")]
pub enum Trigger {
    /// Holds a certificate as eco-industrial park or eco-enterprise.
    EcoCertified,
    /// Stands on the list of facilities that make a greenhouse gas inventory.
    GhgList,
    /// Holds an environmental permit.
    EnvironmentPermit,
    /// Uses this many tonnes of oil equivalent a year or more.
    EnergyToe(f64),
    /// Gives off this many cubic metres of wastewater a day or more.
    WastewaterM3Day(f64),
    /// Has more workers than this.
    EmployeesAbove(f64),
}

/// A procedure with its dossier and steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Procedure {
    pub id: String,
    pub subject: Reporter,
    pub label: Label,
    pub legal: Label,
    /// Copies of the dossier; `None`: not said.
    pub sets: Option<u32>,
    /// Whether it comes back every year, so that a dossier is of a year.
    pub yearly: bool,
    pub dossier: Vec<DossierPart>,
    pub steps: Vec<Step>,
    /// What the law leaves open, or what could not be confirmed.
    pub open: Label,
    pub source: String,
    pub unconfirmed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DossierPart {
    pub id: String,
    pub label: Label,
    /// Handed in where there are such papers ("nếu có"); a dossier is whole without it.
    pub if_any: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub id: String,
    pub actor: Actor,
    pub label: Label,
    /// How long it may take; `None`: the law leaves it open or it was not read.
    pub limit: Option<Limit>,
    /// Who is asked for an opinion; the step is done when they have answered or the limit is over.
    pub consulted: Vec<Consulted>,
    /// Whether the step ends with a decision to grant or to refuse.
    pub decides: bool,
    pub open: Label,
}

/// An authority that is asked for its opinion, by today's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consulted {
    pub id: String,
    pub label: Label,
}

/// A time limit that runs from the day on which another step was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    pub days: u32,
    pub counting: Counting,
    pub from: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counting {
    Working,
    Calendar,
}

/// Who must act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    Developer,
    Enterprise,
    Board,
    Ministries,
    Departments,
    Province,
}

impl Actor {
    pub fn code(self) -> &'static str {
        match self {
            Actor::Developer => "developer",
            Actor::Enterprise => "enterprise",
            Actor::Board => "board",
            Actor::Ministries => "ministries",
            Actor::Departments => "departments",
            Actor::Province => "province",
        }
    }
}

impl Procedure {
    pub fn step(&self, id: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.id == id)
    }

    /// The step in which opinions are gathered.
    pub fn consultation(&self) -> Option<&Step> {
        self.steps.iter().find(|step| !step.consulted.is_empty())
    }
}

#[derive(Deserialize)]
struct ObligationRow {
    obligation: String,
    reporter: Reporter,
    trigger: String,
    threshold: Option<f64>,
    sectors: String,
    every_years: i16,
    first_year: Option<i16>,
    due_before: String,
    text: String,
    place_vi: String,
    place_en: String,
    label_vi: String,
    label_en: String,
    recipient_vi: String,
    recipient_en: String,
    source_vi: String,
    source_en: String,
    unconfirmed: bool,
    note_vi: String,
    note_en: String,
}

pub(super) fn read_obligations(reader: &mut Reader) -> Vec<Obligation> {
    let mut obligations = Vec::new();
    for row in reader.csv::<ObligationRow>("obligations.csv") {
        let Some(trigger) = trigger(&row.trigger, row.threshold) else {
            reader.fault("obligations.csv", None, FaultKind::UnknownCode, &row.trigger, &row.obligation);
            continue;
        };
        // A year with 29 February, so that every day of a year can be written.
        let day: Option<Date> = parse_date(&format!("2024-{}", row.due_before));
        if day.is_none() && !row.due_before.is_empty() {
            reader.fault("obligations.csv", None, FaultKind::NotADate, &row.due_before, "MM-dd");
        }
        obligations.push(Obligation {
            id: row.obligation,
            reporter: row.reporter,
            trigger,
            sectors: row.sectors.split(';').filter(|code| !code.is_empty()).map(str::to_string).collect(),
            every_years: row.every_years.max(1),
            first_year: row.first_year,
            due_before: day.map(|day| (day.month(), day.day())),
            text: row.text,
            place: Label::new(row.place_vi, row.place_en),
            label: Label::new(row.label_vi, row.label_en),
            recipient: Label::new(row.recipient_vi, row.recipient_en),
            note: Label::new(row.note_vi, row.note_en),
            source: Label::new(row.source_vi, row.source_en),
            unconfirmed: row.unconfirmed,
        });
    }
    obligations
}

fn trigger(code: &str, threshold: Option<f64>) -> Option<Trigger> {
    match (code, threshold) {
        ("eco_certified", None) => Some(Trigger::EcoCertified),
        ("ghg_list", None) => Some(Trigger::GhgList),
        ("environment_permit", None) => Some(Trigger::EnvironmentPermit),
        ("energy_toe", Some(toe)) => Some(Trigger::EnergyToe(toe)),
        ("wastewater_m3_day", Some(flow)) => Some(Trigger::WastewaterM3Day(flow)),
        ("employees_above", Some(count)) => Some(Trigger::EmployeesAbove(count)),
        _ => None,
    }
}

#[derive(Deserialize)]
struct ProcedureFile {
    procedure: Vec<ProcedureRow>,
}

#[derive(Deserialize)]
struct ProcedureRow {
    id: String,
    subject: Reporter,
    label_vi: String,
    label_en: String,
    legal_vi: String,
    legal_en: String,
    sets: u32,
    #[serde(default)]
    yearly: bool,
    source: String,
    unconfirmed: bool,
    open_vi: String,
    open_en: String,
    dossier: Vec<PartRow>,
    step: Vec<StepRow>,
}

#[derive(Deserialize)]
struct PartRow {
    id: String,
    vi: String,
    en: String,
    #[serde(default)]
    if_any: bool,
}

#[derive(Deserialize)]
struct StepRow {
    id: String,
    actor: Actor,
    label_vi: String,
    label_en: String,
    days: Option<u32>,
    counting: Option<Counting>,
    from: Option<String>,
    #[serde(default)]
    consulted: Vec<PartRow>,
    #[serde(default)]
    decides: bool,
    #[serde(default)]
    open_vi: String,
    #[serde(default)]
    open_en: String,
}

/// The procedures in the order of the file. A limit runs from an earlier step of its procedure, and a step without a limit
/// says why.
pub(super) fn read_procedures(reader: &mut Reader) -> Vec<Procedure> {
    let rows = reader.toml::<ProcedureFile>("procedures.toml").map(|file| file.procedure).unwrap_or_default();
    let mut procedures = Vec::new();
    for row in rows {
        let mut steps: Vec<Step> = Vec::new();
        for step in row.step {
            let name = format!("{}.{}", row.id, step.id);
            let is_known = step.from.as_ref().is_none_or(|from| steps.iter().any(|step| step.id == *from));
            if !is_known {
                reader.fault("procedures.toml", None, FaultKind::UnknownReference, &name, "from");
            }
            let limit = match (step.days, step.counting, step.from) {
                (Some(days), Some(counting), Some(from)) => Some(Limit { days, counting, from }),
                (None, None, _) => None,
                _ => {
                    reader.fault("procedures.toml", None, FaultKind::MissingValue, &name, "days, counting, from");
                    None
                }
            };
            if limit.is_none() && (step.open_vi.is_empty() || step.open_en.is_empty()) {
                reader.fault("procedures.toml", None, FaultKind::MissingValue, &name, "open_vi, open_en");
            }
            steps.push(Step {
                id: step.id,
                actor: step.actor,
                label: Label::new(step.label_vi, step.label_en),
                limit,
                consulted: step
                    .consulted
                    .into_iter()
                    .map(|asked| Consulted { id: asked.id, label: Label::new(asked.vi, asked.en) })
                    .collect(),
                decides: step.decides,
                open: Label::new(step.open_vi, step.open_en),
            });
        }
        procedures.push(Procedure {
            id: row.id,
            subject: row.subject,
            label: Label::new(row.label_vi, row.label_en),
            legal: Label::new(row.legal_vi, row.legal_en),
            sets: (row.sets > 0).then_some(row.sets),
            yearly: row.yearly,
            dossier: row
                .dossier
                .into_iter()
                .map(|part| DossierPart { id: part.id, label: Label::new(part.vi, part.en), if_any: part.if_any })
                .collect(),
            steps,
            open: Label::new(row.open_vi, row.open_en),
            source: row.source,
            unconfirmed: row.unconfirmed,
        });
    }
    procedures
}
