//! Matching: who can use whose waste, heat and water, and which network of exchanges is best.
//! Method, limits and worked example: `docs/methods/matching.md`.

mod assumption;
mod benefit;
pub mod beyond;
mod candidates;
pub mod carbon;
mod choose;
pub mod deal;
mod details;
pub mod law;
mod likely;
pub mod network;
pub mod objective;
pub mod partners;
pub mod rank;
mod relation;
pub mod robustness;
mod rules;
pub mod scenario;
pub mod split;
mod table;
pub mod tradeoff;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::ids::{EnterpriseId, ExchangeId, StreamId};
use crate::park::{Direction, PhysicalForm, StreamKind};
use objective::works::{Paid, Unsolved};

pub use assumption::Assumption;
pub use candidates::{find_exchanges, find_exchanges_by, why_no_match};
pub use choose::{choose_network, choose_network_of, network_of, wanted_network};
pub use likely::{LikelyExchange, LikelySide, likely_exchanges};
pub use network::Proof;
pub use rank::{RankQuery, RankedTaker, Ranker, rank_takers};
pub use rules::{LegalRule, MatchingRules, read_rules};

/// Asked before each network of work that may take long; where it says no, the work ends without an answer.
pub type GoOn<'a> = &'a mut dyn FnMut() -> bool;

/// All pairs of streams that have something to do with each other, each with its verdict.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Candidates {
    /// Every stream of the park in the units of exchange.
    pub streams: BTreeMap<StreamId, Offer>,
    /// Nothing forbids these. Ready ones first, then by falling score, then by giver and taker.
    pub exchanges: Vec<Exchange>,
    /// A relation exists and a rule forbids the exchange; by giver and taker.
    pub rejections: Vec<Rejection>,
    /// Streams without any exchange, with what came nearest.
    pub unmatched: Vec<Unmatched>,
}

/// A stream as it is exchanged: quantity a year in t, m³ or MWh.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Offer {
    pub enterprise: EnterpriseId,
    pub direction: Direction,
    pub kind: StreamKind,
    pub unit: ExchangeUnit,
    /// `None` where the declared quantity cannot be used as a quantity of this kind.
    pub quantity: Option<f64>,
}

/// The unit in which quantities and prices of an exchange are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ExchangeUnit {
    #[serde(rename = "t")]
    Tonne,
    #[serde(rename = "m3")]
    CubicMetre,
    #[serde(rename = "MWh")]
    MegawattHour,
}

/// One giver, one taker, one stream: allowed by every rule that could be checked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exchange {
    pub giver: StreamId,
    pub taker: StreamId,
    pub giver_enterprise: EnterpriseId,
    pub taker_enterprise: EnterpriseId,
    pub kind: StreamKind,
    pub unit: ExchangeUnit,
    /// The most that this pair could exchange a year: the smaller of what is given and what is taken, less where
    /// their seasons overlap in part only.
    pub quantity: Option<f64>,
    pub hazardous: bool,
    /// Along the road: straight line times detour.
    pub distance_km: Option<f64>,
    pub benefit: Benefit,
    pub score: Score,
    pub standing: Standing,
    pub reasons: Vec<Reason>,
    /// What is not known and would have to be, before this exchange can be decided.
    pub missing: Vec<Missing>,
    /// Exchanges that run today between the same two enterprises.
    pub running: Vec<ExchangeId>,
}

/// What stands between a candidate and the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Everything is known and it pays: it enters the network.
    Ready,
    /// A price, place, temperature or the taker's wish is missing.
    NeedsData,
    /// A limited substance was never measured, or not in the taker's unit.
    NeedsAnalysis,
}

/// Benefit to giver and taker together, VND per t, m³ or MWh. How the two share it is theirs to agree.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Benefit {
    /// Only where all parts are known.
    pub per_unit_vnd: Option<f64>,
    /// Where only savings are unknown: the benefit cannot be lower.
    pub at_least_vnd: Option<f64>,
    /// Where only costs are unknown: the benefit cannot be higher.
    pub at_most_vnd: Option<f64>,
    pub avoided_disposal_vnd: Option<f64>,
    pub avoided_purchase_vnd: Option<f64>,
    pub treatment_vnd: Option<f64>,
    pub haulage_vnd: Option<f64>,
}

/// Orders candidates for the reader; it decides nothing. Each part lies between 0 and 1; unknown parts are left
/// out of the mean and stay visible as `None`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    pub value: f64,
    /// How surely this stream serves this taker.
    pub relation: f64,
    /// Smaller quantity over larger quantity.
    pub quantity: Option<f64>,
    /// 1 next door, 0 at the end of reach.
    pub distance: Option<f64>,
    /// Share of the avoided cost that treatment and haulage leave.
    pub benefit: Option<f64>,
}

