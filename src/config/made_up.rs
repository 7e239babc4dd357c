//! Secrets that somebody made up, and what is wrong with them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

/// What is wrong with a master key, as the end of a sentence.
pub(super) fn master_key(text: &str) -> Option<&'static str> {
    let mut bytes = Zeroizing::new([0; 33]);
    match URL_SAFE_NO_PAD.decode_slice(text.trim(), &mut *bytes) {
        Ok(32) if looks_random(&bytes[..32]) => None,
        Ok(32) => Some("is not random: use what `rolegate secret` prints."),
        _ => Some("must be exactly 32 bytes in base64url: use what `rolegate secret` prints."),
    }
}

/// Refuses keys that people make up: one byte over and over, counted-up bytes, an encoded phrase. Of truly random
/// keys it refuses less than one in 10^12.
fn looks_random(key: &[u8]) -> bool {
    let is_phrase = key.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ');
    distinct(key) >= 16 && !counts_up(key) && !is_phrase
}

/// What is wrong with a secret that is shared as text, as the end of a sentence. It is used as the bytes that it is
/// written with, because that is how the libraries of those who verify take it.
///
/// Whoever has one token can try secrets against it in peace, so that length alone is not enough (RFC 8725 3.5).
pub(super) fn shared_secret(text: &str) -> Option<&'static str> {
    let bytes = text.as_bytes();
    if bytes.len() < 32 {
        // RFC 7518 3.2: as long as the hash.
        return Some("must be at least 32 bytes long: use what `rolegate secret` prints.");
    }
    let made_up = distinct(bytes) < 10 || counts_up(bytes) || repeats(bytes) || is_words(text);
    made_up.then_some("is one that can be guessed: use what `rolegate secret` prints.")
}

fn distinct(bytes: &[u8]) -> usize {
    let mut distinct = bytes.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    distinct.len()
}

fn counts_up(bytes: &[u8]) -> bool {
    bytes.windows(2).filter(|pair| pair[1] == pair[0].wrapping_add(1)).count() > 12
}

/// Whether it is one shorter text over and over.
fn repeats(bytes: &[u8]) -> bool {
    (1..=bytes.len() / 2).any(|period| bytes.iter().zip(&bytes[period..]).all(|(a, b)| a == b))
}

/// Words of which examples, defaults and placeholders are made. None is shorter than five letters: shorter ones turn up
/// in random text.
const WORDS: [&str; 20] = [
    "secret",
    "password",
    "passphrase",
    "change",
    "example",
    "sample",
    "default",
    "rolegate",
    "token",
    "super",
    "please",
    "replace",
    "insert",
    "string",
    "private",
    "signing",
    "develop",
    "qwerty",
    "12345",
    "keyboard",
];

/// Whether it holds one of [`WORDS`], or is written as people write and generators do not: letters of one case, and no
/// digit.
fn is_words(text: &str) -> bool {
    let lower = text.to_lowercase();
    let has = |test: fn(char) -> bool| text.contains(test);
    let is_mixed = has(|c| c.is_ascii_digit()) || (has(char::is_lowercase) && has(char::is_uppercase));
    !is_mixed || WORDS.iter().any(|word| lower.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_secrets_that_can_be_guessed_are_refused() {
        for guessed in [
            "secret",
            "your-256-bit-secret",
            "7Qm2xV9bTz4LkR8wNp3JhF6sYc5GdAe",
            "a-string-secret-at-least-256-bits-long",
            "your-super-secret-jwt-token-with-at-least-32-characters-long",
            "change-me-change-me-change-me-!!",
            "Password1Password1Password1Password1",
            "00000000000000000000000000000000",
            "abcdefghijklmnopqrstuvwxyz0123456789",
            "correct horse battery staple and much more",
            "X7g!X7g!X7g!X7g!X7g!X7g!X7g!X7g!X7g!",
        ] {
            assert!(shared_secret(guessed).is_some(), "{guessed}");
        }
    }

    #[test]
    fn what_a_generator_prints_is_accepted() {
        for random in [
            "Zb8wq0vD5n1YkJt3mXo9RfUe7LcAhGs2iPQyVxE4zNM",
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "5e884898da28047151d0e56f8dc62927",
        ] {
            assert_eq!(shared_secret(random), None, "{random}");
        }
    }
}
