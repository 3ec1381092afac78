//! Parks for the tests: a small one in which every field is filled somewhere and empty elsewhere, and a large one.

use std::collections::BTreeMap;

use engine::ids::{
    EnterpriseId, ExchangeId, MeasureId, MeterId, OptionId, ParkId, PlantId, ResourceId, SiteLinkId, StationId,
    StreamId,
};
use engine::language::Label;
use engine::park::weather::{DayReading, Station, TemperatureSeries, Weather};
use engine::park::works::{
    Charged, CostBasis, Investment, LinkMeans, PlantStatus, SharedPlant, SiteLink, Works, YearlyCost,
};
use engine::park::{
    Answer, Direction, Driver, Enterprise, EnterpriseRole, Fact, LicenceKind, Measure, Meter, Park, PhysicalForm,
    Place, Reading, Record, Rhythm, RunningExchange, Status, Stream, StreamDetails, StreamKind,
};
use engine::period::Period;
use engine::quantity::Amount;
use engine::source::Basis;
use jiff::Timestamp;
use jiff::civil::date;

/// Three enterprises, `det`, `giay` and `nuoc`; whatever is said of one bears its mark.
pub fn small_park() -> Park {
    let meters = vec![meter("cong-to-det", "det", true), meter("cong-to-giay", "giay", false)];
    let readings = [
        (MeterId::new("cong-to-det"), vec![reading(0, Some(1.5)), reading(3_600_000_001, None), reading(7, Some(0.0))]),
        // A series was handed in, with nothing in it.
        (MeterId::new("cong-to-giay"), vec![]),
    ];
    Park {
        id: ParkId::new("khu-thu"),
        name: Label::new("Khu thử nghiệm", "Test park"),
        province: "92".to_string(),
        area_ha: Some(135.7),
        place: Some(Place { latitude: 10.1, longitude: 105.7 }),
        developer: None,
        utc_offset_h: 7.0,
        synthetic: true,
        note: Some("Số liệu giả định".to_string()),
        enterprises: vec![
            enterprise("det", EnterpriseRole::Tenant, Some(450)),
            enterprise("giay", EnterpriseRole::Tenant, None),
            enterprise("nuoc", EnterpriseRole::Utility, Some(0)),
        ],
        records: vec![
            record("giay", "electricity", Period::month(2024, 3).unwrap(), 30.0, 2),
            record("det", "electricity", Period::month(2024, 2).unwrap(), 10.125, 3),
            record("det", "electricity", Period::month(2024, 3).unwrap(), 11.25, 4),
            record("det", "electricity", Period::month(2024, 4).unwrap(), 0.1, 5),
            record("det", "water", Period::parse("2024-01-15/2024-03-20").unwrap(), 1e6, 6),
            record("nuoc", "water", Period::year(2024).unwrap(), 2.5e6, 9),
        ],
        drivers: vec![driver("giay", Some("t")), driver("det", None)],
        meters,
        readings: readings.into(),
        metered: BTreeMap::new(),
        weather: weather(),
        streams: vec![
            stream("vun-giay", "giay", Direction::Give, StreamKind::Material),
            stream("soi", "det", Direction::Take, StreamKind::Material),
            stream("nuoc-nong", "det", Direction::Give, StreamKind::Heat),
        ],
        works: works(),
        exchanges: vec![exchange("tro-bay", "giay", "nuoc", true), exchange("nuoc-tuan-hoan", "nuoc", "det", false)],
        survey: vec![answer("giay", "q-2", false), answer("det", "q-1", true)],
        facts: vec![
            fact("reused-water-share", Some(12.5), None),
            fact("one-stop-service", None, Some("Khu chưa có dịch vụ này")),
        ],
        measures: vec![measure("dong-co", "det", true), measure("noi-hoi", "giay", false)],
        plans: Vec::new(),
        adjustments: Vec::new(),
        key_readings: Vec::new(),
    }
}