/// Why an exchange is thought possible.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Reason {
    /// The catalogue knows such an exchange; `seen_at` is its source in the catalogue's words.
    KnownExchange {
        id: u32,
        stream: String,
        used_as: String,
        limiting_quality: String,
        seen_at: String,
        agreement: CodeAgreement,
        /// Leading digits of the industry code that agree.
        giver_isic_digits: usize,
        taker_isic_digits: usize,
        strength: f64,
    },
    /// The taker asks for the very waste code that is given.
    SameCode {
        ewc: String,
    },
    /// Water for water, heat for heat: quality, temperature and distance decide.
    SameKind {
        kind: StreamKind,
    },
    WarmEnough {
        giver_c: f64,
        taker_c: f64,
        lead_k: f64,
    },
    WithinLimits {
        substance: String,
        value: f64,
        limit: f64,
        unit: String,
    },
    /// The taker of a material limits no substance: the quality is still to be agreed.
    NoLimitStated,
    LicensedTaker {
        hazardous_by: HazardousBy,
        source: String,
        unconfirmed: bool,
    },
    Distance {
        straight_km: f64,
        km: f64,
        reach_km: Option<f64>,
    },
    Worth {
        per_unit_vnd: f64,
        unit: ExchangeUnit,
    },
    /// Both sides name the same product of CPC 2.1.
    SameProduct {
        cpc: String,
    },
    SameForm {
        form: PhysicalForm,
    },
    /// The forms differ, and a side pays for a treatment that can bring the one into the other.
    FormByTreatment {
        giver: PhysicalForm,
        taker: PhysicalForm,
    },
    /// Both are there from the one day until before the other.
    AvailableTogether {
        from: Option<Date>,
        ended_on: Option<Date>,
    },
    /// Months in which both run, and what can pass in them in a year without a store.
    SeasonsOverlap {
        months: BTreeSet<u8>,
        giver_months: usize,
        taker_months: usize,
        quantity: Option<f64>,
        unit: ExchangeUnit,
    },
}

/// How well the given stream agrees with the stream of a known exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeAgreement {
    /// All six digits of the waste code.
    Code6,
    /// The first four.
    Code4,
    /// No code on one side; the words of the name agree.
    Name,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HazardousBy {
    Declared,
    /// Declared not hazardous, but the waste code is a hazardous one: the code counts.
    Code,
}

/// Why two streams cannot be exchanged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Obstacle {
    TooCold {
        giver_c: f64,
        taker_c: f64,
        needed_c: f64,
    },
    AboveLimit {
        substance: String,
        value: f64,
        limit: f64,
        unit: String,
    },
    /// The benefit, or the most it could be where a cost is unknown.
    NotWorthIt {
        benefit_vnd: f64,
        unit: ExchangeUnit,
    },
    TooFar {
        km: f64,
        reach_km: f64,
    },
    HazardousUnlicensed {
        hazardous_by: HazardousBy,
        source: String,
        unconfirmed: bool,
    },
    /// Giver and taker are one enterprise: reuse inside the site, not an exchange.
    SameEnterprise,
    /// One side declared a quantity of zero.
    NothingToExchange,
    /// Neither the codes nor the catalogue connect the two. `known_takers`: industries (ISIC Rev. 4) that the
    /// catalogue knows as takers of the given stream.
    NoRelation {
        ewc: Option<String>,
        asked_ewc: Option<String>,
        taker_isic4: String,
        known_takers: Vec<String>,
    },
    /// Nobody in the park gives, or takes, anything of this kind.
    NoCounterpart {
        kind: StreamKind,
    },
    /// No treatment brings the form given into the form asked for.
    OtherForm {
        giver: PhysicalForm,
        taker: PhysicalForm,
    },
    /// The one ends before the other begins.
    NotAtTheSameTime {
        ended_on: Date,
        from: Date,
    },
    /// Both are seasonal and share no month.
    SeasonsApart {
        giver_months: BTreeSet<u8>,
        taker_months: BTreeSet<u8>,
    },
}

/// A datum that would settle a candidate, and where to enter it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Missing {
    /// The taker limits this substance and the giver never stated its content.
    Content {
        stream: StreamId,
        substance: String,
        unit: String,
    },
    /// Content and limit are told in units that do not compare.
    ContentInUnit {
        stream: StreamId,
        substance: String,
        found: String,
        unit: String,
    },
    /// A taker of water must say which quality it needs.
    QualityNeeded {
        stream: StreamId,
    },
    Place {
        enterprise: EnterpriseId,
    },
    Temperature {
        stream: StreamId,
    },
    DisposalPrice {
        stream: StreamId,
    },
    PurchasePrice {
        stream: StreamId,
    },
    /// Neither side stated what treatment costs; zero counts when stated.
    TreatmentCost {
        giver: StreamId,
        taker: StreamId,
    },
    /// The taker's industry is known to use such a stream, but this taker did not say that it asks for it.
    WasteCodeAsked {
        stream: StreamId,
    },
    /// The declared quantity is none of this kind, or beyond reason.
    UsableQuantity {
        stream: StreamId,
    },
    /// The prices make one unit worth more than gold: a slip of the pen or of the unit.
    PlausiblePrice {
        giver: StreamId,
        taker: StreamId,
    },
    /// The taker asks for a form and the giver never stated its own.
    Form {
        stream: StreamId,
    },
    /// The forms differ, a treatment could help, and nobody states what it costs.
    FormTreatment {
        giver: StreamId,
        taker: StreamId,
    },
}

