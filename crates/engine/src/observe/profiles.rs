//! Profiles: what an enterprise likely uses, gives off and could take, from its sector and size alone. All of it is
//! estimated and enters nothing until the enterprise confirms it. See `docs/methods/profiles.md`.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::catalogue::profiles::{Likelihood, OutputRow, ProfileRow, ProfileSubject, Rate, RateDriver};
use crate::catalogue::{Catalogue, KnownExchange};
use crate::language::{Label, fold};
use crate::park::{Direction, StreamKind};
use crate::source::Basis;

/// What is known of an enterprise before it has filled in anything.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Firm {
    /// ISIC Rev. 4 or VSIC: `C`, `13`, `C13`, `131`, `1313`, `13130`.
    pub sector: String,
    /// What it makes, in its own words; empty: not known.
    pub products: Vec<String>,
    pub employees: Option<u32>,
    /// Tonnes of product in a year.
    pub product_t: Option<f64>,
}

/// The proposals for an enterprise, the likeliest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// The code of ISIC Rev. 4 that was looked for.
    pub sector: String,
    pub proposals: Vec<Proposal>,
}

/// A code that ISIC Rev. 4 and VSIC do not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownSector(pub String);

/// A stream that the enterprise may have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    /// Stays the same as long as the stream is the same: direction and resource, waste code or name.
    pub key: String,
    pub direction: Direction,
    pub about: ProfileSubject,
    pub label: Label,
    pub hazardous: bool,
    pub likelihood: Likelihood,
    pub level: Level,
    /// Always estimated.
    pub basis: Basis,
    /// In a year; `None`: the quantity is not known.
    pub range: Option<Range>,
    /// There is no range because its ends were too far apart to tell anything.
    pub is_too_wide: bool,
    pub grounds: Vec<Ground>,
    /// Places and publications where firms like it were seen with this stream.
    pub places: BTreeSet<String>,
    /// A figure or the whole proposal rests on memory alone.
    pub unconfirmed: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Range {
    pub low: f64,
    pub high: f64,
    pub unit: String,
}

/// A range whose ends are further apart than this many times is not told.
const WIDEST: f64 = 100.0;

/// How near the sector is that a proposal is known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Class,
    Group,
    Division,
    Section,
}

/// Why a stream is proposed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ground {
    /// A row of the catalogue for this sector or, where `widened` is above 1, for a neighbour of it.
    Stated {
        sector: String,
        level: Level,
        rate: Option<Rate>,
        /// What an employee makes in a year, where the output had to be computed from the employees.
        output: Option<Rate>,
        /// The range was divided and multiplied by this.
        widened: f64,
        source: Label,
        unconfirmed: bool,
    },
    /// Firms of this class were seen with it in known exchanges.
    Seen { isic4: String, level: Level, exchanges: Vec<u32> },
}

/// What an enterprise like this likely uses, gives off and could take.
///
/// Rows that were stated for its class, group, division or section hold as they stand; where the nearest level with
/// any row is above its code, rows of its neighbours stand in, said so and widened. The nearest rows of a stream count,
/// together the envelope of their ranges. Known exchanges add what firms of the sector were seen giving and taking.
pub fn profile(firm: &Firm, catalogue: &Catalogue) -> Result<Profile, UnknownSector> {
    let code = sector_code(&firm.sector, catalogue).ok_or_else(|| UnknownSector(firm.sector.clone()))?;
    let place = Place { section: catalogue.sections.get(code.get(..2).unwrap_or_default()), code: &code };
    let size = Size::of(firm, &place, catalogue);
    let mut drafts: BTreeMap<String, Draft> = BTreeMap::new();
    for (near, row) in place.near(&catalogue.profiles, |row| &row.sector) {
        if names_a_product(row, &firm.products) {
            let key = key_of(row.direction, &row.about, &row.label.en);
            drafts.entry(key).or_insert_with(|| Draft::new(row.direction, &row.about)).stated.push((near, row));
        }
    }
    for direction in [Direction::Give, Direction::Take] {
        for (near, known) in place.near(&catalogue.known_exchanges, |known| party(known, direction)) {
            let Some(kind) = known.stream_kind() else { continue };
            let ewc = Some(known.ewc6.clone()).filter(|code| !code.is_empty());
            let about = ProfileSubject::Stream { kind, ewc };
            let key = key_of(direction, &about, &known.stream);
            drafts.entry(key).or_insert_with(|| Draft::new(direction, &about)).seen.push((near, known));
        }
    }
    let mut proposals: Vec<Proposal> =
        drafts.into_iter().map(|(key, draft)| draft.finish(key, &size, catalogue)).collect();
    proposals.sort_by(|a, b| rank(a).cmp(&rank(b)));
    Ok(Profile { sector: code, proposals })
}

