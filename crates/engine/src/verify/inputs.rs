//! What a verification rests on, piece by piece, each with its digest: one reading or record changed changes exactly the
//! verifications whose piece it lies in, and the pieces say where. See `docs/methods/certificate.md`.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Span;
use serde::{Deserialize, Serialize};

use super::by_key_parameter::Taken;
use super::by_plan;
use super::measures::{
    BASELINE_MONTHS, COOLING_BASE_C, HEATING_BASE_C, calendar_month, explaining_months, metered_months,
};
use super::meter_file::MeterRow;
use super::meter_rows::{MeterRows, Spans};
pub use super::monthly::METHOD;
use super::plan_rows::{self, Thermometer};
use super::sharing::{BY_EXPECTATION, at_place_of};
use crate::catalogue::{Catalogue, Flow};
use crate::ids::{MeasureId, MeterId, ResourceId};
use crate::observe::{self, readings};
use crate::park::plans::{Plan, PlannedModel, TEMPERATURE};
use crate::park::{Measure, Meter, Park, Record, Status};
use crate::period::Period;
use crate::source::Digest;

/// One input of a verification: what it is, of what, of which month, and the digest of its values.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Piece {
    pub kind: PieceKind,
    /// The meter, resource, product, driver or method; empty where there is only one.
    pub of: String,
    /// A calendar month; `None` for what is of no month.
    pub month: Option<Period>,
    pub digest: Digest,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PieceKind {
    /// What the row of the measure says of place, days of installation, share and expectation. Not who signed it.
    Measure,
    /// The built measures at the same place with their shares; of several also installation, expectation, plan, adjustments.
    Shares,
    /// Method, period, months of baseline and bases of degree days.
    Model,
    /// What the measurement plan chose: source, model, columns, days.
    Plan,
    /// Non-routine adjustments with reason and evidence.
    Adjustments,
    /// Names and expected signs of what may explain the use.
    Predictors,
    /// What one unit of the resource comes to in the five quantities.
    Factors,
    Readings,
    Bills,
    Production,
    Driver,
    Temperature,
    /// Readings of the key parameter at the device.
    KeyReadings,
}

impl PieceKind {
    pub const ALL: [PieceKind; 13] = [
        PieceKind::Measure,
        PieceKind::Shares,
        PieceKind::Model,
        PieceKind::Plan,
        PieceKind::Adjustments,
        PieceKind::Predictors,
        PieceKind::Factors,
        PieceKind::Readings,
        PieceKind::Bills,
        PieceKind::Production,
        PieceKind::Driver,
        PieceKind::Temperature,
        PieceKind::KeyReadings,
    ];

    pub fn code(self) -> &'static str {
        match self {
            PieceKind::Measure => "measure",
            PieceKind::Shares => "shares",
            PieceKind::Model => "model",
            PieceKind::Plan => "plan",
            PieceKind::Adjustments => "adjustments",
            PieceKind::Predictors => "predictors",
            PieceKind::Factors => "factors",
            PieceKind::Readings => "readings",
            PieceKind::Bills => "bills",
            PieceKind::Production => "production",
            PieceKind::Driver => "driver",
            PieceKind::Temperature => "temperature",
            PieceKind::KeyReadings => "key-readings",
        }
    }
}

/// What became of a piece since.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    Changed,
    /// It was not there then.
    New,
    /// It is there no longer.
    Gone,
}

impl Fate {
    pub fn code(self) -> &'static str {
        match self {
            Fate::Changed => "changed",
            Fate::New => "new",
            Fate::Gone => "gone",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub kind: PieceKind,
    pub of: String,
    pub month: Option<Period>,
    pub fate: Fate,
}

/// Somebody's word for a verification that rests on inputs of this digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    pub measure: MeasureId,
    /// As [`digest`] gave it.
    pub inputs: String,
    pub signer: String,
    pub evidence: String,
}

