//! The matrix on the command line: printed in three formats, and compared for CI.

use std::fs;

use serde_json::{Value, json};

use crate::{Outcome, Place};

/// The matrix as it is printed, and a place that holds it as `old`.
fn printed(format: &str) -> (Place, String) {
    let place = Place::new();
    let text = place.run(&["permissions", "--format", format]).printed();
    fs::write(place.path().join("old"), &text).expect("a file");
    (place, text)
}

/// What comes of comparing what is printed with `new`.
fn diff(place: &Place, new: &str, more: &[&str]) -> Outcome {
    fs::write(place.path().join("new"), new).expect("a file");
    place.run(&[&["permissions", "diff", "old", "new"], more].concat())
}

/// Puts the rows of a table into the order of their coordinates, beneath its head.
fn in_order(lines: &mut [&str]) {
    lines[2..].sort_by_key(|line| line.split(' ').nth(1).map(str::to_owned));
}

/// The table with one more row.
fn with(table: &str, row: &str) -> String {
    let mut lines: Vec<_> = table.lines().chain([row]).collect();
    in_order(&mut lines);
    format!("{}\n", lines.join("\n"))
}

const USERS: &str = "| Query.users | `@hasRole(atLeast: MANAGER)` | no | no | yes | yes |";

#[test]
fn all_formats_hold_the_same_matrix() {
    let (place, markdown) = printed("md");
    assert_eq!(markdown, place.run(&["permissions"]).printed());
    let (_, json) = printed("json");
    let rows: Vec<Value> = serde_json::from_str(&json).expect("JSON");
    assert_eq!(rows.len(), markdown.lines().count() - 2);
    assert_eq!(json.lines().count(), rows.len() + 2, "one row a line");
    let user = rows.iter().find(|row| row["coordinate"] == "Query.user").expect("a row");
    let expected = json!({ "coordinate": "Query.user", "signsIn": false, "anonymous": "no", "client": "own",
        "manager": "yes", "admin": "yes",
        "rules": ["@owner(arg: \"id\", orAtLeast: MANAGER)", "@authenticated"] });
    assert_eq!(*user, expected);
    let (_, csv) = printed("csv");
    let line = csv.split("\r\n").find(|line| line.starts_with("Query.user,")).expect("a line");
    let quoted = r#""@owner(arg: ""id"", orAtLeast: MANAGER) @authenticated""#;
    assert_eq!(line, format!("Query.user,{quoted},false,no,own,yes,yes"));
    assert!(csv.contains("\r\nMutation.login,@public,true,yes,yes,yes,yes\r\n"));
    for new in [&markdown, &json, &csv, &csv.replace("\r\n", "\n"), &markdown.replace('\n', "\r\n")] {
        assert_eq!(diff(&place, new, &[]).printed(), "", "the same, whatever the format");
    }
}

#[test]
fn a_wider_cell_fails_unless_it_is_accepted() {
    let (place, old) = printed("md");
    let new = old.replace(USERS, "| Query.users | `@authenticated` | no | own | yes | yes |");
    let outcome = diff(&place, &new, &[]);
    assert_eq!(outcome.code, 1);
    assert_eq!(outcome.stdout, "WIDENED  Query.users  CLIENT: no -> own\n");
    assert_eq!(outcome.stderr, "1 cell is wider than before. If that is meant, say so with --accept.\n");
    assert_eq!(diff(&place, &new, &["--accept"]).printed(), outcome.stdout);
    let outcome = diff(&place, &new, &["--json"]);
    assert_eq!(outcome.code, 1);
    let expected = json!([{ "label": "WIDENED", "coordinate": "Query.users", "viewer": "CLIENT",
        "old": "no", "new": "own" }]);
    assert_eq!(serde_json::from_str::<Value>(&outcome.stdout).expect("JSON"), expected);
}

