//! Where a figure comes from, and what made a result.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// How a figure was obtained, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    Metered,
    Invoiced,
    Declared,
    Calculated,
    Estimated,
}

impl Basis {
    pub const ALL: [Basis; 5] = [Basis::Metered, Basis::Invoiced, Basis::Declared, Basis::Calculated, Basis::Estimated];

    pub fn code(self) -> &'static str {
        match self {
            Basis::Metered => "metered",
            Basis::Invoiced => "invoiced",
            Basis::Declared => "declared",
            Basis::Calculated => "calculated",
            Basis::Estimated => "estimated",
        }
    }

    pub fn parse(code: &str) -> Option<Basis> {
        Basis::ALL.into_iter().find(|basis| basis.code() == code)
    }
}

/// A value with how it was obtained and who says so.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure<T> {
    pub value: T,
    pub basis: Basis,
    /// The invoice, form, meter or publication; for a calculated figure, the method and its factors.
    pub source: String,
    /// True where the source could not be checked; it stays visible.
    pub unconfirmed: bool,
}

/// What made a result: the same inputs give the same digest and the same result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    pub engine: String,
    pub period: String,
    pub as_of: jiff::civil::Date,
    /// Digest of the park's data.
    pub inputs: Digest,
    /// Digest of the catalogue.
    pub catalogue: Digest,
}

/// The version of the engine that a result names.
pub const ENGINE_VERSION: &str = concat!("congsinh ", env!("CARGO_PKG_VERSION"));

/// SHA-256 in lower-case hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(String);

impl Digest {
    pub fn of(bytes: &[u8]) -> Digest {
        Digest(Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Digest of a value through its JSON text, whose key order is fixed by the type.
    pub fn of_value<T: Serialize>(value: &T) -> Digest {
        let text = serde_json::to_vec(value).expect("our own values always have a JSON form");
        Digest::of(&text)
    }

    /// What somebody copied from a page; `None` of what is no digest.
    pub fn parse(text: &str) -> Option<Digest> {
        let text = text.trim();
        let is_digest = text.len() == 64 && text.bytes().all(|letter| letter.is_ascii_hexdigit());
        is_digest.then(|| Digest(text.to_ascii_lowercase()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first twelve digits, as printed on a page.
    pub fn short(&self) -> &str {
        &self.0[..12]
    }
}
