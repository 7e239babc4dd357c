//! Watches every answer and every line of the log for what must not be in it.

use std::io;
use std::process::abort;
use std::sync::{Mutex, Once};

use axum::http::StatusCode;
use rolegate::platform::log::may_be_logged;
use serde_json::Value;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};

use super::{Answer, PASSWORD};

/// What tells of our insides: the database's complaints, libraries, places in the code and on the disk. Lower case.
const INSIDES: [&str; 24] = [
    "unique constraint",
    "violates",
    "no such table",
    "syntax error at or near",
    "database is locked",
    "sqlx",
    "sqlite",
    "postgres",
    "sea_orm",
    "sea-orm",
    "async_graphql",
    "async-graphql",
    "axum",
    "tokio",
    "serde",
    "jsonwebtoken",
    "argon2",
    "panicked",
    "/src/",
    ".rs:",
    "root/",
    "home/",
    ".cargo",
    "rustc",
];

/// What of our insides an answer shows, and whose secret; `None` when it shows nothing.
pub(crate) fn leak_in_answer(text: &str) -> Option<&'static str> {
    let lower = without_random_words(text).to_lowercase();
    let inside = INSIDES.into_iter().find(|inside| lower.contains(inside));
    inside.or_else(|| is_sql(text).then_some("SQL")).or_else(|| secret_in(text))
}

/// What a line of the log holds that must not be there; `None` when all is well. Causes are for the log, so it may
/// name a table, but neither a statement nor anybody's secret or address.
pub(crate) fn leak_in_log(line: &str) -> Option<&'static str> {
    let address = || line.to_lowercase().contains("@example.test").then_some("an email address");
    let sql = || is_sql(line).then_some("SQL");
    secret_in(line).or_else(|| credential_in(line)).or_else(address).or_else(sql)
}

/// An API key, an access token, or what has the form of a refresh token or of a session's cookie.
pub(crate) fn credential_in(text: &str) -> Option<&'static str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let mut words = text.split(|c| !is_part(c));
    words.find_map(|word| {
        if ["rlg_", "rlat_"].iter().any(|tag| word.starts_with(tag)) && word.len() > 10 {
            return Some("an API key or an access token");
        }
        let lengths: Vec<usize> = word.split('.').map(str::len).collect();
        if word.split('.').any(|part| part.starts_with("eyJ") && part.len() > 10) {
            return Some("an access token");
        }
        lengths.windows(2).any(|pair| pair == [22, 43]).then_some("a refresh token or a cookie")
    })
}

/// Tokens, ids and cursors are random letters, among which any short name turns up sooner or later.
fn without_random_words(text: &str) -> String {
    let is_random = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '=');
    let is_long = |word: &&str| word.len() >= 22 && word.chars().all(is_random);
    let words = text.split([' ', '"', '\n', ';', '\\']).filter(|word| !is_long(word));
    words.collect::<Vec<_>>().join(" ")
}

fn secret_in(text: &str) -> Option<&'static str> {
    if text.contains(PASSWORD) {
        return Some("a password");
    }
    text.contains("$argon2").then_some("a password's hash")
}

fn is_sql(text: &str) -> bool {
    let statements =
        [("SELECT ", " FROM "), ("INSERT INTO ", " VALUES "), ("UPDATE ", " SET "), ("DELETE FROM ", "")];
    statements
        .into_iter()
        .any(|(verb, then)| text.split_once(verb).is_some_and(|(_, rest)| rest.contains(then)))
}

impl Answer {
    /// Holds that the answer shows nothing that no answer may show, and has the headers that every answer has.
    ///
    /// # Panics
    /// With what it shows, and the answer to which `request`.
    pub(super) fn assert_discreet(&self, request: &str, data_dir: &str) {
        let headers: String =
            self.headers.iter().map(|(name, value)| format!("{name}: {value:?}\n")).collect();
        let shown = format!("{headers}\n{}", self.text);
        let errors = self.json.get("errors").map(Value::to_string).unwrap_or_default();
        let leak = leak_in_answer(&shown).or_else(|| credential_in(&errors));
        assert_eq!(leak, None, "{request} was answered with {shown}");
        assert!(!shown.contains(data_dir), "{request} was answered with a path: {shown}");
        assert_eq!(self.header("x-content-type-options"), Some("nosniff"), "{request}");
        assert!(self.header("x-request-id").is_some(), "{request}");
        if self.status == StatusCode::UNAUTHORIZED {
            // RFC 9110 15.5.2: whoever is told to say who they are is told how.
            let scheme = if request.contains(" /introspect") { "Basic " } else { "Bearer " };
            let challenge = self.header("www-authenticate").unwrap_or_default();
            assert!(challenge.starts_with(scheme), "{request}: {challenge}");
        }
        if !self.json.is_null() {
            // Public keys, and where they are, are the same for everybody.
            let public = request.contains(" /.well-known/");
            let kept = if public { "public, max-age=300" } else { "no-store" };
            assert_eq!(self.header("cache-control"), Some(kept), "{request}");
            let media_type = self.header("content-type").unwrap_or_default();
            assert!(media_type.ends_with("; charset=utf-8"), "{request}: {media_type}");
        }
    }
}

/// All that was logged so far, by whatever test.
static LINES: Mutex<String> = Mutex::new(String::new());

/// What was logged so far by whatever test that has `word` in it.
pub(crate) fn logged(word: &str) -> Vec<String> {
    let lines = LINES.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    lines.lines().filter(|line| line.contains(word)).map(str::to_owned).collect()
}

/// Starts listening, once for the whole suite: to all that the product could log at the most talkative filter.
pub(super) fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(|| Watch);
        let lines = lines.with_filter(filter_fn(may_be_logged));
        tracing::subscriber::set_global_default(tracing_subscriber::registry().with(lines))
            .expect("nobody else listens in this binary");
    });
}

/// Keeps each line, and ends the process at the first one that leaks.
struct Watch;

impl io::Write for Watch {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        if let Some(leak) = leak_in_log(&text) {
            // The database's and the hash threads' lines are nobody's in particular: a panic here would fail some
            // other test, or none. So the run ends, loudly. Not `eprintln!`, which the test runner would swallow.
            drop(io::Write::write_all(
                &mut io::stderr(),
                format!("\nthe log holds {leak}: {text}\n").as_bytes(),
            ));
            abort();
        }
        LINES.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push_str(&text);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
