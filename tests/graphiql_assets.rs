//! The vendored files of GraphiQL are the bytes that `assets/graphiql/SHA256SUMS` names, and name no other origin.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};

/// The files that are written here, and so have no checksum.
const OUR_OWN: [&str; 5] = [".gitattributes", "SHA256SUMS", "boot.css", "boot.js", "index.html"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/graphiql")
}

fn read(name: &str) -> Vec<u8> {
    fs::read(folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn text(name: &str) -> String {
    String::from_utf8(read(name)).expect("our own files are UTF-8")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn vendored_files_have_their_recorded_checksums() {
    for line in text("SHA256SUMS").lines() {
        let (recorded, name) = line.split_once("  ").expect("a line is a digest, two spaces and a name");
        assert_eq!(hex(digest(&SHA256, &read(name)).as_ref()), recorded, "{name} is not what was vendored");
    }
}

#[test]
fn no_file_is_without_a_checksum() {
    let present: BTreeSet<String> = fs::read_dir(folder())
        .expect("the folder is there")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a UTF-8 name"))
        .collect();
    let sums = text("SHA256SUMS");
    let known: BTreeSet<String> =
        sums.lines().filter_map(|line| line.split("  ").nth(1)).chain(OUR_OWN).map(str::to_owned).collect();
    assert_eq!(present, known);
}

#[test]
fn our_own_files_name_no_other_origin() {
    for name in ["index.html", "boot.js", "boot.css"] {
        // The name of the SVG namespace is an address that nobody fetches.
        let text = text(name).replace("http://www.w3.org/2000/svg", "");
        for scheme in ["http:", "https:", "ws:", "wss:", "\"//", "'//", "url("] {
            assert!(!text.contains(scheme), "{name} contains {scheme}");
        }
    }
}
