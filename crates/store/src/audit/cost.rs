//! What the audit row adds to a write; `./run bench audit` prints it.

use std::time::Instant;

use super::tests::begin;
use crate::Store;
use crate::sql::{query, text};

const ROUNDS: usize = 400;
const WARM_UP: usize = 20;

/// The same insert with and without its audit row, in turns, each in a transaction of its own that is written through
/// to the disk.
#[tokio::test]
#[ignore = "a measurement"]
async fn how_much_the_audit_row_costs() {
    let store = Store::in_memory().await.unwrap();
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for number in 0..WARM_UP + ROUNDS {
        for is_audited in [number % 2 == 0, number % 2 == 1] {
            let start = Instant::now();
            let mut write = begin(&store).await;
            let sql = "insert into users (id, name, role, language, is_demo) values ($1, 'Lan', 'r', 'vi', 0)";
            let id = text(format!("{is_audited}-{number}"));
            query(sql).bind(id).execute(write.connection()).await.unwrap();
            if is_audited {
                write.after(Some(serde_json::json!({ "name": "hmac:…", "role": "r", "language": "vi" })));
                write.commit().await.unwrap();
            } else {
                write.transaction.commit().await.unwrap();
            }
            let times = if is_audited { &mut with } else { &mut without };
            if number >= WARM_UP {
                times.push(start.elapsed().as_secs_f64() * 1e3);
            }
        }
    }
    let started = Instant::now();
    let rows = store.verify_audit().await.unwrap().rows;
    let walked = started.elapsed().as_secs_f64() * 1e3;
    println!("| one write | n | median ms | 5 % | 95 % |");
    println!("|---|---:|---:|---:|---:|");
    let told = [("without audit row", without), ("with audit row", with)].map(|(name, mut times)| {
        times.sort_by(f64::total_cmp);
        let at = |share: f64| times[((times.len() - 1) as f64 * share).round() as usize];
        println!("| {name} | {} | {:.3} | {:.3} | {:.3} |", times.len(), at(0.5), at(0.05), at(0.95));
        (at(0.5), at(0.05))
    });
    println!();
    // On a busy machine the median tells more of the others' work than of ours; the quickest writes had the least of it.
    let (median, quick) = (told[1].0 - told[0].0, told[1].1 - told[0].1);
    println!("The audit row adds {median:.3} ms to the median write, {quick:.3} ms at the quick end (5 %).");
    println!("Walking the chain of {rows} rows: {walked:.1} ms.");
    assert_eq!(rows as usize, WARM_UP + ROUNDS);
}
