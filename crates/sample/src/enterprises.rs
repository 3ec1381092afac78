//! The forty enterprises of the sample park. Names say that they are made up; tax codes are no real ones.

use crate::random::Random;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    Seafood,
    Spinning,
    Dyeing,
    Apparel,
    Paper,
    Carton,
    Brewery,
    SoftDrink,
    Steel,
    Foundry,
    Structure,
    Plastics,
    Electronics,
    Plating,
    Feed,
    Chemicals,
    Fertiliser,
    Brick,
    Block,
    PowerPlant,
    WastewaterPlant,
    WaterSupply,
    Developer,
}

#[derive(Clone, Debug)]
pub struct Enterprise {
    pub id: String,
    pub group: Group,
    pub isic4: &'static str,
    pub name_vi: String,
    pub name_en: String,
    pub role: &'static str,
    pub employees: u32,
    /// Production against the usual one of its group.
    pub size: f64,
    pub latitude: f64,
    pub longitude: f64,
}

struct Kind {
    group: Group,
    count: usize,
    isic4: &'static str,
    vi: &'static str,
    en: &'static str,
    role: &'static str,
    employees: (f64, f64),
}

const fn kind(
    group: Group,
    count: usize,
    isic4: &'static str,
    vi: &'static str,
    en: &'static str,
    employees: (f64, f64),
) -> Kind {
    Kind { group, count, isic4, vi, en, role: "tenant", employees }
}

const fn utility(group: Group, isic4: &'static str, vi: &'static str, en: &'static str, role: &'static str) -> Kind {
    Kind { group, count: 1, isic4, vi, en, role, employees: (25.0, 90.0) }
}

/// In the order of their codes E01 … E40: other modules name enterprises by code.
const KINDS: &[Kind] = &[
    kind(Group::Seafood, 6, "1020", "Thủy sản Mẫu", "Sample Seafood", (300.0, 1400.0)), // E01-E06
    kind(Group::Spinning, 1, "1311", "Sợi Mẫu", "Sample Spinning", (180.0, 320.0)),     // E07
    kind(Group::Dyeing, 2, "1313", "Dệt nhuộm Mẫu", "Sample Dyeing", (260.0, 700.0)),   // E08-E09
    kind(Group::Apparel, 1, "1410", "May Mẫu", "Sample Apparel", (700.0, 1200.0)),      // E10
    kind(Group::Paper, 3, "1701", "Giấy Mẫu", "Sample Paper", (130.0, 280.0)),          // E11-E13
    kind(Group::Carton, 1, "1702", "Bao bì giấy Mẫu", "Sample Carton", (110.0, 190.0)), // E14
    kind(Group::Brewery, 2, "1103", "Bia Mẫu", "Sample Brewery", (150.0, 300.0)),       // E15-E16
    kind(Group::SoftDrink, 2, "1104", "Nước giải khát Mẫu", "Sample Soft Drinks", (120.0, 260.0)), // E17-E18
    kind(Group::Steel, 2, "2410", "Thép Mẫu", "Sample Steel", (220.0, 420.0)),          // E19-E20
    kind(Group::Foundry, 1, "2431", "Đúc Mẫu", "Sample Foundry", (60.0, 95.0)),         // E21
    kind(Group::Structure, 1, "2511", "Kết cấu thép Mẫu", "Sample Steel Structures", (110.0, 220.0)), // E22
    kind(Group::Plastics, 3, "2220", "Nhựa Mẫu", "Sample Plastics", (60.0, 240.0)),     // E23-E25
    kind(Group::Electronics, 2, "2610", "Điện tử Mẫu", "Sample Electronics", (600.0, 2000.0)), // E26-E27
    kind(Group::Plating, 1, "2592", "Xi mạ Mẫu", "Sample Plating", (50.0, 90.0)),       // E28
    kind(Group::Feed, 2, "1080", "Thức ăn chăn nuôi Mẫu", "Sample Feed", (105.0, 180.0)), // E29-E30
    kind(Group::Chemicals, 1, "2011", "Hóa chất Mẫu", "Sample Chemicals", (45.0, 90.0)), // E31
    kind(Group::Fertiliser, 1, "2012", "Phân bón Mẫu", "Sample Fertiliser", (55.0, 95.0)), // E32
    kind(Group::Brick, 2, "2392", "Gạch Mẫu", "Sample Bricks", (50.0, 95.0)),           // E33-E34
    kind(Group::Block, 2, "2395", "Bê tông Mẫu", "Sample Concrete Blocks", (40.0, 90.0)), // E35-E36
    utility(Group::PowerPlant, "3510", "Nhiệt điện và hơi Mẫu", "Sample Heat and Power", "utility"), // E37
    utility(Group::WastewaterPlant, "3700", "Xử lý nước thải tập trung Mẫu", "Sample Wastewater Plant", "utility"), // E38
    utility(Group::WaterSupply, "3600", "Cấp nước Mẫu", "Sample Water Supply", "utility"), // E39
    utility(Group::Developer, "6810", "Hạ tầng Khu công nghiệp Mẫu", "Sample Park Infrastructure", "developer"), // E40
];

/// South-west corner of the square that the park fills, and the size of one plot: 8 × 5 plots, about 3 km × 3 km.
const CORNER: (f64, f64) = (10.0610, 105.6240);
const PLOT: (f64, f64) = (0.0054, 0.0034);
const PLOTS_IN_ROW: usize = 8;

pub fn enterprises(seed: u64) -> Vec<Enterprise> {
    let mut random = Random::new(seed, "enterprises");
    let mut list = Vec::new();
    for kind in KINDS {
        for number in 1..=kind.count {
            let (latitude, longitude) = plot(list.len(), &mut random);
            list.push(Enterprise {
                id: format!("E{:02}", list.len() + 1),
                group: kind.group,
                isic4: kind.isic4,
                name_vi: format!("{} {number:02}", kind.vi),
                name_en: format!("{} {number:02}", kind.en),
                role: kind.role,
                employees: random.between(kind.employees.0, kind.employees.1) as u32,
                size: (100.0 * random.between(0.85, 1.20)).round() / 100.0,
                latitude,
                longitude,
            });
        }
    }
    list
}

/// Plots are counted to and fro, so that neighbouring codes are neighbours on the ground.
fn plot(index: usize, random: &mut Random) -> (f64, f64) {
    let (row, place) = (index / PLOTS_IN_ROW, index % PLOTS_IN_ROW);
    let column = if row.is_multiple_of(2) { place } else { PLOTS_IN_ROW - 1 - place };
    let within = |random: &mut Random| random.between(0.3, 0.7);
    let degrees = |value: f64| (1e5 * value).round() / 1e5;
    (
        degrees(CORNER.0 + PLOT.0 * (row as f64 + within(random))),
        degrees(CORNER.1 + PLOT.1 * (column as f64 + within(random))),
    )
}

/// The rows of `enterprises.csv`.
pub fn rows(enterprises: &[Enterprise]) -> Vec<Vec<String>> {
    enterprises
        .iter()
        .enumerate()
        .map(|(index, enterprise)| {
            vec![
                enterprise.id.clone(),
                enterprise.name_vi.clone(),
                enterprise.name_en.clone(),
                format!("00000000{:02}", index + 1),
                enterprise.isic4.to_string(),
                enterprise.role.to_string(),
                enterprise.employees.to_string(),
                enterprise.latitude.to_string(),
                enterprise.longitude.to_string(),
            ]
        })
        .collect()
}
