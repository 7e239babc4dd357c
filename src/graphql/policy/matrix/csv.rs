//! The matrix as comma-separated values (RFC 4180).

use super::{Cell, MatrixRow, NoMatrix, rules};

pub(super) const HEADER: &str = "coordinate,rules,signsIn,anonymous,client,manager,admin";

pub(super) fn write(rows: &[MatrixRow]) -> String {
    let mut text = format!("{HEADER}\r\n");
    for row in rows {
        let rules = row.rules.join(" ");
        let signs_in = row.signs_in.to_string();
        let cells = row.cells().map(|(_, cell)| cell.to_string());
        let fields = [row.coordinate.as_str(), &rules, &signs_in].into_iter();
        let fields: Vec<_> = fields.chain(cells.iter().map(String::as_str)).map(quoted).collect();
        text.push_str(&fields.join(","));
        text.push_str("\r\n");
    }
    text
}

/// A field in quotes where it needs them (RFC 4180 2.6 and 2.7).
fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}

/// The rows with the numbers of their lines. Line breaks of either kind, because version control changes them; none
/// within a field, because no field of ours has one.
pub(super) fn read(text: &str) -> Result<Vec<(usize, MatrixRow)>, NoMatrix> {
    let mut lines = text.lines().enumerate().map(|(index, line)| (index + 1, line));
    if lines.next().is_none_or(|(_, header)| header != HEADER) {
        return Err(NoMatrix::at(1, "this is not the header"));
    }
    lines
        .map(|(number, line)| {
            let row = fields(line).and_then(row).ok_or(NoMatrix::at(number, "this is no row"))?;
            Ok((number, row))
        })
        .collect()
}

/// The fields of one line, or none where a quote stands in the wrong place.
fn fields(line: &str) -> Option<Vec<String>> {
    let mut fields = Vec::new();
    let mut rest = line;
    loop {
        let (field, after) = match rest.strip_prefix('"') {
            Some(inner) => quoted_field(inner)?,
            None => {
                let (field, after) = rest.split_at(rest.find(',').unwrap_or(rest.len()));
                (field.to_owned(), after)
            }
        };
        if !rest.starts_with('"') && field.contains('"') {
            return None;
        }
        fields.push(field);
        match after.strip_prefix(',') {
            Some(more) => rest = more,
            None => return after.is_empty().then_some(fields),
        }
    }
}

/// A field whose opening quote is taken off already, and what comes after its closing one.
fn quoted_field(inner: &str) -> Option<(String, &str)> {
    let mut field = String::new();
    let mut rest = inner;
    loop {
        let (part, after) = rest.split_once('"')?;
        field.push_str(part);
        match after.strip_prefix('"') {
            Some(more) => {
                field.push('"');
                rest = more;
            }
            None => return Some((field, after)),
        }
    }
}

fn row(fields: Vec<String>) -> Option<MatrixRow> {
    let [coordinate, joined, signs_in, anonymous, client, manager, admin] = fields.try_into().ok()?;
    Some(MatrixRow {
        coordinate,
        rules: rules(&joined),
        signs_in: signs_in.parse().ok()?,
        anonymous: Cell::parse(&anonymous)?,
        client: Cell::parse(&client)?,
        manager: Cell::parse(&manager)?,
        admin: Cell::parse(&admin)?,
    })
}
