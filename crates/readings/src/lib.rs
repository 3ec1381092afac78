//! Remembers readings: timestamped values of meters, in Parquet files that the store's manifest lists, read through
//! DataFusion. The heavy room of the store: nobody else names DataFusion, so that a change elsewhere does not build it
//! again.

mod accept;
mod compact;
mod file;
mod findings;
pub mod generate;
mod history;
pub mod ingest;
mod metered;
mod place;
mod query;
mod rollup;
mod series;
mod snapshot;
mod sweep;
mod table;
mod time;

use std::sync::Arc;

use datafusion::execution::runtime_env::RuntimeEnv;
use store::Store;
use tokio::sync::Mutex;

pub use accept::{AcceptError, Arrivals, Contradiction, MeterReadings, Receipt};
pub use compact::Compaction;
pub use findings::{Finding, FindingKind, findings_among};
pub use history::Version;
pub use place::{Place, PlaceError};
pub use query::{Bounds, QueryAnswer, QueryError};
pub use series::{Grain, MeterMonth, Point};
pub use sweep::Swept;

/// The readings of a store. Cloning it gives another handle on the same.
#[derive(Clone)]
pub struct Readings {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    files: place::Files,
    runtime: Arc<RuntimeEnv>,
    /// Batches of one program follow each other, so that two with the same readings do not pass each other by.
    accepting: Mutex<()>,
}

impl Readings {
    /// The readings that this store's manifest lists, in files at this place.
    pub fn open(store: Store, place: &Place) -> anyhow::Result<Readings> {
        let files = place::Files::open(place)?;
        let runtime = snapshot::runtime(&files)?;
        Ok(Readings { inner: Arc::new(Inner { store, files, runtime, accepting: Mutex::new(()) }) })
    }

    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    fn files(&self) -> &place::Files {
        &self.inner.files
    }
}
