//! Which types can be reached from where.

use std::collections::HashSet;

use async_graphql::registry::{MetaType, Registry};

use super::table::{PolicyTable, Row};

/// The roads of a schema: from each type by its fields to the types that these return.
pub(super) struct Reach<'t> {
    registry: &'t Registry,
    table: &'t PolicyTable,
}

impl<'t> Reach<'t> {
    pub(super) fn new(registry: &'t Registry, table: &'t PolicyTable) -> Self {
        Self { registry, table }
    }

    /// The types that can be reached without passing a `@signsIn` field.
    pub(super) fn without_signing_in(&self) -> HashSet<&'t str> {
        self.within(|row| !row.signs_in)
    }

    /// The types that can be reached by the fields that `passes` lets through.
    pub(super) fn within(&self, passes: impl Fn(&Row) -> bool) -> HashSet<&'t str> {
        let table = self.table;
        let roots = [Some(&table.query), table.mutation.as_ref(), table.subscription.as_ref()];
        self.closure(roots.into_iter().flatten().map(String::as_str).collect(), passes)
    }

    /// The types that can be reached beneath a `@signsIn` field.
    pub(super) fn beneath_sign_in(&self) -> HashSet<&'t str> {
        let payloads = self.table.rows().filter(|row| row.signs_in);
        self.closure(payloads.flat_map(|row| self.kinds(&row.returns)).collect(), |_| true)
    }

    /// What an object of the named type can be: itself, or whatever implements or makes it up.
    pub(super) fn kinds(&self, name: &'t str) -> Vec<&'t str> {
        let mut kinds = vec![name];
        if let Some(MetaType::Interface { possible_types, .. } | MetaType::Union { possible_types, .. }) =
            self.registry.types.get(name)
        {
            kinds.extend(possible_types.iter().map(String::as_str));
        }
        kinds
    }

    fn closure(&self, mut ahead: Vec<&'t str>, passes: impl Fn(&Row) -> bool) -> HashSet<&'t str> {
        let mut reached = HashSet::new();
        while let Some(name) = ahead.pop() {
            if !reached.insert(name) {
                continue;
            }
            let fields = self.table.types.get(name).into_iter().flat_map(|fields| fields.values());
            for row in fields.filter(|row| passes(row)) {
                ahead.extend(self.kinds(&row.returns));
            }
        }
        reached
    }
}
