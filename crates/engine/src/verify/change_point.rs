//! Energy over temperature as three straight pieces: heating below one balance point, a base load, cooling above
//! another. The least squares over both balance points are found exactly, not by an optimiser that may stop early.

use serde::{Deserialize, Serialize};

/// A slope stands on at least this many values.
pub const LEAST_VALUES: usize = 10;

/// Use = base + heating × max(balance − T, 0) + cooling × max(T − balance, 0). Slopes are never negative; a part that
/// explains nothing is `None`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangePoint {
    pub base: f64,
    pub heating: Option<Slope>,
    pub cooling: Option<Slope>,
    pub sse: f64,
}

/// Use per degree beyond the balance point.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Slope {
    pub balance: f64,
    pub per_degree: f64,
}

impl ChangePoint {
    pub fn predict(&self, temperature: f64) -> f64 {
        let heating = self.heating.map_or(0.0, |slope| slope.per_degree * (slope.balance - temperature).max(0.0));
        let cooling = self.cooling.map_or(0.0, |slope| slope.per_degree * (temperature - slope.balance).max(0.0));
        self.base + heating + cooling
    }

    /// Base, and slope and balance point of each part.
    pub fn parameters(&self) -> usize {
        1 + 2 * usize::from(self.heating.is_some()) + 2 * usize::from(self.cooling.is_some())
    }

    /// How the prediction at a temperature moves with each parameter: the row of the linearised model.
    pub fn gradient(&self, temperature: f64) -> Vec<f64> {
        let mut row = vec![1.0];
        if let Some(slope) = self.heating {
            let below = slope.balance - temperature;
            row.extend([below.max(0.0), if below > 0.0 { slope.per_degree } else { 0.0 }]);
        }
        if let Some(slope) = self.cooling {
            let above = temperature - slope.balance;
            row.extend([above.max(0.0), if above > 0.0 { -slope.per_degree } else { 0.0 }]);
        }
        row
    }
}

/// Which parts a model may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    pub heating: bool,
    pub cooling: bool,
}

/// The curve of least squares through (temperature, use), each part standing on at least [`LEAST_VALUES`] values.
///
/// Between two neighbouring temperatures the best balance point follows from the lines on both sides of it, or lies at
/// one of the two; so a finite list of curves holds the best one. Pairs whose three pieces, fitted without being joined,
/// are already worse than the best curve so far are passed over. `None` for fewer than twice [`LEAST_VALUES`] values.
pub fn change_point(temperatures: &[f64], uses: &[f64], parts: Parts) -> Option<ChangePoint> {
    if temperatures.len() < 2 * LEAST_VALUES {
        return None;
    }
    let sums = Sums::new(temperatures, uses);
    let mut best = sums.constant();
    if parts.heating {
        sums.one_sided(Side::Heating, &mut best);
    }
    if parts.cooling {
        sums.one_sided(Side::Cooling, &mut best);
    }
    if parts.heating && parts.cooling {
        sums.both(&mut best);
    }
    // The differences of large sums lose digits; the curve is exact, its scatter is added up from the values.
    best.sse = temperatures.iter().zip(uses).map(|(t, y)| (y - best.predict(*t)).powi(2)).sum();
    Some(best)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Heating,
    Cooling,
}

/// Values in the order of temperature with sums from the left, centred so that differences keep their digits.
struct Sums {
    t: Vec<f64>,
    centre: (f64, f64),
    /// n, Σt, Σy, Σt², Σty, Σy² of the first k values.
    first: Vec<[f64; 6]>,
}

/// Least and greatest place of each balance point.
struct Block {
    heating: (usize, usize),
    cooling: (usize, usize),
}

/// The lines through the values below, and above, each place.
struct Outer {
    below: Vec<Line>,
    above: Vec<Line>,
}

struct Line {
    scatter: f64,
    /// Slope and height at t = 0; missing where all values have one temperature.
    shape: Option<(f64, f64)>,
}

