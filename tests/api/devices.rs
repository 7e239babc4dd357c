//! Sessions as their users see them, and as admins end them.

use rolegate::audit::event;
use rolegate::sessions::end::end_user_sessions;
use rolegate::sessions::session::{self, EndReason};
use rolegate::users::reactivate::reactivate;
use rolegate::users::suspend::suspend;
use sea_orm::{EntityTrait as _, QueryFilter as _};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{Answer, PASSWORD, Persona, Service};
use crate::sessions::{assert_reason, audited};

const END: &str = "mutation($id: ID!) { endUserSessions(userId: $id) { id current user { id } } }";

async fn end_all(by: &Persona<'_>, of: &str) -> Answer {
    by.run_with(END, json!({ "id": of })).await
}

#[tokio::test]
async fn a_device_is_called_what_its_user_agent_says_and_no_more() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
    for user_agent in [firefox, "curl/8.14.1", "<b>bold</b>/1.0", &"x".repeat(5_000)] {
        service.anonymous().with_header("user-agent", user_agent).log_in("ada@example.test").await;
    }
    let query = "{ me { sessions { nodes { device userAgent ipAddress current } } } }";
    let answer = ada.run(query).await;
    let sessions = answer.data()["me"]["sessions"]["nodes"].as_array().unwrap();
    let devices: Vec<_> = sessions.iter().map(|session| session["device"].as_str().unwrap()).collect();
    assert_eq!(devices, [&"x".repeat(40), "Unknown device", "curl", "Firefox on Linux", "Unknown device"]);
    assert_eq!(sessions[0]["userAgent"].as_str().unwrap().len(), 256);
    assert_eq!(sessions[4]["userAgent"], Value::Null);
    let current: Vec<_> = sessions.iter().map(|session| session["current"] == true).collect();
    assert_eq!(current, [false, false, false, false, true]);
}

#[tokio::test]
async fn an_admin_ends_all_sessions_of_a_user_and_of_nobody_else() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let phone = service.anonymous().log_in("ada@example.test").await;
    let (bob, eve) = (service.client("bob").await, service.admin("eve").await);
    let answer = end_all(&eve, ada.id()).await;
    let ended: Vec<_> = answer.data()["endUserSessions"].as_array().unwrap().clone();
    let ids: Vec<_> = ended.iter().map(|session| session["id"].as_str().unwrap()).collect();
    assert_eq!(ids, [&phone.tokens.session, &ada.tokens.session], "the newest first");
    assert!(ended.iter().all(|session| session["current"] == false && session["user"]["id"] == ada.id()));
    for out in [&ada, &phone] {
        assert_reason(&out.run("{ me { id } }").await, "SESSION_ENDED");
        assert_reason(&out.try_refresh(&out.tokens.refresh).await, "SESSION_ENDED");
    }
    assert!(bob.is_signed_in().await && eve.is_signed_in().await);
    assert_eq!(end_all(&eve, ada.id()).await.data()["endUserSessions"], json!([]));
    assert!(service.anonymous().log_in("ada@example.test").await.is_signed_in().await);
}

#[tokio::test]
async fn who_ended_whose_session_is_recorded() {
    let service = Service::start().await;
    let (ada, eve) = (service.client("ada").await, service.admin("eve").await);
    end_all(&eve, ada.id()).await.data();
    let bob = service.client("bob").await;
    let id = |persona: &Persona<'_>| persona.id().parse::<Uuid>().unwrap();
    end_user_sessions(&service.app, &Default::default(), None, id(&bob)).await.unwrap();
    eve.run("mutation { logout { id } }").await.data();
    let db = service.app.database.reader();
    let query = event::Entity::find().filter(event::COLUMN.kind.eq("SESSION_ENDED"));
    let told: Vec<_> =
        query.all(db).await.unwrap().into_iter().map(|it| (it.actor_id, it.subject_id)).collect();
    assert_eq!(told.len(), 3);
    for expected in [(Some(id(&eve)), id(&ada)), (None, id(&bob)), (Some(id(&eve)), id(&eve))] {
        assert!(told.contains(&(expected.0, Some(expected.1))), "{told:?}");
    }
    for (persona, reason) in
        [(&ada, EndReason::Revoked), (&bob, EndReason::Revoked), (&eve, EndReason::Ended)]
    {
        let id: Uuid = persona.tokens.session.parse().unwrap();
        let row = session::Entity::find_by_id(id).one(db).await.unwrap().unwrap();
        assert_eq!(row.end_reason, Some(reason));
    }
}

#[tokio::test]
async fn only_admins_end_other_peoples_sessions() {
    let service = Service::start().await;
    let (ada, max, eve) =
        (service.client("ada").await, service.manager("max").await, service.admin("eve").await);
    end_all(&service.anonymous(), ada.id()).await.assert_refused("UNAUTHENTICATED");
    for by in [&ada, &max] {
        for of in [ada.id(), max.id(), eve.id()] {
            end_all(by, of).await.assert_refused("FORBIDDEN");
        }
    }
    for nobody in ["nonsense", "", "00000000-0000-0000-0000-000000000007", eve.tokens.session.as_str()] {
        end_all(&eve, nobody).await.assert_refused("NOT_FOUND");
    }
    assert_eq!(audited(&service, "SESSION_ENDED").await, 0);
    for persona in [&ada, &max, &eve] {
        assert!(persona.is_signed_in().await);
    }
}

#[tokio::test]
async fn an_admin_who_ends_their_own_sessions_is_signed_out_too() {
    let service = Service::start().await;
    let eve = service.admin("eve").await;
    let answer = end_all(&eve, eve.id()).await;
    assert_eq!(answer.data()["endUserSessions"][0]["current"], true);
    assert_reason(&eve.run("{ me { id } }").await, "SESSION_ENDED");
}

#[tokio::test]
async fn sessions_that_were_ended_during_a_suspension_stay_ended_after_it() {
    let service = Service::start().await;
    let (ada, eve) = (service.client("ada").await, service.admin("eve").await);
    let id: Uuid = ada.id().parse().unwrap();
    suspend(&service.app, &Default::default(), None, id).await.unwrap();
    assert_eq!(end_all(&eve, ada.id()).await.data()["endUserSessions"].as_array().unwrap().len(), 1);
    reactivate(&service.app, &Default::default(), None, id).await.unwrap();
    assert_reason(&ada.run("{ me { id } }").await, "SESSION_ENDED");
}

#[tokio::test]
async fn whoever_ends_the_others_and_then_this_one_has_no_session_left() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let phone = service.anonymous().log_in("ada@example.test").await;
    let bob = service.anonymous().sign_up(json!({ "email": "bob@example.test", "password": PASSWORD })).await;
    ada.run("mutation { endOtherSessions { id } logout { id } }").await.data();
    for out in [&ada, &phone] {
        assert!(!out.is_signed_in().await);
        assert_reason(&out.try_refresh(&out.tokens.refresh).await, "SESSION_ENDED");
    }
    assert!(bob.is_signed_in().await);
}
