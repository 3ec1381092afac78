//! Files of readings on their way in: read by a mapping, every fault told at once, and nothing kept unless there is
//! none.

mod cells;
mod collect;
mod counter;
mod csv_file;
mod json_lines;
mod mapping;
mod messages;
mod parquet_file;
mod xlsx_file;

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use engine::catalogue::Catalogue;
use engine::fault::{Fault, FaultKind, Place};
use engine::ids::{MeterId, ParkId};
use serde::Serialize;
use store::{Actor, Scope, SeenMeter};

use crate::{AcceptError, Arrivals, Readings, Receipt};

pub use counter::{CounterEvent, CounterEventKind};
pub use mapping::{Decimal, Kind, Layout, Mapping, OfMeter, Stamp, TimeFormat};
pub use messages::Message;
pub(crate) use messages::{Messages, usual_mapping};

/// Which file, and what was said about it.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// What its columns mean; else what was said of files with the same header before; else what the header says.
    pub mapping: Option<Mapping>,
    /// The sender's key.
    pub key: Option<String>,
}

/// A file that was kept.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ingested {
    pub file: String,
    pub receipt: Receipt,
    /// Cells without a value: nothing is known of them, which is not zero.
    pub empty_cells: usize,
    /// Where counters began anew; all of them.
    pub events: Vec<CounterEvent>,
}

#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    #[error("{} faults", .0.count)]
    Faults(FaultList),
    #[error(transparent)]
    Accept(#[from] AcceptError),
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

/// The first faults of a file, and how many there are.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FaultList {
    pub faults: Vec<Fault>,
    pub count: usize,
}

/// A person mends a column, not a million cells.
const FAULTS_TOLD: usize = 200;

impl FaultList {
    pub(crate) fn push(&mut self, fault: Fault) {
        self.count += 1;
        if self.faults.len() < FAULTS_TOLD {
            self.faults.push(fault);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(crate) fn one(fault: Fault) -> FaultList {
        FaultList { faults: vec![fault], count: 1 }
    }
}

/// What must be known to read a park's files.
pub(crate) struct Context<'a> {
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) meters: BTreeMap<MeterId, SeenMeter>,
    pub(crate) ahead_us: i64,
    /// The mean of a meter's readings, in its unit; asked for where there are counters.
    pub(crate) usual: BTreeMap<MeterId, f64>,
}

impl Readings {
    /// Keeps the readings of a file: `.csv`, `.csv.gz`, `.jsonl`, `.xlsx` or `.parquet`.
    pub async fn ingest(
        &self,
        actor: &Actor,
        catalogue: &Catalogue,
        park: &ParkId,
        path: &Path,
        asked: &Asked,
    ) -> Result<Ingested, IngestError> {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let file = match std::fs::File::open(path) {
            Ok(file) => file,
            Err(error) => {
                let fault = whole_file(&name, FaultKind::MissingFile, &error.to_string(), "");
                return Err(IngestError::Faults(FaultList::one(fault)));
            }
        };
        self.ingest_from(actor, catalogue, park, &name, Box::new(file), asked).await
    }

    /// Keeps the readings of a file that is being received; its name says how it is to be read.
    pub async fn ingest_from(
        &self,
        actor: &Actor,
        catalogue: &Catalogue,
        park: &ParkId,
        name: &str,
        content: Box<dyn Read + Send>,
        asked: &Asked,
    ) -> Result<Ingested, IngestError> {
        let context = self.context(catalogue, park).await?;
        let mut sheet = open(name, content).map_err(|fault| IngestError::Faults(FaultList::one(fault)))?;
        let header = sheet.header().to_vec();
        let remembered_by = header.join(",").chars().take(500).collect::<String>();
        let remembered = self.store().reading_mapping(&Scope::system(), park, &remembered_by).await?;
        let mapping = match (&asked.mapping, remembered) {
            (Some(mapping), _) => mapping.clone(),
            (None, Some(text)) => Mapping::parse(&text).map_err(|error| anyhow::anyhow!(error))?,
            (None, None) => match Mapping::guess(&header, &context.meters) {
                Some(mapping) => mapping,
                None => {
                    let (found, expected) = (header.join(", "), "meter, at, value | at, METER… | --mapping FILE.toml");
                    let fault = whole_file(name, FaultKind::MissingColumn, &found, expected);
                    return Err(IngestError::Faults(FaultList::one(fault)));
                }
            },
        };
        let key = asked.key.as_deref();
        let Some(ingested) = self.keep_sheet(actor, context, (park, name), sheet.as_mut(), &mapping, key).await? else {
            let fault = whole_file(name, FaultKind::MissingValue, "", "");
            return Err(IngestError::Faults(FaultList::one(fault)));
        };
        if asked.mapping.is_some() {
            self.store().save_reading_mapping(actor, park, &remembered_by, &mapping.to_toml()?).await?;
        }
        Ok(ingested)
    }

