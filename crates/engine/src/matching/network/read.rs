//! Reads a network problem from its three tables and writes the flows back, in the identifiers of the tables.

mod conditions;
mod installations;

use std::collections::BTreeMap;
use std::io::BufRead;
use std::ops::AddAssign;

pub use conditions::{read_fixed, read_quality};
pub use installations::{InstallationTables, plant_flows_csv, read_installations};

use super::transport::{BENEFIT_LIMIT, Link, ProblemFault, TransportProblem, TransportSolution};
use crate::fault::{Fault, FaultKind, Place};
use crate::matching::table::{Table, Width, quoted};

const GIVERS: &str = "givers.csv";
const TAKERS: &str = "takers.csv";
const EDGES: &str = "edges.csv";

/// A stream given off or wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamRow {
    pub id: String,
    pub quantity_dt: i64,
}

/// A candidate link, its ends by their places in the lists of givers and takers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkRow {
    pub giver: u32,
    pub taker: u32,
    pub benefit_kvnd_t: i64,
    /// Yearly cost of having the link at all, where the table states one.
    pub fixed_kvnd_yr: Option<i64>,
}

/// The three tables of a problem, in the order of their rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkFile {
    pub givers: Vec<StreamRow>,
    pub takers: Vec<StreamRow>,
    pub links: Vec<LinkRow>,
}

impl NetworkFile {
    /// The transport problem of these tables; givers, takers and links keep their places.
    pub fn transport(&self) -> Result<TransportProblem, Vec<ProblemFault>> {
        let quantities = |streams: &[StreamRow]| streams.iter().map(|stream| stream.quantity_dt).collect();
        let link = |row: &LinkRow| Link { giver: row.giver, taker: row.taker, benefit: row.benefit_kvnd_t };
        TransportProblem::new(quantities(&self.givers), quantities(&self.takers), self.links.iter().map(link).collect())
    }
}

/// Reads `givers.csv` (`id`, `qty_dt`), `takers.csv` (the same) and `edges.csv` (`giver`, `taker`,
/// `benefit_kvnd_t`, optionally `fixed_kvnd_yr`). Columns are found by name; other columns are left alone.
/// Every fault of the three tables is returned; the tables only when there is none. Each table is read row by row
/// and never held as text.
pub fn read_problem(
    givers_csv: impl BufRead,
    takers_csv: impl BufRead,
    edges_csv: impl BufRead,
) -> (Option<NetworkFile>, Vec<Fault>) {
    let mut faults = Vec::new();
    let givers = read_streams(GIVERS, givers_csv, &mut faults);
    let takers = read_streams(TAKERS, takers_csv, &mut faults);
    let links = read_links(edges_csv, givers.as_deref(), takers.as_deref(), &mut faults);
    let file = match (givers, takers) {
        (Some(givers), Some(takers)) if faults.is_empty() => Some(NetworkFile { givers, takers, links }),
        _ => None,
    };
    (file, faults)
}

/// The flows as `giver,taker,flow_dt`, only those above 0, in the order of identifiers: whole numbers by value,
/// then texts. Parallel links of one pair are added up.
pub fn flows_csv(file: &NetworkFile, solution: &TransportSolution) -> String {
    written(file, &solution.flows, |quantity| quantity.to_string())
}

/// The same for flows that need not be whole; fractions with six places.
pub fn mixed_flows_csv(file: &NetworkFile, flows: &[f64]) -> String {
    written(file, flows, fraction)
}

fn fraction(quantity: f64) -> String {
    let text = format!("{quantity:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn written<T>(file: &NetworkFile, flows: &[T], write: impl Fn(T) -> String) -> String
where
    T: Copy + Default + PartialOrd + AddAssign,
{
    let (givers, takers) = (in_order(&file.givers), in_order(&file.takers));
    let (giver_rank, taker_rank) = (ranks(&givers), ranks(&takers));
    let used = file.links.iter().zip(flows).filter(|(_, flow)| **flow > T::default());
    let by_ranks =
        |(link, &flow): (&LinkRow, &T)| (giver_rank[link.giver as usize], taker_rank[link.taker as usize], flow);
    let mut flows: Vec<(u32, u32, T)> = used.map(by_ranks).collect();
    flows.sort_by_key(|(giver, taker, _)| (*giver, *taker));
    flows.dedup_by(|next, first| {
        let is_parallel = (next.0, next.1) == (first.0, first.1);
        if is_parallel {
            first.2 += next.2;
        }
        is_parallel
    });
    let mut text = String::from("giver,taker,flow_dt\n");
    for (giver, taker, quantity) in flows {
        let (giver, taker) =
            (&file.givers[givers[giver as usize] as usize], &file.takers[takers[taker as usize] as usize]);
        text.push_str(&format!("{},{},{}\n", quoted(&giver.id), quoted(&taker.id), write(quantity)));
    }
    text
}

/// Places of streams in the order of their identifiers.
fn in_order(streams: &[StreamRow]) -> Vec<u32> {
    let mut places: Vec<u32> = (0..streams.len() as u32).collect();
    places.sort_by_key(|place| id_order(&streams[*place as usize].id));
    places
}

/// Where each place stands in an order of places.
fn ranks(order: &[u32]) -> Vec<u32> {
    let mut ranks = vec![0; order.len()];
    for (rank, place) in (0..).zip(order) {
        ranks[*place as usize] = rank;
    }
    ranks
}

type IdOrder<'a> = (IdNumber, &'a str);

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum IdNumber {
    Number(u64),
    Text,
}

fn id_order(id: &str) -> IdOrder<'_> {
    (id.parse().map_or(IdNumber::Text, IdNumber::Number), id)
}

