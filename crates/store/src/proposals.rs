//! Answers to proposals: an enterprise says of a likely stream that there is one, how much, or that there is none. What it
//! declares with that is kept in the same transaction, and withdrawn with the answer.

use std::collections::BTreeMap;

use engine::ids::{EnterpriseId, ParkId, ResourceId, StreamId};
use engine::park::Stream;
use engine::period::Period;
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use uuid::Uuid;

use crate::audit::{Change, Shown, Write};
use crate::parks::{bump_revision, streams};
use crate::records::{self, Declared, RecordAt, RecordError, enterprise_exists};
use crate::sql::{Cell, Columns, Rows, maybe_text, query, text, whole};
use crate::{Actor, Scope, Store, Subject};

/// The proposal that is answered, by its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposalAt {
    pub park: ParkId,
    pub enterprise: EnterpriseId,
    pub proposal: String,
}

/// What the enterprise says.
#[derive(Clone, Debug, PartialEq)]
pub enum ProposalAnswer {
    /// There is no such stream.
    Dismissed,
    /// There is one; how much is not known.
    Confirmed,
    /// A resource that it uses or gives off in a period.
    Record { resource: ResourceId, period: Period, declared: Declared },
    /// Something that it gives off or takes in, in a year. The identifier is a wish.
    Stream(Box<Stream>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Confirmed,
    Dismissed,
}

/// What a confirmation declared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DeclaredBy {
    Record { resource: ResourceId, period: Period },
    Stream { stream: StreamId },
}

/// An answer as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AnsweredProposal {
    pub id: String,
    pub enterprise: EnterpriseId,
    pub proposal: String,
    pub verdict: Verdict,
    pub declared: Option<DeclaredBy>,
    pub answered_at_us: i64,
    pub answered_by: String,
    /// `None` for the one that holds.
    pub superseded_at_us: Option<i64>,
}

const COLUMNS: &str = "id, enterprise_id, proposal, verdict, resource_id, period_start, period_end, stream_id, \
     answered_at_us, answered_by, superseded_at_us";

impl Store {
    /// Keeps an answer in the place of the one there was, with what it declares, and says its identifier. What the
    /// earlier answer declared is withdrawn first.
    pub async fn answer_proposal(
        &self,
        actor: &Actor,
        scope: &Scope,
        at: &ProposalAt,
        answer: &ProposalAnswer,
    ) -> Result<String, RecordError> {
        let mut write = self.write_proposal(actor, scope, at, "answer").await?;
        let before = current(write.connection(), at).await?;
        if let Some(before) = &before {
            withdraw(&mut write, actor, at, before).await?;
        }
        let declared = declare(&mut write, actor, at, answer).await?;
        if declared.is_some() || before.as_ref().is_some_and(|before| before.declared.is_some()) {
            bump_revision(write.connection(), actor, &at.park).await?;
        }
        let verdict = match answer {
            ProposalAnswer::Dismissed => Verdict::Dismissed,
            _ => Verdict::Confirmed,
        };
        let id = Uuid::now_v7().to_string();
        let says = says(&id, &at.proposal, verdict, declared.as_ref());
        supersede(write.connection(), actor, at, Some(&id)).await?;
        insert(write.connection(), actor, at, &id, verdict, declared).await?;
        write.before(before.map(|before| before.says()));
        write.after(Some(says));
        write.commit().await?;
        Ok(id)
    }

    /// Takes an answer back with what it declared; the proposal is open again.
    pub async fn take_proposal_back(&self, actor: &Actor, scope: &Scope, at: &ProposalAt) -> Result<(), RecordError> {
        let mut write = self.write_proposal(actor, scope, at, "take-back").await?;
        let before = current(write.connection(), at).await?.ok_or(RecordError::NotFound)?;
        withdraw(&mut write, actor, at, &before).await?;
        supersede(write.connection(), actor, at, None).await?;
        if before.declared.is_some() {
            bump_revision(write.connection(), actor, &at.park).await?;
        }
        write.before(Some(before.says()));
        write.commit().await?;
        Ok(())
    }

