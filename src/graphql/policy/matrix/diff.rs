//! What changed from one matrix to the next, for people to look at before it is merged.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::{Cell, Matrix, MatrixRow, SESSION};

/// What a change means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Label {
    /// A viewer gets more than before.
    Widened,
    /// The coordinate was not there before.
    New,
    /// The rules changed in a way that the cells do not tell: whose counts as `own`, as whom is judged what is beneath,
    /// whether an API key will do. It may be wider.
    Rules,
    /// A viewer gets less than before.
    Narrowed,
    /// The coordinate is not there any more.
    Gone,
}

/// One cell that changed, or the rules of a coordinate whose cells do not tell it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What it means.
    pub label: Label,
    /// `Type.field`.
    pub coordinate: String,
    /// The cell's column; none for [`Label::Rules`].
    pub viewer: Option<&'static str>,
    /// What stood there; none for [`Label::New`].
    pub old: Option<String>,
    /// What stands there now; none for [`Label::Gone`].
    pub new: Option<String>,
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Widened => "WIDENED",
            Self::New => "NEW",
            Self::Rules => "RULES",
            Self::Narrowed => "NARROWED",
            Self::Gone => "GONE",
        })
    }
}

impl Matrix {
    /// All changes from this matrix to `new`, by label (what to look at comes first), coordinate and viewer.
    pub fn changes(&self, new: &Self) -> Vec<Change> {
        let by_coordinate = |matrix: &Self| -> BTreeMap<_, _> {
            matrix.rows().iter().map(|row| (row.coordinate.clone(), row.clone())).collect()
        };
        let (old, mut new) = (by_coordinate(self), by_coordinate(new));
        let mut changes = Vec::new();
        for (coordinate, old) in &old {
            match new.remove(coordinate) {
                Some(new) => changes.extend(differences(old, &new)),
                None => changes.extend(all_cells(Label::Gone, old)),
            }
        }
        changes.extend(new.values().flat_map(|row| all_cells(Label::New, row)));
        // Stable, so the viewers stay in the order of their columns.
        changes.sort_by(|one, other| (one.label, &one.coordinate).cmp(&(other.label, &other.coordinate)));
        changes
    }
}

fn differences(old: &MatrixRow, new: &MatrixRow) -> Vec<Change> {
    let pairs = old.cells().into_iter().zip(new.cells());
    let changed = pairs.filter(|((_, old), (_, new))| old != new);
    let mut changes: Vec<_> = changed
        .map(|((viewer, was), (_, is))| Change {
            label: if is > was { Label::Widened } else { Label::Narrowed },
            coordinate: old.coordinate.clone(),
            viewer: Some(viewer),
            old: Some(was.to_string()),
            new: Some(is.to_string()),
        })
        .collect();
    let is_another_rule = (&old.rules, old.signs_in) != (&new.rules, new.signs_in);
    if is_another_rule && (changes.is_empty() || means_more_than_its_cells(old, new)) {
        changes.push(Change {
            label: Label::Rules,
            coordinate: old.coordinate.clone(),
            viewer: None,
            old: Some(old.rules_in_a_line()),
            new: Some(new.rules_in_a_line()),
        });
    }
    changes
}

/// Whether the cells that changed may hide that somebody gets more: `own` says nothing of whose it is, nor `yes` with
/// which credential.
fn means_more_than_its_cells(old: &MatrixRow, new: &MatrixRow) -> bool {
    let is_owned = |row: &MatrixRow| row.cells().iter().any(|(_, cell)| *cell == Cell::Own);
    let needs_session = |row: &MatrixRow| row.rules.iter().any(|rule| rule == SESSION);
    (is_owned(old) && is_owned(new))
        || old.signs_in != new.signs_in
        || (needs_session(old) && !needs_session(new))
}

fn all_cells(label: Label, row: &MatrixRow) -> Vec<Change> {
    let cells = row.cells().into_iter().map(|(viewer, cell)| {
        let here = |there: bool| there.then(|| cell.to_string());
        Change {
            label,
            coordinate: row.coordinate.clone(),
            viewer: Some(viewer),
            old: here(label == Label::Gone),
            new: here(label == Label::New),
        }
    });
    cells.collect()
}
