//! A park from its rows, in the order in which they were saved.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, bail};
use engine::ids::{EnterpriseId, ExchangeId, MeasureId, MeterId, OptionId, ParkId, ResourceId, StreamId};
use engine::park::adjustments::Adjustment;
use engine::park::key_readings::{KeyQuantity, KeyReading};
use engine::park::works::{SharedPlant, SiteLink};
use engine::park::{
    Answer, Direction, Driver, Enterprise, EnterpriseRole, Fact, LicenceKind, Measure, Meter, Park, PhysicalForm,
    Reading, Record, Rhythm, RunningExchange, Status, Stream, StreamDetails, StreamKind,
};
use engine::period::Period;
use engine::quantity::Amount;
use engine::source::Basis;
use jiff::Timestamp;
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use super::save::{direction_code, role_code, stream_kind_code};
use super::works;
use crate::scope::{Covered, Seen};
use crate::sql::{Columns, Query, placeholders, query, text};

/// The columns of a record, as [`record`] reads them.
pub(crate) const RECORD_COLUMNS: &str =
    "enterprise_id, resource_id, period_start, period_end, amount, unit, basis, source, cost_vnd, line";

fn record_columns(cost: &str) -> String {
    RECORD_COLUMNS.replace("cost_vnd", cost)
}

/// A park reduced to what may be seen of it. The connection must be in a transaction, so that all is of one state.
pub(super) async fn park(connection: &mut AnyConnection, id: &ParkId, seen: &Seen) -> anyhow::Result<Option<Park>> {
    let of = Of { park: id, enterprises: &seen.enterprises };
    let of_streams = Of { park: id, enterprises: &seen.streams };
    let Some(row) = of.select(PARK_COLUMNS, "park", "id = $1").row(connection).await? else { return Ok(None) };
    let mut park = particulars(&row).with_context(|| format!("load park {id}"))?;

    let of_enterprise = of.in_scope("enterprise_id");
    let both_parties = format!("{} and {}", of.in_scope("giver_id"), of.in_scope("taker_id"));
    let own_id = of.in_scope("id");

    park.enterprises = of.all(connection, ENTERPRISE_COLUMNS, "enterprise", &own_id, enterprise).await?;
    park.records = of.records(connection, &seen.costs).await?;
    park.drivers = of.all(connection, DRIVER_COLUMNS, "driver", &of_enterprise, driver).await?;
    park.exchanges = of.all(connection, EXCHANGE_COLUMNS, "exchange", &both_parties, exchange).await?;
    park.survey = of.all(connection, ANSWER_COLUMNS, "survey_answer", &of_enterprise, answer).await?;
    park.facts = of.all(connection, FACT_COLUMNS, "fact", "1 = 1", fact).await?;
    park.adjustments = of.all(connection, ADJUSTMENT_COLUMNS, "adjustment", &of_enterprise, adjustment).await?;
    park.key_readings = of.all(connection, KEY_READING_COLUMNS, "key_reading", &of_enterprise, key_reading).await?;
    park.measures = of.all(connection, MEASURE_COLUMNS, "measure", &of_enterprise, measure).await?;

    let meters = of.all(connection, METER_COLUMNS, "meter", &of_enterprise, meter).await?;
    for (meter, readings) in meters {
        // What a measure claims must be there to check, whoever the meter belongs to.
        let is_named = park.measures.iter().any(|measure| measure.meter.as_ref() == Some(&meter.id));
        let is_open = is_named || seen.readings.contains(&meter.enterprise);
        if let Some(count) = readings.filter(|_| is_open) {
            let series = of.readings(connection, &meter.id, count).await?;
            park.readings.insert(meter.id.clone(), series);
        }
        park.meters.push(meter);
    }

    park.weather = super::weather::load(connection, id).await?;

    let of_giver_or_taker = of_streams.in_scope("enterprise_id");
    park.streams = of_streams.all(connection, STREAM_COLUMNS, "stream", &of_giver_or_taker, stream).await?;
    park.works.links = of_streams.links(connection).await?;
    park.works.plants = of_streams.plants(connection).await?;
    let mut compositions = of_streams.compositions(connection).await?;
    for stream in &mut park.streams {
        stream.composition = compositions.remove(&stream.id).unwrap_or_default();
    }
    Ok(Some(park))
}

