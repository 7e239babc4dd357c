//! What happened is kept in the same transaction as what it tells of: where the one cannot be written, the other is not.

use serde_json::json;

use crate::harness::{Answer, PASSWORD, Persona, Service};

/// Something that is kept, and is tried by somebody.
#[derive(Clone, Copy, Debug)]
enum Deed {
    SignUp,
    LogIn,
    GuessWrong,
    GuessAtNobody,
    ReuseARefreshToken,
    LogOut,
    SetARole,
    EndSomebodysSessions,
    MakeAnApiKey,
}

const DEEDS: [Deed; 9] = [
    Deed::SignUp,
    Deed::LogIn,
    Deed::GuessWrong,
    Deed::GuessAtNobody,
    Deed::ReuseARefreshToken,
    Deed::LogOut,
    Deed::SetARole,
    Deed::EndSomebodysSessions,
    Deed::MakeAnApiKey,
];

/// Those who try it.
struct Cast<'s> {
    service: &'s Service,
    ada: Persona<'s>,
    /// Whose refresh token has been spent twice.
    phone: Persona<'s>,
    bob: Persona<'s>,
    eve: Persona<'s>,
}

impl Cast<'_> {
    async fn attempt(&self, deed: Deed) -> Answer {
        let stranger = self.service.anonymous();
        match deed {
            Deed::SignUp => {
                stranger.try_sign_up(json!({ "email": "new@example.test", "password": PASSWORD })).await
            }
            Deed::LogIn => stranger.try_log_in("ada@example.test", PASSWORD).await,
            Deed::GuessWrong => stranger.try_log_in("ada@example.test", "a wrong guess").await,
            Deed::GuessAtNobody => stranger.try_log_in("nobody@example.test", "a wrong guess").await,
            Deed::ReuseARefreshToken => stranger.try_refresh(&self.phone.tokens.refresh).await,
            Deed::LogOut => self.ada.run("mutation { logout { id } }").await,
            Deed::SetARole => {
                let promote =
                    "mutation($id: ID!) { setUserRole(input: { userId: $id, role: MANAGER }) { role } }";
                self.eve.run_with(promote, json!({ "id": self.ada.id() })).await
            }
            Deed::EndSomebodysSessions => {
                let end = "mutation($id: ID!) { endUserSessions(userId: $id) { id } }";
                self.eve.run_with(end, json!({ "id": self.bob.id() })).await
            }
            Deed::MakeAnApiKey => {
                let make = "mutation { createApiKey(input: { name: \"script\", role: CLIENT }) { secret } }";
                self.eve.run(make).await
            }
        }
    }
}

#[tokio::test]
async fn nothing_happens_that_cannot_be_recorded() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let phone = service.anonymous().log_in("ada@example.test").await;
    let heir = phone.refresh().await.refresh().await;
    let (bob, eve) = (service.client("bob").await, service.admin("eve").await);
    let cast = Cast { service: &service, ada, phone, bob, eve };

    service.tamper("ALTER TABLE audit_events RENAME TO audit_events_aside").await;
    let before = service.tables().await;
    for deed in DEEDS {
        cast.attempt(deed).await.assert_refused("INTERNAL");
        assert_eq!(service.tables().await, before, "{deed:?}");
    }
    for persona in [&cast.ada, &heir, &cast.bob] {
        assert!(persona.is_signed_in().await, "nor is it remembered otherwise");
    }
    cast.ada.run("{ users { totalCount } }").await.assert_refused("FORBIDDEN");

    service.tamper("ALTER TABLE audit_events_aside RENAME TO audit_events").await;
    for deed in DEEDS {
        let before = service.tables().await;
        let answer = cast.attempt(deed).await;
        assert!(!answer.codes().contains(&"INTERNAL"), "{deed:?}: {}", answer.text);
        let after = service.tables().await;
        let recorded = after["audit_events"].len() - before["audit_events"].len();
        assert_eq!(recorded, 1, "{deed:?}: that was all it lacked");
    }
    for persona in [&cast.ada, &heir, &cast.bob] {
        assert!(!persona.is_signed_in().await);
    }
}
