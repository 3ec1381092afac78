//! What a stream may say of itself beyond its quantity: product, form, rhythm, dates, hazard group, licence. All of it
//! may be left out; blank is unknown.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::fault::{Fault, FaultKind};
use crate::table::Row;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StreamDetails {
    /// Product, five digits of CPC 2.1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpc: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<PhysicalForm>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rhythm: Option<Rhythm>,
    /// Of a seasonal stream: the months (1 to 12) in which it runs, its yearly quantity spread over them evenly.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub months: BTreeSet<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub available_from: Option<Date>,
    /// The first day on which it is no longer there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_on: Option<Date>,
    /// Source group of Viet Nam's list of hazardous waste, `01` to `19`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hazard_group: Option<String>,
    /// Of a taken stream: what its taker is licensed by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence_kind: Option<LicenceKind>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence_number: Option<String>,
}

/// The form in which a stream is given, or has to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PhysicalForm {
    Solid,
    Granular,
    Powder,
    Sludge,
    Liquid,
    Gas,
    Steam,
}

/// How a stream runs over the year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rhythm {
    /// All year, evenly.
    Continuous,
    /// In lots that are stored until they are fetched or used; no month is bound to another.
    Batch,
    /// In some months only.
    Seasonal,
}

/// What a taker holds that lets it take waste.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LicenceKind {
    /// Environmental licence that covers the taking of this waste.
    Environmental,
    /// Licence for the treatment of hazardous waste.
    Hazardous,
    /// Environmental registration with the commune.
    Registration,
    Other,
}

pub const FORMS: &[&str] = &["solid", "granular", "powder", "sludge", "liquid", "gas", "steam"];
pub const RHYTHMS: &[&str] = &["continuous", "batch", "seasonal"];
pub const LICENCE_KINDS: &[&str] = &["environmental", "hazardous", "registration", "other"];
pub const HAZARD_GROUPS: &[&str] =
    &["01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19"];

impl StreamDetails {
    pub fn is_blank(&self) -> bool {
        *self == StreamDetails::default()
    }

    /// The months in which the stream runs; `None` where they are unknown or bind nobody, because lots are stored.
    pub fn running_months(&self) -> Option<BTreeSet<u8>> {
        match self.rhythm? {
            Rhythm::Continuous => Some((1..=12).collect()),
            Rhythm::Batch => None,
            Rhythm::Seasonal => Some(self.months.clone()),
        }
    }

    /// The months as a cell of the sheet: `11;12;1` in the order of the year, `1;11;12`.
    pub fn months_cell(&self) -> Option<String> {
        let months: Vec<String> = self.months.iter().map(u8::to_string).collect();
        (!months.is_empty()).then(|| months.join(";"))
    }
}

impl PhysicalForm {
    pub const ALL: [PhysicalForm; 7] = [
        PhysicalForm::Solid,
        PhysicalForm::Granular,
        PhysicalForm::Powder,
        PhysicalForm::Sludge,
        PhysicalForm::Liquid,
        PhysicalForm::Gas,
        PhysicalForm::Steam,
    ];

    pub fn code(self) -> &'static str {
        FORMS[self as usize]
    }

    pub fn parse(code: &str) -> Option<PhysicalForm> {
        PhysicalForm::ALL.into_iter().find(|form| form.code() == code)
    }

    /// Whether crushing, pressing, drying or dewatering can bring the one form into the other.
    pub fn can_become(self, other: PhysicalForm) -> bool {
        let is_solid = |form| matches!(form, PhysicalForm::Solid | PhysicalForm::Granular | PhysicalForm::Powder);
        let both = (self, other);
        is_solid(self) && is_solid(other)
            || both.0 == PhysicalForm::Sludge && (is_solid(both.1) || both.1 == PhysicalForm::Liquid)
            || both.1 == PhysicalForm::Sludge && (is_solid(both.0) || both.0 == PhysicalForm::Liquid)
    }
}

impl Rhythm {
    pub const ALL: [Rhythm; 3] = [Rhythm::Continuous, Rhythm::Batch, Rhythm::Seasonal];

    pub fn code(self) -> &'static str {
        RHYTHMS[self as usize]
    }

    pub fn parse(code: &str) -> Option<Rhythm> {
        Rhythm::ALL.into_iter().find(|rhythm| rhythm.code() == code)
    }
}

impl LicenceKind {
    pub const ALL: [LicenceKind; 4] =
        [LicenceKind::Environmental, LicenceKind::Hazardous, LicenceKind::Registration, LicenceKind::Other];

    pub fn code(self) -> &'static str {
        LICENCE_KINDS[self as usize]
    }

    pub fn parse(code: &str) -> Option<LicenceKind> {
        LicenceKind::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// The details of a row of the sheet `streams`, with what its cells say against each other.
pub(super) fn details(row: &Row, faults: &mut Vec<Fault>) -> StreamDetails {
    let details = StreamDetails {
        cpc: row.optional_text("cpc"),
        form: row.optional_text("form").and_then(|code| PhysicalForm::parse(&code)),
        rhythm: row.optional_text("rhythm").and_then(|code| Rhythm::parse(&code)),
        months: months(row, faults),
        available_from: row.date("available_from"),
        ended_on: row.date("available_to").and_then(|day| day.tomorrow().ok()),
        hazard_group: row.optional_text("hazard_group"),
        licence_kind: row.optional_text("licence_kind").and_then(|code| LicenceKind::parse(&code)),
        licence_number: row.optional_text("licence_number"),
    };
    let has_months = row.optional_text("months").is_some();
    match (details.rhythm, has_months) {
        (Some(Rhythm::Seasonal), false) => faults.push(row.fault("months", FaultKind::MissingValue, "1;2;12")),
        (Some(Rhythm::Seasonal), true) | (_, false) => {}
        (_, true) => faults.push(row.fault("rhythm", FaultKind::Contradiction, "seasonal")),
    }
    if let Some((from, ended_on)) = details.available_from.zip(details.ended_on)
        && ended_on <= from
    {
        faults.push(row.fault("available_to", FaultKind::NotAPeriod, format!("≥ {from}")));
    }
    if details.hazard_group.is_some() && row.yes("hazardous") == Some(false) {
        faults.push(row.fault("hazard_group", FaultKind::Contradiction, "hazardous = yes"));
    }
    if details.licence_kind == Some(LicenceKind::Hazardous) && row.yes("licensed") == Some(false) {
        faults.push(row.fault("licence_kind", FaultKind::Contradiction, "licensed = yes"));
    }
    if details.licence_number.is_some() && details.licence_kind.is_none() {
        faults.push(row.fault("licence_kind", FaultKind::MissingValue, LICENCE_KINDS.join(" | ")));
    }
    details
}

/// `11;12;1`, or the same parted by spaces.
fn months(row: &Row, faults: &mut Vec<Fault>) -> BTreeSet<u8> {
    let Some(cell) = row.optional_text("months") else { return BTreeSet::new() };
    let parts = cell.split([';', ' ']).filter(|part| !part.is_empty());
    let months: Option<BTreeSet<u8>> =
        parts.map(|part| part.parse::<u8>().ok().filter(|month| (1..=12).contains(month))).collect();
    match months.filter(|months| !months.is_empty()) {
        Some(months) => months,
        None => {
            faults.push(row.fault("months", FaultKind::OutOfRange, "1;2;12"));
            BTreeSet::new()
        }
    }
}
