//! Evidence files: what proves a record or an answer. The bytes lie in a folder beside the store, under their SHA-256,
//! so that the same content is kept once; the rows say whose they are and what they prove. The bytes are on disk before
//! the row is committed: a crash leaves at most a file that nobody names.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use engine::ids::{EnterpriseId, ParkId, ResourceId};
use engine::period::Period;
use engine::source::Digest;
use serde::Serialize;
use serde_json::json;
use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use uuid::Uuid;

use crate::audit::{Change, Shown};
use crate::completion::lock;
use crate::records::{RecordAt, record_exists};
use crate::sql::{Columns, Rows, maybe_text, query, text, whole};
use crate::{Actor, Scope, Store, Subject};

/// The largest file that is kept, and the most of them for one record or answer.
pub const LARGEST_EVIDENCE: usize = 10 * 1024 * 1024;
pub const MOST_EVIDENCE: usize = 10;

/// What a file proves.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Proves {
    Record {
        resource: ResourceId,
        period: Period,
    },
    /// The answer to a finding, by the finding's key.
    Answer {
        finding: String,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceAt {
    pub park: ParkId,
    pub enterprise: EnterpriseId,
    pub proves: Proves,
}

/// A file that was handed in; what it is was decided by its content.
#[derive(Clone, Debug)]
pub struct NewEvidence<'a> {
    pub file_name: &'a str,
    pub media_type: &'a str,
    pub bytes: &'a [u8],
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Evidence {
    pub id: String,
    pub enterprise: EnterpriseId,
    pub proves: Proves,
    pub file_name: String,
    pub media_type: String,
    pub bytes: i64,
    pub sha256: String,
    pub added_at_us: i64,
    pub added_by: String,
}

#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    #[error("this enterprise is not in scope")]
    OutsideScope,
    #[error("there is no such record, answer or file")]
    NotFound,
    #[error("{0} bytes, at most {LARGEST_EVIDENCE}")]
    TooLarge(usize),
    #[error("at most {MOST_EVIDENCE} files")]
    TooMany,
    /// The same content proves this already.
    #[error("the same file is there already")]
    Same,
    /// A bill tells what was paid, and that was not shared.
    #[error("its enterprise has not shared what was paid")]
    Unshared,
    /// The record is approved; what proves it stays.
    #[error("{0} is approved and locked")]
    Locked(Period),
    #[error(transparent)]
    Store(#[from] anyhow::Error),
}

const COLUMNS: &str = "id, enterprise_id, resource_id, period_start, period_end, finding, file_name, media_type, bytes, \
     sha256, added_at_us, added_by";

impl Store {
    /// Keeps a file and says how it is known.
    pub async fn add_evidence(
        &self,
        actor: &Actor,
        scope: &Scope,
        at: &EvidenceAt,
        new: &NewEvidence<'_>,
    ) -> Result<Evidence, EvidenceError> {
        if !scope.covers_enterprise(&at.park, &at.enterprise) {
            return Err(EvidenceError::OutsideScope);
        }
        if new.bytes.len() > LARGEST_EVIDENCE {
            return Err(EvidenceError::TooLarge(new.bytes.len()));
        }
        let evidence = Evidence {
            id: Uuid::now_v7().to_string(),
            enterprise: at.enterprise.clone(),
            proves: at.proves.clone(),
            file_name: new.file_name.to_string(),
            media_type: new.media_type.to_string(),
            bytes: new.bytes.len() as i64,
            sha256: Digest::of(new.bytes).as_str().to_string(),
            added_at_us: actor.at_us,
            added_by: actor.id.clone(),
        };
        let change = Change::new("add", "evidence", &evidence.id).of_park(&at.park).of_enterprise(&at.enterprise);
        let mut write = self.write(actor, change).await?;
        if !is_there(write.connection(), at).await? {
            return Err(EvidenceError::NotFound);
        }
        let kept = of(write.connection(), at).await?;
        if kept.iter().any(|kept| kept.sha256 == evidence.sha256) {
            return Err(EvidenceError::Same);
        }
        if kept.len() >= MOST_EVIDENCE {
            return Err(EvidenceError::TooMany);
        }
        let (folder, sha256, bytes) = (self.evidence_folder()?, evidence.sha256.clone(), new.bytes.to_vec());
        tokio::task::spawn_blocking(move || keep(&folder, &sha256, &bytes)).await.context("keep a file")??;
        insert(write.connection(), at, &evidence).await?;
        write.after(Some(says(&evidence)));
        write.commit().await?;
        Ok(evidence)
    }

    /// Takes a file away from what it proved. Its content stays on disk.
    pub async fn remove_evidence(
        &self,
        actor: &Actor,
        scope: &Scope,
        park: &ParkId,
        enterprise: &EnterpriseId,
        id: &str,
    ) -> Result<(), EvidenceError> {
        if !scope.covers_enterprise(park, enterprise) {
            return Err(EvidenceError::OutsideScope);
        }
        let change = Change::new("withdraw", "evidence", id).of_park(park).of_enterprise(enterprise);
        let mut write = self.write(actor, change).await?;
        let found = one(write.connection(), park, enterprise, id).await?.ok_or(EvidenceError::NotFound)?;
        if let Proves::Record { resource, period } = &found.proves {
            let (park, enterprise) = (park.clone(), enterprise.clone());
            let at = RecordAt { park, enterprise, resource: resource.clone(), period: *period };
            if let Some(lock) = lock(write.connection(), &at).await? {
                return Err(EvidenceError::Locked(lock.approved));
            }
        }
        let sql = "update evidence set removed_at_us = $2, removed_by = $3 where id = $1";
        query(sql).bind_all([text(id), whole(actor.at_us), text(&actor.id)]).execute(write.connection()).await?;
        write.before(Some(says(&found)));
        write.commit().await?;
        Ok(())
    }

    /// The files of the enterprises in scope, oldest first.
    pub async fn evidence(&self, scope: &Scope, park: &ParkId) -> anyhow::Result<Vec<Evidence>> {
        let mut read = self.read_as(scope).await?;
        let sql = format!("select {COLUMNS} from evidence where park_id = $1 and removed_at_us is null order by id");
        let rows = query(sql).bind(text(park.as_str())).rows(&mut read).await?;
        let all = rows.iter().map(row_of).collect::<anyhow::Result<Vec<_>>>()?;
        Ok(all.into_iter().filter(|evidence| scope.covers_enterprise(park, &evidence.enterprise)).collect())
    }

    /// A file with its content, held against its hash.
    pub async fn evidence_content(
        &self,
        scope: &Scope,
        park: &ParkId,
        enterprise: &EnterpriseId,
        id: &str,
    ) -> Result<(Evidence, Vec<u8>), EvidenceError> {
        if !scope.covers_enterprise(park, enterprise) {
            return Err(EvidenceError::OutsideScope);
        }
        let found =
            one(&mut *self.read_as(scope).await?, park, enterprise, id).await?.ok_or(EvidenceError::NotFound)?;
        if !scope.covers_subject(park, enterprise, Subject::Costs) {
            return Err(EvidenceError::Unshared);
        }
        let path = path_of(&self.evidence_folder()?, &found.sha256);
        let bytes = tokio::fs::read(&path).await.with_context(|| format!("read {}", path.display()))?;
        if Digest::of(&bytes).as_str() != found.sha256 {
            return Err(EvidenceError::Store(anyhow!("{} is not what was handed in", path.display())));
        }
        Ok((found, bytes))
    }

    /// Puts a file aside while somebody looks at what was read from it, and says the word by which they get it back.
    /// What nobody came back for within a day is thrown away.
    pub async fn put_aside(&self, actor: &Actor, bytes: &[u8]) -> anyhow::Result<String> {
        let (folder, id) = (self.evidence_folder()?.join(ASIDE), Uuid::new_v4().simple().to_string());
        let (path, bytes) = (folder.join(aside_name(&actor.id, &id)), bytes.to_vec());
        let kept = move || -> anyhow::Result<()> {
            fs::create_dir_all(&folder).with_context(|| format!("make {}", folder.display()))?;
            for entry in fs::read_dir(&folder)?.flatten() {
                let age = entry.metadata().and_then(|data| data.modified()).ok().and_then(|at| at.elapsed().ok());
                if age.is_some_and(|age| age > std::time::Duration::from_secs(24 * 60 * 60)) {
                    // Another request may have thrown it away meanwhile.
                    let _ = fs::remove_file(entry.path());
                }
            }
            fs::write(&path, bytes).with_context(|| format!("write {}", path.display()))
        };
        tokio::task::spawn_blocking(kept).await.context("put a file aside")??;
        Ok(id)
    }

    /// The file that somebody put aside themselves; `None` where there is none.
    pub async fn taken_up(&self, actor: &Actor, id: &str) -> anyhow::Result<Option<Vec<u8>>> {
        if id.len() != 32 || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(None);
        }
        let path = self.evidence_folder()?.join(ASIDE).join(aside_name(&actor.id, id));
        Ok(tokio::fs::read(path).await.ok())
    }

    /// Where the content lies.
    fn evidence_folder(&self) -> anyhow::Result<PathBuf> {
        self.evidence.as_deref().cloned().context("say with --data in which folder evidence is kept")
    }
}

