//! `@owner` without an argument: only the object knows whose it is.

use std::marker::PhantomData;
use std::sync::Arc;

use async_graphql::{Context, Guard, OutputType};
use uuid::Uuid;

use super::rule::{Named, Verdict};
use super::table::PolicyTable;
use super::viewers;
use crate::error::Error;
use crate::graphql::error::graphql_error;

/// A guard that tells the policy whose object this is; made by [`owned_by`].
pub struct OwnedBy<T> {
    owner: Uuid,
    object: PhantomData<fn() -> T>,
}

/// Hands in the owner of the object of type `T`:
/// `#[graphql(directive = owner::apply(None, Some(Role::Manager)), guard = "owned_by::<Self>(self.user_id)")]`.
///
/// On a type it stands for all its fields but those that have a guard of their own; where a field has no `@owner`, it lets
/// everybody pass. It judges by itself from the table, so that nothing is resolved for whoever does not own it, and tells
/// the engine whether they do, of this field of this object and no other. The engine holds back what a guard was not
/// asked about, and what somebody does not own though another guard beside it (`GuardExt::or`) let them pass.
pub fn owned_by<T: OutputType>(owner: Uuid) -> OwnedBy<T> {
    OwnedBy { owner, object: PhantomData }
}

impl<T: OutputType> Guard for OwnedBy<T> {
    async fn check(&self, ctx: &Context<'_>) -> async_graphql::Result<()> {
        let table = ctx.data_opt::<Arc<PolicyTable>>();
        let row = table.and_then(|table| table.row(&T::type_name(), ctx.item.node.name.node.as_str()));
        // Flattened into another type, or no policy installed: nobody can say what holds here.
        let row = row.ok_or_else(|| Error::internal("an owner's guard ran where the policy has no rule"))?;
        let viewer = viewers::viewer(ctx);
        // Rules about arguments are not the object's to judge; the engine has judged them.
        let mut by_object = row.rules.iter().filter(|rule| rule.is_about_the_object());
        let refused = by_object.find(|rule| match rule.judge(&viewer, |_| Named::NotYetKnown) {
            Verdict::Allowed => false,
            Verdict::IfOwner(_) => {
                let owns = viewer.user_id().ok() == Some(self.owner);
                viewers::tell_owner(ctx, owns);
                !owns
            }
            Verdict::Denied(_) => true,
        });
        match refused {
            None => Ok(()),
            Some(rule) => Err(graphql_error(rule.refusal(&viewer), Some(&row.coordinate))),
        }
    }
}
