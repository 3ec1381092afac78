//! The deal sheet of an exchange as a document: the page, the workbook, Word and PDF print the same.

mod lines;

use engine::catalogue::Catalogue;
use engine::catalogue::exchange_law::ExchangeRule;
use engine::language::{Language, format_date, format_number};
use engine::matching::Assumption;
use engine::matching::deal::{Deal, DealItem, DealLine, DealRules, Means};
use engine::matching::split::{Core, Split, SplitMethod};
use engine::park::Park;
use engine::report::document::{Block, Cell, Column, Document, Section, Table};
use jiff::civil::Date;

use crate::reasons::{Reasons, exchange_unit};
use crate::wording::{self, Names};
use crate::words::{text, text_with};

/// What a sheet is told with besides the deal itself.
pub struct Told<'a> {
    pub park: &'a Park,
    pub catalogue: &'a Catalogue,
    pub rules: &'a DealRules,
    /// Of the enterprises that the exchange belongs to; `None` where there is none.
    pub split: Option<&'a Split>,
    pub as_of: Date,
}

/// Words a deal; only for somebody who may see both sides.
pub fn deal_document(deal: &Deal, told: &Told<'_>, language: Language) -> Document {
    let sheet = Sheet {
        deal,
        told,
        language,
        names: Names { language, catalogue: told.catalogue, park: Some(told.park) },
        words: Reasons { language, catalogue: told.catalogue, park: told.park },
    };
    let (giver, taker) = (sheet.words.stream(&deal.giver), sheet.words.stream(&deal.taker));
    Document {
        language,
        letter: None,
        title: sheet.t("deal-title"),
        subtitle: format!("{giver} → {taker}"),
        marks: if told.park.synthetic { vec![sheet.t("synthetic")] } else { Vec::new() },
        particulars: sheet.particulars(),
        sections: sheet.sections(),
        footer: text_with(language, "deal-footer", &[("date", &format_date(told.as_of))]),
    }
}

struct Sheet<'a> {
    deal: &'a Deal,
    told: &'a Told<'a>,
    language: Language,
    names: Names<'a>,
    words: Reasons<'a>,
}

