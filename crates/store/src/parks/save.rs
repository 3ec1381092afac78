//! A park into its rows. What hangs on an enterprise goes and comes anew; records keep their history.

use std::collections::BTreeMap;

use anyhow::{Context, bail};
use engine::ids::{EnterpriseId, ParkId, ResourceId};
use engine::park::{Direction, EnterpriseRole, LicenceKind, Park, PhysicalForm, Record, Rhythm, Stream, StreamKind};
use engine::period::Period;
use engine::quantity::Amount;
use engine::source::Digest;
use jiff::Timestamp;
use sqlx::AnyConnection;
use uuid::Uuid;

use super::load::{RECORD_COLUMNS, record};
use super::{Revision, weather, works};
use crate::Actor;
use crate::sql::{
    Cell, Columns, Rows, date, maybe_number, maybe_text, maybe_whole, number, query, text, whole, yes_no,
};

/// Writes the park over what is kept of it, inside the caller's transaction.
pub(super) async fn replace(
    connection: &mut AnyConnection,
    actor: &Actor,
    park: &Park,
    revision: Revision,
    digest: &Digest,
) -> anyhow::Result<()> {
    particulars(connection, actor, park, revision, digest).await?;
    clear(connection, park).await?;
    enterprises(connection, park).await?;
    records(connection, actor, park).await?;
    drivers(connection, park).await?;
    meters(connection, park).await?;
    readings(connection, park).await?;
    weather::save(connection, park).await?;
    streams(connection, park).await?;
    compositions(connection, park).await?;
    works::save(connection, park).await?;
    exchanges(connection, park).await?;
    survey(connection, park).await?;
    facts(connection, park).await?;
    measures(connection, park).await?;
    adjustments(connection, park).await?;
    key_readings(connection, park).await
}

pub(crate) fn role_code(role: EnterpriseRole) -> &'static str {
    match role {
        EnterpriseRole::Tenant => "tenant",
        EnterpriseRole::Utility => "utility",
        EnterpriseRole::Developer => "developer",
    }
}

pub(crate) fn direction_code(direction: Direction) -> &'static str {
    match direction {
        Direction::Give => "give",
        Direction::Take => "take",
    }
}

pub(crate) fn stream_kind_code(kind: StreamKind) -> &'static str {
    match kind {
        StreamKind::Material => "material",
        StreamKind::Water => "water",
        StreamKind::Heat => "heat",
    }
}

async fn particulars(
    connection: &mut AnyConnection,
    actor: &Actor,
    park: &Park,
    revision: Revision,
    digest: &Digest,
) -> anyhow::Result<()> {
    let sql = "insert into park (id, revision, digest, saved_at_us, name_vi, name_en, province, area_ha, latitude, \
               longitude, developer, utc_offset_h, synthetic, note) \
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) \
               on conflict (id) do update set revision = excluded.revision, digest = excluded.digest, \
               saved_at_us = excluded.saved_at_us, name_vi = excluded.name_vi, name_en = excluded.name_en, \
               province = excluded.province, area_ha = excluded.area_ha, latitude = excluded.latitude, \
               longitude = excluded.longitude, developer = excluded.developer, \
               utc_offset_h = excluded.utc_offset_h, synthetic = excluded.synthetic, note = excluded.note";
    let values = [
        text(park.id.as_str()),
        whole(revision.0),
        text(digest.as_str()),
        whole(actor.at_us),
        text(&park.name.vi),
        text(&park.name.en),
        text(&park.province),
        maybe_number(park.area_ha),
        maybe_number(park.place.map(|place| place.latitude)),
        maybe_number(park.place.map(|place| place.longitude)),
        maybe_text(park.developer.as_ref()),
        number(park.utc_offset_h),
        yes_no(park.synthetic),
        maybe_text(park.note.as_ref()),
    ];
    query(sql).bind_all(values).execute(connection).await.context("write to table park")?;
    Ok(())
}

