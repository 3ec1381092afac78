//! The papers of a dossier, drafted from the records: registration, operation report, self-assessment, list of evidence, annexes.
//! What the records do not hold is left as dots to be filled in by hand, and told as missing, one sentence for each.

mod archive;
mod park;

use std::sync::Arc;

use engine::catalogue::Catalogue;
use engine::catalogue::duties::{Procedure, Reporter};
use engine::catalogue::forms::Form;
use engine::ids::{EnterpriseId, FrameworkId};
use engine::language::{Language, format_date, format_number};
use engine::park::Park;
use engine::period::Period;
use engine::report::ParkReport;
use engine::report::document::{Block, Cell, Column, Document, Letter, Section, Signature, Table};
use engine::report::forms::FilledForm;
use engine::report::forms::life::FormState;
use jiff::civil::Date;
use store::{Evidence, FormAt};

use super::Followed;
use crate::auth::User;
use crate::cli::DEFAULT_FRAMEWORK;
use crate::error::AppError;
use crate::forms;
use crate::state::{App, Computed};
use crate::wording;
use crate::words::{text, text_with};

pub use archive::{Enclosed, archive};

/// A paper with what is missing in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// Name of its file, without language and kind.
    pub name: String,
    /// The part of the dossier that it is, by the procedure's code.
    pub part: String,
    pub document: Document,
    pub missing: Vec<String>,
}

/// What only whoever applies knows; empty where it is written in by hand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Particulars {
    pub number: String,
    pub place: String,
    pub day: Option<Date>,
    /// Office and name of the signer.
    pub role: String,
    pub name: String,
}

/// A form of the state that is a part of a dossier.
pub struct StateForm {
    /// The part, by the procedure's code.
    pub part: String,
    pub form: FilledForm,
    pub state: FormState,
}

/// The form that a part of a dossier is; `None` for other papers.
pub fn form_of_part<'c>(catalogue: &'c Catalogue, procedure: &Procedure, part: &str) -> Option<&'c Form> {
    let form = forms::by_name(catalogue, part.strip_prefix("form-")?)?;
    (form.subject == procedure.subject).then_some(form)
}

/// What the papers are drafted from.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    pub report: &'a ParkReport,
    pub park: &'a Park,
    pub catalogue: &'a Catalogue,
    /// Files that prove records and answers; of a folder there are none.
    pub evidence: &'a [Evidence],
    /// The forms of the state that are parts of the dossier.
    pub forms: &'a [StateForm],
    pub procedure: &'a Procedure,
    /// The enterprise that applies; `None`: the park.
    pub enterprise: Option<&'a EnterpriseId>,
    pub particulars: &'a Particulars,
}

/// The papers of a dossier in one language, in the order of the procedure, then the list of evidence and the annexes.
pub fn drafts(sources: &Sources, language: Language) -> Vec<Draft> {
    Writer { sources: *sources, language }.drafts()
}

/// The papers for somebody who may prepare them.
pub async fn drafts_of(app: &App, user: &User, one: &Followed, language: Language) -> Result<Vec<Draft>, AppError> {
    let loaded = Loaded::of(app, user, one).await?;
    Ok(drafts(&loaded.sources(app, one, &Particulars::default()), language))
}

/// Framework and period of the report that a dossier is drafted from.
pub fn report_of(app: &App, one: &Followed) -> (FrameworkId, Period) {
    // A report of a year tells of the data of the year before.
    let period = one.dossier.year.and_then(|year| Period::year(year - 1)).unwrap_or(app.default_period);
    (FrameworkId::new(DEFAULT_FRAMEWORK), period)
}

/// The records that a dossier's papers are drafted from, as far as they are open to the reader.
pub struct Loaded {
    pub computed: Arc<Computed>,
    pub evidence: Vec<Evidence>,
    pub forms: Vec<StateForm>,
}

impl Loaded {
    /// For the papers, none of which asks for anything that rests on the park's network.
    pub async fn of(app: &App, user: &User, one: &Followed) -> Result<Loaded, AppError> {
        let (framework, period) = report_of(app, one);
        let (view, _) = app.park_view_begun(user, &one.key.id, &framework, period).await?;
        Loaded::with(app, user, one, view.computed).await
    }

