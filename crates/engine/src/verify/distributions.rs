//! Tail probabilities and critical values of Student's t and Fisher's F, through the regularised incomplete
//! beta function. Tails are computed directly, never as one minus a large number, so small p-values stay exact.

use statrs::function::beta::checked_beta_reg;

/// Probability that |t| is at least this large when the true slope is zero: I_x(ν/2, 1/2), x = ν / (ν + t²).
/// Identity from memory; checked against 40-digit values in `tests/regression.rs`.
pub fn t_two_sided(t: f64, degrees: usize) -> f64 {
    let freedom = degrees as f64;
    // An infinite t (a fit without any scatter) would give infinity over infinity.
    let x = if t.is_infinite() { 0.0 } else { freedom / (freedom + t * t) };
    incomplete_beta(freedom / 2.0, 0.5, x)
}

/// Probability that F is at least this large when no predictor matters: I_x(d₂/2, d₁/2), x = d₂ / (d₂ + d₁F).
pub fn f_upper(f: f64, numerator: usize, denominator: usize) -> f64 {
    let (upper, lower) = (numerator as f64, denominator as f64);
    let x = if f.is_infinite() { 0.0 } else { lower / (lower + upper * f) };
    incomplete_beta(lower / 2.0, upper / 2.0, x)
}

/// The t that is exceeded in absolute value with probability `alpha`: for 0.10 the quantile of a two-sided
/// 90 % interval. `None` outside 0 < alpha < 1 or without degrees of freedom.
pub fn t_critical(alpha: f64, degrees: usize) -> Option<f64> {
    let freedom = degrees as f64;
    let share = upper_share(0.5, freedom / 2.0, alpha)?;
    Some((freedom * share / (1.0 - share)).sqrt())
}

/// The F that is exceeded with probability `alpha`. `None` as for [`t_critical`].
pub fn f_critical(alpha: f64, numerator: usize, denominator: usize) -> Option<f64> {
    let (upper, lower) = (numerator as f64, denominator as f64);
    let share = upper_share(upper / 2.0, lower / 2.0, alpha)?;
    Some(lower * share / (upper * (1.0 - share)))
}

/// Where the upper tail of the beta distribution (a, b) holds `alpha`: secant steps kept inside a bracket that
/// shrinks until its ends are neighbours. The tail falls steadily, so there is exactly one such place.
fn upper_share(a: f64, b: f64, alpha: f64) -> Option<f64> {
    if !(alpha > 0.0 && alpha < 1.0 && a > 0.0 && b > 0.0) {
        return None;
    }
    let excess = |share: f64| incomplete_beta(b, a, 1.0 - share) - alpha;
    let (mut low, mut high) = (0.0, 1.0);
    let (mut excess_low, mut excess_high) = (1.0 - alpha, -alpha);
    for step in 0..200 {
        let secant = low + (high - low) * excess_low / (excess_low - excess_high);
        // Every third step halves, because a secant alone can creep along one side of a curved tail.
        let middle = if step % 3 == 2 || !(secant > low && secant < high) { 0.5 * (low + high) } else { secant };
        if middle <= low || middle >= high {
            break;
        }
        let excess_middle = excess(middle);
        if excess_middle == 0.0 {
            return Some(middle);
        }
        if excess_middle > 0.0 {
            (low, excess_low) = (middle, excess_middle);
        } else {
            (high, excess_high) = (middle, excess_middle);
        }
    }
    Some(if excess_low < -excess_high { low } else { high })
}

/// The arguments are positive and x lies in 0..=1 by construction above; anything else has no probability.
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    checked_beta_reg(a, b, x).unwrap_or(f64::NAN)
}
