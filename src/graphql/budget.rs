//! How much one document may ask for, judged before anything walks it.
//!
//! The library's own limits expand fragments themselves: a 772-byte document whose fragments spread each other twice
//! costs them seconds. Here the text is scanned once, and of the parsed document each fragment is weighed once.

use std::collections::HashMap;

use async_graphql::parser::types::{Directive, ExecutableDocument, Selection, SelectionSet};
use async_graphql::{Name, Positioned};

use crate::config::GraphqlConfig;
use crate::error::Error;

/// How deep brackets of any kind may nest. The parser recurses once for each, so more would reach for the end of the
/// stack; a document that keeps to `max_depth` does with half of it.
const MAX_BRACKETS: usize = 64;

/// Tokens for each field that a document may ask for: its name, an alias, arguments, braces.
const TOKENS_PER_FIELD: usize = 10;

/// Fields that may stand at the root of one operation. The library runs a repeated field once for each time
/// that it is written, so the limit on aliases alone would let one request try hundreds of passwords.
const MAX_ROOT_FIELDS: usize = 50;

/// How often `fields`, `interfaces`, `possibleTypes` and `inputFields` may nest beneath `__schema` or `__type`. Each
/// multiplies the answer by the size of the schema; the standard introspection query nests none of them.
const MAX_INTROSPECTION_LISTS: usize = 2;

/// Refuses a text that would cost the parser too much. Linear, and without recursion.
///
/// # Errors
/// [`Error::DocumentTooComplex`], and [`Error::BadRequest`] for a string that is not closed: past one the parser and
/// this scan could disagree about what is text and what is a bracket.
pub fn scan(text: &str, limits: &GraphqlConfig) -> Result<(), Error> {
    let bytes = text.as_bytes();
    let max_tokens = limits.max_complexity.saturating_mul(TOKENS_PER_FIELD);
    let (mut at, mut depth, mut tokens) = (0, 0_usize, 0_usize);
    while let Some(&byte) = bytes.get(at) {
        at = match byte {
            b' ' | b'\t' | b'\n' | b'\r' | b',' => at + 1,
            b'#' => end_of_line(bytes, at),
            _ => {
                tokens += 1;
                match byte {
                    b'"' => end_of_string(bytes, at)?,
                    b'{' | b'[' | b'(' => {
                        depth += 1;
                        at + 1
                    }
                    b'}' | b']' | b')' => {
                        depth = depth.saturating_sub(1);
                        at + 1
                    }
                    _ => end_of_word(bytes, at),
                }
            }
        };
        if depth > MAX_BRACKETS {
            return Err(too_complex("nested brackets", MAX_BRACKETS));
        }
        if tokens > max_tokens {
            return Err(too_complex("tokens", max_tokens));
        }
    }
    Ok(())
}

fn end_of_line(bytes: &[u8], start: usize) -> usize {
    let rest = bytes[start..].iter().position(|byte| matches!(byte, b'\n' | b'\r'));
    rest.map_or(bytes.len(), |length| start + length)
}

fn end_of_word(bytes: &[u8], start: usize) -> usize {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let length = bytes[start..].iter().position(|byte| !is_word(byte));
    length.map_or(bytes.len(), |length| start + length.max(1))
}

/// Where the string that begins at `start` is over: GraphQL's two kinds (spec 2.9.4).
fn end_of_string(bytes: &[u8], start: usize) -> Result<usize, Error> {
    const BLOCK: &[u8] = b"\"\"\"";
    let is_block = bytes[start..].starts_with(BLOCK);
    let mut at = start + if is_block { BLOCK.len() } else { 1 };
    while let Some(&byte) = bytes.get(at) {
        let rest = &bytes[at..];
        match byte {
            b'"' if !is_block => return Ok(at + 1),
            b'"' if rest.starts_with(BLOCK) => return Ok(at + BLOCK.len()),
            b'\\' if !is_block => at += 2,
            b'\\' if rest[1..].starts_with(BLOCK) => at += 1 + BLOCK.len(),
            b'\n' | b'\r' if !is_block => break,
            _ => at += 1,
        }
    }
    Err(Error::bad_request("The document has a string that is not closed."))
}

/// Refuses a document that asks for too much, whichever of its operations is to run: validation walks them all.
///
/// # Errors
/// [`Error::DocumentTooComplex`], and [`Error::BadRequest`] for fragments that spread themselves (spec 5.5.2.2).
pub fn weigh(document: &ExecutableDocument, limits: &GraphqlConfig) -> Result<(), Error> {
    let mut scale = Scale { document, limits, fragments: HashMap::new() };
    let mut total = Weight::default();
    for (_, operation) in document.operations.iter() {
        scale.judge_directives(&operation.node.directives)?;
        for variable in &operation.node.variable_definitions {
            scale.judge_directives(&variable.node.directives)?;
        }
        let weight = scale.weigh_set(&operation.node.selection_set.node, 1)?;
        scale.judge(&weight)?;
        total = total.beside(Weight { width: 0, ..weight });
        scale.judge(&total)?;
    }
    // A fragment that nobody spreads is refused later, but only after it has been walked.
    for name in document.fragments.keys() {
        if !scale.fragments.contains_key(name.as_str()) {
            let weight = scale.weigh_fragment(name, 1)?;
            total = total.beside(Weight { width: 0, ..weight });
            scale.judge(&total)?;
        }
    }
    Ok(())
}

