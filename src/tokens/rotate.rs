//! A next signing key takes over.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::entity::prelude::*;
use sea_orm::{IntoActiveModel as _, TryInsertResult};
use secrecy::ExposeSecret as _;

use crate::access::client::Client;
use crate::app::App;
use crate::audit::event::Event;
use crate::audit::record::record;
use crate::config::{SigningAlgorithm, TokensConfig};
use crate::error::Error;
use crate::platform::key::{Key, fresh};
use crate::platform::master_key;
use crate::platform::seal::Sealer;
use crate::tokens::key_state::signing;
use crate::tokens::signing_key::{self, Column, Entity, Model};

/// How long every node is given to hear of a key that must sign at once.
const SPREADING: TimeDelta = TimeDelta::seconds(5);

/// When a key that an operator asks for shall sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Haste {
    /// After `tokens.key_announcement`, so that those who keep the public keys have it by then.
    Announced,
    /// As soon as every node can know it: in five seconds.
    Now,
}

/// Why the keys are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Occasion {
    Start,
    Timer,
    Operator(Haste),
}

/// What is to be done about the keys.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// Nothing.
    Keep,
    /// Let the newest, which is announced, sign from this instant on and no later.
    Activate(DateTime<Utc>),
    /// Make a key that signs from this instant on.
    Add(DateTime<Utc>),
}

/// At an operator's wish, announces a next key of the configured algorithm, or lets it sign at once. One that is announced
/// already is the next. Answers which it is.
///
/// # Errors
/// [`Error::Internal`] with a sentence for the operator when HS256 is configured with a secret that was used before,
/// or when the master key is not the one that the other keys are sealed under.
pub async fn rotate(app: &App, client: &Client, haste: Haste) -> Result<Model, Error> {
    let (next, _) = run(app, client, Occasion::Operator(haste)).await?;
    next.ok_or_else(|| Error::internal("the next signing key was revoked at the same moment"))
}

/// Announces the next key when the newest comes to the end of `tokens.key_lifetime`; answers whether it did.
///
/// # Errors
/// As [`rotate`].
pub async fn rotate_when_due(app: &App) -> Result<bool, Error> {
    let (_, changed) = run(app, &Client::default(), Occasion::Timer).await?;
    Ok(changed)
}

/// Makes the first key; and a next one when the newest is not what is configured.
pub(super) async fn at_start(app: &App) -> Result<(), Error> {
    run(app, &Client::default(), Occasion::Start).await.map(drop)
}

/// Takes the step that is right when nobody else can take one. Answers the newest key that is in force then, and whether
/// that took anything.
async fn run(app: &App, client: &Client, occasion: Occasion) -> Result<(Option<Model>, bool), Error> {
    let (now, tokens, client) = (app.clock.now(), app.config.tokens.clone(), client.clone());
    let keys = signing_key::in_force(app.database.reader()).await?;
    if step(occasion, &keys, now, &tokens)? == Step::Keep {
        return Ok((keys.into_iter().next(), false));
    }
    let next = Arc::new(NextKey::make(app).await?);
    let write = app.database.write(async move |tx| {
        let keys = signing_key::hold(tx).await?;
        let newest = keys.iter().find(|key| key.is_in_force()).cloned();
        Ok(match (step(occasion, &keys, now, &tokens)?, newest) {
            (Step::Add(at), _) => (next.insert(tx, &keys, now, at, &client).await?, true),
            (Step::Activate(at), Some(newest)) => {
                signing_key::activate(tx, &newest.id, at).await?;
                note(tx, now, &client, &newest.id, at).await?;
                (Some(Model { activates_at: at, ..newest }), true)
            }
            (Step::Keep | Step::Activate(_), newest) => (newest, false),
        })
    });
    write.await
}

/// What `occasion` calls for, given all that are in force, newest first.
fn step(
    occasion: Occasion,
    keys: &[Model],
    now: DateTime<Utc>,
    tokens: &TokensConfig,
) -> Result<Step, Error> {
    let Some(newest) = keys.iter().find(|key| key.is_in_force()) else { return Ok(Step::Add(now)) };
    let (announced, spread) = (now + tokens.key_announcement.delta(), now + SPREADING);
    let is_like = is_configured(newest, tokens)?;
    let is_next = newest.activates_at > now && is_like;
    Ok(match occasion {
        Occasion::Start if is_like => Step::Keep,
        // It was made by a clock that is ahead, and would keep all others waiting.
        Occasion::Timer if newest.activates_at > announced => Step::Activate(announced),
        // Who runs the service chooses that secret, and when to choose another.
        Occasion::Timer if tokens.algorithm == SigningAlgorithm::Hs256 => Step::Keep,
        Occasion::Timer if newest.activates_at + tokens.key_lifetime.delta() > announced => Step::Keep,
        Occasion::Operator(Haste::Announced) if is_next => Step::Keep,
        Occasion::Operator(Haste::Now) if is_next && newest.activates_at <= spread => Step::Keep,
        Occasion::Operator(Haste::Now) if is_next => Step::Activate(spread),
        Occasion::Operator(Haste::Now) => Step::Add(spread),
        Occasion::Start | Occasion::Timer | Occasion::Operator(Haste::Announced) => Step::Add(announced),
    })
}

