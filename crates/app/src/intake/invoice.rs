//! Vietnamese electronic invoices (`HDon`) for electricity and water. The elements are those that invoice programs in
//! use write and read; the legal text of their format could not be opened, so the method page marks it unconfirmed.
//! The reader keeps to elements and their text: a document type, and with it every entity of its own, is refused.

use std::collections::BTreeMap;

use engine::fault::{Fault, FaultKind, Place};
use engine::ids::ResourceId;
use engine::language::fold;
use engine::period::{Period, parse_date};
use engine::quantity::Amount;
use engine::source::Basis;
use quick_xml::Reader as XmlReader;
use quick_xml::events::Event;

use super::{Proposed, Read, Reader};

/// Deeper nesting, longer text and more elements than any invoice has.
const DEEPEST: usize = 32;
const LONGEST_TEXT: usize = 10_000;
const MOST_ELEMENTS: usize = 50_000;

/// What an invoice says, as far as we need it: each element's path below `HDon` with its text, lines apart.
#[derive(Default)]
struct Invoice {
    head: BTreeMap<String, String>,
    lines: Vec<BTreeMap<String, String>>,
    /// Texts of the fields that the seller added, in which the period often stands.
    notes: Vec<String>,
}

pub fn read(reader: &Reader, name: &str, bytes: &[u8]) -> Read {
    let invoice = match parse(bytes) {
        Ok(invoice) => invoice,
        Err(found) => return (Vec::new(), vec![fault(name, "", FaultKind::UnreadableFile, &found, "HDon (XML)")]),
    };
    let mut faults = Vec::new();
    let number = invoice.number();
    if number.is_empty() {
        faults.push(fault(name, "SHDon", FaultKind::MissingValue, "", "SHDon"));
    }
    if let Some(related) = invoice.head.keys().find(|path| path.contains("TTHDLQuan")) {
        // An adjustment says differences, and a replacement takes another's place: both need a person.
        faults.push(fault(name, related, FaultKind::Contradiction, "TTHDLQuan", "≠ TTHDLQuan"));
    }
    let buyer = invoice.head.get("DLHDon/NDHDon/NMua/MST").map(String::as_str).unwrap_or_default();
    if let Some(own) = reader.tax_code.filter(|own| *own != buyer) {
        faults.push(fault(name, "NMua/MST", FaultKind::Contradiction, buyer, own));
    }
    let currency = invoice.head.get("DLHDon/TTChung/DVTTe").map_or("VND", String::as_str);
    if !matches!(currency, "VND" | "704" | "") {
        faults.push(fault(name, "DVTTe", FaultKind::WrongUnit, currency, "VND"));
    }
    let proposed = proposed(reader, name, &invoice, &number, &mut faults);
    if proposed.is_empty() && faults.is_empty() {
        faults.push(fault(name, "DVTinh", FaultKind::MissingValue, "", "kWh, m3"));
    }
    (proposed, faults)
}

fn fault(name: &str, element: &str, kind: FaultKind, found: &str, expected: &str) -> Fault {
    let column = (!element.is_empty()).then(|| element.to_string());
    Fault {
        place: Place { file: name.to_string(), column, ..Place::default() },
        kind,
        found: found.to_string(),
        expected: expected.to_string(),
    }
}

/// Lines of one resource and unit added up: a bill lists peak, normal and off-peak hours one by one.
fn proposed(reader: &Reader, name: &str, invoice: &Invoice, number: &str, faults: &mut Vec<Fault>) -> Vec<Proposed> {
    let mut sums: BTreeMap<(ResourceId, String), (f64, f64)> = BTreeMap::new();
    for (index, line) in invoice.lines.iter().enumerate() {
        let element = |what: &str| format!("HHDVu[{}]/{what}", index + 1);
        let text = |what: &str| line.get(what).map_or("", String::as_str);
        // 2 is a gift, 3 a discount, 4 a remark: none of them is an amount that was used.
        if matches!(text("TChat"), "2" | "3" | "4") {
            continue;
        }
        let Some(unit) = reader.unit(&unit_name(text("DVTinh"))) else { continue };
        let Some(resource) = resource_of(&unit, text("THHDVu")) else { continue };
        let mut number = |what: &str| {
            let found = text(what).parse::<f64>().ok().filter(|value| value.is_finite() && *value >= 0.0);
            if found.is_none() {
                faults.push(fault(name, &element(what), FaultKind::NotANumber, text(what), "1234.5"));
            }
            found
        };
        let (amount, cost) = (number("SLuong"), number("ThTien"));
        if let (Some(amount), Some(cost)) = (amount, cost) {
            let sum = sums.entry((resource, unit)).or_default();
            *sum = (sum.0 + amount, sum.1 + cost);
        }
    }
    let period = invoice.period();
    let seller = invoice.head.get("DLHDon/NDHDon/NBan/Ten").map_or("", String::as_str);
    let source: String = format!("{number} {seller}").trim().chars().take(200).collect();
    sums.into_iter()
        .map(|((resource, unit), (value, cost))| Proposed {
            place: number.to_string(),
            resource,
            period,
            amount: Amount { value, unit },
            basis: Basis::Invoiced,
            source: source.clone(),
            cost_vnd: Some(cost),
        })
        .collect()
}

