//! Files as people have them: what they mean is guessed only where it is certain, and every fault is told at once.

use std::io::Write;

use readings::generate::Plan;
use readings::ingest::{Asked, CounterEventKind, IngestError, Ingested, Mapping};

use crate::home::{Home, catalogue, lan};

const PLAN: Plan = Plan { seed: 1, meters: 3, readings: 1, step_us: 900_000_000, start_us: 0 };

async fn ingest(home: &Home, name: &str, content: &[u8], mapping: &str) -> Result<Ingested, IngestError> {
    let mapping = (!mapping.is_empty()).then(|| Mapping::parse(mapping).unwrap());
    let content = std::io::Cursor::new(content.to_vec());
    let asked = Asked { mapping, key: None };
    home.readings.ingest_from(&lan(), &catalogue(), &home.park, name, Box::new(content), &asked).await
}

async fn faults(home: &Home, name: &str, content: &[u8], mapping: &str) -> Vec<String> {
    match ingest(home, name, content, mapping).await {
        Err(IngestError::Faults(list)) => list.faults.iter().map(ToString::to_string).collect(),
        other => panic!("{other:?}"),
    }
}

const LONG: &str = "meter,at,value\nM00000,2024-01-01T00:00+07:00,1.5\nM00000,2024-01-01T00:15+07:00,2.5\n\
                    M00001,2024-01-01T00:00+07:00,\n";

#[tokio::test]
async fn one_table_in_many_files_is_one_batch() {
    let home = Home::with(&PLAN).await;
    let first = ingest(&home, "a.csv", LONG.as_bytes(), "").await.unwrap();
    assert_eq!((first.receipt.readings, first.empty_cells, first.receipt.is_repetition), (2, 1, false));

    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(LONG.as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    let marked = [b"\xef\xbb\xbf".as_slice(), LONG.replace('\n', "\r\n").as_bytes()].concat();
    let wide = "Thời gian;M00000;M00002\n01/01/2024 00:00;1.5;\n01/01/2024 00:15:00;2.5;\n";
    let vietnamese = "Thời gian;CT-A;Trạm\n01/01/2024 00:00;1,5;x\n01/01/2024 00:15;2,5;y\n";
    let mapping = "layout = \"wide\"\ntime = \"Thời gian\"\ndecimal = \"comma\"\nignore = [\"Trạm\"]\n\
                   [meters.CT-A]\nis = \"M00000\"";
    let unix = "ts,v\n1704042000,1500\n1704042900,2500\n";
    let seconds = "time = \"ts\"\nvalue = \"v\"\nonly_meter = \"M00000\"\ntime_format = \"unix-seconds\"\n\
                   multiplier = 0.001";
    let ends = "meter,at,value\nM00000,2024-01-01T00:15,1.5\nM00000,2024-01-01T00:30,2.5\n";
    let end = "time = \"at\"\nmeter = \"meter\"\nvalue = \"value\"\nstamp = \"end\"\nstep_minutes = 15";
    let units = LONG.replace("1.5", "0.0015").replace("2.5", "0.0025");
    let unit = "time = \"at\"\nmeter = \"meter\"\nvalue = \"value\"\nunit = \"MWh\"";
    let lines = "{\"meter\": \"M00000\", \"at\": \"2024-01-01T00:00+07:00\", \"value\": 1.5}\n\n\
                 {\"meter\": \"M00000\", \"at\": \"2023-12-31T17:15:00Z\", \"value\": 2.5}\n";
    for (name, content, mapping) in [
        ("b.csv.gz", packed.as_slice(), ""),
        ("c.csv", &marked, ""),
        ("d.csv", wide.as_bytes(), ""),
        ("e.csv", vietnamese.as_bytes(), mapping),
        // What was said of this header once is remembered.
        ("f.csv", vietnamese.as_bytes(), ""),
        ("g.csv", unix.as_bytes(), seconds),
        ("h.csv", units.as_bytes(), unit),
        ("i.csv", ends.as_bytes(), end),
        ("k.jsonl", lines.as_bytes(), "time = \"at\"\nmeter = \"meter\"\nvalue = \"value\""),
        ("j.xlsx", &workbook(), "time = \"at\"\nmeter = \"meter\"\nvalue = \"value\""),
    ] {
        let again = ingest(&home, name, content, mapping).await;
        let again = again.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert!(again.receipt.is_repetition, "{name}: {again:?}");
    }
    assert_eq!(home.count_and_sum("readings", "value").await, (2, 4.0));
}

/// The same table in a workbook, its moments as Excel keeps them.
fn workbook() -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    let moments = rust_xlsxwriter::Format::new().set_num_format("dd/mm/yyyy hh:mm");
    for (column, name) in ["meter", "at", "value"].into_iter().enumerate() {
        sheet.write(0, column as u16, name).unwrap();
    }
    for (row, (minute, value)) in [(0, 1.5), (15, 2.5)].into_iter().enumerate() {
        let at = rust_xlsxwriter::ExcelDateTime::from_ymd(2024, 1, 1).unwrap().and_hms(0, minute, 0).unwrap();
        sheet.write(row as u32 + 1, 0, "M00000").unwrap();
        sheet.write_with_format(row as u32 + 1, 1, &at, &moments).unwrap();
        sheet.write(row as u32 + 1, 2, value).unwrap();
    }
    book.save_to_buffer().unwrap()
}

