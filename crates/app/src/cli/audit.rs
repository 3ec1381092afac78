//! `audit`: check the log, print its head, write it out for an auditor.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context;
use store::{AuditFinding, AuditHead, Store};

use super::{Answer, Global, Stop, keep, print_json};
use crate::auth::Action;
use crate::words::{text, text_with};

#[derive(clap::Subcommand)]
pub enum AuditCommand {
    /// Find every place where the log, or the data beside it, was touched; exit code 1 when there is one
    Verify {
        /// Number and hash of a row, written down earlier: proves that the log was not cut off or replaced
        #[arg(long, value_name = "SEQ:HASH", value_parser = head)]
        head: Vec<AuditHead>,
    },
    /// Print number and hash of the newest row, to be written down elsewhere
    Head,
    /// Write the log, how to check it, and its head into a folder
    Export { out: PathBuf },
}

pub fn audit(global: &Global, command: &AuditCommand) -> Answer {
    super::runtime()?.block_on(async {
        let (store, _) = keep::open_for(global, "audit", &Action::SeeAudit).await?;
        match command {
            AuditCommand::Verify { head } => verify(global, &store, head).await,
            AuditCommand::Head => print_head(global, &store).await,
            AuditCommand::Export { out } => export(global, &store, out).await,
        }
    })
}

async fn verify(global: &Global, store: &Store, heads: &[AuditHead]) -> Answer {
    let check = store.check_audit(heads).await?;
    if check.rows == 0 && check.findings.is_empty() {
        return Err(no_log(global));
    }
    if global.json {
        print_json(&check)?;
    } else {
        for finding in &check.findings {
            println!("{}", worded(global, finding));
        }
        let (rows, count) = (check.rows.to_string(), check.findings.len().to_string());
        let head = check.head.as_ref().map(written).unwrap_or_default();
        let key = if check.findings.is_empty() { "cli-audit-sound" } else { "cli-audit-broken" };
        println!("{}", text_with(global.language, key, &[("rows", &rows), ("count", &count), ("head", &head)]));
    }
    if check.findings.is_empty() { Ok(()) } else { Err(Stop::Told) }
}

fn worded(global: &Global, finding: &AuditFinding) -> String {
    let seq = finding.seq.map_or_else(|| "–".to_string(), |seq| seq.to_string());
    let arguments = [
        ("seq", seq.as_str()),
        ("entity", &finding.entity),
        ("id", &finding.entity_id),
        ("expected", &finding.expected),
        ("found", &finding.found),
    ];
    text_with(global.language, &format!("cli-audit-{}", finding.kind.code()), &arguments)
}

async fn print_head(global: &Global, store: &Store) -> Answer {
    let head = store.audit_head().await?.ok_or_else(|| no_log(global))?;
    if global.json {
        return print_json(&head);
    }
    println!("{}", written(&head));
    Ok(())
}

fn no_log(global: &Global) -> Stop {
    Stop::Usage(text(global.language, "cli-audit-empty"))
}

fn written(head: &AuditHead) -> String {
    format!("{}:{}", head.seq, head.hash)
}

/// Characters of a hash.
const HASH_LENGTH: usize = 64;

fn head(text: &str) -> Result<AuditHead, String> {
    let expected = || "expected SEQ:HASH as `congsinh audit head` prints it".to_string();
    let (seq, hash) = text.trim().split_once(':').ok_or_else(expected)?;
    let seq = seq.parse().map_err(|_| expected())?;
    let is_hash = hash.len() == HASH_LENGTH && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hash { Ok(AuditHead { seq, hash: hash.to_ascii_lowercase() }) } else { Err(expected()) }
}

/// What an auditor is told, in both languages.
const READ_ME: &str = include_str!("audit_export.md");

/// The same log gives the same bytes: no time and no machine stands in the files.
async fn export(global: &Global, store: &Store, out: &Path) -> Answer {
    let last = store.audit_head().await?.ok_or_else(|| no_log(global))?;
    fs::create_dir_all(out).with_context(|| format!("make {}", out.display()))?;
    let path = out.join("audit.jsonl");
    let file = fs::File::create(&path).with_context(|| format!("write {}", path.display()))?;
    let mut file = BufWriter::new(file);
    let mut seq = i64::MIN;
    let mut rows = 0;
    // Up to the head that was read first: rows that are added meanwhile belong to the next export.
    'rows: loop {
        let batch = store.audit_after(seq).await?;
        if batch.is_empty() {
            break;
        }
        for row in batch {
            if row.seq > last.seq {
                break 'rows;
            }
            let mut line = String::new();
            let (prev_hash, hash) = (serde_json::json!(row.prev_hash), serde_json::json!(row.hash));
            writeln!(line, "{{\"row\":{},\"prev_hash\":{prev_hash},\"hash\":{hash}}}", row.canonical())
                .map_err(anyhow::Error::from)?;
            file.write_all(line.as_bytes()).with_context(|| format!("write {}", path.display()))?;
            seq = row.seq;
            rows += 1;
        }
    }
    file.flush().with_context(|| format!("write {}", path.display()))?;
    for (name, text) in [("README.md", READ_ME.to_string()), ("head.txt", format!("{}\n", written(&last)))] {
        fs::write(out.join(name), text).with_context(|| format!("write {name}"))?;
    }
    if global.json {
        return print_json(&serde_json::json!({ "rows": rows, "head": last, "folder": out }));
    }
    let (rows, folder) = (rows.to_string(), out.display().to_string());
    println!("{}", text_with(global.language, "cli-audit-exported", &[("rows", &rows), ("folder", &folder)]));
    Ok(())
}
