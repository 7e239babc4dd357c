//! Whatever is done at once, somebody is left who can administer.

use rolegate::access::client::Client;
use rolegate::access::role::Role;
use rolegate::error::Error;
use rolegate::users::set_role::set_role;
use rolegate::users::suspend::suspend;
use rolegate::users::user::{self, Status};
use sea_orm::{ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _};
use serde_json::json;
use uuid::Uuid;

use crate::harness::Service;
use crate::races::at_once;

const ROUNDS: usize = 4;

async fn active_admins(service: &Service) -> u64 {
    let query = user::Entity::find()
        .filter(user::COLUMN.role.eq(Role::Admin))
        .filter(user::COLUMN.status.eq(Status::Active));
    query.count(service.app.database.reader()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn admins_who_demote_each_other_at_once_leave_one() {
    for round in 0..ROUNDS {
        let service = Service::start().await;
        let mut admins = Vec::new();
        for name in ["ada", "bob", "eve", "max", "zoe"] {
            admins.push(service.admin(name).await);
        }
        let answers = at_once(|number| {
            let (by, of) = (admins[number % 5].clone(), admins[(number + 1) % 5].id().to_owned());
            let input = json!({ "input": { "userId": of, "role": "CLIENT" } });
            async move {
                by.run_with(
                    "mutation($input: SetUserRoleInput!) { setUserRole(input: $input) { id } }",
                    input,
                )
                .await
            }
        })
        .await;
        for answer in answers {
            let codes = answer.codes();
            assert!(codes.is_empty() || codes == ["LAST_ADMIN"] || codes == ["FORBIDDEN"], "{}", answer.text);
        }
        assert!(active_admins(&service).await >= 1, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_admins_one_suspended_and_one_demoted_at_once_one_is_left() {
    for round in 0..ROUNDS {
        let service = Service::start().await;
        let [eve, max] = [service.admin("eve").await, service.admin("max").await];
        let [eve, max]: [Uuid; 2] = [eve, max].map(|admin| admin.id().parse().unwrap());
        let (app, client) = (&service.app, &Client::default());
        let outcomes = at_once(|number| async move {
            // Who comes to the line last is off first: by turns the one and the other.
            match (number + round) % 2 {
                0 => suspend(app, client, Some(max), eve).await,
                _ => set_role(app, client, Some(eve), max, Role::Client).await,
            }
        })
        .await;
        assert_eq!(active_admins(&service).await, 1, "round {round}");
        let refused: Vec<Error> = outcomes.into_iter().filter_map(Result::err).collect();
        assert!(!refused.is_empty(), "round {round}");
        assert!(refused.iter().all(|error| matches!(error, Error::LastAdmin)), "round {round}: {refused:?}");
    }
}