#[tokio::test]
async fn every_fault_is_told_with_its_place_and_nothing_is_kept() {
    let home = Home::with(&PLAN).await;
    let broken = "meter,at,value\nM00000,2024-02-30T00:00,1.5\nM9,2024-01-01T00:15+07:00,2.5\nM00001,01/01/2024 00:15,1,5\n\
                  ,2024-01-01T00:15+07:00,x\nM9,2024-01-01T00:30,1\nM00001,0024-01-01T00:30,1\n";
    let told = faults(&home, "bad.csv", broken.as_bytes(), "").await;
    assert_eq!(
        told,
        [
            "bad.csv line 2, at: not-a-date: found \"2024-02-30T00:00\", expected 2024-03-01T00:15+07:00 | 01/03/2024 00:15",
            "bad.csv line 3, meter: unknown-reference: found \"M9\", expected M00000 | M00001 | M00002",
            "bad.csv line 5, meter: missing-value",
            "bad.csv line 5, value: not-a-number: found \"x\", expected 1234.5",
            "bad.csv line 7, at: implausible-date: found \"0024-01-01T00:30\", expected 1990 … 2099",
            "bad.csv line 4: missing-column: found \"4\", expected 3",
        ]
    );
    for (name, content, mapping, expected) in [
        ("a.csv", b"meter,at\xff,value\n".as_slice(), "", "unreadable-file"),
        ("b.csv", b"meter,at,value\nM00000,2024-01-01T00:00,\xff\n", "", "line 2: unreadable-file"),
        ("c.csv", b"", "", "unreadable-file"),
        ("d.csv", b"meter,at,value\n", "", "missing-value"),
        ("e.csv", b"a,b,c\n1,2,3\n", "", "missing-column"),
        ("f.csv", b"meter,at,value\nM00000,2024-01-01T00:00,1\nM00000,2024-01-01T00:00,2\n", "", "contradiction"),
        ("g.csv", LONG.as_bytes(), "time = \"at\"\nmeter = \"meter\"\nvalue = \"value\"\nunit = \"m3\"", "wrong-unit"),
        ("h.csv", LONG.as_bytes(), "time = \"when\"\nmeter = \"meter\"\nvalue = \"value\"", "found \"when\""),
        (
            "i.csv",
            LONG.as_bytes(),
            "time = \"at\"\nmeter = \"meter\"\nvalue = \"value\"\nstamp = \"end\"",
            "missing-value",
        ),
        ("j.csv.gz", b"\x1f\x8bnot gzip", "", "unreadable-file"),
        ("k.xlsx", b"not a workbook", "", "unreadable-file"),
        ("l.parquet", b"PAR1", "", "unreadable-file"),
        ("n.jsonl", b"{\"meter\": \"M00000\", \"at\": \"2024-01-01T00:00\"}", "", "unreadable-file"),
        ("m.pdf", b"%PDF", "", "unreadable-file"),
    ] {
        let told = faults(&home, name, content, mapping).await;
        assert!(told.iter().any(|fault| fault.contains(expected)), "{name}: {told:?}");
    }
    assert_eq!(home.count_and_sum("readings", "value").await, (0, 0.0));
    assert_eq!(home.files(), 0, "nothing half-written");
}

#[tokio::test]
async fn a_counter_goes_on_from_one_file_to_the_next() {
    let home = Home::with(&PLAN).await;
    let mapping =
        "time = \"at\"\nmeter = \"meter\"\nvalue = \"value\"\nkind = \"counter\"\ndigits = 4\nmultiplier = 40";
    let first = "meter,at,value\nM00000,2024-01-01T00:00,9980\nM00000,2024-01-01T00:15,9990\n";
    let second = "meter,at,value\nM00000,2024-01-01T00:30,5\nM00000,2024-01-01T00:45,15\n";
    ingest(&home, "a.csv", first.as_bytes(), mapping).await.unwrap();
    let next = ingest(&home, "b.csv", second.as_bytes(), "").await.unwrap();
    assert_eq!(next.events.iter().map(|event| event.kind).collect::<Vec<_>>(), [CounterEventKind::RollOver]);
    assert_eq!(home.count_and_sum("readings", "value").await, (3, 35.0 * 40.0));
    let backwards = "meter,at,value\nM00000,2024-01-01T01:00,700\nM00000,2024-01-01T01:15,710\n\
                     M00000,2024-01-01T01:30,720\nM00000,2024-01-01T01:45,600\n";
    let told = faults(&home, "c.csv", backwards.as_bytes(), "").await;
    assert!(told[0].contains("out-of-range") && told[0].contains("720 → 600"), "{told:?}");
}
