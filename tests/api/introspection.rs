//! What introspection shows to whom. What may be shown is worked out here once more, from the whole schema and the
//! permission matrix.

use std::collections::{BTreeMap, BTreeSet};

use rolegate::config::Introspection;
use rolegate::graphql::policy::{Cell, MatrixRow};
use serde_json::{Value, json};

use crate::harness::{Persona, Service};

const ASK: &str = include_str!("../http/introspection.graphql");

type Names = BTreeSet<String>;

async fn schema(persona: &Persona<'_>) -> Value {
    persona.run(ASK).await.data()["__schema"].clone()
}

fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

fn name(value: &Value) -> String {
    value["name"].as_str().unwrap().to_owned()
}

/// The name of the type within its lists and exclamation marks.
fn named(mut reference: &Value) -> String {
    while !reference["ofType"].is_null() {
        reference = &reference["ofType"];
    }
    name(reference)
}

/// Every name in an answer: types as `Type`, fields, inputs and values as `Type.name`, arguments as `Type.field.name`,
/// and each type that any of them refers to.
fn names(schema: &Value) -> Names {
    let mut names = Names::new();
    let types = list(schema, "types").iter().filter(|kind| !name(kind).starts_with("__"));
    for kind in types {
        let of = name(kind);
        for field in list(kind, "fields") {
            names.insert(format!("{of}.{}", name(field)));
            names.insert(named(&field["type"]));
            for argument in list(field, "args") {
                names.insert(format!("{of}.{}.{}", name(field), name(argument)));
                names.insert(named(&argument["type"]));
            }
        }
        for input in list(kind, "inputFields") {
            names.insert(format!("{of}.{}", name(input)));
            names.insert(named(&input["type"]));
        }
        names.extend(list(kind, "enumValues").iter().map(|value| format!("{of}.{}", name(value))));
        names.extend(list(kind, "possibleTypes").iter().chain(list(kind, "interfaces")).map(named));
        names.insert(of);
    }
    for argument in list(schema, "directives").iter().flat_map(|directive| list(directive, "args")) {
        names.insert(named(&argument["type"]));
    }
    names.extend(["queryType", "mutationType"].map(|root| &schema[root]).map(name));
    names
}

/// A walk through the whole schema along the fields that one viewer may call.
struct Walk<'s> {
    types: BTreeMap<String, &'s Value>,
    matrix: BTreeMap<String, MatrixRow>,
    column: usize,
    seen: BTreeSet<(String, bool)>,
    names: Names,
}

impl Walk<'_> {
    /// `signed_in`: the way passed a field that signs in, so that the viewer counts as a client at least.
    fn reach(&mut self, of: &str, signed_in: bool) {
        if !self.seen.insert((of.to_owned(), signed_in)) {
            return;
        }
        self.names.insert(of.to_owned());
        let kind = self.types[of];
        for field in list(kind, "fields") {
            let coordinate = format!("{of}.{}", name(field));
            let row = &self.matrix[&coordinate];
            let cell = row.cells()[self.column].1.max(if signed_in { row.client } else { Cell::No });
            let signs_in = row.signs_in;
            if cell == Cell::No {
                continue;
            }
            for argument in list(field, "args") {
                self.names.insert(format!("{coordinate}.{}", name(argument)));
                self.reach(&named(&argument["type"]), signed_in);
            }
            self.names.insert(coordinate);
            self.reach(&named(&field["type"]), signed_in || signs_in);
        }
        for input in list(kind, "inputFields") {
            self.names.insert(format!("{of}.{}", name(input)));
            self.reach(&named(&input["type"]), signed_in);
        }
        self.names.extend(list(kind, "enumValues").iter().map(|value| format!("{of}.{}", name(value))));
        for member in list(kind, "possibleTypes").iter().chain(list(kind, "interfaces")) {
            self.reach(&named(member), signed_in);
        }
    }
}

/// All that the viewer of one column of the matrix can come to.
fn reachable(whole: &Value, column: usize) -> Names {
    let matrix = rolegate::graphql::permissions().unwrap();
    let mut walk = Walk {
        types: list(whole, "types").iter().map(|kind| (name(kind), kind)).collect(),
        matrix: matrix.rows().iter().map(|row| (row.coordinate.clone(), row.clone())).collect(),
        column,
        seen: BTreeSet::new(),
        names: Names::new(),
    };
    for root in ["queryType", "mutationType"] {
        walk.reach(&name(&whole[root]), false);
    }
    // The directives are shown to all, and so is what they take.
    for argument in list(whole, "directives").iter().flat_map(|directive| list(directive, "args")) {
        walk.reach(&named(&argument["type"]), false);
    }
    walk.names
}

