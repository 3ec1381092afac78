//! The content as Office Open XML: a folder of XML parts in a zip. Written by hand because what a long table of a state
//! paper needs, heads that are repeated on each page and pages that turn on their side, the libraries that we may use do
//! not offer.

use std::io::{Cursor, Write};

use anyhow::Context;
use jiff::civil::Date;
use quick_xml::escape::escape;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::content::{
    BREAK_POINT, Content, Piece, PrintedBars, PrintedCell, PrintedLetter, PrintedSignature, PrintedTable, Run,
};

/// Widths of Office Open XML are twentieths of a point.
const TWIPS_PER_MILLIMETRE: f64 = 72.0 * 20.0 / 25.4;

/// A4, and the margins of a paper of the state, millimetres: room to bind it on the left.
const SHORT_SIDE: f64 = 210.0;
const LONG_SIDE: f64 = 297.0;
const LEFT: f64 = 30.0;
const RIGHT: f64 = 15.0;
const TOP_AND_BOTTOM: f64 = 20.0;

/// How much larger than in the PDF the letters of a table are: the same words are narrower in this font. Points.
const LETTERS_LARGER: f64 = 1.0;

const TYPES: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/><Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/><Override PartName="/word/footer1.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"/><Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>"#;

const RELATIONS: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>"#;

const RELATIONS_OF_DOCUMENT: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footer" Target="footer1.xml"/></Relationships>"#;

const STYLES: &str = include_str!("docx/styles.xml");

const NAMESPACES: &str = r#"xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships""#;

const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#;

pub(crate) fn write(content: &Content, date: Date) -> anyhow::Result<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, part) in [
        ("[Content_Types].xml", TYPES),
        ("_rels/.rels", RELATIONS),
        ("docProps/core.xml", &properties(content, date)),
        ("word/document.xml", &body(content)),
        ("word/_rels/document.xml.rels", RELATIONS_OF_DOCUMENT),
        ("word/styles.xml", STYLES),
        ("word/footer1.xml", &footer(content)),
    ] {
        archive.start_file(name, SimpleFileOptions::default()).with_context(|| format!("begin {name}"))?;
        archive.write_all(part.as_bytes()).with_context(|| format!("write {name}"))?;
    }
    Ok(archive.finish().context("end the file")?.into_inner())
}

fn properties(content: &Content, date: Date) -> String {
    let (title, subject) = (printable(&content.title), printable(&content.subtitle));
    format!(
        r#"{HEAD}<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title>{title}</dc:title><dc:subject>{subject}</dc:subject><dc:creator>congsinh</dc:creator><dc:language>{}</dc:language><dcterms:created xsi:type="dcterms:W3CDTF">{date}T00:00:00Z</dcterms:created></cp:coreProperties>"#,
        content.language
    )
}

