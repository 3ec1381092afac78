//! What the parts of a procedure are called: who acts, until when, where a case stands, why an event is refused.

use engine::catalogue::duties::{Actor, Counting, Procedure, Step};
use engine::language::{Language, format_date};
use engine::report::procedure::{Awaited, Case, Due, Outcome, Standing, StepRefusal, View};
use jiff::civil::Date;

use crate::words::{text, text_with};

pub fn actor(language: Language, actor: Actor) -> String {
    text(language, &format!("actor-{}", actor.code()))
}

pub fn outcome(language: Language, outcome: Outcome) -> String {
    text(language, &format!("decision-{}", outcome_code(outcome)))
}

pub fn outcome_code(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Granted => "granted",
        Outcome::Refused => "refused",
    }
}

pub fn view(language: Language, view: View) -> String {
    text(language, &format!("opinion-{}", view_code(view)))
}

pub fn view_code(view: View) -> &'static str {
    match view {
        View::Agrees => "agrees",
        View::Conditional => "conditional",
        View::Disagrees => "disagrees",
    }
}

/// `3 ngày làm việc kể từ bước «Nộp hồ sơ»`; empty where no limit is known.
pub fn limit(language: Language, procedure: &Procedure, step: &Step) -> String {
    let Some(limit) = &step.limit else { return String::new() };
    let key = match limit.counting {
        Counting::Working => "limit-working",
        Counting::Calendar => "limit-calendar",
    };
    let from = procedure.step(&limit.from).map_or(limit.from.as_str(), |from| from.label.get(language));
    text_with(language, key, &[("days", &limit.days.to_string()), ("from", from)])
}

pub fn due(language: Language, due: &Due) -> String {
    match due {
        Due::By { deadline } => text_with(language, "due-by", &[("date", &format_date(deadline.day))]),
        Due::NotYet => text(language, "due-not-yet"),
        Due::Open => text(language, "due-open"),
        Due::CannotTell { year } => text_with(language, "due-cannot-tell", &[("year", &year.year.to_string())]),
    }
}

/// Whether the day of a deadline rests on something that could not be confirmed.
pub fn is_unconfirmed(due: &Due) -> bool {
    matches!(due, Due::By { deadline } if deadline.unconfirmed)
}

/// How far off a day is: `còn 3 ngày`, `hôm nay`, `trễ 2 ngày`.
pub fn distance(language: Language, today: Date, day: Date) -> String {
    let days = (day - today).get_days();
    let count = days.abs().to_string();
    match days {
        0 => text(language, "due-today"),
        1.. => text_with(language, "due-in", &[("days", &count)]),
        _ => text_with(language, "due-over", &[("days", &count)]),
    }
}

pub fn step_name(language: Language, procedure: &Procedure, step: &str) -> String {
    procedure.step(step).map_or(step, |step| step.label.get(language)).to_string()
}

/// Where a case stands, in one sentence.
pub fn standing(language: Language, procedure: &Procedure, standing: &Standing) -> String {
    match standing {
        Standing::At(awaited) => {
            let parts = [
                ("step", step_name(language, procedure, &awaited.step)),
                ("actor", actor(language, awaited.actor)),
                ("due", due(language, &awaited.due)),
            ];
            let parts: Vec<(&str, &str)> = parts.iter().map(|(name, value)| (*name, value.as_str())).collect();
            text_with(language, "standing-at", &parts)
        }
        Standing::Finished { on, outcome: None } => {
            text_with(language, "standing-finished", &[("date", &format_date(*on))])
        }
        Standing::Finished { on, outcome: Some(decided) } => {
            let (date, decided) = (format_date(*on), outcome(language, *decided));
            text_with(language, "standing-decided", &[("date", &date), ("outcome", &decided)])
        }
        Standing::Closed { on } => text_with(language, "standing-closed", &[("date", &format_date(*on))]),
    }
}

