//! The links and shared plants of a park: what they cost by the year and on what basis, and what the network makes of
//! them.

use engine::ids::{EnterpriseId, StreamId};
use engine::matching::ExchangeUnit;
use engine::matching::objective::works::{Paid, PaidItem, Unsolved};
use engine::park::Park;
use engine::park::works::{Charged, SharedPlant, SiteLink, YearlyCost};

use crate::page::Page;
use crate::reasons;
use crate::web::figures::table::{Cell, Column, Table};
use crate::wording::Names;

pub struct WorksShown {
    pub finding: String,
    pub table: Table,
    pub notes: Vec<String>,
}

/// What stands on the page of a network that uses these; `None` where the park has neither links nor plants.
pub fn shown(page: &Page, names: &Names, park: &Park, paid: &[Paid], refusal: Option<Unsolved>) -> Option<WorksShown> {
    if park.works.is_empty() {
        return None;
    }
    let words = Words { page, names, paid };
    let links = park.works.links.iter().map(|link| words.link(link));
    let plants = park.works.plants.iter().map(|plant| words.plant(park, plant));
    let headings = ["works-name", "works-what", "works-use"].map(|key| Column::text(page.t(key)));
    let cost = Column::number(page.t("works-cost"), page.t("steps-million"));
    let rest = ["works-cost-basis", "works-state", "matching-source"].map(|key| Column::text(page.t(key)));
    let columns = headings.into_iter().chain([cost]).chain(rest).collect();
    let known: f64 = paid.iter().filter_map(|one| one.a_year_vnd).sum();
    let unknown = paid.iter().filter(|one| one.a_year_vnd.is_none() || one.lacks_treatment_cost).count();
    let mut notes = Vec::new();
    if let Some(why) = refusal {
        notes.push(page.t(&format!("works-refused-{}", why.code())));
    }
    if unknown > 0 {
        notes.push(page.t1("works-unknown-note", "count", page.count(unknown)));
    }
    Some(WorksShown {
        finding: match paid.len() {
            0 => page.t("works-finding-none"),
            count => page.t2("works-finding", "count", page.count(count), "money", page.money(known)),
        },
        table: Table::new("works-table", page.t("works-title"), columns, links.chain(plants).collect()).stacked(),
        notes,
    })
}

struct Words<'a> {
    page: &'a Page,
    names: &'a Names<'a>,
    paid: &'a [Paid],
}

