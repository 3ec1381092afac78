use engine::language::Language;
use engine::report::document::{Bars, Block, Cell, Column, Document, Section, Table};
use jiff::civil::date;
use typst::layout::{Frame, FrameItem};
use typst_layout::PagedDocument;

use super::*;

const VIETNAMESE: &str =
    "aàáảãạăằắẳẵặâầấẩẫậbcdđeèéẻẽẹêềếểễệfghiìíỉĩịjklmnoòóỏõọôồốổỗộơờớởỡợpqrstuùúủũụưừứửữựvwxyỳýỷỹỵz";
const SIGNS: &str = "₀₁₂₃₄₅₆₇₈₉⁰¹²³⁴⁵⁶⁷⁸⁹₫–—−µμ°≥≤≈×÷±·•…→←↑↓“”‘’«»€%‰§©ΔΣ∑√Ω∞≠✓✗▲▼■□●○\u{a0}";

#[test]
fn every_letter_of_both_languages_and_every_sign_of_the_field_has_a_glyph() {
    let letters = format!("{VIETNAMESE}{}{SIGNS}", VIETNAMESE.to_uppercase());
    let ascii: String = (' '..='~').collect();
    assert_eq!(fonts::unprintable(&letters), [].into());
    assert_eq!(fonts::unprintable(&ascii), [].into());
    let mut document = empty_document(Language::Vi);
    document.sections = vec![section(vec![Block::Paragraph(letters.clone())])];
    let pages = pages_of(&document);
    assert_eq!(glyphs_missing(&pages), 0);
    assert!(text_of(&pages).contains("CO₂") || text_of(&pages).contains('₂'), "{}", text_of(&pages));
}

#[test]
fn decomposed_vietnamese_prints_without_gaps() {
    let mut document = empty_document(Language::Vi);
    document.title = "Tra\u{0300} No\u{0301}c, Ho\u{0323}\u{0302}p".to_string();
    assert_eq!(glyphs_missing(&pages_of(&document)), 0);
}

#[test]
fn a_script_without_glyphs_is_reported_by_code_point() {
    let mut document = empty_document(Language::En);
    document.sections = vec![section(vec![Block::Paragraph("Công ty 水".to_string())])];
    assert!(text_of(&pages_of(&document)).contains("U+6C34"));
}

#[test]
fn the_same_document_and_date_give_the_same_bytes() -> anyhow::Result<()> {
    let document = rich_document(Language::Vi, 40);
    let first = pdf(&document, date(2026, 3, 1))?;
    typst::comemo::evict(0);
    assert!(first == pdf(&document, date(2026, 3, 1))?, "bytes differ on the second print");
    assert!(first != pdf(&document, date(2026, 3, 2))?, "the date is not in the bytes");
    assert!(first.starts_with(b"%PDF-1.7"));
    Ok(())
}

#[test]
fn what_people_write_is_never_markup() {
    let hostile =
        r##"#import "x": * *bold* _it_ $x^2$ \ "q" @label <l> = not a heading // no comment [b] {c} #panic()"##;
    let mut document = rich_document(Language::En, 2);
    document.title = hostile.to_string();
    document.marks = vec![hostile.to_string()];
    document.footer = hostile.to_string();
    document.particulars = vec![(hostile.to_string(), hostile.to_string())];
    document.sections = vec![Section {
        id: "hostile".to_string(),
        heading: hostile.to_string(),
        blocks: vec![
            Block::Paragraph(hostile.to_string()),
            Block::Note(hostile.to_string()),
            Block::Table(Table {
                id: "t".to_string(),
                caption: hostile.to_string(),
                columns: vec![Column::number(hostile, hostile, 1, 1), Column::text(hostile, 4)],
                rows: vec![vec![Cell::Text(hostile.to_string()), Cell::Unknown(hostile.to_string())]],
                source: hostile.to_string(),
            }),
            Block::Bars(Bars {
                caption: hostile.to_string(),
                unit: hostile.to_string(),
                decimals: 0,
                bars: vec![(hostile.to_string(), 1.0)],
            }),
        ],
    }];
    let squeezed = |text: &str| text.chars().filter(|letter| !letter.is_whitespace()).collect::<String>();
    let printed = squeezed(&text_of(&pages_of(&document)));
    let count = printed.matches(&squeezed(hostile)).count();
    assert!(count >= 15, "printed literally {count} times of 15:\n{printed}");
}

