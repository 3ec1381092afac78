//! The two fonts of the printed report and what they can print.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use typst::foundations::Bytes;
use typst::layout::Abs;
use typst::text::{Font, FontBook, FontInstance, FontVariant, FontVariations};
use typst::utils::LazyHash;

pub struct Fonts {
    pub book: LazyHash<FontBook>,
    pub faces: Vec<Font>,
    regular: Measure,
    bold: Measure,
}

/// How heavy a text is set.
#[derive(Clone, Copy)]
pub enum Weight {
    Regular,
    Bold,
}

/// A face ready for measuring, with the width of its equal-width figures.
struct Measure {
    face: FontInstance,
    figure: f64,
}

/// The fonts, parsed once in the life of the program.
pub fn fonts() -> &'static Fonts {
    static FONTS: OnceLock<Fonts> = OnceLock::new();
    FONTS.get_or_init(|| {
        let regular = parse(include_bytes!("../fonts/Inter-Regular.ttf"));
        let bold = parse(include_bytes!("../fonts/Inter-SemiBold.ttf"));
        Fonts {
            book: LazyHash::new(FontBook::from_fonts([&regular, &bold])),
            regular: Measure::of(&regular),
            bold: Measure::of(&bold),
            faces: vec![regular, bold],
        }
    })
}

/// Width of a text in units of the font size, without kerning.
pub fn width(text: &str, weight: Weight) -> f64 {
    let measure = match weight {
        Weight::Regular => &fonts().regular,
        Weight::Bold => &fonts().bold,
    };
    text.chars().map(|letter| measure.width(letter)).sum()
}

/// The characters of a text for which there is no glyph.
pub fn unprintable(text: &str) -> BTreeSet<char> {
    text.chars().filter(|&letter| !letter.is_control() && !is_covered(letter)).collect()
}

fn is_covered(letter: char) -> bool {
    fonts().faces.iter().all(|face| face.info().coverage.contains(letter as u32))
}

fn parse(bytes: &'static [u8]) -> Font {
    Font::new(Bytes::new(bytes), 0).expect("the fonts built into the program can be parsed")
}

impl Measure {
    fn of(face: &Font) -> Measure {
        let face = face.clone().instantiate(FontVariant::default(), Abs::pt(10.0), &FontVariations::default());
        let widest = ('0'..='9').map(|digit| advance(&face, digit)).fold(0.0, f64::max);
        // Figures of equal width are slightly wider than the widest of the others.
        Measure { face, figure: widest * 1.01 }
    }

    fn width(&self, letter: char) -> f64 {
        if letter.is_ascii_digit() { self.figure } else { advance(&self.face, letter) }
    }
}

fn advance(face: &FontInstance, letter: char) -> f64 {
    let glyph = face.ttf().glyph_index(letter).map_or(0, |glyph| glyph.0);
    face.x_advance(glyph).map_or(0.6, |width| width.get())
}
