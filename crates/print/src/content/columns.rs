//! How wide each column of a table is: as its author weighted it, but never narrower than its longest word.

use engine::report::document::{Cell, Column, Table};

use super::{BREAK_POINT, PrintedCell, PrintedColumn, clean};
use crate::fonts::{self, Weight};

/// Width between the margins of A4, points: (210 mm − 2 × 18 mm) and (297 mm − 2 × 18 mm). The template sets the same.
const UPRIGHT: f64 = 174.0 * POINTS_PER_MILLIMETRE;
const SIDEWAYS: f64 = 261.0 * POINTS_PER_MILLIMETRE;
const POINTS_PER_MILLIMETRE: f64 = 72.0 / 25.4;

/// Padding left and right of a cell, points; the template sets the same.
const PADDING: f64 = 2.0 * 4.5;

/// Font sizes tried in turn, points, until every word fits.
const FONT_SIZES: [f64; 6] = [8.5, 8.0, 7.5, 7.0, 6.5, 6.0];

/// The narrowest and the widest a column is of use: its longest word, its longest line.
struct Need {
    least: f64,
    most: f64,
}

/// The font size of a table and its columns with widths that fill the line.
pub fn fit(table: &Table, rows: &[Vec<PrintedCell>], sideways: bool) -> (f64, Vec<PrintedColumn>) {
    let line = if sideways { SIDEWAYS } else { UPRIGHT };
    let needs: Vec<Need> =
        table.columns.iter().enumerate().map(|(index, column)| need_of(column, rows, index)).collect();
    let needs_at = |size: f64| -> Vec<Need> {
        needs.iter().map(|need| Need { least: need.least * size + PADDING, most: need.most * size + PADDING }).collect()
    };
    let fits = |size: &f64| needs_at(*size).iter().map(|need| need.least).sum::<f64>() <= line;
    let font_size = FONT_SIZES.into_iter().find(fits).unwrap_or(FONT_SIZES[FONT_SIZES.len() - 1]);
    let shares: Vec<f64> = table.columns.iter().map(|column| f64::from(column.width.max(1))).collect();
    let widths = share_out(line, &shares, &needs_at(font_size));
    let columns = table.columns.iter().zip(widths).enumerate().map(|(index, (column, width))| PrintedColumn {
        heading: clean(&column.heading),
        unit: clean(column.unit.as_deref().unwrap_or_default()),
        is_numeric: is_numeric(table, index),
        width,
    });
    (font_size, columns.collect())
}

/// Divides the line by the shares, within what each column needs. When even the least widths do not fit, all shrink
/// alike; when all have the most they can use, the rest is divided by the shares.
fn share_out(line: f64, shares: &[f64], needs: &[Need]) -> Vec<f64> {
    let total_least: f64 = needs.iter().map(|need| need.least).sum();
    let total_most: f64 = needs.iter().map(|need| need.most).sum();
    let total_shares: f64 = shares.iter().sum();
    if total_least >= line {
        return needs.iter().map(|need| need.least * line / total_least).collect();
    }
    if total_most <= line {
        let rest = line - total_most;
        return needs.iter().zip(shares).map(|(need, share)| need.most + rest * share / total_shares).collect();
    }
    let widths_at = |width_of_share: f64| -> Vec<f64> {
        needs.iter().zip(shares).map(|(need, share)| (share * width_of_share).clamp(need.least, need.most)).collect()
    };
    // The total grows with the width of a share, from less than the line to more than it: halve the interval.
    let (mut low, mut high) = (0.0, total_most);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if widths_at(middle).iter().sum::<f64>() <= line { low = middle } else { high = middle }
    }
    widths_at(low)
}

/// What a column needs, in units of the font size. Long headings wrap; they alone never make a column wide.
fn need_of(column: &Column, rows: &[Vec<PrintedCell>], index: usize) -> Need {
    let unit = column.unit.as_deref().filter(|unit| !unit.is_empty()).map(|unit| format!("({unit})"));
    let heading = longest(&clean(&column.heading), Weight::Bold, is_break);
    let unit = longest(&clean(&unit.unwrap_or_default()), Weight::Regular, is_break);
    let heading_line = longest(&clean(&column.heading), Weight::Bold, |letter| letter == '\n').min(HEADING_LINE);
    let least = heading.max(unit);
    let mut need = Need { least, most: least.max(heading_line * KERNING_ALLOWANCE) };
    for cell in rows.iter().filter_map(|row| row.get(index)) {
        let (word, line) = match cell {
            PrintedCell::Text(text) => {
                (longest(text, Weight::Regular, is_break), longest(text, Weight::Regular, |letter| letter == '\n'))
            }
            PrintedCell::Unknown(_) => (QUESTION_MARK, QUESTION_MARK),
        };
        need.least = need.least.max(word);
        need.most = need.most.max(line * KERNING_ALLOWANCE);
    }
    need.most = need.most.max(need.least);
    need
}

/// "?" with the small number of its reason, in units of the font size.
const QUESTION_MARK: f64 = 1.5;

/// Headings longer than this wrap even where the line has room, in units of the font size.
const HEADING_LINE: f64 = 7.0;

/// Texts are measured without kerning, which may also widen.
const KERNING_ALLOWANCE: f64 = 1.02;

fn is_break(letter: char) -> bool {
    letter == ' ' || letter == '\n' || letter == BREAK_POINT
}

fn longest(text: &str, weight: Weight, is_end: impl Fn(char) -> bool) -> f64 {
    text.split(is_end).map(|part| fonts::width(part, weight)).fold(0.0, f64::max)
}

/// Numbers stand on the right; a column without numbers or unit on the left.
fn is_numeric(table: &Table, index: usize) -> bool {
    table.columns[index].unit.as_deref().is_some_and(|unit| !unit.is_empty())
        || table.rows.iter().any(|row| matches!(row.get(index), Some(Cell::Number(_))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_fill_the_line_within_what_they_need() {
        let need = |least, most| Need { least, most };
        let widths = share_out(100.0, &[1.0, 8.0, 1.0], &[need(30.0, 40.0), need(10.0, 90.0), need(5.0, 6.0)]);
        assert!((widths.iter().sum::<f64>() - 100.0).abs() < 1e-6, "{widths:?}");
        assert_eq!(widths[0], 30.0);
        assert!((5.0..=6.0).contains(&widths[2]), "{widths:?}");
        let roomy = share_out(100.0, &[1.0, 3.0], &[need(5.0, 10.0), need(5.0, 10.0)]);
        assert_eq!(roomy, vec![30.0, 70.0]);
        let crowded = share_out(100.0, &[1.0, 1.0], &[need(150.0, 150.0), need(50.0, 200.0)]);
        assert_eq!(crowded, vec![75.0, 25.0]);
        assert!(share_out(100.0, &[], &[]).is_empty());
    }
}
