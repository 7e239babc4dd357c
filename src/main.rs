//! The binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    rolegate::cli::main()
}
