//! What the one who knows the schema's world has to say to a proof.

use std::future::Future;

use async_graphql::{Request, Value};

use crate::access::role::Role;
use crate::access::viewer::Viewer;

/// What cannot be generated from a schema: its users, its ids, and whose is what.
///
/// Methods are called anew for every operation, so an operation may use up what it is given: a token, an address.
pub trait Stage {
    /// Somebody of this role who is signed in. The same user each time will do; they must own something of everything
    /// that has an owner.
    fn viewer(&self, role: Role) -> impl Future<Output = Viewer> + Send;

    /// A value for an argument, which is named as `Query.user(id:)`.
    ///
    /// `None` leaves it out, or where it must be given makes one up; only ids and scalars of your own cannot be made up.
    fn argument(&self, coordinate: &str, scene: &Scene<'_>) -> impl Future<Output = Option<Value>> + Send;

    /// The selection on a type that answers with the id of the owner: `id` on a user, `customer { id }` on an order.
    /// Needed for each type that has a field with `@owner` and no `arg`. It may itself be for the owner only.
    fn owner(&self, type_name: &str) -> Option<&str> {
        let _ = type_name;
        None
    }

    /// Whether a coordinate may be without a value on this stage: `null`, or an error that its resolver means. Each other one
    /// must have answered everybody who may, with a value.
    fn is_empty(&self, coordinate: &str) -> bool {
        let _ = coordinate;
        false
    }

    /// Puts into a request what the resolvers need besides the viewer, who is there already.
    fn request(&self, request: Request) -> Request {
        request
    }
}

/// What an argument is for.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// Who asks; on a road through a `@signsIn` field the one who is to sign in by it.
    pub viewer: &'a Viewer,
    /// Whether the argument is to name what is the viewer's own, or somebody else's.
    pub own: bool,
    /// The coordinate that the road leads to.
    pub coordinate: &'a str,
    /// The types that it passes after the root, in order: where an argument decides which member of a union or an
    /// interface comes back, it must be one of these.
    pub types: &'a [&'a str],
}
