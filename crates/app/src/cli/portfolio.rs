//! `verify portfolio`: savings of a table in one sum, with the errors that they share. `verify chained`: years held against
//! each other through the year of a model, and the windows of a baseline that slides.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use engine::fault::{Fault, FaultKind, Place};
use engine::period::parse_date;
use engine::table::{Cell, read_csv};
use engine::verify::chained::{ChainedSaving, ModelledYear, Window, chain, chained, sliding};
use engine::verify::portfolio::{CommonError, Member, PortfolioRefusal, portfolio};
use jiff::civil::Date;
use serde::Serialize;

use super::{Answer, Stop, print_json};
use crate::files;

#[derive(clap::Args)]
pub struct Portfolio {
    /// name,saving,own_90 and one column for each common cause, named cause:NAME, with the effect on the saving; .csv or .csv.gz
    table: PathBuf,
    /// Correlation of the own errors of any two savings, 0 to 1
    #[arg(long, default_value_t = 0.0)]
    r: f64,
}

#[derive(clap::Args)]
pub struct Chained {
    /// year,actual,predicted,uncertainty_90: what was used, what the model of one year expects, and half the 90 % interval
    /// of the difference (0 for the model's own year); in order of the years; .csv or .csv.gz
    #[arg(required_unless_present = "sliding", conflicts_with = "sliding")]
    table: Option<PathBuf>,
    /// Print the windows of a sliding baseline between two days in place of it: FIRST/END
    #[arg(long, value_name = "FIRST/END")]
    sliding: Option<String>,
    #[arg(long, default_value_t = 12, requires = "sliding", value_name = "MONTHS")]
    baseline_months: i32,
    #[arg(long, default_value_t = 12, requires = "sliding", value_name = "MONTHS")]
    reporting_months: i32,
}

/// What `verify chained` answers for a table.
#[derive(Serialize)]
struct Chain {
    /// Each year against the one before it.
    links: Vec<Link>,
    /// The last against the first year.
    ratio: f64,
    improvement: f64,
    ratio_uncertainty_90: f64,
}

#[derive(Serialize)]
struct Link {
    from: String,
    to: String,
    #[serde(flatten)]
    saving: ChainedSaving,
}

pub fn run(arguments: &Portfolio) -> Answer {
    let table = Table::read(&arguments.table, &["name", "saving", "own_90"])?;
    let (members, mut faults) = members(&table);
    if !(0.0..=1.0).contains(&arguments.r) {
        let place = Place { file: "--r".to_string(), ..Place::default() };
        let kind = FaultKind::OutOfRange;
        faults.push(Fault { place, kind, found: arguments.r.to_string(), expected: "0 – 1".to_string() });
    }
    if !faults.is_empty() {
        return Err(Stop::Faults(faults));
    }
    match portfolio(&members, arguments.r) {
        Ok(sum) => print_json(&sum),
        Err(refusals) => Err(Stop::Faults(refusals.iter().map(|refusal| table.refused(refusal)).collect())),
    }
}

/// A cause without a figure at a saving does not touch it.
fn members(table: &Table) -> (Vec<Member>, Vec<Fault>) {
    let mut faults = Vec::new();
    let causes: Vec<(&str, &str)> =
        table.columns.iter().filter_map(|column| Some((column.strip_prefix(CAUSE)?, column.as_str()))).collect();
    let mut members = Vec::new();
    for (line, row) in &table.rows {
        let mut number = |column: &str| table.number(*line, row, column, &mut faults);
        let (saving, own_90) = (number("saving"), number("own_90"));
        let common = causes
            .iter()
            .filter(|(_, column)| !cell(row, column).is_empty())
            .filter_map(|(cause, column)| Some(CommonError { source: cause.to_string(), effect_90: number(column)? }));
        let common: Vec<CommonError> = common.collect();
        let name = cell(row, "name").to_string();
        if name.is_empty() {
            faults.push(table.fault(*line, "name", FaultKind::MissingValue, "", "name"));
        }
        if own_90.is_some_and(|own| own < 0.0) {
            faults.push(table.fault(*line, "own_90", FaultKind::NegativeAmount, cell(row, "own_90"), "≥ 0"));
        }
        if members.iter().any(|member: &Member| member.name == name && !name.is_empty()) {
            faults.push(table.fault(*line, "name", FaultKind::Duplicate, &name, "once"));
        }
        if let (Some(saving), Some(own_90)) = (saving, own_90) {
            members.push(Member { name, saving, own_90, common });
        }
    }
    if table.rows.is_empty() {
        faults.push(table.whole(FaultKind::MissingValue, "", "name,saving,own_90"));
    }
    (members, faults)
}

