//! `verify certificate`: the certificate of a measure's saving from a park's files, and whether its digest still holds.

use std::path::PathBuf;

use anyhow::Context;
use engine::catalogue::Catalogue;
use engine::observe::observe;
use engine::period::Period;
use engine::source::Digest;
use engine::verify::inputs;
use engine::verify::measures::verify_measures;
use engine::verify::promise::Promise;
use serde_json::json;

use super::{Answer, Global, Stop, as_of, period, print_json, read_park};
use crate::wording;
use crate::wording::certificate::{Told, certificate};
use crate::words::text_with;

#[derive(clap::Args)]
pub struct Arguments {
    /// Folder or workbook of the park
    park: PathBuf,
    /// Code of the measure
    measure: String,
    #[arg(long, default_value = "2024", value_parser = period)]
    period: Period,
    /// Where to write it: .pdf or .docx
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The digest of a certificate: says whether the data still give it; ends with 1 where they do not
    #[arg(long, value_name = "DIGEST")]
    check: Option<String>,
}

pub fn run(global: &Global, arguments: &Arguments, catalogue: &Catalogue) -> Answer {
    let digest_of = |asked: &String| {
        let no_digest = || Stop::Usage(format!("--check {asked}: expected the 64 hexadecimal digits of a certificate"));
        Digest::parse(asked).ok_or_else(no_digest)
    };
    let asked = arguments.check.as_ref().map(digest_of).transpose()?;
    let park = read_park(&arguments.park, catalogue)?;
    let is_meant = |measure: &&engine::park::Measure| measure.id.as_str() == arguments.measure;
    let measure = park.measures.iter().find(is_meant).ok_or_else(|| {
        let known: Vec<&str> = park.measures.iter().map(|measure| measure.id.as_str()).collect();
        Stop::Usage(format!("measure `{}`: expected one of {}", arguments.measure, known.join(", ")))
    })?;
    let verifications = verify_measures(&park, &observe(&park, catalogue, arguments.period), catalogue);
    let verification = verifications.iter().find(|one| one.measure == measure.id).ok_or_else(|| {
        Stop::Usage(format!("measure `{}` was rejected or superseded: it has no certificate", measure.id))
    })?;
    let pieces = inputs::pieces(&park, catalogue, arguments.period, measure);
    let told = Told {
        park: &park,
        catalogue,
        verification,
        measure,
        pieces: &pieces,
        signed: None,
        is_partial: false,
        as_of: as_of(global),
        check_at: String::new(),
    };
    let digest = told.digest();
    if let Some(out) = &arguments.out {
        let document = certificate(&told);
        let bytes = match out.extension().and_then(|ending| ending.to_str()) {
            Some("pdf") => print::pdf(&document, told.as_of)?,
            Some("docx") => print::docx(&document, told.as_of)?,
            _ => return Err(Stop::Usage(format!("{}: expected a name that ends in .pdf or .docx", out.display()))),
        };
        std::fs::write(out, bytes).with_context(|| format!("write {}", out.display()))?;
    }
    let is_equal = asked.map(|asked| asked == digest);
    let promise = Promise::of(told.park, told.catalogue, verification);
    let covered = promise.and_then(|promise| promise.covered);
    if global.json {
        print_json(&json!({
            "measure": measure.id,
            "period": arguments.period,
            "status": verification.claim.status,
            "is_draft": told.is_draft(),
            "amount": verification.claim.amount,
            "uncertainty_90": verification.claim.uncertainty_90,
            "expected_a_year": promise.map(|promise| promise.a_year),
            "days_compared": covered.map(|covered| covered.days),
            "expected": covered.map(|covered| covered.expected),
            "digest": digest,
            "equal": is_equal,
            "pieces": pieces,
        }))?;
    } else {
        let key = match is_equal {
            None => "certificate-cli-digest",
            Some(true) => "certificate-cli-equal",
            Some(false) => "certificate-cli-changed",
        };
        println!("{}", text_with(global.language, key, &[("digest", digest.as_str())]));
        if let Some(promise) = promise {
            println!("{}", wording::certificate::expected(&told, global.language, &promise));
        }
        if told.is_draft() {
            let status = wording::status(global.language, verification.claim.status);
            println!("{}", text_with(global.language, "certificate-cli-draft", &[("status", &status)]));
        }
    }
    if is_equal == Some(false) { Err(Stop::Told) } else { Ok(()) }
}
