//! `check`, `run` and `assess`: one park, no server.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use engine::assess::{self, Assessment, Outcome};
use engine::catalogue::Catalogue;
use engine::catalogue::frameworks::Framework;
use engine::fault::{Fault, Place};
use engine::ids::ParkId;
use engine::language::{Label, Language};
use engine::observe;
use engine::park::Park;
use engine::period::Period;
use engine::report::Order;

use serde::Serialize;

use super::{Answer, Global, Stop, as_of, print_json, read_park};
use crate::document::{Extent, park_document};
use crate::solving::report;
use crate::words::text_with;
use crate::{files, wording, workbook};

pub fn print_check(global: &Global, park: &Park) -> Answer {
    let counts = serde_json::json!({
        "park": park.id,
        "name": park.name,
        "synthetic": park.synthetic,
        "enterprises": park.enterprises.len(),
        "records": park.records.len(),
        "meters": park.meters.len(),
        "readings": park.readings.values().map(Vec::len).sum::<usize>(),
        "streams": park.streams.len(),
        "exchanges": park.exchanges.len(),
        "answers": park.survey.len(),
        "measures": park.measures.len(),
        "digest": park.digest(),
        "faults": [],
    });
    if global.json {
        return print_json(&counts);
    }
    let (enterprises, records) = (park.enterprises.len().to_string(), park.records.len().to_string());
    let name = park.name.get(global.language);
    println!(
        "{}",
        text_with(
            global.language,
            "cli-check-good",
            &[("name", name), ("enterprises", &enterprises), ("records", &records)],
        )
    );
    Ok(())
}

/// The PDF and the workbook of one language, each with its file name.
type Printed = anyhow::Result<[(String, Vec<u8>); 2]>;

/// Writes the hand-over files of a park: the report as PDF and workbook in both languages, and everything as JSON.
pub fn run(
    global: &Global,
    park: &Park,
    catalogue: &Catalogue,
    framework: &Framework,
    period: Period,
    out: &Path,
) -> Answer {
    let as_of = as_of(global);
    let report = report(park, catalogue, &Order { period, as_of, framework });
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    let json = serde_json::to_vec_pretty(&report).context("write report.json")?;
    files.push(("report.json".to_string(), json));
    // The two languages do not depend on each other, and typesetting takes most of the time.
    let printed: Vec<Printed> = std::thread::scope(|scope| {
        let threads: Vec<_> = Language::ALL
            .into_iter()
            .map(|language| {
                let report = &report;
                scope.spawn(move || -> Printed {
                    let printed = park_document(report, park, catalogue, language, Extent::Printed);
                    let whole = park_document(report, park, catalogue, language, Extent::Whole);
                    let code = language.code();
                    Ok([
                        (format!("report.{code}.pdf"), print::pdf(&printed, as_of)?),
                        (format!("report.{code}.xlsx"), workbook::write(&whole, as_of)?),
                    ])
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("printing does not panic")).collect()
    });
    for pair in printed {
        files.extend(pair?);
    }
    fs::create_dir_all(out).with_context(|| format!("make {}", out.display()))?;
    for (name, bytes) in &files {
        let path = out.join(name);
        fs::write(&path, bytes).with_context(|| format!("write {}", path.display()))?;
    }
    if global.json {
        return print_json(&report);
    }
    let language = global.language;
    if let Some(first) = report.assessments.first() {
        println!(
            "{}: {}",
            wording::framework(catalogue, language, &first.framework),
            wording::score(language, &first.score)
        );
    }
    for (name, _) in &files {
        println!("{}", out.join(name).display());
    }
    Ok(())
}

/// Every park of folders, workbooks and folders of parks; or the faults of all of them, each with its park where there
/// are several.
pub fn read_parks(paths: &[PathBuf], catalogue: &Catalogue) -> Result<Vec<Park>, Stop> {
    let mut found = Vec::new();
    for path in paths {
        match files::parks_below(path)? {
            Some(parks) => found.extend(parks),
            None => found.push(path.clone()),
        }
    }
    let (mut parks, mut faults) = (Vec::new(), Vec::new());
    for path in &found {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        match read_park(path, catalogue) {
            Ok(park) => parks.push(park),
            Err(Stop::Faults(of_park)) if found.len() == 1 => faults.extend(of_park),
            Err(Stop::Faults(of_park)) => faults.extend(of_park.into_iter().map(|fault| Fault {
                place: Place { file: format!("{name}/{}", fault.place.file), ..fault.place },
                ..fault
            })),
            Err(stop) => return Err(stop),
        }
    }
    if faults.is_empty() { Ok(parks) } else { Err(Stop::Faults(faults)) }
}

#[derive(Serialize)]
struct OfPark<'a> {
    park: &'a ParkId,
    name: &'a Label,
    assessment: Assessment,
}

/// One line for each park; as JSON everything.
pub fn assess_all(
    global: &Global,
    parks: &[Park],
    catalogue: &Catalogue,
    framework: &Framework,
    period: Period,
) -> Answer {
    let of_park = |park| {
        let balance = observe::observe(park, catalogue, period);
        let assessment = assess::assess(park, &balance, framework, catalogue);
        OfPark { park: &park.id, name: &park.name, assessment }
    };
    let assessed: Vec<OfPark> = parks.iter().map(of_park).collect();
    if global.json {
        return print_json(&serde_json::json!({ "parks": assessed }));
    }
    let language = global.language;
    println!("{} ({})", framework.name, framework.version);
    for OfPark { park, name, assessment } in &assessed {
        println!("{park} {}: {}", name.get(language), wording::score(language, &assessment.score));
    }
    Ok(())
}

pub fn assess(global: &Global, park: &Park, catalogue: &Catalogue, framework: &Framework, period: Period) -> Answer {
    let balance = observe::observe(park, catalogue, period);
    let assessment = assess::assess(park, &balance, framework, catalogue);
    if global.json {
        return print_json(&assessment);
    }
    let language = global.language;
    println!("{} ({}): {}", framework.name, framework.version, wording::score(language, &assessment.score));
    for (result, criterion) in assessment.criteria.iter().zip(&framework.criteria) {
        let sign = match result.outcome {
            Outcome::Met => "●",
            Outcome::NotMet => "○",
            Outcome::Unknown => "?",
            Outcome::NotApplicable => "–",
        };
        let mark = if result.unconfirmed {
            format!(" [{}]", crate::words::text(language, "unconfirmed"))
        } else {
            String::new()
        };
        println!(
            "{sign} {} {} · {} ({}){mark}",
            result.id,
            criterion.label.get(language),
            wording::criterion_value(language, result),
            wording::target(language, criterion.rule, criterion.target, &criterion.unit),
        );
    }
    Ok(())
}
