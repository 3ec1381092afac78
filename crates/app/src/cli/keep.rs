//! Where the store is, and moving it from one place to another.

use std::path::PathBuf;

use anyhow::{Context, anyhow};
use indicatif::ProgressBar;
use store::{Address, Note, Store, StoreDigest, UserId};

use super::{Answer, Global, Stop, print_json};
use crate::auth::{self, Action, User};
use crate::demo::now_us;
use crate::words::text_with;

/// Folder of the store unless `--data` names one, and the file in it.
const DEFAULT_DATA: &str = "data";
const STORE_FILE: &str = "congsinh.sqlite";
/// Names a database when `--database` does not.
const DATABASE: &str = "CONGSINH_DATABASE";

/// The store that `--database`, the environment or `--data` names, in this order.
pub async fn open(global: &Global) -> anyhow::Result<Store> {
    let address = address_of(global)?;
    let store = Store::connect(&address).await?;
    Ok(match (&address, &global.data) {
        // The files of a SQLite store lie beside it, unless another folder is named.
        (Address::File(_), None) => store,
        _ => store.with_files_in(&data_folder(global)),
    })
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
    Ok(Address::File(data_folder(global).join(STORE_FILE)))
}

pub fn data_folder(global: &Global) -> PathBuf {
    global.data.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_DATA))
}

/// Opens the store for a command that needs this right, and says who acts: whoever `--as` names with the rights of that
/// account, else the machine, whose user holds the store anyway. Who is refused stands in the audit log.
pub async fn open_for(global: &Global, command: &str, action: &Action) -> Result<(Store, User), Stop> {
    let store = open(global).await?;
    let user = admitted(global, &store, command, action).await?;
    Ok((store, user))
}

async fn admitted(global: &Global, store: &Store, command: &str, action: &Action) -> Result<User, Stop> {
    let user = acting(global, store).await?;
    refuse_unless(global, store, &user, command, action).await?;
    Ok(user)
}

/// Stops a command that whoever acts may not give; that stands in the log.
pub async fn refuse_unless(
    global: &Global,
    store: &Store,
    user: &User,
    command: &str,
    action: &Action,
) -> Result<(), Stop> {
    if auth::may(user, action).is_err() {
        store.note(&user.actor(now_us()), Note::refused(format!("congsinh {command}"))).await?;
        let told = text_with(global.language, "cli-refused", &[("user", &user.id), ("command", command)]);
        return Err(Stop::Failed(anyhow!(told)));
    }
    Ok(())
}

async fn acting(global: &Global, store: &Store) -> Result<User, Stop> {
    let Some(id) = &global.acts_as else { return Ok(User::machine(global.language)) };
    let stored = store.user(&UserId::new(id)).await?;
    let user = match &stored {
        Some(stored) => User::identified(store, stored, super::as_of(global)).await?,
        None => None,
    };
    user.ok_or_else(|| Stop::Usage(text_with(global.language, "cli-nobody", &[("user", id)])))
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
        admitted(global, &source, "migrate", &Action::KeepStore).await?;
        let bar = ProgressBar::new_spinner();
        let digest = source
            .copy_to(&target, |table, rows| {
                bar.set_message(format!("{table} {rows}"));
                bar.tick();
            })
            .await
            .map_err(Stop::Failed)?;
        bar.finish_and_clear();
        Ok::<_, Stop>(digest)
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
