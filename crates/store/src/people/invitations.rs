//! Invitations: who may make an account, with which role, by a link that works once.

use anyhow::Context;
use engine::ids::{EnterpriseId, ParkId};
use engine::language::Language;
use serde_json::{Value, json};
use sqlx::any::AnyRow;

use super::accounts::{mail_key, save, shown_account};
use super::{Account, PasswordHash, User, UserId, language};
use crate::audit::Change;
use crate::sql::{Columns, maybe_text, query, text, whole};
use crate::{Actor, Store};

/// What an invitation offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewInvitation {
    pub id: String,
    pub mail: String,
    pub role: String,
    pub organisation: Option<String>,
    pub park: Option<ParkId>,
    pub enterprise: Option<EnterpriseId>,
    pub province: Option<String>,
    pub language: Language,
    pub expires_at_us: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    pub offer: NewInvitation,
    pub invited_by: UserId,
    pub created_at_us: i64,
    pub accepted_at_us: Option<i64>,
    pub revoked_at_us: Option<i64>,
}

impl Invitation {
    pub fn is_open(&self, now_us: i64) -> bool {
        self.accepted_at_us.is_none() && self.revoked_at_us.is_none() && self.offer.expires_at_us > now_us
    }
}

const COLUMNS: &str = "id, mail, role, organisation_id, park_id, enterprise_id, province, language, expires_at_us, \
     invited_by, created_at_us, accepted_at_us, revoked_at_us";

impl Store {
    /// Invites somebody; an older open invitation of the same address is thereby revoked.
    pub async fn invite(
        &self,
        actor: &Actor,
        inviter: &UserId,
        offer: &NewInvitation,
        token_hash: &str,
    ) -> anyhow::Result<()> {
        let mut write = self.write(actor, Change::new("invite", "invitation", &offer.id)).await?;
        let older = "update invitation set revoked_at_us = $2 where mail_fold = $1 and accepted_at_us is null \
                     and revoked_at_us is null";
        query(older).bind(text(mail_key(&offer.mail))).bind(whole(actor.at_us)).execute(write.connection()).await?;
        let sql = "insert into invitation (id, token_hash, mail, mail_fold, role, organisation_id, park_id, \
                   enterprise_id, province, language, invited_by, created_at_us, expires_at_us) \
                   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
        let values = [
            text(&offer.id),
            text(token_hash),
            text(&offer.mail),
            text(mail_key(&offer.mail)),
            text(&offer.role),
            maybe_text(offer.organisation.as_ref()),
            maybe_text(offer.park.as_ref()),
            maybe_text(offer.enterprise.as_ref()),
            maybe_text(offer.province.as_ref()),
            text(offer.language.code()),
            text(inviter.as_str()),
            whole(actor.at_us),
            whole(offer.expires_at_us),
        ];
        query(sql).bind_all(values).execute(write.connection()).await?;
        write.after(Some(shown(offer)));
        write.commit().await
    }

    /// The open invitation that a token belongs to.
    pub async fn invitation_of(&self, token_hash: &str, now_us: i64) -> anyhow::Result<Option<Invitation>> {
        let sql = format!("select {COLUMNS} from invitation where token_hash = $1");
        let row = query(sql).bind(text(token_hash)).row(&mut *self.read().await?).await?;
        let invitation = row.as_ref().map(read_invitation).transpose()?;
        Ok(invitation.filter(|invitation| invitation.is_open(now_us)))
    }

    /// The open invitation of a mail address, for somebody whose provider vouches for it.
    pub async fn invitation_for(&self, mail: &str, now_us: i64) -> anyhow::Result<Option<Invitation>> {
        let sql = format!("select {COLUMNS} from invitation where mail_fold = $1 order by created_at_us desc, id");
        let rows = query(sql).bind(text(mail_key(mail))).rows(&mut *self.read().await?).await?;
        let invitations = rows.iter().map(read_invitation).collect::<anyhow::Result<Vec<_>>>()?;
        Ok(invitations.into_iter().find(|invitation| invitation.is_open(now_us)))
    }

    /// All invitations, newest first.
    pub async fn invitations(&self) -> anyhow::Result<Vec<Invitation>> {
        let sql = format!("select {COLUMNS} from invitation order by created_at_us desc, id");
        let rows = query(sql).rows(&mut *self.read().await?).await?;
        rows.iter().map(read_invitation).collect()
    }

    /// Takes an invitation back. False where it is not open.
    pub async fn revoke_invitation(&self, actor: &Actor, id: &str) -> anyhow::Result<bool> {
        let mut write = self.write(actor, Change::new("revoke invitation", "invitation", id)).await?;
        let sql = "update invitation set revoked_at_us = $2 where id = $1 and accepted_at_us is null \
                   and revoked_at_us is null";
        if query(sql).bind(text(id)).bind(whole(actor.at_us)).execute(write.connection()).await? == 0 {
            write.discard().await?;
            return Ok(false);
        }
        write.commit().await?;
        Ok(true)
    }

    /// Makes the account that an invitation offers. False where the invitation is not open any more.
    pub async fn accept_invitation(
        &self,
        actor: &Actor,
        id: &str,
        account: &Account,
        password: Option<&PasswordHash>,
    ) -> anyhow::Result<bool> {
        // A row of the person who comes of it: the log knows every account from its first day.
        let mut write = self.write(actor, Change::new("accept invitation", "user", account.user.id.as_str())).await?;
        let sql = "update invitation set accepted_at_us = $2 where id = $1 and accepted_at_us is null \
                   and revoked_at_us is null and expires_at_us > $2";
        if query(sql).bind(text(id)).bind(whole(actor.at_us)).execute(write.connection()).await? == 0 {
            write.discard().await?;
            return Ok(false);
        }
        let with_password = User { password_hash: password.cloned(), ..account.user.clone() };
        let account = Account { user: with_password, ..account.clone() };
        let log_key = save(write.connection(), &account).await?;
        let mut after = shown_account(&account, &log_key);
        after["invitation"] = id.into();
        write.after(Some(after));
        write.commit().await?;
        Ok(true)
    }
}

fn read_invitation(row: &AnyRow) -> anyhow::Result<Invitation> {
    let mut columns = Columns::of(row);
    let offer = NewInvitation {
        id: columns.text()?,
        mail: columns.text()?,
        role: columns.text()?,
        organisation: columns.maybe_text()?,
        park: columns.maybe_text()?.map(ParkId::new),
        enterprise: columns.maybe_text()?.map(EnterpriseId::new),
        province: columns.maybe_text()?,
        language: language(&columns.text()?).context("the language of an invitation")?,
        expires_at_us: columns.whole()?,
    };
    Ok(Invitation {
        offer,
        invited_by: UserId(columns.text()?),
        created_at_us: columns.whole()?,
        accepted_at_us: columns.maybe_whole()?,
        revoked_at_us: columns.maybe_whole()?,
    })
}

/// An invitation as the audit log may show it: without the address.
fn shown(offer: &NewInvitation) -> Value {
    json!({
        "role": offer.role,
        "organisation": offer.organisation,
        "park": offer.park,
        "enterprise": offer.enterprise,
        "province": offer.province,
        "expires_at_us": offer.expires_at_us,
    })
}
