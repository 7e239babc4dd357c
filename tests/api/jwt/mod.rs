//! Access tokens that must not count, one for each way in which such things have counted elsewhere.

mod claims;
mod forge;
mod shape;
