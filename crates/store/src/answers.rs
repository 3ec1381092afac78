//! Answers to findings: who said what about a figure that looks wrong. A later one supersedes an earlier one.

use std::collections::BTreeMap;

use engine::ids::{EnterpriseId, ParkId};
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::AnyConnection;
use uuid::Uuid;

use crate::audit::{Change, Shown};
use crate::records::{RecordError, enterprise_exists};
use crate::sql::{Columns, Rows, query, text, whole};
use crate::{Actor, Scope, Store};

/// The finding that is answered, with the figures that the answer speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingAt {
    pub park: ParkId,
    pub enterprise: EnterpriseId,
    pub finding: String,
    pub figures: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FindingAnswer {
    pub id: String,
    pub enterprise: EnterpriseId,
    pub finding: String,
    pub figures: String,
    pub comment: String,
    pub answered_at_us: i64,
    pub answered_by: String,
    /// `None` for the latest.
    pub superseded_at_us: Option<i64>,
}

const COLUMNS: &str = "id, enterprise_id, finding, figures, comment, answered_at_us, answered_by, superseded_at_us";

impl Store {
    /// Keeps an answer in the place of the one there was, and says its identifier.
    pub async fn answer_finding(
        &self,
        actor: &Actor,
        scope: &Scope,
        at: &FindingAt,
        comment: &str,
    ) -> Result<String, RecordError> {
        if !scope.covers_enterprise(&at.park, &at.enterprise) {
            return Err(RecordError::OutsideScope);
        }
        let change = Change::new("answer", "finding", &at.finding).of_park(&at.park).of_enterprise(&at.enterprise);
        let mut write = self.write(actor, change).await?;
        if !enterprise_exists(write.connection(), &at.park, &at.enterprise).await? {
            return Err(RecordError::NotFound);
        }
        let id = Uuid::now_v7().to_string();
        supersede(write.connection(), actor, at, &id).await?;
        let shared = [("park_id", text(at.park.as_str())), ("enterprise_id", text(at.enterprise.as_str()))];
        let columns = ["id", "finding", "figures", "comment", "answered_at_us", "answered_by"];
        let mut rows = Rows::of("finding_answer", &shared, columns);
        let (at_us, by) = (whole(actor.at_us), text(&actor.id));
        rows.push([text(&id), text(&at.finding), text(&at.figures), text(comment), at_us, by]);
        rows.insert(write.connection()).await?;
        write.after(Some(says(&id, &at.finding, &at.figures, comment)));
        write.commit().await?;
        Ok(id)
    }

    /// Every answer that was ever given about the enterprises in scope, oldest first.
    pub async fn finding_answers(&self, scope: &Scope, park: &ParkId) -> anyhow::Result<Vec<FindingAnswer>> {
        let mut read = self.read_as(scope).await?;
        let sql = format!("select {COLUMNS} from finding_answer where park_id = $1 order by answered_at_us, id");
        let mut answers = Vec::new();
        for row in query(sql).bind(text(park.as_str())).rows(&mut read).await? {
            let mut columns = Columns::of(&row);
            let answer = FindingAnswer {
                id: columns.text()?,
                enterprise: EnterpriseId::new(columns.text()?),
                finding: columns.text()?,
                figures: columns.text()?,
                comment: columns.text()?,
                answered_at_us: columns.whole()?,
                answered_by: columns.text()?,
                superseded_at_us: columns.maybe_whole()?,
            };
            if scope.covers_enterprise(park, &answer.enterprise) {
                answers.push(answer);
            }
        }
        Ok(answers)
    }
}

async fn supersede(connection: &mut AnyConnection, actor: &Actor, at: &FindingAt, by: &str) -> anyhow::Result<u64> {
    let sql = "update finding_answer set superseded_at_us = $1, superseded_by = $2 \
               where park_id = $3 and enterprise_id = $4 and finding = $5 and superseded_at_us is null";
    let place = [text(at.park.as_str()), text(at.enterprise.as_str()), text(&at.finding)];
    query(sql).bind_all([whole(actor.at_us), text(by)]).bind_all(place).execute(connection).await
}

/// What the log says of an answer.
fn says(id: &str, finding: &str, figures: &str, comment: &str) -> Value {
    json!({ "id": id, "finding": finding, "figures": figures, "comment": comment })
}

/// Every answer, for the log to be held against.
pub(crate) async fn shown(connection: &mut AnyConnection) -> anyhow::Result<BTreeMap<String, Shown>> {
    let mut shown = BTreeMap::new();
    for row in query("select id, finding, figures, comment, answered_by from finding_answer").rows(connection).await? {
        let mut columns = Columns::of(&row);
        let (id, finding, figures) = (columns.text()?, columns.text()?, columns.text()?);
        let says = says(&id, &finding, &figures, &columns.text()?);
        shown.insert(id, Shown { says, by: columns.text()? });
    }
    Ok(shown)
}
