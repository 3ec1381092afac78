//! What signing in needs beside the store: mail, the address of our own pages, who must bring a second factor, the
//! providers of single sign-on, and the steps of a sign-in that is under way.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Mutex, OnceLock};

use anyhow::{Context, bail};

use crate::auth::Role;
use crate::mail::Mailer;
use crate::page::token_hash;
use crate::web::random_token;
use crate::{oidc, password};

/// How long a step of signing in may take.
pub const STEP_US: i64 = 10 * 60 * 1_000_000;
const MOST_STEPS: usize = 10_000;

pub struct People {
    pub mail: Mailer,
    /// What links in letters begin with; never taken from a request.
    pub public_url: OnceLock<String>,
    /// Roles that must bring a second factor.
    pub second_factor_roles: BTreeSet<Role>,
    pub providers: Vec<oidc::Provider>,
    steps: Mutex<BTreeMap<String, (i64, Step)>>,
}

/// What the server keeps between two requests of somebody who is not signed in yet, or who sets something up.
#[derive(Clone, Debug)]
pub enum Step {
    /// The password was right; the code is still asked.
    Code { user: String },
    /// A second factor that waits to be confirmed.
    SetUp { user: String, secret: String },
    /// Somebody is at a provider.
    AtProvider(oidc::Journey),
}

impl People {
    /// As the environment says; letters go into `outbox` unless a mail server is named.
    pub fn from_environment(outbox: &Path) -> anyhow::Result<People> {
        let mut people = People::new(Mailer::from_environment(outbox)?);
        if let Some(roles) = variable("CONGSINH_TOTP_ROLES") {
            people.second_factor_roles = roles_of(&roles)?;
        }
        if let Some(file) = variable("CONGSINH_OIDC") {
            let text = std::fs::read_to_string(&file).with_context(|| format!("read CONGSINH_OIDC {file}"))?;
            people.providers = oidc::read_providers(&text).with_context(|| file)?;
        }
        Ok(people)
    }

    pub fn new(mail: Mailer) -> People {
        password::make_ready();
        People {
            mail,
            public_url: OnceLock::new(),
            second_factor_roles: BTreeSet::new(),
            providers: Vec::new(),
            steps: Mutex::default(),
        }
    }

    /// The full address of one of our pages.
    pub fn link(&self, path: &str) -> String {
        let base = self.public_url.get().map_or("http://127.0.0.1:8080", String::as_str);
        format!("{}{path}", base.trim_end_matches('/'))
    }

    pub fn is_https(&self) -> bool {
        self.public_url.get().is_some_and(|url| url.starts_with("https://"))
    }

    /// Keeps a step and returns the token by which it is found again.
    pub fn begin(&self, step: Step, now_us: i64) -> String {
        let token = random_token();
        self.keep(&token, step, now_us);
        token
    }

    pub fn keep(&self, token: &str, step: Step, now_us: i64) {
        let Ok(mut steps) = self.steps.lock() else { return };
        steps.retain(|_, (expires, _)| *expires > now_us);
        // A flood of half-finished sign-ins pushes out the oldest, not the newest.
        if steps.len() >= MOST_STEPS
            && let Some(oldest) = steps.iter().min_by_key(|(_, (expires, _))| *expires).map(|(key, _)| key.clone())
        {
            steps.remove(&oldest);
        }
        steps.insert(token_hash(token), (now_us + STEP_US, step));
    }

    pub fn step(&self, token: &str, now_us: i64) -> Option<Step> {
        let steps = self.steps.lock().ok()?;
        steps.get(&token_hash(token)).filter(|(expires, _)| *expires > now_us).map(|(_, step)| step.clone())
    }

    /// Takes a step away, so that it is gone the second time.
    pub fn take(&self, token: &str, now_us: i64) -> Option<Step> {
        let found = self.steps.lock().ok()?.remove(&token_hash(token));
        found.filter(|(expires, _)| *expires > now_us).map(|(_, step)| step)
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

fn roles_of(list: &str) -> anyhow::Result<BTreeSet<Role>> {
    let codes = list.split(',').map(str::trim).filter(|code| !code.is_empty());
    let mut roles = BTreeSet::new();
    for code in codes {
        match Role::parse(code).filter(|role| *role != Role::Public) {
            Some(role) => roles.insert(role),
            None => {
                let known: Vec<&str> = Role::ALL.iter().skip(1).map(|role| role.code()).collect();
                bail!("CONGSINH_TOTP_ROLES: role `{code}`: expected one of {}", known.join(", "))
            }
        };
    }
    Ok(roles)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::Outlet;

    #[test]
    fn a_step_is_taken_once_and_runs_out() {
        let people = People::new(Mailer::new(Outlet::Folder("x".into()), None).unwrap());
        let token = people.begin(Step::Code { user: "lan".to_string() }, 0);
        assert!(people.step(&token, STEP_US - 1).is_some());
        assert!(people.step(&token, STEP_US).is_none());
        assert!(people.take(&token, 1).is_some());
        assert!(people.take(&token, 1).is_none());
        assert!(people.step("another", 1).is_none());
    }

    #[test]
    fn an_unknown_role_is_named() {
        assert_eq!(roles_of("ministry, administrator").unwrap().len(), 2);
        assert!(roles_of("boss").unwrap_err().to_string().contains("`boss`"));
    }
}
