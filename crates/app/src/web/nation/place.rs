//! A row of the table of provinces, in words.

use super::tally::Row;
use crate::page::Page;

pub struct Line {
    pub name: String,
    pub href: Option<String>,
    pub registered: usize,
    pub operating: usize,
    pub with_data: usize,
    pub area: String,
    /// To the two decimals of the registry, so that the order of adding does not show. Empty where no park's area is known.
    pub area_value: String,
    pub area_known: String,
}

pub fn line(page: &Page, row: &Row) -> Line {
    let is_known = row.area_known > 0;
    Line {
        name: match &row.province {
            Some(province) => province.name.get(page.language).to_string(),
            None if row.is_total => page.t("nation-total"),
            None => page.t(&format!("nation-unknown-province-{}", page.provinces().code())),
        },
        href: row.province.as_ref().map(|province| page.at(&format!("/provinces/{}", province.code))),
        registered: row.registered,
        operating: row.operating,
        with_data: row.with_data,
        area: if is_known { page.n(row.area_ha, 0) } else { "–".to_string() },
        area_value: if is_known { format!("{:.2}", row.area_ha) } else { String::new() },
        area_known: match row.registered {
            0 => "–".to_string(),
            parks => page.t2("nation-area-known", "known", page.count(row.area_known), "parks", page.count(parks)),
        },
    }
}
