//! What of a row somebody may read who may read the row: an import lists changes of many enterprises.

use engine::ids::{EnterpriseId, ParkId};
use serde_json::Value;

use super::{AuditRow, readable, rows_before};
use crate::{Scope, Store, Subject};

impl Store {
    /// What happened last in one park, newest first: of what may be read, the rows that are wanted.
    pub async fn audit_of_park(
        &self,
        scope: &Scope,
        park: &ParkId,
        limit: usize,
        is_wanted: impl Fn(&AuditRow) -> bool,
    ) -> anyhow::Result<Vec<AuditRow>> {
        let mut read = self.read_as(scope).await?;
        let mut found = Vec::new();
        let mut before = i64::MAX;
        while found.len() < limit {
            let rows = rows_before(&mut read, &[park], before).await?;
            let Some(oldest) = rows.last() else { break };
            before = oldest.seq;
            let rows = rows.into_iter().filter_map(|row| readable(scope, row)).map(|row| reduced(scope, row));
            found.extend(rows.filter(&is_wanted));
        }
        found.truncate(limit);
        Ok(found)
    }
}

/// The row without the changes of enterprises that are not in scope; how many were left out stays.
pub(super) fn reduced(scope: &Scope, row: AuditRow) -> AuditRow {
    let Some(park) = row.park.clone().filter(|_| row.enterprise.is_none()) else { return row };
    let Some(after) = row.after_json.as_deref().filter(|after| after.contains("\"changes\"")) else { return row };
    let Ok(Value::Object(mut after)) = serde_json::from_str::<Value>(after) else { return row };
    let Some(Value::Array(changes)) = after.get_mut("changes") else { return row };
    let all = changes.len();
    changes.retain(|change| may_see(scope, &park, change));
    if changes.len() == all {
        return row;
    }
    let left_out = all - changes.len();
    after.insert("hidden_changes".to_string(), left_out.into());
    AuditRow { after_json: Some(Value::Object(after).to_string()), ..row }
}

fn may_see(scope: &Scope, park: &ParkId, change: &Value) -> bool {
    let of = change["of"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut of = of.iter().filter_map(Value::as_str);
    of.all(|enterprise| is_open(scope, park, &EnterpriseId::new(enterprise)))
}

/// Whether every part of an enterprise is open: a change may tell of any of them.
fn is_open(scope: &Scope, park: &ParkId, enterprise: &EnterpriseId) -> bool {
    Subject::ALL.into_iter().all(|subject| scope.covers_subject(park, enterprise, subject))
}
