//! The repository's files, and their tokens.

use std::fs;
use std::path::Path;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A file of the repository: its path from the root, and what it says.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl File {
    /// A file that is not there, for trying a rule.
    pub(crate) fn snippet(path: &str, text: &str) -> Self {
        Self { path: path.into(), text: text.into() }
    }

    /// Its tokens in order, brackets included; `::` is one token, and a doc comment none that a rule would look for.
    pub(crate) fn tokens(&self) -> Vec<Token> {
        let stream: TokenStream = self.text.parse().unwrap_or_else(|error| panic!("{}: {error}", self.path));
        let mut tokens = Vec::new();
        flatten(stream, &mut tokens);
        tokens
    }
}

/// One token and its line.
#[derive(Debug)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) line: usize,
}

fn flatten(stream: TokenStream, tokens: &mut Vec<Token>) {
    for tree in stream {
        let line = tree.span().start().line;
        let TokenTree::Group(group) = tree else {
            let text = tree.to_string();
            match tokens.last_mut() {
                Some(last) if text == ":" && last.text == ":" => last.text = "::".into(),
                _ => tokens.push(Token { text, line }),
            }
            continue;
        };
        let (open, close) = match group.delimiter() {
            Delimiter::Brace => ("{", "}"),
            Delimiter::Bracket => ("[", "]"),
            Delimiter::Parenthesis | Delimiter::None => ("(", ")"),
        };
        tokens.push(Token { text: open.into(), line });
        flatten(group.stream(), tokens);
        tokens.push(Token { text: close.into(), line: group.span_close().start().line });
    }
}

/// Every text file of the repository that git does not ignore.
pub(crate) fn repository() -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let ignored = fs::read_to_string(root.join(".gitignore")).expect(".gitignore is there");
    let ignored: Vec<_> = ignored.lines().map(|line| line.trim_matches('/')).chain([".git"]).collect();
    let mut files = Vec::new();
    walk(root, root, &ignored, &mut files);
    files
}

fn walk(root: &Path, folder: &Path, ignored: &[&str], files: &mut Vec<File>) {
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the entry can be read").path();
        let name = path.file_name().expect("an entry has a name").to_string_lossy();
        if ignored.iter().any(|it| it.strip_prefix('*').map_or(name == *it, |end| name.ends_with(end))) {
            continue;
        }
        if path.is_dir() {
            walk(root, &path, ignored, files);
        } else if let Ok(text) = fs::read_to_string(&path) {
            let path = path.strip_prefix(root).expect("the walk began at the root");
            files.push(File { path: path.to_string_lossy().replace('\\', "/"), text });
        }
    }
}
