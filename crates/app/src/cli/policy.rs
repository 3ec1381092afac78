//! `policy`: what a changed rule would do to parks, of the store or of files, before it is signed.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use engine::assess::policy::ChangeSet;
use engine::assess::policy::wishes::{Field, Wish, change_set, no_wish, wishes_of_toml};
use engine::catalogue::Catalogue;
use engine::catalogue::frameworks::Framework;
use engine::fault::{Fault, FaultKind, Place};
use engine::ids::FrameworkId;
use engine::language::{Language, format_date, format_number};
use engine::period::Period;
use engine::report::Order;
use engine::report::document::{Block, Cell, Document, Table};
use indicatif::ProgressBar;

use super::keep::open_for;
use super::readings::{Where, of_store};
use super::run::read_parks;
use super::{Answer, DEFAULT_FRAMEWORK, Global, Stop, as_of, framework_of, print_json, runtime};
use crate::auth::Action;
use crate::error::AppError;
use crate::policy::note::impact_note;
use crate::policy::{Eyes, Kind, LabPark, Question, population, try_changes};
use crate::solving::report;
use crate::state::App;
use crate::words::text;

#[derive(clap::Args)]
pub struct Arguments {
    /// Parks as folders or workbooks, or folders of parks; without any, the parks of the store
    parks: Vec<PathBuf>,
    /// The edition that is changed: of the catalogue, or a TOML file
    #[arg(long, default_value = DEFAULT_FRAMEWORK)]
    framework: String,
    #[arg(long, default_value = "2024", value_parser = super::period)]
    period: Period,
    /// A change of a row: CRITERION=TARGET, or CRITERION.FIELD=VALUE with target, direction, min_employees or coverage
    #[arg(long, value_name = "CRITERION=VALUE")]
    set: Vec<String>,
    /// A row that goes
    #[arg(long, value_name = "CRITERION")]
    drop: Vec<String>,
    /// A row of another edition that comes
    #[arg(long, value_name = "CRITERION")]
    add: Vec<String>,
    /// Changes from a file: drop = […], add = […], [row.CRITERION]
    #[arg(long, value_name = "FILE.toml")]
    changes: Option<PathBuf>,
    /// Parks of the store: real or sample; real ones where there are any
    #[arg(long, value_parser = kind)]
    kind: Option<Kind>,
    /// Write the impact note, as Word or PDF
    #[arg(long, value_name = "FILE.docx|FILE.pdf", value_parser = note)]
    note: Option<PathBuf>,
}

pub fn run(global: &Global, arguments: &Arguments, catalogue: &'static Catalogue) -> Answer {
    let edition = framework_of(&arguments.framework, catalogue)?;
    let changes = changes(arguments, &edition, catalogue)?;
    let (parks, eyes) = match arguments.parks.is_empty() {
        true => of_the_store(global, arguments, &edition, catalogue)?,
        false => (of_files(global, arguments, &edition, catalogue)?, Eyes::Owner),
    };
    let question =
        Question { edition: &edition, changes: &changes, period: arguments.period, as_of: as_of(global), eyes };
    let trial = try_changes(&question, &parks, catalogue).map_err(Stop::Faults)?;
    let document = impact_note(&trial, &edition, &changes, 0, catalogue, global.language);
    if let Some(path) = &arguments.note {
        let bytes = match is_word(path) {
            true => ::print::docx(&document, question.as_of)?,
            false => ::print::pdf(&document, question.as_of)?,
        };
        fs::write(path, bytes).with_context(|| format!("write {}", path.display()))?;
    }
    if global.json { print_json(&trial) } else { print(&document) }
}

/// The change set of the file and of the flags, or everything that is wrong with both.
fn changes(arguments: &Arguments, edition: &Framework, catalogue: &Catalogue) -> Result<ChangeSet, Stop> {
    let (mut wishes, mut faults) = match &arguments.changes {
        Some(path) if !path.is_file() => return Err(Stop::Usage(format!("{}: no such file", path.display()))),
        Some(path) => wishes_of_file(path),
        None => (Vec::new(), Vec::new()),
    };
    for written in &arguments.set {
        let pair = written.split_once('=').and_then(|(key, value)| Wish::of_pair("--set", key, value));
        match pair.filter(|wish| !matches!(wish.field, Field::Drop | Field::Add)) {
            Some(wish) => wishes.push(wish),
            None => faults.push(no_wish("--set", written)),
        }
    }
    for (flag, field, ids) in [("--drop", Field::Drop, &arguments.drop), ("--add", Field::Add, &arguments.add)] {
        wishes.extend(ids.iter().filter_map(|id| Wish::of_pair(flag, &format!("{id}.{}", field.code()), "")));
    }
    match change_set(edition, &wishes, catalogue) {
        Ok(changes) if faults.is_empty() => Ok(changes),
        Ok(_) => Err(Stop::Faults(faults)),
        Err(found) => {
            faults.extend(found);
            Err(Stop::Faults(faults))
        }
    }
}

