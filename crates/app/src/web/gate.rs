//! The gate that every request passes before it reaches a route: who asks, may this request change anything, do they
//! ask too often; and on the way back what was refused, and what browsers must be told.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, ORIGIN, REFERRER_POLICY, SET_COOKIE,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use engine::language::Language;
use store::Note;

use crate::auth::User;
use crate::error::{AppError, SET_UP_PATH, refusal};
use crate::page::{LANGUAGE_COOKIE, SESSION_COOKIE, cookie_name, cookies, query, token_hash};
use crate::state::App;

/// Who stands at the gate. Pages find it among the request's extensions.
#[derive(Clone, Debug)]
pub struct Visitor {
    pub user: User,
    /// Where the request came from.
    pub address: IpAddr,
    /// What a form of this session must bring; empty without a session.
    pub csrf: String,
    /// The language of the account, for pages that nobody chose one for.
    pub account_language: Option<Language>,
    pub way: Way,
}

/// How somebody came in.
#[derive(Clone, Debug, PartialEq)]
pub enum Way {
    Stranger,
    /// With a session; the hash of its token.
    Session(String),
    /// A program with a person's token.
    Token {
        may_write: bool,
    },
}

/// Largest form, and largest file with its form.
const MOST_FORM_BYTES: usize = 1024 * 1024;
const MOST_UPLOAD_BYTES: usize = 50 * 1024 * 1024;

/// What pages may load: our own files, and the small pictures inside the style sheet.
const PAGE_POLICY: &str = "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; \
     frame-ancestors 'none'; form-action 'self'";

