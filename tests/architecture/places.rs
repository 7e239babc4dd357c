//! What may appear where, and what nothing is called.

use crate::source::File;

/// Tokens in a row, the paths that may hold them, and the mend for everybody else.
struct Place {
    tokens: &'static [&'static str],
    allowed: &'static [&'static str],
    mend: &'static str,
}

const GRAPHQL: &[&str] = &["src/graphql/", "src/http/"];
const GRAPHQL_MEND: &str = "translate in src/graphql/, and keep rules free of the door";
const CLOCK_MEND: &str = "ask platform::clock, so that tests can turn the time";
const SECRET_MEND: &str = "ask platform::secret, the one source of ids and randomness";
const CONFIG_MEND: &str = "make it a setting in src/config/, the one reader of the environment";

const PLACES: &[Place] = &[
    Place { tokens: &["async_graphql"], allowed: GRAPHQL, mend: GRAPHQL_MEND },
    Place { tokens: &["async_graphql_axum"], allowed: GRAPHQL, mend: GRAPHQL_MEND },
    Place { tokens: &["env", "::"], allowed: &["src/config/"], mend: CONFIG_MEND },
    Place { tokens: &["env", ";"], allowed: &["src/config/"], mend: CONFIG_MEND },
    Place { tokens: &["dotenvy"], allowed: &["src/config/"], mend: CONFIG_MEND },
    Place { tokens: &["SystemTime"], allowed: &["src/platform/clock.rs"], mend: CLOCK_MEND },
    Place { tokens: &["Utc", "::", "now"], allowed: &["src/platform/clock.rs"], mend: CLOCK_MEND },
    Place { tokens: &["Local", "::", "now"], allowed: &["src/platform/clock.rs"], mend: CLOCK_MEND },
    Place { tokens: &["now_v7"], allowed: &["src/platform/secret.rs"], mend: SECRET_MEND },
    Place { tokens: &["new_v4"], allowed: &["src/platform/secret.rs"], mend: SECRET_MEND },
    Place { tokens: &["rand", "::"], allowed: &["src/platform/"], mend: SECRET_MEND },
    Place { tokens: &["SystemRandom"], allowed: &["src/platform/"], mend: SECRET_MEND },
    Place { tokens: &["OsRng"], allowed: &["src/platform/"], mend: SECRET_MEND },
    Place { tokens: &["getrandom"], allowed: &["src/platform/"], mend: SECRET_MEND },
];

/// What stands where it may not.
pub(crate) fn violations(file: &File) -> Vec<String> {
    let tokens = file.tokens();
    let mut findings = Vec::new();
    for place in PLACES.iter().filter(|it| !it.allowed.iter().any(|allowed| file.path.starts_with(allowed))) {
        for run in
            tokens.windows(place.tokens.len()).filter(|run| run.iter().map(|it| &it.text).eq(place.tokens))
        {
            let (path, line, what) = (&file.path, run[0].line, place.tokens.concat());
            findings.push(format!(
                "{path}:{line}: `{what}` belongs in {}: {}",
                place.allowed.join(" or "),
                place.mend
            ));
        }
    }
    findings
}

const BANNED: &[&str] =
    &["util", "helper", "common", "misc", "manager", "service", "handler", "base", "data", "info"];

/// Names that a specification gives: the Relay connection's type is called so in every schema.
const GIVEN: &[&str] = &["PageInfo"];

