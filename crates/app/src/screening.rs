//! Every meter of parks before and after by one model: what page and command share. One thread reads, the others compute; no
//! more meters are read ahead than a short queue holds, so that memory does not grow with their number.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex};

use engine::catalogue::{Catalogue, Flow};
use engine::ids::{EnterpriseId, MeterId, ParkId};
use engine::language::{Label, Language, format_number};
use engine::park::plans::Step;
use engine::park::{Meter, Park, Reading};
use engine::period::Period;
use engine::verify::chained::Window;
use engine::verify::meter_rows::Excluded;
use engine::verify::park_meter::{
    self, Barred, MeterData, ParkAnswer, ParkModel, Thermometer, answer, around, between, installed, production_meters,
    temperatures, thermometer,
};
use jiff::civil::Date;
use readings::{Grain, Readings};
use serde::Serialize;
use store::Scope;

use crate::metering::{hour, is_condition};
use crate::wording::planned::counts;
use crate::words::{has, text, text_with};

/// Meters that are read ahead of those who compute.
const QUEUE: usize = 2;

/// What the two periods lie around.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Around {
    Day(Date),
    /// The days on which the measures of each meter were installed.
    Installed,
}

impl Around {
    /// The two periods of a meter; `None` where nothing was installed at it.
    pub fn window(self, park: &Park, meter: &MeterId) -> Option<Window> {
        match self {
            Around::Day(day) => around(day),
            Around::Installed => installed(park, meter).and_then(|(from, until)| between(from, until)),
        }
    }
}

/// Where the readings of a park lie.
pub struct Source {
    pub park: Arc<Park>,
    /// Those that came in batches, with the scope of who asks; `None` for a park that lies in a folder.
    pub batches: Option<(Readings, Scope)>,
}

/// One meter to compute.
pub struct Task {
    pub source: Arc<Source>,
    pub meter: Meter,
}

/// Meters that count a use. Thermometers and meters of products explain, they save nothing.
pub fn tasks(source: &Arc<Source>, catalogue: &Catalogue, may_read: impl Fn(&Meter) -> bool) -> Vec<Task> {
    let is_use = |meter: &&Meter| {
        let flow = catalogue.resource(&meter.resource).map(|resource| resource.flow);
        !matches!(flow, Some(Flow::Condition | Flow::Product))
    };
    let meters = source.park.meters.iter().filter(is_use).filter(|meter| may_read(meter));
    meters.map(|meter| Task { source: source.clone(), meter: meter.clone() }).collect()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    Saving,
    Disqualified,
    /// Its readings cannot be held against each other, or cannot be read.
    Faulty,
    Failed,
    NotRun,
}

impl Outcome {
    pub const ALL: [Outcome; 5] =
        [Outcome::Saving, Outcome::Disqualified, Outcome::Faulty, Outcome::Failed, Outcome::NotRun];

    pub fn code(self) -> &'static str {
        match self {
            Outcome::Saving => "saving",
            Outcome::Disqualified => "disqualified",
            Outcome::Faulty => "faulty",
            Outcome::Failed => "failed",
            Outcome::NotRun => "not-run",
        }
    }
}

/// Why a meter has no saving that may be used, or none that is shown.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    Barred(Barred),
    NothingInstalled,
    NoReadings,
    NoTemperature,
    /// There is a saving, but its interval holds zero.
    ZeroInside,
    Unread(String),
}

impl Reason {
    pub fn words(&self, language: Language) -> String {
        match self {
            Reason::NothingInstalled => text(language, "screening-nothing-installed"),
            Reason::NoReadings => text(language, "screening-no-readings"),
            Reason::NoTemperature => text(language, "screening-no-temperature"),
            Reason::ZeroInside => text(language, "verify-note-zero-inside-interval"),
            Reason::Unread(why) => text_with(language, "screening-unread", &[("why", why)]),
            Reason::Barred(barred) => barred_words(language, barred),
        }
    }
}

