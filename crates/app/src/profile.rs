//! The profile of an enterprise held against what it has declared and answered.

use std::collections::BTreeMap;

use engine::catalogue::Catalogue;
use engine::catalogue::profiles::ProfileSubject;
use engine::ids::ResourceId;
use engine::observe::Balance;
use engine::observe::profiles::{Firm, Proposal, UnknownSector, profile};
use engine::park::{Enterprise, Park};
use engine::period::Period;
use engine::quantity::{Dimension, Mass};
use serde::Serialize;
use store::{AnsweredProposal, Verdict};

/// A proposal with what became of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judged {
    #[serde(flatten)]
    pub proposal: Proposal,
    pub state: ProposalState,
    /// The answer that holds; `None` where there is none, or the reader may not see it.
    pub answer: Option<AnsweredProposal>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProposalState {
    Open,
    /// There is one; how much is not known.
    QuantityUnknown,
    /// The enterprise has declared it, by an answer or otherwise.
    Declared,
    Dismissed,
}

/// What the platform knows of an enterprise: its output where a year of it is complete.
pub fn firm(enterprise: &Enterprise, balance: &Balance) -> Firm {
    let is_year = Period::year(balance.period.start().year()) == Some(balance.period);
    let made = balance.sites.get(&enterprise.id).and_then(|site| site.get(&ResourceId::new("product")));
    let whole = made.filter(|made| is_year && made.dimension == Dimension::Mass && made.months_covered == 12);
    Firm {
        sector: enterprise.isic4.clone(),
        products: Vec::new(),
        employees: enterprise.employees,
        product_t: whole.map(|made| Mass::from_kg(made.amount).t()),
    }
}

/// The proposals of an enterprise, in the profile's order, each with its state; and the sector that was looked for.
pub fn judged(
    catalogue: &Catalogue,
    park: &Park,
    enterprise: &Enterprise,
    firm: &Firm,
    answers: &[AnsweredProposal],
) -> Result<(String, Vec<Judged>), UnknownSector> {
    let profile = profile(firm, catalogue)?;
    let own = answers.iter().filter(|answer| answer.enterprise == enterprise.id && answer.superseded_at_us.is_none());
    let own: BTreeMap<&str, &AnsweredProposal> = own.map(|answer| (answer.proposal.as_str(), answer)).collect();
    let judge = |proposal: Proposal| {
        let answer = own.get(proposal.key.as_str()).map(|answer| (*answer).clone());
        let state = match &answer {
            Some(answer) if answer.verdict == Verdict::Dismissed => ProposalState::Dismissed,
            _ if is_declared(catalogue, park, enterprise, &proposal) => ProposalState::Declared,
            Some(answer) if answer.declared.is_none() => ProposalState::QuantityUnknown,
            // What it declared was taken away by an import.
            _ => ProposalState::Open,
        };
        Judged { proposal, state, answer }
    };
    Ok((profile.sector, profile.proposals.into_iter().map(judge).collect()))
}

/// A resource of the same group, or a stream of the same way and code; without a code, of the same kind.
fn is_declared(catalogue: &Catalogue, park: &Park, enterprise: &Enterprise, proposal: &Proposal) -> bool {
    match &proposal.about {
        ProfileSubject::Resource(id) => {
            let group = |id| catalogue.resource(id).map(|resource| (&resource.group, resource.flow));
            let mut records = park.records.iter().filter(|record| record.enterprise == enterprise.id);
            records.any(|record| group(&record.resource) == group(id))
        }
        ProfileSubject::Stream { kind, ewc } => {
            let mut streams = park.streams.iter().filter(|stream| stream.enterprise == enterprise.id);
            streams.any(|stream| stream.direction == proposal.direction && stream.kind == *kind && stream.ewc == *ewc)
        }
    }
}
