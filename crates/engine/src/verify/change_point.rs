//! Energy over temperature as three straight pieces: heating below one balance point, a base load, cooling above
//! another. The least squares over both balance points are found exactly, not by an optimiser that may stop early.

use serde::{Deserialize, Serialize};

mod runs;
use runs::{Line, OneHinge, Run, Side, Sloped, one_hinge, scatter_of_joined, two_hinges};

/// A slope stands on at least this many values.
pub const LEAST_VALUES: usize = 10;
/// Differences between sums of squares below this share of the whole scatter are rounding.
const ROUNDING: f64 = 1e-12;
/// Base, and slope and balance point of both parts.
pub const MOST_PARAMETERS: usize = 5;

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

    /// How the prediction at a temperature moves with each parameter: the row of the linearised model. As many entries count
    /// as there are parameters.
    pub fn gradient(&self, temperature: f64) -> [f64; MOST_PARAMETERS] {
        let mut row = [0.0; MOST_PARAMETERS];
        row[0] = 1.0;
        let mut next = 1;
        if let Some(slope) = self.heating {
            let below = slope.balance - temperature;
            row[next] = below.max(0.0);
            row[next + 1] = if below > 0.0 { slope.per_degree } else { 0.0 };
            next += 2;
        }
        if let Some(slope) = self.cooling {
            let above = temperature - slope.balance;
            row[next] = above.max(0.0);
            row[next + 1] = if above > 0.0 { -slope.per_degree } else { 0.0 };
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
/// one of the two; so a finite list of curves holds the best one. Blocks of pairs in which the best curve through fewer
/// values is already worse than the best one so far are passed over. `None` for fewer than twice [`LEAST_VALUES`] values.
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
        let places = (LEAST_VALUES, sums.len() - LEAST_VALUES);
        sums.look_into(&Block { heating: places, cooling: places }, &mut best);
    }
    // The differences of large sums lose digits; the curve is exact, its scatter is added up from the values.
    best.sse = temperatures.iter().zip(uses).map(|(t, y)| (y - best.predict(*t)).powi(2)).sum();
    Some(best)
}

/// Values in the order of temperature with sums from the left, centred so that differences keep their digits.
struct Sums {
    t: Vec<f64>,
    centre: (f64, f64),
    /// Of the first k values.
    first: Vec<Run>,
    /// The lines through the values below, and above, each place.
    below: Vec<Line>,
    above: Vec<Line>,
}

/// Least and greatest place of each balance point: how many values lie below it.
struct Block {
    heating: (usize, usize),
    cooling: (usize, usize),
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

impl Sums {
    fn new(temperatures: &[f64], uses: &[f64]) -> Sums {
        let count = temperatures.len();
        let mean = |values: &[f64]| values.iter().sum::<f64>() / count as f64;
        let centre = (mean(temperatures), mean(uses));
        let mut values: Vec<(f64, f64)> =
            temperatures.iter().zip(uses).map(|(t, y)| (t - centre.0, y - centre.1)).collect();
        values.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let mut first = Vec::with_capacity(count + 1);
        let mut so_far = Run::default();
        first.push(so_far);
        for (t, y) in &values {
            so_far = so_far.with(Run::of_value(*t, *y));
            first.push(so_far);
        }
        let places = 0..=count - LEAST_VALUES;
        let below = places.clone().map(|place| Line::through(first[place], Side::Heating)).collect();
        let above = places.map(|place| Line::through(so_far.without(first[place]), Side::Cooling)).collect();
        Sums { t: values.iter().map(|(t, _)| *t).collect(), centre, first, below, above }
    }

    fn len(&self) -> usize {
        self.t.len()
    }

    fn whole(&self) -> Run {
        self.first[self.len()]
    }

    fn constant(&self) -> ChangePoint {
        ChangePoint { base: self.centre.1, heating: None, cooling: None, sse: self.whole().scatter_of_mean() }
    }

    /// The line through the values beyond all of these places, with the temperatures that the balance point may have.
    fn sloped(&self, side: Side, (least, most): (usize, usize)) -> Sloped<'_> {
        let line = match side {
            Side::Heating => &self.below[least],
            Side::Cooling => &self.above[most],
        };
        Sloped { side, line, low: self.t[least - 1], high: self.t[most] }
    }

    /// One part with its base load.
    fn one_sided(&self, side: Side, best: &mut ChangePoint) {
        for place in LEAST_VALUES..=self.len() - LEAST_VALUES {
            let sloped = self.sloped(side, (place, place));
            let flat = self.whole().without(sloped.line.run);
            if sloped.line.scatter + flat.scatter_of_mean() >= best.sse {
                continue;
            }
            let meeting = flat.mean().and_then(|base| sloped.meeting(base));
            for balance in meeting.into_iter().chain([sloped.low, sloped.high]) {
                self.try_one(&sloped, balance, best);
            }
        }
    }

