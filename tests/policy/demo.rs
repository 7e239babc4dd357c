//! A schema with one of each: every directive, every road to a field.

use std::sync::{Arc, Mutex};

use async_graphql::{
    ComplexObject, Context, EmptySubscription, ID, Interface, Object, Result, Schema, SimpleObject, Union,
};
use rolegate::access::role::Role;
use rolegate::graphql::access::{AccessQuery, Role as RoleName};
use rolegate::graphql::policy::directives::{authenticated, has_role, owner, public, signs_in};
use rolegate::graphql::policy::{self, install, owned_by};
use uuid::Uuid;

use crate::ask::{ANN, BOB, client, user};

/// Which resolvers with a mark ran.
#[derive(Clone, Default)]
pub(crate) struct Ran(Arc<Mutex<Vec<&'static str>>>);

impl Ran {
    pub(crate) fn marks(&self) -> Vec<&'static str> {
        self.0.lock().unwrap().clone()
    }
}

fn mark(ctx: &Context<'_>, name: &'static str) {
    ctx.data_unchecked::<Ran>().0.lock().unwrap().push(name);
}

pub(crate) struct User(pub Uuid);

fn email(id: Uuid) -> Option<String> {
    Some(if id == ANN { "ann@example.test" } else { "bob@example.test" }.to_owned())
}

#[Object(directive = authenticated::apply())]
impl User {
    pub(crate) async fn id(&self) -> Uuid {
        self.0
    }
    #[graphql(directive = owner::apply(None, Some(RoleName::Manager)), guard = "owned_by::<Self>(self.0)")]
    async fn email(&self, ctx: &Context<'_>) -> Option<String> {
        mark(ctx, "email");
        email(self.0)
    }
    #[graphql(directive = has_role::apply(RoleName::Manager))]
    async fn note(&self) -> Option<&str> {
        Some("a note")
    }
    /// The guard was forgotten.
    #[graphql(directive = owner::apply(None, Some(RoleName::Manager)))]
    async fn phone(&self) -> Option<&str> {
        Some("+41")
    }
}

/// Its guard is on the type, and one field's own guard replaces it.
pub(crate) struct Letter(Uuid);

#[Object(directive = authenticated::apply(), guard = "owned_by::<Self>(self.0)")]
impl Letter {
    async fn subject(&self) -> &str {
        "hello"
    }
    #[graphql(directive = owner::apply(None, None))]
    async fn text(&self) -> Option<&str> {
        Some("dear you")
    }
    #[graphql(directive = owner::apply(None, None), guard = "anybody")]
    async fn postscript(&self) -> Option<&str> {
        Some("burn this")
    }
}

fn anybody(_: &Context<'_>) -> Result<()> {
    Ok(())
}

#[derive(SimpleObject)]
#[graphql(complex, directive = authenticated::apply())]
pub(crate) struct Device {
    owner_id: Uuid,
    #[graphql(directive = owner::apply(None, None), guard = "owned_by::<Self>(self.owner_id)")]
    address: Option<String>,
}

#[ComplexObject]
impl Device {
    #[graphql(directive = owner::apply(None, None), guard = "owned_by::<Self>(self.owner_id)")]
    async fn place(&self) -> Option<&str> {
        Some("at home")
    }
}

pub(crate) struct AuditEntry;

#[Object(directive = has_role::apply(RoleName::Admin))]
impl AuditEntry {
    #[graphql(directive = authenticated::apply())]
    async fn line(&self) -> &str {
        "audit line"
    }
}

pub(crate) struct Cat;

#[Object(directive = public::apply())]
impl Cat {
    #[graphql(directive = has_role::apply(RoleName::Admin))]
    pub(crate) async fn name(&self) -> Option<String> {
        Some("secret name".to_owned())
    }
    pub(crate) async fn legs(&self) -> i32 {
        4
    }
}

#[derive(Interface)]
#[graphql(field(name = "name", ty = "Option<String>"), field(name = "legs", ty = "i32"))]
pub(crate) enum Pet {
    Cat(Cat),
}

#[derive(Union)]
pub(crate) enum Hit {
    User(User),
    Cat(Cat),
}

#[derive(Union)]
pub(crate) enum Trace {
    Cat(Cat),
    Audit(AuditEntry),
}

#[derive(SimpleObject)]
pub(crate) struct Stats {
    #[graphql(directive = has_role::apply(RoleName::Admin))]
    total: Option<i32>,
}

#[derive(Default)]
pub(crate) struct DemoQuery;

