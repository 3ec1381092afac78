//! The audit log: who changed what and when, as a chain of hashes. The writing connection is kept in here, so
//! that nothing can be written without its row in the log.

use anyhow::Context;
use engine::ids::{EnterpriseId, ParkId};
use engine::source::Digest;
use serde::Serialize;
use serde_json::Value;
use sqlx::any::AnyRow;
use sqlx::{Any, AnyConnection, AnyPool, Transaction};

use crate::sql::{Columns, Rows, maybe_text, placeholders, query, text, whole};
use crate::{Scope, Store};

/// Who acts, and when. The time is handed in: the store has no clock of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    pub id: String,
    pub name: String,
    pub role: String,
    /// Microseconds since 1970, UTC.
    pub at_us: i64,
}

impl Actor {
    pub fn new(id: impl Into<String>, name: impl Into<String>, role: impl Into<String>, at_us: i64) -> Actor {
        Actor { id: id.into(), name: name.into(), role: role.into(), at_us }
    }

    /// The program itself, at start-up and on the command line.
    pub fn system(at_us: i64) -> Actor {
        Actor::new("system", "system", "system", at_us)
    }
}

/// One row of the log, as kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditRow {
    pub seq: i64,
    pub at_us: i64,
    pub actor: String,
    pub actor_name: String,
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

/// What checking the whole chain found. A log cut off at its end is still a chain: compare `head` with one that
/// was written down elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditReport {
    pub rows: u64,
    pub head: Option<String>,
    /// The first row that does not fit; `None` where all do.
    pub broken: Option<BrokenLink>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BrokenLink {
    pub seq: i64,
    pub reason: String,
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
}

/// The one connection that writes.
pub(crate) struct Writer {
    pool: AnyPool,
}

impl Writer {
    /// Takes the writing connection and sets the guards of the log.
    pub(crate) async fn guarded(pool: AnyPool) -> anyhow::Result<Writer> {
        sqlx::raw_sql(GUARDS).execute(&pool).await.context("guard the audit log")?;
        Ok(Writer { pool })
    }
}

// SQLite's own form of a trigger; PostgreSQL gets its own beside it.
const GUARDS: &str = "
create trigger if not exists audit_is_not_edited before update on audit
begin select raise(abort, 'the audit log is only added to'); end;
create trigger if not exists audit_is_not_shortened before delete on audit
begin select raise(abort, 'the audit log is only added to'); end;
";

/// A change under way. `commit` writes the audit row and the change together; dropped before that, it leaves nothing.
pub(crate) struct Write {
    transaction: Transaction<'static, Any>,
    actor: Actor,
    change: Change,
}

impl Store {
    /// The only way to write.
    pub(crate) async fn write(&self, actor: &Actor, change: Change) -> anyhow::Result<Write> {
        // IMMEDIATE: a transaction that reads before it writes would otherwise fail at once when another process
        // writes in between, and waiting does not help it.
        let transaction = self.inner.writer.pool.begin_with("begin immediate").await.context("begin to write")?;
        Ok(Write { transaction, actor: actor.clone(), change })
    }

    /// Writes down that something happened.
    pub async fn note(&self, actor: &Actor, note: Note) -> anyhow::Result<()> {
        let Note { action, entity, entity_id, park, enterprise } = note;
        let change = Change { action, entity, entity_id, park, enterprise, before: None, after: None };
        self.write(actor, change).await?.commit().await
    }

    /// What happened to one thing, oldest first.
    pub async fn audit_of(&self, scope: &Scope, entity: &str, entity_id: &str) -> anyhow::Result<Vec<AuditRow>> {
        let mut read = self.read().await?;
        let sql = format!("select {COLUMNS} from audit where entity = $1 and entity_id = $2 order by seq");
        let rows = query(sql).bind(text(entity)).bind(text(entity_id)).rows(&mut read).await?;
        let rows = rows.iter().map(audit_row).collect::<anyhow::Result<Vec<_>>>()?;
        Ok(rows.into_iter().filter(|row| may_read(scope, row)).collect())
    }

    /// What happened last, newest first.
    pub async fn latest_audit(&self, scope: &Scope, limit: usize) -> anyhow::Result<Vec<AuditRow>> {
        let mut read = self.read().await?;
        let mut found = Vec::new();
        let mut before = i64::MAX;
        while found.len() < limit {
            let rows = rows_before(&mut read, scope, before).await?;
            let Some(oldest) = rows.last() else { break };
            before = oldest.seq;
            found.extend(rows.into_iter().filter(|row| may_read(scope, row)));
        }
        found.truncate(limit);
        Ok(found)
    }

    pub async fn audit_head(&self) -> anyhow::Result<Option<AuditHead>> {
        head(&mut *self.read().await?).await
    }

