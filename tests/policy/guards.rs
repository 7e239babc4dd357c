//! The one thing that the registry cannot tell: whether an `@owner` without an argument has its guard. The source can.

use std::fs;
use std::path::Path;

use syn::visit::Visit;
use syn::{Attribute, ImplItemFn, ItemImpl, ItemStruct};

/// The fields with `owner::apply(None, ..)` whose guard is not `owned_by`, neither by themselves nor by their type.
fn unguarded(source: &str) -> Vec<String> {
    let mut search = Search::default();
    search.visit_file(&syn::parse_file(source).unwrap());
    search.found
}

#[derive(Default)]
struct Search {
    found: Vec<String>,
    on_type: String,
}

impl Search {
    fn field(&mut self, name: &str, attributes: &[Attribute]) {
        let own = text(attributes);
        let guard = if own.contains("guard=") { &own } else { &self.on_type };
        if own.contains("owner::apply(None") && !guard.contains("guard=\"owned_by::") {
            self.found.push(name.to_owned());
        }
    }
}

impl<'ast> Visit<'ast> for Search {
    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        self.on_type = text(&item.attrs);
        syn::visit::visit_item_impl(self, item);
    }
    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        self.field(&item.sig.ident.to_string(), &item.attrs);
    }
    fn visit_item_struct(&mut self, item: &'ast ItemStruct) {
        self.on_type = text(&item.attrs);
        for field in &item.fields {
            let name = field.ident.as_ref().map_or_else(String::new, ToString::to_string);
            self.field(&name, &field.attrs);
        }
    }
}

/// What the attributes hold, without spaces and documentation.
fn text(attributes: &[Attribute]) -> String {
    let lists = attributes.iter().filter_map(|attribute| attribute.meta.require_list().ok());
    lists.map(|list| list.tokens.to_string().replace(' ', "")).collect()
}

#[test]
fn every_owner_field_of_the_source_has_its_guard() {
    fn check(folder: &Path) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                check(&path);
            } else {
                let missing = unguarded(&fs::read_to_string(&path).unwrap());
                assert!(
                    missing.is_empty(),
                    "{}: {missing:?} lack `guard = \"owned_by::<Self>(..)\"`",
                    path.display()
                );
            }
        }
    }
    check(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/graphql"));
}

#[test]
fn a_forgotten_guard_is_found_in_the_source() {
    let demo = include_str!("demo.rs");
    assert_eq!(unguarded(demo), ["phone", "postscript"]);
}
