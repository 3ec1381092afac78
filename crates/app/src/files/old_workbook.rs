//! The workbooks of before 2007 (`.xls`). The library that reads them reserves whatever a sheet claims to hold: a damaged
//! file of 6 kB made it ask for 593 GB, which ends the program. So they are read by a program of their own, this one
//! with other arguments, that may take little memory and little time; when it ends, only the file is unreadable.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context, ensure};
use calamine::{Data, Reader, Xls};
use engine::fault::Fault;
use engine::table::Cell;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::workbook::{Filled, Room, cell_of, fault, sheet_of};
use super::{MOST_BYTES, Sheets};

/// The hidden command that reads a workbook from its standard input.
pub const COMMAND: &str = "read-xls";

/// The format holds no more than 65,536 rows of 256 columns in a sheet: its cells fit.
const MOST_MEMORY: u64 = 1_536 << 20;
const LONGEST: Duration = Duration::from_secs(30);

/// A sheet on its way from the one program to the other.
#[derive(Serialize, Deserialize)]
struct Sent {
    name: String,
    cells: Vec<(u32, u32, Value)>,
}

#[derive(Serialize, Deserialize)]
enum Value {
    Text(String),
    Number(f64),
    Date(Date),
    Formula(String),
}

pub(super) fn sheets(bytes: &[u8]) -> Sheets {
    match read_apart(bytes) {
        Ok(sent) => of_sent(sent),
        Err(error) => (Default::default(), vec![fault("workbook", format!("xls: {error:#}"), "xlsx")]),
    }
}

fn of_sent(sent: Vec<Sent>) -> Sheets {
    let (mut sheets, mut faults) = Sheets::default();
    for Sent { name, cells } in sent.into_iter().filter(|sheet| !sheet.name.starts_with('_')) {
        let filled: Filled = cells.into_iter().map(|(row, column, value)| ((row, column), value.cell())).collect();
        match sheet_of(&name, filled) {
            Ok(sheet) => {
                sheets.insert(name, sheet);
            }
            Err(fault) => faults.push(fault),
        }
    }
    (sheets, faults)
}

/// What the other program makes of it.
fn read_apart(bytes: &[u8]) -> anyhow::Result<Vec<Sent>> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg(COMMAND)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let (mut stdin, stdout) = (child.stdin.take().context("a pipe")?, child.stdout.take().context("a pipe")?);
    let bytes = bytes.to_vec();
    // One that ended early takes no more; what it answered says the rest.
    std::thread::spawn(move || drop(stdin.write_all(&bytes)));
    let (told, tells) = mpsc::channel();
    std::thread::spawn(move || {
        let mut answer = Vec::new();
        let read = stdout.take(2 * MOST_BYTES).read_to_end(&mut answer);
        drop(told.send(read.map(|_| answer)));
    });
    let answer = tells.recv_timeout(LONGEST);
    let _ = child.kill();
    child.wait()?;
    let answer = answer.context("it takes too long to read")??;
    ensure!(!answer.is_empty(), "it is damaged");
    serde_json::from_slice::<Result<Vec<Sent>, String>>(&answer)
        .context("it is damaged")?
        .map_err(|error| anyhow::anyhow!(error))
}

/// The other program: bounded first, then it reads.
pub fn answer() -> anyhow::Result<()> {
    rlimit::setrlimit(rlimit::Resource::AS, MOST_MEMORY, MOST_MEMORY)?;
    rlimit::setrlimit(rlimit::Resource::CPU, LONGEST.as_secs(), LONGEST.as_secs())?;
    rlimit::setrlimit(rlimit::Resource::CORE, 0, 0)?;
    let mut bytes = Vec::new();
    std::io::stdin().take(MOST_BYTES).read_to_end(&mut bytes)?;
    let read = read(bytes).map_err(|error| format!("{error:#}"));
    serde_json::to_writer(std::io::stdout().lock(), &read)?;
    Ok(())
}

fn read(bytes: Vec<u8>) -> anyhow::Result<Vec<Sent>> {
    let mut workbook = Xls::new(std::io::Cursor::new(bytes))?;
    let mut room = Room::default();
    let mut sent = Vec::new();
    for name in workbook.sheet_names() {
        let mut filled = Filled::new();
        let range = workbook.worksheet_range(&name)?;
        let (top, left) = range.start().unwrap_or_default();
        for (row, column, data) in range.used_cells() {
            let text = if let Data::String(text) = data { text.len() } else { 0 };
            room.take(&name, text).map_err(said)?;
            filled.insert((row as u32 + top, column as u32 + left), cell_of(data));
        }
        let range = workbook.worksheet_formula(&name)?;
        let (top, left) = range.start().unwrap_or_default();
        for (row, column, formula) in range.used_cells().filter(|(_, _, formula)| !formula.is_empty()) {
            room.take(&name, formula.len()).map_err(said)?;
            filled.insert((row as u32 + top, column as u32 + left), Cell::Formula(formula.clone()));
        }
        let cells = filled.into_iter().filter_map(|((row, column), cell)| Some((row, column, Value::of(cell)?)));
        sent.push(Sent { name, cells: cells.collect() });
    }
    Ok(sent)
}

fn said(fault: Fault) -> anyhow::Error {
    anyhow::anyhow!("{}, {}", fault.found, fault.expected)
}

impl Value {
    fn of(cell: Cell) -> Option<Value> {
        match cell {
            Cell::Empty => None,
            Cell::Text(text) => Some(Value::Text(text)),
            Cell::Number(number) => Some(Value::Number(number)),
            Cell::Date(date) => Some(Value::Date(date)),
            Cell::Formula(formula) => Some(Value::Formula(formula)),
        }
    }

    fn cell(self) -> Cell {
        match self {
            Value::Text(text) => Cell::Text(text),
            Value::Number(number) => Cell::Number(number),
            Value::Date(date) => Cell::Date(date),
            Value::Formula(formula) => Cell::Formula(formula),
        }
    }
}
