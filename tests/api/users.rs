//! Users, and who may see what of them.

use axum::http::StatusCode;
use chrono::TimeDelta;
use rolegate::platform::page::Position;
use rolegate::users::reactivate::reactivate;
use rolegate::users::suspend::suspend;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{Persona, Service};

const SET_ROLE: &str = "mutation($input: SetUserRoleInput!) { setUserRole(input: $input) { id role } }";

async fn set_role(by: &Persona<'_>, of: &str, role: &str) -> crate::harness::Answer {
    by.run_with(SET_ROLE, json!({ "input": { "userId": of, "role": role } })).await
}

#[tokio::test]
async fn users_are_for_managers() {
    let service = Service::start().await;
    let query = "{ users { nodes { id email } totalCount } }";
    let refused = service.anonymous().run(query).await;
    refused.assert_refused("UNAUTHENTICATED");
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert_eq!(refused.at("/errors/0/extensions/reason"), "TOKEN_MISSING");
    assert!(refused.json.get("data").is_none(), "a query refused whole has no data");
    let refused = service.client("ada").await.run(query).await;
    refused.assert_refused("FORBIDDEN");
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(refused.at("/errors/0/extensions/requires"), "@hasRole(atLeast: MANAGER)");
    assert_eq!(refused.at("/errors/0/extensions/coordinate"), "Query.users");
    let answer = service.manager("max").await.run(query).await;
    assert_eq!(answer.data()["users"]["totalCount"], 2);
}

#[tokio::test]
async fn a_user_sees_themselves_and_nobody_else() {
    let service = Service::start().await;
    let (ada, bob) = (service.client("ada").await, service.client("bob").await);
    let query = "query($id: ID!) { user(id: $id) { id email } }";
    let own = ada.run_with(query, json!({ "id": ada.id() })).await;
    assert_eq!(own.data()["user"]["email"], "ada@example.test");
    let existing = ada.run_with(query, json!({ "id": bob.id() })).await;
    let missing = ada.run_with(query, json!({ "id": Uuid::from_u128(7).to_string() })).await;
    let absurd = ada.run_with(query, json!({ "id": "' OR 1=1 --" })).await;
    for answer in [&existing, &missing, &absurd] {
        answer.assert_refused("FORBIDDEN");
    }
    assert_eq!(existing.text, missing.text, "existing and missing look alike");
    let manager = service.manager("max").await;
    assert_eq!(
        manager.run_with(query, json!({ "id": bob.id() })).await.data()["user"]["email"],
        "bob@example.test"
    );
    assert_eq!(manager.run_with(query, json!({ "id": "nobody" })).await.data()["user"], Value::Null);
}

#[tokio::test]
async fn a_manager_sees_addresses_and_not_sign_ins_or_sessions() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let manager = service.manager("max").await;
    let query = "query($id: ID!) { user(id: $id) { email status lastLoginAt sessions { totalCount } } }";
    let answer = manager.run_with(query, json!({ "id": ada.id() })).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.codes(), ["FORBIDDEN", "FORBIDDEN"]);
    assert_eq!(answer.at("/data/user/email"), "ada@example.test");
    assert_eq!(answer.at("/data/user/lastLoginAt"), &Value::Null);
    assert_eq!(answer.at("/data/user/sessions"), &Value::Null);
    assert_eq!(answer.at("/errors/0/path"), &json!(["user", "lastLoginAt"]));
    assert_eq!(answer.at("/errors/0/extensions/requires"), "@owner(orAtLeast: ADMIN)");
    let admin = service.admin("eve").await;
    let answer = admin.run_with(query, json!({ "id": ada.id() })).await;
    assert_eq!(answer.data()["user"]["sessions"]["totalCount"], 1);
}

