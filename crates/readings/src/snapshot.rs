//! The tables that a query sees: one state of the manifest, of what a scope covers.
//!
//! `readings` is the folded files without the moments of which a later batch speaks, and the latest word on those.
//! A rollup is that of the folded files for every meter and day of which no later batch speaks, and added up anew for
//! the others; so it is the sum of the readings at every moment, whether compaction has run or not.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, BooleanArray, Int64Array, RecordBatch, StringViewArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::datasource::MemTable;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::prelude::{DataFrame, SessionConfig, SessionContext};
use engine::ids::ParkId;
use store::{Scope, SeenMeter, Segment, SegmentKind};

use crate::place::Files;
use crate::table::{SegmentTable, TableFile};
use crate::{Readings, place};

/// What all queries of a program together may hold in memory; beyond it they go to the disk or stop with a reason.
const MEMORY_BYTES: usize = 2 << 30;

pub(crate) fn runtime(files: &Files) -> anyhow::Result<Arc<RuntimeEnv>> {
    let pool = Arc::new(FairSpillPool::new(MEMORY_BYTES));
    let runtime = RuntimeEnvBuilder::new().with_memory_pool(pool).build_arc()?;
    runtime.register_object_store(files.url.as_ref(), Arc::clone(&files.store));
    Ok(runtime)
}

/// The tables of one state.
pub(crate) struct Snapshot {
    /// Knows the tables that may be asked, and no others.
    pub(crate) context: SessionContext,
    /// Knows what they are made of as well.
    parts: SessionContext,
    /// The parts in which there is no file.
    empty: BTreeSet<String>,
}

/// Files by what must be done with them: a month of a park is clean when nothing came after its last compaction, touched
/// when something did, and new when it was never folded.
#[derive(Default)]
struct Parts {
    clean: BTreeMap<SegmentKind, Vec<TableFile>>,
    touched: BTreeMap<SegmentKind, Vec<TableFile>>,
    /// Batches of touched months: those that alone speak of their time, and those that others may contradict.
    later_single: Vec<TableFile>,
    later_many: Vec<TableFile>,
    /// Batches of new months, alike.
    new_single: Vec<TableFile>,
    new_many: Vec<TableFile>,
}

impl Readings {
    /// The tables as they are now, of a park or of all in scope.
    pub(crate) async fn snapshot(&self, scope: &Scope, park: Option<&ParkId>) -> anyhow::Result<Snapshot> {
        self.snapshot_in(|| Ok(self.local_session()), scope, park).await
    }

    /// The tables as they are now, asked on the cluster where there is one. Pages ask for what rollups answer and do not
    /// come this way.
    pub(crate) async fn snapshot_of_all(&self, scope: &Scope) -> anyhow::Result<Snapshot> {
        self.snapshot_in(|| self.session(), scope, None).await
    }

    fn local_session(&self) -> SessionContext {
        let config = SessionConfig::new().with_information_schema(false);
        SessionContext::new_with_config_rt(config, Arc::clone(&self.inner.runtime))
    }

    fn session(&self) -> anyhow::Result<SessionContext> {
        #[cfg(feature = "cluster")]
        if let Some(cluster) = &self.inner.cluster {
            return cluster.session(&self.inner.runtime);
        }
        Ok(self.local_session())
    }

    async fn snapshot_in(
        &self,
        session: impl Fn() -> anyhow::Result<SessionContext>,
        scope: &Scope,
        park: Option<&ParkId>,
    ) -> anyhow::Result<Snapshot> {
        let store = self.store();
        let segments = store.segments(scope, park).await?;
        let meters = store.seen_meters(scope, park).await?;
        let offsets = store.utc_offsets(scope).await?;
        let files: Vec<(Segment, TableFile)> = segments
            .into_iter()
            .map(|segment| {
                let ahead_us = offsets.get(&segment.park).copied().unwrap_or_default();
                let file = table_file(self.files(), &segment, ahead_us);
                (segment, file)
            })
            .collect();
        let mut snapshot = Snapshot { context: session()?, parts: session()?, empty: BTreeSet::new() };
        self.register(&mut snapshot, &files).await?;
        snapshot.register_public(&meters, scope.covers_everything()).await?;
        Ok(snapshot)
    }

