//! Pairs that would be possible if enterprises confirmed what their sector and size make likely. Only for those who see
//! the whole park; nothing of it counts anywhere.

use std::collections::BTreeMap;

use engine::ids::EnterpriseId;
use engine::matching::{LikelyExchange, LikelySide, MatchingRules, likely_exchanges};
use engine::observe::profiles::Proposal;

use super::super::steps::Number;
use crate::error::AppError;
use crate::page::Page;
use crate::profile::{ProposalState, firm, judged};
use crate::reasons;
use crate::state::{App, ParkView};
use crate::web::frame;

/// Pairs that are shown.
const SHOWN: usize = 40;

pub struct Likely {
    pub count: String,
    pub rows: Vec<LikelyRow>,
}

pub struct LikelyRow {
    pub giver: String,
    pub given: Side,
    pub taker: String,
    pub taken: Side,
    pub likelihood: String,
    pub relation: Number,
    pub distance: Number,
    pub precedent: String,
}

pub struct Side {
    pub name: String,
    pub state: String,
    /// Where the proposal is answered; empty for what was declared.
    pub href: String,
}

pub async fn of(app: &App, page: &Page, view: &ParkView) -> Result<Likely, AppError> {
    let answers = app.store.proposal_answers(&page.user.scope(), &view.key.id).await?;
    let computed = &view.computed;
    let mut open: BTreeMap<EnterpriseId, Vec<Proposal>> = BTreeMap::new();
    for enterprise in &computed.park.enterprises {
        let firm = firm(enterprise, &computed.report.balance);
        // An industry that the profiles do not know proposes nothing.
        let Ok((_, proposals)) = judged(app.catalogue, &computed.park, enterprise, &firm, &answers) else { continue };
        let waiting = proposals
            .into_iter()
            .filter(|one| matches!(one.state, ProposalState::Open | ProposalState::QuantityUnknown));
        open.insert(enterprise.id.clone(), waiting.map(|one| one.proposal).collect());
    }
    let pairs = likely_exchanges(&computed.park, app.catalogue, &MatchingRules::default(), &open);
    let shown = pairs.len().min(SHOWN);
    Ok(Likely {
        count: page.t2("likely-count", "shown", page.count(shown), "count", page.count(pairs.len())),
        rows: pairs.iter().take(SHOWN).map(|pair| row(app, page, view, pair)).collect(),
    })
}

fn row(app: &App, page: &Page, view: &ParkView, pair: &LikelyExchange) -> LikelyRow {
    let names = frame::names(app, page, view);
    let side = |side: &LikelySide| {
        let path = format!("/parks/{}/enterprises/{}/profile", view.key.id, side.enterprise);
        let (state, href) = match side.declared {
            Some(_) => ("likely-declared", String::new()),
            None => ("likely-to-confirm", page.at(&path)),
        };
        Side { name: side.name.get(page.language).to_string(), state: page.t(state), href }
    };
    let likelihood = pair.likelihood().map(|likelihood| page.t(&format!("profile-{likelihood:?}").to_lowercase()));
    LikelyRow {
        giver: names.enterprise(&pair.giver.enterprise),
        given: side(&pair.giver),
        taker: names.enterprise(&pair.taker.enterprise),
        taken: side(&pair.taker),
        likelihood: likelihood.unwrap_or_default(),
        relation: Number::new(page, 100.0 * pair.relation, 0),
        distance: Number::maybe(page, pair.distance_km, 2),
        precedent: reasons::seen_at(&pair.reasons).unwrap_or("–").to_string(),
    }
}
