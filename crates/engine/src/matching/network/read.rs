//! Reads a network problem from its three tables and writes the flows back, in the identifiers of the tables.

mod conditions;

use std::collections::BTreeMap;

use csv::StringRecord;

pub use conditions::{read_fixed, read_quality};

use super::transport::{BENEFIT_LIMIT, Link, ProblemFault, TransportProblem, TransportSolution};
use crate::fault::{Fault, FaultKind, Place};

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
/// Every fault of the three tables is returned; the tables only when there is none.
pub fn read_problem(givers_csv: &str, takers_csv: &str, edges_csv: &str) -> (Option<NetworkFile>, Vec<Fault>) {
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
    written(file, flows, |quantity| {
        let text = format!("{quantity:.6}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    })
}

fn written<T>(file: &NetworkFile, flows: &[T], write: impl Fn(T) -> String) -> String
where
    T: Copy + Default + PartialOrd + std::ops::AddAssign,
{
    let mut quantities: BTreeMap<(IdOrder, IdOrder), T> = BTreeMap::new();
    for (link, &flow) in file.links.iter().zip(flows).filter(|(_, flow)| **flow > T::default()) {
        let (Some(giver), Some(taker)) = (file.givers.get(link.giver as usize), file.takers.get(link.taker as usize))
        else {
            continue;
        };
        *quantities.entry((id_order(&giver.id), id_order(&taker.id))).or_default() += flow;
    }
    let mut text = String::from("giver,taker,flow_dt\n");
    for (((_, giver), (_, taker)), quantity) in quantities {
        text.push_str(&format!("{},{},{}\n", quoted(giver), quoted(taker), write(quantity)));
    }
    text
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

fn quoted(id: &str) -> String {
    if id.contains([',', '"', '\n', '\r']) { format!("\"{}\"", id.replace('"', "\"\"")) } else { id.to_owned() }
}

/// Where each identifier stands in its list.
struct Places<'a> {
    streams: &'a [StreamRow],
    by_id: BTreeMap<&'a str, u32>,
}

impl<'a> Places<'a> {
    fn new(streams: &'a [StreamRow]) -> Places<'a> {
        Places { streams, by_id: streams.iter().map(|stream| stream.id.as_str()).zip(0..).collect() }
    }

    fn of(&self, id: &str) -> Option<u32> {
        // Most tables number their streams from 0 in order, and then the identifier is the place.
        if let Ok(place) = id.parse::<u32>()
            && self.streams.get(place as usize).is_some_and(|stream| stream.id == id)
        {
            return Some(place);
        }
        self.by_id.get(id).copied()
    }
}

/// None where the columns are not there.
fn read_streams(file: &str, text: &str, faults: &mut Vec<Fault>) -> Option<Vec<StreamRow>> {
    let mut table = Table::new(file, text, ["id", "qty_dt"], [], faults);
    if !table.is_readable {
        return None;
    }
    let mut streams = Vec::new();
    let mut lines = BTreeMap::new();
    while table.next_row(faults) {
        let id = table.value_of("id", faults).map(str::to_owned);
        let quantity = table.whole_number("qty_dt", 0..=i64::MAX, faults);
        let Some(id) = id else { continue };
        if let Some(first) = lines.insert(id.clone(), table.line) {
            let expected = format!("an id used once; line {first} has it too");
            faults.push(table.fault("id", FaultKind::Duplicate, &id, expected));
        }
        // A stream whose quantity is at fault stays known, so that its links are not called unknown as well.
        streams.push(StreamRow { id, quantity_dt: quantity.unwrap_or(0) });
    }
    check_total(file, &streams, faults);
    Some(streams)
}

/// Where a list of streams could not be read, its identifiers are not held against the links.
fn read_links(
    text: &str,
    givers: Option<&[StreamRow]>,
    takers: Option<&[StreamRow]>,
    faults: &mut Vec<Fault>,
) -> Vec<LinkRow> {
    let (givers, takers) = (givers.map(Places::new), takers.map(Places::new));
    let mut table = Table::new(EDGES, text, ["giver", "taker", "benefit_kvnd_t"], ["fixed_kvnd_yr"], faults);
    let mut links = Vec::new();
    while table.next_row(faults) {
        let giver = table.reference("giver", givers.as_ref(), GIVERS, faults);
        let taker = table.reference("taker", takers.as_ref(), TAKERS, faults);
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

/// One table under way: its columns by name and the row just read.
struct Table<'a> {
    file: &'a str,
    text: &'a str,
    reader: csv::Reader<&'a [u8]>,
    columns: BTreeMap<String, usize>,
    width: usize,
    row: StringRecord,
    line: usize,
    is_readable: bool,
}

impl<'a> Table<'a> {
    fn new<const N: usize, const M: usize>(
        file: &'a str,
        text: &'a str,
        required: [&str; N],
        optional: [&str; M],
        faults: &mut Vec<Fault>,
    ) -> Table<'a> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::Headers).from_reader(text.as_bytes());
        let mut table = Table {
            file,
            text,
            reader,
            columns: BTreeMap::new(),
            width: 0,
            row: StringRecord::new(),
            line: 1,
            is_readable: true,
        };
        let headers = table.reader.headers().cloned().unwrap_or_default();
        table.width = headers.len();
        for name in required.into_iter().chain(optional) {
            let mut places = headers.iter().enumerate().filter(|(_, header)| *header == name).map(|(place, _)| place);
            if let Some(place) = places.next() {
                table.columns.insert(name.to_owned(), place);
            }
            if places.next().is_some() {
                faults.push(table.fault(name, FaultKind::Duplicate, name, "one column of this name".to_owned()));
            }
        }
        for name in required.into_iter().filter(|name| !headers.iter().any(|header| header == *name)) {
            let found = headers.iter().collect::<Vec<_>>().join(", ");
            faults.push(table.fault(name, FaultKind::MissingColumn, &found, required.join(", ")));
            table.is_readable = false;
        }
        table
    }

    /// Adds a column that must be there.
    fn require(&mut self, name: &str, faults: &mut Vec<Fault>) {
        let headers = self.reader.headers().cloned().unwrap_or_default();
        match headers.iter().position(|header| header == name) {
            Some(place) => {
                self.columns.insert(name.to_owned(), place);
            }
            None => {
                let found = headers.iter().collect::<Vec<_>>().join(", ");
                faults.push(self.fault(name, FaultKind::MissingColumn, &found, name.to_owned()));
                self.is_readable = false;
            }
        }
    }

    /// Moves on to the next row that has as many values as there are columns.
    fn next_row(&mut self, faults: &mut Vec<Fault>) -> bool {
        while self.is_readable {
            match self.reader.read_record(&mut self.row) {
                Ok(false) => return false,
                Ok(true) => {
                    self.line = self.row.position().map_or(0, |position| line_of_row(self.text, position));
                    if self.row.len() == self.width {
                        return true;
                    }
                    faults.push(Fault {
                        place: self.place(None),
                        kind: FaultKind::Contradiction,
                        found: format!("{} values", self.row.len()),
                        expected: format!("{} values, as many as columns", self.width),
                    });
                }
                Err(error) => {
                    faults.push(Fault {
                        place: Place { file: self.file.to_owned(), ..Place::default() },
                        kind: FaultKind::UnreadableFile,
                        found: error.to_string(),
                        expected: "a comma-separated table".to_owned(),
                    });
                    return false;
                }
            }
        }
        false
    }

    fn value(&self, column: &str) -> &str {
        self.columns.get(column).and_then(|place| self.row.get(*place)).unwrap_or_default().trim()
    }

    fn has_value(&self, column: &str) -> bool {
        !self.value(column).is_empty()
    }

    fn value_of(&self, column: &str, faults: &mut Vec<Fault>) -> Option<&str> {
        let value = self.value(column);
        if value.is_empty() {
            faults.push(self.fault(column, FaultKind::MissingValue, "", "a value".to_owned()));
            return None;
        }
        Some(value)
    }

    fn whole_number(&self, column: &str, range: std::ops::RangeInclusive<i64>, faults: &mut Vec<Fault>) -> Option<i64> {
        let value = self.value_of(column, faults)?;
        // Parsed wide, so that a number that is only too great is called too great.
        let Ok(number) = value.parse::<i128>() else {
            faults.push(self.fault(column, FaultKind::NotANumber, value, "a whole number".to_owned()));
            return None;
        };
        match i64::try_from(number) {
            Ok(number) if range.contains(&number) => Some(number),
            _ => {
                let is_below_zero = number < 0 && *range.start() == 0;
                let kind = if is_below_zero { FaultKind::NegativeAmount } else { FaultKind::OutOfRange };
                let expected = format!("{} to {}", range.start(), range.end());
                faults.push(self.fault(column, kind, value, expected));
                None
            }
        }
    }

    fn reference(&self, column: &str, places: Option<&Places>, file: &str, faults: &mut Vec<Fault>) -> Option<u32> {
        let id = self.value_of(column, faults)?;
        let place = places?.of(id);
        if place.is_none() {
            faults.push(self.fault(column, FaultKind::UnknownReference, id, format!("an id of {file}")));
        }
        place
    }

    fn place(&self, column: Option<&str>) -> Place {
        Place { file: self.file.to_owned(), line: Some(self.line), column: column.map(str::to_owned), cell: None }
    }

    fn fault(&self, column: &str, kind: FaultKind, found: &str, expected: String) -> Fault {
        Fault { place: self.place(Some(column)), kind, found: found.to_owned(), expected }
    }
}

/// The reader states where it stood before it passed over blank lines; an editor counts them.
fn line_of_row(text: &str, position: &csv::Position) -> usize {
    let rest = text.as_bytes().get(position.byte() as usize..).unwrap_or_default();
    let blank = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    position.line() as usize + blank.filter(|byte| **byte == b'\n').count()
}
