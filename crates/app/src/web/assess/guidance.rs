//! What helps a park to meet a criterion, and what other texts of law say about its subject: on the page of a criterion,
//! and as a map of criteria against texts for those who write law.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use engine::catalogue::Catalogue;
use engine::catalogue::frameworks::Criterion;
use engine::catalogue::guidance::{CostClass, Guidance, LegalField, LegalLink, Relation};

use crate::error::AppError;
use crate::page::{Page, html};
use crate::state::App;
use crate::web::frame::Choice;
use crate::wording;

/// Guidance in the reader's language.
pub struct Guide {
    pub meaning: String,
    pub convincing: String,
    pub example: String,
    /// What is typically done, each with its class of cost.
    pub actions: Vec<(String, String)>,
    pub source: String,
    pub unconfirmed: bool,
}

/// What one text says about a criterion.
pub struct Link {
    pub relation: String,
    pub text: String,
    pub place: String,
    pub why: String,
    pub source: String,
    pub unconfirmed: bool,
}

/// The guidance of a criterion, or of the row whose place it takes.
pub fn guide(catalogue: &Catalogue, page: &Page, criterion: &Criterion) -> Option<Guide> {
    let of_former = || criterion.replaces.as_ref().and_then(|id| catalogue.guidance.get(id));
    let Guidance { meaning, convincing, example, actions, source, unconfirmed } =
        catalogue.guidance.get(&criterion.id).or_else(of_former)?;
    Some(Guide {
        meaning: page.label(meaning).to_string(),
        convincing: page.label(convincing).to_string(),
        example: page.label(example).to_string(),
        actions: actions
            .iter()
            .map(|action| (page.label(&action.label).to_string(), page.t(cost_key(action.cost))))
            .collect(),
        source: source.clone(),
        unconfirmed: *unconfirmed,
    })
}

fn cost_key(cost: CostClass) -> &'static str {
    match cost {
        CostClass::Paper => "guidance-cost-paper",
        CostClass::Low => "guidance-cost-low",
        CostClass::Medium => "guidance-cost-medium",
        CostClass::High => "guidance-cost-high",
    }
}

fn relation_key(relation: Relation) -> &'static str {
    match relation {
        Relation::Supports => "law-supports",
        Relation::Repeats => "law-repeats",
        Relation::Contradicts => "law-contradicts",
    }
}

fn field_key(field: LegalField) -> &'static str {
    match field {
        LegalField::Parks => "law-field-parks",
        LegalField::Environment => "law-field-environment",
        LegalField::Energy => "law-field-energy",
        LegalField::Industry => "law-field-industry",
        LegalField::Labour => "law-field-labour",
    }
}

/// Everything that other texts say about a criterion.
pub fn links(catalogue: &Catalogue, page: &Page, criterion: &Criterion) -> Vec<Link> {
    let of_it = catalogue.legal_links.iter().filter(|link| link.criterion == criterion.id);
    of_it.map(|found| link(catalogue, page, found)).collect()
}

fn link(catalogue: &Catalogue, page: &Page, link: &LegalLink) -> Link {
    let text = catalogue.legal_texts.get(&link.text);
    Link {
        relation: page.t(relation_key(link.relation)),
        text: text.map_or_else(|| link.text.clone(), |text| page.label(&text.label).to_string()),
        place: link.place.clone(),
        why: page.label(&link.why).to_string(),
        source: link.source.clone(),
        unconfirmed: link.unconfirmed || text.is_none_or(|text| text.unconfirmed),
    }
}

#[derive(Template)]
#[template(path = "law_map.html")]
struct LawMap {
    page: Page,
    first_line: String,
    frameworks: Vec<Choice>,
    texts: Vec<Text>,
    rows: Vec<MapRow>,
    /// Criteria that no text speaks of.
    silent: String,
}

/// A text as a column of the map.
struct Text {
    label: String,
    field: String,
    source: String,
    unconfirmed: bool,
    counts: [usize; 3],
}

struct MapRow {
    id: String,
    label: String,
    links: Vec<Link>,
}

pub async fn law_map(State(app): State<App>, page: Page) -> Result<Response, AppError> {
    let catalogue = app.whole_catalogue().await?;
    let framework = catalogue.frameworks.get(&page.framework()).ok_or(AppError::NotFound)?;
    let row = |criterion: &Criterion| MapRow {
        id: criterion.id.to_string(),
        label: page.label(&criterion.label).to_string(),
        links: links(&catalogue, &page, criterion),
    };
    let (rows, silent): (Vec<MapRow>, Vec<MapRow>) =
        framework.criteria.iter().map(row).partition(|row| !row.links.is_empty());
    let of_framework: Vec<&LegalLink> =
        catalogue.legal_links.iter().filter(|link| framework.criterion(&link.criterion).is_some()).collect();
    let count = |relation| of_framework.iter().filter(|link| link.relation == relation).count();
    let texts = catalogue.legal_texts.iter().map(|(code, text)| Text {
        label: page.label(&text.label).to_string(),
        field: page.t(field_key(text.field)),
        source: text.source.clone(),
        unconfirmed: text.unconfirmed,
        counts: [Relation::Supports, Relation::Repeats, Relation::Contradicts]
            .map(|relation| of_framework.iter().filter(|link| link.text == *code && link.relation == relation).count()),
    });
    html(&LawMap {
        first_line: page.t3(
            "law-first",
            "supports",
            page.count(count(Relation::Supports)),
            "repeats",
            page.count(count(Relation::Repeats)),
            "contradicts",
            page.count(count(Relation::Contradicts)),
        ),
        frameworks: catalogue
            .frameworks
            .keys()
            .map(|id| Choice {
                value: id.to_string(),
                name: wording::framework(&catalogue, page.language, id),
                is_chosen: *id == framework.id,
            })
            .collect(),
        texts: texts.collect(),
        silent: silent.iter().map(|row| row.id.as_str()).collect::<Vec<_>>().join(", "),
        rows,
        page,
    })
}
