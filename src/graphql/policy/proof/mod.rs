//! The proof: operations generated from the schema itself, run as everybody, and held against the matrix.
//!
//! For each coordinate, and each way into its parent (a field that returns the parent, or an interface or a union
//! that may turn out to be one), one road is walked from each kind of root that leads there: query, mutation, beneath
//! `@signsIn`, subscription. It is the shortest on which all that comes before is allowed for the viewer, so that the
//! coordinate itself is judged; where there is none, the refusal above is the proof, and is counted apart. Each road
//! is walked as anonymous and as each role, with the viewer's own ids and with somebody else's; roads beneath
//! `@signsIn` as each role signing in, asked for by a stranger and by somebody of another role.
//!
//! What is not walked: roads that differ further up than the way in, two fields side by side, fragments by name. How an
//! operation is written down is the engine's own affair, and its tests hold it.

mod shape;
mod stage;
mod road;
mod document;
mod report;
mod failure;
mod judge;
mod run;

pub use report::Report;
pub use run::prove;
pub use stage::{Scene, Stage};
