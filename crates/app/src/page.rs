//! What every page shares: who reads it, in which language, and its frame. Templates call its methods.

use std::collections::BTreeMap;

use anyhow::Context;
use axum::extract::{FromRequestParts, Query};
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri};
use axum::response::{Html, IntoResponse, Response};
use engine::catalogue::places::ProvinceEdition;
use engine::ids::{FrameworkId, ParkId};
use engine::language::{Label, Language, format_date, format_number};
use engine::period::Period;
use engine::quantity::Dimension;
use jiff::civil::Date;
use sha2::{Digest, Sha256};

use crate::auth::{self, Action, Role, User};
use crate::error::AppError;
use crate::state::App;
use crate::web::gate::Visitor;
use crate::words::{text, text_with};
use crate::{cli, wording};

pub const SESSION_COOKIE: &str = "congsinh_session";
pub const DEVICE_COOKIE: &str = "congsinh_device";
pub const STEP_COOKIE: &str = "congsinh_step";
pub const LANGUAGE_COOKIE: &str = "congsinh_language";

/// The reader and the address of a page. An extractor: every handler asks for one.
#[derive(Clone)]
pub struct Page {
    pub user: User,
    pub language: Language,
    /// Path of the request, and its query as pairs.
    pub path: String,
    pub query: BTreeMap<String, String>,
    pub today: Date,
    /// The period that is shown unless the address names one.
    pub default_period: Period,
    pub is_demo: bool,
    /// Hidden field of every form; empty for the public, who has no forms but sign-in.
    pub csrf: String,
    /// True when the palette or a dialog asks for a fragment.
    pub is_fragment: bool,
    /// False when something is sent: it is never answered before it was looked at, or it would be lost.
    pub is_read: bool,
}

impl FromRequestParts<App> for Page {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Page, AppError> {
        let visitor =
            parts.extensions.get::<Visitor>().cloned().context("the request did not come through the gate")?;
        let query = query(&parts.uri);
        let cookies = cookies(&parts.headers);
        let chosen = query.get("lang").or(cookies.get(LANGUAGE_COOKIE)).and_then(|code| Language::parse(code));
        let language = chosen.or(visitor.account_language).unwrap_or_default();
        Ok(Page {
            user: User { language, ..visitor.user },
            language,
            path: parts.uri.path().to_string(),
            query,
            today: app.today(),
            default_period: app.default_period,
            is_demo: app.is_demo,
            csrf: visitor.csrf,
            is_fragment: parts.headers.contains_key("HX-Request"),
            is_read: parts.method.is_safe(),
        })
    }
}

/// The query of an address as pairs; the last of two with one name counts.
pub fn query(uri: &Uri) -> BTreeMap<String, String> {
    Query::<BTreeMap<String, String>>::try_from_uri(uri).map(|query| query.0).unwrap_or_default()
}

/// The cookies of a request; the last of two with one name counts.
pub fn cookies(headers: &HeaderMap) -> BTreeMap<String, String> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .collect()
}

/// The name that a cookie goes by: by https browsers hold it to this very host and to https.
pub fn cookie_name(app: &App, name: &str) -> String {
    if app.is_https() { format!("__Host-{name}") } else { name.to_string() }
}

/// A cookie that scripts cannot read, for so many seconds; none takes it away.
pub fn cookie(app: &App, name: &str, value: &str, seconds: i64) -> String {
    let secure = if app.is_https() { "; Secure" } else { "" };
    let name = cookie_name(app, name);
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}")
}

