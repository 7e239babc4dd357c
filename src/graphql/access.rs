//! stand-in
use async_graphql::*;
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "crate::access::role::Role")]
pub enum Role {
    Client,
    Manager,
    Admin,
}
#[derive(Default)]
pub struct AccessQuery;
#[Object]
impl AccessQuery {
    async fn x(&self) -> i32 {
        1
    }
}
