//! Reading somebody's own register: where its header is, which column means what, and what each row says. All faults
//! at once.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::similar::significant;
use super::{Facts, Field, Register, RegisterKind};
use crate::catalogue::places::{ProvinceEdition, Provinces};
use crate::fault::{Fault, FaultKind};
use crate::language::fold;
use crate::period::parse_date;
use crate::table::{Cell, Sheet};

/// Which field each column means, by the column's heading.
pub type Mapping = BTreeMap<String, Field>;

/// A row of the file: what it says, in canonical form.
#[derive(Clone, Debug, PartialEq)]
pub struct RegisterRow {
    pub line: usize,
    pub facts: Facts,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReadRegister {
    pub rows: Vec<RegisterRow>,
    /// Lines that are headings, sums or numbers of columns, and say nothing of an entry.
    pub passed_over: Vec<usize>,
    pub faults: Vec<Fault>,
}

/// Rows at the top of a sheet in which a header is looked for: titles and letterheads stand above it.
const DEEPEST_HEADER: usize = 40;

/// The fields that a file about this kind of entry may bring, the name first.
pub fn fields_of(kind: RegisterKind) -> &'static [Field] {
    match kind {
        RegisterKind::Park => &[
            Field::NameVi,
            Field::NameEn,
            Field::Code,
            Field::Province,
            Field::Address,
            Field::Status,
            Field::AreaHa,
            Field::LeasableHa,
            Field::OccupiedHa,
            Field::Year,
            Field::EstablishedOn,
            Field::OperatingSince,
            Field::Sector,
            Field::Developer,
            Field::Authority,
            Field::Zone,
            Field::Latitude,
            Field::Longitude,
            Field::Programme,
            Field::Note,
        ],
        RegisterKind::Zone => &[
            Field::NameVi,
            Field::NameEn,
            Field::Code,
            Field::Province,
            Field::Status,
            Field::AreaHa,
            Field::EstablishedOn,
            Field::Authority,
            Field::Latitude,
            Field::Longitude,
            Field::Note,
        ],
        RegisterKind::Developer => {
            &[Field::NameVi, Field::NameEn, Field::TaxCode, Field::Province, Field::Address, Field::Note]
        }
        RegisterKind::Authority => {
            &[Field::NameVi, Field::NameEn, Field::Code, Field::Province, Field::Address, Field::Note]
        }
        RegisterKind::Enterprise => &[
            Field::NameVi,
            Field::NameEn,
            Field::TaxCode,
            Field::Park,
            Field::Province,
            Field::Address,
            Field::Isic4,
            Field::Sector,
            Field::Employees,
            Field::Ownership,
            Field::AreaHa,
            Field::OperatingSince,
            Field::Status,
            Field::Latitude,
            Field::Longitude,
            Field::Note,
        ],
        RegisterKind::Site => &[
            Field::Enterprise,
            Field::Park,
            Field::Address,
            Field::AreaHa,
            Field::OperatingSince,
            Field::Latitude,
            Field::Longitude,
            Field::Note,
        ],
    }
}

