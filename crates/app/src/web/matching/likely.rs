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
    pub given: String,
    pub taker: String,
    pub taken: String,
    pub relation: Number,
    pub distance: Number,
    pub precedent: String,
    /// Where the proposals of the two sides are answered.
    pub hrefs: Vec<(String, String)>,
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
    let stream = |side: &LikelySide| {
        let state = if side.declared.is_some() { "likely-declared" } else { "likely-to-confirm" };
        format!("{} ({})", side.name.get(page.language), page.t(state))
    };
    let href = |side: &LikelySide| {
        let path = format!("/parks/{}/enterprises/{}/profile", view.key.id, side.enterprise);
        (page.at(&path), names.enterprise(&side.enterprise))
    };
    LikelyRow {
        giver: names.enterprise(&pair.giver.enterprise),
        given: stream(&pair.giver),
        taker: names.enterprise(&pair.taker.enterprise),
        taken: stream(&pair.taker),
        relation: Number::new(page, 100.0 * pair.relation, 0),
        distance: Number::maybe(page, pair.distance_km, 2),
        precedent: reasons::seen_at(&pair.reasons).unwrap_or("–").to_string(),
        hrefs: [&pair.giver, &pair.taker].into_iter().filter(|side| side.proposal.is_some()).map(href).collect(),
    }
}
