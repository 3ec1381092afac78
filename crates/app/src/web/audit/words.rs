//! What a row of the log says, in words: the act, the subject, and each value before and after.

use std::collections::BTreeSet;

use engine::ids::{EnterpriseId, ResourceId};
use engine::period::Period;
use engine::source::Basis;
use serde_json::{Map, Value};
use store::AuditRow;

use crate::page::Page;
use crate::state::App;
use crate::wording;
use crate::words::has;

/// One value that changed.
pub struct Difference {
    pub name: String,
    pub before: String,
    pub after: String,
}

pub struct Words<'a> {
    pub app: &'a App,
    pub page: &'a Page,
}

/// What a record, a user or a result says; the rest of a row is for checking the log.
const TOLD: [&str; 12] = [
    "amount",
    "basis",
    "source",
    "cost_vnd",
    "role",
    "park",
    "enterprise",
    "province",
    "language",
    "is_demo",
    "name",
    "password",
];
/// Where a record is is said by its code already.
const PLACE_OF_RECORD: [&str; 2] = ["park", "enterprise"];

impl Words<'_> {
    /// A word for a code of the log; the code itself where there is none.
    pub fn word(&self, prefix: &str, code: &str) -> String {
        let key = format!("{prefix}-{}", code.replace(['_', ' '], "-"));
        if has(self.page.language, &key) { self.page.t(&key) } else { code.to_string() }
    }

    pub fn action(&self, row: &AuditRow) -> String {
        self.word("audit-action", &row.action)
    }

    /// The act with what it was done to.
    pub fn subject(&self, row: &AuditRow) -> String {
        let act = format!("{} {}", self.action(row), self.word("audit-entity", &row.entity));
        match row.entity.as_str() {
            "record" => match self.record_name(&row.entity_id) {
                Some(name) => format!("{act}: {name}"),
                None => act,
            },
            _ => act,
        }
    }

    /// `khu/E01/electricity/2024-03` as enterprise, resource and month.
    fn record_name(&self, id: &str) -> Option<String> {
        let mut parts = id.splitn(4, '/');
        let (_, enterprise, resource, period) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        Some(self.record_parts(enterprise, resource, period))
    }

    fn record_parts(&self, enterprise: &str, resource: &str, period: &str) -> String {
        let resource = self
            .app
            .catalogue
            .resource(&ResourceId::new(resource))
            .map_or(resource.to_string(), |found| found.label.get(self.page.language).to_string());
        let period = Period::parse(period)
            .map_or_else(|| period.to_string(), |period| wording::period(self.page.language, &period));
        format!("{}, {resource}, {period}", EnterpriseId::new(enterprise))
    }

    pub fn differences(&self, row: &AuditRow) -> Vec<Difference> {
        let is_record = row.entity == "record";
        let told = TOLD.into_iter().filter(|name| !is_record || !PLACE_OF_RECORD.contains(name));
        self.compared(row, told)
    }

    pub fn differences_of_user(&self, row: &AuditRow) -> Vec<Difference> {
        self.compared(row, TOLD)
    }

    fn compared<'n>(&self, row: &AuditRow, told: impl IntoIterator<Item = &'n str>) -> Vec<Difference> {
        let (before, after) = (object(row.before_json.as_deref()), object(row.after_json.as_deref()));
        let value = |from: &Map<String, Value>, name: &str| from.get(name).cloned().unwrap_or_default();
        told.into_iter()
            .map(|name| (name, value(&before, name), value(&after, name)))
            .filter(|(_, before, after)| before != after)
            .map(|(name, before, after)| self.difference("", name, &before, &after))
            .collect()
    }

    /// A row that an import changed, added or removed.
    pub fn of_change(&self, change: &Value) -> Vec<Difference> {
        let sheet = change["sheet"].as_str().unwrap_or_default();
        let id = change["id"].as_str().unwrap_or_default();
        let subject = format!("{} {}", self.word("history-sheet", sheet), self.row_name(sheet, id));
        let what = change["change"].as_str().unwrap_or_default();
        match change["fields"].as_object() {
            Some(fields) => fields
                .iter()
                .filter_map(|(name, pair)| Some((name, pair.get(0)?, pair.get(1)?)))
                .map(|(name, before, after)| self.difference(&subject, name, before, after))
                .collect(),
            None => {
                let (absent, present) = ("–".to_string(), self.word("history-change", what));
                let (before, after) = if what == "removed" { (String::new(), present) } else { (absent, present) };
                vec![Difference { name: subject, before, after }]
            }
        }
    }

    fn row_name(&self, sheet: &str, id: &str) -> String {
        let mut parts = id.splitn(3, '/');
        match (sheet, parts.next(), parts.next(), parts.next()) {
            ("records", Some(enterprise), Some(resource), Some(period)) => {
                self.record_parts(enterprise, resource, period)
            }
            _ => id.to_string(),
        }
    }

    fn difference(&self, subject: &str, name: &str, before: &Value, after: &Value) -> Difference {
        let field = self.word("history-field", name);
        let name_shown = if subject.is_empty() { field } else { format!("{subject}: {field}") };
        let (mut before, mut after) = (self.value(name, before), self.value(name, after));
        if before == after {
            // Two commitments or two untold names read alike, and still the value changed.
            (before, after) = (String::new(), self.page.t("history-changed-untold"));
        }
        Difference { name: name_shown, before, after }
    }

    fn value(&self, name: &str, value: &Value) -> String {
        let language = self.page.language;
        match value {
            Value::Null => "–".to_string(),
            Value::Bool(yes) => self.page.t(if *yes { "yes" } else { "no" }),
            Value::Number(number) => number.as_f64().map_or_else(String::new, |number| self.number(number)),
            Value::String(text) if text.starts_with("hmac:") => self.page.t("history-committed"),
            Value::String(text) => match name {
                "basis" => Basis::parse(text).map_or(text.clone(), |basis| wording::basis(language, basis)),
                "role" => self.word("role", text),
                "unit" => self.unit(text),
                _ => text.clone(),
            },
            Value::Array(values) => values.iter().map(|value| self.value(name, value)).collect::<Vec<_>>().join("; "),
            Value::Object(fields) => self.object(name, fields),
        }
    }

    fn object(&self, name: &str, fields: &Map<String, Value>) -> String {
        let names: BTreeSet<&str> = fields.keys().map(String::as_str).collect();
        if names == BTreeSet::from(["unit", "value"]) {
            return format!("{} {}", self.value(name, &fields["value"]), self.value("unit", &fields["unit"]));
        }
        if names == BTreeSet::from(["en", "vi"]) {
            return self.value(name, &fields[self.page.language.code()]);
        }
        let parts = fields.iter().map(|(name, value)| format!("{name} {}", self.value(name, value)));
        parts.collect::<Vec<_>>().join("; ")
    }

    fn number(&self, number: f64) -> String {
        // The log keeps what was typed, so no figure of it is rounded away.
        let text = number.to_string();
        let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
        self.page.n(number, decimals)
    }

    fn unit(&self, code: &str) -> String {
        let unit = self.app.catalogue.units.get(code);
        unit.map_or(code.to_string(), |unit| unit.label.get(self.page.language).to_string())
    }
}

fn object(json: Option<&str>) -> Map<String, Value> {
    match json.and_then(|json| serde_json::from_str(json).ok()) {
        Some(Value::Object(object)) => object,
        _ => Map::new(),
    }
}