/// What headings call a field, folded. The longer the wording, the surer.
fn wordings(kind: RegisterKind, field: Field) -> &'static [&'static str] {
    match (kind, field) {
        (RegisterKind::Park, Field::NameVi) => {
            &["ten khu cong nghiep", "ten kcn", "khu cong nghiep", "ten khu", "kcn", "ten", "name", "park"]
        }
        (RegisterKind::Zone, Field::NameVi) => &["ten khu kinh te", "ten kkt", "khu kinh te", "ten", "name"],
        (RegisterKind::Developer, Field::NameVi) => &["ten chu dau tu", "chu dau tu", "ten", "name", "developer"],
        (RegisterKind::Authority, Field::NameVi) => &["ten co quan", "co quan", "ten ban quan ly", "ten", "name"],
        (RegisterKind::Enterprise, Field::NameVi) => &[
            "ten doanh nghiep",
            "ten cong ty",
            "ten dn",
            "doanh nghiep",
            "cong ty",
            "ten nha dau tu",
            "ten",
            "enterprise",
            "company",
            "name",
        ],
        (RegisterKind::Park, Field::Developer) => {
            &["chu dau tu ha tang", "chu dau tu", "nha dau tu ha tang", "cong ty ha tang", "developer", "operator"]
        }
        (_, Field::NameEn) => &["ten tieng anh", "english name", "name_en", "name en", "name in english"],
        (_, Field::NameVi) => &["name_vi", "ten tieng viet"],
        (_, Field::Code) => &["ma khu", "ma kcn", "ma so", "ma", "code", "id"],
        (_, Field::TaxCode) => &["ma so thue", "mst", "ma so doanh nghiep", "tax code", "tax_code", "tax id"],
        (_, Field::Province) => &[
            "tinh thanh pho",
            "tinh/thanh pho",
            "tinh, thanh pho",
            "tinh/tp",
            "tinh thanh",
            "tinh",
            "dia phuong",
            "province",
        ],
        (_, Field::Address) => &["dia chi", "dia diem", "vi tri", "address", "location"],
        (_, Field::Status) => &["tinh trang", "trang thai", "hien trang", "status"],
        (_, Field::AreaHa) => &[
            "dien tich tu nhien",
            "tong dien tich",
            "dien tich quy hoach",
            "dien tich dat",
            "dien tich (ha)",
            "dien tich",
            "area",
            "area_ha",
            "area (ha)",
        ],
        (_, Field::LeasableHa) => {
            &["dien tich dat cong nghiep", "dat cong nghiep co the cho thue", "dien tich cho thue", "leasable"]
        }
        (_, Field::OccupiedHa) => &["dien tich da cho thue", "dat da cho thue", "da cho thue", "leased", "occupied"],
        (_, Field::Year) => &["nam thanh lap", "nam", "year"],
        (_, Field::EstablishedOn) => &["ngay thanh lap", "ngay quyet dinh", "thanh lap ngay", "established"],
        (_, Field::OperatingSince) => &["ngay hoat dong", "hoat dong tu", "bat dau hoat dong", "operating since"],
        (_, Field::Sector) => &["nganh nghe", "linh vuc", "nganh", "sector", "industry"],
        (_, Field::Isic4) => &["ma nganh", "vsic", "isic", "ma vsic"],
        (_, Field::Employees) => &["so lao dong", "lao dong", "employees", "workers"],
        (_, Field::Ownership) => &["loai hinh", "hinh thuc dau tu", "quoc gia", "ownership"],
        (_, Field::Developer) => &["chu dau tu"],
        (_, Field::Authority) => &["co quan quan ly", "ban quan ly", "authority"],
        (_, Field::Zone) => &["thuoc khu kinh te", "khu kinh te", "economic zone"],
        (_, Field::Park) => &["khu cong nghiep", "ten khu cong nghiep", "ten kcn", "kcn", "park"],
        (_, Field::Enterprise) => &["doanh nghiep", "ten doanh nghiep", "enterprise"],
        (_, Field::Latitude) => &["vi do", "latitude", "lat"],
        (_, Field::Longitude) => &["kinh do", "longitude", "lon", "long"],
        (_, Field::Programme) => &["chuong trinh", "programme", "eip_programme"],
        (_, Field::Note) => &["ghi chu", "note", "notes", "remarks"],
        (_, Field::ProvinceBefore | Field::ProvinceAfter) => &[],
    }
}

