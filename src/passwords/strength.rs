//! What a password must be when it is set. At sign-in no rule applies: there it is right or wrong.

use crate::config::{Config, PasswordConfig};
use crate::error::Error;
use crate::passwords::password::Password;

/// Some 20,000 passwords that everybody tries first, in lower case and sorted by bytes, one a line. From Django
/// (BSD licence, beside the file), whose maintainers chose them by how often they appear in leaks.
const COMMON: &str = include_str!("../../assets/common-passwords.txt");

/// Context words shorter than this are in too many good passwords to mean anything.
const SHORTEST_WORD: usize = 3;

/// Reads and judges a password that is to be set for the user with this email address and username.
///
/// # Errors
/// [`Error::WeakPassword`] for `field`, saying why.
pub fn accept(
    config: &Config,
    field: &'static str,
    typed: &str,
    email: Option<&str>,
    username: Option<&str>,
) -> Result<Password, Error> {
    let most = config.password.max_length;
    let too_long =
        || Error::WeakPassword { field, reason: format!("A password has at most {most} characters.") };
    let password = Password::parse(typed).ok_or_else(too_long)?;
    let mut words = vec![config.name.as_str()];
    words.extend(username);
    if let Some((local_part, domain)) = email.and_then(|email| email.split_once('@')) {
        words.extend(email);
        words.extend([local_part, domain]);
        words.extend(domain.split('.').next());
    }
    check(field, &password, &words, &config.password)?;
    Ok(password)
}

/// Refuses a password that is too short, too long, known to everybody, or made of `words`: what everybody knows of
/// this user and this service. No rule asks for kinds of characters (NIST SP 800-63B-4 3.1.1.2).
///
/// # Errors
/// [`Error::WeakPassword`] for `field`, saying why.
fn check(
    field: &'static str,
    password: &Password,
    words: &[&str],
    config: &PasswordConfig,
) -> Result<(), Error> {
    let weak = |reason: String| Err(Error::WeakPassword { field, reason });
    let length = password.as_str().chars().count();
    if length < config.min_length {
        return weak(format!("A password needs at least {} characters.", config.min_length));
    }
    if length > config.max_length {
        return weak(format!("A password has at most {} characters.", config.max_length));
    }
    let folded = password.as_str().to_lowercase();
    if is_common(&folded) {
        return weak("This password is among those that are tried first. Choose another.".into());
    }
    if is_made_of(&folded, words) {
        return weak("This password is made of your own or the service's name. Choose another.".into());
    }
    Ok(())
}

/// Searches the sorted text where it lies: no table is built, no memory taken.
fn is_common(folded: &str) -> bool {
    let (mut rest, wanted) = (COMMON, folded.as_bytes());
    while !rest.is_empty() {
        let middle = rest.len() / 2;
        let start = rest.as_bytes()[..middle].iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        let end = rest.as_bytes()[middle..]
            .iter()
            .position(|&byte| byte == b'\n')
            .map_or(rest.len(), |at| middle + at);
        match rest.as_bytes()[start..end].cmp(wanted) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => rest = rest.get(end + 1..).unwrap_or_default(),
            std::cmp::Ordering::Greater => rest = &rest[..start.saturating_sub(1)],
        }
    }
    false
}

/// True when nothing but digits and signs is left once the words are taken out.
fn is_made_of(folded: &str, words: &[&str]) -> bool {
    let mut words: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    words.retain(|word| word.chars().count() >= SHORTEST_WORD);
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let left = words.iter().fold(folded.to_owned(), |left, word| left.replace(word.as_str(), ""));
    left.len() < folded.len() && !left.chars().any(char::is_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(typed: &str, words: &[&str]) -> Result<(), String> {
        let password = Password::parse(typed).expect("short enough");
        check("input.password", &password, words, &PasswordConfig::default())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_list_is_sorted_or_the_search_would_miss() {
        let lines: Vec<&str> = COMMON.lines().collect();
        assert!(lines.len() >= 10_000, "{} lines", lines.len());
        assert!(lines.is_sorted_by(|a, b| a.as_bytes() < b.as_bytes()));
        assert!(lines.iter().all(|line| is_common(line)), "each is found");
    }

    #[test]
    fn common_passwords_are_refused_in_any_letter_case() {
        for typed in ["password1", "qwertyuiop", "iloveyou1", "PassWord123", "12345678", "１２３４５６７８"]
        {
            assert!(judged(typed, &[]).is_err(), "{typed}");
        }
    }

    #[test]
    fn length_is_counted_in_code_points() {
        assert!(judged("ab1cd2e", &[]).is_err());
        assert!(judged("日本語のパスワー", &[]).is_ok());
        assert!(judged(&"x".repeat(257), &[]).is_err());
        assert!(judged(&format!("{} gravel", "日".repeat(100)), &[]).is_ok());
    }

    #[test]
    fn no_kind_of_character_is_asked_for() {
        assert!(judged("gravel umbrella sunset teapot", &[]).is_ok());
    }

    #[test]
    fn what_everybody_knows_of_the_user_is_no_password() {
        let words = ["ada.lovelace@example.org", "ada.lovelace", "lovelace", "Rolegate"];
        for typed in ["ada.lovelace", "Lovelace1815!", "rolegateROLEGATE", "ada.lovelace@example.org"] {
            assert!(judged(typed, &words).is_err(), "{typed}");
        }
        assert!(judged("lovelace wrote the first program", &words).is_ok());
    }
}
