//! Mails that remind of deadlines: some days before, and the day after while the step is not done. Each is written down before
//! it leaves, so that it leaves once, also when the program was stopped in between.

use std::time::Duration;

use engine::catalogue::duties::Actor as Office;
use engine::language::format_date;
use engine::report::procedure::Awaited;
use jiff::civil::Date;
use store::{Account, Actor, Reminder};

use super::Followed;
use crate::auth::{self, Role, User};
use crate::error::AppError;
use crate::mail::Letter;
use crate::state::App;
use crate::wording::dossier as words;
use crate::words::{text, text_with};

/// How many days before a deadline a mail is sent.
pub const DAYS_BEFORE: [u32; 3] = [14, 7, 1];
/// The distance by which the mail after a deadline is kept.
const OVERDUE: u32 = 0;
/// How often the deadlines are looked through.
const EVERY: Duration = Duration::from_secs(60 * 60);

/// `14, 7, 1`
pub fn in_words(days: &[u32]) -> String {
    days.iter().map(u32::to_string).collect::<Vec<_>>().join(", ")
}

/// Looks the deadlines through for as long as the server runs.
pub async fn keep_sending(app: App) {
    loop {
        match send_due(&app).await {
            Ok(0) => {}
            Ok(sent) => tracing::info!(sent, "reminders of deadlines"),
            Err(error) => tracing::warn!("reminders of deadlines: {error:?}"),
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Sends what is due today and was not sent, and says how many.
pub async fn send_due(app: &App) -> Result<usize, AppError> {
    if app.store.dossiers(&auth::whole(), None).await?.is_empty() {
        return Ok(0);
    }
    let today = app.today();
    let without = app.store.without_reminders().await?;
    let mut sent = 0;
    for account in app.store.accounts().await? {
        let is_reached = account.is_active && account.mail.is_some() && !without.contains(&account.user.id);
        if !is_reached {
            continue;
        }
        let Some(user) = User::identified(&app.store, &account.user, today).await? else { continue };
        for one in super::all(app, &user, None).await? {
            for awaited in one.awaited.iter().filter(|awaited| concerns(&user, awaited.actor)) {
                sent += usize::from(remind(app, &account, &one, awaited, today).await?);
            }
        }
    }
    Ok(sent)
}

/// Who is reminded of whose deadlines: whoever applies of all of theirs, the board of what the authorities of its province must
/// do, the ministry of its opinions.
fn concerns(user: &User, office: Office) -> bool {
    match user.role {
        Role::ParkOperator | Role::EnterpriseEditor => true,
        Role::ProvincialBoard => !matches!(office, Office::Developer | Office::Enterprise),
        Role::Ministry => office == Office::Ministries,
        _ => false,
    }
}

/// The distance of a mail that is due today: the nearest that was reached. Who comes late gets the nearest and not all before.
fn distance(today: Date, day: Date) -> Option<u32> {
    let left = (day - today).get_days();
    if left < 0 {
        return Some(OVERDUE);
    }
    DAYS_BEFORE.into_iter().filter(|before| left <= *before as i32).min()
}

async fn remind(
    app: &App,
    account: &Account,
    one: &Followed,
    awaited: &Awaited,
    today: Date,
) -> Result<bool, AppError> {
    let Some(day) = awaited.due.day() else { return Ok(false) };
    let (Some(days_before), Some(to)) = (distance(today, day), account.mail.clone()) else { return Ok(false) };
    let reminder = Reminder {
        dossier: one.dossier.id.clone(),
        step: awaited.step.clone(),
        due_on: day,
        days_before,
        user: account.user.id.clone(),
    };
    if !app.store.remind_once(&Actor::system(app.now_us()), &reminder).await? {
        return Ok(false);
    }
    app.people.mail.send("reminder", letter(app, account, one, awaited, (today, day), to));
    Ok(true)
}

fn letter(
    app: &App,
    account: &Account,
    one: &Followed,
    awaited: &Awaited,
    (today, day): (Date, Date),
    to: String,
) -> Letter {
    let language = account.user.language;
    let (subject, date) = (one.subject(language), format_date(day));
    let step = words::step_name(language, one.procedure, &awaited.step);
    let key = if day < today { "reminder-subject-late" } else { "reminder-subject-before" };
    let head = text_with(language, key, &[("date", &date), ("step", &step), ("subject", &subject)]);
    let due = text_with(
        language,
        "reminder-due",
        &[
            ("procedure", &one.title(language)),
            ("subject", &subject),
            ("step", &step),
            ("date", &date),
            ("distance", &words::distance(language, today, day)),
        ],
    );
    let mut lines = vec![
        text_with(language, "reminder-hello", &[("name", &account.user.name)]),
        due,
        text_with(language, "reminder-actor", &[("actor", &words::actor(language, awaited.actor))]),
    ];
    if words::is_unconfirmed(&awaited.due) {
        lines.push(text(language, "reminder-unconfirmed"));
    }
    lines.push(text_with(language, "reminder-link", &[("link", &app.people.link(&one.address()))]));
    lines.push(text_with(language, "reminder-stop", &[("link", &app.people.link("/deadlines#reminders"))]));
    Letter { to, subject: head, text: lines.join("\n\n") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_distance_that_was_reached_counts() {
        let day = jiff::civil::date(2026, 3, 25);
        for (today, expected) in [
            (jiff::civil::date(2026, 3, 10), None),
            (jiff::civil::date(2026, 3, 11), Some(14)),
            (jiff::civil::date(2026, 3, 17), Some(14)),
            (jiff::civil::date(2026, 3, 18), Some(7)),
            (jiff::civil::date(2026, 3, 24), Some(1)),
            (day, Some(1)),
            (jiff::civil::date(2026, 3, 26), Some(OVERDUE)),
            (jiff::civil::date(2026, 6, 1), Some(OVERDUE)),
        ] {
            assert_eq!(distance(today, day), expected, "{today}");
        }
    }
}
