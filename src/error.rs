//! The one error of Rolegate: its variants are named by what the caller can do about them.
//!
//! Clients match [`Error::code`] and nothing else. A cause is for the log; it never reaches a client.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use sea_orm::{DbErr, RuntimeErr, SqlErr};

/// Why something was refused, or that it failed.
///
/// `Clone`, because one failed commit answers every caller whose writes it carried.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// Sign in (again), then repeat.
    #[error("You are not signed in.")]
    Unauthenticated(Unauthenticated),
    /// Ask somebody who may.
    #[error("You are not allowed to do this.")]
    Forbidden {
        /// The rule that was not met, as it stands in the schema: `@hasRole(atLeast: MANAGER)`.
        requires: String,
    },
    /// Unknown identifier, wrong password and suspended user alike: which one, nobody is told.
    #[error("The identifier or the password is wrong.")]
    InvalidCredentials,
    /// Correct the named argument.
    #[error("{message}")]
    InvalidInput {
        /// The path of the argument, dotted: `input.email`.
        field: &'static str,
        /// What is wrong with it, as a sentence that may be shown to people.
        message: String,
    },
    /// Choose another password.
    #[error("{reason}")]
    WeakPassword {
        /// The path of the argument: `input.password`.
        field: &'static str,
        /// Why it was refused, as a sentence that may be shown to people.
        reason: String,
    },
    /// Use another email address, or sign in with this one.
    #[error("This email address is taken.")]
    EmailTaken,
    /// Choose another username.
    #[error("This username is taken.")]
    UsernameTaken,
    /// Nobody can sign up here by themselves.
    #[error("Sign-up is closed.")]
    SignupClosed,
    /// There is no such thing, or none that the viewer may know of.
    #[error("Not found.")]
    NotFound,
    /// Make somebody else an admin first.
    #[error("The last active admin cannot be changed.")]
    LastAdmin,
    /// Too much at this moment: try again.
    #[error("The server is busy. Try again in a moment.")]
    Overloaded {
        /// When it is worth another try.
        retry_after: Duration,
    },
    /// Send what can be understood. Nothing of the request ran.
    #[error("{message}")]
    BadRequest {
        /// What is wrong with the request, as a sentence. It repeats no value that came with it: that may be a password.
        message: Cow<'static, str>,
    },
    /// Ask for less at once.
    #[error("The document asks for too much: {limit}.")]
    DocumentTooComplex {
        /// What there is too much of, and how much would do.
        limit: String,
    },
    /// Our fault. The cause is logged with the request's id; the client sees the id alone.
    #[error("Something went wrong on our side.")]
    Internal(Arc<dyn std::error::Error + Send + Sync>),
}

/// Why the viewer counts as nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unauthenticated {
    /// No credential came with the request.
    TokenMissing,
    /// It was ours, and its time is over: refresh.
    TokenExpired,
    /// It is malformed, forged, or meant for somebody else.
    TokenInvalid,
    /// Its session was ended, or its user may not sign in any more.
    SessionEnded,
}

impl Unauthenticated {
    /// The word in `extensions.reason`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TokenMissing => "TOKEN_MISSING",
            Self::TokenExpired => "TOKEN_EXPIRED",
            Self::TokenInvalid => "TOKEN_INVALID",
            Self::SessionEnded => "SESSION_ENDED",
        }
    }
}

impl Error {
    /// The stable name of this error, `SCREAMING_SNAKE`. Changing one breaks clients.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated(_) => "UNAUTHENTICATED",
            Self::Forbidden { .. } => "FORBIDDEN",
            Self::InvalidCredentials => "INVALID_CREDENTIALS",
            Self::InvalidInput { .. } => "INVALID_INPUT",
            Self::WeakPassword { .. } => "WEAK_PASSWORD",
            Self::EmailTaken => "EMAIL_TAKEN",
            Self::UsernameTaken => "USERNAME_TAKEN",
            Self::SignupClosed => "SIGNUP_CLOSED",
            Self::NotFound => "NOT_FOUND",
            Self::LastAdmin => "LAST_ADMIN",
            Self::Overloaded { .. } => "OVERLOADED",
            Self::BadRequest { .. } => "BAD_REQUEST",
            Self::DocumentTooComplex { .. } => "DOCUMENT_TOO_COMPLEX",
            Self::Internal(_) => "INTERNAL",
        }
    }

    /// An error whose cause is ours to mend.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(Arc::from(cause.into()))
    }

    /// Refuses a request that cannot be understood; `message` is a sentence that repeats no value of the request.
    pub fn bad_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::BadRequest { message: message.into() }
    }

    /// Refuses an argument; `message` is a sentence for people.
    pub fn invalid_input(field: &'static str, message: impl Into<String>) -> Self {
        Self::InvalidInput { field, message: message.into() }
    }

    /// What the database said, when that is the cause.
    pub fn database_cause(&self) -> Option<&DbErr> {
        match self {
            Self::Internal(cause) => cause.downcast_ref(),
            _ => None,
        }
    }
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        // A pool that could not hand out a connection in time is load, not a fault.
        match error {
            DbErr::ConnectionAcquire(_) => Self::Overloaded { retry_after: Duration::from_secs(1) },
            other => Self::internal(other),
        }
    }
}

/// A wait in whole seconds, as clients are told it, in the header and in the error alike. Rounded up: whoever comes back
/// at the rounded-down second comes too early.
pub fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

/// True when a unique index refused the statement. Asked where the insert is, and nowhere else.
pub fn is_unique_violation(error: &DbErr) -> bool {
    matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
}

/// The database's own code for the failure (SQLSTATE on PostgreSQL), if it has one.
pub fn database_code(error: &DbErr) -> Option<String> {
    let (DbErr::Exec(RuntimeErr::SqlxError(error))
    | DbErr::Query(RuntimeErr::SqlxError(error))
    | DbErr::Conn(RuntimeErr::SqlxError(error))) = error
    else {
        return None;
    };
    Some(error.as_database_error()?.code()?.into_owned())
}
