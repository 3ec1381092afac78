//! The audit log: who changed what and when, as a chain of hashes. The writing connection is kept in here, so
//! that nothing can be written without its row in the log. A row names its actor by the user's code only, so that the
//! chain stays whole when a person's particulars are erased.

mod chain;
pub(crate) mod commitment;
#[cfg(test)]
mod cost;
mod data;
mod visible;

use anyhow::Context;
use engine::ids::{EnterpriseId, ParkId};
use serde::Serialize;
use serde_json::Value;
use sqlx::any::AnyRow;
use sqlx::{Any, AnyConnection, Transaction};

use crate::database::{Kind, show_chain};
use crate::sql::{Columns, Rows, maybe_text, placeholders, query, text, whole};
use crate::{Scope, Store, Subject};

pub(crate) use data::Shown;

pub use chain::{AuditCheck, AuditFinding, AuditReport, BrokenLink, FindingKind};

/// Who acts, and when. The time is handed in: the store has no clock of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The user's code; names are looked up when they are printed.
    pub id: String,
    pub role: String,
    /// Microseconds since 1970, UTC.
    pub at_us: i64,
}

impl Actor {
    pub fn new(id: impl Into<String>, role: impl Into<String>, at_us: i64) -> Actor {
        Actor { id: id.into(), role: role.into(), at_us }
    }

    /// The program itself, at start-up and on the command line.
    pub fn system(at_us: i64) -> Actor {
        Actor::new("system", "system", at_us)
    }
}

/// One row of the log, as kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditRow {
    pub seq: i64,
    pub at_us: i64,
    pub actor: String,
    pub actor_role: String,
    pub action: String,
    pub entity: String,
    pub entity_id: String,
    pub park: Option<ParkId>,
    pub enterprise: Option<EnterpriseId>,
    pub before_json: Option<String>,
    pub after_json: Option<String>,
    pub prev_hash: String,
    pub hash: String,
}

/// The newest row's number and hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditHead {
    pub seq: i64,
    pub hash: String,
}

/// What is about to be written. `before` and `after` may be filled in while writing.
pub(crate) struct Change {
    action: &'static str,
    entity: &'static str,
    entity_id: String,
    park: Option<ParkId>,
    enterprise: Option<EnterpriseId>,
    before: Option<Value>,
    after: Option<Value>,
}

impl Change {
    pub(crate) fn new(action: &'static str, entity: &'static str, entity_id: impl Into<String>) -> Change {
        let entity_id = entity_id.into();
        Change { action, entity, entity_id, park: None, enterprise: None, before: None, after: None }
    }

    /// Whose data it is; decides who may read the row.
    pub(crate) fn of_park(self, park: &ParkId) -> Change {
        Change { park: Some(park.clone()), ..self }
    }

    pub(crate) fn of_enterprise(self, enterprise: &EnterpriseId) -> Change {
        Change { enterprise: Some(enterprise.clone()), ..self }
    }
}

impl Change {
    /// With what it says before and after.
    pub(crate) fn told(self, before: Option<Value>, after: Option<Value>) -> Change {
        Change { before, after, ..self }
    }
}

/// Something that happened without changing anything, for the log alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    action: &'static str,
    entity: &'static str,
    entity_id: String,
    park: Option<ParkId>,
    enterprise: Option<EnterpriseId>,
}

impl Note {
    /// Somebody was refused what they asked for.
    pub fn refused(asked: impl Into<String>) -> Note {
        Note { action: "refuse", entity: "request", entity_id: asked.into(), park: None, enterprise: None }
    }

    /// Somebody looked at an enterprise that is not their own, or at all of a park at once (`None`). `what` is the
    /// kind of thing, `id` which one.
    pub fn look(park: &ParkId, enterprise: Option<&EnterpriseId>, what: &'static str, id: impl Into<String>) -> Note {
        Note {
            action: LOOK,
            entity: what,
            entity_id: id.into(),
            park: Some(park.clone()),
            enterprise: enterprise.cloned(),
        }
    }

    /// Somebody looked for partners of an enterprise in other parks, and was shown these codes. Whose they are does not
    /// stand in the log, and neither does the asking side with those who were found.
    pub fn search(park: &ParkId, enterprise: &EnterpriseId, codes: impl Into<String>) -> Note {
        Note {
            action: "search",
            entity: "beyond",
            entity_id: codes.into(),
            park: Some(park.clone()),
            enterprise: Some(enterprise.clone()),
        }
    }
}

