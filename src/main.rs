//! The binary.

use std::process::ExitCode;

/// Answering GraphQL is many small allocations; `docs/performance.md` says what it gives.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    rolegate::cli::main()
}
