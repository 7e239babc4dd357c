//! Every argument of the schema with every kind of wrong value: refused with a code, and never our fault.

use std::collections::HashMap;

use rolegate::platform::page::Position;
use serde_json::{Value, json};

use crate::harness::{Answer, PASSWORD, Persona, Service};

const SCHEMA: &str =
    "{ __schema { queryType { name } mutationType { name } types { name kind enumValues { name }
    inputFields { name type { ...T } } fields { name type { ...T } args { name type { ...T } } } } } }
    fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

/// Values as a client may write them into a document.
const LITERALS: [&str; 16] = [
    "BOGUS",
    "null",
    "true",
    "-1",
    "99999999999999999999999",
    "1e999",
    "1.5",
    r#""""#,
    r#""\ud800""#,
    r#""\u0000""#,
    "\"\"\"block \\\"\"\" \"\"\"",
    "[]",
    "[[[null]]]",
    "{}",
    "{ a: { b: [1] } }",
    "$undefined",
];

/// Values as a client may send them for a variable.
fn values() -> Vec<Value> {
    let strings =
        ["", " ", "\0", "' OR 1=1 --", "\"; DROP TABLE users; --", "\u{202e}🦀\u{feff}", "%", "../../x"];
    let mut values: Vec<Value> = strings.map(Value::from).to_vec();
    values.extend([
        json!("x".repeat(20_000)),
        json!(uuid::Uuid::nil()),
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(2_147_483_647),
        json!(2_147_483_648_u32),
        json!(u64::MAX),
        json!(1.5),
        json!(1e300),
        json!([]),
        json!([null]),
        json!(["x"]),
        json!(vec!["Query.me"; 501]),
        json!({}),
        json!({ "a": 1 }),
    ]);
    values
}

/// The schema, as an admin sees it.
struct Shape {
    types: HashMap<String, Value>,
}

/// An argument, or a field of one that is an input object: where to put an odd value.
struct Place<'t> {
    operation: &'static str,
    /// The fields that lead to the one that takes the argument.
    way: Vec<&'t str>,
    field: &'t str,
    argument: &'t str,
    declared: &'t Value,
    /// The field within the argument, if it is an object.
    inner: Option<&'t str>,
    /// What is selected of the result.
    selection: &'static str,
    /// Values for the other arguments that must have one.
    beside: String,
}

impl Shape {
    async fn ask(admin: &Persona<'_>) -> Self {
        let answer = admin.run(SCHEMA).await;
        let types = answer.data()["__schema"]["types"].as_array().unwrap().clone();
        Self {
            types: types.into_iter().map(|kind| (kind["name"].as_str().unwrap().to_owned(), kind)).collect(),
        }
    }

    fn list<'t>(&'t self, of: &str, what: &str) -> &'t [Value] {
        self.types[of][what].as_array().map_or(&[], Vec::as_slice)
    }

    /// The root types, and each type beneath a query with the shortest way to it over fields that need no argument.
    fn ways(&self) -> Vec<(&'static str, Vec<&str>, &str)> {
        let mut ways = vec![("mutation", vec![], "Mutation"), ("query", vec![], "Query")];
        let mut next = 1;
        while let Some((operation, way, of)) = ways.get(next).cloned() {
            next += 1;
            for field in self.list(of, "fields") {
                let kind = named(&field["type"]);
                let is_new = ways.iter().all(|(.., known)| *known != kind);
                if is_new && self.types[kind]["kind"] == "OBJECT" && needed(field).next().is_none() {
                    let way = way.iter().copied().chain(field["name"].as_str());
                    ways.push((operation, way.collect(), kind));
                }
            }
        }
        ways
    }

    /// Every argument of every field that is no introspection field's.
    fn arguments(&self) -> usize {
        let own = self.types.keys().filter(|name| !name.starts_with("__"));
        let fields = own.flat_map(|name| self.list(name, "fields"));
        fields.map(|field| field["args"].as_array().unwrap().len()).sum()
    }

    fn places(&self) -> Vec<Place<'_>> {
        let mut places = Vec::new();
        for (operation, way, of) in self.ways() {
            for field in self.list(of, "fields") {
                let kind = &self.types[named(&field["type"])]["kind"];
                let selection = if kind == "SCALAR" || kind == "ENUM" { "" } else { "{ __typename }" };
                for argument in field["args"].as_array().unwrap() {
                    let others = needed(field).filter(|other| other["name"] != argument["name"]);
                    let beside = others.map(|other| {
                        format!(
                            "{}: {}",
                            other["name"].as_str().unwrap(),
                            literal(&self.plain(&other["type"]))
                        )
                    });
                    let beside: Vec<String> = beside.collect();
                    let declared = &argument["type"];
                    let inner = self.list(named(declared), "inputFields").iter();
                    for inner in inner.map(|inner| inner["name"].as_str()).chain([None]) {
                        places.push(Place {
                            operation,
                            way: way.clone(),
                            field: field["name"].as_str().unwrap(),
                            argument: argument["name"].as_str().unwrap(),
                            declared,
                            inner,
                            selection,
                            beside: beside.join(" "),
                        });
                    }
                }
            }
        }
        places
    }

    /// A value that nothing is wrong with.
    fn plain(&self, declared: &Value) -> Value {
        let name = named(declared);
        match self.types[name]["kind"].as_str().unwrap() {
            "INPUT_OBJECT" => {
                let fields = self.list(name, "inputFields").iter();
                let needed = fields.filter(|field| field["type"]["kind"] == "NON_NULL");
                let value =
                    |field: &Value| (field["name"].as_str().unwrap().to_owned(), self.plain(&field["type"]));
                needed.map(value).collect()
            }
            "ENUM" => self.list(name, "enumValues")[0]["name"].clone(),
            _ if name == "Int" => json!(1),
            _ => json!(PASSWORD),
        }
    }
}