impl Sheet<'_> {
    fn t(&self, key: &str) -> String {
        text(self.language, key)
    }

    fn n(&self, value: f64, decimals: usize) -> String {
        format_number(self.language, value, decimals)
    }

    fn money(&self, vnd: f64) -> String {
        wording::money(self.language, vnd)
    }

    fn unit(&self) -> &'static str {
        exchange_unit(self.deal.unit)
    }

    /// `1.200 t`
    fn quantity(&self, quantity: f64) -> String {
        format!("{} {}", self.n(quantity, if quantity < 100.0 { 1 } else { 0 }), self.unit())
    }

    fn known(&self, value: Option<f64>, scale: f64) -> Cell {
        value.map_or_else(|| Cell::Unknown(self.t("deal-not-stated")), |value| Cell::Number(value / scale))
    }

    fn section(&self, id: &str, blocks: Vec<Block>) -> Section {
        Section { id: id.to_string(), heading: self.t(id), blocks }
    }

    fn table(&self, id: &str, columns: Vec<Column>, rows: Vec<Vec<Cell>>) -> Block {
        let source = if id == "deal-law" { "deal-law-source" } else { "deal-source" };
        let (caption, source) = (self.t(&format!("{id}-caption")), self.t(source));
        Block::Table(Table { id: id.to_string(), caption, columns, rows, source })
    }

    fn particulars(&self) -> Vec<(String, String)> {
        let deal = self.deal;
        let quantity = deal.quantity.map_or_else(|| self.t("deal-not-stated"), |quantity| self.quantity(quantity));
        [
            ("report-particulars-park", self.told.park.name.get(self.language).to_string()),
            ("matching-giver", self.names.enterprise(&deal.giver_enterprise)),
            ("matching-taker", self.names.enterprise(&deal.taker_enterprise)),
            ("matching-quantity", quantity),
            ("report-particulars-as-of", format_date(self.told.as_of)),
        ]
        .map(|(key, value)| (self.t(key), value))
        .into()
    }

    fn sections(&self) -> Vec<Section> {
        let mut sections = vec![self.savings(), self.price()];
        sections.extend(self.told.split.map(|split| self.split(split)));
        sections.extend([self.transport(), self.carbon(), self.law(), self.risks(), self.steps(), self.assumptions()]);
        sections
    }

    fn savings(&self) -> Section {
        let columns = vec![
            Column::text(self.t("deal-item"), 3),
            Column::text(self.t("deal-who"), 2),
            Column::number(
                self.t("deal-per-unit"),
                format!("{}/{}", self.t("matching-per-unit-unit"), self.unit()),
                1,
                2,
            ),
            Column::number(self.t("deal-a-year"), self.t("steps-million"), 1, 2),
            Column::text(self.t("deal-remark"), 3),
        ];
        let rows = self.deal.lines.iter().map(|line| {
            let remark = if line.is_assumed { self.t(assumption_key(line.item)) } else { String::new() };
            vec![
                Cell::Text(self.item(line)),
                Cell::Text(self.t(&key("deal-party", line.party.code()))),
                self.known(line.per_unit_vnd, 1e3),
                self.known(line.a_year_vnd, 1e6),
                Cell::Text(remark),
            ]
        });
        let quantity = if self.deal.is_in_network { "deal-quantity-network" } else { "deal-quantity-most" };
        let blocks = vec![Block::Paragraph(self.t(quantity)), self.table("deal-savings", columns, rows.collect())];
        self.section("deal-savings", blocks)
    }

    /// What a line is about; of a link or plant with its name.
    fn item(&self, line: &DealLine) -> String {
        let item = self.t(&key("deal-item", line.item.code()));
        match &line.name {
            Some(name) => format!("{item}: {}", name.get(self.language)),
            None => item,
        }
    }

    fn price(&self) -> Section {
        let price = &self.deal.price;
        let finding = match (price.lowest_vnd, price.highest_vnd, price.fair_vnd.zip(price.gain_each_vnd)) {
            (Some(lowest), Some(highest), Some((fair, gain))) => text_with(
                self.language,
                "deal-price-band",
                &[
                    ("low", &self.money(lowest)),
                    ("high", &self.money(highest)),
                    ("fair", &self.money(fair)),
                    ("gain", &self.money(gain)),
                    ("unit", self.unit()),
                ],
            ),
            (Some(_), Some(_), None) => self.t("deal-price-none"),
            _ => self.t("deal-price-open"),
        };
        let columns = vec![
            Column::text(self.t("deal-price-of"), 4),
            Column::number(
                self.t("deal-price-value"),
                format!("{}/{}", self.t("matching-per-unit-unit"), self.unit()),
                1,
                2,
            ),
        ];
        let rows = [
            ("deal-price-lowest", price.lowest_vnd),
            ("deal-price-fair", price.fair_vnd),
            ("deal-price-highest", price.highest_vnd),
        ]
        .map(|(key, vnd)| vec![Cell::Text(self.t(key)), self.known(vnd, 1e3)]);
        let mut blocks = vec![Block::Paragraph(finding), Block::Paragraph(self.t("deal-price-sign"))];
        blocks.push(self.table("deal-price", columns, rows.into()));
        if let Some(haulage) = price.haulage_vnd {
            let shift = [("money", &*self.money(haulage)), ("unit", self.unit())];
            blocks.push(Block::Note(text_with(self.language, "deal-price-haulage", &shift)));
        }
        self.section("deal-price", blocks)
    }

    fn split(&self, split: &Split) -> Section {
        let is_sampled = matches!(split.method, SplitMethod::Sampled { .. });
        let million = |key: &str| Column::number(self.t(key), self.t("steps-million"), 1, 2);
        let mut columns = vec![Column::text(self.t("deal-split-enterprise"), 3), million("deal-split-shapley")];
        if is_sampled {
            columns.push(million("deal-split-within"));
        }
        let has_prices = split.shares.iter().all(|share| share.by_prices_vnd.is_some());
        if has_prices {
            columns.push(million("deal-split-prices"));
        }
        let rows = split.shares.iter().map(|share| {
            let mut row =
                vec![Cell::Text(self.names.enterprise(&share.enterprise)), Cell::Number(share.shapley_vnd / 1e6)];
            row.extend(share.within_vnd.map(|within| Cell::Number(within / 1e6)));
            row.extend(share.by_prices_vnd.map(|vnd| Cell::Number(vnd / 1e6)));
            row
        });
        let count = split.shares.len().to_string();
        let worth =
            text_with(self.language, "deal-split-worth", &[("count", &count), ("worth", &self.money(split.worth_vnd))]);
        let method = match split.method {
            SplitMethod::Exact { coalitions } => {
                text_with(self.language, "deal-split-exact", &[("count", &self.n(coalitions as f64, 0))])
            }
            SplitMethod::Sampled { orders, seed } => text_with(
                self.language,
                "deal-split-sampled",
                &[("count", &self.n(orders as f64, 0)), ("seed", &seed.to_string())],
            ),
        };
        let core = match &split.core {
            Core::Holds => self.t("deal-core-holds"),
            Core::Blocked { enterprises, excess_vnd } => {
                let names: Vec<String> = enterprises.iter().map(|id| self.names.enterprise(id)).collect();
                let who = [("who", &*names.join(", ")), ("money", &*self.money(*excess_vnd))];
                text_with(self.language, "deal-core-blocked", &who)
            }
            Core::Unchecked if !has_prices => self.t("deal-core-unknown"),
            Core::Unchecked => self.t("deal-core-unchecked"),
        };
        let blocks = vec![
            Block::Paragraph(worth),
            Block::Paragraph(method),
            self.table("deal-split", columns, rows.collect()),
            Block::Note(core),
        ];
        self.section("deal-split", blocks)
    }

    fn transport(&self) -> Section {
        let transport = &self.deal.transport;
        let columns = vec![Column::text(self.t("deal-item"), 4), Column::text(self.t("deal-value"), 3)];
        let or_unknown =
            |value: Option<String>| value.map_or_else(|| Cell::Unknown(self.t("deal-not-stated")), Cell::Text);
        let means = match transport.means {
            Means::Truck => "deal-means-truck",
            Means::Pipe => "deal-means-pipe",
        };
        let mut rows = vec![
            vec![Cell::Text(self.t("deal-means")), Cell::Text(self.t(means))],
            vec![
                Cell::Text(self.t("matching-distance")),
                or_unknown(transport.km.map(|km| format!("{} km", self.n(km, 2)))),
            ],
        ];
        if let Some(load) = transport.load_t {
            let trips = transport.trips_a_year.map(|trips| {
                text_with(self.language, "deal-trips", &[("trips", &self.n(trips, 0)), ("load", &self.n(load, 0))])
            });
            rows.push(vec![Cell::Text(self.t("deal-trips-a-year")), or_unknown(trips)]);
        }
        rows.push(vec![
            Cell::Text(self.t("deal-item-haulage")),
            or_unknown(transport.a_year_vnd.map(|vnd| self.money(vnd))),
        ]);
        self.section("deal-transport", vec![self.table("deal-transport", columns, rows)])
    }

    fn carbon(&self) -> Section {
        let Some(carbon) = &self.deal.carbon else {
            return self.section("deal-carbon", vec![Block::Paragraph(self.t("deal-carbon-unknown"))]);
        };
        let columns = vec![
            Column::text(self.t("deal-item"), 4),
            Column::number(self.t("deal-per-unit"), format!("kg CO₂e/{}", self.unit()), 1, 2),
            Column::number(self.t("deal-a-year"), "t CO₂e".to_string(), 1, 2),
        ];
        let rows = [
            ("deal-item-purchase-avoided", carbon.purchase_kg),
            ("deal-item-disposal-avoided", carbon.disposal_kg),
            ("deal-item-treatment", 0.0 - carbon.treatment_kg),
            ("deal-item-haulage", 0.0 - carbon.haulage_kg),
            ("deal-carbon-net", carbon.net_kg()),
        ]
        .map(|(key, kg)| {
            let a_year = self.deal.quantity.map(|quantity| kg * quantity / 1e3);
            vec![Cell::Text(self.t(key)), Cell::Number(kg), self.known(a_year, 1.0)]
        });
        let mut blocks = vec![self.table("deal-carbon", columns, rows.into())];
        if carbon.unconfirmed {
            blocks.push(Block::Note(self.t("deal-carbon-unconfirmed")));
        }
        self.section("deal-carbon", blocks)
    }

    fn law(&self) -> Section {
        let law = &self.deal.law;
        let mut blocks = vec![Block::Paragraph(text_with(
            self.language,
            "deal-law-status",
            &[("status", &self.t(&key("legal-status", law.status.code())))],
        ))];
        if let Some(stream) = &law.needs_code {
            let needs = [("stream", &*self.words.stream(stream))];
            blocks.push(Block::Note(text_with(self.language, "deal-law-needs-code", &needs)));
        }
        let columns = vec![
            Column::text(self.t("deal-law-rule"), 4),
            Column::text(self.t("deal-who"), 1),
            Column::text(self.t("deal-law-standing"), 2),
            Column::text(self.t("deal-law-basis"), 3),
            Column::text(self.t("matching-source"), 3),
            Column::text(self.t("report-mark"), 2),
        ];
        let stated = law.status_rule.iter().chain([&law.place]).map(|rule| self.rule(rule, self.t("deal-law-applies")));
        let conditions = law.conditions.iter().map(|condition| {
            let standing = self.t(&key("condition", condition.standing.code()));
            let standing = match &condition.licence {
                Some(number) => format!("{standing}: {number}"),
                None => standing,
            };
            self.rule(&condition.rule, standing)
        });
        blocks.push(self.table("deal-law", columns, stated.chain(conditions).collect()));
        blocks.push(Block::Note(self.t("deal-law-note")));
        self.section("deal-law", blocks)
    }

    fn rule(&self, rule: &ExchangeRule, standing: String) -> Vec<Cell> {
        let confirmed = if rule.unconfirmed { "unconfirmed" } else { "deal-law-confirmed" };
        vec![
            Cell::Text(rule.label.get(self.language).to_string()),
            Cell::Text(self.t(&key("deal-party", rule.party.code()))),
            Cell::Text(standing),
            Cell::Text(rule.basis.get(self.language).to_string()),
            Cell::Text(rule.source.get(self.language).to_string()),
            Cell::Text(self.t(confirmed)),
        ]
    }

    fn risks(&self) -> Section {
        let columns = vec![Column::text(self.t("deal-risk"), 3), Column::text(self.t("deal-risk-because"), 6)];
        let rows = self.deal.risks.iter().map(|risk| {
            let name = self.t(&key("risk", risk.code()));
            vec![Cell::Text(name), Cell::Text(self.risk(risk))]
        });
        let rows: Vec<_> = rows.collect();
        let blocks = if rows.is_empty() {
            vec![Block::Paragraph(self.t("deal-risks-none"))]
        } else {
            vec![self.table("deal-risks", columns, rows)]
        };
        self.section("deal-risks", blocks)
    }

    fn steps(&self) -> Section {
        let columns = vec![Column::text(self.t("deal-who"), 2), Column::text(self.t("deal-step"), 7)];
        let rows = self.deal.steps.iter().map(|step| {
            vec![Cell::Text(self.t(&key("deal-party", step.who.code()))), Cell::Text(self.step(&step.step))]
        });
        let rows = rows.collect();
        self.section("deal-steps", vec![self.table("deal-steps", columns, rows)])
    }

    fn assumptions(&self) -> Section {
        let columns = vec![
            Column::text(self.t("matching-assumption"), 5),
            Column::text(self.t("matching-value"), 2),
            Column::text(self.t("matching-source"), 2),
            Column::text(self.t("report-mark"), 2),
        ];
        let matching = engine::matching::MatchingRules::default();
        let matching = matching.assumptions().into_iter().map(|(_, assumption)| self.assumption(assumption));
        let own = self.told.rules.assumptions().into_iter().map(|assumption| self.assumption(assumption));
        let rows = own.chain(matching).collect();
        self.section("deal-assumptions", vec![self.table("deal-assumptions", columns, rows)])
    }

    fn assumption(&self, assumption: &Assumption) -> Vec<Cell> {
        let decimals = if assumption.value.fract() == 0.0 { 0 } else { 1 };
        let unit = if assumption.unit == "1" { "" } else { assumption.unit.as_str() };
        vec![
            Cell::Text(assumption.label().get(self.language).to_string()),
            Cell::Text(format!("{} {unit}", self.n(assumption.value, decimals)).trim().to_string()),
            Cell::Text(super::source_of_assumption(self.language, &assumption.source)),
            Cell::Text(if assumption.unconfirmed { self.t("unconfirmed") } else { String::new() }),
        ]
    }
}

