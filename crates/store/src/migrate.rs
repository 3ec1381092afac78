//! Copying a whole store into another, and proving that nothing was lost on the way.

use std::collections::BTreeSet;

use anyhow::{Context, bail};
use engine::source::Digest;
use serde::Serialize;
use serde_json::json;
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use crate::database::Kind;
use crate::sql::{
    Cell, Columns, VALUES_PER_STATEMENT, maybe_number, maybe_text, maybe_whole, placeholders, query, text,
};
use crate::{Scope, Store};

/// Every table, the referred before the referring. Before anything is copied it is held against the tables there are.
const TABLES: &[&str] = &[
    "park",
    "enterprise",
    "record",
    "driver",
    "meter",
    "reading",
    "station",
    "temperature",
    "reading_batch",
    "segment",
    "reading_meter",
    "reading_mapping",
    "stream",
    "composition",
    "site_link",
    "shared_plant",
    "exchange",
    "survey_answer",
    "fact",
    "measure",
    "finding_answer",
    "period_mark",
    "evidence",
    "proposal_answer",
    "form_entry",
    "form_mark",
    "dossier",
    "dossier_entry",
    "edition_state",
    "criterion_opinion",
    "register_entry",
    "register_state",
    "register_revision",
    "register_import",
    "register_import_entry",
    "register_mapping",
    "national_figure",
    "organisation",
    "users",
    "session",
    "device",
    "recovery_code",
    "password_reset",
    "invitation",
    "api_token",
    "identity",
    "assignment",
    "share",
    "beyond",
    "reminder",
    "reminder_choice",
    "result",
    "scenario",
    "signed_verification",
    "measurement_plan",
    "adjustment",
    "key_reading",
    "audit",
];

/// What a table holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TableDigest {
    pub table: String,
    pub rows: usize,
    /// SHA-256 over the sorted digests of its rows: the same rows give the same, whatever their order and the database.
    pub digest: String,
}

/// What a store holds, table by table and together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StoreDigest {
    pub tables: Vec<TableDigest>,
    pub digest: String,
}

impl Store {
    /// What this store holds.
    pub async fn digest(&self) -> anyhow::Result<StoreDigest> {
        let mut read = self.read_as(&Scope::system()).await?;
        digest(self.kind(), &mut read).await
    }

    /// Copies everything into a store that holds nothing yet, in one transaction, the audit log as it is. The copy
    /// is kept only when it holds the same, table by table. `progress` hears the table and the rows copied so far.
    pub async fn copy_to(&self, target: &Store, mut progress: impl FnMut(&str, usize)) -> anyhow::Result<StoreDigest> {
        let mut read = self.read_as(&Scope::system()).await?;
        let mut write = target.copying().await?;
        for (kind, connection) in [(self.kind(), &mut *read), (target.kind(), &mut *write)] {
            refuse_unknown_tables(kind, connection).await?;
        }
        refuse_unless_empty(&mut write).await?;
        for table in TABLES.iter().copied() {
            let columns = columns(self.kind(), &mut read, table).await?;
            let mut copied = 0;
            progress(table, copied);
            let mut pages = Pages::of(table, &columns);
            while let Some(rows) = pages.next(&mut read).await? {
                copied += rows.len();
                insert(&mut write, table, &columns, rows).await?;
                progress(table, copied);
            }
        }
        let (source, copy) = (digest(self.kind(), &mut read).await?, digest(target.kind(), &mut write).await?);
        if let Some((one, other)) = source.tables.iter().zip(&copy.tables).find(|(one, other)| one != other) {
            bail!(
                "table {} was not copied exactly: {} rows with digest {}, expected {} rows with digest {}",
                one.table,
                other.rows,
                other.digest,
                one.rows,
                one.digest
            );
        }
        write.commit().await.context("commit the copy")?;
        Ok(copy)
    }
}

/// A column of the three types that both databases keep alike.
#[derive(Clone, Debug)]
struct Column {
    name: String,
    kind: ColumnKind,
    /// Place in the primary key, from 1; 0 outside it.
    key: i64,
}

#[derive(Clone, Copy, Debug)]
enum ColumnKind {
    Text,
    Whole,
    Number,
}

/// The columns of a table by name.
async fn columns(kind: Kind, connection: &mut AnyConnection, table: &str) -> anyhow::Result<Vec<Column>> {
    let sql = match kind {
        Kind::Sqlite => "select name, lower(type), cast(pk as bigint) from pragma_table_info($1)",
        Kind::Postgres => {
            "select cast(c.column_name as text), cast(c.data_type as text), cast(coalesce(k.ordinal_position, 0) as bigint) \
             from information_schema.columns c \
             left join information_schema.table_constraints t on t.table_schema = c.table_schema \
                 and t.table_name = c.table_name and t.constraint_type = 'PRIMARY KEY' \
             left join information_schema.key_column_usage k on k.constraint_name = t.constraint_name \
                 and k.table_schema = c.table_schema and k.table_name = c.table_name and k.column_name = c.column_name \
             where c.table_schema = current_schema() and c.table_name = $1"
        }
    };
    let mut columns = Vec::new();
    for row in query(sql).bind(text(table)).rows(connection).await? {
        let mut cells = Columns::of(&row);
        let (name, of, key) = (cells.text()?, cells.text()?, cells.whole()?);
        let kind = match of.as_str() {
            "text" => ColumnKind::Text,
            "bigint" => ColumnKind::Whole,
            "double precision" => ColumnKind::Number,
            other => bail!("column {table}.{name} is of type {other}, expected text, bigint or double precision"),
        };
        columns.push(Column { name, kind, key });
    }
    columns.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(columns)
}

