//! What may be logged at all.

use tracing::Metadata;
use tracing::level_filters::LevelFilter;

/// Whatever the filter says, statements of the database are not logged, nor what libraries trace about the bytes that
/// they carry: SQL and headers may hold what must not be in a log. The suite listens by the same rule.
pub fn may_be_logged(event: &Metadata<'_>) -> bool {
    match event.target().split("::").next().unwrap_or_default() {
        "rolegate" => true,
        library if library.starts_with("sqlx") || library.starts_with("sea_orm") => false,
        _ => *event.level() <= LevelFilter::INFO,
    }
}
