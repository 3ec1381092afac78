//! Parquet files: what columns they have, and rows to bytes. Rows are sorted by meter and time, so that a meter's
//! readings lie together and steps between moments repeat.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch, StringViewArray, TimestampMicrosecondArray,
};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::{Compression, Encoding, ZstdLevel};
use datafusion::parquet::file::properties::WriterProperties;
use datafusion::parquet::schema::types::ColumnPath;
use sha2::{Digest, Sha256};
use store::{NewSegment, SegmentKind};
use uuid::Uuid;

use crate::rollup::Bucket;
use crate::time::Month;

/// Rows that are skipped or read together; a meter's month at a quarter of an hour is 2,976.
const ROWS_PER_GROUP: usize = 131_072;

pub(crate) const UTC: &str = "+00:00";

pub(crate) fn schema(kind: SegmentKind) -> SchemaRef {
    let required = |name: &str, of: DataType| Field::new(name, of, false);
    let mut fields = vec![required("meter", DataType::Utf8View)];
    match kind {
        SegmentKind::Raw => {
            fields.push(required("at", DataType::Timestamp(TimeUnit::Microsecond, Some(UTC.into()))));
            fields.push(required("value", DataType::Float64));
        }
        SegmentKind::Hour | SegmentKind::Day | SegmentKind::Month => {
            let of = match kind {
                SegmentKind::Hour => DataType::Timestamp(TimeUnit::Microsecond, None),
                _ => DataType::Date32,
            };
            fields.push(required(kind.code(), of));
            fields.push(required("count", DataType::Int64));
            fields.extend(["sum", "min", "max"].map(|name| required(name, DataType::Float64)));
        }
    }
    Arc::new(Schema::new(fields))
}

/// Rows on their way into one file.
pub(crate) struct Encoder {
    kind: SegmentKind,
    writer: ArrowWriter<Vec<u8>>,
    rows: i64,
    min_at_us: i64,
    max_at_us: i64,
}

/// A file in memory.
pub(crate) struct Encoded {
    pub(crate) listed: NewSegment,
    pub(crate) bytes: Vec<u8>,
}

impl Encoder {
    pub(crate) fn new(kind: SegmentKind) -> anyhow::Result<Encoder> {
        let writer = ArrowWriter::try_new(Vec::new(), schema(kind), Some(properties(kind)?))?;
        Ok(Encoder { kind, writer, rows: 0, min_at_us: i64::MAX, max_at_us: i64::MIN })
    }

    /// Adds raw readings, sorted by meter and time.
    pub(crate) fn raw<'a>(&mut self, rows: impl Iterator<Item = (&'a str, i64, f64)>) -> anyhow::Result<()> {
        let (mut meters, mut moments, mut values) = (Vec::new(), Vec::new(), Vec::new());
        for (meter, at_us, value) in rows {
            meters.push(meter);
            moments.push(at_us);
            values.push(value);
        }
        let columns: [ArrayRef; 3] = [
            Arc::new(StringViewArray::from_iter_values(meters)),
            Arc::new(TimestampMicrosecondArray::from(moments).with_timezone(UTC)),
            Arc::new(Float64Array::from(values)),
        ];
        self.batch(&RecordBatch::try_new(schema(SegmentKind::Raw), columns.to_vec())?)
    }

    /// Adds raw readings as they were read.
    pub(crate) fn batch(&mut self, batch: &RecordBatch) -> anyhow::Result<()> {
        use datafusion::arrow::array::AsArray;
        use datafusion::arrow::datatypes::TimestampMicrosecondType;
        let moments = batch.column(1).as_primitive::<TimestampMicrosecondType>().values();
        for at_us in moments {
            self.min_at_us = self.min_at_us.min(*at_us);
            self.max_at_us = self.max_at_us.max(*at_us);
        }
        self.rows += batch.num_rows() as i64;
        Ok(self.writer.write(batch)?)
    }

    /// Adds rollups. `ahead_us` turns their local moments into those of the manifest.
    pub(crate) fn buckets(&mut self, rows: &[Bucket], ahead_us: i64) -> anyhow::Result<()> {
        use crate::time::DAY_US;
        let starts = rows.iter().map(|row| row.start_local_us);
        let start: ArrayRef = match self.kind {
            SegmentKind::Hour => Arc::new(TimestampMicrosecondArray::from_iter_values(starts.clone())),
            _ => Arc::new(Date32Array::from_iter_values(starts.clone().map(|us| us.div_euclid(DAY_US) as i32))),
        };
        for start in starts {
            self.min_at_us = self.min_at_us.min(start - ahead_us);
            self.max_at_us = self.max_at_us.max(start - ahead_us);
        }
        let columns: Vec<ArrayRef> = vec![
            Arc::new(StringViewArray::from_iter_values(rows.iter().map(|row| &row.meter))),
            start,
            Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.count))),
            Arc::new(Float64Array::from_iter_values(rows.iter().map(|row| row.sum))),
            Arc::new(Float64Array::from_iter_values(rows.iter().map(|row| row.min))),
            Arc::new(Float64Array::from_iter_values(rows.iter().map(|row| row.max))),
        ];
        self.rows += rows.len() as i64;
        Ok(self.writer.write(&RecordBatch::try_new(schema(self.kind), columns)?)?)
    }

    /// The file, and how the manifest will list it: under a name that was never used.
    pub(crate) fn finish(self, park: &str, month: &Month) -> anyhow::Result<Encoded> {
        let bytes = self.writer.into_inner()?;
        let path = format!("{park}/{}/{}-{}.parquet", month.code(), self.kind.code(), Uuid::now_v7().simple());
        let listed = NewSegment {
            kind: self.kind,
            month: month.code(),
            path,
            rows: self.rows,
            bytes: bytes.len() as i64,
            min_at_us: self.min_at_us,
            max_at_us: self.max_at_us,
            sha256: hexadecimal(&Sha256::digest(&bytes)),
        };
        Ok(Encoded { listed, bytes })
    }
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn properties(kind: SegmentKind) -> anyhow::Result<WriterProperties> {
    let column = |name: &str| ColumnPath::from(name);
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .set_max_row_group_row_count(Some(ROWS_PER_GROUP));
    if kind == SegmentKind::Raw {
        // Steps between moments repeat; the values of a meter with few digits do as well, and where they do not,
        // their bytes are sorted by place.
        properties = properties
            .set_column_dictionary_enabled(column("at"), false)
            .set_column_encoding(column("at"), Encoding::DELTA_BINARY_PACKED)
            .set_column_encoding(column("value"), Encoding::BYTE_STREAM_SPLIT);
    }
    Ok(properties.build())
}
