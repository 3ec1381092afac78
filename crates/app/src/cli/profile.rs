//! `profile`: the likely streams of one enterprise, without a park and without a store.

use engine::catalogue::Catalogue;
use engine::observe::profiles::{Firm, UnknownSector, profile};

use super::{Answer, Global, Stop, print_json};
use crate::wording::profile as words;
use crate::words::{text, text_with};

#[derive(clap::Args)]
pub struct Arguments {
    /// ISIC Rev. 4 or VSIC: C, C13, 131, 1313 or 13130
    #[arg(long)]
    sector: String,
    #[arg(long)]
    employees: Option<u32>,
    /// Tonnes of product in a year
    #[arg(long, value_name = "TONNES", value_parser = tonnes)]
    output: Option<f64>,
    /// What it makes, once for each product
    #[arg(long)]
    product: Vec<String>,
}

pub fn run(global: &Global, arguments: &Arguments, catalogue: &Catalogue) -> Answer {
    let firm = Firm {
        sector: arguments.sector.clone(),
        products: arguments.product.clone(),
        employees: arguments.employees,
        product_t: arguments.output,
    };
    let language = global.language;
    let unknown =
        |UnknownSector(asked)| Stop::Usage(text_with(language, "profile-unknown-sector", &[("asked", &asked)]));
    let told = profile(&firm, catalogue).map_err(unknown)?;
    if global.json {
        return print_json(&told);
    }
    let count = told.proposals.len().to_string();
    println!("{}", text_with(language, "profile-cli", &[("count", &count)]));
    let from = words::firm(language, catalogue, &told.sector, &firm);
    println!("{}", text_with(language, "profile-lead", &[("from", &from)]));
    for proposal in &told.proposals {
        let mark = if proposal.unconfirmed { format!(" [{}]", text(language, "unconfirmed")) } else { String::new() };
        println!(
            "{}: {} · {} · {}{mark}",
            words::direction(language, proposal),
            proposal.label.get(language),
            words::about(language, catalogue, proposal),
            words::quantity(language, catalogue, proposal),
        );
        for reason in words::reasons(language, catalogue, proposal) {
            println!("    {reason}");
        }
    }
    Ok(())
}

fn tonnes(text: &str) -> Result<f64, String> {
    let tonnes = text.parse::<f64>().ok().filter(|tonnes| tonnes.is_finite() && *tonnes > 0.0);
    tonnes.ok_or_else(|| "expected a number above 0, such as 1200.5".to_string())
}
