//! Reads the plants and facilities of a network, and writes what flows through plants.

use std::collections::BTreeMap;
use std::io::BufRead;

use super::conditions::{FIXED_LIMIT, amount, columns};
use super::{GIVERS, NetworkFile, Places, StreamRow, TAKERS, Table, Width, fraction, id_order, quoted, reference};
use crate::fault::{Fault, FaultKind, Place};
use crate::matching::network::NetworkProblem;
use crate::matching::network::installations::{
    Facility, InstallationCosts, Installations, InstalledFlows, Plant, PlantLink, PlantQuality, PlantSide,
};
use crate::matching::network::transport::BENEFIT_LIMIT;

const PLANTS: &str = "plants.csv";
const PLANT_LINKS: &str = "plant_links.csv";
const FACILITIES: &str = "facilities.csv";
const FACILITY_LINKS: &str = "facility_links.csv";

/// The tables beside those of givers, takers and links, where they are there.
pub struct InstallationTables<R> {
    pub plants: Option<R>,
    pub plant_links: Option<R>,
    pub facilities: Option<R>,
    pub facility_links: Option<R>,
}

/// Reads `plants.csv` (`id`, `capacity_dt`, `yield`, `cost_kvnd_t`), `plant_links.csv` (`side`, `from`, `to`,
/// `benefit_kvnd_t`), `facilities.csv` (`id`, `capacity_dt`) and `facility_links.csv` (`facility`, `side`, `from`, `to`).
/// Where the problem has yearly costs, `fixed_kvnd_yr` of the first two; where it has qualities, `o0`, `o1`, … of
/// `plants.csv`, as many as the problem has, and optionally limits `i0`, `i1`, ….
///
/// `qualities` is their number where it is known. Every fault of the tables is returned, and the installations only
/// when there is none. A table without the one that it goes with is a fault.
pub fn read_installations<R: BufRead>(
    tables: InstallationTables<R>,
    file: &NetworkFile,
    problem: NetworkProblem,
    qualities: Option<usize>,
) -> (Option<Installations>, Vec<Fault>) {
    let has_costs = matches!(problem, NetworkProblem::FixedCharge | NetworkProblem::FixedChargeBlending);
    let has_quality = matches!(problem, NetworkProblem::TransportBlending | NetworkProblem::FixedChargeBlending);
    let mut faults = Vec::new();
    let mut found = Installations::default();
    let mut is_known = true;
    check_pair((PLANTS, tables.plants.is_some()), (PLANT_LINKS, tables.plant_links.is_some()), &mut faults);
    check_pair(
        (FACILITIES, tables.facilities.is_some()),
        (FACILITY_LINKS, tables.facility_links.is_some()),
        &mut faults,
    );
    let mut costs = InstallationCosts::default();
    let mut quality = PlantQuality::default();
    if let Some(input) = tables.plants {
        let rows = PlantRows { has_costs, has_quality, qualities };
        is_known = rows.read(input, &mut found.plants, &mut costs, &mut quality, &mut faults);
    }
    if let Some(input) = tables.plant_links {
        let plants = as_streams(found.plants.iter().map(|plant| (&plant.id, plant.capacity)));
        let plants = is_known.then(|| Places::new(&plants));
        let links = read_plant_links(input, file, plants.as_ref(), has_costs, &mut faults);
        (found.links, costs.links) = links.into_iter().unzip();
    }
    is_known = true;
    if let Some(input) = tables.facilities {
        is_known = read_facilities(input, &mut found.facilities, &mut faults);
    }
    if let Some(input) = tables.facility_links {
        read_facility_links(input, file, &mut found, is_known, &mut faults);
    }
    found.fixed = has_costs.then_some(costs);
    found.quality = has_quality.then_some(quality);
    (faults.is_empty().then_some(found), faults)
}

