//! Remembers: parks with their records, the register, people, results and the audit log, in one SQLite file.
//! What belongs to a tenant is read through a [`Scope`]; every write leaves its audit row in the same transaction.

mod audit;
mod parks;
mod people;
mod records;
mod registry;
mod results;
mod scope;
mod sql;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use sqlx::any::AnyPoolOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Any, AnyPool, ConnectOptions, Transaction};

pub use audit::{Actor, AuditHead, AuditReport, AuditRow, BrokenLink, Note};
pub use parks::{ParkSummary, Revision};
pub use people::{
    Account, ApiToken, IDLE_US, Identity, Invitation, NewInvitation, OpenSession, Organisation, PasswordHash, Session,
    SignedIn, Tidied, TokenHolder, User, UserId,
};
pub use records::{Declared, RecordAt, RecordError, RecordVersion};
pub use registry::{RegisteredPark, RegistryImport};
pub use results::{NewResult, StoredResult};
pub use scope::{EnterpriseGrant, Grant, ParkGrant, Scope};

use sql::query;

/// Readers beside the one writer; in WAL mode they never wait for it.
const READERS: u32 = 4;

/// The one place where everything is kept. Cloning it gives another handle on the same store.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    readers: AnyPool,
    writer: audit::Writer,
    _folder: Option<TemporaryFolder>,
}

impl Store {
    /// Opens the store in this file, making it and its folder where there is none, and brings its tables up to date.
    pub async fn open(path: &Path) -> anyhow::Result<Store> {
        Store::open_in(path, None).await.with_context(|| format!("open the store {}", path.display()))
    }

    /// A store for tests: a file in the folder for temporary files, gone with the last handle.
    pub async fn in_memory() -> anyhow::Result<Store> {
        let folder = TemporaryFolder::make()?;
        let path = folder.0.join("congsinh.sqlite");
        Store::open_in(&path, Some(folder)).await
    }

    /// Whether the store answers.
    pub async fn ping(&self) -> anyhow::Result<()> {
        let mut read = self.read().await?;
        query("select 1").rows(&mut read).await.map(|_| ())
    }

    /// A snapshot to read from: several statements see one state, whatever is written meanwhile.
    async fn read(&self) -> anyhow::Result<Transaction<'static, Any>> {
        self.inner.readers.begin().await.context("begin to read")
    }

    async fn open_in(path: &Path, folder: Option<TemporaryFolder>) -> anyhow::Result<Store> {
        sqlx::any::install_default_drivers();
        // The address is made from an absolute path, else the first folder would be taken for a host.
        let path = std::path::absolute(path)?;
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        let url = SqliteConnectOptions::new().filename(&path).create_if_missing(true).to_url_lossy();

        let writers = connect(url.as_str(), 1, WRITER_SETTINGS).await?;
        sqlx::migrate!("./migrations").run(&writers).await.context("bring the tables up to date")?;
        let writer = audit::Writer::guarded(writers).await?;
        let readers = connect(url.as_str(), READERS, READER_SETTINGS).await?;
        Ok(Store { inner: Arc::new(Inner { readers, writer, _folder: folder }) })
    }
}

// A commit that was acknowledged must outlive a power cut, hence `synchronous = full`.
const WRITER_SETTINGS: &str = "pragma busy_timeout = 5000; pragma journal_mode = wal; pragma synchronous = full; \
     pragma foreign_keys = on; pragma cache_size = -65536";
const READER_SETTINGS: &str = "pragma busy_timeout = 5000; pragma foreign_keys = on; pragma query_only = on; \
     pragma cache_size = -65536; pragma mmap_size = 268435456";

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
        .with_context(|| format!("connect to {url}"))
}

struct TemporaryFolder(PathBuf);

impl TemporaryFolder {
    fn make() -> anyhow::Result<TemporaryFolder> {
        let path = std::env::temp_dir().join(format!("congsinh-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir_all(&path)?;
        Ok(TemporaryFolder(path))
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        // Left-overs in the folder for temporary files harm nobody, so a failure is passed over.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
