//! Single sign-on by OpenID Connect: providers as the operator names them, and the way there and back: authorization
//! code with PKCE, state and nonce. Only addresses of the provider's own origin, or hosts named beside it, are called.

use std::pin::Pin;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreProviderMetadata, CoreUserInfoClaims};
use openidconnect::{
    AccessTokenHash, AsyncHttpClient, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndUserEmail, HttpRequest,
    HttpResponse, IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope,
    TokenResponse,
};
use serde::Deserialize;

const TIMEOUT: Duration = Duration::from_secs(10);
/// Largest answer of a provider.
const MOST_BYTES: usize = 1024 * 1024;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    pub id: String,
    pub name_vi: String,
    pub name_en: String,
    pub issuer: String,
    pub client_id: String,
    client_secret_env: Option<String>,
    client_secret_file: Option<String>,
    /// Mail domains whose people may come this way; all where empty.
    #[serde(default)]
    pub domains: Vec<String>,
    /// Further hosts that this provider answers from, for keys or tokens.
    #[serde(default)]
    hosts: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    provider: Vec<Provider>,
}

/// Somebody on the way to a provider and back.
#[derive(Clone, Debug)]
pub struct Journey {
    pub provider: String,
    /// Who links their account; `None` for somebody who signs in.
    pub links: Option<String>,
    state: String,
    nonce: String,
    verifier: String,
}

/// Whom a provider vouches for.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    pub issuer: String,
    pub subject: String,
    /// Only an address that the provider has verified.
    pub mail: Option<String>,
    pub name: Option<String>,
}

/// `[[provider]]` tables; all of their faults are told at once.
pub fn read_providers(text: &str) -> anyhow::Result<Vec<Provider>> {
    let file: File = toml::from_str(text)?;
    let mut faults = Vec::new();
    for (number, provider) in file.provider.iter().enumerate() {
        let mut fault = |what: String| faults.push(format!("provider {} (`{}`): {what}", number + 1, provider.id));
        if provider.id.is_empty() || !provider.id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
            fault("id: expected letters, digits and `-`".to_string());
        }
        if file.provider.iter().filter(|other| other.id == provider.id).count() > 1 {
            fault("id: expected one that no other provider has".to_string());
        }
        if !is_allowed_issuer(&provider.issuer) {
            fault(format!("issuer `{}`: expected an https address, or http on this machine", provider.issuer));
        }
        if provider.client_secret_env.is_none() == provider.client_secret_file.is_none() {
            fault("expected either client_secret_env or client_secret_file".to_string());
        } else if let Err(error) = provider.secret() {
            fault(format!("{error:#}"));
        }
    }
    if faults.is_empty() { Ok(file.provider) } else { bail!("{}", faults.join("; ")) }
}

fn verified(mail: Option<&EndUserEmail>, is_verified: Option<bool>) -> Option<String> {
    mail.filter(|_| is_verified == Some(true)).map(|mail| mail.to_string())
}

fn is_allowed_issuer(issuer: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(issuer) else { return false };
    let is_here = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    url.scheme() == "https" || (url.scheme() == "http" && is_here)
}

impl Provider {
    pub fn name(&self, language: engine::language::Language) -> &str {
        match language {
            engine::language::Language::Vi => &self.name_vi,
            engine::language::Language::En => &self.name_en,
        }
    }

    fn secret(&self) -> anyhow::Result<String> {
        match (&self.client_secret_env, &self.client_secret_file) {
            (Some(name), _) => std::env::var(name).with_context(|| format!("client_secret_env {name}")),
            (None, Some(file)) => {
                let text = std::fs::read_to_string(file).with_context(|| format!("client_secret_file {file}"))?;
                Ok(text.trim().to_string())
            }
            (None, None) => bail!("no client secret is named"),
        }
    }

    /// Whether people of this verified address may come this way.
    pub fn welcomes(&self, mail: Option<&str>) -> bool {
        if self.domains.is_empty() {
            return true;
        }
        let domain = mail.and_then(|mail| mail.rsplit_once('@')).map(|(_, domain)| domain.to_lowercase());
        domain.is_some_and(|domain| self.domains.iter().any(|allowed| allowed.to_lowercase() == domain))
    }

    /// Where to send somebody, and what to keep until they are back.
    pub async fn depart(&self, back: &str, links: Option<String>) -> anyhow::Result<(String, Journey)> {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let client = CoreClient::from_provider_metadata(
            self.discover().await?,
            ClientId::new(self.client_id.clone()),
            Some(ClientSecret::new(self.secret()?)),
        )
        .set_redirect_uri(RedirectUrl::new(back.to_string())?);
        let (address, state, nonce) = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
            .add_scope(Scope::new("email".to_string()))
            .add_scope(Scope::new("profile".to_string()))
            .set_pkce_challenge(challenge)
            .url();
        let journey = Journey {
            provider: self.id.clone(),
            links,
            state: state.secret().clone(),
            nonce: nonce.secret().clone(),
            verifier: verifier.secret().clone(),
        };
        Ok((address.to_string(), journey))
    }

