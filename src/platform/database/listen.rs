//! Listening to PostgreSQL: a connection of its own, to which the triggers' notifications come at the commit and in the
//! order of commits. A notification says what was changed, so there is nothing to be read after it.

use std::time::Duration;

use sea_orm::sqlx::postgres::{PgConnection, PgListener, PgNotification};
use sea_orm::sqlx::{self, Connection as _};
use secrecy::{ExposeSecret as _, SecretString};
use uuid::Uuid;

use crate::error::Error;
use crate::platform::database::changes::{Change, Changes};
use crate::platform::secret;

/// Where the triggers send to.
const CHANNEL: &str = "rolegate";

/// How long a beat may take, and how long it may take to connect.
const LIMIT: Duration = Duration::from_secs(1);

/// Whoever listens, and is told beats of their own.
pub(super) struct Listener {
    listener: PgListener,
    /// Sends the beats. Sent on the listener's own connection they would prove nothing: their notifications come within
    /// the answer, which also arrives through a pooler that drops what other connections notify. It is none of the
    /// pool's: while all of those are busy it must still be heard what is changed.
    sender: PgConnection,
    /// Where the beats arrive.
    own_channel: String,
    beats: u64,
    /// Something failed, so notifications may have been missed. sqlx would connect anew as if nothing had happened.
    lost: bool,
}

impl Listener {
    /// Connects, and hears a first beat of its own. What was committed before is not heard.
    pub(super) async fn connect(url: &SecretString) -> Result<Self, Error> {
        let connect = async {
            let mut listener = PgListener::connect(url.expose_secret()).await.map_err(Error::internal)?;
            listener.eager_reconnect(false);
            let sender = PgConnection::connect(url.expose_secret()).await.map_err(Error::internal)?;
            let own_channel = format!("{CHANNEL}_{}", secret::new_id().simple());
            listener.listen_all([CHANNEL, own_channel.as_str()]).await.map_err(Error::internal)?;
            let mut this = Self { listener, sender, own_channel, beats: 0, lost: false };
            this.beat().await?;
            Ok(this)
        };
        within_limit(connect).await
    }

    /// Sends a notification on another connection and waits for it. Notifications come in the order of commits, so that
    /// all that was committed before has been heard then; it is in the answer.
    pub(super) async fn beat(&mut self) -> Result<Changes, Error> {
        within_limit(async {
            self.refuse_if_lost()?;
            self.beats += 1;
            let payload = self.beats.to_string();
            let notify = sqlx::query("SELECT pg_notify($1, $2)").bind(&self.own_channel).bind(&payload);
            notify.execute(&mut self.sender).await.map_err(Error::internal)?;
            let mut changes = Vec::new();
            loop {
                let notification = self.notification().await?;
                if notification.channel() != self.own_channel {
                    changes.push(change(&notification));
                } else if notification.payload() == payload {
                    return Ok(Changes::These(changes));
                }
            }
        })
        .await
    }

    /// The next change. Nothing is lost when its future is dropped.
    pub(super) async fn next(&mut self) -> Result<Change, Error> {
        loop {
            let notification = self.notification().await?;
            if notification.channel() != self.own_channel {
                return Ok(change(&notification));
            }
        }
    }

    async fn notification(&mut self) -> Result<PgNotification, Error> {
        self.refuse_if_lost()?;
        let received = self.listener.try_recv().await;
        self.lost = !matches!(received, Ok(Some(_)));
        received.map_err(Error::internal)?.ok_or_else(closed)
    }

    fn refuse_if_lost(&self) -> Result<(), Error> {
        if self.lost { Err(closed()) } else { Ok(()) }
    }
}

fn closed() -> Error {
    Error::internal("the connection on which the database notifies was closed")
}

/// What a trigger has written as `topic:subject`.
fn change(notification: &PgNotification) -> Change {
    let (topic, subject) = notification.payload().split_once(':').unwrap_or((notification.payload(), ""));
    Change { topic: topic.to_owned(), subject: Uuid::try_parse(subject).ok() }
}

async fn within_limit<T>(future: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let outcome = tokio::time::timeout(LIMIT, future).await;
    outcome.map_err(|_elapsed| Error::internal("the database's notifications do not arrive"))?
}
