//! `congsinh user`: add somebody, erase somebody's personal data, clear away what has run out.

use std::io::Read;

use anyhow::Context;
use clap::Subcommand;
use engine::ids::{EnterpriseId, ParkId};
use store::{Account, User, UserId};

use super::{Answer, Global, Stop, print_json, runtime};
use crate::auth::{Action, Role};
use crate::cli::keep::open_for;
use crate::demo::now_us;
use crate::password;
use crate::words::{text, text_with};

#[derive(Subcommand)]
pub enum Command {
    /// Add or change a user; the password is read from stdin
    Add(NewUser),
    /// Erase the personal data of a user; the identifier stays, for the log
    Erase { id: String },
    /// Clear away sessions, tokens, invitations and resets that ran out more than 30 days ago
    Tidy,
}

#[derive(clap::Args)]
pub struct NewUser {
    id: String,
    #[arg(long)]
    name: String,
    /// One of: enterprise-editor, park-operator, consultant, provincial-board, ministry, programme-officer, administrator
    #[arg(long)]
    role: String,
    /// Mail address, to sign in with and for lost passwords
    #[arg(long)]
    mail: Option<String>,
    #[arg(long)]
    park: Option<String>,
    #[arg(long)]
    enterprise: Option<String>,
    /// Province code, newer edition
    #[arg(long)]
    province: Option<String>,
}

pub fn run(global: &Global, command: &Command) -> Answer {
    match command {
        Command::Add(new) => add(global, new),
        Command::Erase { id } => erase(global, id),
        Command::Tidy => tidy(global),
    }
}

/// What links in letters may begin with.
pub fn public_url(text: &str) -> Result<String, String> {
    let expected = || "expected http:// or https:// with a host and no path".to_string();
    let url = reqwest::Url::parse(text).map_err(|_| expected())?;
    let is_web = matches!(url.scheme(), "http" | "https") && url.has_host() && url.path() == "/";
    let is_bare = url.query().is_none() && url.username().is_empty();
    if is_web && is_bare { Ok(text.trim_end_matches('/').to_string()) } else { Err(expected()) }
}

fn add(global: &Global, new: &NewUser) -> Answer {
    let role = Role::parse(&new.role).filter(|role| *role != Role::Public);
    let Some(role) = role else {
        let known: Vec<&str> = Role::ALL.iter().skip(1).map(|role| role.code()).collect();
        return Err(Stop::Usage(format!("role `{}`: expected one of {}", new.role, known.join(", "))));
    };
    if new.mail.as_ref().is_some_and(|mail| mail.parse::<lettre::Address>().is_err()) {
        return Err(Stop::Usage("--mail: expected a mail address".to_string()));
    }
    let mut password = String::new();
    std::io::stdin().read_to_string(&mut password).context("read the password from stdin")?;
    let password = password.trim_end_matches(['\r', '\n']);
    let known = [new.name.as_str(), new.id.as_str(), new.mail.as_deref().unwrap_or_default(), "congsinh"];
    if let Some(weakness) = password::weakness(password, &known) {
        let why = text(global.language, &format!("password-{}", weakness.code()));
        return Err(Stop::Usage(text_with(global.language, "cli-password-refused", &[("why", &why)])));
    }
    let user = User {
        id: UserId::new(&new.id),
        name: new.name.clone(),
        role: role.code().to_string(),
        park: new.park.as_ref().map(ParkId::new),
        enterprise: new.enterprise.as_ref().map(EnterpriseId::new),
        province: new.province.clone(),
        language: global.language,
        password_hash: Some(password::hash_now(password)?),
        is_demo: false,
    };
    let mail = new.mail.clone();
    runtime()?.block_on(async {
        let (store, by) = open_for(global, "user add", &Action::ManagePeople).await?;
        let before = store.account(&user.id).await?;
        let account = Account {
            mail: mail.or(before.as_ref().and_then(|before| before.mail.clone())),
            organisation: before.as_ref().and_then(|before| before.organisation.clone()),
            is_active: true,
            has_second_factor: before.is_some_and(|before| before.has_second_factor),
            is_erased: false,
            user,
        };
        Ok::<_, Stop>(store.save_account(&by.actor(now_us()), &account).await?)
    })?;
    println!("{}", new.id);
    Ok(())
}

fn erase(global: &Global, id: &str) -> Answer {
    let is_erased = runtime()?.block_on(async {
        let (store, by) = open_for(global, "user erase", &Action::ManagePeople).await?;
        Ok::<_, Stop>(store.erase_person(&by.actor(now_us()), &UserId::new(id)).await?)
    })?;
    if !is_erased {
        return Err(Stop::Usage(format!("user `{id}`: expected the code of somebody in the store")));
    }
    println!("{}", text_with(global.language, "cli-user-erased", &[("id", id)]));
    Ok(())
}

fn tidy(global: &Global) -> Answer {
    let tidied = runtime()?.block_on(async {
        let (store, by) = open_for(global, "user tidy", &Action::ManagePeople).await?;
        Ok::<_, Stop>(store.tidy_people(&by.actor(now_us())).await?)
    })?;
    print_json(&tidied)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_address_is_a_bare_web_address() {
        assert_eq!(public_url("https://congsinh.example.vn/"), Ok("https://congsinh.example.vn".to_string()));
        for wrong in ["congsinh.example.vn", "ftp://example.vn", "https://example.vn/a", "https://a@example.vn"] {
            assert!(public_url(wrong).is_err(), "{wrong}");
        }
    }
}
