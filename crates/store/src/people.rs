//! People and their sessions. Of a password only its hash is kept, of a session's token only its SHA-256, and
//! neither enters the audit log.

mod accounts;
mod identities;
mod invitations;
mod resets;
mod second_factor;
mod sessions;
mod tidy;
mod tokens;

use std::collections::BTreeMap;
use std::fmt;

use anyhow::Context;
use engine::ids::{EnterpriseId, ParkId};
use engine::language::Language;
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use crate::audit::Change;
use crate::audit::commitment::{commitment, new_log_key};
use crate::sql::{Columns, maybe_text, query, text, yes_no};
use crate::{Actor, Store};

pub use accounts::{Account, Organisation};
pub use identities::Identity;
pub use invitations::{Invitation, NewInvitation};
pub use sessions::{IDLE_US, OpenSession};
pub use tidy::Tidied;
pub use tokens::{ApiToken, TokenHolder};

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct UserId(String);

impl UserId {
    pub fn new(id: impl Into<String>) -> UserId {
        UserId(id.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The hash of a password. It never shows in a log.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    pub fn new(hash: impl Into<String>) -> PasswordHash {
        PasswordHash(hash.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// Somebody who may sign in. What the role allows is for `app` to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    pub name: String,
    pub role: String,
    pub park: Option<ParkId>,
    pub enterprise: Option<EnterpriseId>,
    /// Province code, for a provincial board.
    pub province: Option<String>,
    pub language: Language,
    /// `None` for somebody who cannot sign in with a password.
    pub password_hash: Option<PasswordHash>,
    pub is_demo: bool,
}

/// Times are microseconds since 1970, UTC.
#[derive(Clone, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of the token, in hexadecimal; the token itself only the browser has.
    pub token_hash: String,
    pub user: UserId,
    pub created_at_us: i64,
    pub expires_at_us: i64,
    pub csrf: String,
    /// Where it was opened from, and what the browser said of itself.
    pub address: String,
    pub device: String,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session of {} until {}", self.user, self.expires_at_us)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    pub user: User,
    pub session: Session,
}

impl Store {
    /// Adds a user or brings one up to date. An equal one leaves no trace.
    pub async fn save_user(&self, actor: &Actor, user: &User) -> anyhow::Result<()> {
        let mut write = self.write(actor, Change::new("save", "user", user.id.as_str())).await?;
        let before = user_row(write.connection(), &user.id).await?;
        if before.as_ref() == Some(user) {
            return write.discard().await;
        }
        let log_key = log_key(write.connection(), &user.id).await?;
        insert_or_update(write.connection(), user).await?;
        let password_changed = before.as_ref().is_none_or(|before| before.password_hash != user.password_hash);
        let mut after = shown(user, Some(&log_key));
        after["password_changed"] = json!(password_changed && user.password_hash.is_some());
        write.before(before.as_ref().map(|before| shown(before, Some(&log_key))));
        keep_log_key(write.connection(), &user.id, &log_key).await?;
        write.after(Some(after));
        write.commit().await
    }

    pub async fn user(&self, id: &UserId) -> anyhow::Result<Option<User>> {
        user_row(&mut *self.read().await?, id).await
    }

    /// Everybody, by identifier.
    pub async fn users(&self) -> anyhow::Result<Vec<User>> {
        let sql = format!("select {} from users order by id", USER_COLUMNS.join(", "));
        let rows = query(sql).rows(&mut *self.read().await?).await?;
        rows.iter().map(|row| read_user(&mut Columns::of(row))).collect()
    }
}

const USER_COLUMNS: [&str; 9] =
    ["id", "name", "role", "park_id", "enterprise_id", "province", "language", "password_hash", "is_demo"];

async fn user_row(connection: &mut AnyConnection, id: &UserId) -> anyhow::Result<Option<User>> {
    let sql = format!("select {} from users where id = $1", USER_COLUMNS.join(", "));
    let row: Option<AnyRow> = query(sql).bind(text(id.as_str())).row(connection).await?;
    row.map(|row| read_user(&mut Columns::of(&row))).transpose()
}

fn read_user(columns: &mut Columns<'_>) -> anyhow::Result<User> {
    Ok(User {
        id: UserId(columns.text()?),
        name: columns.text()?,
        role: columns.text()?,
        park: columns.maybe_text()?.map(ParkId::new),
        enterprise: columns.maybe_text()?.map(EnterpriseId::new),
        province: columns.maybe_text()?,
        language: language(&columns.text()?)?,
        password_hash: columns.maybe_text()?.map(PasswordHash),
        is_demo: columns.yes_no()?,
    })
}

fn language(code: &str) -> anyhow::Result<Language> {
    Language::parse(code).with_context(|| format!("`{code}` is not a language"))
}

async fn insert_or_update(connection: &mut AnyConnection, user: &User) -> anyhow::Result<()> {
    let sql = "insert into users (id, name, role, park_id, enterprise_id, province, language, password_hash, is_demo) \
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
               on conflict (id) do update set name = excluded.name, role = excluded.role, \
               park_id = excluded.park_id, enterprise_id = excluded.enterprise_id, province = excluded.province, \
               language = excluded.language, password_hash = excluded.password_hash, is_demo = excluded.is_demo";
    let values = [
        text(user.id.as_str()),
        text(&user.name),
        text(&user.role),
        maybe_text(user.park.as_ref()),
        maybe_text(user.enterprise.as_ref()),
        maybe_text(user.province.as_ref()),
        text(user.language.code()),
        maybe_text(user.password_hash.as_ref().map(PasswordHash::as_str)),
        yes_no(user.is_demo),
    ];
    query(sql).bind_all(values).execute(connection).await?;
    Ok(())
}

/// The key of this person, or a new one for somebody who has none.
async fn log_key(connection: &mut AnyConnection, id: &UserId) -> anyhow::Result<String> {
    let row = query("select log_key from users where id = $1").bind(text(id.as_str())).row(connection).await?;
    match row.map(|row| Columns::of(&row).maybe_text()).transpose()?.flatten() {
        Some(kept) => Ok(kept),
        None => new_log_key(),
    }
}

async fn keep_log_key(connection: &mut AnyConnection, id: &UserId, log_key: &str) -> anyhow::Result<()> {
    let sql = "update users set log_key = $2 where id = $1";
    query(sql).bind(text(id.as_str())).bind(text(log_key)).execute(connection).await?;
    Ok(())
}

/// Every user as the audit log should show them now; without a key, what it committed to is left out.
pub(crate) async fn shown_users(connection: &mut AnyConnection) -> anyhow::Result<BTreeMap<String, Value>> {
    let sql = format!("select {}, log_key from users order by id", USER_COLUMNS.join(", "));
    let mut users = BTreeMap::new();
    for row in query(sql).rows(connection).await? {
        let mut columns = Columns::of(&row);
        let user = read_user(&mut columns)?;
        let log_key = columns.maybe_text()?;
        users.insert(user.id.0.clone(), shown(&user, log_key.as_deref()));
    }
    Ok(users)
}

/// A user as the audit log may show it: what is the person's own only as commitments under their key.
fn shown(user: &User, log_key: Option<&str>) -> Value {
    let mut shown = json!({
        "role": user.role,
        "park": user.park,
        "enterprise": user.enterprise,
        "province": user.province,
        "language": user.language,
        "is_demo": user.is_demo,
    });
    if let Some(log_key) = log_key {
        shown["name"] = commitment(log_key, &user.name).into();
        shown["password"] = user.password_hash.as_ref().map(|hash| commitment(log_key, hash.as_str())).into();
    }
    shown
}