    /// Both parts: all pairs of places of a block, by halving it.
    fn look_into(&self, block: &Block, best: &mut ChangePoint) {
        if block.heating.0 == block.heating.1 && block.cooling.0 == block.cooling.1 {
            return self.try_pair(block.heating.0, block.cooling.0, best);
        }
        let mut halves = block.halves().map(|half| (self.least_scatter(&half, best.sse), half));
        if halves[1].0 < halves[0].0 {
            halves.swap(0, 1);
        }
        for (least, half) in &halves {
            if *least < best.sse {
                self.look_into(half, best);
            }
        }
    }

    /// What the curves of a block scatter at least; no longer looked for once it is `enough`. Fewer values never scatter more,
    /// so a curve of the block scatters at least as much as the best one through the values that lie below, between and above
    /// all of its places. Infinite where every cooling place lies below every heating place.
    fn least_scatter(&self, block: &Block, enough: f64) -> f64 {
        let (most_heating, least_cooling) = (block.heating.1, block.cooling.0);
        if block.cooling.1 < block.heating.0 {
            return f64::INFINITY;
        }
        let (heating, cooling) = (self.sloped(Side::Heating, block.heating), self.sloped(Side::Cooling, block.cooling));
        let scatter = heating.line.scatter + cooling.line.scatter;
        if most_heating >= least_cooling || scatter >= enough {
            return scatter;
        }
        let flat = self.first[least_cooling].without(self.first[most_heating]);
        scatter_of_joined(&heating, flat, &cooling, enough)
    }

    /// All curves whose balance points lie in these two gaps: each at a meeting of lines or at an end of its gap.
    fn try_pair(&self, heating_place: usize, cooling_place: usize, best: &mut ChangePoint) {
        let heating = self.sloped(Side::Heating, (heating_place, heating_place));
        let cooling = self.sloped(Side::Cooling, (cooling_place, cooling_place));
        let flat = self.first[cooling_place].without(self.first[heating_place]);
        if let Some(level) = flat.mean()
            && let (Some(first), Some(second)) = (heating.meeting(level), cooling.meeting(level))
        {
            return self.try_both((&heating, first), (&cooling, second), best);
        }
        // Otherwise a balance point lies at an end of its gap.
        for end in [heating.low, heating.high] {
            let base = one_hinge(heating.line.run.with(flat), heating.hinge(end)).map(|curve| curve.base);
            let meeting = base.and_then(|base| cooling.meeting(base));
            for second in meeting.into_iter().chain([cooling.low, cooling.high]) {
                self.try_both((&heating, end), (&cooling, second), best);
            }
        }
        for end in [cooling.low, cooling.high] {
            let base = one_hinge(cooling.line.run.with(flat), cooling.hinge(end)).map(|curve| curve.base);
            if let Some(first) = base.and_then(|base| heating.meeting(base)) {
                self.try_both((&heating, first), (&cooling, end), best);
            }
        }
        if heating_place == cooling_place {
            // Without a base load between them both lines meet each other.
            let met = heating.line.shape.zip(cooling.line.shape).and_then(|((b1, a1), (b2, a2))| {
                (b1 != b2).then(|| (a2 - a1) / (b1 - b2)).filter(|t| (heating.low..=heating.high).contains(t))
            });
            if let Some(balance) = met {
                self.try_both((&heating, balance), (&cooling, balance), best);
            }
        }
    }

    /// The best slope for a balance point; kept when nothing better is known.
    fn try_one(&self, sloped: &Sloped, balance: f64, best: &mut ChangePoint) {
        let Some(OneHinge { base, slope, scatter }) = one_hinge(self.whole(), sloped.hinge(balance)) else { return };
        if slope > 0.0 && self.is_better(scatter, 1, best) {
            let part = Some(self.part(balance, slope));
            let (heating, cooling) = if sloped.side == Side::Heating { (part, None) } else { (None, part) };
            *best = ChangePoint { base: base + self.centre.1, heating, cooling, sse: scatter };
        }
    }

    /// The same for two balance points. Slopes that come out negative make no curve here: without that part the curve is tried
    /// elsewhere.
    fn try_both(&self, (heating, first): (&Sloped, f64), (cooling, second): (&Sloped, f64), best: &mut ChangePoint) {
        if first > second {
            return;
        }
        let Some(curve) = two_hinges(self.whole(), heating.hinge(first), cooling.hinge(second)) else { return };
        if curve.slopes.0 > 0.0 && curve.slopes.1 > 0.0 && self.is_better(curve.scatter, 2, best) {
            *best = ChangePoint {
                base: curve.base + self.centre.1,
                heating: Some(self.part(first, curve.slopes.0)),
                cooling: Some(self.part(second, curve.slopes.1)),
                sse: curve.scatter,
            };
        }
    }

    /// A part more must explain more than the rounding of the sums.
    fn is_better(&self, scatter: f64, parts: usize, best: &ChangePoint) -> bool {
        let known = usize::from(best.heating.is_some()) + usize::from(best.cooling.is_some());
        let rounding = if parts > known { ROUNDING * self.whole().scatter_of_mean() } else { 0.0 };
        scatter < best.sse - rounding
    }

