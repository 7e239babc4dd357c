//! Email addresses in the one spelling by which they are compared.

use crate::error::Error;
use crate::users::folding::folded;

/// The longest address that can be delivered to (RFC 5321 4.5.3.1.3).
const LONGEST: usize = 254;
const LONGEST_LOCAL_PART: usize = 64;

/// A canonical email address: without white space around it, in lower case, in Unicode's composed form (RFC 6532 3.1),
/// its domain in the ASCII form of IDNA.
///
/// What cannot be one address of one mailbox is refused. Whether anybody reads it is not ours to know: an
/// address is verified by writing to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Reads an address.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] for `field`.
    pub fn parse(field: &'static str, text: &str) -> Result<Self, Error> {
        Self::canonical(text).ok_or_else(|| Error::invalid_input(field, "This is not an email address."))
    }

    /// The address that `text` stands for, if it stands for one.
    pub fn canonical(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() > 2 * LONGEST {
            return None; // refused before anything that costs time
        }
        let (local, domain) = text.split_once('@')?;
        let local = folded(local);
        let domain = idna::domain_to_ascii_strict(domain).ok()?;
        let address = Self(format!("{local}@{domain}"));
        let plausible = is_local_part(&local) && is_domain(&domain) && address.0.len() <= LONGEST;
        plausible.then_some(address)
    }

    /// What stands behind the `@`.
    pub fn domain(&self) -> &str {
        self.0.rsplit('@').next().unwrap_or_default()
    }

    /// Whether it is an address at `domain`, in whichever form that is written.
    pub fn is_at(&self, domain: &str) -> bool {
        idna::domain_to_ascii_strict(domain).is_ok_and(|domain| domain == self.domain())
    }

    /// As it is kept.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As it is kept.
    pub fn into_string(self) -> String {
        self.0
    }
}

/// RFC 5321's dot-string, letters beyond ASCII allowed (RFC 6531). Quoted local parts are not: nobody has one, and
/// every quote is a way to smuggle something.
fn is_local_part(local: &str) -> bool {
    let allowed = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    (1..=LONGEST_LOCAL_PART).contains(&local.len())
        && local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(allowed))
}

/// At least two labels, and no number at the top: an address literal is no place for a user's mail.
fn is_domain(domain: &str) -> bool {
    let labels: Vec<&str> = domain.split('.').collect();
    let label = |label: &&str| (1..=63).contains(&label.len());
    labels.len() >= 2
        && labels.iter().all(label)
        && labels.last().is_some_and(|top| !top.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_has_one_spelling() {
        for spelling in ["ada@example.org", "  Ada@Example.ORG\n", "ADA@EXAMPLE.org"] {
            assert_eq!(EmailAddress::canonical(spelling).expect(spelling).as_str(), "ada@example.org");
        }
        for (typed, composed) in [("caf\u{e9}", "CAFE\u{301}"), ("\u{ac00}", "\u{1100}\u{1161}")] {
            let canonical = |local| EmailAddress::canonical(&format!("{local}@example.org")).expect(local);
            assert_eq!(canonical(typed), canonical(composed));
        }
        let idn = EmailAddress::canonical("ada@bücher.example").expect("an IDN");
        assert_eq!(idn.as_str(), "ada@xn--bcher-kva.example");
    }

    #[test]
    fn what_is_no_single_address_is_refused() {
        let long = format!("{}@example.org", "a".repeat(300));
        let nearly = format!("a@{}.org", "b".repeat(251));
        for text in [
            "",
            "@",
            "ada",
            "ada@",
            "@example.org",
            "ada@example",
            "a@b@c.org",
            "ada@example.org,bob@example.org",
            "ada@exa mple.org",
            "ada\r\nBcc: x@y.org@example.org",
            "ada@example.org\0",
            "a\0da@example.org",
            "ada..l@example.org",
            ".ada@example.org",
            "ada.@example.org",
            "ada@-x-.org",
            "ada@127.0.0.1",
            "ada@[::1]",
            "\"ada\"@example.org",
            "Ada <ada@example.org>",
            "ada@example..org",
            &long,
            &nearly,
        ] {
            assert_eq!(EmailAddress::canonical(text), None, "{text:?}");
        }
    }
}