const LOOK: &str = "look";

/// A change under way. `commit` writes the audit row and the change together; dropped before that, it leaves nothing.
pub(crate) struct Write {
    transaction: Transaction<'static, Any>,
    kind: Kind,
    actor: Actor,
    change: Change,
}

impl Store {
    /// The only way to write.
    pub(crate) async fn write(&self, actor: &Actor, change: Change) -> anyhow::Result<Write> {
        let scope = change.park.as_ref().map(Scope::of_park);
        let transaction = self.inner.connections.write(scope.as_ref()).await?;
        Ok(Write { transaction, kind: self.kind(), actor: actor.clone(), change })
    }

    /// For copying a whole store, whose log comes with it and is not added to.
    pub(crate) async fn copying(&self) -> anyhow::Result<Transaction<'static, Any>> {
        self.inner.connections.write(Some(&Scope::system())).await
    }

    /// Writes down that something happened.
    pub async fn note(&self, actor: &Actor, note: Note) -> anyhow::Result<()> {
        let Note { action, entity, entity_id, park, enterprise } = note;
        let change = Change { action, entity, entity_id, park, enterprise, before: None, after: None };
        self.write(actor, change).await?.commit().await
    }

    /// What happened to one thing, oldest first.
    pub async fn audit_of(&self, scope: &Scope, entity: &str, entity_id: &str) -> anyhow::Result<Vec<AuditRow>> {
        let mut read = self.read_as(scope).await?;
        let sql = format!("select {COLUMNS} from audit where entity = $1 and entity_id = $2 order by seq");
        let rows = query(sql).bind(text(entity)).bind(text(entity_id)).rows(&mut read).await?;
        let rows = rows.iter().map(audit_row).collect::<anyhow::Result<Vec<_>>>()?;
        let rows = rows.into_iter().filter_map(|row| readable(scope, row));
        Ok(rows.map(|row| visible::reduced(scope, row)).collect())
    }

    /// Who looked at an enterprise, at it alone or at all of its park, newest first. Only the enterprise is told.
    pub async fn looks_at(
        &self,
        scope: &Scope,
        park: &ParkId,
        enterprise: &EnterpriseId,
        limit: usize,
    ) -> anyhow::Result<Vec<AuditRow>> {
        if !scope.covers_whole_enterprise(park, enterprise) {
            return Ok(Vec::new());
        }
        let sql = format!(
            "select {COLUMNS} from audit where park_id = $1 and action = $2 \
             and (enterprise_id = $3 or enterprise_id is null) order by seq desc limit {limit}"
        );
        let values = [text(park.as_str()), text(LOOK), text(enterprise.as_str())];
        let rows = query(sql).bind_all(values).rows(&mut *self.read_as(scope).await?).await?;
        rows.iter().map(audit_row).collect()
    }

    /// What one person did, oldest first.
    pub async fn audit_by(&self, scope: &Scope, actor: &str) -> anyhow::Result<Vec<AuditRow>> {
        let mut read = self.read_as(scope).await?;
        let sql = format!("select {COLUMNS} from audit where actor = $1 order by seq");
        let rows = query(sql).bind(text(actor)).rows(&mut read).await?;
        let rows = rows.iter().map(audit_row).collect::<anyhow::Result<Vec<_>>>()?;
        Ok(rows.into_iter().filter_map(|row| readable(scope, row)).collect())
    }

    /// What happened last, newest first.
    pub async fn latest_audit(&self, scope: &Scope, limit: usize) -> anyhow::Result<Vec<AuditRow>> {
        let mut read = self.read_as(scope).await?;
        let mut found = Vec::new();
        let parks: Vec<&ParkId> = scope.parks().into_iter().flatten().collect();
        if scope.parks().is_some() && parks.is_empty() {
            return Ok(found);
        }
        let mut before = i64::MAX;
        while found.len() < limit {
            let rows = rows_before(&mut read, &parks, before).await?;
            let Some(oldest) = rows.last() else { break };
            before = oldest.seq;
            let rows = rows.into_iter().filter_map(|row| readable(scope, row));
            found.extend(rows.map(|row| visible::reduced(scope, row)));
        }
        found.truncate(limit);
        Ok(found)
    }

    pub async fn audit_head(&self) -> anyhow::Result<Option<AuditHead>> {
        head(&mut *self.read_as(&Scope::system()).await?).await
    }
}