/// Class and word of a case's state, for a chip.
pub fn state(language: Language, standing: &Standing, awaited: &[Awaited]) -> (&'static str, String) {
    let (class, key) = match standing {
        Standing::At(_) if awaited.iter().any(|awaited| awaited.is_late) => ("severity error", "dossier-state-late"),
        Standing::At(_) => ("state completed", "dossier-state-under-way"),
        Standing::Finished { outcome: Some(Outcome::Refused), .. } => ("outcome not-met", "dossier-state-refused"),
        Standing::Finished { outcome: Some(Outcome::Granted), .. } => ("outcome met", "dossier-state-granted"),
        Standing::Finished { outcome: None, .. } => ("outcome met", "dossier-state-finished"),
        Standing::Closed { .. } => ("state open", "dossier-state-closed"),
    };
    (class, text(language, key))
}

/// Why an event is not written down, with what is missing by name.
pub fn refusal(
    language: Language,
    procedure: &Procedure,
    case: &Case,
    parts: &[String],
    refusal: StepRefusal,
) -> String {
    let missing = match refusal {
        StepRefusal::Incomplete => {
            let missing = procedure.dossier.iter().filter(|part| !part.if_any && !parts.contains(&part.id));
            missing.map(|part| part.label.get(language)).collect::<Vec<_>>().join("; ")
        }
        StepRefusal::OpinionsMissing => silent(language, procedure, case).join(", "),
        StepRefusal::NotNow => match case.step(procedure) {
            Some(due) => return text_with(language, "step-refusal-not-now", &[("step", due.label.get(language))]),
            None => return text(language, "step-refusal-over"),
        },
        _ => return text(language, &format!("step-refusal-{}", refusal.code())),
    };
    text_with(language, &format!("step-refusal-{}", refusal.code()), &[("missing", &missing)])
}

/// Those who were asked and have not answered, by name.
pub fn silent<'p>(language: Language, procedure: &'p Procedure, case: &Case) -> Vec<&'p str> {
    let asked = procedure.consultation().into_iter().flat_map(|step| &step.consulted);
    asked.filter(|asked| !case.opinions.contains_key(&asked.id)).map(|asked| asked.label.get(language)).collect()
}

#[cfg(test)]
mod tests {
    use engine::catalogue::calendar::UnknownYear;

    use super::*;
    use crate::words::has;

    /// Every value that a page may have to say has its words in both languages.
    #[test]
    fn nothing_of_a_procedure_is_without_a_word() {
        let actors =
            [Actor::Developer, Actor::Enterprise, Actor::Board, Actor::Ministries, Actor::Departments, Actor::Province];
        let refusals = [
            StepRefusal::NotNow,
            StepRefusal::TooEarly,
            StepRefusal::InFuture,
            StepRefusal::Incomplete,
            StepRefusal::OpinionsMissing,
            StepRefusal::NoOutcome,
            StepRefusal::NotAsked,
            StepRefusal::SaidAlready,
        ];
        for language in Language::ALL {
            let mut said: Vec<String> = actors.map(|one| actor(language, one)).into();
            said.extend(refusals.map(|refusal| format!("step-refusal-{}", refusal.code())).map(|key| {
                assert!(has(language, &key), "{key}");
                key
            }));
            said.extend([Outcome::Granted, Outcome::Refused].map(|one| outcome(language, one)));
            said.extend([View::Agrees, View::Conditional, View::Disagrees].map(|one| view(language, one)));
            let year = UnknownYear { year: 2028 };
            said.extend([Due::NotYet, Due::Open, Due::CannotTell { year }].map(|one| due(language, &one)));
            assert!(said.iter().all(|said| !said.starts_with('[')), "{said:?}");
        }
    }

    #[test]
    fn how_far_off_a_day_is() {
        let (today, day) = (jiff::civil::date(2026, 3, 10), jiff::civil::date);
        for (on, expected) in [
            (day(2026, 3, 13), "còn 3 ngày"),
            (today, "hạn là hôm nay"),
            (day(2026, 3, 8), "trễ 2 ngày"),
            (day(2027, 3, 10), "còn 365 ngày"),
        ] {
            assert_eq!(distance(Language::Vi, today, on), expected);
        }
    }
}
