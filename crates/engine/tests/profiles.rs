//! Profiles: what is proposed for whom, the laws of its ranges, and how much of two parks it would have found.

mod repository;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use engine::catalogue::profiles::{Likelihood, ProfileSubject};
use engine::catalogue::{Catalogue, Flow};
use engine::observe::observe;
use engine::observe::profiles::{Firm, Ground, Level, Profile, Proposal, UnknownSector, profile};
use engine::park::{Direction, Park, StreamKind};
use engine::period::Period;
use engine::quantity::Amount;
use engine::source::Basis;
use repository::{catalogue, example};

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(catalogue);

fn firm(sector: &str, employees: Option<u32>) -> Firm {
    Firm { sector: sector.to_string(), employees, ..Firm::default() }
}

fn of(sector: &str, employees: Option<u32>) -> Profile {
    profile(&firm(sector, employees), &CATALOGUE).unwrap()
}

fn find<'a>(profile: &'a Profile, key: &str) -> &'a Proposal {
    profile.proposals.iter().find(|proposal| proposal.key == key).unwrap_or_else(|| panic!("{key}"))
}

fn ends(profile: &Profile, key: &str) -> Option<(f64, f64)> {
    find(profile, key).range.as_ref().map(|range| (range.low, range.high))
}

#[test]
fn a_sector_is_read_as_people_write_it() {
    let code = |asked: &str| profile(&firm(asked, None), &CATALOGUE).map(|profile| profile.sector);
    for (asked, expected) in
        [("C", "C"), ("13", "13"), ("C13", "13"), (" c1313 ", "1313"), ("13130", "1313"), ("131", "131")]
    {
        assert_eq!(code(asked).as_deref(), Ok(expected), "{asked}");
    }
    for asked in ["", "Z", "99999", "A13", "13x", "CC13", "00", "đ", "1"] {
        assert_eq!(code(asked), Err(UnknownSector(asked.to_string())));
    }
}

#[test]
fn a_brewery_by_its_output_is_told_from_the_published_rates() {
    let brewery = Firm { product_t: Some(10_000.0), ..firm("1103", Some(200)) };
    let told = profile(&brewery, &CATALOGUE).unwrap();
    // Table 33 of the UNEP handbook: 0.32 to 1 m³ of water for a hectolitre.
    assert_eq!(ends(&told, "take/supply-water"), Some((32_000.0, 100_000.0)));
    assert!(!find(&told, "take/supply-water").unconfirmed);
    assert!(find(&told, "take/electricity").unconfirmed, "its rate is from memory");
    let grain = find(&told, "give/020704");
    assert_eq!((grain.level, grain.likelihood), (Level::Class, Likelihood::Always));
    assert!(!grain.places.is_empty() && grain.grounds.iter().any(|ground| matches!(ground, Ground::Seen { .. })));
}

#[test]
fn without_a_size_there_is_no_quantity() {
    for sector in ["1020", "1410", "2410"] {
        let told = of(sector, None);
        assert!(told.proposals.len() > 10 && told.proposals.iter().all(|proposal| proposal.range.is_none()));
    }
    assert!(of("1410", Some(300)).proposals.iter().any(|proposal| proposal.range.is_some()));
}

#[test]
fn a_range_that_says_nothing_is_not_told() {
    let told = of("C13", Some(300));
    let power = find(&told, "take/electricity");
    assert!(power.is_too_wide && power.range.is_none(), "a spinner and a dyer, each with any output");
    for proposal in told.proposals.iter().filter_map(|proposal| proposal.range.as_ref()) {
        assert!(proposal.high <= 100.0 * proposal.low, "{proposal:?}");
    }
}

#[test]
fn neighbours_stand_in_where_a_sector_has_no_row_and_are_named() {
    // Malting, 1102, has no row; brewing and wine are its neighbours in group 110.
    let told = of("1102", Some(100));
    let water = find(&told, "take/supply-water");
    let Ground::Stated { sector, level, widened, .. } = &water.grounds[0] else { panic!("{:?}", water.grounds) };
    assert!(sector.starts_with("110") && (*level, *widened) == (Level::Group, 1.5), "{:?}", water.grounds);
    assert_eq!(water.level, Level::Group);
    // Of a division alone every class below it may be meant.
    assert_eq!(find(&of("C13", None), "take/steam").level, Level::Division);
}

#[test]
fn products_leave_out_what_they_do_not_give_off() {
    let with = |product: &str| {
        let firm = Firm { products: vec![product.to_string()], ..firm("1020", Some(500)) };
        find(&profile(&firm, &CATALOGUE).unwrap(), "give/020202").label.en.clone()
    };
    assert_eq!(with("Tôm đông lạnh"), "Shrimp heads and shells");
    assert_eq!(with("phi lê cá tra"), "Fish heads, frames and fat");
    assert_eq!(find(&of("1020", None), "give/020202").label.en, "Shrimp heads and shells; Fish heads, frames and fat");
}

