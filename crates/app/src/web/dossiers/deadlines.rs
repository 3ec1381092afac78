//! Every deadline that runs, nearest first, as a page and as a calendar that other programs read; and whether the reader wants
//! to be reminded of them.

use askama::Template;
use axum::extract::{Form, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use engine::report::procedure::Due;
use jiff::ToSpan;
use jiff::civil::Date;
use store::UserId;

use super::Fields;
use crate::dossiers::reminders::{DAYS_BEFORE, in_words};
use crate::dossiers::{self, Followed};
use crate::error::AppError;
use crate::page::{Page, html};
use crate::state::App;
use crate::web::figures::table::{Cell, Column, Table};
use crate::wording::dossier as words;
use engine::report::procedure::Awaited;

#[derive(Template)]
#[template(path = "deadlines.html")]
struct Deadlines {
    page: Page,
    finding: String,
    table: Option<Table>,
    open: Option<Table>,
    reminders: String,
    has_mail: bool,
    wants: bool,
}

/// The steps of dossiers that have a day, nearest first, and the ones awaited now that have none.
struct Running<'a> {
    dated: Vec<(Date, &'a Followed, &'a Awaited)>,
    open: Vec<(&'a Followed, &'a Awaited)>,
}

impl Running<'_> {
    fn of(all: &[Followed]) -> Running<'_> {
        let awaited = || all.iter().flat_map(|one| one.awaited.iter().map(move |awaited| (one, awaited)));
        let mut dated: Vec<_> =
            awaited().filter_map(|(one, awaited)| Some((awaited.due.day()?, one, awaited))).collect();
        dated.sort_by_key(|(day, one, awaited)| (*day, one.dossier.id.clone(), awaited.step.clone()));
        let is_now = |one: &Followed, awaited: &Awaited| one.awaited.first() == Some(awaited);
        let has_no_day = |due: &Due| matches!(due, Due::Open | Due::CannotTell { .. });
        let open = awaited().filter(|(one, awaited)| is_now(one, awaited) && has_no_day(&awaited.due)).collect();
        Running { dated, open }
    }
}

pub async fn page(State(app): State<App>, page: Page) -> Result<Response, AppError> {
    let all = dossiers::all(&app, &page.user, None).await?;
    let running = Running::of(&all);
    let late = running.dated.iter().filter(|(_, _, awaited)| awaited.is_late).count();
    let ahead = page.count(running.dated.len() - late);
    let user = UserId::new(&page.user.id);
    let mail = app.store.account(&user).await?.and_then(|account| account.mail);
    html(&Deadlines {
        finding: page.t2("deadlines-finding", "count", ahead, "late", page.count(late)),
        table: dated(&page, &running),
        open: open(&page, &running),
        reminders: page.t1("reminders-lead", "days", in_words(&DAYS_BEFORE)),
        has_mail: mail.is_some(),
        wants: !app.store.without_reminders().await?.contains(&user),
        page,
    })
}

fn dated(page: &Page, running: &Running) -> Option<Table> {
    let rows = running.dated.iter().map(|(day, one, awaited)| {
        let mark = match words::is_unconfirmed(&awaited.due) {
            true => format!(" [{}]", page.t("unconfirmed")),
            false => String::new(),
        };
        let class = if awaited.is_late { "severity error" } else { "state completed" };
        vec![
            Cell::text(format!("{}{mark}", page.date(day))).sorted_by(day),
            Cell::chip(class, words::distance(page.language, page.today, *day))
                .sorted_by((*day - page.today).get_days()),
            Cell::link(one.title(page.language), one.address()),
            Cell::text(one.subject(page.language)),
            Cell::text(words::step_name(page.language, one.procedure, &awaited.step)),
            Cell::text(words::actor(page.language, awaited.actor)),
        ]
    });
    let rows: Vec<Vec<Cell>> = rows.collect();
    let columns = [
        "deadlines-column-day",
        "deadlines-column-left",
        "dossiers-column-procedure",
        "dossiers-column-subject",
        "dossiers-column-step",
        "dossiers-column-actor",
    ];
    let columns = columns.map(|key| Column::text(page.t(key)));
    (!rows.is_empty()).then(|| Table::new("deadlines", page.t("deadlines-table"), columns.into(), rows).stacked())
}

