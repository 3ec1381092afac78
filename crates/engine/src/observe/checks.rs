//! What looks wrong in what was handed in: named rules, each finding with its cell, its severity and its reason.
//! A finding is shown and may be answered; it never changes a figure. See `docs/methods/checks.md`.

mod bills;
mod history;
mod meters;
mod sector;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Gap, SiteBalance};
use crate::catalogue::Catalogue;
use crate::ids::{EnterpriseId, MeterId, ResourceId, StreamId};
use crate::park::{Park, Record};
use crate::period::Period;

pub use history::slipped_units;

/// Something in the data that somebody should look at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    pub severity: Severity,
    pub enterprise: EnterpriseId,
    pub spot: Spot,
    pub period: Period,
    #[serde(flatten)]
    pub reason: Reason,
}

/// How sure a rule is that something is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It cannot be right as it stands.
    Error,
    /// It may be right, but seldom is.
    Warning,
    /// It is worth a word of explanation.
    Notice,
}

impl Severity {
    pub const ALL: [Severity; 3] = [Severity::Error, Severity::Warning, Severity::Notice];

    pub fn code(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Notice => "notice",
        }
    }
}

/// Where a finding points.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Spot {
    /// One record; line 0 when it was typed in by hand.
    Record {
        resource: ResourceId,
        line: usize,
    },
    /// A resource over the whole of the finding's period.
    Resource {
        resource: ResourceId,
    },
    Meter {
        meter: MeterId,
        resource: ResourceId,
    },
    Stream {
        stream: StreamId,
    },
}

impl Spot {
    pub fn resource(&self) -> Option<&ResourceId> {
        match self {
            Spot::Record { resource, .. } | Spot::Resource { resource } | Spot::Meter { resource, .. } => {
                Some(resource)
            }
            Spot::Stream { .. } => None,
        }
    }
}

/// What a rule found and what it held it against. Amounts are in the canonical unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "kebab-case")]
pub enum Reason {
    /// About 10, 100 or 1,000 times (or a tenth … of) what the site usually uses: a wrong unit or a slipped comma.
    UnitSlip { found: f64, usual: f64 },
    /// Far from the site's own history without production to explain it.
    Jump { found: f64, usual: f64 },
    /// Months without a record of a resource that the site does report.
    MissingMonths { months: usize },
    /// Use for each tonne of product, or for each employee, far outside that of the same division in this park.
    SectorOutlier { per: Per, found: f64, median: f64, peers: usize, division: String },
    /// The submeters of a resource count more than the meter that counts the whole site.
    SubmetersAboveMain { submeters: f64, main: f64 },
    /// More wastewater than water that came in.
    MoreOutThanIn { wastewater: f64, water: f64 },
    /// The code of a waste belongs to other industries.
    WasteCodeOutsideSector { ewc: String, isic4: String },
    /// The same use is billed twice.
    OverlappingBills { found: f64, other: ResourceId, other_period: Period, document: String },
    /// The bill of a month and the main meter say different things.
    BasesDisagree { billed: f64, metered: f64 },
    /// Nothing was used in a month, though something usually is.
    Zero { usual: f64 },
    /// The same figure several months in a row.
    Repeated { found: f64, times: usize },
}

/// What an intensity is taken of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Per {
    Product,
    Employee,
}

impl Reason {
    /// The name of the rule, as in `docs/methods/checks.md`.
    pub fn rule(&self) -> &'static str {
        match self {
            Reason::UnitSlip { .. } => "unit-slip",
            Reason::Jump { .. } => "jump",
            Reason::MissingMonths { .. } => "missing-months",
            Reason::SectorOutlier { .. } => "sector-outlier",
            Reason::SubmetersAboveMain { .. } => "submeters-above-main",
            Reason::MoreOutThanIn { .. } => "more-out-than-in",
            Reason::WasteCodeOutsideSector { .. } => "waste-code-outside-sector",
            Reason::OverlappingBills { .. } => "overlapping-bills",
            Reason::BasesDisagree { .. } => "bases-disagree",
            Reason::Zero { .. } => "zero",
            Reason::Repeated { .. } => "repeated",
        }
    }

    pub fn severity(&self) -> Severity {
        match self {
            Reason::UnitSlip { .. } | Reason::SubmetersAboveMain { .. } | Reason::OverlappingBills { .. } => {
                Severity::Error
            }
            Reason::Jump { .. }
            | Reason::SectorOutlier { .. }
            | Reason::MoreOutThanIn { .. }
            | Reason::WasteCodeOutsideSector { .. }
            | Reason::BasesDisagree { .. } => Severity::Warning,
            Reason::MissingMonths { .. } | Reason::Zero { .. } | Reason::Repeated { .. } => Severity::Notice,
        }
    }

    /// The declared figures themselves, to the last digit. What they are compared with moves whenever another month is
    /// entered; that alone must not undo an answer.
    fn figures(&self) -> String {
        match self {
            Reason::UnitSlip { found, .. } | Reason::Jump { found, .. } | Reason::SectorOutlier { found, .. } => {
                format!("{found:?}")
            }
            Reason::MissingMonths { months } => months.to_string(),
            Reason::SubmetersAboveMain { submeters, main } => format!("{submeters:?} {main:?}"),
            Reason::MoreOutThanIn { wastewater, water } => format!("{wastewater:?} {water:?}"),
            Reason::WasteCodeOutsideSector { ewc, isic4 } => format!("{ewc} {isic4}"),
            Reason::OverlappingBills { found, other, other_period, .. } => format!("{found:?} {other} {other_period}"),
            Reason::BasesDisagree { billed, metered } => format!("{billed:?} {metered:?}"),
            Reason::Zero { .. } => "0".to_string(),
            Reason::Repeated { found, times } => format!("{found:?} {times}"),
        }
    }
}

