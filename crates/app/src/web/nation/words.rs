//! The registry's own words in both languages. What is not known here is shown as the source wrote it.

use engine::language::Language;

use crate::words::text;

pub const OPERATING: &str = "operating";
pub const UNKNOWN: &str = "unknown";

/// What a status begins with, and its kind; a year may follow.
const KINDS: [(&str, &str); 7] = [
    ("operating", OPERATING),
    ("under construction", "under-construction"),
    ("started", "started"),
    ("approved", "approved"),
    ("established", "established"),
    ("planned", "planned"),
    ("closing", "closing"),
];

/// The kinds of status, for a filter.
pub fn status_kinds() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|(_, kind)| *kind).chain([UNKNOWN])
}

pub fn status_kind(status: Option<&str>) -> &'static str {
    let found = status.and_then(|status| KINDS.iter().find(|(start, _)| status.starts_with(start)));
    found.map_or(UNKNOWN, |(_, kind)| *kind)
}

/// `started 2025` → `đã khởi công 2025`.
pub fn status(language: Language, status: Option<&str>) -> String {
    let Some(status) = status else { return text(language, "nation-status-unknown") };
    match KINDS.iter().find_map(|(start, kind)| Some((kind, status.strip_prefix(start)?))) {
        Some((kind, rest)) => format!("{}{rest}", text(language, &format!("nation-status-{kind}"))),
        None => status.to_string(),
    }
}

/// Programmes of the registry, as it writes them, and their keys.
const PROGRAMMES: [(&str, &str); 3] = [
    ("EIP pilot 2014-2019", "nation-programme-pilot"),
    ("GEIPP 2020-2024", "nation-programme-geipp"),
    ("EIP replication programme 2025", "nation-programme-replication"),
];

/// Empty where the registry names none.
pub fn programme(language: Language, programme: Option<&str>) -> String {
    let names = programme.unwrap_or_default().split("; ").filter(|name| !name.is_empty()).map(|name| {
        let known = PROGRAMMES.iter().find(|(written, _)| *written == name);
        known.map_or_else(|| name.to_string(), |(_, key)| text(language, key))
    });
    names.collect::<Vec<_>>().join("; ")
}
