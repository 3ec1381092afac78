//! The parks of the register, each with the park of this store that holds its data.

use std::sync::Arc;

use engine::catalogue::places::{Province, ProvinceEdition, Provinces};
use engine::ids::ParkId;
use engine::language::Label;
use engine::park::Place;
use engine::register::{Field, Register as WholeRegister, RegisterKind, State};
use jiff::civil::Date;
use serde::Serialize;
use store::ParkSummary;

use crate::auth::{self, Action, User};
use crate::error::AppError;
use crate::state::App;

pub struct Register {
    /// Everything that is registered, not only parks.
    pub whole: Arc<WholeRegister>,
    /// The parks that there were on the day, by code.
    pub entries: Vec<Entry>,
    /// Parks of this store that the register does not know: samples, parks abroad, parks not linked yet.
    pub outside: Vec<StoredPark>,
}

pub struct Entry {
    pub park: RegisteredPark,
    pub data: Option<StoredPark>,
}

/// What the register knows of a park on a day, with who says so and under which licence.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RegisteredPark {
    pub code: String,
    pub name: Label,
    /// Province code of the edition until 30 June 2025.
    pub province_before: Option<String>,
    /// Province code of the edition from 1 July 2025.
    pub province_after: Option<String>,
    pub area_ha: Option<f64>,
    pub leasable_ha: Option<f64>,
    pub occupied_ha: Option<f64>,
    /// The year as the source prints it.
    pub year_text: Option<String>,
    pub developer: Option<String>,
    pub sector: Option<String>,
    pub place: Option<Place>,
    pub status: Option<String>,
    /// The eco-industrial park programme it took part in.
    pub programme: Option<String>,
    pub note: Option<String>,
    pub source: String,
    pub licence: String,
    /// Every name that it ever had, in lower case and base letters.
    pub name_fold: String,
}

impl RegisteredPark {
    fn of(code: &str, state: &State, name_fold: String) -> RegisteredPark {
        let text = |field: Field| state.text(field).map(str::to_string);
        RegisteredPark {
            code: code.to_string(),
            name: state.name(),
            province_before: text(Field::ProvinceBefore),
            province_after: text(Field::ProvinceAfter),
            area_ha: state.number(Field::AreaHa),
            leasable_ha: state.number(Field::LeasableHa),
            occupied_ha: state.number(Field::OccupiedHa),
            year_text: text(Field::Year),
            developer: text(Field::Developer),
            sector: text(Field::Sector),
            place: state.place(),
            status: text(Field::Status),
            programme: text(Field::Programme),
            note: text(Field::Note),
            source: state.source.clone(),
            licence: state.licence.clone(),
            name_fold,
        }
    }
}

/// A park that has data in this store.
#[derive(Clone)]
pub struct StoredPark {
    pub summary: ParkSummary,
    /// Whether the reader may see at least its totals.
    pub may_see: bool,
    pub is_in_nation: bool,
}

/// The register as it is now, and what the reader may open.
pub async fn load(app: &App, user: &User) -> Result<Register, AppError> {
    load_on(app, user, app.today()).await
}

/// The register as it was on a day.
pub async fn load_on(app: &App, user: &User, day: Date) -> Result<Register, AppError> {
    auth::may(user, &Action::SeePublic)?;
    let whole = app.register().await?;
    let mut stored: Vec<Option<StoredPark>> = app
        .store
        .list_parks(&auth::whole())
        .await?
        .into_iter()
        .map(|summary| {
            let key = app.key_of(summary.id.clone(), &summary.province);
            Some(StoredPark {
                is_in_nation: key.province.is_some(),
                may_see: auth::may(user, &Action::SeePark(key)).is_ok(),
                summary,
            })
        })
        .collect();
    let mut entries = Vec::new();
    for entry in whole.of(RegisterKind::Park) {
        let Some(state) = entry.on(day) else { continue };
        let linked = whole.link(RegisterKind::Park, &entry.code).park;
        let is_data = |park: &StoredPark| is_data_of(&entry.code, linked.as_ref(), park);
        let data = stored.iter_mut().find(|park| park.as_ref().is_some_and(is_data)).and_then(Option::take);
        entries.push(Entry { park: RegisteredPark::of(&entry.code, state, entry.name_fold()), data });
    }
    Ok(Register { whole, entries, outside: stored.into_iter().flatten().collect() })
}

/// A stored park belongs to the registered one that was linked to it, or that has the same code. Synthetic data are
/// never a real park's, unless somebody linked them: a generated nation is synthetic throughout.
fn is_data_of(code: &str, linked: Option<&ParkId>, stored: &StoredPark) -> bool {
    match linked {
        Some(linked) => *linked == stored.summary.id,
        None => code == stored.summary.id.as_str() && !stored.summary.synthetic,
    }
}

impl Register {
    /// Every park with data.
    pub fn stored(&self) -> impl Iterator<Item = &StoredPark> {
        self.entries.iter().filter_map(|entry| entry.data.as_ref()).chain(&self.outside)
    }

    pub fn is_outside(&self, park: &StoredPark) -> bool {
        self.outside.iter().any(|outside| outside.summary.id == park.summary.id)
    }
}

impl Entry {
    pub fn province<'a>(&self, provinces: &'a Provinces, edition: ProvinceEdition) -> Option<&'a Province> {
        provinces.of(edition, self.park.province_before.as_deref(), self.park.province_after.as_deref())
    }
}

/// The old provinces that make up a new one.
pub fn old_provinces<'a>(provinces: &'a Provinces, after: &str) -> Vec<&'a Province> {
    provinces
        .crosswalk
        .iter()
        .filter(|(_, new)| *new == after)
        .filter_map(|(old, _)| provinces.before.get(old))
        .collect()
}
