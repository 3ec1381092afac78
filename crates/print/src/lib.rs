//! Prints a document on paper: as PDF, and as a file for Word that its reader goes on writing in. Both print the same
//! content. The PDF is laid out by one fixed typst template (`report.typ`), which reads it as JSON: what people wrote
//! arrives as values and is never read as markup. The same document and date give the same bytes.

mod content;
mod docx;
mod fonts;
mod typesetter;

use anyhow::Context;
use engine::report::document::Document;
use jiff::civil::Date;
use typst::foundations::{Datetime, Smart};
use typst_pdf::{PdfOptions, Timestamp};

use crate::content::Content;

/// Memoised layout steps survive this many further prints before they are dropped, so that printing the same
/// document in the second language finds the fonts and the template ready, while a server's memory stays bounded.
const PRINTS_REMEMBERED: usize = 4;

/// The document as PDF 1.7, tagged for screen readers, dated `date`.
pub fn pdf(document: &Document, date: Date) -> anyhow::Result<Vec<u8>> {
    let mut content = Content::prepare(document, date);
    content.tell_unprintable(document);
    let pages = typesetter::lay_out(&content, date)?;
    let bytes = typst_pdf::pdf(&pages, &options(document, date)?).map_err(typesetter::complaint)?;
    typst::comemo::evict(PRINTS_REMEMBERED);
    Ok(bytes)
}

/// The document as `.docx` (Office Open XML), dated `date`.
pub fn docx(document: &Document, date: Date) -> anyhow::Result<Vec<u8>> {
    docx::write(&Content::prepare(document, date), date)
}

fn options(document: &Document, date: Date) -> anyhow::Result<PdfOptions> {
    let midnight = Datetime::from_ymd_hms(date.year().into(), date.month() as u8, date.day() as u8, 0, 0, 0)
        .with_context(|| format!("date {date} cannot be written in a PDF"))?;
    Ok(PdfOptions {
        ident: Smart::Custom(format!("{}\n{}\n{}", document.language.code(), document.title, document.subtitle)),
        creator: Smart::Custom(Some("congsinh".to_string())),
        timestamp: Some(Timestamp::new_utc(midnight)),
        ..PdfOptions::default()
    })
}

#[cfg(test)]
mod tests;
