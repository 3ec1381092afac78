//! What streams say of product, form, dates and seasons.

use engine::fault::Fault;
use engine::ids::StreamId;
use engine::matching::network::{Link, TransportProblem, solve_capacitated};
use engine::matching::{
    Candidates, Missing, Obstacle, Reason, Standing, choose_network, find_exchanges, find_exchanges_by,
};
use engine::park::read::read_park;
use engine::park::{Park, PhysicalForm, Rhythm, StreamDetails};
use engine::table::read_csv;
use jiff::civil::date;

use super::parks::{Draft, catalogue, give, park, site, take};

fn with(mut draft: Draft, details: StreamDetails) -> Draft {
    draft.0.details = details;
    draft
}

fn form(form: PhysicalForm) -> StreamDetails {
    StreamDetails { form: Some(form), ..StreamDetails::default() }
}

fn season(months: &[u8]) -> StreamDetails {
    let months = months.iter().copied().collect();
    StreamDetails { rhythm: Some(Rhythm::Seasonal), months, ..StreamDetails::default() }
}

/// Ash from a to b with what each side says of itself, next door.
fn pair(giver: StreamDetails, taker: StreamDetails) -> Park {
    park(
        [site("a", "3510", 0.0), site("b", "2394", 0.0)],
        [with(give("x", "a").ewc("100102"), giver), with(take("y", "b").ewc("100102"), taker)],
    )
}

fn found(giver: StreamDetails, taker: StreamDetails) -> Candidates {
    find_exchanges(&pair(giver, taker), catalogue())
}

#[test]
fn forms_are_equal_treatable_or_out_of_reach() {
    use PhysicalForm::{Gas, Powder, Sludge, Solid};
    let same = found(form(Powder), form(Powder));
    assert!(same.exchanges[0].reasons.contains(&Reason::SameForm { form: Powder }));
    let silent = found(StreamDetails::default(), form(Powder));
    assert_eq!(silent.exchanges[0].missing, [Missing::Form { stream: StreamId::new("x") }]);
    let unasked = found(form(Powder), StreamDetails::default());
    assert_eq!(unasked.exchanges[0].standing, Standing::Ready);
    let apart = found(form(Gas), form(Solid));
    assert!(apart.rejections[0].obstacles.contains(&Obstacle::OtherForm { giver: Gas, taker: Solid }));
    // The giver of `parks` states a treatment that costs nothing: it changes no form.
    let wet = found(form(Sludge), form(Powder));
    assert_eq!(
        wet.exchanges[0].missing,
        [Missing::FormTreatment { giver: StreamId::new("x"), taker: StreamId::new("y") }]
    );
    let mut dried = pair(form(Sludge), form(Powder));
    dried.streams[0].treatment_vnd = Some(1_000.0);
    let dried = find_exchanges(&dried, catalogue());
    assert_eq!(dried.exchanges[0].standing, Standing::Ready);
    assert!(dried.exchanges[0].reasons.contains(&Reason::FormByTreatment { giver: Sludge, taker: Powder }));
}

#[test]
fn who_ends_before_the_other_begins_cannot_exchange() {
    let until = |day| StreamDetails { ended_on: Some(day), ..StreamDetails::default() };
    let from = |day| StreamDetails { available_from: Some(day), ..StreamDetails::default() };
    let day = date(2025, 1, 1);
    let apart = found(until(day), from(day));
    assert_eq!(apart.rejections[0].obstacles, [Obstacle::NotAtTheSameTime { ended_on: day, from: day }]);
    let together = found(until(date(2025, 1, 2)), from(day));
    let reason = Reason::AvailableTogether { from: Some(day), ended_on: Some(date(2025, 1, 2)) };
    assert!(together.exchanges[0].reasons.contains(&reason));
}

#[test]
fn seasons_that_overlap_in_part_limit_the_quantity_and_the_network() {
    // 100 t in 4 months are 25 t a month, 100 t in 2 months 50 t: two months shared, 50 t.
    let partly = found(season(&[11, 12, 1, 2]), season(&[1, 2]));
    assert_eq!(partly.exchanges[0].quantity, Some(50.0));
    let network = choose_network(&partly);
    assert_eq!(network.exchanges[0].quantity, 50.0);
    assert_eq!(network.benefit_vnd, network.bound_vnd);
    let mut all_year = StreamDetails { rhythm: Some(Rhythm::Continuous), ..StreamDetails::default() };
    assert_eq!(found(all_year.clone(), season(&[5, 6, 7])).exchanges[0].quantity, Some(25.0));
    all_year.rhythm = Some(Rhythm::Batch);
    assert_eq!(found(all_year, season(&[5, 6, 7])).exchanges[0].quantity, Some(100.0));
    let apart = found(season(&[1]), season(&[2]));
    assert_eq!(apart.rejections[0].obstacles[0].code(), "seasons_apart");
}

