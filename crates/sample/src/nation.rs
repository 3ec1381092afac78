//! A synthetic nation: parks all over the old provinces, each with enterprises, monthly bills, answers and facts, the register
//! that their boards would keep, and the totals that were planted. Made park by park, so that it needs no room for the whole.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use engine::park::sheets;
use engine::table::write_csv;
use jiff::civil::Date;
use serde::Serialize;

use crate::folder::{Folder, write_folder};
use crate::random::Random;

const CROSSWALK: &str = include_str!("../../../catalogue/provinces/crosswalk.csv");

/// How large a nation is made.
#[derive(Clone, Copy, Debug)]
pub struct Nation {
    pub seed: u64,
    pub parks: usize,
    /// Enterprises of each park.
    pub enterprises: usize,
    /// Months of bills, the last one ending with 2024.
    pub months: usize,
}

/// The size that the ministry has: 400 parks with 20,000 enterprises, two years of months.
pub const WHOLE: Nation = Nation { seed: 1, parks: 400, enterprises: 50, months: 24 };

/// What was planted, for those who check.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NationTruth {
    pub parks: usize,
    pub enterprises: usize,
    pub records: usize,
    /// Province code → resource → amount of 2024 in kWh and m³, by both editions.
    pub before: BTreeMap<String, BTreeMap<String, f64>>,
    pub after: BTreeMap<String, BTreeMap<String, f64>>,
    pub totals: BTreeMap<String, f64>,
}

const RESOURCES: [(&str, &str, f64); 2] = [("electricity", "kWh", 180_000.0), ("supply-water", "m3", 2_400.0)];
const INDUSTRIES: [&str; 10] = ["1020", "1103", "1311", "1410", "1701", "2012", "2220", "2410", "2610", "3100"];
const FIRST: [&str; 20] = [
    "An", "Bình", "Cát", "Đông", "Gia", "Hòa", "Khánh", "Lộc", "Minh", "Nam", "Phú", "Quế", "Sơn", "Tân", "Uyên",
    "Vĩnh", "Xuân", "Yên", "Thạnh", "Mỹ",
];
const SECOND: [&str; 20] = [
    "Bảo", "Cường", "Dương", "Đức", "Giang", "Hải", "Hưng", "Long", "Lợi", "Nghĩa", "Phong", "Phước", "Quang", "Thành",
    "Thịnh", "Thuận", "Tiến", "Trung", "Tường", "Vượng",
];
const TRADES: [(&str, &str); 6] = [
    ("Thép", "Steel"),
    ("Dệt may", "Textile"),
    ("Thủy sản", "Seafood"),
    ("Bao bì", "Packaging"),
    ("Điện tử", "Electronics"),
    ("Nội thất", "Furniture"),
];

/// Questions with the least and the largest share of a park's tenants that say yes.
const QUESTIONS: [(&str, f64, f64); 6] = [
    ("applies-recp", 0.1, 0.6),
    ("aware-recp", 0.4, 0.95),
    ("energy-management", 0.2, 0.7),
    ("complaint-rules", 0.5, 0.95),
    ("publishes-information", 0.3, 0.9),
    ("gender-equality", 0.4, 0.95),
];
/// What a park says of itself, with the least and the largest value, and its decimals.
const FACTS: [(&str, f64, f64, usize); 8] = [
    ("basic-services", 0.0, 1.0, 0),
    ("community-reports-per-year", 0.0, 2.0, 0),
    ("green-and-technical-land-share", 15.0, 35.0, 1),
    ("input-output-monitoring", 0.0, 1.0, 0),
    ("investor-compliant-years", 1.0, 5.0, 0),
    ("recp-reports-per-year", 0.0, 2.0, 0),
    ("tenants-compliant-years", 1.0, 5.0, 0),
    ("worker-housing", 0.0, 1.0, 0),
];
/// Of what is asked, so much stays without an answer.
const SILENT: f64 = 0.15;

/// A park of the nation with what the register and the truth say of it.
pub struct NationPark {
    pub id: String,
    pub name: String,
    pub before: String,
    pub after: String,
    pub folder: Folder,
    pub records: usize,
    pub totals: BTreeMap<String, f64>,
    /// Name, tax code, industry.
    pub enterprises: Vec<(String, String, String)>,
}

