//! What to call people.

use unicode_normalization::UnicodeNormalization as _;

use crate::error::Error;

/// 1 to 100 characters of any script, in Unicode's composed form, without control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisplayName(String);

impl DisplayName {
    /// Reads a name.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] for `field`.
    pub fn parse(field: &'static str, text: &str) -> Result<Self, Error> {
        let name: String = text.trim().nfc().take(101).collect();
        if (1..=100).contains(&name.chars().count()) && !name.chars().any(char::is_control) {
            return Ok(Self(name));
        }
        Err(Error::invalid_input(field, "A name has 1 to 100 characters, none of them a control character."))
    }

    /// As names are sorted and searched.
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }

    /// As it was written.
    pub fn into_string(self) -> String {
        self.0
    }
}
