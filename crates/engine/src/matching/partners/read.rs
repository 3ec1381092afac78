//! Reads givers and takers from their two tables and writes the best partners as the table of links that
//! `solve network` reads. Tables of millions of rows pass a line at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, Write};

use super::{Giver, Partner, Taker, Terms, road_km};
use crate::fault::{Fault, FaultKind};
use crate::matching::table::{Table, Width, quoted};

const GIVERS: &str = "givers.csv";
const TAKERS: &str = "takers.csv";
/// So that sums stay within whole numbers of 32 bits.
const MOST_MONEY: f64 = 1e9;

/// Streams with a quantity above 0; the others have nothing to exchange.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PartnerFile {
    pub givers: Vec<Giver>,
    pub takers: Vec<Taker>,
    pub giver_ids: Vec<String>,
    pub taker_ids: Vec<String>,
    /// Givers and takers left out because their quantity is 0.
    pub without_quantity: [usize; 2],
    /// Contents of each giver, and limits of each taker.
    pub qualities: usize,
}

/// Reads `givers.csv` (`id`, `lat`, `lon`, `class`, `hazardous`, `qty_dt`, `disposal_kvnd_t`, `q…`) and `takers.csv`
/// (`id`, `lat`, `lon`, `class`, `licensed`, `qty_dt`, `price_kvnd_t`, `l…`, optionally `alt_class`); where pairs
/// inside a firm are left out, `firm` in both. Columns are found by name, others are left alone. An empty content is
/// unknown, an empty limit is none. Every fault of both tables is returned; the streams only when there is none.
pub fn read_streams(
    givers: impl BufRead,
    takers: impl BufRead,
    between_firms: bool,
) -> (Option<PartnerFile>, Vec<Fault>) {
    let mut faults = Vec::new();
    let mut file = PartnerFile::default();
    let mut names = Names::default();
    let firm: &[&str] = if between_firms { &["firm"] } else { &[] };
    let required = |own: [&'static str; 2]| [&["id", "lat", "lon", "class", "qty_dt"], &own[..], firm].concat();
    let mut givers =
        Table::new(GIVERS, givers, &required(["hazardous", "disposal_kvnd_t"]), &[], Width::Full, &mut faults);
    let mut takers =
        Table::new(TAKERS, takers, &required(["licensed", "price_kvnd_t"]), &["alt_class"], Width::Full, &mut faults);
    let (contents, limits) = qualities(&mut givers, &mut takers, &mut faults);
    file.qualities = contents.len();

    let columns = Columns { mark: "hazardous", money: "disposal_kvnd_t", qualities: contents, between_firms };
    let mut lines = BTreeMap::new();
    while givers.next_row(&mut faults) {
        let id = givers.new_id(&mut lines, &mut faults);
        let stream = columns.stream(&givers, &mut names, &mut faults);
        let Some((id, stream)) = id.zip(stream) else { continue };
        if stream.quantity == 0 {
            file.without_quantity[0] += 1;
            continue;
        }
        file.giver_ids.push(id);
        file.givers.push(Giver {
            class: stream.class,
            firm: stream.firm,
            latitude: stream.latitude,
            longitude: stream.longitude,
            hazardous: stream.mark,
            disposal_kvnd_t: stream.money_kvnd_t,
            contents: stream.qualities,
        });
    }

    let columns = Columns { mark: "licensed", money: "price_kvnd_t", qualities: limits, between_firms };
    let mut lines = BTreeMap::new();
    while takers.next_row(&mut faults) {
        let id = takers.new_id(&mut lines, &mut faults);
        let alternative = Some(takers.value("alt_class")).filter(|name| !name.is_empty() && *name != "-1");
        let alternative = alternative.map(|name| names.of_class(name));
        let stream = columns.stream(&takers, &mut names, &mut faults);
        let Some((id, stream)) = id.zip(stream) else { continue };
        if stream.quantity == 0 {
            file.without_quantity[1] += 1;
            continue;
        }
        file.taker_ids.push(id);
        file.takers.push(Taker {
            class: stream.class,
            alternative,
            firm: stream.firm,
            latitude: stream.latitude,
            longitude: stream.longitude,
            licensed: stream.mark,
            price_kvnd_t: stream.money_kvnd_t,
            limits: stream.qualities,
        });
    }
    (faults.is_empty().then_some(file), faults)
}

/// Writes `giver,taker,benefit_kvnd_t,road_km`, givers in their order, each one's best taker first.
/// `lists` has one list for each giver. Returns the number of links.
pub fn write_edges(
    file: &PartnerFile,
    lists: &[Vec<Partner>],
    terms: &Terms,
    out: &mut impl Write,
) -> std::io::Result<usize> {
    writeln!(out, "giver,taker,benefit_kvnd_t,road_km")?;
    let mut links = 0;
    for ((giver, id), list) in file.givers.iter().zip(&file.giver_ids).zip(lists) {
        for partner in list {
            let taker = partner.taker as usize;
            let km = road_km(giver, &file.takers[taker], terms);
            let (id, taker) = (quoted(id), quoted(&file.taker_ids[taker]));
            writeln!(out, "{id},{taker},{},{km:.3}", partner.benefit_kvnd_t)?;
        }
        links += list.len();
    }
    Ok(links)
}

/// The columns of contents and those of limits: every content has its limit, and the other way round.
fn qualities<G: BufRead, T: BufRead>(
    givers: &mut Table<G>,
    takers: &mut Table<T>,
    faults: &mut Vec<Fault>,
) -> (Vec<String>, Vec<String>) {
    let (contents, limits) = (numbered(givers.headers(), 'q'), numbered(takers.headers(), 'l'));
    if givers.is_readable() && takers.is_readable() {
        for number in limits.difference(&contents) {
            let expected = format!("q{number}, which {TAKERS} limits by l{number}");
            faults.push(givers.fault(&format!("q{number}"), FaultKind::MissingColumn, "", expected));
        }
        for number in contents.difference(&limits) {
            let expected = format!("l{number}, a limit of q{number} of {GIVERS}");
            faults.push(takers.fault(&format!("l{number}"), FaultKind::MissingColumn, "", expected));
        }
    }
    let both: Vec<&u32> = contents.intersection(&limits).collect();
    let mut contents: Vec<String> = both.iter().map(|number| format!("q{number}")).collect();
    let mut limits: Vec<String> = both.iter().map(|number| format!("l{number}")).collect();
    contents.retain(|name| givers.require(name, faults));
    limits.retain(|name| takers.require(name, faults));
    (contents, limits)
}

/// Numbers of the columns that are this letter and a number.
fn numbered(headers: &[String], letter: char) -> BTreeSet<u32> {
    headers.iter().filter_map(|name| name.strip_prefix(letter)?.parse().ok()).collect()
}

/// One number for each name of a class or a firm, the same in both tables.
#[derive(Default)]
struct Names {
    classes: BTreeMap<String, u32>,
    firms: BTreeMap<String, u32>,
}

impl Names {
    fn of_class(&mut self, name: &str) -> u32 {
        number_of(&mut self.classes, name)
    }

    fn of_firm(&mut self, name: &str) -> u32 {
        number_of(&mut self.firms, name)
    }
}

fn number_of(names: &mut BTreeMap<String, u32>, name: &str) -> u32 {
    if let Some(number) = names.get(name) {
        return *number;
    }
    let number = names.len() as u32;
    names.insert(name.to_owned(), number);
    number
}

/// What both tables tell of a stream.
struct Stream {
    class: u32,
    firm: u32,
    latitude: f64,
    longitude: f64,
    mark: bool,
    quantity: i64,
    money_kvnd_t: f64,
    qualities: Vec<f64>,
}

/// Where one of the two tables tells what both tell.
struct Columns {
    mark: &'static str,
    money: &'static str,
    qualities: Vec<String>,
    between_firms: bool,
}

impl Columns {
    /// The stream of the present row, or None where it has a fault.
    fn stream<R: BufRead>(&self, table: &Table<R>, names: &mut Names, faults: &mut Vec<Fault>) -> Option<Stream> {
        let class = table.value_of("class", faults).map(|name| names.of_class(name));
        let firm = match self.between_firms {
            true => table.value_of("firm", faults).map(|name| names.of_firm(name)),
            false => Some(0),
        };
        let latitude = number(table, "lat", -90.0, 90.0, faults);
        let longitude = number(table, "lon", -180.0, 180.0, faults);
        let mark = yes_or_no(table, self.mark, faults);
        let quantity = table.whole_number("qty_dt", 0..=i64::MAX, faults);
        let money_kvnd_t = number(table, self.money, -MOST_MONEY, MOST_MONEY, faults);
        let mut qualities = Vec::with_capacity(self.qualities.len());
        for quality in &self.qualities {
            qualities.push(match table.has_value(quality) {
                true => number(table, quality, 0.0, f64::MAX, faults),
                false => Some(f64::INFINITY),
            });
        }
        Some(Stream {
            class: class?,
            firm: firm?,
            latitude: latitude?,
            longitude: longitude?,
            mark: mark?,
            quantity: quantity?,
            money_kvnd_t: money_kvnd_t?,
            qualities: qualities.into_iter().collect::<Option<_>>()?,
        })
    }
}

fn number<R: BufRead>(table: &Table<R>, column: &str, least: f64, most: f64, faults: &mut Vec<Fault>) -> Option<f64> {
    let value = table.value_of(column, faults)?;
    let Some(number) = value.parse::<f64>().ok().filter(|number| number.is_finite()) else {
        faults.push(table.fault(column, FaultKind::NotANumber, value, "1234.5".to_owned()));
        return None;
    };
    if !(least..=most).contains(&number) {
        let kind = if least == 0.0 { FaultKind::NegativeAmount } else { FaultKind::OutOfRange };
        let expected = if most == f64::MAX { format!("{least} or more") } else { format!("{least} to {most}") };
        faults.push(table.fault(column, kind, value, expected));
        return None;
    }
    Some(number)
}

fn yes_or_no<R: BufRead>(table: &Table<R>, column: &str, faults: &mut Vec<Fault>) -> Option<bool> {
    match table.value_of(column, faults)? {
        "1" => Some(true),
        "0" => Some(false),
        value => {
            faults.push(table.fault(column, FaultKind::UnknownCode, value, "0 or 1".to_owned()));
            None
        }
    }
}