    /// The parts over these files, asked here.
    pub(crate) async fn snapshot_of(&self, files: &[(Segment, TableFile)]) -> anyhow::Result<Snapshot> {
        let (context, parts) = (self.local_session(), self.local_session());
        let mut snapshot = Snapshot { context, parts, empty: BTreeSet::new() };
        self.register(&mut snapshot, files).await?;
        Ok(snapshot)
    }

    async fn register(&self, snapshot: &mut Snapshot, files: &[(Segment, TableFile)]) -> anyhow::Result<()> {
        let parts = Parts::of(files);
        let is_folded = parts.batches().next().is_none();
        snapshot.register_parts(self.files(), parts)?;
        if is_folded { snapshot.register_folded().await } else { snapshot.register_raw().await }
    }
}

pub(crate) fn table_file(files: &place::Files, segment: &Segment, ahead_us: i64) -> TableFile {
    TableFile {
        path: files.object(&segment.file.path),
        bytes: segment.file.bytes as u64,
        rows: segment.file.rows as usize,
        min_at_us: segment.file.min_at_us,
        max_at_us: segment.file.max_at_us,
        park: segment.park.to_string(),
        seq: segment.seq,
        ahead_us,
    }
}

impl Parts {
    fn of(files: &[(Segment, TableFile)]) -> Parts {
        let mut fresh: BTreeMap<(&ParkId, &str), Vec<&TableFile>> = BTreeMap::new();
        for (segment, file) in files.iter().filter(|(segment, _)| segment.level == 0) {
            fresh.entry((&segment.park, segment.file.month.as_str())).or_default().push(file);
        }
        let mut parts = Parts::default();
        for (segment, file) in files.iter().filter(|(segment, _)| segment.level > 0) {
            let is_touched = fresh.contains_key(&(&segment.park, segment.file.month.as_str()));
            let of = if is_touched { &mut parts.touched } else { &mut parts.clean };
            of.entry(segment.file.kind).or_default().push(file.clone());
        }
        let folded: BTreeSet<(&ParkId, &str)> = files
            .iter()
            .filter(|(segment, _)| segment.level > 0)
            .map(|(segment, _)| (&segment.park, segment.file.month.as_str()))
            .collect();
        for (month, files) in fresh {
            for stretch in stretches(files) {
                let of = match (folded.contains(&month), stretch.len()) {
                    (true, 1) => &mut parts.later_single,
                    (true, _) => &mut parts.later_many,
                    (false, 1) => &mut parts.new_single,
                    (false, _) => &mut parts.new_many,
                };
                of.extend(stretch.into_iter().cloned());
            }
        }
        parts
    }

    fn batches(&self) -> impl Iterator<Item = &TableFile> {
        [&self.later_single, &self.later_many, &self.new_single, &self.new_many].into_iter().flatten()
    }
}

/// Files that overlap in time, together.
fn stretches(mut files: Vec<&TableFile>) -> Vec<Vec<&TableFile>> {
    files.sort_by_key(|file| file.min_at_us);
    let mut stretches: Vec<Vec<&TableFile>> = Vec::new();
    let mut end_us = i64::MIN;
    for file in files {
        match stretches.last_mut() {
            Some(stretch) if file.min_at_us <= end_us => stretch.push(file),
            _ => stretches.push(vec![file]),
        }
        end_us = end_us.max(file.max_at_us);
    }
    stretches
}

const MOMENT: &str = "park, ahead_us, meter, at, value";

const LOCAL: &str = "to_timestamp_micros(cast(at as bigint) + ahead_us)";

impl Snapshot {
    fn register_parts(&mut self, files: &Files, mut parts: Parts) -> anyhow::Result<()> {
        let mut tables: Vec<(String, SegmentKind, Vec<TableFile>)> = Vec::new();
        for kind in SegmentKind::ALL {
            let code = kind.code();
            tables.push((format!("{code}_clean"), kind, parts.clean.remove(&kind).unwrap_or_default()));
            tables.push((format!("{code}_touched"), kind, parts.touched.remove(&kind).unwrap_or_default()));
        }
        for (name, of) in [
            ("later_single", parts.later_single),
            ("later_many", parts.later_many),
            ("new_single", parts.new_single),
            ("new_many", parts.new_many),
        ] {
            tables.push((name.to_string(), SegmentKind::Raw, of));
        }
        for (name, kind, of) in tables {
            if of.is_empty() {
                self.empty.insert(name.clone());
            }
            self.parts.register_table(name, Arc::new(SegmentTable::new(kind, &files.url, of)))?;
        }
        Ok(())
    }

