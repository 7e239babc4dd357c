//! A password in memory.

use std::fmt;

use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

/// More bytes than any password may have (1,024 code points of four bytes): what is longer is nobody's, and is not
/// even normalised.
const MOST_BYTES: usize = 4_096;

/// What somebody typed, in Unicode's NFKC form, so that it is the same password on every keyboard and system
/// (NIST SP 800-63B-4 3.1.1.2). Otherwise as it was typed: whole, not trimmed, not folded. It does not print, and is
/// wiped when it goes.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// Reads what somebody typed; `None` when it is too long to be anybody's.
    pub fn parse(typed: &str) -> Option<Self> {
        if typed.len() > MOST_BYTES {
            return None;
        }
        let normalized: Zeroizing<String> = Zeroizing::new(typed.nfkc().collect());
        (normalized.len() <= MOST_BYTES).then_some(Self(normalized))
    }

    /// What is hashed.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// What is judged.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_password_typed_on_two_systems_is_one() {
        let composed = Password::parse("caf\u{e9} ﬁne").expect("short");
        let decomposed = Password::parse("cafe\u{301} fine").expect("short");
        assert_eq!(composed.as_bytes(), decomposed.as_bytes());
    }

    #[test]
    fn it_is_neither_trimmed_nor_folded_nor_cut() {
        let typed = format!(" A{}\0z ", "b".repeat(300));
        assert_eq!(Password::parse(&typed).expect("short").as_str(), typed);
    }

    #[test]
    fn it_does_not_print_and_has_an_upper_limit() {
        assert_eq!(format!("{:?}", Password::parse("hunter2")), "Some(Password(..))");
        assert!(Password::parse(&"a".repeat(MOST_BYTES + 1)).is_none());
        assert!(Password::parse(&"\u{fdfa}".repeat(1_300)).is_none(), "NFKC makes 18 characters of this one");
    }
}
