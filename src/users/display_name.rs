//! What to call people.

use unicode_normalization::UnicodeNormalization as _;

use crate::error::Error;
use crate::users::folding::folded;

/// 1 to 100 characters of any script, in Unicode's composed form, without control characters, line breaks and what turns
/// the direction of the text around it: a name is shown beside others, and must not rearrange them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisplayName(String);

impl DisplayName {
    /// Reads a name.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] for `field`.
    pub fn parse(field: &'static str, text: &str) -> Result<Self, Error> {
        let name: String = text.trim().nfc().take(101).collect();
        if (1..=100).contains(&name.chars().count()) && !name.chars().any(is_control) {
            return Ok(Self(name));
        }
        Err(Error::invalid_input(field, "A name has 1 to 100 characters, none of them a control character."))
    }

    /// As names are sorted and searched.
    pub fn key(&self) -> String {
        folded(&self.0)
    }

    /// As it was written.
    pub fn into_string(self) -> String {
        self.0
    }
}

/// Unicode's control characters, its line and paragraph separators, and the embeddings, overrides and isolates of its
/// bidirectional algorithm (UAX #9, 2).
fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_any_script_is_kept_and_one_that_turns_the_text_around_is_refused() {
        for name in
            ["Ada", "\u{5e2}\u{5d3}\u{5d4}", "\u{645}\u{6cc}\u{200c}\u{62e}", "\u{1f469}\u{200d}\u{1f680}"]
        {
            assert!(DisplayName::parse("input.name", name).is_ok(), "{name}");
        }
        for name in ["", "a\0", "a\u{1b}[31m", "\u{202e}eve", "\u{2066}eve\u{2069}", "a\u{2028}b"] {
            assert!(DisplayName::parse("input.name", name).is_err(), "{name:?}");
        }
    }
}
