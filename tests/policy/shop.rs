//! A schema for the proof: one of each road, and faults that can be switched on.

use std::sync::Arc;

use async_graphql::futures_util::{Stream, StreamExt, stream};
use async_graphql::{Context, Interface, Object, Schema, SchemaBuilder, Subscription, Union, Value, value};
use chrono::{DateTime, Utc};
use rolegate::access::role::Role;
use rolegate::access::viewer::Viewer;
use rolegate::error::Error;
use rolegate::graphql::access::Role as RoleName;
use rolegate::graphql::policy::directives::{authenticated, has_role, owner, public, signs_in};
use rolegate::graphql::policy::proof::{Scene, Stage};
use rolegate::graphql::policy::{self, PolicyTable, install, owned_by};
use uuid::Uuid;

/// Of each role one customer, and one of whom nobody is.
const CUSTOMERS: [u128; 4] = [1, 2, 3, 4];

fn customer(role: Role) -> Uuid {
    Uuid::from_u128(CUSTOMERS[role as usize])
}

fn viewer(role: Role) -> Viewer {
    let id = customer(role);
    Viewer::User { user_id: id, session_id: id, role, expires_at: DateTime::<Utc>::MAX_UTC }
}

/// Which faults the schema has.
#[derive(Clone, Copy, Default, PartialEq)]
pub(crate) enum Fault {
    #[default]
    None,
    /// The guard takes whoever asks for the owner.
    WrongOwner,
    /// The guard takes nobody for the owner of a note.
    NoOwner,
    /// Notes do not say whose they are.
    Anonymous,
    /// Lists are empty.
    NothingThere,
    /// Nothing is found that could be shipped, and no order has an address.
    NothingFound,
}

fn fault(ctx: &Context<'_>) -> Fault {
    *ctx.data_unchecked::<Fault>()
}

struct Order {
    customer: Uuid,
    guarded_for: Uuid,
}

impl Order {
    fn of(ctx: &Context<'_>, customer: Uuid) -> Self {
        let asking = policy::viewer(ctx).user_id().ok().filter(|_| fault(ctx) == Fault::WrongOwner);
        Self { customer, guarded_for: asking.unwrap_or(customer) }
    }
}

#[Object(directive = authenticated::apply())]
impl Order {
    async fn customer_id(&self) -> Uuid {
        self.customer
    }
    #[graphql(directive = owner::apply(None, Some(RoleName::Admin)), guard = "owned_by::<Self>(self.guarded_for)")]
    async fn address(&self, ctx: &Context<'_>) -> Option<&str> {
        (fault(ctx) != Fault::NothingFound).then_some("1 Main Street")
    }
    #[graphql(directive = has_role::apply(RoleName::Manager))]
    async fn margin(&self, unit: Unit, rounded: Option<Rounding>) -> Option<i32> {
        let _ = rounded.map(|rounding| rounding.to);
        Some(unit as i32)
    }
}

/// All of it is for the one who wrote it, whose it is too.
struct Note {
    author: Uuid,
    guarded_for: Uuid,
}

#[Object(directive = authenticated::apply(), guard = "owned_by::<Self>(self.guarded_for)")]
impl Note {
    #[graphql(directive = owner::apply(None, None))]
    async fn author(&self, ctx: &Context<'_>) -> Option<Author> {
        (fault(ctx) != Fault::Anonymous).then_some(Author { id: self.author })
    }
    #[graphql(directive = owner::apply(None, None))]
    async fn text(&self) -> Option<&str> {
        Some("Leave it with the neighbours.")
    }
}

#[derive(async_graphql::SimpleObject)]
#[graphql(directive = authenticated::apply())]
struct Author {
    id: Uuid,
}

#[derive(async_graphql::Enum, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Cents,
}

#[derive(async_graphql::InputObject)]
struct Rounding {
    to: i32,
}

struct Product;

#[Object(directive = public::apply())]
impl Product {
    async fn title(&self) -> &str {
        "Teapot"
    }
    #[graphql(directive = has_role::apply(RoleName::Admin))]
    async fn cost(&self) -> Option<i32> {
        Some(3)
    }
}

/// Beside a product: what one of them shows to admins, the other shows to all.
struct Gift;

#[Object(directive = public::apply())]
impl Gift {
    async fn title(&self) -> &str {
        "Ribbon"
    }
    async fn cost(&self) -> Option<i32> {
        Some(0)
    }
}

#[derive(Interface)]
#[graphql(field(name = "title", ty = "&str"), field(name = "cost", ty = "Option<i32>"))]
enum Article {
    Product(Product),
    Gift(Gift),
}