/// Whose rows are wanted. The park is `$1`, the enterprises follow.
struct Of<'a> {
    park: &'a ParkId,
    enterprises: &'a Covered,
}

impl Of<'_> {
    /// The condition that this column names an enterprise that is wanted.
    fn in_scope(&self, column: &str) -> String {
        match self.enterprises {
            Covered::All => "1 = 1".to_string(),
            Covered::Only(none) if none.is_empty() => "1 = 0".to_string(),
            Covered::Only(these) => format!("{column} in ({})", placeholders(2, these.len())),
        }
    }

    /// A query with all its values bound; those that the condition does not name are not looked at.
    fn select(&self, columns: &str, table: &str, condition: &str) -> Query {
        let names_enterprises = condition.contains("$2");
        let enterprises: &[EnterpriseId] = match self.enterprises {
            Covered::Only(these) if names_enterprises => these,
            _ => &[],
        };
        query(format!("select {columns} from {table} where {condition}"))
            .bind(text(self.park.as_str()))
            .bind_all(enterprises.iter().map(|enterprise| text(enterprise.as_str())))
    }

    async fn all<T>(
        &self,
        connection: &mut AnyConnection,
        columns: &str,
        table: &str,
        condition: &str,
        read: fn(&mut Columns<'_>) -> anyhow::Result<T>,
    ) -> anyhow::Result<Vec<T>> {
        let condition = format!("park_id = $1 and {condition} order by position");
        let rows = self.select(columns, table, &condition).rows(connection).await?;
        let values = rows.iter().map(|row| read(&mut Columns::of(row))).collect::<anyhow::Result<Vec<T>>>();
        values.with_context(|| format!("load the {table} rows of park {}", self.park))
    }

    /// Records, with what was paid only where it may be known: the rest is not even read.
    async fn records(&self, connection: &mut AnyConnection, costs: &Covered) -> anyhow::Result<Vec<Record>> {
        let those: &[EnterpriseId] = match self.enterprises {
            Covered::All => &[],
            Covered::Only(these) => these,
        };
        let (columns, paid): (String, &[EnterpriseId]) = match costs {
            Covered::All => (RECORD_COLUMNS.to_string(), &[]),
            Covered::Only(none) if none.is_empty() => (record_columns("cast(null as double precision)"), &[]),
            Covered::Only(these) => {
                let known = placeholders(2 + those.len(), these.len());
                (record_columns(&format!("case when enterprise_id in ({known}) then cost_vnd end")), these)
            }
        };
        let condition = format!("{} and superseded_at_us is null", self.in_scope("enterprise_id"));
        let sql = format!("select {columns} from record where park_id = $1 and {condition} order by position");
        let enterprises = those.iter().chain(paid).map(|enterprise| text(enterprise.as_str()));
        let rows = query(sql).bind(text(self.park.as_str())).bind_all(enterprises).rows(connection).await?;
        let records = rows.iter().map(|row| record(&mut Columns::of(row))).collect::<anyhow::Result<Vec<_>>>();
        records.with_context(|| format!("load the records of park {}", self.park))
    }

    /// Links of which both ends are anybody's or wanted.
    async fn links(&self, connection: &mut AnyConnection) -> anyhow::Result<Vec<SiteLink>> {
        let [giver, taker] =
            ["giver_id", "taker_id"].map(|column| format!("({column} is null or {})", self.in_scope(column)));
        let condition = format!("{giver} and {taker}");
        self.all(connection, works::LINK_COLUMNS, "site_link", &condition, works::link).await
    }

    async fn plants(&self, connection: &mut AnyConnection) -> anyhow::Result<Vec<SharedPlant>> {
        let condition = self.in_scope("enterprise_id");
        self.all(connection, works::PLANT_COLUMNS, "shared_plant", &condition, works::plant).await
    }

    async fn readings(
        &self,
        connection: &mut AnyConnection,
        meter: &MeterId,
        count: i64,
    ) -> anyhow::Result<Vec<Reading>> {
        let sql = "select at_us, value from reading where park_id = $1 and meter_id = $2 order by position";
        let rows = query(sql).bind(text(self.park.as_str())).bind(text(meter.as_str())).rows(connection).await?;
        if rows.len() as i64 != count {
            bail!("meter {meter} of park {} has {} readings, expected {count}", self.park, rows.len());
        }
        let mut readings = Vec::with_capacity(rows.len());
        for row in &rows {
            let mut columns = Columns::of(row);
            let at = Timestamp::from_microsecond(columns.whole()?)?;
            readings.push(Reading { at, value: columns.maybe_number()? });
        }
        Ok(readings)
    }

    async fn compositions(
        &self,
        connection: &mut AnyConnection,
    ) -> anyhow::Result<BTreeMap<StreamId, BTreeMap<String, Amount>>> {
        let streams = format!("select id from stream where park_id = $1 and {}", self.in_scope("enterprise_id"));
        let condition = format!("park_id = $1 and stream_id in ({streams})");
        let rows = self.select("stream_id, substance, content, unit", "composition", &condition);
        let mut compositions: BTreeMap<StreamId, BTreeMap<String, Amount>> = BTreeMap::new();
        for row in rows.rows(connection).await? {
            let mut columns = Columns::of(&row);
            let (stream, substance) = (StreamId::new(columns.text()?), columns.text()?);
            let content = Amount { value: columns.number()?, unit: columns.text()? };
            compositions.entry(stream).or_default().insert(substance, content);
        }
        Ok(compositions)
    }
}

