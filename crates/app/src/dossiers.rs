//! Dossiers as their readers see them: the dossier with its procedure, whose it is, and where it stands today.

pub mod papers;
pub mod reminders;
pub mod sample;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use anyhow::Context;
use engine::catalogue::Catalogue;
use engine::catalogue::duties::{Procedure, Reporter};
use engine::ids::ParkId;
use engine::language::{Label, Language};
use engine::report::procedure::{Awaited, Case, Course, Standing};
use jiff::civil::Date;
use store::Dossier;

use crate::auth::{self, Action, DossierRight, ParkKey, User};
use crate::error::AppError;
use crate::state::App;

/// A dossier that its reader may see.
pub struct Followed {
    pub dossier: Dossier,
    pub procedure: &'static Procedure,
    pub key: ParkKey,
    pub park: Label,
    /// Name of the enterprise whose dossier it is; `None` for the park's own.
    pub enterprise: Option<Label>,
    pub case: Case,
    pub standing: Standing,
    /// Every step still to be done.
    pub awaited: Vec<Awaited>,
    today: Date,
}

impl Followed {
    /// Whose dossier it is.
    pub fn subject(&self, language: Language) -> String {
        let park = self.park.get(language);
        self.enterprise.as_ref().map_or_else(|| park.to_string(), |name| format!("{}, {park}", name.get(language)))
    }

    /// The procedure, with the year of a yearly one.
    pub fn title(&self, language: Language) -> String {
        let label = self.procedure.label.get(language);
        self.dossier.year.map_or_else(|| label.to_string(), |year| format!("{label} {year}"))
    }

    pub fn is_late(&self) -> bool {
        self.awaited.iter().any(|awaited| awaited.is_late)
    }

    /// The nearest day by which something is due.
    pub fn next_day(&self) -> Option<Date> {
        self.awaited.iter().filter_map(|awaited| awaited.due.day()).min()
    }

    pub fn course<'a>(&self, catalogue: &'a Catalogue) -> Course<'a>
    where
        'static: 'a,
    {
        Course { procedure: self.procedure, calendar: &catalogue.calendar, today: self.today }
    }

    pub fn address(&self) -> String {
        format!("/parks/{}/dossiers/{}", self.key.id, self.dossier.id)
    }
}

/// The dossiers that somebody may see, of one park or of all, late ones first, then by the nearest deadline.
pub async fn all(app: &App, user: &User, park: Option<&ParkId>) -> Result<Vec<Followed>, AppError> {
    let found = app.store.dossiers(&user.dossier_scope(), park).await?;
    let mut names = Names::default();
    let mut followed = Vec::new();
    for dossier in found {
        let key = names.key(app, &dossier.park).await?;
        let action = Action::Dossier(DossierRight::See, key.clone(), dossier.enterprise.clone());
        if auth::may(user, &action).is_ok() {
            followed.push(follow(app, &mut names, key, dossier).await?);
        }
    }
    // What has no deadline comes after what has one, what is over last.
    followed.sort_by_key(|one| {
        let is_over = !matches!(one.standing, Standing::At(_));
        (!one.is_late(), is_over, one.next_day().unwrap_or(Date::MAX), one.dossier.id.clone())
    });
    Ok(followed)
}

/// One dossier, for somebody who may see it.
pub async fn one(app: &App, user: &User, park: &str, id: &str) -> Result<Followed, AppError> {
    let park = ParkId::new(park);
    let dossier = app.store.dossier(&user.dossier_scope(), &park, id).await?.ok_or(AppError::NotFound)?;
    let mut names = Names::default();
    let key = names.key(app, &park).await?;
    auth::may(user, &Action::Dossier(DossierRight::See, key.clone(), dossier.enterprise.clone()))?;
    follow(app, &mut names, key, dossier).await
}

/// The procedures that a park, or an enterprise, passes through.
pub fn procedures(subject: Reporter, catalogue: &'static Catalogue) -> impl Iterator<Item = &'static Procedure> {
    catalogue.procedures.iter().filter(move |procedure| procedure.subject == subject)
}

async fn follow(app: &App, names: &mut Names, key: ParkKey, dossier: Dossier) -> Result<Followed, AppError> {
    let procedure = app.catalogue.procedures.iter().find(|procedure| procedure.id == dossier.procedure);
    let procedure = procedure
        .with_context(|| format!("dossier {}: the catalogue has no procedure {}", dossier.id, dossier.procedure))?;
    let case = dossier.case();
    let course = Course { procedure, calendar: &app.catalogue.calendar, today: app.today() };
    let park = names.park(app, &key.id).await?;
    let enterprise = match &dossier.enterprise {
        None => None,
        Some(id) => Some(names.enterprise(app, &key.id, id.as_str()).await?),
    };
    Ok(Followed {
        standing: case.standing(&course),
        awaited: case.awaited(&course),
        today: course.today,
        procedure,
        key,
        park,
        enterprise,
        case,
        dossier,
    })
}

/// Names of parks and enterprises, each read once.
#[derive(Default)]
struct Names {
    keys: BTreeMap<ParkId, ParkKey>,
    parks: Option<BTreeMap<ParkId, Label>>,
    enterprises: Option<BTreeMap<(ParkId, String), Label>>,
}

impl Names {
    async fn key(&mut self, app: &App, park: &ParkId) -> Result<ParkKey, AppError> {
        if let Some(key) = self.keys.get(park) {
            return Ok(key.clone());
        }
        let key = app.park_key(park).await?;
        self.keys.insert(park.clone(), key.clone());
        Ok(key)
    }

    async fn park(&mut self, app: &App, park: &ParkId) -> Result<Label, AppError> {
        if self.parks.is_none() {
            let found = app.store.list_parks(&auth::whole()).await?;
            self.parks = Some(found.into_iter().map(|park| (park.id, park.name)).collect());
        }
        let name = self.parks.as_ref().and_then(|parks| parks.get(park)).cloned();
        Ok(name.unwrap_or_else(|| Label::new(park.as_str(), park.as_str())))
    }

    /// Whoever may see a dossier may know whose it is. An enterprise that an import took away is told by its code.
    async fn enterprise(&mut self, app: &App, park: &ParkId, id: &str) -> Result<Label, AppError> {
        if self.enterprises.is_none() {
            let found = app.store.enterprise_names(&auth::whole()).await?;
            let named = found.into_iter().map(|one| ((one.park, one.enterprise.to_string()), one.name));
            self.enterprises = Some(named.collect());
        }
        let known = self.enterprises.as_ref().and_then(|names| names.get(&(park.clone(), id.to_string()))).cloned();
        Ok(known.unwrap_or_else(|| Label::new(id, id)))
    }
}
