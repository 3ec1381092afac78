//! A database with a log in which everything happens once, to be copied and tampered with.

use std::path::PathBuf;

use engine::ids::{EnterpriseId, ParkId, ResourceId};
use engine::language::Language;
use engine::period::Period;
use engine::quantity::Amount;
use engine::register::{Entry, Facts, Field, Link, RegisterKind, State};
use engine::source::{Basis, Digest};
use sqlx::{AssertSqlSafe, Connection};
use store::{Actor, AuditHead, Declared, NewResult, Note, PasswordHash, RecordAt, Scope, Session, Store, User, UserId};

use super::forger::{Dice, Forged, Row, connect};
use crate::parks::small_park;

/// Rows that the log had when the early copy was made.
pub const EARLY: i64 = 12;

pub struct Story {
    folder: PathBuf,
    store: Store,
}

impl Story {
    pub async fn told() -> Story {
        let folder = std::env::temp_dir().join(format!("congsinh-tampering-{}", uuid::Uuid::now_v7()));
        let store = Store::open(&folder.join("true.sqlite")).await.unwrap();
        let story = Story { folder, store };
        story.tell().await;
        story
    }

    pub async fn head(&self) -> AuditHead {
        self.store.audit_head().await.unwrap().unwrap()
    }

    pub async fn copy(&self) -> Forged {
        copy(&self.folder.join("true.sqlite"), self.folder.join(format!("{}.sqlite", uuid::Uuid::now_v7()))).await
    }

    pub async fn early_copy(&self) -> Forged {
        copy(&self.folder.join("early.sqlite"), self.folder.join(format!("{}.sqlite", uuid::Uuid::now_v7()))).await
    }

    /// Where a row stands that corrected a record after the last import.
    pub fn corrected_row(&self, rows: &[Row], dice: &mut Dice) -> usize {
        let last_import = rows.iter().rposition(|row| row.entity == "park").unwrap();
        let corrected: Vec<usize> = (last_import..rows.len()).filter(|at| rows[*at].action == "correct").collect();
        corrected[dice.below(corrected.len())]
    }

    async fn tell(&self) {
        let store = &self.store;
        for (id, name) in [("lan", "Trần Thị Lan"), ("minh", "Lê Văn Minh"), ("quan", "Phạm Quân")] {
            store.save_user(&Actor::system(1), &user(id, name, "consultant")).await.unwrap();
        }
        let register = [registered("a", "Trà Nóc"), registered("b", "Đình Vũ"), registered("c", "Sóng Thần")];
        store.seed_register(&Actor::system(2), register.to_vec()).await.unwrap();
        let mut park = small_park();
        store.save_park(&lan(3), &park, "first").await.unwrap();
        let other = engine::park::Park { id: ParkId::new("khu-hai"), ..small_park() };
        store.save_park(&lan(4), &other, "first").await.unwrap();
        store.link_entry(&Actor::system(5), RegisterKind::Park, "a", &link(&park.id)).await.unwrap();
        for (month, value) in [(2, 9.0), (3, 12.0), (4, 0.2)] {
            self.correct(month, value).await;
        }
        store.note(&lan(10), Note::refused("GET /audit")).await.unwrap();
        store.save_user(&Actor::system(11), &user("lan", "Trần Thị Lan", "park-operator")).await.unwrap();
        assert_eq!(self.head().await.seq, EARLY);
        copy_file(&self.folder.join("true.sqlite"), &self.folder.join("early.sqlite")).await;

        // The second import takes over what was corrected, and changes a stream.
        park = store.load_park(&Scope::system(), &park.id).await.unwrap().unwrap();
        park.streams[1].quantity.value *= 1.1;
        store.save_park(&lan(20), &park, "second").await.unwrap();
        for value in [12.5, 13.25, 14.0, 0.1 + 0.2] {
            self.correct(3, value).await;
        }
        let everything = Scope::system();
        store.add_record(&lan(31), &everything, &electricity("det", 7), &declared(5.0)).await.unwrap();
        store.add_record(&lan(32), &everything, &electricity("det", 8), &declared(6.0)).await.unwrap();
        store.correct_record(&lan(33), &everything, &electricity("det", 8), &declared(6.5)).await.unwrap();
        store.withdraw_record(&lan(34), &everything, &electricity("det", 4)).await.unwrap();
        store.withdraw_record(&lan(35), &everything, &electricity("det", 7)).await.unwrap();
        for (at, json) in [(40, r#"{"met":7}"#), (41, r#"{"met":8}"#)] {
            let result = NewResult {
                park: park.id.clone(),
                step: "assess".to_string(),
                key: "2024".to_string(),
                inputs: park.digest(),
                catalogue: Digest::of(b"catalogue"),
                as_of: jiff::civil::date(2025, 1, 31),
                json: json.to_string(),
            };
            store.save_result(&lan(at), &result).await.unwrap();
        }
        let session = Session {
            token_hash: "HASH".to_string(),
            user: UserId::new("lan"),
            created_at_us: 50,
            expires_at_us: i64::MAX,
            csrf: "CSRF".to_string(),
            address: "203.0.113.7".to_string(),
            device: "a browser".to_string(),
        };
        store.create_session(&lan(50), &session).await.unwrap();
        store.end_session(&lan(51), "HASH").await.unwrap();
        store.link_entry(&Actor::system(52), RegisterKind::Park, "b", &link(&other.id)).await.unwrap();
        for number in 0..3 {
            store.note(&lan(60 + number), Note::refused(format!("GET /parks/{number}"))).await.unwrap();
        }
    }

    async fn correct(&self, month: i8, value: f64) {
        let at = electricity("det", month);
        self.store.correct_record(&lan(9), &Scope::system(), &at, &declared(value)).await.unwrap();
    }
}

impl Drop for Story {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn lan(at_us: i64) -> Actor {
    Actor::new("lan", "park-operator", at_us)
}

fn user(id: &str, name: &str, role: &str) -> User {
    User {
        id: UserId::new(id),
        name: name.to_string(),
        role: role.to_string(),
        park: Some(ParkId::new("khu-thu")),
        enterprise: None,
        province: None,
        language: Language::Vi,
        password_hash: Some(PasswordHash::new(format!("$argon2id${id}"))),
        is_demo: false,
    }
}

fn registered(code: &str, name: &str) -> Entry {
    let facts = Facts::from([(Field::NameVi, name.to_string()), (Field::AreaHa, "100.5".to_string())]);
    let (source, licence) = ("source".to_string(), "ODbL".to_string());
    Entry::new(RegisterKind::Park, code, State { facts, source, licence, ..State::default() })
}

fn link(park: &ParkId) -> Link {
    Link { park: Some(park.clone()), enterprise: None }
}

fn electricity(enterprise: &str, month: i8) -> RecordAt {
    RecordAt {
        park: ParkId::new("khu-thu"),
        enterprise: EnterpriseId::new(enterprise),
        resource: ResourceId::new("electricity"),
        period: Period::month(2024, month).unwrap(),
    }
}

fn declared(value: f64) -> Declared {
    Declared {
        amount: Amount { value, unit: "MWh".to_string() },
        basis: Basis::Invoiced,
        source: "Hóa đơn, bản sửa".to_string(),
        cost_vnd: Some(91_000_000.0),
    }
}

async fn copy(from: &std::path::Path, to: PathBuf) -> Forged {
    copy_file(from, &to).await;
    Forged { path: to }
}

/// A copy of one state of the file, whoever else has it open.
async fn copy_file(from: &std::path::Path, to: &std::path::Path) {
    let mut connection = connect(from).await;
    let sql = format!("vacuum into '{}'", to.display());
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}
