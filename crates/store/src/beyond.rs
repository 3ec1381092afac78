//! Which enterprises let their streams be found from other parks. Nobody does until they say so.

use engine::ids::{EnterpriseId, ParkId};
use sqlx::any::AnyRow;
use uuid::Uuid;

use crate::audit::Change;
use crate::sql::{Columns, Rows, query, text, whole};
use crate::{Actor, Scope, Store};

/// An enterprise that may be found from other parks today.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Findable {
    pub park: ParkId,
    pub enterprise: EnterpriseId,
    /// Drawn at random when it was opened: what is shown to others is coded by it.
    pub id: String,
    pub given_at_us: i64,
}

const IN_FORCE: &str = "select park_id, enterprise_id, id, given_at_us from beyond where withdrawn_at_us is null";

impl Store {
    /// The enterprises in scope that may be found from other parks, by park and enterprise.
    pub async fn findable(&self, scope: &Scope) -> anyhow::Result<Vec<Findable>> {
        let sql = format!("{IN_FORCE} order by park_id, enterprise_id");
        let rows = query(sql).rows(&mut *self.read_as(scope).await?).await?;
        let mut found = rows.iter().map(findable).collect::<anyhow::Result<Vec<_>>>()?;
        found.retain(|one| scope.covers_whole_enterprise(&one.park, &one.enterprise));
        Ok(found)
    }

    /// Lets an enterprise be found from other parks. False where it may be found already. The scope must hold all of
    /// the enterprise: only it can open what is its own.
    pub async fn open_beyond(
        &self,
        actor: &Actor,
        scope: &Scope,
        park: &ParkId,
        enterprise: &EnterpriseId,
    ) -> anyhow::Result<bool> {
        hold(scope, park, enterprise)?;
        let change = Change::new("share", "beyond", enterprise.as_str()).of_park(park).of_enterprise(enterprise);
        let mut write = self.write(actor, change).await?;
        let sql = format!("{IN_FORCE} and park_id = $1 and enterprise_id = $2");
        let of_enterprise = query(sql).bind(text(park.as_str())).bind(text(enterprise.as_str()));
        if of_enterprise.row(write.connection()).await?.is_some() {
            write.discard().await?;
            return Ok(false);
        }
        let columns = ["id", "park_id", "enterprise_id", "given_by", "given_at_us"];
        let mut rows = Rows::of("beyond", &[], columns);
        // Not ordered by time, so that nothing about it can be guessed.
        let id = Uuid::new_v4();
        let given_by = text(&actor.id);
        rows.push([text(id), text(park.as_str()), text(enterprise.as_str()), given_by, whole(actor.at_us)]);
        rows.insert(write.connection()).await?;
        write.commit().await?;
        Ok(true)
    }

    /// Takes that back: from the next read on it is not found. False where it was not open.
    pub async fn close_beyond(
        &self,
        actor: &Actor,
        scope: &Scope,
        park: &ParkId,
        enterprise: &EnterpriseId,
    ) -> anyhow::Result<bool> {
        hold(scope, park, enterprise)?;
        let change = Change::new("withdraw", "beyond", enterprise.as_str()).of_park(park).of_enterprise(enterprise);
        let mut write = self.write(actor, change).await?;
        let sql = "update beyond set withdrawn_at_us = $1 where park_id = $2 and enterprise_id = $3 \
                   and withdrawn_at_us is null";
        let closed = query(sql)
            .bind(whole(actor.at_us))
            .bind(text(park.as_str()))
            .bind(text(enterprise.as_str()))
            .execute(write.connection())
            .await?;
        if closed == 0 {
            write.discard().await?;
            return Ok(false);
        }
        write.commit().await?;
        Ok(true)
    }
}

fn hold(scope: &Scope, park: &ParkId, enterprise: &EnterpriseId) -> anyhow::Result<()> {
    anyhow::ensure!(
        scope.covers_whole_enterprise(park, enterprise),
        "enterprise {enterprise} of park {park} is not in scope"
    );
    Ok(())
}

fn findable(row: &AnyRow) -> anyhow::Result<Findable> {
    let mut columns = Columns::of(row);
    Ok(Findable {
        park: ParkId::new(columns.text()?),
        enterprise: EnterpriseId::new(columns.text()?),
        id: columns.text()?,
        given_at_us: columns.whole()?,
    })
}
