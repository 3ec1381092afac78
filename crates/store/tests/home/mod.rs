//! A home for the store of one test, on either database, gone when the test is over.

use std::path::PathBuf;

use sqlx::{Connection, PgConnection};
use store::{Address, Store};

/// Where `./run test` says that its server is; a role that may make databases and no more.
const SERVER: &str = "CONGSINH_TEST_POSTGRES";

/// Every story is told on both databases.
macro_rules! stories {
    ($($story:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test]
            async fn $story() {
                super::$story(crate::home::Home::sqlite()).await;
            })*
        }
        mod on_postgres {
            $(#[tokio::test]
            async fn $story() {
                if let Some(home) = crate::home::Home::postgres().await {
                    super::$story(home).await;
                }
            })*
        }
    };
}

pub struct Home {
    pub address: Address,
    folder: Option<PathBuf>,
    database: Option<(String, String)>,
}

impl Home {
    pub fn sqlite() -> Home {
        let folder = std::env::temp_dir().join(format!("congsinh-test-{}", uuid::Uuid::now_v7()));
        let address = Address::File(folder.join("thư mục con/store #1.sqlite"));
        Home { address, folder: Some(folder), database: None }
    }

    /// `None` where there is no server to try it on, which is said; in CI there must be one.
    pub async fn postgres() -> Option<Home> {
        let Ok(server) = std::env::var(SERVER) else {
            assert!(std::env::var("CI").is_err(), "{SERVER} is not set: in CI nothing is left out");
            println!("skipped on PostgreSQL: {SERVER} is not set; ./run test sets it");
            return None;
        };
        let name = format!("congsinh_{}", uuid::Uuid::now_v7().simple());
        command(&server, &format!("create database {name}")).await;
        let base = server.rsplit_once('/').expect("the address names a database").0;
        let address = format!("{base}/{name}").parse().expect("an address");
        Some(Home { address, folder: None, database: Some((server, name)) })
    }

    /// A connection behind the store's back.
    pub async fn connection(&self) -> Option<PgConnection> {
        let (server, name) = self.database.as_ref()?;
        let base = server.rsplit_once('/').expect("the address names a database").0;
        Some(PgConnection::connect(&format!("{base}/{name}")).await.expect("the database answers"))
    }

    /// A change of the SQLite file that the store knows nothing of.
    pub async fn behind_its_back(&self, sql: &'static str) {
        let Address::File(path) = &self.address else { panic!("a file") };
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
        let mut connection = sqlx::SqliteConnection::connect_with(&options).await.expect("the file opens");
        sqlx::raw_sql(sql).execute(&mut connection).await.expect("the change is made");
        connection.close().await.expect("the connection closes");
    }

    pub async fn store(&self) -> Store {
        Store::connect(&self.address).await.expect("a store")
    }
}

async fn command(server: &str, sql: &str) {
    let mut connection = PgConnection::connect(server).await.expect("the server answers");
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_string()))
        .execute(&mut connection)
        .await
        .expect("the command is carried out");
    connection.close().await.expect("the connection closes");
}

impl Drop for Home {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            let _ = std::fs::remove_dir_all(folder);
        }
        if let Some((server, name)) = self.database.take() {
            // The test's own runtime is busy being dropped.
            let _ = std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
                runtime.block_on(command(&server, &format!("drop database if exists {name} with (force)")));
            })
            .join();
        }
    }
}
