//! Ranking of takers: every score opens into its reasons, the weights are those that the table teaches, and what is
//! told of its quality was measured with this code.

#[path = "ranking/measure.rs"]
mod measure;
mod repository;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use engine::catalogue::Catalogue;
use engine::catalogue::ranking::Part;
use engine::matching::rank::{FoundIn, RankGround, learn_weights, mixture, read_industry, read_waste_code};
use engine::matching::{RankQuery, RankedTaker, Ranker, rank_takers};
use engine::source::Digest;
use measure::Asked;
use repository::{catalogue, files_below, text};

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(catalogue);

fn rank(giver: &str, ewc: Option<&str>, words: &str, top: usize) -> Vec<RankedTaker> {
    rank_takers(&CATALOGUE, giver, ewc, words, top)
}

fn codes(takers: &[RankedTaker]) -> Vec<&str> {
    takers.iter().map(|taker| taker.isic4.as_str()).collect()
}

#[test]
fn every_class_has_a_score_and_every_score_is_the_sum_of_its_reasons() {
    for (giver, ewc, words) in [
        ("3510", Some("100102"), "coal fly ash"),
        ("1020", None, "vỏ tôm"),
        ("62", Some("999999"), ""),
        ("", None, "?"),
    ] {
        let ranked = rank(giver, ewc, words, usize::MAX);
        assert_eq!(ranked.len(), 419, "{giver} {words}");
        assert_eq!(codes(&ranked).into_iter().collect::<BTreeSet<_>>().len(), 419);
        let whole: f64 = ranked.iter().map(|taker| taker.score).sum();
        assert!((whole - 1.0).abs() < 1e-9, "{whole}");
        assert!(ranked.windows(2).all(|pair| pair[0].score >= pair[1].score));
        for taker in &ranked {
            let shares: f64 = taker.reasons.iter().map(|reason| reason.share).sum();
            assert!((shares - taker.score).abs() < 1e-12, "{taker:?}");
            assert!(taker.reasons.windows(2).all(|pair| pair[0].share >= pair[1].share));
        }
        assert_eq!(rank(giver, ewc, words, 3), ranked[..3]);
    }
    assert!(rank("3510", None, "ash", 0).is_empty());
}

#[test]
fn reasons_name_the_row_the_words_and_the_source() {
    let ranked = rank("3510", Some("100102"), "Coal fly ash", 3);
    let cement = ranked.iter().find(|taker| taker.isic4 == "2394").expect("cement works take fly ash");
    let precedent = cement.reasons.iter().find_map(|reason| match &reason.ground {
        RankGround::KnownExchange { id: 1, seen_at, ewc_digits, giver_isic_digits, words, .. } => {
            Some((seen_at.as_str(), *ewc_digits, *giver_isic_digits, words.join(" ")))
        }
        _ => None,
    });
    assert_eq!(
        precedent,
        Some(("Kalundborg, Jacobsen 2006; Notarnicola 2016", 6, 4, "ash coal fly".to_string())),
        "{cement:?}"
    );
    let by_words = cement.reasons.iter().any(|reason| {
        matches!(&reason.ground, RankGround::MaterialUse { material, words, found_in: FoundIn::Text, unconfirmed: true, source, .. }
            if material == "fly-ash" && words == "coal fly ash" && source == "from memory")
    });
    assert!(by_words, "{cement:?}");
}

#[test]
fn both_languages_lead_to_the_same_takers() {
    for (vi, en) in
        [("Tro bay", "fly ash"), ("BÃ MÍA", "bagasse"), ("xi lo cao", "Blast furnace slag"), ("Lốp thải", "used tires")]
    {
        let [vi, en] = [vi, en].map(|words| rank("1072", None, words, 3));
        assert_eq!(codes(&vi)[0], codes(&en)[0]);
    }
    // Decomposed accents, odd spaces and a very long text are only words.
    assert_eq!(codes(&rank("1072", None, "  ba\u{0303}  mi\u{0301}a ", 3)), codes(&rank("1072", None, "bã mía", 3)));
    assert_eq!(rank("1072", None, &"ash ".repeat(100_000), 2).len(), 2);
}

