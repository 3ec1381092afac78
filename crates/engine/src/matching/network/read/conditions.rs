//! Reads what the further conditions of a network need of its tables: qualities and yearly costs.

use std::io::BufRead;

use super::{EDGES, GIVERS, TAKERS, Table, Width};
use crate::fault::{Fault, FaultKind};
use crate::matching::network::conditions::Quality;

/// Reads `q0`, `q1`, … of `givers.csv` and `l0`, `l1`, … of `takers.csv`, as many as there are, in the order of the
/// rows. A value that is missing is a fault: a content that nobody knows is not 0. So is a content without a limit.
pub fn read_quality(givers_csv: impl BufRead, takers_csv: impl BufRead) -> (Option<Quality>, Vec<Fault>) {
    let mut faults = Vec::new();
    let mut givers = Table::new(GIVERS, givers_csv, &["id"], &[], Width::Full, &mut faults);
    let mut takers = Table::new(TAKERS, takers_csv, &["id"], &[], Width::Full, &mut faults);
    let count = columns(givers.headers(), "q").max(columns(takers.headers(), "l")).max(1);
    let content = read_values(&mut givers, "q", count, &mut faults);
    let limit = read_values(&mut takers, "l", count, &mut faults);
    let quality = faults.is_empty().then_some(Quality { count, content, limit });
    (quality, faults)
}

/// Reads `fixed_kvnd_yr` of `edges.csv`, row by row. A cost that is missing is a fault: an unknown cost is not 0.
pub fn read_fixed(edges_csv: impl BufRead) -> (Option<Vec<i64>>, Vec<Fault>) {
    let mut faults = Vec::new();
    let mut table = Table::new(EDGES, edges_csv, &["fixed_kvnd_yr"], &[], Width::Full, &mut faults);
    let mut fixed = Vec::new();
    while table.next_row(&mut faults) {
        fixed.extend(table.whole_number("fixed_kvnd_yr", 0..=FIXED_LIMIT, &mut faults));
    }
    (faults.is_empty().then_some(fixed), faults)
}

/// Greatest yearly cost: a million billion VND. Sums of it stay exact in the floating numbers that bounds are kept in.
pub const FIXED_LIMIT: i64 = 1_000_000_000_000;

/// How many columns are named after `letter` and a number, counted from 0 to the highest.
pub fn columns(headers: &[String], letter: &str) -> usize {
    let numbers = headers.iter().filter_map(|name| name.strip_prefix(letter)?.parse::<usize>().ok());
    numbers.filter(|number| *number < MOST_QUALITIES).map(|number| number + 1).max().unwrap_or(0)
}

const MOST_QUALITIES: usize = 100;

fn read_values<R: BufRead>(table: &mut Table<R>, letter: &str, count: usize, faults: &mut Vec<Fault>) -> Vec<f64> {
    let mut names: Vec<String> = (0..count).map(|number| format!("{letter}{number}")).collect();
    names.retain(|name| table.require(name, faults));
    let mut values = Vec::new();
    while table.next_row(faults) {
        for name in &names {
            let Some(value) = table.value_of(name, faults).map(str::to_owned) else { continue };
            values.extend(amount(table, name, &value, faults));
        }
    }
    values
}

/// A content or limit as a number of 0 or more.
pub fn amount<R: BufRead>(table: &Table<R>, name: &str, value: &str, faults: &mut Vec<Fault>) -> Option<f64> {
    let number = value.parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0);
    if number.is_none() {
        faults.push(table.fault(name, FaultKind::NotANumber, value, "a number of 0 or more".to_owned()));
    }
    number
}
