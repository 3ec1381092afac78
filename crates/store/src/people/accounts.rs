//! Accounts: a user with mail, organisation and second factor; how they change, and how a person is erased.

use engine::ids::{EnterpriseId, ParkId};
use engine::language::Label;
use serde_json::{Value, json};
use sqlx::AnyConnection;

use super::{PasswordHash, USER_COLUMNS, User, UserId, insert_or_update, keep_log_key, log_key, read_user, shown};
use crate::audit::Change;
use crate::audit::commitment::commitment;
use crate::sql::{Cell, Columns, maybe_text, query, text, whole, yes_no};
use crate::{Actor, Store};

/// Whom somebody works for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organisation {
    pub id: String,
    /// One of the kinds that `app` knows.
    pub kind: String,
    pub name: Label,
    pub park: Option<ParkId>,
    pub enterprise: Option<EnterpriseId>,
    pub province: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub user: User,
    pub mail: Option<String>,
    pub organisation: Option<String>,
    /// False for somebody who may not sign in any more.
    pub is_active: bool,
    pub has_second_factor: bool,
    pub is_erased: bool,
}

impl Store {
    pub async fn account(&self, id: &UserId) -> anyhow::Result<Option<Account>> {
        self.account_where("users.id = $1", text(id.as_str())).await
    }

    /// The account that somebody means who types an identifier or a mail address.
    pub async fn account_named(&self, typed: &str) -> anyhow::Result<Option<Account>> {
        if let Some(account) = self.account_by_mail(typed).await? {
            return Ok(Some(account));
        }
        self.account_where("users.id = $1", text(typed.trim())).await
    }

    pub async fn account_by_mail(&self, mail: &str) -> anyhow::Result<Option<Account>> {
        self.account_where("users.mail_fold = $1", text(mail_key(mail))).await
    }

    /// Everybody, by name.
    pub async fn accounts(&self) -> anyhow::Result<Vec<Account>> {
        let sql = format!("select {} from users order by name, id", account_columns());
        let rows = query(sql).rows(&mut *self.read().await?).await?;
        rows.iter().map(|row| read_account(&mut Columns::of(row))).collect()
    }

    /// Adds or changes an account: the user with mail, organisation and whether it is active.
    pub async fn save_account(&self, actor: &Actor, account: &Account) -> anyhow::Result<()> {
        let mut write = self.write(actor, Change::new("save", "user", account.user.id.as_str())).await?;
        let log_key = save(write.connection(), account).await?;
        write.after(Some(shown_account(account, &log_key)));
        write.commit().await
    }

    /// Sets a password and ends every session but, where named, one.
    pub async fn set_password(
        &self,
        actor: &Actor,
        user: &UserId,
        hash: &PasswordHash,
        but: Option<&str>,
    ) -> anyhow::Result<()> {
        let mut write = self.write(actor, Change::new("change password", "user", user.as_str())).await?;
        set_password(write.connection(), user, hash).await?;
        let ended = query("delete from session where user_id = $1 and token_hash <> $2")
            .bind(text(user.as_str()))
            .bind(text(but.unwrap_or_default()))
            .execute(write.connection())
            .await?;
        write.after(Some(json!({ "sessions_ended": ended, "password_changed": true })));
        write.commit().await
    }

    /// Somebody tried to sign in and was not let in; for a name that nobody has, `user` is `None`.
    pub async fn note_failed_sign_in(&self, actor: &Actor, user: Option<&UserId>, why: &str) -> anyhow::Result<()> {
        // What was typed may be a password in the wrong field, so a name that nobody has is not kept.
        let named = user.map_or("unknown", UserId::as_str);
        let mut write = self.write(actor, Change::new("fail to sign in", "user", named)).await?;
        write.after(Some(json!({ "why": why })));
        write.commit().await
    }

    pub async fn organisations(&self) -> anyhow::Result<Vec<Organisation>> {
        let sql = "select id, kind, name_vi, name_en, park_id, enterprise_id, province from organisation order by id";
        let rows = query(sql).rows(&mut *self.read().await?).await?;
        let organisation = |row| {
            let mut columns = Columns::of(row);
            Ok(Organisation {
                id: columns.text()?,
                kind: columns.text()?,
                name: columns.label()?,
                park: columns.maybe_text()?.map(ParkId::new),
                enterprise: columns.maybe_text()?.map(EnterpriseId::new),
                province: columns.maybe_text()?,
            })
        };
        rows.iter().map(organisation).collect()
    }

