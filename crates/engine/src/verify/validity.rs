//! Whether a fitted model may be used for a saving: named tests with value, threshold and result.

use serde::{Deserialize, Serialize};

use super::regression::Regression;

/// The record that stands beside every model. Valid: every required test is passed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Validity {
    pub valid: bool,
    pub tests: Vec<ValidityTest>,
}

impl Validity {
    /// The required tests that are not passed.
    pub fn failed(&self) -> impl Iterator<Item = &ValidityTest> {
        self.tests.iter().filter(|test| test.role == Role::Required && !test.passed)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ValidityTest {
    pub test: TestName,
    /// The predictor the value belongs to, where it belongs to one.
    pub predictor: Option<String>,
    pub value: f64,
    pub threshold: f64,
    pub passed: bool,
    pub role: Role,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TestName {
    /// p-value of the F-test of the whole model; below 0.10.
    ModelSignificance,
    /// Largest p-value among the slopes; below 0.20.
    EverySlope,
    /// Smallest p-value among the slopes; below 0.10.
    OneSlope,
    /// R²; at least 0.5.
    RSquared,
    /// Slope whose sign the caller knows; at least 0, or at most 0.
    ExpectedSign,
    /// Distance of the reporting period's mean from the baseline mean, in standard deviations of the baseline; at
    /// most 3, or inside the baseline's range.
    PredictorRange,
    /// Variance inflation factor; at most 10.
    VarianceInflation,
}

impl TestName {
    pub fn code(self) -> &'static str {
        match self {
            TestName::ModelSignificance => "model-significance",
            TestName::EverySlope => "every-slope",
            TestName::OneSlope => "one-slope",
            TestName::RSquared => "r-squared",
            TestName::ExpectedSign => "expected-sign",
            TestName::PredictorRange => "predictor-range",
            TestName::VarianceInflation => "variance-inflation",
        }
    }
}

/// Required tests decide; reported tests are printed for the reader to judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    Required,
    Reported,
}

/// What the caller knows about a slope before looking at the data. More production never saves energy, so its slope
/// is `NotNegative`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sign {
    NotNegative,
    NotPositive,
    #[default]
    Any,
}

impl Sign {
    pub(super) fn allows(self, slope: f64) -> bool {
        match self {
            Sign::NotNegative => slope >= 0.0,
            Sign::NotPositive => slope <= 0.0,
            Sign::Any => true,
        }
    }
}

/// What is known besides the model. Empty lists leave their tests out; otherwise both follow the model's predictors.
#[derive(Clone, Copy, Debug, Default)]
pub struct Conditions<'a> {
    pub signs: &'a [Sign],
    /// Predictor values of the reporting period, row by row.
    pub reporting: &'a [Vec<f64>],
}

pub const MODEL_SIGNIFICANCE: f64 = 0.10;
pub const EVERY_SLOPE: f64 = 0.20;
pub const ONE_SLOPE: f64 = 0.10;
pub const R_SQUARED: f64 = 0.5;
const STANDARD_DEVIATIONS: f64 = 3.0;
const VARIANCE_INFLATION: f64 = 10.0;

/// F-test p < 0.10, every slope p < 0.20, one slope p < 0.10, R² ≥ 0.5: the rule of SEP and EnPI Lite. Expected signs
/// are required as well. The reach of the predictors and their variance inflation are reported.
pub fn validity(model: &Regression, conditions: &Conditions) -> Validity {
    let mut tests = rule(model);
    tests.extend(sign_tests(model, conditions.signs));
    tests.extend(range_tests(model, conditions.reporting));
    tests.extend(inflation_tests(model));
    let valid = tests.iter().all(|test| test.passed || test.role == Role::Reported);
    Validity { valid, tests }
}

fn rule(model: &Regression) -> Vec<ValidityTest> {
    let slopes = || slope_names(model).zip(model.p_value.iter().skip(1).copied());
    let weakest = slopes().reduce(|a, b| if b.1 > a.1 { b } else { a });
    let strongest = slopes().reduce(|a, b| if b.1 < a.1 { b } else { a });
    let mut tests = vec![below(TestName::ModelSignificance, None, model.f_p, MODEL_SIGNIFICANCE)];
    if let (Some((weakest, largest)), Some((strongest, smallest))) = (weakest, strongest) {
        tests.push(below(TestName::EverySlope, Some(weakest), largest, EVERY_SLOPE));
        tests.push(below(TestName::OneSlope, Some(strongest), smallest, ONE_SLOPE));
    }
    tests.push(ValidityTest {
        test: TestName::RSquared,
        predictor: None,
        value: model.r2,
        threshold: R_SQUARED,
        passed: model.r2 >= R_SQUARED,
        role: Role::Required,
    });
    tests
}

fn below(test: TestName, predictor: Option<&str>, value: f64, threshold: f64) -> ValidityTest {
    let predictor = predictor.map(str::to_string);
    ValidityTest { test, predictor, value, threshold, passed: value < threshold, role: Role::Required }
}

fn sign_tests(model: &Regression, signs: &[Sign]) -> Vec<ValidityTest> {
    let slopes = slope_names(model).zip(model.coef.iter().skip(1)).zip(signs);
    let stated = slopes.filter(|(_, sign)| **sign != Sign::Any);
    let test = |((name, slope), sign): ((&str, &f64), &Sign)| ValidityTest {
        test: TestName::ExpectedSign,
        predictor: Some(name.to_string()),
        value: *slope,
        threshold: 0.0,
        passed: sign.allows(*slope),
        role: Role::Required,
    };
    stated.map(test).collect()
}

fn range_tests(model: &Regression, reporting: &[Vec<f64>]) -> Vec<ValidityTest> {
    if reporting.is_empty() {
        return Vec::new();
    }
    let mut tests = Vec::new();
    for (place, (name, range)) in slope_names(model).zip(model.ranges()).enumerate() {
        let values = reporting.iter().filter_map(|row| row.get(place));
        let mean = values.sum::<f64>() / reporting.len() as f64;
        let distance = (mean - range.mean).abs() / range.standard_deviation;
        let is_inside = range.minimum <= mean && mean <= range.maximum;
        tests.push(ValidityTest {
            test: TestName::PredictorRange,
            predictor: Some(name.to_string()),
            value: distance,
            threshold: STANDARD_DEVIATIONS,
            passed: is_inside || distance <= STANDARD_DEVIATIONS,
            role: Role::Reported,
        });
    }
    tests
}

fn inflation_tests(model: &Regression) -> Vec<ValidityTest> {
    let test = |(name, inflation): (&str, &f64)| ValidityTest {
        test: TestName::VarianceInflation,
        predictor: Some(name.to_string()),
        value: *inflation,
        threshold: VARIANCE_INFLATION,
        passed: *inflation <= VARIANCE_INFLATION,
        role: Role::Reported,
    };
    slope_names(model).zip(model.inflation()).map(test).collect()
}

fn slope_names(model: &Regression) -> impl Iterator<Item = &str> {
    model.names.iter().skip(1).map(String::as_str)
}
