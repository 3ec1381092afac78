//! Where a plant's line bends or jumps: idle load and running, a slope that changes with production, a step in capacity,
//! and balance points in temperature. Each is held against the straight line by an F-test.

use serde::{Deserialize, Serialize};

use super::design::{Design, product};
use super::distributions::f_upper;
use super::plant::{Fitted, PlantSpec, TermCoefficients};
use super::plant_rows::{Reason, Table};
use super::plant_terms::{TermModel, balance_terms, column, fit, fixed_terms, refused, response};
use super::term::Term;
use super::validity::{Conditions, EVERY_SLOPE, Sign, validity};

/// One bend or jump against the straight line: F = ((SSE₀ − SSE₁) ÷ q) ÷ (SSE₁ ÷ (n − p₁)), q the coefficients and places
/// that it adds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShapeTest {
    pub shape: Shape,
    /// Where it was found best; several for temperature.
    pub terms: Vec<Term>,
    pub f: f64,
    pub p_value: f64,
    /// Whether the model has it: the smallest p-value of its kind, below 0.01.
    pub kept: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// Heating and cooling beyond balance points, against a line through all temperatures.
    Degrees,
    /// A load that is there whenever production is not zero.
    Running,
    /// A slope that changes at a level of production.
    Knee,
    /// A jump at a level of production.
    Step,
}

/// The places are searched for, so that the F-test finds more than its level says; with this one about one straight line in
/// twenty is bent (`tests/plant.rs` counts them).
const SHAPE_SIGNIFICANCE: f64 = 0.01;
/// Places looked at: every fortieth of the values, without the outer tenths.
const PLACES: usize = 40;

/// Production as named first, straight or with the bend or jump that explains most; temperature straight or beyond
/// balance points; all other predictors and the calendar straight.
pub(super) fn fit_shapes(spec: &PlantSpec, before: &Table) -> Result<Fitted, Vec<Reason>> {
    let mut terms = fixed_terms(spec, before);
    let mut tests = Vec::new();
    let mut rejected: Vec<Vec<Term>> = Vec::new();
    if before.has_temperature {
        let straight = with(&terms, &[Term::Temperature]);
        let degrees = balance_terms(&terms, before);
        // One slope and its place against one slope, or two of each.
        let added = 2 * degrees.len();
        let test = (!degrees.is_empty())
            .then(|| {
                tested(Shape::Degrees, &straight, &with(&terms, &degrees), degrees, added.saturating_sub(1), before)
            })
            .flatten();
        if let Some(mut test) = test {
            test.kept = test.p_value < SHAPE_SIGNIFICANCE;
            rejected.push(if test.kept { straight.clone() } else { with(&terms, &test.terms) });
            terms = if test.kept { with(&terms, &test.terms) } else { straight };
            tests.push(test);
        } else {
            terms = straight;
        }
    }
    let shapes = production_shapes(spec, &terms, before);
    let best = shapes.iter().map(|test| test.p_value).fold(f64::INFINITY, f64::min);
    for mut test in shapes {
        let bent = with(&terms, &test.terms);
        test.kept = test.p_value == best
            && best < SHAPE_SIGNIFICANCE
            && !tests.iter().any(|t: &ShapeTest| t.kept && t.shape != Shape::Degrees);
        if test.kept {
            rejected.push(terms.clone());
            terms = bent;
        } else {
            rejected.push(bent);
        }
        tests.push(test);
    }
    chosen(terms, rejected, tests, before)
}

fn chosen(
    terms: Vec<Term>,
    others: Vec<Vec<Term>>,
    tests: Vec<ShapeTest>,
    before: &Table,
) -> Result<Fitted, Vec<Reason>> {
    let (terms, best) = without_idle(terms, before)?;
    let signs: Vec<Sign> = terms.iter().map(Term::sign).collect();
    let validity = validity(&best.regression, &Conditions { signs: &signs, reporting: &[] });
    let coefficients = TermCoefficients {
        terms: terms.clone(),
        model: best.regression.clone(),
        validity,
        tried: tests.len() + 1,
        valid: 1,
        tests,
    };
    let mut alternatives: Vec<TermModel> = vec![best];
    alternatives.extend(others.iter().filter(|other| **other != terms).filter_map(|other| fit(other, before).ok()));
    Ok(Fitted::Terms { coefficients: Box::new(coefficients), alternatives })
}

