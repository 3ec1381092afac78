//! Statements with their values, rows by the hundred, and columns read in order. The only place that hands SQL
//! text made at run time to the database; what is joined into it is our own names and placeholders, never input.

use anyhow::{Context, anyhow, bail};
use engine::language::Label;
use engine::park::Place;
use engine::period::Period;
use jiff::civil::Date;
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::{AnyConnection, Arguments, AssertSqlSafe, Row};

/// One value on its way into a column.
#[derive(Clone, Debug)]
pub(crate) enum Cell {
    Text(Option<String>),
    Whole(Option<i64>),
    Number(Option<f64>),
}

pub(crate) fn text(value: impl Into<String>) -> Cell {
    Cell::Text(Some(value.into()))
}

pub(crate) fn maybe_text<T: ToString>(value: Option<T>) -> Cell {
    Cell::Text(value.map(|value| value.to_string()))
}

pub(crate) fn whole(value: i64) -> Cell {
    Cell::Whole(Some(value))
}

pub(crate) fn maybe_whole(value: Option<i64>) -> Cell {
    Cell::Whole(value)
}

pub(crate) fn number(value: f64) -> Cell {
    Cell::Number(Some(value))
}

pub(crate) fn maybe_number(value: Option<f64>) -> Cell {
    Cell::Number(value)
}

pub(crate) fn yes_no(value: bool) -> Cell {
    Cell::Whole(Some(i64::from(value)))
}

pub(crate) fn date(value: Date) -> Cell {
    Cell::Text(Some(value.to_string()))
}

/// One statement with its values, `$1` being the first.
pub(crate) struct Query {
    sql: String,
    values: Vec<Cell>,
}

pub(crate) fn query(sql: impl Into<String>) -> Query {
    Query { sql: sql.into(), values: Vec::new() }
}

impl Query {
    pub(crate) fn bind(mut self, value: Cell) -> Query {
        self.values.push(value);
        self
    }

    pub(crate) fn bind_all(mut self, values: impl IntoIterator<Item = Cell>) -> Query {
        self.values.extend(values);
        self
    }

    /// Runs it and says how many rows it touched.
    pub(crate) async fn execute(self, connection: &mut AnyConnection) -> anyhow::Result<u64> {
        let arguments = arguments(self.values)?;
        let done = sqlx::query_with(AssertSqlSafe(self.sql), arguments).execute(connection).await?;
        Ok(done.rows_affected())
    }

    pub(crate) async fn rows(self, connection: &mut AnyConnection) -> anyhow::Result<Vec<AnyRow>> {
        let arguments = arguments(self.values)?;
        Ok(sqlx::query_with(AssertSqlSafe(self.sql), arguments).fetch_all(connection).await?)
    }

    pub(crate) async fn row(self, connection: &mut AnyConnection) -> anyhow::Result<Option<AnyRow>> {
        let arguments = arguments(self.values)?;
        Ok(sqlx::query_with(AssertSqlSafe(self.sql), arguments).fetch_optional(connection).await?)
    }
}

