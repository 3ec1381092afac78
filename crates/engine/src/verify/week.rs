//! Energy by the hour of the week and the temperature, apart for the hours in which the place is busy and those in
//! which it is not. The 168 hours are taken out by their means, so that only a few slopes are solved for.

use serde::{Deserialize, Serialize};

use super::symmetric::Symmetric;

pub const HOURS: usize = 168;
/// An hour of the week counts as busy when more than this share of its values lie above the line through all of them.
const BUSY_SHARE: f64 = 0.65;
/// °F between which the first look at the temperature is flat.
const HEATING_BELOW: f64 = 50.0;
const COOLING_ABOVE: f64 = 65.0;
/// Edges of temperature bins of CalTRACK hourly, °F, and the fewest values of a bin.
const BIN_EDGES: [f64; 6] = [30.0, 45.0, 55.0, 65.0, 75.0, 90.0];
const LEAST_IN_BIN: usize = 20;

/// One hour with its weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HourRow {
    /// 0 is Monday from 0:00 to 1:00.
    pub hour_of_week: usize,
    /// °F.
    pub temperature: f64,
    pub value: f64,
    pub weight: f64,
}

/// Use = level of the hour of the week + a broken line in temperature, one for busy hours and one for the others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WeekModel {
    pub busy: Vec<bool>,
    /// `None` for an hour of the week without any value: nothing is predicted there.
    pub level: Vec<Option<f64>>,
    pub busy_line: BrokenLine,
    pub other_line: BrokenLine,
    /// Levels and slopes that the values determine.
    pub parameters: usize,
    #[serde(skip)]
    spread: Spread,
}

/// A line through temperature that bends at its knots.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BrokenLine {
    /// °F, rising.
    pub knots: Vec<f64>,
    /// Use per °F in each piece, one more than knots.
    pub slopes: Vec<f64>,
}

/// What the variance of a sum of predictions needs.
#[derive(Clone, Debug, Default)]
struct Spread {
    weight_of_hour: Vec<f64>,
    /// Mean piece lengths of every hour of the week.
    mean_of_hour: Vec<Vec<f64>>,
    systems: Option<[Symmetric; 2]>,
}

impl PartialEq for Spread {
    fn eq(&self, other: &Spread) -> bool {
        self.weight_of_hour == other.weight_of_hour && self.mean_of_hour == other.mean_of_hour
    }
}

impl BrokenLine {
    /// How far a temperature reaches into each piece: the first counted from 0, the others from their lower knot.
    fn pieces(knots: &[f64], temperature: f64) -> impl Iterator<Item = f64> {
        let first = knots.first().map_or(temperature, |first| temperature.min(*first));
        let others = knots.iter().enumerate().map(move |(place, low)| {
            let high = knots.get(place + 1).copied().unwrap_or(f64::INFINITY);
            (temperature - low).clamp(0.0, high - low)
        });
        std::iter::once(first).chain(others)
    }

    pub(super) fn lengths(knots: &[f64], temperature: f64) -> Vec<f64> {
        BrokenLine::pieces(knots, temperature).collect()
    }

    /// Use per degree at a temperature; at a knot, where many measured temperatures lie, the mean of both pieces.
    pub(super) fn slope_at(&self, temperature: f64) -> f64 {
        let below = self.knots.iter().filter(|knot| **knot < temperature).count();
        let up_to = self.knots.iter().filter(|knot| **knot <= temperature).count();
        let slope = |piece: usize| self.slopes.get(piece).copied().unwrap_or(0.0);
        (slope(below) + slope(up_to)) / 2.0
    }

    fn at(&self, temperature: f64) -> f64 {
        BrokenLine::pieces(&self.knots, temperature).zip(&self.slopes).map(|(x, slope)| x * slope).sum()
    }
}

impl WeekModel {
    pub fn predict(&self, hour_of_week: usize, temperature: f64) -> Option<f64> {
        let level = self.level.get(hour_of_week).copied().flatten()?;
        Some(level + self.line(hour_of_week).at(temperature))
    }

    /// Whether anything is predicted in this hour of the week.
    pub fn knows(&self, hour_of_week: usize) -> bool {
        self.level.get(hour_of_week).is_some_and(Option::is_some)
    }

