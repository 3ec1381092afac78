//! Half the width of the 90 % interval of a saving, by several forms side by side, and which of them is chosen.
//!
//! All are forms of Var(S) = 1ᵀXᵣ (XᵀX)⁻¹ XᵀΩX (XᵀX)⁻¹ Xᵣᵀ1 + 1ᵀΩᵣ1: what the errors of the baseline do to the predicted
//! sum, and the errors of the reporting period themselves. They differ in what they hold Ω for.
//! Measured coverage of each: `docs/methods/uncertainty.md`.

use serde::{Deserialize, Serialize};

use super::design::{Design, product};
use super::distributions::t_critical;
use super::first_order::{FirstOrder, weighted_sum};
use super::metrics::lag_one;
use super::mixture::{Part, half_width};

/// How errors are held to follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// Not at all.
    Independent,
    /// As if only n′ = n (1 − ρ) / (1 + ρ) rows were independent, ρ the lag-1 correlation of the residuals.
    EffectiveCount,
    /// By one ρ, the likeliest one after the columns are taken out (restricted likelihood).
    FirstOrder,
    /// By every ρ that may be true, each weighed by its likelihood.
    FirstOrderAveraged,
    /// The same over every model of the search, each weighed by its likelihood and its number of coefficients.
    ModelsAveraged,
    /// As the residuals show, over as many steps as 1.3 √n, with the critical values for that many.
    NeweyWest,
    /// For hours: the days' sums of influence × error as by `newey_west`, the days of the reporting period as by
    /// `first_order_averaged`, of any share of their variance.
    DayBlocks,
}

impl Form {
    pub const ALL: [Form; 7] = [
        Form::Independent,
        Form::EffectiveCount,
        Form::FirstOrder,
        Form::FirstOrderAveraged,
        Form::ModelsAveraged,
        Form::NeweyWest,
        Form::DayBlocks,
    ];

    pub fn code(self) -> &'static str {
        match self {
            Form::Independent => "independent",
            Form::EffectiveCount => "effective_count",
            Form::FirstOrder => "first_order",
            Form::FirstOrderAveraged => "first_order_averaged",
            Form::ModelsAveraged => "models_averaged",
            Form::NeweyWest => "newey_west",
            Form::DayBlocks => "day_blocks",
        }
    }
}

/// The chosen form and all of them, in the unit of the sum.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Uncertainty {
    pub form: Form,
    /// Half the width of the two-sided 90 % interval by the chosen form.
    pub half_width_90: f64,
    /// The likeliest correlation of an error with the one before it, of rows (hourly models: of days).
    pub correlation: f64,
    /// Every form that can be computed, the chosen one among them.
    pub forms: Vec<Width>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Width {
    pub form: Form,
    pub half_width_90: f64,
}

/// A baseline and the sum that is predicted from it.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    pub design: &'a Design,
    /// Place in time of each baseline row, in steps of the interval, rising.
    pub steps: &'a [i64],
    pub residuals: &'a [f64],
    /// 1ᵀXᵣ in the columns of the design.
    pub summed: &'a [f64],
    /// Places in time of the rows of the reporting period.
    pub reporting: &'a [i64],
    /// Where the rows are sums of finer ones: the sums of influence × error of those. `None`: the rows are what was fitted.
    pub moved: Option<&'a [f64]>,
}

/// All forms for one model. `None` where no degrees of freedom or no scatter are left, or the residuals follow each
/// other so closely that nothing is known.
pub fn uncertainty(question: &Question) -> Option<Uncertainty> {
    let first_order = question.first_order();
    let correlation = first_order.correlation()?;
    let (parts, _) = first_order.parts(question.summed, question.reporting)?;
    let averaged = half_width(&parts, 0.0, 0.90)?;
    let mut forms = Vec::new();
    let mut add = |form, width: Option<f64>| {
        forms.extend(width.filter(|width| width.is_finite()).map(|half_width_90| Width { form, half_width_90 }));
    };
    add(Form::Independent, question.exact(0.0));
    add(Form::EffectiveCount, question.effective_count());
    add(Form::FirstOrder, question.exact(correlation));
    add(Form::FirstOrderAveraged, Some(averaged));
    add(Form::NeweyWest, question.newey_west());
    let blocks = question.day_blocks();
    add(Form::DayBlocks, blocks);
    let chosen = blocks.map_or((Form::FirstOrderAveraged, averaged), |blocks| (Form::DayBlocks, blocks));
    Some(Uncertainty { form: chosen.0, half_width_90: chosen.1, correlation, forms })
}

impl Uncertainty {
    /// The same with the interval over all models of a search, which becomes the chosen one.
    pub fn over_models(mut self, half_width_90: f64) -> Uncertainty {
        self.forms.push(Width { form: Form::ModelsAveraged, half_width_90 });
        self.forms.sort_by_key(|width| width.form);
        Uncertainty { form: Form::ModelsAveraged, half_width_90, ..self }
    }

