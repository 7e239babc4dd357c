//! No secret is in the repository: whoever clones it would have it, and no later commit takes it back.

use crate::source::File;

/// What an API key and an opaque access token begin with.
const TAGS: &[&str] = &["rlg_", "rlat_"];

/// What the first line of a PEM block begins with, and how that of a private key ends (RFC 7468 2, 10).
const PEM: &str = "-----BEGIN ";
const PEM_KEY: &str = "PRIVATE KEY-----";

/// From how many characters on a value is taken for a secret. A master key has 43; the secrets of introspection at least 32.
const LEAST: usize = 32;

/// What the names of settings that hold secrets have in them.
const NAMES: &[&str] = &["master_key", "private_key", "secret", "password", "token", "api_key"];

/// The kinds of file in which settings are written.
const SETTINGS: &[&str] = &[".toml", ".json", ".yml", ".yaml", ".conf"];

/// Lines that may hold one, by the file and what stands before the value, each with its reason.
pub(crate) const ALLOWED: &[(&str, &str)] = &[
    // The measuring rig seals signing keys of its own under it, and protects nothing by them.
    ("benches/rig.json", "\"ROLEGATE_MASTER_KEY\": "),
];

/// Lines that look as if they held a secret. What it is, is not repeated: this goes into logs.
pub(crate) fn found(file: &File) -> Vec<String> {
    let lines = file.text.lines().enumerate().filter(|(_, line)| !is_allowed(&file.path, line));
    let mut findings = Vec::new();
    for (at, line) in lines {
        if let Some(what) = secret(&file.path, line) {
            let (path, line) = (&file.path, at + 1);
            findings.push(format!(
                "{path}:{line}: {what}: take it out, change it wherever it is used, and have the test make its own"
            ));
        }
    }
    findings
}

/// True where one of [`ALLOWED`] speaks of this line.
fn is_allowed(path: &str, line: &str) -> bool {
    ALLOWED.iter().any(|(file, before)| *file == path && line.trim_start().starts_with(before))
}

/// What kind of secret `line` seems to hold.
fn secret(path: &str, line: &str) -> Option<&'static str> {
    let begins_a_key = after(line, PEM).any(|rest| rest.contains(PEM_KEY));
    let holds_a_token = TAGS.iter().any(|tag| after(line, tag).any(|rest| run(rest) >= LEAST));
    let file = path.rsplit('/').next().unwrap_or(path);
    let is_settings = file.starts_with(".env") || SETTINGS.iter().any(|end| file.ends_with(end));
    let lower = line.to_ascii_lowercase();
    let sets_a_secret = || NAMES.iter().any(|name| after(&lower, name).any(|rest| run(value(rest)) >= LEAST));
    match () {
        () if begins_a_key => Some("a private key begins here"),
        () if holds_a_token => Some("an API key or an access token"),
        () if is_settings && sets_a_secret() => Some("a setting with what looks like a secret"),
        () => None,
    }
}

/// What follows each `needle` in `line`.
fn after<'l>(line: &'l str, needle: &'l str) -> impl Iterator<Item = &'l str> {
    line.match_indices(needle).map(move |(start, _)| &line[start + needle.len()..])
}

/// What is assigned, if `rest` goes on with the end of a name and a sign of assignment.
fn value(rest: &str) -> &str {
    let quotes = ['"', '\'', ' '];
    let sign = rest
        .trim_start_matches(|it: char| it.is_ascii_alphanumeric() || it == '_')
        .trim_start_matches(quotes);
    sign.strip_prefix(['=', ':']).unwrap_or("").trim_start_matches(quotes)
}

/// How many characters of hexadecimal or of either Base64 `text` begins with.
fn run(text: &str) -> usize {
    text.chars().take_while(|it| it.is_ascii_alphanumeric() || "+/-_=".contains(*it)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_in_every_form() {
        // Made here, or this file would be found.
        let (hex, base64) = ("0123456789abcdef".repeat(2), "aB3+/_-=".repeat(5));
        for (path, line) in [
            ("tests/key.pem", "-----BEGIN PRIVATE ".to_owned() + "KEY-----"),
            ("src/a.rs", "const KEY: &str = \"-----BEGIN EC PRIVATE ".to_owned() + "KEY-----\\n\";"),
            ("docs/a.md", format!("Authorization: Bearer rlg_{base64}")),
            ("tests/a.py", format!("token = 'rlat_{base64}'")),
            ("rolegate.toml", format!("master_key = \"{base64}\"")),
            ("deploy/a.json", format!("{{\"ROLEGATE_MASTER_KEY\": \"{base64}\"}}")),
            ("compose.yml", format!("      ROLEGATE_DATABASE_PASSWORD: {hex}")),
            (".env.example", format!("ROLEGATE_MASTER_KEY_OLD={hex}")),
            ("benches/rig.json", format!("\"secret\": \"{hex}\"")),
        ] {
            let found = found(&File::snippet(path, &format!("\n{line}\n")));
            assert!(found.len() == 1 && found[0].starts_with(&format!("{path}:2: ")), "{line}: {found:?}");
            assert!(!found[0].contains(&hex) && !found[0].contains(&base64), "{found:?}");
        }
    }

    #[test]
    fn what_only_speaks_of_a_secret_is_left_alone() {
        for (path, line) in [
            ("docs/a.md", "-----BEGIN CERTIFICATE-----"),
            ("docs/a.md", "`Authorization: Bearer rlg_..`, `rlat_[A-Za-z0-9_-]{48}`"),
            ("rolegate.toml", "master_key_file = \"/run/secrets/rolegate\""),
            (
                "rolegate.toml",
                "clients = [\"orders:<secret>\"]  # at least 32 characters, from `rolegate secret`",
            ),
            (".env.example", "# ROLEGATE_MASTER_KEY=    a secret, and required with PostgreSQL"),
            ("package-lock.json", "\"integrity\": \"sha512-0123456789abcdef0123456789abcdef\""),
        ] {
            assert_eq!(found(&File::snippet(path, line)), Vec::<String>::new(), "{line}");
        }
    }
}
