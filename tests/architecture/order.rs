//! Modules stand on each other in the order in which `src/lib.rs` lists them.

use crate::source::{File, Token};

/// The modules that `lib` lists, from the ground up.
pub(crate) fn map(lib: &File) -> Vec<String> {
    let tokens = lib.tokens();
    tokens
        .windows(3)
        .filter(|it| it[0].text == "mod" && it[2].text == ";")
        .map(|it| it[1].text.clone())
        .collect()
}

/// Uses of modules that stand below the file's own.
///
/// `src/lib.rs` is the map itself, and `src/main.rs` stands outside and above everything.
pub(crate) fn violations(file: &File, map: &[String]) -> Vec<String> {
    let inner = file.path.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
    let own: Vec<_> = inner.split('/').map(str::to_owned).collect();
    if ["lib", "main"].contains(&own[0].as_str()) {
        return Vec::new();
    }
    let Some(own_floor) = map.iter().position(|it| *it == own[0]) else {
        return vec![format!(
            "{}:1: `{}` is not on the map: list it in src/lib.rs, in its place",
            file.path, own[0]
        )];
    };
    let mut findings = Vec::new();
    for (used, line) in used_modules(&file.tokens(), own.clone()) {
        match map.iter().position(|it| *it == used) {
            Some(floor) if floor <= own_floor => {}
            Some(_) => findings.push(format!(
                "{}:{line}: `{}` uses `{used}`, which src/lib.rs lists below it: move what is shared up, or let `{used}` call",
                file.path, own[0]
            )),
            None => findings.push(format!(
                "{}:{line}: `crate::{used}` names no module of src/lib.rs: name the module that the thing is in",
                file.path
            )),
        }
    }
    findings
}

/// The first segment after the crate's root of every path that begins with `crate`, `self` or `super`.
///
/// `own` is the module that the tokens stand in; inline modules are followed, for what `super` means in them.
fn used_modules(tokens: &[Token], own: Vec<String>) -> Vec<(String, usize)> {
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
    let mut used = Vec::new();
    let mut module = own;
    let mut depth = 0;
    let mut inline = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match token.text.as_str() {
            "{" => {
                depth += 1;
                if at >= 2 && text(at - 2) == "mod" {
                    module.push(text(at - 1).into());
                    inline.push(depth);
                }
            }
            "}" => {
                if inline.last() == Some(&depth) {
                    inline.pop();
                    module.pop();
                }
                depth -= 1;
            }
            // `crate` under another name would carry any module past this test.
            "crate" if !["::", ")"].contains(&text(at + 1)) => used.push(("crate".into(), token.line)),
            start @ ("crate" | "self" | "super")
                if text(at + 1) == "::" && (at == 0 || text(at - 1) != "::") =>
            {
                let mut base = if start == "crate" { Vec::new() } else { module.clone() };
                if start == "super" {
                    base.pop();
                }
                let mut next = at + 2;
                while text(next) == "super" {
                    base.pop();
                    next += 2;
                }
                match base.first() {
                    Some(top) => used.push((top.clone(), token.line)),
                    None => used.extend(leaves(tokens, next)),
                }
            }
            _ => {}
        }
    }
    used
}

/// The name at `at`, or the first names of the group that begins there: `a` and `d` of `{a::{b, c}, d}`.
fn leaves(tokens: &[Token], at: usize) -> Vec<(String, usize)> {
    let mut depth = 0;
    let mut names = Vec::new();
    for pair in tokens[at - 1..].windows(2) {
        let (before, token) = (pair[0].text.as_str(), &pair[1]);
        match token.text.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            name if depth == 0 || (depth == 1 && ["{", ","].contains(&before)) => {
                names.push((name.to_owned(), token.line));
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        let lib = File::snippet("src/lib.rs", "pub mod config; mod users; pub mod graphql;");
        violations(&File::snippet(path, text), &map(&lib))
    }

    #[test]
    fn every_way_of_writing_a_use_of_a_lower_module_is_found() {
        for text in [
            "use crate::graphql::Schema;",
            "use crate::{config::Config, graphql};",
            "use crate::{\n    config::{self, Config},\n    graphql::{Schema, Query},\n};",
            "use super::super::graphql;",
            "fn f() { crate::graphql::schema() }",
            "fn f() -> super::super::graphql::Schema { todo!() }",
            "fn f() { println!(\"{}\", crate::graphql::NAME) }",
            "#[graphql(directive = crate::graphql::public())] struct User;",
            "mod tests { use super::super::super::graphql; }",
            "mod tests { mod deeper {} use super::super::super::graphql; }",
            "macro_rules! m { () => { $crate::graphql::NAME } }",
            "use crate::*;",
            "use crate as root;",
            "use crate::Schema;",
            "pub(in crate::graphql) fn f() {}",
        ] {
            assert_eq!(found("src/users/user.rs", text).len(), 1, "{text}");
        }
    }

    #[test]
    fn a_finding_names_the_file_the_line_and_the_mend() {
        let found = found("src/users/mod.rs", "//! Users.\n\nuse crate::graphql::Schema;");
        assert_eq!(
            found,
            ["src/users/mod.rs:3: `users` uses `graphql`, which src/lib.rs lists below it: \
              move what is shared up, or let `graphql` call"]
        );
    }

    #[test]
    fn modules_above_and_ones_own_are_free_to_use() {
        for text in [
            "use crate::config::Config; use crate::users::user; use super::email_address; pub(crate) struct User;",
            "use crate::{config::{self, Config}, users::user}; pub(super) mod tests { use super::*; use super::super::x; }",
            "use std::{fmt, io}; fn f(&self) { self.graphql(); self::graphql(); other::graphql::x() }",
        ] {
            assert_eq!(found("src/users/user.rs", text), Vec::<String>::new(), "{text}");
        }
        assert!(found("src/main.rs", "use crate::graphql;").is_empty());
    }

    #[test]
    fn a_module_that_is_not_on_the_map_is_found() {
        assert!(found("src/mail.rs", "")[0].starts_with("src/mail.rs:1: `mail` is not on the map"));
    }
}
