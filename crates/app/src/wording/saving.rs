//! Words of a model and of what a saving rests on, in one language: the page and the certificate say the same.

use engine::catalogue::Catalogue;
use engine::ids::{MeterId, ResourceId};
use engine::language::{Language, format_number};
use engine::park::Park;
use engine::period::Period;
use engine::verify::inputs::{Change, PieceKind};
use engine::verify::regression::Regression;
use jiff::civil::Date;

use crate::words::{has, text, text_with};

/// What explains the use: a product, a declared driver, degree days; `intercept` is the part that does not change.
pub fn predictor(language: Language, catalogue: &Catalogue, name: &str) -> String {
    let key = format!("verify-driver-{name}");
    match catalogue.resource(&ResourceId::new(name)) {
        Some(resource) => resource.label.get(language).to_string(),
        None if has(language, &key) => text(language, &key),
        None => name.to_string(),
    }
}

/// Four leading figures.
pub fn figures(language: Language, value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return format_number(language, value, 0);
    }
    let decimals = 3 - value.abs().log10().floor() as i32;
    format_number(language, value, decimals.clamp(0, 9) as usize)
}

/// A small probability is told as small, not as zero.
pub fn probability(language: Language, value: f64) -> String {
    match value > 0.0 && value < 0.0001 {
        true => format!("< {}", format_number(language, 0.0001, 4)),
        false => figures(language, value),
    }
}

/// `MWh = 12,3 + 0,45 × sản phẩm`; `scale` turns the model's unit into the printed one.
pub fn equation(language: Language, catalogue: &Catalogue, model: &Regression, (scale, unit): (f64, &str)) -> String {
    let mut words = format!("{unit} = {}", figures(language, model.coef[0] * scale));
    for (name, slope) in model.names.iter().zip(&model.coef).skip(1) {
        let sign = if *slope < 0.0 { "−" } else { "+" };
        let slope = figures(language, slope.abs() * scale);
        words = format!("{words} {sign} {slope} × {}", predictor(language, catalogue, name));
    }
    words
}

/// `03/2024`
pub fn month(day: Date) -> String {
    format!("{:02}/{}", day.month(), day.year())
}

pub fn piece_kind(language: Language, kind: PieceKind) -> String {
    text(language, &format!("piece-{}", kind.code()))
}

/// Which input changed, how, and of which month.
pub fn change(language: Language, park: &Park, catalogue: &Catalogue, change: &Change) -> String {
    let mut what = piece_kind(language, change.kind);
    let of = piece_of(language, park, catalogue, change);
    if !of.is_empty() {
        what = format!("{what} ({of})");
    }
    let month = change.month.map_or_else(String::new, |of: Period| format!(", {}", month(of.start())));
    let fate = text(language, &format!("piece-fate-{}", change.fate.code()));
    text_with(language, "piece-change", &[("what", &format!("{what}{month}")), ("fate", &fate)])
}

fn piece_of(language: Language, park: &Park, catalogue: &Catalogue, change: &Change) -> String {
    match change.kind {
        PieceKind::Readings | PieceKind::Temperature => {
            let meter = park.meter(&MeterId::new(change.of.as_str()));
            meter.map_or(change.of.as_str(), |meter| meter.name.get(language)).to_string()
        }
        PieceKind::Bills | PieceKind::Production | PieceKind::Driver | PieceKind::Factors => {
            predictor(language, catalogue, &change.of)
        }
        PieceKind::Measure
        | PieceKind::Shares
        | PieceKind::Model
        | PieceKind::Plan
        | PieceKind::Adjustments
        | PieceKind::Predictors
        | PieceKind::KeyReadings => String::new(),
    }
}
