//! `rolegate permissions diff OLD NEW`: every changed cell of the matrix, for a pull request to answer for.

use std::fs::File;
use std::io::{Read as _, Write as _, stdin, stdout};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::failure::Failure;
use crate::graphql::policy::{Change, Label, Matrix};

const AFTER_HELP: &str = "\
Exit codes:
  0  nothing is, or may be, wider than before, or --accept says that it may
  1  some cell is WIDENED, or some RULES changed in a way that the cells do not tell
  2  the command line is wrong, or a file is no matrix

A cell is `no`, `own` or `yes`, from the least to the most. RULES says that something else may count as `own` now,
that another user is judged beneath @signsIn, or that an API key will do where a session was asked for. NEW coordinates are listed and never fail: what was not
there before cannot have become wider.";

/// What to compare with what, and what to make of it.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Options {
    /// The matrix from before, as `rolegate permissions` printed it in any format; `-` for standard input
    old: PathBuf,
    /// The matrix from now; `-` for standard input
    new: PathBuf,
    /// End with 0 whatever was widened, and whichever rules changed
    #[arg(long)]
    accept: bool,
    /// Print JSON: an array with one object a changed cell
    #[arg(long)]
    json: bool,
}

/// Prints the changes, and fails where somebody may do more than before.
pub(super) fn diff(options: &Options) -> Result<(), Failure> {
    let is_stdin = |path: &PathBuf| path.as_os_str() == "-";
    if is_stdin(&options.old) && is_stdin(&options.new) {
        return Err(Failure::usage("Only one of the two can come from standard input."));
    }
    let changes = matrix(&options.old)?.changes(&matrix(&options.new)?);
    let printed = if options.json { as_json(&changes) } else { as_text(&changes) };
    let written = stdout().lock().write_all(printed.as_bytes());
    if options.accept {
        return Ok(written?);
    }
    // Told even where nobody reads the list: `| head` must not make a gate of CI pass.
    let count = |label| changes.iter().filter(|change| change.label == label).count();
    let told = match (count(Label::Widened), count(Label::Rules)) {
        (0, 0) => return Ok(written?),
        (0, 1) => "1 coordinate has other rules, and may be wider than before".to_owned(),
        (0, rules) => format!("{rules} coordinates have other rules, and may be wider than before"),
        (1, _) => "1 cell is wider than before".to_owned(),
        (widened, _) => format!("{widened} cells are wider than before"),
    };
    Err(Failure::new(format!("{told}. If that is meant, say so with --accept.")))
}

fn matrix(path: &Path) -> Result<Matrix, Failure> {
    let mut text = String::new();
    let read = if path.as_os_str() == "-" {
        stdin().lock().read_to_string(&mut text)
    } else {
        File::open(path).and_then(|mut file| file.read_to_string(&mut text))
    };
    let name = path.display();
    read.map_err(|error| Failure::usage(format!("{name} cannot be read: {error}.")))?;
    Matrix::read(&text).map_err(|problem| {
        Failure::usage(format!("{name} is not what `rolegate permissions` prints: {problem}."))
    })
}

fn as_json(changes: &[Change]) -> String {
    let line = |change| serde_json::to_string(change).expect("a change is made of texts");
    let lines: Vec<String> = changes.iter().map(line).collect();
    if lines.is_empty() { "[]\n".to_owned() } else { format!("[\n{}\n]\n", lines.join(",\n")) }
}

/// One line for each coordinate and label, with all cells to which it applies.
fn as_text(changes: &[Change]) -> String {
    let is_same_line =
        |one: &Change, other: &Change| (one.label, &one.coordinate) == (other.label, &other.coordinate);
    let lines = changes.chunk_by(is_same_line).map(|cells| {
        let cells_in_words: Vec<_> = cells.iter().map(in_words).collect();
        format!("{:<8} {}  {}\n", cells[0].label, cells[0].coordinate, cells_in_words.join(", "))
    });
    lines.collect()
}

fn in_words(change: &Change) -> String {
    let viewer = change.viewer.map(|viewer| format!("{viewer}: ")).unwrap_or_default();
    match (&change.old, &change.new) {
        (Some(old), Some(new)) => format!("{viewer}{old} -> {new}"),
        (one, other) => viewer + one.as_ref().or(other.as_ref()).map_or("", String::as_str),
    }
}
