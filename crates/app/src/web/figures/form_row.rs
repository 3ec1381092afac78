//! The provenance of a row of a state form: the records, claims, exchanges or other rows behind its value.

use std::collections::BTreeMap;

use axum::extract::{Path as UrlPath, State};
use axum::response::Response;
use engine::ids::{EnterpriseId, FieldId, FrameworkId};
use engine::park::{EnterpriseRole, Park};
use engine::report::forms::{Content, FilledField, FilledForm, Origin};
use store::FormAt;

use super::table::{Cell, Column, Table};
use super::{Figure, claim_href, criterion_href, name_of, total_href};
use crate::error::AppError;
use crate::forms::{Standing, standing};
use crate::page::Page;
use crate::state::{App, ParkView};
use crate::web::forms;
use crate::web::frame;
use crate::wording::{self, Names, form as words};

pub async fn show(
    State(app): State<App>,
    page: Page,
    UrlPath(names): UrlPath<BTreeMap<String, String>>,
) -> Result<Response, AppError> {
    let (key, at) = forms::place(&app, &page, &names).await?;
    let standing = standing(&app, &page.user, &key, at).await?;
    let form = standing.form.as_ref().ok_or(AppError::NotFound)?;
    let id = FieldId::new(names.get("field").ok_or(AppError::NotFound)?);
    let row = form.field(&id).ok_or(AppError::NotFound)?;
    let view = frame::view_of_records(&app, &page, key.id.as_str()).await?;
    Row { app: &app, page: &page, view: &view, standing: &standing, form, row }.figure().answer(&app, page, &view)
}

struct Row<'a> {
    app: &'a App,
    page: &'a Page,
    view: &'a ParkView,
    standing: &'a Standing,
    form: &'a FilledForm,
    row: &'a FilledField,
}