/// Files that wait for a word of their owner.
const ASIDE: &str = "aside";

/// Whose it is stands in the name, as a hash: the code of an account may hold anything.
fn aside_name(actor: &str, id: &str) -> String {
    format!("{}-{id}", Digest::of(actor.as_bytes()).short())
}

/// `ab/abcd…`: two digits keep a folder from growing without end.
fn path_of(folder: &Path, sha256: &str) -> PathBuf {
    folder.join(&sha256[..2]).join(sha256)
}

/// Writes the content under its hash unless it is there, whole or not at all, and waits for the disk.
fn keep(folder: &Path, sha256: &str, bytes: &[u8]) -> anyhow::Result<()> {
    let path = path_of(folder, sha256);
    if fs::read(&path).is_ok_and(|kept| kept == bytes) {
        return Ok(());
    }
    let place = path.parent().context("a folder")?;
    fs::create_dir_all(place).with_context(|| format!("make {}", place.display()))?;
    let half = place.join(format!(".{}", Uuid::now_v7()));
    let written = || -> std::io::Result<()> {
        let mut file = fs::File::create_new(&half)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&half, &path)?;
        fs::File::open(place)?.sync_all()
    };
    written().inspect_err(|_| _ = fs::remove_file(&half)).with_context(|| format!("write {}", path.display()))
}