const CAUSE: &str = "cause:";

pub fn run_chained(arguments: &Chained) -> Answer {
    if let Some(text) = &arguments.sliding {
        return print_json(&windows(text, arguments.baseline_months, arguments.reporting_months)?);
    }
    let Some(path) = &arguments.table else { return Err(Stop::Usage("expected a table or --sliding".to_string())) };
    let table = Table::read(path, &["year", "actual", "predicted", "uncertainty_90"])?;
    print_json(&chain_of(&table).map_err(Stop::Faults)?)
}

fn chain_of(table: &Table) -> Result<Chain, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut years: Vec<(String, ModelledYear)> = Vec::new();
    for (line, row) in &table.rows {
        let mut number = |column: &str, least: f64, expected: &str| -> Option<f64> {
            let value = table.number(*line, row, column, &mut faults)?;
            if value < least || (column != "uncertainty_90" && value == 0.0) {
                faults.push(table.fault(*line, column, FaultKind::OutOfRange, cell(row, column), expected));
                return None;
            }
            Some(value)
        };
        let (actual, predicted) = (number("actual", 0.0, "> 0"), number("predicted", 0.0, "> 0"));
        let uncertainty_90 = number("uncertainty_90", 0.0, "≥ 0");
        let year = cell(row, "year").to_string();
        let number = year.parse::<i32>();
        let earlier = years.last().and_then(|(year, _)| year.parse::<i32>().ok());
        match (number, earlier) {
            (Err(_), _) => faults.push(table.fault(*line, "year", FaultKind::NotANumber, &year, "2024")),
            (Ok(year), Some(earlier)) if year <= earlier => {
                faults.push(table.fault(
                    *line,
                    "year",
                    FaultKind::OutOfRange,
                    &year.to_string(),
                    &format!("> {earlier}"),
                ));
            }
            _ => {}
        }
        if let (Some(actual), Some(predicted), Some(uncertainty_90)) = (actual, predicted, uncertainty_90) {
            years.push((year, ModelledYear { actual, predicted, uncertainty_90 }));
        }
    }
    if table.rows.len() < 2 {
        faults.push(table.whole(
            FaultKind::MissingValue,
            &table.rows.len().to_string(),
            "2 × year,actual,predicted,uncertainty_90",
        ));
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let link = |pair: &[(String, ModelledYear)]| {
        let saving = chained(pair[0].1, pair[1].1)?;
        Some(Link { from: pair[0].0.clone(), to: pair[1].0.clone(), saving })
    };
    let links: Option<Vec<Link>> = years.windows(2).map(link).collect();
    // From the first to the last year at once: the years between are in no error twice.
    let ends = years.first().zip(years.last()).and_then(|((_, first), (_, last))| chained(*first, *last));
    let found = links.zip(ends).and_then(|(links, ends)| Some((links, chain(&[ends])?)));
    let too_large = || vec![table.whole(FaultKind::OutOfRange, "", "year,actual,predicted,uncertainty_90")];
    let (links, (ratio, ratio_uncertainty_90)) = found.ok_or_else(too_large)?;
    Ok(Chain { links, ratio, improvement: 1.0 - ratio, ratio_uncertainty_90 })
}