#[test]
fn unknown_is_a_question_mark_with_its_reason_and_never_zero() {
    let mut document = empty_document(Language::Vi);
    document.sections = vec![section(vec![Block::Table(Table {
        id: "t".to_string(),
        caption: "Nước".to_string(),
        columns: vec![Column::text("Cơ sở", 3), Column::number("Lượng", "m³/năm", 0, 1)],
        rows: vec![
            vec![Cell::Text("A".to_string()), Cell::Unknown("chưa có đồng hồ".to_string())],
            vec![Cell::Text("B".to_string()), Cell::Unknown("chưa có đồng hồ".to_string())],
            vec![Cell::Text("C".to_string()), Cell::Number(1234567.0)],
            vec![Cell::Date(date(2026, 3, 9))],
        ],
        source: String::new(),
    })])];
    let printed = text_of(&pages_of(&document));
    assert_eq!(printed.matches("chưa có đồng hồ").count(), 1, "{printed}");
    assert_eq!(printed.matches('?').count(), 3, "{printed}");
    assert!(printed.contains("1.234.567") && printed.contains("09/03/2026"), "{printed}");
    assert!(!printed.contains("0\n"), "{printed}");
}

#[test]
fn wide_tables_lie_sideways_and_headers_repeat() {
    let pages = pages_of(&rich_document(Language::Vi, 120));
    let sideways = pages.pages().iter().filter(|page| page.frame.width() > page.frame.height()).count();
    assert!(sideways >= 1 && sideways < pages.pages().len());
    for page in pages.pages() {
        assert!(frame_text(&page.frame).contains("Dữ liệu giả lập"), "a page lacks its mark");
    }
    assert!(text_of(&pages).matches("Cơ sở phát").count() > 1);
}

#[test]
fn poor_documents_print_too() -> anyhow::Result<()> {
    let mut document = empty_document(Language::En);
    pdf(&document, date(2026, 3, 1))?;
    let table = |columns: Vec<Column>, rows| {
        Block::Table(Table { id: String::new(), caption: String::new(), columns, rows, source: String::new() })
    };
    let bars = |bars| Block::Bars(Bars { caption: String::new(), unit: String::new(), decimals: 0, bars });
    document.sections = vec![section(vec![
        table(vec![], vec![]),
        table(vec![], vec![vec![Cell::Empty]]),
        table(vec![Column::text("A", 0), Column::text("B", 0)], vec![]),
        table(vec![Column::text("A", 0)], vec![vec![], vec![Cell::Number(f64::NAN)], vec![Cell::Empty, Cell::Empty]]),
        bars(vec![]),
        bars(vec![("a".to_string(), f64::NAN), ("b".to_string(), f64::INFINITY)]),
        bars(vec![("a".to_string(), f64::MAX), ("b".to_string(), -f64::MAX), ("c".to_string(), 0.0)]),
        Block::Paragraph("\u{0}\u{7}\n\n".to_string()),
        Block::Paragraph("x".repeat(5000)),
        Block::Note("\u{202e}abc\u{feff}".to_string()),
        table(
            (0..40).map(|index| Column::text(format!("Column{index}"), 255)).collect(),
            vec![vec![Cell::Text("y".repeat(300))]],
        ),
    ])];
    pdf(&document, date(9999, 12, 31))?;
    pdf(&document, date(1, 1, 1))?;
    Ok(())
}

/// Also shows the time each takes; writes the files to `PRINT_OUT` when that names a folder.
#[test]
fn a_report_of_ten_pages_prints_in_both_languages() -> anyhow::Result<()> {
    for language in Language::ALL {
        let document = rich_document(language, 170);
        let start = std::time::Instant::now();
        let bytes = pdf(&document, date(2026, 3, 1))?;
        let taken = start.elapsed();
        let pages = pages_of(&document).pages().len();
        eprintln!("{}: {pages} pages, {} bytes, {taken:?}", language.code(), bytes.len());
        assert!(pages >= 9, "{pages}");
        if let Some(folder) = std::env::var_os("PRINT_OUT") {
            std::fs::write(std::path::Path::new(&folder).join(format!("{}.pdf", language.code())), bytes)?;
        }
    }
    Ok(())
}

