//! Records that come and go as a part of something else, in its transaction, each with its own row of the log.

use super::{Current, Declared, RecordAt, RecordError, current, insert, json, next_position, overlapping, record};
use crate::Actor;
use crate::audit::{Change, Write};
use crate::completion;
use crate::parks::supersede;

/// Adds a record where none of the same resource overlaps it.
pub(crate) async fn add(
    write: &mut Write,
    actor: &Actor,
    at: &RecordAt,
    declared: &Declared,
) -> Result<(), RecordError> {
    refuse_locked(write, at).await?;
    if let Some(other) = overlapping(write.connection(), at).await? {
        return Err(RecordError::Overlaps(other));
    }
    let position = next_position(write.connection(), &at.park).await?;
    let new = Current { id: uuid::Uuid::now_v7().to_string(), position, record: record(at, declared) };
    insert(write.connection(), actor, at, &new).await?;
    write.also(about("add", at).told(None, Some(json(&new)?))).await?;
    Ok(())
}

/// Withdraws the record for exactly this period; one that is gone already stays so.
pub(crate) async fn withdraw(write: &mut Write, actor: &Actor, at: &RecordAt) -> Result<(), RecordError> {
    let Some(old) = current(write.connection(), at).await? else { return Ok(()) };
    refuse_locked(write, at).await?;
    supersede(write.connection(), actor, &old.id, None).await?;
    write.also(about("withdraw", at).told(Some(json(&old)?), None)).await?;
    Ok(())
}

fn about(action: &'static str, at: &RecordAt) -> Change {
    let id = format!("{}/{}/{}/{}", at.park, at.enterprise, at.resource, at.period);
    Change::new(action, "record", id).of_park(&at.park).of_enterprise(&at.enterprise)
}

async fn refuse_locked(write: &mut Write, at: &RecordAt) -> Result<(), RecordError> {
    match completion::lock(write.connection(), at).await? {
        Some(lock) => Err(RecordError::Locked(Box::new(lock))),
        None => Ok(()),
    }
}
