//! Obligation finder: which reports a park or an enterprise owes, when and by which law, or why nobody can tell.
//! See `docs/methods/obligations.md`.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::catalogue::Catalogue;
use crate::catalogue::calendar::{Calendar, Deadline, UnknownYear};
use crate::catalogue::duties::{Obligation, Reporter, Trigger};
use crate::ids::EnterpriseId;
use crate::language::Label;
use crate::observe::Balance;
use crate::park::Park;
use crate::period::Period;
use crate::quantity::Energy;

/// What is known of a reporter; `None` is not known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    pub reporter: Reporter,
    pub isic4: Option<String>,
    pub employees: Option<u32>,
    pub energy_toe: Option<Amount>,
    pub wastewater_m3_day: Option<Amount>,
    pub eco_certified: Option<bool>,
    pub on_ghg_list: Option<bool>,
    pub environment_permit: Option<bool>,
}

impl Profile {
    pub fn unknown(reporter: Reporter) -> Profile {
        Profile {
            reporter,
            isic4: None,
            employees: None,
            energy_toe: None,
            wastewater_m3_day: None,
            eco_certified: None,
            on_ghg_list: None,
            environment_permit: None,
        }
    }
}

/// An amount of a year or a day, and whether all of it is recorded. Of an incomplete one it is known only that it is at
/// least this.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Amount {
    pub value: f64,
    pub is_complete: bool,
}

/// One duty with what it means for this reporter.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Duty {
    pub obligation: String,
    pub label: Label,
    pub recipient: Label,
    pub note: Label,
    /// Code of the text, and the place in it.
    pub text: String,
    pub place: String,
    pub source: String,
    pub unconfirmed: bool,
    /// What makes it apply.
    pub trigger: Trigger,
    pub answer: Answer,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Answer {
    /// It applies. `before`: the next day before which it is due; `None` where the day was not read.
    Applies {
        before: Option<Date>,
    },
    DoesNotApply {
        because: Because,
    },
    CannotTell {
        because: Because,
    },
}

/// The property that decides, or that would have to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Because {
    Certificate,
    GhgList,
    Permit,
    Energy,
    Wastewater,
    Employees,
    Industry,
}

impl Because {
    pub const ALL: [Because; 7] = [
        Because::Certificate,
        Because::GhgList,
        Because::Permit,
        Because::Energy,
        Because::Wastewater,
        Because::Employees,
        Because::Industry,
    ];

    pub fn code(self) -> &'static str {
        match self {
            Because::Certificate => "certificate",
            Because::GhgList => "ghg_list",
            Because::Permit => "permit",
            Because::Energy => "energy",
            Because::Wastewater => "wastewater",
            Because::Employees => "employees",
            Because::Industry => "industry",
        }
    }
}

/// How much time is left to hand something in that is due before a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct TimeLeft {
    /// The last working day on which it is in time.
    pub last_day: Deadline,
    /// Working days from tomorrow to that day.
    pub working_days: u32,
}

/// The last working day before a day, and how many are left until then; an error where the holidays are not listed.
pub fn time_left(calendar: &Calendar, today: Date, before: Date) -> Result<TimeLeft, UnknownYear> {
    let mut last_day = None;
    let mut working_days = 0;
    let mut unconfirmed = false;
    let mut day = today;
    while day < before {
        let is_working = calendar.is_working(day)?;
        unconfirmed |= calendar.days.get(&day).is_some_and(|special| special.unconfirmed);
        if is_working {
            working_days += u32::from(day > today);
            last_day = Some(day);
        }
        day = day.tomorrow().map_err(|_| UnknownYear { year: day.year() })?;
    }
    let day = last_day.unwrap_or(today);
    Ok(TimeLeft { last_day: Deadline { day, unconfirmed }, working_days })
}

/// All duties of this kind of reporter, in the order of the catalogue.
pub fn find(profile: &Profile, catalogue: &Catalogue, today: Date) -> Vec<Duty> {
    let duties = catalogue.obligations.iter().filter(|obligation| obligation.reporter == profile.reporter);
    duties
        .map(|obligation| Duty {
            obligation: obligation.id.clone(),
            label: obligation.label.clone(),
            recipient: obligation.recipient.clone(),
            note: obligation.note.clone(),
            text: obligation.text.clone(),
            place: obligation.place.clone(),
            source: obligation.source.clone(),
            unconfirmed: obligation.unconfirmed,
            trigger: obligation.trigger,
            answer: answer(obligation, profile, today),
        })
        .collect()
}