impl Row<'_> {
    fn figure(&self) -> Figure {
        let (page, language) = (self.page, self.page.language);
        let names = Names { language, catalogue: self.app.catalogue, park: Some(self.park()) };
        let value = words::content(&names, self.form, &self.row.content);
        let unit = words::unit(language, &self.row.field.unit);
        let told = match (&self.row.content, unit.is_empty()) {
            (Content::Filled { .. }, false) => format!("{value} {unit}"),
            _ => value,
        };
        let mut figure =
            Figure { title: words::field_name(language, &self.row.field), finding: told.clone(), ..Figure::default() };
        figure.link(page.t("form-form"), format!("{} · {}", self.form.number, self.form.year), self.form_href());
        figure.fact(page.t("form-value"), told);
        if let Some(over) = &self.row.overridden {
            let before = words::content(&names, self.form, &over.before);
            figure.notes.push(page.t2("form-overridden", "before", before, "reason", &over.reason));
        }
        // What was overridden keeps the origin of what it replaced.
        let content = self.row.overridden.as_ref().map_or(&self.row.content, |over| &over.before);
        if let Content::Filled { origin, .. } = content {
            figure.fact(page.t("form-origin"), words::origin(language, origin));
            figure.fact(page.t("form-data-of"), (self.form.year - 1).to_string());
            self.behind(&mut figure, origin);
        }
        for warning in self.form.warnings.iter().filter(|one| *one.field() == self.row.field.id) {
            figure.notes.push(words::warning_of_row(&names, self.form, warning));
        }
        figure.run(page, &self.view.computed.report.run);
        figure
    }

    fn park(&self) -> &Park {
        &self.view.computed.park
    }

    fn form_href(&self) -> String {
        forms::address(self.page, &self.standing.at, "")
    }

    /// The year whose data the form uses, whatever the page shows otherwise.
    fn of_data_year(&self, address: String) -> String {
        let has_period = self.page.query.contains_key("period");
        if has_period { address } else { super::with_pair(address, "period", &(self.form.year - 1).to_string()) }
    }

    fn behind(&self, figure: &mut Figure, origin: &Origin) {
        let page = self.page;
        match origin {
            Origin::Particulars => {
                let developer = self.park().enterprises.iter().find(|one| one.role == EnterpriseRole::Developer);
                let enterprise = self.form.enterprise.as_ref().or(developer.map(|one| &one.id));
                if let Some((id, name)) = enterprise.and_then(|id| Some((id, name_of(page, self.view, id)?))) {
                    figure.link(page.t("figure-enterprise"), name, self.enterprise_href(id));
                }
            }
            Origin::Register { metric } => figure.fact(page.t("form-register"), metric.clone()),
            Origin::Typed => {
                if let Some((by, _)) = self.standing.entries.written.get(&self.row.field.id) {
                    figure.fact(page.t("form-written-by"), by.clone());
                }
            }
            Origin::Records { lines } => {
                figure.fact(page.t("form-records"), page.count(lines.len()));
                self.records(figure);
            }
            Origin::Criterion { criterion } => {
                let framework = FrameworkId::new("vn-circular-05-2025");
                let href = self.of_data_year(criterion_href(page, &self.view.key.id, &framework, criterion));
                figure.link(page.t("report-criterion"), criterion.to_string(), href);
            }
            Origin::Claims { .. } | Origin::Measures { .. } => self.measures(figure, origin),
            Origin::Exchanges { exchanges } => {
                let all = self.park().exchanges.iter().filter(|one| exchanges.contains(&one.id));
                let rows = all.map(|one| {
                    let part = self.row.parts.iter().find(|part| part.exchange == one.id);
                    let amount = part.map_or_else(String::new, |part| words::number(page.language, part.amount));
                    let since = one.since.map_or_else(|| "–".to_string(), |since| page.date(&since));
                    [one.id.to_string(), self.name(&one.giver), self.name(&one.taker), since, amount]
                });
                let columns = ["form-exchange", "report-giver", "report-taker", "form-since", "form-part-of"];
                self.list(
                    figure,
                    "exchanges",
                    "form-origin-exchanges",
                    &columns,
                    rows.map(|row| row.map(Cell::text).into()),
                );
            }
            Origin::Formula { fields } => {
                let rows = fields.iter().filter_map(|id| self.form.field(id)).map(|row| {
                    let value = row.value().map_or_else(|| "?".to_string(), |value| words::value(page.language, value));
                    vec![Cell::text(words::field_name(page.language, &row.field)), Cell::text(value)]
                });
                self.list(figure, "formula", "form-origin-formula", &["form-row", "form-value"], rows);
            }
            Origin::Forms { enterprises } => {
                let at = &self.standing.at;
                let rows = enterprises.iter().map(|id| {
                    let href = self.reporting_form().map_or_else(String::new, |form| {
                        let of = FormAt { enterprise: Some(id.clone()), form: form.id.clone(), ..at.clone() };
                        forms::address(page, &of, "")
                    });
                    vec![Cell::link(self.name(id), href)]
                });
                self.list(figure, "forms", "form-origin-forms", &["form-enterprise"], rows);
            }
        }
    }

    /// The form on which enterprises report the quantity of this row.
    fn reporting_form(&self) -> Option<&engine::catalogue::forms::Form> {
        let asks = |form: &&engine::catalogue::forms::Form| {
            form.id != self.form.form && form.fields.iter().any(|field| field.metric == self.row.field.metric)
        };
        self.app.catalogue.forms.values().find(asks)
    }

    /// The totals of what an enterprise made.
    fn records(&self, figure: &mut Figure) {
        let Some(enterprise) = &self.form.enterprise else { return };
        let made = self.view.computed.report.balance.sites.get(enterprise);
        let products = made.into_iter().flatten().filter(|(_, total)| total.flow == engine::catalogue::Flow::Product);
        for (resource, _) in products {
            let name = self
                .app
                .catalogue
                .resource(resource)
                .map_or_else(|| resource.to_string(), |row| row.label.get(self.page.language).to_string());
            let href = total_href(self.page, &self.view.key.id, resource, Some(enterprise));
            figure.link(self.page.t("figure-resource"), name, href);
        }
    }

    fn measures(&self, figure: &mut Figure, origin: &Origin) {
        let page = self.page;
        let is_meant = |one: &&engine::park::Measure| match origin {
            Origin::Measures { measures } => measures.contains(&one.id),
            Origin::Claims { claims } => {
                let mut made = self.view.computed.report.verifications.iter().filter(|made| made.measure == one.id);
                made.any(|made| claims.contains(&made.claim.id))
            }
            _ => false,
        };
        let rows = self.park().measures.iter().filter(is_meant).map(|one| {
            let href = self.of_data_year(claim_href(page, &self.view.key.id, &one.id));
            vec![
                Cell::link(one.name.get(page.language), href),
                Cell::text(self.name(&one.enterprise)),
                Cell::text(wording::status(page.language, one.status)),
            ]
        });
        let heading = format!("form-origin-{}", words::origin_code(origin));
        self.list(figure, "measures", &heading, &["report-measure", "form-enterprise", "report-status"], rows);
    }

    fn list(
        &self,
        figure: &mut Figure,
        id: &str,
        heading: &str,
        columns: &[&str],
        rows: impl Iterator<Item = Vec<Cell>>,
    ) {
        let heading = self.page.t(heading);
        let columns = columns.iter().map(|key| Column::text(self.page.t(key))).collect();
        let rows: Vec<Vec<Cell>> = rows.collect();
        if !rows.is_empty() {
            figure.tables.push((heading.clone(), Table::new(id, heading, columns, rows)));
        }
    }

    fn name(&self, id: &EnterpriseId) -> String {
        // A partner of an exchange that runs is named in the form itself.
        self.park().enterprise(id).map_or_else(|| id.to_string(), |one| one.name.get(self.page.language).to_string())
    }

    fn enterprise_href(&self, id: &EnterpriseId) -> String {
        self.page.at(&format!("/parks/{}/enterprises/{id}", self.view.key.id))
    }
}
