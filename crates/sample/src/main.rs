//! `sample --seed N --out DIR --truth FILE` generates the synthetic park;
//! `sample meters --from DIR --out DIR` rewrites the measured plants and buildings as a park;
//! `sample nation --out DIR` makes four hundred parks with their registers.

use std::path::PathBuf;

use anyhow::{Context, bail};
use sample::nation::{Nation, WHOLE};

const USAGE: &str = "usage: sample --seed N --out DIR --truth FILE
       sample meters --from DIR --out DIR
       sample nation --out DIR [--seed N] [--parks N] [--enterprises N] [--months N]";

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.first().map(String::as_str) {
        Some("meters") => measured(&words[1..]),
        Some("nation") => nation(&words[1..]),
        _ => synthetic(&words),
    }
}

fn synthetic(words: &[String]) -> anyhow::Result<()> {
    let seed: u64 = option(words, "--seed")?.parse().context("--seed takes a whole number")?;
    let (out, truth) = (PathBuf::from(option(words, "--out")?), PathBuf::from(option(words, "--truth")?));
    let sample = sample::generate(seed);
    sample::write_folder(&sample.folder, &out)?;
    if let Some(parent) = truth.parent() {
        std::fs::create_dir_all(parent).with_context(|| format!("create {}", parent.display()))?;
    }
    std::fs::write(&truth, sample.truth).with_context(|| format!("write {}", truth.display()))
}

fn measured(words: &[String]) -> anyhow::Result<()> {
    let folder = sample::measured::read(&PathBuf::from(option(words, "--from")?))?;
    sample::write_folder(&folder, &PathBuf::from(option(words, "--out")?))
}

fn nation(words: &[String]) -> anyhow::Result<()> {
    let number = |name: &str, usual: usize| match words.iter().any(|word| word == name) {
        true => option(words, name)?.parse().with_context(|| format!("{name} takes a whole number")),
        false => Ok(usual),
    };
    let nation = Nation {
        seed: number("--seed", WHOLE.seed as usize)? as u64,
        parks: number("--parks", WHOLE.parks)?,
        enterprises: number("--enterprises", WHOLE.enterprises)?,
        months: number("--months", WHOLE.months)?,
    };
    let truth = nation.write(&PathBuf::from(option(words, "--out")?))?;
    println!("{} parks, {} enterprises, {} records", truth.parks, truth.enterprises, truth.records);
    Ok(())
}

fn option<'a>(words: &'a [String], name: &str) -> anyhow::Result<&'a str> {
    match words.iter().position(|word| word == name).and_then(|place| words.get(place + 1)) {
        Some(value) => Ok(value),
        None => bail!("{name} is missing\n{USAGE}"),
    }
}
