//! Figures of the nation as others published them, and what they say about each other. A figure is kept as printed; what
//! does not fit together is told beside it and never mended.

use serde::{Deserialize, Serialize};

use super::Reader;
use crate::fault::FaultKind;

/// What a national figure is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NationalIndicator {
    Parks,
    ParksOperating,
    ProvincesWithParks,
    RevenueUsdBn,
    RevenueGrowthPercent,
    ExportsUsdBn,
    ExportsGrowthPercent,
    ExportsSharePercent,
    CountryExportsUsdBn,
    Jobs,
}

impl NationalIndicator {
    pub const ALL: [NationalIndicator; 10] = [
        NationalIndicator::Parks,
        NationalIndicator::ParksOperating,
        NationalIndicator::ProvincesWithParks,
        NationalIndicator::RevenueUsdBn,
        NationalIndicator::RevenueGrowthPercent,
        NationalIndicator::ExportsUsdBn,
        NationalIndicator::ExportsGrowthPercent,
        NationalIndicator::ExportsSharePercent,
        NationalIndicator::CountryExportsUsdBn,
        NationalIndicator::Jobs,
    ];

    pub fn code(self) -> &'static str {
        match self {
            NationalIndicator::Parks => "parks",
            NationalIndicator::ParksOperating => "parks-operating",
            NationalIndicator::ProvincesWithParks => "provinces-with-parks",
            NationalIndicator::RevenueUsdBn => "revenue-usd-bn",
            NationalIndicator::RevenueGrowthPercent => "revenue-growth-percent",
            NationalIndicator::ExportsUsdBn => "exports-usd-bn",
            NationalIndicator::ExportsGrowthPercent => "exports-growth-percent",
            NationalIndicator::ExportsSharePercent => "exports-share-percent",
            NationalIndicator::CountryExportsUsdBn => "country-exports-usd-bn",
            NationalIndicator::Jobs => "jobs",
        }
    }

    pub fn parse(code: &str) -> Option<NationalIndicator> {
        NationalIndicator::ALL.into_iter().find(|indicator| indicator.code() == code)
    }
}

/// One published figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NationalFigure {
    pub id: String,
    pub indicator: NationalIndicator,
    /// A year or a day, as its source has it; empty where it does not say.
    pub as_of: String,
    pub value: f64,
    /// As printed.
    pub printed: String,
    /// `over`, `about`, `nearly` or `exactly`.
    pub qualifier: String,
    pub source: String,
    pub unconfirmed: bool,
    pub note_vi: String,
    pub note_en: String,
}

pub const QUALIFIERS: [&str; 4] = ["over", "about", "nearly", "exactly"];

/// What figures say about each other. Figures are named by their identifiers.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "note")]
pub enum ConsistencyNote {
    /// A part of a whole is not the share that is printed for it.
    ShareDoesNotFit {
        part: String,
        whole: String,
        share: String,
        computed_percent: f64,
        printed_percent: f64,
    },
    PartAboveWhole {
        part: String,
        whole: String,
    },
    /// Figures for the same time differ between sources.
    SourcesDiffer {
        figures: Vec<String>,
        lowest: f64,
        highest: f64,
    },
    /// A growth beyond what any year saw.
    ImplausibleGrowth {
        figure: String,
        percent: f64,
    },
    /// More provinces than the country had.
    MoreThanThereAre {
        figure: String,
        there_are: usize,
    },
}

/// Shares that are printed with what they are a share of.
const SHARES: [(NationalIndicator, NationalIndicator, NationalIndicator); 1] =
    [(NationalIndicator::ExportsUsdBn, NationalIndicator::CountryExportsUsdBn, NationalIndicator::ExportsSharePercent)];
const PARTS: [(NationalIndicator, NationalIndicator); 2] = [
    (NationalIndicator::ParksOperating, NationalIndicator::Parks),
    (NationalIndicator::ExportsUsdBn, NationalIndicator::CountryExportsUsdBn),
];
const GROWTHS: [NationalIndicator; 2] =
    [NationalIndicator::RevenueGrowthPercent, NationalIndicator::ExportsGrowthPercent];
/// Percentage points by which a computed share may miss a rounded one.
const SHARE_TOLERANCE: f64 = 1.0;
/// A yearly growth in percent that calls for a look.
const MOST_GROWTH: f64 = 50.0;
/// Sources that differ by less, as a part of the larger figure, agree.
const AGREEMENT: f64 = 0.005;

