//! Signed verifications: what a saving rests on piece by piece, who signed for it on which data, and what changed since.

use std::collections::BTreeSet;

use axum::Form;
use axum::extract::{Path as UrlPath, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use engine::ids::EnterpriseId;
use engine::language::format_date;
use engine::park::{Measure, Meter};
use engine::source::Digest;
use engine::verify::inputs::{self, Piece};
use engine::verify::measures::{HeldBack, MeasureVerification};
use serde::Deserialize;
use store::{NewSigned, SignedVerification, Subject};

use super::{measure, plan};
use crate::auth::Sight;
use crate::error::AppError;
use crate::page::{Page, escape};
use crate::state::{App, ParkView};
use crate::web::account::moment;
use crate::web::{frame, nation};
use crate::wording::certificate::SignedThen;
use crate::wording::saving as words;

/// The longest name and the longest piece of evidence.
const LONGEST: usize = 300;

/// What a verification rests on now, and the signatures that were given for it.
pub struct Signatures {
    pub pieces: Vec<Piece>,
    pub digest: Digest,
    /// Of this period, the last one first.
    kept: Vec<SignedVerification>,
    pub last: Option<SignedThen>,
    /// The reader's park lacks readings of this site that were not shared.
    pub is_partial: bool,
}

impl Signatures {
    pub async fn of(app: &App, page: &Page, view: &ParkView, measure: &Measure) -> Result<Signatures, AppError> {
        let period = page.period();
        let (park, catalogue) = (&view.computed.park, &view.computed.catalogue);
        let pieces = inputs::pieces(park, catalogue, period, measure);
        let mut kept = app.store.signed_verifications(&page.user.scope(), &view.key.id).await?;
        kept.retain(|one| one.measure == measure.id && one.period == period);
        kept.reverse();
        let last = kept.first().map(|one| then(one, &pieces)).transpose()?;
        let is_unshared = |(subject, sites): &(Subject, BTreeSet<EnterpriseId>)| {
            *subject == Subject::Readings && sites.contains(&measure.enterprise)
        };
        let is_thermometer =
            |meter: &Meter| meter.enterprise == measure.enterprise && meter.resource.as_str() == "outdoor-temperature";
        let has_readings = park.meter_of(measure).is_some() || park.meters.iter().any(is_thermometer);
        Ok(Signatures {
            digest: inputs::digest(&pieces),
            pieces,
            kept,
            last,
            is_partial: has_readings && view.unshared.iter().any(is_unshared),
        })
    }
}

/// A signature held against the data of now.
fn then(signed: &SignedVerification, now: &[Piece]) -> Result<SignedThen, AppError> {
    let pieces: Vec<Piece> = serde_json::from_str(&signed.pieces)
        .map_err(|error| anyhow::anyhow!("pieces of the signed verification {}: {error}", signed.id))?;
    let day = nation::local(signed.signed_at_us).map_or_else(jiff::civil::Date::default, |at| at.date());
    Ok(SignedThen {
        signer: signed.signer.clone(),
        evidence: signed.evidence.clone(),
        on: day,
        changes: inputs::changes(&pieces, now),
    })
}

/// The section of the page.
pub struct Section {
    pub digest: String,
    /// Who signed, by what, and on which day; empty where nobody did.
    pub last: String,
    /// What changed since the last signature; empty where nothing did.
    pub changes: Vec<String>,
    pub is_stale: bool,
    pub is_signed: bool,
    /// When, who, by what, on which inputs, and until when it held.
    pub history: Vec<[String; 5]>,
    /// Inputs by kind: how many pieces, and their digest.
    pub inputs: Vec<(String, String, String)>,
    /// Where to sign; empty for whoever may not, or where there is nothing to sign for.
    pub action: String,
    pub signer: String,
    pub evidence: String,
    pub fault: String,
    pub partial: String,
    pub downloads: Vec<(String, String)>,
}

impl Section {
    pub fn of(page: &Page, view: &ParkView, verification: &MeasureVerification, signatures: &Signatures) -> Section {
        let (park, catalogue) = (&view.computed.park, &view.computed.catalogue);
        let at = format!("/parks/{}/verify/{}", view.key.id, escape(verification.measure.as_str()));
        let last = signatures.last.as_ref();
        let told = |signed: &SignedThen| {
            let on = format_date(signed.on);
            page.t3("certificate-signed", "signer", &signed.signer, "evidence", &signed.evidence, "date", on)
        };
        let change = |one| words::change(page.language, park, catalogue, one);
        let may_sign = view.sight == Sight::Whole && is_signable(verification) && !signatures.is_partial;
        let partial = if signatures.is_partial { page.t("certificate-partial") } else { String::new() };
        Section {
            digest: signatures.digest.as_str().to_string(),
            last: last.map(told).unwrap_or_default(),
            changes: last.map_or_else(Vec::new, |signed| signed.changes.iter().map(change).collect()),
            is_stale: last.is_some_and(|signed| !signed.changes.is_empty()),
            is_signed: last.is_some(),
            history: signatures.kept.iter().map(|one| row(page, one)).collect(),
            inputs: by_kind(page, &signatures.pieces),
            action: if may_sign { page.at(&format!("{at}/sign")) } else { String::new() },
            signer: page.user.name.clone(),
            evidence: String::new(),
            fault: String::new(),
            partial,
            downloads: ["pdf", "docx"]
                .map(|ending| {
                    let name = page.t(&format!("certificate-as-{ending}"));
                    (name, page.at(&format!("{at}/certificate.{ending}")))
                })
                .into(),
        }
    }
}

fn row(page: &Page, signed: &SignedVerification) -> [String; 5] {
    let until = signed.superseded_at_us.map_or_else(|| page.t("certificate-last"), moment);
    let inputs: String = signed.inputs.chars().take(12).collect();
    [moment(signed.signed_at_us), signed.signer.clone(), signed.evidence.clone(), inputs, until]
}

fn by_kind(page: &Page, pieces: &[Piece]) -> Vec<(String, String, String)> {
    let of = |kind| {
        let of_kind: Vec<&Piece> = pieces.iter().filter(|piece| piece.kind == kind).collect();
        let digest = Digest::of_value(&of_kind).short().to_string();
        let name = words::piece_kind(page.language, kind);
        (!of_kind.is_empty()).then(|| (name, page.count(of_kind.len()), digest))
    };
    inputs::PieceKind::ALL.into_iter().filter_map(of).collect()
}

/// A saving that is measured and differs from zero may be signed for.
fn is_signable(verification: &MeasureVerification) -> bool {
    verification.claim.uncertainty_90.is_some()
        && verification.held_back.iter().all(|reason| *reason == HeldBack::NotSigned)
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Order {
    signer: String,
    evidence: String,
}

/// Keeps the verification as it stands, with the digests of its inputs, in the place of what was signed before.
pub async fn sign(
    State(app): State<App>,
    page: Page,
    UrlPath((park, id)): UrlPath<(String, String)>,
    Form(order): Form<Order>,
) -> Result<Response, AppError> {
    let page = Page { path: format!("/parks/{park}/verify/{}", escape(&id)), ..page };
    let view = frame::view_begun(&app, &page, &park).await?;
    let (verification, measure) = measure::find(&view, &id)?;
    let signatures = Signatures::of(&app, &page, &view, measure).await?;
    let (signer, evidence) = (order.signer.trim(), order.evidence.trim());
    let is_named = |text: &str| !text.is_empty() && text.chars().count() <= LONGEST;
    let fault = match () {
        () if signatures.is_partial => "certificate-partial",
        () if !is_signable(verification) => "certificate-nothing-to-sign",
        () if !is_named(signer) || !is_named(evidence) => "certificate-sign-fault",
        () => "",
    };
    if !fault.is_empty() {
        let mut section = Section::of(&page, &view, verification, &signatures);
        (section.signer, section.evidence) = (order.signer, order.evidence);
        section.fault = page.t(fault);
        let plan = plan::Section::of(&app, &page, &view, verification, measure).await?;
        let response = measure::page_of(&app, &page, &view, (verification, measure), (section, plan))?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, response).into_response());
    }
    let json = |value: serde_json::Result<String>| value.map_err(|error| AppError::Internal(error.into()));
    let new = NewSigned {
        park: view.key.id.clone(),
        enterprise: measure.enterprise.clone(),
        measure: measure.id.clone(),
        period: page.period(),
        inputs: signatures.digest.as_str().to_string(),
        pieces: json(serde_json::to_string(&signatures.pieces))?,
        verification: json(serde_json::to_string(verification))?,
        signer: signer.to_string(),
        evidence: evidence.to_string(),
    };
    let kept = app.store.sign_verification(&page.user.actor(app.now_us()), &page.user.scope(), &new).await;
    kept.map_err(|error| AppError::Internal(error.into()))?;
    Ok(Redirect::to(&format!("{}#signed", page.at(&page.path))).into_response())
}
