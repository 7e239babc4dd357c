//! What a schema's policy must not contain, each with its mend. A schema that does is not built.

use std::fmt;

use async_graphql::registry::{MetaField, MetaType, Registry};

use super::compile::{ours, own_rules};
use super::reach::Reach;
use super::rule::Rule;
use super::table::{PolicyTable, Row};
use super::{interface, misplaced};

/// Everything that is wrong with a schema's policy. Prints one problem a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyErrors(Vec<String>);

impl PolicyErrors {
    pub(super) fn new(mut problems: Vec<String>) -> Self {
        problems.sort();
        Self(problems)
    }

    /// The problems, each a coordinate, what is wrong there, and the mend.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl fmt::Display for PolicyErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl std::error::Error for PolicyErrors {}

/// Fields that hand out a credential because that is what they are for.
const ONE_TIME_CREDENTIALS: [&str; 4] = [
    "CreatedApiKey.secret",
    "SignedIn.accessToken",
    "SignedIn.accessTokenExpiresAt",
    "SignedIn.refreshToken",
];

/// Words in a field's name that say that its value is a secret.
const SECRET_WORDS: [&str; 8] =
    ["password", "passphrase", "hash", "digest", "salt", "secret", "token", "credential"];

/// Words before `key` that say the same.
const KEEPERS: [&str; 2] = ["api", "private"];

pub(super) fn check(registry: &Registry, table: &PolicyTable, problems: &mut Vec<String>) {
    for ty in ours(registry) {
        match ty {
            MetaType::Object { name, fields, .. } => {
                for field in fields.values() {
                    let Some(row) = table.row(name, &field.name) else { continue };
                    problems.extend(public_beside_another(row, field));
                    problems.extend(dangling_argument(row, field, registry));
                    problems.extend(nobodys(row, name, field, table));
                    problems.extend(misplaced_sign_in(row, name, table));
                    problems.extend(named_like_a_secret(row, field, registry));
                }
            }
            MetaType::Interface { .. } => interface::check(ty, registry, table, problems),
            _ => {}
        }
        misplaced::check(ty, problems);
    }
    problems.extend(stricter_than_every_way(registry, table));
}

fn public_beside_another(row: &Row, field: &MetaField) -> Option<String> {
    let own = own_rules(&field.directive_invocations).ok()?;
    let other = own.iter().chain(&row.rules).find(|rule| **rule != Rule::Public)?;
    own.contains(&Rule::Public).then(|| {
        format!(
            "{}: @public, and yet {other} holds here too, by the field, its type or the type that it returns. \
             Keep the one that you mean.",
            row.coordinate
        )
    })
}

fn dangling_argument(row: &Row, field: &MetaField, registry: &Registry) -> Option<String> {
    let own = own_rules(&field.directive_invocations).ok()?;
    own.iter().find_map(|rule| {
        let Rule::Owner { arg: Some(arg), .. } = rule else { return None };
        let wrong = match field.args.get(arg) {
            None => "names an argument that the field does not have",
            // Only a scalar of its own is compared with the viewer's id: in a list or an input nobody would be named.
            Some(arg) if !is_one_scalar(&arg.ty, registry) => "names an argument that is no id",
            Some(_) => return None,
        };
        Some(format!("{}: {rule} {wrong}. Name the one that holds the owner's id.", row.coordinate))
    })
}

fn is_one_scalar(ty: &str, registry: &Registry) -> bool {
    matches!(registry.types.get(ty.trim_end_matches('!')), Some(MetaType::Scalar { .. }))
}

/// A root has no owner. Nor would it be safe to ask a guard there: of one that is missing we learn when the resolver
/// has run, which is soon enough to hold back what it read, and too late for what it changed.
fn nobodys(row: &Row, parent: &str, field: &MetaField, table: &PolicyTable) -> Option<String> {
    let roots = [Some(&table.query), table.mutation.as_ref(), table.subscription.as_ref()];
    let is_root = roots.into_iter().flatten().any(|root| root == parent);
    let own = own_rules(&field.directive_invocations).ok()?;
    (is_root && own.iter().any(Rule::is_about_the_object)).then(|| {
        format!(
            "{}: @owner without `arg`, where there is no object that could be anybody's. Name the argument that holds \
             the owner's id, or put @owner on the fields of {}.",
            row.coordinate, row.returns
        )
    })
}

fn misplaced_sign_in(row: &Row, parent: &str, table: &PolicyTable) -> Option<String> {
    (row.signs_in && table.mutation.as_deref() != Some(parent)).then(|| {
        format!(
            "{}: @signsIn, but this is no mutation. Only a field of the mutation type can sign in.",
            row.coordinate
        )
    })
}

fn named_like_a_secret(row: &Row, field: &MetaField, registry: &Registry) -> Option<String> {
    let is_text =
        matches!(registry.types.get(&row.returns), Some(MetaType::Scalar { .. })) && row.returns != "Boolean";
    let word = secret_word(&field.name)?;
    (is_text && !ONE_TIME_CREDENTIALS.contains(&row.coordinate.as_str())).then(|| {
        format!(
            "{}: a field named `{word}` would show a secret. Take it out of the schema, or name what it really is.",
            row.coordinate
        )
    })
}

/// The word of a field's name that says that its value is a secret: also where there are several of it, and a key that is
/// somebody's to keep.
fn secret_word(name: &str) -> Option<String> {
    let words: Vec<String> = words(name).collect();
    let is_secret = |word: &str| SECRET_WORDS.contains(&word);
    let one = words.iter().find(|word| singulars(word).any(is_secret)).cloned();
    one.or_else(|| {
        let pairs = words.windows(2).filter(|pair| KEEPERS.contains(&pair[0].as_str()));
        pairs.map(|pair| &pair[1]).find(|word| singulars(word).any(|word| word == "key")).cloned()
    })
}

/// The word, and what it may be several of: `tokens` of `token`, `hashes` of `hash`.
fn singulars(word: &str) -> impl Iterator<Item = &str> {
    [Some(word), word.strip_suffix('s'), word.strip_suffix("es")].into_iter().flatten()
}

/// `accessTokenExpiresAt` is made of `access`, `token`, `expires`, `at`.
fn words(name: &str) -> impl Iterator<Item = String> {
    let mut words = vec![String::new()];
    for letter in name.chars() {
        if letter == '_' || letter.is_uppercase() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| letter != '_') {
            word.extend(letter.to_lowercase());
        }
    }
    words.into_iter()
}

