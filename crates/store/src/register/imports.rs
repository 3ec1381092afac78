//! Files that people hand in for the register: kept as a draft while their columns and doubtful names are decided,
//! taken over in one transaction, and undone as long as nothing was built upon them.

use std::collections::BTreeMap;

use engine::register::{Decision, Entry, EntryChange, Mapping, RegisterKind};
use engine::source::Digest;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use uuid::Uuid;

use super::{ALL, change, count_change, load, push_states, remove_states, shown, state_rows, told};
use crate::audit::Change;
use crate::sql::{Columns, Rows, date, maybe_text, maybe_whole, query, text, whole};
use crate::{Actor, Store};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ImportStatus {
    Draft,
    Committed,
    Undone,
    Discarded,
}

impl ImportStatus {
    pub fn code(self) -> &'static str {
        match self {
            ImportStatus::Draft => "draft",
            ImportStatus::Committed => "committed",
            ImportStatus::Undone => "undone",
            ImportStatus::Discarded => "discarded",
        }
    }

    fn parse(code: &str) -> Option<ImportStatus> {
        [ImportStatus::Draft, ImportStatus::Committed, ImportStatus::Undone, ImportStatus::Discarded]
            .into_iter()
            .find(|status| status.code() == code)
    }
}

/// What somebody hands in, and what they have decided about it so far.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportDraft {
    pub kind: RegisterKind,
    pub file_name: String,
    pub sha256: Digest,
    /// JSON of the sheet as it was read.
    pub sheet: String,
    pub mapping: Mapping,
    pub decisions: BTreeMap<usize, Decision>,
    pub stated_on: Date,
    pub source: String,
    pub licence: String,
    /// The province that a board's import is bound to.
    pub province: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct RegisterImport {
    pub id: String,
    /// The sheet is empty once the import was taken over or given up.
    pub draft: ImportDraft,
    pub status: ImportStatus,
    pub added: usize,
    pub changed: usize,
    pub made_by: String,
    pub made_at_us: i64,
    pub committed_at_us: Option<i64>,
    pub undone_at_us: Option<i64>,
}

#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    #[error("there is no such import, or it is not open any more")]
    NotFound,
    #[error("the register has changed since the preview")]
    Changed,
    #[error("{} entries were changed since by something else", .0.len())]
    BuiltUpon(Vec<String>),
    #[error(transparent)]
    Store(#[from] anyhow::Error),
}

impl Store {
    /// Keeps a file with its first mapping, and says its id.
    pub async fn draft_register_import(&self, actor: &Actor, draft: &ImportDraft) -> anyhow::Result<String> {
        let id = Uuid::now_v7().to_string();
        let mut write = self.write(actor, Change::new("draft", "register_import", &id)).await?;
        let mut rows = Rows::of(
            "register_import",
            &[],
            [
                "id",
                "kind",
                "file_name",
                "sha256",
                "sheet",
                "mapping",
                "decisions",
                "stated_on",
                "source",
                "licence",
                "status",
                "added",
                "changed",
                "province",
                "made_by",
                "made_at_us",
                "committed_at_us",
                "undone_at_us",
            ],
        );
        rows.push([
            text(&id),
            text(draft.kind.code()),
            text(&draft.file_name),
            text(draft.sha256.as_str()),
            text(&draft.sheet),
            text(serde_json::to_string(&draft.mapping).map_err(anyhow::Error::from)?),
            text(serde_json::to_string(&draft.decisions).map_err(anyhow::Error::from)?),
            date(draft.stated_on),
            text(&draft.source),
            text(&draft.licence),
            text(ImportStatus::Draft.code()),
            whole(0),
            whole(0),
            maybe_text(draft.province.as_ref()),
            text(&actor.id),
            whole(actor.at_us),
            maybe_whole(None),
            maybe_whole(None),
        ]);
        rows.insert(write.connection()).await?;
        write.after(Some(json!({ "kind": draft.kind, "file": draft.file_name, "sha256": draft.sha256 })));
        write.commit().await?;
        Ok(id)
    }

    /// Puts what was decided meanwhile in the place of what was there. The file stays.
    pub async fn amend_register_import(
        &self,
        actor: &Actor,
        id: &str,
        draft: &ImportDraft,
    ) -> Result<(), RegisterError> {
        let mut write = self.write(actor, Change::new("amend", "register_import", id)).await?;
        let sql = "update register_import set mapping = $2, decisions = $3, stated_on = $4, source = $5, licence = $6 \
                   where id = $1 and status = 'draft'";
        let touched = query(sql)
            .bind(text(id))
            .bind(text(json!(draft.mapping).to_string()))
            .bind(text(json!(draft.decisions).to_string()))
            .bind(date(draft.stated_on))
            .bind(text(&draft.source))
            .bind(text(&draft.licence))
            .execute(write.connection())
            .await?;
        if touched == 0 {
            return Err(RegisterError::NotFound);
        }
        write.after(Some(
            json!({ "mapping": draft.mapping, "decisions": draft.decisions.len(), "stated_on": draft.stated_on }),
        ));
        Ok(write.commit().await?)
    }

