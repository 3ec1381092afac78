//! Who works for whom until when, and what an enterprise shares beyond what the law opens.

use std::collections::BTreeSet;

use anyhow::{Context, bail};
use engine::ids::{EnterpriseId, ParkId};
use jiff::civil::Date;
use serde_json::json;
use sqlx::AnyConnection;
use uuid::Uuid;

use crate::audit::Change;
use crate::scope::Subject;
use crate::sql::{Columns, Query, Rows, date, maybe_text, query, text, whole};
use crate::{Actor, Scope, Store, UserId};

/// A consultant's work for a park or for one enterprise of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    pub id: String,
    pub user: UserId,
    pub park: ParkId,
    /// `None` for the whole park.
    pub enterprise: Option<EnterpriseId>,
    pub starts_on: Date,
    /// The last day on which it holds.
    pub ends_on: Date,
    pub given_by: String,
    /// When it was ended before its time.
    pub ended_at_us: Option<i64>,
}

impl Assignment {
    pub fn holds_on(&self, today: Date) -> bool {
        self.ended_at_us.is_none() && self.starts_on <= today && today <= self.ends_on
    }
}

/// An assignment to give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAssignment {
    pub user: UserId,
    pub park: ParkId,
    pub enterprise: Option<EnterpriseId>,
    pub starts_on: Date,
    pub ends_on: Date,
}

/// For whom something is shared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Receiver {
    /// Whoever operates the park.
    Operator,
    Consultant(UserId),
}

impl Receiver {
    fn user(&self) -> Option<&UserId> {
        match self {
            Receiver::Operator => None,
            Receiver::Consultant(user) => Some(user),
        }
    }
}

/// A subject of an enterprise, opened to somebody until a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    pub id: String,
    pub park: ParkId,
    pub enterprise: EnterpriseId,
    pub subject: Subject,
    pub receiver: Receiver,
    /// The last day on which it holds.
    pub ends_on: Date,
    pub given_by: String,
    pub withdrawn_at_us: Option<i64>,
}

impl Share {
    pub fn holds_on(&self, today: Date) -> bool {
        self.withdrawn_at_us.is_none() && today <= self.ends_on
    }
}

/// Subjects to open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewShare {
    pub park: ParkId,
    pub enterprise: EnterpriseId,
    pub subjects: BTreeSet<Subject>,
    pub receiver: Receiver,
    pub ends_on: Date,
}

/// What a consultant, or the operator of a park, was given that holds today.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    pub assignments: Vec<Assignment>,
    pub shares: Vec<Share>,
}

impl Store {
    /// What this person was given that holds on this day: assignments, shares in their name, and, for the operator
    /// of a park, what its enterprises share with its operator.
    pub async fn access(&self, user: &UserId, operates: Option<&ParkId>, today: Date) -> anyhow::Result<Access> {
        let mut read = self.read().await?;
        let of_user = |table| query(select(table, "user_id = $1")).bind(text(user.as_str()));
        let mut assignments = assignments(of_user(Table::Assignment), &mut read).await?;
        let mut shares = shares(of_user(Table::Share), &mut read).await?;
        if let Some(park) = operates {
            let of_operator = select(Table::Share, "user_id is null and park_id = $1");
            shares.extend(self::shares(query(of_operator).bind(text(park.as_str())), &mut read).await?);
        }
        assignments.retain(|assignment| assignment.holds_on(today));
        shares.retain(|share| share.holds_on(today));
        Ok(Access { assignments, shares })
    }

    /// Every assignment that a park or its enterprises gave, oldest first; of an enterprise only where all of it is
    /// in scope, for it alone says who works for it.
    pub async fn assignments(&self, scope: &Scope, park: &ParkId) -> anyhow::Result<Vec<Assignment>> {
        let sql = select(Table::Assignment, "park_id = $1");
        let found = assignments(query(sql).bind(text(park.as_str())), &mut *self.read().await?).await?;
        let may_read = |assignment: &Assignment| match &assignment.enterprise {
            None => scope.covers_park(park),
            Some(enterprise) => scope.covers_whole_enterprise(park, enterprise),
        };
        Ok(found.into_iter().filter(may_read).collect())
    }

    /// Everything that the enterprises in scope ever shared in a park, oldest first.
    pub async fn shares(&self, scope: &Scope, park: &ParkId) -> anyhow::Result<Vec<Share>> {
        let sql = select(Table::Share, "park_id = $1");
        let found = shares(query(sql).bind(text(park.as_str())), &mut *self.read().await?).await?;
        Ok(found.into_iter().filter(|share| scope.covers_enterprise(park, &share.enterprise)).collect())
    }

    /// Gives an assignment and says its identifier.
    pub async fn assign(&self, actor: &Actor, new: &NewAssignment) -> anyhow::Result<String> {
        if new.ends_on < new.starts_on {
            bail!("an assignment ends on {} before it starts on {}", new.ends_on, new.starts_on);
        }
        let id = Uuid::now_v7().to_string();
        let mut change = Change::new("assign", "assignment", &id).of_park(&new.park);
        if let Some(enterprise) = &new.enterprise {
            change = change.of_enterprise(enterprise);
        }
        let mut write = self.write(actor, change).await?;
        let columns = ["id", "user_id", "park_id", "enterprise_id", "starts_on", "ends_on", "given_by", "given_at_us"];
        let mut rows = Rows::of("assignment", &[], columns);
        rows.push([
            text(&id),
            text(new.user.as_str()),
            text(new.park.as_str()),
            maybe_text(new.enterprise.as_ref()),
            date(new.starts_on),
            date(new.ends_on),
            text(&actor.id),
            whole(actor.at_us),
        ]);
        rows.insert(write.connection()).await?;
        write.after(Some(json!({ "user": new.user, "starts_on": new.starts_on, "ends_on": new.ends_on })));
        write.commit().await?;
        Ok(id)
    }