/// Every sector of the list, so that no row escapes.
#[test]
fn all_of_it_is_estimated_ordered_and_grounded() {
    for sector in CATALOGUE.industries.keys() {
        let told = of(sector, Some(250));
        let keys: BTreeSet<&str> = told.proposals.iter().map(|proposal| proposal.key.as_str()).collect();
        assert_eq!(keys.len(), told.proposals.len(), "{sector}: a stream is proposed once");
        assert_eq!(told, of(sector, Some(250)));
        for proposal in &told.proposals {
            assert_eq!(proposal.basis, Basis::Estimated);
            assert!(!proposal.grounds.is_empty() && !proposal.label.vi.is_empty() && !proposal.label.en.is_empty());
            if let Some(range) = &proposal.range {
                assert!(0.0 < range.low && range.low <= range.high && range.high.is_finite(), "{sector} {proposal:?}");
            }
        }
    }
}

#[test]
fn ranges_grow_with_the_size() {
    for sector in CATALOGUE.industries.keys() {
        for (fewer, more) in [(1, 2), (10, 300), (300, 301)] {
            let (small, large) = (of(sector, Some(fewer)), of(sector, Some(more)));
            for proposal in &small.proposals {
                let (one, other) = (ends(&small, &proposal.key), ends(&large, &proposal.key));
                assert_eq!(one.is_some(), other.is_some());
                assert!(one.zip(other).is_none_or(|(one, other)| one.0 <= other.0 && one.1 <= other.1), "{sector}");
            }
        }
    }
}

#[test]
fn a_range_by_employees_holds_every_range_by_an_output_that_they_can_make() {
    for output in &CATALOGUE.outputs {
        let (employees, sector) = (120, output.sector.as_str());
        let by_employees = of(sector, Some(employees));
        for part in [0.0, 0.3, 1.0] {
            let each = output.rate.low + part * (output.rate.high - output.rate.low);
            let known = Firm { product_t: Some(f64::from(employees) * each), ..firm(sector, Some(employees)) };
            let by_output = profile(&known, &CATALOGUE).unwrap();
            for proposal in &by_output.proposals {
                let Some(narrow) = ends(&by_output, &proposal.key) else { continue };
                let Some(wide) = ends(&by_employees, &proposal.key) else {
                    assert!(find(&by_employees, &proposal.key).is_too_wide);
                    continue;
                };
                let slack = 1e-9 * wide.1;
                assert!(wide.0 <= narrow.0 + slack && narrow.1 <= wide.1 + slack, "{sector} {}", proposal.key);
            }
        }
    }
}

/// The class of a neighbour, asked for by the group or the division instead, has a range that holds its own.
#[test]
fn a_coarser_sector_has_a_wider_range() {
    for row in CATALOGUE.profiles.iter().filter(|row| row.sector.len() == 4 && row.rate.is_some()) {
        let fine = of(&row.sector, Some(90));
        let mut narrow: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
        for proposal in fine.proposals.iter().filter(|proposal| proposal.level == Level::Class) {
            narrow.extend(ends(&fine, &proposal.key).map(|range| (proposal.key.as_str(), range)));
        }
        for digits in [3, 2] {
            let coarse = of(&row.sector[..digits], Some(90));
            for (key, range) in &narrow {
                let Some(wide) = ends(&coarse, key).filter(|_| find(&coarse, key).level != Level::Section) else {
                    continue;
                };
                assert!(wide.0 <= range.0 && range.1 <= wide.1, "{} {digits} {key}: {wide:?} {range:?}", row.sector);
            }
        }
    }
}

/// A stream of a park as a profile could have named it: a group of resources, a waste code, or a kind of stream.
type Named = (Direction, String);

fn named(proposal: &Proposal) -> Named {
    let what = match &proposal.about {
        ProfileSubject::Resource(id) => CATALOGUE.resource(id).unwrap().group.clone(),
        ProfileSubject::Stream { kind: _, ewc: Some(code) } => code.clone(),
        ProfileSubject::Stream { kind, ewc: None } => format!("{kind:?}"),
    };
    (proposal.direction, what)
}

/// What the enterprises of a park declared, records and streams apart.
fn declared(park: &Park) -> BTreeMap<String, [BTreeSet<Named>; 2]> {
    let mut declared: BTreeMap<String, [BTreeSet<Named>; 2]> = BTreeMap::new();
    for record in &park.records {
        let resource = CATALOGUE.resource(&record.resource).unwrap();
        let direction = match resource.flow {
            Flow::In => Direction::Take,
            Flow::Out => Direction::Give,
            Flow::Product | Flow::Condition => continue,
        };
        let own = declared.entry(record.enterprise.to_string()).or_default();
        own[0].insert((direction, resource.group.clone()));
    }
    for stream in &park.streams {
        let what = stream.ewc.clone().unwrap_or_else(|| format!("{:?}", stream.kind));
        declared.entry(stream.enterprise.to_string()).or_default()[1].insert((stream.direction, what));
    }
    declared
}

