//! The manifest of readings: batches as they came and the files that hold them. The transaction here is the moment at
//! which a batch exists; files that are not listed do not count, whatever lies in the folder.

use std::collections::BTreeMap;

use anyhow::Context;
use engine::ids::{EnterpriseId, MeterId, ParkId, ResourceId};
use engine::language::Label;
use serde::Serialize;
use serde_json::json;
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use crate::audit::Change;
use crate::sql::{Columns, Rows, maybe_number, maybe_whole, query, text, whole};
use crate::{Actor, Scope, Store};

/// What the rows of a file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SegmentKind {
    Raw,
    Hour,
    Day,
    Month,
}

impl SegmentKind {
    pub const ALL: [SegmentKind; 4] = [SegmentKind::Raw, SegmentKind::Hour, SegmentKind::Day, SegmentKind::Month];

    pub fn code(self) -> &'static str {
        match self {
            SegmentKind::Raw => "raw",
            SegmentKind::Hour => "hour",
            SegmentKind::Day => "day",
            SegmentKind::Month => "month",
        }
    }

    pub fn parse(code: &str) -> Option<SegmentKind> {
        SegmentKind::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// A file that lies where it belongs and is not listed yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewSegment {
    pub kind: SegmentKind,
    /// The park's local month, `2024-03`.
    pub month: String,
    pub path: String,
    pub rows: i64,
    pub bytes: i64,
    pub min_at_us: i64,
    pub max_at_us: i64,
    pub sha256: String,
}

/// A listed file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Segment {
    pub park: ParkId,
    pub file: NewSegment,
    /// 0 as it came, 1 folded.
    pub level: i64,
    pub seq: i64,
}

/// A file as it came, with the batch that brought it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReceivedSegment {
    pub segment: Segment,
    pub source: String,
    pub received_at_us: i64,
    pub received_by: String,
}

/// Readings of one park that were handed in together.
#[derive(Clone, Debug, PartialEq)]
pub struct NewBatch {
    pub park: ParkId,
    pub batch_id: String,
    /// SHA-256 of the readings, sorted.
    pub content: String,
    pub source: String,
    pub readings: i64,
    pub segments: Vec<NewSegment>,
    /// What is known of its meters from now on.
    pub meters: BTreeMap<MeterId, MeterState>,
}

/// What must be known of a meter before its next readings come.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MeterState {
    /// The usual step between two readings, and how often it was seen.
    pub step_us: Option<i64>,
    pub steps_seen: i64,
    /// When a counter was last read, and what it showed.
    pub counter: Option<(i64, f64)>,
}

/// A meter that a scope covers, with what readings need to know of it.
#[derive(Clone, Debug, PartialEq)]
pub struct SeenMeter {
    pub park: ParkId,
    pub id: MeterId,
    pub enterprise: EnterpriseId,
    pub resource: ResourceId,
    pub unit: String,
    pub name: Label,
    pub is_main: bool,
    pub state: MeterState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Committed {
    New {
        seq: i64,
    },
    /// A batch of this name with the same readings is kept already; nothing was written.
    Repeated {
        seq: i64,
    },
}

#[derive(Debug, thiserror::Error)]
pub enum BatchError {
    #[error("there is no park `{0}`")]
    NoPark(ParkId),
    #[error("the key `{0}` was used for other readings")]
    KeyTaken(String),
    #[error(transparent)]
    Store(#[from] anyhow::Error),
}

const COLUMNS: &str = "park_id, kind, month, path, row_count, bytes, min_at_us, max_at_us, sha256, level, seq";

impl Store {
    /// Lists the files of a batch. When this returns, the batch is kept.
    pub async fn add_batch(&self, actor: &Actor, batch: &NewBatch) -> Result<Committed, BatchError> {
        let id = format!("{}/{}", batch.park, batch.batch_id);
        let mut write = self.write(actor, Change::new("add", "reading_batch", id).of_park(&batch.park)).await?;
        if utc_offset(write.connection(), &batch.park).await?.is_none() {
            return Err(BatchError::NoPark(batch.park.clone()));
        }
        if let Some((seq, content)) = batch_named(write.connection(), &batch.park, &batch.batch_id).await? {
            return match content == batch.content {
                true => Ok(Committed::Repeated { seq }),
                false => Err(BatchError::KeyTaken(batch.batch_id.clone())),
            };
        }
        let seq = newest_seq(write.connection(), &batch.park).await? + 1;
        insert_batch(write.connection(), actor, batch, seq).await?;
        insert_segments(write.connection(), &batch.park, &batch.segments, 0, seq, Some(seq)).await?;
        for (meter, state) in &batch.meters {
            keep_state(write.connection(), &batch.park, meter, state).await?;
        }
        let files: Vec<_> = batch.segments.iter().map(|file| json!([file.path, file.rows, file.sha256])).collect();
        let (content, readings) = (&batch.content, batch.readings);
        write.after(Some(json!({ "seq": seq, "content": content, "readings": readings, "files": files })));
        write.commit().await?;
        Ok(Committed::New { seq })
    }

