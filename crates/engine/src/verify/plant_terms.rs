//! The regression of a plant's meter: production, degrees above and below balance points, calendar; the best valid model
//! among all subsets.

use super::averaging::worthwhile;
use super::design::{Design, product};
use super::interval::Interval;
use super::plant::{Fitted, PlantSpec, TermCoefficients};
use super::plant_rows::{Cause, Reason, SPARE_ROWS, Table, reason};
use super::regression::{Predictor, Regression, RegressionRefusal, regress};
use super::search::{PREDICTORS_IN_MODEL, PREDICTORS_TO_SEARCH, Search, search_with_signs};
use super::term::{Known, Term};
use super::validity::{Conditions, Sign, validity};

/// One regression on terms.
pub(super) struct TermModel {
    pub(super) terms: Vec<Term>,
    pub(super) regression: Regression,
}

/// A slope over degrees stands on so many rows, and leaves as many.
fn least_rows(interval: Interval) -> usize {
    match interval {
        Interval::Hour | Interval::Day => 10,
        Interval::Week => 5,
        Interval::Month => 3,
    }
}

/// Most terms in a model; a year of months bears no more than the search of months.
fn most_terms(interval: Interval, rows: usize) -> usize {
    let most = if interval == Interval::Month { PREDICTORS_IN_MODEL } else { PREDICTORS_IN_MODEL + 2 };
    most.min(rows.saturating_sub(SPARE_ROWS + 1))
}

/// All subsets of the terms, with the balance points that fit best beside all other terms and then, once more, beside
/// those that were chosen.
pub(super) fn fit_terms(spec: &PlantSpec, before: &Table) -> Result<Fitted, Vec<Reason>> {
    let fixed = fixed_terms(spec, before);
    let mut beside = fixed.clone();
    let mut chosen: Option<(Search, Vec<Term>)> = None;
    for _ in 0..2 {
        let mut terms = fixed.clone();
        terms.extend(balance_terms(&beside, before));
        let found = search_terms(&terms, before);
        if let Some(best) = &found.best {
            let kept = of_names(&best.model, &terms);
            beside = kept.into_iter().filter(|term| fixed.contains(term)).collect();
        }
        chosen = Some((found, terms));
    }
    let Some((found, terms)) = chosen else { return Err(Vec::new()) };
    let Some(best) = found.best else { return Err(without_model(&found)) };
    let kept = of_names(&best.model, &terms);
    let signs: Vec<Sign> = kept.iter().map(Term::sign).collect();
    let validity = validity(&best.model, &Conditions { signs: &signs, reporting: &[] });
    let coefficients = TermCoefficients {
        terms: kept.clone(),
        model: best.model.clone(),
        validity,
        tried: found.tried,
        valid: found.valid,
        tests: Vec::new(),
    };
    let mut alternatives = vec![TermModel { terms: kept.clone(), regression: best.model }];
    alternatives.extend(others(&terms, &kept, before));
    Ok(Fitted::Terms { coefficients: Box::new(coefficients), alternatives })
}

/// Predictors that vary, and what the calendar offers at this interval.
pub(super) fn fixed_terms(spec: &PlantSpec, before: &Table) -> Vec<Term> {
    let predictor = |(column, predictor): (usize, &super::plant::PlantPredictor)| Term::Predictor {
        name: predictor.name.clone(),
        column,
        sign: predictor.sign,
    };
    let mut terms: Vec<Term> = spec.predictors.iter().enumerate().map(predictor).collect();
    if matches!(before.interval, Interval::Day | Interval::Hour) {
        terms.extend([Term::Saturday, Term::Sunday]);
        if !spec.holidays.is_empty() {
            terms.push(Term::Holiday);
        }
    }
    terms.retain(|term| varies(&column(term, before)));
    terms
}

fn varies(values: &[f64]) -> bool {
    values.first().is_some_and(|first| values.iter().any(|value| value != first))
}

/// The values of a term in the complete rows.
pub(super) fn column(term: &Term, table: &Table) -> Vec<f64> {
    table.complete().filter_map(|(row, _)| term.value(&row.known)).collect()
}

pub(super) fn response(table: &Table) -> Vec<f64> {
    table.complete().map(|(_, value)| value).collect()
}

fn predictors(terms: &[Term], table: &Table) -> Vec<Predictor> {
    terms.iter().map(|term| Predictor { name: term.to_string(), values: column(term, table) }).collect()
}

fn search_terms(terms: &[Term], before: &Table) -> Search {
    let signs: Vec<Sign> = terms.iter().map(Term::sign).collect();
    let values = response(before);
    let most = most_terms(before.interval, values.len());
    search_with_signs(&values, &predictors(terms, before), &signs, most)
}

fn of_names(model: &Regression, terms: &[Term]) -> Vec<Term> {
    let term = |name: &String| terms.iter().find(|term| term.to_string() == *name).cloned();
    model.names.iter().skip(1).filter_map(term).collect()
}

pub(super) fn fit(terms: &[Term], before: &Table) -> Result<TermModel, RegressionRefusal> {
    let regression = regress(&response(before), &predictors(terms, before))?;
    Ok(TermModel { terms: terms.to_vec(), regression })
}

/// The other models that the data do not speak against.
fn others(terms: &[Term], chosen: &[Term], before: &Table) -> Vec<TermModel> {
    if terms.len() > PREDICTORS_TO_SEARCH {
        return Vec::new();
    }
    let signs: Vec<Sign> = terms.iter().map(Term::sign).collect();
    let values = response(before);
    let most = most_terms(before.interval, values.len());
    let subsets = worthwhile(&values, &predictors(terms, before), &signs, most);
    let models = subsets.iter().map(|subset| subset.iter().map(|&place| terms[place].clone()).collect::<Vec<Term>>());
    models.filter(|model| !is_same(model, chosen)).filter_map(|model| fit(&model, before).ok()).collect()
}