/// `An Bảo 001`: no place of this name is meant.
pub fn park_name(number: usize) -> String {
    let (first, second) = (FIRST[number % FIRST.len()], SECOND[number / FIRST.len() % SECOND.len()]);
    format!("{first} {second} {:03}", number + 1)
}

pub fn park_id(number: usize) -> String {
    format!("th-{:03}", number + 1)
}

impl Nation {
    pub fn park(&self, number: usize) -> NationPark {
        let mut random = Random::new(self.seed, &format!("park {number}"));
        let provinces = provinces();
        let (before, after) = provinces[number % provinces.len()].clone();
        let name = park_name(number);
        let months = months(self.months);
        let mut enterprises = Vec::new();
        let (mut rows, mut records) = (Vec::new(), Vec::new());
        let mut totals: BTreeMap<String, f64> = BTreeMap::new();
        for at in 0..self.enterprises {
            let id = format!("E{:03}", at + 1);
            let serial = number * self.enterprises + at;
            let (vi, en) = TRADES[random.index(TRADES.len())];
            let (first, second) = (FIRST[random.index(FIRST.len())], SECOND[random.index(SECOND.len())]);
            let isic4 = INDUSTRIES[random.index(INDUSTRIES.len())];
            let (name_vi, name_en) =
                (format!("{vi} {first} {second} {serial:05}"), format!("{en} {first} {second} {serial:05}"));
            // No real tax code begins with five zeros.
            let tax_code = format!("00000{serial:05}");
            let employees = random.between(30.0, 900.0).round();
            let row = [&id, &name_vi, &name_en, &tax_code, isic4, "tenant", &employees.to_string(), "", ""];
            rows.push(row.map(str::to_string).to_vec());
            let size = random.between(0.4, 1.8);
            for (resource, unit, usual) in RESOURCES {
                for (month, (start, end)) in months.iter().enumerate() {
                    let season = 1.0 + 0.1 * ((month % 12) as f64 - 5.5).abs() / 5.5;
                    let amount = (usual * size * season * random.noise(0.04)).round();
                    if start.year() == 2024 {
                        *totals.entry(resource.to_string()).or_default() += amount;
                    }
                    let source = format!("HD {id}-{start}");
                    let last = end.yesterday().expect("a month has a last day").to_string();
                    let row =
                        [&id, resource, &start.to_string(), &last, &amount.to_string(), unit, "invoiced", &source, ""];
                    records.push(row.map(str::to_string).to_vec());
                }
            }
            enterprises.push((name_vi, tax_code, isic4.to_string()));
        }
        let mut folder = Folder::default();
        folder.text("park.toml", particulars(&park_id(number), &name, &before));
        folder.sheet(&sheets::ENTERPRISES, &rows);
        folder.sheet(&sheets::RECORDS, &records);
        folder.sheet(&sheets::SURVEY, &self.survey(number));
        folder.sheet(&sheets::FACTS, &self.facts(number));
        NationPark { id: park_id(number), name, before, after, folder, records: records.len(), totals, enterprises }
    }

    /// What the tenants answer; each park has its own shares.
    fn survey(&self, number: usize) -> Vec<Vec<String>> {
        let mut random = Random::new(self.seed, &format!("survey {number}"));
        let mut rows = Vec::new();
        for (question, least, most) in QUESTIONS {
            let share = random.between(least, most);
            for at in 0..self.enterprises {
                let id = format!("E{:03}", at + 1);
                let (is_silent, is_yes) = (random.between(0.0, 1.0) < SILENT, random.between(0.0, 1.0) < share);
                let day = format!("2024-{:02}-{:02}", 1 + random.index(12), 1 + random.index(28));
                let evidence = if is_yes { format!("Phiếu khảo sát {id}-2024") } else { String::new() };
                if !is_silent {
                    let answer = if is_yes { "yes" } else { "no" };
                    rows.push(vec![id, question.to_string(), answer.to_string(), day, evidence]);
                }
            }
        }
        rows
    }

    fn facts(&self, number: usize) -> Vec<Vec<String>> {
        let mut random = Random::new(self.seed, &format!("facts {number}"));
        let mut rows = Vec::new();
        for (fact, least, most, decimals) in FACTS {
            let (is_silent, value) = (random.between(0.0, 1.0) < SILENT, random.between(least, most));
            if !is_silent {
                let row = [fact, &format!("{value:.decimals$}"), "2024-12-10", "Hồ sơ của khu, số liệu tổng hợp", ""];
                rows.push(row.map(str::to_string).to_vec());
            }
        }
        rows
    }

