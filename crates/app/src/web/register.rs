//! The register beside parks: zones, developers and authorities for everybody, enterprises with their sites for those
//! whose register it is, and imports into it.

mod entry;
mod imports;
mod list;
mod preview;
#[cfg(test)]
mod tests;
mod words;

use engine::catalogue::places::{ProvinceEdition, Provinces};
use engine::register::{Entry, Field, Register, RegisterKind};

use crate::auth::{self, Action, User};
use crate::web::routes::{Routes, Rule};
pub use entry::{StateLine, states};

pub fn routes() -> Routes {
    Routes::new()
        .get("/register/{kind}", Rule::Public, list::public)
        .get("/register/{kind}/{code}", Rule::Public, entry::public)
        .get("/enterprises", Rule::Register, list::enterprises)
        .get("/enterprises/{code}", Rule::Register, entry::enterprise)
        .get("/register-imports", Rule::RegisterImports, imports::show)
        .post("/register-imports", Rule::RegisterImports, imports::receive)
        .get("/register-imports/{import}", Rule::RegisterImports, preview::show)
        .post("/register-imports/{import}", Rule::RegisterImports, preview::decide)
        .post("/register-imports/{import}/commit", Rule::RegisterImports, preview::commit)
        .post("/register-imports/{import}/discard", Rule::RegisterImports, preview::discard)
        .post("/register-imports/{import}/undo", Rule::RegisterImports, preview::undo)
}

/// Whether somebody may see a registered enterprise or site by name.
pub fn may_see(user: &User, register: &Register, provinces: &Provinces, entry: &Entry) -> bool {
    let sites: Vec<&Entry> = match entry.kind {
        RegisterKind::Site => vec![entry],
        RegisterKind::Enterprise => register.sites(Field::Enterprise, &entry.code).collect(),
        _ => return true,
    };
    auth::may(user, &seen_through(register, provinces, entry, &sites)).is_ok()
}

/// What must be asked before an enterprise with these sites is shown.
pub fn seen_through(register: &Register, provinces: &Provinces, entry: &Entry, sites: &[&Entry]) -> Action {
    let after = |entry: &Entry| entry.latest().province(provinces, ProvinceEdition::After).map(|p| p.code.clone());
    let parks: Vec<&Entry> =
        sites.iter().filter_map(|site| register.entry(RegisterKind::Park, site.latest().text(Field::Park)?)).collect();
    Action::SeeRegistered {
        provinces: std::iter::once(entry).chain(parks.iter().copied()).filter_map(after).collect(),
        parks: parks.iter().filter_map(|park| register.link(RegisterKind::Park, &park.code).park).collect(),
    }
}

/// The kinds that everybody may see.
pub fn is_public(kind: RegisterKind) -> bool {
    matches!(kind, RegisterKind::Zone | RegisterKind::Developer | RegisterKind::Authority)
}