impl Write {
    pub(crate) fn connection(&mut self) -> &mut AnyConnection {
        &mut self.transaction
    }

    pub(crate) fn before(&mut self, before: Option<Value>) {
        self.change.before = before;
    }

    pub(crate) fn after(&mut self, after: Option<Value>) {
        self.change.after = after;
    }

    /// Writes a further row of the log, for a part of the change that is looked up by itself.
    pub(crate) async fn also(&mut self, change: Change) -> anyhow::Result<()> {
        let actor = self.actor.clone();
        append(self.kind, &mut self.transaction, actor, change).await.context("write the audit row")
    }

    pub(crate) async fn commit(mut self) -> anyhow::Result<()> {
        append(self.kind, &mut self.transaction, self.actor, self.change).await.context("write the audit row")?;
        self.transaction.commit().await.context("commit")
    }

    /// Keeps what is no act of anybody: when a session or token was last used.
    pub(crate) async fn commit_unlogged(self) -> anyhow::Result<()> {
        self.transaction.commit().await.context("commit")
    }

    /// Ends it without a trace, where there turned out to be nothing to change.
    pub(crate) async fn discard(self) -> anyhow::Result<()> {
        self.transaction.rollback().await.context("roll back")
    }
}

const BATCH: usize = 1_000;
const COLUMNS: &str = "seq, at_us, actor, actor_role, action, entity, entity_id, park_id, enterprise_id, \
     before_json, after_json, prev_hash, hash";

async fn append(kind: Kind, connection: &mut AnyConnection, actor: Actor, change: Change) -> anyhow::Result<()> {
    show_chain(kind, connection, true).await?;
    let last = head(connection).await?.unwrap_or(AuditHead { seq: 0, hash: String::new() });
    let mut row = AuditRow {
        seq: last.seq + 1,
        at_us: actor.at_us,
        actor: actor.id,
        actor_role: actor.role,
        action: change.action.to_string(),
        entity: change.entity.to_string(),
        entity_id: change.entity_id,
        park: change.park,
        enterprise: change.enterprise,
        before_json: change.before.map(|value| value.to_string()),
        after_json: change.after.map(|value| value.to_string()),
        prev_hash: last.hash,
        hash: String::new(),
    };
    row.hash = chain::hash(&row);

    show_chain(kind, connection, false).await?;

    let columns = COLUMNS.split(", ").collect::<Vec<_>>();
    let mut rows = Rows::<13>::of("audit", &[], columns.try_into().expect("the log has 13 columns"));
    rows.push([
        whole(row.seq),
        whole(row.at_us),
        text(row.actor),
        text(row.actor_role),
        text(row.action),
        text(row.entity),
        text(row.entity_id),
        maybe_text(row.park),
        maybe_text(row.enterprise),
        maybe_text(row.before_json),
        maybe_text(row.after_json),
        text(row.prev_hash),
        text(row.hash),
    ]);
    rows.insert(connection).await
}

async fn head(connection: &mut AnyConnection) -> anyhow::Result<Option<AuditHead>> {
    let row = query("select seq, hash from audit order by seq desc limit 1").row(connection).await?;
    let Some(row) = row else { return Ok(None) };
    let mut columns = Columns::of(&row);
    Ok(Some(AuditHead { seq: columns.whole()?, hash: columns.text()? }))
}

/// The next rows of the log going back, of these parks.
async fn rows_before(connection: &mut AnyConnection, parks: &[&ParkId], seq: i64) -> anyhow::Result<Vec<AuditRow>> {
    let of_parks = format!(" and park_id in ({})", placeholders(2, parks.len()));
    let of_parks = if parks.is_empty() { "" } else { of_parks.as_str() };
    let sql = format!("select {COLUMNS} from audit where seq < $1{of_parks} order by seq desc limit {BATCH}");
    let parks = parks.iter().map(|park| text(park.as_str()));
    let rows = query(sql).bind(whole(seq)).bind_all(parks).rows(connection).await?;
    rows.iter().map(audit_row).collect()
}