pub fn barred_words(language: Language, barred: &Barred) -> String {
    let key = format!("barred-{}", barred.code);
    let name = if has(language, &key) { text(language, &key) } else { barred.code.clone() };
    let number = |value: f64| format_number(language, value, crate::wording::decimals(value).min(2));
    let column = barred.column.as_ref().map_or_else(String::new, |column| format!(" ({column})"));
    let told =
        [("what", &*format!("{name}{column}")), ("found", &number(barred.found)), ("needed", &number(barred.needed))];
    text_with(language, "barred", &told)
}

/// What came of one meter; sums in its unit.
#[derive(Clone, Debug)]
pub struct Line {
    pub park: ParkId,
    pub meter: MeterId,
    pub name: Label,
    pub enterprise: EnterpriseId,
    pub unit: String,
    pub outcome: Outcome,
    pub window: Option<Window>,
    pub savings: Option<f64>,
    pub half_90: Option<f64>,
    pub predicted: Option<f64>,
    pub observed: Option<f64>,
    pub rows: Option<usize>,
    pub baseline_rows: Option<usize>,
    pub cvrmse_adj: Option<f64>,
    pub r_squared: Option<f64>,
    /// Days of which something was left out.
    pub days_left_out: usize,
    pub reasons: Vec<Reason>,
}

impl Line {
    fn of(task: &Task, outcome: Outcome, reasons: Vec<Reason>) -> Line {
        Line {
            park: task.source.park.id.clone(),
            meter: task.meter.id.clone(),
            name: task.meter.name.clone(),
            enterprise: task.meter.enterprise.clone(),
            unit: task.meter.unit.clone(),
            outcome,
            window: None,
            savings: None,
            half_90: None,
            predicted: None,
            observed: None,
            rows: None,
            baseline_rows: None,
            cvrmse_adj: None,
            r_squared: None,
            days_left_out: 0,
            reasons,
        }
    }

    /// The saving over what would have been used.
    pub fn relative(&self) -> Option<f64> {
        self.savings.zip(self.predicted).filter(|(_, predicted)| *predicted > 0.0).map(|(saving, all)| saving / all)
    }
}

/// What one model says of a meter around a day, with the periods.
pub fn line(task: &Task, model: ParkModel, window: Window, data: &MeterData) -> Line {
    let found = answer(model, data, window);
    let savings = found.savings;
    let mut reasons: Vec<Reason> = found.barred.iter().cloned().map(Reason::Barred).collect();
    let holds_zero = savings.zip(found.half_90).is_some_and(|(savings, half)| savings.savings.abs() <= half);
    if found.is_usable() && holds_zero {
        reasons.push(Reason::ZeroInside);
    }
    Line {
        window: Some(window),
        savings: savings.map(|savings| savings.savings),
        half_90: found.half_90,
        predicted: savings.map(|savings| savings.predicted_sum),
        observed: savings.map(|savings| savings.observed_sum),
        rows: savings.map(|savings| savings.rows),
        baseline_rows: found.metrics.as_ref().map(|metrics| metrics.n),
        cvrmse_adj: found.metrics.as_ref().map(|metrics| metrics.cvrmse_adj),
        r_squared: found.metrics.as_ref().map(|metrics| metrics.r_squared),
        days_left_out: days(&found.left_out),
        ..Line::of(task, outcome(&found), reasons)
    }
}

fn outcome(found: &ParkAnswer) -> Outcome {
    if found.is_usable() { Outcome::Saving } else { Outcome::Disqualified }
}

/// Days of which something takes no part.
pub fn days(left_out: &[Excluded]) -> usize {
    let out = left_out.iter().filter(|one| !counts(one.why));
    out.map(|one| one.period.start()).collect::<std::collections::BTreeSet<_>>().len()
}

