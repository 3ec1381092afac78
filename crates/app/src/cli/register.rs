//! `congsinh register`: take an authority's own list over, undo that, and say which park of the store an entry is.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context;
use clap::Subcommand;
use engine::ids::{EnterpriseId, ParkId};
use engine::register::{Comparison, Decision, Field, Link, Outcome, RegisterKind, heading};
use jiff::civil::Date;
use serde_json::json;
use store::{ImportDraft, ImportStatus, RegisterError, Store};

use super::{Answer, Global, Stop, as_of, print_json, runtime};
use crate::auth::{self, Action, Role, User};
use crate::cli::keep::open_for;
use crate::demo::now_us;
use crate::register::{Origin, accept_likeliest, draft, preview, read_file};
use crate::words::{text, text_with};

#[derive(Subcommand)]
pub enum Command {
    /// Take a list over (.xlsx, .csv, .csv.gz): headings are recognised, nothing is written while there is a fault or an
    /// undecided name
    Import(Import),
    /// Put everything back as it was before an import
    Undo { import: String },
    /// List the imports
    Imports,
    /// Say which park of the store, or which enterprise of it, an entry of the register is
    Link {
        #[arg(value_parser = kind)]
        kind: RegisterKind,
        code: String,
        park: String,
        enterprise: Option<String>,
    },
    /// Say of every park of the store that it is the registered one with the same code
    LinkSame,
}

#[derive(clap::Args)]
pub struct Import {
    file: PathBuf,
    /// What the list is about: park, enterprise, zone, developer or authority
    #[arg(long, value_parser = kind)]
    kind: RegisterKind,
    /// Who issued it, number and date
    #[arg(long)]
    source: String,
    #[arg(long, default_value = "")]
    licence: String,
    /// The day of which it speaks (default: today)
    #[arg(long, value_name = "DATE", value_parser = super::date)]
    on: Option<Date>,
    /// What a column means, as HEADING=FIELD; an empty field leaves it out
    #[arg(long = "column", value_name = "HEADING=FIELD")]
    columns: Vec<String>,
    /// What a line is, as LINE=CODE, LINE=new or LINE=skip
    #[arg(long = "line", value_name = "LINE=CODE")]
    lines: Vec<String>,
    /// Take the likeliest answer for every undecided name
    #[arg(long)]
    accept: bool,
    /// Show what it would change and write nothing
    #[arg(long)]
    dry_run: bool,
}

fn kind(code: &str) -> Result<RegisterKind, String> {
    let known = || RegisterKind::ALL.map(RegisterKind::code).join(", ");
    RegisterKind::parse(code).ok_or_else(|| format!("expected one of {}", known()))
}

pub fn run(global: &Global, command: &Command) -> Answer {
    match command {
        Command::Import(import) => take_over(global, import),
        Command::Undo { import } => undo(global, import),
        Command::Imports => list(global),
        Command::LinkSame => link_same(global),
        Command::Link { kind, code, park, enterprise } => link(global, *kind, code, park, enterprise.as_deref()),
    }
}

fn take_over(global: &Global, import: &Import) -> Answer {
    if import.kind == RegisterKind::Site {
        return Err(Stop::Usage("sites come with their enterprises: --kind enterprise".to_string()));
    }
    let catalogue = crate::catalogue::catalogue()?;
    let bytes = std::fs::read(&import.file).with_context(|| format!("read {}", import.file.display()))?;
    let name = import.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let sheet = read_file(import.kind, &name, &bytes).map_err(Stop::Faults)?;
    runtime()?.block_on(async {
        let (store, user) = open_for(global, "register import", &Action::SeeRegisterImports).await?;
        let province = user.province.clone().filter(|_| user.role == Role::ProvincialBoard);
        let stated_on = import.on.unwrap_or_else(|| as_of(global));
        let (source, licence) = (import.source.clone(), import.licence.clone());
        let origin = Origin { stated_on, source, licence, province };
        let mut draft = draft(&store, import.kind, &name, &bytes, &sheet, origin).await?;
        decide(import, &mut draft)?;
        let register = store.register().await?;
        let mut seen = preview(&draft, &register, catalogue)?;
        if import.accept
            && let Some(comparison) = &seen.comparison
        {
            draft.decisions.extend(accept_likeliest(comparison));
            seen = preview(&draft, &register, catalogue)?;
        }
        let Some(comparison) = seen.comparison else { return Err(Stop::Faults(seen.read.faults)) };
        let id = match comparison.questions() == 0 && !comparison.changes.is_empty() && !import.dry_run {
            true => Some(commit(&store, &user, &draft, register.revision, &comparison).await?),
            false => None,
        };
        print(global, &comparison, id.as_deref())?;
        if comparison.questions() > 0 { Err(Stop::Told) } else { Ok(()) }
    })
}

async fn commit(
    store: &Store,
    user: &User,
    draft: &ImportDraft,
    revision: i64,
    comparison: &Comparison,
) -> Result<String, Stop> {
    let id = store.draft_register_import(&user.actor(now_us()), draft).await?;
    match store.commit_register_import(&user.actor(now_us()), &id, revision, &comparison.changes).await {
        Ok(()) => Ok(id),
        Err(error) => Err(Stop::Failed(error.into())),
    }
}

