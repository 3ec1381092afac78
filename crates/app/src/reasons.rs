//! Why an exchange is possible, what stands against it, and which datum is missing: in sentences.

mod details;

use engine::catalogue::Catalogue;
use engine::ids::StreamId;
use engine::language::{Language, format_number};
use engine::matching::{CodeAgreement, ExchangeUnit, HazardousBy, Missing, Obstacle, Reason, Standing};
use engine::park::{Park, StreamKind};

use crate::publish::{Side, StandingWord};
use crate::wording;
use crate::words::{text, text_with};

/// Words for matching with every figure; only for somebody who may see both sides.
pub struct Reasons<'a> {
    pub language: Language,
    pub catalogue: &'a Catalogue,
    pub park: &'a Park,
}

impl Reasons<'_> {
    pub fn reason(&self, reason: &Reason) -> String {
        let language = self.language;
        match reason {
            Reason::KnownExchange { stream, used_as, limiting_quality, seen_at, agreement, .. } => text_with(
                language,
                "reason-known-exchange",
                &[
                    ("stream", stream),
                    ("use", used_as),
                    ("quality", limiting_quality),
                    ("seen", seen_at),
                    ("agreement", &text(language, agreement_key(*agreement))),
                ],
            ),
            Reason::SameCode { ewc } => text_with(language, "reason-same-code", &[("ewc", ewc)]),
            Reason::SameKind { kind } => {
                text_with(language, "reason-same-kind", &[("kind", &kind_name(language, *kind))])
            }
            Reason::WarmEnough { giver_c, taker_c, lead_k } => text_with(
                language,
                "reason-warm-enough",
                &[
                    ("giver", &self.number(*giver_c)),
                    ("taker", &self.number(*taker_c)),
                    ("lead", &self.number(*lead_k)),
                ],
            ),
            Reason::WithinLimits { substance, value, limit, unit } => text_with(
                language,
                "reason-within-limits",
                &[
                    ("substance", substance),
                    ("value", &self.number(*value)),
                    ("limit", &self.number(*limit)),
                    ("unit", unit_name(unit)),
                ],
            ),
            Reason::NoLimitStated => text(language, "reason-no-limit-stated"),
            Reason::LicensedTaker { hazardous_by, source, .. } => text_with(
                language,
                "reason-licensed-taker",
                &[("by", &text(language, hazardous_key(*hazardous_by))), ("source", source)],
            ),
            Reason::Distance { straight_km, km, reach_km: Some(reach) } => text_with(
                language,
                "reason-distance-reach",
                &[("km", &self.km(*km)), ("straight", &self.km(*straight_km)), ("reach", &self.km(*reach))],
            ),
            Reason::Distance { straight_km, km, reach_km: None } => {
                text_with(language, "reason-distance", &[("km", &self.km(*km)), ("straight", &self.km(*straight_km))])
            }
            Reason::Worth { per_unit_vnd, unit } => text_with(
                language,
                "reason-worth",
                &[("money", &wording::money(language, *per_unit_vnd)), ("unit", exchange_unit(*unit))],
            ),
            Reason::SameProduct { .. }
            | Reason::SameForm { .. }
            | Reason::FormByTreatment { .. }
            | Reason::AvailableTogether { .. }
            | Reason::SeasonsOverlap { .. } => details::reason(language, reason),
        }
    }

    pub fn obstacle(&self, obstacle: &Obstacle) -> String {
        let language = self.language;
        match obstacle {
            Obstacle::TooCold { giver_c, taker_c, needed_c } => text_with(
                language,
                "obstacle-too-cold",
                &[
                    ("giver", &self.number(*giver_c)),
                    ("taker", &self.number(*taker_c)),
                    ("needed", &self.number(*needed_c)),
                ],
            ),
            Obstacle::AboveLimit { substance, value, limit, unit } => text_with(
                language,
                "obstacle-above-limit",
                &[
                    ("substance", substance),
                    ("value", &self.number(*value)),
                    ("limit", &self.number(*limit)),
                    ("unit", unit_name(unit)),
                ],
            ),
            Obstacle::NotWorthIt { benefit_vnd, unit } => text_with(
                language,
                "obstacle-not-worth-it",
                &[("money", &wording::money(language, *benefit_vnd)), ("unit", exchange_unit(*unit))],
            ),
            Obstacle::TooFar { km, reach_km } => {
                text_with(language, "obstacle-too-far", &[("km", &self.km(*km)), ("reach", &self.km(*reach_km))])
            }
            Obstacle::HazardousUnlicensed { hazardous_by, source, .. } => text_with(
                language,
                "obstacle-hazardous-unlicensed",
                &[("by", &text(language, hazardous_key(*hazardous_by))), ("source", source)],
            ),
            Obstacle::SameEnterprise => text(language, "obstacle-same-enterprise"),
            Obstacle::NothingToExchange => text(language, "obstacle-nothing-to-exchange"),
            Obstacle::NoRelation { ewc, asked_ewc, taker_isic4, known_takers } => {
                let none = text(language, "reason-none");
                let takers: Vec<String> = known_takers.iter().map(|code| self.industry(code)).collect();
                let takers = if takers.is_empty() { none.clone() } else { takers.join("; ") };
                text_with(
                    language,
                    "obstacle-no-relation",
                    &[
                        ("ewc", ewc.as_deref().unwrap_or(&none)),
                        ("asked", asked_ewc.as_deref().unwrap_or(&none)),
                        ("taker", &self.industry(taker_isic4)),
                        ("known", &takers),
                    ],
                )
            }
            Obstacle::NoCounterpart { kind } => {
                text_with(language, "obstacle-no-counterpart", &[("kind", &kind_name(language, *kind))])
            }
            Obstacle::OtherForm { .. } | Obstacle::NotAtTheSameTime { .. } | Obstacle::SeasonsApart { .. } => {
                details::obstacle(language, obstacle)
            }
        }
    }

    pub fn missing(&self, missing: &Missing) -> String {
        let language = self.language;
        let of_stream = |key: &str, stream: &StreamId| text_with(language, key, &[("stream", &self.stream(stream))]);
        match missing {
            Missing::Content { stream, substance, unit } => text_with(
                language,
                "missing-content",
                &[("substance", substance), ("stream", &self.stream(stream)), ("unit", unit_name(unit))],
            ),
            Missing::ContentInUnit { stream, substance, found, unit } => text_with(
                language,
                "missing-content-in-unit",
                &[
                    ("substance", substance),
                    ("stream", &self.stream(stream)),
                    ("found", unit_name(found)),
                    ("unit", unit_name(unit)),
                ],
            ),
            Missing::QualityNeeded { stream } => of_stream("missing-quality-needed", stream),
            Missing::Place { enterprise } => {
                let name = self.park.enterprise(enterprise).map_or(enterprise.as_str(), |e| e.name.get(language));
                text_with(language, "missing-place", &[("enterprise", name)])
            }
            Missing::Temperature { stream } => of_stream("missing-temperature", stream),
            Missing::DisposalPrice { stream } => of_stream("missing-disposal-price", stream),
            Missing::PurchasePrice { stream } => of_stream("missing-purchase-price", stream),
            Missing::TreatmentCost { giver, taker } => text_with(
                language,
                "missing-treatment-cost",
                &[("giver", &self.stream(giver)), ("taker", &self.stream(taker))],
            ),
            Missing::WasteCodeAsked { stream } => of_stream("missing-waste-code-asked", stream),
            Missing::UsableQuantity { stream } => of_stream("missing-usable-quantity", stream),
            Missing::PlausiblePrice { giver, taker } => text_with(
                language,
                "missing-plausible-price",
                &[("giver", &self.stream(giver)), ("taker", &self.stream(taker))],
            ),
            Missing::Form { stream } => of_stream("missing-form", stream),
            Missing::FormTreatment { giver, taker } => text_with(
                language,
                "missing-form-treatment",
                &[("giver", &self.stream(giver)), ("taker", &self.stream(taker))],
            ),
        }
    }

    /// `Bã bia (Bia Mẫu 01)`
    pub fn stream(&self, id: &StreamId) -> String {
        let Some(stream) = self.park.streams.iter().find(|stream| stream.id == *id) else { return id.to_string() };
        let name = stream.name.get(self.language);
        match self.park.enterprise(&stream.enterprise) {
            Some(enterprise) => format!("{name} ({})", enterprise.name.get(self.language)),
            None => name.to_string(),
        }
    }

    fn industry(&self, isic4: &str) -> String {
        match self.catalogue.industries.get(isic4) {
            Some(label) => format!("{} ({isic4})", label.get(self.language)),
            None => isic4.to_string(),
        }
    }

    fn number(&self, value: f64) -> String {
        let decimals = if value.fract() == 0.0 { 0 } else { wording::decimals(value) };
        format_number(self.language, value, decimals)
    }

    fn km(&self, km: f64) -> String {
        format_number(self.language, km, if km < 10.0 { 2 } else { 1 })
    }
}

