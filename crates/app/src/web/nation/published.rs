//! Figures that others published about programmes and the nation. They are cited as printed, with their qualifier,
//! and never enter a sum of ours.

use serde::Deserialize;

use crate::page::Page;

const FIGURES: &str = include_str!("published.csv");

#[derive(Deserialize)]
struct Row {
    programme: String,
    quantity: String,
    /// `over`, `about` or `exactly`, as the source has it.
    qualifier: String,
    value: f64,
    unit: String,
    /// `year` or `total`.
    per: String,
    /// What the source says it is: achieved, expected, proposed, registered.
    stage: String,
    source: String,
    /// Key of the reason, where the figure could not be confirmed.
    why_unconfirmed: String,
}

/// A published figure in the page's language.
pub struct Published {
    pub programme: String,
    pub quantity: String,
    pub figure: String,
    pub unit: String,
    pub value: f64,
    pub stage: String,
    pub source: String,
    /// Empty where the source was read.
    pub why_unconfirmed: String,
}

pub fn figures(page: &Page) -> Vec<Published> {
    rows().into_iter().map(|row| published(page, row)).collect()
}

fn published(page: &Page, row: Row) -> Published {
    let number = page.n(row.value, 0);
    Published {
        programme: page.t(&format!("nation-published-of-{}", row.programme)),
        quantity: page.t(&format!("nation-published-{}", row.quantity)),
        figure: page.t1(&format!("nation-qualifier-{}", row.qualifier), "value", number),
        unit: match (row.unit.as_str(), row.per.as_str()) {
            ("", "year") => page.t("nation-per-year"),
            (unit, "year") => format!("{unit}/{}", page.t("nation-per-year")),
            (unit, _) => unit.to_string(),
        },
        value: row.value,
        stage: page.t(&format!("nation-stage-{}", row.stage)),
        source: if row.source.is_empty() { page.t("nation-source-unseen") } else { row.source },
        why_unconfirmed: match row.why_unconfirmed.as_str() {
            "" => String::new(),
            why => page.t(&format!("nation-unconfirmed-{why}")),
        },
    }
}

fn rows() -> Vec<Row> {
    csv::Reader::from_reader(FIGURES.as_bytes()).deserialize().filter_map(Result::ok).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::language::Language;

    use crate::words::has;

    #[test]
    fn every_line_is_read_and_has_its_words() {
        let rows = rows();
        assert_eq!(rows.len(), FIGURES.lines().count() - 1);
        for row in rows {
            let mut keys = vec![
                format!("nation-published-of-{}", row.programme),
                format!("nation-published-{}", row.quantity),
                format!("nation-qualifier-{}", row.qualifier),
                format!("nation-stage-{}", row.stage),
            ];
            if !row.why_unconfirmed.is_empty() {
                keys.push(format!("nation-unconfirmed-{}", row.why_unconfirmed));
            }
            for key in keys {
                assert!(has(Language::Vi, &key) && has(Language::En, &key), "{key}");
            }
            assert!(!row.source.is_empty() || !row.why_unconfirmed.is_empty(), "{}", row.quantity);
            assert!(["year", "total"].contains(&row.per.as_str()), "{}", row.per);
        }
    }
}
