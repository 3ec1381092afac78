//! The register's facts in the page's language.

use engine::catalogue::places::ProvinceEdition;
use engine::language::format_date;
use engine::register::{Entry, Field, Register, RegisterKind, State};

use crate::page::{Page, escape};
use crate::state::App;
use crate::web::nation::status_words;

/// A fact with its name, and where it leads.
pub struct Told {
    pub name: String,
    pub value: String,
    pub href: Option<String>,
}

/// Every fact of a state but the names, in the order of the fields.
pub fn told(app: &App, page: &Page, register: &Register, state: &State) -> Vec<Told> {
    let named = [Field::NameVi, Field::NameEn];
    state
        .facts
        .iter()
        .filter(|(field, _)| !named.contains(field))
        .map(|(field, fact)| Told {
            name: page.t(&format!("register-field-{}", field.code().replace('_', "-"))),
            value: value(app, page, register, *field, fact),
            href: href(page, register, *field, fact),
        })
        .collect()
}

/// A fact as a reader of this language writes it.
pub fn value(app: &App, page: &Page, register: &Register, field: Field, fact: &str) -> String {
    let provinces = &app.catalogue.provinces;
    let province = |edition: ProvinceEdition| {
        provinces.edition(edition).get(fact).map_or(fact, |province| province.name.get(page.language)).to_string()
    };
    let number = |decimals: usize| fact.parse().map_or_else(|_| fact.to_string(), |value: f64| page.n(value, decimals));
    match field {
        Field::ProvinceBefore => province(ProvinceEdition::Before),
        Field::ProvinceAfter => province(ProvinceEdition::After),
        Field::Status => status_words(page.language, Some(fact)),
        Field::AreaHa | Field::LeasableHa | Field::OccupiedHa => {
            format!("{} ha", number(if fact.contains('.') { 2 } else { 0 }))
        }
        Field::Employees => number(0),
        Field::EstablishedOn | Field::OperatingSince => fact.parse().map_or_else(|_| fact.to_string(), format_date),
        Field::Park => name_of(page, register, RegisterKind::Park, fact),
        Field::Enterprise => name_of(page, register, RegisterKind::Enterprise, fact),
        Field::Isic4 => {
            let label = app.catalogue.industries.get(fact).map(|label| label.get(page.language));
            label.map_or_else(|| fact.to_string(), |label| format!("{fact} {label}"))
        }
        _ => fact.to_string(),
    }
}

fn name_of(page: &Page, register: &Register, kind: RegisterKind, code: &str) -> String {
    register.entry(kind, code).map_or_else(|| code.to_string(), |entry| entry.name().get(page.language).to_string())
}

fn href(page: &Page, register: &Register, field: Field, fact: &str) -> Option<String> {
    match field {
        Field::Park => Some(page.at(&format!("/registry/{}", escape(fact)))),
        Field::Enterprise => Some(page.at(&format!("/enterprises/{}", escape(fact)))),
        Field::ProvinceBefore => Some(format!("/provinces/{fact}?provinces=2024")),
        Field::ProvinceAfter => Some(format!("/provinces/{fact}?provinces=2025")),
        Field::Developer => {
            let named = |entry: &&Entry| entry.latest().text(Field::NameVi) == Some(fact);
            let found = register.of(RegisterKind::Developer).find(named)?;
            Some(page.at(&format!("/register/developer/{}", escape(&found.code))))
        }
        _ => None,
    }
}

/// `từ 01/01/2025 đến 30/06/2025`, as far as it is known.
pub fn validity(page: &Page, state: &State) -> String {
    let until = state.until.and_then(|until| until.yesterday().ok());
    match (state.from, until) {
        (None, None) => page.t("register-valid"),
        (Some(from), None) => page.t1("register-valid-from", "from", format_date(from)),
        (None, Some(until)) => page.t1("register-valid-until", "until", format_date(until)),
        (Some(from), Some(until)) => {
            page.t2("register-valid-between", "from", format_date(from), "until", format_date(until))
        }
    }
}
