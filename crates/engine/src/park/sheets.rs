//! The sheets of a park: which columns they have and what each may hold. This is the format: `check` reads
//! against it, `template` writes it, `docs/formats.md` is printed from it.

use super::details::{FORMS, HAZARD_GROUPS, LICENCE_KINDS, RHYTHMS};
use super::key_readings::KEY_QUANTITIES;
use super::plans::{MODELS, STEPS};
use super::works::{CHARGED, COST_BASES, MEANS, STATUSES};
use crate::table::{AMOUNT, ColumnSpec, Kind, SHARE, SheetSpec};

const fn column(
    name: &'static str,
    kind: Kind,
    required: bool,
    vi: &'static str,
    en: &'static str,
    example: &'static str,
) -> ColumnSpec {
    ColumnSpec { name, kind, required, vi, en, example }
}

const LATITUDE: Kind = Kind::Number { min: -90.0, max: 90.0 };
const LONGITUDE: Kind = Kind::Number { min: -180.0, max: 180.0 };
const ANY: Kind = Kind::Number { min: f64::NEG_INFINITY, max: f64::INFINITY };
const YEARS: Kind = Kind::Whole { min: 1.0, max: 100.0 };
const PEOPLE: Kind = Kind::Whole { min: 0.0, max: 1_000_000.0 };

pub const BASES: &[&str] = &["metered", "invoiced", "declared", "calculated", "estimated"];
pub const LADDER: &[&str] = &["proposed", "approved", "built", "measured", "verified", "rejected", "superseded"];

/// `park.toml` of a folder; in a workbook the sheet `park` with the columns `key` and `value`.
pub const PARK: SheetSpec = SheetSpec {
    name: "park",
    required: true,
    vi: "Khu công nghiệp",
    en: "The park itself",
    columns: &[
        column("park", Kind::Id, true, "Mã khu", "Code of the park", "khu-mau"),
        column("name_vi", Kind::Text, true, "Tên", "Name in Vietnamese", "Khu công nghiệp Mẫu"),
        column("name_en", Kind::Text, true, "Tên tiếng Anh", "Name in English", "Sample Industrial Park"),
        column(
            "province",
            Kind::Code("provinces"),
            false,
            "Mã tỉnh (trống nếu ở nước ngoài)",
            "Province, code of either edition; empty abroad",
            "92",
        ),
        column("area_ha", AMOUNT, false, "Diện tích (ha)", "Area (ha)", "300"),
        column("latitude", LATITUDE, false, "Vĩ độ", "Latitude", "10.1"),
        column("longitude", LONGITUDE, false, "Kinh độ", "Longitude", "105.7"),
        column("developer", Kind::Text, false, "Nhà đầu tư hạ tầng", "Infrastructure developer", "Công ty Hạ tầng Mẫu"),
        column(
            "utc_offset_h",
            Kind::Number { min: -12.0, max: 14.0 },
            false,
            "Múi giờ, giờ so với UTC (mặc định 7)",
            "Hours ahead of UTC (7 unless said)",
            "7",
        ),
        column("synthetic", Kind::YesNo, false, "Số liệu tổng hợp (không có thật)", "Synthetic data (not real)", "yes"),
        column("note", Kind::Text, false, "Ghi chú", "Note", ""),
    ],
};

pub const ENTERPRISES: SheetSpec = SheetSpec {
    name: "enterprises",
    required: true,
    vi: "Doanh nghiệp trong khu, kể cả đơn vị hạ tầng",
    en: "Enterprises of the park, its utilities included",
    columns: &[
        column("enterprise", Kind::Id, true, "Mã doanh nghiệp", "Code", "E01"),
        column("name_vi", Kind::Text, true, "Tên", "Name in Vietnamese", "Công ty Thủy sản Một"),
        column("name_en", Kind::Text, true, "Tên tiếng Anh", "Name in English", "Seafood One"),
        column("tax_code", Kind::Text, false, "Mã số thuế", "Tax code", "0100000001"),
        column("isic4", Kind::Code("isic4"), true, "Mã ngành ISIC 4", "Industry, ISIC Rev. 4", "1020"),
        column("role", Kind::Choice(&["tenant", "utility", "developer"]), true, "Vai trò", "Role", "tenant"),
        column("employees", PEOPLE, false, "Số lao động", "Employees", "450"),
        column("latitude", LATITUDE, false, "Vĩ độ", "Latitude", "10.1"),
        column("longitude", LONGITUDE, false, "Kinh độ", "Longitude", "105.7"),
    ],
};

