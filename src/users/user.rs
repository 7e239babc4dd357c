//! The users' table. It holds no secret.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::IntoActiveModel as _;
use sea_orm::entity::prelude::*;

use crate::access::role::Role;
use crate::error::{Error, is_unique_violation};
use crate::platform::secret;
use crate::users::display_name::DisplayName;
use crate::users::email_address::EmailAddress;
use crate::users::username::Username;

/// One user.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Canonical: see [`EmailAddress`].
    #[sea_orm(unique)]
    pub email: Option<String>,
    /// As the user writes it.
    pub username: Option<String>,
    /// As it is compared: see [`Username::key`].
    #[sea_orm(unique)]
    pub username_key: Option<String>,
    /// What to call them.
    pub name: Option<String>,
    /// As names are sorted and searched: see [`DisplayName::key`].
    pub name_key: Option<String>,
    /// What they may do.
    pub role: Role,
    /// Whether they may sign in.
    pub status: Status,
    /// When they proved that the address is theirs.
    pub email_verified_at: Option<DateTimeUtc>,
    /// When the account was made.
    pub created_at: DateTimeUtc,
    /// When they last proved who they are.
    pub last_login_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}

/// Whether a user may sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// They may.
    Active,
    /// They may not, and every session of theirs counts as ended.
    Suspended,
}

/// What is known of a user on the first day.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// Their address.
    pub email: Option<EmailAddress>,
    /// Their username.
    pub username: Option<Username>,
    /// What to call them.
    pub name: Option<DisplayName>,
    /// What they may do.
    pub role: Role,
}

impl NewUser {
    /// The row of this user, with a new id.
    pub fn into_row(self, created_at: DateTime<Utc>) -> Model {
        Model {
            id: secret::new_id(),
            email: self.email.map(EmailAddress::into_string),
            username_key: self.username.as_ref().map(Username::key),
            username: self.username.map(Username::into_string),
            name_key: self.name.as_ref().map(DisplayName::key),
            name: self.name.map(DisplayName::into_string),
            role: self.role,
            status: Status::Active,
            email_verified_at: None,
            created_at,
            last_login_at: None,
        }
    }
}

/// Adds a user. The unique indexes decide who was first.
///
/// # Errors
/// [`Error::EmailTaken`] and [`Error::UsernameTaken`]; [`Error::Internal`] when the database refuses otherwise.
pub async fn insert(tx: &impl ConnectionTrait, user: Model) -> Result<(), Error> {
    let (email, username_key) = (user.email.clone(), user.username_key.clone());
    let Err(error) = Entity::insert(user.into_active_model()).exec_without_returning(tx).await else {
        return Ok(());
    };
    if !is_unique_violation(&error) {
        return Err(error.into());
    }
    // Both databases name the index or the column; which of the two it was is all that we read of it.
    let text = error.to_string();
    match (email, username_key) {
        (_, Some(_)) if text.contains("username_key") => Err(Error::UsernameTaken),
        (Some(_), _) if text.contains("email") => Err(Error::EmailTaken),
        _ => Err(error.into()),
    }
}

/// Notes that a user has just proved who they are.
///
/// # Errors
/// [`Error::Internal`] when the database refuses.
pub async fn touch_last_login(
    tx: &impl ConnectionTrait,
    user_id: Uuid,
    at: DateTime<Utc>,
) -> Result<(), Error> {
    let change = ActiveModel { last_login_at: Set(Some(at)), ..Default::default() };
    Entity::update_many().set(change).filter(COLUMN.id.eq(user_id)).exec(tx).await?;
    Ok(())
}