    /// Every answer that was ever given by the enterprises whose streams are in scope, oldest first.
    pub async fn proposal_answers(&self, scope: &Scope, park: &ParkId) -> anyhow::Result<Vec<AnsweredProposal>> {
        let mut read = self.read_as(scope).await?;
        let sql = format!("select {COLUMNS} from proposal_answer where park_id = $1 order by answered_at_us, id");
        let rows = query(sql).bind(text(park.as_str())).rows(&mut read).await?;
        let mut answers = rows.iter().map(answered).collect::<anyhow::Result<Vec<_>>>()?;
        answers.retain(|answer| scope.covers_subject(park, &answer.enterprise, Subject::Streams));
        Ok(answers)
    }

    /// What an enterprise gives off and takes in is for those who may see its streams.
    async fn write_proposal(
        &self,
        actor: &Actor,
        scope: &Scope,
        at: &ProposalAt,
        action: &'static str,
    ) -> Result<Write, RecordError> {
        if !scope.covers_subject(&at.park, &at.enterprise, Subject::Streams) {
            return Err(RecordError::OutsideScope);
        }
        let change = Change::new(action, "proposal", &at.proposal).of_park(&at.park).of_enterprise(&at.enterprise);
        let mut write = self.write(actor, change).await?;
        match enterprise_exists(write.connection(), &at.park, &at.enterprise).await? {
            true => Ok(write),
            false => Err(RecordError::NotFound),
        }
    }
}

impl AnsweredProposal {
    fn says(&self) -> Value {
        says(&self.id, &self.proposal, self.verdict, self.declared.as_ref())
    }
}

/// What the log says of an answer.
fn says(id: &str, proposal: &str, verdict: Verdict, declared: Option<&DeclaredBy>) -> Value {
    json!({ "id": id, "proposal": proposal, "verdict": verdict, "declared": declared })
}

async fn declare(
    write: &mut Write,
    actor: &Actor,
    at: &ProposalAt,
    answer: &ProposalAnswer,
) -> Result<Option<DeclaredBy>, RecordError> {
    match answer {
        ProposalAnswer::Dismissed | ProposalAnswer::Confirmed => Ok(None),
        ProposalAnswer::Record { resource, period, declared } => {
            let (resource, period) = (resource.clone(), *period);
            records::add(write, actor, &record_at(at, &resource, period), declared).await?;
            Ok(Some(DeclaredBy::Record { resource, period }))
        }
        ProposalAnswer::Stream(stream) => {
            let new = Stream { enterprise: at.enterprise.clone(), ..(**stream).clone() };
            let stream = streams::add(write, &at.park, new).await?;
            Ok(Some(DeclaredBy::Stream { stream }))
        }
    }
}

async fn withdraw(
    write: &mut Write,
    actor: &Actor,
    at: &ProposalAt,
    answer: &AnsweredProposal,
) -> Result<(), RecordError> {
    match &answer.declared {
        None => Ok(()),
        Some(DeclaredBy::Record { resource, period }) => {
            records::withdraw(write, actor, &record_at(at, resource, *period)).await
        }
        Some(DeclaredBy::Stream { stream }) => Ok(streams::withdraw(write, &at.park, &at.enterprise, stream).await?),
    }
}

fn record_at(at: &ProposalAt, resource: &ResourceId, period: Period) -> RecordAt {
    RecordAt { park: at.park.clone(), enterprise: at.enterprise.clone(), resource: resource.clone(), period }
}