fn rank(proposal: &Proposal) -> (Likelihood, Level, Reverse<usize>, &str) {
    (proposal.likelihood, proposal.level, Reverse(proposal.places.len()), &proposal.key)
}

/// The code without the letter that VSIC puts before it, at a level that ISIC has.
pub fn sector_code(asked: &str, catalogue: &Catalogue) -> Option<String> {
    let asked = asked.trim().to_uppercase();
    let is_known = |code: &str| catalogue.industries.contains_key(code);
    let digits = asked.trim_start_matches(|letter: char| letter.is_ascii_alphabetic());
    let letters = &asked[..asked.len() - digits.len()];
    if letters.len() > 1 || !digits.bytes().all(|byte| byte.is_ascii_digit()) || digits.len() > 5 {
        return None;
    }
    if digits.is_empty() {
        return Some(letters.to_string()).filter(|letter| is_known(letter));
    }
    let section = catalogue.sections.get(digits.get(..2)?)?;
    if !letters.is_empty() && letters != section {
        return None;
    }
    // VSIC divides below the classes of ISIC, and now and then at them.
    let coarsest = if digits.len() < 4 { digits.len() } else { 3 };
    (coarsest..=digits.len()).rev().map(|length| &digits[..length]).find(|code| is_known(code)).map(str::to_string)
}

/// Where an enterprise stands in the list of industries.
struct Place<'a> {
    code: &'a str,
    section: Option<&'a String>,
}

/// How a row applies, the nearest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Near {
    level: Level,
    /// Stated for a neighbour only, and not for a sector that the enterprise belongs to.
    is_neighbour: bool,
}

impl Near {
    /// A range that was stated for a neighbour is divided and multiplied by this.
    fn widening(self) -> f64 {
        match self.level {
            _ if !self.is_neighbour => 1.0,
            Level::Class => 1.0,
            Level::Group => 1.5,
            Level::Division | Level::Section => 2.0,
        }
    }
}

impl Place<'_> {
    /// Rows of the sectors that it belongs to, and those of its neighbours where no nearer level has any.
    fn near<'r, R>(&self, rows: &'r [R], sector_of: impl Fn(&R) -> &String) -> Vec<(Near, &'r R)> {
        let neighbours =
            [(4, Level::Class), (3, Level::Group), (2, Level::Division)].into_iter().find_map(|(digits, level)| {
                let prefix = self.code.get(..digits)?;
                rows.iter().any(|row| sector_of(row).starts_with(prefix)).then_some((prefix, level))
            });
        let near = |row: &'r R| {
            let sector = sector_of(row);
            if self.code.starts_with(sector.as_str()) || self.section == Some(sector) {
                return Some((Near { level: level_of(sector), is_neighbour: false }, row));
            }
            let (_, level) = neighbours.filter(|(prefix, _)| sector.starts_with(prefix))?;
            Some((Near { level, is_neighbour: true }, row))
        };
        rows.iter().filter_map(near).collect()
    }
}

/// The level of a code by its length.
pub fn level_of(sector: &str) -> Level {
    match sector.len() {
        1 => Level::Section,
        2 => Level::Division,
        3 => Level::Group,
        _ => Level::Class,
    }
}

fn party(known: &KnownExchange, direction: Direction) -> &String {
    match direction {
        Direction::Give => &known.giver_isic4,
        Direction::Take => &known.taker_isic4,
    }
}

/// What is not known to be made may be made.
fn names_a_product(row: &ProfileRow, products: &[String]) -> bool {
    let is_named = |product: &String| row.products.iter().any(|word| fold(product).contains(&fold(word)));
    row.products.is_empty() || products.is_empty() || products.iter().any(is_named)
}