impl Place<'_> {
    /// A document that has `value` there, and declares these variables.
    fn document(&self, variables: &str, value: &str) -> String {
        let Self { operation, way, field, argument, selection, beside, .. } = self;
        let way: String = way.iter().map(|field| format!(" {field} {{")).collect();
        let close = " }".repeat(self.way.len());
        format!("{operation}{variables} {{{way} {field}({argument}: {value} {beside}) {selection}{close} }}")
    }
}

/// The arguments that a field must have.
fn needed(field: &Value) -> impl Iterator<Item = &Value> {
    field["args"].as_array().unwrap().iter().filter(|argument| argument["type"]["kind"] == "NON_NULL")
}

/// The name of a type without its lists and exclamation marks.
fn named(declared: &Value) -> &str {
    match declared["name"].as_str() {
        Some(name) => name,
        None => named(&declared["ofType"]),
    }
}

/// The type as a document declares it.
fn spelled(declared: &Value) -> String {
    match declared["kind"].as_str() {
        Some("NON_NULL") => format!("{}!", spelled(&declared["ofType"])),
        Some("LIST") => format!("[{}]", spelled(&declared["ofType"])),
        _ => named(declared).to_owned(),
    }
}

fn literal(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| format!("{name}: {}", literal(value)));
            format!("{{ {} }}", fields.collect::<Vec<_>>().join(" "))
        }
        // Of the values that stand beside an odd one, only enums are words in capitals.
        Value::String(word) if !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_uppercase()) => {
            word.clone()
        }
        other => other.to_string(),
    }
}

#[track_caller]
fn assert_our_own(answer: &Answer, asked: &str) {
    let shown = || format!("{}: {}", &asked[..asked.floor_char_boundary(300)], answer.text);
    assert!(answer.status.as_u16() < 500, "{}", shown());
    for code in answer.codes() {
        assert!(!["(no code)", "INTERNAL"].contains(&code), "{}", shown());
    }
}

#[tokio::test]
async fn no_odd_value_of_any_argument_is_our_fault_or_refused_without_a_code() {
    let service = Service::start().await;
    let (stranger, eve) = (service.anonymous(), service.admin("eve").await);
    let shape = Shape::ask(&eve).await;
    let places = shape.places();
    let covered = places.iter().filter(|place| place.inner.is_none()).count();
    assert_eq!(covered, shape.arguments(), "each argument is tried, however deep its field");
    assert!(
        places.iter().any(|place| (&*place.way, place.field) == (&["me"], "sessions")),
        "and not in vain"
    );
    for place in &places {
        let Place { declared, inner, .. } = place;
        let plain = shape.plain(declared);
        let declared = spelled(declared);
        for persona in [&stranger, &eve] {
            for odd in values() {
                let mut value = plain.clone();
                match inner {
                    Some(inner) => value[inner] = odd,
                    None => value = odd,
                }
                let document = place.document(&format!("($v: {declared})"), "$v");
                let asked = format!("{document} {value}");
                assert_our_own(&persona.run_with(&document, json!({ "v": value })).await, &asked);
            }
            for odd in LITERALS {
                let mut value = plain.clone();
                let written = match inner {
                    Some(inner) => {
                        value[inner] = json!("ODD");
                        literal(&value).replace("ODD", odd)
                    }
                    None => odd.to_owned(),
                };
                let document = place.document("", &written);
                assert_our_own(&persona.run(&document).await, &document);
            }
        }
    }
    assert!(eve.is_signed_in().await, "and nothing that was tried touched whoever tried it");
}

#[tokio::test]
async fn no_forged_cursor_is_our_fault() {
    let service = Service::start().await;
    let eve = service.admin("eve").await;
    let long = "x".repeat(10_000);
    for key in
        ["", "\0", "a\0b", "' OR 1=1 --", ":", &long, "0000-01-01T00:00:00+23:59", "9999-12-31T23:59:60Z"]
    {
        let position = Position { key: key.to_owned(), id: uuid::Uuid::max() };
        for order in ["NEWEST", "OLDEST", "EMAIL", "NAME"] {
            for bound in ["first: 1, after", "last: 1, before"] {
                let document = format!(
                    "query($c: String) {{ users({bound}: $c, orderBy: {order}) {{ nodes {{ id }} }} }}"
                );
                let asked = format!("{document} {key:?}");
                assert_our_own(
                    &eve.run_with(&document, json!({ "c": position.cursor(order) })).await,
                    &asked,
                );
            }
        }
        let document = "query($c: String) { me { sessions(after: $c) { nodes { id } } } }";
        assert_our_own(&eve.run_with(document, json!({ "c": position.cursor("SESSION") })).await, key);
    }
}
