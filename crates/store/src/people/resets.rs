//! Lost passwords: a token that sets a new one, once.

use serde_json::json;

use super::accounts::set_password;
use super::{PasswordHash, UserId};
use crate::audit::Change;
use crate::sql::{Columns, query, text, whole};
use crate::{Actor, Store};

impl Store {
    /// Lets the holder of a token set a new password until it runs out.
    pub async fn allow_reset(
        &self,
        actor: &Actor,
        user: &UserId,
        token_hash: &str,
        expires_at_us: i64,
    ) -> anyhow::Result<()> {
        let mut write = self.write(actor, Change::new("allow reset", "user", user.as_str())).await?;
        let sql = "insert into password_reset (token_hash, user_id, created_at_us, expires_at_us) \
                   values ($1, $2, $3, $4)";
        let values = [text(token_hash), text(user.as_str()), whole(actor.at_us), whole(expires_at_us)];
        query(sql).bind_all(values).execute(write.connection()).await?;
        write.after(Some(json!({ "expires_at_us": expires_at_us })));
        write.commit().await
    }

    /// Whose password a token may set at this moment.
    pub async fn reset_of(&self, token_hash: &str, now_us: i64) -> anyhow::Result<Option<UserId>> {
        let sql = "select user_id from password_reset join users on users.id = user_id \
                   where token_hash = $1 and used_at_us is null and expires_at_us > $2 and is_active = 1";
        let row = query(sql).bind(text(token_hash)).bind(whole(now_us)).row(&mut *self.read().await?).await?;
        row.map(|row| Columns::of(&row).text().map(UserId)).transpose()
    }

    /// Sets a new password, uses up every token for it and ends all sessions. False where the token is no good.
    pub async fn reset_password(
        &self,
        actor: &Actor,
        user: &UserId,
        token_hash: &str,
        hash: &PasswordHash,
    ) -> anyhow::Result<bool> {
        let mut write = self.write(actor, Change::new("reset password", "user", user.as_str())).await?;
        let sql = "update password_reset set used_at_us = $3 where token_hash = $1 and user_id = $2 \
                   and used_at_us is null and expires_at_us > $3";
        let values = [text(token_hash), text(user.as_str()), whole(actor.at_us)];
        if query(sql).bind_all(values).execute(write.connection()).await? == 0 {
            write.discard().await?;
            return Ok(false);
        }
        let others = "update password_reset set used_at_us = $2 where user_id = $1 and used_at_us is null";
        query(others).bind(text(user.as_str())).bind(whole(actor.at_us)).execute(write.connection()).await?;
        set_password(write.connection(), user, hash).await?;
        let ended = query("delete from session where user_id = $1")
            .bind(text(user.as_str()))
            .execute(write.connection())
            .await?;
        write.after(Some(json!({ "sessions_ended": ended, "password_changed": true })));
        write.commit().await?;
        Ok(true)
    }
}