const PARK_COLUMNS: &str =
    "id, name_vi, name_en, province, area_ha, latitude, longitude, developer, utc_offset_h, synthetic, note";

fn particulars(row: &AnyRow) -> anyhow::Result<Park> {
    let mut columns = Columns::of(row);
    Ok(Park {
        id: ParkId::new(columns.text()?),
        name: columns.label()?,
        province: columns.text()?,
        area_ha: columns.maybe_number()?,
        place: columns.place()?,
        developer: columns.maybe_text()?,
        utc_offset_h: columns.number()?,
        synthetic: columns.yes_no()?,
        note: columns.maybe_text()?,
        enterprises: Vec::new(),
        records: Vec::new(),
        drivers: Vec::new(),
        meters: Vec::new(),
        readings: BTreeMap::new(),
        metered: BTreeMap::new(),
        weather: Default::default(),
        works: Default::default(),
        streams: Vec::new(),
        exchanges: Vec::new(),
        survey: Vec::new(),
        facts: Vec::new(),
        measures: Vec::new(),
        plans: Vec::new(),
        adjustments: Vec::new(),
        key_readings: Vec::new(),
    })
}

const ENTERPRISE_COLUMNS: &str = "id, name_vi, name_en, tax_code, isic4, role, employees, latitude, longitude";

fn enterprise(columns: &mut Columns<'_>) -> anyhow::Result<Enterprise> {
    Ok(Enterprise {
        id: EnterpriseId::new(columns.text()?),
        name: columns.label()?,
        tax_code: columns.maybe_text()?,
        isic4: columns.text()?,
        role: coded(columns, &[EnterpriseRole::Tenant, EnterpriseRole::Utility, EnterpriseRole::Developer], role_code)?,
        employees: columns.maybe_whole()?.map(u32::try_from).transpose()?,
        place: columns.place()?,
    })
}

pub(crate) fn record(columns: &mut Columns<'_>) -> anyhow::Result<Record> {
    Ok(Record {
        enterprise: EnterpriseId::new(columns.text()?),
        resource: ResourceId::new(columns.text()?),
        period: columns.period()?,
        amount: Amount { value: columns.number()?, unit: columns.text()? },
        basis: coded(columns, &Basis::ALL, Basis::code)?,
        source: columns.text()?,
        cost_vnd: columns.maybe_number()?,
        line: columns.whole()?.try_into()?,
    })
}

const DRIVER_COLUMNS: &str = "enterprise_id, driver, period_start, period_end, value, unit";

fn driver(columns: &mut Columns<'_>) -> anyhow::Result<Driver> {
    Ok(Driver {
        enterprise: EnterpriseId::new(columns.text()?),
        driver: columns.text()?,
        period: columns.period()?,
        value: columns.number()?,
        unit: columns.maybe_text()?,
    })
}

const METER_COLUMNS: &str = "id, enterprise_id, resource_id, unit, name_vi, name_en, is_main, readings";

