//! What each kind of enterprise uses and gives off for a unit of product. Invented, of plausible size, no benchmark.

use crate::enterprises::Group;

/// What a group makes in a usual month.
pub struct Product {
    pub resource: &'static str,
    pub unit: &'static str,
    pub a_month: f64,
    /// January to December against the mean.
    pub season: &'static [f64; 12],
}

/// A bill that comes every month or quarter: mean = `per_product` × usual production, of which shares are fixed,
/// follow production, and follow cooling degree days.
pub struct Flow {
    pub resource: &'static str,
    pub unit: &'static str,
    pub per_product: f64,
    pub fixed: f64,
    pub by_product: f64,
    pub by_warmth: f64,
    pub noise: f64,
    pub basis: &'static str,
    /// What the supporting paper is called.
    pub paper: &'static str,
    /// VND per unit in the middle year; 0 where the paper names no price.
    pub price_vnd: f64,
    pub is_quarterly: bool,
}

const SEAFOOD: [f64; 12] = [0.92, 0.76, 0.88, 0.95, 1.00, 1.05, 1.10, 1.12, 1.12, 1.08, 1.04, 0.98];
const DRINKS: [f64; 12] = [1.18, 0.80, 0.92, 1.06, 1.10, 1.04, 1.00, 0.97, 0.92, 0.93, 1.00, 1.10];
const BUILDING: [f64; 12] = [0.95, 0.74, 1.10, 1.12, 1.06, 1.00, 0.94, 0.90, 0.92, 1.00, 1.12, 1.15];
const GOODS: [f64; 12] = [0.94, 0.80, 0.98, 1.00, 1.02, 1.04, 1.03, 1.05, 1.06, 1.08, 1.04, 0.98];

const fn product(a_month: f64, season: &'static [f64; 12]) -> Product {
    Product { resource: "product", unit: "t", a_month, season }
}

const fn pieces(a_month: f64, season: &'static [f64; 12]) -> Product {
    Product { resource: "product-count", unit: "1000 pieces", a_month, season }
}

/// Production, or for utilities the activity that their bills follow.
pub fn product_of(group: Group) -> Product {
    match group {
        Group::Seafood => product(900.0, &SEAFOOD),
        Group::Spinning => product(400.0, &GOODS),
        Group::Dyeing => product(500.0, &GOODS),
        Group::Apparel => pieces(300.0, &GOODS),
        Group::Paper => product(4_000.0, &GOODS),
        Group::Carton => product(1_500.0, &GOODS),
        Group::Brewery => product(6_000.0, &DRINKS),
        Group::SoftDrink => product(5_000.0, &DRINKS),
        Group::Steel => product(9_000.0, &BUILDING),
        Group::Foundry => product(800.0, &GOODS),
        Group::Structure => product(1_200.0, &BUILDING),
        Group::Plastics => product(900.0, &GOODS),
        Group::Electronics => pieces(2_500.0, &GOODS),
        Group::Plating => product(250.0, &GOODS),
        Group::Feed => product(7_000.0, &SEAFOOD),
        Group::Chemicals => product(600.0, &GOODS),
        Group::Fertiliser => product(3_000.0, &GOODS),
        Group::Brick => product(5_000.0, &BUILDING),
        Group::Block => product(8_000.0, &BUILDING),
        Group::PowerPlant | Group::WastewaterPlant | Group::WaterSupply | Group::Developer => product(1_000.0, &GOODS),
    }
}

pub fn makes_product(group: Group) -> bool {
    !matches!(group, Group::PowerPlant | Group::WastewaterPlant | Group::WaterSupply | Group::Developer)
}

/// Small or slow streams are weighed once a quarter.
const fn quarterly(flow: Flow) -> Flow {
    Flow { is_quarterly: true, ..flow }
}