/// `m³`, `M3` and `mét khối` are one unit.
fn unit_name(text: &str) -> String {
    match fold(text).as_str() {
        "m3" | "m³" | "met khoi" | "khoi" => "m3".to_string(),
        "kwh" => "kWh".to_string(),
        _ => text.to_string(),
    }
}

/// Electricity by its unit; supply water by its unit and its name, for gas and wastewater are counted in m³ as well.
fn resource_of(unit: &str, what: &str) -> Option<ResourceId> {
    let what = fold(what);
    let is_water = what.contains("nuoc") && !what.contains("nuoc thai") && !what.contains("thoat nuoc");
    match unit {
        "kWh" | "MWh" if !what.contains("phan khang") => Some(ResourceId::new("electricity")),
        "m3" | "1000m3" if is_water => Some(ResourceId::new("supply-water")),
        "m3" | "1000m3" if what.contains("nuoc thai") => Some(ResourceId::new("wastewater")),
        _ => None,
    }
}

impl Invoice {
    /// Symbol and number, as the invoice is called: `1C24TEV-00012345`.
    fn number(&self) -> String {
        let of = |what: &str| self.head.get(&format!("DLHDon/TTChung/{what}")).map_or("", String::as_str);
        let symbol = format!("{}{}", of("KHMSHDon"), of("KHHDon"));
        [symbol.as_str(), of("SHDon")].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
    }

    /// The days that a line or a note of the seller names; a month where only that is named. The day of the invoice
    /// says nothing about it.
    fn period(&self) -> Option<Period> {
        let lines = self.lines.iter().filter_map(|line| line.get("THHDVu"));
        let texts: Vec<String> = lines.chain(&self.notes).map(|text| fold(text)).collect();
        let mut spans: Vec<Period> = texts.iter().filter_map(|text| span_in(text)).collect();
        if spans.is_empty() {
            spans = texts.iter().filter_map(|text| month_in(text)).collect();
        }
        spans.dedup();
        // Two different periods on one invoice are for a person to part.
        if let [only] = spans[..] { Some(only) } else { None }
    }
}

/// `tu ngay 01/03/2024 den ngay 31/03/2024`: the last day is used as well.
fn span_in(text: &str) -> Option<Period> {
    let days: Vec<_> = text
        .split(|c: char| !(c.is_ascii_digit() || c == '/'))
        .filter(|word| word.matches('/').count() == 2)
        .filter_map(parse_date)
        .collect();
    let [first, last] = days[..] else { return None };
    Period::new(first, last.tomorrow().ok()?)
}

/// `thang 03/2024`, `thang 3 nam 2024`.
fn month_in(text: &str) -> Option<Period> {
    let rest = text.split("thang").nth(1)?.replace("nam", "/");
    let digits: String =
        rest.chars().filter(|c| !c.is_whitespace()).take_while(|c| c.is_ascii_digit() || *c == '/').collect();
    let (month, year) = digits.split_once('/')?;
    let year = year.split('/').next().filter(|year| year.len() == 4)?;
    Period::month(year.parse().ok()?, month.parse().ok()?)
}