pub const RECORDS: SheetSpec = SheetSpec {
    name: "records",
    required: true,
    vi: "Số liệu khai báo: hóa đơn, chứng từ, dòng biểu mẫu",
    en: "Amounts declared for a period: bills, manifests, form lines",
    columns: &[
        column("enterprise", Kind::Reference("enterprises"), true, "Mã doanh nghiệp", "Enterprise", "E01"),
        column("resource", Kind::Code("resources"), true, "Tài nguyên", "Resource", "electricity"),
        column("from", Kind::Date, true, "Từ ngày", "First day", "2024-01-01"),
        column("to", Kind::Date, true, "Đến hết ngày", "Last day, included", "2024-01-31"),
        column("amount", AMOUNT, true, "Số lượng", "Amount", "125000"),
        column("unit", Kind::Code("units"), true, "Đơn vị", "Unit", "kWh"),
        column("basis", Kind::Choice(BASES), true, "Nguồn số liệu", "Basis", "invoiced"),
        column("source", Kind::Text, true, "Chứng từ", "Invoice, form or meter", "EVN 01/2024"),
        column("cost_vnd", AMOUNT, false, "Chi phí (đồng)", "Cost (VND)", "250000000"),
    ],
};

pub const DRIVERS: SheetSpec = SheetSpec {
    name: "drivers",
    required: false,
    vi: "Biến giải thích mức tiêu thụ ngoài sản lượng: độ ngày, số ngày làm việc",
    en: "What drives consumption besides products: degree days, working days",
    columns: &[
        column("enterprise", Kind::Reference("enterprises"), true, "Mã doanh nghiệp", "Enterprise", "E01"),
        column("driver", Kind::Text, true, "Biến giải thích", "Driver", "cooling-degree-days"),
        column("from", Kind::Date, true, "Từ ngày", "First day", "2024-01-01"),
        column("to", Kind::Date, true, "Đến hết ngày", "Last day, included", "2024-01-31"),
        column("value", ANY, true, "Giá trị", "Value", "310.5"),
        column("unit", Kind::Text, false, "Đơn vị", "Unit", "K d"),
    ],
};

pub const METERS: SheetSpec = SheetSpec {
    name: "meters",
    required: false,
    vi: "Công tơ và đồng hồ",
    en: "Meters",
    columns: &[
        column("meter", Kind::Id, true, "Mã công tơ", "Code", "M1"),
        column("enterprise", Kind::Reference("enterprises"), true, "Mã doanh nghiệp", "Enterprise", "E01"),
        column("resource", Kind::Code("resources"), true, "Tài nguyên", "Resource", "electricity"),
        column("unit", Kind::Code("units"), true, "Đơn vị", "Unit of its readings", "kWh"),
        column("name_vi", Kind::Text, true, "Tên", "Name in Vietnamese", "Công tơ tổng"),
        column("name_en", Kind::Text, true, "Tên tiếng Anh", "Name in English", "Main meter"),
        column("scope", Kind::Choice(&["main", "sub"]), true, "Phạm vi", "Main meter or submeter", "main"),
    ],
};

pub const READINGS: SheetSpec = SheetSpec {
    name: "readings",
    required: false,
    vi: "Số đọc: lượng dùng trong khoảng bắt đầu từ thời điểm ghi",
    en: "Readings: amount used in the interval that starts at the stamp",
    columns: &[
        column("meter", Kind::Reference("meters"), true, "Mã công tơ", "Meter", "M1"),
        column("at", Kind::Instant, true, "Thời điểm", "Moment, with offset", "2024-01-01T00:00+07:00"),
        column("value", ANY, false, "Giá trị", "Value; empty when missing", "152.4"),
    ],
};

