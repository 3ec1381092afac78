//! Dossiers on their way through a procedure. What happened is only added to: a mistaken entry is withdrawn with a reason and
//! stays. Whether an event may be written down is asked of the engine within the transaction that writes it.

pub mod reminders;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use engine::ids::{EnterpriseId, ParkId};
use engine::report::procedure::{Case, Course, Event, StepRefusal};
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use uuid::Uuid;

use crate::audit::{Change, Shown, Write};
use crate::records::enterprise_exists;
use crate::sql::{Columns, Rows, maybe_text, maybe_whole, query, text, whole};
use crate::{Actor, Scope, Store};

/// A dossier that is about to be started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDossier {
    pub park: ParkId,
    /// `None` for the park's own.
    pub enterprise: Option<EnterpriseId>,
    /// A procedure of the catalogue.
    pub procedure: String,
    /// The year that a yearly follow-up is about.
    pub year: Option<i16>,
}

/// A dossier with everything that was written down of it, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Dossier {
    pub id: String,
    pub park: ParkId,
    pub enterprise: Option<EnterpriseId>,
    pub procedure: String,
    pub year: Option<i16>,
    pub started_at_us: i64,
    pub started_by: String,
    pub entries: Vec<DossierEntry>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DossierEntry {
    pub id: String,
    pub kind: EntryKind,
    /// Copies that were handed in.
    pub sets: Option<u32>,
    /// Number of the letter or decision; empty where there is none.
    pub number: String,
    /// What is said with it; of a withdrawal the reason.
    pub note: String,
    pub written_at_us: i64,
    pub written_by: String,
    /// The role of whoever wrote it.
    pub written_as: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EntryKind {
    Event(Event),
    /// The entry of this identifier was mistaken.
    Withdrawal(String),
}

/// An event with what is written down beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEntry {
    pub event: Event,
    pub sets: Option<u32>,
    pub number: String,
    pub note: String,
}

#[derive(Debug, thiserror::Error)]
pub enum DossierError {
    #[error("this park or enterprise is not in scope")]
    OutsideScope,
    #[error("there is no such park, enterprise, dossier or entry")]
    NotFound,
    #[error("the procedure does not allow it: {0:?}")]
    Refused(Vec<StepRefusal>),
    /// What came after rests on this entry.
    #[error("later entries rest on this one")]
    RestedOn,
    #[error(transparent)]
    Store(#[from] anyhow::Error),
}

impl Dossier {
    /// The entries that were not withdrawn, with their events.
    pub fn standing(&self) -> Vec<(&DossierEntry, &Event)> {
        let withdrawn = self.withdrawn();
        let entries = self.entries.iter().filter(|entry| !withdrawn.contains(entry.id.as_str()));
        let events = entries.filter_map(|entry| match &entry.kind {
            EntryKind::Event(event) => Some((entry, event)),
            EntryKind::Withdrawal(_) => None,
        });
        events.collect()
    }

    pub fn case(&self) -> Case {
        Case::of(self.standing().into_iter().map(|(_, event)| event))
    }

    fn withdrawn(&self) -> BTreeSet<&str> {
        let named = self.entries.iter().filter_map(|entry| match &entry.kind {
            EntryKind::Withdrawal(of) => Some(of.as_str()),
            EntryKind::Event(_) => None,
        });
        named.collect()
    }
}

impl Store {
    /// Starts a dossier and says its identifier.
    pub async fn start_dossier(&self, actor: &Actor, scope: &Scope, new: &NewDossier) -> Result<String, DossierError> {
        if !covers(scope, &new.park, new.enterprise.as_ref()) {
            return Err(DossierError::OutsideScope);
        }
        if self.park_province(&new.park).await?.is_none() {
            return Err(DossierError::NotFound);
        }
        let id = Uuid::now_v7().to_string();
        let mut write = self.write_dossier(actor, &id, "start", "dossier", &new.park, new.enterprise.as_ref()).await?;
        if let Some(enterprise) = &new.enterprise
            && !enterprise_exists(write.connection(), &new.park, enterprise).await?
        {
            return Err(DossierError::NotFound);
        }
        let columns = ["id", "park_id", "enterprise_id", "procedure_id", "year", "started_at_us", "started_by"];
        let mut rows = Rows::of("dossier", &[], columns);
        rows.push([
            text(&id),
            text(new.park.as_str()),
            maybe_text(new.enterprise.as_ref()),
            text(&new.procedure),
            maybe_whole(new.year.map(i64::from)),
            whole(actor.at_us),
            text(&actor.id),
        ]);
        rows.insert(write.connection()).await?;
        write.after(Some(says_dossier(&id, &new.procedure, new.year)));
        write.commit().await?;
        Ok(id)
    }