    /// Keeps the readings of messages, all of them or none; `None` where no message has a value.
    pub(crate) async fn ingest_messages(
        &self,
        actor: &Actor,
        catalogue: &Catalogue,
        (park, name): (&ParkId, &str),
        messages: &[Message],
        mapping: &Mapping,
    ) -> Result<Option<Ingested>, IngestError> {
        let context = self.context(catalogue, park).await?;
        let mut sheet = Messages::open(name, messages, mapping);
        self.keep_sheet(actor, context, (park, name), &mut sheet, mapping, None).await
    }

    async fn keep_sheet(
        &self,
        actor: &Actor,
        mut context: Context<'_>,
        (park, name): (&ParkId, &str),
        sheet: &mut dyn Sheet,
        mapping: &Mapping,
        key: Option<&str>,
    ) -> Result<Option<Ingested>, IngestError> {
        if mapping.has_counters() {
            context.usual = self.usual_values(park).await?;
        }
        let collected = collect::collect(name, sheet, mapping, &context).map_err(IngestError::Faults)?;
        let arrivals = Arrivals::new(collected.meters).map_err(|twice| {
            let mut faults = FaultList::default();
            for contradiction in twice {
                let found = contradiction.to_string();
                faults.push(whole_file(name, FaultKind::Contradiction, &found, ""));
            }
            IngestError::Faults(faults)
        })?;
        if arrivals.is_empty() {
            return Ok(None);
        }
        let receipt = self.accept(actor, park, &arrivals, name, key).await?;
        let (empty_cells, events) = (collected.empty_cells, collected.events);
        Ok(Some(Ingested { file: name.to_string(), receipt, empty_cells, events }))
    }

    async fn context<'a>(&self, catalogue: &'a Catalogue, park: &ParkId) -> Result<Context<'a>, IngestError> {
        let scope = Scope::system();
        let Some(ahead_us) = self.store().utc_offsets(&scope).await?.get(park).copied() else {
            return Err(IngestError::Accept(AcceptError::NoPark(park.clone())));
        };
        let meters = self.store().seen_meters(&scope, Some(park)).await?;
        let meters = meters.into_iter().map(|meter| (meter.id.clone(), meter)).collect();
        Ok(Context { catalogue, meters, ahead_us, usual: BTreeMap::new() })
    }
}

/// Rows of cells under a header, whatever the file.
pub(crate) trait Sheet: Send {
    fn header(&self) -> &[String];
    /// The line of the first row of values, as an editor counts.
    fn first_line(&self) -> usize;
    /// Hands every row to `take`, with its line. A row that cannot be read is a fault.
    fn rows(
        &mut self,
        mapping: &Mapping,
        take: &mut dyn FnMut(usize, &[cells::Cell<'_>]),
        faults: &mut dyn FnMut(Fault),
    );
}

fn open(name: &str, content: Box<dyn Read + Send>) -> Result<Box<dyn Sheet>, Fault> {
    let lower = name.to_lowercase();
    if lower.ends_with(".csv.gz") {
        let unpacked = flate2::read::MultiGzDecoder::new(content);
        return csv_file::CsvSheet::open(name, Box::new(unpacked));
    }
    if lower.ends_with(".csv") {
        return csv_file::CsvSheet::open(name, content);
    }
    if lower.ends_with(".jsonl") {
        return Ok(json_lines::open(name, content));
    }
    if lower.ends_with(".xlsx") {
        return xlsx_file::open(name, content);
    }
    if lower.ends_with(".parquet") {
        return parquet_file::open(name, content);
    }
    Err(whole_file(name, FaultKind::UnreadableFile, name, ".csv | .csv.gz | .xlsx | .parquet | .jsonl"))
}

pub(crate) fn whole_file(name: &str, kind: FaultKind, found: &str, expected: &str) -> Fault {
    let place = Place { file: name.to_string(), ..Place::default() };
    Fault { place, kind, found: found.to_string(), expected: expected.to_string() }
}