impl Block {
    /// Cut where it is wider.
    fn halves(&self) -> [Block; 2] {
        let cut = |(first, last): (usize, usize)| {
            let middle = first + (last - first) / 2;
            [(first, middle), (middle + 1, last)]
        };
        if self.heating.1 - self.heating.0 > self.cooling.1 - self.cooling.0 {
            cut(self.heating).map(|heating| Block { heating, cooling: self.cooling })
        } else {
            cut(self.cooling).map(|cooling| Block { heating: self.heating, cooling })
        }
    }
}

/// A balance point with the number of values below it; `None` without this part.
type Place = Option<(f64, usize)>;

/// Sums of a run of neighbours.
#[derive(Clone, Copy)]
struct Run([f64; 6]);

impl Run {
    fn scatter_of_line(&self) -> f64 {
        let [n, t, y, tt, ty, yy] = self.0;
        if n < 1.0 {
            return 0.0;
        }
        let (stt, sty, syy) = (tt - t * t / n, ty - t * y / n, yy - y * y / n);
        (if stt > 1e-9 { syy - sty * sty / stt } else { syy }).max(0.0)
    }

    fn scatter_of_mean(&self) -> f64 {
        let [n, _, y, _, _, yy] = self.0;
        if n < 1.0 { 0.0 } else { (yy - y * y / n).max(0.0) }
    }

    /// Slope and height at t = 0 of the line of least squares.
    fn line(&self) -> Option<(f64, f64)> {
        let [n, t, y, tt, ty, _] = self.0;
        let stt = tt - t * t / n;
        (n >= 2.0 && stt > 1e-9).then(|| {
            let slope = (ty - t * y / n) / stt;
            (slope, (y - slope * t) / n)
        })
    }

    fn mean(&self) -> Option<f64> {
        let [n, _, y, ..] = self.0;
        (n >= 1.0).then(|| y / n)
    }

    /// Sums of x = |balance − t| and of x·y and x² over the run.
    fn hinge(&self, balance: f64, side: Side) -> [f64; 3] {
        let [n, t, y, tt, ty, _] = self.0;
        let sign = if side == Side::Heating { 1.0 } else { -1.0 };
        [sign * (n * balance - t), sign * (balance * y - ty), n * balance * balance - 2.0 * balance * t + tt]
    }
}

impl Sums {
    fn new(temperatures: &[f64], uses: &[f64]) -> Sums {
        let count = temperatures.len() as f64;
        let centre = (temperatures.iter().sum::<f64>() / count, uses.iter().sum::<f64>() / count);
        let mut values: Vec<(f64, f64)> =
            temperatures.iter().zip(uses).map(|(t, y)| (t - centre.0, y - centre.1)).collect();
        values.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let mut first = vec![[0.0; 6]];
        let mut sums = [0.0; 6];
        for (t, y) in &values {
            for (sum, value) in sums.iter_mut().zip([1.0, *t, *y, t * t, t * y, y * y]) {
                *sum += value;
            }
            first.push(sums);
        }
        Sums { t: values.iter().map(|(t, _)| *t).collect(), centre, first }
    }

    fn run(&self, from: usize, to: usize) -> Run {
        let mut sums = self.first[to];
        for (sum, before) in sums.iter_mut().zip(&self.first[from]) {
            *sum -= before;
        }
        Run(sums)
    }

    fn len(&self) -> usize {
        self.t.len()
    }

    fn constant(&self) -> ChangePoint {
        let sse = self.run(0, self.len()).scatter_of_mean();
        ChangePoint { base: self.centre.1, heating: None, cooling: None, sse }
    }

    /// How many values lie below the balance point at each place where the lines on both sides may meet.
    fn splits(&self) -> std::ops::RangeInclusive<usize> {
        LEAST_VALUES..=self.len() - LEAST_VALUES
    }

    /// One part with its base load.
    fn one_sided(&self, side: Side, best: &mut ChangePoint) {
        for split in self.splits() {
            let (low, high) = (self.t[split - 1], self.t[split]);
            let (below, above) = (self.run(0, split), self.run(split, self.len()));
            let (sloped, flat) = if side == Side::Heating { (below, above) } else { (above, below) };
            if sloped.scatter_of_line() + flat.scatter_of_mean() >= best.sse {
                continue;
            }
            let meeting = sloped.line().zip(flat.mean()).and_then(|((slope, height), base)| meet(slope, height, base));
            for balance in inside(meeting, low, high).into_iter().chain([low, high]) {
                let place = Some((balance, split));
                let places = if side == Side::Heating { (place, None) } else { (None, place) };
                self.try_curve(places, best);
            }
        }
    }

