//! Measurement plans of measures: how a saving is going to be shown. A later plan takes the place of the earlier one, which is
//! kept. The one that holds is a part of the park that is loaded, whether it was written on a page or came in with the sheets.

use std::collections::BTreeMap;

use anyhow::Context;
use engine::ids::{EnterpriseId, MeasureId, ParkId};
use engine::park::Park;
use engine::park::plans::Plan;
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::AnyConnection;
use uuid::Uuid;

use crate::audit::{Change, Shown};
use crate::records::{RecordError, enterprise_exists};
use crate::sql::{Columns, Rows, query, text, whole};
use crate::{Actor, Scope, Store};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPlan {
    pub park: ParkId,
    pub enterprise: EnterpriseId,
    pub measure: MeasureId,
    /// A [`Plan`] as JSON.
    pub content: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeptPlan {
    pub id: String,
    pub enterprise: EnterpriseId,
    pub measure: MeasureId,
    pub content: String,
    pub planned_at_us: i64,
    pub planned_by: String,
    /// Code of the role it was written in.
    pub planned_as: String,
    /// `None` for the one that holds.
    pub superseded_at_us: Option<i64>,
}

const COLUMNS: &str = "id, enterprise_id, measure_id, content, planned_at_us, planned_by, planned_as, superseded_at_us";

impl Store {
    /// Keeps a plan in the place of the measure's earlier one, and gives its identifier.
    pub async fn save_measurement_plan(
        &self,
        actor: &Actor,
        scope: &Scope,
        new: &NewPlan,
    ) -> Result<String, RecordError> {
        if !scope.covers_enterprise(&new.park, &new.enterprise) {
            return Err(RecordError::OutsideScope);
        }
        let name = format!("{}/{}", new.park, new.measure);
        let change = Change::new("plan", "measurement-plan", name).of_park(&new.park).of_enterprise(&new.enterprise);
        let mut write = self.write(actor, change).await?;
        if !enterprise_exists(write.connection(), &new.park, &new.enterprise).await? {
            return Err(RecordError::NotFound);
        }
        let id = Uuid::now_v7().to_string();
        let sql = "update measurement_plan set superseded_at_us = $1, superseded_by = $2 \
                   where park_id = $3 and measure_id = $4 and superseded_at_us is null";
        let superseding =
            query(sql).bind_all([whole(actor.at_us), text(&id), text(new.park.as_str()), text(new.measure.as_str())]);
        superseding.execute(write.connection()).await?;
        let columns =
            ["id", "park_id", "enterprise_id", "measure_id", "content", "planned_at_us", "planned_by", "planned_as"];
        let mut rows = Rows::of("measurement_plan", &[], columns);
        rows.push([
            text(&id),
            text(new.park.as_str()),
            text(new.enterprise.as_str()),
            text(new.measure.as_str()),
            text(&new.content),
            whole(actor.at_us),
            text(&actor.id),
            text(&actor.role),
        ]);
        rows.insert(write.connection()).await?;
        write.after(Some(says(&id, &new.content)));
        write.commit().await?;
        Ok(id)
    }

    /// Every plan of a park's measures within scope, oldest first.
    pub async fn measurement_plans(&self, scope: &Scope, park: &ParkId) -> anyhow::Result<Vec<KeptPlan>> {
        let mut read = self.read_as(scope).await?;
        let sql = format!("select {COLUMNS} from measurement_plan where park_id = $1 order by planned_at_us, id");
        let rows = query(sql).bind(text(park.as_str())).rows(&mut read).await?;
        let kept = rows.iter().map(|row| kept(&mut Columns::of(row))).collect::<anyhow::Result<Vec<_>>>()?;
        Ok(kept.into_iter().filter(|plan| scope.covers_enterprise(park, &plan.enterprise)).collect())
    }
}

impl KeptPlan {
    /// The plan itself.
    pub fn plan(&self) -> anyhow::Result<Plan> {
        let read = || -> serde_json::Result<Plan> {
            let mut content: Value = serde_json::from_str(&self.content)?;
            // Plans of earlier versions did not name the measure that they hang on.
            if let Some(fields) = content.as_object_mut() {
                fields.insert("measure".to_string(), json!(self.measure));
            }
            serde_json::from_value(content)
        };
        read().with_context(|| format!("the measurement plan {}", self.id))
    }
}

impl Store {
    /// Takes over the plans that came in with a park, each where it differs from the one that holds. A measure without a
    /// plan in the sheets keeps the one it has: an import takes none away.
    pub(crate) async fn take_plans(&self, actor: &Actor, park: &Park) -> anyhow::Result<()> {
        if park.plans.is_empty() {
            return Ok(());
        }
        let scope = Scope::of_park(&park.id);
        let kept = current(&mut *self.read_as(&scope).await?, &park.id).await?;
        for plan in &park.plans {
            let Some(measure) = park.measures.iter().find(|measure| measure.id == plan.measure) else { continue };
            let held = kept.iter().find(|held| held.measure == plan.measure);
            // What was to be expected is computed where a plan is written, and no column of the sheet.
            let same =
                Plan { expected_uncertainty_90: held.and_then(|held| held.expected_uncertainty_90), ..plan.clone() };
            if held == Some(&same) {
                continue;
            }
            let new = NewPlan {
                park: park.id.clone(),
                enterprise: measure.enterprise.clone(),
                measure: plan.measure.clone(),
                content: serde_json::to_string(plan)?,
            };
            self.save_measurement_plan(actor, &scope, &new).await?;
        }
        Ok(())
    }
}

/// The plans of a park that hold, by measure.
pub(crate) async fn current(connection: &mut AnyConnection, park: &ParkId) -> anyhow::Result<Vec<Plan>> {
    let sql = format!(
        "select {COLUMNS} from measurement_plan where park_id = $1 and superseded_at_us is null order by measure_id"
    );
    let rows = query(sql).bind(text(park.as_str())).rows(connection).await?;
    rows.iter().map(|row| kept(&mut Columns::of(row))?.plan()).collect()
}

fn kept(columns: &mut Columns) -> anyhow::Result<KeptPlan> {
    Ok(KeptPlan {
        id: columns.text()?,
        enterprise: EnterpriseId::new(columns.text()?),
        measure: MeasureId::new(columns.text()?),
        content: columns.text()?,
        planned_at_us: columns.whole()?,
        planned_by: columns.text()?,
        planned_as: columns.text()?,
        superseded_at_us: columns.maybe_whole()?,
    })
}

/// What the log says of a plan.
fn says(id: &str, content: &str) -> Value {
    json!({ "id": id, "content": content })
}

/// Every plan, for the log to be held against.
pub(crate) async fn shown(connection: &mut AnyConnection) -> anyhow::Result<BTreeMap<String, Shown>> {
    let mut shown = BTreeMap::new();
    for row in query(format!("select {COLUMNS} from measurement_plan")).rows(connection).await? {
        let plan = kept(&mut Columns::of(&row))?;
        let says = says(&plan.id, &plan.content);
        shown.insert(plan.id, Shown { says, by: plan.planned_by });
    }
    Ok(shown)
}