/// A meter and how many readings it has.
fn meter(columns: &mut Columns<'_>) -> anyhow::Result<(Meter, Option<i64>)> {
    let meter = Meter {
        id: MeterId::new(columns.text()?),
        enterprise: EnterpriseId::new(columns.text()?),
        resource: ResourceId::new(columns.text()?),
        unit: columns.text()?,
        name: columns.label()?,
        is_main: columns.yes_no()?,
    };
    Ok((meter, columns.maybe_whole()?))
}

pub(super) const STREAM_COLUMNS: &str = "id, enterprise_id, direction, kind, name_vi, name_en, ewc, quantity, unit, hazardous, \
     licensed, price_vnd, treatment_vnd, temperature_c, basis, source, cpc, form, rhythm, months, available_from, \
     ended_on, hazard_group, licence_kind, licence_number";

pub(super) fn stream(columns: &mut Columns<'_>) -> anyhow::Result<Stream> {
    Ok(Stream {
        id: StreamId::new(columns.text()?),
        enterprise: EnterpriseId::new(columns.text()?),
        direction: coded(columns, &[Direction::Give, Direction::Take], direction_code)?,
        kind: coded(columns, &[StreamKind::Material, StreamKind::Water, StreamKind::Heat], stream_kind_code)?,
        name: columns.label()?,
        ewc: columns.maybe_text()?,
        quantity: Amount { value: columns.number()?, unit: columns.text()? },
        hazardous: columns.yes_no()?,
        licensed: columns.yes_no()?,
        price_vnd: columns.maybe_number()?,
        treatment_vnd: columns.maybe_number()?,
        temperature_c: columns.maybe_number()?,
        basis: coded(columns, &Basis::ALL, Basis::code)?,
        source: columns.text()?,
        composition: BTreeMap::new(),
        details: StreamDetails {
            cpc: columns.maybe_text()?,
            form: maybe_coded(columns, PhysicalForm::parse)?,
            rhythm: maybe_coded(columns, Rhythm::parse)?,
            months: months(columns)?,
            available_from: columns.maybe_date()?,
            ended_on: columns.maybe_date()?,
            hazard_group: columns.maybe_text()?,
            licence_kind: maybe_coded(columns, LicenceKind::parse)?,
            licence_number: columns.maybe_text()?,
        },
    })
}

fn months(columns: &mut Columns<'_>) -> anyhow::Result<BTreeSet<u8>> {
    let cell = columns.maybe_text()?.unwrap_or_default();
    let months = cell.split(';').filter(|part| !part.is_empty()).map(str::parse);
    months.collect::<Result<_, _>>().with_context(|| format!("`{cell}` are no months"))
}

const EXCHANGE_COLUMNS: &str = "id, giver_id, taker_id, name_vi, name_en, quantity, unit, since, ended_on, evidence";

fn exchange(columns: &mut Columns<'_>) -> anyhow::Result<RunningExchange> {
    Ok(RunningExchange {
        id: ExchangeId::new(columns.text()?),
        giver: EnterpriseId::new(columns.text()?),
        taker: EnterpriseId::new(columns.text()?),
        name: columns.label()?,
        quantity: maybe_amount(columns)?,
        since: columns.maybe_date()?,
        ended_on: columns.maybe_date()?,
        evidence: columns.maybe_text()?,
    })
}

const ANSWER_COLUMNS: &str = "enterprise_id, question, yes, answered_on, evidence";

fn answer(columns: &mut Columns<'_>) -> anyhow::Result<Answer> {
    Ok(Answer {
        enterprise: EnterpriseId::new(columns.text()?),
        question: columns.text()?,
        yes: columns.yes_no()?,
        answered_on: columns.date()?,
        evidence: columns.maybe_text()?,
    })
}

const FACT_COLUMNS: &str = "fact, value, stated_on, evidence, not_applicable";

fn fact(columns: &mut Columns<'_>) -> anyhow::Result<Fact> {
    Ok(Fact {
        fact: columns.text()?,
        value: columns.maybe_number()?,
        stated_on: columns.date()?,
        evidence: columns.maybe_text()?,
        not_applicable: columns.maybe_text()?,
    })
}