/// A heading as mappings name it: folded, in one line.
pub fn heading(text: &str) -> String {
    let folded = fold(text);
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The field that a heading certainly names: one wording fits it whole, or is what it begins with.
fn field_of(kind: RegisterKind, heading_text: &str) -> Option<Field> {
    let text = heading(heading_text);
    let mut best: Option<(usize, Field)> = None;
    for field in fields_of(kind) {
        for wording in wordings(kind, *field) {
            let fits = text == *wording
                || text.starts_with(&format!("{wording} "))
                || text.starts_with(&format!("{wording}("));
            let is_code = Field::parse(&text) == Some(*field);
            let length = if is_code { usize::MAX } else { wording.len() };
            if (fits || is_code) && best.is_none_or(|(longest, _)| length > longest) {
                best = Some((length, *field));
            }
        }
    }
    best.map(|(_, field)| field)
}

/// What was remembered for a heading holds; for the others what they certainly name, each field once.
pub fn guess_mapping(kind: RegisterKind, columns: &[String], remembered: &Mapping) -> Mapping {
    let mut mapping: Mapping = Mapping::new();
    let mut used: BTreeSet<Field> = BTreeSet::new();
    for column in columns {
        if let Some(field) = remembered.get(&heading(column)) {
            used.insert(*field);
            mapping.insert(heading(column), *field);
        }
    }
    for column in columns.iter().filter(|column| !column.is_empty()) {
        let heading = heading(column);
        if remembered.contains_key(&heading) {
            continue;
        }
        if let Some(field) = field_of(kind, column).filter(|field| used.insert(*field)) {
            mapping.insert(heading, field);
        }
    }
    mapping
}

/// The sheet with its header in the row where most columns are recognised; what stands above it is left out.
pub fn find_header(kind: RegisterKind, sheet: &Sheet) -> Sheet {
    let recognised = |cells: &[Cell]| {
        let found: BTreeSet<Field> = cells.iter().filter_map(|cell| field_of(kind, &cell.shown())).collect();
        found.len()
    };
    let first: Vec<Cell> = sheet.columns.iter().map(Cell::text).collect();
    let mut best = (recognised(&first), None);
    for (at, (_, cells)) in sheet.rows.iter().take(DEEPEST_HEADER).enumerate() {
        let found = recognised(cells);
        if found > best.0 && found >= 2 {
            best = (found, Some(at));
        }
    }
    match best.1 {
        None => sheet.clone(),
        Some(at) => Sheet {
            columns: sheet.rows[at].1.iter().map(Cell::shown).collect(),
            rows: sheet.rows[at + 1..].to_vec(),
            ..sheet.clone()
        },
    }
}

/// What rows are held against.
struct Context<'a> {
    register: &'a Register,
    provinces: &'a Provinces,
    isic4: &'a BTreeSet<String>,
    edition: ProvinceEdition,
    /// Codes of entries by their names without the words that all have.
    names: BTreeMap<RegisterKind, BTreeMap<String, BTreeSet<&'a str>>>,
}

/// Reads the rows of a sheet by a mapping. Names of provinces are those of the edition in force on the day that the
/// file speaks of, or of the other edition where only that one has the name.
pub fn read_register(
    kind: RegisterKind,
    sheet: &Sheet,
    mapping: &Mapping,
    on: Date,
    register: &Register,
    provinces: &Provinces,
    isic4: &BTreeSet<String>,
) -> ReadRegister {
    let mut read = ReadRegister::default();
    let columns: Vec<Option<Field>> =
        sheet.columns.iter().map(|column| mapping.get(&heading(column)).copied()).collect();
    let name = if kind == RegisterKind::Site { Field::Enterprise } else { Field::NameVi };
    for field in [name].into_iter().filter(|field| !columns.contains(&Some(*field))) {
        let found = sheet.columns.iter().filter(|column| !column.is_empty()).cloned().collect::<Vec<_>>().join(", ");
        read.faults.push(sheet.fault(
            1,
            field.code(),
            FaultKind::MissingColumn,
            found,
            wordings(kind, field).join(" | "),
        ));
    }
    for field in repeated(&columns) {
        read.faults.push(sheet.fault(1, field.code(), FaultKind::Duplicate, field.code().to_string(), "1".to_string()));
    }
    if !read.faults.is_empty() {
        return read;
    }
    let named = [RegisterKind::Park, RegisterKind::Enterprise]
        .into_iter()
        .filter(|named| columns.iter().flatten().any(|field| reference_to(*field) == Some(*named)));
    let names = named.map(|kind| (kind, names(register, kind))).collect();
    let context = Context { register, provinces, isic4, edition: ProvinceEdition::on(on), names };
    let mut province_above: Option<Facts> = None;
    for (line, cells) in &sheet.rows {
        let filled: Vec<&Cell> = cells.iter().filter(|cell| **cell != Cell::Empty).collect();
        if is_column_numbers(&filled) {
            read.passed_over.push(*line);
            continue;
        }
        if let Some(words) = only_words(&filled) {
            // `I. Tỉnh Bắc Ninh` above its parks says where they lie.
            match province(&context, strip_numbering(&words)) {
                Some(found) => province_above = Some(found),
                None if is_sum(&words) => {}
                None if cell_of(cells, &columns, name).is_some() && columns.iter().flatten().count() == 1 => {
                    read_row(&context, kind, sheet, (*line, cells), &columns, &province_above, &mut read);
                    continue;
                }
                None => {}
            }
            read.passed_over.push(*line);
            continue;
        }
        if cell_of(cells, &columns, name).is_some_and(|cell| is_sum(&cell.shown())) {
            read.passed_over.push(*line);
            continue;
        }
        read_row(&context, kind, sheet, (*line, cells), &columns, &province_above, &mut read);
    }
    read
}

