//! The register: loaded whole, since a nation's fits in memory; changed by imports that can be undone; linked to the
//! parks of this store.

mod figures;
mod imports;

use std::collections::BTreeMap;

use engine::ids::{EnterpriseId, ParkId};
use engine::register::{Entry, EntryChange, Link, Register, RegisterKind, State};
use engine::source::Digest;
use serde_json::{Value, json};
use sqlx::AnyConnection;

use crate::audit::Change;
use crate::sql::{Columns, Rows, maybe_text, query, text, whole};
use crate::{Actor, Store};

pub use imports::{ImportDraft, ImportStatus, RegisterError, RegisterImport};

/// The log's name for the register as a whole.
pub(crate) const ALL: (&str, &str) = ("register", "all");

impl Store {
    pub async fn register(&self) -> anyhow::Result<Register> {
        let mut read = self.read().await?;
        load(&mut read).await
    }

    /// Counts the changes of the register.
    pub async fn register_revision(&self) -> anyhow::Result<i64> {
        let mut read = self.read().await?;
        revision(&mut read).await
    }

    /// Adds the entries whose codes are not known yet; what is known stays as it is. Says how many were added.
    pub async fn seed_register(&self, actor: &Actor, entries: Vec<Entry>) -> anyhow::Result<usize> {
        let mut write = self.write(actor, Change::new("seed", ALL.0, ALL.1)).await?;
        let known = load(write.connection()).await?;
        let changes: Vec<EntryChange> = entries
            .into_iter()
            .filter(|entry| known.entry(entry.kind, &entry.code).is_none())
            .map(|after| EntryChange { before: None, after })
            .collect();
        if changes.is_empty() {
            write.discard().await?;
            return Ok(0);
        }
        write.before(Some(shown(&known)));
        let after = change(write.connection(), known, &changes).await?;
        write.after(Some(told(&after, &changes)));
        write.commit().await?;
        Ok(changes.len())
    }

    /// Says which park, or which enterprise of a park, of this store an entry is. False where the code is unknown.
    pub async fn link_entry(&self, actor: &Actor, kind: RegisterKind, code: &str, link: &Link) -> anyhow::Result<bool> {
        let id = format!("{}/{code}", kind.code());
        let mut change = Change::new("link", ALL.0, id);
        if let Some(park) = &link.park {
            change = change.of_park(park);
        }
        let mut write = self.write(actor, change).await?;
        let register = load(write.connection()).await?;
        if register.entry(kind, code).is_none() {
            return Ok(false);
        }
        let before = register.link(kind, code);
        if before == *link {
            write.discard().await?;
            return Ok(true);
        }
        let sql = "update register_entry set park_id = $3, enterprise_id = $4 where kind = $1 and code = $2";
        query(sql)
            .bind(text(kind.code()))
            .bind(text(code))
            .bind(maybe_text(link.park.as_ref()))
            .bind(maybe_text(link.enterprise.as_ref()))
            .execute(write.connection())
            .await?;
        count_change(write.connection()).await?;
        write.before(Some(json!(before)));
        write.after(Some(json!(link)));
        write.commit().await?;
        Ok(true)
    }
}

pub(crate) async fn load(connection: &mut AnyConnection) -> anyhow::Result<Register> {
    let mut register = Register { revision: revision(connection).await?, ..Register::default() };
    let sql = "select kind, code, park_id, enterprise_id from register_entry \
               where park_id is not null or enterprise_id is not null";
    for row in query(sql).rows(connection).await? {
        let mut columns = Columns::of(&row);
        let key = (kind(&columns.text()?)?, columns.text()?);
        let park = columns.maybe_text()?.map(ParkId::new);
        let enterprise = columns.maybe_text()?.map(EnterpriseId::new);
        register.links.insert(key, Link { park, enterprise });
    }
    let sql = "select kind, code, valid_from, valid_until, stated_on, facts, source, licence from register_state \
               order by kind, code, position";
    for row in query(sql).rows(connection).await? {
        let mut columns = Columns::of(&row);
        let (kind, code) = (kind(&columns.text()?)?, columns.text()?);
        let state = State {
            from: columns.maybe_date()?,
            until: columns.maybe_date()?,
            stated_on: columns.maybe_date()?,
            facts: serde_json::from_str(&columns.text()?)?,
            source: columns.text()?,
            licence: columns.text()?,
        };
        let entries = register.entries.entry(kind).or_default();
        match entries.get_mut(&code) {
            Some(entry) => entry.states.push(state),
            None => _ = entries.insert(code.clone(), Entry::new(kind, code, state)),
        }
    }
    Ok(register)
}

