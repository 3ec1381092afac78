//! A saving of which not even the error's law is known for sure: several laws, each with its weight, and the interval that
//! holds a share of them all.

use super::distributions::t_two_sided;

/// One law of the sum: Student's t around `centre`, with the logarithm of how likely this law is beside the others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Part {
    pub log_weight: f64,
    pub centre: f64,
    /// Positive, in the unit of the sum.
    pub scale: f64,
    pub degrees: usize,
}

/// Parts below this share of the likeliest one change no digit that is printed.
const NEGLIGIBLE: f64 = 1e-6;
const STEPS: usize = 200;

/// Half the width of the interval around `around` that holds `share` of all parts together. `None` without parts that
/// have a weight and a scale.
pub fn half_width(parts: &[Part], around: f64, share: f64) -> Option<f64> {
    let usable = |part: &&Part| part.log_weight.is_finite() && part.scale > 0.0 && part.scale.is_finite();
    let highest = parts.iter().filter(usable).map(|part| part.log_weight).fold(f64::NEG_INFINITY, f64::max);
    let weighed: Vec<(f64, &Part)> = parts
        .iter()
        .filter(usable)
        .map(|part| ((part.log_weight - highest).exp(), part))
        .filter(|(weight, _)| *weight > NEGLIGIBLE)
        .collect();
    let total: f64 = weighed.iter().map(|(weight, _)| weight).sum();
    if weighed.is_empty() || !total.is_finite() {
        return None;
    }
    let outside = |width: f64| -> f64 {
        let sum: f64 = weighed
            .iter()
            .map(|(weight, part)| {
                let above = upper(around + width - part.centre, part);
                let below = upper(part.centre - around + width, part);
                weight * (above + below)
            })
            .sum();
        sum / total - (1.0 - share)
    };
    let mut high = weighed.iter().map(|(_, part)| part.scale + (part.centre - around).abs()).fold(0.0, f64::max);
    while outside(high) > 0.0 {
        high *= 2.0;
        if !high.is_finite() {
            return None;
        }
    }
    Some(root(outside, high))
}

/// Probability that this part lies more than `distance` above its centre.
fn upper(distance: f64, part: &Part) -> f64 {
    let tail = 0.5 * t_two_sided(distance / part.scale, part.degrees);
    if distance >= 0.0 { tail } else { 1.0 - tail }
}

/// Where a falling function crosses zero between 0 and `high`: secants in a bracket, each end's weight halved while the
/// other one moves.
fn root(falling: impl Fn(f64) -> f64, high: f64) -> f64 {
    let (mut low, mut high) = (0.0, high);
    let (mut at_low, mut at_high) = (falling(low), falling(high));
    if at_high == 0.0 {
        return high;
    }
    for _ in 0..STEPS {
        let middle = (low * at_high - high * at_low) / (at_high - at_low);
        if high - low <= 1e-12 * high || !(middle > low && middle < high) {
            break;
        }
        let at_middle = falling(middle);
        if at_middle == 0.0 {
            return middle;
        }
        if at_middle > 0.0 {
            (low, at_low) = (middle, at_middle);
            at_high *= 0.5;
        } else {
            (high, at_high) = (middle, at_middle);
            at_low *= 0.5;
        }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::super::distributions::t_critical;
    use super::*;

    fn part(log_weight: f64, centre: f64, scale: f64) -> Part {
        Part { log_weight, centre, scale, degrees: 9 }
    }

    #[test]
    fn one_part_gives_the_interval_of_t() {
        let width = half_width(&[part(-3.0, 5.0, 2.0)], 5.0, 0.90).unwrap();
        assert!((width - 2.0 * t_critical(0.10, 9).unwrap()).abs() < 1e-9, "{width}");
    }

    /// Half of the weight lies at −10 and half at 10, both narrow: 90 % reach a little beyond 10.
    #[test]
    fn parts_that_disagree_widen_the_interval() {
        let width = half_width(&[part(0.0, -10.0, 0.1), part(0.0, 10.0, 0.1)], 0.0, 0.90).unwrap();
        assert!(width > 10.1 && width < 10.3, "{width}");
        assert_eq!(half_width(&[], 0.0, 0.90), None);
        assert_eq!(half_width(&[part(f64::NEG_INFINITY, 0.0, 1.0), part(0.0, 0.0, 0.0)], 0.0, 0.90), None);
    }
}