    /// Writes an event down, if the procedure allows it after what stands.
    pub async fn add_dossier_entry(
        &self,
        actor: &Actor,
        scope: &Scope,
        park: &ParkId,
        dossier: &str,
        course: &Course<'_>,
        new: &NewEntry,
    ) -> Result<String, DossierError> {
        let found = self.dossier(scope, park, dossier).await?.ok_or(DossierError::NotFound)?;
        let id = Uuid::now_v7().to_string();
        let mut write = self.write_dossier(actor, &id, "add", "dossier-entry", park, found.enterprise.as_ref()).await?;
        // Read again: somebody else may have written meanwhile.
        let entries = entries_of(write.connection(), dossier).await?;
        let case = Dossier { entries, ..found.clone() }.case();
        case.after(course, &new.event).map_err(DossierError::Refused)?;
        let entry = DossierEntry {
            id: id.clone(),
            kind: EntryKind::Event(new.event.clone()),
            sets: new.sets,
            number: new.number.clone(),
            note: new.note.clone(),
            written_at_us: actor.at_us,
            written_by: actor.id.clone(),
            written_as: actor.role.clone(),
        };
        keep(write, &found, entry).await?;
        Ok(id)
    }

    /// Says that an entry was mistaken. Both stay. Not while later entries rest on it.
    #[expect(clippy::too_many_arguments, reason = "who, where, what, why and by which rules")]
    pub async fn withdraw_dossier_entry(
        &self,
        actor: &Actor,
        scope: &Scope,
        park: &ParkId,
        dossier: &str,
        course: &Course<'_>,
        entry: &str,
        reason: &str,
    ) -> Result<(), DossierError> {
        let found = self.dossier(scope, park, dossier).await?.ok_or(DossierError::NotFound)?;
        let id = Uuid::now_v7().to_string();
        let mut write =
            self.write_dossier(actor, &id, "withdraw", "dossier-entry", park, found.enterprise.as_ref()).await?;
        let now = Dossier { entries: entries_of(write.connection(), dossier).await?, ..found.clone() };
        let standing = now.standing();
        if !standing.iter().any(|(standing, _)| standing.id == entry) {
            return Err(DossierError::NotFound);
        }
        let mut case = Case::default();
        for (_, event) in standing.into_iter().filter(|(standing, _)| standing.id != entry) {
            case = case.after(course, event).map_err(|_| DossierError::RestedOn)?;
        }
        let withdrawal = DossierEntry {
            id,
            kind: EntryKind::Withdrawal(entry.to_string()),
            sets: None,
            number: String::new(),
            note: reason.to_string(),
            written_at_us: actor.at_us,
            written_by: actor.id.clone(),
            written_as: actor.role.clone(),
        };
        keep(write, &found, withdrawal).await
    }

    /// The dossiers in scope, of one park or of all, oldest first.
    pub async fn dossiers(&self, scope: &Scope, park: Option<&ParkId>) -> anyhow::Result<Vec<Dossier>> {
        let mut read = self.read_as(scope).await?;
        let rows = query(format!("select {COLUMNS} from dossier order by started_at_us, id")).rows(&mut read).await?;
        let mut dossiers = Vec::new();
        for row in rows {
            let mut dossier = read_dossier(&row)?;
            let is_asked = park.is_none_or(|park| dossier.park == *park);
            if is_asked && covers(scope, &dossier.park, dossier.enterprise.as_ref()) {
                dossier.entries = entries_of(&mut read, &dossier.id).await?;
                dossiers.push(dossier);
            }
        }
        Ok(dossiers)
    }

    /// One dossier of a park, if it is in scope.
    pub async fn dossier(&self, scope: &Scope, park: &ParkId, id: &str) -> anyhow::Result<Option<Dossier>> {
        let mut read = self.read_as(scope).await?;
        let sql = format!("select {COLUMNS} from dossier where id = $1 and park_id = $2");
        let Some(row) = query(sql).bind(text(id)).bind(text(park.as_str())).row(&mut read).await? else {
            return Ok(None);
        };
        let dossier = read_dossier(&row)?;
        if !covers(scope, park, dossier.enterprise.as_ref()) {
            return Ok(None);
        }
        Ok(Some(Dossier { entries: entries_of(&mut read, id).await?, ..dossier }))
    }

