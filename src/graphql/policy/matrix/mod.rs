//! The table for people: who may call what, written, read again, and compared.

mod csv;
mod diff;
mod json;
mod markdown;

use std::cmp::Ordering;
use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use diff::{Change, Label};

use super::rule::{Named, Verdict};
use super::table::{PolicyTable, Row};
use crate::access::role::Role;
use crate::access::viewer::Viewer;

/// What one kind of viewer gets at one coordinate, from the least to the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cell {
    /// A refusal.
    No,
    /// The field, where it is their own.
    Own,
    /// The field.
    Yes,
}

/// One coordinate, its rules, and the four kinds of viewer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MatrixRow {
    /// `Type.field`.
    pub coordinate: String,
    /// The rules that hold there together, each as it stands in the schema.
    pub rules: Vec<String>,
    /// What is beneath is judged as the user whom the field signs in.
    pub signs_in: bool,
    /// Somebody without a session.
    pub anonymous: Cell,
    /// A client.
    pub client: Cell,
    /// A manager.
    pub manager: Cell,
    /// An admin.
    pub admin: Cell,
}

/// How the directive is written that is no rule.
const SIGNS_IN: &str = "@signsIn";

/// How the rule is written by which API keys are left out.
const SESSION: &str = "@session";

/// A whole matrix, in the order of its coordinates' names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matrix(Vec<MatrixRow>);

/// How a matrix is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A table in Markdown: what `permissions.md` holds.
    Markdown,
    /// An array of [`MatrixRow`]s, one a line.
    Json,
    /// Comma-separated values (RFC 4180), with a header.
    Csv,
}

/// Why a text is no matrix, and where. It repeats nothing of the text, which may hold what a terminal would obey.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct NoMatrix {
    line: usize,
    problem: &'static str,
}

impl PolicyTable {
    /// Every coordinate with what each kind of viewer gets there, in the order of the coordinates' names.
    pub fn matrix(&self) -> impl Iterator<Item = MatrixRow> {
        self.rows().map(|row| MatrixRow {
            coordinate: row.coordinate.clone(),
            rules: row.rules.iter().map(ToString::to_string).collect(),
            signs_in: row.signs_in,
            anonymous: cell(row, &Viewer::Anonymous),
            client: cell(row, &anyone_with(Role::Client)),
            manager: cell(row, &anyone_with(Role::Manager)),
            admin: cell(row, &anyone_with(Role::Admin)),
        })
    }
}

impl Matrix {
    /// The rows, in the order of their coordinates' names.
    pub fn rows(&self) -> &[MatrixRow] {
        &self.0
    }

    /// The matrix as text. It ends with a line break.
    pub fn write(&self, format: Format) -> String {
        match format {
            Format::Markdown => markdown::write(&self.0),
            Format::Json => json::write(&self.0),
            Format::Csv => csv::write(&self.0),
        }
    }

    /// Reads what [`Matrix::write`] wrote; the text itself tells in which format.
    ///
    /// # Errors
    /// [`NoMatrix`] for anything else, rows out of their order among it: a comparison with what is no whole matrix may find
    /// nothing that is wider. Only a table that ends too soon, after a whole row, looks like a smaller one.
    pub fn read(text: &str) -> Result<Self, NoMatrix> {
        let rows = match text {
            text if text.starts_with(markdown::HEADER) => markdown::read(text)?,
            text if text.starts_with('[') => json::read(text)?,
            text if text.starts_with(csv::HEADER) => csv::read(text)?,
            _ => return Err(NoMatrix::at(1, "this does not begin like a matrix in Markdown, JSON or CSV")),
        };
        if rows.is_empty() {
            return Err(NoMatrix::at(1, "there are no rows"));
        }
        for (line, row) in &rows {
            row.check().map_err(|problem| NoMatrix::at(*line, problem))?;
        }
        for pair in rows.windows(2) {
            let [(_, before), (line, row)] = pair else { continue };
            match before.coordinate.cmp(&row.coordinate) {
                Ordering::Less => {}
                Ordering::Equal => return Err(NoMatrix::at(*line, "the coordinate has a row already")),
                Ordering::Greater => {
                    return Err(NoMatrix::at(*line, "the rows are not in the order of their coordinates"));
                }
            }
        }
        Ok(rows.into_iter().map(|(_, row)| row).collect())
    }
}

impl FromIterator<MatrixRow> for Matrix {
    fn from_iter<T: IntoIterator<Item = MatrixRow>>(rows: T) -> Self {
        let mut rows: Vec<_> = rows.into_iter().collect();
        rows.sort_by(|one, other| one.coordinate.cmp(&other.coordinate));
        Self(rows)
    }
}

impl MatrixRow {
    /// The cells with the names of their columns.
    pub fn cells(&self) -> [(&'static str, Cell); 4] {
        [
            ("anonymous", self.anonymous),
            ("CLIENT", self.client),
            ("MANAGER", self.manager),
            ("ADMIN", self.admin),
        ]
    }

    /// The cell of the anonymous, or of a role.
    pub const fn cell(&self, role: Option<Role>) -> Cell {
        match role {
            None => self.anonymous,
            Some(Role::Client) => self.client,
            Some(Role::Manager) => self.manager,
            Some(Role::Admin) => self.admin,
        }
    }

    /// All rules, `@signsIn` among them, with a space between.
    fn rules_in_a_line(&self) -> String {
        let signs_in = self.signs_in.then_some(SIGNS_IN);
        self.rules.iter().map(String::as_str).chain(signs_in).collect::<Vec<_>>().join(" ")
    }

    /// What the types of the fields do not say, for a row that was read.
    fn check(&self) -> Result<(), &'static str> {
        let is_name = |name: &str| {
            let mut letters = name.chars();
            letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
                && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        };
        let is_coordinate = |text: &str| {
            text.split_once('.').is_some_and(|(parent, field)| is_name(parent) && is_name(field))
        };
        let is_rule = |rule: &String| rule.starts_with('@') && !rule.chars().any(char::is_control);
        if !is_coordinate(&self.coordinate) {
            return Err("the coordinate is not written `Type.field`");
        }
        if self.rules.is_empty() || !self.rules.iter().all(is_rule) {
            return Err("the rules are not directives");
        }
        Ok(())
    }
}

impl NoMatrix {
    fn at(line: usize, problem: &'static str) -> Self {
        Self { line, problem }
    }
}

impl Cell {
    fn parse(text: &str) -> Option<Self> {
        [Self::No, Self::Own, Self::Yes].into_iter().find(|cell| cell.as_str() == text)
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Own => "own",
            Self::Yes => "yes",
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// `@owner(arg: "id") @authenticated` as its two rules. No argument of a rule holds ` @`: they are names.
fn rules(joined: &str) -> Vec<String> {
    let mut parts = joined.split(" @");
    let first = parts.next().map(str::to_owned);
    first.into_iter().chain(parts.map(|rest| format!("@{rest}"))).collect()
}

fn cell(row: &Row, viewer: &Viewer) -> Cell {
    match row.judge(viewer, |_| Named::NotYetKnown) {
        Verdict::Allowed => Cell::Yes,
        Verdict::IfOwner(_) => Cell::Own,
        Verdict::Denied(_) => Cell::No,
    }
}

fn anyone_with(role: Role) -> Viewer {
    let nobody = Uuid::nil();
    Viewer::User { user_id: nobody, session_id: nobody, role, expires_at: DateTime::<Utc>::MAX_UTC }
}
