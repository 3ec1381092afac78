//! The best partners of a stream among all streams of a nation: for every giver the takers that are worth most to
//! both, by benefit and not by distance alone, without a radius. Method, proof and limits: `docs/methods/candidates.md`.

mod forest;
mod live;
mod read;
mod search;
mod terms;

pub use live::LivePartners;
pub use read::{PartnerFile, read_streams, write_edges};
pub use search::{Partner, Search, TakerIndex, best_partners, in_order_of_place};
pub use terms::{Terms, TermsFault, road_km};

/// A stream that somebody wants to be rid of, as the search needs it.
#[derive(Clone, Debug, PartialEq)]
pub struct Giver {
    /// What kind of stream it is; one number for each name of the tables.
    pub class: u32,
    pub firm: u32,
    pub latitude: f64,
    pub longitude: f64,
    pub hazardous: bool,
    /// What disposal costs, thousand VND per t.
    pub disposal_kvnd_t: f64,
    /// Content of each quality, 0 or more; infinite where it is not known.
    pub contents: Vec<f64>,
}

/// A stream that somebody asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Taker {
    pub class: u32,
    /// A second class that would do, at a smaller share of the price.
    pub alternative: Option<u32>,
    pub firm: u32,
    pub latitude: f64,
    pub longitude: f64,
    /// May take hazardous streams.
    pub licensed: bool,
    /// What is paid for the material that the stream would stand in for, thousand VND per t.
    pub price_kvnd_t: f64,
    /// Limit of each quality, in the order and number of the givers' contents; infinite where there is none.
    pub limits: Vec<f64>,
}