/// Whether there is what the file shall prove.
async fn is_there(connection: &mut AnyConnection, at: &EvidenceAt) -> anyhow::Result<bool> {
    match &at.proves {
        Proves::Record { resource, period } => {
            let (park, enterprise) = (at.park.clone(), at.enterprise.clone());
            record_exists(connection, &RecordAt { park, enterprise, resource: resource.clone(), period: *period }).await
        }
        Proves::Answer { finding } => {
            let sql = "select id from finding_answer where park_id = $1 and enterprise_id = $2 and finding = $3 \
                       and superseded_at_us is null";
            let place = [text(at.park.as_str()), text(at.enterprise.as_str()), text(finding)];
            Ok(query(sql).bind_all(place).row(connection).await?.is_some())
        }
    }
}

async fn insert(connection: &mut AnyConnection, at: &EvidenceAt, evidence: &Evidence) -> anyhow::Result<()> {
    let (resource, period, finding) = match &at.proves {
        Proves::Record { resource, period } => (Some(resource), Some(period), None),
        Proves::Answer { finding } => (None, None, Some(finding)),
    };
    let shared = [("park_id", text(at.park.as_str())), ("enterprise_id", text(at.enterprise.as_str()))];
    let columns = [
        "id",
        "resource_id",
        "period_start",
        "period_end",
        "finding",
        "file_name",
        "media_type",
        "bytes",
        "sha256",
        "added_at_us",
        "added_by",
    ];
    let mut rows = Rows::of("evidence", &shared, columns);
    rows.push([
        text(&evidence.id),
        maybe_text(resource),
        maybe_text(period.map(Period::start)),
        maybe_text(period.map(Period::end)),
        maybe_text(finding),
        text(&evidence.file_name),
        text(&evidence.media_type),
        whole(evidence.bytes),
        text(&evidence.sha256),
        whole(evidence.added_at_us),
        text(&evidence.added_by),
    ]);
    rows.insert(connection).await
}