    pub async fn save_organisation(&self, actor: &Actor, organisation: &Organisation) -> anyhow::Result<()> {
        let mut write = self.write(actor, Change::new("save", "organisation", &organisation.id)).await?;
        let sql = "insert into organisation (id, kind, name_vi, name_en, park_id, enterprise_id, province) \
                   values ($1, $2, $3, $4, $5, $6, $7) on conflict (id) do update set kind = excluded.kind, \
                   name_vi = excluded.name_vi, name_en = excluded.name_en, park_id = excluded.park_id, \
                   enterprise_id = excluded.enterprise_id, province = excluded.province";
        let values = [
            text(&organisation.id),
            text(&organisation.kind),
            text(&organisation.name.vi),
            text(&organisation.name.en),
            maybe_text(organisation.park.as_ref()),
            maybe_text(organisation.enterprise.as_ref()),
            maybe_text(organisation.province.as_ref()),
        ];
        query(sql).bind_all(values).execute(write.connection()).await?;
        write.after(Some(json!({ "kind": organisation.kind, "park": organisation.park })));
        write.commit().await
    }

    /// Blanks what is kept about a person; the identifier stays, because the log refers to it. False where there is
    /// nobody of that identifier.
    pub async fn erase_person(&self, actor: &Actor, user: &UserId) -> anyhow::Result<bool> {
        let mut write = self.write(actor, Change::new("erase", "user", user.as_str())).await?;
        let mails = "update invitation set mail = '', mail_fold = '' \
                     where mail_fold = (select mail_fold from users where id = $1)";
        query(mails).bind(text(user.as_str())).execute(write.connection()).await?;
        let blank = "update users set name = '', mail = null, mail_fold = null, password_hash = null, log_key = null, \
                     organisation_id = null, totp_secret = null, totp_last_step = null, is_active = 0, \
                     erased_at_us = $2 where id = $1";
        let blanked =
            query(blank).bind(text(user.as_str())).bind(whole(actor.at_us)).execute(write.connection()).await?;
        if blanked == 0 {
            write.discard().await?;
            return Ok(false);
        }
        for table in [
            "session",
            "api_token",
            "device",
            "identity",
            "recovery_code",
            "password_reset",
            "reminder",
            "reminder_choice",
        ] {
            let sql = format!("delete from {table} where user_id = $1");
            query(sql).bind(text(user.as_str())).execute(write.connection()).await?;
        }
        write.commit().await?;
        Ok(true)
    }

    async fn account_where(&self, condition: &str, value: Cell) -> anyhow::Result<Option<Account>> {
        let sql = format!("select {} from users where {condition}", account_columns());
        let row = query(sql).bind(value).row(&mut *self.read().await?).await?;
        row.map(|row| read_account(&mut Columns::of(&row))).transpose()
    }
}

/// Addresses are compared by lower case alone: accents are letters of their own there.
pub(super) fn mail_key(mail: &str) -> String {
    mail.trim().to_lowercase()
}

/// Writes an account, and returns the key under which the log commits to what is this person's own.
pub(super) async fn save(connection: &mut AnyConnection, account: &Account) -> anyhow::Result<String> {
    let log_key = log_key(connection, &account.user.id).await?;
    insert_or_update(connection, &account.user).await?;
    keep_log_key(connection, &account.user.id, &log_key).await?;
    let sql = "update users set mail = $2, mail_fold = $3, organisation_id = $4, is_active = $5 where id = $1";
    let values = [
        text(account.user.id.as_str()),
        maybe_text(account.mail.as_ref()),
        maybe_text(account.mail.as_deref().map(mail_key)),
        maybe_text(account.organisation.as_ref()),
        yes_no(account.is_active),
    ];
    query(sql).bind_all(values).execute(connection).await?;
    Ok(log_key)
}

pub(super) async fn set_password(
    connection: &mut AnyConnection,
    user: &UserId,
    hash: &PasswordHash,
) -> anyhow::Result<()> {
    let sql = "update users set password_hash = $2 where id = $1";
    query(sql).bind(text(user.as_str())).bind(text(hash.as_str())).execute(connection).await?;
    Ok(())
}

fn account_columns() -> String {
    let user: Vec<String> = USER_COLUMNS.iter().map(|column| format!("users.{column}")).collect();
    format!(
        "{}, mail, organisation_id, is_active, cast(case when totp_secret is null then 0 else 1 end as bigint), \
         cast(case when erased_at_us is null then 0 else 1 end as bigint)",
        user.join(", ")
    )
}

fn read_account(columns: &mut Columns<'_>) -> anyhow::Result<Account> {
    Ok(Account {
        user: read_user(columns)?,
        mail: columns.maybe_text()?,
        organisation: columns.maybe_text()?,
        is_active: columns.yes_no()?,
        has_second_factor: columns.yes_no()?,
        is_erased: columns.yes_no()?,
    })
}

pub(super) fn shown_account(account: &Account, log_key: &str) -> Value {
    let mut value = shown(&account.user, Some(log_key));
    value["organisation"] = json!(account.organisation);
    value["is_active"] = json!(account.is_active);
    value["mail"] = account.mail.as_ref().map(|mail| commitment(log_key, mail)).into();
    value
}
