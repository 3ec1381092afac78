//! `check`, `run` and `assess`: one park, no server.

use std::fs;
use std::path::Path;

use anyhow::Context;
use engine::assess::{self, Outcome};
use engine::catalogue::Catalogue;
use engine::catalogue::frameworks::Framework;
use engine::language::Language;
use engine::observe;
use engine::park::Park;
use engine::period::Period;
use engine::report::{Order, report};

use super::{Answer, Global, as_of, print_json};
use crate::document::{Extent, park_document};
use crate::words::text_with;
use crate::{wording, workbook};

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
