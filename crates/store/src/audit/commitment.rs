//! What is a person's stands in the log as a commitment: a keyed hash that proves later what was said, and that says
//! nothing once the person's key is gone.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const KEY_BYTES: usize = 32;

/// A new key for one person: 32 random bytes in hexadecimal.
pub(crate) fn new_log_key() -> anyhow::Result<String> {
    let mut key = [0; KEY_BYTES];
    getrandom::fill(&mut key).map_err(|error| anyhow::anyhow!("draw a random key: {error}"))?;
    Ok(hex(&key))
}

/// `hmac:` and the HMAC-SHA-256 of a value under a person's key.
pub(crate) fn commitment(log_key: &str, value: &str) -> String {
    let mut mac =
        <Hmac<Sha256> as KeyInit>::new_from_slice(log_key.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(value.as_bytes());
    format!("hmac:{}", hex(&mac.finalize().into_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Test case 2 of RFC 4231.
    #[test]
    fn it_is_hmac_sha_256() {
        assert_eq!(
            commitment("Jefe", "what do ya want for nothing?"),
            "hmac:5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn each_person_has_another_key() {
        let (one, other) = (new_log_key().unwrap(), new_log_key().unwrap());
        assert_eq!(one.len(), 2 * KEY_BYTES);
        assert_ne!(commitment(&one, "Lan"), commitment(&other, "Lan"));
    }
}
