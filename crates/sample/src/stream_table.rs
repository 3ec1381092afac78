//! Streams of the sample park as a table: what is given, what is asked for, and which pairs must or must not match.
//! Contents, limits and prices are invented.

use crate::truth::Reason;

/// A substance with its content or upper limit and unit.
pub type Part = (&'static str, f64, &'static str);

pub struct Give {
    pub enterprise: &'static str,
    pub vi: &'static str,
    pub en: &'static str,
    /// Empty: no waste code applies (water, heat).
    pub ewc: &'static str,
    pub kind: &'static str,
    pub quantity: f64,
    pub hazardous: bool,
    /// Thousand VND a unit: disposal today, treatment before use.
    pub disposal: f64,
    pub treatment: f64,
    pub temperature: Option<f64>,
    pub content: &'static [Part],
    /// Uses in which this stream must match, or must not and why.
    pub uses: &'static [(&'static str, Option<Reason>)],
}

pub struct Take {
    pub enterprise: &'static str,
    pub vi: &'static str,
    pub en: &'static str,
    pub ewc: &'static str,
    pub kind: &'static str,
    pub quantity: f64,
    pub licensed: bool,
    /// Thousand VND a unit paid today for what it would replace.
    pub price: f64,
    pub temperature: Option<f64>,
    pub limits: &'static [Part],
    /// The use that givers name, and what stands against any giver here.
    pub used_as: &'static str,
    pub fault: Option<Reason>,
}

const OK: Option<Reason> = None;
const ABOVE: Option<Reason> = Some(Reason::AboveLimit);
const UNKNOWN: Option<Reason> = Some(Reason::ContentUnknown);
const COSTLY: Option<Reason> = Some(Reason::NotWorthIt);
const COLD: Option<Reason> = Some(Reason::TooCold);
const UNRELATED: Option<Reason> = Some(Reason::NoRelation);
const UNLICENSED: Option<Reason> = Some(Reason::HazardousUnlicensed);
const FAR: Option<Reason> = Some(Reason::TooFar);

type Uses = &'static [(&'static str, Option<Reason>)];

#[allow(clippy::too_many_arguments)] // A row of a table; the fields are named where the struct is declared.
#[rustfmt::skip]
const fn give(enterprise: &'static str, vi: &'static str, en: &'static str, ewc: &'static str, quantity: f64, disposal: f64, treatment: f64, content: &'static [Part], uses: Uses) -> Give {
    Give { enterprise, vi, en, ewc, kind: "material", quantity, hazardous: false, disposal, treatment, temperature: None, content, uses }
}

#[allow(clippy::too_many_arguments)] // A row of a table; the fields are named where the struct is declared.
#[rustfmt::skip]
const fn take(enterprise: &'static str, vi: &'static str, en: &'static str, ewc: &'static str, quantity: f64, price: f64, limits: &'static [Part], used_as: &'static str) -> Take {
    Take { enterprise, vi, en, ewc, kind: "material", quantity, licensed: false, price, temperature: None, limits, used_as, fault: None }
}

const fn dangerous(stream: Give) -> Give {
    Give { hazardous: true, ..stream }
}

const fn licensed(stream: Take) -> Take {
    Take { licensed: true, ..stream }
}

const fn against(stream: Take, fault: Option<Reason>) -> Take {
    Take { fault, ..stream }
}

const fn water(stream: Give) -> Give {
    Give { kind: "water", ..stream }
}

const fn takes_water(stream: Take) -> Take {
    Take { kind: "water", ..stream }
}

const fn heat(stream: Give, temperature: f64) -> Give {
    Give { kind: "heat", temperature: Some(temperature), ..stream }
}

const fn takes_heat(stream: Take, temperature: f64) -> Take {
    Take { kind: "heat", temperature: Some(temperature), ..stream }
}

