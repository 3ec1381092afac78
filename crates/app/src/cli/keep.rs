//! Where the store is, and moving it from one place to another.

use std::path::PathBuf;

use anyhow::{Context, anyhow};
use indicatif::{ProgressBar, ProgressStyle};
use store::{Address, Store, StoreDigest};

use super::{Answer, Global, Stop, print_json};

/// Folder of the store unless `--data` names one, and the file in it.
const DEFAULT_DATA: &str = "data";
const STORE_FILE: &str = "congsinh.sqlite";
/// Names a database when `--database` does not.
const DATABASE: &str = "CONGSINH_DATABASE";

/// The store that `--database`, the environment or `--data` names, in this order.
pub async fn open(global: &Global) -> anyhow::Result<Store> {
    Store::connect(&address_of(global)?).await
}

fn address_of(global: &Global) -> anyhow::Result<Address> {
    if let Some(named) = &global.database {
        return address(named);
    }
    if let Ok(named) = std::env::var(DATABASE)
        && global.data.is_none()
    {
        return named.parse();
    }
    let folder = global.data.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_DATA));
    Ok(Address::File(folder.join(STORE_FILE)))
}

/// An address, or where it is written: `env:NAME` and `file:PATH` keep a password off the command line, which other
/// people of the machine can read.
pub fn address(named: &str) -> anyhow::Result<Address> {
    if let Some(name) = named.strip_prefix("env:") {
        return std::env::var(name).map_err(|_| anyhow!("the environment has no {name}"))?.trim().parse();
    }
    if let Some(path) = named.strip_prefix("file:") {
        let text = std::fs::read_to_string(path).with_context(|| format!("read the database's address from {path}"))?;
        return text.trim().parse();
    }
    let address = named.parse()?;
    let has_password = match &address {
        Address::Postgres(url) => {
            let user = url.split_once("://").and_then(|(_, rest)| rest.rsplit_once('@')).map_or("", |(user, _)| user);
            user.contains(':') || url.contains("password=")
        }
        Address::File(_) => false,
    };
    if has_password {
        return Err(anyhow!(
            "a password on the command line can be read by others: name the address as env:NAME or file:PATH"
        ));
    }
    Ok(address)
}

/// Copies a whole store into an empty one, and prints the digests that are equal on both sides.
pub fn migrate(global: &Global, from: &str, to: &str) -> Answer {
    let (from, to) = (address(from), address(to));
    let (Ok(from), Ok(to)) = (&from, &to) else {
        let told = [from, to].into_iter().filter_map(Result::err).map(|error| format!("{error:#}"));
        return Err(Stop::Usage(told.collect::<Vec<_>>().join("\n")));
    };
    if let Address::File(path) = from
        && !path.exists()
    {
        return Err(Stop::Usage(format!("{}: no such store", path.display())));
    }
    let digest = super::runtime()?.block_on(async {
        let (source, target) = (Store::connect(from).await?, Store::connect(to).await?);
        let bar = ProgressBar::new_spinner().with_style(ProgressStyle::with_template("{spinner} {msg}")?);
        let digest = source
            .copy_to(&target, |table, rows| {
                bar.set_message(format!("{table} {rows}"));
                bar.tick();
            })
            .await?;
        bar.finish_and_clear();
        Ok::<_, anyhow::Error>(digest)
    })?;
    if global.json { print_json(&digest) } else { print_digest(&digest) }
}

fn print_digest(digest: &StoreDigest) -> Answer {
    for table in &digest.tables {
        println!("{:<16} {:>9}  {}", table.table, table.rows, table.digest);
    }
    println!("{:<16} {:>9}  {}", "=", digest.tables.iter().map(|table| table.rows).sum::<usize>(), digest.digest);
    Ok(())
}
