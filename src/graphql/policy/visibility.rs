//! For whom introspection shows a field. It hides, it does not protect: the engine does that.

use std::collections::{HashMap, HashSet};

use async_graphql::Context;
use async_graphql::indexmap::IndexMap;
use async_graphql::registry::{MetaField, MetaType, Registry};

use super::compile::{ours, own_rules};
use super::reach::Reach;
use super::rule::Rule;
use super::table::PolicyTable;
use super::viewers;
use crate::access::role::Role;
use crate::access::viewer::Viewer;

/// Who sees it, from the widest circle to the narrowest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Visibility {
    Everyone,
    SignedIn,
    AtLeast(Role),
    Nobody,
}

impl Visibility {
    /// The narrowest circle that any of the rules draws.
    fn of(rules: &[Rule]) -> Self {
        let circle = |rule: &Rule| match rule {
            Rule::Public => Self::Everyone,
            Rule::Authenticated | Rule::Session | Rule::AtLeast(Role::Client) | Rule::Owner { .. } => {
                Self::SignedIn
            }
            Rule::AtLeast(role) => Self::AtLeast(*role),
        };
        rules.iter().map(circle).max().unwrap_or(Self::Everyone)
    }

    /// Beneath a `@signsIn` field a stranger has become somebody: hiding it from them would hide what `login` returns.
    fn beneath_sign_in(self) -> Self {
        if self == Self::SignedIn { Self::Everyone } else { self }
    }

    pub(super) fn admits(self, viewer: &Viewer) -> bool {
        match self {
            Self::Everyone => true,
            Self::SignedIn => viewer.role().is_some(),
            Self::AtLeast(least) => viewer.role().is_some_and(|role| role >= least),
            Self::Nobody => false,
        }
    }

    fn test(self) -> Option<fn(&Context<'_>) -> bool> {
        match self {
            Self::Everyone => None,
            Self::SignedIn | Self::AtLeast(Role::Client) => Some(to_signed_in),
            Self::AtLeast(Role::Manager) => Some(to_managers),
            Self::AtLeast(Role::Admin) => Some(to_admins),
            Self::Nobody => Some(|_| false),
        }
    }
}

fn to_signed_in(ctx: &Context<'_>) -> bool {
    Visibility::SignedIn.admits(&viewers::viewer(ctx))
}

fn to_managers(ctx: &Context<'_>) -> bool {
    Visibility::AtLeast(Role::Manager).admits(&viewers::viewer(ctx))
}

fn to_admins(ctx: &Context<'_>) -> bool {
    Visibility::AtLeast(Role::Admin).admits(&viewers::viewer(ctx))
}

/// From the widest circle to the narrowest, without the one that nobody is in.
const CIRCLES: [Visibility; 4] = [
    Visibility::Everyone,
    Visibility::SignedIn,
    Visibility::AtLeast(Role::Manager),
    Visibility::AtLeast(Role::Admin),
];

/// Writes for whom each field and type is visible into the table and into the registry, where nobody may have set another.
pub(super) fn fill(table: &mut PolicyTable, registry: &mut Registry) {
    let usable = narrow(table, registry);
    let reached = reached(table, registry);
    let way_to = |name: &str| reached.get(name).copied().unwrap_or(Visibility::Nobody);
    for (name, rows) in &mut table.types {
        // `permissions` lists what is visible: it must not name what introspection keeps to itself.
        rows.values_mut().for_each(|row| row.visibility = row.visibility.max(way_to(name)));
    }
    for ty in registry.types.values_mut() {
        let (name, visible, fields) = match ty {
            MetaType::Object { name, visible, fields, .. }
            | MetaType::Interface { name, visible, fields, .. } => (name, visible, Some(fields)),
            MetaType::Union { name, visible, .. } => (name, visible, None),
            // Scalars, enums and inputs are listed where a field that is shown names them, and nowhere else.
            _ => continue,
        };
        // Introspection's own types, and the one root that a schema cannot be without.
        if !name.starts_with("__") && *name != table.query {
            let circle = usable.get(name).copied().unwrap_or(Visibility::Nobody).max(way_to(name));
            *visible = circle.test();
        }
        let own = |field: &&mut MetaField| !field.name.starts_with("__");
        for field in fields.into_iter().flat_map(IndexMap::values_mut).filter(own) {
            // What has no row is refused to all.
            let circle = table.row(name, &field.name).map_or(Visibility::Nobody, |row| row.visibility);
            field.visible = circle.test();
        }
    }
}

