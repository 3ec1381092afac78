//! Editions of frameworks that administrators write, with the stages of their lives. Every state that an edition was in
//! is kept; the last one holds.

use std::collections::BTreeMap;

use engine::catalogue::frameworks::life::Stage;
use engine::ids::FrameworkId;
use engine::source::Digest;
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use uuid::Uuid;

use crate::audit::{Change, Shown, Write};
use crate::sql::{Columns, Rows, maybe_text, query, text, whole};
use crate::{Actor, Store};

/// An edition as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeptEdition {
    pub id: FrameworkId,
    /// Counts its states from 1.
    pub revision: i64,
    /// The edition as a TOML file.
    pub toml: String,
    pub stage: Stage,
    pub written_at_us: i64,
    pub written_by: String,
}

/// A state that an edition is to have, and the revision it was read in; 0 for a new one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextState {
    pub id: FrameworkId,
    pub after: i64,
    pub toml: String,
    pub stage: Stage,
}

#[derive(Debug, thiserror::Error)]
pub enum EditionError {
    #[error("somebody else changed this edition in the meantime")]
    Changed,
    #[error("a published edition is not written over")]
    Fixed,
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

const COLUMNS: &str =
    "edition_id, revision, toml, stage, published_from, replaced_on, replaced_by, written_at_us, written_by";

impl Store {
    /// How many states editions have been in; another number means that one of them changed.
    pub async fn edition_revision(&self) -> anyhow::Result<i64> {
        let mut read = self.read().await?;
        let row = query("select cast(count(*) as bigint) from edition_state").row(&mut read).await?;
        row.map_or(Ok(0), |row| Columns::of(&row).whole())
    }

    /// Every edition as it is now, by its name.
    pub async fn editions(&self) -> anyhow::Result<Vec<KeptEdition>> {
        let mut read = self.read().await?;
        let sql = format!(
            "select {COLUMNS} from edition_state as kept where revision = \
             (select max(revision) from edition_state as other where other.edition_id = kept.edition_id) \
             order by edition_id"
        );
        query(sql).rows(&mut read).await?.iter().map(kept).collect()
    }

    /// Every state that an edition was in, the first one first.
    pub async fn edition_states(&self, id: &FrameworkId) -> anyhow::Result<Vec<KeptEdition>> {
        let mut read = self.read().await?;
        let sql = format!("select {COLUMNS} from edition_state where edition_id = $1 order by revision");
        query(sql).bind(text(id.as_str())).rows(&mut read).await?.iter().map(kept).collect()
    }

    /// Keeps the states of one act together or not at all: a draft that is written, or an edition that is published and
    /// the one that it replaces. The first names the act in the log.
    pub async fn save_editions(&self, actor: &Actor, states: &[NextState]) -> Result<(), EditionError> {
        let Some((first, rest)) = states.split_first() else { return Ok(()) };
        let mut write = self.write(actor, change(first)).await?;
        let (before, after) = save(&mut write, actor, first).await?;
        write.before(before);
        write.after(Some(after));
        for state in rest {
            let (before, after) = save(&mut write, actor, state).await?;
            write.also(change(state).told(before, Some(after))).await?;
        }
        write.commit().await?;
        Ok(())
    }
}

fn change(state: &NextState) -> Change {
    let action = match state.stage {
        Stage::Draft => "write",
        Stage::Published { .. } => "publish",
        Stage::Replaced { .. } => "replace",
    };
    Change::new(action, "edition", state.id.as_str())
}

/// Adds a state, and says what the log is told of the one before and of this one.
async fn save(write: &mut Write, actor: &Actor, state: &NextState) -> Result<(Option<Value>, Value), EditionError> {
    let sql = format!("select id, {COLUMNS} from edition_state where edition_id = $1 order by revision desc limit 1");
    let row = query(sql).bind(text(state.id.as_str())).row(write.connection()).await?;
    let mut before = None;
    let mut revision = 0;
    if let Some(row) = row {
        let mut columns = Columns::of(&row);
        let id = columns.text()?;
        let kept = read(&mut columns)?;
        revision = kept.revision;
        if !kept.stage.may_be_written() && kept.toml != state.toml {
            return Err(EditionError::Fixed);
        }
        before = Some(says(&id, kept.revision, &kept.toml, &kept.stage));
    }
    if revision != state.after {
        return Err(EditionError::Changed);
    }
    let id = Uuid::now_v7().to_string();
    let (from, on, by) = dates(&state.stage);
    let columns = [
        "id",
        "edition_id",
        "revision",
        "toml",
        "stage",
        "published_from",
        "replaced_on",
        "replaced_by",
        "written_at_us",
        "written_by",
    ];
    let mut rows = Rows::of("edition_state", &[], columns);
    rows.push([
        text(&id),
        text(state.id.as_str()),
        whole(revision + 1),
        text(&state.toml),
        text(state.stage.code()),
        from,
        on,
        by,
        whole(actor.at_us),
        text(&actor.id),
    ]);
    rows.insert(write.connection()).await?;
    Ok((before, says(&id, revision + 1, &state.toml, &state.stage)))
}

fn dates(stage: &Stage) -> (crate::sql::Cell, crate::sql::Cell, crate::sql::Cell) {
    let none = || maybe_text(None::<String>);
    match stage {
        Stage::Draft => (none(), none(), none()),
        Stage::Published { from } => (maybe_text(Some(from)), none(), none()),
        Stage::Replaced { from, on, by } => (maybe_text(Some(from)), maybe_text(Some(on)), maybe_text(Some(by))),
    }
}

fn kept(row: &AnyRow) -> anyhow::Result<KeptEdition> {
    read(&mut Columns::of(row))
}

fn read(columns: &mut Columns) -> anyhow::Result<KeptEdition> {
    let (id, revision, toml, stage) = (columns.text()?, columns.whole()?, columns.text()?, columns.text()?);
    let (from, on, by) = (columns.maybe_date()?, columns.maybe_date()?, columns.maybe_text()?);
    let stage = match (stage.as_str(), from, on, by) {
        ("draft", None, None, None) => Stage::Draft,
        ("published", Some(from), None, None) => Stage::Published { from },
        ("replaced", Some(from), Some(on), Some(by)) => Stage::Replaced { from, on, by: FrameworkId::new(by) },
        (stage, ..) => anyhow::bail!("edition {id}: its dates do not go with the stage {stage}"),
    };
    let id = FrameworkId::new(id);
    Ok(KeptEdition { id, revision, toml, stage, written_at_us: columns.whole()?, written_by: columns.text()? })
}

/// What the log says of a state: which text, not the text itself.
fn says(id: &str, revision: i64, toml: &str, stage: &Stage) -> Value {
    json!({ "id": id, "revision": revision, "toml": Digest::of(toml.as_bytes()), "stage": stage })
}

/// Every state, for the log to be held against.
pub(crate) async fn shown(connection: &mut AnyConnection) -> anyhow::Result<BTreeMap<String, Shown>> {
    let mut shown = BTreeMap::new();
    for row in query(format!("select id, {COLUMNS} from edition_state")).rows(connection).await? {
        let mut columns = Columns::of(&row);
        let id = columns.text()?;
        let kept = read(&mut columns)?;
        let says = says(&id, kept.revision, &kept.toml, &kept.stage);
        shown.insert(id, Shown { says, by: kept.written_by });
    }
    Ok(shown)
}
