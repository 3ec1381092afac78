//! Plants counted: how often each form of the interval holds the true saving.

use engine::verify::interval::Interval;
use engine::verify::plant::verify_plant;
use engine::verify::uncertainty::Form;

use super::{Cell, Errors, Reach};

/// Over the plants of one cell.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    pub refused: u64,
    /// Plants whose saving was told.
    pub told: u64,
    /// Of these, how many true savings lie within the interval by the chosen form.
    pub held: u64,
    /// The same for every form.
    by_form: [u64; Form::ALL.len()],
    ashrae: u64,
    /// Half-widths over predicted use.
    widths: Vec<f64>,
}

impl Counts {
    /// The plants of these numbers; `seeds` says which of the worlds of plants.
    pub fn of(cell: &Cell, seeds: u64, numbers: impl Iterator<Item = u64>) -> Counts {
        let calendar = cell.calendar();
        let mut counts = Counts::default();
        for number in numbers {
            let plant = cell.plant(cell.seed(seeds, number), &calendar);
            let answer = verify_plant(&plant.spec, &plant.baseline, &plant.reporting);
            let (Some(savings), Some(uncertainty)) = (answer.savings, answer.uncertainty) else {
                counts.refused += 1;
                continue;
            };
            let error = (savings.savings - plant.saving).abs();
            let holds = |width: Option<f64>| u64::from(width.is_some_and(|width| error <= width));
            counts.told += 1;
            counts.held += holds(Some(uncertainty.half_width_90));
            for (count, form) in counts.by_form.iter_mut().zip(Form::ALL) {
                *count += holds(uncertainty.by(form));
            }
            counts.ashrae += holds(answer.ashrae_uncertainty_90);
            counts.widths.push(uncertainty.half_width_90 / savings.predicted_sum);
        }
        counts
    }

    pub fn with(mut self, other: Counts) -> Counts {
        self.refused += other.refused;
        self.told += other.told;
        self.held += other.held;
        self.by_form.iter_mut().zip(other.by_form).for_each(|(sum, count)| *sum += count);
        self.ashrae += other.ashrae;
        self.widths.extend(other.widths);
        self
    }

    /// Per cent, by the chosen form.
    pub fn coverage(&self) -> f64 {
        self.per_cent(self.held)
    }

    /// Standard error of the coverage in points.
    pub fn standard_error(&self) -> f64 {
        let share = self.held as f64 / self.told as f64;
        100.0 * (share * (1.0 - share) / self.told as f64).sqrt()
    }

    pub fn coverage_by(&self, form: Form) -> f64 {
        self.per_cent(self.by_form[Form::ALL.iter().position(|other| *other == form).unwrap_or(0)])
    }

    fn per_cent(&self, count: u64) -> f64 {
        100.0 * count as f64 / self.told as f64
    }

    /// Of the forms without `models_averaged`, which is the chosen one wherever there are several models.
    pub fn heading() -> String {
        let others = Form::ALL.iter().filter(|form| **form != Form::ModelsAveraged);
        let forms: Vec<&str> = others.map(|form| form.code()).collect();
        let rule = "---|".repeat(forms.len() + 10);
        let titles = "baseline | errors | production | idle | chosen | s.e.";
        format!("| {titles} | {} | ashrae | width | refused | s |\n|{rule}", forms.join(" | "))
    }

    /// One row of the table without its last cell, the seconds.
    pub fn row(mut self, cell: &Cell) -> String {
        self.widths.sort_by(f64::total_cmp);
        let median = self.widths.get(self.widths.len() / 2).copied().unwrap_or(f64::NAN);
        let share = |count: u64| format!("{:.1}", self.per_cent(count));
        let form = |(place, form): (usize, &Form)| match form {
            Form::ModelsAveraged => None,
            Form::DayBlocks if cell.interval != Interval::Hour => Some("–".to_string()),
            _ => Some(share(self.by_form[place])),
        };
        let forms: Vec<String> = Form::ALL.iter().enumerate().filter_map(form).collect();
        let ashrae = if cell.interval == Interval::Week { "–".to_string() } else { share(self.ashrae) };
        format!(
            "| {cell} | {} | **{}** | {:.1} | {} | {} | {:.1} % | {} |",
            cell.idle_columns,
            share(self.held),
            self.standard_error(),
            forms.join(" | "),
            ashrae,
            100.0 * median,
            self.refused,
        )
    }
}

impl std::fmt::Display for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let errors = match self.errors {
            Errors::AsMeters => "as meters".to_string(),
            Errors::Even => "ρ 0 to 0.8".to_string(),
            Errors::FirstOrder(rho) => format!("ρ {rho}"),
        };
        let reach = match self.reach {
            Reach::Inside => "inside",
            Reach::Outside => "outside",
        };
        write!(f, "{} {}s | {errors} | {reach}", self.baseline, self.interval.code())
    }
}
