//! Single streams: declared when a proposal is confirmed, withdrawn when that is taken back.

use anyhow::Context;
use engine::ids::{EnterpriseId, ParkId, StreamId};
use engine::park::Stream;
use serde::{Deserialize, Serialize};
use sqlx::AnyConnection;

use super::load::{STREAM_COLUMNS, stream};
use super::save::{stream_row, stream_rows};
use crate::audit::{Change, Write};
use crate::sql::{Columns, query, text};

/// A stream with its place in the sheet; the audit log tells all of it, so that the log can be held against the data.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct StreamTold {
    pub(crate) position: i64,
    /// Its quantity with every digit: a number of JSON may lose the last one.
    value: String,
    stream: Stream,
}

impl StreamTold {
    fn new(position: i64, stream: Stream) -> StreamTold {
        StreamTold { position, value: format!("{:?}", stream.quantity.value), stream }
    }

    /// The stream as it was kept.
    pub(crate) fn stream(mut self) -> Option<Stream> {
        self.stream.quantity.value = self.value.parse().ok()?;
        Some(self.stream)
    }
}

/// Adds a stream at the end of the sheet, under its identifier or, where that is taken, the next free one.
pub(crate) async fn add(write: &mut Write, park: &ParkId, mut new: Stream) -> anyhow::Result<StreamId> {
    let connection = write.connection();
    let wanted = new.id.clone();
    let mut number = 2;
    while kept(connection, park, &new.id).await?.is_some() {
        new.id = StreamId::new(format!("{wanted}-{number}"));
        number += 1;
    }
    let sql = "select max(position) from stream where park_id = $1";
    let row = query(sql).bind(text(park.as_str())).row(connection).await?.context("a maximum gives a row")?;
    let position = Columns::of(&row).maybe_whole()?.map_or(0, |last| last + 1);
    let mut rows = stream_rows(park);
    rows.push(stream_row(position, &new));
    rows.insert(connection).await?;
    let id = new.id.clone();
    let row = about("add", park, &new.enterprise, &id);
    write.also(row.told(None, Some(serde_json::to_value(StreamTold::new(position, new))?))).await?;
    Ok(id)
}

/// Takes a stream away. One that an import has taken away already, or has filled in, stays as the import left it.
pub(crate) async fn withdraw(
    write: &mut Write,
    park: &ParkId,
    enterprise: &EnterpriseId,
    id: &StreamId,
) -> anyhow::Result<()> {
    let Some(kept) = kept(write.connection(), park, id).await? else { return Ok(()) };
    if kept.stream.enterprise != *enterprise || !is_bare(write.connection(), park, &kept.stream).await? {
        return Ok(());
    }
    let sql = "delete from stream where park_id = $1 and id = $2";
    query(sql).bind(text(park.as_str())).bind(text(id.as_str())).execute(write.connection()).await?;
    let row = about("withdraw", park, enterprise, id);
    write.also(row.told(Some(serde_json::to_value(kept)?), None)).await
}

/// Every stream of a park with its place in the sheet.
pub(crate) async fn positions(connection: &mut AnyConnection, park: &ParkId) -> anyhow::Result<Vec<(i64, StreamId)>> {
    let sql = "select position, id from stream where park_id = $1 order by position";
    let rows = query(sql).bind(text(park.as_str())).rows(connection).await?;
    let place = |row| {
        let mut columns = Columns::of(row);
        Ok((columns.whole()?, StreamId::new(columns.text()?)))
    };
    rows.iter().map(place).collect()
}

fn about(action: &'static str, park: &ParkId, enterprise: &EnterpriseId, id: &StreamId) -> Change {
    Change::new(action, "stream", format!("{park}/{id}")).of_park(park).of_enterprise(enterprise)
}

async fn kept(connection: &mut AnyConnection, park: &ParkId, id: &StreamId) -> anyhow::Result<Option<StreamTold>> {
    let sql = format!("select position, {STREAM_COLUMNS} from stream where park_id = $1 and id = $2");
    let row = query(sql).bind(text(park.as_str())).bind(text(id.as_str())).row(connection).await?;
    let told = |row| {
        let mut columns = Columns::of(row);
        Ok(StreamTold::new(columns.whole()?, stream(&mut columns)?))
    };
    row.as_ref().map(told).transpose()
}

/// Whether it says no more than a confirmation does: neither price, nor temperature, nor composition.
async fn is_bare(connection: &mut AnyConnection, park: &ParkId, kept: &Stream) -> anyhow::Result<bool> {
    let figures = [kept.price_vnd, kept.treatment_vnd, kept.temperature_c];
    let of_composition = "select substance from composition where park_id = $1 and stream_id = $2";
    let of_plants = "select id from shared_plant where park_id = $1 and (input_id = $2 or output_id = $2)";
    for sql in [of_composition, of_plants] {
        let query = query(sql).bind(text(park.as_str())).bind(text(kept.id.as_str()));
        if query.row(connection).await?.is_some() {
            return Ok(false);
        }
    }
    Ok(figures.iter().all(Option::is_none))
}
