//! `match`: who could take which stream, without a park and without a store.

mod candidates;
mod rank;

use clap::Subcommand;
use engine::catalogue::Catalogue;
use engine::language::Language;

use super::Answer;

#[derive(Subcommand)]
pub enum Command {
    /// Which industries could take a stream, best first, each score with its reasons
    Rank(rank::Arguments),
    /// The best takers of every giver by benefit, at any distance: DIR holds givers.csv and takers.csv
    Candidates(candidates::Arguments),
}

pub fn run(command: &Command, language: Language, catalogue: &Catalogue) -> Answer {
    match command {
        Command::Rank(arguments) => rank::run(arguments, language, catalogue),
        Command::Candidates(arguments) => candidates::run(arguments),
    }
}
