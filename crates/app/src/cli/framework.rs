//! `congsinh framework`: editions of frameworks, those of the catalogue and those that administrators write.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Subcommand;
use engine::catalogue::Catalogue;
use engine::catalogue::frameworks::compare::{Change, compare};
use engine::catalogue::frameworks::write::write_framework;
use engine::catalogue::frameworks::{Framework, read_draft};
use engine::ids::FrameworkId;
use jiff::civil::Date;
use store::Store;

use super::{Answer, Global, Stop, date, print_json, runtime};
use crate::auth::Action;
use crate::cli::keep::open_for;
use crate::demo::now_us;
use crate::editions::{self, Refused};
use crate::words::{text, text_with};

#[derive(Subcommand)]
pub enum Command {
    /// Every edition with its stage, validity and number of rows
    List,
    /// Write an edition as TOML, to a file or to stdout
    Export { edition: String, out: Option<PathBuf> },
    /// Keep a TOML file as a draft; its name is the file's unless --name says another
    Import {
        file: PathBuf,
        #[arg(long)]
        name: Option<String>,
    },
    /// Hold a TOML file against everything that an edition must keep; list every fault
    Check { file: PathBuf },
    /// What the later edition changes in the former; each is a name or a TOML file
    Compare { former: String, later: String },
    /// Publish a draft from a day on; what it replaces ends on the day before
    Publish {
        edition: String,
        #[arg(long, value_name = "DATE", value_parser = date)]
        from: Date,
    },
}

pub fn run(global: &Global, command: &Command, catalogue: &Catalogue) -> Answer {
    if let Command::Check { file } = command {
        return check(global, file, catalogue);
    }
    runtime()?.block_on(async {
        let (name, action) = match command {
            Command::List => ("framework list", Action::SeeOwnAccount),
            Command::Export { .. } => ("framework export", Action::SeeOwnAccount),
            Command::Compare { .. } => ("framework compare", Action::SeeOwnAccount),
            Command::Import { .. } => ("framework import", Action::EditFrameworks),
            Command::Publish { .. } => ("framework publish", Action::EditFrameworks),
            Command::Check { .. } => unreachable!("a file is checked without a store"),
        };
        let (store, user) = open_for(global, name, &action).await?;
        let actor = user.actor(now_us());
        match command {
            Command::Import { file, name } => {
                let (stem, toml) = read(file)?;
                let id = FrameworkId::new(name.clone().unwrap_or(stem));
                let kept = store.editions().await?.into_iter().find(|kept| kept.id == id);
                let after = kept.map(|kept| kept.revision);
                let draft = editions::save_draft(&store, catalogue, &actor, (&id, after), &toml).await;
                let draft = draft.map_err(|refused| stop(global, refused))?;
                told(global, "cli-framework-kept", &id, draft.criteria.len())
            }
            Command::Publish { edition, from } => {
                let id = FrameworkId::new(edition);
                let done = editions::publish(&store, catalogue, &actor, &id, *from).await;
                done.map_err(|refused| stop(global, refused))?;
                let published = named(&store, catalogue, edition).await?;
                told(global, "cli-framework-published", &id, published.criteria.len())
            }
            Command::Export { edition, out } => export(&store, catalogue, edition, out.as_deref()).await,
            Command::Compare { former, later } => {
                let former = named(&store, catalogue, former).await?;
                print_comparison(global, &former, &named(&store, catalogue, later).await?)
            }
            _ => list(global, &store, catalogue).await,
        }
    })
}

fn check(global: &Global, file: &Path, catalogue: &Catalogue) -> Answer {
    let (stem, toml) = read(file)?;
    match read_draft(&file.display().to_string(), &stem, &toml, catalogue) {
        (Some(framework), _) => told(global, "cli-framework-good", &framework.id, framework.criteria.len()),
        (None, faults) => Err(Stop::Faults(faults)),
    }
}

/// The name and the text of a file.
fn read(file: &Path) -> Result<(String, String), Stop> {
    if !file.exists() {
        return Err(Stop::Usage(format!("{}: no such file", file.display())));
    }
    let toml = fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?;
    Ok((file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default(), toml))
}

fn told(global: &Global, key: &str, id: &FrameworkId, rows: usize) -> Answer {
    if global.json {
        return print_json(&serde_json::json!({ "edition": id, "rows": rows, "faults": [] }));
    }
    println!("{}", text_with(global.language, key, &[("edition", id.as_str()), ("rows", &rows.to_string())]));
    Ok(())
}