    pub(super) fn line(&self, hour_of_week: usize) -> &BrokenLine {
        if self.busy[hour_of_week] { &self.busy_line } else { &self.other_line }
    }

    /// dᵀ(XᵀWX)⁻¹d for the sum d of the rows of these hours: by it the variance of their predicted sum exceeds that
    /// of a single value. `None` where an hour cannot be predicted or the model was read back from JSON.
    pub fn leverage_of_sum(&self, hours: impl Iterator<Item = (usize, f64)>) -> Option<f64> {
        let systems = self.spread.systems.as_ref()?;
        let mut count = vec![0.0; HOURS];
        let mut reach = [vec![0.0; self.busy_line.slopes.len()], vec![0.0; self.other_line.slopes.len()]];
        for (hour, temperature) in hours {
            self.level.get(hour).copied().flatten()?;
            count[hour] += 1.0;
            let side = usize::from(!self.busy[hour]);
            let knots = &self.line(hour).knots;
            for (sum, length) in reach[side].iter_mut().zip(BrokenLine::pieces(knots, temperature)) {
                *sum += length;
            }
        }
        let mut quadratic = 0.0;
        for (hour, count) in count.iter().enumerate().filter(|(_, count)| **count > 0.0) {
            quadratic += count * count / self.spread.weight_of_hour[hour];
            let side = usize::from(!self.busy[hour]);
            for (sum, mean) in reach[side].iter_mut().zip(&self.spread.mean_of_hour[hour]) {
                *sum -= count * mean;
            }
        }
        Some(quadratic + systems.iter().zip(&reach).map(|(system, reach)| system.quadratic(reach)).sum::<f64>())
    }
}

/// Which hours of the week are busy: those in which more than 65 % of the values lie above the least-squares line on
/// degrees below 50 °F and above 65 °F.
pub fn busy_hours(rows: &[HourRow]) -> Vec<bool> {
    let hinges =
        |row: &HourRow| [(HEATING_BELOW - row.temperature).max(0.0), (row.temperature - COOLING_ABOVE).max(0.0)];
    let (mut weight, mut sums, mut value_sum) = (0.0, [0.0; 2], 0.0);
    for row in rows {
        let x = hinges(row);
        weight += row.weight;
        sums = [sums[0] + row.weight * x[0], sums[1] + row.weight * x[1]];
        value_sum += row.weight * row.value;
    }
    let (means, mean_value) = (sums.map(|sum| sum / weight), value_sum / weight);
    let (mut matrix, mut right) = ([0.0; 4], [0.0; 2]);
    for row in rows {
        let x = hinges(row);
        let x = [x[0] - means[0], x[1] - means[1]];
        for one in 0..2 {
            right[one] += row.weight * x[one] * (row.value - mean_value);
            for other in 0..2 {
                matrix[one * 2 + other] += row.weight * x[one] * x[other];
            }
        }
    }
    let slopes = Symmetric::factorise(&matrix, 2).solve(&right);
    let (mut above, mut count) = (vec![0_usize; HOURS], vec![0_usize; HOURS]);
    for row in rows {
        let x = hinges(row);
        let expected = mean_value + slopes[0] * (x[0] - means[0]) + slopes[1] * (x[1] - means[1]);
        count[row.hour_of_week] += 1;
        above[row.hour_of_week] += usize::from(row.value > expected);
    }
    above.iter().zip(&count).map(|(above, count)| *count > 0 && *above as f64 / *count as f64 > BUSY_SHARE).collect()
}

/// The edges 30, 45, 55, 65, 75 and 90 °F without those that leave a bin with fewer than 20 values: from the outside
/// in, then within.
pub fn caltrack_knots(temperatures: &[f64]) -> Vec<f64> {
    let mut knots = BIN_EDGES.to_vec();
    let mut count = vec![0_usize; knots.len() + 1];
    for temperature in temperatures {
        count[BIN_EDGES.iter().filter(|edge| *edge < temperature).count()] += 1;
    }
    while !knots.is_empty() {
        let last = knots.len();
        let mut is_dropped = vec![false; last];
        is_dropped[0] |= count[0] < LEAST_IN_BIN;
        is_dropped[last - 1] |= count[last] < LEAST_IN_BIN;
        if !is_dropped.contains(&true) {
            for bin in 1..last {
                is_dropped[bin] = count[bin] < LEAST_IN_BIN;
            }
        }
        if !is_dropped.contains(&true) {
            break;
        }
        // Without an edge the bins on both sides of it are one.
        for edge in (0..last).rev().filter(|edge| is_dropped[*edge]) {
            knots.remove(edge);
            count[edge] += count.remove(edge + 1);
        }
    }
    knots
}