#[test]
fn every_change_is_labelled_and_what_to_look_at_comes_first() {
    let (place, old) = printed("md");
    let mut lines: Vec<_> = old.lines().filter(|line| !line.starts_with("| Server.name ")).collect();
    let added = "| Query.another | `@hasRole(atLeast: ADMIN)` | no | no | no | yes |";
    lines.push(added);
    in_order(&mut lines);
    let new = lines.join("\n").replace(USERS, "| Query.users | `@public` | yes | yes | no | own |").replace(
        "`@owner(arg: \"id\", orAtLeast: MANAGER) @authenticated`",
        "`@owner(arg: \"user\", orAtLeast: MANAGER)`",
    );
    let outcome = diff(&place, &new, &["--accept"]);
    insta::assert_snapshot!(outcome.printed(), @r#"
    WIDENED  Query.users  anonymous: no -> yes, CLIENT: no -> yes
    NEW      Query.another  anonymous: no, CLIENT: no, MANAGER: no, ADMIN: yes
    RULES    Query.user  @owner(arg: "id", orAtLeast: MANAGER) @authenticated -> @owner(arg: "user", orAtLeast: MANAGER)
    NARROWED Query.users  MANAGER: yes -> no, ADMIN: yes -> own
    GONE     Server.name  anonymous: yes, CLIENT: yes, MANAGER: yes, ADMIN: yes
    "#);
}

#[test]
fn what_is_new_gone_or_narrower_does_not_fail() {
    let (place, old) = printed("md");
    let open = with(&old, "| Query.open | `@public` | yes | yes | yes | yes |");
    assert!(diff(&place, &open, &[]).printed().starts_with("NEW      Query.open  anonymous: yes"));
    let narrower = old.replace(USERS, "| Query.users | `@hasRole(atLeast: ADMIN)` | no | no | no | yes |");
    assert_eq!(diff(&place, &narrower, &[]).printed(), "NARROWED Query.users  MANAGER: yes -> no\n");
    let gone: String = old.lines().filter(|line| *line != USERS).map(|line| format!("{line}\n")).collect();
    assert!(diff(&place, &gone, &[]).printed().starts_with("GONE     Query.users"));
}

/// A table of one row.
fn table(row: &str) -> String {
    format!(
        "| coordinate | rules | anonymous | CLIENT | MANAGER | ADMIN |\n|---|---|---|---|---|---|\n{row}\n"
    )
}

#[test]
fn rules_that_may_be_wider_than_their_cells_tell_fail_unless_they_are_accepted() {
    let place = Place::new();
    for (old, new, printed) in [
        // Whose it is changed, beside a cell that is narrower.
        (
            "| Query.it | `@owner(arg: \"id\", orAtLeast: MANAGER)` | no | own | yes | yes |",
            "| Query.it | `@owner(arg: \"friend\", orAtLeast: ADMIN)` | no | own | own | yes |",
            "RULES    Query.it  @owner(arg: \"id\", orAtLeast: MANAGER) -> @owner(arg: \"friend\", orAtLeast: ADMIN)\n\
             NARROWED Query.it  MANAGER: yes -> own\n",
        ),
        // One of two conditions less.
        (
            "| Query.it | `@owner(arg: \"id\") @owner(arg: \"customer\")` | no | own | own | own |",
            "| Query.it | `@owner(arg: \"customer\")` | no | own | own | own |",
            "RULES    Query.it  @owner(arg: \"id\") @owner(arg: \"customer\") -> @owner(arg: \"customer\")\n",
        ),
        // Beneath it somebody else is judged.
        (
            "| Mutation.it | `@public` | yes | yes | yes | yes |",
            "| Mutation.it | `@public @signsIn` | yes | yes | yes | yes |",
            "RULES    Mutation.it  @public -> @public @signsIn\n",
        ),
        // API keys get in, beside a cell that is narrower.
        (
            "| Query.it | `@session` | no | yes | yes | yes |",
            "| Query.it | `@hasRole(atLeast: MANAGER)` | no | no | yes | yes |",
            "RULES    Query.it  @session -> @hasRole(atLeast: MANAGER)\nNARROWED Query.it  CLIENT: yes -> no\n",
        ),
    ] {
        fs::write(place.path().join("old"), table(old)).expect("a file");
        let outcome = diff(&place, &table(new), &[]);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (1, printed));
        assert_eq!(
            outcome.stderr,
            "1 coordinate has other rules, and may be wider than before. If that is meant, say so with --accept.\n"
        );
        assert_eq!(diff(&place, &table(new), &["--accept"]).printed(), printed);
    }
}

