//! `match rank`: industries that could take a stream, from its giver's industry, its waste code and its words.

use engine::catalogue::Catalogue;
use engine::language::Language;
use engine::matching::rank::{read_industry, read_waste_code};
use engine::matching::{RankQuery, RankedTaker, Ranker};
use serde::Serialize;

use crate::cli::{Answer, Stop, print_json};
use crate::words::text_with;

#[derive(clap::Args)]
pub struct Arguments {
    /// Industry of the giver: ISIC Rev. 4 or VSIC, such as 1072, C1072 or 10720
    #[arg(long, value_name = "N")]
    giver_isic: String,
    /// European waste code, such as 020499 or "02 04 99"
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    ewc: Option<String>,
    /// What the stream is, in Vietnamese or English
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    text: String,
    /// How many takers
    #[arg(long, value_name = "K", default_value_t = 10)]
    top: usize,
}

#[derive(Serialize)]
struct Ranked {
    takers: Vec<RankedTaker>,
}

pub fn run(arguments: &Arguments, language: Language, catalogue: &Catalogue) -> Answer {
    let giver = read_industry(&arguments.giver_isic, catalogue);
    let asked_ewc = arguments.ewc.as_deref().map(str::trim).filter(|asked| !asked.is_empty());
    let ewc = asked_ewc.and_then(|asked| read_waste_code(asked, catalogue));
    let mut faults = Vec::new();
    if giver.is_none() {
        faults.push(text_with(language, "match-unknown-industry", &[("asked", &arguments.giver_isic)]));
    }
    if let Some(asked) = asked_ewc.filter(|_| ewc.is_none()) {
        faults.push(text_with(language, "match-unknown-waste-code", &[("asked", asked)]));
    }
    let Some(giver) = giver.filter(|_| faults.is_empty()) else { return Err(Stop::Usage(faults.join("\n"))) };
    let query = RankQuery { giver_isic4: &giver, ewc: ewc.as_deref(), text: &arguments.text };
    print_json(&Ranked { takers: Ranker::new(catalogue).rank(&query, arguments.top) })
}
