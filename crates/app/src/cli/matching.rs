//! `match`: who could use which stream, beyond one park.

use super::{Answer, candidates};

#[derive(clap::Subcommand)]
pub enum Command {
    /// The best takers of every giver by benefit, at any distance: DIR holds givers.csv and takers.csv
    Candidates(candidates::Arguments),
}

pub fn run(command: &Command) -> Answer {
    match command {
        Command::Candidates(arguments) => candidates::run(arguments),
    }
}
