//! Passwords: which ones are refused and why, and how they are kept: as Argon2id with 19 MiB, two passes and one lane
//! (RFC 9106; the smallest set that OWASP's password storage sheet recommends).

use std::sync::LazyLock;
use std::time::Duration;

use anyhow::{Context, anyhow};
use argon2::password_hash::phc::PasswordHash as Phc;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use store::PasswordHash;
use tokio::sync::Semaphore;
use zxcvbn::Score;
use zxcvbn::feedback::Warning;

use crate::error::AppError;

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Characters of a password.
pub const FEWEST: usize = 10;
const MOST: usize = 200;
/// Characters that must be left of a password without the words that are known of the person.
const FEWEST_OF_ONES_OWN: usize = 6;

/// Hashes computed at once; each holds a processor and 19 MiB.
static HASHING: Semaphore = Semaphore::const_new(2);
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// What an unknown name's password is held against, so that it costs the same time as a known one's.
static NOBODY: LazyLock<PasswordHash> = LazyLock::new(|| match hash_now("nobody has this password") {
    Ok(hash) => hash,
    Err(_) => PasswordHash::new(""),
});

/// Why a password is refused. The code is part of the key of the text that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weakness {
    Short,
    Long,
    /// It stands in lists of passwords that are tried first, or is close to one that does.
    Common,
    /// It is made of the person's own name, address or organisation.
    Personal,
    /// It follows a pattern that programs try.
    Guessable,
}

impl Weakness {
    pub fn code(self) -> &'static str {
        match self {
            Weakness::Short => "short",
            Weakness::Long => "long",
            Weakness::Common => "common",
            Weakness::Personal => "personal",
            Weakness::Guessable => "guessable",
        }
    }
}

/// What is wrong with a password for somebody of whom these words are known; `None` where nothing is.
pub fn weakness(password: &str, known: &[&str]) -> Option<Weakness> {
    let length = password.chars().count();
    if length < FEWEST {
        return Some(Weakness::Short);
    }
    if length > MOST {
        return Some(Weakness::Long);
    }
    let words: Vec<String> = known.iter().flat_map(|known| words_of(known)).collect();
    let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    // Lists hold words without accents, so that a password is weighed as typed and without them.
    let folded = engine::language::fold(password);
    if is_made_of(&folded, &words) {
        return Some(Weakness::Personal);
    }
    let weighed = [zxcvbn::zxcvbn(password, &words), zxcvbn::zxcvbn(&folded, &words)];
    let weak = weighed.iter().find(|weighed| weighed.score() < Score::Three)?;
    if weak.feedback().and_then(|feedback| feedback.warning()).is_some_and(is_in_a_list) {
        let is_personal = words.iter().any(|word| folded.contains(word));
        return Some(if is_personal { Weakness::Personal } else { Weakness::Common });
    }
    let is_fine_for_others = zxcvbn::zxcvbn(&folded, &[]).score() >= Score::Three;
    Some(if is_fine_for_others { Weakness::Personal } else { Weakness::Guessable })
}

/// The words of a name or address that are long enough to give a password away, without accents.
fn words_of(known: &str) -> Vec<String> {
    let folded = engine::language::fold(known);
    let words = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 2);
    words.map(str::to_string).chain([folded.replace(' ', "")]).filter(|word| word.chars().count() > 2).collect()
}

/// Whether little is left of a password without what is known of the person, such as a year behind the name.
fn is_made_of(folded: &str, words: &[&str]) -> bool {
    let letters: String = folded.chars().filter(|c| c.is_alphanumeric()).collect();
    let rest = words.iter().fold(letters.clone(), |rest, word| rest.replace(word, ""));
    rest.len() < letters.len() && rest.chars().count() < FEWEST_OF_ONES_OWN
}

fn is_in_a_list(warning: Warning) -> bool {
    matches!(
        warning,
        Warning::ThisIsATop10Password
            | Warning::ThisIsATop100Password
            | Warning::ThisIsACommonPassword
            | Warning::ThisIsSimilarToACommonlyUsedPassword
    )
}

pub async fn hash(password: &str) -> Result<PasswordHash, AppError> {
    let password = password.to_string();
    Ok(blocking(move || hash_now(&password)).await??)
}

/// Whether it is the password of this hash. Without a hash the answer is no, after the same time.
pub async fn is_right(hash: Option<&PasswordHash>, password: &str) -> Result<bool, AppError> {
    let (hash, password) = (hash.cloned(), password.to_string());
    blocking(move || {
        let is_right = matches(hash.as_ref().unwrap_or(&NOBODY), &password);
        hash.is_some() && is_right
    })
    .await
}

/// Computes what unknown names are held against, so that the first of them does not take longer.
pub fn make_ready() {
    LazyLock::force(&NOBODY);
}

pub fn hash_now(password: &str) -> anyhow::Result<PasswordHash> {
    let hash = argon2()?.hash_password(password.as_bytes()).map_err(|error| anyhow!("hash a password: {error}"))?;
    Ok(PasswordHash::new(hash.to_string()))
}

fn matches(hash: &PasswordHash, password: &str) -> bool {
    // Longer than any password that is accepted: not worth the work.
    let is_possible = password.len() <= MOST * 4;
    is_possible
        && Phc::new(hash.as_str())
            .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

fn argon2() -> anyhow::Result<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| anyhow!("Argon2: {error}"))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, AppError> {
    let permit = tokio::time::timeout(LONGEST_WAIT, HASHING.acquire()).await;
    let Ok(permit) = permit else { return Err(AppError::TooMany(LONGEST_WAIT.as_secs())) };
    let permit = permit.context("wait for a turn")?;
    let done = tokio::task::spawn_blocking(work).await.context("hash a password")?;
    drop(permit);
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weak_password_is_refused_with_its_reason() {
        let known = ["Nguyễn Văn Thắng", "thang.nguyen@khumau.vn", "Khu mẫu Cửu Long"];
        for (password, expected) in [
            ("ngắn", Some(Weakness::Short)),
            ("password123", Some(Weakness::Common)),
            ("1234567890", Some(Weakness::Common)),
            ("aaaaaaaaaaaaaa", Some(Weakness::Guessable)),
            ("thang.nguyen@khumau.vn", Some(Weakness::Personal)),
            ("Nguyễn Văn Thắng 1985", Some(Weakness::Personal)),
            ("correct horse battery staple", None),
            ("cá tra bơi ngược sông Hậu", None),
        ] {
            assert_eq!(weakness(password, &known), expected, "{password}");
        }
        assert_eq!(weakness(&"dài".repeat(100), &known), Some(Weakness::Long));
    }

    #[test]
    fn a_hash_says_how_it_was_made_and_fits_its_password_alone() {
        let hash = hash_now("cá tra bơi ngược").unwrap();
        assert!(hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.as_str());
        assert!(matches(&hash, "cá tra bơi ngược") && !matches(&hash, "cá tra bơi xuôi"));
    }
}
