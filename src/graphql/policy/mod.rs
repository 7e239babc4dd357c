//! The schema is the policy: who may call a field is a directive on that field, and all else is derived from it.
//!
//! async-graphql's own guards are not the boundary: read through an interface they do not run, a field's guard
//! replaces its type's, and flattened or entity resolvers ignore them. So [`install()`] reads the directives out of the
//! finished registry into a [`PolicyTable`], refuses a schema with a field that nobody ruled on, and judges
//! every field of every request from that table, whatever road leads to it.
//!
//! A field is ruled by its own directive, AND its parent type's, AND those of the type that it returns.

// A module of their own, because each directive is a unit struct with a lower-case name.
pub mod directives;
mod registry;
mod rule;
mod table;
mod matrix;
mod compile;
mod reach;
mod interface;
mod misplaced;
mod lint;
mod visibility;
mod description;
mod viewers;
mod ownership;
mod operation;
mod engine;
mod install;
pub mod proof;
mod federation;

pub use federation::federated_sdl;
pub use install::{install, install_with};
pub use lint::PolicyErrors;
pub use matrix::{Cell, Change, Format, Label, Matrix, MatrixRow, NoMatrix};
pub use ownership::{OwnedBy, owned_by};
pub use rule::{Named, Rule, Verdict};
pub use table::PolicyTable;
pub use viewers::{sign_in, viewer};
