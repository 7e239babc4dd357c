//! Sessions: what somebody has who proved who they are. Every way in ends in [`open`].

pub mod session;
pub mod liveness;
pub mod standing;
pub mod spent_refresh_token;
pub mod successor;
pub mod device;
mod displace;
pub mod open;
pub mod refresh;
pub mod resume;
pub mod end;
pub mod list;
pub mod purge;
