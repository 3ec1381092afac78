//! Remembers: parks with their records, the register, people, results and the audit log, in one SQLite file or in
//! a PostgreSQL database.
//! What belongs to a tenant is read through a [`Scope`]; every write leaves its audit row in the same transaction.

mod answers;
mod audit;
mod beyond;
mod completion;
mod database;
mod dossiers;
mod editions;
mod evidence;
mod forms;
mod measurement_plans;
mod migrate;
mod opinions;
mod parks;
mod people;
mod proposals;
mod records;
mod register;
mod results;
mod scenarios;
mod scope;
mod segments;
mod sharing;
mod sql;
mod verifications;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use sqlx::{Any, Transaction};

pub use answers::{FindingAnswer, FindingAt};
pub use audit::{Actor, AuditCheck, AuditFinding, AuditHead, AuditReport, AuditRow, BrokenLink, FindingKind, Note};
pub use beyond::Findable;
pub use completion::{Locked, PeriodAt, PeriodError, PeriodMark, PeriodState, Resources, Step};
pub use database::Address;
pub use dossiers::reminders::Reminder;
pub use dossiers::{Dossier, DossierEntry, DossierError, EntryKind, NewDossier, NewEntry};
pub use editions::{EditionError, KeptEdition, NextState};
pub use evidence::{Evidence, EvidenceAt, EvidenceError, LARGEST_EVIDENCE, MOST_EVIDENCE, NewEvidence, Proves};
pub use forms::{FieldChange, FormAt, FormEntries, FormError, FormMark, HandedIn};
pub use measurement_plans::{KeptPlan, NewPlan};
pub use migrate::{StoreDigest, TableDigest};
pub use opinions::{Opinion, OpinionAt, OpinionSide, StatedOpinion};
pub use parks::{AdjustmentError, EnterpriseName, OwnedSheet, ParkSummary, Revision, SaveParkError, Stamp, Unshared};
pub use people::{
    Account, ApiToken, IDLE_US, Identity, Invitation, NewInvitation, OpenSession, Organisation, PasswordHash, Session,
    SignedIn, Tidied, TokenHolder, User, UserId,
};
pub use proposals::{AnsweredProposal, DeclaredBy, ProposalAnswer, ProposalAt, Verdict};
pub use records::{Declared, Put, PutError, RecordAt, RecordError, RecordVersion};
pub use register::{ImportDraft, ImportStatus, RegisterError, RegisterImport};
pub use results::{NewResult, StoredResult};
pub use scenarios::{NewScenario, Scenario};
pub use scope::{EnterpriseGrant, Grant, ParkGrant, Reduced, Scope, Subject};
pub use segments::{
    BatchError, Committed, MeterState, NewBatch, NewSegment, ReceivedSegment, SeenMeter, Segment, SegmentKind,
};
pub use sharing::{Access, Assignment, NewAssignment, NewShare, Receiver, Share};
pub use verifications::{NewSigned, SignedVerification};

use database::{Connections, Kind};
use sql::query;

/// The one place where everything is kept. Cloning it gives another handle on the same store.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
    /// Where the content of evidence files lies; none was named for a database that is not a file.
    evidence: Option<Arc<PathBuf>>,
}

struct Inner {
    connections: Connections,
    _folder: Option<TemporaryFolder>,
}

impl Store {
    /// Opens the store in this file, making it and its folder where there is none, and brings its tables up to date.
    pub async fn open(path: &Path) -> anyhow::Result<Store> {
        Store::connect(&Address::File(path.to_path_buf())).await
    }

    /// Opens the store at this address, and brings its tables up to date.
    pub async fn connect(address: &Address) -> anyhow::Result<Store> {
        Store::open_in(address, None).await.with_context(|| format!("open the store {address}"))
    }

    /// The same store with the content of its evidence in this folder's `evidence`.
    pub fn with_files_in(self, folder: &Path) -> Store {
        Store { evidence: Some(Arc::new(folder.join(EVIDENCE))), ..self }
    }

    /// A store for tests: a file in the folder for temporary files, gone with the last handle.
    pub async fn in_memory() -> anyhow::Result<Store> {
        let folder = TemporaryFolder::make()?;
        let address = Address::File(folder.0.join("congsinh.sqlite"));
        Store::open_in(&address, Some(folder)).await
    }

    /// Whether the store answers.
    pub async fn ping(&self) -> anyhow::Result<()> {
        let mut read = self.read().await?;
        query("select cast(1 as bigint)").rows(&mut read).await.map(|_| ())
    }

    /// A snapshot of what belongs to no tenant: the register, people, sessions.
    async fn read(&self) -> anyhow::Result<Transaction<'static, Any>> {
        self.inner.connections.read(None).await
    }

    /// A snapshot of what a scope covers.
    async fn read_as(&self, scope: &Scope) -> anyhow::Result<Transaction<'static, Any>> {
        self.inner.connections.read(Some(scope)).await
    }

    fn kind(&self) -> Kind {
        self.inner.connections.kind
    }

    async fn open_in(address: &Address, folder: Option<TemporaryFolder>) -> anyhow::Result<Store> {
        let connections = database::open(address).await?;
        let beside = match address {
            Address::File(path) => path.parent().map(|folder| Arc::new(folder.join(EVIDENCE))),
            Address::Postgres(_) => None,
        };
        Ok(Store { inner: Arc::new(Inner { connections, _folder: folder }), evidence: beside })
    }
}

/// The folder of evidence files beside the store.
const EVIDENCE: &str = "evidence";

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