/// Sessions are stored by the digest of their token: a copy of the store signs nobody in.
pub fn token_hash(token: &str) -> String {
    Sha256::digest(token.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Page {
    /// The same page within the session that its answer begins: its forms must bring the new session's token.
    pub async fn in_new_session(self, app: &App, answer: &HeaderMap) -> Result<Page, AppError> {
        let name = format!("{}=", cookie_name(app, SESSION_COOKIE));
        let set = answer.get_all(SET_COOKIE).iter().filter_map(|cookie| cookie.to_str().ok());
        let token = set.filter_map(|cookie| cookie.strip_prefix(&name)?.split(';').next()).next().unwrap_or_default();
        let found = app.store.session_user(&token_hash(token), app.now_us()).await?;
        let csrf = found.map(|found| found.session.csrf).unwrap_or_default();
        Ok(Page { csrf, ..self })
    }

    pub fn t(&self, key: &str) -> String {
        text(self.language, key)
    }

    pub fn t1(&self, key: &str, name: &str, value: impl ToString) -> String {
        text_with(self.language, key, &[(name, &value.to_string())])
    }

    pub fn t2(&self, key: &str, a: &str, first: impl ToString, b: &str, second: impl ToString) -> String {
        text_with(self.language, key, &[(a, &first.to_string()), (b, &second.to_string())])
    }

    #[expect(clippy::too_many_arguments, reason = "templates cannot build slices of pairs")]
    pub fn t3(
        &self,
        key: &str,
        a: &str,
        first: impl ToString,
        b: &str,
        second: impl ToString,
        c: &str,
        third: impl ToString,
    ) -> String {
        let (first, second, third) = (first.to_string(), second.to_string(), third.to_string());
        text_with(self.language, key, &[(a, &first), (b, &second), (c, &third)])
    }

    pub fn label<'a>(&self, label: &'a Label) -> &'a str {
        label.get(self.language)
    }

    /// A number with so many decimals, in the page's language.
    pub fn n(&self, value: f64, decimals: usize) -> String {
        format_number(self.language, value, decimals)
    }

    pub fn count(&self, count: usize) -> String {
        format_number(self.language, count as f64, 0)
    }

    pub fn amount(&self, dimension: Dimension, canonical: f64) -> String {
        wording::amount(self.language, dimension, canonical)
    }

    pub fn money(&self, vnd: f64) -> String {
        wording::money(self.language, vnd)
    }

    pub fn date(&self, date: &Date) -> String {
        format_date(*date)
    }

    pub fn code(&self) -> &'static str {
        self.language.code()
    }

    pub fn role_name(&self) -> String {
        self.t(&format!("role-{}", self.user.role.code()))
    }

    pub fn may_invite(&self) -> bool {
        auth::may(&self.user, &Action::SeeInvitations).is_ok()
    }

    pub fn may_see_register(&self) -> bool {
        auth::may(&self.user, &Action::SeeRegister).is_ok()
    }

    pub fn may_see_dossiers(&self) -> bool {
        auth::may(&self.user, &Action::SeeDossiers(None)).is_ok()
    }

    pub fn may_try_policy(&self) -> bool {
        auth::may(&self.user, &Action::TryPolicy).is_ok()
    }

    pub fn is_administrator(&self) -> bool {
        self.user.role == Role::Administrator
    }

    /// The reader's own park, for the rail.
    pub fn own_park(&self) -> Option<&ParkId> {
        let own = self.user.parks();
        self.user.park.as_ref().filter(|park| own.contains(park)).or(own.first().copied())
    }

    /// Further parks of a consultant who works for several.
    pub fn other_parks(&self) -> Vec<&ParkId> {
        let first = self.own_park();
        self.user.parks().into_iter().filter(|park| first != Some(*park)).collect()
    }

    /// This address with one part of the query changed: how a context bar or a language switch keeps the page.
    pub fn with(&self, name: &str, value: &str) -> String {
        let mut query = self.query.clone();
        query.insert(name.to_string(), value.to_string());
        address(&self.path, &query)
    }

    /// Another path with the same context (period, framework, province edition).
    pub fn at(&self, path: &str) -> String {
        let kept = ["period", "framework", "provinces"];
        let query = self
            .query
            .iter()
            .filter(|(name, _)| kept.contains(&name.as_str()))
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect();
        address(path, &query)
    }

    pub fn period(&self) -> Period {
        self.query.get("period").and_then(|text| Period::parse(text)).unwrap_or(self.default_period)
    }

    pub fn period_name(&self) -> String {
        wording::period(self.language, &self.period())
    }

    pub fn framework(&self) -> FrameworkId {
        FrameworkId::new(self.query.get("framework").map_or(cli::DEFAULT_FRAMEWORK, String::as_str))
    }

    pub fn provinces(&self) -> ProvinceEdition {
        self.query
            .get("provinces")
            .and_then(|code| ProvinceEdition::parse(code))
            .unwrap_or_else(|| ProvinceEdition::on(self.today))
    }
}

fn address(path: &str, query: &BTreeMap<String, String>) -> String {
    if query.is_empty() {
        return path.to_string();
    }
    let pairs: Vec<String> = query.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value))).collect();
    format!("{path}?{}", pairs.join("&"))
}

/// Percent-encoding of everything but letters, digits and `-_.~`.
pub fn escape(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}

/// JSON for an island, safe inside a script element.
pub fn island<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_string()).replace('<', "\\u003c")
}

/// Data of the bars island.
#[derive(serde::Serialize)]
pub struct Bars<V> {
    pub unit: String,
    pub value_name: String,
    pub direction: &'static str,
    pub stacked: bool,
    pub categories: Vec<String>,
    pub series: Vec<BarSeries<V>>,
}

#[derive(serde::Serialize)]
pub struct BarSeries<V> {
    pub name: String,
    pub role: &'static str,
    /// One for each category.
    pub values: Vec<V>,
}

/// A rendered template as a response.
pub fn html<T: askama::Template>(template: &T) -> Result<Response, AppError> {
    Ok(Html(template.render()?).into_response())
}