/// Everything that does not fit together, in the order of the indicators.
pub fn consistency(figures: &[NationalFigure], provinces: usize) -> Vec<ConsistencyNote> {
    let of = |indicator: NationalIndicator| figures.iter().filter(move |figure| figure.indicator == indicator);
    let mut notes = Vec::new();
    for (part, whole, share) in SHARES {
        for part in of(part) {
            for whole in of(whole).filter(|whole| whole.as_of == part.as_of && whole.value > 0.0) {
                for share in of(share).filter(|share| share.as_of == part.as_of) {
                    let computed_percent = 100.0 * part.value / whole.value;
                    if (computed_percent - share.value).abs() > SHARE_TOLERANCE {
                        notes.push(ConsistencyNote::ShareDoesNotFit {
                            part: part.id.clone(),
                            whole: whole.id.clone(),
                            share: share.id.clone(),
                            computed_percent,
                            printed_percent: share.value,
                        });
                    }
                }
            }
        }
    }
    for (part, whole) in PARTS {
        for part in of(part) {
            for whole in of(whole).filter(|whole| whole.as_of == part.as_of && part.value > whole.value) {
                notes.push(ConsistencyNote::PartAboveWhole { part: part.id.clone(), whole: whole.id.clone() });
            }
        }
    }
    for indicator in NationalIndicator::ALL {
        let mut times: Vec<&str> = of(indicator).map(|figure| figure.as_of.as_str()).collect();
        times.sort_unstable();
        times.dedup();
        for time in times.into_iter().filter(|time| !time.is_empty()) {
            let same: Vec<&NationalFigure> = of(indicator).filter(|figure| figure.as_of == time).collect();
            let lowest = same.iter().map(|figure| figure.value).fold(f64::INFINITY, f64::min);
            let highest = same.iter().map(|figure| figure.value).fold(f64::NEG_INFINITY, f64::max);
            if same.len() > 1 && highest - lowest > AGREEMENT * highest.abs() {
                let figures = same.into_iter().map(|figure| figure.id.clone()).collect();
                notes.push(ConsistencyNote::SourcesDiffer { figures, lowest, highest });
            }
        }
    }
    for growth in GROWTHS.into_iter().flat_map(of).filter(|figure| figure.value.abs() > MOST_GROWTH) {
        notes.push(ConsistencyNote::ImplausibleGrowth { figure: growth.id.clone(), percent: growth.value });
    }
    for figure in of(NationalIndicator::ProvincesWithParks).filter(|figure| figure.value > provinces as f64) {
        notes.push(ConsistencyNote::MoreThanThereAre { figure: figure.id.clone(), there_are: provinces });
    }
    notes
}

pub(super) fn read(reader: &mut Reader) -> Vec<NationalFigure> {
    let figures = reader.csv::<NationalFigure>("national_series.csv");
    for figure in figures.iter().filter(|figure| !QUALIFIERS.contains(&figure.qualifier.as_str())) {
        reader.fault("national_series.csv", None, FaultKind::UnknownCode, &figure.qualifier, &QUALIFIERS.join(" | "));
    }
    figures
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(id: &str, indicator: NationalIndicator, as_of: &str, value: f64) -> NationalFigure {
        NationalFigure {
            id: id.to_string(),
            indicator,
            as_of: as_of.to_string(),
            value,
            printed: value.to_string(),
            qualifier: "exactly".to_string(),
            source: "a page".to_string(),
            unconfirmed: false,
            note_vi: String::new(),
            note_en: String::new(),
        }
    }

    #[test]
    fn what_does_not_fit_together_is_told_and_what_fits_is_not() {
        use NationalIndicator::*;
        let fitting = [
            figure("exports", ExportsUsdBn, "2019", 150.0),
            figure("country", CountryExportsUsdBn, "2019", 250.0),
            figure("share", ExportsSharePercent, "2019", 60.0),
            figure("parks", Parks, "2024", 407.0),
            figure("again", Parks, "2024", 408.0),
            figure("operating", ParksOperating, "2024", 300.0),
            figure("growth", ExportsGrowthPercent, "2019", 11.0),
            figure("provinces", ProvincesWithParks, "", 61.0),
        ];
        assert_eq!(consistency(&fitting, 63), []);
        let mut not = fitting.to_vec();
        not[2].value = 59.0 + 3.0;
        not[4].value = 416.0;
        not[5].value = 420.0;
        not[6].value = 115.0;
        not[7].value = 64.0;
        let notes = consistency(&not, 63);
        assert!(
            matches!(&notes[0], ConsistencyNote::ShareDoesNotFit { computed_percent, .. } if (computed_percent - 60.0).abs() < 1e-9)
        );
        assert!(matches!(&notes[1], ConsistencyNote::PartAboveWhole { whole, .. } if whole == "parks"));
        assert!(matches!(&notes[3], ConsistencyNote::SourcesDiffer { lowest: 407.0, highest: 416.0, .. }));
        assert!(matches!(&notes[4], ConsistencyNote::ImplausibleGrowth { .. }));
        assert!(matches!(&notes[5], ConsistencyNote::MoreThanThereAre { there_are: 63, .. }));
        assert_eq!(notes.len(), 6);
    }
}
