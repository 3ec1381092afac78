//! Parks: saved whole in one transaction, loaded whole or reduced to what a scope covers.

mod adjustments;
mod load;
mod save;
mod state;
pub(crate) mod streams;
mod unseen;
mod weather;
mod works;

use std::fmt;

use anyhow::Context;
use engine::ids::{EnterpriseId, ParkId};
use engine::language::Label;
use engine::park::Park;
use engine::source::Digest;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sqlx::AnyConnection;

pub use adjustments::AdjustmentError;
pub(crate) use load::{RECORD_COLUMNS, record as read_record};
pub use unseen::Unshared;

pub(crate) use save::{record_row, record_rows, supersede};
use state::{State, changes, counts};
pub(crate) use state::{kept_versions, sheet_digests};

use crate::audit::{Change, Write};
use crate::completion::{Locked, locked_changes};
use crate::measurement_plans;
use crate::scope::{Covered, Seen};
use crate::sql::{Columns, date, query, text, whole};
use crate::{Actor, Scope, Store};

/// Counts the changes of a park; whatever was computed or remembered for an older one is out of date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revision(pub i64);

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Which state of a park something was computed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Stamp {
    pub revision: Revision,
    /// The number of the newest batch of readings; 0 where none came.
    pub readings: i64,
    /// How many verifications were ever signed.
    pub signed: i64,
    /// How many measurement plans were ever written.
    pub plans: i64,
}

/// Sheets whose rows have an identifier and belong to one enterprise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnedSheet {
    Streams,
    Meters,
    Measures,
}

impl OwnedSheet {
    pub fn parse(name: &str) -> Option<OwnedSheet> {
        match name {
            "streams" => Some(OwnedSheet::Streams),
            "meters" => Some(OwnedSheet::Meters),
            "measures" => Some(OwnedSheet::Measures),
            _ => None,
        }
    }

    fn table(self) -> &'static str {
        match self {
            OwnedSheet::Streams => "stream",
            OwnedSheet::Meters => "meter",
            OwnedSheet::Measures => "measure",
        }
    }
}

/// One line of a list of parks.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ParkSummary {
    pub id: ParkId,
    pub name: Label,
    pub province: String,
    pub synthetic: bool,
    pub revision: Revision,
    /// The number of the newest batch of readings; 0 where none came.
    pub readings: i64,
    /// How many verifications were ever signed.
    pub signed: i64,
    /// How many measurement plans were ever written.
    pub plans: i64,
    pub enterprises: usize,
    pub saved_at_us: i64,
}

impl ParkSummary {
    pub fn stamp(&self) -> Stamp {
        Stamp { revision: self.revision, readings: self.readings, signed: self.signed, plans: self.plans }
    }
}

