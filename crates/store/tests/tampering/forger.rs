//! Somebody with the file in hand, who knows how rows are hashed.

use std::path::PathBuf;

use engine::source::Digest;
use serde_json::json;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection, Row as _};
use store::{AuditHead, Store};

/// Numbers that look random and are the same for the same seed.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }
}

/// A row of the log, with every column open to change.
#[derive(Clone, Debug)]
pub struct Row {
    pub seq: i64,
    pub at_us: i64,
    pub actor: String,
    pub actor_role: String,
    pub action: String,
    pub entity: String,
    pub entity_id: String,
    pub park_id: Option<String>,
    pub enterprise_id: Option<String>,
    pub before_json: Option<String>,
    pub after_json: Option<String>,
    pub prev_hash: String,
    pub hash: String,
}

impl Row {
    pub const COLUMNS: usize = 13;
    pub const AT: usize = 1;
    pub const ACTOR: usize = 2;
    pub const ROLE: usize = 3;
    pub const ACTION: usize = 4;
    pub const ENTITY_ID: usize = 6;
    pub const PARK: usize = 7;
    pub const AFTER: usize = 10;
    pub const PREV_HASH: usize = 11;

    /// Changes one column into something that could stand there.
    pub fn spoil(&mut self, column: usize, dice: &mut Dice) {
        let mark = format!("x{}", dice.below(1_000));
        let longer = |text: &Option<String>| Some(format!("{}{mark}", text.as_deref().unwrap_or_default()));
        match column {
            1 => self.at_us += 1 + dice.below(1_000) as i64,
            2 => self.actor.push_str(&mark),
            3 => self.actor_role.push_str(&mark),
            4 => self.action.push_str(&mark),
            5 => self.entity.push_str(&mark),
            6 => self.entity_id.push_str(&mark),
            7 => self.park_id = longer(&self.park_id),
            8 => self.enterprise_id = longer(&self.enterprise_id),
            9 => self.before_json = longer(&self.before_json),
            10 => self.after_json = longer(&self.after_json),
            11 => self.prev_hash = Digest::of(mark.as_bytes()).as_str().to_string(),
            12 => self.hash = Digest::of(mark.as_bytes()).as_str().to_string(),
            other => panic!("column {other} is not spoiled"),
        }
    }
}

/// Hashes a row anew, written from the method page and not with the program's own code.
pub fn rehash(row: &mut Row) {
    let list = json!([
        row.seq,
        row.at_us,
        row.actor,
        row.actor_role,
        row.action,
        row.entity,
        row.entity_id,
        row.park_id,
        row.enterprise_id,
        row.before_json,
        row.after_json
    ]);
    row.hash = Digest::of(format!("{}{list}", row.prev_hash).as_bytes()).as_str().to_string();
}

/// Numbers, links and hashes everything from a row on anew.
pub fn rehash_from(rows: &mut [Row], first: usize) {
    for at in first..rows.len() {
        rows[at].seq = at as i64 + 1;
        rows[at].prev_hash = if at == 0 { String::new() } else { rows[at - 1].hash.clone() };
        rehash(&mut rows[at]);
    }
}

/// A database file in the forger's hands.
pub struct Forged {
    pub path: PathBuf,
}

const COLUMNS: &str = "seq, at_us, actor, actor_role, action, entity, entity_id, park_id, enterprise_id, before_json, \
                       after_json, prev_hash, hash";
const WITHOUT_GUARDS: &str =
    "drop trigger if exists audit_is_not_edited; drop trigger if exists audit_is_not_shortened";

impl Forged {
    pub async fn open(&self) -> Store {
        Store::open(&self.path).await.unwrap()
    }

    pub async fn sql(&self, sql: &str) {
        let mut connection = connect(&self.path).await;
        sqlx::raw_sql(WITHOUT_GUARDS).execute(&mut connection).await.unwrap();
        let done = sqlx::raw_sql(AssertSqlSafe(sql.to_string())).execute(&mut connection).await.unwrap();
        assert!(done.rows_affected() > 0, "nothing was touched by {sql}");
        connection.close().await.unwrap();
    }

    pub async fn rows(&self) -> Vec<Row> {
        let mut connection = connect(&self.path).await;
        let sql = format!("select {COLUMNS} from audit order by seq");
        let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        rows.iter()
            .map(|row| Row {
                seq: row.get(0),
                at_us: row.get(1),
                actor: row.get(2),
                actor_role: row.get(3),
                action: row.get(4),
                entity: row.get(5),
                entity_id: row.get(6),
                park_id: row.get(7),
                enterprise_id: row.get(8),
                before_json: row.get(9),
                after_json: row.get(10),
                prev_hash: row.get(11),
                hash: row.get(12),
            })
            .collect()
    }

    /// Puts these rows in the place of the log.
    pub async fn write(&self, rows: &[Row]) {
        let mut connection = connect(&self.path).await;
        sqlx::raw_sql(WITHOUT_GUARDS).execute(&mut connection).await.unwrap();
        let mut transaction = connection.begin().await.unwrap();
        sqlx::query("delete from audit").execute(&mut *transaction).await.unwrap();
        for row in rows {
            let sql = format!("insert into audit ({COLUMNS}) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
            sqlx::query(AssertSqlSafe(sql))
                .bind(row.seq)
                .bind(row.at_us)
                .bind(&row.actor)
                .bind(&row.actor_role)
                .bind(&row.action)
                .bind(&row.entity)
                .bind(&row.entity_id)
                .bind(&row.park_id)
                .bind(&row.enterprise_id)
                .bind(&row.before_json)
                .bind(&row.after_json)
                .bind(&row.prev_hash)
                .bind(&row.hash)
                .execute(&mut *transaction)
                .await
                .unwrap();
        }
        transaction.commit().await.unwrap();
        connection.close().await.unwrap();
    }

    /// The same into a table that lost its key, so that a number can stand twice.
    pub async fn write_without_key(&self, rows: &[Row]) {
        let mut connection = connect(&self.path).await;
        let anew = "create table copy as select * from audit; drop table audit; alter table copy rename to audit";
        sqlx::raw_sql(anew).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        self.write(rows).await;
    }

    /// Adds rows at the end in the program's own form.
    pub async fn write_on(&self, count: i64, dice: &mut Dice) {
        let mut rows = self.rows().await;
        for _ in 0..count {
            let mut row = rows.last().unwrap().clone();
            (row.action, row.entity, row.before_json, row.after_json) = ("refuse".into(), "request".into(), None, None);
            row.entity_id = format!("GET /{}", dice.below(1_000_000));
            rows.push(row);
        }
        let first = rows.len() - count as usize;
        rehash_from(&mut rows, first);
        self.write(&rows).await;
    }

    pub async fn head(&self) -> AuditHead {
        let last = self.rows().await.pop().unwrap();
        AuditHead { seq: last.seq, hash: last.hash }
    }
}

impl Drop for Forged {
    fn drop(&mut self) {
        for ending in ["", "-wal", "-shm"] {
            let mut path = self.path.clone().into_os_string();
            path.push(ending);
            let _ = std::fs::remove_file(path);
        }
    }
}

pub async fn connect(path: &std::path::Path) -> SqliteConnection {
    SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(path)).await.unwrap()
}
