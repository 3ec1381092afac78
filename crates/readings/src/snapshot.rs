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

/// Files by what must be done with them: a month of a park is clean when nothing came after its last compaction.
#[derive(Default)]
struct Parts {
    clean: BTreeMap<SegmentKind, Vec<TableFile>>,
    touched: BTreeMap<SegmentKind, Vec<TableFile>>,
    /// Batches that came since, alone in their month or several.
    fresh_single: Vec<TableFile>,
    fresh_many: Vec<TableFile>,
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
        let is_folded = parts.fresh_single.is_empty() && parts.fresh_many.is_empty();
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
        for files in fresh.into_values() {
            let of = if files.len() == 1 { &mut parts.fresh_single } else { &mut parts.fresh_many };
            of.extend(files.into_iter().cloned());
        }
        parts
    }
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
        tables.push(("fresh_single".to_string(), SegmentKind::Raw, parts.fresh_single));
        tables.push(("fresh_many".to_string(), SegmentKind::Raw, parts.fresh_many));
        for (name, kind, of) in tables {
            if of.is_empty() {
                self.empty.insert(name.clone());
            }
            self.parts.register_table(name, Arc::new(SegmentTable::new(kind, &files.url, of)))?;
        }
        Ok(())
    }

    /// The rows of all these, each made of the part named first. A part without files is left out: it costs planning, and
    /// a cluster loses count of the tasks of a plan that holds one.
    fn union(&self, parts: &[(&str, &str)]) -> String {
        let filled: Vec<&str> = parts.iter().filter(|(of, _)| !self.empty.contains(*of)).map(|(_, sql)| *sql).collect();
        match (&filled[..], parts) {
            ([], [.., (_, sql)]) => sql.to_string(),
            (filled, _) => filled.join(" union all "),
        }
    }

    /// Where nothing came since the last folding there is nothing to lay over it, and little to plan.
    async fn register_folded(&self) -> anyhow::Result<()> {
        self.part("raw", &format!("select {MOMENT} from raw_clean")).await?;
        for kind in ["hour", "day", "month"] {
            let of = format!("select park, meter, {kind}, count, sum, min, max from {kind}_clean");
            self.part(&format!("{kind}_all"), &of).await?;
        }
        Ok(())
    }

    async fn register_raw(&self) -> anyhow::Result<()> {
        // Every moment's last word, of what came after compaction.
        let single = "select park, ahead_us, meter, at, value from fresh_single";
        let many = "select park, ahead_us, meter, at, last_value(value order by seq) as value from fresh_many \
                    group by park, ahead_us, meter, at";
        self.part("fresh", &self.union(&[("fresh_single", single), ("fresh_many", many)])).await?;
        let single = "select park, ahead_us, meter, at from fresh_single";
        let many = "select park, ahead_us, meter, at from fresh_many";
        self.part("fresh_moments", &self.union(&[("fresh_single", single), ("fresh_many", many)])).await?;
        // Of months that are touched: the folded files where nothing later speaks, and what is later.
        let folded = "select b.park, b.ahead_us, b.meter, b.at, b.value from raw_touched b \
                      left anti join fresh_moments f on b.park = f.park and b.meter = f.meter and b.at = f.at";
        let later = format!("select {MOMENT} from fresh");
        self.part("touched_raw", &self.union(&[("raw_touched", folded), ("fresh", &later)])).await?;
        let (clean, touched) = (format!("select {MOMENT} from raw_clean"), format!("select {MOMENT} from touched_raw"));
        self.part("raw", &self.union(&[("raw_clean", &clean), ("touched_raw", &touched)])).await?;
        let days = format!("select distinct park, meter, cast({LOCAL} as date) as day from fresh_moments");
        self.part("touched_days", &days).await?;
        let recounted = format!(
            "select r.park, r.meter, r.local, r.value from \
             (select park, meter, {LOCAL} as local, value from touched_raw) r \
             left semi join touched_days t on r.park = t.park and r.meter = t.meter and cast(r.local as date) = t.day"
        );
        self.part("recounted", &recounted).await?;
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
            self.part(&recounted, &self.union(&[(&touched, &kept), ("recounted", &anew)])).await?;
            let of = format!("select park, meter, {kind}, count, sum, min, max from");
            let parts = [(format!("{of} {clean}"), clean), (format!("{of} {recounted}"), recounted)];
            let parts = parts.each_ref().map(|(sql, of)| (of.as_str(), sql.as_str()));
            self.part(&format!("{kind}_all"), &self.union(&parts)).await?;
        }
        let folded = "select park, meter, month, count, sum, min, max from month_clean";
        let anew = "select park, meter, cast(date_trunc('month', day) as date) as month, \
                    cast(sum(count) as bigint) as count, sum(sum) as sum, min(min) as min, max(max) as max \
                    from day_recounted group by park, meter, cast(date_trunc('month', day) as date)";
        self.part("month_all", &self.union(&[("month_clean", folded), ("day_recounted", anew)])).await
    }

    async fn part(&self, name: &str, sql: &str) -> anyhow::Result<()> {
        let view = self.parts.sql(sql).await?.into_view();
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