    /// Who came back.
    pub async fn arrive(&self, journey: &Journey, back: &str, state: &str, code: &str) -> anyhow::Result<Person> {
        // Both are random and long, so that how far they agree says nothing.
        if journey.state != state || journey.provider != self.id {
            bail!("the state is not the one that was given");
        }
        let metadata = self.discover().await?;
        let client = CoreClient::from_provider_metadata(
            metadata,
            ClientId::new(self.client_id.clone()),
            Some(ClientSecret::new(self.secret()?)),
        )
        .set_redirect_uri(RedirectUrl::new(back.to_string())?);
        let tokens = client
            .exchange_code(AuthorizationCode::new(code.to_string()))?
            .set_pkce_verifier(PkceCodeVerifier::new(journey.verifier.clone()))
            .request_async(&Caller(self.clone()))
            .await
            .map_err(|error| anyhow!("exchange the code: {error}"))?;
        let id_token = tokens.id_token().context("the provider gave no ID token")?;
        let verifier = client.id_token_verifier();
        let claims = id_token.claims(&verifier, &Nonce::new(journey.nonce.clone()))?;
        if let Some(expected) = claims.access_token_hash() {
            let (algorithm, key) = (id_token.signing_alg()?, id_token.signing_key(&verifier)?);
            if AccessTokenHash::from_token(tokens.access_token(), algorithm, key)? != *expected {
                bail!("the access token is not the one that the ID token names");
            }
        }
        let mut person = Person {
            issuer: self.issuer.clone(),
            subject: claims.subject().to_string(),
            mail: verified(claims.email(), claims.email_verified()),
            name: claims.name().and_then(|name| name.get(None)).map(|name| name.to_string()),
        };
        // Many providers put address and name not into the ID token but behind an address of its own.
        let asks_more = person.mail.is_none() || person.name.is_none();
        let more = client.user_info(tokens.access_token().clone(), Some(claims.subject().clone()));
        if let Some(request) = more.ok().filter(|_| asks_more) {
            let said: CoreUserInfoClaims = request
                .request_async(&Caller(self.clone()))
                .await
                .map_err(|error| anyhow!("ask who it is: {error}"))?;
            person.mail = person.mail.or(verified(said.email(), said.email_verified()));
            let name = said.name().and_then(|name| name.get(None)).map(|name| name.to_string());
            person.name = person.name.or(name);
        }
        Ok(person)
    }

    async fn discover(&self) -> anyhow::Result<CoreProviderMetadata> {
        CoreProviderMetadata::discover_async(IssuerUrl::new(self.issuer.clone())?, &Caller(self.clone()))
            .await
            .map_err(|error| anyhow!("ask {} how to sign in: {error}", self.issuer))
    }

    async fn ask(&self, request: HttpRequest) -> anyhow::Result<HttpResponse> {
        let (parts, body) = request.into_parts();
        let url = reqwest::Url::parse(&parts.uri.to_string())?;
        if !self.is_own(&url) {
            bail!("{url} is neither of the issuer nor of the hosts named beside it");
        }
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(TIMEOUT)
            .no_proxy()
            .build()?;
        let mut answer = client.request(parts.method, url).headers(parts.headers).body(body).send().await?;
        let mut response = HttpResponse::new(Vec::new());
        *response.status_mut() = answer.status();
        *response.headers_mut() = answer.headers().clone();
        while let Some(chunk) = answer.chunk().await? {
            response.body_mut().extend_from_slice(&chunk);
            if response.body().len() > MOST_BYTES {
                bail!("the answer is larger than {MOST_BYTES} bytes");
            }
        }
        Ok(response)
    }

    fn is_own(&self, url: &reqwest::Url) -> bool {
        let Ok(issuer) = reqwest::Url::parse(&self.issuer) else { return false };
        let is_named = url.scheme() == "https" && self.hosts.iter().any(|host| url.host_str() == Some(host.as_str()));
        url.origin() == issuer.origin() || is_named
    }
}

/// The only way in which a provider is called.
struct Caller(Provider);

impl<'c> AsyncHttpClient<'c> for Caller {
    type Error = CallError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, CallError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move { self.0.ask(request).await.map_err(|error| CallError(format!("{error:#}"))) })
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct CallError(String);

#[cfg(test)]
mod tests {
    use super::*;

    fn provider(issuer: &str) -> Provider {
        Provider {
            id: "x".to_string(),
            name_vi: "X".to_string(),
            name_en: "X".to_string(),
            issuer: issuer.to_string(),
            client_id: "c".to_string(),
            client_secret_env: None,
            client_secret_file: None,
            domains: vec!["example.org".to_string()],
            hosts: vec!["keys.example.net".to_string()],
        }
    }

    #[test]
    fn all_faults_of_the_file_are_told() {
        let text = "[[provider]]\nid='a b'\nname_vi='A'\nname_en='A'\nissuer='http://id.example.org'\nclient_id='c'\n";
        let said = read_providers(text).unwrap_err().to_string();
        assert!(said.contains("id:") && said.contains("issuer") && said.contains("client_secret_env"), "{said}");
    }

    #[test]
    fn only_the_issuer_and_the_hosts_named_beside_it_are_called() {
        let provider = provider("https://id.example.org/realm");
        for (url, expected) in [
            ("https://id.example.org/token", true),
            ("https://keys.example.net/jwks", true),
            ("http://keys.example.net/jwks", false),
            ("https://id.example.org:8443/token", false),
            ("http://id.example.org/token", false),
            ("https://169.254.169.254/latest", false),
            ("https://id.example.org.evil.example/token", false),
        ] {
            assert_eq!(provider.is_own(&reqwest::Url::parse(url).unwrap()), expected, "{url}");
        }
        assert!(is_allowed_issuer("http://127.0.0.1:3000") && !is_allowed_issuer("http://id.example.org"));
    }

    #[test]
    fn only_people_of_the_named_domains_are_welcome() {
        let provider = provider("https://id.example.org");
        assert!(provider.welcomes(Some("lan@EXAMPLE.org")));
        assert!(!provider.welcomes(Some("lan@example.org.evil.example")) && !provider.welcomes(None));
    }
}