    /// Which number a batch of this name has, and its readings' digest.
    pub async fn batch(&self, scope: &Scope, park: &ParkId, batch_id: &str) -> anyhow::Result<Option<(i64, String)>> {
        batch_named(&mut *self.read_as(scope).await?, park, batch_id).await
    }

    /// The files that hold now, of these parks or of all in scope: one state, whatever is written meanwhile.
    pub async fn segments(&self, scope: &Scope, park: Option<&ParkId>) -> anyhow::Result<Vec<Segment>> {
        let sql = format!(
            "select {COLUMNS} from segment where replaced_at_us is null and ($1 = '' or park_id = $1) \
             order by park_id, month, seq, path"
        );
        let park = text(park.map_or("", ParkId::as_str));
        let rows = query(sql).bind(park).rows(&mut *self.read_as(scope).await?).await?;
        let segments = rows.iter().map(segment).collect::<anyhow::Result<Vec<_>>>()?;
        Ok(segments.into_iter().filter(|segment| scope.covers_park(&segment.park)).collect())
    }

    /// Every file of raw readings as it came, replaced or not, oldest batch first.
    pub async fn received_segments(
        &self,
        scope: &Scope,
        park: &ParkId,
        month: &str,
    ) -> anyhow::Result<Vec<ReceivedSegment>> {
        if !scope.covers_park(park) {
            return Ok(Vec::new());
        }
        let columns = COLUMNS.replace("park_id", "s.park_id").replace("seq", "s.batch_seq");
        let sql = format!(
            "select {columns}, b.source, b.received_at_us, b.received_by from segment s \
             join reading_batch b on b.park_id = s.park_id and b.seq = s.batch_seq \
             where s.park_id = $1 and s.month = $2 and s.kind = 'raw' order by b.seq, s.path"
        );
        let values = [text(park.as_str()), text(month)];
        let rows = query(sql).bind_all(values).rows(&mut *self.read_as(scope).await?).await?;
        let received = |row: &AnyRow| {
            let segment = segment(row)?;
            let mut columns = Columns::of(row);
            columns.skip(COLUMNS.split(", ").count());
            Ok(ReceivedSegment {
                segment,
                source: columns.text()?,
                received_at_us: columns.whole()?,
                received_by: columns.text()?,
            })
        };
        rows.iter().map(received).collect()
    }

