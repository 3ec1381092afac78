//! Files as they really come, and as somebody with ill intent would make them: each is refused with what is wrong and
//! where, or read as it was meant; nothing is half written, nothing is guessed, and none takes the program down.

mod binary;

use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use binary::{code, congsinh, folder, json, stderr};
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook, Worksheet};
use zip::write::SimpleFileOptions;

const ENTERPRISES: &str = "enterprise,name_vi,name_en,tax_code,isic4,role,employees,latitude,longitude\n\
                           E01,Công ty Một,Company One,,1020,tenant,120,,\n";
const RECORDS: &str = "enterprise,resource,from,to,amount,unit,basis,source,cost_vnd\n\
                       E01,electricity,2024-01-01,2024-01-31,1200.5,kWh,invoiced,HD 1,\n\
                       E01,electricity,2024-02-01,2024-02-29,1300,kWh,invoiced,HD 2,\n";
const PARK: &str = "park = \"thu\"\nname_vi = \"Khu thử\"\nname_en = \"Trial\"\nprovince = \"92\"\nsynthetic = true\n";

/// The same park as a workbook of before 2007, as a library of Python writes it.
const OLD: &[u8] = include_bytes!("files/old.xls");

/// What must come of a file.
enum Expected {
    /// Taken as it was meant.
    Taken,
    /// A fault of this kind, at a place whose name holds this.
    Fault(&'static str, &'static str),
}

use Expected::{Fault, Taken};

struct Case {
    name: &'static str,
    expected: Expected,
    path: PathBuf,
}

/// A park folder whose files are these bytes.
fn park(home: &Path, name: &str, files: &[(&str, Vec<u8>)]) -> PathBuf {
    let folder = home.join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let given = |file: &str| files.iter().find(|(named, _)| *named == file).map(|(_, bytes)| bytes.clone());
    for (file, usual) in [("park.toml", PARK), ("enterprises.csv", ENTERPRISES), ("records.csv", RECORDS)] {
        std::fs::write(folder.join(file), given(file).unwrap_or_else(|| usual.as_bytes().to_vec())).unwrap();
    }
    for (file, bytes) in files {
        std::fs::write(folder.join(file), bytes).unwrap();
    }
    folder
}

/// A park folder with one text of its records changed.
fn records(home: &Path, name: &str, from: &str, to: &str) -> PathBuf {
    assert!(RECORDS.contains(from), "{name}: {from}");
    park(home, name, &[("records.csv", RECORDS.replacen(from, to, 1).into_bytes())])
}

fn utf16(text: &str) -> Vec<u8> {
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    units.flat_map(u16::to_le_bytes).collect()
}

