//! What a rule, or `visible`, must not stand on: nobody would be judged by it there, or more would be shown than may be called.

use async_graphql::registry::{MetaDirectiveInvocation, MetaInputValue, MetaType};

use super::compile::own_rules;

/// The faults of one type, its fields, arguments and values.
///
/// Our own directives do not compile on what is no object or field of one; another's of the same name would.
pub(super) fn check(ty: &MetaType, problems: &mut Vec<String>) {
    let name = ty.name();
    match ty {
        MetaType::Object { fields, visible, .. } | MetaType::Interface { fields, visible, .. } => {
            problems.extend(visible.map(|_| shown_at_will(name)));
            for field in fields.values() {
                let coordinate = format!("{name}.{}", field.name);
                problems.extend(field.visible.map(|_| shown_at_will(&coordinate)));
                arguments(&coordinate, field.args.values(), problems);
            }
        }
        MetaType::Union { visible, .. } => problems.extend(visible.map(|_| shown_at_will(name))),
        MetaType::InputObject { input_fields, .. } => {
            for field in input_fields.values() {
                let coordinate = format!("{name}.{}", field.name);
                problems.extend(rule_on(&coordinate, &field.directive_invocations, "an input's field"));
            }
        }
        MetaType::Enum { enum_values, .. } => {
            for value in enum_values.values() {
                let coordinate = format!("{name}.{}", value.name);
                problems.extend(rule_on(&coordinate, &value.directive_invocations, "an enum's value"));
            }
        }
        MetaType::Scalar { .. } => {}
    }
    let (directives, what) = match ty {
        MetaType::Object { .. } => return,
        MetaType::Interface { directive_invocations, .. } => (directive_invocations, "an interface"),
        MetaType::Union { directive_invocations, .. } => (directive_invocations, "a union"),
        MetaType::InputObject { directive_invocations, .. } => (directive_invocations, "an input"),
        MetaType::Enum { directive_invocations, .. } => (directive_invocations, "an enum"),
        MetaType::Scalar { directive_invocations, .. } => (directive_invocations, "a scalar"),
    };
    problems.extend(rule_on(name, directives, what));
}

fn arguments<'a>(
    coordinate: &str,
    arguments: impl Iterator<Item = &'a MetaInputValue>,
    problems: &mut Vec<String>,
) {
    problems.extend(arguments.filter_map(|argument| {
        let coordinate = format!("{coordinate}({}:)", argument.name);
        rule_on(&coordinate, &argument.directive_invocations, "an argument")
    }));
}

fn rule_on(coordinate: &str, directives: &[MetaDirectiveInvocation], what: &str) -> Option<String> {
    let says_nothing = own_rules(directives) == Ok(Vec::new());
    let signs_in = directives.iter().any(|directive| directive.name == "signsIn");
    (!says_nothing || signs_in).then(|| {
        format!(
            "{coordinate}: {what} cannot rule. Move the directive to the object types, or to the fields that take or return it."
        )
    })
}

fn shown_at_will(coordinate: &str) -> String {
    format!(
        "{coordinate}: `visible` would stand for what the policy shows, and could show what may not be called. Leave it \
         out: introspection shows a field to whoever may call it."
    )
}