/// A meter's readings in two periods with what explains them, or why nothing can be said.
pub async fn load(
    source: &Source,
    catalogue: &Catalogue,
    meter: &Meter,
    model: ParkModel,
    window: Window,
) -> Result<MeterData, Reason> {
    let park = &source.park;
    let span = Period::new(window.baseline.start(), window.reporting.end()).ok_or(Reason::NothingInstalled)?;
    let readings = read(source, catalogue, &meter.id, span).await?;
    if readings.is_empty() {
        return Err(Reason::NoReadings);
    }
    // Days of a thermometer are known with the park; its hours are many.
    let thermometer = match thermometer(park, catalogue, &meter.enterprise) {
        Some(Thermometer::Meter(id)) if model.step() == Step::Hour => read(source, catalogue, &id, span).await?,
        _ => Vec::new(),
    };
    let temperatures = temperatures(park, catalogue, &meter.enterprise, model, &thermometer);
    if temperatures.is_empty() && matches!(model, ParkModel::Published(_)) {
        return Err(Reason::NoTemperature);
    }
    let mut data = MeterData { readings, temperatures, production: Vec::new(), utc_offset_h: park.utc_offset_h };
    if matches!(model, ParkModel::Ours(_)) {
        for one in production_meters(park, catalogue, meter) {
            let produced = read(source, catalogue, &one.id, span).await?;
            if !produced.is_empty() {
                data.production.push((one.id.to_string(), produced));
            }
        }
    }
    Ok(data)
}

/// The readings of a meter's sheet, and the hours of its batches in these days.
async fn read(source: &Source, catalogue: &Catalogue, meter: &MeterId, span: Period) -> Result<Vec<Reading>, Reason> {
    let park = &source.park;
    let metered =
        park.metered.get(meter).is_some_and(|metered| metered.months.iter().any(|month| month.period.overlaps(&span)));
    let mut hours = Vec::new();
    if let Some((readings, scope)) = source.batches.as_ref().filter(|_| metered) {
        let limit = 24 * usize::try_from(span.days()).unwrap_or(0) + 1;
        let points = readings.series(scope, (&park.id, meter), span, Grain::Hour, limit).await;
        let points = points.map_err(|error| Reason::Unread(format!("{error:#}")))?;
        let is_mean = is_condition(park, catalogue, meter);
        hours = points.iter().filter_map(|point| hour(point, is_mean)).collect();
    }
    Ok(park_meter::readings(park, meter, &hours))
}

/// How a run is watched and stopped.
pub struct Watch<'a> {
    pub is_stopped: &'a (dyn Fn() -> bool + Sync),
    /// Told how many meters are done.
    pub tell: &'a (dyn Fn(usize) + Sync),
}

/// Every task by its own, in their order. What cannot be read or computed has its line with the reason and stops nobody;
/// what was not reached when it was stopped says so.
pub fn all(
    tasks: &[Task],
    (model, around): (ParkModel, Around),
    workers: usize,
    mut read: impl FnMut(&Task, Window) -> Result<MeterData, Reason>,
    watch: &Watch,
) -> Vec<Line> {
    let (sender, receiver) = sync_channel::<(usize, Window, MeterData)>(QUEUE);
    let receiver = Mutex::new(receiver);
    let lines: Mutex<BTreeMap<usize, Line>> = Mutex::default();
    let done = AtomicUsize::new(0);
    let keep = |place: usize, line: Line| {
        if let Ok(mut lines) = lines.lock() {
            lines.insert(place, line);
        }
        (watch.tell)(done.fetch_add(1, Ordering::Relaxed) + 1);
    };
    std::thread::scope(|scope| {
        for _ in 0..workers.max(1) {
            scope.spawn(|| {
                loop {
                    let next = receiver.lock().ok().and_then(|receiver| receiver.recv().ok());
                    let Some((place, window, data)) = next else { break };
                    // A meter that breaks a promise between our own functions must not take the others with it.
                    let computed = catch_unwind(AssertUnwindSafe(|| line(&tasks[place], model, window, &data)));
                    keep(place, computed.unwrap_or_else(|_| Line::of(&tasks[place], Outcome::Failed, Vec::new())));
                }
            });
        }
        for (place, task) in tasks.iter().enumerate() {
            if (watch.is_stopped)() {
                break;
            }
            let window = around.window(&task.source.park, &task.meter.id).ok_or(Reason::NothingInstalled);
            match window.and_then(|window| Ok((window, read(task, window)?))) {
                Ok((window, data)) => {
                    let _ = sender.send((place, window, data));
                }
                Err(reason) => keep(place, Line::of(task, Outcome::Faulty, vec![reason])),
            }
        }
        drop(sender);
    });
    let mut lines = lines.into_inner().unwrap_or_default();
    let not_run = |task: &Task| Line::of(task, Outcome::NotRun, Vec::new());
    tasks.iter().enumerate().map(|(place, task)| lines.remove(&place).unwrap_or_else(|| not_run(task))).collect()
}