async fn of(connection: &mut AnyConnection, at: &EvidenceAt) -> anyhow::Result<Vec<Evidence>> {
    let sql = format!(
        "select {COLUMNS} from evidence where park_id = $1 and enterprise_id = $2 and removed_at_us is null order by id"
    );
    let place = [text(at.park.as_str()), text(at.enterprise.as_str())];
    let rows = query(sql).bind_all(place).rows(connection).await?;
    let all = rows.iter().map(row_of).collect::<anyhow::Result<Vec<_>>>()?;
    Ok(all.into_iter().filter(|evidence| evidence.proves == at.proves).collect())
}

async fn one(
    connection: &mut AnyConnection,
    park: &ParkId,
    enterprise: &EnterpriseId,
    id: &str,
) -> anyhow::Result<Option<Evidence>> {
    let sql = format!(
        "select {COLUMNS} from evidence where id = $1 and park_id = $2 and enterprise_id = $3 and removed_at_us is null"
    );
    let values = [text(id), text(park.as_str()), text(enterprise.as_str())];
    query(sql).bind_all(values).row(connection).await?.as_ref().map(row_of).transpose()
}

fn row_of(row: &AnyRow) -> anyhow::Result<Evidence> {
    let mut columns = Columns::of(row);
    let (id, enterprise) = (columns.text()?, EnterpriseId::new(columns.text()?));
    let (resource, start, end) = (columns.maybe_text()?, columns.maybe_date()?, columns.maybe_date()?);
    let finding = columns.maybe_text()?;
    let period = start.zip(end).and_then(|(start, end)| Period::new(start, end));
    let proves = match (resource.zip(period), finding) {
        (Some((resource, period)), None) => Proves::Record { resource: ResourceId::new(resource), period },
        (None, Some(finding)) => Proves::Answer { finding },
        _ => return Err(anyhow!("evidence {id} proves neither a record nor an answer")),
    };
    Ok(Evidence {
        id,
        enterprise,
        proves,
        file_name: columns.text()?,
        media_type: columns.text()?,
        bytes: columns.whole()?,
        sha256: columns.text()?,
        added_at_us: columns.whole()?,
        added_by: columns.text()?,
    })
}

/// What the log says of a file.
fn says(evidence: &Evidence) -> serde_json::Value {
    json!({
        "id": evidence.id,
        "proves": evidence.proves,
        "file_name": evidence.file_name,
        "bytes": evidence.bytes,
        "sha256": evidence.sha256,
    })
}

/// Every file that was ever handed in, for the log to be held against.
pub(crate) async fn shown(connection: &mut AnyConnection) -> anyhow::Result<BTreeMap<String, Shown>> {
    let rows = query(format!("select {COLUMNS} from evidence")).rows(connection).await?;
    let all = rows.iter().map(row_of).collect::<anyhow::Result<Vec<_>>>()?;
    let shown = |evidence: Evidence| {
        let shown = Shown { says: says(&evidence), by: evidence.added_by };
        (evidence.id, shown)
    };
    Ok(all.into_iter().map(shown).collect())
}