    pub async fn with(app: &App, user: &User, one: &Followed, computed: Arc<Computed>) -> Result<Loaded, AppError> {
        let all = app.store.evidence(&user.scope(), &one.key.id).await?;
        let own = |evidence: &Evidence| match &one.dossier.enterprise {
            Some(enterprise) => evidence.enterprise == *enterprise,
            None => true,
        };
        let evidence = all.into_iter().filter(own).collect();
        Ok(Loaded { computed, evidence, forms: state_forms(app, user, one).await? })
    }

    pub fn sources<'a>(&'a self, app: &'a App, one: &'a Followed, particulars: &'a Particulars) -> Sources<'a> {
        Sources {
            report: &self.computed.report,
            park: &self.computed.park,
            catalogue: app.catalogue,
            evidence: &self.evidence,
            forms: &self.forms,
            procedure: one.procedure,
            enterprise: one.dossier.enterprise.as_ref(),
            particulars,
        }
    }
}

/// The forms of the dossier's year as they were handed in, or as they are filled so far.
async fn state_forms(app: &App, user: &User, one: &Followed) -> Result<Vec<StateForm>, AppError> {
    let mut found = Vec::new();
    let Some(year) = one.dossier.year else { return Ok(found) };
    for part in &one.procedure.dossier {
        let Some(form) = form_of_part(app.catalogue, one.procedure, &part.id) else { continue };
        let (park, enterprise) = (one.key.id.clone(), one.dossier.enterprise.clone());
        let at = FormAt { park, enterprise, form: form.id.clone(), year };
        let standing = forms::standing(app, user, &one.key, at).await?;
        if let Some(form) = standing.form {
            found.push(StateForm { part: part.id.clone(), form, state: standing.state });
        }
    }
    Ok(found)
}

/// A blank to be filled in by hand.
const DOTS: &str = "……………………";
const SHORT_DOTS: &str = "……";

struct Writer<'a> {
    sources: Sources<'a>,
    language: Language,
}

/// A paper under way: blocks, and what was found missing on the way.
#[derive(Default)]
struct Paper {
    sections: Vec<Section>,
    missing: Vec<String>,
}

impl Paper {
    fn add(&mut self, id: &str, heading: String, blocks: Vec<Block>) {
        self.sections.push(Section { id: id.to_string(), heading, blocks });
    }
}

