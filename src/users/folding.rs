//! One spelling for texts that people take for the same.

use unicode_normalization::UnicodeNormalization as _;

/// `text` in lower case and in Unicode's composed form: how addresses and names are compared, sorted and searched. What
/// is kept and what it is searched by have to be folded alike, or a letter with an accent is not found.
pub fn folded(text: &str) -> String {
    text.to_lowercase().nfc().collect()
}
