//! What a proof found.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::road::{Road, Start};
use crate::access::role::Role;
use crate::graphql::policy::matrix::{Cell as MatrixCell, Matrix};

/// How often what was seen of one coordinate by one kind of viewer.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    pub(super) answered: usize,
    pub(super) empty: usize,
    pub(super) refused: usize,
    pub(super) stopped_above: usize,
}

impl Seen {
    /// How often the coordinate itself was let through.
    pub(super) const fn let_through(self) -> usize {
        self.answered + self.empty
    }

    /// How often the coordinate itself was judged.
    pub(super) const fn judged(self) -> usize {
        self.let_through() + self.refused
    }
}

/// One kind of viewer at one coordinate. `own` only where it matters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cell {
    pub(super) coordinate: String,
    pub(super) role: Option<Role>,
    pub(super) own: Option<bool>,
}

/// The figures of a proof, and everything in which the answers differ from the matrix.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Coordinates that the policy's table has.
    pub coordinates: usize,
    /// Coordinates that some road led to.
    pub reached: usize,
    /// Different roads to them.
    pub roads: usize,
    /// Operations that were run.
    pub executions: usize,
    /// Coordinates times kinds of viewer (an owner and another where that matters), each judged at least once.
    pub cells: usize,
    /// Of the cells, those that are judged by a refusal above them: this viewer has no road on which all before the
    /// coordinate is allowed.
    pub cells_stopped_above: usize,
    /// Of the cells, those in which nobody can be: beneath `@signsIn` the anonymous are somebody.
    pub cells_of_nobody: usize,
    /// Answers at the coordinate itself, with a value.
    pub answered: usize,
    /// Answers at the coordinate itself without one: `null`, or an error that the resolver means.
    pub empty: usize,
    /// Refusals at the coordinate itself.
    pub refused: usize,
    /// Refusals above the coordinate.
    pub stopped_above: usize,
    /// Every answer that is not what the matrix says, and every coordinate, road or cell that nothing was seen of.
    pub disagreements: Vec<String>,
    pub(super) seen: BTreeMap<Cell, Seen>,
    pub(super) walked: BTreeSet<Road>,
}

impl Report {
    /// True when every coordinate was reached and every answer was what the matrix says.
    pub fn holds(&self) -> bool {
        self.disagreements.is_empty() && self.coordinates > 0 && self.reached == self.coordinates
    }

    pub(super) fn walk(&mut self, road: &Road) {
        self.executions += 1;
        if !self.walked.contains(road) {
            self.walked.insert(road.clone());
        }
    }

    pub(super) fn disagree(&mut self, problem: String) {
        if !self.disagreements.contains(&problem) {
            self.disagreements.push(problem);
        }
    }

    /// Sums up what was seen.
    pub(super) fn sum_up(&mut self) {
        self.roads = self.walked.len();
        for seen in self.seen.values() {
            self.answered += seen.answered;
            self.empty += seen.empty;
            self.refused += seen.refused;
            self.stopped_above += seen.stopped_above;
            self.cells_stopped_above += usize::from(seen.judged() == 0 && seen.stopped_above > 0);
        }
    }

    /// Whether all roads to the coordinate pass a `@signsIn` field.
    pub(super) fn only_beneath_sign_in(&self, coordinate: &str) -> bool {
        let leads = |road: &&Road| {
            road.steps.last().is_some_and(|step| format!("{}.{}", step.on, step.field) == coordinate)
        };
        self.walked.iter().filter(leads).all(|road| road.start == Start::SignIn)
    }
}

impl Report {
    /// In what the answers differ from a matrix that did not come from the table: one that is checked in, or was written
    /// by hand. The proof itself asks the engine's own rules what is right, so it would not find that both are wrong.
    pub fn differences(&self, matrix: &Matrix) -> Vec<String> {
        let rows: BTreeMap<_, _> = matrix.rows().iter().map(|row| (row.coordinate.as_str(), row)).collect();
        let mut found = Vec::new();
        for (cell, seen) in &self.seen {
            let Cell { coordinate, role, own } = cell;
            let Some(row) = rows.get(coordinate.as_str()) else {
                found.push(format!("{coordinate}: the matrix does not have it"));
                continue;
            };
            let written = row.cell(*role);
            let is_as_written = match (written, own) {
                (MatrixCell::Yes, _) | (MatrixCell::Own, Some(true)) => seen.refused == 0,
                (MatrixCell::No, _) | (MatrixCell::Own, Some(false)) => seen.let_through() == 0,
                // Whose it was made no difference, and should have.
                (MatrixCell::Own, None) => seen.judged() == 0,
            };
            if !is_as_written {
                found.push(format!(
                    "{coordinate}: `{written}` for {}, who got {} answers and {} refusals",
                    role.map_or("anonymous", Role::as_str),
                    seen.let_through(),
                    seen.refused
                ));
            }
        }
        let seen: BTreeSet<_> = self.seen.keys().map(|cell| cell.coordinate.as_str()).collect();
        let unseen = rows.keys().filter(|coordinate| !seen.contains(*coordinate));
        found.extend(unseen.map(|coordinate| format!("{coordinate}: nothing was seen of it")));
        found
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} of {} coordinates by {} roads in {} operations; {} cells, of which {} are refused above them and {} are \
             nobody's; {} answers, {} without a value, {} refusals, {} refusals above; {} disagreements",
            self.reached,
            self.coordinates,
            self.roads,
            self.executions,
            self.cells,
            self.cells_stopped_above,
            self.cells_of_nobody,
            self.answered,
            self.empty,
            self.refused,
            self.stopped_above,
            self.disagreements.len()
        )?;
        self.disagreements.iter().try_for_each(|problem| writeln!(f, "- {problem}"))
    }
}
