//! The typesetter's surroundings: one template, one data file, two fonts, a fixed date. No other file and no package
//! can be reached.

use std::sync::OnceLock;

use anyhow::{Context, anyhow};
use jiff::civil::Date;
use typst::diag::{FileError, FileResult, SourceDiagnostic};
use typst::ecow::EcoVec;
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};
use typst_layout::PagedDocument;

use crate::content::Content;
use crate::fonts;

const TEMPLATE: &str = include_str!("report.typ");

/// What every print shares; made once, because parsing the template and building typst's library cost more than
/// a page does.
struct Desk {
    library: LazyHash<Library>,
    template: Source,
    data_id: FileId,
}

struct Surroundings<'a> {
    desk: &'a Desk,
    data: Bytes,
    today: Datetime,
}

/// The pages of a document.
pub fn lay_out(content: &Content, date: Date) -> anyhow::Result<PagedDocument> {
    let data = serde_json::to_vec(content).context("write the report as JSON")?;
    let today = Datetime::from_ymd(date.year().into(), date.month() as u8, date.day() as u8)
        .with_context(|| format!("date {date} cannot be printed"))?;
    let surroundings = Surroundings { desk: desk()?, data: Bytes::new(data), today };
    typst::compile(&surroundings).output.map_err(complaint)
}

/// typst's errors as one; they are about our template, never about what people wrote.
pub fn complaint(diagnostics: EcoVec<SourceDiagnostic>) -> anyhow::Error {
    let messages: Vec<&str> = diagnostics.iter().map(|diagnostic| diagnostic.message.as_str()).collect();
    anyhow!("the report cannot be printed: {}", messages.join("; "))
}

fn desk() -> anyhow::Result<&'static Desk> {
    static DESK: OnceLock<Desk> = OnceLock::new();
    if let Some(desk) = DESK.get() {
        return Ok(desk);
    }
    let desk = Desk {
        library: LazyHash::new(Library::default()),
        template: Source::new(file("/report.typ")?, TEMPLATE.to_string()),
        data_id: file("/report.json")?,
    };
    Ok(DESK.get_or_init(|| desk))
}

fn file(path: &str) -> anyhow::Result<FileId> {
    let path = VirtualPath::new(path).map_err(|error| anyhow!("{path}: {error}"))?;
    Ok(RootedPath::new(VirtualRoot::Project, path).intern())
}

impl World for Surroundings<'_> {
    fn library(&self) -> &LazyHash<Library> {
        &self.desk.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &fonts::fonts().book
    }

    fn main(&self) -> FileId {
        self.desk.template.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.desk.template.id() { Ok(self.desk.template.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == self.desk.data_id { Ok(self.data.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn font(&self, index: usize) -> Option<Font> {
        fonts::fonts().faces.get(index).cloned()
    }

    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        Some(self.today)
    }
}
