//! What one call would be told, asked beforehand.

use serde_json::{Value, json};

use crate::harness::{Answer, Persona, Service};

const CAN: &str =
    "query($coordinate: String!, $arguments: JSON) { can(coordinate: $coordinate, arguments: $arguments) {
    coordinate verdict code reason requires } }";

async fn ask(persona: &Persona<'_>, coordinate: &str, arguments: Value) -> Answer {
    persona.run_with(CAN, json!({ "coordinate": coordinate, "arguments": arguments })).await
}

async fn can(persona: &Persona<'_>, coordinate: &str, arguments: Value) -> Value {
    ask(persona, coordinate, arguments).await.data()["can"].clone()
}

#[tokio::test]
async fn an_argument_that_names_the_owner_decides_as_the_call_itself_does() {
    let service = Service::start().await;
    let (ada, bob) = (service.client("ada").await, service.client("bob").await);
    let (max, eve) = (service.manager("max").await, service.admin("eve").await);
    let phone = service.anonymous().log_in("ada@example.test").await;
    phone.run("mutation { logout { id } }").await.data();
    let forged = service.anonymous().with_token("forged");
    let mut allowed = 0;
    for (who, persona) in [
        ("anonymous", &service.anonymous()),
        ("forged", &forged),
        ("signed out", &phone),
        ("ada", &ada),
        ("max", &max),
        ("eve", &eve),
    ] {
        for id in
            [ada.id(), &ada.id().to_uppercase(), bob.id(), "00000000-0000-7000-8000-000000000000", "x", ""]
        {
            let said = can(persona, "Query.user", json!({ "id": id })).await;
            let call =
                persona.run_with("query($id: ID!) { user(id: $id) { id } }", json!({ "id": id })).await;
            let refusal = call.json["errors"][0]["extensions"].clone();
            assert_eq!(said["verdict"] == "ALLOWED", refusal.is_null(), "{who} {id}: {said} {}", call.text);
            assert_ne!(said["verdict"], "IF_OWNER", "{who} {id}");
            assert_eq!(said["code"], refusal["code"], "{who} {id}");
            assert_eq!(said["reason"], refusal["reason"], "{who} {id}");
            if !refusal["requires"].is_null() {
                assert_eq!(said["requires"], refusal["requires"], "{who} {id}");
            }
            allowed += usize::from(refusal.is_null());
        }
    }
    assert_eq!(allowed, 2 + 6 + 6, "ada herself, however her id is written; managers and admins anybody");
}

#[tokio::test]
async fn whoever_exists_makes_no_difference() {
    let service = Service::start().await;
    let (ada, bob) = (service.client("ada").await, service.client("bob").await);
    let there = can(&ada, "Query.user", json!({ "id": bob.id() })).await;
    let nobody = can(&ada, "Query.user", json!({ "id": "00000000-0000-7000-8000-000000000000" })).await;
    assert_eq!(there, nobody);
    assert_eq!(there["verdict"], "DENIED");
}

#[tokio::test]
async fn without_arguments_it_says_what_permissions_says() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let asked = json!({ "c": ["Query.user", "Query.users", "User.email", "Query.me"] });
    let document =
        "query($c: [String!]) { permissions(coordinates: $c) { coordinate verdict code reason requires } }";
    for persona in [&ada, &service.anonymous(), &ada.clone().with_token("forged")] {
        let listed = persona.run_with(document, asked.clone()).await.data()["permissions"].clone();
        for permission in listed.as_array().unwrap() {
            let coordinate = permission["coordinate"].as_str().unwrap();
            assert_eq!(can(persona, coordinate, Value::Null).await, *permission, "{coordinate}");
        }
    }
    let forged = ada.clone().with_token("forged");
    assert_eq!(can(&forged, "Query.me", Value::Null).await["reason"], "TOKEN_INVALID");
    assert_eq!(can(&service.anonymous(), "Query.me", Value::Null).await["reason"], "TOKEN_MISSING");
}

#[tokio::test]
async fn what_only_the_object_can_tell_stays_open() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let said = can(&ada, "User.email", json!({ "id": ada.id() })).await;
    assert_eq!((said["verdict"].as_str(), &said["code"]), (Some("IF_OWNER"), &Value::Null));
}

#[tokio::test]
async fn a_missing_or_senseless_argument_names_nobody() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    for arguments in [
        json!({}),
        json!({ "id": null }),
        json!({ "id": 7 }),
        json!({ "id": [ada.id()] }),
        json!({ "id": { "id": ada.id() } }),
        json!({ "ID": ada.id() }),
    ] {
        let said = can(&ada, "Query.user", arguments.clone()).await;
        assert_eq!(said["code"], "FORBIDDEN", "{arguments}");
    }
    let literal =
        format!("{{ can(coordinate: \"Query.user\", arguments: {{ id: \"{}\" }}) {{ verdict }} }}", ada.id());
    assert_eq!(ada.run(&literal).await.data()["can"]["verdict"], "ALLOWED");
}

#[tokio::test]
async fn senseless_questions_are_refused_without_an_echo() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    for coordinate in ["Query.hunter2", "hunter2", "", "Query.", "Query.__schema", "User.passwordHash"] {
        let answer = ask(&ada, coordinate, Value::Null).await;
        answer.assert_refused("INVALID_INPUT");
        assert_eq!(answer.json["errors"][0]["extensions"]["field"], "coordinate");
        assert!(!answer.text.contains("hunter2"));
    }
    let large = json!({ "id": "x".repeat(4_096) });
    let fits = json!({ "id": "x".repeat(4_096 - r#"{"id":""}"#.len()) });
    for arguments in [json!([]), json!("id"), json!(7), json!(false), large] {
        let answer = ask(&ada, "Query.user", arguments).await;
        answer.assert_refused("INVALID_INPUT");
        assert_eq!(answer.json["errors"][0]["extensions"]["field"], "arguments");
    }
    assert_eq!(can(&ada, "Query.user", fits).await["verdict"], "DENIED");
}
