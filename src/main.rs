//! The binary.

use std::process::ExitCode;

/// Answering GraphQL is many small allocations: a fifth less of the processor's time than with glibc's, and no more
/// memory after a million requests. Figures are in `docs/performance.md`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    rolegate::cli::main()
}
