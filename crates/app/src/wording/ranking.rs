//! Why an industry stands where it stands among the takers of a stream: in sentences.

use engine::catalogue::Catalogue;
use engine::language::{Language, format_number};
use engine::matching::rank::{FoundIn, RankGround, RankReason};

use crate::words::{text, text_with};

/// A reason with its share of the score, in per cent.
pub fn reason(language: Language, catalogue: &Catalogue, reason: &RankReason) -> String {
    let share = format_number(language, 100.0 * reason.share, 1);
    text_with(
        language,
        "ranking-reason",
        &[("reason", &ground(language, catalogue, &reason.ground)), ("share", &share)],
    )
}

fn ground(language: Language, catalogue: &Catalogue, ground: &RankGround) -> String {
    match ground {
        RankGround::MaterialUse { material, used_as, words, found_in, unconfirmed, .. } => {
            let ranking = &catalogue.ranking;
            let material = ranking.materials.get(material).map(|known| known.label()).unwrap_or_default();
            let used_as = ranking.uses.get(used_as).map_or(used_as.as_str(), |known| known.label.get(language));
            let key = match found_in {
                FoundIn::Text => "ranking-use-text",
                FoundIn::WasteCode => "ranking-use-waste-code",
            };
            let sentence =
                text_with(language, key, &[("words", words), ("material", material.get(language)), ("use", used_as)]);
            if *unconfirmed { format!("{sentence} [{}]", text(language, "unconfirmed")) } else { sentence }
        }
        RankGround::KnownExchange { id, stream, used_as, seen_at, ewc_digits, giver_isic_digits, words } => {
            let agreement = agreement(language, *ewc_digits, *giver_isic_digits, words);
            text_with(
                language,
                "ranking-known",
                &[
                    ("id", &id.to_string()),
                    ("stream", stream),
                    ("use", used_as),
                    ("seen", seen_at),
                    ("agreement", &agreement),
                ],
            )
        }
        RankGround::SameIndustry => text(language, "ranking-same-industry"),
        RankGround::IndustryName { words } => {
            text_with(language, "ranking-industry-name", &[("words", &words.join(", "))])
        }
        RankGround::Popular { rows, of } => {
            text_with(language, "ranking-popular", &[("rows", &rows.to_string()), ("of", &of.to_string())])
        }
        RankGround::Neighbours { division, rows, of } => text_with(
            language,
            "ranking-neighbours",
            &[("division", division), ("rows", &rows.to_string()), ("of", &of.to_string())],
        ),
        RankGround::Any => text(language, "ranking-any"),
    }
}

/// What the stream and the known one have in common.
fn agreement(language: Language, ewc_digits: usize, giver_digits: usize, words: &[String]) -> String {
    let mut parts = Vec::new();
    if ewc_digits >= 2 {
        parts.push(text_with(language, "ranking-agrees-code", &[("digits", &ewc_digits.to_string())]));
    }
    if giver_digits >= 2 {
        parts.push(text_with(language, "ranking-agrees-giver", &[("digits", &giver_digits.to_string())]));
    }
    if !words.is_empty() {
        parts.push(text_with(language, "ranking-agrees-words", &[("words", &words.join(", "))]));
    }
    if parts.is_empty() { text(language, "ranking-agrees-no-code") } else { parts.join("; ") }
}
