//! What may be tried and told before somebody who sees totals alone.

use engine::assess::policy::wishes::{Wish, change_set};
use engine::park::EnterpriseRole;
use engine::report::{Order, report};

use super::*;
use crate::{catalogue, demo};

const RECP: &str = "VN35-37-2C";

fn year() -> Period {
    Period::year(2024).unwrap()
}

fn day() -> Date {
    jiff::civil::date(2025, 1, 31)
}

fn lab_park(park: &Park, catalogue: &Catalogue) -> LabPark {
    let framework = &catalogue.frameworks[&FrameworkId::new(DEFAULT_FRAMEWORK)];
    LabPark::of(park, &report(park, catalogue, &Order { period: year(), as_of: day(), framework }), catalogue)
}

fn tried(parks: &[LabPark], wishes: &[(&str, &str)], eyes: Eyes) -> Result<Trial, Vec<Fault>> {
    let catalogue = catalogue::catalogue().unwrap();
    let edition = &catalogue.frameworks[&FrameworkId::new(DEFAULT_FRAMEWORK)];
    let wishes: Vec<Wish> = wishes.iter().map(|(key, value)| Wish::of_pair("test", key, value).unwrap()).collect();
    let changes = change_set(edition, &wishes, catalogue)?;
    let parks: Vec<Arc<LabPark>> = parks.iter().cloned().map(Arc::new).collect();
    try_changes(&Question { edition, changes: &changes, period: year(), as_of: day(), eyes }, &parks, catalogue)
}

/// A park whose tenants have these many workers.
fn of_sizes(sizes: &[u32]) -> Park {
    let mut park = demo::example("khu-mau", catalogue::catalogue().unwrap()).unwrap();
    let tenants = park.enterprises.iter_mut().filter(|enterprise| enterprise.role == EnterpriseRole::Tenant);
    let mut sizes = sizes.iter();
    tenants.for_each(|tenant| tenant.employees = Some(sizes.next().copied().unwrap_or(10)));
    park
}

#[test]
fn a_scope_that_would_single_out_a_tenant_is_not_tried() {
    let catalogue = catalogue::catalogue().unwrap();
    let told = |sizes: &[u32]| scopes_told(&of_sizes(sizes), catalogue)["applies-recp"].clone();
    // All have ten workers but these: three above 300, one more above 100.
    let scopes = told(&[400, 400, 400, 150]);
    assert!(scopes.contains(&0), "the editions' own scope: {scopes:?}");
    assert!(!(scopes.contains(&100) && scopes.contains(&250)), "one tenant lies between them: {scopes:?}");
    assert!(scopes.contains(&500), "nobody is asked");
    let scopes = told(&[400, 400, 400, 150, 150, 150]);
    assert!([50, 100, 250, 300].iter().all(|scope| scopes.contains(scope)), "{scopes:?}");
    let scopes = told(&[400, 400]);
    assert!(![50, 100, 200, 250, 300].iter().any(|scope| scopes.contains(scope)), "{scopes:?}");
}

#[test]
fn a_park_that_may_not_be_told_of_a_scope_is_left_out_and_counted() {
    let catalogue = catalogue::catalogue().unwrap();
    let parks = [lab_park(&of_sizes(&[400, 400]), catalogue)];
    let wishes = [("VN35-37-2C.min_employees", "200")];
    let totals = tried(&parks, &wishes, Eyes::Totals).unwrap();
    assert_eq!((totals.parks.len(), totals.left_out.len(), totals.effect.whole.parks), (0, 1, 0));
    let owner = tried(&parks, &wishes, Eyes::Owner).unwrap();
    assert_eq!((owner.parks.len(), owner.left_out.len()), (1, 0));
    // A scope that nobody offers could be walked tenant by tenant.
    let faults = tried(&parks, &[("VN35-37-2C.min_employees", "137")], Eyes::Totals).unwrap_err();
    assert_eq!((faults.len(), faults[0].kind, faults[0].found.as_str()), (1, FaultKind::UnknownCode, "137"));
    assert!(tried(&parks, &[("VN35-37-2C.min_employees", "137")], Eyes::Owner).is_ok());
}

/// Walks the target upwards: what is told must bound the truth, and follow from the whole sum alone.
#[test]
fn what_compliance_costs_is_bounded_and_isolates_nobody() {
    let catalogue = catalogue::catalogue().unwrap();
    let mut park = demo::example("khu-mau", catalogue).unwrap();
    park.survey.iter_mut().filter(|answer| answer.question == "applies-recp").for_each(|answer| answer.yes = false);
    let parks = [lab_park(&park, catalogue)];
    assert!(parks[0].told.contains(&CriterionId::new(RECP)), "{:?}", parks[0].told);
    let (mut priced, mut per_start) = (0, Vec::new());
    for target in (5..=100).step_by(5) {
        let target = target.to_string();
        let cost = |eyes| {
            let trial = tried(&parks, &[("VN35-37-2C.target", &target)], eyes).unwrap();
            let row = trial.costs.into_iter().find(|row| row.criterion.as_str() == RECP);
            row.and_then(|row| row.after).unwrap_or_default()
        };
        let (told, truth) = (cost(Eyes::Totals), cost(Eyes::Owner));
        assert_eq!((told.not_met, told.starts, told.priced), (truth.not_met, truth.starts, truth.priced));
        assert_eq!(truth.investment_vnd.low, truth.investment_vnd.high);
        if told.priced == 1 {
            assert!(truth.investment_vnd.high <= told.investment_vnd.high + 1.0, "{target}: {told:?} {truth:?}");
            assert!(truth.saving_vnd.high <= told.saving_vnd.high + 1.0, "{target}: {told:?} {truth:?}");
            per_start.push(told.investment_vnd.high / told.starts as f64);
            priced += 1;
        }
    }
    assert!(priced > 3, "{priced} priced");
    assert!(per_start.windows(2).all(|pair| (pair[0] - pair[1]).abs() < 1.0), "{per_start:?}");
}

#[test]
fn a_note_names_parks_and_no_enterprise() {
    let catalogue = catalogue::catalogue().unwrap();
    let park = demo::example("khu-mau", catalogue).unwrap();
    let trial = tried(&[lab_park(&park, catalogue)], &[("VN35-37-2B", "5")], Eyes::Totals).unwrap();
    let edition = &catalogue.frameworks[&FrameworkId::new(DEFAULT_FRAMEWORK)];
    let wish = Wish::of_pair("test", "VN35-37-2B", "5").unwrap();
    let changes = change_set(edition, &[wish], catalogue).unwrap();
    for language in engine::language::Language::ALL {
        let note = note::impact_note(&trial, edition, &changes, 0, catalogue, language);
        let text = serde_json::to_string(&note).unwrap();
        assert!(text.contains(park.name.get(language)));
        for enterprise in &park.enterprises {
            assert!(!text.contains(enterprise.name.get(language)), "{}", enterprise.id);
        }
        assert!(!text.contains("[policy-"), "a key without its words: {text}");
        assert!(!print::docx(&note, day()).unwrap().is_empty());
    }
    assert_eq!(trial.effect.flips.len(), 1);
}
