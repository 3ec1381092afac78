//! Reads givers and takers from their two tables and writes the best partners as the table of links that
//! `solve network` reads. Tables of millions of rows pass a line at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, Read, Write};

use super::{Giver, Partner, Taker, Terms, road_km};
use crate::fault::{Fault, FaultKind, Place};

const GIVERS: &str = "givers.csv";
const TAKERS: &str = "takers.csv";
/// So that sums stay within whole numbers of 32 bits.
const MOST_MONEY: f64 = 1e9;
/// A line longer than this is none of a table of streams.
const MOST_BYTES: u64 = 1 << 20;

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
    let firm: &[&'static str] = if between_firms { &["firm"] } else { &[] };
    let required = |own: [&'static str; 2]| -> Vec<&'static str> {
        ["id", "lat", "lon", "class", "qty_dt"].into_iter().chain(own).chain(firm.iter().copied()).collect()
    };
    let mut givers = Table::new(GIVERS, givers, required(["hazardous", "disposal_kvnd_t"]), &mut faults);
    let mut takers = Table::new(TAKERS, takers, required(["licensed", "price_kvnd_t"]), &mut faults);
    let qualities = qualities(&givers, &takers, &mut faults);
    file.qualities = qualities.len();
    let contents: Vec<String> = qualities.iter().map(|number| format!("q{number}")).collect();
    let limits: Vec<String> = qualities.iter().map(|number| format!("l{number}")).collect();

    let mut lines = Vec::new();
    while givers.next_row(&mut faults) {
        let stream = givers.stream("hazardous", "disposal_kvnd_t", &contents, &mut names, &mut faults);
        let Some((id, quantity, stream)) = stream else { continue };
        lines.push((id.clone(), givers.line));
        if quantity == 0 {
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
    givers.check_ids(lines, &mut faults);

    let mut lines = Vec::new();
    while takers.next_row(&mut faults) {
        let alternative = Some(takers.value("alt_class")).filter(|name| !name.is_empty() && *name != "-1");
        let alternative = alternative.map(|name| names.of_class(name));
        let stream = takers.stream("licensed", "price_kvnd_t", &limits, &mut names, &mut faults);
        let Some((id, quantity, stream)) = stream else { continue };
        lines.push((id.clone(), takers.line));
        if quantity == 0 {
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
    takers.check_ids(lines, &mut faults);
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

fn quoted(id: &str) -> std::borrow::Cow<'_, str> {
    if id.contains([',', '"']) { format!("\"{}\"", id.replace('"', "\"\"")).into() } else { id.into() }
}

/// Numbers of the qualities: every content has its limit, and the other way round.
fn qualities<G: BufRead, T: BufRead>(givers: &Table<G>, takers: &Table<T>, faults: &mut Vec<Fault>) -> BTreeSet<u32> {
    let (contents, limits) = (givers.numbered('q'), takers.numbered('l'));
    if givers.is_readable && takers.is_readable {
        for number in limits.difference(&contents) {
            let expected = format!("q{number}, which {TAKERS} limits by l{number}");
            faults.push(givers.fault(&format!("q{number}"), FaultKind::MissingColumn, "", expected));
        }
        for number in contents.difference(&limits) {
            let expected = format!("l{number}, a limit of q{number} of {GIVERS}");
            faults.push(takers.fault(&format!("l{number}"), FaultKind::MissingColumn, "", expected));
        }
    }
    contents.intersection(&limits).copied().collect()
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
    money_kvnd_t: f64,
    qualities: Vec<f64>,
}

/// A table under way: its columns by name and the row just read.
struct Table<R> {
    file: &'static str,
    input: R,
    columns: Vec<String>,
    needs_firm: bool,
    row: Vec<String>,
    text: String,
    line: usize,
    is_readable: bool,
}

impl<R: BufRead> Table<R> {
    fn new(file: &'static str, input: R, required: Vec<&'static str>, faults: &mut Vec<Fault>) -> Table<R> {
        let mut table = Table {
            file,
            input,
            columns: Vec::new(),
            needs_firm: required.contains(&"firm"),
            row: Vec::new(),
            text: String::new(),
            line: 0,
            is_readable: true,
        };
        if table.read_row(faults) {
            table.columns =
                table.row.iter().map(|name| name.trim_start_matches('\u{feff}').trim().to_owned()).collect();
        }
        for (place, name) in table.columns.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
            if table.columns[..place].contains(name) {
                faults.push(table.fault(name, FaultKind::Duplicate, name, "one column of this name".to_owned()));
            }
        }
        for name in required.iter().filter(|name| !table.columns.iter().any(|column| column == *name)) {
            let found = table.columns.join(", ");
            faults.push(table.fault(name, FaultKind::MissingColumn, &found, required.join(", ")));
            table.is_readable = false;
        }
        table
    }

    /// Numbers of the columns that are this letter and a number.
    fn numbered(&self, letter: char) -> BTreeSet<u32> {
        self.columns.iter().filter_map(|name| name.strip_prefix(letter)?.parse().ok()).collect()
    }

    /// Moves on to the next row that has as many values as there are columns.
    fn next_row(&mut self, faults: &mut Vec<Fault>) -> bool {
        while self.is_readable && self.read_row(faults) {
            if self.row.len() == self.columns.len() {
                return true;
            }
            let found = format!("{} values", self.row.len());
            let expected = format!("{} values, as many as columns", self.columns.len());
            faults.push(self.fault_of_row(FaultKind::Contradiction, found, expected));
        }
        false
    }

    /// Reads the next line that is not blank into `row`; false at the end, or where the file cannot be read on.
    fn read_row(&mut self, faults: &mut Vec<Fault>) -> bool {
        loop {
            self.text.clear();
            self.line += 1;
            match (&mut self.input).take(MOST_BYTES).read_line(&mut self.text) {
                Ok(0) => return false,
                Ok(bytes) if bytes as u64 == MOST_BYTES => {
                    let found = format!("{MOST_BYTES} bytes without an end of line");
                    faults.push(self.fault_of_row(FaultKind::UnreadableFile, found, "a table".to_owned()));
                    self.is_readable = false;
                    return false;
                }
                Ok(_) if self.text.trim().is_empty() => {}
                Ok(_) => {
                    split(self.text.trim_end_matches(['\r', '\n']), &mut self.row);
                    return true;
                }
                Err(error) => {
                    let expected = "a comma-separated table in UTF-8".to_owned();
                    faults.push(self.fault_of_row(FaultKind::UnreadableFile, error.to_string(), expected));
                    self.is_readable = false;
                    return false;
                }
            }
        }
    }

    /// Empty where the column or the value is not there.
    fn value(&self, column: &str) -> &str {
        let place = self.columns.iter().position(|name| name == column);
        place.and_then(|place| self.row.get(place)).map(|value| value.trim()).unwrap_or_default()
    }

    /// Identifier, quantity and the rest of the row, or None where it has a fault.
    fn stream(
        &self,
        mark: &str,
        money: &str,
        qualities: &[String],
        names: &mut Names,
        faults: &mut Vec<Fault>,
    ) -> Option<(String, u64, Stream)> {
        let id = self.text_of("id", faults);
        let class = self.text_of("class", faults).map(|name| names.of_class(name));
        let firm = match self.needs_firm {
            true => self.text_of("firm", faults).map(|name| names.of_firm(name)),
            false => Some(0),
        };
        let latitude = self.number("lat", -90.0, 90.0, faults);
        let longitude = self.number("lon", -180.0, 180.0, faults);
        let mark = self.yes_or_no(mark, faults);
        let quantity = self.quantity(faults);
        let money_kvnd_t = self.number(money, -MOST_MONEY, MOST_MONEY, faults);
        let mut values = Vec::with_capacity(qualities.len());
        for quality in qualities {
            values.push(match self.value(quality).is_empty() {
                true => Some(f64::INFINITY),
                false => self.number(quality, 0.0, f64::MAX, faults),
            });
        }
        let stream = Stream {
            class: class?,
            firm: firm?,
            latitude: latitude?,
            longitude: longitude?,
            mark: mark?,
            money_kvnd_t: money_kvnd_t?,
            qualities: values.into_iter().collect::<Option<_>>()?,
        };
        Some((id?.to_owned(), quantity?, stream))
    }

    fn text_of(&self, column: &str, faults: &mut Vec<Fault>) -> Option<&str> {
        let value = self.value(column);
        if value.is_empty() {
            faults.push(self.fault(column, FaultKind::MissingValue, "", "a value".to_owned()));
            return None;
        }
        Some(value)
    }

    fn number(&self, column: &str, least: f64, most: f64, faults: &mut Vec<Fault>) -> Option<f64> {
        let value = self.text_of(column, faults)?;
        let Some(number) = value.parse::<f64>().ok().filter(|number| number.is_finite()) else {
            faults.push(self.fault(column, FaultKind::NotANumber, value, "1234.5".to_owned()));
            return None;
        };
        if !(least..=most).contains(&number) {
            let kind = if least == 0.0 { FaultKind::NegativeAmount } else { FaultKind::OutOfRange };
            let expected = if most == f64::MAX { format!("{least} or more") } else { format!("{least} to {most}") };
            faults.push(self.fault(column, kind, value, expected));
            return None;
        }
        Some(number)
    }

    fn quantity(&self, faults: &mut Vec<Fault>) -> Option<u64> {
        let value = self.text_of("qty_dt", faults)?;
        let fault = |kind| self.fault("qty_dt", kind, value, "a whole number of 0 or more".to_owned());
        match value.parse::<i64>().map(u64::try_from) {
            Ok(Ok(quantity)) => Some(quantity),
            Ok(Err(_)) => {
                faults.push(fault(FaultKind::NegativeAmount));
                None
            }
            Err(_) => {
                faults.push(fault(FaultKind::NotANumber));
                None
            }
        }
    }

    fn yes_or_no(&self, column: &str, faults: &mut Vec<Fault>) -> Option<bool> {
        match self.text_of(column, faults)? {
            "1" => Some(true),
            "0" => Some(false),
            value => {
                faults.push(self.fault(column, FaultKind::UnknownCode, value, "0 or 1".to_owned()));
                None
            }
        }
    }

    /// Every identifier is used once.
    fn check_ids(&self, mut lines: Vec<(String, usize)>, faults: &mut Vec<Fault>) {
        lines.sort();
        for pair in lines.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
            let (id, line) = &pair[1];
            let place = Place { line: Some(*line), ..self.place(Some("id")) };
            let expected = format!("an id used once; line {} has it too", pair[0].1);
            faults.push(Fault { place, kind: FaultKind::Duplicate, found: id.clone(), expected });
        }
    }

    fn fault(&self, column: &str, kind: FaultKind, found: &str, expected: String) -> Fault {
        Fault { place: self.place(Some(column)), kind, found: found.to_owned(), expected }
    }

    fn fault_of_row(&self, kind: FaultKind, found: String, expected: String) -> Fault {
        Fault { place: self.place(None), kind, found, expected }
    }

    fn place(&self, column: Option<&str>) -> Place {
        Place {
            file: self.file.to_owned(),
            line: Some(self.line.max(1)),
            column: column.map(str::to_owned),
            cell: None,
        }
    }
}

/// The values of a line; quotation marks hold a comma together, two of them stand for one.
fn split(line: &str, row: &mut Vec<String>) {
    row.clear();
    let mut value = String::new();
    let mut is_quoted = false;
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if is_quoted && letters.peek() == Some(&'"') => {
                letters.next();
                value.push('"');
            }
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => row.push(std::mem::take(&mut value)),
            _ => value.push(letter),
        }
    }
    row.push(value);
}
