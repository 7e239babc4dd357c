//! State, no rules.