impl Words<'_> {
    fn link(&self, link: &SiteLink) -> Vec<Cell> {
        let page = self.page;
        let party = |id: &Option<EnterpriseId>| match id {
            Some(id) => self.names.enterprise(id),
            None => page.t("works-anybody"),
        };
        let kind = link.kind.map_or_else(|| page.t("works-every-kind"), |kind| reasons::kind_name(page.language, kind));
        let means = page.t(&format!("works-means-{}", link.means.code()));
        let charged = page.t(&format!("works-charged-{}", link.charged.code()));
        let what = format!("{means}: {} → {}, {kind}; {charged}", party(&link.giver), party(&link.taker));
        let is_this = |paid: &&Paid| matches!(&paid.item, PaidItem::Link { link: id, .. } if *id == link.id);
        let used: Vec<&Paid> = self.paid.iter().filter(is_this).collect();
        let times = if link.charged == Charged::Each { used.len().max(1) } else { 1 };
        self.row(
            (link.name.get(page.language), what),
            &used,
            &link.cost,
            (times, self.cost_basis(&link.cost, None)),
            (page.t(&format!("works-basis-{}", link.basis.code())), &link.source),
        )
    }

    fn plant(&self, park: &Park, plant: &SharedPlant) -> Vec<Cell> {
        let page = self.page;
        let stream = |id: &StreamId| park.streams.iter().find(|stream| stream.id == *id);
        let name =
            |id: &StreamId| stream(id).map_or(String::new(), |stream| stream.name.get(page.language).to_string());
        let unit = |id| stream(id).map_or("", |stream| reasons::exchange_unit(ExchangeUnit::of(stream.kind)));
        let share = format!("{} {}/{}", page.n(plant.output_share, 2), unit(&plant.output), unit(&plant.input));
        let what = page.t3(
            "works-plant",
            "owner",
            self.names.enterprise(&plant.owner),
            "streams",
            format!("{} → {}", name(&plant.input), name(&plant.output)),
            "share",
            share,
        );
        let is_this = |paid: &&Paid| matches!(&paid.item, PaidItem::Plant { plant: id } if *id == plant.id);
        let used: Vec<&Paid> = self.paid.iter().filter(is_this).collect();
        let state = format!(
            "{}; {}",
            page.t(&format!("works-status-{}", plant.status.code())),
            page.t(&format!("works-basis-{}", plant.basis.code()))
        );
        let treatment = match plant.treatment_vnd {
            Some(vnd) => page.t2("works-treatment", "money", page.money(vnd), "unit", unit(&plant.input)),
            None => page.t("works-treatment-unknown"),
        };
        self.row(
            (plant.name.get(page.language), what),
            &used,
            &plant.cost,
            (1, self.cost_basis(&plant.cost, Some(treatment))),
            (state, &plant.source),
        )
    }

    fn row(
        &self,
        (name, what): (&str, String),
        used: &[&Paid],
        cost: &YearlyCost,
        (times, basis): (usize, String),
        (state, source): (String, &str),
    ) -> Vec<Cell> {
        let page = self.page;
        let cost = match cost.a_year_vnd() {
            Some(vnd) => {
                let vnd = vnd * times as f64;
                let shown = page.n(vnd / 1e6, 1);
                Cell::number(if times > 1 { format!("{shown} ({times} ×)") } else { shown }, vnd / 1e6)
            }
            None => Cell::no_number(page.t("works-cost-unknown"), ""),
        };
        vec![
            Cell::text(name),
            Cell::text(what),
            Cell::text(self.used(used)),
            cost,
            Cell::text(basis),
            Cell::text(state),
            Cell::text(source),
        ]
    }

    fn used(&self, used: &[&Paid]) -> String {
        let page = self.page;
        let one = |paid: &&Paid| {
            let unit = reasons::exchange_unit(paid.unit);
            let carried = page.n(paid.quantity, 0);
            match paid.capacity {
                Some(capacity) => {
                    page.t3("works-used-of", "quantity", carried, "capacity", page.n(capacity, 0), "unit", unit)
                }
                None => page.t2("works-used", "quantity", carried, "unit", unit),
            }
        };
        match used {
            [] => page.t("works-unused"),
            used => used.iter().map(one).collect::<Vec<_>>().join("; "),
        }
    }

    /// How the yearly cost comes about, in the order in which it is added up.
    fn cost_basis(&self, cost: &YearlyCost, treatment: Option<String>) -> String {
        let page = self.page;
        let running = cost.running_vnd.map(|vnd| page.t1("works-running", "money", page.money(vnd)));
        let investment = cost.investment.map(|investment| {
            crate::words::text_with(
                page.language,
                "works-invested",
                &[
                    ("money", &page.money(investment.vnd)),
                    ("years", &investment.life_years.to_string()),
                    ("rate", &page.n(100.0 * investment.discount_rate, 1)),
                    ("yearly", &page.money(investment.a_year_vnd())),
                ],
            )
        });
        running.into_iter().chain(investment).chain(treatment).collect::<Vec<_>>().join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::has;
    use engine::language::Language;

    #[test]
    fn every_reason_for_no_network_has_its_words() {
        for (why, language) in Unsolved::ALL.into_iter().flat_map(|why| Language::ALL.map(|language| (why, language))) {
            let key = format!("works-refused-{}", why.code());
            assert!(has(language, &key), "{key} in {}", language.code());
        }
    }
}