async fn refuse_unknown_tables(kind: Kind, connection: &mut AnyConnection) -> anyhow::Result<()> {
    let sql = match kind {
        Kind::Sqlite => "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'",
        Kind::Postgres => "select cast(tablename as text) from pg_tables where schemaname = current_schema()",
    };
    let mut found = BTreeSet::new();
    for row in query(sql).rows(connection).await? {
        found.insert(Columns::of(&row).text()?);
    }
    found.remove("_sqlx_migrations");
    let known: BTreeSet<String> = TABLES.iter().map(|table| table.to_string()).collect();
    let unlike: Vec<&String> = found.symmetric_difference(&known).collect();
    if !unlike.is_empty() {
        bail!("the tables of a store are not those that are copied: {unlike:?}");
    }
    Ok(())
}

async fn refuse_unless_empty(connection: &mut AnyConnection) -> anyhow::Result<()> {
    let mut filled = Vec::new();
    for table in TABLES {
        let row = query(format!("select count(*) from {table}")).row(connection).await?.context("a count")?;
        let rows = Columns::of(&row).whole()?;
        if rows > 0 {
            filled.push(format!("{table} ({rows})"));
        }
    }
    if !filled.is_empty() {
        bail!("the store to copy into is not empty: {}", filled.join(", "));
    }
    Ok(())
}

/// Reads a table page by page in the order of its primary key, however large it is.
struct Pages<'a> {
    table: &'a str,
    columns: &'a [Column],
    /// Places of the primary key's columns, in its order.
    key: Vec<usize>,
    /// The key of the last row read.
    last: Option<Vec<Cell>>,
    is_done: bool,
}

const ROWS_PER_PAGE: usize = 5_000;

impl<'a> Pages<'a> {
    fn of(table: &'a str, columns: &'a [Column]) -> Pages<'a> {
        let mut key: Vec<usize> = (0..columns.len()).filter(|place| columns[*place].key > 0).collect();
        key.sort_by_key(|place| columns[*place].key);
        Pages { table, columns, key, last: None, is_done: false }
    }

    async fn next(&mut self, connection: &mut AnyConnection) -> anyhow::Result<Option<Vec<Vec<Cell>>>> {
        if self.is_done {
            return Ok(None);
        }
        let key: Vec<&str> = self.key.iter().map(|place| self.columns[*place].name.as_str()).collect();
        let (key, after) = (key.join(", "), placeholders(1, key.len()));
        let after = if self.last.is_some() { format!("where ({key}) > ({after})") } else { String::new() };
        let sql =
            format!("select {} from {} {after} order by {key} limit {ROWS_PER_PAGE}", names(self.columns), self.table);
        let found = query(sql).bind_all(self.last.take().into_iter().flatten()).rows(connection).await?;
        let rows = found.iter().map(|row| cells(row, self.columns)).collect::<anyhow::Result<Vec<_>>>()?;
        self.is_done = rows.len() < ROWS_PER_PAGE;
        let Some(last) = rows.last() else { return Ok(None) };
        self.last = Some(self.key.iter().map(|place| last[*place].clone()).collect());
        Ok(Some(rows))
    }
}

fn names(columns: &[Column]) -> String {
    columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ")
}

fn cells(row: &AnyRow, columns: &[Column]) -> anyhow::Result<Vec<Cell>> {
    let mut values = Columns::of(row);
    let cell = |column: &Column| {
        Ok(match column.kind {
            ColumnKind::Text => maybe_text(values.maybe_text()?),
            ColumnKind::Whole => maybe_whole(values.maybe_whole()?),
            ColumnKind::Number => maybe_number(values.maybe_number()?),
        })
    };
    columns.iter().map(cell).collect()
}

async fn insert(
    connection: &mut AnyConnection,
    table: &str,
    columns: &[Column],
    rows: Vec<Vec<Cell>>,
) -> anyhow::Result<()> {
    for some in rows.chunks((VALUES_PER_STATEMENT / columns.len()).max(1)) {
        let tuple = |row: usize| format!("({})", placeholders(row * columns.len() + 1, columns.len()));
        let tuples: Vec<String> = (0..some.len()).map(tuple).collect();
        let sql = format!("insert into {table} ({}) values {}", names(columns), tuples.join(", "));
        let values = some.iter().flatten().cloned();
        query(sql).bind_all(values).execute(connection).await.with_context(|| format!("write to table {table}"))?;
    }
    Ok(())
}

async fn digest(kind: Kind, connection: &mut AnyConnection) -> anyhow::Result<StoreDigest> {
    let mut tables = Vec::new();
    for table in TABLES.iter().copied() {
        let columns = columns(kind, connection, table).await?;
        let mut rows = Vec::new();
        let mut pages = Pages::of(table, &columns);
        while let Some(page) = pages.next(connection).await? {
            rows.extend(page.iter().map(|row| row_digest(row)));
        }
        rows.sort_unstable();
        let digest = Digest::of(rows.concat().as_bytes());
        tables.push(TableDigest { table: table.to_string(), rows: rows.len(), digest: digest.as_str().to_string() });
    }
    let together: String = tables.iter().map(|table| format!("{} {}\n", table.table, table.digest)).collect();
    Ok(StoreDigest { tables, digest: Digest::of(together.as_bytes()).as_str().to_string() })
}

/// SHA-256 of the row as a JSON list by the names of its columns; a number by its bits, so that every digit counts.
fn row_digest(row: &[Cell]) -> String {
    let values: Vec<serde_json::Value> = row
        .iter()
        .map(|cell| match cell {
            Cell::Text(text) => json!(text),
            Cell::Whole(whole) => json!(whole),
            Cell::Number(number) => json!(number.map(|number| format!("{:016x}", number.to_bits()))),
        })
        .collect();
    Digest::of(json!(values).to_string().as_bytes()).as_str().to_string()
}