fn parse(bytes: &[u8]) -> Result<Invoice, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    let mut reader = XmlReader::from_str(text.trim_start_matches('\u{feff}'));
    let mut invoice = Invoice::default();
    let (mut path, mut elements): (Vec<String>, usize) = (Vec::new(), 0);
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::DocType(_) => return Err("DOCTYPE".to_string()),
            Event::Start(start) => {
                elements += 1;
                path.push(start.local_name().as_ref().to_string());
                if path.len() > DEEPEST || elements > MOST_ELEMENTS {
                    return Err(format!("{elements} elements, {} deep", path.len()));
                }
                if path.len() == 1 && path[0] != "HDon" {
                    return Err(format!("<{}>", path[0]));
                }
                if path.last().is_some_and(|last| last == "HHDVu") {
                    invoice.lines.push(BTreeMap::new());
                }
            }
            Event::End(_) => {
                path.pop();
            }
            Event::Text(text) => {
                let text = text.xml10_content().into_owned();
                invoice.take(&path, &text)?;
            }
            Event::CData(text) => {
                let text = text.xml10_content().into_owned();
                invoice.take(&path, &text)?;
            }
            Event::GeneralRef(entity) => {
                let text = match entity.resolve_char_ref().map_err(|error| error.to_string())? {
                    Some(letter) => letter.to_string(),
                    None => match &*entity {
                        "amp" => "&".to_string(),
                        "lt" => "<".to_string(),
                        "gt" => ">".to_string(),
                        "quot" => "\"".to_string(),
                        "apos" => "'".to_string(),
                        other => return Err(format!("&{other};")),
                    },
                };
                invoice.take(&path, &text)?;
            }
            Event::Eof => break,
            _ => {}
        }
    }
    if !path.is_empty() || elements == 0 {
        return Err("…".to_string());
    }
    let texts = invoice.lines.iter_mut().flat_map(BTreeMap::values_mut).chain(invoice.head.values_mut());
    texts.for_each(|text| *text = text.trim().to_string());
    Ok(invoice)
}

