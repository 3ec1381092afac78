//! Sessions, and the devices that people signed in from before.

use serde_json::json;

use super::{Session, SignedIn, USER_COLUMNS, UserId, read_user};
use crate::audit::Change;
use crate::sql::{Columns, Rows, query, text, whole};
use crate::{Actor, Store};

/// A session that nobody used for so long has ended: two hours.
pub const IDLE_US: i64 = 2 * 3_600 * 1_000_000;

/// How exactly the last use of a session or token is kept; every request would otherwise be a write.
const SEEN_US: i64 = 60 * 1_000_000;

/// A session as its owner may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenSession {
    /// The hash of its token: enough to name it, of no use to somebody who wants in.
    pub token_hash: String,
    pub created_at_us: i64,
    pub last_seen_us: i64,
    pub address: String,
    pub device: String,
}

impl Store {
    /// Signs somebody in.
    pub async fn create_session(&self, actor: &Actor, session: &Session) -> anyhow::Result<()> {
        let mut write = self.write(actor, Change::new("sign in", "user", session.user.as_str())).await?;
        let columns =
            ["token_hash", "user_id", "created_at_us", "expires_at_us", "csrf", "last_seen_us", "address", "device"];
        let mut rows = Rows::of("session", &[], columns);
        rows.push([
            text(&session.token_hash),
            text(session.user.as_str()),
            whole(session.created_at_us),
            whole(session.expires_at_us),
            text(&session.csrf),
            whole(session.created_at_us),
            text(&session.address),
            text(&session.device),
        ]);
        rows.insert(write.connection()).await?;
        write.after(Some(json!({ "expires_at_us": session.expires_at_us })));
        write.commit().await
    }

    /// Who holds this session at this moment. `None` where it is unknown, has run out, was idle for too long, or its
    /// holder may not sign in any more. Notes that it was used.
    pub async fn session_user(&self, token_hash: &str, now_us: i64) -> anyhow::Result<Option<SignedIn>> {
        let user_columns: Vec<String> = USER_COLUMNS.iter().map(|column| format!("users.{column}")).collect();
        let sql = format!(
            "select {}, session.created_at_us, session.expires_at_us, session.csrf, session.address, session.device, \
             session.last_seen_us from session join users on users.id = session.user_id \
             where session.token_hash = $1 and session.expires_at_us > $2 and session.last_seen_us > $3 \
             and users.is_active = 1",
            user_columns.join(", ")
        );
        let row = query(sql)
            .bind(text(token_hash))
            .bind(whole(now_us))
            .bind(whole(now_us - IDLE_US))
            .row(&mut *self.read().await?)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let mut columns = Columns::of(&row);
        let user = read_user(&mut columns)?;
        let session = Session {
            token_hash: token_hash.to_string(),
            user: user.id.clone(),
            created_at_us: columns.whole()?,
            expires_at_us: columns.whole()?,
            csrf: columns.text()?,
            address: columns.text()?,
            device: columns.text()?,
        };
        let last_seen_us = columns.whole()?;
        if now_us - last_seen_us > SEEN_US {
            self.touch("update session set last_seen_us = $2 where token_hash = $1", token_hash, now_us).await?;
        }
        Ok(Some(SignedIn { user, session }))
    }

    /// Signs somebody out. False where there was no such session.
    pub async fn end_session(&self, actor: &Actor, token_hash: &str) -> anyhow::Result<bool> {
        let mut write = self.write(actor, Change::new("sign out", "user", actor.id.as_str())).await?;
        let sql = "delete from session where token_hash = $1";
        if query(sql).bind(text(token_hash)).execute(write.connection()).await? == 0 {
            write.discard().await?;
            return Ok(false);
        }
        write.commit().await?;
        Ok(true)
    }

    /// Ends one session of this person, named by somebody who may. False where the person has no such session.
    pub async fn revoke_session(&self, actor: &Actor, user: &UserId, token_hash: &str) -> anyhow::Result<bool> {
        let mut write = self.write(actor, Change::new("revoke session", "user", user.as_str())).await?;
        let sql = "delete from session where token_hash = $1 and user_id = $2";
        if query(sql).bind(text(token_hash)).bind(text(user.as_str())).execute(write.connection()).await? == 0 {
            write.discard().await?;
            return Ok(false);
        }
        write.commit().await?;
        Ok(true)
    }

    /// Ends all sessions of a person but, where named, one. Says how many.
    pub async fn end_sessions(&self, actor: &Actor, user: &UserId, but: Option<&str>) -> anyhow::Result<u64> {
        let mut write = self.write(actor, Change::new("end sessions", "user", user.as_str())).await?;
        let sql = "delete from session where user_id = $1 and token_hash <> $2";
        let ended = query(sql)
            .bind(text(user.as_str()))
            .bind(text(but.unwrap_or_default()))
            .execute(write.connection())
            .await?;
        write.after(Some(json!({ "ended": ended })));
        write.commit().await?;
        Ok(ended)
    }

    /// The sessions of a person that are open now, the one used last first.
    pub async fn sessions_of(&self, user: &UserId, now_us: i64) -> anyhow::Result<Vec<OpenSession>> {
        let sql = "select token_hash, created_at_us, last_seen_us, address, device from session \
                   where user_id = $1 and expires_at_us > $2 and last_seen_us > $3 order by last_seen_us desc, token_hash";
        let rows = query(sql)
            .bind(text(user.as_str()))
            .bind(whole(now_us))
            .bind(whole(now_us - IDLE_US))
            .rows(&mut *self.read().await?)
            .await?;
        let session = |row| {
            let mut columns = Columns::of(row);
            Ok(OpenSession {
                token_hash: columns.text()?,
                created_at_us: columns.whole()?,
                last_seen_us: columns.whole()?,
                address: columns.text()?,
                device: columns.text()?,
            })
        };
        rows.iter().map(session).collect()
    }

    /// Whether this person signed in from this device before.
    pub async fn knows_device(&self, user: &UserId, token_hash: &str) -> anyhow::Result<bool> {
        let sql = "select user_id from device where token_hash = $1 and user_id = $2";
        let row = query(sql).bind(text(token_hash)).bind(text(user.as_str())).row(&mut *self.read().await?).await?;
        Ok(row.is_some())
    }

    /// Remembers that this person signed in from this device.
    pub async fn remember_device(&self, user: &UserId, token_hash: &str, now_us: i64) -> anyhow::Result<()> {
        let actor = Actor::system(now_us);
        let mut write = self.write(&actor, Change::new("remember device", "user", user.as_str())).await?;
        let sql = "insert into device (token_hash, user_id, seen_at_us) values ($1, $2, $3) \
                   on conflict (token_hash, user_id) do update set seen_at_us = excluded.seen_at_us";
        let values = [text(token_hash), text(user.as_str()), whole(now_us)];
        query(sql).bind_all(values).execute(write.connection()).await?;
        write.commit_unlogged().await
    }

    /// Runs a statement that notes when something was last used; `$1` names it and `$2` is the time.
    pub(super) async fn touch(&self, sql: &'static str, name: &str, now_us: i64) -> anyhow::Result<()> {
        let mut write = self.write(&Actor::system(now_us), Change::new("use", "session", "")).await?;
        query(sql).bind(text(name)).bind(whole(now_us)).execute(write.connection()).await?;
        write.commit_unlogged().await
    }
}
