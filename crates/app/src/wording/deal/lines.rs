//! Risks with the figure that triggers each, and next steps, in sentences.

use engine::ids::StreamId;
use engine::language::format_date;
use engine::matching::deal::{Risk, Step};

use super::{Sheet, key};
use crate::wording;
use crate::words::text_with;

impl Sheet<'_> {
    pub(super) fn risk(&self, risk: &Risk) -> String {
        let say = |name: &str, arguments: &[(&str, &str)]| text_with(self.language, name, arguments);
        let party = |party: engine::matching::deal::Party| self.t(&key("deal-party", party.code()));
        let percent = |share: f64| self.n(100.0 * share, 0);
        match risk {
            Risk::SinglePartner { stream, share, .. } => {
                say("risk-single-partner-why", &[("stream", &self.stream(stream)), ("share", &percent(*share))])
            }
            Risk::Rest { party: who, quantity, .. } => {
                let quantity = self.quantity(*quantity);
                say(&format!("risk-rest-why-{}", who.code()), &[("quantity", &quantity)])
            }
            Risk::QuantityVaries { deviation, months } => {
                say("risk-quantity-varies-why", &[("share", &percent(*deviation)), ("months", &months.to_string())])
            }
            Risk::QuantityUnproven { stream, basis } => say(
                "risk-quantity-unproven-why",
                &[("stream", &self.stream(stream)), ("basis", &wording::basis(self.language, *basis))],
            ),
            Risk::NearLimit { substance, value, limit, unit } => {
                let unit = if unit == "percent" { "%" } else { unit };
                let (value, limit) =
                    (self.n(*value, wording::decimals(*value)), self.n(*limit, wording::decimals(*limit)));
                say(
                    "risk-near-limit-why",
                    &[("substance", substance), ("value", &value), ("limit", &limit), ("unit", unit)],
                )
            }
            Risk::NoLimitStated => self.t("risk-no-limit-stated-why"),
            Risk::Seasons { months } => say("risk-seasons-why", &[("months", &months.to_string())]),
            Risk::RhythmUnknown { stream } => say("risk-rhythm-unknown-why", &[("stream", &self.stream(stream))]),
            Risk::Ends { ended_on } => {
                let last = ended_on.yesterday().unwrap_or(*ended_on);
                say("risk-ends-why", &[("day", &format_date(last))])
            }
            Risk::PriceUnknown { party: who, item } => say(
                "risk-price-unknown-why",
                &[("who", &party(*who)), ("item", &self.t(&key("deal-item", item.code())))],
            ),
            Risk::ThinBenefit { share } => say("risk-thin-benefit-why", &[("share", &percent(*share))]),
            Risk::UnconfirmedLaw { rules } => say("risk-unconfirmed-law-why", &[("count", &rules.to_string())]),
            Risk::SinglePlant { name } => say("risk-single-plant-why", &[("name", name.get(self.language))]),
            Risk::NearCapacity { name, share } => {
                say("risk-near-capacity-why", &[("name", name.get(self.language)), ("share", &percent(*share))])
            }
            Risk::CostEstimated { name } => say("risk-cost-estimated-why", &[("name", name.get(self.language))]),
            Risk::PlantProposed { name } => say("risk-plant-proposed-why", &[("name", name.get(self.language))]),
            Risk::LicenceMissing { rule } => {
                let rule = self.told.catalogue.exchange_law.get(rule);
                rule.map(|rule| rule.label.get(self.language).to_string()).unwrap_or_default()
            }
        }
    }

    pub(super) fn step(&self, step: &Step) -> String {
        let say = |name: &str, arguments: &[(&str, &str)]| text_with(self.language, name, arguments);
        match step {
            Step::Provide { missing } => say("step-provide", &[("what", &self.words.missing(missing))]),
            Step::StateCode { stream } => say("step-state-code", &[("stream", &self.stream(stream))]),
            Step::ShowCondition { rule } => say("step-show-condition", &[("rule", rule.label.get(self.language))]),
            Step::StateRhythm { stream } => say("step-state-rhythm", &[("stream", &self.stream(stream))]),
            Step::TestSample { substance: Some(substance) } => say("step-test-sample", &[("substance", substance)]),
            Step::TestSample { substance: None } => self.t("step-state-limits"),
            Step::MeasureQuantity { stream } => say("step-measure-quantity", &[("stream", &self.stream(stream))]),
            Step::ConfirmLaw { rules } => say("step-confirm-law", &[("count", &rules.to_string())]),
            Step::AskForQuote { name } => say("step-ask-for-quote", &[("name", name.get(self.language))]),
            Step::DecidePlant { name } => say("step-decide-plant", &[("name", name.get(self.language))]),
            Step::AgreePrice { lowest_vnd, highest_vnd } => say(
                "step-agree-price",
                &[("low", &self.money(*lowest_vnd)), ("high", &self.money(*highest_vnd)), ("unit", self.unit())],
            ),
            Step::SignAgreement => self.t("step-sign-agreement"),
        }
    }

    fn stream(&self, id: &StreamId) -> String {
        self.words.stream(id)
    }
}
