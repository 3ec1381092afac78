//! Greenhouse gas accounts of a stored park or a folder, by the editions that somebody asks for.

pub mod document;

use std::collections::BTreeMap;

use engine::catalogue::Catalogue;
use engine::ids::EnterpriseId;
use engine::observe::observe;
use engine::park::Park;
use engine::period::Period;
use engine::report::ParkReport;
use engine::report::greenhouse::{Account, Editions, Order, account};
use engine::source::{ENGINE_VERSION, Run};
use engine::verify::measures::verify_measures;
use jiff::civil::Date;

/// The editions in the query of an address. One that the catalogue does not know is as if it were not asked for.
pub fn editions_of_query(query: &BTreeMap<String, String>, catalogue: &Catalogue) -> Editions {
    let usual = Editions::default();
    let asked = Editions {
        combustion: usual.combustion.clone(),
        warming: query.get("warming").cloned().unwrap_or_else(|| usual.warming.clone()),
        grid: query.get("grid").filter(|grid| !grid.is_empty()).cloned(),
    };
    let unknown: Vec<String> = asked.unknown(catalogue).into_iter().map(|(id, _)| id).collect();
    Editions {
        combustion: asked.combustion,
        warming: if unknown.contains(&asked.warming) { usual.warming } else { asked.warming },
        grid: asked.grid.filter(|grid| !unknown.contains(grid)),
    }
}

/// The account of a computed park, or of one of its enterprises.
pub fn of_report(
    park: &Park,
    report: &ParkReport,
    catalogue: &Catalogue,
    enterprise: Option<&EnterpriseId>,
    editions: Editions,
) -> Account {
    let order = Order { enterprise: enterprise.cloned(), editions, run: &report.run };
    account(park, &report.balance, catalogue, report.verifications.iter().map(|one| &one.claim), &order)
}

/// The account of a park in a folder.
pub fn of_folder(
    park: &Park,
    catalogue: &Catalogue,
    enterprise: Option<&EnterpriseId>,
    (period, as_of): (Period, Date),
    editions: Editions,
) -> Account {
    let balance = observe(park, catalogue, period);
    let verifications = verify_measures(park, &balance, catalogue);
    let run = Run {
        engine: ENGINE_VERSION.to_string(),
        period: period.to_string(),
        as_of,
        inputs: park.digest(),
        catalogue: catalogue.digest(),
    };
    let order = Order { enterprise: enterprise.cloned(), editions, run: &run };
    account(park, &balance, catalogue, verifications.iter().map(|one| &one.claim), &order)
}
