//! `form`: a form of the state filled from a park folder, as files.

use std::fs;
use std::path::PathBuf;

use anyhow::Context;
use engine::catalogue::Catalogue;
use engine::catalogue::duties::Reporter;
use engine::catalogue::forms::Form;
use engine::ids::EnterpriseId;
use engine::language::Language;
use engine::park::Park;
use engine::report::forms::life::FormState;
use engine::report::forms::{FilledForm, Warning};

use super::{Answer, Global, Stop, as_of, print_json, read_park};
use crate::forms::document::{self, Format, Paper};
use crate::forms::{by_name, of_folder};
use crate::wording::{Names, form as words};
use crate::words::text_with;

#[derive(clap::Args)]
pub struct Arguments {
    park: PathBuf,
    /// A.4, A.5, B.4 or B5
    #[arg(long)]
    form: String,
    /// The enterprise that reports, for a form of enterprises
    #[arg(long)]
    enterprise: Option<String>,
    /// The reporting year N; savings are of the year before
    #[arg(long, default_value_t = 2025, value_parser = clap::value_parser!(i16).range(1900..=9998))]
    year: i16,
    #[arg(long, value_name = "DIR", default_value = "out")]
    out: PathBuf,
}

pub fn run(global: &Global, arguments: &Arguments, catalogue: &Catalogue) -> Answer {
    let park = read_park(&arguments.park, catalogue)?;
    let form = asked(arguments, catalogue)?;
    let enterprise = reporter(arguments, form, &park)?;
    let filled = of_folder(catalogue, &park, form, enterprise.as_ref(), arguments.year)
        .ok_or_else(|| Stop::Usage(format!("year {}: expected a year of the calendar", arguments.year)))?;
    let files = files(global, catalogue, &park, &filled)?;
    fs::create_dir_all(&arguments.out).with_context(|| format!("make {}", arguments.out.display()))?;
    for (name, bytes) in &files {
        let path = arguments.out.join(name);
        fs::write(&path, bytes).with_context(|| format!("write {}", path.display()))?;
    }
    if global.json {
        return print_json(&filled);
    }
    tell(global, catalogue, &park, &filled);
    for (name, _) in &files {
        println!("{}", arguments.out.join(name).display());
    }
    Ok(())
}

fn asked<'a>(arguments: &Arguments, catalogue: &'a Catalogue) -> Result<&'a Form, Stop> {
    let name = &arguments.form;
    by_name(catalogue, name).ok_or_else(|| {
        let known: Vec<&str> = catalogue.forms.keys().map(|id| id.as_str()).collect();
        Stop::Usage(format!("form `{name}`: expected one of {}", known.join(", ")))
    })
}

/// The enterprise that a form of enterprises needs; a park's form has none.
fn reporter(arguments: &Arguments, form: &Form, park: &Park) -> Result<Option<EnterpriseId>, Stop> {
    let known = || park.enterprises.iter().map(|one| one.id.as_str()).collect::<Vec<_>>().join(", ");
    match (form.subject, &arguments.enterprise) {
        (Reporter::Park, None) => Ok(None),
        (Reporter::Park, Some(_)) => {
            Err(Stop::Usage(format!("form {}: it tells of the park, expected no --enterprise", form.number)))
        }
        (Reporter::Enterprise, None) => {
            Err(Stop::Usage(format!("form {}: expected --enterprise, one of {}", form.number, known())))
        }
        (Reporter::Enterprise, Some(id)) => {
            let id = EnterpriseId::new(id);
            match park.enterprise(&id) {
                Some(_) => Ok(Some(id)),
                None => Err(Stop::Usage(format!("enterprise `{id}`: expected one of {}", known()))),
            }
        }
    }
}

fn files(
    global: &Global,
    catalogue: &Catalogue,
    park: &Park,
    form: &FilledForm,
) -> Result<Vec<(String, Vec<u8>)>, Stop> {
    let mut files = Vec::new();
    for format in Format::ALL {
        let languages = if format == Format::Json { &Language::ALL[..1] } else { &Language::ALL[..] };
        for language in languages.iter().copied() {
            let paper = Paper { catalogue, park, form, state: &FormState::Draft, day: as_of(global), language };
            let name = document::file_name(&park.id, form, language, format);
            files.push((name, document::write(&paper, format)?));
        }
    }
    Ok(files)
}

/// How far it is filled, and what has to be looked at besides what is missing.
fn tell(global: &Global, catalogue: &Catalogue, park: &Park, form: &FilledForm) {
    let language = global.language;
    let filled = form.fields.iter().filter(|row| row.value().is_some()).count().to_string();
    let asked = form.fields.iter().filter(|row| document::is_asked(row)).count().to_string();
    let missing = form.fields.iter().filter(|row| row.is_missing()).count().to_string();
    let counts = [("filled", filled.as_str()), ("all", &asked), ("missing", &missing)];
    println!("{}", text_with(language, "form-finding", &counts));
    let names = Names { language, catalogue, park: Some(park) };
    for warning in form.warnings.iter().filter(|one| !matches!(one, Warning::Missing { .. })) {
        println!("{}", words::warning(&names, form, warning));
    }
}
