//! The page's tables and sentences.

use std::collections::BTreeMap;

use engine::ids::EnterpriseId;
use engine::matching::ChosenExchange;
use engine::matching::carbon::ExchangeFactors;
use engine::matching::objective::{Chosen, Objective, Totals};
use engine::matching::robustness::{Critical, Failure, in_unit};
use engine::matching::scenario::{Difference, Tried, differences};
use engine::report::ParkReport;
use serde::Serialize;

use super::super::AssumptionRow;
use super::super::figures::ChosenRow;
use super::address;
use crate::decision::{Asked, Decision, LETTERS};
use crate::page::{Page, island};
use crate::reasons::{self, Reasons};
use crate::web::frame::Choice;
use crate::web::steps::Number;
use crate::wording::{Names, source_of_assumption};

/// One exchange of the network that is shown.
pub struct ExchangeRow {
    pub exchange: ChosenRow,
    pub co2e: Number,
    pub distance: Number,
}

pub struct Curve {
    pub finding: String,
    pub chart: String,
    pub points: Vec<PointRow>,
    pub notes: Vec<String>,
}

pub struct PointRow {
    pub number: usize,
    pub href: String,
    pub is_shown: bool,
    pub benefit: Number,
    pub other: Number,
    pub exchanges: Number,
    /// Million VND for each further t of the other, from this point to the next.
    pub price: Number,
}

/// A scenario as its form shows it.
pub struct ScenarioForm {
    pub letter: &'static str,
    pub name: String,
    pub is_open: bool,
    pub objectives: Vec<Choice>,
    /// Key, label, hint and what was typed.
    pub fields: Vec<(String, String, String, String)>,
}

/// Networks side by side: the base and the scenarios.
pub struct Compared {
    pub finding: String,
    pub heads: Vec<String>,
    /// Label, unit and one figure for each network.
    pub figures: Vec<(String, String, Vec<Number>)>,
    pub changes: Vec<(String, Vec<ChangeRow>)>,
}

/// An exchange that differs from the base.
pub struct ChangeRow {
    pub exchange: String,
    pub unit: &'static str,
    pub before: Number,
    pub after: Number,
    pub word: String,
}

pub struct FailureRow {
    pub enterprise: String,
    pub href: String,
    pub loss: Number,
    pub unmended: Number,
    pub losers: String,
    pub substitutes: Vec<String>,
}

pub struct LinkRow {
    pub exchange: String,
    pub href: String,
    pub loss: Number,
    pub unmended: Number,
}

/// Enterprises named as losers of one failure.
const MOST_LOSERS: usize = 3;

/// The words of a page about a park whose enterprises may be named.
pub struct Words<'a> {
    pub page: &'a Page,
    pub names: &'a Names<'a>,
    pub reasons: &'a Reasons<'a>,
    pub report: &'a ParkReport,
}

/// A sum of an objective as it is printed: million VND or t, with its decimals.
pub fn scaled(objective: Objective, value: f64) -> (f64, usize) {
    match objective {
        Objective::Benefit | Objective::Mix(_) => (value / 1e6, 1),
        Objective::Co2e | Objective::Disposal => (value, 1),
    }
}

pub fn unit(page: &Page, objective: Objective) -> String {
    match objective {
        Objective::Benefit | Objective::Mix(_) => page.t("steps-million"),
        Objective::Co2e => "t CO₂e".to_string(),
        Objective::Disposal => "t".to_string(),
    }
}

pub fn chosen_exchanges(tried: &Tried) -> Vec<ChosenExchange> {
    let exchange = |((giver, taker), flow): (&(_, _), &engine::matching::scenario::Flow)| ChosenExchange {
        giver: engine::ids::StreamId::clone(giver),
        taker: engine::ids::StreamId::clone(taker),
        giver_enterprise: flow.giver_enterprise.clone(),
        taker_enterprise: flow.taker_enterprise.clone(),
        kind: flow.kind,
        unit: flow.unit,
        quantity: flow.quantity,
        benefit_per_unit_vnd: flow.benefit_vnd / flow.quantity,
        benefit_vnd: flow.benefit_vnd,
    };
    tried.flows.iter().map(exchange).collect()
}