    /// Where nothing came since the last folding there is nothing to lay over it, and little to plan.
    async fn register_folded(&mut self) -> anyhow::Result<()> {
        self.part("raw", &[("raw_clean", &format!("select {MOMENT} from raw_clean"))]).await?;
        for kind in ["hour", "day", "month"] {
            let clean = format!("{kind}_clean");
            let sql = format!("select park, meter, {kind}, count, sum, min, max from {clean}");
            self.part(&format!("{kind}_all"), &[(&clean, &sql)]).await?;
        }
        Ok(())
    }

    async fn register_raw(&mut self) -> anyhow::Result<()> {
        // Every moment's last word, of what came after compaction.
        for of in ["later", "new"] {
            let single = format!("select {MOMENT} from {of}_single");
            let many = format!(
                "select park, ahead_us, meter, at, last_value(value order by seq) as value from {of}_many \
                 group by park, ahead_us, meter, at"
            );
            let (of_single, of_many) = (format!("{of}_single"), format!("{of}_many"));
            self.part(of, &[(&of_single, &single), (&of_many, &many)]).await?;
        }
        let single = "select park, ahead_us, meter, at from later_single";
        let many = "select park, ahead_us, meter, at from later_many";
        self.part("later_moments", &[("later_single", single), ("later_many", many)]).await?;
        // Of months that are touched: the folded files where nothing later speaks, and what is later. What is later is
        // mostly the smaller side, and the left one is held in memory.
        let folded = "select b.park, b.ahead_us, b.meter, b.at, b.value from later_moments f \
                      right anti join raw_touched b on b.park = f.park and b.meter = f.meter and b.at = f.at";
        let later = format!("select {MOMENT} from later");
        self.part("touched_raw", &[("raw_touched", folded), ("later", &later)]).await?;
        let moments = |of: &str| format!("select {MOMENT} from {of}");
        let (clean, touched, new) = (moments("raw_clean"), moments("touched_raw"), moments("new"));
        self.part("raw", &[("raw_clean", &clean), ("touched_raw", &touched), ("new", &new)]).await?;
        let days = format!("select distinct park, meter, cast({LOCAL} as date) as day from later_moments");
        self.part("touched_days", &[("later_moments", &days)]).await?;
        let touched = format!(
            "select r.park, r.meter, r.local, r.value from touched_days t \
             right semi join (select park, meter, {LOCAL} as local, value from touched_raw) r \
             on r.park = t.park and r.meter = t.meter and cast(r.local as date) = t.day"
        );
        let new = format!("select park, meter, {LOCAL} as local, value from new");
        self.part("recounted", &[("touched_raw", &touched), ("new", &new)]).await?;
        for (kind, start, day) in
            [("hour", "date_trunc('hour', local)", "cast(h.hour as date)"), ("day", "cast(local as date)", "h.day")]
        {
            let kept = format!(
                "select h.park, h.meter, h.{kind}, h.count, h.sum, h.min, h.max from {kind}_touched h \
                 left anti join touched_days t on h.park = t.park and h.meter = t.meter and {day} = t.day"
            );
            let anew = format!(
                "select park, meter, {start} as {kind}, count(*) as count, sum(value) as sum, min(value) as min, \
                 max(value) as max from recounted group by park, meter, {start}"
            );
            let (clean, touched) = (format!("{kind}_clean"), format!("{kind}_touched"));
            let recounted = format!("{kind}_recounted");
            self.part(&recounted, &[(&touched, &kept), ("recounted", &anew)]).await?;
            let of = format!("select park, meter, {kind}, count, sum, min, max from");
            let parts = [(&clean, format!("{of} {clean}")), (&recounted, format!("{of} {recounted}"))];
            let parts = parts.each_ref().map(|(of, sql)| (of.as_str(), sql.as_str()));
            self.part(&format!("{kind}_all"), &parts).await?;
        }
        let folded = "select park, meter, month, count, sum, min, max from month_clean";
        let anew = "select park, meter, cast(date_trunc('month', day) as date) as month, \
                    cast(sum(count) as bigint) as count, sum(sum) as sum, min(min) as min, max(max) as max \
                    from day_recounted group by park, meter, cast(date_trunc('month', day) as date)";
        self.part("month_all", &[("month_clean", folded), ("day_recounted", anew)]).await
    }

