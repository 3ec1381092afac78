//! Questions in SQL: read only, bounded in time and rows, of what a scope covers.

use std::time::Duration;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::util::display::FormatOptions;
use datafusion::arrow::util::pretty::pretty_format_batches_with_options;
use datafusion::error::DataFusionError;
use datafusion::execution::context::SQLOptions;
use futures::StreamExt;
use serde_json::{Value, json};
use store::Scope;

use crate::Readings;

/// How much a question may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    pub rows: usize,
    pub time: Duration,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds { rows: 10_000, time: Duration::from_secs(120) }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The question is at fault: a word, a table or a column that is not there, or something that changes data.
    #[error("{0}")]
    Refused(String),
    #[error("the question took longer than {} s", .0.as_secs())]
    TooLong(Duration),
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

/// The answer to a question.
#[derive(Clone, Debug)]
pub struct QueryAnswer {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
    /// False where there are more rows than were asked for.
    pub is_complete: bool,
}

impl Readings {
    /// Answers one SELECT over `readings`, `readings_hour`, `readings_day`, `readings_month` and `meters`.
    pub async fn query(&self, scope: &Scope, sql: &str, bounds: Bounds) -> Result<QueryAnswer, QueryError> {
        let snapshot = self.snapshot_of_all(scope).await?;
        let reads_only = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
        let asked = snapshot.context.sql_with_options(sql, reads_only).await.map_err(refused)?;
        let failed = |error| if self.asks_a_cluster() { QueryError::Failed(unanswered(error)) } else { refused(error) };
        let collected = async {
            let mut stream = asked.execute_stream().await.map_err(failed)?;
            let mut answer = QueryAnswer { schema: stream.schema(), batches: Vec::new(), is_complete: true };
            let mut rows = 0;
            while let Some(batch) = stream.next().await {
                let batch = batch.map_err(failed)?;
                let room = bounds.rows - rows;
                answer.is_complete = batch.num_rows() <= room;
                rows += batch.num_rows().min(room);
                answer.batches.push(batch.slice(0, batch.num_rows().min(room)));
                if !answer.is_complete {
                    break;
                }
            }
            Ok(answer)
        };
        match tokio::time::timeout(bounds.time, collected).await {
            Ok(answer) => answer,
            Err(_) if self.asks_a_cluster() => Err(QueryError::Failed(anyhow::anyhow!(
                "the cluster did not answer within {} s: it is too slow for the question, or lost a machine; ask again",
                bounds.time.as_secs()
            ))),
            Err(_) => Err(QueryError::TooLong(bounds.time)),
        }
    }
}

/// What the engine says of a question: the sentence, without the layers it went through.
fn refused(error: DataFusionError) -> QueryError {
    match error.find_root() {
        DataFusionError::IoError(_) | DataFusionError::ObjectStore(_) | DataFusionError::ParquetError(_) => {
            QueryError::Failed(error.into())
        }
        root => QueryError::Refused(root.strip_backtrace()),
    }
}

/// What happened on other machines: all of it, since nobody can look there from here.
fn unanswered(error: DataFusionError) -> anyhow::Error {
    anyhow::Error::new(error).context("the cluster did not answer")
}

impl QueryAnswer {
    pub fn rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    pub fn batches(&self) -> &[RecordBatch] {
        &self.batches
    }

    /// `{"columns": [{"name", "type"}], "rows": [{…}], "is_complete": true}`; a missing value is null.
    pub fn json(&self) -> anyhow::Result<Value> {
        use datafusion::arrow::json::WriterBuilder;
        use datafusion::arrow::json::writer::JsonArray;
        let mut writer = WriterBuilder::new().with_explicit_nulls(true).build::<_, JsonArray>(Vec::new());
        writer.write_batches(&self.batches.iter().collect::<Vec<_>>())?;
        writer.finish()?;
        let bytes = writer.into_inner();
        let rows: Value = if bytes.is_empty() { json!([]) } else { serde_json::from_slice(&bytes)? };
        let column = |field: &datafusion::arrow::datatypes::FieldRef| json!({ "name": field.name(), "type": field.data_type().to_string() });
        let columns: Vec<Value> = self.schema.fields().iter().map(column).collect();
        Ok(json!({ "columns": columns, "rows": rows, "is_complete": self.is_complete }))
    }

    pub fn csv(&self) -> anyhow::Result<String> {
        let mut writer = datafusion::arrow::csv::WriterBuilder::new().with_header(true).build(Vec::new());
        match self.batches.is_empty() {
            true => writer.write(&RecordBatch::new_empty(self.schema.clone()))?,
            false => self.batches.iter().try_for_each(|batch| writer.write(batch))?,
        }
        Ok(String::from_utf8(writer.into_inner())?)
    }

    /// As a table for a terminal.
    pub fn text(&self) -> anyhow::Result<String> {
        let options = FormatOptions::default();
        Ok(pretty_format_batches_with_options(&self.batches, &options)?.to_string())
    }
}