/// Takes away what comes anew, the referring before the referred.
async fn clear(connection: &mut AnyConnection, park: &Park) -> anyhow::Result<()> {
    const TABLES: [&str; 16] = [
        "key_reading",
        "adjustment",
        "measure",
        "fact",
        "survey_answer",
        "exchange",
        "shared_plant",
        "site_link",
        "composition",
        "stream",
        "reading",
        "temperature",
        "station",
        "meter",
        "driver",
        "enterprise",
    ];
    for table in TABLES {
        let sql = format!("delete from {table} where park_id = $1");
        query(sql).bind(text(park.id.as_str())).execute(connection).await?;
    }
    Ok(())
}

async fn enterprises(connection: &mut AnyConnection, park: &Park) -> anyhow::Result<()> {
    let columns =
        ["id", "position", "name_vi", "name_en", "tax_code", "isic4", "role", "employees", "latitude", "longitude"];
    let mut rows = Rows::of("enterprise", &[("park_id", text(park.id.as_str()))], columns);
    for (position, enterprise) in (0..).zip(&park.enterprises) {
        rows.push([
            text(enterprise.id.as_str()),
            whole(position),
            text(&enterprise.name.vi),
            text(&enterprise.name.en),
            maybe_text(enterprise.tax_code.as_ref()),
            text(&enterprise.isic4),
            text(role_code(enterprise.role)),
            maybe_whole(enterprise.employees.map(i64::from)),
            maybe_number(enterprise.place.map(|place| place.latitude)),
            maybe_number(enterprise.place.map(|place| place.longitude)),
        ]);
    }
    rows.insert(connection).await
}

/// What a record is about: no two current records of a park should agree in it.
type About = (EnterpriseId, ResourceId, Period);

fn about(record: &Record) -> About {
    (record.enterprise.clone(), record.resource.clone(), record.period)
}

/// A record as it is kept.
struct Kept {
    id: String,
    position: i64,
    record: Record,
}

/// Keeps what did not change, moves what only stands elsewhere in the sheet, supersedes the rest.
async fn records(connection: &mut AnyConnection, actor: &Actor, park: &Park) -> anyhow::Result<()> {
    let mut kept = kept_records(connection, park).await?;
    let mut moved: Vec<(String, i64, usize)> = Vec::new();
    let mut new = Vec::new();
    for (position, record) in (0i64..).zip(&park.records) {
        let same = kept.get_mut(&about(record)).and_then(|kept| {
            let index = kept.iter().position(|kept| says_the_same(&kept.record, record))?;
            Some(kept.remove(index))
        });
        match same {
            Some(same) if same.position == position && same.record.line == record.line => {}
            Some(same) => moved.push((same.id, position, record.line)),
            None => new.push((Uuid::now_v7().to_string(), position, record)),
        }
    }

    // A row that goes names the one that takes its place, where there is one.
    let successors: BTreeMap<About, &str> = new.iter().map(|(id, _, record)| (about(record), id.as_str())).collect();
    for (about, gone) in &kept {
        for record in gone {
            supersede(connection, actor, &record.id, successors.get(about).copied()).await?;
        }
    }
    for (id, position, line) in moved {
        let sql = "update record set position = $2, line = $3 where id = $1";
        let values = [text(id), whole(position), whole(i64::try_from(line)?)];
        query(sql).bind_all(values).execute(connection).await?;
    }
    let mut rows = record_rows(actor, park.id.as_str());
    for (id, position, record) in new {
        rows.push(record_row(id, position, record)?);
    }
    rows.insert(connection).await
}

async fn kept_records(connection: &mut AnyConnection, park: &Park) -> anyhow::Result<BTreeMap<About, Vec<Kept>>> {
    let sql = format!(
        "select id, position, {RECORD_COLUMNS} from record where park_id = $1 and superseded_at_us is null order by position"
    );
    let mut kept: BTreeMap<About, Vec<Kept>> = BTreeMap::new();
    for row in query(sql).bind(text(park.id.as_str())).rows(connection).await? {
        let mut columns = Columns::of(&row);
        let (id, position) = (columns.text()?, columns.whole()?);
        let record = record(&mut columns)?;
        kept.entry(about(&record)).or_default().push(Kept { id, position, record });
    }
    Ok(kept)
}

fn says_the_same(one: &Record, other: &Record) -> bool {
    one.amount == other.amount
        && one.basis == other.basis
        && one.source == other.source
        && one.cost_vnd == other.cost_vnd
}