    /// Both parts: all pairs of places, by halving blocks of them. Fewer values never scatter more, so a block scatters at least
    /// as much as the values that lie below, between and above all of its places, each run for itself.
    fn both(&self, best: &mut ChangePoint) {
        let last = self.len() - LEAST_VALUES;
        let line = |run: Run| Line { scatter: run.scatter_of_line(), shape: run.line() };
        let below = (0..=last).map(|heating| line(self.run(0, heating))).collect();
        let above = (0..=last).map(|cooling| line(self.run(cooling, self.len()))).collect();
        let places = (LEAST_VALUES, last);
        self.look_into(&Block { heating: places, cooling: places }, &Outer { below, above }, best);
    }

    fn look_into(&self, block: &Block, outer: &Outer, best: &mut ChangePoint) {
        if block.heating.0 == block.heating.1 && block.cooling.0 == block.cooling.1 {
            return self.try_pair(block.heating.0, block.cooling.0, outer, best);
        }
        let mut halves = block.halves().map(|half| (self.least_scatter(&half, outer), half));
        if halves[1].0 < halves[0].0 {
            halves.swap(0, 1);
        }
        for (least, half) in &halves {
            if *least < best.sse {
                self.look_into(half, outer, best);
            }
        }
    }

    /// Infinite where every cooling place lies below every heating place.
    fn least_scatter(&self, block: &Block, outer: &Outer) -> f64 {
        let ((least_heating, most_heating), (least_cooling, most_cooling)) = (block.heating, block.cooling);
        if most_cooling < least_heating {
            return f64::INFINITY;
        }
        let between =
            if most_heating < least_cooling { self.run(most_heating, least_cooling).scatter_of_mean() } else { 0.0 };
        outer.below[least_heating].scatter + between + outer.above[most_cooling].scatter
    }

    /// All curves whose balance points lie in these two gaps: each at a meeting of lines or at an end of its gap.
    fn try_pair(&self, heating: usize, cooling: usize, outer: &Outer, best: &mut ChangePoint) {
        let (below, middle, above) = (self.run(0, heating), self.run(heating, cooling), self.run(cooling, self.len()));
        let at = |balance: f64, split: usize| Some((balance, split));
        let gap = |split: usize| (self.t[split - 1], self.t[split]);
        let (heating_gap, cooling_gap) = (gap(heating), gap(cooling));
        let (line_below, line_above) = (&outer.below[heating], &outer.above[cooling]);
        if let (Some(base), Some((slope_below, height_below)), Some((slope_above, height_above))) =
            (middle.mean(), line_below.shape, line_above.shape)
        {
            let first = inside(meet(slope_below, height_below, base), heating_gap.0, heating_gap.1);
            let second = inside(meet(slope_above, height_above, base), cooling_gap.0, cooling_gap.1);
            if let (Some(first), Some(second)) = (first, second) {
                self.try_curve((at(first, heating), at(second, cooling)), best);
                return;
            }
        }
        // Otherwise a balance point lies at an end of its gap; what the values on its other side scatter at least is known.
        for first in [heating_gap.0, heating_gap.1] {
            let held = hinge_and_flat(below, middle, first, Side::Heating);
            if held.scatter + line_above.scatter < best.sse {
                let free = line_above.shape.and_then(|(slope, height)| meet(slope, height, held.base?));
                for second in
                    inside(free, cooling_gap.0, cooling_gap.1).into_iter().chain([cooling_gap.0, cooling_gap.1])
                {
                    self.try_curve((at(first, heating), at(second, cooling)), best);
                }
            }
        }
        for second in [cooling_gap.0, cooling_gap.1] {
            let held = hinge_and_flat(above, middle, second, Side::Cooling);
            if held.scatter + line_below.scatter < best.sse {
                let free = line_below.shape.and_then(|(slope, height)| meet(slope, height, held.base?));
                if let Some(first) = inside(free, heating_gap.0, heating_gap.1) {
                    self.try_curve((at(first, heating), at(second, cooling)), best);
                }
            }
        }
        if heating == cooling {
            // Without a base load between them both lines meet each other.
            let met = line_below.shape.zip(line_above.shape).and_then(|((b1, a1), (b2, a2))| {
                (b1 != b2).then(|| (a2 - a1) / (b1 - b2)).filter(|t| (heating_gap.0..=heating_gap.1).contains(t))
            });
            if let Some(balance) = met {
                self.try_curve((at(balance, heating), at(balance, cooling)), best);
            }
        }
    }