pub const STATIONS: SheetSpec = SheetSpec {
    name: "stations",
    required: false,
    vi: "Trạm đo nhiệt độ ngoài trời",
    en: "Stations that measure the outdoor temperature",
    columns: &[
        column("station", Kind::Id, true, "Mã trạm", "Code", "T1"),
        column("name_vi", Kind::Text, true, "Tên", "Name in Vietnamese", "Trạm của khu"),
        column("name_en", Kind::Text, true, "Tên tiếng Anh", "Name in English", "The park's station"),
        column("latitude", LATITUDE, false, "Vĩ độ", "Latitude", "10.1"),
        column("longitude", LONGITUDE, false, "Kinh độ", "Longitude", "105.7"),
        column("source", Kind::Text, true, "Ai đo", "Who measures there", "Ban quản lý khu"),
    ],
};

pub const WEATHER: SheetSpec = SheetSpec {
    name: "weather",
    required: false,
    vi: "Nhiệt độ ngoài trời theo giờ, hoặc trung bình ngày",
    en: "Outdoor temperatures by the hour, or means by the day",
    columns: &[
        column("station", Kind::Reference("stations"), true, "Mã trạm", "Station", "T1"),
        column(
            "at",
            Kind::Text,
            true,
            "Giờ kèm múi giờ, hoặc ngày",
            "Hour with offset, or day",
            "2024-01-01T00:00+07:00",
        ),
        column(
            "temperature_c",
            Kind::Number { min: -60.0, max: 60.0 },
            false,
            "Nhiệt độ (°C); trống nếu thiếu",
            "Temperature (°C); empty when missing",
            "27.4",
        ),
    ],
};

pub const STREAMS: SheetSpec = SheetSpec {
    name: "streams",
    required: false,
    vi: "Dòng vật chất và năng lượng mà cơ sở thải ra hoặc cần",
    en: "Streams that a site gives off or takes in",
    columns: &[
        column("stream", Kind::Id, true, "Mã dòng", "Code", "S01"),
        column("enterprise", Kind::Reference("enterprises"), true, "Mã doanh nghiệp", "Enterprise", "E01"),
        column("direction", Kind::Choice(&["give", "take"]), true, "Chiều", "Gives off or takes in", "give"),
        column("kind", Kind::Choice(&["material", "water", "heat"]), true, "Loại", "Kind", "material"),
        column("name_vi", Kind::Text, true, "Tên", "Name in Vietnamese", "Vỏ tôm"),
        column("name_en", Kind::Text, true, "Tên tiếng Anh", "Name in English", "Shrimp shells"),
        column("ewc", Kind::Code("ewc"), false, "Mã chất thải (EWC)", "European waste code, six digits", "020202"),
        column("quantity", AMOUNT, true, "Số lượng một năm", "Quantity a year", "1200"),
        column("unit", Kind::Code("units"), true, "Đơn vị", "Unit", "t"),
        column("hazardous", Kind::YesNo, true, "Nguy hại", "Hazardous", "no"),
        column(
            "licensed",
            Kind::YesNo,
            false,
            "Bên nhận có giấy phép chất thải nguy hại",
            "Taker is licensed for hazardous waste",
            "no",
        ),
        column(
            "price_vnd",
            AMOUNT,
            false,
            "Giá hiện trả một đơn vị (đồng): xử lý hoặc mua",
            "Price paid today per unit (VND): disposal or purchase",
            "800000",
        ),
        column(
            "treatment_vnd",
            AMOUNT,
            false,
            "Chi phí xử lý trước khi dùng, một đơn vị (đồng)",
            "Treatment before use, per unit (VND)",
            "150000",
        ),
        column(
            "temperature_c",
            Kind::Number { min: -50.0, max: 2000.0 },
            false,
            "Nhiệt độ (°C)",
            "Temperature (°C)",
            "85",
        ),
        column("basis", Kind::Choice(BASES), true, "Nguồn số liệu", "Basis", "declared"),
        column("source", Kind::Text, true, "Chứng từ", "Source", "Khảo sát 2024"),
        column("cpc", Kind::Code("cpc"), false, "Mã sản phẩm CPC 2.1", "Product, CPC 2.1, five digits", "21231"),
        column("form", Kind::Choice(FORMS), false, "Dạng vật lý", "Physical form", "solid"),
        column("rhythm", Kind::Choice(RHYTHMS), false, "Nhịp phát sinh", "How it runs over the year", "seasonal"),
        column(
            "months",
            Kind::Text,
            false,
            "Các tháng có dòng, nếu theo mùa",
            "Months in which it runs, when seasonal",
            "11;12;1",
        ),
        column("available_from", Kind::Date, false, "Có từ ngày", "There from this day", "2024-01-01"),
        column("available_to", Kind::Date, false, "Có đến hết ngày", "There until this day, included", ""),
        column(
            "hazard_group",
            Kind::Choice(HAZARD_GROUPS),
            false,
            "Nhóm nguồn thải trong danh mục chất thải nguy hại",
            "Source group of Viet Nam's list of hazardous waste",
            "",
        ),
        column(
            "licence_kind",
            Kind::Choice(LICENCE_KINDS),
            false,
            "Loại giấy phép của bên nhận",
            "Taker's licence",
            "",
        ),
        column("licence_number", Kind::Text, false, "Số giấy phép của bên nhận", "Number of the taker's licence", ""),
    ],
};