pub(crate) fn pages_of(document: &Document) -> PagedDocument {
    let mut content = Content::prepare(document, date(2026, 3, 1));
    content.tell_unprintable(document);
    typesetter::lay_out(&content, date(2026, 3, 1)).expect("the document is laid out")
}

pub(crate) fn text_of(pages: &PagedDocument) -> String {
    pages.pages().iter().map(|page| frame_text(&page.frame)).collect()
}

fn frame_text(frame: &Frame) -> String {
    let mut text = String::new();
    for (_, item) in frame.items() {
        match item {
            FrameItem::Group(group) => text.push_str(&frame_text(&group.frame)),
            FrameItem::Text(run) => text.push_str(&format!("{}\n", run.text.replace("\u{200b}", ""))),
            _ => {}
        }
    }
    text
}

fn glyphs_missing(pages: &PagedDocument) -> usize {
    fn count(frame: &Frame) -> usize {
        let items = frame.items().map(|(_, item)| match item {
            FrameItem::Group(group) => count(&group.frame),
            FrameItem::Text(run) => run.glyphs.iter().filter(|glyph| glyph.id == 0).count(),
            _ => 0,
        });
        items.sum()
    }
    pages.pages().iter().map(|page| count(&page.frame)).sum()
}

pub(crate) fn section(blocks: Vec<Block>) -> Section {
    Section { id: "section".to_string(), heading: "Heading".to_string(), blocks }
}

pub(crate) fn empty_document(language: Language) -> Document {
    Document {
        language,
        letter: None,
        title: String::new(),
        subtitle: String::new(),
        marks: vec![],
        particulars: vec![],
        sections: vec![],
        footer: String::new(),
    }
}