/// One row of the table that page, command and API give.
#[derive(Serialize)]
pub struct Row {
    park: String,
    meter: String,
    enterprise: String,
    outcome: Outcome,
    baseline_from: Option<String>,
    baseline_to: Option<String>,
    reporting_from: Option<String>,
    reporting_to: Option<String>,
    unit: String,
    savings: Option<f64>,
    savings_uncertainty_90: Option<f64>,
    predicted: Option<f64>,
    observed: Option<f64>,
    rows: Option<usize>,
    baseline_rows: Option<usize>,
    cvrmse_adj: Option<f64>,
    r_squared: Option<f64>,
    days_left_out: usize,
    reasons: String,
}

pub fn row(line: &Line, language: Language) -> Row {
    let first = |pick: fn(&Window) -> Period| line.window.as_ref().map(|window| pick(window).start().to_string());
    let last = |pick: fn(&Window) -> Period| {
        let end = line.window.as_ref().map(|window| pick(window).end());
        end.map(|end| end.yesterday().unwrap_or(end).to_string())
    };
    Row {
        park: line.park.to_string(),
        meter: line.meter.to_string(),
        enterprise: line.enterprise.to_string(),
        outcome: line.outcome,
        baseline_from: first(|window| window.baseline),
        baseline_to: last(|window| window.baseline),
        reporting_from: first(|window| window.reporting),
        reporting_to: last(|window| window.reporting),
        unit: line.unit.clone(),
        savings: line.savings,
        savings_uncertainty_90: line.half_90,
        predicted: line.predicted,
        observed: line.observed,
        rows: line.rows,
        baseline_rows: line.baseline_rows,
        cvrmse_adj: line.cvrmse_adj,
        r_squared: line.r_squared,
        days_left_out: line.days_left_out,
        reasons: reasons(line, language),
    }
}

pub fn csv<'a>(lines: impl Iterator<Item = &'a Line>, language: Language) -> anyhow::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for line in lines {
        writer.serialize(row(line, language))?;
    }
    Ok(String::from_utf8(writer.into_inner().map_err(|error| anyhow::anyhow!("{error}"))?)?)
}

