//! Remembers readings: timestamped values of meters, in Parquet files that the store's manifest lists, read through
//! DataFusion. The heavy room of the store: nobody else names DataFusion, so that a change elsewhere does not build it
//! again.

mod accept;
#[cfg(feature = "cluster")]
pub mod cluster;
mod compact;
mod file;
mod findings;
pub mod generate;
mod history;
pub mod ingest;
mod listen;
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
pub use compact::{Compaction, FILES_UNFOLDED};
pub use findings::{Finding, FindingKind, findings_among};
pub use history::Version;
pub use listen::{Broker, BrokerError, Heard, Listening};
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
    /// Where questions are answered in place of here.
    #[cfg(feature = "cluster")]
    cluster: Option<cluster::Cluster>,
    /// The tables that were asked last.
    kept: snapshot::Kept,
    /// Batches of one program follow each other, so that two with the same readings do not pass each other by.
    accepting: Mutex<()>,
}

impl Readings {
    /// The readings that this store's manifest lists, in files at this place.
    pub fn open(store: Store, place: &Place) -> anyhow::Result<Readings> {
        let files = place::Files::open(place)?;
        let runtime = snapshot::runtime(&files)?;
        let inner = Inner {
            store,
            files,
            runtime,
            #[cfg(feature = "cluster")]
            cluster: None,
            kept: snapshot::Kept::default(),
            accepting: Mutex::new(()),
        };
        Ok(Readings { inner: Arc::new(inner) })
    }

    /// The same, with questions answered by a cluster that reaches the same files; batches are kept and folded here.
    #[cfg(feature = "cluster")]
    pub fn open_with_cluster(store: Store, place: &Place, cluster: cluster::Cluster) -> anyhow::Result<Readings> {
        anyhow::ensure!(matches!(place, Place::Bucket { .. }), cluster::NeedsBucket(place.clone()));
        let readings = Readings::open(store, place)?;
        let inner = Arc::into_inner(readings.inner).expect("nobody else has it yet");
        Ok(Readings { inner: Arc::new(Inner { cluster: Some(cluster), ..inner }) })
    }

    fn asks_a_cluster(&self) -> bool {
        #[cfg(feature = "cluster")]
        return self.inner.cluster.is_some();
        #[cfg(not(feature = "cluster"))]
        false
    }

    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    fn files(&self) -> &place::Files {
        &self.inner.files
    }
}