/// Whether `key` is what is configured: of the algorithm and, for HS256, the secret.
pub(super) fn is_configured(key: &Model, tokens: &TokensConfig) -> Result<bool, Error> {
    let same_secret = match (tokens.algorithm, &tokens.hs256_secret) {
        (SigningAlgorithm::Hs256, Some(secret)) => {
            Key::open(SigningAlgorithm::Hs256, secret.expose_secret().as_bytes())?.kid == key.id
        }
        _ => true,
    };
    Ok(same_secret && key.algorithm == tokens.algorithm.as_str())
}

/// A key that is made and not yet in the table.
pub(super) struct NextKey {
    kid: String,
    algorithm: SigningAlgorithm,
    private_key_sealed: Vec<u8>,
    sealer: Sealer,
}

impl NextKey {
    /// Of the configured algorithm. Not among the threads that answer requests: RSA takes its time.
    ///
    /// # Errors
    /// [`Error::Internal`] when it cannot be made or sealed.
    pub(super) async fn make(app: &App) -> Result<Self, Error> {
        let (algorithm, sealer) = (app.config.tokens.algorithm, master_key::sealer(&app.config)?);
        let secret = app.config.tokens.hs256_secret.clone();
        let made = tokio::task::spawn_blocking(move || {
            let private = match (algorithm, secret) {
                (SigningAlgorithm::Hs256, Some(secret)) => secret.expose_secret().as_bytes().to_vec().into(),
                _ => fresh(algorithm)?,
            };
            let kid = Key::open(algorithm, &private)?.kid;
            let private_key_sealed = signing_key::sealed(&sealer, &private)?;
            Ok(Self { kid, algorithm, private_key_sealed, sealer })
        });
        made.await.map_err(Error::internal)?
    }

    /// Adds it as the newest of `keys`, which are held. Answers the newest in force: another one, if another node that
    /// starts at the same moment on an empty table was first.
    ///
    /// # Errors
    /// As [`rotate`].
    pub(super) async fn insert(
        &self,
        tx: &impl ConnectionTrait,
        keys: &[Model],
        now: DateTime<Utc>,
        activates_at: DateTime<Utc>,
        client: &Client,
    ) -> Result<Option<Model>, Error> {
        let newest = keys.iter().find(|key| key.is_in_force());
        let generation = keys.first().map_or(1, |first| first.generation + 1);
        // Whoever cannot open the newest has a master key that was replaced: nobody could open what they seal.
        if let Some(newest) = newest {
            signing_key::unsealed(&self.sealer, newest)?;
        }
        if let Some(known) = keys.iter().find(|key| key.id == self.kid) {
            if !known.is_in_force() || newest.is_some_and(|newest| newest.id == known.id) {
                return Err(Error::internal(
                    "`tokens.hs256_secret` was in use before: set it to what `rolegate secret` prints",
                ));
            }
            // Another algorithm was tried and is taken back. What signs now goes on, and never began to be superseded.
            let signs = signing(keys, now).is_some_and(|signing| signing.id == known.id);
            let activates_at = if signs { known.activates_at } else { activates_at };
            let again = Model { generation, activates_at, ..known.clone() };
            signing_key::put_first(tx, &again).await?;
            note(tx, now, client, &again.id, activates_at).await?;
            return Ok(Some(again));
        }
        let row = Model {
            id: self.kid.clone(),
            generation,
            algorithm: self.algorithm.as_str().into(),
            private_key_sealed: self.private_key_sealed.clone(),
            created_at: now,
            activates_at,
            retired_at: None,
            revoked_at: None,
        };
        // To a node that was second this must not be a statement that fails: that would fail its write, and with it its
        // start.
        let insert = Entity::insert(row.clone().into_active_model());
        let inserted =
            insert.on_conflict_do_nothing_on([Column::Generation]).exec_without_returning(tx).await?;
        match inserted {
            TryInsertResult::Inserted(1..) => {
                note(tx, now, client, &row.id, activates_at).await?;
                Ok(Some(row))
            }
            _ => Ok(signing_key::in_force(tx).await?.into_iter().next()),
        }
    }
}

/// Records that the key `kid` is next to sign.
pub(super) async fn note(
    tx: &impl ConnectionTrait,
    now: DateTime<Utc>,
    client: &Client,
    kid: &str,
    activates_at: DateTime<Utc>,
) -> Result<(), Error> {
    record(tx, now, client, Event::SigningKeyRotated { kid: kid.to_owned(), activates_at }).await
}