/// Non-null fields whose refusal is sure to strike the parent of somebody who rightly got there.
///
/// Types that are reached only beneath a `@signsIn` field are excepted: there, the way in is what makes a viewer.
fn stricter_than_every_way(registry: &Registry, table: &PolicyTable) -> Vec<String> {
    let reach = Reach::new(registry, table);
    let open = reach.without_signing_in();
    let ways = |parent: &str| -> Vec<&Row> {
        let roads = table.types.iter().filter(|(name, _)| open.contains(name.as_str()));
        let roads = roads.flat_map(|(_, rows)| rows.values()).filter(|row| !row.signs_in);
        roads.filter(|row| reach.kinds(&row.returns).contains(&parent)).collect()
    };
    let mut problems = Vec::new();
    for (parent, rows) in table.types.iter().filter(|(name, _)| open.contains(name.as_str())) {
        // An event is judged before its stream begins: there is no parent to strike.
        if table.subscription.as_ref() == Some(parent) {
            continue;
        }
        let ways = ways(parent);
        let is_root = ways.is_empty();
        for row in rows.values().filter(|row| !row.nullable) {
            let met_by = |way: &[Rule]| row.rules.iter().all(|rule| way.iter().any(|has| has.implies(rule)));
            let met =
                if is_root { met_by(&[Rule::Public]) } else { ways.iter().any(|way| met_by(&way.rules)) };
            if !met {
                problems.push(format!(
                    "{}: stricter than every way to {parent}, and non-null, so a refusal would take the whole {parent} with \
                     it. Make it nullable, or rule the type {parent} as strictly.",
                    row.coordinate
                ));
            }
        }
    }
    problems
}