/// What flows over links of plants as `side,from,to,flow_dt`, only what is above 0: what goes in, then what goes out,
/// each in the order of identifiers. Parallel links of one pair are added up.
pub fn plant_flows_csv(file: &NetworkFile, installations: &Installations, flows: &InstalledFlows) -> String {
    let mut sums = BTreeMap::new();
    for (link, flow) in installations.links.iter().zip(&flows.plant_links).filter(|(_, flow)| **flow > 0.0) {
        let (from, to) = ends(link, file, installations);
        *sums.entry((link.side, id_order(from), id_order(to))).or_insert(0.0) += flow;
    }
    let mut text = String::from("side,from,to,flow_dt\n");
    for ((side, (_, from), (_, to)), flow) in sums {
        text.push_str(&format!("{},{},{},{}\n", side_code(side), quoted(from), quoted(to), fraction(flow)));
    }
    text
}

fn ends<'a>(link: &PlantLink, file: &'a NetworkFile, installations: &'a Installations) -> (&'a str, &'a str) {
    let plant = &installations.plants[link.plant as usize].id;
    match link.side {
        PlantSide::In => (&file.givers[link.stream as usize].id, plant),
        PlantSide::Out => (plant, &file.takers[link.stream as usize].id),
    }
}

fn side_code(side: PlantSide) -> &'static str {
    match side {
        PlantSide::In => "in",
        PlantSide::Out => "out",
    }
}

fn check_pair(one: (&str, bool), other: (&str, bool), faults: &mut Vec<Fault>) {
    for ((file, is_there), (partner, is_partner_there)) in [(one, other), (other, one)] {
        if !is_there && is_partner_there {
            faults.push(Fault {
                place: Place { file: file.to_owned(), ..Place::default() },
                kind: FaultKind::MissingFile,
                found: String::new(),
                expected: format!("{file}, since {partner} is there"),
            });
        }
    }
}

fn as_streams<'a>(rows: impl Iterator<Item = (&'a String, i64)>) -> Vec<StreamRow> {
    rows.map(|(id, quantity_dt)| StreamRow { id: id.clone(), quantity_dt }).collect()
}

struct PlantRows {
    has_costs: bool,
    has_quality: bool,
    qualities: Option<usize>,
}

impl PlantRows {
    /// False where the columns are not there. A plant whose figures are at fault stays known.
    fn read(
        &self,
        input: impl BufRead,
        plants: &mut Vec<Plant>,
        costs: &mut InstallationCosts,
        quality: &mut PlantQuality,
        faults: &mut Vec<Fault>,
    ) -> bool {
        let required = ["id", "capacity_dt", "yield", "cost_kvnd_t"];
        let mut table = Table::new(PLANTS, input, &required, &[], Width::Full, faults);
        let has_costs = self.has_costs && table.require("fixed_kvnd_yr", faults);
        let (contents, limits) = self.quality_columns(&mut table, faults);
        let mut lines = BTreeMap::new();
        while table.next_row(faults) {
            let id = table.new_id(&mut lines, faults);
            let capacity = table.whole_number("capacity_dt", 0..=i64::MAX, faults);
            let output = yield_of(&table, faults);
            let cost = table.whole_number("cost_kvnd_t", 0..=BENEFIT_LIMIT, faults);
            if has_costs {
                costs.plants.extend(table.whole_number("fixed_kvnd_yr", 0..=FIXED_LIMIT, faults));
            }
            for name in &contents {
                let Some(value) = table.value_of(name, faults).map(str::to_owned) else { continue };
                quality.content.extend(amount(&table, name, &value, faults));
            }
            for name in &limits {
                let value = table.value(name).to_owned();
                let limit = if value.is_empty() { None } else { amount(&table, name, &value, faults) };
                quality.limit.push(limit);
            }
            let Some(id) = id else { continue };
            let (capacity, output, cost) = (capacity.unwrap_or(0), output.unwrap_or(1.0), cost.unwrap_or(0));
            plants.push(Plant { id, capacity, output, cost });
        }
        table.is_readable()
    }

