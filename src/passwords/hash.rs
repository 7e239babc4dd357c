//! Hashing and verifying with Argon2id (RFC 9106), on the hash threads.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::app::App;
use crate::config::PasswordConfig;
use crate::error::Error;
use crate::passwords::credential::KeptHash;
use crate::passwords::password::Password;
use crate::platform::secret;

const SALT_LENGTH: usize = 16;
const TAG_LENGTH: usize = 32;

/// A kept hash chooses its own memory and passes. These are the most that it gets: an imported row must not be able
/// to take the server's memory, or its threads for minutes.
const MOST_MEMORY_KIB: u32 = 1 << 20;
const MOST_ITERATIONS: u32 = 64;
const MOST_PARALLELISM: u32 = 16;

/// What comparing a password with a kept hash says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// It is the password.
    pub matches: bool,
    /// It is, and its hash was made with other parameters than those in force: make it anew.
    pub outdated: bool,
}

/// Hashes a password with the parameters in force, as a PHC string.
///
/// # Errors
/// [`Error::Overloaded`] when too many wait already.
pub async fn hash(app: &App, password: &Password) -> Result<KeptHash, Error> {
    let (password, params) = (password.clone(), params(&app.config.password)?);
    let salt = secret::random_bytes::<SALT_LENGTH>()?;
    app.hash_threads
        .run(move |memory| {
            let tag = tag(&params, password.as_bytes(), &*salt, memory)?;
            let (m, t, p) = (params.m_cost(), params.t_cost(), params.p_cost());
            let encode = |bytes: &[u8]| STANDARD_NO_PAD.encode(bytes);
            Ok(KeptHash(format!("$argon2id$v=19$m={m},t={t},p={p}${}${}", encode(&*salt), encode(&tag))))
        })
        .await?
}

/// Compares a password with a kept hash. Without one it works as long and says no, so that how long an answer takes
/// does not tell which users exist.
///
/// # Errors
/// [`Error::Overloaded`] when too many wait already; [`Error::Internal`] when `kept` is no hash that we verify.
pub async fn verify(app: &App, password: &Password, kept: Option<KeptHash>) -> Result<Verified, Error> {
    let (password, in_force) = (password.clone(), params(&app.config.password)?);
    app.hash_threads
        .run(move |memory| {
            let Some(kept) = kept else {
                tag(&in_force, password.as_bytes(), &[0; SALT_LENGTH], memory)?;
                return Ok(Verified { matches: false, outdated: false });
            };
            let kept = Kept::parse(&kept.0)?;
            let tag = tag(&kept.params, password.as_bytes(), &kept.salt, memory)?;
            let matches = verify_slices_are_equal(&tag, &kept.tag).is_ok();
            let cost = |params: &Params| (params.m_cost(), params.t_cost(), params.p_cost());
            Ok(Verified { matches, outdated: matches && cost(&kept.params) != cost(&in_force) })
        })
        .await?
}

fn params(config: &PasswordConfig) -> Result<Params, Error> {
    Params::new(config.memory_kib, config.iterations, config.parallelism, Some(TAG_LENGTH))
        .map_err(|error| Error::internal(format!("Argon2 refuses its parameters: {error}")))
}

fn tag(
    params: &Params,
    password: &[u8],
    salt: &[u8],
    memory: &mut Vec<Block>,
) -> Result<[u8; TAG_LENGTH], Error> {
    let refused = |error| Error::internal(format!("Argon2 failed: {error}"));
    let blocks = params.block_count();
    if memory.len() < blocks {
        memory.resize(blocks, Block::default());
    }
    let mut tag = [0; TAG_LENGTH];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone())
        .hash_password_into_with_memory(password, salt, &mut tag, &mut memory[..blocks])
        .map_err(refused)?;
    Ok(tag)
}

/// A kept hash, read and found bearable.
struct Kept {
    params: Params,
    salt: Vec<u8>,
    tag: Vec<u8>,
}

impl Kept {
    fn parse(text: &str) -> Result<Self, Error> {
        let unreadable = || Error::internal("a kept password hash is not an Argon2id hash within the limits");
        let parsed = PasswordHash::new(text).map_err(|_| unreadable())?;
        let params = Params::try_from(&parsed).map_err(|_| unreadable())?;
        let bearable = params.m_cost() <= MOST_MEMORY_KIB
            && params.t_cost() <= MOST_ITERATIONS
            && params.p_cost() <= MOST_PARALLELISM;
        let ours = parsed.algorithm.as_str() == "argon2id" && parsed.version == Some(19) && bearable;
        match (&parsed.salt, &parsed.hash) {
            (Some(salt), Some(tag)) if ours && tag.len() == TAG_LENGTH => {
                Ok(Self { params, salt: salt.as_ref().to_vec(), tag: tag.as_bytes().to_vec() })
            }
            _ => Err(unreadable()),
        }
    }
}
