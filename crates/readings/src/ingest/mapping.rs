//! What the columns of somebody's files mean, said once in a TOML file and remembered for files with the same header.

use std::collections::BTreeMap;

use engine::ids::MeterId;
use engine::language::fold;
use serde::{Deserialize, Serialize};
use store::SeenMeter;

/// One answer to each question that a file of readings leaves open.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mapping {
    pub layout: Layout,
    /// The column of the moment.
    pub time: String,
    /// Where each row is one reading: the columns of the meter and of the value.
    pub meter: Option<String>,
    pub value: Option<String>,
    /// Where all rows are of one meter.
    pub only_meter: Option<String>,
    /// Columns of no interest, where each meter has its own.
    pub ignore: Vec<String>,
    /// The sheet of a workbook; else its first.
    pub sheet: Option<String>,
    pub time_format: TimeFormat,
    /// How far the file's moments are ahead of UTC where they do not say it themselves, in hours; else the park's.
    pub utc_offset_h: Option<f64>,
    pub stamp: Stamp,
    /// The length of an interval, where the stamp is its end.
    pub step_minutes: Option<f64>,
    pub decimal: Decimal,
    pub kind: Kind,
    /// How many digits a counter has: it goes from its highest number to zero.
    pub digits: Option<u32>,
    /// What a value is multiplied with, such as the ratio of a current transformer.
    pub multiplier: Option<f64>,
    /// The unit of the file; else the meter's own.
    pub unit: Option<String>,
    /// What is different for some meters, by the name that the file has for them.
    pub meters: BTreeMap<String, OfMeter>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OfMeter {
    /// The meter's code in the park, where the file has another name for it.
    pub is: Option<String>,
    pub kind: Option<Kind>,
    pub digits: Option<u32>,
    pub multiplier: Option<f64>,
    pub unit: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// One reading in a row.
    #[default]
    Long,
    /// One moment in a row, one column for each meter.
    Wide,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimeFormat {
    /// `2024-03-01T00:15+07:00`, with or without offset and seconds, or `01/03/2024 00:15[:00]`.
    #[default]
    Written,
    /// Days since 1899-12-30.
    Excel,
    UnixSeconds,
    UnixMilliseconds,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stamp {
    #[default]
    Start,
    End,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decimal {
    /// 1234.5
    #[default]
    Point,
    /// 1.234,5
    Comma,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// What passed in the interval.
    #[default]
    Interval,
    /// What the counter showed.
    Counter,
}

const TIMES: [&str; 8] = ["at", "time", "timestamp", "datetime", "date time", "thoi gian", "thoi diem", "ngay gio"];
const METERS: [&str; 5] = ["meter", "meter id", "meter code", "cong to", "ma cong to"];
const VALUES: [&str; 3] = ["value", "gia tri", "san luong"];

impl Mapping {
    pub(crate) fn has_counters(&self) -> bool {
        self.kind == Kind::Counter || self.meters.values().any(|of| of.kind == Some(Kind::Counter))
    }

    pub fn parse(text: &str) -> Result<Mapping, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    pub(crate) fn to_toml(&self) -> anyhow::Result<String> {
        Ok(toml::to_string(self)?)
    }

    /// What the header alone makes certain: one column each for the moment, the meter and the value, or one for the
    /// moment and all others bearing names of meters.
    pub(crate) fn guess(header: &[String], meters: &BTreeMap<MeterId, SeenMeter>) -> Option<Mapping> {
        let named = |names: &[&str]| {
            let mut found = header.iter().filter(|column| names.contains(&plain(column).as_str()));
            let first = found.next().cloned();
            if found.next().is_some() { None } else { first }
        };
        let time = named(&TIMES)?;
        if let (Some(meter), Some(value)) = (named(&METERS), named(&VALUES)) {
            return Some(Mapping { time, meter: Some(meter), value: Some(value), ..Mapping::default() });
        }
        let mut others = header.iter().filter(|column| **column != time);
        let is_wide = header.len() > 1 && others.all(|column| meters.contains_key(&MeterId::new(column)));
        is_wide.then(|| Mapping { time, layout: Layout::Wide, ..Mapping::default() })
    }
}

fn plain(column: &str) -> String {
    fold(column).replace(['_', '-', '/'], " ").trim().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guess(header: &[&str]) -> Option<Mapping> {
        Mapping::guess(&header.iter().map(|name| name.to_string()).collect::<Vec<_>>(), &BTreeMap::new())
    }

    #[test]
    fn a_header_is_only_believed_where_it_leaves_no_choice() {
        let known = guess(&["Mã công tơ", "Thời gian", "Giá trị", "Ghi chú"]).unwrap();
        assert_eq!((known.time.as_str(), known.meter.as_deref()), ("Thời gian", Some("Mã công tơ")));
        assert_eq!(guess(&["meter", "at", "time", "value"]), None);
        assert_eq!(guess(&["meter", "value"]), None);
        assert_eq!(guess(&["at", "M1"]), None);
    }

    #[test]
    fn a_mapping_that_says_something_unknown_is_refused_by_name() {
        let error = Mapping::parse("time = \"at\"\nmultiplyer = 40").unwrap_err();
        assert!(error.contains("multiplyer"), "{error}");
        let mapping = Mapping::parse("time = \"at\"\nlayout = \"wide\"\n[meters.\"CT 1\"]\nis = \"M1\"").unwrap();
        assert_eq!(Mapping::parse(&mapping.to_toml().unwrap()).unwrap(), mapping);
    }
}
