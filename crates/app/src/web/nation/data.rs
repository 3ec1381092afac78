//! The parks that have data: what the pages above them need of their reports, and how old the data are.

use std::sync::Arc;

use engine::assess::Score;
use engine::language::format_date;
use engine::period::Period;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};

use super::register::{Register, StoredPark};
use crate::digest::ParkDigest;
use crate::error::AppError;
use crate::page::Page;
use crate::state::App;
use crate::wording;

pub struct DataPark {
    pub stored: StoredPark,
    pub digest: Arc<ParkDigest>,
}

/// The nation's parks that have data, samples among them, and how many more are still being computed; parks abroad are
/// none of the nation's.
pub async fn load(
    app: &App,
    page: &Page,
    register: &Register,
    period: Period,
) -> Result<(Vec<DataPark>, usize), AppError> {
    let stored: Vec<&StoredPark> = register.stored().filter(|stored| stored.is_in_nation).collect();
    let asked: Vec<_> = stored.iter().map(|stored| (stored.summary.id.clone(), stored.summary.stamp())).collect();
    let digests = app.digests(&asked, &page.framework(), period).await?;
    let waiting = digests.iter().filter(|digest| digest.is_none()).count();
    let parks = stored.into_iter().zip(digests).filter_map(|(stored, digest)| Some((stored.clone(), digest?)));
    Ok((parks.map(|(stored, digest)| DataPark { stored, digest }).collect(), waiting))
}

impl DataPark {
    pub fn score(&self) -> Score {
        self.digest.score
    }

    /// Nothing that is known speaks against it, and something speaks for it.
    pub fn meets_all_that_is_known(&self) -> bool {
        self.score().not_met == 0 && self.score().met > 0
    }

    /// How the map shows it; a park without data has no outcome.
    pub fn outcome(&self) -> Option<&'static str> {
        let score = self.score();
        match (self.digest.has_data, score.not_met, score.unknown, score.met) {
            (false, ..) => None,
            (true, 1.., ..) => Some("not-met"),
            (true, 0, 0, 1..) => Some("met"),
            _ => Some("unknown"),
        }
    }
}

/// How old the data of a park are.
pub struct Age {
    pub name: String,
    pub href: String,
    pub is_synthetic: bool,
    pub latest: String,
    pub latest_value: String,
    pub months: String,
    pub months_value: String,
    pub covered: String,
    pub kept: String,
    pub kept_value: String,
}

pub fn age(app: &App, page: &Page, park: &DataPark) -> Age {
    let latest = park.digest.latest;
    let months = latest.map(|latest| months_between(latest, app.today()));
    let kept = date_of(park.stored.summary.saved_at_us);
    Age {
        name: park.stored.summary.name.get(page.language).to_string(),
        href: page.at(&format!("/parks/{}", park.stored.summary.id)),
        is_synthetic: park.stored.summary.synthetic,
        latest: latest
            .and_then(|date| Period::month(date.year(), date.month()))
            .map_or_else(|| "–".to_string(), |month| wording::period(page.language, &month)),
        latest_value: latest.map(|date| date.to_string()).unwrap_or_default(),
        months: months.map_or_else(|| "–".to_string(), |months| page.n(f64::from(months), 0)),
        months_value: months.map(|months| months.to_string()).unwrap_or_default(),
        covered: format!("{}/{}", page.count(park.digest.months_covered), page.count(park.digest.months_expected)),
        kept: kept.map_or_else(|| "–".to_string(), format_date),
        kept_value: kept.map(|date| date.to_string()).unwrap_or_default(),
    }
}

/// Whole months from one day to a later one; nothing below zero.
fn months_between(from: Date, to: Date) -> i32 {
    let months = (i32::from(to.year()) - i32::from(from.year())) * 12 + i32::from(to.month()) - i32::from(from.month());
    months.max(0)
}

/// Viet Nam's clock, which has no summer time.
pub fn local(at_us: i64) -> Option<DateTime> {
    Some(jiff::tz::offset(7).to_datetime(Timestamp::from_microsecond(at_us).ok()?))
}

fn date_of(at_us: i64) -> Option<Date> {
    local(at_us).map(|at| at.date())
}
