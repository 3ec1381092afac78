//! Editions of frameworks beside those of the catalogue: what the store keeps of them, and the catalogue with those that
//! are published. What is published is assessed by from the next request on.

use std::sync::{Arc, Mutex};

use engine::catalogue::Catalogue;
use engine::catalogue::frameworks::life::{Refusal, Stage};
use engine::catalogue::frameworks::published::{self, Editions};
use engine::catalogue::frameworks::write::write_framework;
use engine::catalogue::frameworks::{Framework, read_draft};
use engine::fault::Fault;
use engine::ids::FrameworkId;
use jiff::civil::Date;
use store::{Actor, EditionError, KeptEdition, NextState, Store};

use crate::error::AppError;
use crate::state::App;

/// The catalogue with the editions of the store, and how many states those had been in when it was put together.
pub type Whole = Arc<Mutex<Option<(i64, Arc<Catalogue>)>>>;

/// An edition of the store, read.
pub struct Edition {
    pub kept: KeptEdition,
    /// With the dates of its stage.
    pub framework: Framework,
}

/// Why an edition is not kept or not published.
pub enum Refused {
    Faults(Vec<Fault>),
    Life(Refusal),
    /// The name does not fit one: lowercase letters, digits and hyphens.
    Name,
    /// Somebody else changed it in the meantime.
    Changed,
    Failed(anyhow::Error),
}

impl From<EditionError> for Refused {
    fn from(error: EditionError) -> Refused {
        match error {
            EditionError::Changed => Refused::Changed,
            EditionError::Fixed => Refused::Life(Refusal::AlreadyPublished),
            EditionError::Failed(error) => Refused::Failed(error),
        }
    }
}

impl From<anyhow::Error> for Refused {
    fn from(error: anyhow::Error) -> Refused {
        Refused::Failed(error)
    }
}

impl App {
    /// The catalogue with the editions that the store publishes; put together anew only when one of them has changed.
    pub async fn whole_catalogue(&self) -> Result<Arc<Catalogue>, AppError> {
        let revision = self.store.edition_revision().await?;
        if let Ok(whole) = self.whole.lock()
            && let Some((of, catalogue)) = whole.as_ref()
            && *of == revision
        {
            return Ok(catalogue.clone());
        }
        let catalogue = Arc::new(whole(&self.store, self.catalogue).await?);
        if let Ok(mut whole) = self.whole.lock() {
            *whole = Some((revision, catalogue.clone()));
        }
        Ok(catalogue)
    }
}

/// The catalogue with the editions that a store publishes.
pub async fn whole(store: &Store, catalogue: &Catalogue) -> anyhow::Result<Catalogue> {
    Ok(catalogue.with_editions(&by_name(&all(store, catalogue).await?)))
}

/// Every edition of the store. One that an older program kept and this one cannot read is left out, which is logged.
pub async fn all(store: &Store, catalogue: &Catalogue) -> anyhow::Result<Vec<Edition>> {
    let mut editions = Vec::new();
    for kept in store.editions().await? {
        match read_draft(&format!("{}.toml", kept.id), kept.id.as_str(), &kept.toml, catalogue) {
            (Some(framework), _) => editions.push(Edition { framework: kept.stage.dated(&framework), kept }),
            (None, faults) => {
                let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
                tracing::warn!("edition {} cannot be read: {}", kept.id, told.join("; "));
            }
        }
    }
    Ok(editions)
}

fn by_name(editions: &[Edition]) -> Editions {
    let entry = |edition: &Edition| (edition.kept.id.clone(), (edition.framework.clone(), edition.kept.stage.clone()));
    editions.iter().map(entry).collect()
}

/// An edition by its name: one of the store, else one of the catalogue, filled or empty.
pub async fn find(store: &Store, catalogue: &Catalogue, id: &FrameworkId) -> anyhow::Result<Option<Framework>> {
    let ours = all(store, catalogue).await?.into_iter().find(|edition| edition.kept.id == *id);
    let ours = ours.map(|edition| edition.framework);
    let whole = whole(store, catalogue).await?;
    Ok(ours.or_else(|| whole.frameworks.get(id).or_else(|| whole.empty_editions.get(id)).cloned()))
}

/// Keeps a draft, new or written over; `after` is the revision that it was read in, `None` for a new one.
pub async fn save_draft(
    store: &Store,
    catalogue: &Catalogue,
    actor: &Actor,
    (id, after): (&FrameworkId, Option<i64>),
    toml: &str,
) -> Result<Framework, Refused> {
    if !is_name(id.as_str()) {
        return Err(Refused::Name);
    }
    if catalogue.has_edition(id) {
        return Err(Refused::Life(Refusal::NameTaken));
    }
    let kept = store.editions().await?.into_iter().find(|kept| kept.id == *id);
    match (&kept, after) {
        (Some(kept), _) if !kept.stage.may_be_written() => return Err(Refused::Life(Refusal::AlreadyPublished)),
        (Some(_), None) => return Err(Refused::Life(Refusal::NameTaken)),
        _ => {}
    }
    let (framework, faults) = read_draft(&format!("{id}.toml"), id.as_str(), toml, catalogue);
    let Some(framework) = framework else { return Err(Refused::Faults(faults)) };
    let state = NextState { id: id.clone(), after: after.unwrap_or(0), toml: toml.to_string(), stage: Stage::Draft };
    store.save_editions(actor, &[state]).await?;
    Ok(framework)
}

/// The same for an edition that was put together row by row.
pub async fn save_framework(
    store: &Store,
    catalogue: &Catalogue,
    actor: &Actor,
    after: Option<i64>,
    framework: &Framework,
) -> Result<Framework, Refused> {
    save_draft(store, catalogue, actor, (&framework.id, after), &write_framework(framework)).await
}

/// Publishes a draft from a day on, and ends what it replaces on the day before.
pub async fn publish(
    store: &Store,
    catalogue: &Catalogue,
    actor: &Actor,
    id: &FrameworkId,
    from: Date,
) -> Result<(), Refused> {
    let editions = all(store, catalogue).await?;
    let changes = published::publish(catalogue, &by_name(&editions), id, from).map_err(Refused::Life)?;
    let mut states = Vec::new();
    for (id, stage) in changes {
        let edition = editions.iter().find(|edition| edition.kept.id == id);
        let kept = &edition.ok_or(Refused::Life(Refusal::NoSuchEdition))?.kept;
        states.push(NextState { id, after: kept.revision, toml: kept.toml.clone(), stage });
    }
    store.save_editions(actor, &states).await?;
    Ok(())
}

/// What an edition may be called: it stands in addresses and names files.
pub fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=60).contains(&name.len()) && name.chars().all(fits) && !name.starts_with('-') && !name.ends_with('-')
}
