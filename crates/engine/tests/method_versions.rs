//! The figures of each method on one fixed case, pinned to the version of the method. Whoever changes a figure here raises
//! the version beside the method in the same commit: what was signed under the earlier one is then stale.

mod repository;

use engine::observe::observe;
use engine::park::plans::{Plan, PlannedModel};
use engine::period::Period;
use engine::verify::measures::verify_measures;
use repository::{bare_plan, catalogue, example};

/// Method, saving and half its 90 % interval: building B1 of `examples/meters` in 2019 in kWh by its meter and
/// thermometer, plant V8 in 2024 in kWh by bills.
const PINNED: [(&str, f64, f64); 11] = [
    ("regression-monthly/2", 3.790304349e6, 6.062962795e5),
    ("regression-day/2", 1.505015525e5, 1.160710748e4),
    ("regression-week/2", 1.447415106e5, 3.085563824e4),
    ("regression-month/2", 1.371784060e5, 3.378623927e4),
    ("change_point-day/2", 1.505015525e5, 1.160710748e4),
    ("change_point-week/2", 1.447415106e5, 3.085563824e4),
    ("change_point-month/2", 1.371784060e5, 3.378650177e4),
    ("towt_production-hour/2", 1.506411137e5, 1.229767438e4),
    ("towt-hour/1", 1.506411137e5, 8.663436952e3),
    ("daily_legacy-day/2", 1.505545887e5, 2.397120087e4),
    ("hourly_caltrack-hour/1", 1.495142841e5, 6.880624824e3),
];

#[test]
fn figures_change_only_with_the_version_of_their_method() {
    let catalogue = catalogue();
    let mut park = example("meters");
    let mut found: Vec<(String, f64, f64)> = Vec::new();
    let figures = |park: &engine::park::Park, measure: &str, year: i16| {
        let all = verify_measures(park, &observe(park, &catalogue, Period::year(year).unwrap()), &catalogue);
        let one = all.into_iter().find(|one| one.measure.as_str() == measure).unwrap();
        let comparison = one.comparison.unwrap();
        // What the model says counts here, whether it may be used or not.
        let told = match &comparison.verification {
            engine::verify::monthly::Verification::Planned(planned) => {
                planned.savings.map(|savings| (savings.savings, planned.uncertainty_90.unwrap_or(f64::NAN)))
            }
            _ => comparison.saving(),
        };
        let (saving, half) = told.unwrap_or((f64::NAN, f64::NAN));
        (comparison.method(), saving, half)
    };
    found.push(figures(&park, "M-V8", 2024));
    park.measures.retain(|measure| measure.id.as_str() == "M-B1");
    for model in PlannedModel::ALL.into_iter().filter(|model| model.has_rows()) {
        for step in model.steps() {
            park.plans = vec![Plan {
                predictors: vec!["outdoor-temperature".to_string()],
                ..bare_plan("M-B1", Some("B1"), model, *step)
            }];
            found.push(figures(&park, "M-B1", 2019));
        }
    }
    let is_pinned = |(found, pinned): (&(String, f64, f64), &(&str, f64, f64))| {
        let close = |a: f64, b: f64| (a - b).abs() <= 1e-7 * b.abs();
        found.0 == pinned.0 && close(found.1, pinned.1) && close(found.2, pinned.2)
    };
    let is_same = found.len() == PINNED.len() && found.iter().zip(&PINNED).all(is_pinned);
    let told = found.iter().map(|(method, saving, half)| format!("    (\"{method}\", {saving:.9e}, {half:.9e}),\n"));
    assert!(is_same, "raise the version of each method that differs, then pin:\n{}", told.collect::<String>());
}
