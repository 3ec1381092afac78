//! The second factor: the key that codes are computed from, the step of the last code, and recovery codes.

use serde_json::json;
use sqlx::AnyConnection;

use super::UserId;
use crate::audit::Change;
use crate::sql::{Columns, Rows, maybe_whole, query, text, whole};
use crate::{Actor, Store};

impl Store {
    /// The key of a person's second factor, in base 32.
    pub async fn second_factor(&self, user: &UserId) -> anyhow::Result<Option<String>> {
        let sql = "select totp_secret from users where id = $1";
        let row = query(sql).bind(text(user.as_str())).row(&mut *self.read().await?).await?;
        row.map(|row| Columns::of(&row).maybe_text()).transpose().map(Option::flatten)
    }

    /// Switches the second factor on. `step` is that of the code that confirmed it, which is thereby used up.
    pub async fn switch_second_factor_on(
        &self,
        actor: &Actor,
        user: &UserId,
        secret: &str,
        step: i64,
        code_hashes: &[String],
    ) -> anyhow::Result<()> {
        let mut write = self.write(actor, Change::new("switch second factor on", "user", user.as_str())).await?;
        let sql = "update users set totp_secret = $2, totp_last_step = $3 where id = $1";
        let values = [text(user.as_str()), text(secret), whole(step)];
        query(sql).bind_all(values).execute(write.connection()).await?;
        replace_codes(write.connection(), user, code_hashes).await?;
        write.after(Some(json!({ "recovery_codes": code_hashes.len() })));
        write.commit().await
    }

    pub async fn switch_second_factor_off(&self, actor: &Actor, user: &UserId) -> anyhow::Result<()> {
        let mut write = self.write(actor, Change::new("switch second factor off", "user", user.as_str())).await?;
        let sql = "update users set totp_secret = null, totp_last_step = null where id = $1";
        query(sql).bind(text(user.as_str())).execute(write.connection()).await?;
        replace_codes(write.connection(), user, &[]).await?;
        write.commit().await
    }

    /// Uses up the code of a step. False where it, or one after it, was used before.
    pub async fn use_step(&self, actor: &Actor, user: &UserId, step: i64) -> anyhow::Result<bool> {
        let mut write = self.write(actor, Change::new("use code", "user", user.as_str())).await?;
        let sql = "update users set totp_last_step = $2 where id = $1 and totp_secret is not null \
                   and (totp_last_step is null or totp_last_step < $2)";
        let used = query(sql).bind(text(user.as_str())).bind(whole(step)).execute(write.connection()).await?;
        write.commit_unlogged().await?;
        Ok(used > 0)
    }

    /// Uses up a recovery code. False where the person has no such code left.
    pub async fn use_recovery_code(&self, actor: &Actor, user: &UserId, code_hash: &str) -> anyhow::Result<bool> {
        let mut write = self.write(actor, Change::new("use recovery code", "user", user.as_str())).await?;
        let sql = "update recovery_code set used_at_us = $3 where user_id = $1 and code_hash = $2 \
                   and used_at_us is null";
        let values = [text(user.as_str()), text(code_hash), whole(actor.at_us)];
        if query(sql).bind_all(values).execute(write.connection()).await? == 0 {
            write.discard().await?;
            return Ok(false);
        }
        write.commit().await?;
        Ok(true)
    }

    /// Recovery codes that a person has left.
    pub async fn recovery_codes_left(&self, user: &UserId) -> anyhow::Result<i64> {
        let sql = "select cast(count(*) as bigint) from recovery_code where user_id = $1 and used_at_us is null";
        let row = query(sql).bind(text(user.as_str())).row(&mut *self.read().await?).await?;
        row.map_or(Ok(0), |row| Columns::of(&row).whole())
    }
}

async fn replace_codes(connection: &mut AnyConnection, user: &UserId, hashes: &[String]) -> anyhow::Result<()> {
    query("delete from recovery_code where user_id = $1").bind(text(user.as_str())).execute(connection).await?;
    let mut rows = Rows::of("recovery_code", &[], ["user_id", "code_hash", "used_at_us"]);
    for hash in hashes {
        rows.push([text(user.as_str()), text(hash), maybe_whole(None)]);
    }
    rows.insert(connection).await
}