/// The first source in the catalogue that knows such an exchange.
pub fn seen_at(reasons: &[Reason]) -> Option<&str> {
    reasons.iter().find_map(|reason| match reason {
        Reason::KnownExchange { seen_at, .. } => Some(seen_at.as_str()),
        _ => None,
    })
}

/// Why the law behind a reason or obstacle is marked; `None` where nothing is.
pub fn is_unconfirmed(reasons: &[Reason], obstacles: &[Obstacle]) -> bool {
    reasons.iter().any(|reason| matches!(reason, Reason::LicensedTaker { unconfirmed: true, .. }))
        || obstacles.iter().any(|obstacle| matches!(obstacle, Obstacle::HazardousUnlicensed { unconfirmed: true, .. }))
}

/// A reason without its figures, for somebody who sees one side only.
pub fn coded_reason(language: Language, code: &str) -> String {
    text(language, &format!("coded-reason-{}", code.replace('_', "-")))
}

pub fn coded_obstacle(language: Language, word: &StandingWord) -> String {
    let sentence = text(language, &format!("coded-obstacle-{}", word.code.replace('_', "-")));
    with_substance(sentence, word.substance.as_deref())
}

pub fn coded_missing(language: Language, side: &Side) -> String {
    let sentence = text(language, &format!("coded-missing-{}", side.code.replace('_', "-")));
    let who = text(language, if side.is_own { "coded-side-own" } else { "coded-side-other" });
    format!("{who}: {}", with_substance(sentence, side.substance.as_deref()))
}

