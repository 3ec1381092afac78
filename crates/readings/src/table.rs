//! Files of the manifest as a table. Which files there are, how large they are, which park and batch they belong to and
//! between which moments they lie is known before any of them is opened; no folder is ever listed.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::stats::Precision;
use datafusion::common::{ColumnStatistics, Result, ScalarValue, Statistics};
#[cfg(feature = "cluster")]
use datafusion::common::{DataFusionError, exec_err};
use datafusion::datasource::TableType;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::CachedParquetFileReaderFactory;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::object_store::ObjectMeta;
use datafusion::object_store::path::Path;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use serde::{Deserialize, Serialize};
use store::SegmentKind;

use crate::file::{UTC, schema};

/// One file, with what is the same for all of its rows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct TableFile {
    #[serde(with = "as_text")]
    pub(crate) path: Path,
    pub(crate) bytes: u64,
    pub(crate) rows: usize,
    pub(crate) min_at_us: i64,
    pub(crate) max_at_us: i64,
    pub(crate) park: String,
    pub(crate) seq: i64,
    /// How far the park's local time is ahead of UTC.
    pub(crate) ahead_us: i64,
}

/// A path of the object store as text.
mod as_text {
    use datafusion::object_store::path::Path;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(path: &Path, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(path.as_ref())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Path, D::Error> {
        Path::parse(String::deserialize(from)?).map_err(D::Error::custom)
    }
}

/// Files of one kind as a table: the columns in them, then `park`, `seq` and `ahead_us`.
pub(crate) struct SegmentTable {
    kind: SegmentKind,
    url: ObjectStoreUrl,
    schema: TableSchema,
    files: Vec<TableFile>,
}

impl fmt::Debug for SegmentTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SegmentTable({}, {} files)", self.kind.code(), self.files.len())
    }
}

impl SegmentTable {
    pub(crate) fn new(kind: SegmentKind, url: &ObjectStoreUrl, files: Vec<TableFile>) -> SegmentTable {
        let constant = |name: &str, of: DataType| -> FieldRef { Arc::new(Field::new(name, of, false)) };
        let constants = vec![
            constant("park", DataType::Utf8View),
            constant("seq", DataType::Int64),
            constant("ahead_us", DataType::Int64),
        ];
        let schema = TableSchema::builder(schema(kind)).with_table_partition_cols(constants).build();
        SegmentTable { kind, url: url.clone(), schema, files }
    }

    /// All of it, for a machine that does not know the manifest.
    #[cfg(feature = "cluster")]
    pub(crate) fn encode(&self, bytes: &mut Vec<u8>) -> Result<()> {
        let sent = (self.kind.code(), self.url.as_str(), &self.files);
        serde_json::to_writer(bytes, &sent).map_err(|error| DataFusionError::External(error.into()))
    }

    #[cfg(feature = "cluster")]
    pub(crate) fn decode(bytes: &[u8]) -> Result<SegmentTable> {
        let sent: (String, String, Vec<TableFile>) =
            serde_json::from_slice(bytes).map_err(|error| DataFusionError::External(error.into()))?;
        let (kind, url, files) = sent;
        let Some(kind) = SegmentKind::parse(&kind) else { return exec_err!("`{kind}` is no kind of segment") };
        Ok(SegmentTable::new(kind, &ObjectStoreUrl::parse(url)?, files))
    }

    fn partitioned(&self, file: &TableFile) -> PartitionedFile {
        let mut columns = vec![ColumnStatistics::new_unknown(); self.schema.table_schema().fields().len()];
        if self.kind == SegmentKind::Raw {
            let moment = |at_us| ScalarValue::TimestampMicrosecond(Some(at_us), Some(UTC.into()));
            columns[1].min_value = Precision::Exact(moment(file.min_at_us));
            columns[1].max_value = Precision::Exact(moment(file.max_at_us));
            columns[1].null_count = Precision::Exact(0);
        }
        let statistics = Statistics {
            num_rows: Precision::Exact(file.rows),
            total_byte_size: Precision::Absent,
            column_statistics: columns,
        };
        let object = ObjectMeta {
            location: file.path.clone(),
            last_modified: Default::default(),
            size: file.bytes,
            e_tag: None,
            version: None,
        };
        PartitionedFile::new_from_meta(object)
            .with_partition_values(vec![
                ScalarValue::Utf8View(Some(file.park.clone())),
                ScalarValue::Int64(Some(file.seq)),
                ScalarValue::Int64(Some(file.ahead_us)),
            ])
            .with_statistics(Arc::new(statistics))
    }

    /// About as many bytes in each group, in the order of the files.
    fn groups(&self, count: usize) -> Vec<FileGroup> {
        let total: u64 = self.files.iter().map(|file| file.bytes).sum();
        let share = total.div_ceil(count.max(1) as u64).max(1);
        let mut groups: Vec<Vec<PartitionedFile>> = Vec::new();
        let mut filled = u64::MAX;
        for file in &self.files {
            if filled >= share && groups.len() < count.max(1) {
                groups.push(Vec::new());
                filled = 0;
            }
            filled += file.bytes;
            if let Some(group) = groups.last_mut() {
                group.push(self.partitioned(file));
            }
        }
        groups.into_iter().map(FileGroup::new).collect()
    }

    fn rows(&self) -> usize {
        self.files.iter().map(|file| file.rows).sum()
    }
}

#[async_trait]
impl TableProvider for SegmentTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(self.schema.table_schema())
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        if self.files.is_empty() {
            let schema = datafusion::physical_plan::project_schema(&self.schema(), projection)?;
            return Ok(Arc::new(EmptyExec::new(schema)));
        }
        let runtime = state.runtime_env();
        // What stands at the end of a file, where in it which meter lies, is kept between questions: files never change.
        let readers = CachedParquetFileReaderFactory::new(
            runtime.object_store(&self.url)?,
            runtime.cache_manager.get_file_metadata_cache(),
        );
        let source = ParquetSource::new(self.schema.clone())
            .with_table_parquet_options(state.default_table_options().parquet)
            .with_parquet_file_reader_factory(Arc::new(readers));
        let mut statistics = Statistics::new_unknown(&self.schema());
        statistics.num_rows = Precision::Exact(self.rows());
        let config = FileScanConfigBuilder::new(self.url.clone(), Arc::new(source))
            .with_file_groups(self.groups(state.config().target_partitions()))
            .with_statistics(statistics)
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }

    /// Files and groups of rows are passed over by what is known of them; every row is looked at again afterwards.
    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    fn statistics(&self) -> Option<Statistics> {
        let mut statistics = Statistics::new_unknown(&self.schema());
        statistics.num_rows = Precision::Exact(self.rows());
        Some(statistics)
    }
}
