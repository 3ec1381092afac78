//! `dossier`: the papers of a procedure drafted from a park folder, as one archive, without a store.

use std::path::{Path, PathBuf};

use anyhow::Context;
use engine::catalogue::Catalogue;
use engine::catalogue::duties::{Procedure, Reporter};
use engine::ids::EnterpriseId;
use engine::park::Park;
use engine::period::Period;
use engine::report::Order;
use engine::report::forms::life::FormState;
use jiff::civil::Date;

use super::{Answer, DEFAULT_FRAMEWORK, Global, Stop, as_of, date, framework_of, period, print_json, read_park};
use crate::dossiers::papers::{Enclosed, Particulars, Sources, StateForm, archive, form_of_part};
use crate::forms::of_folder;
use crate::solving::report;
use crate::words::text_with;

#[derive(clap::Args)]
pub struct Arguments {
    /// Folder or workbook of the park
    park: PathBuf,
    /// Which procedure: a code of catalogue/procedures.toml
    #[arg(long, default_value = "park-certificate")]
    procedure: String,
    /// The enterprise whose dossier it is, for procedures of an enterprise
    #[arg(long)]
    enterprise: Option<String>,
    #[arg(long, default_value = DEFAULT_FRAMEWORK)]
    framework: String,
    #[arg(long, default_value = "2024", value_parser = period)]
    period: Period,
    /// Number of the registration
    #[arg(long, default_value = "")]
    number: String,
    /// Place of issue
    #[arg(long, default_value = "")]
    place: String,
    /// Day of signature
    #[arg(long, value_name = "DATE", value_parser = date)]
    day: Option<Date>,
    /// Office of the signer
    #[arg(long, default_value = "")]
    role: String,
    /// Name of the signer
    #[arg(long, default_value = "")]
    signer: String,
    #[arg(long, value_name = "FILE", default_value = "dossier.zip")]
    out: PathBuf,
}

pub fn run(global: &Global, arguments: &Arguments, catalogue: &Catalogue) -> Answer {
    let framework = framework_of(&arguments.framework, catalogue)?;
    let procedure = procedure(catalogue, &arguments.procedure)?;
    let park = read_park(&arguments.park, catalogue)?;
    let enterprise = enterprise(procedure, &park, arguments.enterprise.as_deref())?;
    let report =
        report(&park, catalogue, &Order { period: arguments.period, as_of: as_of(global), framework: &framework });
    let year = arguments.period.start().year() + 1;
    let form = |part: &engine::catalogue::duties::DossierPart| {
        let form = form_of_part(catalogue, procedure, &part.id)?;
        let form = of_folder(catalogue, &park, form, enterprise.as_ref(), year)?;
        Some(StateForm { part: part.id.clone(), form, state: FormState::Draft })
    };
    let forms: Vec<StateForm> = procedure.dossier.iter().filter_map(form).collect();
    let particulars = Particulars {
        number: arguments.number.clone(),
        place: arguments.place.clone(),
        day: arguments.day,
        role: arguments.role.clone(),
        name: arguments.signer.clone(),
    };
    let sources = Sources {
        report: &report,
        park: &park,
        catalogue,
        evidence: &[],
        forms: &forms,
        procedure,
        enterprise: enterprise.as_ref(),
        particulars: &particulars,
    };
    let archive = archive(&sources, Enclosed::default())?;
    keep(&arguments.out, &archive.bytes)?;
    let told = archive.missing.into_iter().find(|(language, _)| *language == global.language);
    let missing = told.map(|(_, missing)| missing).unwrap_or_default();
    if global.json {
        return print_json(&serde_json::json!({
            "out": arguments.out.display().to_string(),
            "procedure": procedure.id,
            "files": archive.files,
            "missing": missing,
        }));
    }
    println!("{}", arguments.out.display());
    let count = missing.len().to_string();
    println!("{}", text_with(global.language, "paper-missing-head", &[("count", &count)]));
    for one in &missing {
        println!("- {one}");
    }
    Ok(())
}

fn procedure<'c>(catalogue: &'c Catalogue, id: &str) -> Result<&'c Procedure, Stop> {
    let known = || catalogue.procedures.iter().map(|known| known.id.as_str()).collect::<Vec<_>>().join(", ");
    let found = catalogue.procedures.iter().find(|procedure| procedure.id == id);
    found.ok_or_else(|| Stop::Usage(format!("procedure `{id}`: expected one of {}", known())))
}

/// The enterprise that a procedure of an enterprise needs, and one of a park must not have.
fn enterprise(procedure: &Procedure, park: &Park, asked: Option<&str>) -> Result<Option<EnterpriseId>, Stop> {
    let id = &procedure.id;
    match (procedure.subject, asked) {
        (Reporter::Park, None) => Ok(None),
        (Reporter::Park, Some(_)) => {
            Err(Stop::Usage(format!("procedure `{id}` is of a park: expected no --enterprise")))
        }
        (Reporter::Enterprise, None) => {
            Err(Stop::Usage(format!("procedure `{id}` is of an enterprise: expected --enterprise")))
        }
        (Reporter::Enterprise, Some(asked)) => {
            let asked = EnterpriseId::new(asked);
            match park.enterprise(&asked) {
                Some(_) => Ok(Some(asked)),
                None => Err(Stop::Usage(format!("enterprise `{asked}`: {} has none of this code", park.id))),
            }
        }
    }
}

/// The archive gets its name when it is whole.
fn keep(out: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    if let Some(folder) = out.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))?;
    }
    let half = out.with_extension("zip.part");
    std::fs::write(&half, bytes).with_context(|| format!("write {}", half.display()))?;
    std::fs::rename(&half, out).with_context(|| format!("write {}", out.display()))
}
