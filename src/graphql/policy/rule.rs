//! One rule, and the judgement of a viewer by it.

use std::fmt;

use async_graphql::Value;
use async_graphql::registry::MetaDirectiveInvocation;
use uuid::Uuid;

use crate::access::role::Role;
use crate::access::viewer::Viewer;
use crate::error::Error;

/// What a directive demands. Prints as it stands in the schema: `@hasRole(atLeast: MANAGER)`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// Nothing.
    Public,
    /// A live session, or an API key.
    Authenticated,
    /// A live session; an API key will not do.
    Session,
    /// At least this role.
    AtLeast(Role),
    /// To own it, or to have a role that will do instead.
    Owner {
        /// The argument that names the owner; none when the object itself knows.
        arg: Option<String>,
        /// The least role that will do for everybody else.
        or_at_least: Option<Role>,
    },
}

/// What came of judging a viewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict<'r> {
    /// They may.
    Allowed,
    /// They may if they own what they ask for, which is not known yet.
    IfOwner(&'r Rule),
    /// They may not, and this is the rule that says so.
    Denied(&'r Rule),
}

/// Whom an argument names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// Nothing was asked yet: this is the matrix, not a request.
    NotYetKnown,
    /// It is missing, or no id.
    Nobody,
    /// The user with this id.
    User(Uuid),
}

impl Named {
    /// By what an argument holds, if it is a text.
    pub fn by(id: Option<&str>) -> Self {
        id.and_then(|id| Uuid::try_parse(id).ok()).map_or(Self::Nobody, Self::User)
    }
}

