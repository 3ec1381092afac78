//! Sentences about product, form, dates and seasons of two streams.

use std::collections::BTreeSet;

use engine::language::{Language, format_date, format_number};
use engine::matching::{Obstacle, Reason};
use engine::park::PhysicalForm;
use jiff::civil::Date;

use super::exchange_unit;
use crate::words::{text, text_with};

pub(super) fn reason(language: Language, reason: &Reason) -> String {
    match reason {
        Reason::SameProduct { cpc } => text_with(language, "reason-same-product", &[("cpc", cpc)]),
        Reason::SameForm { form } => text_with(language, "reason-same-form", &[("form", &form_name(language, *form))]),
        Reason::FormByTreatment { giver, taker } => text_with(
            language,
            "reason-form-by-treatment",
            &[("giver", &form_name(language, *giver)), ("taker", &form_name(language, *taker))],
        ),
        Reason::AvailableTogether { from, ended_on } => match (from, last_day(*ended_on)) {
            (Some(from), Some(last)) => text_with(
                language,
                "reason-available-together",
                &[("from", &format_date(*from)), ("to", &format_date(last))],
            ),
            (Some(from), None) => text_with(language, "reason-available-from", &[("from", &format_date(*from))]),
            (None, Some(last)) => text_with(language, "reason-available-to", &[("to", &format_date(last))]),
            (None, None) => String::new(),
        },
        Reason::SeasonsOverlap { months, giver_months, taker_months, quantity, unit } => {
            let quantity = quantity.map_or_else(
                || text(language, "reason-none"),
                |quantity| format!("{} {}", format_number(language, quantity, 1), exchange_unit(*unit)),
            );
            text_with(
                language,
                "reason-seasons-overlap",
                &[
                    ("months", &listed(months)),
                    ("giver", &giver_months.to_string()),
                    ("taker", &taker_months.to_string()),
                    ("quantity", &quantity),
                ],
            )
        }
        other => unreachable!("{} is worded elsewhere", other.code()),
    }
}

pub(super) fn obstacle(language: Language, obstacle: &Obstacle) -> String {
    match obstacle {
        Obstacle::OtherForm { giver, taker } => text_with(
            language,
            "obstacle-other-form",
            &[("giver", &form_name(language, *giver)), ("taker", &form_name(language, *taker))],
        ),
        Obstacle::NotAtTheSameTime { ended_on, from } => text_with(
            language,
            "obstacle-not-at-the-same-time",
            &[("to", &last_day(Some(*ended_on)).map(format_date).unwrap_or_default()), ("from", &format_date(*from))],
        ),
        Obstacle::SeasonsApart { giver_months, taker_months } => text_with(
            language,
            "obstacle-seasons-apart",
            &[("giver", &listed(giver_months)), ("taker", &listed(taker_months))],
        ),
        other => unreachable!("{} is worded elsewhere", other.code()),
    }
}

pub fn form_name(language: Language, form: PhysicalForm) -> String {
    text(language, &form_key(form))
}

pub(super) fn form_key(form: PhysicalForm) -> String {
    format!("physical-form-{}", form.code())
}

fn listed(months: &BTreeSet<u8>) -> String {
    months.iter().map(u8::to_string).collect::<Vec<_>>().join(", ")
}

fn last_day(ended_on: Option<Date>) -> Option<Date> {
    ended_on.and_then(|day| day.yesterday().ok())
}