/// Sets for whom each field is visible, and returns for whom each type is of use: a field is shown where the type that
/// it returns is, and a type where some field of it is. A client could not read a schema with either alone.
///
/// A `@signsIn` field is shown to those who see what it returns. Beneath it a stranger counts as signed in, with no
/// role in particular: a payload that a role rules is not shown to strangers, and neither is the way to it.
fn narrow(table: &mut PolicyTable, registry: &Registry) -> HashMap<String, Visibility> {
    let beneath: HashSet<String> =
        Reach::new(registry, table).beneath_sign_in().into_iter().map(str::to_owned).collect();
    let circle = |parent: &str, rules: &[Rule]| {
        let circle = Visibility::of(rules);
        if beneath.contains(parent) { circle.beneath_sign_in() } else { circle }
    };
    let mut usable = HashMap::new();
    for ty in ours(registry) {
        if let MetaType::Object { name, directive_invocations, .. } = ty {
            // What cannot be read is an error of the schema, told before this.
            let rules = own_rules(directive_invocations).unwrap_or_default();
            usable.insert(name.clone(), circle(name, &rules));
        }
    }
    for (name, rows) in &mut table.types {
        rows.values_mut().for_each(|row| row.visibility = circle(name, &row.rules));
    }
    // Circles only ever narrow, and there are five, so this ends.
    while narrow_once(table, registry, &mut usable) {}
    usable
}

/// Whether anything became narrower.
fn narrow_once(
    table: &mut PolicyTable,
    registry: &Registry,
    usable: &mut HashMap<String, Visibility>,
) -> bool {
    let mut narrower = false;
    let mut limit = |circle: &mut Visibility, to: Visibility| {
        narrower |= to > *circle;
        *circle = to.max(*circle);
    };
    for (name, rows) in &mut table.types {
        for row in rows.values_mut() {
            limit(&mut row.visibility, usable.get(&row.returns).copied().unwrap_or(Visibility::Everyone));
        }
        if *name != table.query {
            let widest = rows.values().map(|row| row.visibility).min().unwrap_or(Visibility::Nobody);
            limit(usable.entry(name.clone()).or_insert(Visibility::Everyone), widest);
        }
    }
    for ty in ours(registry) {
        if let MetaType::Union { name, possible_types, .. } = ty {
            let members = possible_types.iter().filter_map(|member| usable.get(member));
            let widest = members.min().copied().unwrap_or(Visibility::Nobody);
            limit(usable.entry(name.clone()).or_insert(Visibility::Everyone), widest);
        }
    }
    narrower
}

/// The widest circle that has a way to each type. async-graphql follows the fields that are shown too, but takes every
/// entity for reached.
fn reached(table: &PolicyTable, registry: &Registry) -> HashMap<String, Visibility> {
    let reach = Reach::new(registry, table);
    let mut reached = HashMap::new();
    for circle in CIRCLES {
        for name in reach.within(|row| row.visibility <= circle) {
            reached.entry(name.to_owned()).or_insert(circle);
        }
    }
    // An interface can be named wherever one of its objects can.
    for ty in ours(registry) {
        if let MetaType::Interface { name, possible_types, .. } = ty {
            let kinds = possible_types.iter().chain([name]).filter_map(|kind| reached.get(kind));
            let widest = kinds.min().copied().unwrap_or(Visibility::Nobody);
            reached.insert(name.clone(), widest);
        }
    }
    reached
}
