//! PostgreSQL's second lock: what a query sees that asks for everything, and what no table may lack.

use crate::home::Home;
use crate::parks::small_park;
use sqlx::{Connection, PgConnection, Row};
use store::Actor;

/// Tables with a park in them that are no tenant's data, each with its reason.
const EXEMPT: [(&str, &str); 7] = [
    ("register_entry", "the register is public; it names the park of the store that a registered one is"),
    ("api_token", "whose token it is must be known before there is a scope"),
    ("invitation", "who opens it has no account yet"),
    ("organisation", "whom somebody works for is no tenant's data"),
    ("assignment", "who works for whom is what a scope is made of"),
    ("share", "what was shared with whom is what a scope is made of"),
    ("users", "whom somebody works for must be known before there is a scope"),
];

/// A database with two parks that hold the same enterprises, and a connection that goes round the store.
async fn two_parks() -> Option<(Home, PgConnection)> {
    let home = Home::postgres().await?;
    let store = home.store().await;
    let (one, mut other) = (small_park(), small_park());
    other.id = engine::ids::ParkId::new("khu-khac");
    for park in [one, other] {
        store.save_park(&Actor::system(1), &park, "").await.unwrap();
    }
    let connection = home.connection().await?;
    Some((home, connection))
}

async fn count(connection: &mut PgConnection, sql: &'static str) -> i64 {
    sqlx::query(sql).fetch_one(connection).await.unwrap().get(0)
}

async fn limit(connection: &mut PgConnection, parks: &str, enterprises: &str) {
    let sql = "select set_config('congsinh.parks', $1, true), set_config('congsinh.enterprises', $2, true)";
    sqlx::query(sql).bind(parks).bind(enterprises).execute(connection).await.unwrap();
}

#[tokio::test]
async fn no_table_with_a_park_lacks_the_lock() {
    let Some((_home, mut connection)) = two_parks().await else { return };
    let sql = "select cast(c.relname as text), c.relrowsecurity and c.relforcerowsecurity, \
               exists (select 1 from pg_policy p where p.polrelid = c.oid) \
               from pg_class c join pg_namespace n on n.oid = c.relnamespace \
               where n.nspname = current_schema() and c.relkind = 'r' and (c.relname = 'park' or exists \
               (select 1 from pg_attribute a where a.attrelid = c.oid and a.attname = 'park_id'))";
    let mut checked = 0;
    for row in sqlx::query(sql).fetch_all(&mut connection).await.unwrap() {
        let (table, is_forced, has_policy): (String, bool, bool) = (row.get(0), row.get(1), row.get(2));
        if EXEMPT.iter().any(|(exempt, _)| *exempt == table) {
            continue;
        }
        assert!(is_forced && has_policy, "table {table}: forced {is_forced}, with a policy {has_policy}");
        checked += 1;
    }
    assert!(checked >= 14, "{checked} tables");
}

const TENANT_TABLES: [&str; 17] = [
    "park",
    "enterprise",
    "record",
    "driver",
    "meter",
    "reading",
    "station",
    "temperature",
    "stream",
    "composition",
    "site_link",
    "shared_plant",
    "exchange",
    "survey_answer",
    "fact",
    "measure",
    "audit",
];

#[tokio::test]
async fn without_a_scope_nothing_is_seen() {
    let Some((_home, mut connection)) = two_parks().await else { return };
    for table in TENANT_TABLES {
        let sql = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
        let seen: i64 = sqlx::query(sql).fetch_one(&mut connection).await.unwrap().get(0);
        assert_eq!(seen, 0, "{table}");
    }
    let mut transaction = connection.begin().await.unwrap();
    limit(&mut transaction, r#""*""#, r#""*""#).await;
    for table in TENANT_TABLES {
        let sql = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
        let seen: i64 = sqlx::query(sql).fetch_one(&mut *transaction).await.unwrap().get(0);
        assert!(seen > 0, "{table}: what the lock hides is there to be found");
    }
    transaction.commit().await.unwrap();
    // What was set is forgotten with its transaction: a connection goes back to the pool without it.
    assert_eq!(count(&mut connection, "select count(*) from record").await, 0);
}

#[tokio::test]
async fn a_query_that_forgot_its_where_sees_the_scope_and_no_more() {
    let Some((_home, mut connection)) = two_parks().await else { return };
    let mut transaction = connection.begin().await.unwrap();
    limit(&mut transaction, r#"["khu-thu"]"#, r#"{"khu-thu": ["det"]}"#).await;
    for (table, column) in [
        ("enterprise", "id"),
        ("record", "enterprise_id"),
        ("driver", "enterprise_id"),
        ("meter", "enterprise_id"),
        ("stream", "enterprise_id"),
        ("shared_plant", "enterprise_id"),
        ("survey_answer", "enterprise_id"),
        ("measure", "enterprise_id"),
    ] {
        let sql = format!("select cast(park_id as text), cast({column} as text) from {table}");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&mut *transaction).await.unwrap();
        assert!(!rows.is_empty(), "{table}: one's own is seen");
        for row in rows {
            let (park, enterprise): (String, String) = (row.get(0), row.get(1));
            assert_eq!((park.as_str(), enterprise.as_str()), ("khu-thu", "det"), "{table}");
        }
    }
    assert_eq!(count(&mut transaction, "select count(*) from exchange").await, 0);
    assert_eq!(count(&mut transaction, "select count(distinct park_id) from reading").await, 1);
    let others = "select count(*) from composition where stream_id not in (select id from stream)";
    assert_eq!(count(&mut transaction, others).await, 0);

    let elsewhere = "update record set amount = 0 where park_id = 'khu-khac'";
    assert_eq!(sqlx::query(elsewhere).execute(&mut *transaction).await.unwrap().rows_affected(), 0);
    let planted = "insert into fact (park_id, position, fact, stated_on) values ('khu-khac', 99, 'x', '2024-01-01')";
    let error = sqlx::query(planted).execute(&mut *transaction).await.unwrap_err().to_string();
    assert!(error.contains("row-level security"), "{error}");
}

#[tokio::test]
async fn the_log_is_only_added_to_even_behind_the_stores_back() {
    let Some((_home, mut connection)) = two_parks().await else { return };
    for change in ["update audit set actor = 'nobody'", "delete from audit", "truncate audit"] {
        let mut transaction = connection.begin().await.unwrap();
        limit(&mut transaction, r#""*""#, r#""*""#).await;
        match sqlx::query(change).execute(&mut *transaction).await {
            // Without a policy for it no row is found to change.
            Ok(done) => {
                assert!(!change.starts_with("truncate") && done.rows_affected() == 0, "{change}: {done:?}");
                transaction.commit().await.unwrap();
            }
            Err(error) => assert!(error.to_string().contains("only added to"), "{change}: {error}"),
        }
    }
    let mut transaction = connection.begin().await.unwrap();
    limit(&mut transaction, r#""*""#, r#""*""#).await;
    assert_eq!(count(&mut transaction, "select count(*) from audit").await, 2);
}