    /// The names of the columns of contents and of limits. A content or limit that the problem has no quality for is a
    /// fault: it would be read by nobody.
    fn quality_columns<R: BufRead>(&self, table: &mut Table<R>, faults: &mut Vec<Fault>) -> (Vec<String>, Vec<String>) {
        if !self.has_quality {
            return (Vec::new(), Vec::new());
        }
        let count = self.qualities.unwrap_or_else(|| columns(table.headers(), "o").max(1));
        let names = |letter: &str| -> Vec<String> { (0..count).map(|number| format!("{letter}{number}")).collect() };
        for letter in ["o", "i"] {
            for number in count..columns(table.headers(), letter) {
                let name = format!("{letter}{number}");
                if table.headers().contains(&name) {
                    let expected = format!("{letter}0 to {letter}{}, the qualities of the problem", count - 1);
                    faults.push(table.fault(&name, FaultKind::UnknownColumn, &name, expected));
                }
            }
        }
        let (mut contents, limits) = (names("o"), names("i"));
        contents.retain(|name| table.require(name, faults));
        for name in &limits {
            if table.headers().contains(name) {
                table.require(name, faults);
            }
        }
        (contents, limits)
    }
}

fn yield_of<R: BufRead>(table: &Table<R>, faults: &mut Vec<Fault>) -> Option<f64> {
    let value = table.value_of("yield", faults)?.to_owned();
    let expected = || "a number above 0 and at most 1".to_owned();
    match value.parse::<f64>() {
        Ok(number) if number > 0.0 && number <= 1.0 => Some(number),
        Ok(number) if number.is_finite() => {
            faults.push(table.fault("yield", FaultKind::OutOfRange, &value, expected()));
            None
        }
        _ => {
            faults.push(table.fault("yield", FaultKind::NotANumber, &value, expected()));
            None
        }
    }
}

/// Links with their yearly costs, 0 where the problem has none.
fn read_plant_links(
    input: impl BufRead,
    file: &NetworkFile,
    plants: Option<&Places>,
    has_costs: bool,
    faults: &mut Vec<Fault>,
) -> Vec<(PlantLink, i64)> {
    let (givers, takers) = (Places::new(&file.givers), Places::new(&file.takers));
    let required = ["side", "from", "to", "benefit_kvnd_t"];
    let mut table = Table::new(PLANT_LINKS, input, &required, &[], Width::Full, faults);
    let has_costs = has_costs && table.require("fixed_kvnd_yr", faults);
    let mut links = Vec::new();
    while table.next_row(faults) {
        let side = side_of(&table, &[("in", PlantSide::In), ("out", PlantSide::Out)], faults);
        let ends = side.map(|side| match side {
            PlantSide::In => (
                reference(&table, "from", Some(&givers), GIVERS, faults),
                reference(&table, "to", plants, PLANTS, faults),
            ),
            PlantSide::Out => {
                let plant = reference(&table, "from", plants, PLANTS, faults);
                (reference(&table, "to", Some(&takers), TAKERS, faults), plant)
            }
        });
        let benefit = table.whole_number("benefit_kvnd_t", -BENEFIT_LIMIT..=BENEFIT_LIMIT, faults);
        let fixed = if has_costs { table.whole_number("fixed_kvnd_yr", 0..=FIXED_LIMIT, faults) } else { None };
        // A link whose figures are at fault stays known, so that facilities do not call it unknown as well.
        if let (Some(side), Some((Some(stream), Some(plant)))) = (side, ends) {
            links.push((PlantLink { side, plant, stream, benefit: benefit.unwrap_or(0) }, fixed.unwrap_or(0)));
        }
    }
    links
}

fn side_of<R: BufRead, T: Copy>(table: &Table<R>, known: &[(&str, T)], faults: &mut Vec<Fault>) -> Option<T> {
    let value = table.value_of("side", faults)?.to_owned();
    let side = known.iter().find(|(code, _)| *code == value).map(|(_, side)| *side);
    if side.is_none() {
        let codes: Vec<&str> = known.iter().map(|(code, _)| *code).collect();
        faults.push(table.fault("side", FaultKind::UnknownCode, &value, codes.join(" | ")));
    }
    side
}