#[test]
fn the_help_tells_what_each_exit_code_means_and_what_rules_are() {
    let help = Place::new().run(&["permissions", "diff", "--help"]).printed();
    assert!(help.contains("RULES says that something else may count as `own` now"), "{help}");
}

#[test]
fn one_of_the_two_may_come_from_standard_input() {
    let (place, old) = printed("csv");
    let outcome = place.run_with_input(&["permissions", "diff", "-", "old", "--json"], old.as_bytes());
    assert_eq!(outcome.printed(), "[]\n");
    assert_eq!(place.run(&["permissions", "diff", "-", "-"]).code, 2);
}

#[test]
fn what_is_no_matrix_is_refused_with_2_and_its_line() {
    let (place, old) = printed("md");
    let (_, json) = printed("json");
    let (_, csv) = printed("csv");
    let login = "| Mutation.login | `@public @signsIn` | yes | yes | yes | yes |";
    assert!(old.contains(login));
    let header: String = old.lines().take(2).map(|line| format!("{line}\n")).collect();
    for (what, new) in [
        ("empty", String::new()),
        ("prose before the table", format!("Who may:\n{old}")),
        ("prose behind it", format!("{old}\nThat is all.\n")),
        ("no row", header),
        ("a word that is no cell", old.replace(login, &login.replace("| yes |", "| maybe |"))),
        ("a cell too few", old.replace(login, login.trim_end_matches(" yes |"))),
        ("the same coordinate twice", old.replace(login, &format!("{login}\n{login}"))),
        ("rows out of order", format!("{}{login}\n", old.replace(&format!("{login}\n"), ""))),
        ("no coordinate", old.replace("Mutation.login", "login")),
        ("a letter that a terminal obeys", old.replace("Mutation.login", "Mutation.\u{1b}[2Jlogin")),
        ("no rule", old.replace(login, &login.replace("@public @signsIn", "public"))),
        ("half of it", json[..json.len() / 2].to_owned()),
        ("an unknown key", json.replacen("signsIn", "signs_in", 1)),
        ("something behind the array", format!("{json}[]")),
        ("an open quote", csv.replacen("\"@owner", "\"\"@owner", 1)),
        ("a stray quote", csv.replacen("Mutation.login,", "Mutation.login\",", 1)),
        ("neither true nor false", csv.replacen(",true,", ",yes,", 1)),
    ] {
        let outcome = diff(&place, &new, &["--accept"]);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""), "{what}");
        let sentence = outcome.stderr;
        assert!(sentence.starts_with("new is not what `rolegate permissions` prints: line "), "{sentence}");
        assert!(!sentence.contains('\u{1b}'));
    }
    let outcome = place.run(&["permissions", "diff", "old", "missing"]);
    assert_eq!(outcome.code, 2);
    assert!(outcome.stderr.starts_with("missing cannot be read: "), "{}", outcome.stderr);
    assert_eq!(place.run(&["permissions", "--format", "csv", "diff", "old", "old"]).code, 2);
    assert_eq!(place.run(&["permissions", "--format", "xml"]).code, 2);
}

#[test]
fn a_reader_that_goes_away_does_not_hide_that_something_is_wider() {
    let (place, old) = printed("md");
    let mut new = old.replace(USERS, "| Query.users | `@public` | yes | yes | yes | yes |");
    // More than a pipe holds.
    for number in 0..2_000 {
        new.push_str(&format!("| Zebra.field{number:04} | `@public` | yes | yes | yes | yes |\n"));
    }
    fs::write(place.path().join("new"), &new).expect("a file");
    let mut child = place.command(&["permissions", "diff", "old", "new"]).spawn().expect("it runs");
    drop(child.stdout.take());
    assert_eq!(child.wait().expect("it ends").code(), Some(1));
}
