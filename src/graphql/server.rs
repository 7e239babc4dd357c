//! What a client needs to know before anybody has signed in.

use async_graphql::{Context, Enum, Object, SimpleObject};

use crate::config::{SignupIdentifier as Identifier, SignupMode};
use crate::graphql::access::Role;
use crate::graphql::context::app;
use crate::graphql::policy::directives::{has_role, public};

/// This server, as far as sign-in forms need to know it.
pub struct Server;

/// This server, as far as sign-in forms need to know it.
#[Object(directive = public::apply())]
impl Server {
    /// What the service is called.
    async fn name<'a>(&self, ctx: &Context<'a>) -> &'a str {
        &app(ctx).config.name
    }

    /// Where clients reach it, if that was configured.
    async fn public_url<'a>(&self, ctx: &Context<'a>) -> Option<&'a str> {
        app(ctx).config.public_url.as_ref().map(url::Url::as_str)
    }

    /// Who may sign up, and with what.
    async fn signup(&self, ctx: &Context<'_>) -> SignupPolicy {
        let config = &app(ctx).config.signup;
        SignupPolicy {
            open: config.mode == SignupMode::Open,
            identifier: config.identifier.into(),
            email_domains: config.email_domains.clone(),
        }
    }

    /// What a new password must be.
    async fn password(&self, ctx: &Context<'_>) -> PasswordPolicy {
        let config = &app(ctx).config.password;
        let number = |length| i32::try_from(length).unwrap_or(i32::MAX);
        PasswordPolicy { min_length: number(config.min_length), max_length: number(config.max_length) }
    }

    /// How one can sign in.
    async fn sign_in_methods(&self) -> Vec<SignInMethod> {
        vec![SignInMethod::Password]
    }

    /// The version that runs.
    #[graphql(directive = has_role::apply(Role::Admin))]
    async fn version(&self) -> Option<&str> {
        Some(env!("CARGO_PKG_VERSION"))
    }
}

/// Who may sign up, and with what.
#[derive(SimpleObject)]
#[graphql(directive = public::apply())]
pub struct SignupPolicy {
    /// Whether anybody may.
    open: bool,
    /// What is needed to sign up.
    identifier: SignupIdentifier,
    /// Only addresses of these domains; empty: any.
    email_domains: Vec<String>,
}

/// What is needed to sign up, besides a password.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "Identifier")]
pub enum SignupIdentifier {
    /// An email address; a username may be added.
    Email,
    /// A username; an email address may be added.
    Username,
    /// At least one of them.
    Either,
}

/// What a new password must be. Passwords that everybody tries first, and the user's own name, are refused besides.
#[derive(SimpleObject)]
#[graphql(directive = public::apply())]
pub struct PasswordPolicy {
    /// In characters.
    min_length: i32,
    /// In characters.
    max_length: i32,
}

/// A way to sign in.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub enum SignInMethod {
    /// With `login`.
    Password,
}

/// Queries about the server.
#[derive(Default)]
pub struct ServerQuery;

#[Object]
impl ServerQuery {
    /// This server, as far as sign-in forms need to know it.
    #[graphql(directive = public::apply())]
    async fn server(&self) -> Server {
        Server
    }
}
