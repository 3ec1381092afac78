//! What a file is by its content. Names lie: a file is taken only when its first bytes and the ending of its name agree.

use std::io::Cursor;

use zip::ZipArchive;

/// The kinds of evidence: ending of the name, media type.
pub const KINDS: [(&str, &str); 8] = [
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("xls", "application/vnd.ms-excel"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("xml", "application/xml"),
    ("csv", "text/csv"),
];

/// How files of office programs of before 2007 begin.
pub(super) const OLE: &[u8] = &[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];

/// The media type of a file, or what its content is found to be where that is none of ours or not what its name says.
pub fn media_type(name: &str, bytes: &[u8]) -> Result<&'static str, String> {
    let ending = name.rsplit_once('.').map_or(String::new(), |(_, ending)| ending.to_lowercase());
    let ending = if ending == "jpeg" { "jpg" } else { ending.as_str() };
    let found = content(bytes, ending);
    let kind = KINDS.iter().find(|(kind, _)| Some(*kind) == found && *kind == ending);
    kind.map(|(_, media)| *media).ok_or_else(|| match found {
        Some(found) => format!("{name} ({found})"),
        None => name.to_string(),
    })
}

fn content(bytes: &[u8], ending: &str) -> Option<&'static str> {
    match bytes {
        _ if bytes.starts_with(b"%PDF-") => Some("pdf"),
        _ if bytes.starts_with(b"\x89PNG\r\n\x1a\n") => Some("png"),
        _ if bytes.starts_with(&[0xff, 0xd8, 0xff]) => Some("jpg"),
        _ if bytes.starts_with(OLE) => Some("xls"),
        _ if bytes.starts_with(b"PK\x03\x04") => office(bytes),
        _ => text(bytes, ending),
    }
}

/// Workbooks and documents are archives that hold a folder of their own.
fn office(bytes: &[u8]) -> Option<&'static str> {
    let archive = ZipArchive::new(Cursor::new(bytes)).ok()?;
    let has = |part: &str| archive.index_for_name(part).is_some();
    match () {
        () if has("xl/workbook.xml") => Some("xlsx"),
        () if has("word/document.xml") => Some("docx"),
        () => None,
    }
}

/// Text is told apart by how it begins; a table of text has no mark of its own, so that its name must say it.
fn text(bytes: &[u8], ending: &str) -> Option<&'static str> {
    let text = std::str::from_utf8(bytes).ok()?;
    let text = text.trim_start_matches('\u{feff}');
    let is_plain = !text.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\r' | '\n'));
    match ending {
        _ if text.trim_start().starts_with("<?xml") => Some("xml"),
        "csv" if is_plain && !text.trim_start().starts_with('<') && !text.trim().is_empty() => Some("csv"),
        _ => None,
    }
}

/// The name of a file without its folders and without what no name needs.
pub fn plain_name(name: &str) -> String {
    const LONGEST: usize = 120;
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: String = last.chars().filter(|c| !c.is_control() && !matches!(c, '"' | '<' | '>' | '|' | ':')).collect();
    let kept = kept.trim().trim_start_matches('.');
    let surplus = kept.chars().count().saturating_sub(LONGEST);
    // The ending says what it is, so the beginning goes.
    kept.chars().skip(surplus).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, bytes: &[u8], expected: Result<&str, &str>) {
        let found = media_type(name, bytes);
        assert_eq!(found.as_ref().map(|media| *media).map_err(String::as_str), expected, "{name}");
    }

    fn archive(part: &str) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        let mut archive = zip::ZipWriter::new(&mut bytes);
        archive.start_file(part, zip::write::SimpleFileOptions::default()).unwrap();
        archive.finish().unwrap();
        bytes.into_inner()
    }

    #[test]
    fn each_kind_is_known_by_its_content() {
        check("a.pdf", b"%PDF-1.7\n", Ok("application/pdf"));
        check("A.PNG", b"\x89PNG\r\n\x1a\n....", Ok("image/png"));
        check("a.jpeg", b"\xff\xd8\xff\xe0....", Ok("image/jpeg"));
        check("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", Ok("application/vnd.ms-excel"));
        check("a.xlsx", &archive("xl/workbook.xml"), Ok(KINDS[3].1));
        check("a.docx", &archive("word/document.xml"), Ok(KINDS[5].1));
        check("a.xml", "\u{feff}<?xml version=\"1.0\"?><HDon/>".as_bytes(), Ok("application/xml"));
        check("a.csv", "tháng;kWh\n1;2".as_bytes(), Ok("text/csv"));
    }

    #[test]
    fn a_file_that_is_not_what_its_name_says_is_refused() {
        check("a.pdf", b"MZ\x90\x00", Err("a.pdf"));
        check("a.png", b"%PDF-1.7", Err("a.png (pdf)"));
        check("a.docx", &archive("xl/workbook.xml"), Err("a.docx (xlsx)"));
        check("a.xlsx", &archive("evil.exe"), Err("a.xlsx"));
        check("a.csv", b"<html><script>", Err("a.csv"));
        check("a.csv", b"a;b\x00c", Err("a.csv"));
        check("a.csv", b"", Err("a.csv"));
        check("a.svg", b"<?xml version=\"1.0\"?><svg/>", Err("a.svg (xml)"));
        check("a.html", b"<html>", Err("a.html"));
        check("noending", b"%PDF-1.7", Err("noending (pdf)"));
    }

    #[test]
    fn a_name_keeps_no_folder_and_no_control() {
        assert_eq!(plain_name("C:\\Users\\lan\\hóa đơn \"3\".pdf"), "hóa đơn 3.pdf");
        assert_eq!(plain_name("../../etc/.passwd\r\n"), "passwd");
        assert_eq!(plain_name(&format!("{}.pdf", "a".repeat(500))).len(), 120);
    }
}
