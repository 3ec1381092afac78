//! Runs of values that are neighbours in temperature, by their sums alone: the line through one, and curves that are flat up
//! to one balance point or between two.

/// Squares of temperature differences, °F², that add up to no more than this are none.
const NO_SPREAD: f64 = 1e-9;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Heating,
    Cooling,
}

/// n, Σt, Σy, Σt², Σty, Σy².
#[derive(Clone, Copy, Default)]
pub(super) struct Run([f64; 6]);

/// Σx, Σxy and Σx² over a run, x = |balance − t|.
#[derive(Clone, Copy)]
pub(super) struct Hinge([f64; 3]);

impl Run {
    pub(super) fn of_value(t: f64, y: f64) -> Run {
        Run([1.0, t, y, t * t, t * y, y * y])
    }

    pub(super) fn with(&self, other: Run) -> Run {
        let mut sums = self.0;
        sums.iter_mut().zip(other.0).for_each(|(sum, value)| *sum += value);
        Run(sums)
    }

    pub(super) fn without(&self, other: Run) -> Run {
        let mut sums = self.0;
        sums.iter_mut().zip(other.0).for_each(|(sum, value)| *sum -= value);
        Run(sums)
    }

    pub(super) fn mean(&self) -> Option<f64> {
        let [n, _, y, ..] = self.0;
        (n >= 1.0).then(|| y / n)
    }

    pub(super) fn scatter_of_mean(&self) -> f64 {
        let [n, _, y, _, _, yy] = self.0;
        if n < 1.0 { 0.0 } else { (yy - y * (y / n)).max(0.0) }
    }

    /// The run lies on this side of the balance point.
    pub(super) fn hinge(&self, balance: f64, side: Side) -> Hinge {
        let [n, t, y, tt, ty, _] = self.0;
        let sign = if side == Side::Heating { 1.0 } else { -1.0 };
        let square = n * balance * balance - 2.0 * balance * t + tt;
        Hinge([sign * (n * balance - t), sign * (balance * y - ty), square])
    }

    /// Mean of x over these values, which hold those of the hinge, and the sums of (x − mean)·y and (x − mean)².
    fn centred(&self, hinge: Hinge) -> [f64; 3] {
        let [n, _, y, ..] = self.0;
        let Hinge([x, xy, xx]) = hinge;
        let mean = x / n;
        [mean, xy - mean * y, xx - mean * x]
    }
}

/// The line of least squares through a run among those that slope to its side or lie flat.
pub(super) struct Line {
    pub(super) run: Run,
    pub(super) scatter: f64,
    /// Slope and height at t = 0; missing where all values have one temperature.
    pub(super) shape: Option<(f64, f64)>,
}

impl Line {
    pub(super) fn through(run: Run, side: Side) -> Line {
        let [n, t, y, tt, ty, yy] = run.0;
        if n < 1.0 {
            return Line { run, scatter: 0.0, shape: None };
        }
        let (mean_t, mean_y) = (t / n, y / n);
        let (stt, sty, syy) = (tt - t * mean_t, ty - t * mean_y, yy - y * mean_y);
        if stt <= NO_SPREAD {
            return Line { run, scatter: syy.max(0.0), shape: None };
        }
        let slope = match side {
            Side::Heating => (sty / stt).min(0.0),
            Side::Cooling => (sty / stt).max(0.0),
        };
        Line { run, scatter: (syy - slope * sty).max(0.0), shape: Some((slope, mean_y - slope * mean_t)) }
    }
}

/// A sloped run whose balance point lies between two temperatures.
pub(super) struct Sloped<'a> {
    pub(super) side: Side,
    pub(super) line: &'a Line,
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Sloped<'_> {
    pub(super) fn hinge(&self, balance: f64) -> Hinge {
        self.line.run.hinge(balance, self.side)
    }

    /// Where the line reaches this level, if between the two temperatures.
    pub(super) fn meeting(&self, level: f64) -> Option<f64> {
        let (slope, height) = self.line.shape.filter(|(slope, _)| *slope != 0.0)?;
        Some((level - height) / slope).filter(|balance| (self.low..=self.high).contains(balance))
    }

    /// The temperature that the line would pass to reach this level; `None` where it need not.
    fn end(&self, level: f64) -> Option<f64> {
        let (slope, height) = self.line.shape?;
        let above = |temperature: f64| height + slope * temperature - level;
        let (passes_low, passes_high) = match self.side {
            Side::Heating => (above(self.low) < 0.0, above(self.high) > 0.0),
            Side::Cooling => (above(self.low) > 0.0, above(self.high) < 0.0),
        };
        if passes_low { Some(self.low) } else { passes_high.then_some(self.high) }
    }
}

/// The best curve that is flat up to a balance point.
pub(super) struct OneHinge {
    pub(super) base: f64,
    /// Not below zero.
    pub(super) slope: f64,
    pub(super) scatter: f64,
}

/// `None` where the values beyond the balance point have no spread.
pub(super) fn one_hinge(all: Run, hinge: Hinge) -> Option<OneHinge> {
    let [n, _, y, _, _, yy] = all.0;
    let [x, product, spread] = all.centred(hinge);
    if spread <= NO_SPREAD {
        return None;
    }
    let (mean, slope) = (y / n, (product / spread).max(0.0));
    Some(OneHinge { base: mean - slope * x, slope, scatter: (yy - y * mean - slope * product).max(0.0) })
}

