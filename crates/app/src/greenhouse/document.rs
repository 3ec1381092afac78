//! The facility inventory sheet: an account as a document, for Word, PDF and Excel.

use anyhow::Context;
use engine::catalogue::Catalogue;
use engine::language::{Language, format_date};
use engine::park::{Enterprise, Park};
use engine::report::document::{Block, Cell, Column, Document, Section, Table};
use engine::report::greenhouse::{Account, Line};
use jiff::civil::Date;

use crate::forms::document::Format;
use crate::wording::{self, Names, greenhouse as words};
use crate::words::{text, text_with};
use crate::workbook;

pub struct Sheet<'a> {
    pub catalogue: &'a Catalogue,
    pub park: &'a Park,
    pub account: &'a Account,
    pub day: Date,
    pub language: Language,
}

/// `khu-mau-E01-ghg-2024.vi.xlsx`: a name that every file system takes.
pub fn file_name(park: &Park, account: &Account, language: Language, format: Format) -> String {
    let enterprise = account.enterprise.as_ref().map_or(String::new(), |id| format!("-{id}"));
    let whole = format!("{}{enterprise}-ghg-{}", park.id, account.period);
    let plain: String = whole.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '-' }).collect();
    match format {
        Format::Json => format!("{plain}.json"),
        _ => format!("{plain}.{}.{}", language.code(), format.code()),
    }
}

pub fn write(sheet: &Sheet<'_>, format: Format) -> anyhow::Result<Vec<u8>> {
    match format {
        Format::Json => serde_json::to_vec_pretty(sheet.account).context("write an account as JSON"),
        Format::Xlsx => workbook::write(&sheet.document(), sheet.day),
        Format::Docx => print::docx(&sheet.document(), sheet.day),
        Format::Pdf => print::pdf(&sheet.document(), sheet.day),
    }
}