/// A year and more of monthly records of many enterprises, and hourly readings of three meters.
pub fn big_park(records: usize, readings: usize) -> Park {
    const ENTERPRISES: usize = 40;
    const METERS: usize = 3;
    let mut park = small_park();
    park.id = ParkId::new("khu-lon");
    park.enterprises
        .extend((0..ENTERPRISES).map(|n| enterprise(&format!("dn-{n:03}"), EnterpriseRole::Tenant, Some(9))));
    park.records = (0..records)
        .map(|n| {
            let (month, series) = (n % 36, n / 36);
            let period = Period::month(2022 + (month / 12) as i16, (month % 12) as i8 + 1).unwrap();
            let resource = format!("resource-{}", series / ENTERPRISES);
            record(&format!("dn-{:03}", series % ENTERPRISES), &resource, period, n as f64 * 1.37 + 0.01, n + 2)
        })
        .collect();
    park.meters = (0..METERS).map(|n| meter(&format!("cong-to-{n}"), &format!("dn-{n:03}"), true)).collect();
    park.measures.iter_mut().for_each(|measure| measure.meter = None);
    let per_meter = readings.div_ceil(METERS);
    park.readings = (0..METERS)
        .map(|n| {
            let count = per_meter.min(readings - n * per_meter);
            let series = (0..count).map(|hour| {
                let value = (hour % 97 != 0).then_some(100.0 + (hour * 7 % 1_000) as f64 / 3.0);
                reading(1_640_995_200_000_000 + hour as i64 * 3_600_000_000, value)
            });
            (MeterId::new(format!("cong-to-{n}")), series.collect())
        })
        .collect();
    park
}

fn mark(enterprise: &str) -> String {
    format!("MARK-{enterprise}")
}

fn marked(enterprise: &str) -> Label {
    Label::new(mark(enterprise), mark(enterprise))
}

fn tonnes(value: f64) -> Amount {
    Amount { value, unit: "t".to_string() }
}

/// A link between two, one that is anybody's, and a plant that makes heat of fibres.
fn works() -> Works {
    let investment = Investment { vnd: 900_000_000.0, life_years: 15, discount_rate: 0.1 };
    let link = |id: &str, giver: Option<&str>, taker: &str, is_complete: bool| SiteLink {
        id: SiteLinkId::new(id),
        name: marked(giver.unwrap_or(taker)),
        means: if is_complete { LinkMeans::Pipe } else { LinkMeans::Storage },
        giver: giver.map(EnterpriseId::new),
        taker: Some(EnterpriseId::new(taker)),
        kind: is_complete.then_some(StreamKind::Material),
        charged: if is_complete { Charged::Each } else { Charged::Once },
        cost: if is_complete {
            YearlyCost { running_vnd: Some(40e6), investment: Some(investment) }
        } else {
            YearlyCost::default()
        },
        capacity: is_complete.then(|| tonnes(500.0)),
        basis: if is_complete { CostBasis::Quoted } else { CostBasis::Estimated },
        source: mark(taker),
    };
    Works {
        links: vec![link("ong", Some("giay"), "nuoc", true), link("kho", None, "det", false)],
        plants: vec![SharedPlant {
            id: PlantId::new("lo-hoi"),
            name: marked("det"),
            owner: EnterpriseId::new("det"),
            input: StreamId::new("soi"),
            output: StreamId::new("nuoc-nong"),
            output_share: 3.5,
            treatment_vnd: Some(120_000.0),
            cost: YearlyCost { running_vnd: None, investment: Some(investment) },
            status: PlantStatus::Proposed,
            basis: CostBasis::Estimated,
            source: mark("det"),
        }],
    }
}

/// One station by the hour, one by the day, one without values and without a place.
fn weather() -> Weather {
    let station = |id: &str, place| Station {
        id: StationId::new(id),
        name: Label::new("Trạm", "Station"),
        place,
        source: "Ban quản lý khu".to_string(),
    };
    let place = Some(Place { latitude: 10.2, longitude: 105.6 });
    let days = [(1, Some(27.25)), (3, None)];
    let days = days.map(|(day, value)| DayReading { day: date(2024, 1, day), value });
    Weather {
        stations: vec![station("tram-2", place), station("tram-1", place), station("tram-0", None)],
        series: BTreeMap::from([
            (StationId::new("tram-1"), TemperatureSeries::Daily(days.into())),
            (StationId::new("tram-2"), TemperatureSeries::Hourly(vec![reading(0, Some(26.5)), reading(7, None)])),
        ]),
    }
}

fn enterprise(id: &str, role: EnterpriseRole, employees: Option<u32>) -> Enterprise {
    Enterprise {
        id: EnterpriseId::new(id),
        name: marked(id),
        tax_code: employees.map(|_| "1800123456".to_string()),
        isic4: "1701".to_string(),
        role,
        employees,
        place: employees.map(|_| Place { latitude: 10.123456789, longitude: 105.7 }),
    }
}

fn record(enterprise: &str, resource: &str, period: Period, value: f64, line: usize) -> Record {
    Record {
        enterprise: EnterpriseId::new(enterprise),
        resource: ResourceId::new(resource),
        period,
        amount: Amount { value, unit: "MWh".to_string() },
        basis: if line.is_multiple_of(2) { Basis::Invoiced } else { Basis::Estimated },
        source: mark(enterprise),
        cost_vnd: line.is_multiple_of(3).then_some(1_234_567_890.0),
        line,
    }
}

