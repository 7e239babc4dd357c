//! The six directives, as async-graphql wants them.

use async_graphql::TypeDirective;

use crate::graphql::access::Role;

/// Anyone may select this, signed in or not.
#[TypeDirective(location = "FieldDefinition", location = "Object")]
pub fn public() {}

/// The viewer must be signed in: have a live session, or an API key.
#[TypeDirective(location = "FieldDefinition", location = "Object")]
pub fn authenticated() {}

/// The viewer must have a live session; an API key will not do. For whatever makes, ends or strengthens what somebody
/// signs in with, so that whoever finds a key gets no further by it.
#[TypeDirective(location = "FieldDefinition", location = "Object")]
pub fn session() {}

/// The viewer's role must be at least this one: CLIENT < MANAGER < ADMIN.
#[TypeDirective(name = "hasRole", location = "FieldDefinition", location = "Object")]
pub fn has_role(#[graphql(desc = "The least role that will do.")] at_least: Role) {}

/// The viewer must own it: the argument names them, or the object is theirs. Or have at least the given role.
#[TypeDirective(location = "FieldDefinition")]
pub fn owner(
    #[graphql(
        desc = "The argument that holds the owner's id. Without it, the object itself says whose it is."
    )]
    arg: Option<String>,
    #[graphql(desc = "The least role that will do for those who do not own it.")] or_at_least: Option<Role>,
) {
}

/// Signs the caller in: what is selected beneath is judged as the new user. At most one an operation.
#[TypeDirective(name = "signsIn", location = "FieldDefinition")]
pub fn signs_in() {}