impl Rule {
    /// Judges `viewer`; `named` tells whom an argument names.
    pub fn judge(&self, viewer: &Viewer, named: impl Fn(&str) -> Named) -> Verdict<'_> {
        let (user_id, role) = match viewer {
            Viewer::User { user_id, role, .. } | Viewer::ApiKey { user_id, role, .. } => (user_id, role),
            Viewer::Anonymous | Viewer::Unrecognized { .. } => {
                return if matches!(self, Self::Public) { Verdict::Allowed } else { Verdict::Denied(self) };
            }
        };
        let holds = match self {
            Self::Public | Self::Authenticated => true,
            Self::Session => matches!(viewer, Viewer::User { .. }),
            Self::AtLeast(least) => role >= least,
            Self::Owner { or_at_least: Some(least), .. } if role >= least => true,
            Self::Owner { arg: None, .. } => return Verdict::IfOwner(self),
            Self::Owner { arg: Some(arg), .. } => match named(arg) {
                Named::NotYetKnown => return Verdict::IfOwner(self),
                Named::Nobody => false,
                Named::User(id) => id == *user_id,
            },
        };
        if holds { Verdict::Allowed } else { Verdict::Denied(self) }
    }

    /// The error for a viewer whom this rule keeps out.
    pub fn refusal(&self, viewer: &Viewer) -> Error {
        match viewer {
            Viewer::User { .. } | Viewer::ApiKey { .. } => Error::Forbidden { requires: self.to_string() },
            Viewer::Anonymous | Viewer::Unrecognized { .. } => Error::Unauthenticated(viewer.refusal()),
        }
    }

    /// True for `@owner` without an argument.
    pub(super) fn is_about_the_object(&self) -> bool {
        matches!(self, Self::Owner { arg: None, .. })
    }

    /// True when whoever meets this rule is sure to meet `other` too.
    pub(super) fn implies(&self, other: &Self) -> bool {
        match (self, other) {
            (_, Self::Public) => true,
            (Self::Public, _) => false,
            (_, Self::Authenticated | Self::AtLeast(Role::Client)) => true,
            (Self::Session, Self::Session) => true,
            (Self::AtLeast(has), Self::AtLeast(least)) => has >= least,
            (Self::AtLeast(has), Self::Owner { or_at_least: Some(least), .. }) => has >= least,
            // Owning what one argument names says nothing of owning another object.
            _ => false,
        }
    }

    /// The rule that a directive stands for; none when it is not one of ours, or only `@signsIn`.
    ///
    /// # Errors
    /// A sentence, when its arguments cannot be read.
    pub(super) fn read(directive: &MetaDirectiveInvocation) -> Result<Option<Self>, String> {
        let role = |name: &str| match directive.args.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Enum(role)) => role.as_str().parse().map(Some),
            Some(other) => Err(format!("`{name}: {other}` is no role")),
        };
        Ok(Some(match directive.name.as_str() {
            "public" => Self::Public,
            "authenticated" => Self::Authenticated,
            "session" => Self::Session,
            "hasRole" => Self::AtLeast(role("atLeast")?.ok_or("@hasRole lacks `atLeast`")?),
            "owner" => Self::Owner {
                arg: match directive.args.get("arg") {
                    None | Some(Value::Null) => None,
                    Some(Value::String(name)) => Some(name.clone()),
                    Some(other) => return Err(format!("`arg: {other}` is no argument's name")),
                },
                or_at_least: role("orAtLeast")?,
            },
            _ => return Ok(None),
        }))
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Public => f.write_str("@public"),
            Self::Authenticated => f.write_str("@authenticated"),
            Self::Session => f.write_str("@session"),
            Self::AtLeast(role) => write!(f, "@hasRole(atLeast: {role})"),
            Self::Owner { arg: None, or_at_least: None } => f.write_str("@owner"),
            Self::Owner { arg: Some(arg), or_at_least: None } => write!(f, "@owner(arg: \"{arg}\")"),
            Self::Owner { arg: None, or_at_least: Some(role) } => write!(f, "@owner(orAtLeast: {role})"),
            Self::Owner { arg: Some(arg), or_at_least: Some(role) } => {
                write!(f, "@owner(arg: \"{arg}\", orAtLeast: {role})")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::error::Unauthenticated;

    const ME: Uuid = Uuid::from_u128(1);
    const OTHER: Uuid = Uuid::from_u128(2);

    fn user(role: Role) -> Viewer {
        Viewer::User { user_id: ME, session_id: ME, role, expires_at: DateTime::UNIX_EPOCH }
    }

    fn owner(arg: Option<&str>, or_at_least: Option<Role>) -> Rule {
        Rule::Owner { arg: arg.map(str::to_owned), or_at_least }
    }

    fn not_yet(_: &str) -> Named {
        Named::NotYetKnown
    }

    #[test]
    fn only_public_lets_strangers_in() {
        let strangers = [Viewer::Anonymous, Viewer::Unrecognized { reason: Unauthenticated::TokenExpired }];
        let rules =
            [Rule::Authenticated, Rule::AtLeast(Role::Client), owner(Some("id"), None), owner(None, None)];
        for viewer in &strangers {
            assert_eq!(Rule::Public.judge(viewer, not_yet), Verdict::Allowed);
            for rule in &rules {
                assert_eq!(rule.judge(viewer, |_| Named::User(ME)), Verdict::Denied(rule));
            }
        }
    }

    #[test]
    fn each_role_may_all_that_the_lesser_ones_may() {
        for least in Role::ALL {
            for role in Role::ALL {
                let rule = Rule::AtLeast(least);
                let allowed = rule.judge(&user(role), not_yet) == Verdict::Allowed;
                assert_eq!(allowed, role >= least, "{role} before {rule}");
            }
        }
    }

    #[test]
    fn an_api_key_may_what_its_role_may_but_for_what_needs_a_session() {
        let key =
            Viewer::ApiKey { user_id: ME, key_id: ME, role: Role::Manager, expires_at: DateTime::UNIX_EPOCH };
        for rule in [Rule::Public, Rule::Authenticated, Rule::AtLeast(Role::Manager)] {
            assert_eq!(rule.judge(&key, not_yet), Verdict::Allowed, "{rule}");
        }
        assert_eq!(owner(Some("id"), None).judge(&key, |_| Named::User(ME)), Verdict::Allowed);
        for rule in [Rule::Session, Rule::AtLeast(Role::Admin)] {
            assert_eq!(rule.judge(&key, not_yet), Verdict::Denied(&rule));
            let Error::Forbidden { requires } = rule.refusal(&key) else { panic!("a key is somebody") };
            assert_eq!(requires, rule.to_string());
        }
        assert_eq!(Rule::Session.judge(&user(Role::Client), not_yet), Verdict::Allowed);
        assert_eq!(Rule::Session.judge(&Viewer::Anonymous, not_yet), Verdict::Denied(&Rule::Session));
    }

    #[test]
    fn an_owner_is_told_by_the_argument_or_else_by_the_object() {
        let by_argument = owner(Some("id"), Some(Role::Admin));
        let judge = |named| by_argument.judge(&user(Role::Manager), |_| named);
        assert_eq!(judge(Named::User(ME)), Verdict::Allowed);
        assert_eq!(judge(Named::User(OTHER)), Verdict::Denied(&by_argument));
        assert_eq!(judge(Named::Nobody), Verdict::Denied(&by_argument));
        assert_eq!(judge(Named::NotYetKnown), Verdict::IfOwner(&by_argument));
        assert_eq!(by_argument.judge(&user(Role::Admin), |_| Named::User(OTHER)), Verdict::Allowed);

        let by_object = owner(None, Some(Role::Manager));
        assert_eq!(by_object.judge(&user(Role::Client), |_| Named::User(ME)), Verdict::IfOwner(&by_object));
        assert_eq!(by_object.judge(&user(Role::Manager), not_yet), Verdict::Allowed);
    }

    #[test]
    fn a_refusal_tells_strangers_why_they_are_strangers_and_users_what_they_lack() {
        let rule = owner(Some("id"), Some(Role::Manager));
        let refused = rule.refusal(&Viewer::Unrecognized { reason: Unauthenticated::TokenExpired });
        assert!(matches!(refused, Error::Unauthenticated(Unauthenticated::TokenExpired)));
        let Error::Forbidden { requires } = rule.refusal(&user(Role::Client)) else {
            panic!("a user is forbidden, not unauthenticated");
        };
        assert_eq!(requires, r#"@owner(arg: "id", orAtLeast: MANAGER)"#);
    }

    #[test]
    fn a_rule_implies_only_what_every_one_who_meets_it_meets_too() {
        assert!(Rule::AtLeast(Role::Admin).implies(&Rule::AtLeast(Role::Manager)));
        assert!(Rule::AtLeast(Role::Manager).implies(&owner(None, Some(Role::Manager))));
        assert!(Rule::Authenticated.implies(&Rule::AtLeast(Role::Client)));
        assert!(Rule::Session.implies(&Rule::Authenticated) && Rule::Session.implies(&Rule::Session));
        assert!(!Rule::Authenticated.implies(&Rule::Session));
        assert!(!Rule::AtLeast(Role::Admin).implies(&Rule::Session));
        assert!(!Rule::Authenticated.implies(&owner(None, None)));
        assert!(!owner(Some("id"), None).implies(&owner(None, None)));
        assert!(!Rule::Public.implies(&Rule::Authenticated));
    }
}
