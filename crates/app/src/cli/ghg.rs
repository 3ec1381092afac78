//! `ghg`: the greenhouse gas account of a park folder or of one of its enterprises.

use std::fs;
use std::path::PathBuf;

use anyhow::Context;
use engine::catalogue::Catalogue;
use engine::ids::EnterpriseId;
use engine::language::Language;
use engine::period::Period;
use engine::report::greenhouse::{Account, Editions};

use super::{Answer, Global, Stop, as_of, period, print_json, read_park};
use crate::forms::document::Format;
use crate::greenhouse::document::{self, Sheet};
use crate::greenhouse::of_folder;
use crate::wording::{Names, greenhouse as words};
use crate::words::{text, text_with};

#[derive(clap::Args)]
pub struct Arguments {
    park: PathBuf,
    /// One enterprise; without it the whole park
    #[arg(long)]
    enterprise: Option<String>,
    #[arg(long, default_value = "2024", value_parser = period)]
    period: Period,
    /// Edition of the warming potentials: ipcc-ar5 or ipcc-ar6
    #[arg(long, default_value = "ipcc-ar5")]
    warming: String,
    /// Edition of the grid, such as vn-grid-2023; without it that of the data year
    #[arg(long)]
    grid: Option<String>,
    /// Write the inventory sheet here too, as Word, PDF, Excel and JSON
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub fn run(global: &Global, arguments: &Arguments, catalogue: &Catalogue) -> Answer {
    let park = read_park(&arguments.park, catalogue)?;
    let enterprise = arguments.enterprise.as_ref().map(EnterpriseId::new);
    if let Some(id) = enterprise.as_ref().filter(|id| park.enterprise(id).is_none()) {
        let known: Vec<&str> = park.enterprises.iter().map(|one| one.id.as_str()).collect();
        return Err(Stop::Usage(format!("enterprise `{id}`: expected one of {}", known.join(", "))));
    }
    let account = of_folder(
        &park,
        catalogue,
        enterprise.as_ref(),
        (arguments.period, as_of(global)),
        editions(arguments, catalogue)?,
    );
    let written = match &arguments.out {
        Some(out) => {
            let sheet = |language| Sheet { catalogue, park: &park, account: &account, day: as_of(global), language };
            let mut files = Vec::new();
            for format in Format::ALL {
                let languages = if format == Format::Json { &Language::ALL[..1] } else { &Language::ALL[..] };
                for language in languages.iter().copied() {
                    let name = document::file_name(&park, &account, language, format);
                    files.push((out.join(name), document::write(&sheet(language), format)?));
                }
            }
            fs::create_dir_all(out).with_context(|| format!("make {}", out.display()))?;
            for (path, bytes) in &files {
                fs::write(path, bytes).with_context(|| format!("write {}", path.display()))?;
            }
            files.into_iter().map(|(path, _)| path).collect()
        }
        None => Vec::new(),
    };
    if global.json {
        return print_json(&account);
    }
    tell(global.language, &Names { language: global.language, catalogue, park: Some(&park) }, &account);
    for path in written {
        println!("{}", path.display());
    }
    Ok(())
}

fn editions(arguments: &Arguments, catalogue: &Catalogue) -> Result<Editions, Stop> {
    let asked = Editions { warming: arguments.warming.clone(), grid: arguments.grid.clone(), ..Editions::default() };
    let unknown = asked.unknown(catalogue);
    let told = |(id, known): &(String, Vec<String>)| format!("edition `{id}`: expected one of {}", known.join(", "));
    match unknown.is_empty() {
        true => Ok(asked),
        false => Err(Stop::Usage(unknown.iter().map(told).collect::<Vec<_>>().join("\n"))),
    }
}

fn tell(language: Language, names: &Names<'_>, account: &Account) {
    println!("{}", words::finding(language, account));
    for (name, sum) in words::sums(language, account) {
        println!("    {name}: {} {} ({})", words::sum(language, &sum), words::UNIT, words::lack(language, &sum));
    }
    let lines = account.lines.len().to_string();
    println!("{}", text_with(language, "greenhouse-cli-lines", &[("count", &lines)]));
    for gap in &account.gaps {
        println!("    {}", names.gap(gap));
    }
    println!("{}", text(language, "greenhouse-bases-note"));
}