    async fn write_dossier(
        &self,
        actor: &Actor,
        id: &str,
        action: &'static str,
        entity: &'static str,
        park: &ParkId,
        enterprise: Option<&EnterpriseId>,
    ) -> anyhow::Result<Write> {
        let change = Change::new(action, entity, id).of_park(park);
        let change = match enterprise {
            Some(enterprise) => change.of_enterprise(enterprise),
            None => change,
        };
        self.write(actor, change).await
    }
}

fn covers(scope: &Scope, park: &ParkId, enterprise: Option<&EnterpriseId>) -> bool {
    scope.covers_park(park) && enterprise.is_none_or(|enterprise| scope.covers_enterprise(park, enterprise))
}

const COLUMNS: &str = "id, park_id, enterprise_id, procedure_id, year, started_at_us, started_by";
const ENTRY_COLUMNS: &str = "id, kind, event, withdraws, sets, number, note, written_at_us, written_by, written_as";

fn read_dossier(row: &AnyRow) -> anyhow::Result<Dossier> {
    let mut columns = Columns::of(row);
    Ok(Dossier {
        id: columns.text()?,
        park: ParkId::new(columns.text()?),
        enterprise: columns.maybe_text()?.map(EnterpriseId::new),
        procedure: columns.text()?,
        year: columns.maybe_whole()?.map(i16::try_from).transpose().context("the year of a dossier")?,
        started_at_us: columns.whole()?,
        started_by: columns.text()?,
        entries: Vec::new(),
    })
}

async fn entries_of(connection: &mut AnyConnection, dossier: &str) -> anyhow::Result<Vec<DossierEntry>> {
    let sql = format!("select {ENTRY_COLUMNS} from dossier_entry where dossier_id = $1 order by written_at_us, id");
    let rows = query(sql).bind(text(dossier)).rows(connection).await?;
    rows.iter().map(read_entry).collect()
}

fn read_entry(row: &AnyRow) -> anyhow::Result<DossierEntry> {
    let mut columns = Columns::of(row);
    let (id, kind) = (columns.text()?, columns.text()?);
    let (event, withdraws) = (columns.maybe_text()?, columns.maybe_text()?);
    let kind = match (kind.as_str(), event, withdraws) {
        ("event", Some(event), None) => {
            EntryKind::Event(serde_json::from_str(&event).with_context(|| format!("the event of entry {id}"))?)
        }
        ("withdrawal", None, Some(of)) => EntryKind::Withdrawal(of),
        (other, ..) => anyhow::bail!("entry {id} of a dossier is `{other}`"),
    };
    Ok(DossierEntry {
        id,
        kind,
        sets: columns.maybe_whole()?.map(u32::try_from).transpose().context("sets of a dossier")?,
        number: columns.text()?,
        note: columns.text()?,
        written_at_us: columns.whole()?,
        written_by: columns.text()?,
        written_as: columns.text()?,
    })
}

/// Keeps an entry with its row of the log.
async fn keep(mut write: Write, dossier: &Dossier, entry: DossierEntry) -> Result<(), DossierError> {
    let (kind, event, withdraws) = match &entry.kind {
        EntryKind::Event(event) => {
            let event = serde_json::to_string(event).context("write an event")?;
            ("event", Some(event), None)
        }
        EntryKind::Withdrawal(of) => ("withdrawal", None, Some(of.clone())),
    };
    let shared = [
        ("dossier_id", text(&dossier.id)),
        ("park_id", text(dossier.park.as_str())),
        ("enterprise_id", maybe_text(dossier.enterprise.as_ref())),
    ];
    let columns =
        ["id", "kind", "event", "withdraws", "sets", "number", "note", "written_at_us", "written_by", "written_as"];
    let mut rows = Rows::of("dossier_entry", &shared, columns);
    rows.push([
        text(&entry.id),
        text(kind),
        maybe_text(event),
        maybe_text(withdraws),
        maybe_whole(entry.sets.map(i64::from)),
        text(&entry.number),
        text(&entry.note),
        whole(entry.written_at_us),
        text(&entry.written_by),
        text(&entry.written_as),
    ]);
    rows.insert(write.connection()).await?;
    write.after(Some(says(&entry)));
    Ok(write.commit().await?)
}

/// What the log says of a dossier and of an entry.
fn says_dossier(id: &str, procedure: &str, year: Option<i16>) -> Value {
    json!({ "id": id, "procedure": procedure, "year": year })
}

fn says(entry: &DossierEntry) -> Value {
    json!({
        "id": entry.id,
        "entry": entry.kind,
        "sets": entry.sets,
        "number": entry.number,
        "note": entry.note,
        "as": entry.written_as,
    })
}

/// Every dossier, for the log to be held against.
pub(crate) async fn shown(connection: &mut AnyConnection) -> anyhow::Result<BTreeMap<String, Shown>> {
    let rows = query(format!("select {COLUMNS} from dossier")).rows(connection).await?;
    let all = rows.iter().map(read_dossier).collect::<anyhow::Result<Vec<_>>>()?;
    let shown = |dossier: Dossier| {
        let says = says_dossier(&dossier.id, &dossier.procedure, dossier.year);
        (dossier.id, Shown { says, by: dossier.started_by })
    };
    Ok(all.into_iter().map(shown).collect())
}

/// Every entry, for the log to be held against.
pub(crate) async fn shown_entries(connection: &mut AnyConnection) -> anyhow::Result<BTreeMap<String, Shown>> {
    let rows = query(format!("select {ENTRY_COLUMNS} from dossier_entry")).rows(connection).await?;
    let all = rows.iter().map(read_entry).collect::<anyhow::Result<Vec<_>>>()?;
    let shown = |entry: DossierEntry| (entry.id.clone(), Shown { says: says(&entry), by: entry.written_by });
    Ok(all.into_iter().map(shown).collect())
}
