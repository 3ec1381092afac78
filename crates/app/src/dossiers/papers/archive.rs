//! The papers as files in one archive: docx and PDF in both languages, the report as workbook and JSON, the evidence, what is
//! missing, and a list of digests that `sha256sum --check` reads.

use std::io::{Cursor, Write as _};

use anyhow::Context;
use engine::language::Language;
use engine::source::Digest;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::{Draft, Sources, drafts};
use crate::document::{Extent, park_document};
use crate::words::{text, text_with};
use crate::workbook;

/// The archive, and what the papers lack in each language.
pub struct Archive {
    pub bytes: Vec<u8>,
    pub missing: Vec<(Language, Vec<String>)>,
    /// Names of the files within.
    pub files: Vec<String>,
}

/// Evidence that goes into the archive.
#[derive(Default)]
pub struct Enclosed {
    /// Files by the name that they get.
    pub files: Vec<(String, Vec<u8>)>,
    /// Names of files whose content was not shared.
    pub withheld: Vec<String>,
}

/// Name of the list of digests.
const DIGESTS: &str = "SHA256SUMS";

/// Everything of a dossier. The same inputs give the same bytes.
pub fn archive(sources: &Sources, enclosed: Enclosed) -> anyhow::Result<Archive> {
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    let mut missing = Vec::new();
    for language in Language::ALL {
        let drafts = drafts(sources, language);
        for (at, draft) in drafts.iter().enumerate() {
            let name = format!("{}/{}-{}", language.code(), at + 1, draft.name);
            files.push((format!("{name}.docx"), print::docx(&draft.document, sources.report.run.as_of)?));
            files.push((format!("{name}.pdf"), print::pdf(&draft.document, sources.report.run.as_of)?));
        }
        let mut lacking = lacking(&drafts);
        let withheld = enclosed.withheld.iter();
        lacking.extend(withheld.map(|file| text_with(language, "paper-missing-content", &[("file", file)])));
        files.push((format!("{}/missing.txt", language.code()), told(language, &lacking).into_bytes()));
        missing.push((language, lacking));
        // An enterprise's dossier holds nothing of the others.
        if sources.enterprise.is_none() {
            let (report, park) = (sources.report, sources.park);
            let whole = park_document(report, park, sources.catalogue, language, Extent::Whole);
            let name = format!("{}/report.xlsx", language.code());
            files.push((name, workbook::write(&whole, report.run.as_of)?));
        }
    }
    if sources.enterprise.is_none() {
        let json = serde_json::to_vec_pretty(sources.report).context("write report.json")?;
        files.push(("report.json".to_string(), json));
    }
    files.extend(enclosed.files.into_iter().map(|(name, bytes)| (format!("evidence/{name}"), bytes)));
    files.sort();
    let digests: String =
        files.iter().map(|(name, bytes)| format!("{}  {name}\n", Digest::of(bytes).as_str())).collect();
    files.push((DIGESTS.to_string(), digests.into_bytes()));
    let names = files.iter().map(|(name, _)| name.clone()).collect();
    Ok(Archive { bytes: packed(files)?, missing, files: names })
}

/// Every sentence once, in the order of the papers.
fn lacking(drafts: &[Draft]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for draft in drafts {
        for missing in &draft.missing {
            let told = format!("{}: {missing}", draft.document.title);
            if !found.contains(&told) {
                found.push(told);
            }
        }
    }
    found
}

fn told(language: Language, lacking: &[String]) -> String {
    if lacking.is_empty() {
        return format!("{}\n", text(language, "paper-nothing-missing"));
    }
    let head = text_with(language, "paper-missing-head", &[("count", &lacking.len().to_string())]);
    let lines: String = lacking.iter().map(|one| format!("- {one}\n")).collect();
    format!("{head}\n\n{lines}")
}

fn packed(files: Vec<(String, Vec<u8>)>) -> anyhow::Result<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(&name, SimpleFileOptions::default()).with_context(|| format!("pack {name}"))?;
        zip.write_all(&bytes).with_context(|| format!("pack {name}"))?;
    }
    Ok(zip.finish().context("close the archive")?.into_inner())
}