#[test]
fn the_same_product_asked_for_needs_no_known_exchange() {
    let cpc = |code: &str| StreamDetails { cpc: Some(code.to_string()), ..StreamDetails::default() };
    let of = |giver: &str, taker: &str| {
        let sites = [site("a", "1410", 0.0), site("b", "2610", 1.0)];
        let streams = [with(give("x", "a"), cpc(giver)), with(take("y", "b"), cpc(taker))];
        find_exchanges_by(&park(sites, streams), catalogue(), &Default::default())
    };
    let same = of("21231", "21231");
    assert!(same.exchanges[0].reasons.contains(&Reason::SameProduct { cpc: "21231".to_string() }));
    assert_eq!(same.exchanges[0].score.relation, 1.0);
    assert!(of("21231", "21232").exchanges.is_empty());
}

/// Against every network in whole steps: two givers, two takers, four links, each with or without a limit of its own.
#[test]
fn a_network_with_capacities_is_the_best_of_all_that_keep_them() {
    let links = [(0, 0, 5), (0, 1, 3), (1, 0, 4), (1, 1, 1)];
    let links: Vec<Link> = links.map(|(giver, taker, benefit)| Link { giver, taker, benefit }).into();
    let (supply, demand) = (vec![3, 2], vec![2, 3]);
    let problem = TransportProblem::new(supply.clone(), demand.clone(), links.clone()).unwrap();
    let capacities = [None, Some(0), Some(1), Some(2)];
    for code in 0..256_usize {
        let capacity: Vec<Option<i64>> = (0..4).map(|link| capacities[code >> (2 * link) & 3]).collect();
        let solution = solve_capacitated(&problem, &capacity);
        let mut best = 0;
        for flows in 0..256_i64 {
            let flow = |link: usize| flows >> (2 * link) & 3;
            let keeps_limits = flow(0) + flow(1) <= supply[0]
                && flow(2) + flow(3) <= supply[1]
                && flow(0) + flow(2) <= demand[0]
                && flow(1) + flow(3) <= demand[1]
                && (0..4).all(|link| capacity[link].is_none_or(|most| flow(link) <= most));
            if keeps_limits {
                best = best.max((0..4).map(|link| links[link].benefit * flow(link)).sum());
            }
        }
        assert_eq!(solution.objective_int, i128::from(best), "{capacity:?}");
        assert_eq!(solution.bound_int, i128::from(best), "{capacity:?}");
        assert!(solution.flows.iter().zip(&capacity).all(|(flow, most)| most.is_none_or(|most| *flow <= most)));
    }
}

/// A park of one enterprise whose streams sheet has these columns and cells besides what must be there.
fn read(columns: &str, cells: &str) -> (Option<Park>, Vec<String>) {
    let csv = |name: &str, text: &str| (name.to_string(), read_csv(&format!("{name}.csv"), text).unwrap());
    let streams = format!(
        "stream,enterprise,direction,kind,name_vi,name_en,quantity,unit,hazardous,basis,source,{columns}\n\
         S1,E1,give,material,Tro bay,Fly ash,100,t,no,declared,Khảo sát,{cells}\n"
    );
    let sheets = [
        csv("park", "key,value\npark,p\nname_vi,Khu\nname_en,Park\n"),
        csv("enterprises", "enterprise,name_vi,name_en,isic4,role\nE1,Điện,Power,3510,tenant\n"),
        csv("records", "enterprise,resource,from,to,amount,unit,basis,source\n"),
        csv("streams", &streams),
    ];
    let (park, faults) = read_park(&sheets.into_iter().collect(), catalogue());
    let told = |fault: &Fault| format!("{} {}", fault.place.column.clone().unwrap_or_default(), fault.kind.code());
    (park, faults.iter().map(told).collect())
}

#[test]
fn details_are_read_and_blank_ones_leave_the_digest_as_it_was() {
    let columns = "cpc,form,rhythm,months,available_from,available_to,licence_kind,licence_number";
    let (park, faults) = read(columns, "21231,powder,seasonal,11;12;1,2024-01-01,31/12/2025,environmental,12/GPMT");
    assert_eq!(faults, [""; 0]);
    let details = &park.unwrap().streams[0].details;
    assert_eq!((details.form, details.rhythm), (Some(PhysicalForm::Powder), Some(Rhythm::Seasonal)));
    assert_eq!((details.months_cell().as_deref(), details.ended_on), (Some("1;11;12"), Some(date(2026, 1, 1))));
    assert_eq!(details.licence_number.as_deref(), Some("12/GPMT"));
    let (with_blank, without) = (read("cpc,form,months", ",,").0.unwrap(), read("ewc", "").0.unwrap());
    assert_eq!(with_blank.digest(), without.digest());
    assert!(!serde_json::to_string(&without).unwrap().contains("details"));
}

#[test]
fn every_fault_of_the_details_is_told_at_once() {
    let columns = "cpc,form,rhythm,months,available_from,available_to,hazard_group,licence_number";
    let (_, faults) = read(columns, ",,continuous,13,2024-01-02,2024-01-01,07,12/GPMT");
    let expected = [
        "available_to not-a-period",
        "hazard_group contradiction",
        "licence_kind missing-value",
        "months out-of-range",
        "rhythm contradiction",
    ];
    assert_eq!(faults, expected);
    let (_, faults) = read(columns, "99999,jelly,monthly,,soon,,20,");
    assert_eq!(faults.len(), 5, "{faults:?}");
    let (_, faults) = read("rhythm", "seasonal");
    assert_eq!(faults, ["months missing-value"]);
}
