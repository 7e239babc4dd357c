//! Who asks: the request's viewer, and beneath a `@signsIn` field the user whom it signed in.

use std::collections::HashMap;
use std::ptr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use async_graphql::{Context, QueryPathNode, QueryPathSegment};

use crate::access::viewer::Viewer;
use crate::error::Error;

/// The viewers of one request. Shared by the engine and, as request data, by the resolvers.
#[derive(Debug)]
pub(super) struct Viewers {
    /// Who sent it.
    asking: Viewer,
    /// The response key of its `@signsIn` field.
    sign_in_key: OnceLock<String>,
    /// Whom that field signed in.
    signed_in: OnceLock<Viewer>,
    /// Whether they own what a field that is being resolved is of, as its guard said: by [`address`].
    owned: Mutex<HashMap<usize, bool>>,
}

impl Viewers {
    pub(super) fn new(asking: Viewer) -> Self {
        Self { asking, sign_in_key: OnceLock::new(), signed_in: OnceLock::new(), owned: Mutex::default() }
    }

    pub(super) fn asking(&self) -> &Viewer {
        &self.asking
    }

    /// Notes which root field may sign somebody in.
    pub(super) fn expect_sign_in(&self, response_key: &str) {
        self.sign_in_key.get_or_init(|| response_key.to_owned());
    }

    /// The one by whom a field on this path is judged.
    pub(super) fn at(&self, path: Option<&QueryPathNode<'_>>) -> &Viewer {
        match self.signed_in.get() {
            Some(signed_in) if self.is_sign_in(path) => signed_in,
            _ => &self.asking,
        }
    }

    /// Takes what guards said of the field that is being resolved here; none when none was asked.
    pub(super) fn take_owned(&self, path: &QueryPathNode<'_>) -> Option<bool> {
        self.owned().remove(&address(path))
    }

    fn owned(&self) -> MutexGuard<'_, HashMap<usize, bool>> {
        // Each entry is written at once, so a panic leaves none by halves.
        self.owned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_sign_in(&self, path: Option<&QueryPathNode<'_>>) -> bool {
        let key = self.sign_in_key.get().map(String::as_str);
        key.is_some() && path.and_then(root_key) == key
    }
}

/// The viewer by whom the field of `ctx` is judged: [`Viewer::Anonymous`] where the request brought none.
pub fn viewer(ctx: &Context<'_>) -> Viewer {
    match ctx.data_opt::<Arc<Viewers>>() {
        Some(viewers) => viewers.at(ctx.path_node.as_ref()).clone(),
        None => Viewer::Anonymous,
    }
}

/// Notes whether the viewer owns what the field of `ctx` is of. Of several guards each must say so.
pub(super) fn tell_owner(ctx: &Context<'_>, owns: bool) {
    if let Some((viewers, path)) = ctx.data_opt::<Arc<Viewers>>().zip(ctx.path_node.as_ref()) {
        viewers.owned().entry(address(path)).and_modify(|all| *all &= owns).or_insert(owns);
    }
}

/// Tells one field of one object from all others that are being resolved. Its path would not: the library resolves
/// fields of one response key each by itself where they stand in different fragments.
fn address(path: &QueryPathNode<'_>) -> usize {
    ptr::from_ref(path).addr()
}

/// Makes the caller of a `@signsIn` field somebody: what is selected beneath it is judged as `user` from here on.
///
/// # Errors
/// [`Error::Internal`] where the field has no `@signsIn`, or has signed somebody in already.
pub fn sign_in(ctx: &Context<'_>, user: Viewer) -> Result<(), Error> {
    let viewers = ctx.data_opt::<Arc<Viewers>>();
    let viewers = viewers.filter(|viewers| viewers.is_sign_in(ctx.path_node.as_ref()));
    let viewers = viewers.ok_or_else(|| Error::internal("sign_in was called in a field without @signsIn"))?;
    if let Some(witness) = ctx.data_opt::<Arc<Witness>>() {
        witness.0.get_or_init(|| user.clone());
    }
    viewers.signed_in.set(user).map_err(|_| Error::internal("a @signsIn field signed in twice"))
}

/// Sees whom a request signed in. The proof sends one along, as it must know by whom the answer was to be judged.
#[derive(Debug, Default)]
pub(super) struct Witness(OnceLock<Viewer>);

impl Witness {
    pub(super) fn signed_in(&self) -> Option<&Viewer> {
        self.0.get()
    }
}

/// The response key of the root field that a path begins with.
fn root_key<'a>(path: &QueryPathNode<'a>) -> Option<&'a str> {
    let mut node = path;
    while let Some(parent) = node.parent {
        node = parent;
    }
    match node.segment {
        QueryPathSegment::Name(name) => Some(name),
        QueryPathSegment::Index(_) => None,
    }
}