/// Every input of a measure's verification for one period, in order.
///
/// A month is an input where it lies in the baseline or in the reporting period; what explains the use only where the
/// use is known. A piece holds the values as they came and what the verification makes of them, so that a hanging meter or
/// a slipped unit elsewhere that decides about this month changes it as well. What changes no verification (who typed a
/// bill, what it cost) is not in it.
pub fn pieces(park: &Park, catalogue: &Catalogue, period: Period, measure: &Measure) -> Vec<Piece> {
    let inputs = Inputs { park, catalogue, measure, period, plan: park.plan(&measure.id) };
    let method = inputs.plan.map_or_else(|| METHOD.to_string(), |plan| by_plan::method(plan.model, plan.step));
    let mut pieces = vec![
        inputs.row(),
        inputs.shares(),
        piece(PieceKind::Model, &method, None, &(period, BASELINE_MONTHS, HEATING_BASE_C, COOLING_BASE_C)),
        inputs.factors(),
    ];
    pieces.extend(inputs.plan.map(planned));
    let adjustments: Vec<_> = park.adjustments_of(&measure.id).collect();
    pieces.extend((!adjustments.is_empty()).then(|| piece(PieceKind::Adjustments, "", None, &adjustments)));
    if measure.status.is_built()
        && let Some(installed) = measure.installed
    {
        match inputs.plan.filter(|plan| plan.model != PlannedModel::RegressionMonthly) {
            Some(plan) if !plan.model.is_measured() => {}
            Some(plan) if !plan.model.is_of_meter() => pieces.extend(inputs.of_device(plan, installed)),
            Some(plan) => pieces.extend(inputs.of_rows(plan, installed)),
            None => {
                let window = Window::of(installed, period, inputs.plan);
                let (used, compared) = match park.meter_of(measure) {
                    Some(meter) => inputs.readings(meter, &window),
                    None => inputs.bills(&window),
                };
                pieces.extend(used);
                pieces.extend(inputs.explaining(&window, &compared));
            }
        }
    }
    pieces.sort();
    pieces
}

/// What of a plan decides about the figures.
fn planned(plan: &Plan) -> Piece {
    if !plan.model.is_measured() {
        let agreed = (plan.model, plan.expected_saving_a_year, &plan.note, plan.begins);
        return piece(PieceKind::Plan, "", None, &agreed);
    }
    let source = (&plan.meter, plan.model, plan.step, &plan.predictors);
    piece(PieceKind::Plan, "", None, &(source, &plan.holidays, &plan.left_out, plan.begins))
}

/// The digest of all inputs, as a certificate prints it.
pub fn digest(pieces: &[Piece]) -> Digest {
    Digest::of_value(&pieces)
}

/// What differs between the inputs of then and of now, in order.
pub fn changes(then: &[Piece], now: &[Piece]) -> Vec<Change> {
    let by_place = |pieces: &[Piece]| -> BTreeMap<(PieceKind, String, Option<Period>), Digest> {
        pieces.iter().map(|piece| ((piece.kind, piece.of.clone(), piece.month), piece.digest.clone())).collect()
    };
    let (then, now) = (by_place(then), by_place(now));
    let places: BTreeSet<_> = then.keys().chain(now.keys()).cloned().collect();
    let fate = |place: &(PieceKind, String, Option<Period>)| match (then.get(place), now.get(place)) {
        (Some(one), Some(other)) => (one != other).then_some(Fate::Changed),
        (Some(_), None) => Some(Fate::Gone),
        (None, _) => Some(Fate::New),
    };
    let changed = places.into_iter().filter_map(|place| {
        let fate = fate(&place)?;
        let (kind, of, month) = place;
        Some(Change { kind, of, month, fate })
    });
    changed.collect()
}

/// Lets signatures hold whose inputs are those of now. One whose inputs have changed since holds no longer: the claim
/// falls back to what the data alone carry.
pub fn apply(park: &mut Park, catalogue: &Catalogue, period: Period, signatures: &[Signature]) {
    for signature in signatures {
        let Some(place) = park.measures.iter().position(|measure| measure.id == signature.measure) else { continue };
        let measure = &park.measures[place];
        if !measure.status.is_built() || digest(&pieces(park, catalogue, period, measure)).as_str() != signature.inputs
        {
            continue;
        }
        let measure = &mut park.measures[place];
        measure.status = Status::Verified;
        measure.signer = Some(signature.signer.clone());
        measure.evidence = Some(signature.evidence.clone());
    }
}

/// The calendar months that a verification looks at, in order: up to 24 before the installation, and those of the period
/// after it.
pub fn window_months(installed: Period, period: Period) -> Vec<Period> {
    let window = Window::of(installed, period, None);
    let mut month = Period::month(window.earliest.year(), window.earliest.month());
    let mut months = Vec::new();
    while let Some(of_window) = month.filter(|month| month.start() < period.end()) {
        if window.holds(&of_window) {
            months.push(of_window);
        }
        month = Period::month(of_window.end().year(), of_window.end().month());
    }
    months
}

