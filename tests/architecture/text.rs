//! Rules of plain text: length, the module's doc, and no path of whoever built this.

use crate::source::File;

const MOST_LINES: usize = 300;

/// Rust files with more than [`MOST_LINES`] lines.
pub(crate) fn too_long(file: &File) -> Vec<String> {
    let lines = file.text.lines().count();
    if !file.path.ends_with(".rs") || lines <= MOST_LINES {
        return Vec::new();
    }
    vec![format!(
        "{}:{}: {lines} lines, {MOST_LINES} are the most: find the second noun or verb in it and give it a file",
        file.path,
        MOST_LINES + 1
    )]
}

/// Rust files that do not begin by saying what they are.
pub(crate) fn without_module_doc(file: &File) -> Vec<String> {
    if !file.path.ends_with(".rs") || file.text.starts_with("//! ") {
        return Vec::new();
    }
    vec![format!("{}:1: no module doc: begin the file with a `//!` sentence that says what it is", file.path)]
}

/// The folders that hold this checkout and its user's own things.
pub(crate) fn own_folders() -> Vec<String> {
    let home = std::env::home_dir().map(|home| home.to_string_lossy().into_owned());
    home.into_iter()
        .chain([env!("CARGO_MANIFEST_DIR").to_owned()])
        // A checkout in `/app` says nothing about a machine, and a Dockerfile may well say `/app`.
        .filter(|folder| folder == "/root" || folder.matches('/').count() > 1)
        .collect()
}

/// Paths that are true on one machine only: beneath one of `folders`, or in anybody's home.
pub(crate) fn machine_paths(file: &File, folders: &[String]) -> Vec<String> {
    let homes = ["/home/", "/Users/", "\\Users\\"].map(str::to_owned);
    let beneath = folders.iter().map(|folder| format!("{folder}/"));
    let needles: Vec<_> = homes.into_iter().chain(beneath).collect();
    let mut findings = Vec::new();
    for (at, line) in file.text.lines().enumerate() {
        let own =
            needles.iter().find(|needle| line.match_indices(*needle).any(|(start, _)| begins(line, start)));
        if let Some(needle) = own.filter(|_| file.path != "tests/architecture/text.rs") {
            let (path, line) = (&file.path, at + 1);
            findings.push(format!(
                "{path}:{line}: `{needle}` is a path of one machine: write it relative to the repository"
            ));
        }
    }
    findings
}

/// True when a path may begin at `start`: `docs/home/` and `https://x.example/root/` name no machine.
fn begins(line: &str, start: usize) -> bool {
    !line[..start].ends_with(|before: char| before.is_alphanumeric() || "_-.}".contains(before))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_over_the_limit_is_found() {
        let long = "\n".repeat(MOST_LINES + 1);
        let found = too_long(&File::snippet("src/a.rs", &long));
        assert!(found[0].starts_with("src/a.rs:301: 301 lines"), "{found:?}");
        assert!(too_long(&File::snippet("src/a.rs", &long[1..])).is_empty());
    }

    #[test]
    fn a_file_that_does_not_say_what_it_is_is_found() {
        let found = without_module_doc(&File::snippet("src/a.rs", "use std::fmt;\n//! Too late.\n"));
        assert!(found[0].starts_with("src/a.rs:1: no module doc"), "{found:?}");
        assert!(without_module_doc(&File::snippet("src/a.rs", "//! A.\n")).is_empty());
    }

    #[test]
    fn a_path_of_one_machine_is_found() {
        let folders = ["/srv/checkouts/rolegate".to_owned()];
        for line in
            ["cd /srv/checkouts/rolegate/src", "DIR=\"/home/ada/x\"", "/Users/ada/x", "C:\\Users\\ada"]
        {
            let found = machine_paths(&File::snippet("README.md", &format!("# Title\n{line}\n")), &folders);
            assert!(found.len() == 1 && found[0].starts_with("README.md:2: "), "{line}: {found:?}");
        }
        for line in ["docs/home/page.md", "https://example.org/home/", "/srv/checkouts/rolegates"] {
            assert_eq!(
                machine_paths(&File::snippet("README.md", line), &folders),
                Vec::<String>::new(),
                "{line}"
            );
        }
    }

    #[test]
    fn this_checkout_is_one_of_the_folders_that_are_looked_for() {
        let own = env!("CARGO_MANIFEST_DIR");
        assert!(own_folders().iter().any(|folder| folder == own) || own.matches('/').count() < 2);
    }
}
