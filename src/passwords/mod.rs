//! Passwords: what they must be, how they are kept, and what one can do with them.

pub mod password;
pub mod credential;
pub mod hash;
pub mod strength;
pub mod details;
pub mod sign_up;
pub mod log_in;
pub mod create_user;
pub mod set_password;
