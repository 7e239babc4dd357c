//! What is merged or flattened into another type loses the rules of its own: only its fields are taken along. The
//! registry does not know it ever had any; the source does.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_graphql::{EmptyMutation, EmptySubscription, MergedObject, Object, Schema};
use rolegate::access::viewer::Viewer;
use rolegate::graphql::access::Role;
use rolegate::graphql::policy::directives::{has_role, public};
use rolegate::graphql::policy::{Named, PolicyTable, Verdict, install};
use syn::visit::Visit;
use syn::{Attribute, ImplItemFn, ItemImpl, ItemStruct, Type};

struct Figures;

#[Object(directive = has_role::apply(Role::Admin))]
impl Figures {
    async fn profit(&self) -> Option<i32> {
        Some(7)
    }
    #[graphql(directive = has_role::apply(Role::Admin))]
    async fn loss(&self) -> Option<i32> {
        Some(8)
    }
}

#[derive(Default)]
struct Front;

#[Object(directive = public::apply())]
impl Front {
    async fn open(&self) -> i32 {
        1
    }
    #[graphql(flatten)]
    async fn figures(&self) -> Figures {
        Figures
    }
}

#[test]
fn a_part_keeps_the_rules_of_its_fields_and_loses_those_of_its_type() {
    let schema = install(Schema::build(Front, EmptyMutation, EmptySubscription)).unwrap().finish();
    let table = schema.data::<Arc<PolicyTable>>().unwrap();
    let verdict = |coordinate| table.verdict_with(coordinate, &Viewer::Anonymous, |_| Named::NotYetKnown);
    assert_eq!(verdict("Front.profit"), Some(Verdict::Allowed));
    assert!(matches!(verdict("Front.loss"), Some(Verdict::Denied(_))));
}

#[derive(MergedObject, Default)]
struct Merged(Front);

#[test]
fn a_merged_type_without_a_rule_of_its_own_is_not_built_on_those_of_its_parts() {
    let errors = install(Schema::build(Merged::default(), EmptyMutation, EmptySubscription)).err().unwrap();
    let unruled: Vec<_> = errors.iter().filter_map(|error| error.split_once(": nobody said")).collect();
    assert_eq!(unruled.iter().map(|(field, _)| *field).collect::<Vec<_>>(), ["Merged.open", "Merged.profit"]);
}

/// The types of a source that are part of another, and those that have rules or a guard.
#[derive(Default)]
struct Search {
    parts: BTreeSet<String>,
    ruled: BTreeSet<String>,
}

impl<'ast> Visit<'ast> for Search {
    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        if rules(&item.attrs) {
            self.ruled.extend(names(&item.self_ty));
        }
        syn::visit::visit_item_impl(self, item);
    }
    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        if let syn::ReturnType::Type(_, ty) = &item.sig.output
            && text(&item.attrs).contains("flatten")
        {
            self.parts.extend(names(ty));
        }
    }
    fn visit_item_struct(&mut self, item: &'ast ItemStruct) {
        if rules(&item.attrs) {
            self.ruled.insert(item.ident.to_string());
        }
        let is_merged = text(&item.attrs).contains("Merged");
        for field in item.fields.iter().filter(|field| is_merged || text(&field.attrs).contains("flatten")) {
            self.parts.extend(names(&field.ty));
        }
    }
}

fn rules(attributes: &[Attribute]) -> bool {
    let text = text(attributes);
    text.contains("directive =") || text.contains("guard =")
}

/// What the attributes hold, without documentation.
fn text(attributes: &[Attribute]) -> String {
    let lists = attributes.iter().filter_map(|attribute| attribute.meta.require_list().ok());
    lists.map(|list| list.tokens.to_string()).collect()
}

/// All type names in a type: `Option<&'a figures::Figures>` is about `Option` and `Figures`.
fn names(ty: &Type) -> Vec<String> {
    struct Names(Vec<String>);
    impl<'ast> Visit<'ast> for Names {
        fn visit_path(&mut self, path: &'ast syn::Path) {
            self.0.extend(path.segments.last().map(|last| last.ident.to_string()));
            syn::visit::visit_path(self, path);
        }
    }
    let mut names = Names(Vec::new());
    names.visit_type(ty);
    names.0
}

/// The parts that have rules to lose.
fn losing<'s>(sources: impl IntoIterator<Item = &'s str>) -> (Search, Vec<String>) {
    let mut search = Search::default();
    for source in sources {
        search.visit_file(&syn::parse_file(source).unwrap());
    }
    let losing = search.parts.intersection(&search.ruled).cloned().collect();
    (search, losing)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn no_part_of_our_own_schema_has_rules_to_lose() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/graphql");
    let sources: Vec<_> = files(&folder).iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let (search, losing) = losing(sources.iter().map(String::as_str));
    assert!(search.parts.contains("UsersQuery") && search.ruled.contains("User"), "the search sees them");
    assert!(losing.is_empty(), "{losing:?}: put the rules on their fields, or on what they are merged into");
}

#[test]
fn a_part_with_rules_is_found_in_the_source() {
    assert_eq!(losing([include_str!("parts.rs")]).1, ["Figures", "Front"]);
}
