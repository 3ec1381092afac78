//! Parks: saved whole in one transaction, loaded whole or reduced to what a scope covers.

mod load;
mod save;
mod state;

use std::fmt;

use anyhow::Context;
use engine::ids::{EnterpriseId, ParkId};
use engine::language::Label;
use engine::park::Park;
use engine::source::Digest;
use serde::{Deserialize, Serialize};
use sqlx::AnyConnection;

pub(crate) use load::{RECORD_COLUMNS, record as read_record};
pub(crate) use save::{record_row, record_rows, supersede};
use state::{State, changes, counts};
pub(crate) use state::{kept_versions, sheet_digests};

use crate::audit::Change;
use crate::scope::Covered;
use crate::sql::{Columns, query, text, whole};
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

/// One line of a list of parks.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ParkSummary {
    pub id: ParkId,
    pub name: Label,
    pub province: String,
    pub synthetic: bool,
    pub revision: Revision,
    pub enterprises: usize,
    pub saved_at_us: i64,
}

impl Store {
    /// Replaces what is kept of a park. Records that did not change stay as they are; those that did are kept as
    /// superseded. Nothing is saved of a park with a figure that cannot be loaded again exactly.
    pub async fn save_park(&self, actor: &Actor, park: &Park, note: &str) -> anyhow::Result<Revision> {
        let digest = park.digest();
        let change = Change::new("save", "park", park.id.as_str()).of_park(&park.id);
        let mut write = self.write(actor, change).await?;

        let before = whole_park(write.connection(), &park.id).await?;
        let kept = revision_of(write.connection(), &park.id).await?;
        let revision = kept.map_or(Revision(1), |kept| Revision(kept.0 + 1));
        save::replace(write.connection(), actor, park, revision, &digest).await?;

        // The log tells of what is kept, as it comes out again, and not of what was handed in.
        let after = whole_park(write.connection(), &park.id).await?.context("the park was just saved")?;
        let kept_digest = after.digest();
        if kept_digest != digest {
            let sql = "update park set digest = $2 where id = $1";
            query(sql)
                .bind(text(park.id.as_str()))
                .bind(text(kept_digest.as_str()))
                .execute(write.connection())
                .await?;
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
        write.before(before.map(serde_json::to_value).transpose()?);
        write.after(Some(serde_json::to_value(told)?));
        write.commit().await?;
        Ok(revision)
    }

    /// The whole park. `None` where there is none, and where the scope leaves out any of its enterprises.
    pub async fn load_park(&self, scope: &Scope, park: &ParkId) -> anyhow::Result<Option<Park>> {
        let mut read = self.read().await?;
        if !covers_whole(&mut read, scope, park).await? {
            return Ok(None);
        }
        load::park(&mut read, park, &Covered::All).await
    }

    /// The park reduced to the enterprises in scope: its own particulars and facts, and of an exchange only
    /// those whose both parties are in it. `None` where the park is not in scope.
    pub async fn load_park_view(&self, scope: &Scope, park: &ParkId) -> anyhow::Result<Option<Park>> {
        let Some(covered) = scope.enterprises_of(park) else { return Ok(None) };
        load::park(&mut *self.read().await?, park, &covered).await
    }

    /// The park reduced to one enterprise. `None` where it is not in scope or not in the park.
    pub async fn load_enterprise_view(
        &self,
        scope: &Scope,
        park: &ParkId,
        enterprise: &EnterpriseId,
    ) -> anyhow::Result<Option<Park>> {
        if !scope.covers_enterprise(park, enterprise) {
            return Ok(None);
        }
        let only = Covered::Only(vec![enterprise.clone()]);
        let view = load::park(&mut *self.read().await?, park, &only).await?;
        Ok(view.filter(|view| !view.enterprises.is_empty()))
    }

    /// The number of the newest change; tells a cache whether its park is still the one kept here.
    pub async fn park_revision(&self, park: &ParkId) -> anyhow::Result<Option<Revision>> {
        revision_of(&mut *self.read().await?, park).await
    }

    /// The parks in scope, by identifier.
    pub async fn list_parks(&self, scope: &Scope) -> anyhow::Result<Vec<ParkSummary>> {
        let mut read = self.read().await?;
        let sql = "select id, name_vi, name_en, province, synthetic, revision, \
                   (select count(*) from enterprise where park_id = park.id), saved_at_us from park order by id";
        let mut parks = Vec::new();
        for row in query(sql).rows(&mut read).await? {
            let mut columns = Columns::of(&row);
            let summary = ParkSummary {
                id: ParkId::new(columns.text()?),
                name: columns.label()?,
                province: columns.text()?,
                synthetic: columns.yes_no()?,
                revision: Revision(columns.whole()?),
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

/// Whether every enterprise of the park is in scope.
pub(crate) async fn covers_whole(connection: &mut AnyConnection, scope: &Scope, park: &ParkId) -> anyhow::Result<bool> {
    match scope.enterprises_of(park) {
        None => Ok(false),
        Some(Covered::All) => Ok(true),
        Some(Covered::Only(_)) => {
            let rows = query("select id from enterprise where park_id = $1").bind(text(park.as_str()));
            for row in rows.rows(connection).await? {
                let enterprise = EnterpriseId::new(Columns::of(&row).text()?);
                if !scope.covers_enterprise(park, &enterprise) {
                    return Ok(false);
                }
            }
            Ok(true)
        }
    }
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
    load::park(connection, park, &Covered::All).await
}
