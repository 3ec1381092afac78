//! Tokens by which a program asks in a person's name.

use engine::ids::ParkId;
use serde_json::json;

use super::{USER_COLUMNS, User, UserId, read_user};
use crate::audit::Change;
use crate::sql::{Columns, maybe_text, query, text, whole};
use crate::{Actor, Store};

/// A token as its owner may see it; the token itself is shown once and not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiToken {
    pub id: String,
    pub user: UserId,
    pub name: String,
    /// `read` or `write`.
    pub scope: String,
    /// The only park that it opens, where one is named.
    pub park: Option<ParkId>,
    pub created_at_us: i64,
    pub expires_at_us: i64,
    pub last_used_us: Option<i64>,
}

/// Who asks by a token, and how much of what the person may do it lets them do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenHolder {
    pub user: User,
    pub scope: String,
    pub park: Option<ParkId>,
}

const SEEN_US: i64 = 60 * 1_000_000;

impl Store {
    pub async fn create_token(&self, actor: &Actor, token: &ApiToken, token_hash: &str) -> anyhow::Result<()> {
        let mut write = self.write(actor, Change::new("create token", "user", token.user.as_str())).await?;
        let sql = "insert into api_token (id, token_hash, user_id, name, scope, park_id, created_at_us, expires_at_us) \
                   values ($1, $2, $3, $4, $5, $6, $7, $8)";
        let values = [
            text(&token.id),
            text(token_hash),
            text(token.user.as_str()),
            text(&token.name),
            text(&token.scope),
            maybe_text(token.park.as_ref()),
            whole(token.created_at_us),
            whole(token.expires_at_us),
        ];
        query(sql).bind_all(values).execute(write.connection()).await?;
        let after = json!({
            "token": token.id, "scope": token.scope, "park": token.park, "expires_at_us": token.expires_at_us
        });
        write.after(Some(after));
        write.commit().await
    }

    /// The tokens of a person that are neither revoked nor run out, newest first.
    pub async fn tokens_of(&self, user: &UserId, now_us: i64) -> anyhow::Result<Vec<ApiToken>> {
        let sql = "select id, name, scope, park_id, created_at_us, expires_at_us, last_used_us from api_token \
                   where user_id = $1 and revoked_at_us is null and expires_at_us > $2 order by created_at_us desc, id";
        let rows = query(sql).bind(text(user.as_str())).bind(whole(now_us)).rows(&mut *self.read().await?).await?;
        let token = |row| {
            let mut columns = Columns::of(row);
            Ok(ApiToken {
                id: columns.text()?,
                user: user.clone(),
                name: columns.text()?,
                scope: columns.text()?,
                park: columns.maybe_text()?.map(ParkId::new),
                created_at_us: columns.whole()?,
                expires_at_us: columns.whole()?,
                last_used_us: columns.maybe_whole()?,
            })
        };
        rows.iter().map(token).collect()
    }

    /// False where the person has no such token, or revoked it before.
    pub async fn revoke_token(&self, actor: &Actor, user: &UserId, id: &str) -> anyhow::Result<bool> {
        let mut write = self.write(actor, Change::new("revoke token", "user", user.as_str())).await?;
        let sql = "update api_token set revoked_at_us = $3 where id = $1 and user_id = $2 and revoked_at_us is null";
        let values = [text(id), text(user.as_str()), whole(actor.at_us)];
        if query(sql).bind_all(values).execute(write.connection()).await? == 0 {
            write.discard().await?;
            return Ok(false);
        }
        write.after(Some(json!({ "token": id })));
        write.commit().await?;
        Ok(true)
    }

    /// Who asks by this token at this moment; notes that it was used.
    pub async fn token_holder(&self, token_hash: &str, now_us: i64) -> anyhow::Result<Option<TokenHolder>> {
        let user_columns: Vec<String> = USER_COLUMNS.iter().map(|column| format!("users.{column}")).collect();
        let sql = format!(
            "select {}, api_token.scope, api_token.park_id, api_token.last_used_us from api_token \
             join users on users.id = api_token.user_id where api_token.token_hash = $1 \
             and api_token.revoked_at_us is null and api_token.expires_at_us > $2 and users.is_active = 1",
            user_columns.join(", ")
        );
        let row = query(sql).bind(text(token_hash)).bind(whole(now_us)).row(&mut *self.read().await?).await?;
        let Some(row) = row else { return Ok(None) };
        let mut columns = Columns::of(&row);
        let holder = TokenHolder {
            user: read_user(&mut columns)?,
            scope: columns.text()?,
            park: columns.maybe_text()?.map(ParkId::new),
        };
        if columns.maybe_whole()?.is_none_or(|last| now_us - last > SEEN_US) {
            self.touch("update api_token set last_used_us = $2 where token_hash = $1", token_hash, now_us).await?;
        }
        Ok(Some(holder))
    }
}
