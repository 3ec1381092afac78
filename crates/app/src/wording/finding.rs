//! What a finding of the checks says: its rule, its place, and the reason with the figures and the rule's bound.

use engine::language::{Language, format_number};
use engine::observe::checks::Per;
use engine::observe::{Finding, Reason, Severity, Spot};
use engine::park::Park;
use engine::quantity::Dimension;

use super::{Names, amount, decimals, period};
use crate::words::{text, text_with};

pub fn severity(language: Language, severity: Severity) -> String {
    text(language, &format!("severity-{}", severity.code()))
}

/// The name of a rule.
pub fn rule(language: Language, rule: &str) -> String {
    text(language, &format!("rule-{rule}"))
}

/// The resource, meter or stream that a finding points at.
pub fn place(names: &Names, park: &Park, spot: &Spot) -> String {
    match spot {
        Spot::Record { resource, .. } | Spot::Resource { resource } => names.resource(resource),
        Spot::Meter { meter, .. } => {
            park.meter(meter).map_or(meter.to_string(), |meter| meter.name.get(names.language).to_string())
        }
        Spot::Stream { stream } => {
            let found = park.streams.iter().find(|one| one.id == *stream);
            found.map_or(stream.to_string(), |stream| stream.name.get(names.language).to_string())
        }
    }
}

/// The reason in a sentence. What is usual in a sector is told only to those who see the whole of it: with its own ratio
/// an enterprise would read the median of the others.
pub fn reason(names: &Names, finding: &Finding, tells_sector: bool) -> String {
    let language = names.language;
    let resource = finding.spot.resource().and_then(|id| names.catalogue.resource(id));
    let dimension = resource.map_or(Dimension::Volume, |resource| resource.dimension);
    let shown = |value: f64| amount(language, dimension, value);
    let told = |arguments: &[(&str, &str)]| text_with(language, &key(&finding.reason, tells_sector), arguments);
    match &finding.reason {
        Reason::UnitSlip { found, usual } | Reason::Jump { found, usual } => {
            told(&[("found", &shown(*found)), ("usual", &shown(*usual)), ("times", &times(language, found / usual))])
        }
        Reason::MissingMonths { months } => told(&[("months", &months.to_string())]),
        Reason::SectorOutlier { per, found, median, peers, division } => {
            let of = text(language, per_key(*per));
            let ratio = times(language, found / median);
            let industry = names.catalogue.industries.get(division);
            let industry = industry.map_or(division.as_str(), |label| label.get(language));
            told(&[
                ("found", &shown(*found)),
                ("median", &shown(*median)),
                ("of", &of),
                ("times", &ratio),
                ("peers", &peers.to_string()),
                ("industry", industry),
            ])
        }
        Reason::SubmetersAboveMain { submeters, main } => {
            let percent = format_number(language, 100.0 * (submeters / main - 1.0), 1);
            told(&[("submeters", &shown(*submeters)), ("main", &shown(*main)), ("percent", &percent)])
        }
        Reason::MoreOutThanIn { wastewater, water } => {
            told(&[("wastewater", &shown(*wastewater)), ("water", &shown(*water))])
        }
        Reason::WasteCodeOutsideSector { ewc, isic4 } => {
            let industry = names.catalogue.industries.get(isic4).map_or("", |label| label.get(language));
            told(&[("ewc", ewc), ("isic4", isic4), ("industry", industry)])
        }
        Reason::OverlappingBills { found, other, other_period, document } => {
            let (other, when) = (names.resource(other), period(language, other_period));
            told(&[("found", &shown(*found)), ("other", &other), ("when", &when), ("document", document)])
        }
        Reason::BasesDisagree { billed, metered } => {
            let percent = format_number(language, 100.0 * (billed / metered - 1.0), 1);
            told(&[("billed", &shown(*billed)), ("metered", &shown(*metered)), ("percent", &percent)])
        }
        Reason::Zero { usual } => told(&[("usual", &shown(*usual))]),
        Reason::Repeated { found, times } => told(&[("found", &shown(*found)), ("months", &times.to_string())]),
    }
}

fn key(reason: &Reason, tells_sector: bool) -> String {
    let is_withheld = matches!(reason, Reason::SectorOutlier { .. }) && !tells_sector;
    format!("finding-{}{}", reason.rule(), if is_withheld { "-own" } else { "" })
}

fn per_key(per: Per) -> &'static str {
    match per {
        Per::Product => "finding-per-product",
        Per::Employee => "finding-per-employee",
    }
}

/// `gấp 9,8 lần`, or `bằng 1/9,8`.
fn times(language: Language, ratio: f64) -> String {
    let (key, ratio) = if ratio >= 1.0 { ("finding-times", ratio) } else { ("finding-part", 1.0 / ratio) };
    text_with(language, key, &[("ratio", &format_number(language, ratio, decimals(ratio).min(1)))])
}