/// Five knots that part the temperatures into six pieces of equally many values: the value at ⌊n·i/6⌋ in rising order.
pub fn sixth_knots(temperatures: &[f64]) -> Vec<f64> {
    let mut sorted = temperatures.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let mut knots: Vec<f64> =
        (1..6).filter_map(|part| sorted.get((sorted.len() * part / 6).checked_sub(1)?)).copied().collect();
    knots.dedup();
    knots
}

/// Weighted least squares of levels and slopes; where the values do not determine them, the solution of least length.
///
/// Busy and other hours share nothing, so each is solved apart. The levels are eliminated exactly: slopes are those of
/// values and lengths less their means in the hour of the week.
pub fn fit_week(rows: &[HourRow], busy: Vec<bool>, busy_knots: Vec<f64>, other_knots: Vec<f64>) -> WeekModel {
    let sides = [(true, &busy_knots), (false, &other_knots)];
    let mut weight_of_hour = vec![0.0; HOURS];
    let mut level: Vec<Option<f64>> = vec![None; HOURS];
    let mut mean_of_hour: Vec<Vec<f64>> = vec![Vec::new(); HOURS];
    let mut slopes_of = Vec::new();
    let mut systems = Vec::new();
    let mut parameters = 0;
    for (is_busy, knots) in sides {
        let size = knots.len() + 1;
        let side: Vec<&HourRow> =
            rows.iter().filter(|row| row.weight > 0.0 && busy[row.hour_of_week] == is_busy).collect();
        // Piece lengths of all rows in one run of numbers: a list for each row would cost more than the fit.
        let mut lengths = vec![0.0; side.len() * size];
        let mut value_of_hour = vec![0.0; HOURS];
        for (row, lengths) in side.iter().zip(lengths.chunks_exact_mut(size)) {
            let hour = row.hour_of_week;
            weight_of_hour[hour] += row.weight;
            value_of_hour[hour] += row.weight * row.value;
            let mean = &mut mean_of_hour[hour];
            mean.resize(size, 0.0);
            let pieces = BrokenLine::pieces(knots, row.temperature);
            for ((length, sum), piece) in lengths.iter_mut().zip(mean).zip(pieces) {
                *length = piece;
                *sum += row.weight * piece;
            }
        }
        let hours: Vec<usize> =
            (0..HOURS).filter(|&hour| busy[hour] == is_busy && weight_of_hour[hour] > 0.0).collect();
        for &hour in &hours {
            value_of_hour[hour] /= weight_of_hour[hour];
            mean_of_hour[hour].iter_mut().for_each(|mean| *mean /= weight_of_hour[hour]);
        }
        let mut centred = lengths;
        let mut matrix = vec![0.0; size * size];
        for (row, x) in side.iter().zip(centred.chunks_exact_mut(size)) {
            x.iter_mut().zip(&mean_of_hour[row.hour_of_week]).for_each(|(length, mean)| *length -= mean);
            for (one, sums) in matrix.chunks_exact_mut(size).enumerate() {
                let weighted = row.weight * x[one];
                sums.iter_mut().zip(&x[..=one]).for_each(|(sum, other)| *sum += weighted * other);
            }
        }
        for one in 0..size {
            for other in 0..one {
                matrix[other * size + one] = matrix[one * size + other];
            }
        }
        let system = Symmetric::factorise(&matrix, size);
        let mut slopes = vec![0.0; size];
        let mut right = vec![0.0; size];
        // The second pass works on what the first left over, and so restores the digits that XᵀX costs.
        for _ in 0..3 {
            right.fill(0.0);
            for (row, x) in side.iter().zip(centred.chunks_exact(size)) {
                let explained: f64 = x.iter().zip(&slopes).map(|(x, slope)| x * slope).sum();
                let left = row.value - value_of_hour[row.hour_of_week] - explained;
                for (sum, x) in right.iter_mut().zip(x) {
                    *sum += row.weight * x * left;
                }
            }
            for (slope, step) in slopes.iter_mut().zip(system.solve(&right)) {
                *slope += step;
            }
        }
        shorten(&mut slopes, &system, &hours, &value_of_hour, &mean_of_hour);
        for &hour in &hours {
            let explained: f64 = mean_of_hour[hour].iter().zip(&slopes).map(|(mean, slope)| mean * slope).sum();
            level[hour] = Some(value_of_hour[hour] - explained);
        }
        parameters += hours.len() + system.rank();
        slopes_of.push(slopes);
        systems.push(system);
    }
    let other_line = BrokenLine { knots: other_knots, slopes: slopes_of.pop().unwrap_or_default() };
    let busy_line = BrokenLine { knots: busy_knots, slopes: slopes_of.pop().unwrap_or_default() };
    let spread = Spread { weight_of_hour, mean_of_hour, systems: systems.try_into().ok() };
    WeekModel { busy, level, busy_line, other_line, parameters, spread }
}