pub const COMPOSITION: SheetSpec = SheetSpec {
    name: "composition",
    required: false,
    vi: "Thành phần của dòng cho và giới hạn của dòng nhận",
    en: "What a given stream holds and what a taken stream tolerates at most",
    columns: &[
        column("stream", Kind::Reference("streams"), true, "Mã dòng", "Stream", "S01"),
        column("substance", Kind::Text, true, "Chất", "Substance", "moisture"),
        column("value", AMOUNT, true, "Hàm lượng hoặc giới hạn trên", "Content, or upper limit", "12"),
        column("unit", Kind::Choice(&["percent", "mg/l", "mg/kg", "ms/m"]), true, "Đơn vị", "Unit", "percent"),
    ],
};

pub const LINKS: SheetSpec = SheetSpec {
    name: "links",
    required: false,
    vi: "Tuyến nối có chi phí hằng năm: đường ống, hợp đồng xe, kho",
    en: "Links that cost something by the year: pipes, truck contracts, stores",
    columns: &[
        column("link", Kind::Id, true, "Mã tuyến", "Code", "L01"),
        column("name_vi", Kind::Text, true, "Tên", "Name in Vietnamese", "Đường ống nước tái sử dụng"),
        column("name_en", Kind::Text, true, "Tên tiếng Anh", "Name in English", "Reuse water pipe"),
        column("means", Kind::Choice(MEANS), true, "Phương tiện", "Means", "pipe"),
        column(
            "giver",
            Kind::Reference("enterprises"),
            false,
            "Bên cho; trống = mọi doanh nghiệp",
            "Giver; empty = any enterprise",
            "E01",
        ),
        column(
            "taker",
            Kind::Reference("enterprises"),
            false,
            "Bên nhận; trống = mọi doanh nghiệp",
            "Taker; empty = any enterprise",
            "E02",
        ),
        column(
            "kind",
            Kind::Choice(&["material", "water", "heat"]),
            false,
            "Loại dòng; trống = mọi loại",
            "Kind of stream; empty = every kind",
            "water",
        ),
        column(
            "charged",
            Kind::Choice(CHARGED),
            true,
            "Trả một lần cho mọi trao đổi, hay từng cặp doanh nghiệp trả riêng",
            "Paid once for all exchanges, or by each pair of enterprises anew",
            "once",
        ),
        column(
            "yearly_vnd",
            AMOUNT,
            false,
            "Chi phí một năm (đồng); trống nếu chưa biết",
            "Cost a year (VND); empty when not known",
            "40000000",
        ),
        column("investment_vnd", AMOUNT, false, "Vốn đầu tư (đồng)", "Investment (VND)", "900000000"),
        column("life_years", YEARS, false, "Tuổi thọ (năm), khi có vốn", "Life (years), with an investment", "15"),
        column(
            "discount_rate",
            SHARE,
            false,
            "Suất chiết khấu một năm, khi có vốn",
            "Discount rate a year, with an investment",
            "0.1",
        ),
        column("capacity", AMOUNT, false, "Khả năng tải một năm", "Capacity a year", "200000"),
        column("unit", Kind::Code("units"), false, "Đơn vị của khả năng tải", "Unit of the capacity", "m3"),
        column("basis", Kind::Choice(COST_BASES), true, "Báo giá hay ước tính", "Quoted or estimated", "quoted"),
        column("source", Kind::Text, true, "Nguồn", "Source", "Báo giá 03/2024"),
    ],
};