    /// Makes a part of the rows of others, each named with what is taken of it. One without files is left out: it costs
    /// planning, and a cluster loses count of the tasks of a plan that holds one.
    async fn part(&mut self, name: &str, of: &[(&str, &str)]) -> anyhow::Result<()> {
        let filled: Vec<&str> = of.iter().filter(|(of, _)| !self.empty.contains(*of)).map(|(_, sql)| *sql).collect();
        if filled.is_empty() {
            self.empty.insert(name.to_string());
        }
        let sql = match (&filled[..], of) {
            ([], [.., (_, sql)]) => sql.to_string(),
            (filled, _) => filled.join(" union all "),
        };
        let view = self.parts.sql(&sql).await?.into_view();
        self.parts.register_table(name, view)?;
        Ok(())
    }

    /// The tables of the guide. Where somebody may see only some meters, the others are not there.
    async fn register_public(&self, meters: &[SeenMeter], sees_all: bool) -> anyhow::Result<()> {
        let meters = Arc::new(meter_table(meters)?);
        self.parts.register_table("meters", meters.clone())?;
        self.context.register_table("meters", meters)?;
        let semi = if sees_all { "" } else { "left semi join meters m on r.park = m.park and r.meter = m.meter" };
        let readings = format!("select r.park, r.meter, r.at, {LOCAL} as local, r.value from raw r {semi}");
        self.public("readings", &readings).await?;
        let join = if sees_all { "left join" } else { "join" };
        for (kind, span) in [
            ("hour", "case when m.step_us <= 3600000000 then 3600000000 end"),
            ("day", "86400000000"),
            (
                "month",
                "cast(date_part('day', r.month + interval '1 month' - interval '1 day') as bigint) * 86400000000",
            ),
        ] {
            let rollup = format!(
                "select r.park, r.meter, r.{kind}, r.count, r.sum, r.min, r.max, \
                 cast({span} / m.step_us as bigint) as expected \
                 from {kind}_all r {join} meters m on r.park = m.park and r.meter = m.meter"
            );
            self.public(&format!("readings_{kind}"), &rollup).await?;
        }
        Ok(())
    }

    async fn public(&self, name: &str, sql: &str) -> anyhow::Result<()> {
        self.context.register_table(name, self.parts.sql(sql).await?.into_view())?;
        Ok(())
    }

    /// Asks the parts too; for this crate's own questions.
    pub(crate) async fn ask(&self, sql: &str) -> anyhow::Result<DataFrame> {
        Ok(self.parts.sql(sql).await?)
    }

    /// Registers a table of our own beside the parts.
    pub(crate) fn with_table(&self, name: &str, batch: RecordBatch) -> anyhow::Result<()> {
        let table = MemTable::try_new(batch.schema(), vec![vec![batch]])?;
        self.parts.register_table(name, Arc::new(table))?;
        Ok(())
    }
}

fn meter_table(meters: &[SeenMeter]) -> anyhow::Result<MemTable> {
    let text = |name: &str| Field::new(name, DataType::Utf8View, false);
    let schema = Arc::new(Schema::new(vec![
        text("park"),
        text("meter"),
        text("enterprise"),
        text("resource"),
        text("unit"),
        text("name_vi"),
        text("name_en"),
        Field::new("is_main", DataType::Boolean, false),
        Field::new("step_us", DataType::Int64, true),
    ]));
    // Two meters of one name would count each reading twice in a join.
    let mut seen = BTreeSet::new();
    let meters: Vec<&SeenMeter> = meters.iter().filter(|meter| seen.insert((&meter.park, &meter.id))).collect();
    let column = |of: fn(&SeenMeter) -> &str| -> ArrayRef {
        Arc::new(StringViewArray::from_iter_values(meters.iter().map(|meter| of(meter))))
    };
    let columns: Vec<ArrayRef> = vec![
        column(|meter| meter.park.as_str()),
        column(|meter| meter.id.as_str()),
        column(|meter| meter.enterprise.as_str()),
        column(|meter| meter.resource.as_str()),
        column(|meter| &meter.unit),
        column(|meter| &meter.name.vi),
        column(|meter| &meter.name.en),
        Arc::new(BooleanArray::from_iter(meters.iter().map(|meter| Some(meter.is_main)))),
        Arc::new(Int64Array::from_iter(meters.iter().map(|meter| meter.state.step_us))),
    ];
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns)?;
    Ok(MemTable::try_new(schema, vec![vec![batch]])?)
}
