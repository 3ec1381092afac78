//! What differs between SQLite and PostgreSQL: how to connect, what a transaction begins with, and the guards.
//! Everything else in this crate is one text for both.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, bail};
use sqlx::any::AnyPoolOptions;
use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Any, AnyConnection, AnyPool, ConnectOptions, Transaction};

use crate::Scope;
use crate::sql::{Columns, query, text, whole};

/// Where the records are.
#[derive(Clone, PartialEq, Eq)]
pub enum Address {
    /// A SQLite file.
    File(PathBuf),
    /// A PostgreSQL database, by its URL. It may hold a password and is never printed.
    Postgres(String),
}

impl FromStr for Address {
    type Err = anyhow::Error;

    /// A `postgres://` URL, or the path of a file.
    fn from_str(text: &str) -> anyhow::Result<Address> {
        match text.split_once("://") {
            Some(("postgres" | "postgresql", _)) => Ok(Address::Postgres(text.to_string())),
            Some((scheme, _)) => bail!("a database `{scheme}://…`: expected postgres://… or the path of a file"),
            None => Ok(Address::File(PathBuf::from(text))),
        }
    }
}

/// Without user and password.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::File(path) => write!(f, "{}", path.display()),
            Address::Postgres(url) => {
                let rest = url.split_once("://").map_or("", |(_, rest)| rest);
                let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
                write!(f, "postgres://{}", place.split('?').next().unwrap_or_default())
            }
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Which of the two it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

/// Connections that read and the one that writes.
pub(crate) struct Connections {
    pub(crate) kind: Kind,
    pub(crate) readers: AnyPool,
    pub(crate) writers: AnyPool,
}

/// Readers beside the one writer; they never wait for it.
const READERS: u32 = 4;

// A commit that was acknowledged must outlive a power cut, hence `synchronous = full`.
const SQLITE_WRITER: &str = "pragma busy_timeout = 5000; pragma journal_mode = wal; pragma synchronous = full; \
     pragma foreign_keys = on; pragma cache_size = -65536";
const SQLITE_READER: &str = "pragma busy_timeout = 5000; pragma foreign_keys = on; pragma query_only = on; \
     pragma cache_size = -65536; pragma mmap_size = 268435456";
const POSTGRES_WRITER: &str = "set timezone = 'UTC'; set lock_timeout = '30s'; set client_min_messages = 'warning'";
const POSTGRES_READER: &str = "set timezone = 'UTC'; set default_transaction_read_only = on";

// SQLite's triggers stand here because they come back with every opening; whoever holds the file can drop them.
const SQLITE_GUARDS: &str = "
create trigger if not exists audit_is_not_edited before update on audit
begin select raise(abort, 'the audit log is only added to'); end;
create trigger if not exists audit_is_not_shortened before delete on audit
begin select raise(abort, 'the audit log is only added to'); end;
";

/// Any number that no other program would lock by chance: "cong sin" in letters.
const POSTGRES_WRITE_LOCK: i64 = 0x636f_6e67_2073_696e;

static TABLES: Migrator = sqlx::migrate!("./migrations");
static POSTGRES_ONLY: Migrator = sqlx::migrate!("./migrations/postgres");

/// Connects, and brings the tables and guards up to date.
pub(crate) async fn open(address: &Address) -> anyhow::Result<Connections> {
    sqlx::any::install_default_drivers();
    match address {
        Address::File(path) => {
            let url = sqlite_url(path)?;
            let writers = connect(&url, 1, SQLITE_WRITER).await?;
            migrate(&writers, &TABLES).await?;
            sqlx::raw_sql(SQLITE_GUARDS).execute(&writers).await.context("guard the audit log")?;
            let readers = connect(&url, READERS, SQLITE_READER).await?;
            Ok(Connections { kind: Kind::Sqlite, readers, writers })
        }
        Address::Postgres(url) => {
            let writers = connect(url, 1, POSTGRES_WRITER).await?;
            refuse_the_almighty(&writers).await?;
            migrate(&writers, &TABLES).await?;
            migrate(&writers, &POSTGRES_ONLY).await?;
            let readers = connect(url, READERS, POSTGRES_READER).await?;
            Ok(Connections { kind: Kind::Postgres, readers, writers })
        }
    }
}

fn sqlite_url(path: &Path) -> anyhow::Result<String> {
    // The address is made from an absolute path, else the first folder would be taken for a host.
    let path = std::path::absolute(path)?;
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    Ok(SqliteConnectOptions::new().filename(&path).create_if_missing(true).to_url_lossy().to_string())
}