#[test]
fn industries_outside_the_table_are_reached() {
    let seen: BTreeSet<&str> = CATALOGUE.known_exchanges.iter().map(|known| known.taker_isic4.as_str()).collect();
    for (giver, words, taker) in [
        ("2029", "crude glycerine", "2023"),
        ("3830", "PET flakes", "2030"),
        ("1061", "rice straw", "0113"),
        ("3700", "reclaimed water", "3600"),
        ("2610", "printed circuit boards", "3830"),
    ] {
        let ranked = rank(giver, None, words, 5);
        assert!(codes(&ranked).contains(&taker), "{words}: {:?}", codes(&ranked));
    }
    assert!(!seen.contains("2023") && !seen.contains("2030") && !seen.contains("3830"));
}

#[test]
fn codes_are_read_as_people_write_them() {
    let waste = |asked: &str| read_waste_code(asked, &CATALOGUE);
    for asked in ["100102", "10 01 02", " 10.01.02* ", "10-01-02", "10 01\u{a0}02 *"] {
        assert_eq!(waste(asked).as_deref(), Some("100102"), "{asked:?}");
    }
    assert_eq!(waste("1001").as_deref(), Some("1001"));
    for asked in ["", "1", "10010", "999999", "ash", "1001021"] {
        assert_eq!(waste(asked), None, "{asked:?}");
    }
    let industry = |asked: &str| read_industry(asked, &CATALOGUE);
    for (asked, expected) in [("3510", "3510"), (" C1072 ", "1072"), ("35101", "3510"), ("10", "10"), ("1076", "107")] {
        assert_eq!(industry(asked).as_deref(), Some(expected), "{asked}");
    }
    for asked in ["", "C", "9", "0000", "A1072", "cement"] {
        assert_eq!(industry(asked), None, "{asked}");
    }
}

/// Fails when known exchanges or words change and nobody learnt the weights again.
#[test]
fn the_learnt_weights_are_what_the_table_teaches() {
    let weights = &CATALOGUE.ranking.weights;
    let learnt: Vec<Part> = weights.iter().filter(|(_, weight)| weight.learnt).map(|(part, _)| *part).collect();
    let known: Vec<_> = CATALOGUE.known_exchanges.iter().collect();
    let taught = learn_weights(&CATALOGUE, &known, &learnt);
    for (part, value) in &taught {
        assert!((value - weights[part].value).abs() < 0.001, "ranking_weights.csv, {}: {taught:.3?}", part.code());
    }
}

#[test]
fn what_is_known_from_memory_says_so_and_serves() {
    let ranking = &CATALOGUE.ranking;
    let named: BTreeSet<&String> = ranking.materials.values().flat_map(|material| &material.uses).collect();
    assert_eq!(named.len(), ranking.uses.len(), "a use that no material has");
    assert!(ranking.materials.values().all(|material| material.unconfirmed == (material.source == "from memory")));
    assert!(ranking.uses.values().all(|used| used.unconfirmed == (used.source == "from memory")));
    assert_eq!(ranking.materials.values().filter(|material| material.unconfirmed).count(), 193);
    assert_eq!(ranking.uses.values().filter(|used| used.unconfirmed).count(), 105);
}

/// `docs/methods/ranking.md` adds one score up, part by part.
#[test]
fn the_worked_example_is_what_is_computed() {
    let query = RankQuery { giver_isic4: "1072", ewc: Some("020499"), text: "bã mía" };
    let ranker = Ranker::new(&CATALOGUE);
    let weights = mixture(&CATALOGUE.ranking.weights);
    let shares = ranker.shares_of(&query, "1701");
    let speaking: f64 = shares.keys().map(|part| weights[part]).sum();
    let mut lines = Vec::new();
    let mut score = 0.0;
    for (part, share) in &shares {
        // A sum of nothing is −0.
        let (weight, share) = (weights[part] / speaking, share.abs());
        score += weight * share;
        lines.push(format!("| `{}` | {weight:.3} | {share:.3} | {:.3} |", part.code(), weight * share));
    }
    lines.push(format!("| sum | 1 |  | {score:.3} |"));
    let told = ranker.rank(&query, 419).into_iter().find(|taker| taker.isic4 == "1701").expect("a class");
    assert!((told.score - score).abs() < 1e-9);
    let page = text("docs/methods/ranking.md");
    assert!(page.contains(&lines.join("\n")), "docs/methods/ranking.md should say\n{}", lines.join("\n"));
}