fn repeated(columns: &[Option<Field>]) -> Vec<Field> {
    let mut seen = BTreeSet::new();
    columns.iter().flatten().filter(|field| !seen.insert(**field)).copied().collect()
}

fn cell_of<'a>(cells: &'a [Cell], columns: &[Option<Field>], field: Field) -> Option<&'a Cell> {
    let at = columns.iter().position(|column| *column == Some(field))?;
    cells.get(at).filter(|cell| **cell != Cell::Empty)
}

/// `1 2 3 4` or `(1) (2) (3)` below a header.
fn is_column_numbers(filled: &[&Cell]) -> bool {
    filled.len() >= 3
        && filled.iter().enumerate().all(|(at, cell)| {
            let text = cell.shown();
            text.trim_matches(['(', ')', '[', ']']).parse::<f64>() == Ok(at as f64 + 1.0)
        })
}

/// The text of a row that holds a single text, a numeral beside it apart.
fn only_words(filled: &[&Cell]) -> Option<String> {
    let is_numeral = |cell: &Cell| {
        let text = cell.shown();
        let text = text.trim_matches(['.', ')', '(']);
        !text.is_empty() && text.chars().all(|c| matches!(c, 'I' | 'V' | 'X' | 'A'..='D') || c.is_ascii_digit())
    };
    match filled {
        [only] => Some(only.shown()),
        [numeral, words] if is_numeral(numeral) && matches!(words, Cell::Text(_)) && !is_numeral(words) => {
            Some(words.shown())
        }
        _ => None,
    }
}

fn strip_numbering(words: &str) -> &str {
    match words.split_once(['.', ')']) {
        Some((numeral, rest)) if numeral.len() <= 5 && !rest.trim().is_empty() => rest.trim(),
        _ => words.trim(),
    }
}

fn is_sum(words: &str) -> bool {
    let folded = fold(words);
    ["tong cong", "tong so", "tong", "cong", "total"].iter().any(|word| {
        folded == *word
            || folded.strip_prefix(word).is_some_and(|rest| rest.starts_with([':', ' ', '(']) && *word != "cong")
    })
}

fn read_row(
    context: &Context,
    kind: RegisterKind,
    sheet: &Sheet,
    (line, cells): (usize, &Vec<Cell>),
    columns: &[Option<Field>],
    province_above: &Option<Facts>,
    read: &mut ReadRegister,
) {
    let before = read.faults.len();
    let mut facts = province_above.clone().unwrap_or_default();
    for (at, field) in columns.iter().enumerate() {
        let (Some(field), Some(cell)) = (field, cells.get(at)) else { continue };
        if *cell == Cell::Empty {
            continue;
        }
        match fact(context, *field, cell) {
            Ok(found) => {
                if *field == Field::Province {
                    facts.remove(&Field::ProvinceBefore);
                    facts.remove(&Field::ProvinceAfter);
                }
                facts.extend(found);
            }
            Err((fault, expected)) => {
                read.faults.push(sheet.fault(line, &sheet.columns[at], fault, cell.shown(), expected));
            }
        }
    }
    let name = if kind == RegisterKind::Site { Field::Enterprise } else { Field::NameVi };
    if !facts.contains_key(&name) && read.faults.len() == before {
        let column = columns.iter().position(|column| *column == Some(name)).map_or("", |at| &sheet.columns[at]);
        read.faults.push(sheet.fault(line, column, FaultKind::MissingValue, String::new(), "text".to_string()));
    }
    let number = |field: Field| facts.get(&field).and_then(|fact| fact.parse::<f64>().ok());
    if let (Some(part), Some(whole)) = (number(Field::OccupiedHa), number(Field::LeasableHa).or(number(Field::AreaHa)))
        && part > whole
    {
        let column =
            columns.iter().position(|column| *column == Some(Field::OccupiedHa)).map_or("", |at| &sheet.columns[at]);
        read.faults.push(sheet.fault(line, column, FaultKind::Contradiction, part.to_string(), format!("≤ {whole}")));
    }
    if read.faults.len() == before {
        read.rows.push(RegisterRow { line, facts });
    }
}

type Refused = (FaultKind, String);

