//! Search for the best valid model among all subsets of the predictors.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::distributions::{f_upper, t_two_sided};
use super::least_squares::{Column, Factor, mean};
use super::regression::{Predictor, Regression, RegressionRefusal, inspect_predictor, inspect_response, regress};
use super::validity::{Conditions, EVERY_SLOPE, MODEL_SIGNIFICANCE, ONE_SLOPE, R_SQUARED, Sign, Validity, validity};

/// What a search found. `best` is absent when no model is valid; `nearest` is then the one with the highest adjusted
/// R², so that its failed tests can be named.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Search {
    pub best: Option<Candidate>,
    pub nearest: Option<Candidate>,
    /// Subsets looked at, those that could not be fitted included.
    pub tried: usize,
    pub valid: usize,
    pub refused: usize,
    /// Why subsets could not be fitted, each reason once, the first hundred.
    pub refusals: Vec<RegressionRefusal>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    pub model: Regression,
    pub validity: Validity,
}

/// Most predictors of one model, unless the caller says otherwise.
pub const PREDICTORS_IN_MODEL: usize = 4;
/// Most predictors to choose from: all subsets of 20 are a million models, a few seconds.
pub const PREDICTORS_TO_SEARCH: usize = 20;
const REASONS_KEPT: usize = 100;

/// All subsets of 1 to `max` predictors; the best valid one by adjusted R², ties by fewer predictors, then by names.
pub fn search(response: &[f64], predictors: &[Predictor], max: usize) -> Search {
    search_with_signs(response, predictors, &[], max)
}

/// As [`search`], with the signs the caller knows, in the order of the predictors; an empty list demands none.
pub fn search_with_signs(response: &[f64], predictors: &[Predictor], signs: &[Sign], max: usize) -> Search {
    let mut search = Search { best: None, nearest: None, tried: 0, valid: 0, refused: 0, refusals: Vec::new() };
    if let Err(refusal) = inspect_search(response, predictors) {
        search.refusals.push(refusal);
        return search;
    }
    let columns: Vec<Result<Column, RegressionRefusal>> =
        predictors.iter().map(|predictor| prepare(response.len(), predictor)).collect();
    let mut trial = Trial::new(response);
    let (mut valid, mut nearest): (Vec<Score>, Option<Score>) = (Vec::new(), None);
    for subset in subsets(predictors.len(), max) {
        search.tried += 1;
        match trial.fit(&subset, &columns, predictors, signs) {
            Err(refusal) => {
                search.refused += 1;
                if search.refusals.len() < REASONS_KEPT && !search.refusals.contains(&refusal) {
                    search.refusals.push(refusal);
                }
            }
            Ok((adjusted, is_valid)) => {
                let score = Score { adjusted, subset };
                if is_valid {
                    valid.push(score);
                } else if nearest.as_ref().is_none_or(|best| score.compare(best, predictors) == Ordering::Less) {
                    nearest = Some(score);
                }
            }
        }
    }
    search.valid = valid.len();
    match valid.iter().min_by(|a, b| a.compare(b, predictors)) {
        Some(best) => search.best = candidate(response, predictors, signs, &best.subset),
        None => search.nearest = nearest.and_then(|nearest| candidate(response, predictors, signs, &nearest.subset)),
    }
    search
}

struct Score {
    adjusted: f64,
    subset: Vec<usize>,
}

impl Score {
    /// The better one is `Less`. Adjusted R² is compared to twelve digits, so that two columns which say the same
    /// thing tie, whatever the last rounding did.
    fn compare(&self, other: &Score, predictors: &[Predictor]) -> Ordering {
        let digits = |score: &Score| (score.adjusted * 1e12).round();
        let names = |score: &Score| {
            let mut names: Vec<&str> = score.subset.iter().map(|&place| predictors[place].name.as_str()).collect();
            names.sort_unstable();
            names
        };
        digits(other)
            .total_cmp(&digits(self))
            .then_with(|| self.subset.len().cmp(&other.subset.len()))
            .then_with(|| names(self).cmp(&names(other)))
    }
}

fn inspect_search(response: &[f64], predictors: &[Predictor]) -> Result<(), RegressionRefusal> {
    if predictors.is_empty() {
        return Err(RegressionRefusal::NoPredictors);
    }
    if predictors.len() > PREDICTORS_TO_SEARCH {
        let found = predictors.len();
        return Err(RegressionRefusal::TooManyPredictors { found, allowed: PREDICTORS_TO_SEARCH });
    }
    inspect_response(response)
}

