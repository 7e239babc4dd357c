//! Access tokens that must not count, one for each way in which such things have counted elsewhere. Each is tried with
//! every algorithm that may sign.

use rolegate::config::SigningAlgorithm;
use rolegate::platform::key::{Key, fresh};

use crate::harness::Service;

/// Makes a test a signing algorithm of each `async fn name(service: Service)`.
macro_rules! for_every_algorithm {
    ($($name:ident,)*) => {
        $(mod $name {
            use rolegate::config::SigningAlgorithm;
            use crate::jwt::signing_with;

            #[tokio::test]
            async fn es256() {
                super::$name(signing_with(SigningAlgorithm::Es256).await).await;
            }

            #[tokio::test]
            async fn eddsa() {
                super::$name(signing_with(SigningAlgorithm::EdDsa).await).await;
            }

            #[tokio::test]
            async fn rs256() {
                super::$name(signing_with(SigningAlgorithm::Rs256).await).await;
            }

            #[tokio::test]
            async fn hs256() {
                super::$name(signing_with(SigningAlgorithm::Hs256).await).await;
            }
        })*
    };
}

mod claims;
pub(crate) mod forge;
mod shape;

/// What the services of these tests share with those who verify, when they share something.
pub(crate) const SHARED_SECRET: &str = "Zb8wq0vD5n1YkJt3mXo9RfUe7LcAhGs2iPQyVxE4zNM";

/// A service that signs with this algorithm.
pub(crate) async fn signing_with(algorithm: SigningAlgorithm) -> Service {
    Service::with(|config| {
        config.tokens.algorithm = algorithm;
        // So that a lifetime is the configured one to the second.
        config.tokens.access_token_jitter = 0;
        if algorithm == SigningAlgorithm::Hs256 {
            config.tokens.hs256_secret = Some(SHARED_SECRET.into());
        }
    })
    .await
}

/// Somebody else's key of the service's algorithm.
fn foreign(service: &Service) -> Key {
    let algorithm = service.app.config.tokens.algorithm;
    match algorithm {
        SigningAlgorithm::Hs256 => Key::open(algorithm, b"somebody else's secret, as long as ours"),
        _ => Key::open(algorithm, &fresh(algorithm).unwrap()),
    }
    .unwrap()
}
