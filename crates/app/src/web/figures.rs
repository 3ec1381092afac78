//! Where a number comes from: the records, answers and factors behind a total, a claim or a criterion. As a page, and
//! as the part of it that a dialog shows.

mod claim;
mod criterion;
mod form_row;
pub mod publish;
pub mod table;
mod total;

use askama::Template;
use axum::response::Response;
use engine::ids::{CriterionId, EnterpriseId, FrameworkId, MeasureId, ParkId, ResourceId};
use engine::source::{Basis, Run};

use crate::auth::Sight;
use crate::error::AppError;
use crate::page::{Page, escape, html};
use crate::state::{App, ParkView};
use crate::web::frame::ParkFrame;
use crate::web::routes::{Routes, Rule};
use crate::wording;

pub use criterion::{indicator_of, may_show_amounts};
use table::Table;

pub fn routes() -> Routes {
    Routes::new()
        .get("/parks/{park}/figures/total/{resource}", Rule::Park, total::show)
        .get("/parks/{park}/figures/claim/{measure}", Rule::Measure, claim::show)
        .get("/parks/{park}/figures/criterion/{framework}/{criterion}", Rule::Park, criterion::show)
        .get("/parks/{park}/forms/{form}/rows/{field}", Rule::ParkForm, form_row::show)
        .get("/parks/{park}/enterprises/{enterprise}/forms/{form}/rows/{field}", Rule::EnterpriseForm, form_row::show)
}

/// The small mark beside a number: how it was obtained, with the way to its provenance.
#[derive(Template)]
#[template(path = "figure_mark.html")]
pub struct Mark {
    class: &'static str,
    word: String,
    href: String,
    /// What the number is of; for those who hear links read out one after another.
    about: String,
}

impl Mark {
    pub fn new(page: &Page, basis: Basis, href: String, about: impl Into<String>) -> Mark {
        Mark { class: basis.code(), word: wording::basis(page.language, basis), href, about: about.into() }
    }
}

pub fn total_href(page: &Page, park: &ParkId, resource: &ResourceId, enterprise: Option<&EnterpriseId>) -> String {
    let address = page.at(&format!("/parks/{park}/figures/total/{}", escape(resource.as_str())));
    match enterprise {
        None => address,
        Some(enterprise) => with_pair(address, "enterprise", enterprise.as_str()),
    }
}

pub fn claim_href(page: &Page, park: &ParkId, measure: &MeasureId) -> String {
    page.at(&format!("/parks/{park}/figures/claim/{}", escape(measure.as_str())))
}

pub fn criterion_href(page: &Page, park: &ParkId, framework: &FrameworkId, criterion: &CriterionId) -> String {
    let (framework, criterion) = (escape(framework.as_str()), escape(criterion.as_str()));
    page.at(&format!("/parks/{park}/figures/criterion/{framework}/{criterion}"))
}

/// An address with one more pair in its query.
pub fn with_pair(address: String, name: &str, value: &str) -> String {
    let joint = if address.contains('?') { '&' } else { '?' };
    format!("{address}{joint}{name}={}", escape(value))
}

/// The name of an enterprise for those who may see it.
pub fn name_of(page: &Page, view: &ParkView, id: &EnterpriseId) -> Option<String> {
    let may_see = match &view.sight {
        Sight::Whole => true,
        Sight::Own(own) => own == id,
        Sight::Totals | Sight::Registry => false,
    };
    let enterprise = view.computed.park.enterprise(id).filter(|_| may_see)?;
    Some(enterprise.name.get(page.language).to_string())
}

/// What a provenance page says.
#[derive(Default)]
struct Figure {
    title: String,
    finding: String,
    facts: Vec<Fact>,
    notes: Vec<String>,
    tables: Vec<(String, Table)>,
}

struct Fact {
    name: String,
    text: String,
    href: Option<String>,
    /// Why this could not be checked; empty when it was.
    unconfirmed: String,
}

impl Figure {
    fn fact(&mut self, name: String, text: impl Into<String>) {
        self.facts.push(Fact { name, text: text.into(), href: None, unconfirmed: String::new() });
    }

    fn link(&mut self, name: String, text: impl Into<String>, href: String) {
        self.facts.push(Fact { name, text: text.into(), href: Some(href), unconfirmed: String::new() });
    }

    fn sourced(&mut self, page: &Page, name: String, text: impl Into<String>, unconfirmed: bool) {
        let unconfirmed = if unconfirmed { page.t("unconfirmed-why") } else { String::new() };
        self.facts.push(Fact { name, text: text.into(), href: None, unconfirmed });
    }

    /// What made the number: the same inputs give it again.
    fn run(&mut self, page: &Page, run: &Run) {
        self.fact(page.t("figure-as-of"), page.date(&run.as_of));
        self.fact(page.t("figure-inputs"), run.inputs.short());
        self.fact(page.t("figure-catalogue"), run.catalogue.short());
        self.fact(page.t("figure-engine"), run.engine.clone());
    }

    fn answer(self, app: &App, page: Page, view: &ParkView) -> Result<Response, AppError> {
        let figure = self;
        if page.is_fragment {
            return html(&FigurePart { page, figure });
        }
        let frame = ParkFrame::of(app, &page, view, "");
        html(&FigurePage { page, frame, figure })
    }
}

#[derive(Template)]
#[template(path = "figure.html")]
struct FigurePage {
    page: Page,
    frame: ParkFrame,
    figure: Figure,
}

#[derive(Template)]
#[template(path = "figure_part.html")]
struct FigurePart {
    page: Page,
    figure: Figure,
}
