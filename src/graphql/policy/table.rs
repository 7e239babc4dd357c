//! Every coordinate with the rules that hold there.

use std::collections::BTreeMap;

use super::rule::{Named, Rule, Verdict};
use super::visibility::Visibility;
use crate::access::viewer::Viewer;

/// The policy of a schema: what [`install`](super::install()) made of its directives.
///
/// Schema data: `schema.data::<Arc<PolicyTable>>()`.
#[derive(Debug, Default)]
pub struct PolicyTable {
    pub(super) types: BTreeMap<String, BTreeMap<String, Row>>,
    pub(super) query: String,
    pub(super) mutation: Option<String>,
    pub(super) subscription: Option<String>,
    /// Whether `__schema` and `__type` may be asked for at all.
    pub(super) introspects: bool,
}

/// What holds at one coordinate.
#[derive(Debug)]
pub(super) struct Row {
    /// `Type.field`.
    pub(super) coordinate: String,
    /// All must hold. Never empty, and [`Rule::Public`] only where it stands alone.
    pub(super) rules: Vec<Rule>,
    /// A refusal costs this field only; otherwise it takes the parent with it.
    pub(super) nullable: bool,
    /// The name of the type that it returns, without lists and exclamation marks.
    pub(super) returns: String,
    /// What is beneath is judged as the user whom this field signs in.
    pub(super) signs_in: bool,
    /// For whom introspection shows it.
    pub(super) visibility: Visibility,
}

impl Row {
    pub(super) fn new(coordinate: String, rules: Vec<Rule>, ty: &str, signs_in: bool) -> Self {
        Self {
            coordinate,
            rules,
            nullable: !ty.ends_with('!'),
            returns: bare(ty).to_owned(),
            signs_in,
            visibility: Visibility::Everyone,
        }
    }

    /// Judges by all rules together: one denial outweighs all else.
    pub(super) fn judge(&self, viewer: &Viewer, named: impl Fn(&str) -> Named) -> Verdict<'_> {
        let mut verdict = Verdict::Allowed;
        for rule in &self.rules {
            match rule.judge(viewer, &named) {
                Verdict::Allowed => {}
                Verdict::IfOwner(rule) => verdict = Verdict::IfOwner(rule),
                denied @ Verdict::Denied(_) => return denied,
            }
        }
        verdict
    }
}

impl PolicyTable {
    pub(super) fn row(&self, parent: &str, field: &str) -> Option<&Row> {
        self.types.get(parent)?.get(field)
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = &Row> {
        self.types.values().flat_map(BTreeMap::values)
    }

    fn at(&self, coordinate: &str) -> Option<&Row> {
        let (parent, field) = coordinate.split_once('.')?;
        self.row(parent, field)
    }

    /// All coordinates (`Type.field`), in the order of their names.
    pub fn coordinates(&self) -> impl Iterator<Item = &str> {
        self.rows().map(|row| row.coordinate.as_str())
    }

    /// What `viewer` would get there, whose arguments name whom `named` says; none when there is no such coordinate.
    pub fn verdict_with(
        &self,
        coordinate: &str,
        viewer: &Viewer,
        named: impl Fn(&str) -> Named,
    ) -> Option<Verdict<'_>> {
        Some(self.at(coordinate)?.judge(viewer, named))
    }

    /// Whether introspection shows the coordinate to `viewer`.
    pub fn is_visible(&self, coordinate: &str, viewer: &Viewer) -> bool {
        self.at(coordinate).is_some_and(|row| row.visibility.admits(viewer))
    }
}

/// `[User!]!` is about `User`.
pub(super) fn bare(ty: &str) -> &str {
    ty.trim_matches(['[', ']', '!'])
}
