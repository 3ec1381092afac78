//! Editions that are kept beside the catalogue: which of them it is assessed by, and what publishing one does to the
//! others of its line.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::Framework;
use super::life::{Refusal, Stage, overlaps};
use crate::catalogue::Catalogue;
use crate::ids::FrameworkId;
use crate::source::Digest;

/// Editions with their stages, by their names.
pub type Editions = BTreeMap<FrameworkId, (Framework, Stage)>;

impl Catalogue {
    /// This catalogue with the editions that are published beside it; drafts stay out. One that was named and empty is
    /// filled by them, and one that they replace ends on the day before. The digest tells what was added; where nothing
    /// is, it stays as it was.
    pub fn with_editions(&self, editions: &Editions) -> Catalogue {
        let added: Vec<Framework> = editions
            .values()
            .filter(|(_, stage)| *stage != Stage::Draft)
            .map(|(edition, stage)| stage.dated(edition))
            .collect();
        let mut whole = self.clone();
        if added.is_empty() {
            return whole;
        }
        whole.digest = Some(Digest::of_value(&(self.digest(), &added)));
        for edition in added {
            let ends = edition.valid_from.and_then(|from| from.yesterday().ok());
            let former = edition.replaces.as_ref().filter(|id| !editions.contains_key(id));
            if let Some(former) = former.and_then(|id| whole.frameworks.get_mut(id)) {
                former.valid_to = former.valid_to.into_iter().chain(ends).min();
            }
            whole.empty_editions.remove(&edition.id);
            whole.frameworks.insert(edition.id.clone(), edition);
        }
        whole
    }

    /// Whether an edition of the catalogue itself has this name, and rows.
    pub fn has_edition(&self, id: &FrameworkId) -> bool {
        self.frameworks.contains_key(id)
    }
}

/// The stages that change when a draft is published from a day on: its own, and that of the edition it replaces. Nothing
/// changes where a day of its line would belong to two editions.
pub fn publish(
    catalogue: &Catalogue,
    editions: &Editions,
    id: &FrameworkId,
    from: Date,
) -> Result<Vec<(FrameworkId, Stage)>, Refusal> {
    let (draft, stage) = editions.get(id).ok_or(Refusal::NoSuchEdition)?;
    if catalogue.has_edition(id) {
        return Err(Refusal::NameTaken);
    }
    let mut changes = vec![(id.clone(), stage.publish(draft, from)?)];
    if let Some(former) = &draft.replaces {
        if former == id {
            return Err(Refusal::Itself);
        }
        changes.extend(replaced(catalogue, editions, former, id, from)?.map(|stage| (former.clone(), stage)));
    }
    let mut after = editions.clone();
    for (changed, stage) in &changes {
        if let Some((_, kept)) = after.get_mut(changed) {
            *kept = stage.clone();
        }
    }
    let whole = catalogue.with_editions(&after);
    let every: Vec<&Framework> = whole.frameworks.values().chain(whole.empty_editions.values()).collect();
    if overlaps(&every).iter().any(|overlap| overlap.former == *id || overlap.later == *id) {
        return Err(Refusal::Overlaps);
    }
    Ok(changes)
}

/// The stage of the former edition once another takes its place; `None` where it is one of the catalogue, which ends by
/// itself when its successor begins, or where nobody knows it.
fn replaced(
    catalogue: &Catalogue,
    editions: &Editions,
    former: &FrameworkId,
    by: &FrameworkId,
    on: Date,
) -> Result<Option<Stage>, Refusal> {
    if let Some((edition, stage)) = editions.get(former) {
        return match stage {
            Stage::Draft => Err(Refusal::FormerIsDraft),
            Stage::Replaced { .. } => Err(Refusal::FormerReplaced),
            Stage::Published { .. } => stage.replace(edition, by, on).map(Some),
        };
    }
    let Some(edition) = catalogue.frameworks.get(former) else { return Ok(None) };
    match edition.valid_from {
        Some(from) if on <= from => Err(Refusal::TooEarly),
        _ => Ok(None),
    }
}
