//! Rules that stand where nothing can be judged by them.

use std::borrow::Cow;

use async_graphql::parser::types::Directive;
use async_graphql::registry::{MetaDirectiveInvocation, MetaType, Registry};
use async_graphql::{
    ContextDirective, CustomDirective, CustomDirectiveFactory, EmptyMutation, EmptySubscription, InputObject,
    Interface, Object, Schema, ServerError, ServerResult, Union,
};
use rolegate::graphql::policy::directives::{owner, public, signs_in};
use rolegate::graphql::policy::{install, owned_by};
use uuid::Uuid;

use crate::lints::{assert_one, problems};

struct Nobodys;
#[Object]
impl Nobodys {
    #[graphql(directive = owner::apply(None, None), guard = "owned_by::<Self>(Uuid::nil())")]
    async fn erase(&self) -> Option<i32> {
        None
    }
}

#[test]
fn an_owner_of_a_root_is_refused() {
    assert_one(&problems(Nobodys), "Nobodys.erase", "Name the argument that holds the owner's id");
}

struct Dog;
#[Object(directive = public::apply())]
impl Dog {
    #[graphql(directive = owner::apply(None, None), guard = "owned_by::<Self>(Uuid::nil())")]
    async fn chip(&self) -> Option<i32> {
        None
    }
    async fn legs(&self) -> i32 {
        4
    }
}

#[derive(Interface)]
#[graphql(
    field(name = "legs", ty = "i32", directive = public::apply()),
    field(name = "chip", ty = "Option<i32>")
)]
enum Animal {
    Dog(Dog),
}

struct Kennel;
#[Object]
impl Kennel {
    #[graphql(directive = public::apply())]
    async fn animal(&self) -> Option<Animal> {
        Some(Animal::Dog(Dog))
    }
}

#[test]
fn an_interface_neither_rules_nor_reaches_past_an_owner() {
    let problems = problems(Kennel);
    assert_eq!(problems.len(), 2, "{problems:#?}");
    assert!(problems[0].starts_with("Animal.chip: @owner cannot see past an interface"));
    assert!(problems[1].starts_with("Animal.legs: an interface cannot rule."));
}

/// Writes a rule where the compiler would not let us.
struct Misplace;

impl CustomDirectiveFactory for Misplace {
    fn name(&self) -> Cow<'static, str> {
        Cow::Borrowed("__misplace")
    }
    fn register(&self, registry: &mut Registry) {
        for ty in registry.types.values_mut() {
            if let MetaType::Interface { directive_invocations, .. }
            | MetaType::Union { directive_invocations, .. }
            | MetaType::InputObject { directive_invocations, .. } = ty
            {
                let (name, args) = ("authenticated".to_owned(), Default::default());
                directive_invocations.push(MetaDirectiveInvocation { name, args });
            }
        }
    }
    fn create(&self, _: &ContextDirective<'_>, _: &Directive) -> ServerResult<Box<dyn CustomDirective>> {
        Err(ServerError::new("This directive cannot be used.", None))
    }
}

#[derive(InputObject)]
struct Ticket {
    number: i32,
}

#[derive(Union)]
enum Guest {
    Dog(Dog),
}

struct Zoo;
#[Object]
impl Zoo {
    #[graphql(directive = public::apply())]
    async fn guest(&self, ticket: Option<Ticket>) -> Option<Guest> {
        ticket.filter(|ticket| ticket.number > 0).map(|_| Guest::Dog(Dog))
    }
    #[graphql(directive = public::apply())]
    async fn walker(&self) -> Option<Walker> {
        Some(Walker::Dog(Dog))
    }
}

#[derive(Interface)]
#[graphql(field(name = "legs", ty = "i32"))]
enum Walker {
    Dog(Dog),
}

#[test]
fn a_rule_on_an_interface_a_union_or_an_input_is_refused() {
    let schema = Schema::build(Zoo, EmptyMutation, EmptySubscription).directive(Misplace);
    let errors = install(schema).err().unwrap();
    let problems: Vec<_> = errors.iter().collect();
    assert_eq!(problems.len(), 3, "{problems:#?}");
    for (problem, told) in problems.iter().zip(["Guest: a union", "Ticket: an input", "Walker: an interface"])
    {
        assert!(problem.starts_with(told) && problem.contains("Move the directive"), "{problem}");
    }
}

struct SignsInQuery;
#[Object]
impl SignsInQuery {
    #[graphql(directive = public::apply(), directive = signs_in::apply())]
    async fn login(&self) -> Option<i32> {
        None
    }
}

#[test]
fn only_a_mutation_signs_in() {
    assert_one(&problems(SignsInQuery), "SignsInQuery.login", "Only a field of the mutation type");
}
