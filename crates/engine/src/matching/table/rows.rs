//! Rows of a comma-separated table, one at a time, so that a table of ten million rows needs the memory of one.

use std::io::BufRead;

/// No row of streams or links comes near this many bytes.
const LONGEST_ROW: u64 = 1 << 20;

/// Why reading stopped.
#[derive(Debug)]
pub enum RowFault {
    /// The input itself failed: a broken disk, a damaged archive.
    Unreadable(String),
    NotUtf8,
    TooLong,
    OpenQuote,
}

/// A reader of rows with the row read last. Lines without any value are passed over.
pub struct Rows<R> {
    input: R,
    raw: Vec<u8>,
    /// The values one after another, and where each ends.
    values: String,
    ends: Vec<usize>,
    lines_read: usize,
    /// The line on which the present row begins, counted from 1.
    pub line: usize,
}

impl<R: BufRead> Rows<R> {
    pub fn new(input: R) -> Rows<R> {
        Rows { input, raw: Vec::new(), values: String::new(), ends: Vec::new(), lines_read: 0, line: 1 }
    }

    /// Moves on to the next row. False at the end of the table.
    pub fn next(&mut self) -> Result<bool, RowFault> {
        self.raw.clear();
        self.values.clear();
        self.ends.clear();
        while self.without_line_end().is_empty() {
            self.raw.clear();
            self.line = self.lines_read + 1;
            if !self.read_line()? {
                return Ok(false);
            }
        }
        // A value in quotation marks may hold line ends, so a row may take several lines.
        while !self.split()? {
            if !self.read_line()? {
                return Err(RowFault::OpenQuote);
            }
        }
        Ok(true)
    }

    pub fn count(&self) -> usize {
        self.ends.len()
    }

    pub fn get(&self, place: usize) -> Option<&str> {
        let end = *self.ends.get(place)?;
        let start = if place == 0 { 0 } else { self.ends[place - 1] };
        self.values.get(start..end)
    }

    /// Appends a line with its end. False where there is none.
    fn read_line(&mut self) -> Result<bool, RowFault> {
        let room = LONGEST_ROW - self.raw.len() as u64;
        let mut bounded = std::io::Read::take(&mut self.input, room);
        let read = bounded.read_until(b'\n', &mut self.raw).map_err(|error| RowFault::Unreadable(error.to_string()))?;
        if self.raw.len() as u64 >= LONGEST_ROW {
            return Err(RowFault::TooLong);
        }
        self.lines_read += 1;
        if self.lines_read == 1 && self.raw.starts_with("\u{feff}".as_bytes()) {
            self.raw.drain(.."\u{feff}".len());
        }
        Ok(read > 0)
    }

    fn without_line_end(&self) -> &[u8] {
        let end = self.raw.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n'));
        &self.raw[..end.map_or(0, |last| last + 1)]
    }

    /// Splits the row into its values. False where a quotation mark is still open at the end.
    fn split(&mut self) -> Result<bool, RowFault> {
        self.values.clear();
        self.ends.clear();
        let mut rest = str::from_utf8(&self.raw).map_err(|_| RowFault::NotUtf8)?;
        loop {
            if let Some(mut quoted) = rest.strip_prefix('"') {
                loop {
                    let Some((value, after)) = quoted.split_once('"') else { return Ok(false) };
                    self.values.push_str(value);
                    rest = after;
                    // A mark within the value is written twice.
                    let Some(more) = after.strip_prefix('"') else { break };
                    self.values.push('"');
                    quoted = more;
                }
            }
            let (value, next) = match rest.split_once(',') {
                Some((value, next)) => (value, Some(next)),
                None => (rest.trim_end_matches(['\r', '\n']), None),
            };
            self.values.push_str(value);
            self.ends.push(self.values.len());
            match next {
                Some(next) => rest = next,
                None => return Ok(true),
            }
        }
    }
}