#[tokio::test]
async fn a_role_is_changed_by_admins_and_holds_at_the_next_request() {
    let service = Service::start().await;
    let (ada, manager, admin) =
        (service.client("ada").await, service.manager("max").await, service.admin("eve").await);
    for persona in [&service.anonymous(), &ada, &manager] {
        let answer = set_role(persona, ada.id(), "ADMIN").await;
        assert!(["FORBIDDEN", "UNAUTHENTICATED"].contains(&answer.codes()[0]), "{}", answer.text);
        assert_eq!(ada.run("{ me { role } }").await.data()["me"]["role"], "CLIENT");
    }
    assert_eq!(set_role(&admin, ada.id(), "MANAGER").await.data()["setUserRole"]["role"], "MANAGER");
    ada.run("{ users { totalCount } }").await.data();
    set_role(&admin, ada.id(), "CLIENT").await.data();
    ada.run("{ users { totalCount } }").await.assert_refused("FORBIDDEN");
    assert!(ada.is_signed_in().await, "the session itself goes on");
    for nobody in [Uuid::from_u128(7).to_string(), "nonsense".into()] {
        set_role(&admin, &nobody, "ADMIN").await.assert_refused("NOT_FOUND");
    }
}

#[tokio::test]
async fn the_last_active_admin_stays_admin() {
    let service = Service::start().await;
    let eve = service.admin("eve").await;
    set_role(&eve, eve.id(), "CLIENT").await.assert_refused("LAST_ADMIN");
    let (app, client) = (&service.app, Default::default());
    let refused = suspend(app, &client, None, eve.id().parse().unwrap()).await.unwrap_err();
    assert_eq!(refused.code(), "LAST_ADMIN");
    let max = service.admin("max").await;
    suspend(app, &client, None, max.id().parse().unwrap()).await.unwrap();
    set_role(&eve, eve.id(), "CLIENT").await.assert_refused("LAST_ADMIN");
    reactivate(app, &client, None, max.id().parse().unwrap()).await.unwrap();
    set_role(&eve, eve.id(), "CLIENT").await;
    assert_eq!(eve.run("{ me { role } }").await.data()["me"]["role"], "CLIENT");
    set_role(&max, max.id(), "MANAGER").await.assert_refused("LAST_ADMIN");
}

#[tokio::test]
async fn a_suspended_user_is_out_at_once_and_back_when_reactivated() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let id: Uuid = ada.id().parse().unwrap();
    suspend(&service.app, &Default::default(), None, id).await.unwrap();
    let answer = ada.run("{ me { id } }").await;
    answer.assert_refused("UNAUTHENTICATED");
    assert_eq!(answer.at("/errors/0/extensions/reason"), "SESSION_ENDED");
    ada.try_refresh(&ada.tokens.refresh).await.assert_refused("UNAUTHENTICATED");
    reactivate(&service.app, &Default::default(), None, id).await.unwrap();
    assert!(ada.is_signed_in().await);
    ada.refresh().await;
}

/// All users that a manager gets by turning pages, by email.
async fn turn_pages(by: &Persona<'_>, order: &str, backward: bool) -> Vec<String> {
    let (size, edge, more) = match backward {
        false => ("first: 3, after", "endCursor", "hasNextPage"),
        true => ("last: 3, before", "startCursor", "hasPreviousPage"),
    };
    let (mut found, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let query = format!(
            "query($at: String) {{ users({size}: $at, orderBy: {order}) {{ edges {{ cursor node {{ email }} }}
               pageInfo {{ {edge} {more} }} }} }}"
        );
        let answer = by.run_with(&query, json!({ "at": cursor })).await;
        let page = answer.data()["users"].clone();
        let emails =
            page["edges"].as_array().unwrap().iter().map(|edge| edge["node"]["email"].as_str().unwrap());
        let emails: Vec<String> = emails.map(str::to_owned).collect();
        if backward {
            found.splice(0..0, emails)
        } else {
            found.splice(found.len().., emails)
        };
        cursor = page["pageInfo"][edge].clone();
        if page["pageInfo"][more] == false {
            return found;
        }
    }
}

