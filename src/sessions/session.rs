//! The sessions' table.

use sea_orm::ExprTrait as _;
use sea_orm::entity::prelude::*;

use crate::error::Error;
use crate::users::user;

/// One session: one device on which somebody signed in.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub struct Model {
    /// UUIDv7; the `sid` of its access tokens.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Whose.
    pub user_id: Uuid,
    /// How its credential travels.
    pub delivery: Delivery,
    /// SHA-256 of the live refresh token's secret, or of the cookie's.
    pub secret_hash: Vec<u8>,
    /// The secret of the live refresh token, sealed under the one before it; see [`super::successor`].
    pub successor_sealed: Option<Vec<u8>>,
    /// When somebody signed in.
    pub created_at: DateTimeUtc,
    /// When it was last used, to the minute.
    pub last_seen_at: DateTimeUtc,
    /// When it was ended before its time.
    pub ended_at: Option<DateTimeUtc>,
    /// By what.
    pub end_reason: Option<EndReason>,
    /// What the device called itself.
    pub user_agent: Option<String>,
    /// Where it signed in from.
    pub ip_address: Option<String>,
    /// Its user, where a query brings them along.
    #[sea_orm(belongs_to, from = "user_id", to = "id")]
    pub user: HasOne<user::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}

/// The session of this id and delivery with its user, whatever has become of them.
///
/// # Errors
/// [`Error::Internal`] when the database fails.
pub async fn find_with_user(
    db: &impl ConnectionTrait,
    id: Uuid,
    delivery: Delivery,
) -> Result<Option<(Model, user::Model)>, Error> {
    let query = Entity::find_by_id(id).filter(COLUMN.delivery.eq(delivery)).find_also_related(user::Entity);
    // Not `one()`, for the reason that `platform::database::unique` gives.
    let found = query.all(db).await?.pop();
    Ok(found.and_then(|(session, user)| user.map(|user| (session, user))))
}

/// That a row of the users is the session's user's, in a query that has both tables in sight.
pub fn is_its_user() -> Expr {
    Expr::col((user::Entity, user::Column::Id)).equals((Entity, Column::UserId))
}

/// How a session's credential travels. One session has one kind, and never answers to the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Delivery {
    /// As access and refresh tokens in the answer's body.
    #[default]
    Bearer,
    /// As one cookie that scripts cannot read.
    Cookie,
}

/// Why a session was ended before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EndReason {
    /// By its user.
    Ended,
    /// By an admin or an operator.
    Revoked,
    /// By a newer one, because the user had as many as they may.
    Displaced,
    /// Because one of its spent refresh tokens came back.
    RefreshTokenReused,
    /// Because an operator set the user's password.
    PasswordSet,
}
