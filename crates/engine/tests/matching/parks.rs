//! Parks in the making, for the tests of matching.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use engine::catalogue::{Catalogue, Files, read_catalogue};
use engine::ids::{EnterpriseId, ParkId, StreamId};
use engine::language::Label;
use engine::park::{Direction, Enterprise, EnterpriseRole, Park, Place, Stream, StreamKind};
use engine::quantity::Amount;
use engine::source::Basis;

/// A stream in the making.
pub struct Draft(pub Stream);

impl Draft {
    pub fn named(mut self, name: &str) -> Draft {
        self.0.name = Label::new(name, name);
        self
    }

    pub fn ewc(mut self, code: &str) -> Draft {
        self.0.ewc = Some(code.to_string());
        self
    }

    pub fn quantity(mut self, t: f64) -> Draft {
        self.0.quantity = Amount { value: t, unit: self.0.quantity.unit };
        self
    }

    pub fn kind(mut self, kind: StreamKind, unit: &str) -> Draft {
        self.0.kind = kind;
        self.0.quantity.unit = unit.to_string();
        self
    }

    pub fn price(mut self, vnd: f64) -> Draft {
        self.0.price_vnd = Some(vnd);
        self
    }

    pub fn treated(mut self, vnd: f64) -> Draft {
        self.0.treatment_vnd = Some(vnd);
        self
    }

    pub fn hazardous(mut self) -> Draft {
        self.0.hazardous = true;
        self
    }

    pub fn licensed(mut self) -> Draft {
        self.0.licensed = true;
        self
    }

    pub fn holds(mut self, substance: &str, value: f64, unit: &str) -> Draft {
        self.0.composition.insert(substance.to_string(), Amount { value, unit: unit.to_string() });
        self
    }
}

/// 100 t a year, disposal 500,000 VND/t, treatment free of charge.
pub fn give(id: &str, enterprise: &str) -> Draft {
    draft(id, enterprise, Direction::Give).treated(0.0)
}

/// 100 t a year, bought at 500,000 VND/t.
pub fn take(id: &str, enterprise: &str) -> Draft {
    draft(id, enterprise, Direction::Take)
}

fn draft(id: &str, enterprise: &str, direction: Direction) -> Draft {
    Draft(Stream {
        id: StreamId::new(id),
        enterprise: EnterpriseId::new(enterprise),
        direction,
        kind: StreamKind::Material,
        name: Label::new(id, id),
        ewc: None,
        quantity: Amount { value: 100.0, unit: "t".to_string() },
        hazardous: false,
        licensed: false,
        price_vnd: Some(500_000.0),
        treatment_vnd: None,
        temperature_c: None,
        basis: Basis::Declared,
        source: "test".to_string(),
        composition: BTreeMap::new(),
        details: Default::default(),
    })
}

/// A site so many kilometres north of the first.
pub fn site(id: &str, isic4: &str, km_north: f64) -> Enterprise {
    let latitude = 10.0 + (km_north / 6_371.0).to_degrees();
    Enterprise {
        id: EnterpriseId::new(id),
        name: Label::new(id, id),
        tax_code: None,
        isic4: isic4.to_string(),
        role: EnterpriseRole::Tenant,
        employees: None,
        place: Some(Place { latitude, longitude: 106.0 }),
    }
}

pub fn park(sites: impl IntoIterator<Item = Enterprise>, streams: impl IntoIterator<Item = Draft>) -> Park {
    Park {
        id: ParkId::new("p"),
        name: Label::new("Khu", "Park"),
        province: "92".to_string(),
        area_ha: None,
        place: None,
        utc_offset_h: 7.0,
        developer: None,
        synthetic: true,
        note: None,
        enterprises: sites.into_iter().collect(),
        records: Vec::new(),
        drivers: Vec::new(),
        meters: Vec::new(),
        readings: BTreeMap::new(),
        metered: BTreeMap::new(),
        weather: Default::default(),
        works: Default::default(),
        streams: streams.into_iter().map(|draft| draft.0).collect(),
        exchanges: Vec::new(),
        survey: Vec::new(),
        facts: Vec::new(),
        measures: Vec::new(),
        plans: Vec::new(),
        adjustments: Vec::new(),
        key_readings: Vec::new(),
    }
}

/// Sites with streams of all kinds, some data left out.
pub fn random_park(seed: u64, sites: usize) -> Park {
    let mut random = Random(seed.wrapping_mul(7_919));
    let known = &catalogue().known_exchanges;
    let mut enterprises = Vec::new();
    let mut streams = Vec::new();
    for number in 0..sites {
        let id = format!("e{number}");
        // Takers and givers of the same few known exchanges, so that there is something to find.
        let exchange = &known[random.below(8) * 5 + 20];
        let isic4 = if random.below(2) == 0 { &exchange.giver_isic4 } else { &exchange.taker_isic4 };
        let mut enterprise = site(&id, isic4, random.below(40) as f64 / 10.0);
        if random.below(10) == 0 {
            enterprise.place = None;
        }
        enterprises.push(enterprise);
        for count in 0..1 + random.below(4) {
            let stream_id = format!("{id}-{count}");
            let is_given = random.below(2) == 0;
            let mut stream = if is_given { give(&stream_id, &id) } else { take(&stream_id, &id) };
            stream = match random.below(6) {
                0 => stream.kind(StreamKind::Water, "m3").holds("cod", random.below(60) as f64, "mg/l").price(9e3),
                1 => stream.kind(StreamKind::Heat, "GJ").price(2e5),
                _ => {
                    let other = &known[random.below(8) * 5 + 20];
                    let stream = stream.named(&other.stream);
                    if other.ewc6.is_empty() || random.below(6) == 0 { stream } else { stream.ewc(&other.ewc6) }
                }
            };
            stream = stream.quantity((1 + random.below(5_000)) as f64 / 7.0);
            stream.0.temperature_c = Some(40.0 + random.below(80) as f64).filter(|_| random.below(8) > 0);
            stream.0.hazardous = random.below(5) == 0;
            stream.0.licensed = random.below(2) == 0;
            if random.below(6) == 0 {
                stream.0.price_vnd = None;
            }
            if random.below(3) == 0 {
                stream = stream.holds("chloride", random.below(20) as f64, "percent");
            }
            streams.push(stream);
        }
    }
    park(enterprises, streams)
}

/// A small generator of our own, so that each test repeats itself.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % limit as u64) as usize
    }
}

pub fn catalogue() -> &'static Catalogue {
    static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
    CATALOGUE.get_or_init(|| read_catalogue(&catalogue_files()).0)
}

pub fn catalogue_files() -> Files {
    let mut files = Files::new();
    gather(&catalogue_folder(), "", &mut files);
    files
}

pub fn catalogue_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../catalogue")
}

fn gather(folder: &Path, prefix: &str, files: &mut Files) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            gather(&entry.path(), &format!("{name}/"), files);
        } else if name.ends_with(".csv") || name.ends_with(".toml") {
            files.insert(name, std::fs::read_to_string(entry.path()).unwrap());
        }
    }
}
