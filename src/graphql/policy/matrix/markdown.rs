//! The matrix as a table in Markdown.

use std::fmt::Write as _;

use super::{Cell, MatrixRow, NoMatrix, SIGNS_IN, rules};

pub(super) const HEADER: &str = "| coordinate | rules | anonymous | CLIENT | MANAGER | ADMIN |";
const SEPARATOR: &str = "|---|---|---|---|---|---|";

pub(super) fn write(rows: &[MatrixRow]) -> String {
    let mut page = format!("{HEADER}\n{SEPARATOR}\n");
    for row in rows {
        let rules = row.rules_in_a_line();
        let MatrixRow { coordinate, anonymous, client, manager, admin, .. } = row;
        writeln!(page, "| {coordinate} | `{rules}` | {anonymous} | {client} | {manager} | {admin} |")
            .expect("writing to a string cannot fail");
    }
    page
}

/// The rows with the numbers of their lines.
pub(super) fn read(text: &str) -> Result<Vec<(usize, MatrixRow)>, NoMatrix> {
    let mut lines = text.lines().enumerate().map(|(index, line)| (index + 1, line));
    for expected in [HEADER, SEPARATOR] {
        let (number, found) = lines.next().unwrap_or((1, ""));
        if found != expected {
            return Err(NoMatrix::at(number, "this is not the head of the table"));
        }
    }
    lines
        .map(|(number, line)| {
            let row = row(line).ok_or(NoMatrix::at(number, "this is no row of the table"))?;
            Ok((number, row))
        })
        .collect()
}

fn row(line: &str) -> Option<MatrixRow> {
    let inner = line.strip_prefix("| ")?.strip_suffix(" |")?;
    let [coordinate, joined, anonymous, client, manager, admin] =
        inner.split(" | ").collect::<Vec<_>>().try_into().ok()?;
    let mut rules = rules(joined.strip_prefix('`')?.strip_suffix('`')?);
    let signs_in = rules.pop_if(|last| last == SIGNS_IN).is_some();
    Some(MatrixRow {
        coordinate: coordinate.to_owned(),
        rules,
        signs_in,
        anonymous: Cell::parse(anonymous)?,
        client: Cell::parse(client)?,
        manager: Cell::parse(manager)?,
        admin: Cell::parse(admin)?,
    })
}
