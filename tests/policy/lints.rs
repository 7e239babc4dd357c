//! Schemas that are refused, each with its mend.

use async_graphql::{
    EmptyMutation, EmptySubscription, InputObject, Object, ObjectType, Schema, SimpleObject,
};
use rolegate::graphql::access::Role;
use rolegate::graphql::policy::directives::{authenticated, has_role, owner, public, session, signs_in};
use rolegate::graphql::policy::{PolicyErrors, install};
use uuid::Uuid;

/// The problems of a schema with this query type.
pub(crate) fn problems<Q: ObjectType + 'static>(query: Q) -> Vec<String> {
    match install(Schema::build(query, EmptyMutation, EmptySubscription)) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.iter().map(str::to_owned).collect(),
    }
}

pub(crate) fn assert_one(problems: &[String], coordinate: &str, mend: &str) {
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert!(problems[0].starts_with(&format!("{coordinate}: ")), "{problems:?}");
    assert!(problems[0].contains(mend), "{problems:?}");
}

struct Unruled;
#[Object]
impl Unruled {
    #[graphql(directive = public::apply())]
    async fn fine(&self) -> i32 {
        1
    }
    async fn forgotten(&self) -> i32 {
        2
    }
    async fn forgotten_too(&self) -> Option<Ruled> {
        None
    }
}

#[derive(SimpleObject)]
#[graphql(directive = authenticated::apply())]
struct Ruled {
    name: String,
}

#[test]
fn a_field_that_nobody_ruled_on_names_itself() {
    let errors: PolicyErrors =
        install(Schema::build(Unruled, EmptyMutation, EmptySubscription)).err().unwrap();
    let listed: Vec<_> = errors.iter().collect();
    assert!(listed[0].starts_with("Unruled.forgotten: ") && listed[0].contains("Give it a directive"));
    assert!(
        listed[1].starts_with("Unruled.forgottenToo: "),
        "the type that it returns is no rule of its own"
    );
    assert_eq!(errors.to_string().lines().count(), 2);
}

struct PublicBesideAnother;
#[Object]
impl PublicBesideAnother {
    #[graphql(directive = public::apply(), directive = authenticated::apply())]
    async fn both(&self) -> Option<i32> {
        None
    }
    #[graphql(directive = public::apply())]
    async fn by_what_it_returns(&self) -> Option<Ruled> {
        None
    }
}

#[test]
fn public_beside_another_rule_is_refused() {
    let problems = problems(PublicBesideAnother);
    assert_eq!(problems.len(), 2);
    assert!(problems[0].starts_with("PublicBesideAnother.both: ") && problems[0].contains("@authenticated"));
    assert!(problems[1].starts_with("PublicBesideAnother.byWhatItReturns: "));
}

struct Account;
#[Object(directive = authenticated::apply())]
impl Account {
    #[graphql(directive = session::apply())]
    async fn recovery_codes(&self) -> i32 {
        8
    }
}

struct Sessions;
#[Object]
impl Sessions {
    #[graphql(directive = public::apply(), directive = session::apply())]
    async fn both(&self) -> Option<i32> {
        None
    }
    #[graphql(directive = authenticated::apply())]
    async fn account(&self) -> Option<Account> {
        None
    }
}

#[test]
fn a_session_is_more_than_being_signed_in() {
    let problems = problems(Sessions);
    assert_eq!(problems.len(), 2, "{problems:#?}");
    assert!(problems[0].starts_with("Account.recoveryCodes: stricter than every way"), "{problems:?}");
    assert!(problems[1].starts_with("Sessions.both: @public, and yet @session"), "{problems:?}");
}

struct Dangling;
#[Object]
impl Dangling {
    #[graphql(directive = owner::apply(Some("userId".into()), None))]
    async fn user(&self, id: Uuid) -> Option<Uuid> {
        Some(id)
    }
}

#[test]
fn an_argument_that_is_not_there_is_refused() {
    assert_one(&problems(Dangling), "Dangling.user", "Name the one that holds the owner's id");
}

struct NoId;
#[Object]
impl NoId {
    #[graphql(directive = owner::apply(Some("ids".into()), None))]
    async fn by_list(&self, ids: Vec<Uuid>) -> Option<usize> {
        Some(ids.len())
    }
    #[graphql(directive = owner::apply(Some("input".into()), None))]
    async fn by_input(&self, input: Credentials) -> Option<String> {
        Some(input.password)
    }
}

#[test]
fn an_argument_that_can_name_no_owner_is_refused() {
    let problems = problems(NoId);
    assert_eq!(problems.len(), 2, "{problems:#?}");
    assert!(problems[0].starts_with("NoId.byInput: ") && problems[0].contains("is no id"), "{problems:?}");
    assert!(problems[1].starts_with("NoId.byList: ") && problems[1].contains("is no id"), "{problems:?}");
}