impl Words<'_> {
    pub fn unit(&self, objective: Objective) -> String {
        unit(self.page, objective)
    }

    pub fn first_line(&self, asked: &Asked, decision: &Decision) -> String {
        let page = self.page;
        let shown = decision.shown();
        let totals = &shown.chosen.totals;
        if totals.exchanges == 0 {
            return page.t("network-first-none");
        }
        let aim = match (asked.point, &decision.point) {
            (Some(point), Some(_)) => page.t1("network-first-point", "number", point + 1),
            _ => page.t(&format!("network-first-{}", asked.base.objective.code())),
        };
        crate::words::text_with(
            page.language,
            "network-first",
            &[
                ("aim", &aim),
                ("count", &page.count(totals.exchanges)),
                ("benefit", &page.money(totals.benefit_vnd)),
                ("co2e", &self.co2e(totals)),
                ("kept", &page.n(totals.kept_from_disposal_t, 0)),
            ],
        )
    }

    /// `1.234 t CO₂e`, with how many exchanges are not in it.
    fn co2e(&self, totals: &Totals) -> String {
        let page = self.page;
        let known = page.n(totals.co2e_t, 0);
        match totals.co2e_unknown {
            0 => page.t1("network-co2e-known", "co2e", known),
            all if all == totals.exchanges => page.t("network-co2e-none"),
            unknown => page.t2("network-co2e-partly", "co2e", known, "unknown", page.count(unknown)),
        }
    }

    pub fn proof(&self, objective: Objective, chosen: &Chosen) -> String {
        let figure = |value: i128| {
            let (value, decimals) = scaled(objective, in_unit(objective, value));
            self.page.n(value, decimals)
        };
        let key = if chosen.is_proved() { "network-proved" } else { "network-not-proved" };
        crate::words::text_with(
            self.page.language,
            key,
            &[
                ("value", &figure(chosen.value)),
                ("bound", &figure(chosen.bound)),
                ("unit", &self.unit(objective)),
                ("gap", &self.page.n(100.0 * chosen.gap(), 3)),
            ],
        )
    }

    pub fn notes(&self, asked: &Asked, decision: &Decision) -> Vec<String> {
        let mut notes = Vec::new();
        if decision.base.chosen.unweighed > 0 {
            notes.push(self.page.t1("network-unweighed", "count", self.page.count(decision.base.chosen.unweighed)));
        }
        if decision.point.is_some() {
            notes.push(self.page.t("network-point-note"));
        } else if asked.point.is_some() && !decision.is_pending {
            notes.push(self.page.t1(
                "network-point-none",
                "count",
                self.page.count(decision.further.curve.points.len()),
            ));
        }
        if decision.shown().flows.values().any(|flow| flow.is_carbon_unconfirmed) {
            notes.push(self.page.t("network-co2e-unconfirmed"));
        }
        notes
    }

    pub fn objectives(&self, chosen: &str) -> Vec<Choice> {
        let choice = |code: &str| Choice {
            value: code.to_string(),
            name: self.page.t(&format!("network-objective-{code}")),
            is_chosen: code == chosen,
        };
        ["benefit", "co2e", "disposal", "mix"].map(choice).into()
    }

    pub fn curves(&self, chosen: Objective) -> Vec<Choice> {
        let choice = |code: &str| Choice {
            value: code.to_string(),
            name: self.page.t(&format!("network-objective-{code}")),
            is_chosen: code == chosen.code(),
        };
        ["co2e", "disposal"].map(choice).into()
    }

    pub fn exchanges(&self, tried: &Tried) -> Vec<ExchangeRow> {
        let page = self.page;
        let exchanges = chosen_exchanges(tried);
        let mut rows: Vec<_> = exchanges.iter().zip(tried.flows.values()).collect();
        // Equal ones stay in the order of giver and taker.
        rows.sort_by(|a, b| b.0.benefit_vnd.total_cmp(&a.0.benefit_vnd));
        let row = |(exchange, flow): (&ChosenExchange, &engine::matching::scenario::Flow)| {
            let mut row = ChosenRow::of(page, self.names, self.reasons, self.report, exchange);
            if !flow.is_ready {
                row.href.clear();
            }
            ExchangeRow {
                exchange: row,
                co2e: self.known(flow.co2e_t, 1),
                distance: Number::maybe(page, flow.distance_km, 2),
            }
        };
        rows.into_iter().map(row).collect()
    }

    /// A figure, or the word that it is not known.
    fn known(&self, value: Option<f64>, decimals: usize) -> Number {
        match value {
            Some(value) => Number::new(self.page, value, decimals),
            None => Number { raw: String::new(), shown: self.page.t("network-unknown") },
        }
    }

    pub fn curve(&self, asked: &Asked, decision: &Decision) -> Option<Curve> {
        let page = self.page;
        let points = &decision.further.curve.points;
        let (first, last) = (points.first()?, points.last()?);
        let other = |totals: &Totals| match asked.curve {
            Objective::Disposal => totals.kept_from_disposal_t,
            _ => totals.co2e_t,
        };
        let href = |number: usize| address(page, &BTreeMap::from([("point", (number + 1).to_string())]));
        let rows = points.iter().enumerate().map(|(number, point)| {
            let price = points.get(number + 1).map(|next| {
                let money = point.totals.benefit_vnd - next.totals.benefit_vnd;
                money / 1e6 / (other(&next.totals) - other(&point.totals))
            });
            PointRow {
                number: number + 1,
                href: href(number),
                is_shown: asked.point == Some(number),
                benefit: Number::new(page, point.totals.benefit_vnd / 1e6, 1),
                other: Number::new(page, other(&point.totals), 1),
                exchanges: Number::new(page, point.totals.exchanges as f64, 0),
                price: Number::maybe(page, price, 2),
            }
        });
        let mut notes = vec![page.t("network-curve-note")];
        if decision.further.curve.unweighed > 0 {
            notes.push(page.t1("network-curve-unweighed", "count", page.count(decision.further.curve.unweighed)));
        }
        if !decision.further.curve.is_complete {
            notes.push(page.t("network-curve-cut"));
        }
        let chart = TradeOffChart {
            x_name: page.t(&format!("network-objective-{}", asked.curve.code())),
            x_unit: unit(page, asked.curve),
            y_name: page.t("network-objective-benefit"),
            y_unit: page.t("steps-million"),
            points: points
                .iter()
                .enumerate()
                .map(|(number, point)| ChartPoint {
                    x: other(&point.totals),
                    y: point.totals.benefit_vnd / 1e6,
                    name: page.t1("network-point", "number", number + 1),
                    chosen: asked.point == Some(number),
                    href: href(number),
                })
                .collect(),
        };
        let finding = match points.len() {
            1 => page.t("network-curve-finding-one"),
            _ => page.t3(
                "network-curve-finding",
                "count",
                page.count(points.len()),
                "money",
                page.money(first.totals.benefit_vnd - last.totals.benefit_vnd),
                "other",
                format!("{} {}", page.n(other(&last.totals) - other(&first.totals), 1), unit(page, asked.curve)),
            ),
        };
        Some(Curve { finding, chart: island(&chart), points: rows.collect(), notes })
    }

    pub fn forms(&self, asked: &Asked) -> Vec<ScenarioForm> {
        let page = self.page;
        let typed = |letter: &str, key: &str| page.query.get(&format!("{letter}.{key}")).cloned().unwrap_or_default();
        LETTERS
            .iter()
            .enumerate()
            .map(|(place, letter)| {
                let chosen = typed(letter, "objective");
                let same = Choice {
                    value: String::new(),
                    name: page.t("network-objective-same"),
                    is_chosen: chosen.is_empty(),
                };
                let field = |key: &str| {
                    let label = page.t(&format!("network-field-{key}"));
                    let hint = page.t(&format!("network-hint-{key}"));
                    (format!("{letter}.{key}"), label, hint, typed(letter, key))
                };
                ScenarioForm {
                    letter,
                    name: page.t1("network-scenario-name", "letter", letter.to_uppercase()),
                    // What is asked for, and the first while nothing is.
                    is_open: asked.scenarios.iter().any(|(other, _)| other == letter)
                        || (place == 0 && asked.scenarios.is_empty()),
                    objectives: std::iter::once(same).chain(self.objectives(&chosen)).collect(),
                    fields: ["leaves", "quantity", "disposal", "purchase", "haulage", "forbid", "without"]
                        .map(field)
                        .into(),
                }
            })
            .collect()
    }

    pub fn compared(&self, asked: &Asked, decision: &Decision) -> Option<Compared> {
        let page = self.page;
        if decision.scenarios.is_empty() {
            return None;
        }
        let base = &decision.base;
        let tried: Vec<&Tried> =
            std::iter::once(base).chain(decision.scenarios.iter().map(|(_, _, tried)| tried)).collect();
        let line = |key: &str, unit: String, decimals: usize, of: fn(&Totals) -> f64| {
            let cells = tried.iter().map(|tried| Number::new(page, of(&tried.chosen.totals), decimals)).collect();
            (page.t(key), unit, cells)
        };
        let name = |letter: &str| page.t1("network-scenario-name", "letter", letter.to_uppercase());
        let aims = std::iter::once(&asked.base).chain(decision.scenarios.iter().map(|(_, scenario, _)| scenario));
        let aim = |scenario: &engine::matching::scenario::Scenario| Number {
            raw: String::new(),
            shown: page.t(&format!("network-objective-{}", scenario.objective.code())),
        };
        let t = || "t".to_string();
        let has_works = tried.iter().any(|tried| !tried.ground.works.is_empty());
        let losses = decision.scenarios.iter().map(|(letter, _, tried)| {
            let lost = tried.chosen.totals.benefit_vnd - base.chosen.totals.benefit_vnd;
            let sign = if lost > 0.0 { "+" } else { "" };
            format!("{}: {sign}{}", letter.to_uppercase(), page.money(lost))
        });
        Some(Compared {
            finding: page.t1("network-compared-finding", "changes", losses.collect::<Vec<_>>().join("; ")),
            heads: std::iter::once(page.t("network-base"))
                .chain(decision.scenarios.iter().map(|(letter, _, _)| name(letter)))
                .collect(),
            figures: [
                (page.t("network-objective"), String::new(), aims.map(aim).collect()),
                line("network-objective-benefit", page.t("steps-million"), 1, |totals| totals.benefit_vnd / 1e6),
                line("network-objective-co2e", "t CO₂e".to_string(), 1, |totals| totals.co2e_t),
                line("network-co2e-unknown", String::new(), 0, |totals| totals.co2e_unknown as f64),
                line("network-objective-disposal", t(), 0, |totals| totals.kept_from_disposal_t),
                line("network-material", t(), 0, |totals| totals.material_t),
                line("network-water", "m³".to_string(), 0, |totals| totals.water_m3),
                line("network-heat", "MWh".to_string(), 0, |totals| totals.heat_mwh),
                line("matching-links-used", String::new(), 0, |totals| totals.exchanges as f64),
            ]
            .into_iter()
            .chain(has_works.then(|| {
                line("network-yearly-costs", page.t("steps-million"), 1, |totals| totals.yearly_costs_vnd / 1e6)
            }))
            .collect(),
            changes: decision
                .scenarios
                .iter()
                .map(|(letter, _, tried)| (name(letter), self.changes(&differences(base, tried))))
                .collect(),
        })
    }

    fn changes(&self, differences: &[Difference]) -> Vec<ChangeRow> {
        let page = self.page;
        let change = |one: &Difference| ChangeRow {
            exchange: self.pair(&one.giver, &one.taker),
            unit: reasons::exchange_unit(one.unit),
            before: Number::new(page, one.before, 0),
            after: Number::new(page, one.after, 0),
            word: page.t(match (one.before, one.after) {
                (0.0, _) => "network-change-new",
                (_, 0.0) => "network-change-gone",
                (before, after) if after > before => "network-change-more",
                _ => "network-change-less",
            }),
        };
        differences.iter().map(change).collect()
    }

    fn pair(&self, giver: &engine::ids::StreamId, taker: &engine::ids::StreamId) -> String {
        format!("{} → {}", self.reasons.stream(giver), self.reasons.stream(taker))
    }

    pub fn failures(&self, asked: &Asked, failures: &[Failure]) -> Vec<FailureRow> {
        let page = self.page;
        let objective = asked.base.objective;
        let number = |value: f64| {
            let (value, decimals) = scaled(objective, value);
            Number::new(page, value, decimals)
        };
        let loser = |(id, vnd): &(EnterpriseId, f64)| format!("{}: {}", self.names.enterprise(id), page.money(*vnd));
        let substitute = |one: &Difference| {
            let more = page.n(one.after - one.before, 0);
            format!("{}: +{more} {}", self.pair(&one.giver, &one.taker), reasons::exchange_unit(one.unit))
        };
        let row = |failure: &Failure| FailureRow {
            enterprise: self.names.enterprise(&failure.enterprise),
            href: self.as_scenario("a.leaves", failure.enterprise.to_string()),
            loss: number(failure.loss),
            unmended: number(failure.loss_unmended),
            losers: failure.losers.iter().take(MOST_LOSERS).map(loser).collect::<Vec<_>>().join("; "),
            substitutes: failure.substitutes.iter().map(substitute).collect(),
        };
        failures.iter().map(row).collect()
    }

    pub fn links(&self, asked: &Asked, base: &Tried, links: &[Critical]) -> Vec<LinkRow> {
        let page = self.page;
        let number = |value: f64| {
            let (value, decimals) = scaled(asked.base.objective, value);
            Number::new(page, value, decimals)
        };
        let row = |critical: &Critical| {
            let link = &base.ground.links[critical.link];
            let (giver, taker) = (&base.ground.givers[link.giver].stream, &base.ground.takers[link.taker].stream);
            LinkRow {
                exchange: self.pair(giver, taker),
                href: self.as_scenario("a.forbid", format!("{giver}--{taker}")),
                loss: number(critical.loss),
                unmended: number(critical.loss_unmended),
            }
        };
        links.iter().map(row).collect()
    }

    /// The page with scenario A alone, which says this one thing.
    fn as_scenario(&self, key: &str, value: String) -> String {
        let scenarios = self.page.query.keys().filter(|key| key.contains('.'));
        let mut changes: BTreeMap<&str, String> = scenarios.map(|key| (key.as_str(), String::new())).collect();
        changes.insert("job", String::new());
        changes.insert(key, value);
        format!("{}#compared", address(self.page, &changes))
    }

    pub fn assumptions(&self) -> Vec<AssumptionRow> {
        let page = self.page;
        let factors = ExchangeFactors::default();
        let general = factors.assumptions().into_iter().map(|assumption| AssumptionRow {
            name: assumption.label().get(page.language).to_string(),
            value: Number::new(page, assumption.value, if assumption.value.fract() == 0.0 { 0 } else { 2 }),
            unit: if assumption.unit == "1" { String::new() } else { assumption.unit.clone() },
            source: source_of_assumption(page.language, &assumption.source),
            is_unconfirmed: assumption.unconfirmed,
        });
        let materials = factors.material.iter().map(|row| AssumptionRow {
            name: row.label().get(page.language).to_string(),
            value: Number::new(page, row.purchase + row.disposal - row.treatment, 0),
            unit: "kg CO2e/t".to_string(),
            source: source_of_assumption(page.language, &row.source),
            is_unconfirmed: row.unconfirmed,
        });
        general.chain(materials).collect()
    }
}

#[derive(Serialize)]
struct TradeOffChart {
    x_name: String,
    x_unit: String,
    y_name: String,
    y_unit: String,
    points: Vec<ChartPoint>,
}

#[derive(Serialize)]
struct ChartPoint {
    x: f64,
    y: f64,
    name: String,
    chosen: bool,
    href: String,
}
