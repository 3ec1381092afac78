//! What a form asks for, with every field that could not be taken and what was expected of it.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;

use crate::page::Page;

pub struct Asked<'a> {
    page: &'a Page,
    form: &'a BTreeMap<String, String>,
    /// Name of the field, and the message.
    pub faults: Vec<(String, String)>,
}

/// Longest time that something is opened for at once.
const MOST_YEARS: i32 = 10;

/// A year from today.
pub fn proposed_end(today: Date) -> Date {
    today.checked_add(1.year()).unwrap_or(today)
}

impl<'a> Asked<'a> {
    pub fn of(page: &'a Page, form: &'a BTreeMap<String, String>) -> Asked<'a> {
        Asked { page, form, faults: Vec::new() }
    }

    fn field(&self, name: &str) -> &'a str {
        self.form.get(name).map(|text| text.trim()).unwrap_or_default()
    }

    /// A choice of a drop-down.
    pub fn one_of<T>(&mut self, name: &str, read: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let found = read(self.field(name));
        if found.is_none() {
            self.faults.push((name.to_string(), self.page.t(&format!("sharing-fault-{name}").replace('_', "-"))));
        }
        found
    }

    /// The last day on which something holds: today or later.
    pub fn last_day(&mut self, name: &str, today: Date) -> Option<Date> {
        let latest = today.checked_add(MOST_YEARS.years()).unwrap_or(today);
        let found = self.field(name).parse::<Date>().ok().filter(|day| today <= *day && *day <= latest);
        if found.is_none() {
            let (first, last) = (self.page.date(&today), self.page.date(&latest));
            self.faults.push((name.to_string(), self.page.t2("sharing-fault-day", "first", first, "last", last)));
        }
        found
    }
}
