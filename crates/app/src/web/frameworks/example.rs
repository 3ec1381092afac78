//! A worked example: how the published scores of three pilot parks follow from their counts.

use askama::Template;
use axum::response::Response;
use engine::assess::Score;

use crate::error::AppError;
use crate::page::{Page, html};
use crate::wording;

/// What was printed of a park: how many rows it met, and its score.
struct Published {
    park: &'static str,
    met: usize,
    percent: u32,
}

/// Rows of the set that the parks were held against.
const ROWS: usize = 64;

/// Vietnam Investment Review, 15 April 2024.
const PUBLISHED: [Published; 3] = [
    Published { park: "DEEP C (Đình Vũ, Hải Phòng)", met: 52, percent: 83 },
    Published { park: "Amata Biên Hòa (Đồng Nai)", met: 54, percent: 86 },
    Published { park: "Hiệp Phước (TP. Hồ Chí Minh)", met: 47, percent: 76 },
];

#[derive(Template)]
#[template(path = "worked_example.html")]
struct Example {
    page: Page,
    rows: Vec<Row>,
}

struct Row {
    park: &'static str,
    met: usize,
    printed: u32,
    /// Met of all rows, which is not what was printed.
    of_all: String,
    /// How many rows cannot have applied.
    not_applicable: String,
    computed: String,
    score: String,
    agrees: bool,
}

pub async fn show(page: Page) -> Result<Response, AppError> {
    html(&Example { rows: PUBLISHED.iter().map(|published| row(&page, published)).collect(), page })
}

fn row(page: &Page, published: &Published) -> Row {
    let fitting = fitting(published);
    let score = fitting.map(|not_applicable| score(published.met, not_applicable));
    Row {
        park: published.park,
        met: published.met,
        printed: published.percent,
        of_all: format!("{} %", page.n(100.0 * published.met as f64 / ROWS as f64, 1)),
        not_applicable: fitting.map_or_else(|| "?".to_string(), |count| page.count(count)),
        computed: score.and_then(|score| wording::percent(page.language, &score)).unwrap_or_else(|| "?".to_string()),
        score: score.map_or(String::new(), |score| wording::score(page.language, &score)),
        agrees: score.and_then(|score| score.percent()) == Some(published.percent),
    }
}

/// The fewest rows that do not apply with which the printed score comes out.
fn fitting(published: &Published) -> Option<usize> {
    (0..ROWS - published.met).find(|count| score(published.met, *count).percent() == Some(published.percent))
}

fn score(met: usize, not_applicable: usize) -> Score {
    let applicable = ROWS - not_applicable;
    Score { met, not_met: applicable - met, unknown: 0, not_applicable, applicable }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_one_and_two_rows_that_do_not_apply_give_what_was_printed() {
        assert_eq!(PUBLISHED.each_ref().map(fitting), [Some(1), Some(1), Some(2)]);
    }
}