#[derive(Union)]
enum Found {
    Product(Product),
    Order(Order),
}

pub(crate) struct Query;

#[Object]
impl Query {
    #[graphql(directive = public::apply())]
    async fn articles(&self, ctx: &Context<'_>) -> Option<Vec<Article>> {
        if fault(ctx) == Fault::NothingThere {
            return Some(Vec::new());
        }
        Some(vec![Article::Product(Product), Article::Gift(Gift)])
    }
    #[graphql(directive = authenticated::apply())]
    async fn search(&self, ctx: &Context<'_>) -> Option<Vec<Found>> {
        let orders = CUSTOMERS.map(|id| Found::Order(Order::of(ctx, Uuid::from_u128(id))));
        Some(std::iter::once(Found::Product(Product)).chain(orders).collect())
    }
    #[graphql(directive = authenticated::apply())]
    async fn notes(&self, ctx: &Context<'_>) -> Option<Vec<Note>> {
        let note = |author| Note {
            author,
            guarded_for: if fault(ctx) == Fault::NoOwner { Uuid::nil() } else { author },
        };
        Some(CUSTOMERS.map(|id| note(Uuid::from_u128(id))).into())
    }
    #[graphql(directive = owner::apply(Some("customer".into()), Some(RoleName::Manager)))]
    async fn orders(&self, ctx: &Context<'_>, customer: Uuid) -> Option<Vec<Order>> {
        Some(vec![Order::of(ctx, customer)])
    }
}

#[derive(async_graphql::SimpleObject)]
#[graphql(directive = authenticated::apply())]
struct Welcome {
    greeting: String,
    order: Option<Order>,
}

pub(crate) struct Mutation;

#[Object]
impl Mutation {
    #[graphql(directive = public::apply(), directive = signs_in::apply())]
    async fn enter(&self, ctx: &Context<'_>, role: RoleName) -> async_graphql::Result<Option<Welcome>> {
        let viewer = viewer(role.into());
        policy::sign_in(ctx, viewer.clone())?;
        let order = Some(Order::of(ctx, viewer.user_id()?));
        Ok(Some(Welcome { greeting: "hello".into(), order }))
    }
    #[graphql(directive = public::apply())]
    async fn wrap(&self, gift: bool) -> Option<Article> {
        Some(if gift { Article::Gift(Gift) } else { Article::Product(Product) })
    }
    #[graphql(directive = has_role::apply(RoleName::Manager))]
    async fn ship(&self, ctx: &Context<'_>, customer: Uuid) -> async_graphql::Result<Option<Order>> {
        if fault(ctx) == Fault::NothingFound {
            return Err(Error::NotFound.into());
        }
        Ok(Some(Order::of(ctx, customer)))
    }
}

pub(crate) struct Events;

#[Subscription]
impl Events {
    #[graphql(directive = authenticated::apply())]
    async fn shipped(&self, ctx: &Context<'_>) -> impl Stream<Item = Order> {
        let orders = CUSTOMERS.map(|id| Order::of(ctx, Uuid::from_u128(id)));
        stream::iter(orders).chain(stream::pending())
    }
}

pub(crate) type Shop = Schema<Query, Mutation, Events>;

/// The schema without its policy.
pub(crate) fn builder(fault: Fault) -> SchemaBuilder<Query, Mutation, Events> {
    Schema::build(Query, Mutation, Events).data(fault)
}

pub(crate) fn shop(fault: Fault) -> Shop {
    install(builder(fault)).unwrap().finish()
}

pub(crate) fn table(shop: &Shop) -> Arc<PolicyTable> {
    Arc::clone(shop.data::<Arc<PolicyTable>>().unwrap())
}

/// What a proof has to be told of this shop.
pub(crate) struct Counter;

impl Stage for Counter {
    async fn viewer(&self, role: Role) -> Viewer {
        viewer(role)
    }

    async fn argument(&self, coordinate: &str, scene: &Scene<'_>) -> Option<Value> {
        let own = scene.viewer.user_id().ok().filter(|_| scene.own);
        Some(match coordinate {
            "Query.orders(customer:)" | "Mutation.ship(customer:)" => {
                value!(own.unwrap_or(Uuid::from_u128(4)).to_string())
            }
            "Mutation.wrap(gift:)" => value!(scene.types.contains(&"Gift")),
            "Mutation.enter(role:)" => value!(scene.viewer.role()?.as_str()),
            _ => return None,
        })
    }

    fn owner(&self, type_name: &str) -> Option<&str> {
        match type_name {
            "Order" => Some("customerId"),
            "Note" => Some("author { id }"),
            _ => None,
        }
    }
}