pub async fn pass(State(app): State<App>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let is_api = parts.uri.path().starts_with("/api/");
    let chosen = query(&parts.uri).get("lang").and_then(|code| Language::parse(code));
    let path = format!("{} {}", parts.method, parts.uri.path());
    let mut response = match admit(&app, &mut parts, body).await {
        Ok(request) => next.run(request).await,
        Err(error) => refusal(error, is_api),
    };
    if matches!(response.status(), StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
        && let Err(error) = log_refusal(&app, parts.extensions.get::<Visitor>(), &path).await
    {
        response = refusal(AppError::Internal(error), is_api);
    }
    remember_language(&mut response, chosen);
    tell_browser(&app, response.headers_mut());
    response
}

/// Everything that is asked of a request before its route is.
async fn admit(app: &App, parts: &mut Parts, body: Body) -> Result<Request, AppError> {
    let address = address(app, parts);
    app.limits.take_request(address).map_err(AppError::TooMany)?;
    let visitor = identify(app, parts, address).await?;
    if visitor.user.is_signed_in() {
        app.limits.take_account(&visitor.user.id, address).map_err(AppError::TooMany)?;
    }
    parts.extensions.insert(app.clone());
    parts.extensions.insert(visitor);
    let bytes = bounded(parts, body).await?;
    Ok(Request::from_parts(parts.clone(), Body::from(bytes)))
}

/// Where the request came from. The word of a proxy counts only when we were told that there is one.
fn address(app: &App, parts: &Parts) -> IpAddr {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    let forwarded = parts.headers.get_all("x-forwarded-for").iter().next_back();
    let last_hop = forwarded.and_then(|value| value.to_str().ok()?.rsplit(',').next()?.trim().parse().ok());
    last_hop.filter(|_| app.is_behind_proxy).or(peer).unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
}

async fn identify(app: &App, parts: &Parts, address: IpAddr) -> Result<Visitor, AppError> {
    // A token is a word of its own: cookies beside it do not count.
    if let Some(token) = bearer(&parts.headers) {
        return identify_program(app, parts, token, address).await;
    }
    let signed_in = match cookies(&parts.headers).get(&cookie_name(app, SESSION_COOKIE)) {
        Some(token) => app.store.session_user(&token_hash(token), app.now_us()).await?,
        None => None,
    };
    let Some(found) = signed_in.filter(|found| app.is_demo || !found.user.is_demo) else { return Ok(nobody(address)) };
    let Some(user) = User::identified(&app.store, &found.user, app.today()).await? else { return Ok(nobody(address)) };
    if app.people.second_factor_roles.contains(&user.role) && !is_open_without_second_factor(parts.uri.path()) {
        let account = app.store.account(&found.user.id).await?;
        if account.is_some_and(|account| !account.has_second_factor) {
            return Err(AppError::SecondFactorMissing);
        }
    }
    Ok(Visitor {
        csrf: found.session.csrf,
        account_language: Some(found.user.language),
        user,
        address,
        way: Way::Session(found.session.token_hash),
    })
}

fn nobody(address: IpAddr) -> Visitor {
    let user = User::public(Language::default());
    Visitor { user, address, csrf: String::new(), account_language: None, way: Way::Stranger }
}

/// What somebody may open who must set up a second factor first.
fn is_open_without_second_factor(path: &str) -> bool {
    path == SET_UP_PATH || path == "/sign-out" || path.starts_with("/assets/")
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (kind, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    kind.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// A program that asks in somebody's name. Outside the park that its token names it is nobody.
async fn identify_program(app: &App, parts: &Parts, token: &str, address: IpAddr) -> Result<Visitor, AppError> {
    let holder = app.store.token_holder(&token_hash(token), app.now_us()).await?;
    let holder = holder.filter(|holder| app.is_demo || !holder.user.is_demo);
    let Some(holder) = holder else { return Err(AppError::Forbidden { sign_in: true }) };
    let user = User::identified(&app.store, &holder.user, app.today()).await?;
    let user = user.ok_or(AppError::Forbidden { sign_in: true })?;
    let may_write = holder.scope == "write";
    if !may_write && !matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Err(AppError::Forbidden { sign_in: false });
    }
    let is_within = holder.park.as_ref().is_none_or(|park| is_of_park(parts.uri.path(), park.as_str()));
    let user = if is_within { user } else { User::public(user.language) };
    let account_language = Some(user.language);
    Ok(Visitor { user, address, csrf: String::new(), account_language, way: Way::Token { may_write } })
}

fn is_of_park(path: &str, park: &str) -> bool {
    let path = path.strip_prefix("/api").unwrap_or(path);
    path.strip_prefix("/parks/").is_some_and(|rest| rest.split('/').next() == Some(park))
}

/// The body, whole, unless it is larger than a request of its kind may be.
async fn bounded(parts: &Parts, body: Body) -> Result<Bytes, AppError> {
    let may_be_large = is_multipart(&parts.headers) || super::api::takes_files(parts.uri.path());
    let most = if may_be_large { MOST_UPLOAD_BYTES } else { MOST_FORM_BYTES };
    to_bytes(body, most).await.map_err(|_| AppError::TooLarge)
}

/// A change must come from our own pages, and within a session from a form that this session was given.
pub fn may_change(parts: &Parts, visitor: &Visitor, body: &Bytes) -> Result<(), AppError> {
    let forbidden = AppError::Forbidden { sign_in: false };
    if !comes_from_here(&parts.headers) {
        return Err(forbidden);
    }
    let is_proven = visitor.csrf.is_empty() || brought_token(&parts.headers, body) == Some(visitor.csrf.clone());
    if is_proven { Ok(()) } else { Err(forbidden) }
}

/// Browsers say where a request comes from; programs that are no browsers say nothing.
fn comes_from_here(headers: &HeaderMap) -> bool {
    let value = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let is_same_site = value(&HeaderName::from_static("sec-fetch-site")).is_none_or(|site| {
        // `none`: typed into the address bar, or a program of the user's own.
        matches!(site, "same-origin" | "none")
    });
    let is_same_origin = value(&ORIGIN).is_none_or(|origin| {
        let host = origin.split_once("://").map(|(_, host)| host);
        host.is_some() && host == value(&HOST)
    });
    is_same_site && is_same_origin
}

pub const CSRF_FIELD: &str = "csrf";
const CSRF_HEADER: &str = "x-csrf-token";
/// Where the token stands in an upload: among the first fields.
const TOKEN_WITHIN: usize = 8 * 1024;

fn brought_token(headers: &HeaderMap, body: &Bytes) -> Option<String> {
    if let Some(token) = headers.get(CSRF_HEADER) {
        return token.to_str().ok().map(str::to_string);
    }
    if is_multipart(headers) {
        let start = String::from_utf8_lossy(&body[..body.len().min(TOKEN_WITHIN)]).into_owned();
        let (_, rest) = start.split_once(&format!("name=\"{CSRF_FIELD}\"\r\n\r\n"))?;
        return rest.split_once("\r\n").map(|(token, _)| token.to_string());
    }
    let fields: BTreeMap<String, String> = serde_urlencoded::from_bytes(body).ok()?;
    fields.get(CSRF_FIELD).cloned()
}

fn is_multipart(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).is_some_and(|kind| kind.starts_with("multipart/"))
}

/// Refusals of somebody we know go into the audit log, others into the program's own.
async fn log_refusal(app: &App, visitor: Option<&Visitor>, path: &str) -> anyhow::Result<()> {
    match visitor.filter(|visitor| visitor.user.is_signed_in()) {
        Some(visitor) => app.store.note(&visitor.user.actor(app.now_us()), Note::refused(path)).await,
        None => {
            let address = visitor.map(|visitor| visitor.address.to_string());
            tracing::warn!(path, address, "refused to somebody who is not signed in");
            Ok(())
        }
    }
}

/// A language chosen in an address stays chosen: links need not carry it. A download in the other language does not
/// change the language of the pages.
fn remember_language(response: &mut Response, chosen: Option<Language>) {
    let is_page = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let Some(language) = chosen.filter(|_| is_page) else { return };
    let cookie = format!("{LANGUAGE_COOKIE}={}; Path=/; SameSite=Lax; Max-Age=31536000", language.code());
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(SET_COOKIE, value);
    }
}

fn tell_browser(app: &App, headers: &mut HeaderMap) {
    let mut say = |name: HeaderName, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    say(CONTENT_SECURITY_POLICY, PAGE_POLICY);
    say(X_CONTENT_TYPE_OPTIONS, "nosniff");
    say(X_FRAME_OPTIONS, "DENY");
    say(REFERRER_POLICY, "same-origin");
    say(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    say(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    say(HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=(), payment=()");
    if app.is_behind_proxy {
        // Behind a proxy people come by https; on this machine's own address they do not.
        say(HeaderName::from_static("strict-transport-security"), "max-age=31536000");
    }
    // What a person sees must not stay in a cache that others share. Assets say for themselves how long they last.
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}