fn prepare(rows: usize, predictor: &Predictor) -> Result<Column, RegressionRefusal> {
    inspect_predictor(rows, predictor)?;
    Column::prepare(predictor)
}

/// The subsets of 1 to `max` of `count` things: small ones first, in order of their places.
pub(super) fn subsets(count: usize, max: usize) -> impl Iterator<Item = Vec<usize>> {
    (1..=max.min(count)).flat_map(move |size| {
        let mut next: Option<Vec<usize>> = Some((0..size).collect());
        std::iter::from_fn(move || {
            let current = next.take()?;
            next = following(&current, count);
            Some(current)
        })
    })
}

fn following(subset: &[usize], count: usize) -> Option<Vec<usize>> {
    let size = subset.len();
    let movable = (0..size).rev().find(|&place| subset[place] < count - size + place)?;
    let mut next = subset.to_vec();
    next[movable] += 1;
    for place in movable + 1..size {
        next[place] = next[place - 1] + 1;
    }
    Some(next)
}

/// The quick fit of a search: only what the rule asks for, in buffers that are kept. The winner is fitted again by
/// `regress`, with all digits.
struct Trial {
    centred: Vec<f64>,
    total: f64,
    factor: Factor,
    rotated: Vec<f64>,
    scratch: Vec<f64>,
}

impl Trial {
    fn new(response: &[f64]) -> Trial {
        let level = mean(response);
        let centred: Vec<f64> = response.iter().map(|value| value - level).collect();
        let total = centred.iter().map(|value| value * value).sum();
        Trial { centred, total, factor: Factor::default(), rotated: Vec::new(), scratch: Vec::new() }
    }

    /// Adjusted R², and whether the rule and the signs hold.
    fn fit(
        &mut self,
        subset: &[usize],
        columns: &[Result<Column, RegressionRefusal>],
        predictors: &[Predictor],
        signs: &[Sign],
    ) -> Result<(f64, bool), RegressionRefusal> {
        let (rows, size) = (self.centred.len(), subset.len());
        if rows < size + 2 {
            return Err(RegressionRefusal::TooFewRows { found: rows, needed: size + 2 });
        }
        let mut chosen = Vec::with_capacity(size);
        for &place in subset {
            chosen.push(columns[place].as_ref().map_err(Clone::clone)?);
        }
        self.factor.decompose(&chosen).map_err(|dependence| {
            let places = dependence.others.iter().copied().chain([dependence.column]);
            RegressionRefusal::Collinear { names: places.map(|p| predictors[subset[p]].name.clone()).collect() }
        })?;
        self.rotated.clear();
        self.rotated.extend_from_slice(&self.centred);
        self.factor.rotate(&mut self.rotated);

        let degrees = rows - size - 1;
        let explained: f64 = self.rotated[..size].iter().map(|value| value * value).sum();
        let left: f64 = self.rotated[size..].iter().map(|value| value * value).sum();
        let r2 = 1.0 - left / self.total;
        let adjusted = 1.0 - (1.0 - r2) * (rows as f64 - 1.0) / degrees as f64;
        let is_valid = r2 >= R_SQUARED
            && f_upper(explained / size as f64 / (left / degrees as f64), size, degrees) < MODEL_SIGNIFICANCE
            && self.slopes_hold(subset, signs, (left / degrees as f64).sqrt(), degrees);
        Ok((adjusted, is_valid))
    }

    fn slopes_hold(&mut self, subset: &[usize], signs: &[Sign], sigma: f64, degrees: usize) -> bool {
        let slopes = &mut self.rotated[..subset.len()];
        self.factor.back_substitute(slopes);
        let mut smallest = f64::INFINITY;
        for (place, slope) in slopes.iter().enumerate() {
            if !signs.get(subset[place]).copied().unwrap_or_default().allows(*slope) {
                return false;
            }
            let error = sigma * self.factor.inflation(place, &mut self.scratch).sqrt();
            let p = t_two_sided(if *slope == 0.0 { 0.0 } else { slope / error }, degrees);
            if p >= EVERY_SLOPE {
                return false;
            }
            smallest = smallest.min(p);
        }
        smallest < ONE_SLOPE
    }
}

fn candidate(response: &[f64], predictors: &[Predictor], signs: &[Sign], subset: &[usize]) -> Option<Candidate> {
    let chosen: Vec<Predictor> = subset.iter().map(|&place| predictors[place].clone()).collect();
    let signs: Vec<Sign> = subset.iter().filter_map(|&place| signs.get(place).copied()).collect();
    let model = regress(response, &chosen).ok()?;
    let validity = validity(&model, &Conditions { signs: &signs, reporting: &[] });
    Some(Candidate { model, validity })
}