fn key_of(direction: Direction, about: &ProfileSubject, name: &str) -> String {
    let way = match direction {
        Direction::Give => "give",
        Direction::Take => "take",
    };
    match about {
        ProfileSubject::Resource(resource) => format!("{way}/{resource}"),
        ProfileSubject::Stream { ewc: Some(code), .. } => format!("{way}/{code}"),
        ProfileSubject::Stream { kind, ewc: None } => format!("{way}/{}/{}", kind_word(*kind), slug(name)),
    }
}

fn kind_word(kind: StreamKind) -> &'static str {
    match kind {
        StreamKind::Material => "material",
        StreamKind::Water => "water",
        StreamKind::Heat => "heat",
    }
}

fn slug(name: &str) -> String {
    let folded = fold(name);
    let words = folded.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

/// The size that rates are multiplied by.
struct Size<'a> {
    employees: Option<f64>,
    product_t: Option<f64>,
    outputs: Vec<(Near, &'a OutputRow)>,
}

impl<'a> Size<'a> {
    fn of(firm: &Firm, place: &Place<'_>, catalogue: &'a Catalogue) -> Size<'a> {
        let mut outputs = place.near(&catalogue.outputs, |row| &row.sector);
        let nearest = outputs.iter().map(|(near, _)| *near).min();
        outputs.retain(|(near, _)| Some(*near) == nearest);
        Size {
            employees: firm.employees.filter(|employees| *employees > 0).map(f64::from),
            product_t: firm.product_t.filter(|tonnes| *tonnes > 0.0),
            outputs,
        }
    }

    /// How many there are of what the rate is for one of.
    fn span(&self, driver: RateDriver) -> Option<Span> {
        let exactly = |number: f64| Span { low: number, high: number, output: None };
        match (driver, self.product_t) {
            (RateDriver::Employee, _) => self.employees.map(exactly),
            (RateDriver::Product, Some(tonnes)) => Some(exactly(tonnes)),
            (RateDriver::Product, None) => {
                let employees = self.employees?;
                let ends = self.outputs.iter().map(|(near, row)| widened(&row.rate, *near));
                let (low, high) = ends.reduce(envelope)?;
                let output = Output {
                    rate: Rate { driver: RateDriver::Employee, low, high, unit: "t".to_string() },
                    unconfirmed: self.outputs.iter().any(|(_, row)| row.unconfirmed),
                };
                Some(Span { low: employees * low, high: employees * high, output: Some(output) })
            }
        }
    }
}

/// Lowest and highest number, and the output of one employee that it was computed with.
struct Span {
    low: f64,
    high: f64,
    output: Option<Output>,
}

struct Output {
    rate: Rate,
    unconfirmed: bool,
}

fn widened(rate: &Rate, near: Near) -> (f64, f64) {
    let factor = near.widening();
    (rate.low / factor, rate.high * factor)
}

fn envelope(one: (f64, f64), other: (f64, f64)) -> (f64, f64) {
    (one.0.min(other.0), one.1.max(other.1))
}

