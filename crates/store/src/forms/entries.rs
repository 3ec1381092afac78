//! What people write into a form: values of rows that nothing else fills, and values in the place of what was found. The log
//! tells the digest of a value and not the value: some are particulars of persons.

use std::collections::BTreeMap;

use engine::ids::FieldId;
use engine::report::forms::{Override, Typed};
use engine::source::Digest;
use serde_json::{Value, json};
use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use uuid::Uuid;

use super::{ABOUT, FormAt, FormError, current, exists};
use crate::audit::{Shown, Write};
use crate::sql::{Columns, Rows, maybe_text, query, text, whole};
use crate::{Actor, Scope, Store};

/// What is to become of a row; `None` clears it.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldChange {
    Typed(Option<Typed>),
    Override(Option<Override>),
}

impl FieldChange {
    fn kind(&self) -> &'static str {
        match self {
            FieldChange::Typed(_) => TYPED,
            FieldChange::Override(_) => OVERRIDE,
        }
    }

    fn content(&self) -> anyhow::Result<Option<String>> {
        Ok(match self {
            FieldChange::Typed(typed) => typed.as_ref().map(serde_json::to_string).transpose()?,
            FieldChange::Override(over) => over.as_ref().map(serde_json::to_string).transpose()?,
        })
    }
}

const TYPED: &str = "typed";
const OVERRIDE: &str = "override";

/// What stands in a form by people's word.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FormEntries {
    pub typed: BTreeMap<FieldId, Typed>,
    pub overrides: BTreeMap<FieldId, Override>,
    /// Who wrote a row last, and when.
    pub written: BTreeMap<FieldId, (String, i64)>,
}

struct Entry {
    id: String,
    field: FieldId,
    kind: String,
    content: String,
    entered_at_us: i64,
    entered_by: String,
}

const COLUMNS: &str = "id, field_id, kind, content, entered_at_us, entered_by";

impl Store {
    /// Writes all of these rows, or none. A form that was handed in is closed.
    pub async fn write_form(
        &self,
        actor: &Actor,
        scope: &Scope,
        at: &FormAt,
        changes: &[(FieldId, FieldChange)],
    ) -> Result<(), FormError> {
        if !may_write(scope, at) {
            return Err(FormError::OutsideScope);
        }
        let mut write = self.write(actor, at.change("write", "form", at.place())).await?;
        exists(write.connection(), at).await?;
        if current(write.connection(), at).await?.is_some_and(|mark| !mark.state.may_be_written()) {
            return Err(FormError::Closed);
        }
        let before = entries(write.connection(), at).await?;
        for (field, change) in changes {
            let old = before.iter().find(|entry| entry.field == *field && entry.kind == change.kind());
            put(&mut write, actor, at, field, change, old).await?;
        }
        write.commit().await?;
        Ok(())
    }

    /// What stands in a form by people's word. A draft is for those who write it.
    pub async fn form_entries(&self, scope: &Scope, at: &FormAt) -> anyhow::Result<FormEntries> {
        if !may_write(scope, at) {
            return Ok(FormEntries::default());
        }
        let mut read = self.read_as(scope).await?;
        let mut found = FormEntries::default();
        for entry in entries(&mut read, at).await? {
            match entry.kind.as_str() {
                TYPED => _ = found.typed.insert(entry.field.clone(), serde_json::from_str(&entry.content)?),
                OVERRIDE => _ = found.overrides.insert(entry.field.clone(), serde_json::from_str(&entry.content)?),
                other => anyhow::bail!("an entry of a form is `{other}`"),
            }
            found.written.insert(entry.field, (entry.entered_by, entry.entered_at_us));
        }
        Ok(found)
    }
}

fn may_write(scope: &Scope, at: &FormAt) -> bool {
    match &at.enterprise {
        Some(enterprise) => scope.covers_whole_enterprise(&at.park, enterprise),
        None => scope.covers_report(&at.park, None),
    }
}

async fn put(
    write: &mut Write,
    actor: &Actor,
    at: &FormAt,
    field: &FieldId,
    change: &FieldChange,
    old: Option<&Entry>,
) -> anyhow::Result<()> {
    let content = change.content()?;
    if old.map(|old| &old.content) == content.as_ref() {
        return Ok(());
    }
    let new = content.map(|content| (Uuid::now_v7().to_string(), content));
    if let Some(old) = old {
        let sql = "update form_entry set superseded_at_us = $2, superseded_by = $3 where id = $1";
        let values = [text(&old.id), whole(actor.at_us), maybe_text(new.as_ref().map(|(id, _)| id))];
        query(sql).bind_all(values).execute(write.connection()).await?;
    }
    if let Some((id, content)) = &new {
        let columns = [
            "id",
            "park_id",
            "enterprise_id",
            "form_id",
            "year",
            "field_id",
            "kind",
            "content",
            "entered_at_us",
            "entered_by",
        ];
        let mut rows = Rows::of("form_entry", &[], columns);
        rows.push([
            text(id),
            text(at.park.as_str()),
            maybe_text(at.enterprise.as_ref()),
            text(at.form.as_str()),
            whole(i64::from(at.year)),
            text(field.as_str()),
            text(change.kind()),
            text(content),
            whole(actor.at_us),
            text(&actor.id),
        ]);
        rows.insert(write.connection()).await?;
    }
    let action = if new.is_some() { "enter" } else { "clear" };
    let told = |id: &str, content: &str| says(id, field, change.kind(), content);
    let row = at.change(action, "form-field", format!("{}/{field}", at.place()));
    let (before, after) = (old.map(|old| told(&old.id, &old.content)), new.map(|(id, content)| told(&id, &content)));
    write.also(row.told(before, after)).await
}

/// What the log says of an entry.
fn says(id: &str, field: &FieldId, kind: &str, content: &str) -> Value {
    json!({ "id": id, "field": field, "kind": kind, "digest": Digest::of(content.as_bytes()) })
}

/// The entries that hold, by row.
async fn entries(connection: &mut AnyConnection, at: &FormAt) -> anyhow::Result<Vec<Entry>> {
    let sql =
        format!("select {COLUMNS} from form_entry where {ABOUT} and superseded_at_us is null order by field_id, id");
    query(sql).bind_all(at.cells()).rows(connection).await?.iter().map(entry).collect()
}

fn entry(row: &AnyRow) -> anyhow::Result<Entry> {
    let mut columns = Columns::of(row);
    Ok(Entry {
        id: columns.text()?,
        field: FieldId::new(columns.text()?),
        kind: columns.text()?,
        content: columns.text()?,
        entered_at_us: columns.whole()?,
        entered_by: columns.text()?,
    })
}

/// Every entry, for the log to be held against.
pub(crate) async fn shown(connection: &mut AnyConnection) -> anyhow::Result<BTreeMap<String, Shown>> {
    let rows = query(format!("select {COLUMNS} from form_entry")).rows(connection).await?;
    let all = rows.iter().map(entry).collect::<anyhow::Result<Vec<_>>>()?;
    let shown = |entry: Entry| {
        let says = says(&entry.id, &entry.field, &entry.kind, &entry.content);
        (entry.id, Shown { says, by: entry.entered_by })
    };
    Ok(all.into_iter().map(shown).collect())
}