struct Returning;
#[Object]
impl Returning {
    #[graphql(directive = authenticated::apply())]
    async fn box_of_nothing(&self) -> Option<Unlabelled> {
        Some(Unlabelled { content: 1 })
    }
}

#[derive(SimpleObject)]
struct Unlabelled {
    content: i32,
}

#[test]
fn a_returned_type_that_nobody_ruled_on_is_refused() {
    assert_one(&problems(Returning), "Unlabelled.content", "or give one to the type Unlabelled");
}

struct Strict;
#[Object]
impl Strict {
    #[graphql(directive = has_role::apply(Role::Admin))]
    async fn admins_only(&self) -> i32 {
        1
    }
    #[graphql(directive = authenticated::apply())]
    async fn shelf(&self) -> Option<Shelf> {
        None
    }
}

#[derive(SimpleObject)]
#[graphql(directive = authenticated::apply())]
struct Shelf {
    label: String,
    #[graphql(directive = has_role::apply(Role::Client))]
    for_all_users: String,
    #[graphql(directive = has_role::apply(Role::Manager))]
    price: String,
    #[graphql(directive = has_role::apply(Role::Manager))]
    cost: Option<String>,
}

#[test]
fn a_non_null_field_stricter_than_every_way_to_it_is_refused() {
    let problems = problems(Strict);
    assert_eq!(problems.len(), 2, "{problems:#?}");
    assert!(problems[0].starts_with("Shelf.price: ") && problems[0].contains("Make it nullable"));
    assert!(problems[1].starts_with("Strict.adminsOnly: "));
}

struct Leaky;
#[Object]
impl Leaky {
    #[graphql(directive = public::apply())]
    async fn password_hash(&self, input: Credentials) -> Option<String> {
        Some(input.password)
    }
    #[graphql(directive = public::apply())]
    async fn password(&self) -> PasswordRules {
        PasswordRules { least_length: 8, has_password: true }
    }
    #[graphql(directive = public::apply())]
    async fn hashtag(&self) -> Option<String> {
        None
    }
}

/// Several secrets, in lists and one by one; and what only sounds like some.
struct Plural;
#[Object]
impl Plural {
    #[graphql(directive = public::apply())]
    async fn api_tokens(&self) -> Vec<String> {
        Vec::new()
    }
    #[graphql(directive = public::apply())]
    async fn secrets(&self) -> Option<String> {
        None
    }
    #[graphql(directive = public::apply())]
    async fn hashes(&self) -> Option<Vec<String>> {
        None
    }
    #[graphql(directive = public::apply())]
    async fn api_key(&self) -> Option<String> {
        None
    }
    #[graphql(directive = public::apply())]
    async fn private_keys(&self) -> Option<Vec<String>> {
        None
    }
    #[graphql(directive = public::apply())]
    async fn api_keys(&self) -> PasswordRules {
        PasswordRules { least_length: 8, has_password: true }
    }
    #[graphql(directive = public::apply())]
    async fn key(&self) -> Option<String> {
        None
    }
    #[graphql(directive = public::apply())]
    async fn addresses(&self) -> Option<String> {
        None
    }
}

#[test]
fn several_secrets_and_keys_that_are_to_be_kept_are_secrets_too() {
    let problems = problems(Plural);
    let named: Vec<_> = problems.iter().filter_map(|problem| problem.split_once(": ")).collect();
    let coordinates: Vec<_> = named.iter().map(|(coordinate, _)| *coordinate).collect();
    assert_eq!(
        coordinates,
        ["Plural.apiKey", "Plural.apiTokens", "Plural.hashes", "Plural.privateKeys", "Plural.secrets"]
    );
    assert!(named.iter().all(|(_, problem)| problem.contains("Take it out of the schema")));
}

#[derive(InputObject)]
struct Credentials {
    password: String,
}

#[derive(SimpleObject)]
#[graphql(directive = public::apply())]
struct PasswordRules {
    least_length: i32,
    has_password: bool,
}

#[test]
fn a_field_named_like_a_secret_is_refused_and_an_input_is_not() {
    assert_one(&problems(Leaky), "Leaky.passwordHash", "Take it out of the schema");
}

struct UnruledSignIn;
#[Object]
impl UnruledSignIn {
    #[graphql(directive = signs_in::apply())]
    async fn login(&self) -> Option<i32> {
        None
    }
}

#[test]
fn signing_in_is_no_rule_of_its_own() {
    assert_one(&problems(UnruledSignIn), "UnruledSignIn.login", "Give it a directive");
}