/// The best curve that is flat between two balance points; its slopes may fall below zero.
pub(super) struct TwoHinges {
    pub(super) base: f64,
    pub(super) slopes: (f64, f64),
    pub(super) scatter: f64,
}

/// `None` where the values do not determine both slopes.
pub(super) fn two_hinges(all: Run, one: Hinge, other: Hinge) -> Option<TwoHinges> {
    let [n, _, y, _, _, yy] = all.0;
    let ([x1, g1, s1], [x2, g2, s2]) = (all.centred(one), all.centred(other));
    // The hinges never overlap, so their product sum is only that of their means.
    let cross = -n * x1 * x2;
    let determinant = s1 * s2 - cross * cross;
    if determinant <= 1e-9 * s1 * s2 {
        return None;
    }
    let (mean, slopes) = (y / n, ((g1 * s2 - g2 * cross) / determinant, (g2 * s1 - g1 * cross) / determinant));
    Some(TwoHinges {
        base: mean - slopes.0 * x1 - slopes.1 * x2,
        slopes,
        scatter: (yy - y * mean - slopes.0 * g1 - slopes.1 * g2).max(0.0),
    })
}

/// The scatter of the best curve that is flat between two balance points, without slopes below zero.
fn scatter_of_two_hinges(all: Run, one: Hinge, other: Hinge) -> Option<f64> {
    let curve = two_hinges(all, one, other)?;
    let alone = |hinge: Hinge| one_hinge(all, hinge).map(|curve| curve.scatter);
    match (curve.slopes.0 < 0.0, curve.slopes.1 < 0.0) {
        (false, false) => Some(curve.scatter),
        (true, false) => alone(other),
        (false, true) => alone(one),
        (true, true) => Some(alone(one)?.min(alone(other)?)),
    }
}

/// What three runs scatter at least when they are joined at balance points; no longer looked for once it is `enough`.
///
/// Lines that reach the level of the flat run between their two temperatures need no more. One that would pass an end has
/// its balance point there in the best curve, or else the other line has: that each reaches the level in time is linear in
/// base, slopes and heights, and the best curve lies on such a bound that the free lines break. The level has then moved, and
/// the other line is asked again.
pub(super) fn scatter_of_joined(heating: &Sloped, flat: Run, cooling: &Sloped, enough: f64) -> f64 {
    let free = heating.line.scatter + flat.scatter_of_mean() + cooling.line.scatter;
    let Some(level) = flat.mean().filter(|_| free < enough) else { return free };
    let mut least: Option<f64> = None;
    for (held, other) in [(heating, cooling), (cooling, heating)] {
        let Some(end) = held.end(level) else { continue };
        let (hinge, beside) = (held.hinge(end), held.line.run.with(flat));
        let Some(one) = one_hinge(beside, hinge) else { return free };
        let scatter = one.scatter + other.line.scatter;
        let Some(other_end) = other.end(one.base).filter(|_| scatter < enough) else { return scatter };
        let both = scatter_of_two_hinges(beside.with(other.line.run), hinge, other.hinge(other_end)).unwrap_or(scatter);
        least = Some(least.map_or(both, |least| least.min(both)));
    }
    least.unwrap_or(free)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Base and slopes in turn, each the best for the others and no slope below zero, until nothing moves.
    fn scatter_by_turns(values: &[(f64, f64)], first: f64, second: f64) -> f64 {
        let columns = |t: f64| [1.0, (first - t).max(0.0), (t - second).max(0.0)];
        let mut curve = [0.0; 3];
        let left =
            |curve: &[f64; 3], (t, y): (f64, f64)| y - columns(t).iter().zip(curve).map(|(x, b)| x * b).sum::<f64>();
        for _ in 0..500 {
            for place in 0..3 {
                let (mut product, mut square) = (0.0, 0.0);
                for value in values {
                    let x = columns(value.0)[place];
                    product += x * left(&curve, *value);
                    square += x * x;
                }
                let moved = curve[place] + product / square;
                curve[place] = if place == 0 { moved } else { moved.max(0.0) };
            }
        }
        values.iter().map(|value| left(&curve, *value).powi(2)).sum()
    }

    #[test]
    fn slopes_do_not_fall_below_zero() {
        let sum =
            |values: &[(f64, f64)]| values.iter().fold(Run::default(), |run, (t, y)| run.with(Run::of_value(*t, *y)));
        for trial in 0..60_i32 {
            let shape =
                |t: f64| f64::from(trial % 5 - 2) * (-t).max(0.0) + f64::from(trial % 7 - 3) * (t - 8.0).max(0.0);
            let values: Vec<(f64, f64)> = (-15..25)
                .map(|place| (f64::from(place), shape(f64::from(place)) + f64::from((place * place + trial) * 31 % 13)))
                .collect();
            let hinges = [(Side::Heating, 0, 16, 0.5), (Side::Cooling, 23, 40, 7.5)]
                .map(|(side, from, to, balance)| sum(&values[from..to]).hinge(balance, side));
            let found = scatter_of_two_hinges(sum(&values), hinges[0], hinges[1]).unwrap();
            let plain = scatter_by_turns(&values, 0.5, 7.5);
            assert!((found - plain).abs() <= 1e-9 * plain, "trial {trial}: {found} {plain}");
        }
    }
}
