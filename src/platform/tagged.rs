//! Credentials that say what they are: a tag, then bytes and their checksum in base64url.
//!
//! The tag lets secret scanners find one that was published, and keeps one kind from passing for another. The checksum
//! tells a typo, or a scanner's false alarm, without the database. It proves nothing: anybody can compute it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

const CHECKSUM: usize = 4;

/// `tag`, and behind it `payload` with its checksum.
pub fn encode(tag: &str, payload: &[u8]) -> String {
    let checked = Zeroizing::new([payload, &crc32(payload).to_be_bytes()].concat());
    let mut text = tag.to_owned();
    URL_SAFE_NO_PAD.encode_string(&*checked, &mut text);
    text
}

/// The `N` bytes behind `tag`; `None` for anything but the one canonical spelling with the right checksum.
pub fn decode<const N: usize>(tag: &str, text: &str) -> Option<Zeroizing<[u8; N]>> {
    let encoded = text.strip_prefix(tag)?;
    if encoded.len() != ((N + CHECKSUM) * 4).div_ceil(3) {
        return None;
    }
    let checked = Zeroizing::new(URL_SAFE_NO_PAD.decode(encoded).ok()?);
    let (payload, checksum) = checked.split_at_checked(N)?;
    let is_right = checksum == crc32(payload).to_be_bytes();
    is_right.then(|| payload.try_into().map(Zeroizing::new).ok()).flatten()
}

/// The CRC-32 of zlib and PNG (ISO 3309). Bit by bit: it is computed over some fifty bytes at a time.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            let carry = if crc & 1 == 1 { 0xEDB8_8320 } else { 0 };
            crc = (crc >> 1) ^ carry;
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_one_that_everybody_computes() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn what_was_encoded_is_read_back_and_nothing_else_is() {
        let payload: [u8; 48] = std::array::from_fn(|index| u8::try_from(index * 5).unwrap_or_default());
        let text = encode("tag_", &payload);
        assert_eq!(text.len(), 4 + 70);
        assert_eq!(decode::<48>("tag_", &text).as_deref(), Some(&payload));
        assert_eq!(decode::<48>("other_", &text), None);
        assert_eq!(decode::<47>("tag_", &text), None);
        for at in 0..text.len() {
            for other in ["A", "b", "7", "_", "-", "=", " "] {
                let mut typo = text.clone();
                typo.replace_range(at..=at, other);
                assert!(typo == text || decode::<48>("tag_", &typo).is_none(), "{typo}");
            }
        }
        for wrong in
            [String::new(), "tag_".into(), format!("{text}="), format!("{text}A"), format!(" {text}")]
        {
            assert_eq!(decode::<48>("tag_", &wrong), None, "{wrong}");
        }
    }
}
