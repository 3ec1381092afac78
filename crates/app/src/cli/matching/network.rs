//! `match network`: the best network of a park by an objective, the trade-off curve, scenarios side by side, and what
//! fails. The same as the network page computes, from a folder or workbook.

use std::collections::BTreeMap;
use std::path::PathBuf;

use engine::catalogue::Catalogue;
use engine::language::{Language, format_number};
use engine::matching::objective::Totals;
use engine::matching::objective::works::PaidItem;
use engine::park::Park;
use engine::period::Period;
use serde::Serialize;

use crate::cli::network::read_scenarios;
use crate::cli::{Answer, Global, Stop, period, print_json, read_park};
use crate::decision::told::{self, Compared, Curve, Failures, Network};
use crate::decision::{Asked, Decision, decide};
use crate::reasons::exchange_unit;
use crate::wording::money;
use crate::words::{text, text_with};

#[derive(clap::Args)]
pub struct Arguments {
    /// Folder or workbook of the park
    park: PathBuf,
    /// What is to be as great as possible: benefit, co2e, disposal or mix
    #[arg(long, value_name = "CODE")]
    objective: Option<String>,
    /// Of a mix: what a VND of benefit counts
    #[arg(long, value_name = "FACTOR")]
    money: Option<String>,
    /// Of a mix: VND for a t of CO2e avoided
    #[arg(long, value_name = "VND")]
    co2e: Option<String>,
    /// Of a mix: VND for a t of waste kept from disposal
    #[arg(long, value_name = "VND")]
    kept: Option<String>,
    /// What the benefit is traded against: co2e or disposal
    #[arg(long, value_name = "CODE")]
    curve: Option<String>,
    /// A scenario beside the base, by the keys of the network page: "leaves=E37&haulage=2"; up to four
    #[arg(long, value_name = "PAIRS")]
    scenario: Vec<String>,
    #[arg(long, default_value = "2024", value_parser = period)]
    period: Period,
}

/// Everything at once, as the JSON addresses answer it part by part.
#[derive(Serialize)]
struct Decided<'a> {
    park: &'a engine::ids::ParkId,
    period: Period,
    network: Network,
    tradeoff: Curve,
    compared: Compared,
    failures: Failures,
}

pub fn run(arguments: &Arguments, global: &Global, catalogue: &Catalogue) -> Answer {
    let query = query(arguments)?;
    let park = read_park(&arguments.park, catalogue)?;
    let asked = Asked::of(global.language, &query, &park);
    if !asked.faults.is_empty() {
        return Err(Stop::Faults(asked.faults));
    }
    let decision = decide(&park, catalogue, arguments.period, &asked);
    let decided = Decided {
        park: &park.id,
        period: arguments.period,
        network: told::network(&asked, &decision),
        tradeoff: told::curve(&asked, &decision),
        compared: told::compared(&asked, &decision),
        failures: told::failures(&asked, &decision),
    };
    if global.json {
        return print_json(&decided);
    }
    print(global, &park, &decided, &decision);
    Ok(())
}

/// Key of its label, unit, decimals, and where it stands in the totals.
type Figure = (&'static str, &'static str, usize, fn(&Totals) -> f64);

/// The pairs of the address that asks for the same.
fn query(arguments: &Arguments) -> Result<BTreeMap<String, String>, Stop> {
    let mut query = BTreeMap::new();
    let said = [
        ("objective", &arguments.objective),
        ("money", &arguments.money),
        ("co2e", &arguments.co2e),
        ("kept", &arguments.kept),
        ("curve", &arguments.curve),
    ];
    query.extend(said.into_iter().filter_map(|(key, value)| Some((key.to_string(), value.clone()?))));
    for (letter, pairs) in read_scenarios(&arguments.scenario)? {
        query.extend(pairs.into_iter().map(|(key, value)| (format!("{letter}.{key}"), value)));
    }
    Ok(query)
}

/// Đồng have no decimals.
fn in_unit(language: Language, value: f64, unit: &str) -> String {
    let decimals = if unit == "VND" { 0 } else { 1 };
    format!("{} {unit}", format_number(language, value, decimals))
}