/// The row as somebody may read it. Who looked, who works for an enterprise, what it shares with whom and what it
/// writes into its forms is told to the enterprise alone; what stood in a record only to those to whom every part of it is open.
fn readable(scope: &Scope, row: AuditRow) -> Option<AuditRow> {
    let is_own_affair =
        row.action == LOOK || ["share", "beyond", "assignment", "form-field"].contains(&row.entity.as_str());
    match (&row.park, &row.enterprise) {
        (Some(park), Some(enterprise)) if is_own_affair => {
            scope.covers_whole_enterprise(park, enterprise).then_some(row)
        }
        (Some(park), Some(enterprise)) if scope.covers_subject(park, enterprise, subject_of(&row)) => Some(row),
        (Some(park), Some(enterprise)) => {
            let reduced = scope.covers_enterprise(park, enterprise);
            reduced.then_some(AuditRow { before_json: None, after_json: None, ..row })
        }
        (Some(park), None) if ["form", "form-field"].contains(&row.entity.as_str()) => {
            scope.covers_report(park, None).then_some(row)
        }
        (Some(park), None) => scope.covers_park(park).then_some(row),
        (None, _) => scope.covers_everything().then_some(row),
    }
}

/// What must be open for a row to be read whole.
fn subject_of(row: &AuditRow) -> Subject {
    if ["stream", "proposal"].contains(&row.entity.as_str()) { Subject::Streams } else { Subject::Costs }
}

fn audit_row(row: &AnyRow) -> anyhow::Result<AuditRow> {
    let mut columns = Columns::of(row);
    Ok(AuditRow {
        seq: columns.whole()?,
        at_us: columns.whole()?,
        actor: columns.text()?,
        actor_role: columns.text()?,
        action: columns.text()?,
        entity: columns.text()?,
        entity_id: columns.text()?,
        park: columns.maybe_text()?.map(ParkId::new),
        enterprise: columns.maybe_text()?.map(EnterpriseId::new),
        before_json: columns.maybe_text()?,
        after_json: columns.maybe_text()?,
        prev_hash: columns.text()?,
        hash: columns.text()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn rows(store: &Store) -> (i64, u64) {
        let mut read = store.read().await.unwrap();
        let row = query("select count(*) from users").row(&mut read).await.unwrap().unwrap();
        (Columns::of(&row).whole().unwrap(), store.verify_audit().await.unwrap().rows)
    }

    pub(super) async fn begin(store: &Store) -> Write {
        store.write(&Actor::system(1), Change::new("save", "user", "lan")).await.unwrap()
    }

    const INSERT: &str = "insert into users (id, name, role, language, is_demo) values ('lan', 'Lan', 'r', 'vi', 0)";

    #[tokio::test]
    async fn a_change_and_its_audit_row_come_together_or_not_at_all() {
        let store = Store::in_memory().await.unwrap();

        // Dropped before commit, as when the program ends or the request is given up.
        let mut write = begin(&store).await;
        query(INSERT).execute(write.connection()).await.unwrap();
        drop(write);
        assert_eq!(rows(&store).await, (0, 0));

        // The change fails.
        let mut write = begin(&store).await;
        query(INSERT).execute(write.connection()).await.unwrap();
        assert!(query(INSERT).execute(write.connection()).await.is_err());
        drop(write);
        assert_eq!(rows(&store).await, (0, 0));

        // The audit row is refused; a trigger of this transaction alone stands for a full disk.
        let mut write = begin(&store).await;
        query(INSERT).execute(write.connection()).await.unwrap();
        let refuse = "create temp trigger refuse before insert on audit begin select raise(abort, 'no'); end";
        query(refuse).execute(write.connection()).await.unwrap();
        assert!(write.commit().await.is_err());
        assert_eq!(rows(&store).await, (0, 0));

        let mut write = begin(&store).await;
        query(INSERT).execute(write.connection()).await.unwrap();
        write.commit().await.unwrap();
        assert_eq!(rows(&store).await, (1, 1));
    }

    #[tokio::test]
    async fn readers_cannot_write() {
        let store = Store::in_memory().await.unwrap();
        let mut read = store.read().await.unwrap();
        assert!(query(INSERT).execute(&mut read).await.is_err());
    }
}