fn wishes_of_file(path: &Path) -> (Vec<Wish>, Vec<Fault>) {
    let name = path.display().to_string();
    match fs::read_to_string(path) {
        Ok(text) => wishes_of_toml(&name, &text),
        Err(error) => {
            let place = Place { file: name, ..Place::default() };
            let (found, expected) = (error.to_string(), "TOML".to_string());
            (Vec::new(), vec![Fault { place, kind: FaultKind::UnreadableFile, found, expected }])
        }
    }
}

fn of_files(
    global: &Global,
    arguments: &Arguments,
    edition: &Framework,
    catalogue: &Catalogue,
) -> Result<Vec<Arc<LabPark>>, Stop> {
    let parks = read_parks(&arguments.parks, catalogue)?;
    let bar = ProgressBar::new(parks.len() as u64);
    let order = Order { period: arguments.period, as_of: as_of(global), framework: edition };
    let kept = parks.iter().map(|park| {
        let report = report(park, catalogue, &order);
        bar.inc(1);
        Arc::new(LabPark::of(park, &report, catalogue).with_rows(park, &report, catalogue, &edition.criteria))
    });
    let kept = kept.collect();
    bar.finish_and_clear();
    Ok(kept)
}

/// The parks of the store that whoever acts may see, and with whose eyes.
fn of_the_store(
    global: &Global,
    arguments: &Arguments,
    edition: &Framework,
    catalogue: &'static Catalogue,
) -> Result<(Vec<Arc<LabPark>>, Eyes), Stop> {
    runtime()?.block_on(async {
        let (store, user) = open_for(global, "policy", &Action::TryPolicy).await?;
        let eyes = Eyes::of(&user);
        let is_own = catalogue.frameworks.get(&edition.id) != Some(edition);
        if is_own && eyes == Eyes::Totals {
            // Rows of one's own could ask of single enterprises.
            return Err(Stop::Usage(text(global.language, "policy-cli-own-edition")));
        }
        let mut app = App::new(store, catalogue, false, global.as_of).await?;
        app.readings = of_store(global, &Where::default(), app.store.clone())?;
        let (parks, _) = population(&app, &user, arguments.kind).await.map_err(failed)?;
        let bar = ProgressBar::new(parks.len() as u64);
        let mut kept = Vec::with_capacity(parks.len());
        for park in &parks {
            let computed = app.passing(&park.id, &FrameworkId::new(DEFAULT_FRAMEWORK), arguments.period).await;
            let computed = computed.map_err(failed)?;
            let (park, report) = (&computed.park, &computed.report);
            let of_park = LabPark::of(park, report, catalogue).with_rows(park, report, catalogue, &edition.criteria);
            kept.push(Arc::new(of_park));
            bar.inc(1);
        }
        bar.finish_and_clear();
        Ok((kept, eyes))
    })
}

fn failed(error: AppError) -> Stop {
    match error {
        AppError::Internal(error) => Stop::Failed(error),
        other => Stop::Failed(anyhow::anyhow!("{other:?}")),
    }
}

/// The note as plain text: tables as lines.
fn print(document: &Document) -> Answer {
    println!("{} · {}", document.title, document.subtitle);
    for mark in &document.marks {
        println!("[{mark}]");
    }
    for section in &document.sections {
        println!("\n{}", section.heading);
        for block in &section.blocks {
            match block {
                Block::Paragraph(text) | Block::Note(text) => println!("{text}"),
                Block::Table(table) => print_table(document.language, table),
                Block::Bars(_) => {}
            }
        }
    }
    Ok(())
}

fn print_table(language: Language, table: &Table) {
    let headings: Vec<&str> = table.columns.iter().map(|column| column.heading.as_str()).collect();
    println!("{}", headings.join(" | "));
    for row in &table.rows {
        let cells = row.iter().zip(&table.columns).map(|(cell, column)| match cell {
            Cell::Text(text) => text.clone(),
            Cell::Number(number) => format_number(language, *number, column.decimals),
            Cell::Date(date) => format_date(*date),
            Cell::Unknown(_) => text(language, "unknown-mark"),
            Cell::Empty => "–".to_string(),
        });
        println!("{}", cells.collect::<Vec<_>>().join(" | "));
    }
}

fn kind(code: &str) -> Result<Kind, String> {
    Kind::parse(code).ok_or_else(|| "expected real or sample".to_string())
}

fn note(path: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(path);
    let is_known = is_word(&path) || path.extension().is_some_and(|kind| kind == "pdf");
    if is_known { Ok(path) } else { Err("expected a name that ends in .docx or .pdf".to_string()) }
}

fn is_word(path: &Path) -> bool {
    path.extension().is_some_and(|kind| kind == "docx")
}
