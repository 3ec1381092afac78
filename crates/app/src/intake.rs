//! Records of one enterprise as they come from elsewhere: a block pasted from Excel, the enterprise's own sheet, an
//! electronic invoice. Each is read into proposals with their place; all faults are told at once.

pub mod block;
pub mod form;
pub mod invoice;

use engine::catalogue::Catalogue;
use engine::fault::Fault;
use engine::ids::ResourceId;
use engine::language::{Language, fold};
use engine::period::Period;
use engine::quantity::Amount;
use engine::source::Basis;

use crate::files::kind::media_type;
use crate::files::workbook_sheets;

/// A record that somebody may confirm.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposed {
    /// The line or cell it was read from.
    pub place: String,
    pub resource: ResourceId,
    /// `None` where the document does not say it: then the reader must.
    pub period: Option<Period>,
    pub amount: Amount,
    pub basis: Basis,
    pub source: String,
    pub cost_vnd: Option<f64>,
}

/// What was read, with everything that is wrong with it.
pub type Read = (Vec<Proposed>, Vec<Fault>);

/// How what is read is to be understood.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    pub catalogue: &'a Catalogue,
    /// Decides how a number that is text is written.
    pub language: Language,
    /// Tax code of the enterprise; an invoice must be made out to it.
    pub tax_code: Option<&'a str>,
}

impl Reader<'_> {
    /// Reads a file by what it is.
    pub fn file(&self, name: &str, bytes: &[u8]) -> Read {
        let (sheets, mut faults) = match media_type(name, bytes) {
            Ok("application/xml") => return invoice::read(self, name, bytes),
            Ok("application/vnd.ms-excel")
            | Ok("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet") => workbook_sheets(bytes),
            Ok("text/csv") => {
                let text = String::from_utf8_lossy(bytes).into_owned();
                return self.text(name, &text);
            }
            found => {
                let found = found.map_or_else(|found| found, str::to_string);
                return (Vec::new(), vec![block::unreadable(name, &found, "xlsx, csv, xml")]);
            }
        };
        let mut proposed = Vec::new();
        for sheet in sheets.values() {
            let (read, found) = block::read(self, sheet);
            proposed.extend(read);
            faults.extend(found);
        }
        (proposed, faults)
    }

    /// Reads a block of text: separated by tabs as Excel pastes it, or as CSV.
    pub fn text(&self, name: &str, text: &str) -> Read {
        match block::sheet_of_text(name, text) {
            Ok(sheet) => block::read(self, &sheet),
            Err(fault) => (Vec::new(), vec![fault]),
        }
    }

    /// A resource by its code or its name in either language.
    fn resource(&self, text: &str) -> Option<ResourceId> {
        let wanted = fold(text);
        let found = self.catalogue.resources.iter().find(|(id, resource)| {
            [id.as_str(), &resource.label.vi, &resource.label.en].iter().any(|name| fold(name) == wanted)
        });
        found.map(|(id, _)| id.clone())
    }

    /// A unit by its code or its name in either language. Case counts: mW is not MW.
    fn unit(&self, text: &str) -> Option<String> {
        let wanted = text.trim();
        let exact = |code: &str, vi: &str, en: &str| [code, vi, en].contains(&wanted);
        let found = self.catalogue.units.iter().find(|(code, unit)| exact(code, &unit.label.vi, &unit.label.en));
        if let Some((code, _)) = found {
            return Some(code.clone());
        }
        let alike: Vec<&String> =
            self.catalogue.units.keys().filter(|code| code.to_lowercase() == wanted.to_lowercase()).collect();
        // `kwh` can only be kWh; what could be two units is none.
        if let [only] = alike[..] { Some(only.clone()) } else { None }
    }
}