#[rustfmt::skip]
pub const GIVES: &[Give] = &[
    give("E01", "Vỏ tôm", "Shrimp shells", "020202", 2_400.0, 300.0, 150.0, &[("moisture", 76.0, "percent"), ("fat", 0.8, "percent"), ("salt", 1.2, "percent"), ("tvb-n", 320.0, "mg/kg")], &[("chitin", OK), ("fish-meal", OK)]),
    give("E02", "Vỏ và đầu tôm", "Shrimp shells and heads", "020202", 2_100.0, 320.0, 160.0, &[("moisture", 78.0, "percent"), ("fat", 1.1, "percent"), ("salt", 1.6, "percent"), ("tvb-n", 410.0, "mg/kg")], &[("chitin", OK), ("fish-meal", OK)]),
    give("E03", "Đầu và xương cá", "Fish heads and frames", "020202", 3_300.0, 200.0, 380.0, &[("moisture", 71.0, "percent"), ("fat", 12.0, "percent"), ("salt", 0.6, "percent"), ("tvb-n", 290.0, "mg/kg")], &[("fish-meal", OK), ("chitin", ABOVE)]),
    give("E04", "Đầu và xương cá", "Fish heads and frames", "020202", 3_000.0, 210.0, 390.0, &[("moisture", 72.0, "percent"), ("fat", 11.0, "percent"), ("salt", 0.7, "percent"), ("tvb-n", 350.0, "mg/kg")], &[("fish-meal", OK), ("chitin", ABOVE)]),
    give("E05", "Đầu và xương cá", "Fish heads and frames", "020202", 3_400.0, 190.0, 400.0, &[("moisture", 70.0, "percent"), ("fat", 13.0, "percent"), ("salt", 0.5, "percent"), ("tvb-n", 270.0, "mg/kg")], &[("fish-meal", OK), ("chitin", ABOVE)]),
    give("E06", "Phụ phẩm cá để lâu", "Stale fish by-products", "020202", 2_600.0, 230.0, 420.0, &[("moisture", 74.0, "percent"), ("fat", 10.0, "percent"), ("salt", 0.8, "percent"), ("tvb-n", 980.0, "mg/kg")], &[("fish-meal", ABOVE), ("chitin", ABOVE)]),
    give("E04", "Mỡ cá", "Fish fat", "020202", 420.0, 150.0, 250.0, &[("moisture", 12.0, "percent")], &[("fish-meal", UNKNOWN)]),
    give("E15", "Bã bia", "Brewers' spent grain", "020704", 9_300.0, 150.0, 110.0, &[("moisture", 78.0, "percent")], &[("grain", OK)]),
    give("E16", "Bã bia", "Brewers' spent grain", "020704", 8_800.0, 160.0, 105.0, &[("moisture", 79.5, "percent")], &[("grain", OK)]),
    give("E15", "Nấm men thải", "Spent yeast", "020704", 850.0, 140.0, 180.0, &[("moisture", 88.0, "percent")], &[("grain", ABOVE)]),
    give("E16", "Nấm men thải", "Spent yeast", "020704", 800.0, 140.0, 180.0, &[], &[("grain", UNKNOWN)]),
    give("E37", "Tro bay lò 1", "Fly ash, boiler 1", "100102", 6_500.0, 180.0, 20.0, &[("loss-on-ignition", 4.6, "percent")], &[("fly-ash", OK)]),
    give("E37", "Tro bay lò 2", "Fly ash, boiler 2", "100102", 2_500.0, 180.0, 20.0, &[("loss-on-ignition", 9.4, "percent")], &[("fly-ash", ABOVE)]),
    give("E37", "Tro đáy", "Bottom ash", "100101", 2_900.0, 175.0, 25.0, &[("unburnt-carbon", 5.1, "percent")], &[("bottom-ash", OK)]),
    dangerous(give("E37", "Xỉ lò nhiễm kim loại", "Boiler slag with metals", "100114", 420.0, 2_800.0, 300.0, &[("chloride", 0.05, "percent")], &[("slag-aggregate", UNLICENSED)])),
    give("E11", "Bùn giấy", "Paper sludge", "030311", 2_200.0, 440.0, 60.0, &[("ash", 38.0, "percent"), ("cadmium", 0.6, "mg/kg")], &[("sludge-brick", OK), ("compost", OK)]),
    give("E12", "Bùn giấy", "Paper sludge", "030311", 1_800.0, 460.0, 65.0, &[("ash", 41.0, "percent"), ("cadmium", 0.8, "mg/kg")], &[("sludge-brick", OK), ("compost", OK)]),
    give("E12", "Bùn khử mực ướt", "Wet deinking sludge", "030311", 900.0, 250.0, 760.0, &[("ash", 46.0, "percent"), ("cadmium", 1.1, "mg/kg")], &[("sludge-brick", COSTLY), ("compost", COSTLY)]),
    give("E13", "Bùn giấy", "Paper sludge", "030311", 2_000.0, 450.0, 60.0, &[("ash", 44.0, "percent")], &[("sludge-brick", OK), ("compost", UNKNOWN)]),
    give("E11", "Tạp chất nghiền bột", "Pulper rejects", "030307", 520.0, 620.0, 200.0, &[], &[]),
    give("E13", "Tạp chất nghiền bột", "Pulper rejects", "030307", 480.0, 620.0, 200.0, &[], &[]),
    give("E14", "Lề carton sạch", "Clean corrugated trimmings", "150101", 650.0, 100.0, 150.0, &[("plastic", 0.3, "percent")], &[("pulp", OK)]),
    give("E14", "Carton tráng nhựa", "Laminated board", "150101", 120.0, 350.0, 150.0, &[("plastic", 8.5, "percent")], &[("pulp", ABOVE)]),
    give("E22", "Thép vụn tấm", "Steel plate offcuts", "120101", 420.0, 0.0, 200.0, &[("oil", 0.3, "percent")], &[("scrap", OK)]),
    give("E22", "Phoi thép dính dầu", "Oily steel turnings", "120101", 90.0, 300.0, 250.0, &[("oil", 4.2, "percent")], &[("scrap", ABOVE)]),
    give("E19", "Vảy cán", "Mill scale", "100210", 1_900.0, 100.0, 110.0, &[("oil", 0.6, "percent")], &[("mill-scale", OK)]),
    give("E20", "Vảy cán", "Mill scale", "100210", 1_700.0, 100.0, 110.0, &[], &[("mill-scale", UNKNOWN)]),
    give("E19", "Xỉ thép", "Steel slag", "100202", 6_000.0, 130.0, 80.0, &[("chromium", 420.0, "mg/kg")], &[("liming", OK)]),
    give("E20", "Xỉ thép nhiều crom", "Steel slag rich in chromium", "100202", 5_000.0, 130.0, 80.0, &[("chromium", 2_600.0, "mg/kg")], &[("liming", ABOVE)]),
    give("E20", "Xỉ thùng rót cần nghiền", "Ladle slag that needs grinding", "100202", 1_200.0, 120.0, 980.0, &[("chromium", 300.0, "mg/kg")], &[("liming", COSTLY)]),
    dangerous(give("E19", "Bụi lò điện hồ quang", "Electric arc furnace dust", "100207", 900.0, 3_600.0, 500.0, &[("zinc", 21.0, "percent")], &[])),
    dangerous(give("E20", "Bụi lò điện hồ quang", "Electric arc furnace dust", "100207", 800.0, 3_600.0, 500.0, &[("zinc", 16.0, "percent")], &[])),
    give("E21", "Cát đúc dây chuyền A", "Foundry sand, line A", "100908", 1_500.0, 500.0, 40.0, &[("phenol", 12.0, "mg/kg")], &[("sand", OK)]),
    give("E21", "Cát đúc dây chuyền B", "Foundry sand, line B", "100908", 700.0, 500.0, 40.0, &[], &[("sand", UNKNOWN)]),
    give("E23", "Ba via nhựa", "Plastic sprues", "070213", 120.0, 300.0, 1_500.0, &[("other-polymer", 0.5, "percent")], &[("regrind", OK)]),
    give("E24", "Ba via nhựa", "Plastic sprues", "070213", 90.0, 300.0, 1_500.0, &[("other-polymer", 0.8, "percent")], &[("regrind", OK)]),
    give("E25", "Nhựa lẫn loại", "Mixed polymers", "070213", 60.0, 420.0, 1_500.0, &[("other-polymer", 9.0, "percent")], &[("regrind", ABOVE)]),
    give("E23", "Màng PE thải", "PE film waste", "150102", 45.0, 350.0, 1_200.0, &[("paper", 0.4, "percent")], &[("film", OK), ("fish-meal", UNRELATED)]),
    give("E25", "Màng PE thải", "PE film waste", "150102", 30.0, 350.0, 1_200.0, &[("paper", 0.7, "percent")], &[("film", OK)]),
    give("E10", "Vải vụn cotton", "Cotton fabric cuttings", "040222", 70.0, 600.0, 400.0, &[("elastane", 0.5, "percent")], &[("yarn", OK)]),
    give("E10", "Vải vụn pha", "Blended fabric cuttings", "040222", 30.0, 600.0, 400.0, &[("elastane", 12.0, "percent")], &[("yarn", ABOVE)]),
    give("E07", "Bông phế", "Cotton waste", "040221", 260.0, 200.0, 300.0, &[], &[("scrap", UNRELATED)]),
    give("E08", "Bùn xử lý nước thải dệt nhuộm", "Textile effluent sludge", "040220", 310.0, 1_200.0, 150.0, &[("chromium", 85.0, "mg/kg")], &[("effluent-sludge", OK)]),
    give("E09", "Bùn xử lý nước thải dệt nhuộm", "Textile effluent sludge", "040220", 280.0, 1_200.0, 150.0, &[], &[("effluent-sludge", UNKNOWN)]),
    heat(give("E08", "Nhiệt nước thải nhuộm", "Heat of hot dye effluent", "", 5_200.0, 0.0, 60.0, &[], &[("preheating", OK)]), 62.0),
    heat(give("E09", "Nhiệt nước giặt", "Heat of rinse effluent", "", 2_400.0, 0.0, 60.0, &[], &[("dye-bath", COLD)]), 38.0),
    heat(give("E37", "Nhiệt nước ngưng", "Heat of surplus condensate", "", 6_000.0, 0.0, 80.0, &[], &[("plating-bath", OK), ("preheating", FAR)]), 92.0),
    water(give("E26", "Nước rửa khử ion", "Deionised rinse water", "", 42_000.0, 11.4, 3.0, &[("conductivity", 2.2, "ms/m")], &[("rinsing", OK)])),
    water(give("E27", "Nước rửa nhiễm muối", "Saline rinse water", "", 38_000.0, 11.4, 3.0, &[("conductivity", 14.0, "ms/m")], &[("rinsing", ABOVE)])),
    water(give("E38", "Nước thải đã xử lý", "Treated wastewater", "", 1_500_000.0, 3.0, 4.0, &[("conductivity", 95.0, "ms/m"), ("cod", 38.0, "mg/l")], &[("cooling", OK), ("rinsing", ABOVE)])),
    dangerous(give("E26", "Dung dịch ăn mòn đồng", "Spent copper etchant", "110105", 260.0, 6_000.0, 1_500.0, &[("lead", 15.0, "mg/kg")], &[("copper-salts", OK)])),
    dangerous(give("E27", "Dung dịch ăn mòn đồng", "Spent copper etchant", "110105", 240.0, 6_000.0, 1_500.0, &[], &[("copper-salts", UNKNOWN)])),
    dangerous(give("E20", "Axit tẩy gỉ thải", "Spent pickling acid", "110105", 350.0, 4_200.0, 1_200.0, &[("lead", 30.0, "mg/kg")], &[("copper-salts", OK)])),
    dangerous(give("E26", "Bùn chứa đồng", "Sludge with copper", "060502", 140.0, 4_000.0, 800.0, &[("copper", 7.5, "percent")], &[])),
    dangerous(give("E28", "Bùn xi mạ", "Plating sludge", "110109", 95.0, 5_200.0, 900.0, &[("nickel", 4.0, "percent")], &[])),
    dangerous(give("E31", "Xút loãng", "Weak sodium hydroxide", "060204", 900.0, 2_600.0, 400.0, &[("chloride", 0.4, "percent")], &[("alkali", OK)])),
    give("E35", "Bê tông hồi", "Concrete returns", "101314", 620.0, 250.0, 90.0, &[("gypsum", 0.2, "percent")], &[("aggregate", OK)]),
    give("E36", "Bê tông hồi", "Concrete returns", "101314", 540.0, 260.0, 90.0, &[("gypsum", 0.3, "percent")], &[("aggregate", OK)]),
    give("E39", "Bùn cấp nước", "Water treatment sludge", "190902", 1_300.0, 450.0, 60.0, &[("organic-matter", 9.0, "percent")], &[("clay", OK)]),
    give("E38", "Bùn xử lý nước thải", "Sewage sludge", "190805", 3_900.0, 620.0, 150.0, &[("moisture", 79.0, "percent")], &[]),
    give("E33", "Gạch vỡ", "Broken bricks", "101208", 300.0, 120.0, 60.0, &[], &[("yarn", UNRELATED)]),
];