    pub fn by(&self, form: Form) -> Option<f64> {
        self.forms.iter().find(|width| width.form == form).map(|width| width.half_width_90)
    }
}

impl<'a> Question<'a> {
    fn first_order(&self) -> FirstOrder<'a> {
        FirstOrder { design: self.design, steps: self.steps, residuals: self.residuals }
    }

    /// The laws of the sum's error by each ρ with their weights, and by how much this model is to be believed:
    /// its likelihood over all ρ less k + k (k + 1) ÷ (n − k − 1), k coefficients and a variance (AIC for small n).
    pub fn parts(&self) -> Option<(Vec<Part>, f64)> {
        let (parts, evidence) = self.first_order().parts(self.summed, self.reporting)?;
        Some((parts, evidence - price(self.design.rank(), self.residuals.len())))
    }

    fn degrees(&self) -> Option<usize> {
        self.residuals.len().checked_sub(self.design.rank()).filter(|degrees| *degrees > 0)
    }

    fn influence(&self) -> Vec<f64> {
        self.design.influence(&self.design.turned(self.summed))
    }

    /// σ² wᵀΩw over baseline and reporting period together, Ω by one ρ.
    fn exact(&self, rho: f64) -> Option<f64> {
        let degrees = self.degrees()?;
        let sigma2 = product(self.residuals, self.residuals) / degrees as f64;
        let baseline = self.steps.iter().copied().zip(self.influence());
        let spread = weighted_sum(baseline.chain(self.reporting.iter().map(|step| (*step, -1.0))), rho);
        Some(t_critical(0.10, degrees)? * (sigma2 * spread).sqrt())
    }

    fn effective_count(&self) -> Option<f64> {
        let rho = lag_one(self.residuals).max(0.0);
        let widening = ((1.0 + rho) / (1.0 - rho)).sqrt();
        Some(self.exact(0.0)? * widening)
    }

    /// Σ over lags of (1 − lag ÷ (L + 1)) times the products of neighbours that far apart: of influence × residual for
    /// the predicted sum, of residuals for the reporting period. Rows are taken as neighbours whatever lies between.
    fn newey_west(&self) -> Option<f64> {
        let rows = self.residuals.len();
        let reporting = long_run(self.residuals) / rows as f64 * self.reporting.len() as f64;
        let variance = (long_run(&self.moved()) + reporting) * rows as f64 / self.degrees()? as f64;
        Some(fixed_b_critical(share_of_lags(rows)) * variance.max(0.0).sqrt())
    }

    fn day_blocks(&self) -> Option<f64> {
        let moved = self.moved?;
        let rows = self.residuals.len();
        let variance = long_run(moved) * rows as f64 / self.degrees()? as f64;
        let model = fixed_b_critical(share_of_lags(rows)) * variance.max(0.0).sqrt();
        // Without a row to predict, what is left is the reporting period's own scatter.
        let parts = self.first_order().parts_by_share(&vec![0.0; self.summed.len()], self.reporting)?;
        let own = half_width(&parts, 0.0, 0.90)?;
        Some((model * model + own * own).sqrt())
    }

    fn moved(&self) -> Vec<f64> {
        match self.moved {
            Some(moved) => moved.to_vec(),
            None => self.influence().iter().zip(self.residuals).map(|(a, e)| a * e).collect(),
        }
    }
}

/// As many neighbours as are looked at: 1.3 √n, the rule that Lazarus and others recommend (2018; from memory).
fn lags(rows: usize) -> usize {
    ((1.3 * (rows as f64).sqrt()).floor() as usize).min(rows.saturating_sub(1))
}

fn share_of_lags(rows: usize) -> f64 {
    (lags(rows) + 1) as f64 / rows as f64
}

/// Variance of the sum of a series, neighbours weighed less the further apart they are.
fn long_run(values: &[f64]) -> f64 {
    let lags = lags(values.len());
    let lag = |lag: usize| -> f64 { values[lag..].iter().zip(values).map(|(a, b)| a * b).sum() };
    let weight = |by: usize| 1.0 - by as f64 / (lags + 1) as f64;
    lag(0) + (1..=lags).map(|by| 2.0 * weight(by) * lag(by)).sum::<f64>()
}

/// What a model with this many coefficients is charged for them, as a logarithm of likelihood: k + k (k + 1) ÷ (n − k − 1).
pub(super) fn price(coefficients: usize, rows: usize) -> f64 {
    let (k, n) = (coefficients as f64 + 1.0, rows as f64);
    k + k * (k + 1.0) / (n - k - 1.0).max(0.5)
}

/// What |t| exceeds in a tenth of all cases when its variance was added up over the share `b` of all lags with falling
/// weights: 1.6449 + 2.1859 b + 0.3142 b² − 0.3427 b³. The polynomial is that of Kiefer and Vogelsang for the Bartlett
/// kernel, from memory; `tests/uncertainty.rs` holds it against values that were simulated anew.
pub fn fixed_b_critical(b: f64) -> f64 {
    1.6449 + b * (2.1859 + b * (0.3142 - 0.3427 * b))
}