/// `./run bench matching` measures again.
#[test]
fn the_recorded_figures_were_measured_with_this_code() {
    let recorded: serde_json::Value = serde_json::from_str(&text("docs/figures/matching.json")).expect("JSON");
    assert_eq!(
        recorded["figures"]["digest"].as_str(),
        Some(digest().as_str()),
        "docs/figures/matching.json is stale: ./run bench matching"
    );
}

/// What decides the figures: the ranker, how it is measured, the tables.
fn digest() -> Digest {
    let mut paths =
        vec!["crates/engine/src/matching/rank.rs".to_string(), "crates/engine/tests/ranking/measure.rs".to_string()];
    paths.extend(files_below("crates/engine/src/matching/rank"));
    for table in [
        "known_exchanges",
        "stream_words",
        "material_uses",
        "ranking_weights",
        "codes/isic4",
        "codes/vsic2007",
        "codes/ewc",
    ] {
        paths.push(format!("catalogue/{table}.csv"));
    }
    Digest::of_value(&paths.iter().map(|path| (path, text(path))).collect::<Vec<_>>())
}

/// `./run bench matching [HELD_BACK.csv]`.
#[test]
#[ignore = "measured by ./run bench matching"]
fn how_well_takers_are_ranked() {
    let split = measure::figures(&measure::split_by_place(&CATALOGUE));
    println!("{}", measure::printed("known exchanges, split by place", &split));
    let held_back = std::env::var("CONGSINH_RANKING_HELD_BACK").ok().filter(|path| !path.is_empty()).map(|path| {
        let figures = measure::figures(&measure::held_back(&CATALOGUE, read_asked(&path)));
        println!("{}", measure::printed("held back", &figures));
        figures
    });
    if let Ok(path) = std::env::var("CONGSINH_RANKING_OUT") {
        let figures = serde_json::json!({ "digest": digest(), "split_by_place": split, "held_back": held_back });
        std::fs::write(&path, figures.to_string()).unwrap_or_else(|error| panic!("{path}: {error}"));
    }
}

/// A file with the columns of `known_exchanges.csv`, of which giver, code, stream, taker and source are read.
fn read_asked(path: &str) -> Vec<Asked> {
    let mut reader = csv::Reader::from_path(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let headers = reader.headers().unwrap_or_else(|error| panic!("{path}: {error}")).clone();
    let column = |name: &str| {
        headers.iter().position(|header| header == name).unwrap_or_else(|| panic!("{path}: no column {name}"))
    };
    let [giver, ewc, stream, taker, source] = ["giver_isic4", "ewc6", "stream", "taker_isic4", "source"].map(column);
    let rows = reader.records().map(|row| row.unwrap_or_else(|error| panic!("{path}: {error}")));
    rows.map(|row| Asked {
        place: row[source].to_string(),
        giver_isic4: row[giver].to_string(),
        ewc: read_waste_code(&row[ewc], &CATALOGUE),
        text: row[stream].to_string(),
        taker_isic4: row[taker].to_string(),
    })
    .collect()
}

#[test]
fn one_ranker_answers_many_queries_alike() {
    let ranker = Ranker::new(&CATALOGUE);
    let query = RankQuery { giver_isic4: "1072", ewc: Some("020499"), text: "bagasse" };
    assert_eq!(ranker.rank(&query, 5), rank("1072", Some("020499"), "bagasse", 5));
}
