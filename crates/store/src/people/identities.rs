//! Whom a provider of single sign-on means.

use serde_json::json;

use super::{Account, UserId};
use crate::audit::Change;
use crate::sql::{Columns, query, text, whole};
use crate::{Actor, Store};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub issuer: String,
    pub subject: String,
    pub created_at_us: i64,
}

impl Store {
    /// The account that an issuer's subject is linked with.
    pub async fn account_of_identity(&self, issuer: &str, subject: &str) -> anyhow::Result<Option<Account>> {
        let sql = "select user_id from identity where issuer = $1 and subject = $2";
        let row = query(sql).bind(text(issuer)).bind(text(subject)).row(&mut *self.read().await?).await?;
        let Some(row) = row else { return Ok(None) };
        self.account(&UserId(Columns::of(&row).text()?)).await
    }

    /// Links an issuer's subject with a person. False where it is linked with somebody already.
    pub async fn link_identity(
        &self,
        actor: &Actor,
        user: &UserId,
        issuer: &str,
        subject: &str,
    ) -> anyhow::Result<bool> {
        let mut write = self.write(actor, Change::new("link identity", "user", user.as_str())).await?;
        let sql = "insert into identity (issuer, subject, user_id, created_at_us) values ($1, $2, $3, $4) \
                   on conflict (issuer, subject) do nothing";
        let values = [text(issuer), text(subject), text(user.as_str()), whole(actor.at_us)];
        if query(sql).bind_all(values).execute(write.connection()).await? == 0 {
            write.discard().await?;
            return Ok(false);
        }
        write.after(Some(json!({ "issuer": issuer })));
        write.commit().await?;
        Ok(true)
    }

    /// False where there was no such link.
    pub async fn unlink_identities(&self, actor: &Actor, user: &UserId, issuer: &str) -> anyhow::Result<bool> {
        let mut write = self.write(actor, Change::new("unlink identity", "user", user.as_str())).await?;
        let sql = "delete from identity where user_id = $1 and issuer = $2";
        if query(sql).bind(text(user.as_str())).bind(text(issuer)).execute(write.connection()).await? == 0 {
            write.discard().await?;
            return Ok(false);
        }
        write.after(Some(json!({ "issuer": issuer })));
        write.commit().await?;
        Ok(true)
    }

    pub async fn identities_of(&self, user: &UserId) -> anyhow::Result<Vec<Identity>> {
        let sql = "select issuer, subject, created_at_us from identity where user_id = $1 order by issuer, subject";
        let rows = query(sql).bind(text(user.as_str())).rows(&mut *self.read().await?).await?;
        let identity = |row| {
            let mut columns = Columns::of(row);
            Ok(Identity { issuer: columns.text()?, subject: columns.text()?, created_at_us: columns.whole()? })
        };
        rows.iter().map(identity).collect()
    }
}
