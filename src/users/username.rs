//! Usernames.

use uuid::Uuid;

use crate::error::Error;

/// 3 to 32 letters, digits, `_` and `-` of ASCII. Kept as it is written, compared without regard to letter case.
///
/// Never an email address, which has an `@`, and never 32 hexadecimal digits, which could be somebody else's id: so an
/// identifier, at sign-in and on the command line, is always one of the three.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Username(String);

impl Username {
    /// Reads a username.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] for `field`.
    pub fn parse(field: &'static str, text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        let is_id = Uuid::try_parse(text).is_ok();
        if (3..=32).contains(&text.len()) && text.bytes().all(allowed) && !is_id {
            return Ok(Self(text.to_owned()));
        }
        Err(Error::invalid_input(field, "A username has 3 to 32 letters, digits, `_` or `-`."))
    }

    /// As it is compared.
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As it was written.
    pub fn into_string(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letter_case_is_kept_and_not_compared() {
        let name = Username::parse("input.username", " Ada-L_1 ").expect("a username");
        assert_eq!((name.key(), name.into_string()), ("ada-l_1".into(), "Ada-L_1".into()));
    }

    #[test]
    fn short_long_and_foreign_ones_are_refused() {
        for text in
            ["", "ab", "ada@example.org", "ada lovelace", "ädä", "a\0da", &"a".repeat(33), &"a".repeat(32)]
        {
            assert!(Username::parse("input.username", text).is_err(), "{text:?}");
        }
    }
}