/// One property that rules a duty out is enough; else one that is unknown leaves it open.
fn answer(obligation: &Obligation, profile: &Profile, today: Date) -> Answer {
    let conditions = [trigger(obligation.trigger, profile), industry(obligation, profile)];
    if let Some((because, _)) = conditions.iter().find(|(_, holds)| *holds == Some(false)) {
        return Answer::DoesNotApply { because: *because };
    }
    if let Some((because, _)) = conditions.iter().find(|(_, holds)| holds.is_none()) {
        return Answer::CannotTell { because: *because };
    }
    Answer::Applies { before: next(obligation, today) }
}

/// Whether what triggers the duty is there; `None` while it is not known.
fn trigger(trigger: Trigger, profile: &Profile) -> (Because, Option<bool>) {
    match trigger {
        Trigger::EcoCertified => (Because::Certificate, profile.eco_certified),
        Trigger::GhgList => (Because::GhgList, profile.on_ghg_list),
        Trigger::EnvironmentPermit => (Because::Permit, profile.environment_permit),
        Trigger::EnergyToe(threshold) => (Because::Energy, reaches(profile.energy_toe, threshold)),
        Trigger::WastewaterM3Day(threshold) => (Because::Wastewater, reaches(profile.wastewater_m3_day, threshold)),
        Trigger::EmployeesAbove(threshold) => {
            (Because::Employees, profile.employees.map(|count| f64::from(count) > threshold))
        }
    }
}

fn reaches(amount: Option<Amount>, threshold: f64) -> Option<bool> {
    let amount = amount?;
    if amount.value >= threshold {
        return Some(true);
    }
    amount.is_complete.then_some(false)
}

fn industry(obligation: &Obligation, profile: &Profile) -> (Because, Option<bool>) {
    let fits = |isic4: &String| obligation.sectors.iter().any(|sector| isic4.starts_with(sector.as_str()));
    let holds = if obligation.sectors.is_empty() { Some(true) } else { profile.isic4.as_ref().map(fits) };
    (Because::Industry, holds)
}

/// The next day, from today on, before which the duty is due. On that day itself it is too late.
fn next(obligation: &Obligation, today: Date) -> Option<Date> {
    let (month, day) = obligation.due_before?;
    let first = obligation.first_year.unwrap_or(today.year());
    let mut year = first;
    loop {
        let before = Date::new(year, month, day).ok()?;
        if before > today {
            return Some(before);
        }
        year = year.checked_add(obligation.every_years)?;
    }
}

/// What the park's data say about an enterprise: its size and industry, its energy and wastewater in the period of the
/// balance, made to a year and to a day. What only papers say is not known.
pub fn profile_of(park: &Park, enterprise: &EnterpriseId, balance: &Balance, catalogue: &Catalogue) -> Profile {
    let mut profile = Profile::unknown(Reporter::Enterprise);
    let Some(named) = park.enterprise(enterprise) else { return profile };
    profile.isic4 = Some(named.isic4.clone());
    profile.employees = named.employees;
    let is_year = Period::year(balance.period.start().year()) == Some(balance.period);
    if is_year {
        profile.energy_toe = energy_toe(enterprise, balance, catalogue);
        profile.wastewater_m3_day = wastewater(enterprise, balance, catalogue);
    }
    profile
}

/// Tonnes of oil equivalent: electricity by the ministry's factor, other energy by its heat content.
fn energy_toe(enterprise: &EnterpriseId, balance: &Balance, catalogue: &Catalogue) -> Option<Amount> {
    let per_kwh = catalogue.factors.get("toe-electricity")?.value;
    let gj_per_toe = catalogue.factors.get("gj-per-toe")?.value;
    let mut toe = None;
    let mut is_complete = false;
    for (id, total) in balance.sites.get(enterprise)? {
        let group = catalogue.resource(id).map(|resource| resource.group.as_str());
        let part = match group {
            Some("electricity") => {
                // A site that reports no electricity has not said all.
                is_complete = true;
                total.energy.map(|energy: Energy| energy.kwh() * per_kwh)
            }
            Some("fuel" | "biomass" | "steam") => total.energy.map(|energy| energy.kwh() * 3.6e-3 / gj_per_toe),
            _ => continue,
        };
        let sum = toe.get_or_insert(Amount { value: 0.0, is_complete: true });
        sum.value += part.unwrap_or_default();
        sum.is_complete &= part.is_some() && total.is_complete();
    }
    toe.map(|toe| Amount { is_complete: toe.is_complete && is_complete, ..toe })
}

fn wastewater(enterprise: &EnterpriseId, balance: &Balance, catalogue: &Catalogue) -> Option<Amount> {
    let site = balance.sites.get(enterprise)?;
    let totals = site.iter().filter(|(id, _)| catalogue.resource(id).is_some_and(|r| r.group == "wastewater"));
    let mut flow: Option<Amount> = None;
    for (_, total) in totals {
        let sum = flow.get_or_insert(Amount { value: 0.0, is_complete: true });
        sum.value += total.amount / balance.period.days() as f64;
        sum.is_complete &= total.is_complete();
    }
    flow
}