/// Everything that speaks for one stream.
struct Draft<'a> {
    direction: Direction,
    about: ProfileSubject,
    stated: Vec<(Near, &'a ProfileRow)>,
    seen: Vec<(Near, &'a KnownExchange)>,
}

impl<'a> Draft<'a> {
    fn new(direction: Direction, about: &ProfileSubject) -> Draft<'a> {
        Draft { direction, about: about.clone(), stated: Vec::new(), seen: Vec::new() }
    }

    fn finish(mut self, key: String, size: &Size<'_>, catalogue: &Catalogue) -> Proposal {
        let nearest = self.stated.iter().map(|(near, _)| *near).min();
        self.stated.retain(|(near, _)| Some(*near) == nearest);
        let (range, is_remembered) = self.range(size);
        let is_too_wide = range.as_ref().is_some_and(|range| range.high > WIDEST * range.low);
        let range = range.filter(|_| !is_too_wide);
        let mut grounds: Vec<Ground> = self.stated.iter().map(|(near, row)| stated(*near, row, size)).collect();
        grounds.extend(self.seen_grounds());
        let levels = self.stated.iter().map(|(near, _)| near.level).chain(self.seen.iter().map(|(near, _)| near.level));
        let likelihoods = self.stated.iter().map(|(_, row)| row.likelihood);
        let places = self.seen.iter().flat_map(|(_, known)| known.places()).map(str::to_string).collect();
        Proposal {
            key,
            direction: self.direction,
            label: self.label(),
            hazardous: self.is_hazardous(catalogue),
            likelihood: likelihoods.min().unwrap_or_else(|| self.likelihood_of_seen()),
            level: levels.min().unwrap_or(Level::Section),
            basis: Basis::Estimated,
            unconfirmed: range.is_some() && is_remembered
                || self.seen.is_empty() && self.stated.iter().all(|(_, row)| row.unconfirmed),
            range,
            is_too_wide,
            grounds,
            places,
            about: self.about,
        }
    }

    /// The envelope of the rows with a rate, and whether a figure in it rests on memory.
    fn range(&self, size: &Size<'_>) -> (Option<Range>, bool) {
        let mut range: Option<Range> = None;
        let mut is_remembered = false;
        for (near, row) in &self.stated {
            let Some(rate) = &row.rate else { continue };
            let Some(span) = size.span(rate.driver) else { continue };
            let (low, high) = widened(rate, *near);
            let ends = (span.low * low, span.high * high);
            is_remembered |= row.unconfirmed || span.output.is_some_and(|output| output.unconfirmed);
            let (low, high) = range.as_ref().map_or(ends, |known| envelope((known.low, known.high), ends));
            range = Some(Range { low, high, unit: rate.unit.clone() });
        }
        (range, is_remembered)
    }

    fn seen_grounds(&self) -> Vec<Ground> {
        let mut by_class: BTreeMap<(Level, &str), Vec<u32>> = BTreeMap::new();
        for (near, known) in &self.seen {
            by_class.entry((near.level, party(known, self.direction))).or_default().push(known.id);
        }
        let ground = |((level, isic4), exchanges)| Ground::Seen { isic4: String::from(isic4), level, exchanges };
        by_class.into_iter().map(ground).collect()
    }

    /// The catalogue's own words for the sector; else those of the exchanges, each once.
    fn label(&self) -> Label {
        let mut labels: Vec<Label> = self.stated.iter().map(|(_, row)| row.label.clone()).collect();
        if labels.is_empty() {
            labels = self.seen.iter().map(|(_, known)| Label::new(&known.stream_vi, &known.stream)).collect();
        }
        labels.sort();
        labels.dedup();
        let join = |of: fn(&Label) -> &String| labels.iter().map(of).cloned().collect::<Vec<_>>().join("; ");
        Label::new(join(|label| &label.vi), join(|label| &label.en))
    }

    fn is_hazardous(&self, catalogue: &Catalogue) -> bool {
        let is_listed = match &self.about {
            ProfileSubject::Resource(id) => catalogue.resource(id).is_some_and(|row| row.group == "waste-hazardous"),
            ProfileSubject::Stream { ewc, .. } => {
                ewc.as_ref().and_then(|code| catalogue.waste_codes.get(code)).is_some_and(|code| code.hazardous)
            }
        };
        is_listed || self.seen.iter().any(|(_, known)| known.hazardous == 1)
    }

    /// Firms of the class give it off often; of a neighbour's, or as takers, sometimes.
    fn likelihood_of_seen(&self) -> Likelihood {
        let is_class = self.seen.iter().any(|(near, _)| near.level == Level::Class);
        if is_class && self.direction == Direction::Give { Likelihood::Often } else { Likelihood::Sometimes }
    }
}

fn stated(near: Near, row: &ProfileRow, size: &Size<'_>) -> Ground {
    let output = row.rate.as_ref().and_then(|rate| size.span(rate.driver)?.output);
    Ground::Stated {
        sector: row.sector.clone(),
        level: near.level,
        rate: row.rate.clone(),
        unconfirmed: row.unconfirmed || output.as_ref().is_some_and(|output| output.unconfirmed),
        output: output.map(|output| output.rate),
        widened: near.widening(),
        source: row.source.clone(),
    }
}