pub fn reasons(line: &Line, language: Language) -> String {
    line.reasons.iter().map(|reason| reason.words(language)).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::{catalogue, demo};

    fn source() -> Arc<Source> {
        let park = demo::example("khu-mau", catalogue::catalogue().unwrap()).unwrap();
        Arc::new(Source { park: Arc::new(park), batches: None })
    }

    fn many(count: usize) -> Vec<Task> {
        let source = source();
        let meter = source.park.meters[0].clone();
        let task = |place| Task {
            source: source.clone(),
            meter: Meter { id: MeterId::new(format!("m{place:03}")), ..meter.clone() },
        };
        (0..count).map(task).collect()
    }

    const MODEL: ParkModel = ParkModel::Ours(engine::verify::plant::PlantModel::Regression);
    const DAY: Around = Around::Day(jiff::civil::date(2024, 1, 1));

    #[test]
    fn a_meter_without_readings_has_its_line_and_stops_nobody() {
        let source = source();
        let catalogue = catalogue::catalogue().unwrap();
        let mut tasks = tasks(&source, catalogue, |_| true);
        let count = tasks.len();
        tasks.insert(
            1,
            Task { meter: Meter { id: MeterId::new("gone"), ..tasks[0].meter.clone() }, ..many(1).remove(0) },
        );
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let read = |task: &Task, window| runtime.block_on(load(&task.source, catalogue, &task.meter, MODEL, window));
        let told = AtomicUsize::new(0);
        let watch = Watch { is_stopped: &|| false, tell: &|done| told.store(done, Ordering::Relaxed) };
        let lines = all(&tasks, (MODEL, DAY), 2, read, &watch);
        assert_eq!((lines.len(), lines[1].outcome, told.into_inner()), (count + 1, Outcome::Faulty, count + 1));
        assert_eq!(lines[1].reasons, [Reason::NoReadings]);
        assert!(lines.iter().filter(|line| line.rows.is_some()).count() == count, "the others are computed");
        let table = csv(lines.iter(), Language::En).unwrap();
        assert_eq!(table.lines().count(), count + 2);
        assert!(table.lines().nth(2).unwrap().starts_with("khu-mau,gone,"), "{table}");
    }

    #[test]
    fn every_reason_and_every_outcome_has_its_words() {
        use engine::verify::meter::Rule;
        use engine::verify::plant::Cause;
        let code = |rule: serde_json::Value| rule.as_str().unwrap().to_string();
        let rules = [
            Rule::BaselineTooShort,
            Rule::BaselineTooLong,
            Rule::ValuesMissing,
            Rule::TemperaturesMissing,
            Rule::TooFewRows,
            Rule::FewDistinctValues,
            Rule::Scatter,
            Rule::PeriodsOverlap,
            Rule::NothingToCompare,
        ];
        let rules = rules.iter().map(|rule| serde_json::to_value(rule).unwrap());
        let causes = Cause::ALL.iter().map(|cause| serde_json::to_value(cause).unwrap());
        let mut keys: Vec<String> = rules.chain(causes).map(|rule| format!("barred-{}", code(rule))).collect();
        keys.extend(Outcome::ALL.map(|outcome| format!("screening-outcome-{}", outcome.code())));
        keys.extend(ParkModel::ALL.map(|model| format!("model-{}", model.code())));
        keys.push("barred-too-coarse".to_string());
        for key in keys {
            assert!(Language::ALL.iter().all(|language| has(*language, &key)), "{key}");
        }
    }

    #[test]
    fn what_was_stopped_says_which_meters_were_not_reached() {
        let stopped = AtomicBool::new(false);
        let read = |task: &Task, _| {
            stopped.fetch_or(task.meter.id.as_str() == "m009", Ordering::Relaxed);
            Err(Reason::NoReadings)
        };
        let watch = Watch { is_stopped: &|| stopped.load(Ordering::Relaxed), tell: &|_| {} };
        let lines = all(&many(50), (MODEL, DAY), 3, read, &watch);
        let run = lines.iter().filter(|line| line.outcome == Outcome::Faulty).count();
        assert_eq!((run, lines[10].outcome, lines[49].outcome), (10, Outcome::NotRun, Outcome::NotRun));
    }

    #[test]
    fn no_more_meters_are_read_than_the_queue_and_the_workers_hold() {
        let (read_so_far, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let done = AtomicUsize::new(0);
        let read = |_: &Task, _| {
            let waiting = read_so_far.fetch_add(1, Ordering::Relaxed) + 1 - done.load(Ordering::Relaxed);
            most.fetch_max(waiting, Ordering::Relaxed);
            Ok(MeterData {
                readings: vec![Reading { at: jiff::Timestamp::UNIX_EPOCH, value: Some(1.0) }],
                ..MeterData::default()
            })
        };
        let watch = Watch { is_stopped: &|| false, tell: &|count| done.store(count, Ordering::Relaxed) };
        let lines = all(&many(60), (MODEL, DAY), 2, read, &watch);
        assert_eq!(lines.len(), 60);
        // One in hand of the reader, the queue, one of each worker, and one of each worker that is done but not told.
        assert!(most.into_inner() <= 1 + QUEUE + 2 * 2);
    }
}