/// How many of the streams are among the first `k` proposals, of all there are.
fn recall(park: &Park, catalogue: &Catalogue, truth: &BTreeMap<String, BTreeSet<Named>>, k: usize) -> (usize, usize) {
    let mut found = 0;
    for enterprise in &park.enterprises {
        let own = truth.get(enterprise.id.as_str()).cloned().unwrap_or_default();
        let told = profile(&firm(&enterprise.isic4, enterprise.employees), catalogue).unwrap();
        let first: BTreeSet<Named> = told.proposals.iter().take(k).map(named).collect();
        found += own.intersection(&first).count();
    }
    (found, truth.values().map(BTreeSet::len).sum())
}

/// Synthetic data: the figures show that profiles and sample speak of the same streams, and prove nothing of real firms.
#[test]
fn recall_in_the_sample_park_is_what_the_method_page_says() {
    let park = example("khu-mau");
    let declared = declared(&park);
    let part = |index: usize| declared.iter().map(|(id, parts)| (id.clone(), parts[index].clone())).collect();
    let (records, streams): (BTreeMap<_, _>, BTreeMap<_, _>) = (part(0), part(1));
    let at = |truth, k| recall(&park, &CATALOGUE, truth, k);
    let found = [10, 20, 50].map(|k| (at(&records, k), at(&streams, k)));
    assert_eq!(found, [((196, 257), (47, 97)), ((217, 257), (69, 97)), ((229, 257), (93, 97))]);

    let told = park.enterprises.iter().map(|one| of(&one.isic4, one.employees).proposals.len());
    let (fewest, most) = told.clone().fold((usize::MAX, 0), |ends, count| (ends.0.min(count), ends.1.max(count)));
    assert_eq!((told.sum::<usize>(), fewest, most), (827, 0, 28));
}

#[test]
fn ranges_hold_what_the_sample_park_declared() {
    let park = example("khu-mau");
    let balance = observe(&park, &CATALOGUE, Period::year(2024).unwrap());
    let (mut inside, mut with_range) = (0, 0);
    for enterprise in &park.enterprises {
        for proposal in of(&enterprise.isic4, enterprise.employees).proposals {
            let ProfileSubject::Resource(resource) = &proposal.about else { continue };
            let total = balance.sites[&enterprise.id].get(resource).filter(|total| total.months_covered == 12);
            let Some((total, range)) = total.zip(proposal.range.as_ref()) else { continue };
            let end = |value: f64| CATALOGUE.canonical(&Amount { value, unit: range.unit.clone() }).unwrap();
            with_range += 1;
            inside += usize::from(end(range.low) <= total.amount && total.amount <= end(range.high));
        }
    }
    assert_eq!((inside, with_range), (47, 50));
}

/// Kalundborg's own exchanges are in the catalogue; without them next to nothing of it is known.
#[test]
fn recall_in_kalundborg_is_what_the_method_page_says() {
    let park = example("kalundborg");
    let what = |name: &str| match name {
        "Flue gas desulphurisation gypsum" => "100105",
        "Fly ash" => "100102",
        "Recovered sulphur" | "Ammonium thiosulphate from desulphurisation" => "050116",
        "Biological sludge of fermentation" => "070512",
        "Treated waste water" | "Cooling water once used" => "Water",
        _ => "Heat",
    };
    let mut truth: BTreeMap<String, BTreeSet<Named>> = BTreeMap::new();
    for exchange in &park.exchanges {
        for (direction, party) in [(Direction::Give, &exchange.giver), (Direction::Take, &exchange.taker)] {
            truth.entry(party.to_string()).or_default().insert((direction, what(&exchange.name.en).to_string()));
        }
    }
    let mut elsewhere = CATALOGUE.clone();
    elsewhere
        .known_exchanges
        .retain(|known| !known.source.contains("Jacobsen") && !known.source.contains("Kalundborg"));
    let at = |catalogue, k| recall(&park, catalogue, &truth, k);
    let found = [10, 20, 50].map(|k| (at(&CATALOGUE, k), at(&elsewhere, k)));
    assert_eq!(found, [((8, 18), (2, 18)), ((12, 18), (3, 18)), ((16, 18), (3, 18))]);
}

#[test]
fn kinds_of_streams_have_their_names_in_keys() {
    let told = of("3510", None);
    let heat = ProfileSubject::Stream { kind: StreamKind::Heat, ewc: None };
    assert_eq!(find(&told, "give/heat/low-pressure-steam").about, heat);
}