const MEASURE_COLUMNS: &str = "id, enterprise_id, option_id, name_vi, name_en, resource_id, meter_id, status, \
     status_on, installed_start, installed_end, expected_saving, expected_saving_unit, investment_vnd, share, owner, \
     evidence, signer, is_share_stated, expected_uncertainty_90";

fn measure(columns: &mut Columns<'_>) -> anyhow::Result<Measure> {
    let mut measure = Measure {
        id: MeasureId::new(columns.text()?),
        enterprise: EnterpriseId::new(columns.text()?),
        option: columns.maybe_text()?.map(OptionId::new),
        name: columns.label()?,
        resource: ResourceId::new(columns.text()?),
        meter: columns.maybe_text()?.map(MeterId::new),
        status: status(columns)?,
        status_on: columns.date()?,
        installed: maybe_period(columns)?,
        expected_saving: maybe_amount(columns)?,
        investment_vnd: columns.maybe_number()?,
        expected_uncertainty_90: None,
        share: Some(columns.number()?),
        owner: columns.maybe_text()?,
        evidence: columns.maybe_text()?,
        signer: columns.maybe_text()?,
    };
    if !columns.yes_no()? {
        measure.share = None;
    }
    measure.expected_uncertainty_90 = columns.maybe_number()?;
    Ok(measure)
}

const ADJUSTMENT_COLUMNS: &str = "measure_id, enterprise_id, name, period_start, period_end, use_added, uncertainty_90, \
     as_column, reason, evidence, stated_by";

fn adjustment(columns: &mut Columns<'_>) -> anyhow::Result<Adjustment> {
    Ok(Adjustment {
        measure: MeasureId::new(columns.text()?),
        enterprise: EnterpriseId::new(columns.text()?),
        name: columns.text()?,
        period: columns.period()?,
        use_added: columns.maybe_number()?,
        uncertainty_90: columns.maybe_number()?,
        as_column: columns.yes_no()?,
        reason: columns.text()?,
        evidence: columns.text()?,
        stated_by: columns.text()?,
    })
}

const KEY_READING_COLUMNS: &str =
    "measure_id, enterprise_id, what, period_start, period_end, value, error_90, instrument, evidence";

fn key_reading(columns: &mut Columns<'_>) -> anyhow::Result<KeyReading> {
    Ok(KeyReading {
        measure: MeasureId::new(columns.text()?),
        enterprise: EnterpriseId::new(columns.text()?),
        what: coded(columns, &KeyQuantity::ALL, KeyQuantity::code)?,
        period: columns.period()?,
        value: columns.number()?,
        error_90: columns.number()?,
        instrument: columns.text()?,
        evidence: columns.text()?,
    })
}

/// The one of `all` that is written with the code in the next column.
pub(super) fn coded<T: Copy>(
    columns: &mut Columns<'_>,
    all: &[T],
    code_of: fn(T) -> &'static str,
) -> anyhow::Result<T> {
    let code = columns.text()?;
    let found = all.iter().copied().find(|value| code_of(*value) == code);
    found.with_context(|| {
        format!("`{code}` is none of {}", all.iter().map(|value| code_of(*value)).collect::<Vec<_>>().join(", "))
    })
}

pub(super) fn maybe_coded<T>(columns: &mut Columns<'_>, parse: fn(&str) -> Option<T>) -> anyhow::Result<Option<T>> {
    let Some(code) = columns.maybe_text()? else { return Ok(None) };
    parse(&code).map(Some).with_context(|| format!("`{code}` is not a code of this column"))
}

fn status(columns: &mut Columns<'_>) -> anyhow::Result<Status> {
    let code = columns.text()?;
    Status::parse(&code).with_context(|| format!("`{code}` is not a status of a measure"))
}

pub(super) fn maybe_amount(columns: &mut Columns<'_>) -> anyhow::Result<Option<Amount>> {
    let (value, unit) = (columns.maybe_number()?, columns.maybe_text()?);
    Ok(value.zip(unit).map(|(value, unit)| Amount { value, unit }))
}

fn maybe_period(columns: &mut Columns<'_>) -> anyhow::Result<Option<Period>> {
    let Some((start, end)) = columns.maybe_date()?.zip(columns.maybe_date()?) else { return Ok(None) };
    Period::new(start, end).map(Some).with_context(|| format!("{start} is not before {end}"))
}