/// An enterprise by name, for search.
#[derive(Clone, Debug, PartialEq)]
pub struct EnterpriseName {
    pub park: ParkId,
    pub enterprise: EnterpriseId,
    pub name: Label,
    pub tax_code: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum SaveParkError {
    #[error("{} parts were handed in that their enterprises have not shared", .0.len())]
    Unshared(Vec<Unshared>),
    /// Records of approved periods that would be changed.
    #[error("{} records are approved and locked", .0.len())]
    Locked(Vec<Locked>),
    #[error(transparent)]
    Store(#[from] anyhow::Error),
}

/// Beside the columns of `park`: the newest batch of readings, how many verifications were signed and plans written.
const NEWEST: &str = "(select coalesce(max(seq), cast(0 as bigint)) from reading_batch where park_id = park.id) as newest_batch, \
     (select count(*) from signed_verification where park_id = park.id) as signed, \
     (select count(*) from measurement_plan where park_id = park.id) as plans";

impl Store {
    /// Replaces what is kept of a park. Records that did not change stay as they are; those that did are kept as
    /// superseded. Nothing is saved of a park with a figure that cannot be loaded again exactly.
    pub async fn save_park(&self, actor: &Actor, park: &Park, note: &str) -> anyhow::Result<Revision> {
        let write = self.write_park(actor, &park.id).await?;
        let revision = finish(write, actor, park, note).await?;
        self.take_plans(actor, park).await?;
        Ok(revision)
    }

    /// Replaces what this person may see of a park. What enterprises have not shared with them stays as it is, and
    /// nothing is saved of a park that would change it.
    pub async fn save_park_view(
        &self,
        actor: &Actor,
        scope: &Scope,
        park: Park,
        note: &str,
    ) -> Result<Revision, SaveParkError> {
        let seen = scope.seen(&park.id).with_context(|| format!("park {} is not in scope", park.id))?;
        let mut write = self.write_park(actor, &park.id).await?;
        let kept = match seen.is_everything() {
            true => None,
            false => load::park(write.connection(), &park.id, &Seen::everything()).await?,
        };
        let park = match kept {
            Some(kept) => unseen::with_unseen(park, &kept, &seen).map_err(SaveParkError::Unshared)?,
            None => park,
        };
        let revision = finish(write, actor, &park, note).await?;
        self.take_plans(actor, &park).await?;
        Ok(revision)
    }

    async fn write_park(&self, actor: &Actor, park: &ParkId) -> anyhow::Result<Write> {
        self.write(actor, Change::new("save", "park", park.as_str()).of_park(park)).await
    }

    /// The whole park. `None` where there is none, and where the scope leaves out any of its enterprises
    /// or anything of them.
    pub async fn load_park(&self, scope: &Scope, park: &ParkId) -> anyhow::Result<Option<Park>> {
        if !self.covers_whole(scope, park).await? {
            return Ok(None);
        }
        load_with_plans(&mut *self.read_as(scope).await?, park, &Seen::everything()).await
    }

    /// The park reduced to what is in scope: its own particulars and facts, its enterprises without the subjects that
    /// they did not share, and only those exchanges whose both parties are in it. `None` where the park is not in scope.
    pub async fn load_park_view(&self, scope: &Scope, park: &ParkId) -> anyhow::Result<Option<Park>> {
        let Some(seen) = scope.seen(park) else { return Ok(None) };
        load_with_plans(&mut *self.read_as(scope).await?, park, &seen).await
    }

    /// The park reduced to one enterprise. `None` where it is not in scope or not in the park.
    pub async fn load_enterprise_view(
        &self,
        scope: &Scope,
        park: &ParkId,
        enterprise: &EnterpriseId,
    ) -> anyhow::Result<Option<Park>> {
        let Some(seen) = scope.seen(park).filter(|_| scope.covers_enterprise(park, enterprise)) else {
            return Ok(None);
        };
        let view = load_with_plans(&mut *self.read_as(scope).await?, park, &seen.only(enterprise)).await?;
        Ok(view.filter(|view| !view.enterprises.is_empty()))
    }

    /// Whose row it is. `None` where the park in scope has no such row.
    pub async fn owner(
        &self,
        scope: &Scope,
        park: &ParkId,
        sheet: OwnedSheet,
        id: &str,
    ) -> anyhow::Result<Option<EnterpriseId>> {
        let sql = format!("select enterprise_id from {} where park_id = $1 and id = $2", sheet.table());
        let query = query(sql).bind(text(park.as_str())).bind(text(id));
        let row = query.row(&mut *self.read_as(scope).await?).await?;
        let owner = row.map(|row| Ok::<_, anyhow::Error>(EnterpriseId::new(Columns::of(&row).text()?))).transpose()?;
        Ok(owner.filter(|owner| scope.covers_enterprise(park, owner)))
    }

    /// Whether every enterprise of the park is in scope, with every subject.
    pub(crate) async fn covers_whole(&self, scope: &Scope, park: &ParkId) -> anyhow::Result<bool> {
        let Some(seen) = scope.seen(park) else { return Ok(false) };
        if seen.is_everything() {
            return Ok(true);
        }
        // Asked with the eyes of the park: within the scope alone nothing would ever be missing.
        let mut read = self.read_as(&Scope::of_park(park)).await?;
        let rows = query("select id from enterprise where park_id = $1").bind(text(park.as_str()));
        for row in rows.rows(&mut read).await? {
            let enterprise = EnterpriseId::new(Columns::of(&row).text()?);
            let sees = |covered: &Covered| covered.contains(&enterprise);
            if ![&seen.enterprises, &seen.streams, &seen.costs, &seen.readings].into_iter().all(sees) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The newest change and the newest batch of readings; tell a cache whether its park is still the one kept here.
    pub async fn park_stamp(&self, park: &ParkId) -> anyhow::Result<Option<Stamp>> {
        let sql = format!("select revision, {NEWEST} from park where id = $1");
        let row = query(sql).bind(text(park.as_str())).row(&mut *self.read_as(&Scope::system()).await?).await?;
        let stamp = |row| {
            let mut columns = Columns::of(&row);
            let revision = Revision(columns.whole()?);
            Ok(Stamp { revision, readings: columns.whole()?, signed: columns.whole()?, plans: columns.whole()? })
        };
        row.map(stamp).transpose()
    }

    /// The number of the newest change.
    pub async fn park_revision(&self, park: &ParkId) -> anyhow::Result<Option<Revision>> {
        revision_of(&mut *self.read_as(&Scope::system()).await?, park).await
    }

    /// The code of the province in which a park lies.
    pub async fn park_province(&self, park: &ParkId) -> anyhow::Result<Option<String>> {
        let mut read = self.read_as(&Scope::system()).await?;
        let row = query("select province from park where id = $1").bind(text(park.as_str())).row(&mut read).await?;
        row.map(|row| Columns::of(&row).text()).transpose()
    }

    /// Tells whether names of parks or of their enterprises may have changed: they change when a park is saved.
    pub async fn names_stamp(&self) -> anyhow::Result<i64> {
        let mut read = self.read_as(&Scope::system()).await?;
        let row = query("select max(seq) from audit where entity = 'park'").row(&mut read).await?;
        Ok(row.map(|row| Columns::of(&row).maybe_whole()).transpose()?.flatten().unwrap_or_default())
    }

    /// The enterprises in scope with their parks.
    pub async fn enterprise_names(&self, scope: &Scope) -> anyhow::Result<Vec<EnterpriseName>> {
        let mut read = self.read_as(scope).await?;
        let sql = "select park_id, id, name_vi, name_en, tax_code from enterprise order by park_id, id";
        let mut names = Vec::new();
        for row in query(sql).rows(&mut read).await? {
            let mut columns = Columns::of(&row);
            let name = EnterpriseName {
                park: ParkId::new(columns.text()?),
                enterprise: EnterpriseId::new(columns.text()?),
                name: columns.label()?,
                tax_code: columns.maybe_text()?,
            };
            if scope.covers_enterprise(&name.park, &name.enterprise) {
                names.push(name);
            }
        }
        Ok(names)
    }

    /// The first day of the newest record in scope that begins before a day.
    pub async fn latest_record_before(&self, scope: &Scope, day: Date) -> anyhow::Result<Option<Date>> {
        let mut read = self.read_as(scope).await?;
        let sql = "select max(period_start) from record where superseded_at_us is null and period_start < $1";
        match query(sql).bind(date(day)).row(&mut read).await? {
            Some(row) => Columns::of(&row).maybe_date(),
            None => Ok(None),
        }
    }

    /// The parks in scope, by identifier.
    pub async fn list_parks(&self, scope: &Scope) -> anyhow::Result<Vec<ParkSummary>> {
        // How many enterprises there are is told with the park, whoever of them is in scope.
        let mut read = self.read_as(&Scope::system()).await?;
        let sql = format!(
            "select id, name_vi, name_en, province, synthetic, revision, {NEWEST}, \
             (select count(*) from enterprise where park_id = park.id), saved_at_us from park order by id"
        );
        let mut parks = Vec::new();
        for row in query(sql).rows(&mut read).await? {
            let mut columns = Columns::of(&row);
            let summary = ParkSummary {
                id: ParkId::new(columns.text()?),
                name: columns.label()?,
                province: columns.text()?,
                synthetic: columns.yes_no()?,
                revision: Revision(columns.whole()?),
                readings: columns.whole()?,
                signed: columns.whole()?,
                plans: columns.whole()?,
                enterprises: columns.whole()?.try_into()?,
                saved_at_us: columns.whole()?,
            };
            if scope.covers_park(&summary.id) {
                parks.push(summary);
            }
        }
        Ok(parks)
    }
}

/// A park with the measurement plans of the measures that are seen. The log tells of plans one by one, so that they are no
/// part of what is kept of the park as a whole. A plan opens no readings: those of a meter that the row of its measure does
/// not name are there where its enterprise shares them.
async fn load_with_plans(connection: &mut AnyConnection, id: &ParkId, seen: &Seen) -> anyhow::Result<Option<Park>> {
    let Some(mut park) = load::park(connection, id, seen).await? else { return Ok(None) };
    let plans = measurement_plans::current(connection, id).await?;
    park.plans = plans.into_iter().filter(|plan| park.measures.iter().any(|one| one.id == plan.measure)).collect();
    Ok(Some(park))
}

async fn finish(mut write: Write, actor: &Actor, park: &Park, note: &str) -> Result<Revision, SaveParkError> {
    let digest = park.digest();

    let before = whole_park(write.connection(), &park.id).await?;
    if let Some(before) = &before {
        let locked = locked_changes(write.connection(), before, park).await?;
        if !locked.is_empty() {
            return Err(SaveParkError::Locked(locked));
        }
    }
    let kept = revision_of(write.connection(), &park.id).await?;
    let revision = kept.map_or(Revision(1), |kept| Revision(kept.0 + 1));
    save::replace(write.connection(), actor, park, revision, &digest).await?;

    // The log tells of what is kept, as it comes out again, and not of what was handed in.
    let after = whole_park(write.connection(), &park.id).await?.context("the park was just saved")?;
    let kept_digest = after.digest();
    if kept_digest != digest {
        let sql = "update park set digest = $2 where id = $1";
        query(sql).bind(text(park.id.as_str())).bind(text(kept_digest.as_str())).execute(write.connection()).await?;
    }
    let state = |park: &Park, revision, digest: &Digest| State {
        revision,
        digest: digest.as_str().to_string(),
        counts: counts(park),
        sheets: None,
        versions: None,
        note: None,
        changes: None,
    };
    let told = State {
        sheets: Some(sheet_digests(&after)),
        versions: Some(kept_versions(write.connection(), &park.id).await?),
        note: Some(note),
        changes: before.as_ref().map(|before| changes(before, &after)).transpose()?,
        ..state(&after, revision, &kept_digest)
    };
    let before = before.as_ref().zip(kept).map(|(before, revision)| state(before, revision, &before.digest()));
    write.before(before.map(serde_json::to_value).transpose().context("tell the log")?);
    write.after(Some(serde_json::to_value(told).context("tell the log")?));
    write.commit().await?;
    Ok(revision)
}

pub(crate) async fn revision_of(connection: &mut AnyConnection, park: &ParkId) -> anyhow::Result<Option<Revision>> {
    let row = query("select revision from park where id = $1").bind(text(park.as_str())).row(connection).await?;
    row.map(|row| Ok(Revision(Columns::of(&row).whole()?))).transpose()
}

/// Marks a park as changed in a part. Its digest is unknown until somebody needs it.
pub(crate) async fn bump_revision(
    connection: &mut AnyConnection,
    actor: &Actor,
    park: &ParkId,
) -> anyhow::Result<Revision> {
    let sql = "update park set revision = revision + 1, digest = null, saved_at_us = $2 where id = $1";
    query(sql).bind(text(park.as_str())).bind(whole(actor.at_us)).execute(connection).await?;
    revision_of(connection, park).await?.with_context(|| format!("there is no park {park}"))
}

/// All that is kept of a park.
pub(crate) async fn whole_park(connection: &mut AnyConnection, park: &ParkId) -> anyhow::Result<Option<Park>> {
    load::park(connection, park, &Seen::everything()).await
}
