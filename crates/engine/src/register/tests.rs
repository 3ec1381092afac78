use jiff::civil::date;

use super::*;
use crate::catalogue::places::Province;
use crate::fault::FaultKind;
use crate::table::{Cell, Origin, Sheet};

fn provinces() -> Provinces {
    let province = |code: &str, vi: &str, en: &str| {
        let name = Label::new(vi, en);
        (code.to_string(), Province { code: code.to_string(), name, full_name_vi: vi.to_string(), named: Vec::new() })
    };
    Provinces {
        before: [
            province("74", "Bình Dương", "Binh Duong"),
            province("79", "Hồ Chí Minh", "Ho Chi Minh"),
            province("92", "Cần Thơ", "Can Tho"),
        ]
        .into(),
        after: [province("79", "Hồ Chí Minh", "Ho Chi Minh"), province("92", "Cần Thơ", "Can Tho")].into(),
        crosswalk: [("74", "79"), ("79", "79"), ("92", "92")].map(|(a, b)| (a.to_string(), b.to_string())).into(),
    }
}

fn sheet(rows: &[&[&str]]) -> Sheet {
    let cells = |row: &&[&str]| row.iter().map(|cell| Cell::text(*cell)).collect::<Vec<_>>();
    Sheet {
        name: "register.xlsx".to_string(),
        origin: Origin::Workbook,
        columns: rows[0].iter().map(|cell| cell.to_string()).collect(),
        rows: rows[1..].iter().enumerate().map(|(at, row)| (at + 2, cells(row))).collect(),
    }
}

fn park(code: &str, name: &str, province: &str) -> Entry {
    let facts = Facts::from([(Field::NameVi, name.to_string()), (Field::ProvinceAfter, province.to_string())]);
    Entry::new(RegisterKind::Park, code, State { facts, ..State::default() })
}

fn register(entries: impl IntoIterator<Item = Entry>) -> Register {
    let mut register = Register::default();
    entries.into_iter().for_each(|entry| register.insert(entry));
    register
}

fn read(kind: RegisterKind, sheet: &Sheet, register: &Register) -> ReadRegister {
    let sheet = find_header(kind, sheet);
    let mapping = guess_mapping(kind, &sheet.columns, &Mapping::new());
    read_register(kind, &sheet, &mapping, date(2025, 1, 1), register, &provinces(), &["1311".to_string()].into())
}

fn said(on: Date) -> State {
    State { stated_on: Some(on), source: "a list".to_string(), ..State::default() }
}

#[test]
fn a_board_s_own_list_is_read_below_its_letterhead_with_provinces_as_headings() {
    let list = sheet(&[
        &["BAN QUẢN LÝ", "", "", ""],
        &["DANH MỤC KHU CÔNG NGHIỆP", "", "", ""],
        &["STT", "Tên khu công nghiệp", "Diện tích tự nhiên (ha)", "Tình trạng"],
        &["(1)", "(2)", "(3)", "(4)"],
        &["I", "Tỉnh Bình Dương", "", ""],
        &["1", "KCN Sóng Thần II", "279,3", "Đang hoạt động"],
        &["2", "KCN Mỹ Phước", "1.234,5", "Dự kiến 2030"],
        &["", "Tổng cộng", "1.513,8", ""],
    ]);
    let read = read(RegisterKind::Park, &list, &Register::default());
    assert_eq!(read.faults, []);
    assert_eq!(read.passed_over, [4, 5, 8]);
    let fact = |at: usize, field| read.rows[at].facts.get(&field).map(String::as_str);
    assert_eq!((read.rows.len(), read.rows[0].line), (2, 6));
    assert_eq!((fact(0, Field::AreaHa), fact(1, Field::AreaHa)), (Some("279.3"), Some("1234.5")));
    assert_eq!((fact(0, Field::ProvinceBefore), fact(0, Field::ProvinceAfter)), (Some("74"), Some("79")));
    assert_eq!((fact(0, Field::Status), fact(1, Field::Status)), (Some("operating"), Some("planned")));
}

#[test]
fn every_fault_of_a_list_is_told_with_its_cell() {
    let known = register([park("tra-noc", "Khu công nghiệp Trà Nóc", "92")]);
    let list = sheet(&[
        &["Tên doanh nghiệp", "Mã số thuế", "Khu công nghiệp", "Số lao động", "Mã ngành"],
        &["Dệt A", "12345", "Trà Nóc", "1.200", "1311"],
        &["", "0312345678", "KCN Nowhere", "12,5", "9999"],
    ]);
    let faults = read(RegisterKind::Enterprise, &list, &known).faults;
    let told: Vec<_> = faults.iter().map(|fault| (fault.place.cell.as_deref().unwrap_or(""), fault.kind)).collect();
    assert_eq!(
        told,
        [
            ("B2", FaultKind::UnknownCode),
            ("D2", FaultKind::NotANumber),
            ("C3", FaultKind::UnknownReference),
            ("D3", FaultKind::NotANumber),
            ("E3", FaultKind::UnknownCode),
        ]
    );
}