impl Sheet<'_> {
    fn t(&self, key: &str) -> String {
        text(self.language, key)
    }

    fn names(&self) -> Names<'_> {
        Names { language: self.language, catalogue: self.catalogue, park: Some(self.park) }
    }

    fn enterprise(&self) -> Option<&Enterprise> {
        self.account.enterprise.as_ref().and_then(|id| self.park.enterprise(id))
    }

    pub fn document(&self) -> Document {
        let subject = self.enterprise().map_or(&self.park.name, |enterprise| &enterprise.name);
        let mut marks = vec![self.t("greenhouse-sheet-mark")];
        if self.park.synthetic {
            marks.insert(0, self.t("synthetic"));
        }
        Document {
            language: self.language,
            letter: None,
            title: self.t("greenhouse-sheet-title"),
            subtitle: text_with(
                self.language,
                "greenhouse-sheet-subtitle",
                &[
                    ("name", subject.get(self.language)),
                    ("period", &wording::period(self.language, &self.account.period)),
                ],
            ),
            marks,
            particulars: self.particulars(),
            sections: vec![
                self.section("facility", "greenhouse-sheet-1", self.facility()),
                self.section("activity", "greenhouse-sheet-2", vec![Block::Table(self.activities())]),
                self.section("results", "greenhouse-sheet-3", vec![self.finding(), Block::Table(self.sums())]),
                self.section("lines", "greenhouse-lines", vec![Block::Table(self.lines())]),
                self.section("factors", "greenhouse-factors", vec![Block::Table(self.factors())]),
                self.section("avoided", "greenhouse-avoided", self.avoided()),
                self.section("gaps", "greenhouse-gaps", self.gaps()),
            ],
            footer: text_with(self.language, "report-footer", &[("date", &format_date(self.day))]),
        }
    }

    fn section(&self, id: &str, heading: &str, blocks: Vec<Block>) -> Section {
        Section { id: id.to_string(), heading: self.t(heading), blocks }
    }

    fn table(&self, id: &str, caption: &str, columns: Vec<Column>, rows: Vec<Vec<Cell>>) -> Table {
        Table { id: id.to_string(), caption: self.t(caption), columns, rows, source: String::new() }
    }

    fn particulars(&self) -> Vec<(String, String)> {
        let run = &self.account.run;
        vec![
            (self.t("report-particulars-park"), self.park.name.get(self.language).to_string()),
            (self.t("greenhouse-period"), wording::period(self.language, &self.account.period)),
            (self.t("greenhouse-editions"), self.editions()),
            (self.t("figure-as-of"), format_date(run.as_of)),
            (self.t("figure-inputs"), run.inputs.short().to_string()),
            (self.t("figure-catalogue"), run.catalogue.short().to_string()),
            (self.t("figure-engine"), run.engine.clone()),
        ]
    }

    fn editions(&self) -> String {
        let editions = &self.account.editions;
        let grid = editions.grid.as_ref().map_or_else(
            || self.t("greenhouse-grid-of-year"),
            |grid| words::edition(self.language, self.catalogue, grid),
        );
        let [combustion, warming] = [&editions.combustion, &editions.warming]
            .map(|edition| words::edition(self.language, self.catalogue, edition));
        format!("{combustion}; {warming}; {grid}")
    }

    /// Who reports: what the platform knows of it, and what a person fills in by hand.
    fn facility(&self) -> Vec<Block> {
        let by_hand = || Cell::Text("…".to_string());
        let fact = |key: &str, cell: Cell| vec![Cell::Text(self.t(key)), cell];
        let subject = self.enterprise().map_or(&self.park.name, |enterprise| &enterprise.name);
        let industry = self.enterprise().map(|enterprise| {
            let label = self.catalogue.industries.get(&enterprise.isic4).map_or("", |label| label.get(self.language));
            Cell::Text(format!("{} {label}", enterprise.isic4))
        });
        let tax_code = self.enterprise().and_then(|enterprise| enterprise.tax_code.clone());
        let rows = vec![
            fact("greenhouse-sheet-name", Cell::Text(subject.get(self.language).to_string())),
            fact("enterprise-tax", tax_code.map_or_else(by_hand, Cell::Text)),
            fact("greenhouse-sheet-licence", by_hand()),
            fact("greenhouse-sheet-address", by_hand()),
            fact("greenhouse-sheet-representative", by_hand()),
            fact("enterprise-industry", industry.unwrap_or_else(by_hand)),
        ];
        let columns = vec![Column::text(self.t("greenhouse-sheet-item"), 4), Column::text(self.t("form-value"), 8)];
        vec![
            Block::Note(self.t("greenhouse-sheet-note")),
            Block::Table(self.table("facility", "greenhouse-sheet-1", columns, rows)),
        ]
    }

    /// What was used, each resource of each enterprise once.
    fn activities(&self) -> Table {
        let mut seen = std::collections::BTreeSet::new();
        let own = self.account.lines.iter().filter(|line| seen.insert((&line.enterprise, &line.resource)));
        let rows = own
            .map(|line| {
                let activity = &line.activity;
                let (value, unit) = wording::shown(activity.dimension, activity.amount);
                vec![
                    Cell::Text(self.names().enterprise(&line.enterprise)),
                    Cell::Text(self.names().resource(&line.resource)),
                    Cell::Number(value),
                    Cell::Text(unit.to_string()),
                    Cell::Text(wording::basis(self.language, activity.basis)),
                    Cell::Text(format!("{}/{}", activity.months_covered, activity.months_expected)),
                    Cell::Text(self.sources(line)),
                ]
            })
            .collect();
        let columns = vec![
            Column::text(self.t("form-enterprise"), 4),
            Column::text(self.t("report-resource"), 4),
            Column { unit: None, ..Column::number(self.t("report-amount"), "", 2, 3) },
            Column::text(self.t("report-unit"), 2),
            Column::text(self.t("greenhouse-basis"), 3),
            Column::text(self.t("greenhouse-months"), 2),
            Column::text(self.t("greenhouse-papers"), 5),
        ];
        self.table("activity", "greenhouse-sheet-2", columns, rows)
    }

    /// The first paper, and how many more there are.
    fn sources(&self, line: &Line) -> String {
        match line.activity.sources.as_slice() {
            [] => String::new(),
            [only] => only.clone(),
            [first, more @ ..] => {
                let more = more.len().to_string();
                text_with(self.language, "greenhouse-and-more", &[("first", first), ("count", &more)])
            }
        }
    }

    fn finding(&self) -> Block {
        Block::Paragraph(words::finding(self.language, self.account))
    }

    fn sums(&self) -> Table {
        let rows = words::sums(self.language, self.account)
            .into_iter()
            .map(|(name, sum)| {
                let side = |pick: fn(&engine::report::greenhouse::Range) -> f64| {
                    sum.range.as_ref().map_or(Cell::Empty, |range| Cell::Number(pick(range) / 1_000.0))
                };
                let value = match sum.value_kg {
                    Some(kg) => Cell::Number(kg / 1_000.0),
                    None => Cell::Unknown(words::lack(self.language, &sum)),
                };
                let is_any_known = sum.unknown < sum.lines;
                let known = if is_any_known { Cell::Number(sum.known_kg / 1_000.0) } else { Cell::Empty };
                vec![
                    Cell::Text(name),
                    value,
                    side(|range| range.low),
                    side(|range| range.high),
                    known,
                    Cell::Text(words::lack(self.language, &sum)),
                ]
            })
            .collect();
        let number = |key: &str| Column::number(self.t(key), words::UNIT, 1, 3);
        let columns = vec![
            Column::text(self.t("greenhouse-part"), 6),
            number("greenhouse-emissions"),
            number("greenhouse-low"),
            number("greenhouse-high"),
            number("greenhouse-known"),
            Column::text(self.t("greenhouse-state"), 5),
        ];
        self.table("results", "greenhouse-sheet-3", columns, rows)
    }

    fn lines(&self) -> Table {
        let rows = self.account.lines.iter().map(|line| self.line(line)).collect();
        let columns = vec![
            Column::text(self.t("greenhouse-part"), 4),
            Column::text(self.t("form-enterprise"), 4),
            Column::text(self.t("report-resource"), 4),
            Column::text(self.t("greenhouse-gas"), 2),
            Column::number(self.t("greenhouse-emissions"), words::UNIT, 2, 3),
            Column::text(self.t("greenhouse-basis"), 3),
            Column::text(self.t("greenhouse-edition"), 4),
            Column::text(self.t("greenhouse-digest"), 3),
        ];
        self.table("lines", "greenhouse-lines", columns, rows)
    }

    fn line(&self, line: &Line) -> Vec<Cell> {
        let emissions = match (line.emissions_kg, line.unknown) {
            (Some(kg), _) => Cell::Number(kg / 1_000.0),
            (None, Some(why)) => Cell::Unknown(words::unknown(self.language, why)),
            (None, None) => Cell::Empty,
        };
        vec![
            Cell::Text(words::part(self.language, line.part)),
            Cell::Text(self.names().enterprise(&line.enterprise)),
            Cell::Text(self.names().resource(&line.resource)),
            Cell::Text(line.gas.symbol().to_string()),
            emissions,
            Cell::Text(wording::basis(self.language, line.basis)),
            Cell::Text(words::editions(line)),
            Cell::Text(line.digest.short().to_string()),
        ]
    }

    fn factors(&self) -> Table {
        let rows = words::factors(self.account)
            .into_iter()
            .map(|factor| {
                vec![
                    Cell::Text(factor.id.clone()),
                    Cell::Number(factor.value),
                    Cell::Text(factor.unit.clone()),
                    Cell::Text(words::edition(self.language, self.catalogue, &factor.edition)),
                    Cell::Text(words::factor_note(self.language, factor)),
                    Cell::Text(factor.source.clone()),
                ]
            })
            .collect();
        let columns = vec![
            Column::text(self.t("greenhouse-factor"), 3),
            Column { unit: None, ..Column::number(self.t("form-value"), "", 4, 2) },
            Column::text(self.t("report-unit"), 2),
            Column::text(self.t("greenhouse-edition"), 4),
            Column::text(self.t("form-note"), 3),
            Column::text(self.t("greenhouse-source"), 6),
        ];
        self.table("factors", "greenhouse-factors", columns, rows)
    }

    fn avoided(&self) -> Vec<Block> {
        let rows: Vec<Vec<Cell>> = self
            .account
            .avoided
            .iter()
            .map(|avoided| {
                let unknown = || Cell::Unknown(text(self.language, "greenhouse-unknown-no-factor"));
                vec![
                    Cell::Text(avoided.name.get(self.language).to_string()),
                    Cell::Text(self.names().enterprise(&avoided.enterprise)),
                    Cell::Text(wording::status(self.language, avoided.status)),
                    Cell::Text(wording::period(self.language, &avoided.period)),
                    avoided.emissions_kg.map_or_else(unknown, |kg| Cell::Number(kg / 1_000.0)),
                ]
            })
            .collect();
        let mut blocks = vec![Block::Note(self.t("greenhouse-avoided-note"))];
        if rows.is_empty() {
            blocks.push(Block::Paragraph(self.t("greenhouse-avoided-none")));
            return blocks;
        }
        let columns = vec![
            Column::text(self.t("greenhouse-measure"), 6),
            Column::text(self.t("form-enterprise"), 4),
            Column::text(self.t("greenhouse-status"), 3),
            Column::text(self.t("greenhouse-period"), 3),
            Column::number(self.t("greenhouse-avoided-amount"), words::UNIT, 1, 3),
        ];
        blocks.push(Block::Table(self.table("avoided", "greenhouse-avoided", columns, rows)));
        blocks
    }

    fn gaps(&self) -> Vec<Block> {
        if self.account.gaps.is_empty() {
            return vec![Block::Paragraph(self.t("greenhouse-gaps-none"))];
        }
        let rows = self.account.gaps.iter().map(|gap| vec![Cell::Text(self.names().gap(gap))]).collect();
        let columns = vec![Column::text(self.t("greenhouse-gap"), 1)];
        vec![Block::Table(self.table("gaps", "greenhouse-gaps", columns, rows))]
    }
}
