//! Sample parks in which every text and every amount of somebody can be told from all others.

use std::collections::BTreeSet;

use engine::ids::{EnterpriseId, ParkId};
use engine::language::Label;
use engine::park::Park;

/// The marked enterprise of the sample park; its own code is a mark too.
pub const OWN: &str = "Zqxlaw-E11";
const ENTERPRISE: &str = "E11";
pub const OTHER_PARK: &str = "khu-khac";

/// In every text that the law opens to the operator, and in every text that the enterprise may share.
pub const BY_LAW: &str = "Zqxlaw";
pub const SHARED: &str = "Zqxshared";
/// In every text of the other park's enterprises, and in what that park says of itself.
pub const PARK_MARK: &str = "Zqxother";
pub const PARK_FACT: &str = "Zqxfact";

/// Marks parks and keeps the odd numbers that it gave out.
#[derive(Default)]
pub struct Marks {
    given: u64,
    pub by_law: BTreeSet<String>,
    pub private: BTreeSet<String>,
    pub others: BTreeSet<String>,
}

impl Marks {
    /// About the same amount with nine digits that stand nowhere else.
    fn odd(&mut self, amount: f64) -> (f64, String) {
        self.given += 1;
        let places = 8 - amount.abs().max(1e-6).log10().floor() as i32;
        let scale = 10_f64.powi(places);
        // Four digits stay, five are our own: odd, and never ending in zero.
        let kept = (amount.abs() * scale / 1e5).floor().max(1_000.0) as u64;
        let digits = kept * 100_000 + (self.given * 7_918 % 50_000) * 2 + 1;
        (digits as f64 / scale, digits.to_string())
    }

    fn law(&mut self, amount: &mut f64) {
        let (odd, digits) = self.odd(*amount);
        *amount = odd;
        self.by_law.insert(digits);
    }

    fn private(&mut self, amount: &mut f64) {
        let (odd, digits) = self.odd(*amount);
        *amount = odd;
        self.private.insert(digits);
    }

    /// One enterprise of the park, on all its sheets.
    pub fn enterprise(&mut self, park: Park) -> Park {
        let mut park = renamed(park, &[(ENTERPRISE.to_string(), OWN.to_string())]);
        let streams: Vec<String> = of(&park.streams, |stream| (&stream.enterprise, stream.id.to_string()));
        let measures: Vec<String> = of(&park.measures, |measure| (&measure.enterprise, measure.id.to_string()));
        let meters: Vec<String> = of(&park.meters, |meter| (&meter.enterprise, meter.id.to_string()));
        let pairs: Vec<(String, String)> = streams
            .into_iter()
            .map(|id| (id.clone(), format!("{SHARED}-{id}")))
            .chain(measures.into_iter().chain(meters).map(|id| (id.clone(), format!("{BY_LAW}-{id}"))))
            .collect();
        park = renamed(park, &pairs);
        let own = EnterpriseId::new(OWN);
        for enterprise in park.enterprises.iter_mut().filter(|enterprise| enterprise.id == own) {
            enterprise.name = label(BY_LAW, "enterprise");
            enterprise.tax_code = Some(format!("{BY_LAW}-tax"));
            enterprise.employees = Some(98_713);
        }
        for record in park.records.iter_mut().filter(|record| record.enterprise == own) {
            record.source = format!("{BY_LAW} document");
            self.law(&mut record.amount.value);
            if let Some(cost) = &mut record.cost_vnd {
                self.private(cost);
            }
        }
        for driver in park.drivers.iter_mut().filter(|driver| driver.enterprise == own && driver.value > 1_000.0) {
            self.law(&mut driver.value);
        }
        for meter in park.meters.iter_mut().filter(|meter| meter.enterprise == own) {
            meter.name = label(BY_LAW, "meter");
        }
        for stream in park.streams.iter_mut().filter(|stream| stream.enterprise == own) {
            stream.name = label(SHARED, "stream");
            stream.source = format!("{SHARED} document");
            self.private(&mut stream.quantity.value);
            for amount in
                [&mut stream.price_vnd, &mut stream.treatment_vnd, &mut stream.temperature_c].into_iter().flatten()
            {
                self.private(amount);
            }
            for content in stream.composition.values_mut() {
                self.private(&mut content.value);
            }
        }
        for exchange in park.exchanges.iter_mut().filter(|exchange| exchange.giver == own || exchange.taker == own) {
            exchange.name = label(BY_LAW, "exchange");
            exchange.evidence = Some(format!("{BY_LAW} contract"));
            if let Some(quantity) = &mut exchange.quantity {
                self.law(&mut quantity.value);
            }
        }
        for answer in park.survey.iter_mut().filter(|answer| answer.enterprise == own) {
            answer.evidence = Some(format!("{BY_LAW} answer"));
        }
        for measure in park.measures.iter_mut().filter(|measure| measure.enterprise == own) {
            measure.name = label(BY_LAW, "measure");
            (measure.owner, measure.evidence) = (Some(format!("{BY_LAW} owner")), Some(format!("{BY_LAW} evidence")));
            measure.signer = measure.signer.as_ref().map(|_| format!("{BY_LAW} signer"));
            if let Some(saving) = &mut measure.expected_saving {
                self.law(&mut saving.value);
            }
            if let Some(investment) = &mut measure.investment_vnd {
                self.law(investment);
            }
        }
        park
    }

