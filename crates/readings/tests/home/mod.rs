//! A park with a store and a folder for its readings, gone when the test is over.

use std::path::{Path, PathBuf};
use std::time::Duration;

use engine::catalogue::{Catalogue, read_catalogue};
use engine::ids::{EnterpriseId, ParkId};
use readings::generate::Plan;
use readings::{Bounds, Place, Readings};
use store::{Actor, EnterpriseGrant, Grant, ParkGrant, Scope, Store};

pub struct Home {
    pub readings: Readings,
    pub park: ParkId,
    folder: PathBuf,
}

pub fn lan() -> Actor {
    Actor::new("lan", "park-operator", jiff::Timestamp::now().as_microsecond())
}

/// The catalogue of the repository.
pub fn catalogue() -> Catalogue {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../catalogue");
    let mut files = engine::catalogue::Files::new();
    let mut folders = vec![folder.clone()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                files.insert(path.strip_prefix(&folder).unwrap().to_string_lossy().into_owned(), text);
            }
        }
    }
    let (catalogue, faults) = read_catalogue(&files);
    assert!(faults.is_empty(), "{faults:?}");
    catalogue
}

impl Home {
    pub async fn with(plan: &Plan) -> Home {
        let folder = std::env::temp_dir().join(format!("congsinh số đọc #1 {}", uuid::Uuid::now_v7()));
        let store = Store::open(&folder.join("store.sqlite")).await.expect("a store");
        let park = plan.park("khu-do");
        store.save_park(&lan(), &park, "").await.expect("the park is kept");
        let readings = Readings::open(store, &Place::Folder(folder.join("readings"))).expect("a folder");
        Home { readings, park: park.id, folder }
    }

    pub fn folder(&self) -> PathBuf {
        self.folder.join("readings")
    }

    /// What an enterprise may read.
    pub fn scope_of(&self, enterprise: &str) -> Scope {
        Scope::granted(Grant {
            parks: ParkGrant::These([self.park.clone()].into()),
            enterprises: EnterpriseGrant::These([(self.park.clone(), EnterpriseId::new(enterprise))].into()),
        })
    }

    pub async fn count_and_sum(&self, table: &str, value: &str) -> (u64, f64) {
        self.two(&format!("select count(*) as n, coalesce(sum({value}), 0.0) as total from {table}")).await
    }

    pub async fn rolled_up(&self, grain: &str) -> (u64, f64) {
        self.two(&format!("select sum(count) as n, sum(sum) as total from readings_{grain}")).await
    }

    async fn two(&self, sql: &str) -> (u64, f64) {
        // Longer than anybody would wait: a hundred million readings that nobody folded are asked too.
        let bounds = Bounds { time: Duration::from_secs(1_200), ..Bounds::default() };
        let answer = self.readings.query(&Scope::system(), sql, bounds).await.expect("an answer");
        let answer = answer.json().expect("JSON");
        let row = &answer["rows"][0];
        (row["n"].as_u64().unwrap_or_default(), row["total"].as_f64().unwrap_or_default())
    }

    /// How many files lie in the folder.
    pub fn files(&self) -> usize {
        if self.folder().exists() { count(&self.folder()) } else { 0 }
    }
}

fn count(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.map(|path| if path.is_dir() { count(&path) } else { 1 }).sum()
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
