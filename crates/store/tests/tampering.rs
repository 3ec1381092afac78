//! Tamperings planted by somebody who holds the file: the log's guards are dropped, rows are changed, removed, put
//! elsewhere, slipped in and hashed anew, the database is rolled back, data are moved without the log. Each must be found,
//! and the place named.

#[allow(dead_code, reason = "of the parks for tests only the small one is told of here")]
mod parks;
mod tampering {
    pub mod forger;
    pub mod story;
}

use std::collections::BTreeSet;

use store::FindingKind::{Content, Cut, Data, Gone, Missing, Repeated, Replaced, Unlinked, Unlogged, Unreadable};
use store::{AuditCheck, AuditHead, FindingKind};
use tampering::forger::{Dice, Forged, Row, rehash, rehash_from};
use tampering::story::{EARLY, Story};

/// The same seed plants the same tamperings; another one plants others.
const SEEDS: [u64; 2] = [2024, 7];
const FEWEST: usize = 50;

/// A place where a finding must stand.
#[derive(Clone, Debug, PartialEq)]
enum Place {
    Row(i64),
    /// Entity and code.
    Thing(&'static str, String),
}

fn names(check: &AuditCheck, kind: FindingKind, place: &Place) -> bool {
    check.findings.iter().any(|finding| {
        finding.kind == kind
            && match place {
                Place::Row(seq) => finding.seq == Some(*seq),
                Place::Thing(entity, id) => finding.entity == *entity && finding.entity_id == *id,
            }
    })
}

/// Counts the tamperings and complains about all that were missed at once.
#[derive(Default)]
struct Tally {
    planted: usize,
    missed: Vec<String>,
}

impl Tally {
    /// Found by the chain and the data alone.
    fn found(&mut self, what: &str, check: &AuditCheck, kind: FindingKind, place: Place) {
        self.planted += 1;
        if !names(check, kind, &place) {
            self.missed.push(format!("{what}: no {kind:?} at {place:?} in {:#?}", check.findings));
        }
    }