/// False where the columns are not there. A facility whose capacity is at fault stays known.
fn read_facilities(input: impl BufRead, facilities: &mut Vec<Facility>, faults: &mut Vec<Fault>) -> bool {
    let mut table = Table::new(FACILITIES, input, &["id", "capacity_dt"], &[], Width::Full, faults);
    let mut lines = BTreeMap::new();
    while table.next_row(faults) {
        let id = table.new_id(&mut lines, faults);
        let capacity = table.whole_number("capacity_dt", 0..=i64::MAX, faults).unwrap_or(0);
        let Some(id) = id else { continue };
        facilities.push(Facility { id, capacity, links: Vec::new(), plant_links: Vec::new() });
    }
    table.is_readable()
}

/// Gives every facility its links. A row names one link by its ends; where none or several join them, it is refused.
fn read_facility_links(
    input: impl BufRead,
    file: &NetworkFile,
    found: &mut Installations,
    are_facilities_known: bool,
    faults: &mut Vec<Fault>,
) {
    let facilities = as_streams(found.facilities.iter().map(|facility| (&facility.id, facility.capacity)));
    let facilities = are_facilities_known.then(|| Places::new(&facilities));
    let known = known_links(file, found);
    let sides = [("direct", None), ("in", Some(PlantSide::In)), ("out", Some(PlantSide::Out))];
    let required = ["facility", "side", "from", "to"];
    let mut table = Table::new(FACILITY_LINKS, input, &required, &[], Width::Full, faults);
    let mut carried = Vec::new();
    let mut lines = BTreeMap::new();
    while table.next_row(faults) {
        let facility = reference(&table, "facility", facilities.as_ref(), FACILITIES, faults);
        let side = side_of(&table, &sides, faults);
        let from = table.value_of("from", faults).map(str::to_owned);
        let to = table.value_of("to", faults).map(str::to_owned);
        let (Some(side), Some(from), Some(to)) = (side, from, to) else { continue };
        let named = format!("{from} to {to}");
        let table_of_links = if side.is_none() { super::EDGES } else { PLANT_LINKS };
        let link = match known.get(&(side, from.as_str(), to.as_str())).map(Vec::as_slice) {
            Some([link]) => *link,
            Some(links) => {
                let expected = format!("one link of {table_of_links}; {} join the two", links.len());
                faults.push(table.fault("to", FaultKind::Contradiction, &named, expected));
                continue;
            }
            None => {
                let expected = format!("a link of {table_of_links}");
                faults.push(table.fault("to", FaultKind::UnknownReference, &named, expected));
                continue;
            }
        };
        let Some(facility) = facility else { continue };
        if let Some(first) = lines.insert((facility, side, link), table.line()) {
            let expected = format!("a link once for each facility; line {first} has it too");
            faults.push(table.fault("to", FaultKind::Duplicate, &named, expected));
        }
        carried.push((facility, side, link));
    }
    for (facility, side, link) in carried {
        let facility = &mut found.facilities[facility as usize];
        if side.is_none() { facility.links.push(link) } else { facility.plant_links.push(link) }
    }
}

type KnownLinks<'a> = BTreeMap<(Option<PlantSide>, &'a str, &'a str), Vec<u32>>;

/// The places of all links by their side, none where they lead from giver to taker, and the ids of their ends.
fn known_links<'a>(file: &'a NetworkFile, found: &'a Installations) -> KnownLinks<'a> {
    let mut known = KnownLinks::new();
    for (place, link) in (0..).zip(&file.links) {
        let (from, to) = (&file.givers[link.giver as usize].id, &file.takers[link.taker as usize].id);
        known.entry((None, from.as_str(), to.as_str())).or_default().push(place);
    }
    for (place, link) in (0..).zip(&found.links) {
        let (from, to) = ends(link, file, found);
        known.entry((Some(link.side), from, to)).or_default().push(place);
    }
    known
}
