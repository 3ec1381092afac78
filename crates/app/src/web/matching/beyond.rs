//! Partners beyond the park: for the streams of an enterprise that nobody in its park can exchange, the best of those
//! that enterprises of other parks let be found. Coded and in bands; every search leaves its row in the log.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::{Path as UrlPath, State};
use axum::response::Response;
use engine::ids::{EnterpriseId, StreamId};
use engine::matching::beyond::Unsearchable;
use store::{Note, Subject};

use super::{coded_reasons, direction};
use crate::auth::{self, Action};
use crate::beyond::{CodedPartner, Search, outer_streams};
use crate::error::AppError;
use crate::page::{Page, html};
use crate::reasons;
use crate::state::App;
use crate::web::frame::{self, ParkFrame};

#[derive(Template)]
#[template(path = "beyond.html")]
struct BeyondPage {
    page: Page,
    frame: ParkFrame,
    name: String,
    finding: String,
    /// Whether the reader may see the streams of the enterprise.
    is_open: bool,
    streams: Vec<StreamRow>,
    own_href: String,
    matching: String,
    /// Where the enterprise says whether it may be found itself; empty for others.
    sharing: String,
}

struct StreamRow {
    id: String,
    heading: String,
    /// Why nobody is shown; empty where somebody is.
    note: String,
    partners: Vec<PartnerRow>,
}

struct PartnerRow {
    code: String,
    industry: String,
    province: String,
    distance: String,
    quantity: String,
    benefit: String,
    standing: String,
    standing_class: &'static str,
    reasons: Vec<String>,
    missing: Vec<String>,
}

pub async fn show(
    State(app): State<App>,
    page: Page,
    UrlPath((park, enterprise)): UrlPath<(String, String)>,
) -> Result<Response, AppError> {
    let id = EnterpriseId::new(enterprise);
    let view = frame::view(&app, &page, &park).await?;
    auth::may(&page.user, &Action::SeeEnterprise(view.key.clone(), id.clone()))?;
    let (computed, park) = (&view.computed, &view.key.id);
    let enterprise = computed.park.enterprise(&id).ok_or(AppError::NotFound)?;
    let is_open = page.user.scope().covers_subject(park, &id, Subject::Streams);
    let unmatched = computed.report.candidates.unmatched.iter().filter(|unmatched| unmatched.enterprise == id);
    let unmatched: BTreeSet<&StreamId> = unmatched.map(|unmatched| &unmatched.stream).collect();
    let mut own = outer_streams(&computed.park);
    own.retain(|outer| is_open && unmatched.contains(&outer.stream.id));
    let searched = app.search_beyond(own).await?;
    let codes: Vec<&str> =
        searched.iter().filter_map(|one| one.found.as_ref().ok()).flatten().map(|one| one.code.as_str()).collect();
    // A search that could not be written down is not shown.
    app.store.note(&page.user.actor(app.now_us()), Note::search(park, &id, codes.join(" "))).await?;
    let with_partners = searched.iter().filter(|one| one.found.as_ref().is_ok_and(|found| !found.is_empty())).count();
    let at = |rest: &str| page.at(&format!("/parks/{park}/{rest}"));
    html(&BeyondPage {
        name: enterprise.name.get(page.language).to_string(),
        finding: match is_open {
            true => {
                page.t2("beyond-finding", "found", page.count(with_partners), "streams", page.count(searched.len()))
            }
            false => page.t("beyond-not-shared"),
        },
        is_open,
        streams: searched.iter().map(|one| stream_row(&app, &page, one)).collect(),
        own_href: at(&format!("enterprises/{id}")),
        matching: at("matching"),
        sharing: match page.user.is_enterprise(park, &id) {
            true => at(&format!("enterprises/{id}/sharing#beyond")),
            false => String::new(),
        },
        frame: ParkFrame::of(&app, &page, &view, "matching"),
        page,
    })
}

fn stream_row(app: &App, page: &Page, search: &Search) -> StreamRow {
    let stream = &search.own.stream;
    let heading = page.t3(
        "beyond-stream",
        "stream",
        stream.name.get(page.language),
        "direction",
        direction(page, stream.direction),
        "id",
        &stream.id,
    );
    let (note, partners) = match &search.found {
        Err(Unsearchable::Kind) => (page.t("beyond-kind"), Vec::new()),
        Err(Unsearchable::Price) => (page.t("beyond-price"), Vec::new()),
        Err(Unsearchable::Place) => (page.t("beyond-place"), Vec::new()),
        Ok(found) if found.is_empty() => (page.t("beyond-none"), Vec::new()),
        Ok(found) => (String::new(), found.iter().map(|one| partner_row(app, page, one)).collect()),
    };
    StreamRow { id: stream.id.to_string(), heading, note, partners }
}

fn partner_row(app: &App, page: &Page, partner: &CodedPartner) -> PartnerRow {
    let language = page.language;
    let between = |(low, high): (f64, f64), unit: &str| {
        let shown = |end: f64| page.n(end, if end > 0.0 && end < 1.0 { 3 } else { 0 });
        page.t3("matching-band-from-to", "from", shown(low), "to", shown(high), "unit", unit)
    };
    let industry = app.catalogue.industries.get(&partner.division);
    let province = partner.province.as_ref().and_then(|code| app.catalogue.provinces.after_code(code));
    PartnerRow {
        code: partner.code.clone(),
        industry: industry.map_or_else(|| partner.division.clone(), |label| label.get(language).to_string()),
        province: province
            .map_or_else(|| page.t("beyond-withheld"), |province| province.name.get(language).to_string()),
        distance: match partner.distance_km {
            (low, Some(high)) => between((low, high), "km"),
            (low, None) => page.t2("matching-band-beyond", "from", page.n(low, 0), "unit", "km"),
        },
        quantity: between(partner.quantity, &partner.unit),
        benefit: match partner.benefit_vnd {
            Some((low, high)) => format!("{} – {}", page.money(low), page.money(high)),
            None => page.t("network-unknown"),
        },
        standing: reasons::standing(language, partner.standing),
        standing_class: reasons::standing_class(partner.standing),
        reasons: coded_reasons(page, &partner.reasons),
        missing: partner.missing.iter().map(|side| reasons::coded_missing(language, side)).collect(),
    }
}