/// The calendar months of which a measure's use is known, by its meter or by bills.
pub fn known_months(park: &Park, catalogue: &Catalogue, measure: &Measure) -> BTreeSet<Period> {
    match park.meter_of(measure) {
        Some(meter) => metered_months(park, catalogue, meter).into_keys().collect(),
        None => {
            let is_meant =
                |record: &&Record| record.enterprise == measure.enterprise && record.resource == measure.resource;
            park.records.iter().filter(is_meant).filter_map(|record| calendar_month(&record.period)).collect()
        }
    }
}

/// What a thermometer gives; it stands in the place of what the site declares by these names.
const DEGREE_DAYS: [&str; 2] = ["heating-degree-days", "cooling-degree-days"];

/// The months that a verification looks at.
struct Window {
    earliest: jiff::civil::Date,
    installed: Period,
    /// First day of the reporting period.
    first: jiff::civil::Date,
    period: Period,
}

impl Window {
    fn of(installed: Period, period: Period, plan: Option<&Plan>) -> Window {
        let earliest = installed.start().checked_sub(Span::new().months(BASELINE_MONTHS)).unwrap_or(installed.start());
        let first = plan.and_then(|plan| plan.begins).map_or(installed.end(), |begins| begins.max(installed.end()));
        Window { earliest, installed, first, period }
    }

    fn holds(&self, month: &Period) -> bool {
        let is_baseline = month.start() >= self.earliest && month.end() <= self.installed.start();
        let is_reporting =
            month.start() >= self.first && self.period.start() <= month.start() && month.end() <= self.period.end();
        is_baseline || is_reporting
    }
}

struct Inputs<'a> {
    park: &'a Park,
    catalogue: &'a Catalogue,
    measure: &'a Measure,
    period: Period,
    plan: Option<&'a Plan>,
}