/// Takes from the free directions what makes levels and slopes together shortest.
fn shorten(slopes: &mut [f64], system: &Symmetric, hours: &[usize], value: &[f64], mean: &[Vec<f64>]) {
    // A change of slopes changes every level by minus its mean length.
    let whole = |slopes: &[f64], with_value: bool| -> Vec<f64> {
        let level = |hour: &usize| {
            let explained: f64 = mean[*hour].iter().zip(slopes).map(|(mean, slope)| mean * slope).sum();
            (if with_value { value[*hour] } else { 0.0 }) - explained
        };
        hours.iter().map(level).chain(slopes.iter().copied()).collect()
    };
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let mut taken: Vec<(Vec<f64>, Vec<f64>)> = Vec::new();
    for mut direction in system.free_directions() {
        for (other, other_whole) in &taken {
            let share = product(&whole(&direction, false), other_whole) / product(other_whole, other_whole);
            direction.iter_mut().zip(other).for_each(|(value, other)| *value -= share * other);
        }
        let direction_whole = whole(&direction, false);
        let square = product(&direction_whole, &direction_whole);
        if square > 0.0 {
            let share = product(&whole(slopes, true), &direction_whole) / square;
            slopes.iter_mut().zip(&direction).for_each(|(slope, value)| *slope -= share * value);
            taken.push((direction, direction_whole));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every bin counted anew after each edge that goes.
    fn knots_by_counting_anew(temperatures: &[f64]) -> Vec<f64> {
        let mut knots = BIN_EDGES.to_vec();
        loop {
            let held = |bin: usize| {
                let low = bin.checked_sub(1).map_or(f64::NEG_INFINITY, |edge| knots[edge]);
                let high = knots.get(bin).copied().unwrap_or(f64::INFINITY);
                temperatures.iter().filter(|t| **t > low && **t <= high).count()
            };
            let sparse: Vec<bool> = (0..=knots.len()).map(|bin| held(bin) < LEAST_IN_BIN).collect();
            let last = knots.len();
            let outer: Vec<usize> =
                (0..last).filter(|&edge| edge == 0 && sparse[0] || edge + 1 == last && sparse[last]).collect();
            let inner = (1..last).filter(|&edge| sparse[edge]).collect();
            let dropped = if outer.is_empty() { inner } else { outer };
            if dropped.is_empty() {
                return knots;
            }
            dropped.iter().rev().for_each(|edge| {
                knots.remove(*edge);
            });
        }
    }

    #[test]
    fn bins_joined_by_their_counts_are_those_counted_anew() {
        for trial in 0..300_usize {
            let (middle, spread) = (20 + trial * 37 % 80, 5 + trial * 11 % 60);
            let temperatures: Vec<f64> =
                (0..trial % 150).map(|hour| (middle + hour * hour * 7 % spread) as f64 - spread as f64 / 2.0).collect();
            assert_eq!(caltrack_knots(&temperatures), knots_by_counting_anew(&temperatures), "trial {trial}");
        }
    }
}