pub(crate) async fn supersede(
    connection: &mut AnyConnection,
    actor: &Actor,
    id: &str,
    by: Option<&str>,
) -> anyhow::Result<()> {
    let sql = "update record set superseded_at_us = $2, superseded_by = $3 where id = $1";
    let values = [text(id), whole(actor.at_us), maybe_text(by)];
    query(sql).bind_all(values).execute(connection).await?;
    Ok(())
}

const RECORD_WIDTH: usize = 12;

pub(crate) fn record_rows(actor: &Actor, park: &str) -> Rows<RECORD_WIDTH> {
    let columns = [
        "id",
        "position",
        "enterprise_id",
        "resource_id",
        "period_start",
        "period_end",
        "amount",
        "unit",
        "basis",
        "source",
        "cost_vnd",
        "line",
    ];
    let shared = [("park_id", text(park)), ("recorded_at_us", whole(actor.at_us)), ("recorded_by", text(&actor.id))];
    Rows::of("record", &shared, columns)
}

pub(crate) fn record_row(id: String, position: i64, record: &Record) -> anyhow::Result<[Cell; RECORD_WIDTH]> {
    Ok([
        text(id),
        whole(position),
        text(record.enterprise.as_str()),
        text(record.resource.as_str()),
        date(record.period.start()),
        date(record.period.end()),
        number(record.amount.value),
        text(&record.amount.unit),
        text(record.basis.code()),
        text(&record.source),
        maybe_number(record.cost_vnd),
        whole(i64::try_from(record.line)?),
    ])
}

async fn drivers(connection: &mut AnyConnection, park: &Park) -> anyhow::Result<()> {
    let columns = ["position", "enterprise_id", "driver", "period_start", "period_end", "value", "unit"];
    let mut rows = Rows::of("driver", &[("park_id", text(park.id.as_str()))], columns);
    for (position, driver) in (0..).zip(&park.drivers) {
        rows.push([
            whole(position),
            text(driver.enterprise.as_str()),
            text(&driver.driver),
            date(driver.period.start()),
            date(driver.period.end()),
            number(driver.value),
            maybe_text(driver.unit.as_ref()),
        ]);
    }
    rows.insert(connection).await
}

async fn meters(connection: &mut AnyConnection, park: &Park) -> anyhow::Result<()> {
    let columns =
        ["id", "position", "enterprise_id", "resource_id", "unit", "name_vi", "name_en", "is_main", "readings"];
    let mut rows = Rows::of("meter", &[("park_id", text(park.id.as_str()))], columns);
    for (position, meter) in (0..).zip(&park.meters) {
        let readings = park.readings.get(&meter.id).map(|readings| readings.len() as i64);
        rows.push([
            text(meter.id.as_str()),
            whole(position),
            text(meter.enterprise.as_str()),
            text(meter.resource.as_str()),
            text(&meter.unit),
            text(&meter.name.vi),
            text(&meter.name.en),
            yes_no(meter.is_main),
            maybe_whole(readings),
        ]);
    }
    rows.insert(connection).await
}

async fn readings(connection: &mut AnyConnection, park: &Park) -> anyhow::Result<()> {
    for (meter, readings) in &park.readings {
        if park.meter(meter).is_none() {
            bail!("there are readings of meter {meter}, which park {} does not have", park.id);
        }
        let shared = [("park_id", text(park.id.as_str())), ("meter_id", text(meter.as_str()))];
        let mut rows = Rows::of("reading", &shared, ["position", "at_us", "value"]);
        for (position, reading) in (0..).zip(readings) {
            let at_us = microseconds(reading.at).with_context(|| format!("meter {meter}"))?;
            rows.push([whole(position), whole(at_us), maybe_number(reading.value)]);
        }
        rows.insert(connection).await?;
    }
    Ok(())
}

pub(super) fn microseconds(at: Timestamp) -> anyhow::Result<i64> {
    if at.subsec_nanosecond() % 1_000 != 0 {
        bail!("{at} is finer than a microsecond, which cannot be kept");
    }
    Ok(at.as_microsecond())
}

const STREAM_WIDTH: usize = 26;

async fn streams(connection: &mut AnyConnection, park: &Park) -> anyhow::Result<()> {
    let mut rows = stream_rows(&park.id);
    for (position, stream) in (0..).zip(&park.streams) {
        rows.push(stream_row(position, stream));
    }
    rows.insert(connection).await
}