/// Types and files whose names say nothing.
///
/// Variants are free (`Role::Manager` is the trade's own word), and so are associated types, whose names are other
/// people's: of `type` items only those with a visibility are ours to name.
pub(crate) fn banned_names(file: &File) -> Vec<String> {
    let mut findings = Vec::new();
    let mut judge = |name: &str, line: usize| {
        if GIVEN.contains(&name) {
            return;
        }
        if let Some(word) = words(name).into_iter().find(|it| BANNED.contains(&it.trim_end_matches('s'))) {
            findings.push(format!(
                "{}:{line}: `{name}` says `{word}`: name it after what it is or does",
                file.path
            ));
        }
    };
    file.path.trim_end_matches(".rs").split('/').for_each(|part| judge(part, 1));
    let tokens = file.tokens();
    for (at, run) in tokens.windows(2).enumerate() {
        let [keyword, name] = [&run[0], &run[1]].map(|it| it.text.as_str());
        let names_a_type = match keyword {
            "struct" | "enum" | "union" | "trait" => true,
            "type" => at > 0 && ["pub", ")"].contains(&tokens[at - 1].text.as_str()),
            _ => false,
        };
        if names_a_type && name.starts_with(char::is_uppercase) {
            judge(name, run[1].line);
        }
    }
    findings
}

/// The words of a name in snake or camel case, in lower case: `HTTPInfo`, `http_info` and `HttpInfo` are two words each.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let letters: Vec<char> = name.chars().collect();
    for (at, letter) in letters.iter().enumerate() {
        let after_lower = at > 0 && !letters[at - 1].is_uppercase();
        let before_lower = letters.get(at + 1).is_some_and(|next| next.is_lowercase());
        if *letter == '_' || (letter.is_uppercase() && (after_lower || before_lower)) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| *letter != '_') {
            word.extend(letter.to_lowercase());
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_the_wrong_place_is_found() {
        for text in [
            "use async_graphql::Object;",
            "#[derive(async_graphql::SimpleObject)] struct User;",
            "use std::env;",
            "use std::env::{self, var};",
            "use std::{env, fmt}; fn f() { env::var(\"HOME\"); }",
            "fn f() { dotenvy::dotenv(); }",
            "use std::time::SystemTime;",
            "fn f() { chrono::Utc::now(); }",
            "fn f() { Uuid::now_v7(); }",
            "fn f() { aws_lc_rs::rand::fill(&mut bytes); }",
            "fn f() { SystemRandom::new(); }",
            "macro_rules! now { () => { Utc::now() } }",
        ] {
            assert!(!violations(&File::snippet("src/users/user.rs", text)).is_empty(), "{text}");
        }
    }

    #[test]
    fn what_stands_in_its_place_is_left_alone() {
        for (path, text) in [
            ("src/graphql/users.rs", "use async_graphql::Object;"),
            ("src/config/mod.rs", "use std::env;"),
            ("src/platform/clock.rs", "fn now() { Utc::now(); }"),
            (
                "src/users/user.rs",
                "//! async_graphql and std::env are not for us.\nconst V: &str = env!(\"CARGO_PKG_VERSION\");",
            ),
        ] {
            assert_eq!(violations(&File::snippet(path, text)), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn a_finding_names_the_file_the_line_and_the_mend() {
        let found = violations(&File::snippet("src/users/user.rs", "//! Users.\nuse async_graphql::Object;"));
        assert_eq!(
            found,
            ["src/users/user.rs:2: `async_graphql` belongs in src/graphql/ or src/http/: \
              translate in src/graphql/, and keep rules free of the door"]
        );
    }

    #[test]
    fn names_that_say_nothing_are_found() {
        for (path, text) in [
            ("src/users/helpers.rs", ""),
            ("src/service/login.rs", ""),
            ("src/a.rs", "pub struct UserManager;"),
            ("src/a.rs", "enum HTTPInfo { A }"),
            ("src/a.rs", "mod inner { pub(crate) trait DataSource {} }"),
            ("src/a.rs", "pub type Handlers = Vec<u8>;"),
        ] {
            assert_eq!(banned_names(&File::snippet(path, text)).len(), 1, "{path} {text}");
        }
    }

    #[test]
    fn the_trades_own_words_are_left_alone() {
        let text = "pub enum Role { Manager } pub struct PageInfo; pub struct Database; struct BaselineInformation; \
                    impl Layer for L { type Service = S; } fn handler() {}";
        assert_eq!(banned_names(&File::snippet("src/database/information.rs", text)), Vec::<String>::new());
    }
}