#[Object]
impl DemoQuery {
    #[graphql(directive = public::apply())]
    async fn version(&self) -> &str {
        "1"
    }
    #[graphql(directive = authenticated::apply())]
    async fn me(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        mark(ctx, "me");
        Ok(Some(User(policy::viewer(ctx).user_id()?)))
    }
    #[graphql(directive = owner::apply(Some("id".into()), Some(RoleName::Manager)))]
    async fn user(&self, ctx: &Context<'_>, id: ID) -> Result<Option<User>> {
        mark(ctx, "user");
        Ok(Uuid::parse_str(&id).ok().map(User))
    }
    #[graphql(directive = has_role::apply(RoleName::Manager))]
    async fn users(&self, ctx: &Context<'_>) -> Option<Vec<User>> {
        mark(ctx, "users");
        Some(vec![User(ANN), User(BOB)])
    }
    #[graphql(directive = authenticated::apply())]
    async fn directory(&self) -> Option<Vec<User>> {
        Some(vec![User(ANN), User(BOB)])
    }
    #[graphql(directive = authenticated::apply())]
    async fn letters(&self) -> Option<Vec<Letter>> {
        Some(vec![Letter(ANN), Letter(BOB)])
    }
    #[graphql(directive = authenticated::apply())]
    async fn devices(&self) -> Option<Vec<Device>> {
        Some([ANN, BOB].map(|owner_id| Device { owner_id, address: Some("10.0.0.1".into()) }).into())
    }
    #[graphql(directive = authenticated::apply())]
    async fn audit(&self, ctx: &Context<'_>) -> Option<Vec<AuditEntry>> {
        mark(ctx, "audit");
        Some(vec![AuditEntry])
    }
    #[graphql(directive = public::apply())]
    async fn pet(&self) -> Option<Pet> {
        Some(Pet::Cat(Cat))
    }
    #[graphql(directive = authenticated::apply())]
    async fn hits(&self) -> Option<Vec<Hit>> {
        Some(vec![Hit::User(User(BOB)), Hit::Cat(Cat)])
    }
    #[graphql(directive = authenticated::apply())]
    async fn trace(&self) -> Option<Trace> {
        Some(Trace::Audit(AuditEntry))
    }
    #[graphql(flatten)]
    async fn stats(&self) -> Stats {
        Stats { total: Some(7) }
    }
    #[graphql(directive = authenticated::apply())]
    async fn broken(&self) -> Result<Option<User>> {
        Err(rolegate::error::Error::NotFound.into())
    }
    #[graphql(directive = public::apply())]
    async fn numbers(&self) -> Option<Vec<Number>> {
        Some(vec![Number(1), Number(2)])
    }
}

pub(crate) struct Number(i32);

#[Object(directive = public::apply())]
impl Number {
    async fn half(&self) -> Result<i32> {
        if self.0 % 2 == 0 { Ok(self.0 / 2) } else { Err(rolegate::error::Error::NotFound.into()) }
    }
}

#[derive(SimpleObject)]
#[graphql(directive = authenticated::apply())]
pub(crate) struct SignedIn {
    access_token: String,
    user: User,
}

pub(crate) struct Mutation;

#[Object]
impl Mutation {
    #[graphql(directive = public::apply(), directive = signs_in::apply())]
    async fn login(&self, ctx: &Context<'_>, id: Uuid, role: Option<RoleName>) -> Result<SignedIn> {
        mark(ctx, "login");
        policy::sign_in(ctx, user(id, role.map_or(Role::Client, Role::from)))?;
        Ok(SignedIn { access_token: "token".into(), user: User(id) })
    }
    #[graphql(directive = public::apply(), directive = signs_in::apply())]
    async fn forgetful_login(&self) -> Option<SignedIn> {
        Some(SignedIn { access_token: "token".into(), user: User(ANN) })
    }
    #[graphql(directive = public::apply())]
    async fn unruled_login(&self, ctx: &Context<'_>) -> Result<Option<bool>> {
        policy::sign_in(ctx, client())?;
        Ok(Some(true))
    }
    #[graphql(directive = public::apply())]
    async fn touch(&self, ctx: &Context<'_>) -> bool {
        mark(ctx, "touch");
        true
    }
    #[graphql(directive = owner::apply(Some("id".into()), Some(RoleName::Admin)))]
    async fn rename(&self, ctx: &Context<'_>, id: Uuid) -> Option<User> {
        mark(ctx, "rename");
        Some(User(id))
    }
    #[graphql(directive = has_role::apply(RoleName::Admin))]
    async fn set_role(&self, ctx: &Context<'_>) -> Option<User> {
        mark(ctx, "setRole");
        Some(User(BOB))
    }
}

#[derive(async_graphql::MergedObject, Default)]
#[graphql(name = "Query")]
pub(crate) struct Query(DemoQuery, AccessQuery);

pub(crate) type DemoSchema = Schema<Query, Mutation, EmptySubscription>;

pub(crate) fn schema() -> DemoSchema {
    install(Schema::build(Query::default(), Mutation, EmptySubscription)).unwrap().finish()
}
