//! Letting somebody in again.

use futures_util::future::join_all;
use rolegate::access::client::Client;
use rolegate::users::reactivate::reactivate;
use rolegate::users::suspend::suspend;
use rolegate::users::user::Status;
use uuid::Uuid;

use crate::harness::Service;
use crate::sessions::audited;

#[tokio::test]
async fn whoever_reactivates_at_the_same_moment_it_is_recorded_once() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let id: Uuid = ada.id().parse().unwrap();
    let (app, client) = (&service.app, Client::default());
    suspend(app, &client, None, id).await.unwrap();
    assert!(!ada.is_signed_in().await);
    let answers = join_all((0..4).map(|_| reactivate(app, &client, None, id))).await;
    assert!(answers.iter().all(|answer| answer.as_ref().unwrap().status == Status::Active));
    assert_eq!(audited(&service, "USER_REACTIVATED").await, 1);
    assert!(ada.is_signed_in().await);
}