/// Rows of one table, inserted many to a statement. `shared` columns hold the same in every row.
pub(crate) struct Rows<const N: usize> {
    table: &'static str,
    shared: Vec<(&'static str, Cell)>,
    columns: [&'static str; N],
    rows: Vec<[Cell; N]>,
}

// SQLite looks a numbered value up by walking their list, so very long statements cost more than they save.
pub(crate) const VALUES_PER_STATEMENT: usize = 240;

impl<const N: usize> Rows<N> {
    pub(crate) fn of(table: &'static str, shared: &[(&'static str, Cell)], columns: [&'static str; N]) -> Rows<N> {
        Rows { table, shared: shared.to_vec(), columns, rows: Vec::new() }
    }

    pub(crate) fn push(&mut self, row: [Cell; N]) {
        self.rows.push(row);
    }

    pub(crate) async fn insert(self, connection: &mut AnyConnection) -> anyhow::Result<()> {
        let rows_per_statement = (VALUES_PER_STATEMENT / N).max(1);
        let full = self.statement(rows_per_statement);
        let shared: Vec<Cell> = self.shared.iter().map(|(_, value)| value.clone()).collect();
        let (table, rest) = (self.table, self.statement(self.rows.len() % rows_per_statement));

        let mut rows = self.rows.into_iter();
        while rows.len() > 0 {
            let sql = if rows.len() >= rows_per_statement { &full } else { &rest };
            let values = rows.by_ref().take(rows_per_statement).flatten();
            let statement = query(sql.clone()).bind_all(shared.iter().cloned()).bind_all(values);
            statement.execute(connection).await.with_context(|| format!("write to table {table}"))?;
        }
        Ok(())
    }

    fn statement(&self, rows: usize) -> String {
        let names: Vec<&str> = self.shared.iter().map(|(column, _)| *column).chain(self.columns).collect();
        let shared: String = (1..=self.shared.len()).map(|number| format!("${number}, ")).collect();
        let tuple = |row: usize| {
            let first = self.shared.len() + row * N + 1;
            format!("({shared}{})", placeholders(first, N))
        };
        let tuples: Vec<String> = (0..rows).map(tuple).collect();
        format!("insert into {} ({}) values {}", self.table, names.join(", "), tuples.join(", "))
    }
}

/// `$3, $4, $5` for three values from the third on.
pub(crate) fn placeholders(first: usize, count: usize) -> String {
    (first..first + count).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ")
}

fn arguments(values: Vec<Cell>) -> anyhow::Result<AnyArguments> {
    let mut arguments = AnyArguments::default();
    arguments.reserve(values.len(), 0);
    for value in values {
        match value {
            // PostgreSQL keeps no text with a NUL in it; so that every database refuses the same, it is refused here.
            Cell::Text(Some(text)) if text.contains('\0') => {
                bail!("a text holds a NUL character, which cannot be kept")
            }
            Cell::Text(text) => arguments.add(text),
            Cell::Whole(whole) => arguments.add(whole),
            // SQLite would turn what is not a number into a missing value without a word.
            Cell::Number(Some(number)) if !number.is_finite() => bail!("{number} is not a number that can be kept"),
            // SQLite writes minus zero as zero; so that every database does, it is made zero here.
            Cell::Number(Some(number)) => arguments.add(number + 0.0),
            // sqlx 0.9 hands a missing f64 to PostgreSQL as an f32 and a missing f32 as an f64.
            Cell::Number(None) => arguments.add(None::<f32>),
        }
        .map_err(|error| anyhow!(error))?;
    }
    Ok(arguments)
}

/// Reads the columns of a row from left to right.
pub(crate) struct Columns<'r> {
    row: &'r AnyRow,
    next: usize,
}

impl<'r> Columns<'r> {
    pub(crate) fn of(row: &'r AnyRow) -> Columns<'r> {
        Columns { row, next: 0 }
    }

    /// Passes columns over that were read elsewhere.
    pub(crate) fn skip(&mut self, columns: usize) {
        self.next += columns;
    }

    pub(crate) fn text(&mut self) -> anyhow::Result<String> {
        self.take()
    }

    pub(crate) fn maybe_text(&mut self) -> anyhow::Result<Option<String>> {
        self.take()
    }

    pub(crate) fn whole(&mut self) -> anyhow::Result<i64> {
        self.take()
    }

    pub(crate) fn maybe_whole(&mut self) -> anyhow::Result<Option<i64>> {
        self.take()
    }

    pub(crate) fn number(&mut self) -> anyhow::Result<f64> {
        self.take()
    }

    pub(crate) fn maybe_number(&mut self) -> anyhow::Result<Option<f64>> {
        self.take()
    }

    pub(crate) fn yes_no(&mut self) -> anyhow::Result<bool> {
        Ok(self.whole()? != 0)
    }

    pub(crate) fn date(&mut self) -> anyhow::Result<Date> {
        let text = self.text()?;
        text.parse().with_context(|| format!("`{text}` is not a date"))
    }

    pub(crate) fn maybe_date(&mut self) -> anyhow::Result<Option<Date>> {
        self.maybe_text()?.map(|text| text.parse().with_context(|| format!("`{text}` is not a date"))).transpose()
    }

    /// Two columns: the first day, and the day after the last.
    pub(crate) fn period(&mut self) -> anyhow::Result<Period> {
        let (start, end) = (self.date()?, self.date()?);
        Period::new(start, end).with_context(|| format!("{start} is not before {end}"))
    }

    /// Two columns: Vietnamese, English.
    pub(crate) fn label(&mut self) -> anyhow::Result<Label> {
        Ok(Label { vi: self.text()?, en: self.text()? })
    }

    /// Two columns: latitude, longitude; a place needs both.
    pub(crate) fn place(&mut self) -> anyhow::Result<Option<Place>> {
        let (latitude, longitude) = (self.maybe_number()?, self.maybe_number()?);
        Ok(latitude.zip(longitude).map(|(latitude, longitude)| Place { latitude, longitude }))
    }

    fn take<T>(&mut self) -> anyhow::Result<T>
    where
        T: sqlx::Decode<'r, sqlx::Any> + sqlx::Type<sqlx::Any>,
    {
        let column = self.next;
        self.next += 1;
        Ok(self.row.try_get(column)?)
    }
}