fn assumption_key(item: DealItem) -> &'static str {
    match item {
        DealItem::Haulage => "deal-assumed-haulage",
        DealItem::LinkCost => "deal-assumed-link-cost",
        DealItem::PlantCost => "deal-assumed-plant-cost",
        _ => "deal-assumed-treatment",
    }
}

/// `deal-party-giver`
fn key(prefix: &str, code: &str) -> String {
    format!("{prefix}-{}", code.replace('_', "-"))
}

#[cfg(test)]
mod tests {
    use engine::catalogue::exchange_law::RULES;

    use super::*;
    use crate::words::has;

    /// Codes that become keys; each has its words in both languages.
    #[test]
    fn every_code_of_a_sheet_has_its_words() {
        let items = ["disposal_avoided", "purchase_avoided", "treatment", "haulage", "link_cost", "plant_cost"];
        let parties = ["giver", "taker", "both", "operator"];
        let statuses = ["hazardous_waste", "waste", "by_product", "product", "water", "heat", "unknown"];
        let standings = ["declared", "not_met", "unknown", "to_do"];
        let risks = [
            "single_partner",
            "rest",
            "quantity_varies",
            "quantity_unproven",
            "near_limit",
            "no_limit_stated",
            "seasons",
            "rhythm_unknown",
            "ends",
            "price_unknown",
            "thin_benefit",
            "unconfirmed_law",
            "licence_missing",
            "single_plant",
            "near_capacity",
            "cost_estimated",
            "plant_proposed",
        ];
        let of = |prefix: &'static str, codes: &[&str]| codes.iter().map(|code| key(prefix, code)).collect::<Vec<_>>();
        let keys = [
            of("deal-item", &items),
            of("deal-party", &parties),
            of("legal-status", &statuses),
            of("condition", &standings),
            of("risk", &risks),
        ];
        for key in keys.concat() {
            for language in Language::ALL {
                assert!(has(language, &key), "{key} in {}", language.code());
            }
        }
        let catalogue = crate::catalogue::catalogue().unwrap();
        assert!(RULES.iter().all(|rule| catalogue.exchange_law.contains_key(*rule)));
    }
}
