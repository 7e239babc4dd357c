//! The people: who they are and whether they may sign in. What proves it is elsewhere.

pub mod user;
pub mod folding;
pub mod email_address;
pub mod username;
pub mod display_name;
pub mod find;
pub mod recall;
pub mod list;
pub mod set_role;
pub mod suspend;
pub mod reactivate;
