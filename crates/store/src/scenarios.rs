//! Scenarios of the policy laboratory: changes of an edition that somebody keeps for themselves or for all who try rules.
//! They hold no data of any park, so that no scope is asked; whose they are is.

use serde_json::json;
use sqlx::any::AnyRow;
use uuid::Uuid;

use crate::audit::Change;
use crate::sql::{Columns, Rows, maybe_whole, query, text, whole, yes_no};
use crate::{Actor, Store, UserId};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewScenario {
    pub name: String,
    pub framework: String,
    /// TOML.
    pub changes: String,
    pub is_shared: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    pub id: String,
    pub name: String,
    pub framework: String,
    /// TOML.
    pub changes: String,
    pub author: UserId,
    pub is_shared: bool,
    pub saved_at_us: i64,
}

const COLUMNS: &str = "id, name, framework_id, changes, author_id, is_shared, saved_at_us";

impl Store {
    /// One's own and those that are shared, the latest first.
    pub async fn scenarios(&self, reader: &UserId) -> anyhow::Result<Vec<Scenario>> {
        let sql = format!(
            "select {COLUMNS} from scenario where withdrawn_at_us is null and (author_id = $1 or is_shared = 1) \
             order by saved_at_us desc, id"
        );
        let rows = query(sql).bind(text(reader.as_str())).rows(&mut *self.read().await?).await?;
        rows.iter().map(read).collect()
    }

    /// `None` where there is none, or none for this reader.
    pub async fn scenario(&self, reader: &UserId, id: &str) -> anyhow::Result<Option<Scenario>> {
        let sql = format!(
            "select {COLUMNS} from scenario where id = $2 and withdrawn_at_us is null and (author_id = $1 or is_shared = 1)"
        );
        let statement = query(sql).bind(text(reader.as_str())).bind(text(id));
        statement.row(&mut *self.read().await?).await?.as_ref().map(read).transpose()
    }

    /// Keeps a scenario of whoever acts, and returns its id.
    pub async fn save_scenario(&self, actor: &Actor, new: &NewScenario) -> anyhow::Result<String> {
        let id = Uuid::now_v7().to_string();
        let mut write = self.write(actor, Change::new("save", "scenario", &id)).await?;
        let columns =
            ["id", "name", "framework_id", "changes", "author_id", "is_shared", "saved_at_us", "withdrawn_at_us"];
        let mut rows = Rows::of("scenario", &[], columns);
        rows.push([
            text(&id),
            text(&new.name),
            text(&new.framework),
            text(&new.changes),
            text(&actor.id),
            yes_no(new.is_shared),
            whole(actor.at_us),
            maybe_whole(None),
        ]);
        rows.insert(write.connection()).await?;
        write.after(Some(json!({
            "name": new.name,
            "framework": new.framework,
            "changes": new.changes,
            "is_shared": new.is_shared,
        })));
        write.commit().await?;
        Ok(id)
    }

    /// Shows a scenario of whoever acts to all who try rules, or to its author alone. False where it is not theirs.
    pub async fn share_scenario(&self, actor: &Actor, id: &str, is_shared: bool) -> anyhow::Result<bool> {
        let mut write = self.write(actor, Change::new("share", "scenario", id)).await?;
        let sql = "update scenario set is_shared = $3 where id = $1 and author_id = $2 and withdrawn_at_us is null";
        let statement = query(sql).bind(text(id)).bind(text(&actor.id)).bind(yes_no(is_shared));
        if statement.execute(write.connection()).await? == 0 {
            return Ok(false);
        }
        write.after(Some(json!({ "is_shared": is_shared })));
        write.commit().await?;
        Ok(true)
    }

    /// Takes a scenario of whoever acts away. False where it is not theirs.
    pub async fn withdraw_scenario(&self, actor: &Actor, id: &str) -> anyhow::Result<bool> {
        let mut write = self.write(actor, Change::new("withdraw", "scenario", id)).await?;
        let sql =
            "update scenario set withdrawn_at_us = $3 where id = $1 and author_id = $2 and withdrawn_at_us is null";
        let statement = query(sql).bind(text(id)).bind(text(&actor.id)).bind(whole(actor.at_us));
        if statement.execute(write.connection()).await? == 0 {
            return Ok(false);
        }
        write.commit().await?;
        Ok(true)
    }
}

fn read(row: &AnyRow) -> anyhow::Result<Scenario> {
    let mut columns = Columns::of(row);
    Ok(Scenario {
        id: columns.text()?,
        name: columns.text()?,
        framework: columns.text()?,
        changes: columns.text()?,
        author: UserId::new(columns.text()?),
        is_shared: columns.yes_no()?,
        saved_at_us: columns.whole()?,
    })
}