/// What a cell says of a field, in canonical form.
fn fact(context: &Context, field: Field, cell: &Cell) -> Result<Facts, Refused> {
    if let Cell::Formula(_) = cell {
        return Err((FaultKind::Formula, "text".to_string()));
    }
    let text = one_line(&cell.shown());
    let one = |value: String| Ok(Facts::from([(field, value)]));
    match field {
        Field::Province => province(context, &text)
            .ok_or_else(|| (FaultKind::UnknownCode, format!("provinces_{}", context.edition.code()))),
        Field::AreaHa | Field::LeasableHa | Field::OccupiedHa => one(number(cell, 0.0, 100_000.0)?.to_string()),
        Field::Employees => {
            let employees = number(cell, 0.0, 1_000_000.0)?;
            if employees.fract() != 0.0 {
                return Err((FaultKind::NotANumber, "0 … 1000000".to_string()));
            }
            one(employees.to_string())
        }
        // Viet Nam with its islands.
        Field::Latitude => one(number(cell, 6.0, 24.0)?.to_string()),
        Field::Longitude => one(number(cell, 102.0, 118.0)?.to_string()),
        Field::EstablishedOn | Field::OperatingSince => one(day(cell)?.to_string()),
        Field::TaxCode => one(tax_code(cell)?),
        Field::Isic4 => one(isic4(context, &text)?),
        Field::Status => one(status(&text)),
        _ => match reference_to(field) {
            Some(kind) => one(reference(context, kind, &text)?),
            None => one(text),
        },
    }
}

/// Cells are often broken into lines to fit their column.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn province(context: &Context, text: &str) -> Option<Facts> {
    let folded = fold(text);
    let name = ["thanh pho ", "tinh ", "tp. ", "tp.", "tp "].iter().find_map(|kind| folded.strip_prefix(kind));
    let name = name.unwrap_or(&folded).trim();
    let dashless = |name: &str| name.replace([' ', '-', '–'], "");
    let find = |edition: ProvinceEdition| {
        let provinces = context.provinces.edition(edition);
        let found = provinces.values().find(|province| {
            province.code == text.trim()
                || [&province.name.vi, &province.name.en].iter().any(|known| dashless(&fold(known)) == dashless(name))
                || (name == "tp hcm" || name == "hcm" || name == "hcmc") && province.code == "79"
        });
        found.map(|province| province.code.clone())
    };
    let other = match context.edition {
        ProvinceEdition::Before => ProvinceEdition::After,
        ProvinceEdition::After => ProvinceEdition::Before,
    };
    let (edition, code) = [context.edition, other].into_iter().find_map(|edition| Some((edition, find(edition)?)))?;
    Some(match edition {
        ProvinceEdition::After => Facts::from([(Field::ProvinceAfter, code)]),
        ProvinceEdition::Before => {
            let after = context.provinces.crosswalk.get(&code)?.clone();
            Facts::from([(Field::ProvinceBefore, code), (Field::ProvinceAfter, after)])
        }
    })
}

/// A number within bounds. A text is taken in Vietnamese or in English writing; where it could be both, it is refused.
fn number(cell: &Cell, min: f64, max: f64) -> Result<f64, Refused> {
    let expected = || format!("{min} … {max}");
    let number = match cell {
        Cell::Number(number) => *number,
        Cell::Text(text) => written_number(text).ok_or_else(|| (FaultKind::NotANumber, expected()))?,
        _ => return Err((FaultKind::NotANumber, expected())),
    };
    match number {
        number if !number.is_finite() => Err((FaultKind::NotANumber, expected())),
        number if number < 0.0 && min == 0.0 => Err((FaultKind::NegativeAmount, expected())),
        number if number < min || number > max => Err((FaultKind::OutOfRange, expected())),
        number => Ok(number),
    }
}

/// `1.234,5` and `1,234.5` are read; `1.234` could be either and is not.
pub fn written_number(text: &str) -> Option<f64> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let text = text.strip_suffix("ha").unwrap_or(&text);
    if text.is_empty() || !text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | '-')) {
        return None;
    }
    let groups_by = |group: char, point: char| -> Option<String> {
        let (whole, fraction) = match text.split_once(point) {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (text, None),
        };
        let parts: Vec<&str> = whole.split(group).collect();
        let is_grouped = parts.len() == 1 || parts[1..].iter().all(|part| part.len() == 3);
        let is_plain =
            fraction.is_none_or(|fraction| !fraction.is_empty() && fraction.bytes().all(|b| b.is_ascii_digit()));
        (is_grouped && is_plain).then(|| match fraction {
            Some(fraction) => format!("{}.{fraction}", parts.concat()),
            None => parts.concat(),
        })
    };
    let (vietnamese, english) = (groups_by('.', ','), groups_by(',', '.'));
    let values: BTreeSet<String> = [vietnamese, english].into_iter().flatten().collect();
    let mut parsed = values.iter().filter_map(|value| value.parse::<f64>().ok());
    match (parsed.next(), parsed.next()) {
        (Some(one), None) => Some(one),
        (Some(one), Some(other)) if one == other => Some(one),
        _ => None,
    }
}