/// Everything that is wrong with the windows at once.
fn windows(text: &str, baseline_months: i32, reporting_months: i32) -> Result<Vec<Window>, Stop> {
    let mut faults = Vec::new();
    let mut fault = |option: &str, kind, found: &str, expected: &str| {
        let place = Place { file: option.to_string(), ..Place::default() };
        faults.push(Fault { place, kind, found: found.to_string(), expected: expected.to_string() });
    };
    let (first, end) = text.split_once('/').unwrap_or((text, ""));
    let days: [Option<Date>; 2] = [first, end].map(parse_date);
    for (day, found) in days.iter().zip([first, end]) {
        if day.is_none() {
            fault("--sliding", FaultKind::NotADate, found, "2022-01-01/2025-01-01");
        }
    }
    for (option, months) in [("--baseline-months", baseline_months), ("--reporting-months", reporting_months)] {
        if !(1..=MOST_MONTHS).contains(&months) {
            fault(option, FaultKind::OutOfRange, &months.to_string(), &format!("1 – {MOST_MONTHS}"));
        }
    }
    let [Some(first), Some(end)] = days else { return Err(Stop::Faults(faults)) };
    if !faults.is_empty() {
        return Err(Stop::Faults(faults));
    }
    let windows = sliding(first, end, baseline_months, reporting_months);
    if windows.is_empty() {
        let needed = format!("FIRST/END, {} months or more", baseline_months + reporting_months);
        let place = Place { file: "--sliding".to_string(), ..Place::default() };
        let kind = FaultKind::OutOfRange;
        return Err(Stop::Faults(vec![Fault { place, kind, found: text.to_string(), expected: needed }]));
    }
    Ok(windows)
}

const MOST_MONTHS: i32 = 120;

type Row = BTreeMap<String, String>;

/// A CSV file by the names of its columns.
struct Table {
    file: String,
    columns: Vec<String>,
    /// By line of the file.
    rows: Vec<(usize, Row)>,
}

fn cell<'a>(row: &'a Row, column: &str) -> &'a str {
    row.get(column).map_or("", String::as_str)
}

impl Table {
    /// Every column that is missing is named.
    fn read(path: &Path, needed: &[&str]) -> Result<Table, Stop> {
        let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let text = files::read_text(path)?.map_err(|fault| Stop::Faults(vec![fault]))?;
        Table::of(file, &text, needed).map_err(Stop::Faults)
    }

    fn of(file: String, text: &str, needed: &[&str]) -> Result<Table, Vec<Fault>> {
        let sheet = read_csv(&file, text).map_err(|fault| vec![fault])?;
        let columns = &sheet.columns;
        let row = |cells: &Vec<Cell>| columns.iter().cloned().zip(cells.iter().map(Cell::shown)).collect();
        let rows = sheet.rows.iter().map(|(line, cells)| (*line, row(cells))).collect();
        let table = Table { file, columns: sheet.columns, rows };
        let missing = needed.iter().filter(|column| !table.columns.iter().any(|known| known == *column));
        let found = table.columns.join(",");
        let faults: Vec<Fault> = missing.map(|column| table.whole(FaultKind::MissingColumn, &found, column)).collect();
        if faults.is_empty() { Ok(table) } else { Err(faults) }
    }

    fn number(&self, line: usize, row: &Row, column: &str, faults: &mut Vec<Fault>) -> Option<f64> {
        let text = cell(row, column);
        let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
        if number.is_none() {
            let kind = if text.is_empty() { FaultKind::MissingValue } else { FaultKind::NotANumber };
            faults.push(self.fault(line, column, kind, text, "1234.5"));
        }
        number
    }

    fn fault(&self, line: usize, column: &str, kind: FaultKind, found: &str, expected: &str) -> Fault {
        let place = Place { file: self.file.clone(), line: Some(line), column: Some(column.to_string()), cell: None };
        Fault { place, kind, found: found.to_string(), expected: expected.to_string() }
    }

    fn whole(&self, kind: FaultKind, found: &str, expected: &str) -> Fault {
        let place = Place { file: self.file.clone(), ..Place::default() };
        Fault { place, kind, found: found.to_string(), expected: expected.to_string() }
    }

