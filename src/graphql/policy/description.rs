//! Each rule in words, at the end of its field's description: introspection does not tell a field's directives.

use async_graphql::registry::{MetaType, Registry};

use super::rule::Rule;
use super::table::{PolicyTable, Row};

/// Ends the description of every field with what holds there: all rules together, as the engine judges them.
pub(super) fn fill(table: &PolicyTable, registry: &mut Registry) {
    for ty in registry.types.values_mut() {
        let (MetaType::Object { name, fields, .. } | MetaType::Interface { name, fields, .. }) = ty else {
            continue;
        };
        for field in fields.values_mut() {
            let Some(row) = table.row(name, &field.name) else { continue };
            field.description = Some(match &field.description {
                Some(description) => format!("{description}\n{}", sentence(row)),
                None => sentence(row),
            });
        }
    }
}

fn sentence(row: &Row) -> String {
    let demands: Vec<_> = telling(&row.rules).filter_map(demand).collect();
    let rule = match demands.as_slice() {
        [] => "Open to anyone.".to_owned(),
        demands => format!("Requires: {}.", demands.join(", and ")),
    };
    if row.signs_in { format!("{rule} Beneath it, the viewer is whoever signs in.") } else { rule }
}

/// The rules that say something which no other of them says already; of two that say the same, the first.
fn telling(rules: &[Rule]) -> impl Iterator<Item = &Rule> {
    rules.iter().enumerate().filter_map(|(place, rule)| {
        let says_it = |(other_place, other): (usize, &Rule)| {
            other_place != place && other.implies(rule) && (!rule.implies(other) || other_place < place)
        };
        (!rules.iter().enumerate().any(says_it)).then_some(rule)
    })
}

/// What the rule asks for; nothing, for `@public`.
fn demand(rule: &Rule) -> Option<String> {
    Some(match rule {
        Rule::Public => return None,
        Rule::Authenticated => "a session or an API key".to_owned(),
        Rule::Session => "a session".to_owned(),
        Rule::AtLeast(role) => role.to_string(),
        Rule::Owner { arg, or_at_least } => {
            let role = or_at_least.map(|role| format!("{role} or ")).unwrap_or_default();
            let argument = arg.as_ref().map(|arg| format!(" (by `{arg}`)")).unwrap_or_default();
            format!("{role}owner{argument}")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::role::Role;

    fn says(rules: &[Rule], signs_in: bool) -> String {
        sentence(&Row::new("Query.field".into(), rules.to_vec(), "String", signs_in))
    }

    fn owner(arg: Option<&str>, or_at_least: Option<Role>) -> Rule {
        Rule::Owner { arg: arg.map(str::to_owned), or_at_least }
    }

    #[test]
    fn one_rule_is_one_sentence() {
        for (rule, sentence) in [
            (Rule::Public, "Open to anyone."),
            (Rule::Authenticated, "Requires: a session or an API key."),
            (Rule::Session, "Requires: a session."),
            (Rule::AtLeast(Role::Manager), "Requires: MANAGER."),
            (owner(None, None), "Requires: owner."),
            (owner(None, Some(Role::Manager)), "Requires: MANAGER or owner."),
            (owner(Some("id"), None), "Requires: owner (by `id`)."),
            (owner(Some("id"), Some(Role::Admin)), "Requires: ADMIN or owner (by `id`)."),
        ] {
            assert_eq!(says(&[rule], false), sentence);
        }
        assert_eq!(
            says(&[Rule::Public], true),
            "Open to anyone. Beneath it, the viewer is whoever signs in."
        );
    }

    #[test]
    fn rules_together_are_one_sentence_without_what_goes_without_saying() {
        let (manager, admin) = (Rule::AtLeast(Role::Manager), Rule::AtLeast(Role::Admin));
        for (rules, sentence) in [
            (vec![owner(None, Some(Role::Manager)), Rule::Authenticated], "Requires: MANAGER or owner."),
            (vec![Rule::Authenticated, manager.clone(), admin.clone()], "Requires: ADMIN."),
            (vec![manager.clone(), owner(None, Some(Role::Admin))], "Requires: MANAGER, and ADMIN or owner."),
            (vec![admin, owner(None, Some(Role::Manager))], "Requires: ADMIN."),
            (vec![Rule::Authenticated, Rule::AtLeast(Role::Client)], "Requires: a session or an API key."),
            (
                vec![Rule::AtLeast(Role::Admin), Rule::Session, Rule::Authenticated],
                "Requires: ADMIN, and a session.",
            ),
            (
                vec![owner(Some("a"), None), owner(Some("b"), None), manager],
                "Requires: owner (by `a`), and owner (by `b`), and MANAGER.",
            ),
        ] {
            assert_eq!(says(&rules, false), sentence);
        }
    }
}