fn kind(code: &str) -> anyhow::Result<RegisterKind> {
    RegisterKind::parse(code).ok_or_else(|| anyhow::anyhow!("`{code}` is no kind of register entry"))
}

async fn revision(connection: &mut AnyConnection) -> anyhow::Result<i64> {
    let row = query("select revision from register_revision where id = 1").row(connection).await?;
    row.map_or(Ok(0), |row| Columns::of(&row).whole())
}

async fn count_change(connection: &mut AnyConnection) -> anyhow::Result<()> {
    let next = revision(connection).await? + 1;
    query("delete from register_revision").execute(connection).await?;
    let mut rows = Rows::of("register_revision", &[], ["id", "revision"]);
    rows.push([whole(1), whole(next)]);
    rows.insert(connection).await
}

/// Writes the entries as they will be, and gives the register as it is then.
async fn change(
    connection: &mut AnyConnection,
    mut register: Register,
    changes: &[EntryChange],
) -> anyhow::Result<Register> {
    let mut entries = Rows::of("register_entry", &[], ["kind", "code"]);
    let mut states = state_rows();
    for EntryChange { after, .. } in changes {
        match register.entry(after.kind, &after.code) {
            None => entries.push([text(after.kind.code()), text(&after.code)]),
            Some(_) => remove_states(connection, after.kind, &after.code).await?,
        }
        push_states(&mut states, after)?;
        register.insert(after.clone());
    }
    entries.insert(connection).await?;
    states.insert(connection).await?;
    count_change(connection).await?;
    register.revision += 1;
    Ok(register)
}

async fn remove_states(connection: &mut AnyConnection, kind: RegisterKind, code: &str) -> anyhow::Result<()> {
    let sql = "delete from register_state where kind = $1 and code = $2";
    query(sql).bind(text(kind.code())).bind(text(code)).execute(connection).await.map(|_| ())
}

const STATE_COLUMNS: [&str; 9] =
    ["kind", "code", "position", "valid_from", "valid_until", "stated_on", "facts", "source", "licence"];

fn state_rows() -> Rows<9> {
    Rows::of("register_state", &[], STATE_COLUMNS)
}

fn push_states(rows: &mut Rows<9>, entry: &Entry) -> anyhow::Result<()> {
    for (at, state) in entry.states.iter().enumerate() {
        rows.push([
            text(entry.kind.code()),
            text(&entry.code),
            whole(at as i64 + 1),
            maybe_text(state.from),
            maybe_text(state.until),
            maybe_text(state.stated_on),
            text(serde_json::to_string(&state.facts)?),
            text(&state.source),
            text(&state.licence),
        ]);
    }
    Ok(())
}

/// The register as the audit log shows it; links are told of one by one.
pub(crate) fn shown(register: &Register) -> Value {
    let counts: BTreeMap<&str, usize> = RegisterKind::ALL
        .into_iter()
        .map(|kind| (kind.code(), register.count(kind)))
        .filter(|(_, count)| *count > 0)
        .collect();
    let entries: Vec<&Entry> = register.entries.values().flat_map(BTreeMap::values).collect();
    json!({ "entries": counts, "digest": Digest::of_value(&entries) })
}

/// Entries that an import lists in the log; the rest are counted.
const MOST_LISTED: usize = 200;

fn told(after: &Register, changes: &[EntryChange]) -> Value {
    let mut told = shown(after);
    let listed = changes.iter().take(MOST_LISTED).map(|change| {
        let what = if change.before.is_some() { "changed" } else { "added" };
        json!({ "sheet": "register", "id": format!("{}/{}", change.after.kind.code(), change.after.code), "of": [], "change": what })
    });
    told["changes"] = listed.collect();
    told["added"] = changes.iter().filter(|change| change.before.is_none()).count().into();
    told["more_changes"] = changes.len().saturating_sub(MOST_LISTED).into();
    told
}