pub(super) fn stream_rows(park: &ParkId) -> Rows<STREAM_WIDTH> {
    let columns = [
        "id",
        "position",
        "enterprise_id",
        "direction",
        "kind",
        "name_vi",
        "name_en",
        "ewc",
        "quantity",
        "unit",
        "hazardous",
        "licensed",
        "price_vnd",
        "treatment_vnd",
        "temperature_c",
        "basis",
        "source",
        "cpc",
        "form",
        "rhythm",
        "months",
        "available_from",
        "ended_on",
        "hazard_group",
        "licence_kind",
        "licence_number",
    ];
    Rows::of("stream", &[("park_id", text(park.as_str()))], columns)
}

pub(super) fn stream_row(position: i64, stream: &Stream) -> [Cell; STREAM_WIDTH] {
    let details = &stream.details;
    [
        text(stream.id.as_str()),
        whole(position),
        text(stream.enterprise.as_str()),
        text(direction_code(stream.direction)),
        text(stream_kind_code(stream.kind)),
        text(&stream.name.vi),
        text(&stream.name.en),
        maybe_text(stream.ewc.as_ref()),
        number(stream.quantity.value),
        text(&stream.quantity.unit),
        yes_no(stream.hazardous),
        yes_no(stream.licensed),
        maybe_number(stream.price_vnd),
        maybe_number(stream.treatment_vnd),
        maybe_number(stream.temperature_c),
        text(stream.basis.code()),
        text(&stream.source),
        maybe_text(details.cpc.as_ref()),
        maybe_text(details.form.map(PhysicalForm::code)),
        maybe_text(details.rhythm.map(Rhythm::code)),
        maybe_text(details.months_cell()),
        maybe_text(details.available_from),
        maybe_text(details.ended_on),
        maybe_text(details.hazard_group.as_ref()),
        maybe_text(details.licence_kind.map(LicenceKind::code)),
        maybe_text(details.licence_number.as_ref()),
    ]
}

async fn compositions(connection: &mut AnyConnection, park: &Park) -> anyhow::Result<()> {
    let columns = ["stream_id", "substance", "content", "unit"];
    let mut rows = Rows::of("composition", &[("park_id", text(park.id.as_str()))], columns);
    for stream in &park.streams {
        for (substance, content) in &stream.composition {
            let values = [text(stream.id.as_str()), text(substance), number(content.value), text(&content.unit)];
            rows.push(values);
        }
    }
    rows.insert(connection).await
}

async fn exchanges(connection: &mut AnyConnection, park: &Park) -> anyhow::Result<()> {
    let columns = [
        "id", "position", "giver_id", "taker_id", "name_vi", "name_en", "quantity", "unit", "since", "ended_on",
        "evidence",
    ];
    let mut rows = Rows::of("exchange", &[("park_id", text(park.id.as_str()))], columns);
    for (position, exchange) in (0..).zip(&park.exchanges) {
        let [quantity, unit] = maybe_amount(exchange.quantity.as_ref());
        rows.push([
            text(exchange.id.as_str()),
            whole(position),
            text(exchange.giver.as_str()),
            text(exchange.taker.as_str()),
            text(&exchange.name.vi),
            text(&exchange.name.en),
            quantity,
            unit,
            maybe_text(exchange.since),
            maybe_text(exchange.ended_on),
            maybe_text(exchange.evidence.as_ref()),
        ]);
    }
    rows.insert(connection).await
}

async fn survey(connection: &mut AnyConnection, park: &Park) -> anyhow::Result<()> {
    let columns = ["position", "enterprise_id", "question", "yes", "answered_on", "evidence"];
    let mut rows = Rows::of("survey_answer", &[("park_id", text(park.id.as_str()))], columns);
    for (position, answer) in (0..).zip(&park.survey) {
        rows.push([
            whole(position),
            text(answer.enterprise.as_str()),
            text(&answer.question),
            yes_no(answer.yes),
            date(answer.answered_on),
            maybe_text(answer.evidence.as_ref()),
        ]);
    }
    rows.insert(connection).await
}

