//! `weather`: the stations of a park folder from the nearest, what they cover, and degree days for a base.

use std::path::PathBuf;

use engine::catalogue::Catalogue;
use engine::ids::EnterpriseId;
use engine::language::{format_date, format_number};

use super::{Answer, Global, Stop, print_json, read_park};
use crate::weather::{BASES_C, weather};
use crate::wording;
use crate::words::{text, text_with};

#[derive(clap::Args)]
pub struct Arguments {
    park: PathBuf,
    /// Distances from this enterprise and not from the park
    #[arg(long)]
    enterprise: Option<String>,
    /// Base of the degree days in °C
    #[arg(long, default_value = "18", value_parser = base, allow_hyphen_values = true)]
    base: f64,
}

pub fn run(global: &Global, arguments: &Arguments, catalogue: &Catalogue) -> Answer {
    let park = read_park(&arguments.park, catalogue)?;
    let from = match arguments.enterprise.as_ref().map(EnterpriseId::new) {
        None => park.place,
        Some(id) => {
            let known = || park.enterprises.iter().map(|one| one.id.as_str()).collect::<Vec<_>>().join(", ");
            let found = park.enterprise(&id);
            let found = found.ok_or_else(|| Stop::Usage(format!("enterprise `{id}`: expected one of {}", known())))?;
            found.place.or(park.place)
        }
    };
    let told = weather(&park, catalogue, from, arguments.base);
    if global.json {
        return print_json(&told);
    }
    let language = global.language;
    for station in &told.stations {
        let km = station.near.distance_km.map_or_else(|| "?".to_string(), |km| format_number(language, km, 1));
        let used = if station.is_used { format!(", {}", text(language, "weather-used")) } else { String::new() };
        let mark =
            if station.near.unconfirmed { format!(" [{}]", text(language, "unconfirmed")) } else { String::new() };
        println!("{} ({}): {km} km{used}{mark}", station.near.name.get(language), station.near.station);
        let Some(coverage) = &station.coverage else { continue };
        let span = [("from", format_date(coverage.first)), ("to", format_date(coverage.last))];
        let span = span.each_ref().map(|(name, day)| (*name, day.as_str()));
        println!("    {}", text_with(language, "period-from-to", &span));
        for month in &station.months {
            let number = |value: Option<f64>| value.map_or_else(|| "?".to_string(), |n| format_number(language, n, 1));
            println!(
                "    {}: {} {}, {} {} K·d ({}/{})",
                wording::period(language, &month.month),
                text(language, "weather-heating"),
                number(month.heating),
                text(language, "weather-cooling"),
                number(month.cooling),
                month.days,
                month.days_expected,
            );
        }
    }
    Ok(())
}

fn base(text: &str) -> Result<f64, String> {
    let base = text.parse::<f64>().ok().filter(|base| BASES_C.contains(base));
    base.ok_or_else(|| format!("expected a temperature from {} to {} °C", BASES_C.start(), BASES_C.end()))
}
