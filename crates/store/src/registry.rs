//! The register of real parks: public knowledge, imported by code, linked to the parks of this store.

use std::collections::BTreeMap;

use anyhow::bail;
use engine::ids::ParkId;
use engine::language::{Label, fold};
use engine::park::Place;
use engine::source::Digest;
use serde::Serialize;
use serde_json::json;
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use crate::audit::Change;
use crate::sql::{Columns, Rows, maybe_number, maybe_text, query, text};
use crate::{Actor, Store};

/// A park of the register, with who says so and under which licence.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RegisteredPark {
    pub code: String,
    pub name: Label,
    /// Province code of the edition until 30 June 2025.
    pub province_before: Option<String>,
    /// Province code of the edition from 1 July 2025.
    pub province_after: Option<String>,
    pub area_ha: Option<f64>,
    /// The year as the source prints it.
    pub year_text: Option<String>,
    pub developer: Option<String>,
    pub place: Option<Place>,
    pub status: Option<String>,
    /// The eco-industrial park programme it took part in.
    pub programme: Option<String>,
    pub note: Option<String>,
    pub source: String,
    pub licence: String,
    /// Both names in lower case and base letters. Written by the store; what an import says is not looked at.
    pub name_fold: String,
    /// The park of this store that it is. Set by `link_park` alone.
    pub park: Option<ParkId>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RegistryImport {
    pub added: usize,
    pub changed: usize,
    pub unchanged: usize,
}

impl Store {
    /// Takes over a register: new codes are added, known ones brought up to date, nothing is removed and links
    /// stay. The same register once more changes nothing.
    pub async fn import_registry(&self, actor: &Actor, parks: Vec<RegisteredPark>) -> anyhow::Result<RegistryImport> {
        let mut write = self.write(actor, Change::new("import", "registered_park", "all")).await?;
        let mut register = by_code(rows(write.connection()).await?);
        let before = state(&register);

        let mut import = RegistryImport::default();
        let mut changed = Vec::new();
        let mut seen = BTreeMap::new();
        for park in parks {
            if seen.insert(park.code.clone(), ()).is_some() {
                bail!("the register names `{}` twice", park.code);
            }
            let kept = register.get(&park.code);
            let park = RegisteredPark {
                name_fold: format!("{} {}", fold(&park.name.vi), fold(&park.name.en)),
                park: kept.and_then(|kept| kept.park.clone()),
                ..park
            };
            match kept {
                Some(kept) if *kept == park => import.unchanged += 1,
                Some(_) => {
                    import.changed += 1;
                    changed.push(json!({ "sheet": "registry", "id": park.code, "of": [], "change": "changed" }));
                }
                None => import.added += 1,
            }
            register.insert(park.code.clone(), park);
        }
        if import.added + import.changed == 0 {
            write.discard().await?;
            return Ok(import);
        }
        replace(write.connection(), &register).await?;
        let mut after = state(&register);
        after["added"] = import.added.into();
        after["more_changes"] = changed.len().saturating_sub(MOST_LISTED).into();
        changed.truncate(MOST_LISTED);
        after["changes"] = changed.into();
        write.before(Some(before));
        write.after(Some(after));
        write.commit().await?;
        Ok(import)
    }

    /// The register, by code.
    pub async fn registered_parks(&self) -> anyhow::Result<Vec<RegisteredPark>> {
        rows(&mut *self.read().await?).await
    }

    /// Says which park of this store a registered one is. False where the code is unknown.
    pub async fn link_park(&self, actor: &Actor, code: &str, park: &ParkId) -> anyhow::Result<bool> {
        let change = Change::new("link", "registered_park", code).of_park(park);
        let mut write = self.write(actor, change).await?;
        let kept = query("select park_id from registered_park where code = $1").bind(text(code));
        let Some(kept) = kept.row(write.connection()).await? else { return Ok(false) };
        let kept = Columns::of(&kept).maybe_text()?;
        if kept.as_deref() == Some(park.as_str()) {
            write.discard().await?;
            return Ok(true);
        }
        let sql = "update registered_park set park_id = $2 where code = $1";
        query(sql).bind(text(code)).bind(text(park.as_str())).execute(write.connection()).await?;
        write.before(Some(json!({ "park": kept })));
        write.after(Some(json!({ "park": park })));
        write.commit().await?;
        Ok(true)
    }
}

/// Changed parks that an import lists in the log; the rest are counted.
const MOST_LISTED: usize = 200;

const COLUMNS: [&str; 17] = [
    "code",
    "name_vi",
    "name_en",
    "province_before",
    "province_after",
    "area_ha",
    "year_text",
    "developer",
    "latitude",
    "longitude",
    "status",
    "programme",
    "note",
    "source",
    "licence",
    "name_fold",
    "park_id",
];

pub(crate) fn by_code(parks: Vec<RegisteredPark>) -> BTreeMap<String, RegisteredPark> {
    parks.into_iter().map(|park| (park.code.clone(), park)).collect()
}

/// The register as the audit log shows it.
pub(crate) fn state(register: &BTreeMap<String, RegisteredPark>) -> serde_json::Value {
    json!({ "parks": register.len(), "digest": Digest::of_value(register) })
}

pub(crate) async fn rows(connection: &mut AnyConnection) -> anyhow::Result<Vec<RegisteredPark>> {
    let sql = format!("select {} from registered_park order by code", COLUMNS.join(", "));
    query(sql).rows(connection).await?.iter().map(registered_park).collect()
}

fn registered_park(row: &AnyRow) -> anyhow::Result<RegisteredPark> {
    let mut columns = Columns::of(row);
    Ok(RegisteredPark {
        code: columns.text()?,
        name: columns.label()?,
        province_before: columns.maybe_text()?,
        province_after: columns.maybe_text()?,
        area_ha: columns.maybe_number()?,
        year_text: columns.maybe_text()?,
        developer: columns.maybe_text()?,
        place: columns.place()?,
        status: columns.maybe_text()?,
        programme: columns.maybe_text()?,
        note: columns.maybe_text()?,
        source: columns.text()?,
        licence: columns.text()?,
        name_fold: columns.text()?,
        park: columns.maybe_text()?.map(ParkId::new),
    })
}

async fn replace(connection: &mut AnyConnection, register: &BTreeMap<String, RegisteredPark>) -> anyhow::Result<()> {
    query("delete from registered_park").execute(connection).await?;
    let mut rows = Rows::of("registered_park", &[], COLUMNS);
    for park in register.values() {
        rows.push([
            text(&park.code),
            text(&park.name.vi),
            text(&park.name.en),
            maybe_text(park.province_before.as_ref()),
            maybe_text(park.province_after.as_ref()),
            maybe_number(park.area_ha),
            maybe_text(park.year_text.as_ref()),
            maybe_text(park.developer.as_ref()),
            maybe_number(park.place.map(|place| place.latitude)),
            maybe_number(park.place.map(|place| place.longitude)),
            maybe_text(park.status.as_ref()),
            maybe_text(park.programme.as_ref()),
            maybe_text(park.note.as_ref()),
            text(&park.source),
            text(&park.licence),
            text(&park.name_fold),
            maybe_text(park.park.as_ref()),
        ]);
    }
    rows.insert(connection).await
}