fn is_same(one: &[Term], other: &[Term]) -> bool {
    one.len() == other.len() && one.iter().all(|term| other.contains(term))
}

impl TermModel {
    pub(super) fn predict(&self, known: &Known) -> Option<f64> {
        let values: Option<Vec<f64>> = self.terms.iter().map(|term| term.value(known)).collect();
        self.regression.predict(&values?)
    }

    /// 1, the terms, and how the prediction moves with each place that was searched for.
    pub(super) fn columns(&self, known: &Known) -> Option<Vec<f64>> {
        let mut row = vec![1.0];
        for term in &self.terms {
            row.push(term.value(known)?);
        }
        for (term, slope) in self.terms.iter().zip(self.regression.coef.iter().skip(1)) {
            row.extend(term.at_place(*slope, known));
        }
        Some(row)
    }

    pub(super) fn parameters(&self) -> usize {
        let places = self.terms.iter().filter(|term| {
            matches!(term, Term::Heating { .. } | Term::Cooling { .. } | Term::Knee { .. } | Term::Step { .. })
        });
        1 + self.terms.len() + places.count()
    }
}

/// Heating and cooling with the balance points, on whole degrees, that leave the least scatter beside these terms; each
/// slope positive and standing on enough rows.
pub(super) fn balance_terms(beside: &[Term], before: &Table) -> Vec<Term> {
    if !before.has_temperature {
        return Vec::new();
    }
    let temperatures = column(&Term::Temperature, before);
    let values = response(before);
    let base: Vec<Vec<f64>> =
        std::iter::once(vec![1.0; values.len()]).chain(beside.iter().map(|term| column(term, before))).collect();
    let design = Design::new(&base);
    let left = design.residuals(&values);
    let low = temperatures.iter().copied().fold(f64::INFINITY, f64::min).floor();
    let high = temperatures.iter().copied().fold(f64::NEG_INFINITY, f64::max).ceil();
    let least = least_rows(before.interval);
    let hinge = |term: Term| -> Option<Hinge> {
        let values = column(&term, before);
        if values.iter().filter(|value| **value > 0.0).count() < least {
            return None;
        }
        let shape = design.residuals(&values);
        let square = product(&shape, &shape);
        (square > 1e-9 * product(&values, &values)).then(|| Hinge { with: product(&shape, &left), term, shape, square })
    };
    let places = || (0..).map(|step| low + f64::from(step)).take_while(|place| *place <= high);
    let heating: Vec<Hinge> = places().filter_map(|balance| hinge(Term::Heating { balance })).collect();
    let cooling: Vec<Hinge> = places().filter_map(|balance| hinge(Term::Cooling { balance })).collect();
    let mut best: (f64, Vec<Term>) = (0.0, Vec::new());
    for one in heating.iter().chain(&cooling).filter(|one| one.with > 0.0) {
        let gain = one.with * one.with / one.square;
        if gain > best.0 {
            best = (gain, vec![one.term.clone()]);
        }
    }
    for one in &heating {
        for other in cooling.iter().filter(|other| other.balance() >= one.balance()) {
            let cross = product(&one.shape, &other.shape);
            let determinant = one.square * other.square - cross * cross;
            if determinant <= 1e-9 * one.square * other.square {
                continue;
            }
            let slope = (one.with * other.square - other.with * cross) / determinant;
            let slope_other = (other.with * one.square - one.with * cross) / determinant;
            let gain = slope * one.with + slope_other * other.with;
            if slope > 0.0 && slope_other > 0.0 && gain > best.0 {
                best = (gain, vec![one.term.clone(), other.term.clone()]);
            }
        }
    }
    best.1
}

/// Degrees beyond one balance point, less what the other terms explain of them.
struct Hinge {
    term: Term,
    shape: Vec<f64>,
    square: f64,
    /// Product with what is left of the use.
    with: f64,
}

impl Hinge {
    fn balance(&self) -> f64 {
        match self.term {
            Term::Heating { balance } | Term::Cooling { balance } => balance,
            _ => f64::NAN,
        }
    }
}

/// Why the search found nothing.
fn without_model(found: &Search) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = found.refusals.iter().map(refused).collect();
    if found.tried > found.refused {
        reasons.push(reason(Cause::NoValidModel, None, found.tried as f64, 1.0));
    }
    if reasons.is_empty() {
        reasons.push(reason(Cause::NoValidModel, None, 0.0, 1.0));
    }
    reasons
}

pub(super) fn refused(refusal: &RegressionRefusal) -> Reason {
    match refusal {
        RegressionRefusal::Collinear { names } => {
            reason(Cause::Collinear, Some(&names.join(", ")), names.len() as f64, 1.0)
        }
        RegressionRefusal::ConstantPredictor { name, .. } => reason(Cause::OneValuePredictor, Some(name), 1.0, 2.0),
        RegressionRefusal::ConstantResponse { .. } => reason(Cause::OneValue, None, 1.0, 2.0),
        RegressionRefusal::TooFewRows { found, needed } => {
            reason(Cause::TooFewRows, None, *found as f64, *needed as f64)
        }
        RegressionRefusal::NotFinite { name, row } => reason(Cause::NotUsable, Some(name), *row as f64, 0.0),
        RegressionRefusal::UnequalLength { name, found, expected } => {
            reason(Cause::ColumnMissing, Some(name), *found as f64, *expected as f64)
        }
        RegressionRefusal::TooManyPredictors { found, allowed } => {
            reason(Cause::NoValidModel, None, *found as f64, *allowed as f64)
        }
        RegressionRefusal::NoPredictors => reason(Cause::NoValidModel, None, 0.0, 1.0),
    }
}
