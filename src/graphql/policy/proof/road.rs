//! The roads to a coordinate: for each way into its parent, from each kind of root, the shortest that a viewer may walk.

use std::collections::{HashMap, VecDeque};
use std::fmt;

use super::shape::Shape;
use crate::access::viewer::Viewer;
use crate::graphql::policy::rule::{Named, Verdict};
use crate::graphql::policy::table::{PolicyTable, Row};

/// What a road begins with: each of these the engine judges in a way of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Start {
    /// Judged field by field.
    Query,
    /// Judged whole, before it runs.
    Mutation,
    /// Judged whole as far as its `@signsIn` field, and beneath that as the new user.
    SignIn,
    /// Judged whole before there is a stream, and each event by itself.
    Subscription,
}

impl Start {
    pub(super) const ALL: [Self; 4] = [Self::Query, Self::Mutation, Self::SignIn, Self::Subscription];

    /// The word that begins such an operation.
    pub(super) const fn keyword(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Mutation | Self::SignIn => "mutation",
            Self::Subscription => "subscription",
        }
    }

    pub(super) fn root(self, table: &PolicyTable) -> Option<&str> {
        match self {
            Self::Query => Some(&table.query),
            Self::Mutation | Self::SignIn => table.mutation.as_deref(),
            Self::Subscription => table.subscription.as_deref(),
        }
    }
}

/// A field, selected on a type: where that is not the type that the field before returns, in a fragment on it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Step {
    pub(super) on: String,
    pub(super) field: String,
}

/// From a root to the field that is to be judged.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Road {
    pub(super) start: Start,
    pub(super) steps: Vec<Step>,
}

impl Step {
    fn new(row: &Row, on: &str) -> Self {
        let field = row.coordinate.rsplit('.').next().unwrap_or_default();
        Self { on: on.to_owned(), field: field.to_owned() }
    }

    pub(super) fn row<'t>(&self, table: &'t PolicyTable) -> Option<&'t Row> {
        table.row(&self.on, &self.field)
    }
}

impl fmt::Display for Road {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, step) in self.steps.iter().enumerate() {
            let arrow = if place == 0 { "" } else { " > " };
            write!(f, "{arrow}{}.{}", step.on, step.field)?;
        }
        Ok(())
    }
}

/// The map on which roads are looked for.
pub(super) struct Map<'s> {
    pub(super) shape: &'s Shape,
    pub(super) table: &'s PolicyTable,
}

impl<'s> Map<'s> {
    /// All roads to a coordinate that begin so, for `viewer`.
    ///
    /// One for each way into its parent: a field that returns the parent, or an interface or a union that may turn out
    /// to be one. A field of the root has the one road to it.
    pub(super) fn roads(&self, row: &'s Row, start: Start, viewer: &Viewer) -> Vec<Road> {
        let (Some((parent, _)), Some(root)) = (row.coordinate.split_once('.'), start.root(self.table)) else {
            return Vec::new();
        };
        let last = Step::new(row, parent);
        if parent == root {
            let steps = vec![last];
            return Vec::from_iter(
                (row.signs_in == (start == Start::SignIn)).then_some(Road { start, steps }),
            );
        }
        let passable = Passable::ALL.map(|passable| self.prefixes(start, root, viewer, passable));
        let ways = self.table.rows().filter(|way| self.shape.selectable(&way.returns).contains(&parent));
        let roads = ways.filter_map(|way| {
            let (on, _) = way.coordinate.split_once('.')?;
            // Of a root's own fields, only those that this start is about.
            if on == root && way.signs_in != (start == Start::SignIn) {
                return None;
            }
            let mut steps = passable.iter().find_map(|prefixes| prefixes.get(on))?.clone();
            steps.extend([Step::new(way, on), last.clone()]);
            Some(Road { start, steps })
        });
        roads.collect()
    }

    /// The shortest road to each type, by fields that may be passed.
    fn prefixes(
        &self,
        start: Start,
        root: &'s str,
        viewer: &Viewer,
        may: Passable,
    ) -> HashMap<&'s str, Vec<Step>> {
        let mut found = HashMap::from([(root, Vec::new())]);
        let mut ahead = VecDeque::from([root]);
        while let Some(on) = ahead.pop_front() {
            let steps: Vec<Step> = found.get(on).cloned().unwrap_or_default();
            let rows = self.table.types.get(on).into_iter().flat_map(|rows| rows.values());
            for row in rows {
                let is_start = !steps.is_empty() || row.signs_in == (start == Start::SignIn);
                if !is_start || !may.passes(row, viewer) {
                    continue;
                }
                for next in self.shape.selectable(&row.returns) {
                    if !found.contains_key(next) {
                        let mut longer = steps.clone();
                        longer.push(Step::new(row, on));
                        found.insert(next, longer);
                        ahead.push_back(next);
                    }
                }
            }
        }
        found
    }
}

/// Which fields a road may pass on its way, from the best road to the worst.
#[derive(Clone, Copy)]
enum Passable {
    Allowed,
    OrOwned,
    Any,
}

impl Passable {
    const ALL: [Self; 3] = [Self::Allowed, Self::OrOwned, Self::Any];

    fn passes(self, row: &Row, viewer: &Viewer) -> bool {
        // How a `@signsIn` field is judged says nothing of what is beneath it, and it is what the road is about.
        match (self, row.judge(viewer, |_| Named::NotYetKnown)) {
            (Self::Any, _) | (_, Verdict::Allowed) | (Self::OrOwned, Verdict::IfOwner(_)) => true,
            (_, Verdict::IfOwner(_) | Verdict::Denied(_)) => row.signs_in,
        }
    }
}