fn stop(global: &Global, refused: Refused) -> Stop {
    let usage = |key: &str| Stop::Usage(text(global.language, key));
    match refused {
        Refused::Faults(faults) => Stop::Faults(faults),
        Refused::Life(refusal) => usage(&format!("edition-refusal-{}", refusal.code())),
        Refused::Name => usage("edition-refusal-name"),
        Refused::Changed => usage("edition-refusal-changed"),
        Refused::Failed(error) => Stop::Failed(error),
    }
}

/// An edition by its name, or from a TOML file.
async fn named(store: &Store, catalogue: &Catalogue, name: &str) -> Result<Framework, Stop> {
    if name.ends_with(".toml") {
        let (stem, toml) = read(Path::new(name))?;
        let (framework, faults) = read_draft(name, &stem, &toml, catalogue);
        return framework.ok_or(Stop::Faults(faults));
    }
    let found = editions::find(store, catalogue, &FrameworkId::new(name)).await?;
    found.ok_or_else(|| Stop::Usage(format!("edition `{name}`: not found; congsinh framework list")))
}

async fn export(store: &Store, catalogue: &Catalogue, name: &str, out: Option<&Path>) -> Answer {
    let kept = store.editions().await?.into_iter().find(|kept| kept.id.as_str() == name);
    let toml = match kept {
        Some(kept) => kept.toml,
        None => write_framework(&named(store, catalogue, name).await?),
    };
    match out {
        Some(out) => {
            fs::write(out, toml).with_context(|| format!("write {}", out.display()))?;
            println!("{}", out.display());
        }
        None => print!("{toml}"),
    }
    Ok(())
}

async fn list(global: &Global, store: &Store, catalogue: &Catalogue) -> Answer {
    let kept = editions::all(store, catalogue).await?;
    let whole = editions::whole(store, catalogue).await?;
    let mut rows: Vec<(&str, &Framework)> = Vec::new();
    rows.extend(kept.iter().map(|edition| (edition.kept.stage.code(), &edition.framework)));
    let of_catalogue = whole.frameworks.values().map(|framework| ("catalogue", framework));
    for (stage, framework) in of_catalogue.chain(whole.empty_editions.values().map(|one| ("empty", one))) {
        if kept.iter().all(|edition| edition.kept.id != framework.id) {
            rows.push((stage, framework));
        }
    }
    rows.sort_by(|a, b| a.1.id.cmp(&b.1.id));
    if global.json {
        let row = |(stage, framework): &(&str, &Framework)| {
            serde_json::json!({
                "edition": framework.id, "name": framework.name, "version": framework.version, "stage": stage,
                "valid_from": framework.valid_from, "valid_to": framework.valid_to, "replaces": framework.replaces,
                "rows": framework.criteria.len(),
                "unconfirmed": framework.criteria.iter().filter(|criterion| criterion.unconfirmed).count(),
            })
        };
        return print_json(&rows.iter().map(row).collect::<Vec<_>>());
    }
    for (stage, framework) in &rows {
        let day = |day: Option<Date>| day.map_or("?".to_string(), |day| day.to_string());
        let stage = text(global.language, &format!("edition-stage-{stage}"));
        let days = format!(
            "{} – {}",
            day(framework.valid_from),
            framework.valid_to.map_or("…".to_string(), |to| to.to_string())
        );
        println!("{} · {stage} · {days} · {}", framework.id, framework.criteria.len());
    }
    Ok(())
}

fn print_comparison(global: &Global, former: &Framework, later: &Framework) -> Answer {
    let comparison = compare(former, later);
    if global.json {
        return print_json(&comparison);
    }
    let language = global.language;
    let count = |change| comparison.count(change).to_string();
    let (same, changed) = (count(Change::Same), count(Change::Changed));
    let (added, removed) = (count(Change::Added), count(Change::Removed));
    println!(
        "{}; {}",
        text_with(language, "compare-first", &[("same", &same), ("changed", &changed)]),
        text_with(language, "compare-first-rest", &[("added", &added), ("removed", &removed)])
    );
    for row in comparison.rows.iter().filter(|row| row.change != Change::Same) {
        let id = |id: &Option<engine::ids::CriterionId>| id.as_ref().map_or("–".to_string(), ToString::to_string);
        println!("{} → {}", id(&row.former), id(&row.later));
        for field in &row.fields {
            println!("    {}: {} → {}", field.field, field.former, field.later);
        }
    }
    Ok(())
}