#[tokio::test]
async fn each_viewer_is_shown_what_they_may_call_and_no_name_besides() {
    let open = Service::with(|config| config.graphql.introspection = Some(Introspection::Full)).await;
    let whole = schema(&open.anonymous()).await;
    let service = Service::start().await;
    let personas = [
        service.anonymous(),
        service.client("ada").await,
        service.manager("max").await,
        service.admin("eve").await,
    ];
    let everything = names(&whole);
    let mut sizes = Vec::new();
    for (column, persona) in personas.iter().enumerate() {
        let shown = names(&schema(persona).await);
        let may = reachable(&whole, column);
        // The built-in scalars that introspection's own types need are in every answer.
        let built_in = ["String", "Boolean", "Int", "Float", "ID"];
        let besides: Vec<_> =
            shown.difference(&may).filter(|name| !built_in.contains(&name.as_str())).collect();
        assert!(besides.is_empty(), "column {column} is shown what it may not call: {besides:?}");
        let hidden: Vec<_> = may.difference(&shown).collect();
        assert!(hidden.is_empty(), "column {column} is not shown what it may call: {hidden:?}");
        sizes.push(shown.len());
        let listed = persona.run("{ permissions { coordinate } }").await;
        for permission in list(listed.data(), "permissions") {
            assert!(
                shown.contains(permission["coordinate"].as_str().unwrap()),
                "column {column}: {permission}"
            );
        }
        for hidden in everything.difference(&shown).filter(|name| !name.contains('.')) {
            let ask = "query($name: String!) { __type(name: $name) { name } }";
            let answer = persona.run_with(ask, json!({ "name": hidden })).await;
            assert!(answer.data()["__type"].is_null(), "column {column}: {hidden}");
        }
    }
    assert!(sizes.is_sorted_by(|fewer, more| fewer < more), "{sizes:?}");
    assert_eq!(sizes[3], everything.len(), "an admin may call everything");
}

#[tokio::test]
async fn inputs_of_hidden_fields_are_hidden_with_them() {
    let service = Service::start().await;
    let (anonymous, max, eve) =
        (service.anonymous(), service.manager("max").await, service.admin("eve").await);
    for (persona, kind, there) in [
        (&anonymous, "SetUserRoleInput", false),
        (&max, "SetUserRoleInput", false),
        (&eve, "SetUserRoleInput", true),
        (&anonymous, "UserFilter", false),
        (&anonymous, "UserOrder", false),
        (&anonymous, "UserConnection", false),
        (&max, "UserFilter", true),
        (&anonymous, "LoginInput", true),
        (&anonymous, "User", true),
    ] {
        assert_eq!(names(&schema(persona).await).contains(kind), there, "{kind}");
    }
}

#[tokio::test]
async fn full_shows_everything_to_everybody_and_opens_nothing() {
    let service = Service::with(|config| config.graphql.introspection = Some(Introspection::Full)).await;
    let (anonymous, eve) = (service.anonymous(), service.admin("eve").await);
    let shown = schema(&anonymous).await;
    assert_eq!(shown, schema(&eve).await);
    assert!(names(&shown).contains("Mutation.setUserRole"));
    anonymous.run("{ users { totalCount } }").await.assert_refused("UNAUTHENTICATED");
    let listed = anonymous.run("{ permissions { coordinate } }").await;
    let coordinates = rolegate::graphql::permissions().unwrap().rows().len();
    assert_eq!(listed.data()["permissions"].as_array().unwrap().len(), coordinates);
}

#[tokio::test]
async fn off_shows_nothing_to_anybody() {
    let service = Service::with(|config| config.graphql.introspection = Some(Introspection::Off)).await;
    for persona in [service.anonymous(), service.admin("eve").await] {
        for ask in [
            ASK,
            "{ __type(name: \"User\") { name } }",
            "{ me { __typename } __schema { types { name } } }",
            "{ harmless: __schema { types { name } } }",
            "{ ...on Query { ...asks } } fragment asks on Query { __type(name: \"User\") { name } }",
        ] {
            let answer = persona.run(ask).await;
            assert_eq!((answer.status.as_u16(), answer.codes()), (400, vec!["BAD_REQUEST"]), "{ask}");
            assert!(answer.json.get("data").is_none(), "{}", answer.text);
            assert!(
                !answer.text.contains("\"name\"") && !answer.text.contains("setUserRole"),
                "{}",
                answer.text
            );
        }
    }
}

#[tokio::test]
async fn every_description_of_a_field_ends_with_its_rule() {
    let service = Service::with(|config| config.graphql.introspection = Some(Introspection::Full)).await;
    let whole = schema(&service.anonymous()).await;
    let rule = |of: &str, field: &str| {
        let kind = list(&whole, "types").iter().find(|kind| name(kind) == of).unwrap();
        let field = list(kind, "fields").iter().find(|found| name(found) == field).unwrap();
        field["description"].as_str().unwrap().rsplit_once('\n').unwrap().1.to_owned()
    };
    for (of, field, sentence) in [
        ("Query", "server", "Open to anyone."),
        ("Query", "me", "Requires: a session or an API key."),
        ("Query", "user", "Requires: MANAGER or owner (by `id`)."),
        ("Query", "users", "Requires: MANAGER."),
        ("User", "email", "Requires: MANAGER or owner."),
        ("User", "lastLoginAt", "Requires: ADMIN or owner."),
        ("UserConnection", "nodes", "Requires: MANAGER."),
        ("Mutation", "setUserRole", "Requires: ADMIN, and a session."),
        ("Mutation", "login", "Open to anyone. Beneath it, the viewer is whoever signs in."),
    ] {
        assert_eq!(rule(of, field), sentence, "{of}.{field}");
    }
}