    /// Takes a draft over: all of its changes or none. `revision` is the register's as it was compared with.
    pub async fn commit_register_import(
        &self,
        actor: &Actor,
        id: &str,
        revision: i64,
        changes: &[EntryChange],
    ) -> Result<(), RegisterError> {
        let mut write = self.write(actor, Change::new("import", ALL.0, ALL.1)).await?;
        let import = one(write.connection(), id).await?.filter(|import| import.status == ImportStatus::Draft);
        let import = import.ok_or(RegisterError::NotFound)?;
        let before = load(write.connection()).await?;
        if before.revision != revision {
            return Err(RegisterError::Changed);
        }
        let added = changes.iter().filter(|change| change.before.is_none()).count();
        let sql = "update register_import set status = 'committed', sheet = null, added = $2, changed = $3, \
                   committed_at_us = $4 where id = $1";
        query(sql)
            .bind(text(id))
            .bind(whole(added as i64))
            .bind(whole((changes.len() - added) as i64))
            .bind(whole(actor.at_us))
            .execute(write.connection())
            .await?;
        remember(write.connection(), actor, &import.draft).await?;
        let mut kept = Rows::of(
            "register_import_entry",
            &[("import_id", text(id))],
            ["kind", "code", "before_json", "after_json"],
        );
        for change in changes {
            let json = |entry: &Entry| serde_json::to_string(entry).map_err(anyhow::Error::from);
            let before = change.before.as_ref().map(json).transpose()?;
            kept.push([
                text(change.after.kind.code()),
                text(&change.after.code),
                maybe_text(before),
                text(json(&change.after)?),
            ]);
        }
        kept.insert(write.connection()).await?;
        write.before(Some(shown(&before)));
        let after = change(write.connection(), before, changes).await?;
        let mut told = told(&after, changes);
        told["import"] = id.into();
        write.after(Some(told));
        Ok(write.commit().await?)
    }

    /// Gives a draft up.
    pub async fn discard_register_import(&self, actor: &Actor, id: &str) -> Result<(), RegisterError> {
        let mut write = self.write(actor, Change::new("discard", "register_import", id)).await?;
        let sql = "update register_import set status = 'discarded', sheet = null where id = $1 and status = 'draft'";
        if query(sql).bind(text(id)).execute(write.connection()).await? == 0 {
            return Err(RegisterError::NotFound);
        }
        Ok(write.commit().await?)
    }

    /// Puts every entry back as it was before an import. Refused where something else has changed one since.
    pub async fn undo_register_import(&self, actor: &Actor, id: &str) -> Result<(), RegisterError> {
        let mut write = self.write(actor, Change::new("undo", ALL.0, ALL.1)).await?;
        let import = one(write.connection(), id).await?.filter(|import| import.status == ImportStatus::Committed);
        import.ok_or(RegisterError::NotFound)?;
        let mut register = load(write.connection()).await?;
        let before = shown(&register);
        let changes = changes_of(write.connection(), id).await?;
        let is_built_upon = |change: &&EntryChange| {
            let after = &change.after;
            let is_linked = change.before.is_none() && register.link(after.kind, &after.code) != Default::default();
            is_linked || register.entry(after.kind, &after.code) != Some(after)
        };
        let built_upon: Vec<String> = changes
            .iter()
            .filter(is_built_upon)
            .map(|change| format!("{}/{}", change.after.kind.code(), change.after.code))
            .collect();
        if !built_upon.is_empty() {
            return Err(RegisterError::BuiltUpon(built_upon));
        }
        let mut states = state_rows();
        for EntryChange { before, after } in &changes {
            remove_states(write.connection(), after.kind, &after.code).await?;
            match before {
                Some(before) => {
                    push_states(&mut states, before)?;
                    register.insert(before.clone());
                }
                None => {
                    let sql = "delete from register_entry where kind = $1 and code = $2";
                    let gone = query(sql).bind(text(after.kind.code())).bind(text(&after.code));
                    gone.execute(write.connection()).await?;
                    if let Some(entries) = register.entries.get_mut(&after.kind) {
                        entries.remove(&after.code);
                    }
                }
            }
        }
        states.insert(write.connection()).await?;
        count_change(write.connection()).await?;
        let sql = "update register_import set status = 'undone', undone_at_us = $2 where id = $1";
        query(sql).bind(text(id)).bind(whole(actor.at_us)).execute(write.connection()).await?;
        let mut after = shown(&register);
        after["import"] = id.into();
        write.before(Some(before));
        write.after(Some(after));
        Ok(write.commit().await?)
    }