/// A pair that some rule forbids, with everything that stands against it, and what is not known besides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rejection {
    pub giver: StreamId,
    pub taker: StreamId,
    pub giver_enterprise: EnterpriseId,
    pub taker_enterprise: EnterpriseId,
    pub kind: StreamKind,
    pub distance_km: Option<f64>,
    pub reasons: Vec<Reason>,
    pub obstacles: Vec<Obstacle>,
    pub missing: Vec<Missing>,
}

/// A stream that nobody can exchange, and the attempts that came nearest, best first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unmatched {
    pub stream: StreamId,
    pub enterprise: EnterpriseId,
    pub direction: Direction,
    pub kind: StreamKind,
    /// Streams of the same kind and opposite direction in the park.
    pub counterparts: usize,
    /// Empty only where there is no counterpart.
    pub attempts: Vec<Rejection>,
    /// What stands against the best attempt, or that there is no counterpart.
    pub obstacles: Vec<Obstacle>,
}

/// The network of greatest total benefit among the ready exchanges, with its proof.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Network {
    /// By giver and taker.
    pub exchanges: Vec<ChosenExchange>,
    pub benefit_vnd: f64,
    /// No network of these exchanges can be worth more.
    pub bound_vnd: f64,
    /// (bound − benefit) / bound.
    pub gap: f64,
    pub proof: Proof,
    /// Material, water and heat are solved apart: no stream belongs to two of them.
    pub parts: Vec<NetworkPart>,
    /// One for every stream with a ready exchange; none where links and plants are chosen with the exchanges.
    pub prices: Vec<ShadowPrice>,
    pub waste_diverted_t: f64,
    pub water_reused_m3: f64,
    pub heat_reused_mwh: f64,
    /// Only of parks that have links with yearly costs or shared plants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub works: Option<NetworkWorks>,
}

impl Network {
    /// Nothing is exchanged.
    pub fn empty() -> Network {
        Network {
            exchanges: Vec::new(),
            benefit_vnd: 0.0,
            bound_vnd: 0.0,
            gap: 0.0,
            proof: Proof::Optimal,
            parts: Vec::new(),
            prices: Vec::new(),
            waste_diverted_t: 0.0,
            water_reused_m3: 0.0,
            heat_reused_mwh: 0.0,
            works: None,
        }
    }
}

/// What a network pays besides its exchanges; its benefit is what remains.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NetworkWorks {
    pub yearly_costs_vnd: f64,
    /// Links and plants that the network uses.
    pub paid: Vec<Paid>,
    /// Why nothing is exchanged in a part that could not be chosen, where there is one.
    pub refusal: Option<Unsolved>,
}

/// An exchange of the network with its quantity a year.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChosenExchange {
    pub giver: StreamId,
    pub taker: StreamId,
    pub giver_enterprise: EnterpriseId,
    pub taker_enterprise: EnterpriseId,
    pub kind: StreamKind,
    pub unit: ExchangeUnit,
    pub quantity: f64,
    /// As the network reckons it, rounded to thousand VND per t or MWh and to VND per m³.
    pub benefit_per_unit_vnd: f64,
    /// A year.
    pub benefit_vnd: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NetworkPart {
    pub kind: StreamKind,
    pub unit: ExchangeUnit,
    /// Ready exchanges that were weighed.
    pub links: usize,
    pub links_used: usize,
    pub quantity: f64,
    pub benefit_vnd: f64,
    pub bound_vnd: f64,
    pub proof: Proof,
}

/// What one more t, m³ or MWh of a stream would add to the network's benefit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShadowPrice {
    pub stream: StreamId,
    pub enterprise: EnterpriseId,
    pub direction: Direction,
    pub kind: StreamKind,
    pub unit: ExchangeUnit,
    pub vnd_per_unit: f64,
    pub quantity: f64,
    pub quantity_used: f64,
}

impl Exchange {
    /// `GIVER--TAKER`, as in addresses.
    pub fn code(&self) -> String {
        format!("{}--{}", self.giver, self.taker)
    }
}

impl Candidates {
    pub fn count(&self, standing: Standing) -> usize {
        self.exchanges.iter().filter(|exchange| exchange.standing == standing).count()
    }
}

