//! The two languages of the product and how each writes numbers, money and dates.

use serde::{Deserialize, Serialize};

/// Vietnamese is the source, English is complete.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    #[default]
    Vi,
    En,
}

impl Language {
    pub const ALL: [Language; 2] = [Language::Vi, Language::En];

    pub fn code(self) -> &'static str {
        match self {
            Language::Vi => "vi",
            Language::En => "en",
        }
    }

    pub fn parse(code: &str) -> Option<Language> {
        Language::ALL.into_iter().find(|language| language.code() == code)
    }

    pub fn other(self) -> Language {
        match self {
            Language::Vi => Language::En,
            Language::En => Language::Vi,
        }
    }
}

/// A text in both languages, as experts and users wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Label {
    pub vi: String,
    pub en: String,
}

impl Label {
    pub fn new(vi: impl Into<String>, en: impl Into<String>) -> Label {
        Label { vi: vi.into(), en: en.into() }
    }

    pub fn get(&self, language: Language) -> &str {
        match language {
            Language::Vi => &self.vi,
            Language::En => &self.en,
        }
    }
}

/// `1.234,5` in Vietnamese, `1,234.5` in English. A value that is not finite prints as an en dash.
pub fn format_number(language: Language, value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return "–".to_string();
    }
    let plain = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let (group, point) = match language {
        Language::Vi => ('.', ','),
        Language::En => (',', '.'),
    };
    let is_zero = plain.chars().all(|c| c == '0' || c == '.');
    let mut text = String::new();
    if value < 0.0 && !is_zero {
        text.push('−');
    }
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            text.push(group);
        }
        text.push(digit);
    }
    if !fraction.is_empty() {
        text.push(point);
        text.push_str(fraction);
    }
    text
}

/// dd/MM/yyyy in both languages, as Vietnamese offices write it.
pub fn format_date(date: jiff::civil::Date) -> String {
    format!("{:02}/{:02}/{:04}", date.day(), date.month(), date.year())
}

/// Lower case, base letters, đ → d: what names and queries are compared by. Works on composed and
/// decomposed input alike, because combining marks are dropped and composed letters are mapped.
pub fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).filter_map(base_letter).collect()
}

fn base_letter(letter: char) -> Option<char> {
    Some(match letter {
        '\u{0300}'..='\u{036f}' => return None,
        'à' | 'á' | 'ả' | 'ã' | 'ạ' | 'ă' | 'ằ' | 'ắ' | 'ẳ' | 'ẵ' | 'ặ' | 'â' | 'ầ' | 'ấ' | 'ẩ' | 'ẫ' | 'ậ' | 'ä'
        | 'å' => 'a',
        'đ' => 'd',
        'è' | 'é' | 'ẻ' | 'ẽ' | 'ẹ' | 'ê' | 'ề' | 'ế' | 'ể' | 'ễ' | 'ệ' | 'ë' => 'e',
        'ì' | 'í' | 'ỉ' | 'ĩ' | 'ị' | 'î' | 'ï' => 'i',
        'ò' | 'ó' | 'ỏ' | 'õ' | 'ọ' | 'ô' | 'ồ' | 'ố' | 'ổ' | 'ỗ' | 'ộ' | 'ơ' | 'ờ' | 'ớ' | 'ở' | 'ỡ' | 'ợ' | 'ö'
        | 'ø' => 'o',
        'ù' | 'ú' | 'ủ' | 'ũ' | 'ụ' | 'ư' | 'ừ' | 'ứ' | 'ử' | 'ữ' | 'ự' | 'û' | 'ü' => 'u',
        'ỳ' | 'ý' | 'ỷ' | 'ỹ' | 'ỵ' => 'y',
        'ç' => 'c',
        'ñ' => 'n',
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_writes_numbers_its_own_way() {
        assert_eq!(format_number(Language::Vi, 1234567.891, 1), "1.234.567,9");
        assert_eq!(format_number(Language::En, -1234.5, 2), "−1,234.50");
        assert_eq!(format_number(Language::Vi, -0.001, 1), "0,0");
        assert_eq!(format_number(Language::En, f64::NAN, 1), "–");
    }

    #[test]
    fn folding_makes_both_unicode_forms_and_plain_typing_equal() {
        assert_eq!(fold("Khu công nghiệp Trà Nóc"), "khu cong nghiep tra noc");
        assert_eq!(fold("Tra\u{0300} No\u{0301}c"), "tra noc");
        assert_eq!(fold("ĐÌNH VŨ"), "dinh vu");
    }
}