impl Invoice {
    /// Adds text to the element that it stands in; an element's text may come in pieces.
    fn take(&mut self, path: &[String], text: &str) -> Result<(), String> {
        if text.trim().is_empty() && !text.contains(' ') {
            return Ok(());
        }
        // The signature says nothing about what was used.
        if path.iter().any(|element| element == "DSCKS") {
            return Ok(());
        }
        let line_at = path.iter().position(|element| element == "HHDVu");
        let is_note = path.last().is_some_and(|last| last == "DLieu");
        let place = match (line_at, self.lines.last_mut()) {
            _ if is_note => {
                self.notes.push(text.trim().to_string());
                return Ok(());
            }
            (Some(at), Some(line)) => line.entry(path[at + 1..].join("/")).or_default(),
            _ => self.head.entry(path.get(1..).unwrap_or_default().join("/")).or_default(),
        };
        place.push_str(text);
        if place.len() > LONGEST_TEXT {
            return Err(format!("> {LONGEST_TEXT} letters"));
        }
        *place = place.trim_start().to_string();
        if place.trim().is_empty() {
            place.clear();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use engine::language::Language;

    use super::*;
    use crate::catalogue::catalogue;

    fn invoice(lines: &str) -> String {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><HDon><DLHDon Id=\"d\"><TTChung><KHMSHDon>1</KHMSHDon>\
             <KHHDon>K24TEV</KHHDon><SHDon>12345</SHDon><NLap>2024-04-03</NLap><DVTTe>VND</DVTTe></TTChung><NDHDon>\
             <NBan><Ten>Điện lực Mẫu &amp; Con</Ten><MST>0100000001</MST></NBan><NMua><MST>0000000001</MST></NMua>\
             <DSHHDVu>{lines}</DSHHDVu></NDHDon></DLHDon><DSCKS><NBan>x</NBan></DSCKS></HDon>"
        )
    }

    fn line(what: &str, unit: &str, amount: &str, cost: &str) -> String {
        format!(
            "<HHDVu><TChat>1</TChat><THHDVu>{what}</THHDVu><DVTinh>{unit}</DVTinh><SLuong>{amount}</SLuong>\
             <ThTien>{cost}</ThTien></HHDVu>"
        )
    }

    fn read_text(text: &str) -> Read {
        let reader = Reader { catalogue: catalogue().unwrap(), language: Language::Vi, tax_code: Some("0000000001") };
        read(&reader, "hoa-don.xml", text.as_bytes())
    }

    fn faults(text: &str) -> Vec<String> {
        read_text(text).1.iter().map(|fault| format!("{fault}")).collect()
    }

    #[test]
    fn the_hours_of_a_bill_are_added_up_and_its_days_are_read() {
        let lines = [
            line("Điện giờ bình thường từ ngày 01/03/2024 đến ngày 31/03/2024", "kWh", "1000", "1700000"),
            line("Điện giờ cao điểm", "KWH", "200.5", "600000"),
            line("Điện năng phản kháng", "kVArh", "50", "0"),
        ];
        let (proposed, faults) = read_text(&invoice(&lines.concat()));
        assert_eq!(faults, []);
        let [one] = &proposed[..] else { panic!("{proposed:?}") };
        assert_eq!((one.resource.as_str(), one.amount.value, one.amount.unit.as_str()), ("electricity", 1200.5, "kWh"));
        assert_eq!((one.period, one.cost_vnd), (Period::month(2024, 3), Some(2_300_000.0)));
        assert_eq!((one.basis, one.source.as_str()), (Basis::Invoiced, "1K24TEV-12345 Điện lực Mẫu & Con"));
    }

    #[test]
    fn water_is_known_by_its_name_and_a_month_by_its_words() {
        let lines = [
            line("Tiền nước tháng 3 năm 2024", "m³", "310", "3100000"),
            line("Phí thoát nước", "m3", "310", "310000"),
            line("Khí nén", "m3", "5", "1"),
        ];
        let (proposed, faults) = read_text(&invoice(&lines.concat()));
        assert_eq!(faults, []);
        let [one] = &proposed[..] else { panic!("{proposed:?}") };
        assert_eq!(
            (one.resource.as_str(), one.amount.value, one.period),
            ("supply-water", 310.0, Period::month(2024, 3))
        );
    }

    #[test]
    fn the_day_of_the_invoice_is_not_taken_for_its_period() {
        let (proposed, faults) = read_text(&invoice(&line("Điện", "kWh", "1", "1")));
        assert_eq!((proposed[0].period, faults), (None, Vec::new()));
    }

    #[test]
    fn every_fault_of_an_invoice_is_told() {
        let bad = invoice(&line("Điện", "kWh", "một", "-5")).replace("0000000001", "0000000002").replace("VND", "USD");
        assert_eq!(
            faults(&bad),
            [
                "hoa-don.xml, NMua/MST: contradiction: found \"0000000002\", expected 0000000001",
                "hoa-don.xml, DVTTe: wrong-unit: found \"USD\", expected VND",
                "hoa-don.xml, HHDVu[1]/SLuong: not-a-number: found \"một\", expected 1234.5",
                "hoa-don.xml, HHDVu[1]/ThTien: not-a-number: found \"-5\", expected 1234.5",
            ]
        );
        let related = invoice(&line("Điện", "kWh", "1", "1"))
            .replace("<DVTTe>", "<TTHDLQuan><TCHDon>2</TCHDon></TTHDLQuan><DVTTe>");
        assert_eq!(faults(&related).len(), 1);
        assert_eq!(faults(&invoice(&line("Gạo", "kg", "1", "1"))).len(), 1, "nothing that we count");
    }

    #[test]
    fn an_invoice_brings_no_entities_and_no_bombs() {
        let bomb =
            "<?xml version=\"1.0\"?><!DOCTYPE HDon [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><HDon>&b;</HDon>";
        let outside = "<?xml version=\"1.0\"?><!DOCTYPE HDon SYSTEM \"file:///etc/passwd\"><HDon/>";
        let deep = format!("<?xml version=\"1.0\"?><HDon>{}", "<a>".repeat(100));
        let wide = format!("<?xml version=\"1.0\"?><HDon>{}</HDon>", "<a></a>".repeat(MOST_ELEMENTS + 1));
        let long = format!("<?xml version=\"1.0\"?><HDon><a>{}</a></HDon>", "x".repeat(LONGEST_TEXT + 1));
        let unknown = "<?xml version=\"1.0\"?><HDon>&x;</HDon>";
        let other = "<?xml version=\"1.0\"?><Invoices/>";
        let cut = "<?xml version=\"1.0\"?><HDon><DLHDon>";
        for text in [bomb, outside, &deep, &wide, &long, unknown, other, cut, "", "<", "\u{0}"] {
            assert_eq!(faults(text).len(), 1, "{}", &text[..text.len().min(80)]);
            assert!(faults(text)[0].contains("unreadable-file"));
        }
    }
}