pub const PLANTS: SheetSpec = SheetSpec {
    name: "plants",
    required: false,
    vi: "Cơ sở xử lý dùng chung: biến một dòng nhận thành một dòng cho của cùng doanh nghiệp",
    en: "Shared plants: make a given stream of a taken one, both of one enterprise",
    columns: &[
        column("plant", Kind::Id, true, "Mã cơ sở", "Code", "P01"),
        column("name_vi", Kind::Text, true, "Tên", "Name in Vietnamese", "Trạm sấy bùn"),
        column("name_en", Kind::Text, true, "Tên tiếng Anh", "Name in English", "Sludge drying"),
        column(
            "input",
            Kind::Reference("streams"),
            true,
            "Dòng vào: một dòng nhận; số lượng của nó là công suất",
            "Input: a taken stream, whose quantity is the capacity",
            "T21",
        ),
        column("output", Kind::Reference("streams"), true, "Dòng ra: một dòng cho", "Output: a given stream", "G21"),
        column(
            "output_share",
            AMOUNT,
            true,
            "Hệ số thu hồi: t, m³ hoặc MWh ra cho một đơn vị vào, lớn hơn 0",
            "Yield: t, m³ or MWh given off for one taken in, above 0",
            "0.35",
        ),
        column(
            "treatment_vnd",
            AMOUNT,
            false,
            "Chi phí xử lý một t, m³ hoặc MWh vào (đồng); trống nếu chưa biết",
            "Cost of a t, m³ or MWh taken in (VND); empty when not known",
            "120000",
        ),
        column(
            "yearly_vnd",
            AMOUNT,
            false,
            "Chi phí một năm khi vận hành (đồng); trống nếu chưa biết",
            "Cost of a year in which it runs (VND); empty when not known",
            "300000000",
        ),
        column("investment_vnd", AMOUNT, false, "Vốn đầu tư (đồng)", "Investment (VND)", "2500000000"),
        column("life_years", YEARS, false, "Tuổi thọ (năm), khi có vốn", "Life (years), with an investment", "15"),
        column(
            "discount_rate",
            SHARE,
            false,
            "Suất chiết khấu một năm, khi có vốn",
            "Discount rate a year, with an investment",
            "0.1",
        ),
        column("status", Kind::Choice(STATUSES), true, "Đã có hay đề xuất", "There already or proposed", "proposed"),
        column("basis", Kind::Choice(COST_BASES), true, "Báo giá hay ước tính", "Quoted or estimated", "estimated"),
        column("source", Kind::Text, true, "Nguồn", "Source", "Nghiên cứu tiền khả thi 2024"),
    ],
};

