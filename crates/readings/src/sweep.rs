//! Sweeping: half-written and unlisted files, and what compaction replaced long ago. Files as they came stay: they are
//! the earlier versions that an audit may ask for.

use engine::ids::ParkId;
use serde::Serialize;
use store::Actor;

use crate::Readings;
use crate::time::DAY_US;

/// What was removed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Swept {
    pub unlisted: usize,
    pub replaced: usize,
}

/// A batch under way has written files that it has not listed yet.
const UNLISTED_FOR_US: i64 = DAY_US;
/// Longer than any question takes, and than the backup of a manifest is likely to be put back after.
const REPLACED_FOR_US: i64 = 7 * DAY_US;

impl Readings {
    /// Removes what nobody can ask for any more. `actor` says what time it is.
    pub async fn sweep(&self, actor: &Actor) -> anyhow::Result<Swept> {
        // Listed after the files were looked at: a file that came meanwhile is not among those to remove.
        let files = self.files().all().await?;
        let listed = self.store().listed_paths().await?;
        let mut swept = Swept::default();
        for file in files {
            match listed.get(&file.path) {
                None if file.modified_us < actor.at_us - UNLISTED_FOR_US => {
                    self.files().remove(&file.path).await?;
                    swept.unlisted += 1;
                }
                Some((Some(replaced_at_us), false)) if *replaced_at_us < actor.at_us - REPLACED_FOR_US => {
                    let park = ParkId::new(file.path.split('/').next().unwrap_or_default());
                    if self.store().forget_segment(actor, &park, &file.path).await? {
                        self.files().remove(&file.path).await?;
                        swept.replaced += 1;
                    }
                }
                _ => {}
            }
        }
        Ok(swept)
    }
}