fn with_substance(sentence: String, substance: Option<&str>) -> String {
    match substance {
        Some(substance) => format!("{sentence} ({substance})"),
        None => sentence,
    }
}

pub fn standing(language: Language, standing: Standing) -> String {
    text(language, &format!("standing-{}", standing.code().replace('_', "-")))
}

/// Class of the style sheet for a standing.
pub fn standing_class(standing: Standing) -> &'static str {
    match standing {
        Standing::Ready => "met",
        Standing::NeedsData | Standing::NeedsAnalysis => "unknown",
    }
}

pub fn kind_name(language: Language, kind: StreamKind) -> String {
    text(language, kind_key(kind))
}

fn kind_key(kind: StreamKind) -> &'static str {
    match kind {
        StreamKind::Material => "kind-material",
        StreamKind::Water => "kind-water",
        StreamKind::Heat => "kind-heat",
    }
}

/// The kind of a link in the drawing of a network.
pub fn kind_code(kind: StreamKind) -> &'static str {
    match kind {
        StreamKind::Material => "material",
        StreamKind::Water => "water",
        StreamKind::Heat => "heat",
    }
}

pub fn exchange_unit(unit: ExchangeUnit) -> &'static str {
    match unit {
        ExchangeUnit::Tonne => "t",
        ExchangeUnit::CubicMetre => "m³",
        ExchangeUnit::MegawattHour => "MWh",
    }
}

/// A unit of composition as printed.
fn unit_name(unit: &str) -> &str {
    match unit {
        "percent" => "%",
        "m3" => "m³",
        other => other,
    }
}

fn agreement_key(agreement: CodeAgreement) -> &'static str {
    match agreement {
        CodeAgreement::Code6 => "agreement-code6",
        CodeAgreement::Code4 => "agreement-code4",
        CodeAgreement::Name => "agreement-name",
    }
}

fn hazardous_key(by: HazardousBy) -> &'static str {
    match by {
        HazardousBy::Declared => "hazardous-by-declared",
        HazardousBy::Code => "hazardous-by-code",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::has;

    /// Sentences are looked up by code; each code has one in both languages.
    #[test]
    fn every_code_has_its_sentence() {
        let reasons = [
            "known-exchange",
            "same-code",
            "same-kind",
            "warm-enough",
            "within-limits",
            "no-limit-stated",
            "licensed-taker",
            "distance",
            "worth",
            "same-product",
            "same-form",
            "form-by-treatment",
            "available-together",
            "seasons-overlap",
        ];
        let obstacles = [
            "too-cold",
            "above-limit",
            "not-worth-it",
            "too-far",
            "hazardous-unlicensed",
            "same-enterprise",
            "nothing-to-exchange",
            "no-relation",
            "no-counterpart",
            "other-form",
            "not-at-the-same-time",
            "seasons-apart",
        ];
        let missing = [
            "content",
            "content-in-unit",
            "quality-needed",
            "place",
            "temperature",
            "disposal-price",
            "purchase-price",
            "treatment-cost",
            "waste-code-asked",
            "usable-quantity",
            "plausible-price",
            "form",
            "form-treatment",
        ];
        let keys = reasons
            .iter()
            .flat_map(|code| [format!("reason-{code}"), format!("coded-reason-{code}")])
            .chain(obstacles.iter().flat_map(|code| [format!("obstacle-{code}"), format!("coded-obstacle-{code}")]))
            .chain(missing.iter().flat_map(|code| [format!("missing-{code}"), format!("coded-missing-{code}")]))
            .chain(["ready", "needs-data", "needs-analysis"].iter().map(|code| format!("standing-{code}")))
            .chain(engine::park::PhysicalForm::ALL.iter().map(|form| details::form_key(*form)));
        for key in keys {
            for language in Language::ALL {
                assert!(has(language, &key), "{key} in {}", language.code());
            }
        }
    }
}