#[tokio::test]
async fn pages_turn_both_ways_and_new_users_shift_nothing() {
    let service = Service::start().await;
    for name in ["gil", "fay", "eli", "dan", "cyd", "bob", "abe"] {
        service.client(name).await;
        service.advance(TimeDelta::seconds(1));
    }
    let max = service.manager("max").await;
    let at = |name: &str| format!("{name}@example.test");
    let newest: Vec<String> = ["max", "abe", "bob", "cyd", "dan", "eli", "fay", "gil"].map(at).to_vec();
    let oldest: Vec<String> = newest.iter().rev().cloned().collect();
    let mut sorted = newest.clone();
    sorted.sort();
    for (order, expected) in [("NEWEST", &newest), ("OLDEST", &oldest), ("EMAIL", &sorted), ("NAME", &sorted)]
    {
        assert_eq!(&turn_pages(&max, order, false).await, expected, "{order} forward");
        assert_eq!(&turn_pages(&max, order, true).await, expected, "{order} backward");
    }
    let first = max.run("{ users(first: 2) { pageInfo { endCursor } } }").await;
    let cursor = first.text_at("/data/users/pageInfo/endCursor");
    service.client("zoe").await;
    let next = max.run_with(
        "query($c: String) { users(first: 1, after: $c) { nodes { name } } }",
        json!({ "c": cursor }),
    );
    assert_eq!(next.await.data()["users"]["nodes"], json!([{ "name": "bob" }]));
}

#[tokio::test]
async fn users_are_filtered_by_role_status_and_beginning() {
    let service = Service::start().await;
    for name in ["Ada", "adam", "bob"] {
        service.client(name).await;
    }
    let max = service.manager("max").await;
    let bob = service.client("bobby").await;
    suspend(&service.app, &Default::default(), None, bob.id().parse().unwrap()).await.unwrap();
    let cases = [
        (json!({ "role": "MANAGER" }), json!(["max"])),
        (json!({ "status": "SUSPENDED" }), json!(["bobby"])),
        (json!({ "text": "ADA" }), json!(["Ada", "adam"])),
        (json!({ "text": "bob", "status": "ACTIVE" }), json!(["bob"])),
        (json!({ "text": "%" }), json!([])),
        (json!({ "text": "_da" }), json!([])),
    ];
    for (filter, expected) in cases {
        let query =
            "query($f: UserFilter) { users(filter: $f, orderBy: NAME) { nodes { name } totalCount } }";
        let answer = max.run_with(query, json!({ "f": filter })).await;
        let page = &answer.data()["users"];
        let names: Value =
            page["nodes"].as_array().unwrap().iter().map(|node| node["name"].clone()).collect();
        assert_eq!(names, expected, "{filter}");
        assert_eq!(page["totalCount"], expected.as_array().unwrap().len(), "{filter}");
    }
}

#[tokio::test]
async fn absurd_pages_are_refused() {
    let service = Service::start().await;
    let max = service.manager("max").await;
    let foreign = max.run("{ users(first: 1, orderBy: EMAIL) { pageInfo { endCursor } } }").await;
    let foreign = foreign.text_at("/data/users/pageInfo/endCursor");
    for arguments in [
        "first: -1".into(),
        "first: 101".into(),
        "last: 2147483647".into(),
        "first: 1, last: 1".into(),
        "after: \"nonsense\"".into(),
        "before: \"\"".into(),
        format!("orderBy: NAME, after: \"{foreign}\""),
    ] as [String; 7]
    {
        let answer = max.run(&format!("{{ users({arguments}) {{ totalCount }} }}")).await;
        answer.assert_refused("INVALID_INPUT");
        assert_eq!(answer.at("/data/users"), &Value::Null, "{arguments}");
    }
    let forged = Position { key: "a\0b".into(), id: Uuid::from_u128(7) }.cursor("EMAIL");
    let answer = max.run(&format!("{{ users(orderBy: EMAIL, after: \"{forged}\") {{ totalCount }} }}")).await;
    answer.assert_refused("INVALID_INPUT");
    let nothing = max
        .run_with(
            "query($text: String) { users(filter: { text: $text }) { nodes { id } totalCount } }",
            json!({ "text": "m\0" }),
        )
        .await;
    assert_eq!(nothing.data()["users"], json!({ "nodes": [], "totalCount": 0 }));
    let empty = max.run("{ users(first: 0) { nodes { id } pageInfo { hasNextPage } } }").await;
    assert_eq!(empty.data()["users"]["nodes"], json!([]));
    assert_eq!(empty.data()["users"]["pageInfo"]["hasNextPage"], true);
}
