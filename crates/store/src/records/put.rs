//! Several records at once, all or none: each is added where there is none for its period and corrected where there is.

use engine::ids::{EnterpriseId, ParkId};

use super::{
    Current, Declared, NO_LINE, RecordAt, RecordError, current, enterprise_exists, insert, json, next_position,
    overlapping, record,
};
use crate::audit::{Change, Write};
use crate::completion;
use crate::parks::{bump_revision, supersede};
use crate::{Actor, Scope, Store, Subject};

/// What became of the records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Put {
    pub added: usize,
    pub corrected: usize,
    /// They said what was declared already.
    pub unchanged: usize,
}

#[derive(Debug, thiserror::Error)]
pub enum PutError {
    /// Every record that cannot be kept, by its place in the list.
    #[error("{} records cannot be kept", .0.len())]
    Refused(Vec<(usize, RecordError)>),
    #[error(transparent)]
    Store(#[from] anyhow::Error),
}

impl Store {
    /// Keeps all of these records of one enterprise, or none and says why for each. `note` says where they came from.
    pub async fn put_records(
        &self,
        actor: &Actor,
        scope: &Scope,
        (park, enterprise): (&ParkId, &EnterpriseId),
        records: &[(RecordAt, Declared)],
        note: &str,
    ) -> Result<Put, PutError> {
        let is_theirs = |at: &RecordAt| at.park == *park && at.enterprise == *enterprise;
        if !scope.covers_enterprise(park, enterprise) || !records.iter().all(|(at, _)| is_theirs(at)) {
            return Err(PutError::Refused(vec![(0, RecordError::OutsideScope)]));
        }
        let change = Change::new("put", "records", note).of_park(park).of_enterprise(enterprise);
        let mut write = self.write(actor, change).await?;
        if !enterprise_exists(write.connection(), park, enterprise).await? {
            return Err(PutError::Refused(vec![(0, RecordError::NotFound)]));
        }
        let knows_costs = scope.covers_subject(park, enterprise, Subject::Costs);
        let (mut put, mut refused) = (Put::default(), Vec::new());
        for (index, (at, declared)) in records.iter().enumerate() {
            match one(&mut write, actor, at, declared, knows_costs, &mut put).await {
                Ok(()) => {}
                Err(RecordError::Store(error)) => return Err(error.into()),
                Err(error) => refused.push((index, error)),
            }
        }
        if !refused.is_empty() {
            write.discard().await?;
            return Err(PutError::Refused(refused));
        }
        if put.added + put.corrected == 0 {
            write.discard().await?;
            return Ok(put);
        }
        bump_revision(write.connection(), actor, park).await?;
        write.commit().await?;
        Ok(put)
    }
}

async fn one(
    write: &mut Write,
    actor: &Actor,
    at: &RecordAt,
    declared: &Declared,
    knows_costs: bool,
    put: &mut Put,
) -> Result<(), RecordError> {
    if let Some(lock) = completion::lock(write.connection(), at).await? {
        return Err(RecordError::Locked(Box::new(lock)));
    }
    let mut new = record(at, declared);
    let old = current(write.connection(), at).await?;
    let position = match &old {
        None => {
            if let Some(other) = overlapping(write.connection(), at).await? {
                return Err(RecordError::Overlaps(other));
            }
            next_position(write.connection(), &at.park).await?
        }
        Some(old) => {
            if !knows_costs {
                // Who was not told what was paid cannot change it.
                new.cost_vnd = old.record.cost_vnd;
            }
            new.line = old.record.line;
            if new == old.record {
                put.unchanged += 1;
                return Ok(());
            }
            new.line = NO_LINE;
            old.position
        }
    };
    let id = uuid::Uuid::now_v7().to_string();
    if let Some(old) = &old {
        supersede(write.connection(), actor, &old.id, Some(&id)).await?;
    }
    let new = Current { id, position, record: new };
    insert(write.connection(), actor, at, &new).await?;
    let action = if old.is_some() { "correct" } else { "add" };
    let place = format!("{}/{}/{}/{}", at.park, at.enterprise, at.resource, at.period);
    let row = Change::new(action, "record", place).of_park(&at.park).of_enterprise(&at.enterprise);
    let before = old.as_ref().map(json).transpose()?;
    write.also(row.told(before, Some(json(&new)?))).await?;
    *(if old.is_some() { &mut put.corrected } else { &mut put.added }) += 1;
    Ok(())
}
