//! `verify batch --park`: every meter of a park by the readings of its folder or of the store, with the numbers of the page.

use std::fs;
use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::Context;
use engine::ids::ParkId;
use engine::verify::park_meter::ParkModel;

use super::batch::{Arguments, TOLD_EVERY, stopped_by_the_keyboard};
use super::{Answer, Global, Stop, keep, read_park, readings};
use crate::auth::{Action, ParkKey};
use crate::catalogue;
use crate::screening::{self, Around, Outcome, Source, Task, Watch};
use crate::words::text_with;

pub fn run(global: &Global, arguments: &Arguments, park: &str) -> Answer {
    let known = || ParkModel::ALL.map(ParkModel::code).join(", ");
    let model = ParkModel::parse(&arguments.model);
    let model =
        model.ok_or_else(|| Stop::Usage(format!("model `{}`: expected one of {}", arguments.model, known())))?;
    let catalogue = catalogue::catalogue()?;
    let runtime = super::runtime()?;
    // A folder may be called like a park of the store: only who names a store means it.
    let source = match global.data.is_some() || global.database.is_some() {
        true => runtime.block_on(of_store(global, park))?,
        false => Source { park: Arc::new(read_park(Path::new(park), catalogue)?), batches: None },
    };
    let tasks = screening::tasks(&Arc::new(source), catalogue, |_| true);
    if tasks.is_empty() {
        return Err(Stop::Usage(format!("{park}: no meter")));
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let workers = arguments.workers.unwrap_or(cores).clamp(1, tasks.len());
    let is_stopped = stopped_by_the_keyboard()?;
    let is_watched = std::io::stderr().is_terminal();
    let watch = Watch {
        is_stopped: &|| is_stopped.load(Ordering::Relaxed),
        tell: &|done| match is_watched {
            true => eprint!("\r{done}/{}", tasks.len()),
            false if done % TOLD_EVERY == 0 => eprintln!("{done}/{}", tasks.len()),
            false => {}
        },
    };
    let around = arguments.around.map_or(Around::Installed, Around::Day);
    let read =
        |task: &Task, window| runtime.block_on(screening::load(&task.source, catalogue, &task.meter, model, window));
    let lines = screening::all(&tasks, (model, around), workers, read, &watch);
    if is_watched {
        eprintln!();
    }
    let table = screening::csv(lines.iter(), global.language)?;
    match &arguments.out {
        Some(out) => fs::write(out, table).with_context(|| format!("write {}", out.display()))?,
        None => print!("{table}"),
    }
    let count = |outcome| lines.iter().filter(|line| line.outcome == outcome).count().to_string();
    let told = [
        ("count", &*lines.len().to_string()),
        ("saving", &count(Outcome::Saving)),
        ("disqualified", &count(Outcome::Disqualified)),
        ("faulty", &count(Outcome::Faulty)),
        ("failed", &count(Outcome::Failed)),
        ("left", &count(Outcome::NotRun)),
    ];
    eprintln!("{}", text_with(global.language, "screening-done", &told));
    if is_stopped.load(Ordering::Relaxed) { Err(Stop::Told) } else { Ok(()) }
}

/// The park as whoever acts sees it, with the readings that came in batches.
async fn of_store(global: &Global, park: &str) -> Result<Source, Stop> {
    let id = ParkId::new(park);
    let action = Action::SeeWholePark(ParkKey { id: id.clone(), province: None });
    let (store, user) = keep::open_for(global, "verify batch", &action).await?;
    let scope = user.scope();
    let found = store.load_park_view(&scope, &id).await?;
    let missing = || Stop::Usage(format!("{park}: no such park in the store"));
    let mut park = found.ok_or_else(missing)?;
    let readings = readings::of_store(global, &readings::Where::default(), store)?;
    park.metered = readings.metered(&scope, &park.id, &Default::default()).await?;
    Ok(Source { park: Arc::new(park), batches: Some((readings, scope)) })
}