async fn connect(url: &str, connections: u32, settings: &'static str) -> anyhow::Result<AnyPool> {
    AnyPoolOptions::new()
        .max_connections(connections)
        .idle_timeout(None)
        .max_lifetime(None)
        .after_connect(move |connection, _| {
            Box::pin(async move { sqlx::raw_sql(settings).execute(connection).await.map(|_| ()) })
        })
        .connect(url)
        .await
        .context("connect to the database")
}

async fn migrate(pool: &AnyPool, migrations: &Migrator) -> anyhow::Result<()> {
    // The two sets share one list of what was applied.
    let mut migrations = Migrator { migrations: migrations.migrations.clone(), ..Migrator::DEFAULT };
    migrations.set_ignore_missing(true);
    migrations.run(pool).await.context("bring the tables up to date")
}

/// Row-level security does not bind superusers and those who may pass it by: they would have no second lock.
async fn refuse_the_almighty(pool: &AnyPool) -> anyhow::Result<()> {
    let mut connection = pool.acquire().await?;
    let sql = "select cast(rolname as text), case when rolsuper or rolbypassrls then cast(1 as bigint) \
               else cast(0 as bigint) end from pg_roles where rolname = current_user";
    let row = query(sql).row(&mut connection).await?.context("the database knows who we are")?;
    let mut columns = Columns::of(&row);
    let name = columns.text()?;
    if columns.yes_no()? {
        bail!(
            "role `{name}` passes row-level security by: expected a role without SUPERUSER and BYPASSRLS that owns the \
             database (create role congsinh login; create database congsinh owner congsinh)"
        );
    }
    Ok(())
}

impl Connections {
    /// A snapshot to read from: several statements see one state, whatever is written meanwhile.
    pub(crate) async fn read(&self, scope: Option<&Scope>) -> anyhow::Result<Transaction<'static, Any>> {
        match self.kind {
            Kind::Sqlite => self.readers.begin().await.context("begin to read"),
            Kind::Postgres => {
                let begin = "begin isolation level repeatable read read only";
                let mut read = self.readers.begin_with(begin).await.context("begin to read")?;
                limit(&mut read, scope).await?;
                Ok(read)
            }
        }
    }

    /// One writer at a time, so that each row of the audit log follows the one before.
    pub(crate) async fn write(&self, scope: Option<&Scope>) -> anyhow::Result<Transaction<'static, Any>> {
        match self.kind {
            // IMMEDIATE: a transaction that reads before it writes would otherwise fail at once when another process
            // writes in between, and waiting does not help it.
            Kind::Sqlite => self.writers.begin_with("begin immediate").await.context("begin to write"),
            Kind::Postgres => {
                let mut write = self.writers.begin().await.context("begin to write")?;
                let lock = query("select cast(pg_advisory_xact_lock($1) as text)").bind(whole(POSTGRES_WRITE_LOCK));
                lock.row(&mut write).await.context("wait for other writers")?;
                limit(&mut write, scope).await?;
                Ok(write)
            }
        }
    }
}

/// Says within the transaction what may be seen; forgotten with its end.
async fn limit(transaction: &mut AnyConnection, scope: Option<&Scope>) -> anyhow::Result<()> {
    let Some(scope) = scope else { return Ok(()) };
    let (parks, enterprises) = scope.settings();
    let sql = "select set_config('congsinh.parks', $1, true), set_config('congsinh.enterprises', $2, true)";
    query(sql).bind(text(parks)).bind(text(enterprises)).row(transaction).await.context("set the scope")?;
    Ok(())
}

/// Lets the transaction see the last row of the log, or no longer.
pub(crate) async fn show_chain(kind: Kind, transaction: &mut AnyConnection, is_shown: bool) -> anyhow::Result<()> {
    if kind == Kind::Postgres {
        let sql = "select set_config('congsinh.chain', $1, true)";
        query(sql).bind(text(if is_shown { "on" } else { "off" })).row(transaction).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_printed_without_user_and_password() {
        for (given, printed) in [
            ("postgres://lan:s3cret@db.example:5432/congsinh?sslmode=require", "postgres://db.example:5432/congsinh"),
            ("postgresql://lan:p%40ss@db/congsinh", "postgres://db/congsinh"),
            ("data/congsinh.sqlite", "data/congsinh.sqlite"),
        ] {
            let address: Address = given.parse().unwrap();
            assert_eq!((address.to_string().as_str(), format!("{address:?}").as_str()), (printed, printed));
        }
        let error = "mysql://root:s3cret@db/x".parse::<Address>().unwrap_err().to_string();
        assert!(error.contains("mysql") && !error.contains("s3cret"), "{error}");
    }
}