fn open(page: &Page, running: &Running) -> Option<Table> {
    let rows = running.open.iter().map(|(one, awaited)| {
        vec![
            Cell::link(one.title(page.language), one.address()),
            Cell::text(one.subject(page.language)),
            Cell::text(words::step_name(page.language, one.procedure, &awaited.step)),
            Cell::text(words::actor(page.language, awaited.actor)),
            Cell::text(words::due(page.language, &awaited.due)),
        ]
    });
    let rows: Vec<Vec<Cell>> = rows.collect();
    let columns = ["procedure", "subject", "step", "actor", "due"]
        .map(|name| Column::text(page.t(&format!("dossiers-column-{name}"))));
    (!rows.is_empty()).then(|| Table::new("open", page.t("deadlines-open"), columns.into(), rows).stacked())
}

/// The deadlines as whole days of a calendar (RFC 5545).
pub async fn calendar(State(app): State<App>, page: Page) -> Result<Response, AppError> {
    let all = dossiers::all(&app, &page.user, None).await?;
    let stamp = stamp(app.now_us());
    let running = Running::of(&all);
    let mut lines = vec![
        "BEGIN:VCALENDAR".to_string(),
        "VERSION:2.0".to_string(),
        "PRODID:-//congsinh//dossiers//VI".to_string(),
        format!("X-WR-CALNAME:{}", escaped(&page.t("deadlines-calendar"))),
    ];
    for (day, one, awaited) in &running.dated {
        let step = words::step_name(page.language, one.procedure, &awaited.step);
        let actor = words::actor(page.language, awaited.actor);
        let summary = page.t2("deadlines-step", "step", step, "actor", actor);
        let mut about = format!("{}, {}", one.title(page.language), one.subject(page.language));
        if words::is_unconfirmed(&awaited.due) {
            about = format!("{about}. {}", page.t("reminder-unconfirmed"));
        }
        lines.extend([
            "BEGIN:VEVENT".to_string(),
            format!("UID:{}-{}@congsinh", one.dossier.id, awaited.step),
            format!("DTSTAMP:{stamp}"),
            format!("DTSTART;VALUE=DATE:{}", compact(*day)),
            // The end is the day after.
            format!("DTEND;VALUE=DATE:{}", compact(day.checked_add(1.day()).unwrap_or(*day))),
            format!("SUMMARY:{}", escaped(&format!("{summary}: {}", one.subject(page.language)))),
            format!("DESCRIPTION:{}", escaped(&about)),
            format!("URL:{}", app.people.link(&one.address())),
            "END:VEVENT".to_string(),
        ]);
    }
    lines.push("END:VCALENDAR".to_string());
    let text: String = lines.iter().map(|line| folded(line)).collect();
    let headers = [
        (header::CONTENT_TYPE, "text/calendar; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"deadlines.ics\""),
    ];
    Ok((headers, text).into_response())
}

fn compact(day: Date) -> String {
    day.strftime("%Y%m%d").to_string()
}

fn stamp(now_us: i64) -> String {
    let at = jiff::Timestamp::from_microsecond(now_us).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// Text as a calendar takes it: its own signs escaped, line breaks as words.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace(';', "\\;").replace(',', "\\,").replace(['\r', '\n'], "\\n")
}

/// A line with its end, folded after at most 75 bytes, never within a letter.
fn folded(line: &str) -> String {
    const MOST_BYTES: usize = 75;
    let mut folded = String::new();
    let mut bytes = 0;
    for letter in line.chars() {
        if bytes + letter.len_utf8() > MOST_BYTES {
            folded.push_str("\r\n ");
            bytes = 1;
        }
        folded.push(letter);
        bytes += letter.len_utf8();
    }
    folded.push_str("\r\n");
    folded
}

/// Says whether the reader wants to be reminded.
pub async fn choose(State(app): State<App>, page: Page, Form(form): Fields) -> Result<Response, AppError> {
    let wants = form.get("wants").is_some_and(|wants| wants == "yes");
    app.store.choose_reminders(&page.user.actor(app.now_us()), &UserId::new(&page.user.id), wants).await?;
    Ok(Redirect::to("/deadlines#reminders").into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_of_a_calendar_is_folded_between_letters() {
        let line = format!("SUMMARY:{}", "Thẩm định hồ sơ, ".repeat(12));
        let folded = folded(&escaped(&line));
        assert!(folded.split("\r\n").all(|part| part.len() <= 75), "{folded}");
        let unfolded = folded.trim_end_matches("\r\n").replace("\r\n ", "");
        assert_eq!(unfolded, line.replace(", ", "\\, "));
    }
}
