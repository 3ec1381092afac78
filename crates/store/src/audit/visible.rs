//! What of a row somebody may read who may read the row: an import lists changes of many enterprises.

use engine::ids::{EnterpriseId, ParkId};
use serde_json::Value;

use super::AuditRow;
use crate::Scope;

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
    let more = after.get("more_changes").and_then(Value::as_u64).unwrap_or(0);
    let left_out = all - after["changes"].as_array().map_or(0, Vec::len);
    after.insert("more_changes".to_string(), (more + left_out as u64).into());
    AuditRow { after_json: Some(Value::Object(after).to_string()), ..row }
}

fn may_see(scope: &Scope, park: &ParkId, change: &Value) -> bool {
    let of = change["of"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut of = of.iter().filter_map(Value::as_str);
    of.all(|enterprise| scope.covers_enterprise(park, &EnterpriseId::new(enterprise)))
}