pub const EXCHANGES: SheetSpec = SheetSpec {
    name: "exchanges",
    required: false,
    vi: "Trao đổi đang chạy",
    en: "Exchanges that run already",
    columns: &[
        column("exchange", Kind::Id, true, "Mã trao đổi", "Code", "X1"),
        column("giver", Kind::Reference("enterprises"), true, "Bên cho", "Giver", "E01"),
        column("taker", Kind::Reference("enterprises"), true, "Bên nhận", "Taker", "E02"),
        column("name_vi", Kind::Text, true, "Dòng", "Stream in Vietnamese", "Hơi nước dư"),
        column("name_en", Kind::Text, true, "Dòng (tiếng Anh)", "Stream in English", "Surplus steam"),
        column("quantity", AMOUNT, false, "Số lượng một năm", "Quantity a year", "900"),
        column("unit", Kind::Code("units"), false, "Đơn vị", "Unit", "t"),
        column("since", Kind::Date, false, "Từ ngày", "Since", "2022-05-01"),
        column("until", Kind::Date, false, "Đến hết ngày", "Last day, when it has ended", ""),
        column("evidence", Kind::Text, false, "Minh chứng", "Evidence", "Hợp đồng 12/2022"),
    ],
};

pub const SURVEY: SheetSpec = SheetSpec {
    name: "survey",
    required: false,
    vi: "Trả lời khảo sát của doanh nghiệp",
    en: "Answers of the enterprises to the survey",
    columns: &[
        column("enterprise", Kind::Reference("enterprises"), true, "Mã doanh nghiệp", "Enterprise", "E01"),
        column("question", Kind::Code("questions"), true, "Câu hỏi", "Question", "applies-recp"),
        column("answer", Kind::YesNo, true, "Trả lời", "Answer", "yes"),
        column("answered_on", Kind::Date, true, "Ngày trả lời", "Answered on", "2024-09-15"),
        column("evidence", Kind::Text, false, "Minh chứng", "Evidence", "Báo cáo RECP"),
    ],
};

pub const FACTS: SheetSpec = SheetSpec {
    name: "facts",
    required: false,
    vi: "Câu trả lời của khu cho các tiêu chí không tính được từ số liệu",
    en: "The park's answers to criteria that records cannot settle",
    columns: &[
        column("fact", Kind::Code("facts"), true, "Nội dung", "Fact", "green-land-share"),
        column(
            "value",
            ANY,
            false,
            "Giá trị; có = 1, không = 0; để trống nếu không áp dụng",
            "Value; yes = 1, no = 0; empty when not applicable",
            "27.5",
        ),
        column("stated_on", Kind::Date, true, "Ngày khai", "Stated on", "2024-12-31"),
        column("evidence", Kind::Text, false, "Minh chứng", "Evidence", "Quyết định 123/QĐ-UBND"),
        column("not_applicable", Kind::Text, false, "Lý do không áp dụng", "Why not applicable", ""),
    ],
};

