use std::io::Read;

use engine::language::Language;
use engine::report::document::{Block, Cell, Column, Document, Letter, Section, Signature, Table};
use jiff::civil::date;
use quick_xml::Reader;
use quick_xml::events::Event;

use crate::tests::{empty_document, rich_document, section};

/// The parts of a file that say something.
struct Opened {
    document: String,
    footer: String,
    properties: String,
}

fn open(document: &Document) -> Opened {
    let bytes = crate::docx(document, date(2026, 3, 1)).unwrap();
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut part = |name: &str| {
        let mut text = String::new();
        archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
        assert_well_formed(&text);
        text
    };
    let opened = Opened {
        document: part("word/document.xml"),
        footer: part("word/footer1.xml"),
        properties: part("docProps/core.xml"),
    };
    ["[Content_Types].xml", "_rels/.rels", "word/_rels/document.xml.rels", "word/styles.xml"]
        .into_iter()
        .for_each(|name| drop(part(name)));
    opened
}

fn assert_well_formed(xml: &str) {
    let mut reader = Reader::from_str(xml);
    reader.config_mut().check_end_names = true;
    let mut depth = 0;
    loop {
        match reader.read_event().unwrap_or_else(|error| panic!("{error} in {xml}")) {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth -= 1,
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0, "{xml}");
}

/// What a reader sees, a line for each paragraph.
fn text_of(xml: &str) -> String {
    let mut reader = Reader::from_str(xml);
    let mut text = String::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Text(of) => text.push_str(&of),
            Event::GeneralRef(of) => {
                text.push_str(quick_xml::escape::resolve_xml_entity(&of).unwrap());
            }
            Event::End(end) if end.name().as_ref() == "w:p" => text.push('\n'),
            Event::Eof => return text,
            _ => {}
        }
    }
}

fn letter() -> Letter {
    Letter {
        superior: "ỦY BAN NHÂN DÂN TỈNH MẪU".to_string(),
        issuer: "BAN QUẢN LÝ CÁC KHU CÔNG NGHIỆP".to_string(),
        number: String::new(),
        place_and_day: "Đồng Nai, ngày 01 tháng 03 năm 2026".to_string(),
        addressed_to: "Bộ Tài chính".to_string(),
        recipients: vec!["Như trên".to_string(), "Lưu: VT".to_string()],
        signatures: vec![Signature {
            role: "Trưởng ban".to_string(),
            note: "ký tên, đóng dấu".to_string(),
            name: "Nguyễn Thị Thử".to_string(),
        }],
    }
}

#[test]
fn words_and_figures_come_back_as_they_were_written() {
    let opened = open(&rich_document(Language::Vi, 40));
    let text = text_of(&opened.document);
    for wanted in [
        "Báo cáo đánh giá khu công nghiệp sinh thái",
        "Dữ liệu giả lập",
        "Tỷ lệ nước thải sau xử lý được tuần hoàn, tái sử dụng trong khu công nghiệp",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "chưa có đồng hồ",
    ] {
        assert!(text.contains(wanted), "`{wanted}` is not in\n{text}");
    }
    assert!(opened.properties.contains("Báo cáo đánh giá khu công nghiệp sinh thái"));
    assert!(text_of(&opened.footer).contains("Trang"));
}

#[test]
fn heads_of_tables_repeat_and_wide_ones_turn_their_pages() {
    let opened = open(&rich_document(Language::En, 40));
    let tables = opened.document.matches("<w:tblHeader/>").count();
    assert!(tables >= 2, "{tables}");
    assert!(opened.document.contains(r#"w:orient="landscape""#));
    let sections = opened.document.matches("<w:sectPr>").count();
    assert!(sections >= 2, "{sections}");
}

#[test]
fn a_letter_has_heads_addressee_and_signatures_in_both_prints() {
    let document = Document {
        letter: Some(letter()),
        title: "Đăng ký chứng nhận khu công nghiệp sinh thái".to_string(),
        ..empty_document(Language::Vi)
    };
    let text = text_of(&open(&document).document);
    let printed = crate::tests::text_of(&crate::tests::pages_of(&document));
    for wanted in [
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "BAN QUẢN LÝ CÁC KHU CÔNG NGHIỆP",
        "Số: ....",
        "Kính gửi: Bộ Tài chính",
        "Nơi nhận:",
        "- Lưu: VT",
        "TRƯỞNG BAN",
        "(ký tên, đóng dấu)",
        "Nguyễn Thị Thử",
    ] {
        assert!(text.contains(wanted), "`{wanted}` is not in\n{text}");
        assert!(printed.replace('\n', "").contains(wanted), "`{wanted}` is not in the PDF\n{printed}");
    }
    let without = text_of(&open(&Document { letter: None, ..document }).document);
    assert!(!without.contains("CỘNG HÒA"), "{without}");
}

#[test]
fn what_people_write_is_text() {
    let hostile = "<w:p/> & \"q\" 'x' ]]> \u{0}\u{8}\u{ffff} =1+1 \u{202e}abc";
    let mut document = Document { title: hostile.to_string(), letter: Some(letter()), ..empty_document(Language::En) };
    document.footer = hostile.to_string();
    document.sections = vec![section(vec![
        Block::Paragraph(hostile.to_string()),
        Block::Table(Table {
            id: "t".to_string(),
            caption: hostile.to_string(),
            columns: vec![Column::text(hostile, 1)],
            rows: vec![vec![Cell::Text(hostile.to_string())], vec![Cell::Unknown(hostile.to_string())]],
            source: hostile.to_string(),
        }),
    ])];
    let opened = open(&document);
    let wanted = "<w:p/> & \"q\" 'x' ]]>  =1+1 \u{202e}abc";
    assert_eq!(text_of(&opened.document).matches(wanted).count(), 7, "{}", text_of(&opened.document));
}

#[test]
fn poor_documents_open_too() {
    let table = |columns: Vec<Column>, rows| {
        Block::Table(Table { id: String::new(), caption: String::new(), columns, rows, source: String::new() })
    };
    let mut document = empty_document(Language::Vi);
    open(&document);
    document.letter = Some(Letter::default());
    document.sections = vec![
        Section { id: "a".to_string(), heading: String::new(), blocks: vec![table(vec![], vec![vec![Cell::Empty]])] },
        section(vec![table(vec![Column::text("A", 0)], vec![vec![], vec![Cell::Number(f64::NAN)]])]),
    ];
    let opened = open(&document);
    assert!(!opened.document.contains("<w:tc></w:tc>") && opened.document.contains("w:tbl"), "{}", opened.document);
}

#[test]
fn the_same_document_and_date_give_the_same_bytes() {
    let document = rich_document(Language::Vi, 12);
    let first = crate::docx(&document, date(2026, 3, 1)).unwrap();
    assert!(first == crate::docx(&document, date(2026, 3, 1)).unwrap());
    assert!(first != crate::docx(&document, date(2026, 3, 2)).unwrap(), "the date is not in the bytes");
    if let Some(folder) = std::env::var_os("PRINT_OUT") {
        let mut document = rich_document(Language::Vi, 60);
        document.letter = Some(letter());
        let path = std::path::Path::new(&folder);
        std::fs::write(path.join("letter.docx"), crate::docx(&document, date(2026, 3, 1)).unwrap()).unwrap();
        std::fs::write(path.join("letter.pdf"), crate::pdf(&document, date(2026, 3, 1)).unwrap()).unwrap();
    }
}