    /// A park of its own, all enterprises of it.
    pub fn park(&mut self, park: Park) -> Park {
        let pairs: Vec<(String, String)> = park
            .enterprises
            .iter()
            .map(|enterprise| enterprise.id.to_string())
            .chain(park.streams.iter().map(|stream| stream.id.to_string()))
            .chain(park.measures.iter().map(|measure| measure.id.to_string()))
            .chain(park.meters.iter().map(|meter| meter.id.to_string()))
            .map(|id| (id.clone(), format!("{PARK_MARK}-{id}")))
            .collect();
        let mut park = renamed(park, &pairs);
        park.id = ParkId::new(OTHER_PARK);
        park.name = Label::new("Khu khác", "Other park");
        // Another province than the first park's.
        park.province = "79".to_string();
        (park.note, park.developer) = (Some(format!("{PARK_FACT} note")), Some(format!("{PARK_FACT} developer")));
        for enterprise in &mut park.enterprises {
            (enterprise.name, enterprise.tax_code) = (label(PARK_MARK, "enterprise"), Some(PARK_MARK.to_string()));
        }
        for record in &mut park.records {
            record.source = format!("{PARK_MARK} document");
        }
        // As many as tell whether any came through; each takes time to look for.
        for record in park.records.iter_mut().filter(|record| record.period.start().year() == 2024).take(400) {
            let (odd, digits) = self.odd(record.amount.value);
            record.amount.value = odd;
            self.others.insert(digits);
        }
        for stream in &mut park.streams {
            (stream.name, stream.source) = (label(PARK_MARK, "stream"), PARK_MARK.to_string());
        }
        for exchange in &mut park.exchanges {
            (exchange.name, exchange.evidence) = (label(PARK_MARK, "exchange"), Some(PARK_MARK.to_string()));
        }
        for answer in &mut park.survey {
            answer.evidence = Some(PARK_MARK.to_string());
        }
        for fact in &mut park.facts {
            fact.evidence = Some(PARK_FACT.to_string());
        }
        for measure in &mut park.measures {
            (measure.name, measure.owner) = (label(PARK_MARK, "measure"), Some(PARK_MARK.to_string()));
            measure.evidence = Some(PARK_MARK.to_string());
        }
        park
    }
}

fn label(mark: &str, what: &str) -> Label {
    Label::new(format!("{mark} {what} vi"), format!("{mark} {what} en"))
}

fn of<T>(rows: &[T], read: impl Fn(&T) -> (&EnterpriseId, String)) -> Vec<String> {
    rows.iter().map(read).filter(|(enterprise, _)| enterprise.as_str() == OWN).map(|(_, id)| id).collect()
}

/// The park with other identifiers, wherever they stand.
fn renamed(park: Park, pairs: &[(String, String)]) -> Park {
    let mut text = serde_json::to_string(&park).unwrap();
    for (from, to) in pairs {
        text = text.replace(&format!("\"{from}\""), &format!("\"{to}\""));
    }
    serde_json::from_str(&text).unwrap()
}