fn too_complex(what: &str, limit: usize) -> Error {
    Error::DocumentTooComplex { limit: format!("at most {limit} {what}") }
}

/// What a selection set stands for once every fragment is written out.
#[derive(Clone, Copy, Default)]
struct Weight {
    /// Fields, `__typename` and introspection included, and spreads and inline fragments too: each is a step to walk.
    selections: usize,
    aliases: usize,
    /// Fields of this level alone.
    width: usize,
    /// Fields beneath each other.
    depth: usize,
    /// Selection sets beneath each other, whatever opened them.
    levels: usize,
    /// Lists of the introspection schema beneath each other.
    lists: usize,
}

impl Weight {
    fn beside(self, other: Self) -> Self {
        Self {
            selections: self.selections.saturating_add(other.selections),
            aliases: self.aliases.saturating_add(other.aliases),
            width: self.width.saturating_add(other.width),
            depth: self.depth.max(other.depth),
            levels: self.levels.max(other.levels),
            lists: self.lists.max(other.lists),
        }
    }
}

struct Scale<'d> {
    document: &'d ExecutableDocument,
    limits: &'d GraphqlConfig,
    /// `None` while a fragment is on the scale: meeting it again then is a cycle.
    fragments: HashMap<&'d str, Option<Weight>>,
}

impl<'d> Scale<'d> {
    fn judge(&self, total: &Weight) -> Result<(), Error> {
        let limits = [
            (total.depth, self.limits.max_depth, "levels of fields"),
            (total.levels, self.max_levels(), "levels of selections"),
            (total.aliases, self.limits.max_aliases, "aliases"),
            (total.width, MAX_ROOT_FIELDS, "fields at the root"),
            (total.selections, self.limits.max_complexity, "selections"),
        ];
        match limits.into_iter().find(|(found, limit, _)| found > limit) {
            Some((_, limit, what)) => Err(too_complex(what, limit)),
            None => Ok(()),
        }
    }

    fn judge_directives(&self, directives: &[Positioned<Directive>]) -> Result<(), Error> {
        if directives.len() > self.limits.max_directives {
            return Err(too_complex("directives in one place", self.limits.max_directives));
        }
        Ok(())
    }

    /// Fragments may nest besides fields; the standard introspection query has three such levels.
    const fn max_levels(&self) -> usize {
        self.limits.max_depth.saturating_mul(2)
    }

    /// `level` bounds the recursion: a chain of fragments is as deep as it is long.
    fn weigh_set(&mut self, set: &'d SelectionSet, level: usize) -> Result<Weight, Error> {
        if level > self.max_levels() {
            return Err(too_complex("levels of selections", self.max_levels()));
        }
        let mut sum = Weight::default();
        for selection in &set.items {
            sum = sum.beside(self.weigh_selection(&selection.node, level)?);
        }
        sum.levels += 1;
        Ok(sum)
    }

    fn weigh_selection(&mut self, selection: &'d Selection, level: usize) -> Result<Weight, Error> {
        self.judge_directives(selection.directives())?;
        let mut weight = match selection {
            Selection::Field(field) => {
                let field = &field.node;
                let mut beneath = Weight::default();
                if !field.selection_set.node.items.is_empty() {
                    beneath = self.weigh_set(&field.selection_set.node, level + 1)?;
                }
                beneath.width = 1;
                beneath.depth += 1;
                beneath.aliases = beneath.aliases.saturating_add(usize::from(field.alias.is_some()));
                match field.name.node.as_str() {
                    "fields" | "interfaces" | "possibleTypes" | "inputFields" => beneath.lists += 1,
                    "__schema" | "__type" if beneath.lists > MAX_INTROSPECTION_LISTS => {
                        return Err(too_complex("nested lists of the schema", MAX_INTROSPECTION_LISTS));
                    }
                    _ => {}
                }
                beneath
            }
            Selection::InlineFragment(fragment) => {
                self.weigh_set(&fragment.node.selection_set.node, level + 1)?
            }
            Selection::FragmentSpread(spread) => {
                self.weigh_fragment(&spread.node.fragment_name.node, level + 1)?
            }
        };
        weight.selections = weight.selections.saturating_add(1);
        Ok(weight)
    }

    fn weigh_fragment(&mut self, name: &Name, level: usize) -> Result<Weight, Error> {
        match self.fragments.get(name.as_str()) {
            Some(Some(weight)) => return Ok(*weight),
            Some(None) => return Err(Error::bad_request("A fragment spreads itself.")),
            None => {}
        }
        // Validation says that there is no such fragment.
        let Some((name, fragment)) = self.document.fragments.get_key_value(name) else {
            return Ok(Weight::default());
        };
        self.judge_directives(&fragment.node.directives)?;
        self.fragments.insert(name, None);
        let weight = self.weigh_set(&fragment.node.selection_set.node, level)?;
        self.fragments.insert(name, Some(weight));
        Ok(weight)
    }
}
