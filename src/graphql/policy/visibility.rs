//! For whom introspection shows a field. It hides, it does not protect: the engine does that.

use std::collections::HashSet;

use async_graphql::Context;
use async_graphql::registry::{MetaType, Registry};

use super::compile::own_rules;
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
}

impl Visibility {
    /// The narrowest circle that any of the rules draws.
    fn of(rules: &[Rule]) -> Self {
        let circle = |rule: &Rule| match rule {
            Rule::Public => Self::Everyone,
            Rule::Authenticated | Rule::AtLeast(Role::Client) | Rule::Owner { .. } => Self::SignedIn,
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
        }
    }

    fn test(self) -> Option<fn(&Context<'_>) -> bool> {
        match self {
            Self::Everyone => None,
            Self::SignedIn | Self::AtLeast(Role::Client) => Some(to_signed_in),
            Self::AtLeast(Role::Manager) => Some(to_managers),
            Self::AtLeast(Role::Admin) => Some(to_admins),
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

/// Writes for whom each field and type is visible into the table, and into the registry where nobody has set another.
pub(super) fn fill(table: &mut PolicyTable, registry: &mut Registry) {
    let beneath: HashSet<String> =
        Reach::new(registry, table).beneath_sign_in().into_iter().map(str::to_owned).collect();
    let circle = |parent: &str, rules: &[Rule]| {
        let circle = Visibility::of(rules);
        if beneath.contains(parent) { circle.beneath_sign_in() } else { circle }
    };
    for ty in registry.types.values_mut() {
        let (name, fields) = match ty {
            MetaType::Object { name, fields, visible, directive_invocations, .. } => {
                let rules = own_rules(directive_invocations).unwrap_or_default();
                *visible = visible.or(circle(name, &rules).test());
                (name, fields)
            }
            MetaType::Interface { name, fields, .. } => (name, fields),
            _ => continue,
        };
        let Some(rows) = table.types.get_mut(name) else { continue };
        for (field_name, row) in rows {
            row.visibility = circle(name, &row.rules);
            if let Some(field) = fields.get_mut(field_name) {
                field.visible = field.visible.or(row.visibility.test());
            }
        }
    }
}