fn driver(enterprise: &str, unit: Option<&str>) -> Driver {
    Driver {
        enterprise: EnterpriseId::new(enterprise),
        driver: mark(enterprise),
        period: Period::month(2024, 1).unwrap(),
        value: 3.75,
        unit: unit.map(str::to_string),
    }
}

fn meter(id: &str, enterprise: &str, is_main: bool) -> Meter {
    Meter {
        id: MeterId::new(id),
        enterprise: EnterpriseId::new(enterprise),
        resource: ResourceId::new("electricity"),
        unit: "kWh".to_string(),
        name: marked(enterprise),
        is_main,
    }
}

fn reading(at_us: i64, value: Option<f64>) -> Reading {
    Reading { at: Timestamp::from_microsecond(at_us).unwrap(), value }
}

fn stream(id: &str, enterprise: &str, direction: Direction, kind: StreamKind) -> Stream {
    let gives = direction == Direction::Give;
    let contents: BTreeMap<String, Amount> =
        [("ash".to_string(), tonnes(0.02)), (mark(enterprise), tonnes(0.5))].into();
    Stream {
        id: StreamId::new(id),
        enterprise: EnterpriseId::new(enterprise),
        direction,
        kind,
        name: marked(enterprise),
        ewc: gives.then(|| "03 03 07".to_string()),
        quantity: tonnes(1_200.0),
        hazardous: !gives,
        licensed: gives,
        price_vnd: gives.then_some(-350_000.0),
        treatment_vnd: (!gives).then_some(0.0),
        temperature_c: (kind == StreamKind::Heat).then_some(64.5),
        basis: Basis::Declared,
        source: mark(enterprise),
        composition: if gives { contents } else { BTreeMap::new() },
        details: if gives { details() } else { StreamDetails::default() },
    }
}

fn details() -> StreamDetails {
    StreamDetails {
        cpc: Some("21231".to_string()),
        form: Some(PhysicalForm::Sludge),
        rhythm: Some(Rhythm::Seasonal),
        months: [1, 11, 12].into(),
        available_from: Some(date(2024, 1, 1)),
        ended_on: Some(date(2026, 1, 1)),
        hazard_group: Some("07".to_string()),
        licence_kind: Some(LicenceKind::Environmental),
        licence_number: Some("12/GPMT".to_string()),
    }
}

fn exchange(id: &str, giver: &str, taker: &str, is_complete: bool) -> RunningExchange {
    RunningExchange {
        id: ExchangeId::new(id),
        giver: EnterpriseId::new(giver),
        taker: EnterpriseId::new(taker),
        name: marked(giver),
        quantity: is_complete.then(|| tonnes(900.0)),
        since: is_complete.then(|| date(2021, 5, 1)),
        ended_on: None,
        evidence: is_complete.then(|| mark(taker)),
    }
}

fn answer(enterprise: &str, question: &str, yes: bool) -> Answer {
    Answer {
        enterprise: EnterpriseId::new(enterprise),
        question: question.to_string(),
        yes,
        answered_on: date(2024, 12, 31),
        evidence: yes.then(|| mark(enterprise)),
    }
}

fn fact(fact: &str, value: Option<f64>, not_applicable: Option<&str>) -> Fact {
    Fact {
        fact: fact.to_string(),
        value,
        stated_on: date(2025, 1, 15),
        evidence: value.map(|_| "Báo cáo của khu".to_string()),
        not_applicable: not_applicable.map(str::to_string),
    }
}

fn measure(id: &str, enterprise: &str, is_complete: bool) -> Measure {
    Measure {
        id: MeasureId::new(id),
        enterprise: EnterpriseId::new(enterprise),
        option: is_complete.then(|| OptionId::new("variable-speed-drives")),
        name: marked(enterprise),
        resource: ResourceId::new("electricity"),
        meter: is_complete.then(|| MeterId::new("cong-to-det")),
        status: if is_complete { Status::Measured } else { Status::Proposed },
        status_on: date(2024, 6, 30),
        installed: is_complete.then(|| Period::parse("2024-05-01/2024-05-20").unwrap()),
        expected_saving: is_complete.then(|| Amount { value: 55.5, unit: "MWh".to_string() }),
        investment_vnd: is_complete.then_some(750_000_000.0),
        expected_uncertainty_90: is_complete.then_some(40.0),
        share: is_complete.then_some(1.0),
        owner: is_complete.then(|| mark(enterprise)),
        evidence: None,
        signer: is_complete.then(|| mark(enterprise)),
    }
}
