//! What one more datum settles is counted by asking the engine, and asking changes nothing.

mod repository;

use engine::ids::FrameworkId;
use engine::observe::Gap;
use engine::period::{Period, parse_date};
use engine::report::worth::worths;
use engine::report::{Order, report};
use repository::{catalogue, example};

#[test]
fn each_gap_says_what_it_would_settle_the_most_first() {
    let (park, catalogue) = (example("khu-mau"), catalogue());
    let order = Order {
        period: Period::year(2024).unwrap(),
        as_of: parse_date("2025-01-31").unwrap(),
        framework: &catalogue.frameworks[&FrameworkId::new("vn-decree-35-2022")],
    };
    let known = report(&park, &catalogue, &order);
    let ranked = worths(&park, &known, &catalogue, &order, &known.balance.gaps, 100);
    assert_eq!(ranked.len(), known.balance.gaps.len());
    let totals: Vec<usize> = ranked.iter().map(|(_, worth)| worth.as_ref().unwrap().total()).collect();
    assert!(totals.is_sorted_by(|a, b| a >= b) && totals[0] > 0, "{totals:?}");

    // E21 never reported electricity: every option on electricity that fits it waits for that.
    let (_, worth) = ranked
        .iter()
        .find(|(gap, _)| matches!(gap, Gap::NeverReported { enterprise, .. } if enterprise.as_str() == "E21"))
        .unwrap();
    let options = catalogue.options.values().filter(|option| {
        let fits = option.sectors.is_empty() || option.sectors.iter().any(|sector| "2431".starts_with(sector.as_str()));
        option.resource == "electricity" && fits
    });
    let worth = worth.as_ref().unwrap();
    assert!(worth.options > 0 && worth.options <= options.count(), "{worth:?}");

    // Closing the gap in earnest settles what was promised: an option that was counted has a figure then.
    let few = worths(&park, &known, &catalogue, &order, &known.balance.gaps, 1);
    assert_eq!(few.iter().filter(|(_, worth)| worth.is_some()).count(), 1);
    assert_eq!(report(&park, &catalogue, &order), known);
}
