//! Parquet files of other systems.

use std::io::Read;

use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type, TimeUnit, TimestampMicrosecondType};
use datafusion::parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use engine::fault::{Fault, FaultKind};

use super::cells::Cell;
use super::mapping::Mapping;
use super::{Sheet, whole_file};

struct ParquetSheet {
    name: String,
    header: Vec<String>,
    reader: ParquetRecordBatchReader,
}

const MOST_BYTES: u64 = 4 << 30;

pub(crate) fn open(name: &str, content: Box<dyn Read + Send>) -> Result<Box<dyn Sheet>, Fault> {
    let unreadable = |found: String| whole_file(name, FaultKind::UnreadableFile, &found, ".parquet");
    let mut bytes = Vec::new();
    content.take(MOST_BYTES).read_to_end(&mut bytes).map_err(|error| unreadable(error.to_string()))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(bytes));
    let builder = builder.map_err(|error| unreadable(error.to_string()))?;
    let header = builder.schema().fields().iter().map(|field| field.name().clone()).collect();
    let reader = builder.build().map_err(|error| unreadable(error.to_string()))?;
    Ok(Box::new(ParquetSheet { name: name.to_string(), header, reader }))
}

/// A column in one of the few shapes that cells have.
enum Column {
    Texts(datafusion::arrow::array::ArrayRef),
    Numbers(datafusion::arrow::array::ArrayRef),
    Moments(datafusion::arrow::array::ArrayRef, bool),
}

impl Sheet for ParquetSheet {
    fn header(&self) -> &[String] {
        &self.header
    }

    fn first_line(&self) -> usize {
        1
    }

    fn rows(&mut self, _mapping: &Mapping, take: &mut dyn FnMut(usize, &[Cell<'_>]), faults: &mut dyn FnMut(Fault)) {
        let mut line = 1;
        for batch in self.reader.by_ref() {
            let columns = batch.map_err(|error| error.to_string()).and_then(|batch| Ok((columns(&batch)?, batch)));
            match columns {
                Ok((columns, batch)) => {
                    for row in 0..batch.num_rows() {
                        let cells: Vec<Cell<'_>> = columns.iter().map(|column| column.cell(row)).collect();
                        take(line, &cells);
                        line += 1;
                    }
                }
                Err(error) => {
                    faults(whole_file(&self.name, FaultKind::UnreadableFile, &error, ".parquet"));
                    return;
                }
            }
        }
    }
}

fn columns(batch: &RecordBatch) -> Result<Vec<Column>, String> {
    let column = |array: &datafusion::arrow::array::ArrayRef| {
        let of = |to: &DataType| cast(array, to).map_err(|error| error.to_string());
        match array.data_type() {
            DataType::Timestamp(_, zone) => {
                let moments = of(&DataType::Timestamp(TimeUnit::Microsecond, zone.clone()))?;
                Ok(Column::Moments(moments, zone.is_some()))
            }
            other if other.is_numeric() => Ok(Column::Numbers(of(&DataType::Float64)?)),
            _ => Ok(Column::Texts(of(&DataType::Utf8)?)),
        }
    };
    batch.columns().iter().map(column).collect()
}

impl Column {
    fn cell(&self, row: usize) -> Cell<'_> {
        match self {
            Column::Texts(array) if array.is_valid(row) => Cell::Text(array.as_string::<i32>().value(row)),
            Column::Numbers(array) if array.is_valid(row) => {
                Cell::Number(array.as_primitive::<Float64Type>().value(row))
            }
            Column::Moments(array, is_instant) if array.is_valid(row) => {
                let at_us = array.as_primitive::<TimestampMicrosecondType>().value(row);
                if *is_instant { Cell::Instant(at_us) } else { Cell::Local(at_us) }
            }
            _ => Cell::Empty,
        }
    }
}
