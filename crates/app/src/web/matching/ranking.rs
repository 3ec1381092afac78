//! The industries that could take a stream which found nobody in the park, and how far that ranking is to be trusted.

use engine::catalogue::Catalogue;
use engine::ids::StreamId;
use engine::matching::{RankQuery, RankedTaker};
use engine::park::{Direction, Park, Stream, StreamKind};
use engine::period::parse_date;

use crate::page::Page;
use crate::ranking::{Interval, Measured, MethodFigures, ranker, recorded};
use crate::wording::ranking as words;

/// Takers shown for a stream, and reasons shown for a taker.
const TAKERS: usize = 5;
const REASONS: usize = 4;

pub struct TakerRow {
    pub industry: String,
    pub score: String,
    pub reasons: Vec<String>,
}

/// How good the ranking was when it was last measured.
pub struct Quality {
    pub finding: String,
    pub tables: Vec<QualityTable>,
    pub source: String,
}

pub struct QualityTable {
    pub title: String,
    pub rows: Vec<QualityRow>,
}

pub struct QualityRow {
    pub method: String,
    pub cells: Vec<String>,
}

/// Empty for what is taken, and for water and heat, where quality and distance decide and not the industry.
pub fn likely_takers(page: &Page, catalogue: &'static Catalogue, park: &Park, stream: &StreamId) -> Vec<TakerRow> {
    let given = |stream: &&Stream| stream.direction == Direction::Give && stream.kind == StreamKind::Material;
    let Some(stream) = park.streams.iter().find(|other| other.id == *stream).filter(given) else { return Vec::new() };
    let Some(giver) = park.enterprise(&stream.enterprise) else { return Vec::new() };
    // Names are written in two languages, and either may be the telling one.
    let text = format!("{}. {}", stream.name.en, stream.name.vi);
    let query = RankQuery { giver_isic4: &giver.isic4, ewc: stream.ewc.as_deref(), text: &text };
    let takers = ranker(catalogue).rank(&query, TAKERS);
    takers.iter().map(|taker| taker_row(page, catalogue, taker)).collect()
}

fn taker_row(page: &Page, catalogue: &Catalogue, taker: &RankedTaker) -> TakerRow {
    let name = catalogue.industries.get(&taker.isic4).map_or("", |label| label.get(page.language));
    let reasons = taker.reasons.iter().take(REASONS);
    TakerRow {
        industry: format!("{name} ({})", taker.isic4),
        score: page.n(100.0 * taker.score, 0),
        reasons: reasons.map(|reason| words::reason(page.language, catalogue, reason)).collect(),
    }
}

/// `None` where no figures can be read; a test keeps them readable.
pub fn quality(page: &Page) -> Option<Quality> {
    let recorded = recorded().ok()?;
    let split = &recorded.figures.split_by_place;
    let mut tables = vec![table(page, "ranking-table-split", split)];
    tables.extend(recorded.figures.held_back.iter().map(|measured| table(page, "ranking-table-held-back", measured)));
    let date = parse_date(&recorded.date).map_or_else(|| recorded.date.clone(), |date| page.date(&date));
    Some(Quality {
        finding: match &recorded.figures.held_back {
            Some(measured) => told(page, "ranking-quality-held-back", measured)?,
            None => told(page, "ranking-quality-split", split)?,
        },
        tables,
        source: page.t2("ranking-source", "command", &recorded.command, "date", date),
    })
}

fn told(page: &Page, key: &str, measured: &Measured) -> Option<String> {
    let percent = |value: f64| page.n(100.0 * value, 0);
    let hit = |method: &str| Some(measured.method(method)?.hit_5);
    let (whole, learnt, forgetting) = (hit("ranker")?, hit("learnt")?, hit("forgetting")?);
    Some(crate::words::text_with(
        page.language,
        key,
        &[
            ("n", &page.count(measured.n)),
            ("places", &page.count(measured.places)),
            ("whole", &percent(whole.value)),
            ("low", &percent(whole.low)),
            ("high", &percent(whole.high)),
            ("learnt", &percent(learnt.value)),
            ("forgetting", &percent(forgetting.value)),
        ],
    ))
}

fn table(page: &Page, key: &str, measured: &Measured) -> QualityTable {
    let title = page.t2(key, "n", page.count(measured.n), "places", page.count(measured.places));
    QualityTable { title, rows: measured.methods.iter().map(|figures| row(page, figures)).collect() }
}

fn row(page: &Page, figures: &MethodFigures) -> QualityRow {
    let percent = |interval: Interval| {
        let [value, low, high] = [interval.value, interval.low, interval.high].map(|share| page.n(100.0 * share, 0));
        format!("{value} ({low} – {high})")
    };
    let [value, low, high] = [figures.mrr.value, figures.mrr.low, figures.mrr.high].map(|mean| page.n(mean, 2));
    let mut cells = [figures.hit_1, figures.hit_3, figures.hit_5, figures.hit_10].map(percent).to_vec();
    cells.push(format!("{value} ({low} – {high})"));
    QualityRow { method: page.t(&format!("ranking-method-{}", figures.method)), cells }
}