async fn insert(
    connection: &mut AnyConnection,
    actor: &Actor,
    at: &ProposalAt,
    id: &str,
    verdict: Verdict,
    declared: Option<DeclaredBy>,
) -> anyhow::Result<()> {
    let shared = [("park_id", text(at.park.as_str())), ("enterprise_id", text(at.enterprise.as_str()))];
    let columns = [
        "id",
        "proposal",
        "verdict",
        "resource_id",
        "period_start",
        "period_end",
        "stream_id",
        "answered_at_us",
        "answered_by",
    ];
    let [resource, start, end, stream] = declared_cells(declared);
    let mut rows = Rows::of("proposal_answer", &shared, columns);
    let (at_us, by) = (whole(actor.at_us), text(&actor.id));
    rows.push([text(id), text(&at.proposal), text(code(verdict)), resource, start, end, stream, at_us, by]);
    rows.insert(connection).await
}

fn declared_cells(declared: Option<DeclaredBy>) -> [Cell; 4] {
    let (record, stream) = match declared {
        Some(DeclaredBy::Record { resource, period }) => (Some((resource, period)), None),
        Some(DeclaredBy::Stream { stream }) => (None, Some(stream)),
        None => (None, None),
    };
    let (resource, period) = record.unzip();
    let day = |of: fn(&Period) -> jiff::civil::Date| maybe_text(period.as_ref().map(|period| of(period).to_string()));
    [maybe_text(resource), day(Period::start), day(Period::end), maybe_text(stream)]
}

fn code(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Confirmed => "confirmed",
        Verdict::Dismissed => "dismissed",
    }
}

fn answered(row: &AnyRow) -> anyhow::Result<AnsweredProposal> {
    let mut columns = Columns::of(row);
    let (id, enterprise, proposal) = (columns.text()?, EnterpriseId::new(columns.text()?), columns.text()?);
    let verdict = match columns.text()?.as_str() {
        "confirmed" => Verdict::Confirmed,
        "dismissed" => Verdict::Dismissed,
        other => anyhow::bail!("an answer to a proposal is `{other}`"),
    };
    let resource = columns.maybe_text()?;
    let days = columns.maybe_date()?.zip(columns.maybe_date()?);
    let period = days.and_then(|(start, end)| Period::new(start, end));
    let stream = columns.maybe_text()?;
    let record = resource.zip(period).map(|(id, period)| DeclaredBy::Record { resource: ResourceId::new(id), period });
    Ok(AnsweredProposal {
        id,
        enterprise,
        proposal,
        verdict,
        declared: record.or_else(|| stream.map(|id| DeclaredBy::Stream { stream: StreamId::new(id) })),
        answered_at_us: columns.whole()?,
        answered_by: columns.text()?,
        superseded_at_us: columns.maybe_whole()?,
    })
}

const ABOUT: &str = "park_id = $1 and enterprise_id = $2 and proposal = $3 and superseded_at_us is null";

fn place(at: &ProposalAt) -> [Cell; 3] {
    [text(at.park.as_str()), text(at.enterprise.as_str()), text(&at.proposal)]
}

async fn current(connection: &mut AnyConnection, at: &ProposalAt) -> anyhow::Result<Option<AnsweredProposal>> {
    let sql = format!("select {COLUMNS} from proposal_answer where {ABOUT}");
    query(sql).bind_all(place(at)).row(connection).await?.as_ref().map(answered).transpose()
}

async fn supersede(
    connection: &mut AnyConnection,
    actor: &Actor,
    at: &ProposalAt,
    by: Option<&str>,
) -> anyhow::Result<u64> {
    let sql = format!("update proposal_answer set superseded_at_us = $4, superseded_by = $5 where {ABOUT}");
    let values = [whole(actor.at_us), maybe_text(by)];
    query(sql).bind_all(place(at)).bind_all(values).execute(connection).await
}

/// Every answer, for the log to be held against.
pub(crate) async fn shown(connection: &mut AnyConnection) -> anyhow::Result<BTreeMap<String, Shown>> {
    let rows = query(format!("select {COLUMNS} from proposal_answer")).rows(connection).await?;
    let all = rows.iter().map(answered).collect::<anyhow::Result<Vec<_>>>()?;
    let shown = |answer: AnsweredProposal| (answer.id.clone(), Shown { says: answer.says(), by: answer.answered_by });
    Ok(all.into_iter().map(shown).collect())
}