    /// The best slopes for given balance points; kept when nothing better is known. Slopes that come out negative make
    /// no curve here: without that part the curve is tried elsewhere.
    fn try_curve(&self, places: (Place, Place), best: &mut ChangePoint) {
        if let (Some((first, _)), Some((second, _))) = places
            && first > second
        {
            return;
        }
        let all = self.run(0, self.len());
        let (n, y, yy) = (all.0[0], all.0[2], all.0[5]);
        let hinge = |side: Side, place: Place| {
            let (balance, split) = place?;
            let run = if side == Side::Heating { self.run(0, split) } else { self.run(split, self.len()) };
            Some(run.hinge(balance, side))
        };
        let (heating, cooling) = (hinge(Side::Heating, places.0), hinge(Side::Cooling, places.1));
        let centred =
            |hinge: Option<[f64; 3]>| hinge.map_or([0.0; 3], |[x, xy, xx]| [x, xy - x * y / n, xx - x * x / n]);
        let ([x1, g1, s1], [x2, g2, s2]) = (centred(heating), centred(cooling));
        let (slope1, slope2) = match (heating, cooling) {
            (Some(_), None) if s1 > 1e-9 => (g1 / s1, 0.0),
            (None, Some(_)) if s2 > 1e-9 => (0.0, g2 / s2),
            (Some(_), Some(_)) => {
                // The hinges never overlap, so their product sum is only that of their means.
                let cross = -x1 * x2 / n;
                let determinant = s1 * s2 - cross * cross;
                if determinant <= 1e-9 * s1 * s2 {
                    return;
                }
                ((g1 * s2 - g2 * cross) / determinant, (g2 * s1 - g1 * cross) / determinant)
            }
            _ => return,
        };
        let has_sign = |slope: f64, part: Option<[f64; 3]>| part.is_none() || slope > 0.0;
        if !(has_sign(slope1, heating) && has_sign(slope2, cooling)) {
            return;
        }
        let sse = (yy - y * y / n - slope1 * g1 - slope2 * g2).max(0.0);
        if sse < best.sse {
            let part = |place: Place, slope: f64| {
                place.map(|(balance, _)| Slope { balance: balance + self.centre.0, per_degree: slope })
            };
            let base = (y - slope1 * x1 - slope2 * x2) / n + self.centre.1;
            *best = ChangePoint { base, heating: part(places.0, slope1), cooling: part(places.1, slope2), sse };
        }
    }
}

/// The best curve through a sloped run that starts at a balance point, and a flat run.
struct Held {
    /// Missing where the sloped run has no spread.
    base: Option<f64>,
    /// Never above the true one.
    scatter: f64,
}

fn hinge_and_flat(sloped: Run, flat: Run, balance: f64, side: Side) -> Held {
    let [x, xy, xx] = sloped.hinge(balance, side);
    let [n, y, yy] = [0, 2, 5].map(|sum| sloped.0[sum] + flat.0[sum]);
    let (spread, product) = (xx - x * x / n, xy - x * y / n);
    if spread <= 1e-9 {
        return Held { base: None, scatter: 0.0 };
    }
    let slope = product / spread;
    Held { base: Some((y - slope * x) / n), scatter: yy - y * y / n - slope * product }
}

/// Where a line of this slope and height reaches a level.
fn meet(slope: f64, height: f64, level: f64) -> Option<f64> {
    (slope != 0.0).then(|| (level - height) / slope)
}

fn inside(place: Option<f64>, low: f64, high: f64) -> Option<f64> {
    place.filter(|place| (low..=high).contains(place))
}
