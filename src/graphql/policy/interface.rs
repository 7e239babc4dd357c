//! What an interface must not be. Its field is judged as one, whatever is behind it: nothing behind it may be missed.

use async_graphql::registry::{MetaField, MetaType, Registry};

use super::compile::{own_rules, signs_in};
use super::rule::Rule;
use super::table::PolicyTable;

/// The faults of an interface; nothing, for any other type.
pub(super) fn check(ty: &MetaType, registry: &Registry, table: &PolicyTable, problems: &mut Vec<String>) {
    let MetaType::Interface { name, fields, possible_types, .. } = ty else { return };
    for field in fields.values() {
        let coordinate = format!("{name}.{}", field.name);
        if signs_in(field) || own_rules(&field.directive_invocations) != Ok(Vec::new()) {
            problems.push(format!(
                "{coordinate}: an interface cannot rule. Move the directive to the types that implement {name}."
            ));
        }
        let row = table.row(name, &field.name);
        if row.is_some_and(|row| row.rules.iter().any(Rule::is_about_the_object)) {
            problems.push(format!(
                "{coordinate}: @owner cannot see past an interface whose the object is, so all would be refused. \
                 Leave the field out of {name}."
            ));
        }
    }
    for member in possible_types {
        match registry.types.get(member) {
            Some(MetaType::Object { fields: theirs, .. }) => {
                let behind = fields.values().map(|field| (field, theirs.get(&field.name)));
                problems.extend(behind.filter_map(|(field, theirs)| unlike(name, member, field, theirs)));
            }
            // Its own objects' rules would be asked by nobody.
            _ => problems.push(format!(
                "{name}: its member {member} is no object, so the rules of what is behind {member} would not hold here. \
                 Name the object types instead."
            )),
        }
    }
}

/// The library calls the member's resolver by a Rust name of the interface's own choosing, whatever that field is
/// called in the schema, and hands it the arguments by their places, whatever they are called.
fn unlike(name: &str, member: &str, field: &MetaField, theirs: Option<&MetaField>) -> Option<String> {
    let coordinate = format!("{name}.{}", field.name);
    let Some(theirs) = theirs else {
        return Some(format!(
            "{coordinate}: {member} has no field `{}`, so its resolver would answer here without its rules. \
             Give both fields the same name.",
            field.name
        ));
    };
    (!field.args.keys().eq(theirs.args.keys())).then(|| {
        format!(
            "{coordinate}: its arguments are not those of {member}.{}, by name and in the same order, so @owner could judge \
             another than the resolver gets. Write them alike.",
            field.name
        )
    })
}