    /// Puts folded files in the place of others. False, with nothing written, where one of the others does not hold any
    /// more: somebody else was first. `promoted` is a file as it came that serves as the folded one; `meters` is what
    /// folding showed of them.
    pub async fn replace_segments(
        &self,
        actor: &Actor,
        park: &ParkId,
        (replaced, promoted): (&[Segment], Option<&Segment>),
        new: &[NewSegment],
        meters: &BTreeMap<MeterId, MeterState>,
    ) -> anyhow::Result<bool> {
        let month = new.first().map_or("", |file| file.month.as_str());
        let change = Change::new("compact", "segment", format!("{park}/{month}")).of_park(park);
        let mut write = self.write(actor, change).await?;
        let live = "park_id = $1 and path = $2 and level = $3 and replaced_at_us is null";
        let values = |old: &Segment| [text(park.as_str()), text(&old.file.path), whole(old.level)];
        for old in replaced {
            let sql = format!("update segment set replaced_at_us = $4 where {live}");
            let done = query(sql).bind_all(values(old)).bind(whole(actor.at_us)).execute(write.connection()).await?;
            if done != 1 {
                write.discard().await?;
                return Ok(false);
            }
        }
        if let Some(old) = promoted {
            let sql = format!("update segment set level = 1 where {live}");
            if query(sql).bind_all(values(old)).execute(write.connection()).await? != 1 {
                write.discard().await?;
                return Ok(false);
            }
        }
        let seq = replaced.iter().chain(promoted).map(|old| old.seq).max().unwrap_or_default();
        insert_segments(write.connection(), park, new, 1, seq, None).await?;
        for (meter, state) in meters {
            keep_state(write.connection(), park, meter, state).await?;
        }
        let before: Vec<&str> = replaced.iter().map(|old| old.file.path.as_str()).collect();
        write.before(Some(json!(before)));
        let after: Vec<_> = new.iter().map(|file| json!([file.path, file.rows, file.sha256])).collect();
        write.after(Some(json!({ "seq": seq, "files": after })));
        write.commit().await?;
        Ok(true)
    }

    /// The meters in scope whose readings may be seen, of one park or of all. What a measure claims must be there to
    /// check, whoever the meter belongs to.
    pub async fn seen_meters(&self, scope: &Scope, park: Option<&ParkId>) -> anyhow::Result<Vec<SeenMeter>> {
        let sql = "select m.park_id, m.id, m.enterprise_id, m.resource_id, m.unit, m.name_vi, m.name_en, m.is_main, \
                   r.step_us, coalesce(r.steps_seen, cast(0 as bigint)), r.counter_at_us, r.counter_value, \
                   (select count(*) from measure n where n.park_id = m.park_id and n.meter_id = m.id) from meter m \
                   left join reading_meter r on r.park_id = m.park_id and r.meter_id = m.id \
                   where $1 = '' or m.park_id = $1 order by m.park_id, m.id";
        let park = text(park.map_or("", ParkId::as_str));
        let rows = query(sql).bind(park).rows(&mut *self.read_as(scope).await?).await?;
        let mut meters = Vec::new();
        for row in &rows {
            let (meter, is_named) = seen_meter(row)?;
            let (park, enterprise) = (&meter.park, &meter.enterprise);
            if scope.covers_subject(park, enterprise, crate::Subject::Readings)
                || is_named && scope.covers_enterprise(park, enterprise)
            {
                meters.push(meter);
            }
        }
        Ok(meters)
    }

    /// Tells whether files of readings, or what is known of their meters, may have changed: they change when a batch is
    /// accepted, when a month is folded and when a park is saved.
    pub async fn readings_stamp(&self) -> anyhow::Result<[i64; 3]> {
        let mut read = self.read_as(&Scope::system()).await?;
        let mut stamp = [0; 3];
        for (entity, newest) in ["reading_batch", "segment", "park"].into_iter().zip(&mut stamp) {
            let sql = "select seq from audit where entity = $1 order by seq desc limit 1";
            let row = query(sql).bind(text(entity)).row(&mut read).await?;
            *newest = row.map(|row| Columns::of(&row).whole()).transpose()?.unwrap_or_default();
        }
        Ok(stamp)
    }

    /// How far the local time of each park in scope is ahead of UTC, in microseconds.
    pub async fn utc_offsets(&self, scope: &Scope) -> anyhow::Result<BTreeMap<ParkId, i64>> {
        let rows = query("select id, utc_offset_h from park").rows(&mut *self.read_as(scope).await?).await?;
        let mut offsets = BTreeMap::new();
        for row in &rows {
            let mut columns = Columns::of(row);
            let (park, hours) = (ParkId::new(columns.text()?), columns.number()?);
            if scope.covers_park(&park) {
                offsets.insert(park, microseconds(hours));
            }
        }
        Ok(offsets)
    }

    /// Every path that was ever listed, with the moment at which other files took its place, and whether it is a file
    /// as it came.
    pub async fn listed_paths(&self) -> anyhow::Result<BTreeMap<String, (Option<i64>, bool)>> {
        let sql = "select path, replaced_at_us, batch_seq from segment";
        let mut paths = BTreeMap::new();
        for row in &query(sql).rows(&mut *self.read_as(&Scope::system()).await?).await? {
            let mut columns = Columns::of(row);
            paths.insert(columns.text()?, (columns.maybe_whole()?, columns.maybe_whole()?.is_some()));
        }
        Ok(paths)
    }