    /// Ends an assignment of a park, or of one of its enterprises, before its time. False where there is none that
    /// could be ended.
    pub async fn end_assignment(
        &self,
        actor: &Actor,
        park: &ParkId,
        enterprise: Option<&EnterpriseId>,
        id: &str,
    ) -> anyhow::Result<bool> {
        let mut change = Change::new("end", "assignment", id).of_park(park);
        if let Some(enterprise) = enterprise {
            change = change.of_enterprise(enterprise);
        }
        let mut write = self.write(actor, change).await?;
        let sql = "update assignment set ended_at_us = $1 where id = $2 and park_id = $3 \
                   and coalesce(enterprise_id, '') = $4 and ended_at_us is null";
        let ended = query(sql)
            .bind(whole(actor.at_us))
            .bind(text(id))
            .bind(text(park.as_str()))
            .bind(text(enterprise.map_or("", EnterpriseId::as_str)))
            .execute(write.connection())
            .await?;
        if ended == 0 {
            write.discard().await?;
            return Ok(false);
        }
        write.commit().await?;
        Ok(true)
    }

    /// Opens subjects to somebody. The scope must hold all of the enterprise: only it can give away what is its own.
    pub async fn share(&self, actor: &Actor, scope: &Scope, new: &NewShare) -> anyhow::Result<()> {
        if !scope.covers_whole_enterprise(&new.park, &new.enterprise) {
            bail!("enterprise {} of park {} is not in scope", new.enterprise, new.park);
        }
        let change = Change::new("share", "share", new.enterprise.as_str());
        let mut write = self.write(actor, change.of_park(&new.park).of_enterprise(&new.enterprise)).await?;
        let columns = ["id", "park_id", "enterprise_id", "subject", "user_id", "ends_on", "given_by", "given_at_us"];
        let mut rows = Rows::of("share", &[], columns);
        for subject in &new.subjects {
            rows.push([
                text(Uuid::now_v7()),
                text(new.park.as_str()),
                text(new.enterprise.as_str()),
                text(subject.code()),
                maybe_text(new.receiver.user()),
                date(new.ends_on),
                text(&actor.id),
                whole(actor.at_us),
            ]);
        }
        rows.insert(write.connection()).await?;
        write.after(Some(json!({ "subjects": new.subjects, "to": new.receiver.user(), "ends_on": new.ends_on })));
        write.commit().await
    }

    /// Takes a share back; from the next read on the other side is given nothing of it. False where there is none
    /// that could be taken back.
    pub async fn withdraw_share(
        &self,
        actor: &Actor,
        scope: &Scope,
        park: &ParkId,
        enterprise: &EnterpriseId,
        id: &str,
    ) -> anyhow::Result<bool> {
        if !scope.covers_whole_enterprise(park, enterprise) {
            bail!("enterprise {enterprise} of park {park} is not in scope");
        }
        let change = Change::new("withdraw", "share", id).of_park(park).of_enterprise(enterprise);
        let mut write = self.write(actor, change).await?;
        let sql = "update share set withdrawn_at_us = $1 where id = $2 and park_id = $3 and enterprise_id = $4 \
                   and withdrawn_at_us is null";
        let withdrawn = query(sql)
            .bind(whole(actor.at_us))
            .bind(text(id))
            .bind(text(park.as_str()))
            .bind(text(enterprise.as_str()))
            .execute(write.connection())
            .await?;
        if withdrawn == 0 {
            write.discard().await?;
            return Ok(false);
        }
        write.commit().await?;
        Ok(true)
    }
}

#[derive(Clone, Copy)]
enum Table {
    Assignment,
    Share,
}

fn select(table: Table, condition: &str) -> String {
    let (name, columns) = match table {
        Table::Assignment => {
            ("assignment", "id, user_id, park_id, enterprise_id, starts_on, ends_on, given_by, ended_at_us")
        }
        Table::Share => ("share", "id, park_id, enterprise_id, subject, user_id, ends_on, given_by, withdrawn_at_us"),
    };
    format!("select {columns} from {name} where {condition} order by given_at_us, id")
}

async fn assignments(query: Query, connection: &mut AnyConnection) -> anyhow::Result<Vec<Assignment>> {
    let rows = query.rows(connection).await?;
    rows.iter()
        .map(|row| {
            let mut columns = Columns::of(row);
            Ok(Assignment {
                id: columns.text()?,
                user: UserId::new(columns.text()?),
                park: ParkId::new(columns.text()?),
                enterprise: columns.maybe_text()?.map(EnterpriseId::new),
                starts_on: columns.date()?,
                ends_on: columns.date()?,
                given_by: columns.text()?,
                ended_at_us: columns.maybe_whole()?,
            })
        })
        .collect()
}

async fn shares(query: Query, connection: &mut AnyConnection) -> anyhow::Result<Vec<Share>> {
    let rows = query.rows(connection).await?;
    rows.iter()
        .map(|row| {
            let mut columns = Columns::of(row);
            Ok(Share {
                id: columns.text()?,
                park: ParkId::new(columns.text()?),
                enterprise: EnterpriseId::new(columns.text()?),
                subject: subject(&columns.text()?)?,
                receiver: columns
                    .maybe_text()?
                    .map_or(Receiver::Operator, |user| Receiver::Consultant(UserId::new(user))),
                ends_on: columns.date()?,
                given_by: columns.text()?,
                withdrawn_at_us: columns.maybe_whole()?,
            })
        })
        .collect()
}

fn subject(code: &str) -> anyhow::Result<Subject> {
    Subject::parse(code).with_context(|| format!("`{code}` is not a subject that can be shared"))
}
