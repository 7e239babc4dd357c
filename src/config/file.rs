//! `rolegate.toml`.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::Deserialize as _;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use crate::config::load::{Origin, Sources, Stated, Statement};
use crate::config::setting::is_section;

/// What the configuration file says. Only a file that was asked for by name must be there.
pub(super) fn read(sources: &Sources, problems: &mut Vec<String>) -> Vec<Statement> {
    let path = match &sources.config_file {
        Some(named) => sources.directory.join(named),
        None => sources.directory.join("rolegate.toml"),
    };
    let shown = sources.config_file.clone().unwrap_or_else(|| PathBuf::from("rolegate.toml"));
    match fs::read_to_string(&path) {
        Ok(text) => parse(&text, &shown, problems),
        Err(error) if error.kind() == ErrorKind::NotFound && sources.config_file.is_none() => Vec::new(),
        Err(error) => {
            problems.push(format!("{} cannot be read: {error}.", shown.display()));
            Vec::new()
        }
    }
}

/// The parser's own message would quote the line, which may hold a secret: only its number is told.
fn parse(text: &str, path: &Path, problems: &mut Vec<String>) -> Vec<Statement> {
    let line_of = |offset: usize| text[..offset.min(text.len())].matches('\n').count() + 1;
    let document = match DeTable::parse(text) {
        Ok(document) => document.into_inner(),
        Err(error) => {
            let line = error.span().map_or(1, |span| line_of(span.start));
            problems.push(format!("{}, line {line}, is not valid TOML: mend the line.", path.display()));
            return Vec::new();
        }
    };
    let mut leaves = Vec::new();
    collect(document, "", &mut leaves);
    let statement = |(key, value): (String, Spanned<DeValue<'_>>)| {
        let origin = Origin::File { path: path.to_owned(), line: line_of(value.span().start) };
        let value = toml::Value::deserialize(ValueDeserializer::from(value)).ok();
        // A value that TOML allows and we have no use for, such as a huge number, is refused with the wrong types.
        let value = Stated::Typed(value.unwrap_or(toml::Value::Table(toml::Table::new())));
        Statement { key, value, origin }
    };
    leaves.into_iter().map(statement).collect()
}

/// Lays the sections out flat: `[signup] mode` becomes `signup.mode`.
fn collect<'a>(table: DeTable<'a>, section: &str, leaves: &mut Vec<(String, Spanned<DeValue<'a>>)>) {
    for (name, value) in table {
        let name = name.into_inner();
        let key = if section.is_empty() { name.into_owned() } else { format!("{section}.{name}") };
        let span = value.span();
        match value.into_inner() {
            DeValue::Table(inner) if !inner.is_empty() || is_section(&key) => collect(inner, &key, leaves),
            other => leaves.push((key, Spanned::new(span, other))),
        }
    }
}