fn footer(content: &Content) -> String {
    let field = |name: &str| format!(r#"<w:fldSimple w:instr="{name}"><w:r><w:t>1</w:t></w:r></w:fldSimple>"#);
    let end = (SHORT_SIDE - LEFT - RIGHT) * TWIPS_PER_MILLIMETRE;
    format!(
        r#"{HEAD}<w:ftr {NAMESPACES}><w:p><w:pPr><w:pStyle w:val="Footer"/><w:tabs><w:tab w:val="right" w:pos="{end:.0}"/></w:tabs></w:pPr>{}<w:r><w:tab/></w:r>{}{}{}{}</w:p></w:ftr>"#,
        words(&content.footer, ""),
        words(&format!("{} ", content.page_word), ""),
        field("PAGE"),
        words("/", ""),
        field("NUMPAGES"),
    )
}

fn body(content: &Content) -> String {
    let mut xml = format!("{HEAD}<w:document {NAMESPACES}><w:body>");
    let is_first_sideways = content.runs.first().is_some_and(|run| run.sideways);
    xml.push_str(&title(content, line(is_first_sideways)));
    let last = content.runs.len().saturating_sub(1);
    for (index, run) in content.runs.iter().enumerate() {
        run.pieces.iter().for_each(|piece| xml.push_str(&printed(piece, run)));
        if index < last {
            xml.push_str(&format!("<w:p><w:pPr>{}</w:pPr></w:p>", section(run.sideways)));
        }
    }
    let is_last_sideways = content.runs.last().is_some_and(|run| run.sideways);
    if let Some(letter) = &content.letter {
        xml.push_str(&signatures(letter, line(is_last_sideways)));
    }
    xml.push_str(&section(is_last_sideways));
    xml.push_str("</w:body></w:document>");
    xml
}

/// Width between the margins, twips.
fn line(sideways: bool) -> f64 {
    (if sideways { LONG_SIDE } else { SHORT_SIDE } - LEFT - RIGHT) * TWIPS_PER_MILLIMETRE
}

/// The paper of what stands above.
fn section(sideways: bool) -> String {
    let twips = |millimetres: f64| (millimetres * TWIPS_PER_MILLIMETRE).round();
    let (width, height, turn) = match sideways {
        true => (LONG_SIDE, SHORT_SIDE, r#" w:orient="landscape""#),
        false => (SHORT_SIDE, LONG_SIDE, ""),
    };
    format!(
        r#"<w:sectPr><w:footerReference w:type="default" r:id="rId2"/><w:pgSz w:w="{}" w:h="{}"{turn}/><w:pgMar w:top="{top}" w:right="{}" w:bottom="{top}" w:left="{}" w:header="500" w:footer="500" w:gutter="0"/></w:sectPr>"#,
        twips(width),
        twips(height),
        twips(RIGHT),
        twips(LEFT),
        top = twips(TOP_AND_BOTTOM),
    )
}

fn title(content: &Content, line: f64) -> String {
    let mut xml = content.letter.as_ref().map_or(String::new(), |letter| heads(letter, line));
    xml.push_str(&styled("Title", &content.title));
    xml.push_str(&styled("Subtitle", &content.subtitle));
    content.marks.iter().for_each(|mark| xml.push_str(&styled("Mark", mark)));
    if let Some(letter) = &content.letter {
        xml.push_str(&styled("Subtitle", &letter.addressed_to));
    }
    if !content.particulars.is_empty() {
        let rows = content.particulars.iter().map(|(name, value)| {
            let cells = [cell(0.3 * line, "", &words(name, "<w:b/>"), ""), cell(0.7 * line, "", &words(value, ""), "")];
            row(&cells.concat(), false)
        });
        xml.push_str(&table("Ruled", &[0.3 * line, 0.7 * line], &rows.collect::<String>()));
    }
    xml
}

/// Who writes on the left, the state on the right; number and day below.
fn heads(letter: &PrintedLetter, line: f64) -> String {
    let widths = [0.42 * line, 0.58 * line];
    let centred = |text: &str, look: &str| match text {
        "" => String::new(),
        text => paragraph(r#"<w:pStyle w:val="Cell"/><w:jc w:val="center"/>"#, &words(text, look)),
    };
    let upper = [
        cell_of(
            widths[0],
            &(centred(&letter.superior, r#"<w:sz w:val="24"/>"#)
                + &centred(&letter.issuer, r#"<w:b/><w:sz w:val="24"/>"#)
                + &short_line(widths[0])),
        ),
        cell_of(
            widths[1],
            &(centred(letter.nation, r#"<w:b/><w:sz w:val="24"/>"#)
                + &centred(letter.motto, "<w:b/>")
                + &short_line(widths[1])),
        ),
    ];
    let lower = [
        cell_of(widths[0], &centred(&letter.number, "")),
        cell_of(widths[1], &centred(&letter.place_and_day, "<w:i/>")),
    ];
    table("TableNormal", &widths, &(row(&upper.concat(), false) + &row(&lower.concat(), false)))
}

/// The rule below the name of a body, a third as long as its cell is wide.
fn short_line(width: f64) -> String {
    let side = width / 3.0;
    let look = format!(
        r#"<w:pStyle w:val="Cell"/><w:pBdr><w:top w:val="single" w:sz="6" w:space="1" w:color="auto"/></w:pBdr><w:ind w:left="{side:.0}" w:right="{side:.0}"/>"#
    );
    paragraph(&look, "")
}

fn signatures(letter: &PrintedLetter, line: f64) -> String {
    let columns = letter.signatures.len() + 1;
    let width = line / columns as f64;
    let small = r#"<w:sz w:val="22"/>"#;
    let recipient = |text: &String| paragraph(r#"<w:pStyle w:val="Cell"/>"#, &words(&format!("- {text}"), small));
    let recipients = if letter.recipients.is_empty() {
        String::new()
    } else {
        paragraph(r#"<w:pStyle w:val="Cell"/>"#, &words(letter.recipients_word, r#"<w:b/><w:i/><w:sz w:val="24"/>"#))
            + &letter.recipients.iter().map(recipient).collect::<String>()
    };
    let mut cells = cell_of(width, &recipients);
    letter.signatures.iter().for_each(|signature| cells.push_str(&cell_of(width, &signed(signature))));
    paragraph("", "") + &table("TableNormal", &vec![width; columns], &row(&cells, false)) + &paragraph("", "")
}

fn signed(signature: &PrintedSignature) -> String {
    let centre = r#"<w:pStyle w:val="Cell"/><w:keepNext/><w:jc w:val="center"/>"#;
    let mut xml = paragraph(centre, &words(&signature.role.to_uppercase(), "<w:b/>"));
    if !signature.note.is_empty() {
        xml.push_str(&paragraph(centre, &words(&format!("({})", signature.note), r#"<w:i/><w:sz w:val="24"/>"#)));
    }
    (0..4).for_each(|_| xml.push_str(&paragraph(centre, "")));
    xml + &paragraph(centre, &words(&signature.name, "<w:b/>"))
}

fn printed(piece: &Piece, run: &Run) -> String {
    match piece {
        Piece::Heading { text } => styled("Heading1", text),
        Piece::Paragraph { text } => paragraph("", &words(text, "")),
        Piece::Note { text } => styled("Note", text),
        Piece::Table(of) => printed_table(of, run),
        Piece::Bars(of) => printed_bars(of, run),
    }
}

fn printed_table(of: &PrintedTable, run: &Run) -> String {
    let mut xml = caption(&of.number, &of.caption, "");
    if of.columns.is_empty() {
        return xml + &below_table(of);
    }
    // The widths of the PDF, stretched to the line between these margins.
    let total: f64 = of.columns.iter().map(|column| column.width).sum();
    let widths: Vec<f64> = of.columns.iter().map(|column| column.width / total * line(run.sideways)).collect();
    let size = format!(r#"<w:sz w:val="{:.0}"/>"#, (of.font_size + LETTERS_LARGER) * 2.0);
    let side = |index: usize| if of.columns[index].is_numeric { r#"<w:jc w:val="right"/>"# } else { "" };
    let headings = of.columns.iter().enumerate().map(|(index, column)| {
        let unit = if column.unit.is_empty() { String::new() } else { format!("\n({})", column.unit) };
        let heading = words(&column.heading, &format!("<w:b/>{size}")) + &words(&unit, &size);
        cell(widths[index], side(index), &heading, r#"<w:shd w:val="clear" w:color="auto" w:fill="EDF3F0"/>"#)
    });
    let mut rows = row(&headings.collect::<String>(), true);
    for cells in of.cells.chunks(of.columns.len()) {
        let cells = cells.iter().enumerate().map(|(index, content)| {
            let content = match content {
                PrintedCell::Text(text) => words(text, &size),
                PrintedCell::Unknown(0) => words("?", &size),
                PrintedCell::Unknown(reason) => {
                    words("?", &size)
                        + &words(&reason.to_string(), &format!(r#"{size}<w:vertAlign w:val="superscript"/>"#))
                }
            };
            cell(widths[index], side(index), &content, "")
        });
        rows.push_str(&row(&cells.collect::<String>(), false));
    }
    xml.push_str(&table("Ruled", &widths, &rows));
    xml + &below_table(of)
}

/// Word joins tables that follow each other without a paragraph between them.
fn below_table(of: &PrintedTable) -> String {
    let reasons = of.reasons.iter().enumerate().map(|(index, reason)| format!("?{} {reason}", index + 1));
    let reasons = reasons.collect::<Vec<_>>().join("; ");
    let lines = [reasons.as_str(), of.source.as_str()].into_iter().filter(|line| !line.is_empty());
    styled_always("Source", &lines.collect::<Vec<_>>().join("\n"))
}

/// Bars as the table of their values: a text that is written on keeps figures better than a drawing.
fn printed_bars(of: &PrintedBars, run: &Run) -> String {
    let widths = [0.75 * line(run.sideways), 0.25 * line(run.sideways)];
    let rows = of.bars.iter().map(|bar| {
        let label = cell(widths[0], "", &words(&bar.label, r#"<w:sz w:val="22"/>"#), "");
        let value = cell(widths[1], r#"<w:jc w:val="right"/>"#, &words(&bar.value, r#"<w:sz w:val="22"/>"#), "");
        row(&(label + &value), false)
    });
    let rows: String = rows.collect();
    let table = if rows.is_empty() { String::new() } else { table("Ruled", &widths, &rows) };
    caption(&of.number, &of.caption, &of.unit) + &table + &styled_always("Source", "")
}

fn caption(number: &str, caption: &str, unit: &str) -> String {
    let unit = if unit.is_empty() { String::new() } else { format!(" ({unit})") };
    styled("Caption", &format!("{number}. {caption}{unit}"))
}

/// A table of twip widths; a file without rows would not open, so none is written.
fn table(style: &str, widths: &[f64], rows: &str) -> String {
    let columns = widths.iter().map(|width| format!(r#"<w:gridCol w:w="{width:.0}"/>"#));
    let total: f64 = widths.iter().sum();
    format!(
        r#"<w:tbl><w:tblPr><w:tblStyle w:val="{style}"/><w:tblW w:w="{total:.0}" w:type="dxa"/><w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid>{}</w:tblGrid>{rows}</w:tbl>"#,
        columns.collect::<String>()
    )
}

/// A row that no page break divides; a head is repeated on each page.
fn row(cells: &str, is_head: bool) -> String {
    let head = if is_head { "<w:tblHeader/>" } else { "" };
    format!("<w:tr><w:trPr><w:cantSplit/>{head}</w:trPr>{cells}</w:tr>")
}

fn cell(width: f64, side: &str, words: &str, look: &str) -> String {
    let inner = paragraph(&format!(r#"<w:pStyle w:val="Cell"/>{side}"#), words);
    format!(r#"<w:tc><w:tcPr><w:tcW w:w="{width:.0}" w:type="dxa"/>{look}</w:tcPr>{inner}</w:tc>"#)
}

/// A cell of paragraphs; one without any would not open.
fn cell_of(width: f64, paragraphs: &str) -> String {
    let empty = paragraph(r#"<w:pStyle w:val="Cell"/>"#, "");
    let inner = if paragraphs.is_empty() { &empty } else { paragraphs };
    format!(r#"<w:tc><w:tcPr><w:tcW w:w="{width:.0}" w:type="dxa"/></w:tcPr>{inner}</w:tc>"#)
}

fn styled(style: &str, text: &str) -> String {
    if text.is_empty() { String::new() } else { styled_always(style, text) }
}

fn styled_always(style: &str, text: &str) -> String {
    paragraph(&format!(r#"<w:pStyle w:val="{style}"/>"#), &words(text, ""))
}

fn paragraph(look: &str, runs: &str) -> String {
    format!("<w:p><w:pPr>{look}</w:pPr>{runs}</w:p>")
}

/// Words of one look; line ends stay.
fn words(text: &str, look: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let lines = text.split('\n').map(|line| format!(r#"<w:t xml:space="preserve">{}</w:t>"#, printable(line)));
    format!("<w:r><w:rPr>{look}</w:rPr>{}</w:r>", lines.collect::<Vec<_>>().join("<w:br/>"))
}

/// As XML takes it. Word breaks long words by itself, and whoever copies a digest wants it whole.
fn printable(text: &str) -> String {
    let kept: String =
        text.chars().filter(|letter| !matches!(letter, &BREAK_POINT | '\u{fffe}' | '\u{ffff}')).collect();
    escape(&kept).into_owned()
}

#[cfg(test)]
mod tests;
