//! What is kept in memory, and how soon it is forgotten: at once on the node that was told, in time on all others.

mod cut;
mod elsewhere;
mod here;
mod keys;
mod kept;
mod log;
mod measure;
mod polled;

use rolegate::access::role::Role;
use rolegate::passwords::set_password::set_password;
use rolegate::users::reactivate::reactivate;
use rolegate::users::set_role::set_role;
use rolegate::users::suspend::suspend;
use uuid::Uuid;

use crate::harness::{Persona, Service};

/// What puts a client out, by its name. Done on `node`, which need not be where the client is.
pub(crate) const ENDS: [&str; 6] =
    ["logout", "endSession", "endOtherSessions", "suspension", "set password", "reuse"];

/// Does it to `victim`, who signed in as well on the device `other`.
pub(crate) async fn end(what: &str, node: &Service, victim: &Persona<'_>, other: &Persona<'_>) {
    let (victim_there, other_there) = (victim.at(node), other.at(node));
    let id: Uuid = victim.id().parse().unwrap();
    match what {
        "logout" => {
            victim_there.run("mutation { logout { id } }").await.data();
        }
        "endSession" => {
            let document = format!("mutation {{ endSession(id: \"{}\") {{ id }} }}", victim.tokens.session);
            other_there.run(&document).await.data();
        }
        "endOtherSessions" => {
            other_there.run("mutation { endOtherSessions { id } }").await.data();
        }
        "suspension" => {
            suspend(&node.app, &Default::default(), None, id).await.unwrap();
        }
        "set password" => set_password(&node.app, id, "another gravel umbrella").await.unwrap(),
        "reuse" => {
            let refreshed = victim_there.refresh().await;
            refreshed.refresh().await;
            victim_there.try_refresh(&victim.tokens.refresh).await.assert_refused("UNAUTHENTICATED");
        }
        _ => panic!("{what} is not known"),
    }
}

pub(crate) async fn promote(node: &Service, id: &str, to: Role) {
    set_role(&node.app, &Default::default(), None, id.parse().unwrap(), to).await.unwrap();
}

pub(crate) async fn let_in_again(node: &Service, id: &str) {
    reactivate(&node.app, &Default::default(), None, id.parse().unwrap()).await.unwrap();
}

/// The role that the schema shows somebody of themselves.
pub(crate) async fn shown_role(persona: &Persona<'_>) -> String {
    persona.run("{ me { role } }").await.text_at("/data/me/role")
}
