//! The table for people: who may call what.

use std::fmt;
use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::rule::{Named, Verdict};
use super::table::{PolicyTable, Row};
use crate::access::role::Role;
use crate::access::viewer::Viewer;

/// What one kind of viewer gets at one coordinate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// The field.
    Yes,
    /// The field, where it is their own.
    Own,
    /// A refusal.
    No,
}

/// One coordinate and the four kinds of viewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MatrixRow<'t> {
    /// `Type.field`.
    pub coordinate: &'t str,
    /// Somebody without a session.
    pub anonymous: Cell,
    /// A client.
    pub client: Cell,
    /// A manager.
    pub manager: Cell,
    /// An admin.
    pub admin: Cell,
}

impl PolicyTable {
    /// Every coordinate with what each kind of viewer gets there, in the order of the coordinates' names.
    pub fn matrix(&self) -> impl Iterator<Item = MatrixRow<'_>> {
        self.rows().map(|row| MatrixRow {
            coordinate: &row.coordinate,
            anonymous: cell(row, &Viewer::Anonymous),
            client: cell(row, &anyone_with(Role::Client)),
            manager: cell(row, &anyone_with(Role::Manager)),
            admin: cell(row, &anyone_with(Role::Admin)),
        })
    }

    /// The matrix as a table in Markdown, with its rules: what `permissions.md` holds.
    pub fn markdown(&self) -> String {
        let mut page = String::from(
            "| coordinate | rules | anonymous | CLIENT | MANAGER | ADMIN |\n|---|---|---|---|---|---|\n",
        );
        for (row, who) in self.rows().zip(self.matrix()) {
            let mut rules = row.rules.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
            if row.signs_in {
                rules.push_str(" @signsIn");
            }
            let MatrixRow { coordinate, anonymous, client, manager, admin } = who;
            writeln!(page, "| {coordinate} | `{rules}` | {anonymous} | {client} | {manager} | {admin} |")
                .expect("writing to a string cannot fail");
        }
        page
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Yes => "yes",
            Self::Own => "own",
            Self::No => "no",
        })
    }
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