fn day(cell: &Cell) -> Result<Date, Refused> {
    let date = match cell {
        Cell::Date(date) => Some(*date),
        Cell::Text(text) => parse_date(text),
        _ => None,
    };
    let date = date.ok_or_else(|| (FaultKind::NotADate, "dd/MM/yyyy | yyyy-MM-dd".to_string()))?;
    let is_plausible = (1975..=2100).contains(&date.year());
    if is_plausible { Ok(date) } else { Err((FaultKind::ImplausibleDate, "1975 … 2100".to_string())) }
}

/// Ten digits, and three more for a branch. A spreadsheet that took it for a number lost the zero in front.
fn tax_code(cell: &Cell) -> Result<String, Refused> {
    let expected = || (FaultKind::UnknownCode, "0123456789 | 0123456789-001".to_string());
    let digits: String = match cell {
        Cell::Number(number) if number.fract() == 0.0 && (1e8..1e10).contains(number) => format!("{number:010}"),
        Cell::Number(_) | Cell::Date(_) => return Err(expected()),
        cell => {
            let text: String = cell.shown().chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '\'')).collect();
            if !text.bytes().all(|b| b.is_ascii_digit()) {
                return Err(expected());
            }
            text
        }
    };
    match digits.len() {
        10 | 12 => Ok(digits),
        13 => Ok(format!("{}-{}", &digits[..10], &digits[10..])),
        _ => Err(expected()),
    }
}

fn isic4(context: &Context, text: &str) -> Result<String, Refused> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    // VSIC goes on where ISIC ends: its first four figures are the class of ISIC.
    let class: String = digits.chars().take(4).collect();
    if context.isic4.contains(&class) { Ok(class) } else { Err((FaultKind::UnknownCode, "isic4".to_string())) }
}

/// What the register calls a status; words that it does not know stay as the file has them.
fn status(text: &str) -> String {
    const WORDS: [(&str, &str); 16] = [
        ("dang hoat dong", "operating"),
        ("da hoat dong", "operating"),
        ("hoat dong", "operating"),
        ("da di vao hoat dong", "operating"),
        ("operating", "operating"),
        ("in operation", "operating"),
        ("dang xay dung", "under construction"),
        ("dang xdcb", "under construction"),
        ("dang trien khai", "under construction"),
        ("under construction", "under construction"),
        ("da thanh lap", "established"),
        ("established", "established"),
        ("quy hoach", "planned"),
        ("du kien", "planned"),
        ("planned", "planned"),
        ("thu hoi", "closing"),
    ];
    let folded = fold(text);
    WORDS
        .iter()
        .find(|(word, _)| folded.starts_with(word))
        .map_or_else(|| text.to_string(), |(_, code)| (*code).to_string())
}

/// Fields that name another entry, which must be there.
fn reference_to(field: Field) -> Option<RegisterKind> {
    match field {
        Field::Park => Some(RegisterKind::Park),
        Field::Enterprise => Some(RegisterKind::Enterprise),
        _ => None,
    }
}

fn names(register: &Register, kind: RegisterKind) -> BTreeMap<String, BTreeSet<&str>> {
    let mut names: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for entry in register.of(kind) {
        for state in &entry.states {
            for name in [Field::NameVi, Field::NameEn].into_iter().filter_map(|field| state.text(field)) {
                names.entry(significant(name)).or_default().insert(&entry.code);
            }
        }
    }
    names
}

/// The code of the entry that a text names by its code or its name.
fn reference(context: &Context, kind: RegisterKind, text: &str) -> Result<String, Refused> {
    if context.register.entry(kind, text).is_some() {
        return Ok(text.to_string());
    }
    let named = context.names.get(&kind).and_then(|names| names.get(&significant(text)));
    let codes: Vec<&str> = named.into_iter().flatten().copied().collect();
    match codes.as_slice() {
        [code] => Ok((*code).to_string()),
        [] => Err((FaultKind::UnknownReference, format!("register: {}", kind.code()))),
        several => Err((FaultKind::UnknownReference, several.join(" | "))),
    }
}
