//! The binary.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// The system's allocator is a tenth slower at what an answer is made of: many small values that live for an instant.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    rolegate::cli::main()
}
