//! The matrix as JSON: one row a line, so that a comparison of lines is one of rows.

use super::{MatrixRow, NoMatrix};

pub(super) fn write(rows: &[MatrixRow]) -> String {
    let line = |row| serde_json::to_string(row).expect("a row is made of texts, booleans and cells");
    format!("[\n{}\n]\n", rows.iter().map(line).collect::<Vec<_>>().join(",\n"))
}

/// The rows, each with the number of its line as [`write()`] places it.
pub(super) fn read(text: &str) -> Result<Vec<(usize, MatrixRow)>, NoMatrix> {
    let rows: Vec<MatrixRow> = serde_json::from_str(text)
        .map_err(|error| NoMatrix::at(error.line(), "this is no array of the matrix's rows"))?;
    Ok(rows.into_iter().enumerate().map(|(index, row)| (index + 2, row)).collect())
}
