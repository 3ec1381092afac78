//! How long what has run out is kept.

use serde::Serialize;
use serde_json::json;

use crate::audit::Change;
use crate::sql::{query, whole};
use crate::{Actor, Store};

const DAY_US: i64 = 24 * 3_600 * 1_000_000;
/// What has run out stays this long, so that somebody can ask what happened.
const KEPT_US: i64 = 30 * DAY_US;
/// A device that nobody signed in from for a year is a stranger again.
const DEVICE_US: i64 = 365 * DAY_US;

/// How many rows were cleared away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tidied {
    pub sessions: u64,
    pub tokens: u64,
    pub invitations: u64,
    pub resets: u64,
    pub devices: u64,
}

impl Store {
    /// Clears away what ran out more than 30 days ago. Where there is nothing, the log stays as it is.
    pub async fn tidy_people(&self, actor: &Actor) -> anyhow::Result<Tidied> {
        let mut write = self.write(actor, Change::new("tidy", "user", "all")).await?;
        let kept_from = actor.at_us - KEPT_US;
        let mut cleared = [0; 5];
        let statements = [
            ("delete from session where expires_at_us < $1", kept_from),
            ("delete from api_token where expires_at_us < $1 or revoked_at_us < $1", kept_from),
            ("delete from invitation where expires_at_us < $1 or revoked_at_us < $1", kept_from),
            ("delete from password_reset where expires_at_us < $1", kept_from),
            ("delete from device where seen_at_us < $1", actor.at_us - DEVICE_US),
        ];
        for (cleared, (sql, before)) in cleared.iter_mut().zip(statements) {
            *cleared = query(sql).bind(whole(before)).execute(write.connection()).await?;
        }
        let [sessions, tokens, invitations, resets, devices] = cleared;
        let tidied = Tidied { sessions, tokens, invitations, resets, devices };
        if tidied == Tidied::default() {
            write.discard().await?;
            return Ok(tidied);
        }
        write.after(Some(json!(tidied)));
        write.commit().await?;
        Ok(tidied)
    }
}
