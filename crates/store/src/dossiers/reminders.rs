//! Which reminders of deadlines were sent, and who wants none.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde_json::json;

use crate::audit::Change;
use crate::sql::{Columns, date, query, text, whole, yes_no};
use crate::{Actor, Store, UserId};

/// A mail to one person about one deadline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reminder {
    pub dossier: String,
    pub step: String,
    pub due_on: Date,
    /// How many days before the deadline it is sent.
    pub days_before: u32,
    pub user: UserId,
}

impl Store {
    /// Writes down that a reminder is sent; false where it was before. Asked before the mail leaves, so that none is sent
    /// twice, even if the program stops in between.
    pub async fn remind_once(&self, actor: &Actor, reminder: &Reminder) -> anyhow::Result<bool> {
        let id = format!(
            "{}/{}/{}/{}/{}",
            reminder.dossier, reminder.step, reminder.due_on, reminder.days_before, reminder.user
        );
        let mut write = self.write(actor, Change::new("send", "reminder", id)).await?;
        let sql = "insert into reminder (dossier_id, step, due_on, days_before, user_id, sent_at_us) \
                   values ($1, $2, $3, $4, $5, $6) on conflict do nothing";
        let values = [
            text(&reminder.dossier),
            text(&reminder.step),
            date(reminder.due_on),
            whole(i64::from(reminder.days_before)),
            text(reminder.user.as_str()),
            whole(actor.at_us),
        ];
        if query(sql).bind_all(values).execute(write.connection()).await? == 0 {
            write.discard().await?;
            return Ok(false);
        }
        write.commit().await?;
        Ok(true)
    }

    /// People who want no reminders.
    pub async fn without_reminders(&self) -> anyhow::Result<BTreeSet<UserId>> {
        let sql = "select user_id from reminder_choice where is_off = 1";
        let rows = query(sql).rows(&mut *self.read().await?).await?;
        rows.iter().map(|row| Ok(UserId::new(Columns::of(row).text()?))).collect()
    }

    /// Says whether somebody wants reminders.
    pub async fn choose_reminders(&self, actor: &Actor, user: &UserId, wants: bool) -> anyhow::Result<()> {
        let mut write = self.write(actor, Change::new("choose", "reminder", user.as_str())).await?;
        let sql = "insert into reminder_choice (user_id, is_off, chosen_at_us) values ($1, $2, $3) \
                   on conflict (user_id) do update set is_off = excluded.is_off, chosen_at_us = excluded.chosen_at_us";
        let values = [text(user.as_str()), yes_no(!wants), whole(actor.at_us)];
        query(sql).bind_all(values).execute(write.connection()).await?;
        write.after(Some(json!({ "wants": wants })));
        write.commit().await
    }
}