async fn facts(connection: &mut AnyConnection, park: &Park) -> anyhow::Result<()> {
    let columns = ["position", "fact", "value", "stated_on", "evidence", "not_applicable"];
    let mut rows = Rows::of("fact", &[("park_id", text(park.id.as_str()))], columns);
    for (position, fact) in (0..).zip(&park.facts) {
        rows.push([
            whole(position),
            text(&fact.fact),
            maybe_number(fact.value),
            date(fact.stated_on),
            maybe_text(fact.evidence.as_ref()),
            maybe_text(fact.not_applicable.as_ref()),
        ]);
    }
    rows.insert(connection).await
}

async fn adjustments(connection: &mut AnyConnection, park: &Park) -> anyhow::Result<()> {
    let columns = [
        "position",
        "enterprise_id",
        "measure_id",
        "name",
        "period_start",
        "period_end",
        "use_added",
        "uncertainty_90",
        "as_column",
        "reason",
        "evidence",
        "stated_by",
    ];
    let mut rows = Rows::of("adjustment", &[("park_id", text(park.id.as_str()))], columns);
    for (position, one) in (0..).zip(&park.adjustments) {
        rows.push([
            whole(position),
            text(one.enterprise.as_str()),
            text(one.measure.as_str()),
            text(&one.name),
            date(one.period.start()),
            date(one.period.end()),
            maybe_number(one.use_added),
            maybe_number(one.uncertainty_90),
            yes_no(one.as_column),
            text(&one.reason),
            text(&one.evidence),
            text(&one.stated_by),
        ]);
    }
    rows.insert(connection).await
}

async fn key_readings(connection: &mut AnyConnection, park: &Park) -> anyhow::Result<()> {
    let columns = [
        "position",
        "enterprise_id",
        "measure_id",
        "what",
        "period_start",
        "period_end",
        "value",
        "error_90",
        "instrument",
        "evidence",
    ];
    let mut rows = Rows::of("key_reading", &[("park_id", text(park.id.as_str()))], columns);
    for (position, one) in (0..).zip(&park.key_readings) {
        rows.push([
            whole(position),
            text(one.enterprise.as_str()),
            text(one.measure.as_str()),
            text(one.what.code()),
            date(one.period.start()),
            date(one.period.end()),
            number(one.value),
            number(one.error_90),
            text(&one.instrument),
            text(&one.evidence),
        ]);
    }
    rows.insert(connection).await
}

async fn measures(connection: &mut AnyConnection, park: &Park) -> anyhow::Result<()> {
    let columns = [
        "id",
        "position",
        "enterprise_id",
        "option_id",
        "name_vi",
        "name_en",
        "resource_id",
        "meter_id",
        "status",
        "status_on",
        "installed_start",
        "installed_end",
        "expected_saving",
        "expected_saving_unit",
        "investment_vnd",
        "share",
        "owner",
        "evidence",
        "signer",
        "is_share_stated",
        "expected_uncertainty_90",
    ];
    let mut rows = Rows::of("measure", &[("park_id", text(park.id.as_str()))], columns);
    for (position, measure) in (0..).zip(&park.measures) {
        let [saving, saving_unit] = maybe_amount(measure.expected_saving.as_ref());
        rows.push([
            text(measure.id.as_str()),
            whole(position),
            text(measure.enterprise.as_str()),
            maybe_text(measure.option.as_ref()),
            text(&measure.name.vi),
            text(&measure.name.en),
            text(measure.resource.as_str()),
            maybe_text(measure.meter.as_ref()),
            text(measure.status.code()),
            date(measure.status_on),
            maybe_text(measure.installed.map(|period| period.start())),
            maybe_text(measure.installed.map(|period| period.end())),
            saving,
            saving_unit,
            maybe_number(measure.investment_vnd),
            number(measure.share_or_whole()),
            maybe_text(measure.owner.as_ref()),
            maybe_text(measure.evidence.as_ref()),
            maybe_text(measure.signer.as_ref()),
            yes_no(measure.share.is_some()),
            maybe_number(measure.expected_uncertainty_90),
        ]);
    }
    rows.insert(connection).await
}

pub(super) fn maybe_amount(amount: Option<&Amount>) -> [Cell; 2] {
    [maybe_number(amount.map(|amount| amount.value)), maybe_text(amount.map(|amount| &amount.unit))]
}
