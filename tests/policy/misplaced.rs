//! Rules that stand where nothing can be judged by them.

use std::borrow::Cow;

use async_graphql::parser::types::Directive;
use async_graphql::registry::{MetaDirectiveInvocation, MetaType, Registry};
use async_graphql::{
    Context, ContextDirective, CustomDirective, CustomDirectiveFactory, EmptyMutation, EmptySubscription,
    Enum, InputObject, Interface, Object, Schema, ServerError, ServerResult, SimpleObject, Union,
};
use rolegate::graphql::access::Role;
use rolegate::graphql::policy::directives::{has_role, owner, public, signs_in};
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
            let rule = || {
                let (name, args) = ("authenticated".to_owned(), Default::default());
                MetaDirectiveInvocation { name, args }
            };
            match ty {
                MetaType::Interface { directive_invocations, .. }
                | MetaType::Union { directive_invocations, .. } => directive_invocations.push(rule()),
                MetaType::Object { fields, .. } => {
                    let arguments = fields.values_mut().flat_map(|field| field.args.values_mut());
                    let tickets = arguments.filter(|argument| argument.name == "ticket");
                    tickets.for_each(|argument| argument.directive_invocations.push(rule()));
                }
                MetaType::InputObject { directive_invocations, input_fields, .. } => {
                    directive_invocations.push(rule());
                    input_fields["number"].directive_invocations.push(rule());
                }
                MetaType::Enum { name, directive_invocations, enum_values, .. } if name == "Fare" => {
                    directive_invocations.push(rule());
                    enum_values["FULL"].directive_invocations.push(rule());
                }
                MetaType::Scalar { name, directive_invocations, .. } if name == "Int" => {
                    directive_invocations.push(rule());
                }
                _ => {}
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
    fare: Fare,
}

#[derive(Enum, Clone, Copy, PartialEq, Eq)]
enum Fare {
    Full,
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
        ticket.filter(|ticket| ticket.number > 0 && ticket.fare == Fare::Full).map(|_| Guest::Dog(Dog))
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
fn a_rule_on_anything_but_an_object_or_its_field_is_refused() {
    let schema = Schema::build(Zoo, EmptyMutation, EmptySubscription).directive(Misplace);
    let errors = install(schema).err().unwrap();
    let problems: Vec<_> = errors.iter().collect();
    let told = [
        "Fare.FULL: an enum's value",
        "Fare: an enum",
        "Guest: a union",
        "Int: a scalar",
        "Ticket.number: an input's field",
        "Ticket: an input",
        "Walker: an interface",
        "Zoo.guest(ticket:): an argument",
    ];
    assert_eq!(problems.len(), told.len(), "{problems:#?}");
    for (problem, told) in problems.iter().zip(told) {
        assert!(problem.starts_with(told) && problem.contains("Move the directive"), "{problem}");
    }
}

fn to_all(_: &Context<'_>) -> bool {
    true
}

#[derive(SimpleObject)]
#[graphql(visible = "to_all", directive = public::apply())]
struct Shown {
    #[graphql(visible = "to_all", directive = has_role::apply(Role::Admin))]
    plans: Option<i32>,
}

struct Window;
#[Object]
impl Window {
    #[graphql(directive = public::apply())]
    async fn shown(&self) -> Option<Shown> {
        Some(Shown { plans: None })
    }
}

#[test]
fn nobody_but_the_policy_says_what_is_shown() {
    let problems = problems(Window);
    assert_eq!(problems.len(), 2, "{problems:#?}");
    assert!(problems[0].starts_with("Shown.plans: `visible`"), "{problems:?}");
    assert!(problems[1].starts_with("Shown: `visible`"), "{problems:?}");
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
