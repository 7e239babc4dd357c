//! `password.*`: what a password must be, and how it is hashed.

use serde::{Deserialize, Serialize};

/// What a password must be, and how it is hashed.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct PasswordConfig {
    /// In code points after NFKC; never below 8 (NIST SP 800-63B-4 asks for 15 where the password is all there is).
    pub min_length: usize,
    /// In code points after NFKC; never below 64. Bounds the work of the hasher.
    pub max_length: usize,
    /// Argon2id's memory in KiB. The floor is OWASP's: 19456 with 2 iterations, or a pair that counts as equal.
    pub memory_kib: u32,
    /// Argon2id's passes. The floor depends on `memory_kib`.
    pub iterations: u32,
    /// Argon2id's lanes.
    pub parallelism: u32,
    /// Threads that hash, each with its own block of memory; 0: as many as cores.
    pub hash_threads: usize,
    /// Hashes that may wait for a thread. One more is refused with `OVERLOADED`.
    pub hash_queue: usize,
}

impl Default for PasswordConfig {
    fn default() -> Self {
        Self {
            min_length: 8,
            max_length: 256,
            memory_kib: 19_456,
            iterations: 2,
            parallelism: 1,
            hash_threads: 0,
            hash_queue: 256,
        }
    }
}

/// The least memory (KiB) and passes that count as safe; OWASP's Password Storage Cheat Sheet holds all five equal.
pub(super) const ARGON2_FLOORS: [(u32, u32); 5] =
    [(47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5)];
