//! Signing up and in with a password.

use async_graphql::{Context, Enum, InputObject, Object, Result, Union};

use crate::graphql::context::{app, client};
use crate::graphql::policy::directives::{public, signs_in};
use crate::graphql::sessions::SignedIn;
use crate::passwords::details::Details;
use crate::passwords::{log_in, sign_up};
use crate::sessions::session::Delivery;

/// How a session's credential travels.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "Delivery")]
pub enum TokenDelivery {
    /// Access and refresh token in the answer, for apps and services.
    Bearer,
    /// One cookie that scripts cannot read, for pages on this site. No token in the answer, nothing to refresh.
    Cookie,
}

/// What somebody wants who wrote `null`: the same as who wrote nothing.
fn how(delivery: Option<TokenDelivery>) -> Delivery {
    delivery.map(Delivery::from).unwrap_or_default()
}

/// A new account.
#[derive(InputObject)]
pub struct SignupInput {
    /// The user's address; needed unless the server says otherwise.
    email: Option<String>,
    /// 3 to 32 letters, digits, `_` or `-`; needed only where the server says so.
    username: Option<String>,
    /// Spaces and all scripts are welcome. See `server { password }` for its length.
    password: String,
    /// What to call the user.
    name: Option<String>,
    /// How the new session's credential is to travel.
    #[graphql(default_with = "Some(TokenDelivery::Bearer)")]
    delivery: Option<TokenDelivery>,
}

/// What proves who one is.
#[derive(InputObject)]
pub struct LoginInput {
    /// Email address or username.
    identifier: String,
    /// The password.
    password: String,
    /// How the new session's credential is to travel.
    #[graphql(default_with = "Some(TokenDelivery::Bearer)")]
    delivery: Option<TokenDelivery>,
}

/// What signing up leads to.
#[derive(Union)]
pub enum SignupResult {
    /// The account is there, and a session.
    SignedIn(SignedIn),
}

/// What signing in leads to.
#[derive(Union)]
pub enum LoginResult {
    /// A session is there.
    SignedIn(SignedIn),
}

/// Mutations with a password.
#[derive(Default)]
pub struct PasswordsMutation;

#[Object]
impl PasswordsMutation {
    /// Makes an account of role CLIENT and signs in.
    #[graphql(directive = public::apply(), directive = signs_in::apply())]
    async fn signup(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new account.")] input: SignupInput,
    ) -> Result<SignupResult> {
        let details = Details {
            email: input.email.as_deref(),
            username: input.username.as_deref(),
            name: input.name.as_deref(),
            password: &input.password,
        };
        let signed_in = sign_up::sign_up(app(ctx), &client(ctx), &details, how(input.delivery)).await?;
        Ok(SignupResult::SignedIn(SignedIn::hand_over(ctx, signed_in)?))
    }

    /// Signs in. Unknown user, wrong password and suspended user get one answer.
    #[graphql(directive = public::apply(), directive = signs_in::apply())]
    async fn login(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What proves who one is.")] input: LoginInput,
    ) -> Result<LoginResult> {
        let LoginInput { identifier, password, delivery } = input;
        let (app, client) = (app(ctx), client(ctx));
        let signed_in = log_in::log_in(app, &client, &identifier, &password, how(delivery)).await?;
        Ok(LoginResult::SignedIn(SignedIn::hand_over(ctx, signed_in)?))
    }
}
