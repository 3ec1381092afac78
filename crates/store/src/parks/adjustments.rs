//! Non-routine adjustments of measures one at a time: the park is saved as its sheet with one row more or less would have
//! it, with the same row of the log.

use anyhow::anyhow;
use engine::ids::{MeasureId, ParkId};
use engine::park::adjustments::Adjustment;

use super::{Revision, SaveParkError, finish, whole_park};
use crate::{Actor, Scope, Store};

#[derive(Debug, thiserror::Error)]
pub enum AdjustmentError {
    #[error("there is no such measure, or no such adjustment of it")]
    NotFound,
    #[error("the enterprise of this measure is not in scope")]
    OutsideScope,
    /// The measure has one of this name.
    #[error("the measure has an adjustment of this name")]
    Taken,
    #[error(transparent)]
    Store(#[from] anyhow::Error),
}

impl Store {
    /// Adds an adjustment at the end of the sheet. Its enterprise is that of its measure.
    pub async fn add_adjustment(
        &self,
        actor: &Actor,
        scope: &Scope,
        park: &ParkId,
        new: &Adjustment,
    ) -> Result<Revision, AdjustmentError> {
        let note = format!("adjustment of {}: {}", new.measure, new.name);
        self.change_adjustments(actor, scope, (park, &new.measure), &note, |kept| {
            if kept.iter().any(|one| one.measure == new.measure && one.name == new.name) {
                return Err(AdjustmentError::Taken);
            }
            kept.push(new.clone());
            Ok(())
        })
        .await
    }

    /// Takes an adjustment away.
    pub async fn withdraw_adjustment(
        &self,
        actor: &Actor,
        scope: &Scope,
        (park, measure): (&ParkId, &MeasureId),
        name: &str,
    ) -> Result<Revision, AdjustmentError> {
        let note = format!("adjustment of {measure} withdrawn: {name}");
        self.change_adjustments(actor, scope, (park, measure), &note, |kept| {
            let before = kept.len();
            kept.retain(|one| one.measure != *measure || one.name != name);
            if kept.len() < before { Ok(()) } else { Err(AdjustmentError::NotFound) }
        })
        .await
    }

    async fn change_adjustments(
        &self,
        actor: &Actor,
        scope: &Scope,
        (park, measure): (&ParkId, &MeasureId),
        note: &str,
        change: impl FnOnce(&mut Vec<Adjustment>) -> Result<(), AdjustmentError>,
    ) -> Result<Revision, AdjustmentError> {
        let mut write = self.write_park(actor, park).await?;
        let mut changed = whole_park(write.connection(), park).await?.ok_or(AdjustmentError::NotFound)?;
        let of = changed.measures.iter().find(|one| one.id == *measure).ok_or(AdjustmentError::NotFound)?;
        if !scope.covers_enterprise(park, &of.enterprise) {
            return Err(AdjustmentError::OutsideScope);
        }
        change(&mut changed.adjustments)?;
        finish(write, actor, &changed, note).await.map_err(|error| match error {
            SaveParkError::Store(error) => AdjustmentError::Store(error),
            // No record and nothing that is hidden changes with an adjustment.
            other => AdjustmentError::Store(anyhow!(other)),
        })
    }
}
