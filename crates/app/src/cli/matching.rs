//! `match`: who could take which stream, and the best network of a park; without a store.

mod candidates;
mod network;
mod rank;

use clap::Subcommand;
use engine::catalogue::Catalogue;

use super::{Answer, Global};

#[derive(Subcommand)]
pub enum Command {
    /// Which industries could take a stream, best first, each score with its reasons
    Rank(rank::Arguments),
    /// The best takers of every giver by benefit, at any distance: DIR holds givers.csv and takers.csv
    Candidates(candidates::Arguments),
    /// The best network of a park by an objective, its trade-off curve, scenarios side by side, and what fails
    Network(network::Arguments),
}

pub fn run(command: &Command, global: &Global, catalogue: &Catalogue) -> Answer {
    match command {
        Command::Rank(arguments) => rank::run(arguments, global.language, catalogue),
        Command::Network(arguments) => network::run(arguments, global, catalogue),
        Command::Candidates(arguments) => candidates::run(arguments),
    }
}