/// The bills of a group: what it takes in first, then what it gives off.
pub fn flows_of(group: Group) -> Vec<Flow> {
    match group {
        Group::Seafood => vec![
            electricity(1_100.0, 0.30, 0.48),
            fuel("diesel", 0.0035),
            water(25.0),
            wastewater(19.5),
            chemicals(8.0),
            material(1.9),
            quarterly(waste("waste-reused", 0.34)),
            waste("waste-landfill", 0.03),
            hazardous(0.0006),
        ],
        Group::Spinning => vec![
            electricity(3_200.0, 0.25, 0.60),
            water(3.0),
            material(1.1),
            quarterly(waste("waste-recycled", 0.06)),
            quarterly(waste("waste-landfill", 0.01)),
        ],
        Group::Dyeing => vec![
            electricity(1_800.0, 0.25, 0.65),
            fuel("bituminous-coal", 1.6),
            water(90.0),
            wastewater(80.0),
            reused_water(8.0),
            chemicals(250.0),
            material(1.05),
            waste("waste-landfill", 0.09),
            hazardous(0.010),
        ],
        Group::Apparel => vec![
            electricity(700.0, 0.35, 0.45),
            fuel("wood", 0.15),
            water(12.0),
            material(0.25),
            quarterly(waste("waste-recycled", 0.03)),
            quarterly(waste("waste-landfill", 0.01)),
        ],
        Group::Paper => vec![
            electricity(550.0, 0.22, 0.70),
            fuel("anthracite", 0.28),
            water(12.0),
            wastewater(9.6),
            reused_water(3.0),
            chemicals(15.0),
            material(1.15),
            quarterly(waste("waste-reused", 0.04)),
            waste("waste-landfill", 0.06),
            hazardous(0.0005),
        ],
        Group::Carton => vec![
            electricity(110.0, 0.30, 0.60),
            fuel("wood", 0.05),
            water(1.5),
            material(1.06),
            quarterly(waste("waste-recycled", 0.05)),
            quarterly(waste("waste-landfill", 0.004)),
        ],
        Group::Brewery => vec![
            electricity(95.0, 0.28, 0.50),
            fuel("wood", 0.022),
            water(4.6),
            wastewater(3.2),
            reused_water(0.2),
            quarterly(chemicals(1.2)),
            material(0.2),
            quarterly(waste("waste-reused", 0.16)),
            quarterly(waste("waste-landfill", 0.004)),
        ],
        Group::SoftDrink => vec![
            electricity(60.0, 0.30, 0.48),
            steam(0.15),
            water(2.6),
            wastewater(1.4),
            quarterly(chemicals(0.6)),
            material(0.12),
            quarterly(waste("waste-recycled", 0.006)),
            quarterly(waste("waste-landfill", 0.002)),
        ],
        Group::Steel => vec![
            electricity(560.0, 0.20, 0.75),
            fuel("fuel-oil", 0.028),
            water(3.0),
            wastewater(0.6),
            reused_water(1.5),
            material(1.1),
            quarterly(waste("waste-recycled", 0.10)),
            waste("waste-landfill", 0.05),
            hazardous(0.012),
        ],
        Group::Foundry => vec![
            electricity(900.0, 0.20, 0.75),
            fuel("lpg", 0.02),
            water(1.0),
            material(1.15),
            waste("waste-landfill", 0.25),
            hazardous(0.002),
        ],
        Group::Structure => vec![
            electricity(120.0, 0.35, 0.55),
            fuel("lpg", 0.01),
            water(0.5),
            material(1.05),
            quarterly(waste("waste-recycled", 0.04)),
            hazardous(0.002),
        ],
        Group::Plastics => vec![
            electricity(1_300.0, 0.25, 0.62),
            water(1.0),
            material(1.03),
            quarterly(waste("waste-recycled", 0.02)),
            waste("waste-landfill", 0.008),
            hazardous(0.0004),
        ],
        Group::Electronics => vec![
            electricity(900.0, 0.45, 0.30),
            water(10.0),
            wastewater(8.0),
            reused_water(1.0),
            chemicals(30.0),
            material(0.05),
            quarterly(waste("waste-recycled", 0.01)),
            hazardous(0.010),
        ],
        Group::Plating => vec![
            electricity(800.0, 0.25, 0.65),
            fuel("lpg", 0.03),
            water(30.0),
            wastewater(26.0),
            chemicals(60.0),
            hazardous(0.05),
        ],
        Group::Feed => vec![
            electricity(45.0, 0.25, 0.65),
            fuel("wood", 0.02),
            water(0.2),
            material(1.02),
            quarterly(waste("waste-landfill", 0.002)),
        ],
        Group::Chemicals => vec![
            electricity(500.0, 0.25, 0.65),
            steam(2.0),
            water(8.0),
            wastewater(5.0),
            material(1.2),
            hazardous(0.02),
        ],
        Group::Fertiliser => vec![
            electricity(40.0, 0.25, 0.70),
            fuel("anthracite", 0.03),
            water(0.4),
            material(1.05),
            quarterly(waste("waste-landfill", 0.003)),
        ],
        Group::Brick => vec![
            electricity(60.0, 0.20, 0.75),
            fuel("bituminous-coal", 0.08),
            fuel("other-biomass", 0.03),
            water(0.3),
            material(1.2),
            waste("waste-landfill", 0.01),
        ],
        Group::Block => vec![
            electricity(8.0, 0.30, 0.65),
            fuel("diesel", 0.001),
            water(0.15),
            material(1.01),
            quarterly(waste("waste-landfill", 0.003)),
        ],
        Group::PowerPlant => vec![
            electricity(220.0, 0.40, 0.55),
            fuel("bituminous-coal", 5.2),
            water(60.0),
            chemicals(9.0),
            quarterly(waste("waste-reused", 0.5)),
            waste("waste-landfill", 0.6),
        ],
        Group::WastewaterPlant => vec![electricity(310.0, 0.35, 0.60), chemicals(35.0), waste("waste-landfill", 0.35)],
        Group::WaterSupply => {
            vec![electricity(260.0, 0.25, 0.70), quarterly(chemicals(12.0)), quarterly(waste("waste-landfill", 0.12))]
        }
        Group::Developer => vec![
            electricity(48.0, 0.90, 0.05),
            Flow {
                basis: "metered",
                ..flow("solar-electricity", "kWh", 6.5, 0.4, 0.0, 0.6, 0.04, "Công tơ điện mặt trời", 0.0)
            },
            fuel("diesel", 0.0012),
            water(1.5),
        ],
    }
}

