//! `obligations`: which reports a park or an enterprise owes, from what is said of it or from a park folder.

use std::path::PathBuf;

use engine::catalogue::Catalogue;
use engine::catalogue::duties::Reporter;
use engine::ids::EnterpriseId;
use engine::language::format_date;
use engine::observe::observe;
use engine::period::Period;
use engine::report::obligations::{Amount, Profile, profile_of};

use super::{Answer, Global, Stop, as_of, period, print_json, read_park};
use crate::obligations::{Owed, Papers};
use crate::wording::obligation as words;
use crate::words::{text, text_with};

#[derive(clap::Args)]
pub struct Arguments {
    /// A park folder or workbook to take it from; what is said besides goes before its data
    park: Option<PathBuf>,
    /// The enterprise of the park that is meant; without it the park itself
    #[arg(long, requires = "park")]
    enterprise: Option<String>,
    /// The year whose records count
    #[arg(long, default_value = "2024", value_parser = period)]
    period: Period,
    /// Who reports, where there is no park folder
    #[arg(long, value_parser = ["park", "enterprise"], default_value = "enterprise")]
    reporter: String,
    /// ISIC Rev. 4, four digits
    #[arg(long, value_parser = sector)]
    sector: Option<String>,
    #[arg(long)]
    employees: Option<u32>,
    /// Tonnes of oil equivalent in a year
    #[arg(long, value_name = "TOE", value_parser = amount)]
    energy: Option<f64>,
    /// Wastewater, cubic metres a day
    #[arg(long, value_name = "M3", value_parser = amount)]
    wastewater: Option<f64>,
    /// On the list of facilities that make a greenhouse gas inventory
    #[arg(long, value_name = "yes|no", value_parser = yes_no)]
    ghg_list: Option<bool>,
    /// Holds an environmental permit
    #[arg(long, value_name = "yes|no", value_parser = yes_no)]
    permit: Option<bool>,
    /// Holds a certificate as eco-industrial park or eco-enterprise
    #[arg(long, value_name = "yes|no", value_parser = yes_no)]
    certified: Option<bool>,
}

pub fn run(global: &Global, arguments: &Arguments, catalogue: &Catalogue) -> Answer {
    let known = said(arguments, of_data(arguments, catalogue)?);
    let owed = Owed::of(known, catalogue, as_of(global));
    if global.json {
        return print_json(&owed);
    }
    let language = global.language;
    let (applying, open) = (owed.applying().to_string(), owed.open().to_string());
    let counts = [("applying", applying.as_str()), ("open", &open), ("day", &format_date(owed.as_of))];
    println!("{}", text_with(language, "obligation-cli", &counts));
    println!("{}", text(language, "obligation-no-advice"));
    for one in &owed.duties {
        let duty = &one.duty;
        let mark = if duty.unconfirmed { format!(" [{}]", text(language, "unconfirmed")) } else { String::new() };
        println!("{}{mark}", duty.label.get(language));
        println!("    {}", words::answer(language, duty));
        let due = words::due(language, &duty.answer);
        if !due.is_empty() {
            println!("    {due}");
        }
        if let Some(left) = &one.left {
            println!("    {}", words::left(language, left));
        }
        println!("    {}", words::law(language, catalogue, duty));
    }
    Ok(())
}

/// What the park's data say, or nothing.
fn of_data(arguments: &Arguments, catalogue: &Catalogue) -> Result<Profile, Stop> {
    let Some(path) = &arguments.park else {
        let is_park = arguments.reporter == "park";
        return Ok(Profile::unknown(if is_park { Reporter::Park } else { Reporter::Enterprise }));
    };
    let park = read_park(path, catalogue)?;
    let Some(id) = arguments.enterprise.as_ref().map(EnterpriseId::new) else {
        return Ok(Profile::unknown(Reporter::Park));
    };
    if park.enterprise(&id).is_none() {
        let known: Vec<&str> = park.enterprises.iter().map(|one| one.id.as_str()).collect();
        return Err(Stop::Usage(format!("enterprise `{id}`: expected one of {}", known.join(", "))));
    }
    let balance = observe(&park, catalogue, arguments.period);
    Ok(profile_of(&park, &id, &balance, catalogue))
}

/// The profile with what was said on the command line in the place of what the data say.
fn said(arguments: &Arguments, profile: Profile) -> Profile {
    let whole = |value: Option<f64>| value.map(|value| Amount { value, is_complete: true });
    let papers = Papers { certified: arguments.certified, ghg_list: arguments.ghg_list, permit: arguments.permit };
    papers.on(Profile {
        isic4: arguments.sector.clone().or(profile.isic4),
        employees: arguments.employees.or(profile.employees),
        energy_toe: whole(arguments.energy).or(profile.energy_toe),
        wastewater_m3_day: whole(arguments.wastewater).or(profile.wastewater_m3_day),
        ..profile
    })
}

fn sector(text: &str) -> Result<String, String> {
    let is_class = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_class { Ok(text.to_string()) } else { Err("expected four digits of ISIC Rev. 4, such as 2394".to_string()) }
}

fn amount(text: &str) -> Result<f64, String> {
    let amount = text.parse::<f64>().ok().filter(|amount| amount.is_finite() && *amount >= 0.0);
    amount.ok_or_else(|| "expected a number that is not negative, such as 1200.5".to_string())
}

fn yes_no(text: &str) -> Result<bool, String> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("expected yes or no".to_string()),
    }
}