    /// The chain is whole, and only a head that was written down before tells.
    fn found_by_head(&mut self, what: &str, forged: &Checked, kind: FindingKind, seq: i64) {
        let is_told_without = forged.without_head.findings.iter().any(|finding| is_of_chain(finding.kind));
        if is_told_without {
            self.missed.push(format!("{what}: the chain was thought whole: {:#?}", forged.without_head.findings));
        }
        self.found(what, &forged.with_head, kind, Place::Row(seq));
    }
}

fn is_of_chain(kind: FindingKind) -> bool {
    matches!(kind, Content | Unlinked | Missing | Repeated)
}

struct Checked {
    without_head: AuditCheck,
    with_head: AuditCheck,
}

async fn checked(forged: &Forged, head: &AuditHead) -> Checked {
    let store = forged.open().await;
    Checked {
        without_head: store.check_audit(&[]).await.unwrap(),
        with_head: store.check_audit(std::slice::from_ref(head)).await.unwrap(),
    }
}

#[tokio::test]
async fn the_untouched_story_has_no_finding() {
    let story = Story::told().await;
    let head = story.head().await;
    let checked = checked(&story.copy().await, &head).await;
    assert_eq!(checked.with_head.findings, []);
    assert_eq!(checked.with_head.head, Some(head));
    assert!(checked.with_head.rows >= 30, "{}", checked.with_head.rows);
}

/// Erasing a person takes the name and the key away. The chain does not hold either, and what is left fits.
#[tokio::test]
async fn the_chain_survives_an_erasure() {
    let story = Story::told().await;
    let forged = story.copy().await;
    let text = forged.rows().await.iter().map(|row| format!("{row:?}")).collect::<String>();
    assert!(text.contains("minh") && !text.contains("Lê Văn Minh") && !text.contains("$argon2id"), "{text}");
    forged.sql("update users set name = '', password_hash = null, log_key = null where id = 'minh'").await;
    let check = checked(&forged, &story.head().await).await.with_head;
    assert_eq!(check.findings, []);
}

#[tokio::test]
async fn every_planted_tampering_is_found_at_its_place() {
    let story = Story::told().await;
    let mut kinds = BTreeSet::new();
    for seed in SEEDS {
        let mut tally = Tally::default();
        let mut dice = Dice(seed);
        changed_rows(&story, &mut dice, &mut tally).await;
        changed_and_hashed_rows(&story, &mut dice, &mut tally).await;
        removed_rows(&story, &mut dice, &mut tally).await;
        reordered_rows(&story, &mut dice, &mut tally).await;
        inserted_rows(&story, &mut dice, &mut tally).await;
        tails_hashed_anew(&story, &mut dice, &mut tally).await;
        copied_and_rolled_back(&story, &mut dice, &mut tally).await;
        data_without_the_log(&story, &mut dice, &mut tally).await;
        assert!(tally.missed.is_empty(), "seed {seed}, {} missed:\n{}", tally.missed.len(), tally.missed.join("\n"));
        assert!(tally.planted >= FEWEST, "{} planted", tally.planted);
        kinds.insert(tally.planted);
        println!("seed {seed}: {} tamperings planted, all found", tally.planted);
    }
    assert_eq!(kinds.len(), 1, "both seeds plant the same number");
}

async fn changed_rows(story: &Story, dice: &mut Dice, tally: &mut Tally) {
    let head = story.head().await;
    for column in 1..Row::COLUMNS {
        let forged = story.copy().await;
        let mut rows = forged.rows().await;
        let at = dice.below(rows.len());
        rows[at].spoil(column, dice);
        let (seq, is_link) = (rows[at].seq, column == Row::PREV_HASH);
        forged.write(&rows).await;
        let check = checked(&forged, &head).await.without_head;
        let kind = if is_link { Unlinked } else { Content };
        tally.found(&format!("column {column} of row {seq} changed"), &check, kind, Place::Row(seq));
    }
    // What is no text at all.
    let forged = story.copy().await;
    let seq = dice.below(20) + 2;
    forged.sql(&format!("update audit set actor_role = x'00ff' where seq = {seq}")).await;
    let check = checked(&forged, &head).await.without_head;
    tally.found("bytes for text", &check, Unreadable, Place::Row(seq as i64));

    // Several places at once: all are told.
    let forged = story.copy().await;
    let mut rows = forged.rows().await;
    let places = [2, 7 + dice.below(5), 15 + dice.below(5)];
    for at in places {
        rows[at].spoil(Row::ACTOR, dice);
    }
    let seqs = places.map(|at| rows[at].seq);
    forged.write(&rows).await;
    let check = checked(&forged, &head).await.without_head;
    for seq in seqs {
        tally.found("one of three rows changed", &check, Content, Place::Row(seq));
    }
}

/// The row itself is hashed anew: the row behind it still tells of the old one.
async fn changed_and_hashed_rows(story: &Story, dice: &mut Dice, tally: &mut Tally) {
    let head = story.head().await;
    for column in [Row::AT, Row::ACTOR, Row::ACTION, Row::ENTITY_ID, Row::PARK, Row::AFTER] {
        let forged = story.copy().await;
        let mut rows = forged.rows().await;
        let at = dice.below(rows.len() - 1);
        rows[at].spoil(column, dice);
        rehash(&mut rows[at]);
        let behind = rows[at + 1].seq;
        forged.write(&rows).await;
        let check = checked(&forged, &head).await.without_head;
        tally.found(&format!("column {column} changed and hashed"), &check, Unlinked, Place::Row(behind));
    }
}

async fn removed_rows(story: &Story, dice: &mut Dice, tally: &mut Tally) {
    let head = story.head().await;
    for count in [1, 1, 2, 5] {
        let forged = story.copy().await;
        let mut rows = forged.rows().await;
        let at = dice.below(rows.len() - count - 1);
        rows.drain(at..at + count);
        let behind = rows[at].seq;
        forged.write(&rows).await;
        let check = checked(&forged, &head).await.without_head;
        tally.found(&format!("{count} rows before {behind} removed"), &check, Missing, Place::Row(behind));
    }
    // The numbers are closed up, once as they are and once with the row behind hashed anew.
    for is_hashed in [false, true] {
        let forged = story.copy().await;
        let mut rows = forged.rows().await;
        let at = 1 + dice.below(rows.len() - 5);
        rows.remove(at);
        for row in &mut rows[at..] {
            row.seq -= 1;
        }
        let (kind, seq) = if is_hashed { (Unlinked, rows[at].seq) } else { (Content, rows[at].seq) };
        if is_hashed {
            rehash(&mut rows[at]);
        }
        forged.write(&rows).await;
        let check = checked(&forged, &head).await.without_head;
        tally.found("a row removed, the numbers closed up", &check, kind, Place::Row(seq));
    }
    // At the end nothing stands behind; only a head tells.
    for count in [1, 2 + dice.below(3)] {
        let forged = story.copy().await;
        let mut rows = forged.rows().await;
        rows.truncate(rows.len() - count);
        forged.write(&rows).await;
        tally.found_by_head("cut off at the end", &checked(&forged, &head).await, Cut, head.seq);
    }
    // All of it: then the data have no log.
    let forged = story.copy().await;
    forged.write(&[]).await;
    let checked = checked(&forged, &head).await;
    let park = Place::Thing("park", "khu-thu".to_string());
    tally.found("the whole log removed", &checked.without_head, Unlogged, park);
    tally.found("the whole log removed", &checked.with_head, Cut, Place::Row(head.seq));
}

async fn reordered_rows(story: &Story, dice: &mut Dice, tally: &mut Tally) {
    let head = story.head().await;
    for is_hashed in [false, false, true, true] {
        let forged = story.copy().await;
        let mut rows = forged.rows().await;
        let one = dice.below(rows.len() - 4);
        let other = one + 1 + dice.below(2);
        let (first, second) = (rows[one].seq, rows[other].seq);
        rows.swap(one, other);
        (rows[one].seq, rows[other].seq) = (first, second);
        let kind = if is_hashed { Unlinked } else { Content };
        if is_hashed {
            let link = rows[other].prev_hash.clone();
            rows[other].prev_hash = std::mem::replace(&mut rows[one].prev_hash, link);
            rehash(&mut rows[one]);
            rehash(&mut rows[other]);
        }
        forged.write(&rows).await;
        let check = checked(&forged, &head).await.without_head;
        // Hashed anew, what breaks is the first link behind the exchanged row.
        let seq = if is_hashed { first + 1 } else { first };
        tally.found(&format!("rows {first} and {second} exchanged"), &check, kind, Place::Row(seq));
        if !is_hashed {
            tally.found(&format!("rows {first} and {second} exchanged"), &check, kind, Place::Row(second));
        }
    }
}

async fn inserted_rows(story: &Story, dice: &mut Dice, tally: &mut Tally) {
    let head = story.head().await;
    // Under a number that is there already; the table lost its key for it.
    for _ in 0..2 {
        let forged = story.copy().await;
        let mut rows = forged.rows().await;
        let at = 1 + dice.below(rows.len() - 2);
        let mut slipped_in = rows[at].clone();
        slipped_in.spoil(Row::ACTOR, dice);
        rehash(&mut slipped_in);
        let seq = slipped_in.seq;
        rows.insert(at, slipped_in);
        forged.write_without_key(&rows).await;
        let check = checked(&forged, &head).await.without_head;
        tally.found(&format!("a second row {seq}"), &check, Repeated, Place::Row(seq));
    }
    // With the rows behind moved on, not hashed and with the first of them hashed.
    for is_hashed in [false, false, true, true] {
        let forged = story.copy().await;
        let mut rows = forged.rows().await;
        let at = 1 + dice.below(rows.len() - 2);
        let mut slipped_in = rows[at].clone();
        slipped_in.spoil(Row::AFTER, dice);
        rehash(&mut slipped_in);
        for row in &mut rows[at..] {
            row.seq += 1;
        }
        rows.insert(at, slipped_in);
        let behind = rows[at + 1].seq;
        if is_hashed {
            rehash(&mut rows[at + 1]);
        }
        forged.write(&rows).await;
        let check = checked(&forged, &head).await.without_head;
        let kind = if is_hashed { Unlinked } else { Content };
        tally.found(&format!("a row before {behind} slipped in"), &check, kind, Place::Row(behind));
    }
}

/// Whoever holds the file can hash everything behind a row anew. The chain is whole then, and a head tells.
async fn tails_hashed_anew(story: &Story, dice: &mut Dice, tally: &mut Tally) {
    let head = story.head().await;
    for column in [Row::AT, Row::ACTOR, Row::ROLE] {
        let forged = story.copy().await;
        let mut rows = forged.rows().await;
        let at = dice.below(rows.len());
        rows[at].spoil(column, dice);
        rehash_from(&mut rows, at);
        forged.write(&rows).await;
        tally.found_by_head("a changed row with its tail", &checked(&forged, &head).await, Replaced, head.seq);
    }
    let forged = story.copy().await;
    let mut rows = forged.rows().await;
    let at = dice.below(rows.len() - 1);
    rows.remove(at);
    rehash_from(&mut rows, at);
    forged.write(&rows).await;
    tally.found_by_head("a removed row with its tail", &checked(&forged, &head).await, Cut, head.seq);

    let forged = story.copy().await;
    let mut rows = forged.rows().await;
    let at = dice.below(rows.len() - 1);
    let mut slipped_in = rows[at].clone();
    slipped_in.spoil(Row::ACTOR, dice);
    rows.insert(at, slipped_in);
    rehash_from(&mut rows, at);
    forged.write(&rows).await;
    tally.found_by_head("a row slipped in with its tail", &checked(&forged, &head).await, Replaced, head.seq);

    let forged = story.copy().await;
    let mut rows = forged.rows().await;
    let at = dice.below(rows.len() - 1);
    rows.swap(at, at + 1);
    rehash_from(&mut rows, at);
    forged.write(&rows).await;
    tally.found_by_head("two rows exchanged with their tail", &checked(&forged, &head).await, Replaced, head.seq);

    // The log tells of another figure now, and the data of the old one.
    let forged = story.copy().await;
    let mut rows = forged.rows().await;
    let at = story.corrected_row(&rows, dice);
    let id = rows[at].entity_id.clone();
    rows[at].after_json = rows[at].after_json.as_ref().map(|after| after.replace("\"value\":", "\"value\":9"));
    rehash_from(&mut rows, at);
    forged.write(&rows).await;
    let checked = checked(&forged, &head).await;
    tally.found("a figure of the log with its tail", &checked.without_head, Data, Place::Thing("record", id));
    tally.found_by_head("a figure of the log with its tail", &checked, Replaced, head.seq);
}

async fn copied_and_rolled_back(story: &Story, dice: &mut Dice, tally: &mut Tally) {
    let head = story.head().await;
    // A copy from earlier in place of the true one.
    tally.found_by_head("rolled back", &checked(&story.early_copy().await, &head).await, Cut, head.seq);
    // The same, and written on until it is as long.
    for rows in [head.seq - EARLY, head.seq - EARLY + 1 + dice.below(4) as i64] {
        let forged = story.early_copy().await;
        forged.write_on(rows, dice).await;
        tally.found_by_head("rolled back and written on", &checked(&forged, &head).await, Replaced, head.seq);
    }
    // Two copies of one database, each written on: each fails with the head of the other.
    let (one, other) = (story.copy().await, story.copy().await);
    one.write_on(3, dice).await;
    other.write_on(3, dice).await;
    let (one_head, other_head) = (one.head().await, other.head().await);
    tally.found_by_head("a copy", &checked(&one, &other_head).await, Replaced, other_head.seq);
    tally.found_by_head("a copy", &checked(&other, &one_head).await, Replaced, one_head.seq);
    // Another database altogether.
    let another = Story::told().await;
    let forged = another.copy().await;
    tally.found_by_head("another database", &checked(&forged, &head).await, Replaced, head.seq);
}

async fn data_without_the_log(story: &Story, dice: &mut Dice, tally: &mut Tally) {
    let head = story.head().await;
    let factor = 2 + dice.below(7);
    let of_park = |sheet: &str| Place::Thing("park", format!("khu-thu/{sheet}"));
    let thing = |entity, id: &str| Place::Thing(entity, id.to_string());
    let march = "khu-thu/det/electricity/2024-03";
    let imported = "enterprise_id = 'giay' and resource_id = 'electricity' and superseded_at_us is null";
    let corrected = "enterprise_id = 'det' and resource_id = 'electricity' and period_start = '2024-03-01' \
                     and park_id = 'khu-thu'";
    let cases: Vec<(String, FindingKind, Place)> = vec![
        (format!("update record set amount = amount * {factor} where {imported}"), Data, of_park("records")),
        (format!("delete from record where park_id = 'khu-thu' and {imported}"), Data, of_park("records")),
        (
            format!("update record set amount = amount * {factor} where {corrected} and superseded_at_us is null"),
            Data,
            thing("record", march),
        ),
        (
            format!("update record set source = 'x' where {corrected} and superseded_at_us is null"),
            Data,
            thing("record", march),
        ),
        (
            format!("update record set recorded_by = 'minh' where {corrected} and superseded_at_us is null"),
            Data,
            thing("record", march),
        ),
        (
            format!("update record set amount = amount + {factor} where {corrected} and superseded_at_us is not null"),
            Data,
            thing("record", march),
        ),
        (
            format!("delete from record where {corrected} and superseded_at_us is not null"),
            Gone,
            thing("record", march),
        ),
        (
            format!("update record set superseded_at_us = 99 where {corrected} and superseded_at_us is null"),
            Data,
            thing("record", march),
        ),
        (
            format!("update record set superseded_at_us = null where {corrected} and superseded_at_us is not null"),
            Data,
            thing("record", march),
        ),
        (
            "insert into record select 'forged', park_id, 99, enterprise_id, resource_id, '2025-01-01', '2025-02-01', \
             amount, unit, basis, source, cost_vnd, line, recorded_at_us, recorded_by, null, null \
             from record where park_id = 'khu-thu' limit 1"
                .to_string(),
            Data,
            of_park("records"),
        ),
        ("update enterprise set name_vi = 'Khác' where id = 'det'".to_string(), Data, of_park("enterprises")),
        (format!("update stream set quantity = quantity * {factor} where id = 'soi'"), Data, of_park("streams")),
        (format!("update composition set content = content + {factor}"), Data, of_park("streams")),
        (format!("update reading set value = value + {factor} where value is not null"), Data, of_park("readings")),
        (format!("update site_link set running_vnd = running_vnd + {factor}"), Data, of_park("works")),
        (format!("update temperature set celsius = celsius + {factor}"), Data, of_park("weather")),
        ("delete from temperature where position = 0".to_string(), Data, of_park("weather")),
        (format!("update driver set value = value + {factor}"), Data, of_park("drivers")),
        ("update meter set unit = 'GWh' where id = 'cong-to-det'".to_string(), Data, of_park("meters")),
        ("update exchange set ended_on = '2024-02-02' where id = 'tro-bay'".to_string(), Data, of_park("exchanges")),
        ("update survey_answer set yes = 1 - yes".to_string(), Data, of_park("survey")),
        (format!("update fact set value = value + {factor} where value is not null"), Data, of_park("facts")),
        ("update measure set status = 'proposed', signer = 'Ai đó'".to_string(), Data, of_park("measures")),
        (format!("update park set area_ha = {factor} where id = 'khu-thu'"), Data, of_park("particulars")),
        (
            "update record set period_start = 'never' where park_id = 'khu-thu'".to_string(),
            Unreadable,
            thing("park", "khu-thu"),
        ),
        (
            "insert into park (id, revision, saved_at_us, name_vi, name_en, province, utc_offset_h, synthetic) \
             values ('khu-la', 1, 1, 'x', 'x', '92', 7, 0)"
                .to_string(),
            Unlogged,
            thing("park", "khu-la"),
        ),
        ("update users set role = 'administrator' where id = 'lan'".to_string(), Data, thing("user", "lan/role")),
        ("update users set name = 'Ai đó' where id = 'lan'".to_string(), Data, thing("user", "lan/name")),
        ("update users set password_hash = '$x' where id = 'lan'".to_string(), Data, thing("user", "lan/password")),
        (
            "insert into users (id, name, role, language, is_demo) values ('la', 'Lạ', 'administrator', 'vi', 0)"
                .to_string(),
            Unlogged,
            thing("user", "la"),
        ),
        ("delete from session; delete from users where id = 'minh'".to_string(), Gone, thing("user", "minh")),
        ("update result set json = '{\"met\":9}'".to_string(), Data, thing("result", "khu-thu/assess/2024")),
        ("delete from result".to_string(), Data, thing("result", "khu-thu/assess/2024")),
        ("update register_state set source = 'elsewhere'".to_string(), Data, thing("register", "all")),
        (
            "update register_entry set park_id = 'khu-hai' where code = 'a'".to_string(),
            Data,
            thing("register", "park/a"),
        ),
    ];
    for (sql, kind, place) in cases {
        let forged = story.copy().await;
        forged.sql(&format!("pragma foreign_keys = off; {sql}")).await;
        let check = checked(&forged, &head).await.without_head;
        let is_chain_whole = check.findings.iter().all(|finding| !is_of_chain(finding.kind));
        assert!(is_chain_whole, "{sql}: {:?}", check.findings);
        tally.found(&sql, &check, kind, place);
    }
}