impl Inputs<'_> {
    fn row(&self) -> Piece {
        let measure = self.measure;
        let row = (
            (&measure.id, &measure.enterprise, &measure.resource, &measure.meter),
            (measure.status.is_built(), &measure.installed, &measure.expected_saving, measure.share),
        );
        piece(PieceKind::Measure, measure.id.as_str(), None, &row)
    }

    fn shares(&self) -> Piece {
        let same = at_place_of(self.park, self.measure);
        let shares: Vec<_> = same.iter().map(|measure| (&measure.id, measure.share)).collect();
        if same.len() < 2 {
            return piece(PieceKind::Shares, "", None, &shares);
        }
        let of = |measure: &&Measure| {
            let expected = (&measure.expected_saving, measure.expected_uncertainty_90);
            let adjustments: Vec<_> = self.park.adjustments_of(&measure.id).collect();
            let plan = self.park.plan(&measure.id).map(planned);
            Digest::of_value(&(&measure.installed, expected, adjustments, plan))
        };
        let of_each: Vec<_> = same.iter().map(of).collect();
        match same.iter().all(|measure| measure.share.is_none()) {
            true => piece(PieceKind::Shares, "", None, &(shares, of_each, BY_EXPECTATION)),
            false => piece(PieceKind::Shares, "", None, &(shares, of_each)),
        }
    }

    fn factors(&self) -> Piece {
        let grid = observe::grid(self.park, self.catalogue, self.period);
        let resource = self.catalogue.resource(&self.measure.resource);
        let of_one = resource.map(|resource| observe::impact(resource, 1.0, self.catalogue, grid.as_ref()));
        piece(PieceKind::Factors, self.measure.resource.as_str(), None, &of_one)
    }

    /// The readings of each month, and the months that count.
    fn readings(&self, meter: &MeterId, window: &Window) -> (Vec<Piece>, BTreeSet<Period>) {
        let read = self.raw_readings(meter, window);
        let months = metered_months(self.park, self.catalogue, meter);
        let unit = self.park.meter(meter).map(|meter| &meter.unit);
        let of_month = |month: &Period| {
            piece(PieceKind::Readings, meter.as_str(), Some(*month), &(unit, &read[month], months.get(month)))
        };
        let compared = months.keys().copied().filter(|month| window.holds(month)).collect();
        (read.keys().map(of_month).collect(), compared)
    }

    /// Digests of the readings of each month as they came. Of a month that came in batches the sheet's do not count.
    fn raw_readings(&self, meter: &MeterId, window: &Window) -> BTreeMap<Period, Digest> {
        let mut batched: BTreeMap<Period, Vec<_>> = BTreeMap::new();
        if let Some(batches) = self.park.metered.get(meter) {
            for sum in batches.months.iter().filter(|sum| window.holds(&sum.period)) {
                batched.entry(sum.period).or_default().push(sum);
            }
            for day in &batches.days {
                let month = Period::month(day.period.start().year(), day.period.start().month());
                if let Some(days) = month.and_then(|month| batched.get_mut(&month)) {
                    days.push(day);
                }
            }
        }
        let mut sheet: BTreeMap<Period, Vec<_>> = BTreeMap::new();
        for reading in self.park.readings.get(meter).into_iter().flatten() {
            if let Some(month) = readings::month_of(reading, self.park.utc_offset_h)
                && window.holds(&month)
                && !batched.contains_key(&month)
            {
                sheet.entry(month).or_default().push((reading.at, reading.value));
            }
        }
        let batched = batched.iter().map(|(month, sums)| (*month, Digest::of_value(sums)));
        let sheet = sheet.iter().map(|(month, readings)| (*month, Digest::of_value(readings)));
        batched.chain(sheet).collect()
    }

    /// The bills of each month, and the months that count.
    fn bills(&self, window: &Window) -> (Vec<Piece>, BTreeSet<Period>) {
        let mut bills: BTreeMap<Period, Vec<_>> = BTreeMap::new();
        for record in &self.park.records {
            if record.enterprise == self.measure.enterprise
                && record.resource == self.measure.resource
                && let Some(month) = calendar_month(&record.period)
            {
                let canonical = self.catalogue.canonical(&record.amount);
                bills.entry(month).or_default().push((record.period, &record.amount, canonical));
            }
        }
        // A slip is told by the months around it, inside and outside the window.
        let (enterprise, resource) = (&self.measure.enterprise, &self.measure.resource);
        let whole = bills.keys().next().zip(bills.keys().last()).and_then(|(a, b)| Period::new(a.start(), b.end()));
        let slips = whole.map_or_else(Vec::new, |whole| {
            observe::checks::slipped_units(self.park, self.catalogue, enterprise, resource, whole)
        });
        let slipped: BTreeSet<Period> = slips.iter().filter_map(calendar_month).collect();
        let seen: Vec<Period> = bills.keys().copied().filter(|month| window.holds(month)).collect();
        let of_month = |month: &Period| {
            let is_slipped = slipped.contains(month);
            piece(PieceKind::Bills, resource.as_str(), Some(*month), &(&bills[month], is_slipped))
        };
        (seen.iter().map(of_month).collect(), seen.iter().copied().filter(|month| !slipped.contains(month)).collect())
    }

    /// What a plan's meter, columns and temperatures gave, by the month in which their rows begin. Where the rows cannot be
    /// had, why.
    fn of_rows(&self, plan: &Plan, installed: Period) -> Vec<Piece> {
        let meter = plan.meter.as_ref().map_or("", |meter| meter.as_str());
        let Some(spans) = Spans::of(plan, installed, self.period) else { return Vec::new() };
        let rows = match plan_rows::rows(self.park, self.catalogue, self.measure, plan, spans) {
            Ok(found) => found.rows,
            Err(reasons) => return vec![piece(PieceKind::Readings, meter, None, &reasons)],
        };
        let mut pieces = self.of_meter(meter, &rows);
        for (place, name) in plan.columns().enumerate() {
            let kind = self.kind_of(name);
            pieces.extend(
                by_month(&rows, |row| row.others[place])
                    .into_iter()
                    .map(|(month, values)| piece(kind, name, Some(month), &values)),
            );
        }
        if plan.has_temperature() {
            let of = match plan_rows::thermometer(self.park, self.catalogue, &self.measure.enterprise) {
                Some(Thermometer::Meter(id)) => id.to_string(),
                Some(Thermometer::Station(_)) | None => TEMPERATURE.to_string(),
            };
            pieces.extend(
                by_month(&rows, |row| row.temperature)
                    .into_iter()
                    .map(|(month, values)| piece(PieceKind::Temperature, &of, Some(month), &values)),
            );
        }
        pieces
    }

    /// Readings of the key parameter, by the month in which each begins.
    fn of_device(&self, plan: &Plan, installed: Period) -> Vec<Piece> {
        let mut months: BTreeMap<Period, Vec<_>> = BTreeMap::new();
        for reading in Taken::of(self.park, self.measure, plan, (installed, self.period)).all() {
            let first = reading.period.start();
            if let Some(month) = Period::month(first.year(), first.month()) {
                months.entry(month).or_default().push(reading);
            }
        }
        months.into_iter().map(|(month, readings)| piece(PieceKind::KeyReadings, "", Some(month), &readings)).collect()
    }

    fn of_meter(&self, meter: &str, rows: &MeterRows) -> Vec<Piece> {
        let unit = self.park.meter(&MeterId::new(meter)).map(|meter| &meter.unit);
        let mut raw: BTreeMap<Period, Vec<_>> = BTreeMap::new();
        for (start, readings) in &rows.raw {
            if let Some(month) = Period::month(start.year(), start.month()) {
                raw.entry(month).or_default().push(readings);
            }
        }
        let values = by_month(rows, |row| row.value);
        let of_month = |(month, readings): (&Period, &Vec<_>)| {
            piece(PieceKind::Readings, meter, Some(*month), &(unit, readings, values.get(month)))
        };
        raw.iter().map(of_month).collect()
    }

    fn kind_of(&self, name: &str) -> PieceKind {
        let is_product = |id: ResourceId| self.catalogue.resource(&id).is_some_and(|one| one.flow == Flow::Product);
        match () {
            () if self.park.meter(&MeterId::new(name)).is_some() => PieceKind::Readings,
            () if is_product(ResourceId::new(name)) => PieceKind::Production,
            () => PieceKind::Driver,
        }
    }

    /// What may explain the use in the months that are compared: every product, driver and thermometer of the site.
    fn explaining(&self, window: &Window, compared: &BTreeSet<Period>) -> Vec<Piece> {
        let mut explaining = explaining_months(self.park, self.catalogue, self.measure);
        if let Some(plan) = self.plan {
            explaining.retain(|(name, _, _)| plan.predictors.contains(name));
        }
        let names: Vec<_> = explaining.iter().map(|(name, sign, _)| (name, sign)).collect();
        let mut pieces = vec![piece(PieceKind::Predictors, "", None, &names)];
        let is_thermometer = |meter: &&Meter| {
            meter.enterprise == self.measure.enterprise && meter.resource.as_str() == "outdoor-temperature"
        };
        let thermometer = self.park.meters.iter().find(is_thermometer);
        for (name, _, values) in &explaining {
            if thermometer.is_some() && DEGREE_DAYS.contains(&name.as_str()) {
                continue;
            }
            let resource = self.catalogue.resource(&ResourceId::new(name.as_str()));
            let kind = match resource.is_some_and(|resource| resource.flow == Flow::Product) {
                true => PieceKind::Production,
                false => PieceKind::Driver,
            };
            let seen = values.iter().filter(|(month, _)| compared.contains(month));
            pieces.extend(seen.map(|(month, value)| piece(kind, name, Some(*month), value)));
        }
        let has_degrees = explaining.iter().any(|(name, _, _)| DEGREE_DAYS.contains(&name.as_str()));
        if let Some(meter) = thermometer.filter(|_| has_degrees) {
            let read = self.raw_readings(&meter.id, window);
            let degrees: Vec<_> =
                explaining.iter().filter(|(name, _, _)| DEGREE_DAYS.contains(&name.as_str())).collect();
            let seen = read.iter().filter(|(month, _)| compared.contains(month));
            pieces.extend(seen.map(|(month, read)| {
                let made: Vec<_> = degrees.iter().map(|(_, _, values)| values.get(month)).collect();
                piece(PieceKind::Temperature, meter.id.as_str(), Some(*month), &(read, made))
            }));
        }
        pieces
    }
}

/// What the rows of each month give.
fn by_month(
    rows: &MeterRows,
    value: impl Fn(&MeterRow) -> Option<f64>,
) -> BTreeMap<Period, Vec<(jiff::civil::DateTime, Option<f64>)>> {
    let mut months: BTreeMap<Period, Vec<_>> = BTreeMap::new();
    for row in rows.baseline.iter().chain(&rows.reporting) {
        if let Some(month) = Period::month(row.local.year(), row.local.month()) {
            months.entry(month).or_default().push((row.local, value(row)));
        }
    }
    months
}

fn piece<T: Serialize>(kind: PieceKind, of: &str, month: Option<Period>, values: &T) -> Piece {
    Piece { kind, of: of.to_string(), month, digest: Digest::of_value(values) }
}