#[allow(clippy::too_many_arguments)] // A row of a table; each number is named where the struct is declared.
const fn flow(
    resource: &'static str,
    unit: &'static str,
    per_product: f64,
    fixed: f64,
    by_product: f64,
    by_warmth: f64,
    noise: f64,
    paper: &'static str,
    price_vnd: f64,
) -> Flow {
    let basis = "invoiced";
    Flow {
        resource,
        unit,
        per_product,
        fixed,
        by_product,
        by_warmth,
        noise,
        basis,
        paper,
        price_vnd,
        is_quarterly: false,
    }
}

fn electricity(per_product: f64, fixed: f64, by_product: f64) -> Flow {
    let by_warmth = 1.0 - fixed - by_product;
    flow("electricity", "kWh", per_product, fixed, by_product, by_warmth, 0.013, "Hóa đơn điện", 1_780.0)
}

fn fuel(resource: &'static str, per_product: f64) -> Flow {
    let price = match resource {
        "diesel" => 21_000_000.0,
        "fuel-oil" => 16_500_000.0,
        "lpg" => 24_000_000.0,
        "wood" => 2_100_000.0,
        "other-biomass" => 1_200_000.0,
        "anthracite" => 4_100_000.0,
        _ => 3_600_000.0,
    };
    flow(resource, "t", per_product, 0.15, 0.85, 0.0, 0.016, "Phiếu nhập nhiên liệu", price)
}

fn steam(per_product: f64) -> Flow {
    flow("steam", "GJ", per_product, 0.12, 0.88, 0.0, 0.02, "Hóa đơn hơi", 330_000.0)
}

fn water(per_product: f64) -> Flow {
    flow("supply-water", "m3", per_product, 0.18, 0.72, 0.10, 0.016, "Hóa đơn nước", 12_600.0)
}

fn wastewater(per_product: f64) -> Flow {
    Flow {
        basis: "metered",
        ..flow("wastewater", "m3", per_product, 0.18, 0.82, 0.0, 0.018, "Đồng hồ nước thải", 11_400.0)
    }
}

fn reused_water(per_product: f64) -> Flow {
    Flow {
        basis: "estimated", ..flow("reused-water", "m3", per_product, 0.1, 0.9, 0.0, 0.05, "Ước theo giờ bơm", 0.0)
    }
}

fn chemicals(per_product: f64) -> Flow {
    flow("chemicals", "kg", per_product, 0.1, 0.9, 0.0, 0.04, "Phiếu xuất kho hóa chất", 17_500.0)
}

fn material(per_product: f64) -> Flow {
    Flow {
        basis: "declared",
        ..flow("raw-material", "t", per_product, 0.0, 1.0, 0.0, 0.015, "Sổ kho nguyên liệu", 0.0)
    }
}

fn waste(fate: &'static str, per_product: f64) -> Flow {
    let price = match fate {
        "waste-landfill" => 650_000.0,
        "waste-incinerated" => 1_800_000.0,
        _ => 0.0,
    };
    Flow {
        basis: "declared",
        ..flow(fate, "t", per_product, 0.05, 0.95, 0.0, 0.07, "Biên bản giao nhận chất thải", price)
    }
}

fn hazardous(per_product: f64) -> Flow {
    quarterly(flow(
        "waste-hazardous",
        "t",
        per_product,
        0.1,
        0.9,
        0.0,
        0.06,
        "Chứng từ chất thải nguy hại",
        6_500_000.0,
    ))
}
