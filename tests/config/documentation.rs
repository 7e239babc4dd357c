//! `docs/configuration.md` and `.env.example` say what the code does.
//!
//! The table is made from the doc comments and the defaults. After a change, `ROLEGATE_TEST_BLESS=1 cargo test --test
//! config` writes it anew.

use std::fs;
use std::path::Path;

use crate::Setup;

const BEGIN: &str = "<!-- settings: made from the doc comments in src/config -->\n";
const END: &str = "<!-- end of settings -->\n";

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("a file of the repository")
}

/// The fields of `structure` in `path`: name, type, doc comment on one line. The files are formatted, so lines will do.
fn fields(path: &str, structure: &str) -> Vec<(String, String, String)> {
    let file = read(path);
    let (_, body) = file.split_once(&format!("pub struct {structure} {{\n")).expect("the struct");
    let (body, _) = body.split_once("\n}").expect("its end");
    let (mut fields, mut meaning) = (Vec::new(), Vec::new());
    for line in body.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("/// ") {
            meaning.push(text);
        } else if let Some((name, type_name)) =
            line.strip_prefix("pub ").and_then(|line| line.split_once(": "))
        {
            fields.push((name.to_owned(), type_name.trim_end_matches(',').to_owned(), meaning.join(" ")));
            meaning.clear();
        }
    }
    fields
}

/// Every key with its meaning, in the order of the code.
fn meanings() -> Vec<(String, String)> {
    let mut all = Vec::new();
    for (name, type_name, meaning) in fields("src/config/mod.rs", "Config") {
        if type_name.ends_with("Config") {
            let section = fields(&format!("src/config/{name}.rs"), &type_name);
            all.extend(section.into_iter().map(|(key, _, meaning)| (format!("{name}.{key}"), meaning)));
        } else {
            all.push((name, meaning));
        }
    }
    all
}

fn table() -> String {
    let defaults = Setup::new().load().effective();
    let meanings = meanings();
    assert_eq!(defaults.len(), meanings.len());
    let mut table = String::from("| key | default | meaning |\n|---|---|---|\n");
    for (row, (key, meaning)) in defaults.into_iter().zip(meanings) {
        assert_eq!(row.key, key, "src/config/setting.rs lists the keys in the order of the fields");
        // What follows from other settings is told in the meaning.
        let default = if row.value.is_null() || meaning.contains("Default: ") {
            String::new()
        } else {
            format!("`{}`", row.value.to_string().replace('"', ""))
        };
        table.push_str(&format!("| `{key}` | {default} | {meaning} |\n"));
    }
    table
}

#[test]
fn the_table_of_settings_is_the_real_one() {
    let page = read("docs/configuration.md");
    let (before, rest) = page.split_once(BEGIN).expect("the first mark");
    let (_, after) = rest.split_once(END).expect("the second mark");
    let expected = format!("{before}{BEGIN}\n{}\n{END}{after}", table());
    if std::env::var_os("ROLEGATE_TEST_BLESS").is_some() {
        fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md"), &expected)
            .expect("written");
    } else {
        assert!(page == expected, "docs/configuration.md is out of date: run with ROLEGATE_TEST_BLESS=1");
    }
}

#[test]
fn the_example_env_file_is_accepted_with_every_line_switched_on() {
    let text = read(".env.example");
    let switched_on = text.replace("#ROLEGATE_", "ROLEGATE_");
    assert!(switched_on.matches("\nROLEGATE_").count() > 5);
    Setup::new().file(".env", &text).load();
    Setup::new().file(".env", &switched_on).load();
}