impl Writer<'_> {
    fn drafts(&self) -> Vec<Draft> {
        let mut drafts = Vec::new();
        for part in &self.sources.procedure.dossier {
            if let Some(found) = self.sources.forms.iter().find(|found| found.part == part.id) {
                drafts.push(self.state_form(found));
                continue;
            }
            let draft = match part.id.as_str() {
                "registration" => self.draft("registration", &part.id, "paper-registration", self.registration()),
                "operation-report" => self.draft("operation-report", &part.id, "paper-operation", self.operation()),
                // There are criteria of a park; those of an enterprise are written about by itself.
                "self-assessment" if self.sources.enterprise.is_none() => {
                    self.draft("self-assessment", &part.id, "paper-self-assessment", self.self_assessment())
                }
                "other" | "responsibility" => {
                    self.draft("evidence-list", &part.id, "paper-evidence", self.evidence_list())
                }
                _ => continue,
            };
            drafts.push(draft);
        }
        let has_assessment = drafts.iter().any(|draft| draft.part == "self-assessment");
        if has_assessment {
            drafts.push(self.draft("annexes", "annexes", "paper-annexes", self.annexes()));
        }
        drafts
    }

    /// The form as it is printed; its rows that must be filled and are not are missing.
    fn state_form(&self, found: &StateForm) -> Draft {
        let sources = &self.sources;
        let (form, day) = (&found.form, sources.report.run.as_of);
        let (catalogue, park, language) = (sources.catalogue, sources.park, self.language);
        let paper = forms::document::Paper { catalogue, park, form, state: &found.state, day, language };
        let missing = form.fields.iter().filter(|row| row.is_missing()).map(|row| {
            let label = format!("{} {}", row.field.number, row.field.label.get(language));
            self.t_with("paper-missing-particular", &[("what", label.trim())])
        });
        Draft {
            name: found.part.clone(),
            part: found.part.clone(),
            missing: missing.collect(),
            document: paper.printed(),
        }
    }

    fn draft(&self, name: &str, part: &str, title: &str, paper: Paper) -> Draft {
        let report = self.sources.report;
        Draft {
            name: name.to_string(),
            part: part.to_string(),
            missing: paper.missing,
            document: Document {
                language: self.language,
                letter: Some(self.letter(name)),
                title: self.t(title),
                subtitle: self.subject(),
                marks: if report.synthetic { vec![self.t("synthetic")] } else { Vec::new() },
                particulars: Vec::new(),
                sections: paper.sections,
                footer: text_with(self.language, "report-footer", &[("date", &format_date(report.run.as_of))]),
            },
        }
    }

    /// The heads and the signature. Only the registration is addressed; the others go with it.
    fn letter(&self, name: &str) -> Letter {
        let given = self.sources.particulars;
        let is_registration = name == "registration";
        let province = self.province();
        let recipients = ["paper-recipient-as-above", "paper-recipient-file"].map(|key| self.t(key));
        Letter {
            superior: String::new(),
            issuer: self.applicant().map_or_else(|| DOTS.to_string(), |name| name.to_uppercase()),
            number: given.number.clone(),
            place_and_day: self.place_and_day(),
            addressed_to: match is_registration {
                true => self.t_with("paper-recipient-board", &[("province", &province)]),
                false => String::new(),
            },
            recipients: if is_registration { recipients.into() } else { Vec::new() },
            signatures: vec![Signature {
                role: if given.role.is_empty() { self.t("paper-signer-role") } else { given.role.clone() },
                note: self.t("paper-sign-note"),
                name: given.name.clone(),
            }],
        }
    }

    /// `Cần Thơ, ngày 31 tháng 01 năm 2025`, dotted where it is filled in by hand.
    fn place_and_day(&self) -> String {
        let given = self.sources.particulars;
        let place = if given.place.is_empty() { SHORT_DOTS } else { &given.place };
        let of = |part: fn(Date) -> String| given.day.map_or_else(|| SHORT_DOTS.to_string(), part);
        let (day, month) = (of(|day| format!("{:02}", day.day())), of(|day| format!("{:02}", day.month())));
        let year = of(|day| day.year().to_string());
        let told = [("place", place), ("day", &day), ("month", &month), ("year", &year)];
        self.t_with("paper-place-and-day", &told)
    }

    fn t(&self, key: &str) -> String {
        text(self.language, key)
    }

    fn t_with(&self, key: &str, arguments: &[(&str, &str)]) -> String {
        text_with(self.language, key, arguments)
    }

    fn park_name(&self) -> String {
        self.sources.park.name.get(self.language).to_string()
    }

    /// Whoever the dossier is about.
    fn subject(&self) -> String {
        let park = self.park_name();
        match self.own() {
            Some(enterprise) => format!("{}, {park}", enterprise.name.get(self.language)),
            None => park,
        }
    }

    fn own(&self) -> Option<&engine::park::Enterprise> {
        self.sources.enterprise.and_then(|id| self.sources.park.enterprise(id))
    }

    /// Whoever hands the dossier in.
    fn applicant(&self) -> Option<String> {
        match self.sources.procedure.subject {
            Reporter::Park => self.sources.park.developer.clone(),
            Reporter::Enterprise => self.own().map(|own| own.name.get(self.language).to_string()),
        }
    }

    fn province(&self) -> String {
        let found = self.sources.catalogue.provinces.after_code(&self.sources.park.province);
        found.map_or_else(|| DOTS.to_string(), |province| province.name.get(self.language).to_string())
    }

    /// Two columns: what, and what is known of it; what is not known is dots, and missing.
    fn particulars(&self, paper: &mut Paper, id: &str, caption: &str, rows: Vec<(&str, Option<String>)>) -> Block {
        let rows = rows.into_iter().map(|(key, value)| {
            let name = self.t(key);
            if value.is_none() {
                paper.missing.push(self.t_with("paper-missing-particular", &[("what", &name)]));
            }
            vec![Cell::Text(name), Cell::Text(value.unwrap_or_else(|| DOTS.to_string()))]
        });
        let rows = rows.collect();
        let columns = vec![Column::text(self.t("paper-what"), 4), Column::text(self.t("paper-content"), 8)];
        Block::Table(self.table(id, self.t(caption), columns, rows, String::new()))
    }

    fn table(&self, id: &str, caption: String, columns: Vec<Column>, rows: Vec<Vec<Cell>>, source: String) -> Table {
        Table { id: id.to_string(), caption, columns, rows, source }
    }

    /// A count, or none where it is not known of everybody.
    fn employees<'e>(&self, enterprises: impl Iterator<Item = &'e engine::park::Enterprise> + Clone) -> Option<u32> {
        let is_known = enterprises.clone().all(|enterprise| enterprise.employees.is_some());
        is_known.then(|| enterprises.filter_map(|enterprise| enterprise.employees).sum())
    }

    fn count(&self, count: u32) -> String {
        format_number(self.language, f64::from(count), 0)
    }

    fn registration(&self) -> Paper {
        let mut paper = Paper::default();
        let sources = &self.sources;
        let developer = sources.park.enterprises.iter().find(|one| one.role == engine::park::EnterpriseRole::Developer);
        let tax_code = match self.own() {
            Some(own) => own.tax_code.clone(),
            None => developer.and_then(|developer| developer.tax_code.clone()),
        };
        let applicant = self.applicant();
        let rows = vec![
            ("paper-applicant", applicant.clone()),
            ("paper-tax-code", tax_code),
            ("paper-address", None),
            ("paper-representative", Some(sources.particulars.name.clone()).filter(|name| !name.is_empty())),
            ("paper-investment-certificate", None),
            ("paper-contact", None),
        ];
        let table = self.particulars(&mut paper, "applicant", "paper-particulars-applicant", rows);
        paper.add("applicant", self.t("paper-section-applicant"), vec![table]);
        let applicant = applicant.unwrap_or_else(|| DOTS.to_string());
        let asked = self.t_with(
            "paper-asks",
            &[
                ("applicant", &applicant),
                ("procedure", sources.procedure.label.get(self.language)),
                ("subject", &self.subject()),
                ("legal", sources.procedure.legal.get(self.language)),
            ],
        );
        paper.add("asks", self.t("paper-section-asks"), vec![Block::Paragraph(asked)]);
        let enclosed = sources.procedure.dossier.iter().enumerate().map(|(at, part)| {
            let if_any = if part.if_any { format!(" ({})", self.t("dossier-part-if-any")) } else { String::new() };
            Block::Paragraph(format!("{}. {}{if_any}.", at + 1, part.label.get(self.language)))
        });
        let mut enclosed: Vec<Block> = enclosed.collect();
        if let Some(sets) = sources.procedure.sets {
            enclosed.push(Block::Paragraph(self.t_with("paper-sets", &[("sets", &sets.to_string())])));
        }
        paper.add("enclosed", self.t("paper-section-enclosed"), enclosed);
        paper.add("answers", self.t("paper-section-answers"), vec![Block::Paragraph(self.t("paper-answers"))]);
        for (key, value) in [
            ("dossier-papers-number", &sources.particulars.number),
            ("dossier-papers-place", &sources.particulars.place),
            ("dossier-papers-name", &sources.particulars.name),
        ] {
            if value.is_empty() {
                paper.missing.push(self.t_with("paper-missing-particular", &[("what", &self.t(key))]));
            }
        }
        if sources.particulars.day.is_none() {
            let what = self.t("dossier-papers-day");
            paper.missing.push(self.t_with("paper-missing-particular", &[("what", &what)]));
        }
        paper
    }

    fn operation(&self) -> Paper {
        match self.own() {
            Some(own) => self.operation_of_enterprise(own),
            None => self.operation_of_park(),
        }
    }

    /// Its own records of the period, resource by resource.
    fn operation_of_enterprise(&self, own: &engine::park::Enterprise) -> Paper {
        let mut paper = Paper::default();
        let industry =
            self.sources.catalogue.industries.get(&own.isic4).map(|label| label.get(self.language).to_string());
        let rows = vec![
            ("paper-applicant", Some(own.name.get(self.language).to_string())),
            ("paper-industry", industry.map(|name| format!("{name} (ISIC {})", own.isic4))),
            ("paper-employees", own.employees.map(|count| self.count(count))),
            ("paper-products", None),
            ("paper-environment-permit", None),
        ];
        let table = self.particulars(&mut paper, "general", "paper-section-general", rows);
        paper.add("general", self.t("paper-section-general"), vec![table]);
        let names = self.names();
        let site = self.sources.report.balance.sites.get(&own.id);
        let rows: Vec<Vec<Cell>> = site
            .into_iter()
            .flatten()
            .map(|(resource, total)| {
                let (value, unit) = wording::shown(total.dimension, total.amount);
                vec![
                    Cell::Text(names.resource(resource)),
                    Cell::Number(value),
                    Cell::Text(unit.to_string()),
                    Cell::Text(wording::basis(self.language, total.basis())),
                    Cell::Text(format!("{}/{}", total.months_covered, total.months_expected)),
                ]
            })
            .collect();
        let blocks = if rows.is_empty() {
            paper.missing.push(self.t("paper-missing-records"));
            vec![Block::Note(self.t("paper-missing-records"))]
        } else {
            let columns = vec![
                Column::text(self.t("report-resource"), 5),
                Column { unit: None, ..Column::number(self.t("report-amount"), "", 1, 3) },
                Column::text(self.t("report-unit"), 2),
                Column::text(self.t("report-basis-column"), 3),
                Column::text(self.t("report-months"), 2),
            ];
            vec![Block::Table(self.table("records", self.records_caption(), columns, rows, self.source()))]
        };
        paper.add("records", self.t("paper-section-records"), blocks);
        let measures: Vec<Vec<Cell>> = self
            .sources
            .park
            .measures
            .iter()
            .filter(|measure| measure.enterprise == own.id)
            .map(|measure| {
                vec![
                    Cell::Text(measure.name.get(self.language).to_string()),
                    Cell::Text(names.resource(&measure.resource)),
                    Cell::Text(wording::status(self.language, measure.status)),
                    Cell::Date(measure.status_on),
                ]
            })
            .collect();
        let columns = vec![
            Column::text(self.t("report-measure"), 6),
            Column::text(self.t("report-resource"), 3),
            Column::text(self.t("report-status"), 3),
            Column::text(self.t("dossier-on"), 2),
        ];
        let blocks = if measures.is_empty() {
            paper.missing.push(self.t("paper-missing-measures"));
            vec![Block::Note(self.t("paper-missing-measures"))]
        } else {
            vec![Block::Table(self.table(
                "measures",
                self.t("paper-section-measures"),
                columns,
                measures,
                String::new(),
            ))]
        };
        paper.add("measures", self.t("paper-section-measures"), blocks);
        paper
    }

    /// The files that prove records and answers, by their hash.
    fn evidence_list(&self) -> Paper {
        let mut paper = Paper::default();
        if self.sources.evidence.is_empty() {
            paper.missing.push(self.t("paper-missing-evidence"));
            let blocks = vec![Block::Note(self.t("paper-missing-evidence"))];
            paper.add("evidence", self.t("paper-evidence"), blocks);
            return paper;
        }
        let names = self.names();
        let rows = self.sources.evidence.iter().enumerate().map(|(at, file)| {
            let proves = match &file.proves {
                store::Proves::Record { resource, period } => {
                    format!("{}, {}", names.resource(resource), wording::period(self.language, period))
                }
                store::Proves::Answer { finding } => {
                    let rule = finding.split('/').next().unwrap_or_default();
                    let rule = wording::finding::rule(self.language, rule);
                    self.t_with("evidence-of-answer", &[("rule", &rule)])
                }
            };
            vec![
                Cell::Number((at + 1) as f64),
                Cell::Text(names.enterprise(&file.enterprise)),
                Cell::Text(proves),
                Cell::Text(file.file_name.clone()),
                Cell::Text(file.sha256.clone()),
            ]
        });
        let columns = vec![
            Column { unit: None, ..Column::number(self.t("paper-at"), "", 0, 1) },
            Column::text(self.t("report-enterprise"), 4),
            Column::text(self.t("paper-proves"), 4),
            Column::text(self.t("paper-file"), 4),
            Column::text("SHA-256", 5),
        ];
        let table = self.table("evidence", self.t("paper-evidence"), columns, rows.collect(), String::new());
        paper.add("evidence", self.t("paper-evidence"), vec![Block::Table(table)]);
        paper
    }

    fn names(&self) -> wording::Names<'_> {
        wording::Names { language: self.language, catalogue: self.sources.catalogue, park: Some(self.sources.park) }
    }

    fn records_caption(&self) -> String {
        let period = Period::parse(&self.sources.report.run.period);
        let period = period.map_or_else(String::new, |period| wording::period(self.language, &period));
        self.t_with("paper-records-caption", &[("period", &period)])
    }

    fn source(&self) -> String {
        let catalogue = self.sources.report.run.catalogue.short();
        self.t_with("report-source-records", &[("catalogue", catalogue)])
    }
}