pub const MEASURES: SheetSpec = SheetSpec {
    name: "measures",
    required: false,
    vi: "Biện pháp đã chọn cho một cơ sở",
    en: "Measures chosen for a site",
    columns: &[
        column("measure", Kind::Id, true, "Mã biện pháp", "Code", "A01"),
        column("enterprise", Kind::Reference("enterprises"), true, "Mã doanh nghiệp", "Enterprise", "E01"),
        column(
            "option",
            Kind::Code("options"),
            false,
            "Giải pháp trong danh mục",
            "Option of the catalogue",
            "vsd-on-pumps",
        ),
        column("name_vi", Kind::Text, true, "Tên", "Name in Vietnamese", "Biến tần cho bơm"),
        column("name_en", Kind::Text, true, "Tên tiếng Anh", "Name in English", "Variable speed drives on pumps"),
        column("resource", Kind::Code("resources"), true, "Tài nguyên tiết kiệm", "Resource saved", "electricity"),
        column(
            "meter",
            Kind::Reference("meters"),
            false,
            "Công tơ; trống = theo hóa đơn",
            "Meter; empty = by bills",
            "M1",
        ),
        column("status", Kind::Choice(LADDER), true, "Trạng thái", "Status", "built"),
        column("status_on", Kind::Date, true, "Ngày của trạng thái", "Date of the status", "2024-01-01"),
        column("installed_from", Kind::Date, false, "Lắp đặt từ ngày", "Installation began", "2023-12-01"),
        column("installed_to", Kind::Date, false, "Lắp đặt đến hết ngày", "Installation, last day", "2023-12-31"),
        column("expected_saving", AMOUNT, false, "Tiết kiệm dự kiến một năm", "Expected saving a year", "120000"),
        column("unit", Kind::Code("units"), false, "Đơn vị", "Unit", "kWh"),
        column("investment_vnd", AMOUNT, false, "Vốn đầu tư (đồng)", "Investment (VND)", "350000000"),
        column(
            "share",
            SHARE,
            false,
            "Phần quy cho biện pháp; trống = toàn bộ, nhiều biện pháp cùng chỗ thì chia theo dự kiến",
            "Share attributed; empty = the whole, several at one place share it by what was expected",
            "1",
        ),
        column("owner", Kind::Text, false, "Người phụ trách", "Owner", "Phòng kỹ thuật"),
        column("evidence", Kind::Text, false, "Minh chứng", "Evidence", "Biên bản nghiệm thu"),
        column("signer", Kind::Text, false, "Người ký", "Signer", ""),
        column(
            "expected_uncertainty_90",
            AMOUNT,
            false,
            "Nửa khoảng tin cậy 90 % của mức tiết kiệm dự kiến, cùng đơn vị",
            "Half the 90 % interval of the expected saving, in the same unit",
            "",
        ),
    ],
};

pub const PLANS: SheetSpec = SheetSpec {
    name: "plans",
    required: false,
    vi: "Kế hoạch đo lường: biện pháp được kiểm chứng bằng công tơ và mô hình nào",
    en: "Measurement plans: by which meter and model a measure is verified",
    columns: &[
        column("measure", Kind::Reference("measures"), true, "Mã biện pháp", "Measure", "A01"),
        column(
            "meter",
            Kind::Reference("meters"),
            false,
            "Công tơ; trống = theo hóa đơn",
            "Meter; empty = by bills",
            "M1",
        ),
        column("model", Kind::Choice(MODELS), true, "Mô hình", "Model", "regression"),
        column("step", Kind::Choice(STEPS), true, "Bước thời gian", "How far apart its rows stand", "day"),
        column(
            "predictors",
            Kind::Text,
            false,
            "Biến giải thích, cách nhau bằng dấu chấm phẩy",
            "What may explain the use, between semicolons",
            "product; outdoor-temperature",
        ),
        column(
            "holidays",
            Kind::Text,
            false,
            "Ngày nghỉ; ngày hoặc khoảng ngày",
            "Holidays; days or spans of days",
            "2024-02-08..2024-02-14; 2024-09-02",
        ),
        column(
            "left_out",
            Kind::Text,
            false,
            "Ngày không tính: dừng máy đã báo trước",
            "Days that take no part: a shutdown that was told",
            "",
        ),
        column(
            "begins",
            Kind::Date,
            false,
            "Bắt đầu kỳ báo cáo; trống = ngay sau lắp đặt",
            "First day of the reporting period; empty = after the installation",
            "",
        ),
        column("expected_saving", AMOUNT, false, "Tiết kiệm dự kiến một năm", "Expected saving a year", "120000"),
        column("unit", Kind::Code("units"), false, "Đơn vị", "Unit", "kWh"),
        column("months", Kind::Whole { min: 1.0, max: 36.0 }, true, "Số tháng đo", "Months of measurement", "12"),
        column(
            "target",
            Kind::Number { min: 0.01, max: 10.0 },
            false,
            "Mức chắc chắn cần đạt: nửa khoảng tin cậy 90 % chia cho mức tiết kiệm",
            "How certain it must become: half the 90 % interval over the saving",
            "0.5",
        ),
        column("note", Kind::Text, false, "Ghi chú", "Note", ""),
    ],
};