#[test]
fn a_number_that_two_writings_read_differently_is_refused() {
    for (text, expected) in [
        ("1.234,5", Some(1234.5)),
        ("1,234.5", Some(1234.5)),
        ("135,5", Some(135.5)),
        ("1.234.567", Some(1_234_567.0)),
        ("0,25 ha", Some(0.25)),
        ("1.234", None),
        ("1,234", None),
        ("1e9", None),
        ("-", None),
    ] {
        assert_eq!(written_number(text), expected, "{text}");
    }
}

#[test]
fn names_are_alike_without_the_words_that_all_of_them_have() {
    let like = |one: &str, other: &str| likeness(&significant(one), &significant(other));
    assert_eq!(like("Khu công nghiệp Sóng Thần 2", "KCN SÓNG THẦN II"), 1.0);
    assert!(like("Công ty TNHH Dệt may Hòa Bình", "Cty Det may Hoa Binh") > 0.72);
    assert_eq!(like("KCN Trà Nóc 1", "KCN Trà Nóc 2"), 0.0);
    assert!(like("KCN Thăng Long", "KCN Đình Vũ") < 0.3);
}

#[test]
fn a_doubtful_name_is_a_question_and_a_second_import_changes_nothing() {
    let known =
        register([park("song-than-2", "Khu công nghiệp Sóng Thần 2", "79"), park("my-phuoc", "Mỹ Phước", "79")]);
    let list = sheet(&[
        &["Tên khu công nghiệp", "Tỉnh", "Diện tích (ha)"],
        &["KCN Sóng Thần II", "Bình Dương", "279,3"],
        &["KCN Mỹ Phướcc", "Bình Dương", "377"],
        &["KCN Trà Nóc", "Cần Thơ", "135"],
    ]);
    let rows = read(RegisterKind::Park, &list, &known).rows;
    let said = said(date(2025, 1, 1));
    let first = compare(&known, RegisterKind::Park, &rows, &said, &BTreeMap::new(), &provinces());
    assert!(matches!(&first.outcomes[&2], Outcome::Changed { code, .. } if code == "song-than-2"));
    assert!(matches!(&first.outcomes[&3], Outcome::Question { candidates } if candidates[0].code == "my-phuoc"));
    assert!(matches!(&first.outcomes[&4], Outcome::New { code } if code == "tra-noc"));
    let decided = BTreeMap::from([(3, Decision::Same("my-phuoc".to_string()))]);
    let second = compare(&known, RegisterKind::Park, &rows, &said, &decided, &provinces());
    assert_eq!((second.questions(), second.changes.len()), (0, 3));
    let mut after = known.clone();
    second.changes.into_iter().for_each(|change| after.insert(change.after));
    let again = compare(&after, RegisterKind::Park, &rows, &said, &BTreeMap::new(), &provinces());
    assert_eq!((again.changes.len(), again.count(|o| matches!(o, Outcome::Unchanged { .. }))), (0, 3));
}

#[test]
fn an_enterprise_in_two_parks_is_one_enterprise_with_two_sites() {
    let known = register([park("tra-noc-1", "Trà Nóc 1", "92"), park("tra-noc-2", "Trà Nóc 2", "92")]);
    let list = sheet(&[
        &["Tên doanh nghiệp", "MST", "KCN", "Địa chỉ"],
        &["Dệt A", "0312345678", "Trà Nóc 1", "Lô 1"],
        &["Dệt A", "0312345678", "Trà Nóc 2", "Lô 9"],
        &["Dệt A", "0312345678", "Trà Nóc 2", "Lô 10"],
    ]);
    let rows = read(RegisterKind::Enterprise, &list, &known).rows;
    let found =
        compare(&known, RegisterKind::Enterprise, &rows, &said(date(2025, 1, 1)), &BTreeMap::new(), &provinces());
    let keys: Vec<_> = found.changes.iter().map(|change| (change.after.kind, change.after.code.as_str())).collect();
    assert_eq!(
        keys,
        [
            (RegisterKind::Enterprise, "0312345678"),
            (RegisterKind::Site, "0312345678@tra-noc-1"),
            (RegisterKind::Site, "0312345678@tra-noc-2"),
        ]
    );
    assert!(matches!(found.outcomes[&4], Outcome::Repeats { line: 3, .. }));
}

#[test]
fn a_later_source_ends_a_state_an_earlier_one_is_not_taken_and_the_same_day_corrects() {
    let area = |area: &str, on: Date| State { facts: Facts::from([(Field::AreaHa, area.to_string())]), ..said(on) };
    let entry = Entry::new(RegisterKind::Park, "a", area("100", date(2024, 1, 1)));
    let later = entry.amended(&area("120", date(2025, 1, 1))).unwrap();
    assert_eq!(later.on(date(2024, 12, 31)).unwrap().text(Field::AreaHa), Some("100"));
    assert_eq!(later.on(date(2025, 1, 1)).unwrap().text(Field::AreaHa), Some("120"));
    assert_eq!(later.amended(&area("90", date(2024, 6, 1))), None);
    let corrected = later.amended(&area("121", date(2025, 1, 1))).unwrap();
    assert_eq!(corrected.states.len(), 2);
    assert_eq!(corrected.latest().text(Field::AreaHa), Some("121"));
    assert_eq!(corrected.latest().from, Some(date(2025, 1, 1)));
    for state in corrected.states.windows(2) {
        assert_eq!(state[0].until, state[1].from);
    }
}
