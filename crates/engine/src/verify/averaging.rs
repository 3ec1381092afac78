//! The best of many models looks better than it is. Its interval is therefore taken over all models that the data do not
//! speak against, each weighed by its likelihood and its number of coefficients.

use super::design::{Design, product};
use super::mixture::{Part, half_width};
use super::regression::Predictor;
use super::uncertainty::{Question, price};
use super::validity::Sign;

/// One model of the search: its baseline and what it predicts for the reporting period in total.
pub(super) struct Alternative {
    pub(super) design: Design,
    pub(super) residuals: Vec<f64>,
    /// 1ᵀXᵣ in the columns of the design.
    pub(super) summed: Vec<f64>,
    pub(super) predicted: f64,
}

/// Models whose likelihood lies below e^−6 of the best one, by their number of coefficients and independent errors, move
/// no printed digit.
const WORTH: f64 = 12.0;
/// Most models that are averaged.
const MOST: usize = 40;

/// Half the width of the 90 % interval around the saving of the chosen model, over all alternatives. `None` where none
/// of them leaves scatter and degrees of freedom.
pub(super) fn over_models(
    alternatives: &[Alternative],
    chosen_predicted: f64,
    steps: &[i64],
    reporting: &[i64],
) -> Option<f64> {
    let mut all: Vec<Part> = Vec::new();
    for model in alternatives {
        let question = Question {
            design: &model.design,
            steps,
            residuals: &model.residuals,
            summed: &model.summed,
            reporting,
            moved: None,
        };
        let Some((parts, belief)) = question.parts() else { continue };
        let apart = model.predicted - chosen_predicted;
        all.extend(parts.into_iter().map(|part| Part {
            log_weight: part.log_weight + belief,
            centre: part.centre + apart,
            ..part
        }));
    }
    half_width(&all, 0.0, 0.90)
}

/// The worthwhile models of a search with what each predicts for the reporting rows, whose values follow the predictors.
pub(super) fn alternatives(
    response: &[f64],
    predictors: &[Predictor],
    signs: &[Sign],
    most: usize,
    reporting: &[Vec<f64>],
) -> Vec<Alternative> {
    let model = |subset: &Vec<usize>| {
        let design = Design::new(&with_intercept(response.len(), subset, predictors));
        let sums = subset.iter().map(|&place| reporting.iter().map(|row| row[place]).sum());
        let summed: Vec<f64> = std::iter::once(reporting.len() as f64).chain(sums).collect();
        Alternative {
            residuals: design.residuals(response),
            predicted: product(&design.influence(&design.turned(&summed)), response),
            design,
            summed,
        }
    };
    worthwhile(response, predictors, signs, most).iter().map(model).collect()
}

/// The subsets of 1 to `most` predictors that are worth averaging, the likeliest first: slopes have the signs that are
/// known, and n ln SSE + twice its price comes near the best. Columns that depend on each other make no model.
pub(super) fn worthwhile(response: &[f64], predictors: &[Predictor], signs: &[Sign], most: usize) -> Vec<Vec<usize>> {
    let rows = response.len();
    let mut scored: Vec<(f64, Vec<usize>)> = Vec::new();
    for subset in super::search::subsets(predictors.len(), most) {
        let size = subset.len() + 1;
        if rows < size + 2 {
            continue;
        }
        let columns = with_intercept(rows, &subset, predictors);
        let design = Design::new(&columns);
        if design.rank() < size || !signs_hold(&design, &subset, signs, response) {
            continue;
        }
        let left = design.residuals(response);
        let square = product(&left, &left);
        if square > 0.0 {
            let count = rows as f64;
            scored.push((count * square.ln() + 2.0 * price(size, rows), subset));
        }
    }
    scored.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(&b.1)));
    let best = scored.first().map_or(0.0, |(score, _)| *score);
    scored.into_iter().take_while(|(score, _)| *score <= best + WORTH).take(MOST).map(|(_, subset)| subset).collect()
}

pub(super) fn with_intercept(rows: usize, subset: &[usize], predictors: &[Predictor]) -> Vec<Vec<f64>> {
    let chosen = subset.iter().map(|&place| predictors[place].values.clone());
    std::iter::once(vec![1.0; rows]).chain(chosen).collect()
}

/// The slope of a column is the influence of its unit row on the response.
fn signs_hold(design: &Design, subset: &[usize], signs: &[Sign], response: &[f64]) -> bool {
    subset.iter().enumerate().all(|(place, predictor)| {
        let sign = signs.get(*predictor).copied().unwrap_or_default();
        let mut unit = vec![0.0; subset.len() + 1];
        unit[place + 1] = 1.0;
        sign == Sign::Any || sign.allows(product(&design.influence(&design.turned(&unit)), response))
    })
}