impl Finding {
    fn new(enterprise: &EnterpriseId, spot: Spot, period: Period, reason: Reason) -> Finding {
        Finding { severity: reason.severity(), enterprise: enterprise.clone(), spot, period, reason }
    }

    /// A finding about one record.
    fn of_record(record: &Record, reason: Reason) -> Finding {
        let spot = Spot::Record { resource: record.resource.clone(), line: record.line };
        Finding::new(&record.enterprise, spot, record.period, reason)
    }

    /// Names the finding for as long as its rule, cell and period are the same; answers are kept under it.
    pub fn key(&self) -> String {
        format!("{}/{}/{}/{}", self.reason.rule(), self.enterprise, SpotName(&self.spot), self.period)
    }

    /// What an answer speaks of: when these figures change, the answer no longer holds.
    pub fn figures(&self) -> String {
        self.reason.figures()
    }
}

/// A spot in the key of a finding. The line is left out: an import may move a record to another one.
struct SpotName<'a>(&'a Spot);

impl fmt::Display for SpotName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Spot::Record { resource, .. } | Spot::Resource { resource } => write!(f, "{resource}"),
            Spot::Meter { meter, .. } => write!(f, "meter:{meter}"),
            Spot::Stream { stream } => write!(f, "stream:{stream}"),
        }
    }
}

/// Every finding of every rule that touches the period, the gravest first.
pub fn findings(
    park: &Park,
    catalogue: &Catalogue,
    sites: &BTreeMap<EnterpriseId, SiteBalance>,
    gaps: &[Gap],
    period: Period,
) -> Vec<Finding> {
    let series = Series::of(park);
    let mut found = history::findings(park, catalogue, &series, period);
    found.extend(gaps.iter().flat_map(missing_months));
    found.extend(sector::outliers(park, catalogue, sites, period));
    found.extend(sector::waste_codes(park, catalogue, period));
    found.extend(meters::findings(park, catalogue, period));
    found.extend(bills::findings(park, catalogue, &series, period));
    found.extend(sites.iter().filter_map(|(enterprise, site)| more_out_than_in(enterprise, site, catalogue, period)));
    found.sort_by_cached_key(|finding| (finding.severity, finding.key()));
    found
}

/// Records of one resource at one enterprise, in the order of their periods.
struct Series<'a>(BTreeMap<(&'a EnterpriseId, &'a ResourceId), Vec<&'a Record>>);

impl<'a> Series<'a> {
    fn of(park: &'a Park) -> Series<'a> {
        let mut series: BTreeMap<_, Vec<&Record>> = BTreeMap::new();
        for record in &park.records {
            series.entry((&record.enterprise, &record.resource)).or_default().push(record);
        }
        series.values_mut().for_each(|records| records.sort_by_key(|record| record.period));
        Series(series)
    }
}

/// One finding for each run of months in a row.
fn missing_months(gap: &Gap) -> Vec<Finding> {
    let Gap::MissingMonths { enterprise, resource, months } = gap else { return Vec::new() };
    let mut runs: Vec<Vec<Period>> = Vec::new();
    for month in months {
        match runs.last_mut() {
            Some(run) if run.last().is_some_and(|last| last.end() == month.start()) => run.push(*month),
            _ => runs.push(vec![*month]),
        }
    }
    let finding = |run: Vec<Period>| {
        let period = Period::new(run.first()?.start(), run.last()?.end())?;
        let spot = Spot::Resource { resource: resource.clone() };
        Some(Finding::new(enterprise, spot, period, Reason::MissingMonths { months: run.len() }))
    };
    runs.into_iter().filter_map(finding).collect()
}

fn more_out_than_in(
    enterprise: &EnterpriseId,
    site: &SiteBalance,
    catalogue: &Catalogue,
    period: Period,
) -> Option<Finding> {
    let group = |name: &str| -> f64 {
        site.iter()
            .filter(|(id, _)| catalogue.resource(id).is_some_and(|resource| resource.group == name))
            .map(|(_, total)| total.amount)
            .sum()
    };
    let (water, wastewater) = (group("supply-water") + group("reused-water"), group("wastewater"));
    let spot = Spot::Resource { resource: ResourceId::new("wastewater") };
    let is_more = water > 0.0 && wastewater > water;
    is_more.then(|| Finding::new(enterprise, spot, period, Reason::MoreOutThanIn { wastewater, water }))
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        length if length % 2 == 1 => Some(values[middle]),
        _ => Some((values[middle - 1] + values[middle]) / 2.0),
    }
}