    pub async fn register_import(&self, id: &str) -> anyhow::Result<Option<RegisterImport>> {
        one(&mut *self.read().await?, id).await
    }

    /// The newest first, without their sheets.
    pub async fn register_imports(&self, most: usize) -> anyhow::Result<Vec<RegisterImport>> {
        let sql = format!("select {} from register_import order by made_at_us desc, id desc limit $1", columns("null"));
        let rows = query(sql).bind(whole(most as i64)).rows(&mut *self.read().await?).await?;
        rows.iter().map(import).collect()
    }

    /// What an import changed.
    pub async fn register_import_changes(&self, id: &str) -> anyhow::Result<Vec<EntryChange>> {
        changes_of(&mut *self.read().await?, id).await
    }

    /// What was decided for a file with these headings; for others of the kind what their single headings meant last.
    pub async fn remembered_mapping(&self, kind: RegisterKind, headings: &[String]) -> anyhow::Result<Mapping> {
        let sql = "select headings, mapping from register_mapping where kind = $1 order by saved_at_us";
        let mut remembered = Mapping::new();
        for row in query(sql).bind(text(kind.code())).rows(&mut *self.read().await?).await? {
            let mut columns = Columns::of(&row);
            let (of, mapping) = (columns.text()?, serde_json::from_str::<Mapping>(&columns.text()?)?);
            if of == headings.join("\n") {
                return Ok(mapping);
            }
            remembered.extend(mapping);
        }
        Ok(remembered)
    }
}

async fn remember(connection: &mut AnyConnection, actor: &Actor, draft: &ImportDraft) -> anyhow::Result<()> {
    let headings: Vec<&str> = draft.mapping.keys().map(String::as_str).collect();
    let headings = headings.join("\n");
    let sql = "delete from register_mapping where kind = $1 and headings = $2";
    query(sql).bind(text(draft.kind.code())).bind(text(&headings)).execute(connection).await?;
    let mut rows = Rows::of("register_mapping", &[], ["kind", "headings", "mapping", "saved_at_us", "saved_by"]);
    rows.push([
        text(draft.kind.code()),
        text(headings),
        text(serde_json::to_string(&draft.mapping)?),
        whole(actor.at_us),
        text(&actor.id),
    ]);
    rows.insert(connection).await
}

fn columns(sheet: &str) -> String {
    format!(
        "id, kind, file_name, sha256, cast({sheet} as text), mapping, decisions, stated_on, source, licence, province, \
         status, added, changed, made_by, made_at_us, committed_at_us, undone_at_us"
    )
}

async fn one(connection: &mut AnyConnection, id: &str) -> anyhow::Result<Option<RegisterImport>> {
    let sql = format!("select {} from register_import where id = $1", columns("sheet"));
    query(sql).bind(text(id)).row(connection).await?.as_ref().map(import).transpose()
}

fn import(row: &AnyRow) -> anyhow::Result<RegisterImport> {
    let mut columns = Columns::of(row);
    let id = columns.text()?;
    let draft = ImportDraft {
        kind: super::kind(&columns.text()?)?,
        file_name: columns.text()?,
        sha256: serde_json::from_value(columns.text()?.into())?,
        sheet: columns.maybe_text()?.unwrap_or_default(),
        mapping: serde_json::from_str(&columns.text()?)?,
        decisions: serde_json::from_str(&columns.text()?)?,
        stated_on: columns.date()?,
        source: columns.text()?,
        licence: columns.text()?,
        province: columns.maybe_text()?,
    };
    let status = columns.text()?;
    Ok(RegisterImport {
        id,
        draft,
        status: ImportStatus::parse(&status).ok_or_else(|| anyhow::anyhow!("`{status}` is no status of an import"))?,
        added: columns.whole()? as usize,
        changed: columns.whole()? as usize,
        made_by: columns.text()?,
        made_at_us: columns.whole()?,
        committed_at_us: columns.maybe_whole()?,
        undone_at_us: columns.maybe_whole()?,
    })
}

async fn changes_of(connection: &mut AnyConnection, id: &str) -> anyhow::Result<Vec<EntryChange>> {
    let sql = "select before_json, after_json from register_import_entry where import_id = $1 order by kind, code";
    let mut changes = Vec::new();
    for row in query(sql).bind(text(id)).rows(connection).await? {
        let mut columns = Columns::of(&row);
        let before = columns.maybe_text()?.map(|json| serde_json::from_str(&json)).transpose()?;
        changes.push(EntryChange { before, after: serde_json::from_str(&columns.text()?)? });
    }
    Ok(changes)
}