/// Vietnamese in a single-byte encoding of old programs: no UTF-8.
fn single_byte(text: &str) -> Vec<u8> {
    text.chars().map(|c| if c.is_ascii() { c as u8 } else { 0xe9 }).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn csv_cases(home: &Path) -> Vec<Case> {
    let case = |name, expected, path| Case { name, expected, path };
    let r = |name: &str, from: &str, to: &str| records(home, name, from, to);
    let with_bytes = |name: &str, bytes: Vec<u8>| park(home, name, &[("records.csv", bytes)]);
    let semicolons = RECORDS.replace(',', ";").replace("1200.5", "1200,5");
    let e = |name: &str, from: &str, to: &str| {
        park(home, name, &[("enterprises.csv", ENTERPRISES.replacen(from, to, 1).into_bytes())])
    };
    let p = |name: &str, text: String| park(home, name, &[("park.toml", text.into_bytes())]);
    vec![
        case("as it is", Taken, park(home, "as-it-is", &[])),
        case("byte order mark", Taken, with_bytes("bom", [b"\xef\xbb\xbf", RECORDS.as_bytes()].concat())),
        case("lines end with CR LF", Taken, with_bytes("crlf", RECORDS.replace('\n', "\r\n").into_bytes())),
        case("empty lines", Taken, with_bytes("empty-lines", format!("{RECORDS}\n,,,,,,,,\n\n").into_bytes())),
        case("a comma in quotes", Taken, r("quoted", "HD 1", "\"HD 1, bản sao\"")),
        case("UTF-16", Fault("unreadable-file", "records.csv"), with_bytes("utf-16", utf16(RECORDS))),
        case(
            "an old single-byte encoding",
            Fault("unreadable-file", "enterprises.csv"),
            park(home, "single-byte", &[("enterprises.csv", single_byte(ENTERPRISES))]),
        ),
        case("NUL bytes", Fault("not-a-number", "records.csv"), r("nul", "1200.5", "12\0")),
        case("decimal comma", Fault("not-a-number", "records.csv"), with_bytes("comma", semicolons.into_bytes())),
        case("grouped digits", Fault("not-a-number", "records.csv"), r("grouped", "1200.5", "\"1,200.5\"")),
        case("number as text with unit", Fault("not-a-number", "records.csv"), r("with-unit", "1200.5", "1200 kWh")),
        case("not a number", Fault("not-a-number", "records.csv"), r("nan", "1200.5", "NaN")),
        case("infinite", Fault("not-a-number", "records.csv"), r("inf", "1200.5", "inf")),
        case("exponent", Fault("not-a-number", "records.csv"), r("exponent", "1200.5", "1e308")),
        case("too long a number", Fault("not-a-number", "records.csv"), r("long", "1200.5", &"9".repeat(400))),
        case("negative", Fault("negative-amount", "records.csv"), r("negative", "1200.5", "-1")),
        case("missing amount", Fault("missing-value", "records.csv"), r("missing", "1200.5", "")),
        case(
            "a date that does not exist",
            Fault("not-a-date", "records.csv"),
            r("no-date", "2024-02-29", "2023-02-29"),
        ),
        case(
            "a date of a spreadsheet's small number",
            Fault("implausible-date", "records.csv"),
            r("early", "2024-01-01", "1900-01-05"),
        ),
        case("a far date", Fault("implausible-date", "records.csv"), r("far", "2024-02-29", "9999-12-31")),
        case("an American date", Fault("not-a-date", "records.csv"), r("american", "2024-01-31", "01/31/2024")),
        case("end before start", Fault("not-a-period", "records.csv"), r("backwards", "2024-01-31", "2023-12-31")),
        case(
            "overlapping periods",
            Fault("overlapping-periods", "records.csv"),
            r("overlap", "2024-02-01", "2024-01-15"),
        ),
        case(
            "the same line twice",
            Fault("overlapping-periods", "records.csv"),
            with_bytes("twice", format!("{RECORDS}{}\n", RECORDS.lines().nth(1).unwrap()).into_bytes()),
        ),
        case("unknown resource", Fault("unknown-code", "records.csv"), r("resource", "electricity", "elektricity")),
        case("unknown unit", Fault("unknown-code", "records.csv"), r("unit", "kWh", "kwh/month")),
        case("unit of another dimension", Fault("wrong-unit", "records.csv"), r("dimension", "kWh", "m3")),
        case("unknown basis", Fault("unknown-code", "records.csv"), r("basis", "invoiced", "guessed")),
        case(
            "unknown enterprise",
            Fault("unknown-reference", "records.csv"),
            r("enterprise", "E01,electricity,2024-01", "E99,electricity,2024-01"),
        ),
        case("no source", Fault("missing-value", "records.csv"), r("source", "HD 1", "")),
        case("missing column", Fault("missing-column", "records.csv"), r("column", ",unit,", ",")),
        case("column of another name", Fault("unknown-column", "records.csv"), r("renamed", "cost_vnd", "cost")),
        case("an unclosed quote", Fault("unreadable-file", "records.csv"), r("quote", "HD 1", "\"HD 1")),
        case(
            "header only in another language",
            Fault("missing-column", "records.csv"),
            with_bytes("language", RECORDS.replace("amount", "số lượng").into_bytes()),
        ),
        case("empty file", Fault("missing-column", "records.csv"), with_bytes("empty", Vec::new())),
        case(
            "a picture",
            Fault("unreadable-file", "records.csv"),
            with_bytes("picture", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xff".to_vec()),
        ),
        case(
            "a page of HTML",
            Fault("missing-column", "records.csv"),
            with_bytes("html", b"<html><table><tr><td>1</td></tr></table></html>".to_vec()),
        ),
        case(
            "enterprise named twice",
            Fault("duplicate", "enterprises.csv"),
            park(
                home,
                "same-enterprise",
                &[("enterprises.csv", format!("{ENTERPRISES}{}\n", ENTERPRISES.lines().nth(1).unwrap()).into_bytes())],
            ),
        ),
        case("unknown industry", Fault("unknown-code", "enterprises.csv"), e("industry", "1020", "0000")),
        case("half an employee", Fault("not-a-number", "enterprises.csv"), e("half", ",120,", ",120.5,")),
        case("outside the globe", Fault("out-of-range", "enterprises.csv"), e("globe", ",120,,", ",120,95,105")),
        case("a role that is none", Fault("unknown-code", "enterprises.csv"), e("role", "tenant", "boss")),
        case("TOML that is none", Fault("unreadable-file", "park.toml"), p("toml", "park = thu\n".to_string())),
        case("unknown province", Fault("unknown-code", "park.toml"), p("province", PARK.replace("\"92\"", "\"00\""))),
        case("no name", Fault("missing-value", "park"), p("no-name", PARK.replace("name_vi = \"Khu thử\"\n", ""))),
        case(
            "gzip cut short",
            Fault("unreadable-file", "readings.csv.gz"),
            park(home, "cut", &[("readings.csv.gz", gzip(RECORDS.as_bytes())[..40].to_vec())]),
        ),
        case(
            "gzip that is none",
            Fault("unreadable-file", "readings.csv.gz"),
            park(home, "no-gzip", &[("readings.csv.gz", b"meter,at,value\n".to_vec())]),
        ),
        case(
            "gzip that unpacks to 300 MB",
            Fault("unreadable-file", "readings.csv.gz"),
            park(home, "bomb", &[("readings.csv.gz", gzip(&vec![b' '; 300 * 1024 * 1024]))]),
        ),
    ]
}

/// A workbook with the three sheets, changed by `change`.
fn workbook(home: &Path, name: &str, change: impl Fn(&mut Workbook)) -> PathBuf {
    let path = home.join(format!("{name}.xlsx"));
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet().set_name("park").unwrap();
    for (row, (key, value)) in [
        ("key", "value"),
        ("park", "thu"),
        ("name_vi", "Khu thử"),
        ("name_en", "Trial"),
        ("province", "92"),
        ("synthetic", "yes"),
    ]
    .into_iter()
    .enumerate()
    {
        sheet.write_string(row as u32, 0, key).unwrap().write_string(row as u32, 1, value).unwrap();
    }
    for (name, text) in [("enterprises", ENTERPRISES), ("records", RECORDS)] {
        let sheet = workbook.add_worksheet().set_name(name).unwrap();
        for (row, line) in text.lines().enumerate() {
            for (column, cell) in line.split(',').enumerate().filter(|(_, cell)| !cell.is_empty()) {
                let (row, column) = (row as u32, column as u16);
                match cell.parse::<f64>() {
                    Ok(number) if row > 0 && name == "records" => sheet.write_number(row, column, number).unwrap(),
                    _ => sheet.write_string(row, column, cell).unwrap(),
                };
            }
        }
    }
    change(&mut workbook);
    workbook.save(&path).unwrap();
    path
}

fn of_records(workbook: &mut Workbook) -> &mut Worksheet {
    workbook.worksheet_from_name("records").unwrap()
}

/// An archive with these parts.
fn archive(home: &Path, name: &str, parts: &[(&str, usize)]) -> PathBuf {
    let mut bytes = Cursor::new(Vec::new());
    let mut archive = zip::ZipWriter::new(&mut bytes);
    for (part, length) in parts {
        archive.start_file(*part, SimpleFileOptions::default()).unwrap();
        let chunk = vec![b'0'; 1024 * 1024];
        for at in 0..length.div_ceil(chunk.len()) {
            archive.write_all(&chunk[..chunk.len().min(length - at * chunk.len())]).unwrap();
        }
    }
    archive.finish().unwrap();
    file(home, name, bytes.get_ref())
}

fn file(home: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = home.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn workbook_cases(home: &Path) -> Vec<Case> {
    let case = |name, expected, path| Case { name, expected, path };
    let date = Format::new().set_num_format("dd/mm/yyyy");
    let good = std::fs::read(workbook(home, "good", |_| {})).unwrap();
    let parts: Vec<String> = (0..1_200).map(|at| format!("part-{at}")).collect();
    let many: Vec<(&str, usize)> = parts.iter().map(|part| (part.as_str(), 1)).collect();
    vec![
        case("a workbook as it is", Taken, workbook(home, "as-it-is", |_| {})),
        case(
            "dates as dates",
            Taken,
            workbook(home, "dates", |book| {
                let day = ExcelDateTime::from_ymd(2024, 1, 1).unwrap();
                of_records(book).write_datetime_with_format(1, 2, &day, &date).unwrap();
            }),
        ),
        case(
            "dates as text, day first",
            Taken,
            workbook(home, "text-dates", |book| {
                of_records(book).write_string(1, 2, "01/01/2024").unwrap();
            }),
        ),
        case(
            "a hidden sheet",
            Taken,
            workbook(home, "hidden", |book| {
                book.add_worksheet().set_name("_ghi chú").unwrap().set_hidden(true).write_string(0, 0, "x").unwrap();
            }),
        ),
        case(
            "a sheet that the format does not know",
            Fault("unknown-sheet", "Sheet9"),
            workbook(home, "sheet", |book| {
                book.add_worksheet().set_name("Sheet9").unwrap().write_string(0, 0, "x").unwrap();
            }),
        ),
        case(
            "a hidden sheet that the format does not know",
            Fault("unknown-sheet", "Sheet9"),
            workbook(home, "hidden-sheet", |book| {
                book.add_worksheet().set_name("Sheet9").unwrap().set_hidden(true).write_string(0, 0, "x").unwrap();
            }),
        ),
        case(
            "merged cells",
            Fault("missing-value", "records"),
            workbook(home, "merged", |book| {
                of_records(book).merge_range(1, 0, 2, 0, "E01", &Format::new()).unwrap();
            }),
        ),
        case(
            "a formula",
            Fault("formula", "records"),
            workbook(home, "formula", |book| {
                of_records(book).write_formula(1, 4, Formula::new("=600*2").set_result("1200")).unwrap();
            }),
        ),
        case(
            "a formula that calls a program",
            Fault("formula", "records"),
            workbook(home, "command", |book| {
                of_records(book).write_formula(1, 7, Formula::new("=HYPERLINK(\"http://example.org\",\"x\")")).unwrap();
            }),
        ),
        case(
            "a number as text with a decimal comma",
            Fault("not-a-number", "records"),
            workbook(home, "comma", |book| {
                of_records(book).write_string(1, 4, "1200,5").unwrap();
            }),
        ),
        case(
            "a date of the year 1900",
            Fault("implausible-date", "records"),
            workbook(home, "year-1900", |book| {
                let day = ExcelDateTime::from_serial_datetime(5).unwrap();
                of_records(book).write_datetime_with_format(1, 2, &day, &date).unwrap();
            }),
        ),
        case(
            "a cell at the far end",
            Fault("unreadable-file", "records"),
            workbook(home, "far", |book| {
                of_records(book).write_number(1_048_575, 16_383, 1.0).unwrap();
            }),
        ),
        case(
            "a cell in row 1,048,576",
            Fault("missing-value", "records"),
            workbook(home, "deep", |book| {
                of_records(book).write_number(1_048_575, 4, 1.0).unwrap();
            }),
        ),
        case(
            "no sheet of records",
            Fault("missing-file", "records"),
            workbook(home, "without", |book| {
                of_records(book).set_name("_records").unwrap();
            }),
        ),
        case("cut in half", Fault("unreadable-file", "workbook"), file(home, "half.xlsx", &good[..good.len() / 2])),
        case("one byte changed", Fault("unreadable-file", "workbook"), {
            let mut bytes = good.clone();
            let at = bytes.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
            bytes[at] = b'X';
            file(home, "flipped.xlsx", &bytes)
        }),
        case("empty", Fault("unreadable-file", "workbook"), file(home, "empty.xlsx", b"")),
        case("text named .xlsx", Fault("unreadable-file", "workbook"), file(home, "text.xlsx", RECORDS.as_bytes())),
        case("the old format", Taken, file(home, "old.xls", OLD)),
        case("the old format, named .xlsx", Taken, file(home, "old.xlsx", OLD)),
        case(
            "the old format cut in half",
            Fault("unreadable-file", "workbook"),
            file(home, "cut.xls", &OLD[..OLD.len() / 2]),
        ),
        case(
            "an encrypted workbook",
            Fault("unreadable-file", "workbook"),
            file(home, "locked.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1EncryptedPackage"),
        ),
        case(
            "an archive without a workbook",
            Fault("unreadable-file", "workbook"),
            archive(home, "archive.xlsx", &[("word/document.xml", 10)]),
        ),
        case(
            "an archive that unpacks to 300 MB",
            Fault("unreadable-file", "workbook"),
            archive(home, "bomb.xlsx", &[("xl/workbook.xml", 300 * 1024 * 1024)]),
        ),
        case("an archive of 1,200 parts", Fault("unreadable-file", "workbook"), archive(home, "parts.xlsx", &many)),
    ]
}

/// No file takes longer, on a machine that does other things beside.
const LONGEST: Duration = Duration::from_secs(60);

#[test]
fn every_broken_file_is_told_and_nothing_is_stored() {
    let home = folder("broken-files");
    let (csv, xlsx) = (home.join("csv"), home.join("xlsx"));
    std::fs::create_dir_all(&csv).unwrap();
    std::fs::create_dir_all(&xlsx).unwrap();
    let cases: Vec<Case> = csv_cases(&csv).into_iter().chain(workbook_cases(&xlsx)).collect();
    let broken = cases.iter().filter(|case| matches!(case.expected, Fault(..))).count();
    assert!(broken >= 60, "{broken} broken files");
    let mut wrong = Vec::new();
    for case in &cases {
        let data = home.join("data");
        let _ = std::fs::remove_dir_all(&data);
        let began = std::time::Instant::now();
        let path = case.path.to_str().unwrap();
        let output = congsinh(&["import", path, "--json", "--data", data.to_str().unwrap()]);
        assert!(began.elapsed() < LONGEST, "{}: {:.0} s", case.name, began.elapsed().as_secs_f64());
        match case.expected {
            Taken if code(&output) != 0 => wrong.push(format!("{}: {}", case.name, stderr(&output))),
            Taken => {}
            Fault(kind, place) => {
                if code(&output) != 1 {
                    wrong.push(format!("{}: exit code {}: {}", case.name, code(&output), stderr(&output)));
                    continue;
                }
                let answer = json(&output);
                let told = answer["faults"].as_array().unwrap().iter().any(|fault| {
                    fault["kind"] == kind && fault["place"]["file"].as_str().is_some_and(|file| file.contains(place))
                });
                if !told {
                    wrong.push(format!("{}: expected {kind} in {place}, found {answer}", case.name));
                }
                let stored = std::fs::read_dir(&data).map_or(0, Iterator::count);
                assert_eq!(stored, 0, "{}: nothing is stored", case.name);
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn broken_lists_for_the_register_are_told_and_nothing_is_written() {
    let home = folder("broken-lists");
    let list = |name: &str, bytes: &[u8]| file(&home, name, bytes).to_str().unwrap().to_string();
    let head = "Tên khu công nghiệp,Tỉnh,Diện tích (ha),Tình trạng\n";
    let cases: Vec<(String, &str)> = vec![
        (list("empty.csv", b""), "missing-value"),
        (list("header.csv", head.as_bytes()), "missing-value"),
        (list("utf16.csv", &utf16(head)), "unreadable-file"),
        (list("province.csv", format!("{head}KCN A,Atlantis,100,\n").as_bytes()), "unknown-code"),
        (list("ambiguous.csv", format!("{head}KCN A,Cần Thơ,\"1.234\",\n").as_bytes()), "not-a-number"),
        (list("negative.csv", format!("{head}KCN A,Cần Thơ,-5,\n").as_bytes()), "negative-amount"),
        (list("huge.csv", format!("{head}KCN A,Cần Thơ,99999999,\n").as_bytes()), "out-of-range"),
        (list("nameless.csv", format!("{head},Cần Thơ,100,x\n").as_bytes()), "missing-value"),
        (list("columns.csv", b"a,b,c\n1,2,3\n"), "missing-column"),
        (list("half.xlsx", b"PK\x03\x04half"), "unreadable-file"),
    ];
    let data = home.join("data");
    for (path, kind) in &cases {
        let words = [
            "register",
            "import",
            path,
            "--kind",
            "park",
            "--source",
            "a list",
            "--json",
            "--data",
            data.to_str().unwrap(),
        ];
        let output = congsinh(&words);
        assert_eq!(code(&output), 1, "{path}: {}", stderr(&output));
        let answer = json(&output);
        let kinds: Vec<&str> =
            answer["faults"].as_array().unwrap().iter().filter_map(|fault| fault["kind"].as_str()).collect();
        assert!(kinds.contains(kind), "{path}: expected {kind}, found {kinds:?}");
    }
    let output = congsinh(&["register", "imports", "--data", data.to_str().unwrap()]);
    assert_eq!((code(&output), output.stdout.len()), (0, 0), "{}", stderr(&output));
}

/// What the old format claims of itself is believed by the library that reads it; that must not take the program along.
#[test]
fn a_damaged_workbook_of_the_old_format_is_one_fault_or_is_read() {
    let home = folder("damaged-old");
    let mut unreadable = 0;
    for seed in 0..40_usize {
        let mut bytes = OLD.to_vec();
        for step in 1..=6 {
            let at = (seed * 7_919 + step * 104_729) % bytes.len();
            bytes[at] = bytes[at].wrapping_add((seed * 31 + step * 17) as u8 | 1);
        }
        let path = file(&home, "damaged.xls", &bytes);
        let output = congsinh(&["check", path.to_str().unwrap(), "--json"]);
        assert!(matches!(code(&output), 0 | 1), "{seed}: {}", stderr(&output));
        unreadable += usize::from(code(&output) == 1);
    }
    assert!(unreadable > 0, "something was damaged");
}
