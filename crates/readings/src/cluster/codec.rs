//! Our tables on their way to the scheduler: files by what the manifest knows of them, small tables with their rows.

use std::any::Any;
use std::sync::Arc;

use async_trait::async_trait;
use ballista_core::serde::BallistaLogicalExtensionCodec;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::ipc::reader::StreamReader;
use datafusion::arrow::ipc::writer::StreamWriter;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{Result, TableReference, exec_datafusion_err, exec_err};
use datafusion::datasource::file_format::FileFormatFactory;
use datafusion::datasource::{MemTable, TableType};
use datafusion::execution::TaskContext;
use datafusion::logical_expr::{AggregateUDF, Expr, Extension, LogicalPlan, Operator, ScalarUDF, WindowUDF};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::{Column, binary, is_not_null, is_null};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::filter::FilterExecBuilder;
use datafusion_proto::logical_plan::LogicalExtensionCodec;

use crate::table::SegmentTable;

/// A small table with its rows. Ballista 55 forgets how many rows are wanted of one that is read from memory, so nothing
/// that limits rows may be pushed into it: a filter that lets all pass, and does not look like it, stands before it.
#[derive(Debug)]
struct Rows(MemTable);

#[async_trait]
impl TableProvider for Rows {
    fn schema(&self) -> SchemaRef {
        self.0.schema()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let rows = self.0.scan(state, None, &[], None).await?;
        let first: Arc<dyn PhysicalExpr> = Arc::new(Column::new(self.0.schema().field(0).name(), 0));
        let every = binary(is_null(first.clone())?, Operator::Or, is_not_null(first)?, &self.0.schema())?;
        let filter = FilterExecBuilder::new(every, rows).apply_projection(projection.cloned())?.build()?;
        Ok(Arc::new(filter))
    }
}

/// Ballista's own, which knows nothing of our tables, and our tables.
#[derive(Debug, Default)]
pub(crate) struct TableCodec {
    others: BallistaLogicalExtensionCodec,
}

const FILES: u8 = 1;
const ROWS: u8 = 2;

impl LogicalExtensionCodec for TableCodec {
    fn try_encode_table_provider(
        &self,
        name: &TableReference,
        table: Arc<dyn TableProvider>,
        bytes: &mut Vec<u8>,
    ) -> Result<()> {
        let any = table.as_ref() as &dyn Any;
        if let Some(files) = any.downcast_ref::<SegmentTable>() {
            bytes.push(FILES);
            return files.encode(bytes);
        }
        let Some(rows) = any.downcast_ref::<MemTable>() else {
            return exec_err!("the table {name} cannot be sent to the cluster");
        };
        bytes.push(ROWS);
        let mut writer = StreamWriter::try_new(bytes, &table.schema())?;
        for partition in &rows.batches {
            let batches =
                partition.try_read().map_err(|_| exec_datafusion_err!("the table {name} is being written"))?;
            batches.iter().try_for_each(|batch| writer.write(batch))?;
        }
        Ok(writer.finish()?)
    }

    fn try_decode_table_provider(
        &self,
        bytes: &[u8],
        name: &TableReference,
        _schema: SchemaRef,
        _context: &TaskContext,
    ) -> Result<Arc<dyn TableProvider>> {
        match bytes.split_first() {
            Some((&FILES, bytes)) => Ok(Arc::new(SegmentTable::decode(bytes)?)),
            Some((&ROWS, bytes)) => {
                let reader = StreamReader::try_new(bytes, None)?;
                let schema = reader.schema();
                let batches = reader.collect::<std::result::Result<Vec<_>, _>>()?;
                Ok(Arc::new(Rows(MemTable::try_new(schema, vec![batches])?)))
            }
            _ => exec_err!("the table {name} was sent by another version"),
        }
    }

    fn try_decode(&self, bytes: &[u8], inputs: &[LogicalPlan], context: &TaskContext) -> Result<Extension> {
        self.others.try_decode(bytes, inputs, context)
    }

    fn try_encode(&self, node: &Extension, bytes: &mut Vec<u8>) -> Result<()> {
        self.others.try_encode(node, bytes)
    }

    fn try_decode_file_format(&self, bytes: &[u8], context: &TaskContext) -> Result<Arc<dyn FileFormatFactory>> {
        self.others.try_decode_file_format(bytes, context)
    }

    fn try_encode_file_format(&self, bytes: &mut Vec<u8>, format: Arc<dyn FileFormatFactory>) -> Result<()> {
        self.others.try_encode_file_format(bytes, format)
    }

    fn try_decode_udf(&self, name: &str, bytes: &[u8]) -> Result<Arc<ScalarUDF>> {
        self.others.try_decode_udf(name, bytes)
    }

    fn try_encode_udf(&self, function: &ScalarUDF, bytes: &mut Vec<u8>) -> Result<()> {
        self.others.try_encode_udf(function, bytes)
    }

    fn try_decode_udaf(&self, name: &str, bytes: &[u8]) -> Result<Arc<AggregateUDF>> {
        self.others.try_decode_udaf(name, bytes)
    }

    fn try_encode_udaf(&self, function: &AggregateUDF, bytes: &mut Vec<u8>) -> Result<()> {
        self.others.try_encode_udaf(function, bytes)
    }

    fn try_decode_udwf(&self, name: &str, bytes: &[u8]) -> Result<Arc<WindowUDF>> {
        self.others.try_decode_udwf(name, bytes)
    }

    fn try_encode_udwf(&self, function: &WindowUDF, bytes: &mut Vec<u8>) -> Result<()> {
        self.others.try_encode_udwf(function, bytes)
    }
}
