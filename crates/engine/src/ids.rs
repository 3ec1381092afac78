//! Identifiers: a site's is not a meter's, and neither is a plain string.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            pub fn new(code: impl Into<String>) -> $name { $name(code.into()) }
            pub fn as_str(&self) -> &str { &self.0 }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
        }
    )+};
}

id!(
    /// A park: the code in its own file, unique in a store.
    ParkId,
    /// An enterprise within its park.
    EnterpriseId,
    /// A meter within its park.
    MeterId,
    /// A weather station, of a park or of the catalogue.
    StationId,
    /// A stream within its park.
    StreamId,
    /// A link between sites that costs something by the year, within its park.
    SiteLinkId,
    /// A shared plant within its park.
    PlantId,
    /// An exchange that runs, within its park.
    ExchangeId,
    /// A measure within its park.
    MeasureId,
    /// An option of the catalogue.
    OptionId,
    /// A criterion of a framework.
    CriterionId,
    /// An edition of a framework: its file stem, `vn-decree-35-2022`.
    FrameworkId,
    /// A form of the state: its file stem, `vn-a4`.
    FormId,
    /// A row of a form: `A4-III-1.2.3`.
    FieldId,
    /// A resource of the catalogue, such as `electricity`.
    ResourceId,
    /// A claim, derived from the measure, the period and the method.
    ClaimId,
);