/// Leaves out, one after the other, the term with the weakest slope, as long as a rule of the valid model speaks against it.
fn without_idle(mut terms: Vec<Term>, before: &Table) -> Result<(Vec<Term>, TermModel), Vec<Reason>> {
    loop {
        let model = fit(&terms, before).map_err(|refusal| vec![refused(&refusal)])?;
        let slopes = model.regression.p_value.iter().skip(1).copied().enumerate();
        let weakest = slopes.reduce(|a, b| if b.1 > a.1 { b } else { a });
        match weakest {
            Some((place, p_value)) if p_value >= EVERY_SLOPE && terms.len() > 1 => drop(terms.remove(place)),
            _ => return Ok((terms, model)),
        }
    }
}

fn with(terms: &[Term], more: &[Term]) -> Vec<Term> {
    terms.iter().chain(more).cloned().collect()
}

/// The best running load, knee and step of the predictor named first.
fn production_shapes(spec: &PlantSpec, terms: &[Term], before: &Table) -> Vec<ShapeTest> {
    let Some(name) = spec.predictors.first().map(|predictor| predictor.name.clone()) else { return Vec::new() };
    let straight = Term::Predictor { name: name.clone(), column: 0, sign: spec.predictors[0].sign };
    if !terms.contains(&straight) {
        return Vec::new();
    }
    let values = column(&straight, before);
    let mut sorted = values.clone();
    sorted.sort_by(f64::total_cmp);
    let mut places: Vec<f64> =
        (PLACES / 10..=PLACES - PLACES / 10).map(|part| sorted[(sorted.len() - 1) * part / PLACES]).collect();
    places.dedup();
    let running = vec![Term::Running { name: name.clone(), column: 0 }];
    let knees = places.iter().map(|&knee| Term::Knee { name: name.clone(), column: 0, knee });
    let steps = places.iter().map(|&from| Term::Step { name: name.clone(), column: 0, from });
    [(Shape::Running, running, 1), (Shape::Knee, knees.collect(), 2), (Shape::Step, steps.collect(), 2)]
        .into_iter()
        .filter_map(|(shape, candidates, added)| {
            let best = best_of(&candidates, terms, before)?;
            tested(shape, terms, &with(terms, std::slice::from_ref(&best)), vec![best], added, before)
        })
        .collect()
}

/// The candidate that explains most beside the terms.
fn best_of(candidates: &[Term], terms: &[Term], before: &Table) -> Option<Term> {
    let design = design(terms, before);
    let left = design.residuals(&response(before));
    let gain = |term: &Term| {
        let values = column(term, before);
        let shape = design.residuals(&values);
        let square = product(&shape, &shape);
        (square > 1e-9 * product(&values, &values)).then(|| product(&shape, &left).powi(2) / square)
    };
    let gains = candidates.iter().filter_map(|term| Some((gain(term)?, term)));
    gains.reduce(|a, b| if b.0 > a.0 { b } else { a }).map(|(_, term)| term.clone())
}

fn design(terms: &[Term], before: &Table) -> Design {
    let ones = vec![1.0; before.complete().count()];
    let columns: Vec<Vec<f64>> = std::iter::once(ones).chain(terms.iter().map(|term| column(term, before))).collect();
    Design::new(&columns)
}

/// `added`: coefficients and places of the bent model beyond the straight one.
fn tested(
    shape: Shape,
    straight: &[Term],
    bent: &[Term],
    terms: Vec<Term>,
    added: usize,
    before: &Table,
) -> Option<ShapeTest> {
    let values = response(before);
    let scatter = |terms: &[Term]| {
        let left = design(terms, before).residuals(&values);
        product(&left, &left)
    };
    let (line, curve) = (scatter(straight), scatter(bent));
    let degrees = values.len().checked_sub(straight.len() + 1 + added).filter(|degrees| *degrees > 0)?;
    let f = ((line - curve) / added as f64 / (curve / degrees as f64)).max(0.0);
    let f = if f.is_finite() { f } else { return None };
    Some(ShapeTest { shape, terms, f, p_value: f_upper(f, added, degrees), kept: false })
}