pub const ADJUSTMENTS: SheetSpec = SheetSpec {
    name: "adjustments",
    required: false,
    vi: "Điều chỉnh ngoài mô hình: điều gì khác đã thay đổi, vì sao, theo minh chứng nào",
    en: "Non-routine adjustments: what else changed, why, by what evidence",
    columns: &[
        column("measure", Kind::Reference("measures"), true, "Mã biện pháp", "Measure", "A01"),
        column("name", Kind::Text, true, "Tên ngắn", "Short name", "Dây chuyền 3"),
        column("from", Kind::Date, true, "Từ ngày", "First day", "2024-06-01"),
        column("to", Kind::Date, true, "Đến hết ngày", "Last day, included", "2024-08-31"),
        column(
            "use_added",
            ANY,
            false,
            "Lượng dùng tăng thêm trong thời gian đó; số âm nếu giảm",
            "Use that it added in that time; below zero when it took away",
            "12000",
        ),
        column("uncertainty_90", AMOUNT, false, "Nửa khoảng tin cậy 90 %", "Half its 90 % interval", "2000"),
        column("unit", Kind::Code("units"), false, "Đơn vị", "Unit", "kWh"),
        column(
            "as_column",
            Kind::YesNo,
            false,
            "Để mô hình tự ước lượng (chỉ với kế hoạch theo công tơ)",
            "Let the model find its size (plans with a meter model only)",
            "no",
        ),
        column("reason", Kind::Text, true, "Lý do", "Reason", "Lắp thêm dây chuyền đóng gói"),
        column("evidence", Kind::Text, true, "Minh chứng", "Evidence", "Biên bản 17"),
        column("stated_by", Kind::Text, true, "Người ghi", "Who says so", "Phòng kỹ thuật"),
    ],
};

pub const KEY_READINGS: SheetSpec = SheetSpec {
    name: "key_readings",
    required: false,
    vi: "Số đo của thông số chính tại thiết bị: mức tiêu thụ trước và sau, số giờ chạy",
    en: "Readings of the key parameter at the device: rate before and after, hours that it ran",
    columns: &[
        column("measure", Kind::Reference("measures"), true, "Mã biện pháp", "Measure", "A01"),
        column(
            "what",
            Kind::Choice(KEY_QUANTITIES),
            true,
            "Đo gì: rate = mức tiêu thụ khi chạy, hours = số giờ chạy",
            "What was read: rate = what it takes while it runs, hours = hours that it ran",
            "rate",
        ),
        column("from", Kind::Date, true, "Từ ngày", "First day", "2024-03-05"),
        column("to", Kind::Date, true, "Đến hết ngày", "Last day, included", "2024-03-05"),
        column("value", AMOUNT, true, "Số đo", "Reading", "41.8"),
        column(
            "unit",
            Kind::Text,
            true,
            "Đơn vị: kW, hoặc đơn vị của tài nguyên trên giờ như m3/h; h với số giờ",
            "Unit: kW, or a unit of the resource per hour such as m3/h; h of hours",
            "kW",
        ),
        column(
            "error_90",
            SHARE,
            true,
            "Sai số dụng cụ: nửa khoảng tin cậy 90 %, phần của số đọc",
            "Error of the instrument: half the 90 % interval, as a share of the reading",
            "0.02",
        ),
        column("instrument", Kind::Text, true, "Dụng cụ đo", "Instrument", "Đồng hồ công suất số 7"),
        column("evidence", Kind::Text, true, "Minh chứng", "Evidence", "Biên bản đo 05/03/2024"),
    ],
};

/// Every sheet but `park`, in the order in which they refer to each other.
pub const SHEETS: &[SheetSpec] = &[
    ENTERPRISES,
    RECORDS,
    DRIVERS,
    METERS,
    READINGS,
    STATIONS,
    WEATHER,
    STREAMS,
    COMPOSITION,
    LINKS,
    PLANTS,
    EXCHANGES,
    SURVEY,
    FACTS,
    MEASURES,
    PLANS,
    ADJUSTMENTS,
    KEY_READINGS,
];
