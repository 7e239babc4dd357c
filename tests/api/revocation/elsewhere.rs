//! Between nodes, and from whatever else writes to the database.

use std::time::{Duration, Instant};

use rolegate::access::role::Role;
use rolegate::tokens::signing_key;
use sea_orm::{ActiveModelTrait as _, ConnectionTrait as _, EntityTrait as _, IntoActiveModel as _};

use super::{ENDS, end, let_in_again, promote, shown_role};
use crate::harness::{Persona, Service};

#[tokio::test]
async fn whoever_is_put_out_on_one_node_is_out_on_another_when_it_has_heard() {
    for what in ENDS {
        let here = Service::start().await;
        let there = here.another_node().await;
        let ada = here.client("ada").await;
        let other = here.anonymous().log_in("ada@example.test").await;
        there.hear().await;
        assert!(ada.at(&there).is_signed_in().await && other.at(&there).is_signed_in().await);
        end(what, &here, &ada, &other).await;
        assert!(ada.at(&there).is_signed_in().await, "{what}: kept in memory, or this test shows nothing");
        there.hear().await;
        assert!(!ada.at(&there).is_signed_in().await, "{what}");
    }
}

#[tokio::test]
async fn a_change_of_role_and_of_status_is_heard_of() {
    let here = Service::start().await;
    let there = here.another_node().await;
    let ada = here.client("ada").await;
    assert_eq!(shown_role(&ada.at(&there)).await, "CLIENT");
    promote(&here, ada.id(), Role::Manager).await;
    there.hear().await;
    assert_eq!(shown_role(&ada.at(&there)).await, "MANAGER");
    end("suspension", &here, &ada, &ada).await;
    there.hear().await;
    assert!(!ada.at(&there).is_signed_in().await);
    let_in_again(&here, ada.id()).await;
    assert!(ada.at(&there).is_signed_in().await, "who is refused is looked up at once");
}

#[tokio::test]
async fn what_an_operator_changes_at_the_databases_own_prompt_is_heard_of() {
    let service = Service::start().await;
    let (ada, bob) = (service.client("ada").await, service.client("bob").await);
    assert!(ada.is_signed_in().await && bob.is_signed_in().await);
    let elsewhere = service.another_node().await;
    for statement in [
        "UPDATE users SET status = 'SUSPENDED' WHERE email = 'ada@example.test'",
        "DELETE FROM sessions WHERE user_id = (SELECT id FROM users WHERE email = 'bob@example.test')",
    ] {
        let write = elsewhere.app.database.write(async move |tx| {
            tx.execute_unprepared(statement).await?;
            Ok(())
        });
        write.await.unwrap();
    }
    service.hear().await;
    assert!(!ada.is_signed_in().await && !bob.is_signed_in().await);
}

#[tokio::test]
async fn signing_keys_are_loaded_when_another_process_has_changed_them() {
    let here = Service::start().await;
    let there = here.another_node().await;
    let ada = here.client("ada").await;
    assert!(ada.at(&there).is_signed_in().await);
    let kept = signing_key::Entity::find().one(here.app.database.reader()).await.unwrap().unwrap();
    let (id, again) = (kept.id.clone(), kept.clone().into_active_model());
    let write = here.app.database.write(async move |tx| {
        signing_key::Entity::delete_by_id(id.clone()).exec(tx).await?;
        Ok(())
    });
    write.await.unwrap();
    assert!(ada.at(&there).is_signed_in().await, "not heard of yet");
    // Where there is no key at all a new one is made.
    there.hear().await;
    let answer = ada.at(&there).run("{ me { id } }").await;
    assert_eq!(answer.at("/errors/0/extensions/reason"), "TOKEN_INVALID");
    let write = here.app.database.write(async move |tx| {
        let second = signing_key::ActiveModel { generation: sea_orm::ActiveValue::Set(2), ..again.clone() };
        signing_key::Entity::insert(second.reset_all()).exec_without_returning(tx).await?;
        Ok(())
    });
    write.await.unwrap();
    there.hear().await;
    assert!(ada.at(&there).is_signed_in().await);
}

/// How long it takes until `persona`, who is in, is refused.
pub(super) async fn until_refused(persona: &Persona<'_>) -> Duration {
    let began = Instant::now();
    while persona.is_signed_in().await {
        assert!(began.elapsed() < Duration::from_secs(5), "nobody has heard of it");
        tokio::time::sleep(Duration::from_micros(200)).await;
    }
    began.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_follows_hears_within_its_bound() {
    let here = Service::start().await;
    let there = here.another_node().await;
    let _following = there.follow();
    let ada = here.client("ada").await;
    let mut times = Vec::new();
    for _ in 0..20 {
        let victim = here.anonymous().log_in("ada@example.test").await;
        let there = victim.at(&there);
        assert!(there.is_signed_in().await);
        end("endSession", &here, &victim, &ada).await;
        times.push(until_refused(&there).await);
    }
    assert!(times.iter().all(|time| *time < Duration::from_secs(2)), "{times:?}");
}