    /// Forgets a file that compaction wrote and replaced, before it is removed.
    pub async fn forget_segment(&self, actor: &Actor, park: &ParkId, path: &str) -> anyhow::Result<bool> {
        let mut write = self.write(actor, Change::new("forget", "segment", path).of_park(park)).await?;
        let sql = "delete from segment where park_id = $1 and path = $2 and batch_seq is null \
                   and replaced_at_us is not null";
        let done = query(sql).bind(text(park.as_str())).bind(text(path)).execute(write.connection()).await?;
        if done == 0 {
            write.discard().await?;
            return Ok(false);
        }
        write.commit().await?;
        Ok(true)
    }

    /// What was said of a source's columns.
    pub async fn reading_mapping(&self, scope: &Scope, park: &ParkId, source: &str) -> anyhow::Result<Option<String>> {
        let sql = "select mapping from reading_mapping where park_id = $1 and source = $2";
        let statement = query(sql).bind(text(park.as_str())).bind(text(source));
        let row = statement.row(&mut *self.read_as(scope).await?).await?;
        row.as_ref().map(|row| Columns::of(row).text()).transpose()
    }

    /// Remembers what a source's columns mean. False where it is what was known.
    pub async fn save_reading_mapping(
        &self,
        actor: &Actor,
        park: &ParkId,
        source: &str,
        mapping: &str,
    ) -> anyhow::Result<bool> {
        let known = self.reading_mapping(&Scope::of_park(park), park, source).await?;
        if known.as_deref() == Some(mapping) {
            return Ok(false);
        }
        let change = Change::new("save", "reading_mapping", format!("{park}/{source}")).of_park(park);
        let mut write = self.write(actor, change).await?;
        let sql = "insert into reading_mapping (park_id, source, mapping, saved_at_us, saved_by) \
                   values ($1, $2, $3, $4, $5) on conflict (park_id, source) do update set \
                   mapping = excluded.mapping, saved_at_us = excluded.saved_at_us, saved_by = excluded.saved_by";
        let values = [text(park.as_str()), text(source), text(mapping), whole(actor.at_us), text(&actor.id)];
        query(sql).bind_all(values).execute(write.connection()).await?;
        write.before(known.map(|mapping| json!(mapping)));
        write.after(Some(json!(mapping)));
        write.commit().await?;
        Ok(true)
    }
}

async fn utc_offset(connection: &mut AnyConnection, park: &ParkId) -> anyhow::Result<Option<f64>> {
    let row = query("select utc_offset_h from park where id = $1").bind(text(park.as_str())).row(connection).await?;
    row.as_ref().map(|row| Columns::of(row).number()).transpose()
}

fn microseconds(hours: f64) -> i64 {
    (hours * 3_600_000_000.0).round() as i64
}

async fn batch_named(
    connection: &mut AnyConnection,
    park: &ParkId,
    batch_id: &str,
) -> anyhow::Result<Option<(i64, String)>> {
    let sql = "select seq, content from reading_batch where park_id = $1 and batch_id = $2";
    let Some(row) = query(sql).bind(text(park.as_str())).bind(text(batch_id)).row(connection).await? else {
        return Ok(None);
    };
    let mut columns = Columns::of(&row);
    Ok(Some((columns.whole()?, columns.text()?)))
}

async fn newest_seq(connection: &mut AnyConnection, park: &ParkId) -> anyhow::Result<i64> {
    let sql = "select coalesce(max(seq), cast(0 as bigint)) from reading_batch where park_id = $1";
    let row = query(sql).bind(text(park.as_str())).row(connection).await?.context("a number")?;
    Columns::of(&row).whole()
}

async fn insert_batch(connection: &mut AnyConnection, actor: &Actor, batch: &NewBatch, seq: i64) -> anyhow::Result<()> {
    let columns = ["park_id", "seq", "batch_id", "content", "source", "readings", "received_at_us", "received_by"];
    let mut rows = Rows::of("reading_batch", &[], columns);
    rows.push([
        text(batch.park.as_str()),
        whole(seq),
        text(&batch.batch_id),
        text(&batch.content),
        text(&batch.source),
        whole(batch.readings),
        whole(actor.at_us),
        text(&actor.id),
    ]);
    rows.insert(connection).await
}

async fn insert_segments(
    connection: &mut AnyConnection,
    park: &ParkId,
    files: &[NewSegment],
    level: i64,
    seq: i64,
    batch: Option<i64>,
) -> anyhow::Result<()> {
    let shared = [
        ("park_id", text(park.as_str())),
        ("level", whole(level)),
        ("seq", whole(seq)),
        ("batch_seq", maybe_whole(batch)),
    ];
    let columns = ["kind", "month", "path", "row_count", "bytes", "min_at_us", "max_at_us", "sha256"];
    let mut rows = Rows::of("segment", &shared, columns);
    for file in files {
        rows.push([
            text(file.kind.code()),
            text(&file.month),
            text(&file.path),
            whole(file.rows),
            whole(file.bytes),
            whole(file.min_at_us),
            whole(file.max_at_us),
            text(&file.sha256),
        ]);
    }
    rows.insert(connection).await
}

/// A step seen more often than the one that is known takes its place. A counter's state only goes forward in time.
async fn keep_state(
    connection: &mut AnyConnection,
    park: &ParkId,
    meter: &MeterId,
    state: &MeterState,
) -> anyhow::Result<()> {
    let sql = "insert into reading_meter (park_id, meter_id, step_us, steps_seen, counter_at_us, counter_value) \
               values ($1, $2, $3, $4, $5, $6) on conflict (park_id, meter_id) do update set \
               step_us = case when excluded.steps_seen > reading_meter.steps_seen then excluded.step_us \
                   else reading_meter.step_us end, \
               steps_seen = case when excluded.steps_seen > reading_meter.steps_seen then excluded.steps_seen \
                   else reading_meter.steps_seen end, \
               counter_at_us = case when excluded.counter_at_us >= coalesce(reading_meter.counter_at_us, \
                   excluded.counter_at_us) then excluded.counter_at_us else reading_meter.counter_at_us end, \
               counter_value = case when excluded.counter_at_us >= coalesce(reading_meter.counter_at_us, \
                   excluded.counter_at_us) then excluded.counter_value else reading_meter.counter_value end";
    let values = [
        text(park.as_str()),
        text(meter.as_str()),
        maybe_whole(state.step_us),
        whole(state.steps_seen),
        maybe_whole(state.counter.map(|(at, _)| at)),
        maybe_number(state.counter.map(|(_, value)| value)),
    ];
    query(sql).bind_all(values).execute(connection).await?;
    Ok(())
}

fn segment(row: &AnyRow) -> anyhow::Result<Segment> {
    let mut columns = Columns::of(row);
    let (park, kind) = (ParkId::new(columns.text()?), columns.text()?);
    let file = NewSegment {
        kind: SegmentKind::parse(&kind).with_context(|| format!("`{kind}` is no kind of segment"))?,
        month: columns.text()?,
        path: columns.text()?,
        rows: columns.whole()?,
        bytes: columns.whole()?,
        min_at_us: columns.whole()?,
        max_at_us: columns.whole()?,
        sha256: columns.text()?,
    };
    Ok(Segment { park, file, level: columns.whole()?, seq: columns.whole()? })
}

/// A meter, and whether a measure names it.
fn seen_meter(row: &AnyRow) -> anyhow::Result<(SeenMeter, bool)> {
    let mut columns = Columns::of(row);
    let meter = SeenMeter {
        park: ParkId::new(columns.text()?),
        id: MeterId::new(columns.text()?),
        enterprise: EnterpriseId::new(columns.text()?),
        resource: ResourceId::new(columns.text()?),
        unit: columns.text()?,
        name: columns.label()?,
        is_main: columns.yes_no()?,
        state: MeterState {
            step_us: columns.maybe_whole()?,
            steps_seen: columns.whole()?,
            counter: columns.maybe_whole()?.zip(columns.maybe_number()?),
        },
    };
    Ok((meter, columns.whole()? > 0))
}