fn decide(import: &Import, draft: &mut ImportDraft) -> Result<(), Stop> {
    for column in &import.columns {
        let (name, field) =
            column.rsplit_once('=').ok_or_else(|| Stop::Usage(format!("--column {column}: expected HEADING=FIELD")))?;
        match (field, Field::parse(field)) {
            ("", _) => _ = draft.mapping.remove(&heading(name)),
            (_, Some(field)) => _ = draft.mapping.insert(heading(name), field),
            _ => {
                let known = engine::register::fields_of(draft.kind).iter().map(|field| field.code());
                let known = known.collect::<Vec<_>>().join(", ");
                return Err(Stop::Usage(format!("--column {column}: expected one of {known}")));
            }
        }
    }
    let mut decisions = BTreeMap::new();
    for line in &import.lines {
        let parsed = line.split_once('=').and_then(|(line, what)| Some((line.parse().ok()?, what)));
        let (line, what) = parsed.ok_or_else(|| Stop::Usage(format!("--line {line}: expected LINE=CODE")))?;
        let decision = match what {
            "new" => Decision::New,
            "skip" => Decision::Skip,
            code => Decision::Same(code.to_string()),
        };
        decisions.insert(line, decision);
    }
    draft.decisions = decisions;
    Ok(())
}

fn print(global: &Global, comparison: &Comparison, id: Option<&str>) -> Answer {
    let count = |is: fn(&Outcome) -> bool| comparison.count(is);
    let (new, changed, unchanged) = (
        count(|outcome| matches!(outcome, Outcome::New { .. })),
        count(|outcome| matches!(outcome, Outcome::Changed { .. })),
        count(|outcome| matches!(outcome, Outcome::Unchanged { .. })),
    );
    if global.json {
        return print_json(&json!({
            "import": id,
            "new": new,
            "changed": changed,
            "unchanged": unchanged,
            "questions": comparison.questions(),
            "lines": comparison.outcomes,
        }));
    }
    let told = [("new", &*new.to_string()), ("changed", &*changed.to_string()), ("unchanged", &*unchanged.to_string())];
    println!("{}", text_with(global.language, "register-import-finding", &told));
    for (line, outcome) in &comparison.outcomes {
        if let Outcome::Question { candidates } = outcome {
            let line = text_with(global.language, "register-import-line", &[("line", &line.to_string())]);
            println!("{line}: {}", text(global.language, "register-questions-title"));
            for candidate in candidates {
                println!("  {:3.0} %  {}  {}", candidate.likeness * 100.0, candidate.code, candidate.name);
            }
        }
    }
    if let Some(id) = id {
        println!("{}", text_with(global.language, "cli-register-imported", &[("import", id)]));
    }
    Ok(())
}

fn undo(global: &Global, id: &str) -> Answer {
    runtime()?.block_on(async {
        let (store, user) = open_for(global, "register undo", &Action::SeeRegisterImports).await?;
        let import = store.register_import(id).await?.filter(|import| {
            auth::may(&user, &Action::EditRegister { province: import.draft.province.clone() }).is_ok()
        });
        if import.is_none() {
            return Err(Stop::Usage(text_with(global.language, "cli-register-no-import", &[("import", id)])));
        }
        match store.undo_register_import(&user.actor(now_us()), id).await {
            Ok(()) => {
                println!("{}", text_with(global.language, "cli-register-undone", &[("import", id)]));
                Ok(())
            }
            Err(RegisterError::BuiltUpon(entries)) => {
                eprintln!("{}", text(global.language, "register-alert-built-upon"));
                entries.iter().for_each(|entry| eprintln!("  {entry}"));
                Err(Stop::Told)
            }
            Err(error) => Err(Stop::Failed(error.into())),
        }
    })
}

/// Imports that are listed.
const LISTED: usize = 100;

fn list(global: &Global) -> Answer {
    runtime()?.block_on(async {
        let (store, user) = open_for(global, "register imports", &Action::SeeRegisterImports).await?;
        let imports = store.register_imports(LISTED).await?;
        let own = imports.into_iter().filter(|import| {
            auth::may(&user, &Action::EditRegister { province: import.draft.province.clone() }).is_ok()
        });
        for import in own {
            let status = if import.status == ImportStatus::Draft { "draft" } else { import.status.code() };
            println!(
                "{}  {status:9}  {:10}  {}  +{} ~{}  {}",
                import.id,
                import.draft.kind.code(),
                import.draft.stated_on,
                import.added,
                import.changed,
                import.draft.file_name
            );
        }
        Ok(())
    })
}

fn link(global: &Global, kind: RegisterKind, code: &str, park: &str, enterprise: Option<&str>) -> Answer {
    runtime()?.block_on(async {
        let (store, user) = open_for(global, "register link", &Action::EditRegister { province: None }).await?;
        let link = Link { park: Some(ParkId::new(park)), enterprise: enterprise.map(EnterpriseId::new) };
        if store.park_revision(&ParkId::new(park)).await?.is_none() {
            return Err(Stop::Usage(text_with(global.language, "cli-register-no-park", &[("park", park)])));
        }
        if !store.link_entry(&user.actor(now_us()), kind, code, &link).await? {
            return Err(Stop::Usage(text_with(global.language, "cli-register-no-entry", &[("code", code)])));
        }
        println!("{}", text_with(global.language, "cli-register-linked", &[("code", code), ("park", park)]));
        Ok(())
    })
}

fn link_same(global: &Global) -> Answer {
    runtime()?.block_on(async {
        let (store, user) = open_for(global, "register link-same", &Action::EditRegister { province: None }).await?;
        let register = store.register().await?;
        let mut linked = 0;
        for park in store.list_parks(&auth::whole()).await? {
            let code = park.id.as_str();
            let is_new = register.entry(RegisterKind::Park, code).is_some()
                && register.link(RegisterKind::Park, code) == Link::default();
            if is_new {
                let link = Link { park: Some(park.id.clone()), enterprise: None };
                store.link_entry(&user.actor(now_us()), RegisterKind::Park, code, &link).await?;
                linked += 1;
            }
        }
        println!("{}", text_with(global.language, "cli-register-linked-same", &[("count", &linked.to_string())]));
        Ok(())
    })
}