impl ExchangeUnit {
    pub fn of(kind: StreamKind) -> ExchangeUnit {
        match kind {
            StreamKind::Material => ExchangeUnit::Tonne,
            StreamKind::Water => ExchangeUnit::CubicMetre,
            StreamKind::Heat => ExchangeUnit::MegawattHour,
        }
    }

    /// As in `units.csv`.
    pub fn code(self) -> &'static str {
        match self {
            ExchangeUnit::Tonne => "t",
            ExchangeUnit::CubicMetre => "m3",
            ExchangeUnit::MegawattHour => "MWh",
        }
    }

    /// Canonical units (kg, m³, kWh) in one of these.
    pub fn canonical(self) -> f64 {
        match self {
            ExchangeUnit::Tonne | ExchangeUnit::MegawattHour => 1_000.0,
            ExchangeUnit::CubicMetre => 1.0,
        }
    }

    /// The network reckons in whole steps: so many to one unit.
    pub fn quantity_steps(self) -> f64 {
        match self {
            ExchangeUnit::Tonne | ExchangeUnit::MegawattHour => 10.0,
            ExchangeUnit::CubicMetre => 1.0,
        }
    }

    /// Benefits are rounded to this many VND per unit. A m³ is worth a few thousand, a t of metal may be worth
    /// billions: one step for both would be too coarse for the one or leave the solver's range for the other.
    pub fn price_step_vnd(self) -> f64 {
        match self {
            ExchangeUnit::Tonne | ExchangeUnit::MegawattHour => 1_000.0,
            ExchangeUnit::CubicMetre => 1.0,
        }
    }
}

impl Standing {
    pub fn code(self) -> &'static str {
        match self {
            Standing::Ready => "ready",
            Standing::NeedsData => "needs_data",
            Standing::NeedsAnalysis => "needs_analysis",
        }
    }
}

impl Reason {
    pub fn code(&self) -> &'static str {
        match self {
            Reason::KnownExchange { .. } => "known_exchange",
            Reason::SameCode { .. } => "same_code",
            Reason::SameKind { .. } => "same_kind",
            Reason::WarmEnough { .. } => "warm_enough",
            Reason::WithinLimits { .. } => "within_limits",
            Reason::NoLimitStated => "no_limit_stated",
            Reason::LicensedTaker { .. } => "licensed_taker",
            Reason::Distance { .. } => "distance",
            Reason::Worth { .. } => "worth",
            Reason::SameProduct { .. } => "same_product",
            Reason::SameForm { .. } => "same_form",
            Reason::FormByTreatment { .. } => "form_by_treatment",
            Reason::AvailableTogether { .. } => "available_together",
            Reason::SeasonsOverlap { .. } => "seasons_overlap",
        }
    }
}

impl Obstacle {
    pub fn code(&self) -> &'static str {
        match self {
            Obstacle::TooCold { .. } => "too_cold",
            Obstacle::AboveLimit { .. } => "above_limit",
            Obstacle::NotWorthIt { .. } => "not_worth_it",
            Obstacle::TooFar { .. } => "too_far",
            Obstacle::HazardousUnlicensed { .. } => "hazardous_unlicensed",
            Obstacle::SameEnterprise => "same_enterprise",
            Obstacle::NothingToExchange => "nothing_to_exchange",
            Obstacle::NoRelation { .. } => "no_relation",
            Obstacle::NoCounterpart { .. } => "no_counterpart",
            Obstacle::OtherForm { .. } => "other_form",
            Obstacle::NotAtTheSameTime { .. } => "not_at_the_same_time",
            Obstacle::SeasonsApart { .. } => "seasons_apart",
        }
    }
}

impl Missing {
    pub fn code(&self) -> &'static str {
        match self {
            Missing::Content { .. } => "content",
            Missing::ContentInUnit { .. } => "content_in_unit",
            Missing::QualityNeeded { .. } => "quality_needed",
            Missing::Place { .. } => "place",
            Missing::Temperature { .. } => "temperature",
            Missing::DisposalPrice { .. } => "disposal_price",
            Missing::PurchasePrice { .. } => "purchase_price",
            Missing::TreatmentCost { .. } => "treatment_cost",
            Missing::WasteCodeAsked { .. } => "waste_code_asked",
            Missing::UsableQuantity { .. } => "usable_quantity",
            Missing::PlausiblePrice { .. } => "plausible_price",
            Missing::Form { .. } => "form",
            Missing::FormTreatment { .. } => "form_treatment",
        }
    }

    /// True where only a laboratory or a statement of quality can settle it.
    pub fn needs_analysis(&self) -> bool {
        matches!(self, Missing::Content { .. } | Missing::ContentInUnit { .. } | Missing::QualityNeeded { .. })
    }
}