fn print(global: &Global, park: &Park, decided: &Decided, decision: &Decision) {
    let language = global.language;
    let name = |key: &str| text(language, key);
    let network = &decided.network;
    println!("{}: {}", park.name.get(language), name(&format!("network-first-{}", network.objective.code())));
    let figure = |value: f64| in_unit(language, value, network.unit);
    let key = if network.is_proved_best { "network-cli-proved" } else { "network-cli-not-proved" };
    println!(
        "{}",
        text_with(
            language,
            key,
            &[
                ("value", &figure(network.value)),
                ("bound", &figure(network.bound)),
                ("gap", &format_number(language, 100.0 * decision.base.chosen.gap(), 3)),
            ]
        )
    );
    print_works(global, park, network);
    if network.unweighed > 0 {
        println!("{}", text_with(language, "network-unweighed", &[("count", &network.unweighed.to_string())]));
    }

    let networks: Vec<&Network> = std::iter::once(&decided.compared.base)
        .chain(decided.compared.scenarios.iter().map(|one| &one.network))
        .collect();
    let scenario = |letter: &str| text_with(language, "network-scenario-name", &[("letter", &letter.to_uppercase())]);
    let heads = std::iter::once(name("network-base"))
        .chain(decided.compared.scenarios.iter().map(|one| scenario(one.scenario)))
        .collect::<Vec<_>>();
    let mut rows = vec![(String::new(), heads)];
    let aims = networks.iter().map(|network| name(&format!("network-objective-{}", network.objective.code())));
    rows.push((name("network-objective"), aims.collect()));
    let figures: [Figure; 7] = [
        ("network-objective-benefit", "", 0, |totals| totals.benefit_vnd),
        ("network-objective-co2e", "t CO₂e", 1, |totals| totals.co2e_t),
        ("network-co2e-unknown", "", 0, |totals| totals.co2e_unknown as f64),
        ("network-objective-disposal", "t", 0, |totals| totals.kept_from_disposal_t),
        ("network-water", "m³", 0, |totals| totals.water_m3),
        ("network-heat", "MWh", 0, |totals| totals.heat_mwh),
        ("matching-links-used", "", 0, |totals| totals.exchanges as f64),
    ];
    for (key, unit, decimals, of) in figures {
        let shown = |network: &&Network| match key {
            "network-objective-benefit" => money(language, of(&network.totals)),
            _ => format_number(language, of(&network.totals), decimals),
        };
        let label = if unit.is_empty() { name(key) } else { format!("{} ({unit})", name(key)) };
        rows.push((label, networks.iter().map(shown).collect()));
    }
    println!();
    print_rows(&rows);

    println!("\n{} ({}):", name("network-curve"), name(&format!("network-objective-{}", decided.tradeoff.against)));
    let points = decision.further.curve.points.iter().enumerate().map(|(number, point)| {
        let other = match decided.tradeoff.against {
            "disposal" => format!("{} t", format_number(language, point.totals.kept_from_disposal_t, 0)),
            _ => format!("{} t CO₂e", format_number(language, point.totals.co2e_t, 1)),
        };
        let label = text_with(language, "network-point", &[("number", &(number + 1).to_string())]);
        (label, vec![money(language, point.totals.benefit_vnd), other])
    });
    print_rows(&points.collect::<Vec<_>>());

    println!("\n{}:", name("network-failures"));
    match &decided.failures.partners {
        None => println!("{}", name("network-too-many")),
        Some(partners) => {
            let head = vec![name("network-loss"), name("network-loss-unmended")];
            let loss = |value: f64| in_unit(language, value, decided.failures.unit);
            let rows = partners.iter().map(|one| {
                let label = park.enterprise(&one.enterprise).map_or("", |enterprise| enterprise.name.get(language));
                (format!("{} {label}", one.enterprise), vec![loss(one.loss), loss(one.loss_unmended)])
            });
            print_rows(&std::iter::once((String::new(), head)).chain(rows).collect::<Vec<_>>());
        }
    }
}

/// Links and plants that the network uses, with what they cost by the year.
fn print_works(global: &Global, park: &Park, network: &Network) {
    let language = global.language;
    if let Some(why) = network.refusal {
        println!("{}", text(language, &format!("works-refused-{}", why.code())));
    }
    let rows = network.paid.iter().map(|paid| {
        let name = match &paid.item {
            PaidItem::Link { link, .. } => park.works.links.iter().find(|one| one.id == *link).map(|one| &one.name),
            PaidItem::Plant { plant } => park.works.plants.iter().find(|one| one.id == *plant).map(|one| &one.name),
        };
        let cost = paid.a_year_vnd.map_or_else(|| text(language, "works-cost-unknown"), |vnd| money(language, vnd));
        let carried = format!("{} {}", format_number(language, paid.quantity, 0), exchange_unit(paid.unit));
        (name.map_or_else(String::new, |name| name.get(language).to_string()), vec![carried, cost])
    });
    let rows: Vec<_> = rows.collect();
    if !rows.is_empty() {
        println!("\n{}:", text(language, "works-title"));
        print_rows(&rows);
    }
}

/// Labels on the left, figures under each other on the right.
fn print_rows(rows: &[(String, Vec<String>)]) {
    let width = |text: &str| text.chars().count();
    let label = rows.iter().map(|(label, _)| width(label)).max().unwrap_or(0);
    let columns = rows.iter().map(|(_, cells)| cells.len()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|place| rows.iter().filter_map(|(_, cells)| cells.get(place)).map(|cell| width(cell)).max().unwrap_or(0))
        .collect();
    for (name, cells) in rows {
        let cells: String = cells.iter().zip(&widths).map(|(cell, width)| format!("  {cell:>width$}")).collect();
        println!("  {name:<label$}{cells}");
    }
}