/// Where each identifier stands in its list.
pub struct Places<'a> {
    streams: &'a [StreamRow],
    by_id: BTreeMap<&'a str, u32>,
}

impl<'a> Places<'a> {
    pub fn new(streams: &'a [StreamRow]) -> Places<'a> {
        // Most tables number their streams from 0 in order, and then the identifier is the place.
        let by_id = (0..).zip(streams).filter(|(place, stream)| !is_its_place(&stream.id, *place));
        Places { streams, by_id: by_id.map(|(place, stream)| (stream.id.as_str(), place)).collect() }
    }

    pub fn of(&self, id: &str) -> Option<u32> {
        if let Ok(place) = id.parse::<u32>()
            && self.streams.get(place as usize).is_some_and(|stream| stream.id == id)
        {
            return Some(place);
        }
        self.by_id.get(id).copied()
    }
}

fn is_its_place(id: &str, place: u32) -> bool {
    id.parse() == Ok(place)
}

/// None where the columns are not there.
fn read_streams(file: &str, input: impl BufRead, faults: &mut Vec<Fault>) -> Option<Vec<StreamRow>> {
    let mut table = Table::new(file, input, &["id", "qty_dt"], &[], Width::Full, faults);
    if !table.is_readable() {
        return None;
    }
    let mut streams = Vec::new();
    let mut lines = BTreeMap::new();
    while table.next_row(faults) {
        let id = table.new_id(&mut lines, faults);
        let quantity = table.whole_number("qty_dt", 0..=i64::MAX, faults);
        let Some(id) = id else { continue };
        // A stream whose quantity is at fault stays known, so that its links are not called unknown as well.
        streams.push(StreamRow { id, quantity_dt: quantity.unwrap_or(0) });
    }
    check_total(file, &streams, faults);
    Some(streams)
}

/// Where a list of streams could not be read, its identifiers are not held against the links.
fn read_links(
    input: impl BufRead,
    givers: Option<&[StreamRow]>,
    takers: Option<&[StreamRow]>,
    faults: &mut Vec<Fault>,
) -> Vec<LinkRow> {
    let (givers, takers) = (givers.map(Places::new), takers.map(Places::new));
    let required = ["giver", "taker", "benefit_kvnd_t"];
    let mut table = Table::new(EDGES, input, &required, &["fixed_kvnd_yr"], Width::Full, faults);
    let mut links = Vec::new();
    while table.next_row(faults) {
        let giver = reference(&table, "giver", givers.as_ref(), GIVERS, faults);
        let taker = reference(&table, "taker", takers.as_ref(), TAKERS, faults);
        let benefit = table.whole_number("benefit_kvnd_t", -BENEFIT_LIMIT..=BENEFIT_LIMIT, faults);
        let fixed = if table.has_value("fixed_kvnd_yr") {
            table.whole_number("fixed_kvnd_yr", 0..=i64::MAX, faults)
        } else {
            None
        };
        if let (Some(giver), Some(taker), Some(benefit_kvnd_t)) = (giver, taker, benefit) {
            links.push(LinkRow { giver, taker, benefit_kvnd_t, fixed_kvnd_yr: fixed });
        }
    }
    links
}

fn reference<R: BufRead>(
    table: &Table<R>,
    column: &str,
    places: Option<&Places>,
    file: &str,
    faults: &mut Vec<Fault>,
) -> Option<u32> {
    let id = table.value_of(column, faults)?;
    let place = places?.of(id);
    if place.is_none() {
        faults.push(table.fault(column, FaultKind::UnknownReference, id, format!("an id of {file}")));
    }
    place
}

fn check_total(file: &str, streams: &[StreamRow], faults: &mut Vec<Fault>) {
    let total: i128 = streams.iter().map(|stream| i128::from(stream.quantity_dt)).sum();
    if total > i128::from(i64::MAX) {
        faults.push(Fault {
            place: Place { file: file.to_owned(), line: None, column: Some("qty_dt".to_owned()), cell: None },
            kind: FaultKind::OutOfRange,
            found: total.to_string(),
            expected: format!("a sum of at most {}", i64::MAX),
        });
    }
}
