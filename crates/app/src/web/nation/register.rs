//! The registry of real parks, each with the park of this store that holds its data.

use engine::catalogue::places::{Province, ProvinceEdition, Provinces};
use store::{ParkSummary, RegisteredPark};

use crate::auth::{self, Action, User};
use crate::error::AppError;
use crate::state::App;

pub struct Register {
    /// By code.
    pub entries: Vec<Entry>,
    /// Parks of this store that the registry does not know: samples, parks abroad, parks not linked yet.
    pub outside: Vec<StoredPark>,
}

pub struct Entry {
    pub park: RegisteredPark,
    pub data: Option<StoredPark>,
}

/// A park that has data in this store.
#[derive(Clone)]
pub struct StoredPark {
    pub summary: ParkSummary,
    /// Whether the reader may see at least its totals.
    pub may_see: bool,
    pub is_in_nation: bool,
}

/// Reads the registry and says what the reader may open. Two short queries: cheap enough for every request.
pub async fn load(app: &App, user: &User) -> Result<Register, AppError> {
    auth::may(user, &Action::SeePublic)?;
    let mut stored: Vec<StoredPark> = app
        .store
        .list_parks(&auth::whole())
        .await?
        .into_iter()
        .map(|summary| {
            let key = app.key_of(summary.id.clone(), &summary.province);
            StoredPark {
                is_in_nation: key.province.is_some(),
                may_see: auth::may(user, &Action::SeePark(key)).is_ok(),
                summary,
            }
        })
        .collect();
    let mut entries = Vec::new();
    for park in app.store.registered_parks().await? {
        let data = stored.iter().position(|stored| is_data_of(&park, stored)).map(|found| stored.remove(found));
        entries.push(Entry { park, data });
    }
    Ok(Register { entries, outside: stored })
}

/// A stored park belongs to the registered one that was linked to it, or that has the same code. Synthetic data are
/// never a real park's.
fn is_data_of(park: &RegisteredPark, stored: &StoredPark) -> bool {
    let linked = match &park.park {
        Some(linked) => *linked == stored.summary.id,
        None => park.code == stored.summary.id.as_str(),
    };
    linked && !stored.summary.synthetic
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
        let (before, after) = (self.park.province_before.as_deref(), self.park.province_after.as_deref());
        match edition {
            ProvinceEdition::After => {
                let code = after.or_else(|| provinces.crosswalk.get(before?).map(String::as_str))?;
                provinces.after.get(code)
            }
            ProvinceEdition::Before => match before {
                Some(code) => provinces.before.get(code),
                None => only_old(provinces, after?),
            },
        }
    }
}

/// The old province of a new one that was not merged; a merged one leaves it open.
fn only_old<'a>(provinces: &'a Provinces, after: &str) -> Option<&'a Province> {
    let mut old = provinces.crosswalk.iter().filter(|(_, new)| *new == after).map(|(old, _)| old);
    match (old.next(), old.next()) {
        (Some(code), None) => provinces.before.get(code),
        _ => None,
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