    /// Writes `parks/<id>/`, `register/parks.csv`, `register/enterprises.csv` and `truth.json`.
    pub fn write(&self, out: &Path) -> anyhow::Result<NationTruth> {
        let mut truth = NationTruth::default();
        let (mut parks, mut enterprises) = (Vec::new(), Vec::new());
        for number in 0..self.parks {
            let park = self.park(number);
            write_folder(&park.folder, &out.join("parks").join(&park.id))?;
            truth.parks += 1;
            truth.enterprises += park.enterprises.len();
            truth.records += park.records;
            for (resource, amount) in &park.totals {
                for (edition, code) in [(&mut truth.before, &park.before), (&mut truth.after, &park.after)] {
                    *edition.entry(code.clone()).or_default().entry(resource.clone()).or_default() += amount;
                }
                *truth.totals.entry(resource.clone()).or_default() += amount;
            }
            let kind = ["Đang hoạt động", "Đang hoạt động", "Đang xây dựng", "Quy hoạch"][number % 4];
            let area = (80 + 7 * (number % 50)).to_string();
            let row = [&park.id, &format!("Khu công nghiệp {}", park.name), &park.before, kind, &area];
            parks.push(row.map(|cell| cell.to_string()).to_vec());
            for (name, tax_code, isic4) in park.enterprises {
                enterprises.push(vec![name, tax_code, park.id.clone(), isic4]);
            }
        }
        let register = out.join("register");
        std::fs::create_dir_all(&register).with_context(|| format!("create {}", register.display()))?;
        let parks = write_csv(&["Mã", "Tên khu công nghiệp", "Tỉnh", "Tình trạng", "Diện tích (ha)"], &parks);
        let enterprises = write_csv(&["Tên doanh nghiệp", "Mã số thuế", "Khu công nghiệp", "Mã ngành"], &enterprises);
        std::fs::write(register.join("parks.csv"), parks)?;
        std::fs::write(register.join("enterprises.csv"), enterprises)?;
        std::fs::write(out.join("truth.json"), serde_json::to_string_pretty(&truth)? + "\n")?;
        Ok(truth)
    }
}

/// Old code and new code of every old province.
fn provinces() -> Vec<(String, String)> {
    let lines = CROSSWALK.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
    lines.filter(|cells| cells.len() > 2).map(|cells| (cells[0].to_string(), cells[2].to_string())).collect()
}

/// First day, and the day after the last, of the months until the end of 2024.
fn months(count: usize) -> Vec<(Date, Date)> {
    let end = jiff::civil::date(2025, 1, 1);
    let before = |months: usize| end.saturating_sub(jiff::Span::new().months(months as i64));
    (0..count).rev().map(|month| (before(month + 1), before(month))).collect()
}

fn particulars(id: &str, name: &str, province: &str) -> String {
    format!(
        "park = \"{id}\"\nname_vi = \"Khu công nghiệp {name} (số liệu tổng hợp)\"\n\
         name_en = \"{name} Industrial Park (synthetic data)\"\nprovince = \"{province}\"\nsynthetic = true\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_park_and_another_seed_another() {
        let nation = Nation { seed: 7, parks: 3, enterprises: 4, months: 24 };
        let (one, again) = (nation.park(2), nation.park(2));
        assert_eq!((one.folder.clone(), one.totals.clone()), (again.folder, again.totals));
        assert_eq!(one.records, 4 * 2 * 24);
        let other = Nation { seed: 8, ..nation }.park(2);
        assert_ne!(one.totals, other.totals);
        let (answers, facts) = (nation.survey(2), nation.facts(2));
        assert!(answers.len() > 10 && answers.len() < 6 * 4, "{answers:?}: some say nothing");
        assert!(answers.iter().any(|row| row[2] == "yes") && answers.iter().any(|row| row[2] == "no"), "{answers:?}");
        assert!(!facts.is_empty() && facts.len() <= FACTS.len(), "{facts:?}");
        assert_eq!(months(24).first().map(|month| month.0), Some(jiff::civil::date(2023, 1, 1)));
    }
}