    /// What the sum itself refuses, such as numbers beyond any meter.
    fn refused(&self, refusal: &PortfolioRefusal) -> Fault {
        let found = match refusal {
            PortfolioRefusal::NotUsable { name } | PortfolioRefusal::DuplicateMember { name } => name.clone(),
            PortfolioRefusal::Correlation { found } => found.to_string(),
            PortfolioRefusal::NoMembers => String::new(),
        };
        self.whole(FaultKind::OutOfRange, &found, "saving, own_90, cause: … < 1e100")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str, needed: &[&str]) -> Result<Table, Vec<Fault>> {
        Table::of("t.csv".to_string(), text, needed)
    }

    const MEMBERS: [&str; 3] = ["name", "saving", "own_90"];
    const YEARS: [&str; 4] = ["year", "actual", "predicted", "uncertainty_90"];

    /// The example of `docs/methods/savings.md`.
    #[test]
    fn a_table_of_savings_gives_the_sum_of_the_method_page() {
        let text = "name,saving,own_90,cause:sensor,cause:model\na,100,3,5,\nb,100,4,7,\n";
        let (members, faults) = members(&table(text, &MEMBERS).unwrap());
        assert!(faults.is_empty() && members[0].common.len() == 1, "{faults:?}");
        let sum = portfolio(&members, 0.0).unwrap();
        assert!((sum.uncertainty_90 - 13.0).abs() < 1e-12);
    }

    #[test]
    fn all_that_is_wrong_with_a_table_is_told_at_once() {
        let text = "name,saving,own_90,cause:sensor\na,many,3,x\na,1,-4,\n,2,1,\n";
        let (_, faults) = members(&table(text, &MEMBERS).unwrap());
        let told: Vec<_> =
            faults.iter().map(|fault| (fault.place.line, fault.place.column.as_deref(), fault.kind)).collect();
        let at = |line, column, kind| (Some(line), Some(column), kind);
        for expected in [
            at(2, "saving", FaultKind::NotANumber),
            at(2, "cause:sensor", FaultKind::NotANumber),
            at(3, "own_90", FaultKind::NegativeAmount),
            at(4, "name", FaultKind::MissingValue),
        ] {
            assert!(told.contains(&expected), "{expected:?} in {told:?}");
        }
        let from_windows = table("\u{feff}name;saving;own_90\r\n\r\na;1;2\r\nb;x;2\r\n", &MEMBERS).unwrap();
        let (_, faults) = members(&from_windows);
        assert_eq!(faults.iter().map(|fault| fault.place.line).collect::<Vec<_>>(), [Some(4)], "{faults:?}");
        let missing = table("name\n", &MEMBERS).err().unwrap();
        assert_eq!(missing.len(), 2, "{missing:?}");
    }

    /// Three years by the model of the second: each link, and the ends at once.
    #[test]
    fn years_are_chained_and_the_middle_counts_in_no_error_twice() {
        let text = "year,actual,predicted,uncertainty_90\n2022,1000,1000,20\n2023,900,900,0\n2024,760,800,16\n";
        let chain = chain_of(&table(text, &YEARS).unwrap()).unwrap_or_else(|faults| panic!("{faults:?}"));
        assert_eq!((chain.links.len(), chain.links[1].to.as_str()), (2, "2024"));
        assert!((chain.ratio - 0.95).abs() < 1e-12);
        let by_hand = 0.95 * (0.02_f64.powi(2) + 0.02_f64.powi(2)).sqrt();
        assert!((chain.ratio_uncertainty_90 - by_hand).abs() < 1e-12);
        let wrong = "year,actual,predicted,uncertainty_90\n2024,0,1,-1\n2023,1,,0\n";
        let faults = chain_of(&table(wrong, &YEARS).unwrap()).err().unwrap();
        assert!(faults.len() >= 3, "{faults:?}");
    }

    #[test]
    fn windows_slide_by_the_reporting_period_and_what_is_wrong_is_told_at_once() {
        let windows = windows("2022-01-01/2025-01-01", 12, 6).unwrap_or_else(|_| panic!("windows"));
        assert_eq!(windows.len(), 4);
        let Err(Stop::Faults(faults)) = super::windows("2022/never", 0, 500) else { panic!("refused") };
        assert_eq!(faults.len(), 4, "{faults:?}");
    }
}