#[rustfmt::skip]
pub const TAKES: &[Take] = &[
    take("E31", "Vỏ tôm làm chitin", "Shrimp shells for chitin", "020202", 3_000.0, 900.0, &[("fat", 2.0, "percent"), ("salt", 3.0, "percent")], "chitin"),
    take("E29", "Nguyên liệu bột cá", "Raw material for fish meal", "020202", 6_000.0, 4_300.0, &[("moisture", 80.0, "percent"), ("tvb-n", 600.0, "mg/kg")], "fish-meal"),
    take("E30", "Nguyên liệu bột cá", "Raw material for fish meal", "020202", 5_000.0, 4_100.0, &[("moisture", 80.0, "percent"), ("tvb-n", 600.0, "mg/kg")], "fish-meal"),
    take("E29", "Bã giàu đạm", "Protein-rich grain", "020704", 8_000.0, 1_800.0, &[("moisture", 82.0, "percent")], "grain"),
    take("E30", "Bã giàu đạm", "Protein-rich grain", "020704", 7_000.0, 1_700.0, &[("moisture", 82.0, "percent")], "grain"),
    take("E35", "Phụ gia khoáng", "Mineral binder", "100102", 3_500.0, 350.0, &[("loss-on-ignition", 6.0, "percent")], "fly-ash"),
    take("E36", "Phụ gia khoáng", "Mineral binder", "100102", 4_500.0, 330.0, &[("loss-on-ignition", 6.0, "percent")], "fly-ash"),
    take("E33", "Chất độn gạch", "Brick body filler", "100101", 1_500.0, 60.0, &[("unburnt-carbon", 8.0, "percent")], "bottom-ash"),
    take("E34", "Chất độn gạch", "Brick body filler", "100101", 2_000.0, 55.0, &[("unburnt-carbon", 8.0, "percent")], "bottom-ash"),
    take("E35", "Cốt liệu nhẹ", "Lightweight aggregate", "100114", 300.0, 220.0, &[("chloride", 0.1, "percent")], "slag-aggregate"),
    take("E36", "Cốt liệu nhẹ", "Lightweight aggregate", "100114", 350.0, 230.0, &[("chloride", 0.1, "percent")], "slag-aggregate"),
    take("E33", "Phụ gia tạo rỗng", "Pore former", "030311", 2_500.0, 50.0, &[("ash", 50.0, "percent")], "sludge-brick"),
    take("E34", "Phụ gia tạo rỗng", "Pore former", "030311", 1_800.0, 45.0, &[("ash", 50.0, "percent")], "sludge-brick"),
    take("E32", "Nguyên liệu phân hữu cơ", "Feed for compost", "030311", 2_000.0, 160.0, &[("cadmium", 2.0, "mg/kg")], "compost"),
    take("E11", "Giấy phế liệu", "Waste paper", "150101", 400.0, 3_800.0, &[("plastic", 1.0, "percent")], "pulp"),
    take("E12", "Giấy phế liệu", "Waste paper", "150101", 250.0, 3_900.0, &[("plastic", 1.0, "percent")], "pulp"),
    take("E13", "Giấy phế liệu", "Waste paper", "150101", 300.0, 3_700.0, &[("plastic", 1.0, "percent")], "pulp"),
    take("E19", "Thép phế liệu", "Steel scrap", "120101", 5_000.0, 8_600.0, &[("oil", 1.0, "percent")], "scrap"),
    take("E20", "Thép phế liệu", "Steel scrap", "120101", 4_000.0, 8_500.0, &[("oil", 1.0, "percent")], "scrap"),
    take("E21", "Thép phế liệu cho đúc", "Steel scrap for casting", "120101", 300.0, 9_100.0, &[("oil", 1.0, "percent")], "scrap"),
    take("E19", "Vảy cán", "Mill scale", "100210", 1_500.0, 1_600.0, &[("oil", 1.0, "percent")], "mill-scale"),
    take("E20", "Vảy cán", "Mill scale", "100210", 1_200.0, 1_550.0, &[("oil", 1.0, "percent")], "mill-scale"),
    take("E32", "Chất cải tạo đất chua", "Liming material", "100202", 4_000.0, 400.0, &[("chromium", 1_000.0, "mg/kg")], "liming"),
    take("E33", "Cát độn gạch", "Sand for bricks", "100908", 1_000.0, 70.0, &[("phenol", 50.0, "mg/kg")], "sand"),
    take("E34", "Cát độn gạch", "Sand for bricks", "100908", 800.0, 75.0, &[("phenol", 50.0, "mg/kg")], "sand"),
    take("E24", "Nhựa tái sinh", "Regrind", "070213", 150.0, 14_000.0, &[("other-polymer", 2.0, "percent")], "regrind"),
    take("E25", "Nhựa tái sinh", "Regrind", "070213", 100.0, 13_500.0, &[("other-polymer", 2.0, "percent")], "regrind"),
    take("E24", "Màng tái chế", "Recycled film", "150102", 40.0, 9_000.0, &[("paper", 1.0, "percent")], "film"),
    take("E25", "Màng tái chế", "Recycled film", "150102", 35.0, 9_200.0, &[("paper", 1.0, "percent")], "film"),
    take("E07", "Xơ tái chế", "Recycled fibre", "040222", 120.0, 5_000.0, &[("elastane", 5.0, "percent")], "yarn"),
    take("E33", "Bùn dệt nhuộm làm gạch", "Textile sludge for bricks", "040220", 400.0, 40.0, &[("chromium", 200.0, "mg/kg")], "effluent-sludge"),
    take("E34", "Bùn dệt nhuộm làm gạch", "Textile sludge for bricks", "040220", 150.0, 45.0, &[("chromium", 200.0, "mg/kg")], "effluent-sludge"),
    takes_heat(take("E09", "Gia nhiệt nước nhuộm", "Preheating dye water", "", 4_000.0, 1_150.0, &[], "preheating"), 45.0),
    takes_heat(take("E08", "Gia nhiệt bể nhuộm", "Heating dye baths", "", 1_800.0, 1_150.0, &[], "dye-bath"), 55.0),
    takes_heat(take("E28", "Gia nhiệt bể mạ", "Heating plating baths", "", 1_900.0, 1_300.0, &[], "plating-bath"), 65.0),
    takes_heat(take("E15", "Nước nóng rửa chai", "Hot water for bottle washing", "", 2_600.0, 1_100.0, &[], "washing"), 75.0),
    takes_water(take("E28", "Nước rửa xi mạ", "Plating rinse water", "", 60_000.0, 12.6, &[("conductivity", 5.0, "ms/m")], "rinsing")),
    takes_water(take("E37", "Nước bổ sung tháp giải nhiệt", "Cooling tower make-up", "", 380_000.0, 12.6, &[("conductivity", 120.0, "ms/m"), ("cod", 60.0, "mg/l")], "cooling")),
    takes_water(take("E40", "Nước tưới cây, rửa đường", "Water for trees and streets", "", 90_000.0, 12.6, &[("conductivity", 150.0, "ms/m"), ("cod", 75.0, "mg/l")], "cooling")),
    licensed(take("E31", "Dung dịch muối kim loại", "Metal salt solutions", "110105", 700.0, 3_000.0, &[("lead", 100.0, "mg/kg")], "copper-salts")),
    licensed(take("E11", "Kiềm cho nấu bột", "Alkali for pulping", "060204", 500.0, 4_000.0, &[("chloride", 1.0, "percent")], "alkali")),
    against(take("E12", "Kiềm cho nấu bột", "Alkali for pulping", "060204", 600.0, 4_100.0, &[("chloride", 1.0, "percent")], "alkali"), UNLICENSED),
    take("E35", "Cốt liệu tái chế", "Recycled aggregate", "101314", 500.0, 180.0, &[("gypsum", 1.0, "percent")], "aggregate"),
    take("E36", "Cốt liệu tái chế", "Recycled aggregate", "101314", 600.0, 185.0, &[("gypsum", 1.0, "percent")], "aggregate"),
    take("E33", "Đất sét thay thế", "Clay substitute", "190902", 900.0, 40.0, &[("organic-matter", 20.0, "percent")], "clay"),
    take("E34", "Đất sét thay thế", "Clay substitute", "190902", 800.0, 42.0, &[("organic-matter", 20.0, "percent")], "clay"),
];