    /// Walks the whole chain: numbers without a gap, each row holding the hash of the one before, each hash right.
    pub async fn verify_audit(&self) -> anyhow::Result<AuditReport> {
        let mut read = self.read().await?;
        let mut report = AuditReport { rows: 0, head: None, broken: None };
        let mut last = AuditHead { seq: 0, hash: String::new() };
        loop {
            let sql = format!("select {COLUMNS} from audit where seq > $1 order by seq limit {BATCH}");
            let rows = query(sql).bind(whole(last.seq)).rows(&mut read).await?;
            if rows.is_empty() {
                return Ok(report);
            }
            for row in &rows {
                let row = audit_row(row)?;
                report.broken = broken_link(&last, &row);
                if report.broken.is_some() {
                    return Ok(report);
                }
                report.rows += 1;
                report.head = Some(row.hash.clone());
                last = AuditHead { seq: row.seq, hash: row.hash };
            }
        }
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

    pub(crate) async fn commit(mut self) -> anyhow::Result<()> {
        append(&mut self.transaction, self.actor, self.change).await.context("write the audit row")?;
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
const COLUMNS: &str = "seq, at_us, actor, actor_name, actor_role, action, entity, entity_id, park_id, enterprise_id, \
     before_json, after_json, prev_hash, hash";

async fn append(connection: &mut AnyConnection, actor: Actor, change: Change) -> anyhow::Result<()> {
    let last = head(connection).await?.unwrap_or(AuditHead { seq: 0, hash: String::new() });
    let mut row = AuditRow {
        seq: last.seq + 1,
        at_us: actor.at_us,
        actor: actor.id,
        actor_name: actor.name,
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
    row.hash = hash(&row)?;

    let columns = COLUMNS.split(", ").collect::<Vec<_>>();
    let mut rows = Rows::<14>::of("audit", &[], columns.try_into().expect("the log has 14 columns"));
    rows.push([
        whole(row.seq),
        whole(row.at_us),
        text(row.actor),
        text(row.actor_name),
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

/// SHA-256 of the hash before and the row as a JSON list, in which no two rows are written alike.
fn hash(row: &AuditRow) -> anyhow::Result<String> {
    let canonical = serde_json::to_string(&(
        row.seq,
        row.at_us,
        &row.actor,
        &row.actor_name,
        &row.actor_role,
        &row.action,
        &row.entity,
        &row.entity_id,
        &row.park,
        &row.enterprise,
        &row.before_json,
        &row.after_json,
    ))?;
    Ok(Digest::of(format!("{}{canonical}", row.prev_hash).as_bytes()).as_str().to_string())
}

fn broken_link(last: &AuditHead, row: &AuditRow) -> Option<BrokenLink> {
    let broken = |reason: &str| Some(BrokenLink { seq: row.seq, reason: reason.to_string() });
    if row.seq != last.seq + 1 {
        return broken("a row before it is missing");
    }
    if row.prev_hash != last.hash {
        return broken("it does not follow the row before");
    }
    match hash(row) {
        Ok(hash) if hash == row.hash => None,
        _ => broken("its content is not what was written"),
    }
}

async fn head(connection: &mut AnyConnection) -> anyhow::Result<Option<AuditHead>> {
    let row = query("select seq, hash from audit order by seq desc limit 1").row(connection).await?;
    let Some(row) = row else { return Ok(None) };
    let mut columns = Columns::of(&row);
    Ok(Some(AuditHead { seq: columns.whole()?, hash: columns.text()? }))
}

/// The next rows of the log going back, of the parks in scope.
async fn rows_before(connection: &mut AnyConnection, scope: &Scope, seq: i64) -> anyhow::Result<Vec<AuditRow>> {
    let parks: Vec<&ParkId> = scope.parks().into_iter().flatten().collect();
    let of_parks = match (scope.parks(), parks.is_empty()) {
        (None, _) => String::new(),
        (Some(_), true) => return Ok(Vec::new()),
        (Some(_), false) => format!(" and park_id in ({})", placeholders(2, parks.len())),
    };
    let sql = format!("select {COLUMNS} from audit where seq < $1{of_parks} order by seq desc limit {BATCH}");
    let parks = parks.into_iter().map(|park| text(park.as_str()));
    let rows = query(sql).bind(whole(seq)).bind_all(parks).rows(connection).await?;
    rows.iter().map(audit_row).collect()
}

fn may_read(scope: &Scope, row: &AuditRow) -> bool {
    match (&row.park, &row.enterprise) {
        (Some(park), Some(enterprise)) => scope.covers_enterprise(park, enterprise),
        (Some(park), None) => scope.covers_park(park),
        (None, _) => scope.covers_everything(),
    }
}

fn audit_row(row: &AnyRow) -> anyhow::Result<AuditRow> {
    let mut columns = Columns::of(row);
    Ok(AuditRow {
        seq: columns.whole()?,
        at_us: columns.whole()?,
        actor: columns.text()?,
        actor_name: columns.text()?,
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

    async fn begin(store: &Store) -> Write {
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

    /// What the audit row adds to a write; run with `--ignored --nocapture`.
    #[tokio::test]
    #[ignore = "a measurement"]
    async fn how_much_the_audit_row_costs() {
        let store = Store::in_memory().await.unwrap();
        let (mut with, mut without) = (Vec::new(), Vec::new());
        for number in 0..400 {
            for audited in [true, false] {
                let start = std::time::Instant::now();
                let mut write = begin(&store).await;
                let sql = format!(
                    "insert into users (id, name, role, language, is_demo) values ($1, 'Lan', 'r', 'vi', {number})"
                );
                query(sql).bind(text(format!("{audited}-{number}"))).execute(write.connection()).await.unwrap();
                if audited {
                    write.after(Some(serde_json::json!({ "name": "Lan", "role": "r", "language": "vi" })));
                    write.commit().await.unwrap();
                } else {
                    write.transaction.commit().await.unwrap();
                }
                let times = if audited { &mut with } else { &mut without };
                times.push(start.elapsed().as_secs_f64() * 1e6);
            }
        }
        for (name, mut times) in [("with", with), ("without", without)] {
            times.sort_by(f64::total_cmp);
            println!("{name} audit row: n = {}, median {:.0} µs", times.len(), times[times.len() / 2]);
        }
    }
}