/// A report with everything a report can hold; the figures are invented.
pub(crate) fn rich_document(language: Language, rows: usize) -> Document {
    let exchange = |row: usize| {
        vec![
            Cell::Text(format!("T-{row:03}")),
            Cell::Text(
                ["Nhà máy dệt nhuộm Sông Hậu", "Công ty TNHH Thực phẩm Đông Hải", "Thép Việt"][row % 3].to_string(),
            ),
            Cell::Text(
                ["Nồi hơi trung tâm", "Xi măng Hà Tiên (giả lập)", "Trạm xử lý nước thải tập trung"][row % 3]
                    .to_string(),
            ),
            Cell::Text(["hơi nước 6 bar", "tro bay", "nước tái sử dụng"][row % 3].to_string()),
            Cell::Number(1234.5 * (row + 1) as f64),
            if row % 7 == 3 {
                Cell::Unknown("chưa có đồng hồ".to_string())
            } else {
                Cell::Number(-3.25 * row as f64)
            },
            if row % 11 == 5 {
                Cell::Unknown("giá chưa được khai".to_string())
            } else {
                Cell::Number(120.0 * row as f64)
            },
            Cell::Number(0.8 * row as f64),
            Cell::Date(date(2026, 1, 1).saturating_add(jiff::Span::new().days(row as i64))),
        ]
    };
    let gap = |row: usize| {
        vec![
            Cell::Text(format!("QĐ-{}", row + 1)),
            Cell::Text("Tỷ lệ nước thải sau xử lý được tuần hoàn, tái sử dụng trong khu công nghiệp".to_string()),
            if row % 4 == 1 {
                Cell::Unknown("thiếu số đo tháng 7".to_string())
            } else {
                Cell::Number(row as f64 * 1.7)
            },
            Cell::Number(25.0),
            Cell::Text(["● đạt", "○ không đạt", "? chưa rõ", "– không áp dụng"][row % 4].to_string()),
        ]
    };
    Document {
        language,
        letter: None,
        title: "Báo cáo đánh giá khu công nghiệp sinh thái".to_string(),
        subtitle: "Khu công nghiệp Mẫu, kỳ từ 01/01/2025 đến hết 31/12/2025".to_string(),
        marks: vec!["Dữ liệu giả lập".to_string(), "Bản dự thảo".to_string()],
        particulars: [
            ("Nơi nhận", "Ban Quản lý các khu công nghiệp tỉnh Mẫu"),
            ("Kỳ", "2025"),
            ("Ngày lập", "01/03/2026"),
            ("Bộ tiêu chí", "Khu công nghiệp sinh thái, bản 2022"),
            ("Phiên bản danh mục", "2026-02"),
            ("Mã băm đầu vào", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
            ("Người lập", "Nguyễn Thị Thử Nghiệm"),
        ]
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .to_vec(),
        sections: vec![
            Section {
                id: "gaps".to_string(),
                heading: "Mức độ đáp ứng tiêu chí".to_string(),
                blocks: vec![
                    Block::Paragraph(
                        "Khu đáp ứng 12 trên 21 tiêu chí; phát thải giảm 1.234,5 tCO₂e so với năm nền. Các tiêu chí chưa \
                         rõ cần thêm số đo trước khi kết luận, vì thiếu số liệu không có nghĩa là bằng không.\nNhững số \
                         liệu ghi “ước tính” không dùng để chứng nhận."
                            .to_string(),
                    ),
                    Block::Note("Số liệu trong báo cáo này là số liệu giả lập, không mô tả khu công nghiệp có thật.".to_string()),
                    Block::Table(Table {
                        id: "criteria".to_string(),
                        caption: "Tiêu chí môi trường và mức đạt được".to_string(),
                        columns: vec![
                            Column::text("Mã", 1),
                            Column::text("Tiêu chí", 6),
                            Column::number("Đạt được", "%", 1, 2),
                            Column::number("Ngưỡng", "%", 0, 2),
                            Column::text("Kết quả", 2),
                        ],
                        rows: (0..rows / 4).map(gap).collect(),
                        source: "Nguồn: số đo của khu, hóa đơn điện và nước; tính theo phương pháp ở phụ lục.".to_string(),
                    }),
                    Block::Bars(Bars {
                        caption: "Cường độ phát thải giảm mạnh nhất ở ngành dệt".to_string(),
                        unit: "tCO₂e/năm".to_string(),
                        decimals: 1,
                        bars: [("Dệt nhuộm", -1520.4), ("Thực phẩm", -310.0), ("Thép", 890.5), ("Trạm xử lý nước thải tập trung", 12.0)]
                            .map(|(name, value)| (name.to_string(), value))
                            .to_vec(),
                    }),
                ],
            },
            Section {
                id: "exchanges".to_string(),
                heading: "Cộng sinh công nghiệp".to_string(),
                blocks: vec![Block::Table(Table {
                    id: "exchanges".to_string(),
                    caption: "Các trao đổi khả thi, xếp theo lợi ích ròng".to_string(),
                    columns: vec![
                        Column::text("Mã", 2),
                        Column::text("Cơ sở phát", 6),
                        Column::text("Cơ sở nhận", 6),
                        Column::text("Dòng", 4),
                        Column::number("Khối lượng", "t/năm", 1, 3),
                        Column::number("Phát thải", "tCO₂e/năm", 2, 3),
                        Column::number("Lợi ích ròng", "triệu ₫/năm", 0, 3),
                        Column::number("Khoảng cách", "km", 1, 2),
                        Column::text("Từ ngày", 3),
                    ],
                    rows: (0..rows).map(exchange).collect(),
                    source: "Nguồn: khai báo của cơ sở, kỳ 2025.".to_string(),
                })],
            },
            Section {
                id: "plan".to_string(),
                heading: "Kế hoạch".to_string(),
                blocks: vec![Block::Table(Table {
                    id: "plan".to_string(),
                    caption: "Giải pháp đã chọn".to_string(),
                    columns: vec![
                        Column::text("Giải pháp", 5),
                        Column::number("Vốn", "triệu ₫", 0, 2),
                        Column::number("Tiết kiệm", "MWh/năm", 1, 2),
                    ],
                    rows: (0..rows / 5)
                        .map(|row| {
                            vec![
                                Cell::Text(format!("Thu hồi nhiệt khói lò hơi số {row}, kèm bộ hâm nước")),
                                Cell::Number(1500.0 + 10.0 * row as f64),
                                Cell::Number(200.5 / (row + 1) as f64),
                            ]
                        })
                        .collect(),
                    source: String::new(),
                })],
            },
        ],
        footer: "congsinh 0.1.0 · Khu công nghiệp Mẫu · lập ngày 01/03/2026".to_string(),
    }
}