    fn part(&self, balance: f64, per_degree: f64) -> Slope {
        Slope { balance: balance + self.centre.0, per_degree }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The best of all pairs of places, none passed over.
    fn best_of_all_pairs(temperatures: &[f64], uses: &[f64]) -> ChangePoint {
        let sums = Sums::new(temperatures, uses);
        let mut best = sums.constant();
        sums.one_sided(Side::Heating, &mut best);
        sums.one_sided(Side::Cooling, &mut best);
        let last = sums.len() - LEAST_VALUES;
        for heating in LEAST_VALUES..=last {
            for cooling in heating..=last {
                sums.try_pair(heating, cooling, &mut best);
            }
        }
        best
    }

    #[test]
    fn blocks_passed_over_hold_no_better_curve() {
        let mut state = 11_u64;
        let mut noise = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) as f64 / (1_u64 << 31) as f64 - 0.5
        };
        let slopes = [(0.8, 0.4), (0.3, 0.0), (0.0, 0.5), (0.0, 0.0), (-0.3, 0.3)];
        for trial in 0..100 {
            let (heating, cooling) = slopes[trial % slopes.len()];
            let count = 20 + trial % 7 * 15;
            let mut temperatures: Vec<f64> =
                (0..count).map(|day| 55.0 - 25.0 * (day as f64 / 18.0).cos() + 20.0 * noise()).collect();
            if trial % 3 == 1 {
                temperatures.iter_mut().for_each(|t| *t = t.round());
            }
            let mut uses: Vec<f64> = temperatures
                .iter()
                .map(|t| 20.0 + heating * (48.0 - t).max(0.0) + cooling * (t - 60.0).max(0.0) + 8.0 * noise())
                .collect();
            if trial % 3 == 2 {
                // Bills: the mean use of each month on all of its days.
                for bill in uses.chunks_mut(30) {
                    let mean = bill.iter().sum::<f64>() / bill.len() as f64;
                    bill.fill(mean);
                }
            }
            let found = change_point(&temperatures, &uses, Parts { heating: true, cooling: true }).unwrap();
            let best = best_of_all_pairs(&temperatures, &uses);
            assert!((found.sse - best.sse).abs() <= 1e-9 * (1.0 + best.sse), "trial {trial}: {found:?} {best:?}");
            for t in &temperatures {
                let apart = found.predict(*t) - best.predict(*t);
                assert!(apart.abs() <= 1e-9 * best.base.abs(), "trial {trial} at {t}: {found:?} {best:?}");
            }
        }
    }

    #[test]
    fn a_flat_summer_has_no_cooling_of_rounding() {
        for trial in 0..200 {
            let temperatures: Vec<f64> = (0..90).map(|day| (day * day * 37 % (60 + trial)) as f64).collect();
            let uses: Vec<f64> = temperatures
                .iter()
                .enumerate()
                .map(|(day, t)| 20.0 + if *t < 40.0 { (40.0 - t) / 3.0 + (day * 31 % 11) as f64 } else { 0.1 })
                .collect();
            let found = change_point(&temperatures, &uses, Parts { heating: true, cooling: true }).unwrap();
            assert!(found.heating.is_some() && found.cooling.is_none(), "trial {trial}: {found:?}");
        }
    }

    #[test]
    fn no_curve_of_a_block_scatters_less_than_its_bound() {
        let temperatures: Vec<f64> = (0..80).map(|place| 20.0 + 0.9 * f64::from(place)).collect();
        let mut compared = 0;
        for (heating, cooling) in [(0.3, 0.3), (0.3, -0.1), (-0.1, 0.3), (0.0, 0.0)] {
            let shape = |t: f64| heating * (55.0 - t).max(0.0) + cooling * (t - 55.0).max(0.0);
            let uses: Vec<f64> = temperatures
                .iter()
                .enumerate()
                .map(|(place, t)| shape(*t) + (place * place * 37 % 23) as f64)
                .collect();
            let sums = Sums::new(&temperatures, &uses);
            for (first, second) in (10..50).flat_map(|first| [(first, first + 6), (first, 60)]) {
                for wide in 0..4 {
                    let block = Block { heating: (first, first + wide), cooling: (second, second + 2 * wide) };
                    let bound = sums.least_scatter(&block, f64::INFINITY);
                    for heating in block.heating.0..=block.heating.1 {
                        for cooling in heating.max(block.cooling.0)..=block.cooling.1 {
                            let mut best = ChangePoint { sse: f64::INFINITY, ..sums.constant() };
                            sums.try_pair(heating, cooling, &mut best);
                            compared += usize::from(best.heating.is_some());
                            assert!(best.sse >= bound * (1.0 - 1e-12), "{heating} {cooling}: {bound} {best:?}");
                        }
                    }
                }
            }
        }
        assert!(compared > 1_000, "{compared}");
    }
}
