//! The schema's types as its SDL states them: what can be selected where, and with what.

use std::collections::BTreeMap;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    BaseType, FieldDefinition, InputValueDefinition, Type, TypeDefinition, TypeKind, TypeSystemDefinition,
};
use async_graphql::{Name, Positioned};

/// The types of a schema by name. Scalars are left out: nothing is selected on them.
pub(super) struct Shape(BTreeMap<String, Kind>);

/// What a type is made of.
pub(super) enum Kind {
    /// Also an interface: what can be selected on it.
    Fields { fields: Vec<Field>, implements: Vec<String>, is_object: bool },
    /// The types that make it up.
    Union(Vec<String>),
    /// Its values.
    Enum(Vec<String>),
    /// Its fields.
    Input(Vec<Argument>),
}

/// A field that can be selected.
pub(super) struct Field {
    pub(super) name: String,
    pub(super) arguments: Vec<Argument>,
    /// The type that it returns, without lists and exclamation marks.
    pub(super) returns: String,
}

/// An argument, or a field of an input.
pub(super) struct Argument {
    pub(super) name: String,
    pub(super) ty: Type,
    /// It must be given.
    pub(super) required: bool,
}

impl Shape {
    /// Reads the SDL.
    ///
    /// # Errors
    /// A sentence, for what is no SDL.
    pub(super) fn read(sdl: &str) -> Result<Self, String> {
        let document =
            parse_schema(sdl).map_err(|error| format!("the schema's SDL cannot be read: {error}"))?;
        let types = document.definitions.into_iter().filter_map(|definition| match definition {
            TypeSystemDefinition::Type(definition) => kind(definition.node),
            _ => None,
        });
        Ok(Self(types.collect()))
    }

    pub(super) fn kind(&self, name: &str) -> Option<&Kind> {
        self.0.get(name)
    }

    /// The fields of all object types, with their types.
    pub(super) fn coordinates(&self) -> impl Iterator<Item = (&str, &str)> {
        let objects = self.0.iter().filter(|(_, kind)| matches!(kind, Kind::Fields { is_object: true, .. }));
        objects
            .flat_map(|(on, _)| self.fields(on).iter().map(move |field| (on.as_str(), field.name.as_str())))
    }

    pub(super) fn fields(&self, on: &str) -> &[Field] {
        match self.kind(on) {
            Some(Kind::Fields { fields, .. }) => fields,
            _ => &[],
        }
    }

    pub(super) fn field(&self, on: &str, name: &str) -> Option<&Field> {
        self.fields(on).iter().find(|field| field.name == name)
    }

    /// Whether something can be selected on the type.
    pub(super) fn is_composite(&self, name: &str) -> bool {
        matches!(self.kind(name), Some(Kind::Fields { .. } | Kind::Union(_)))
    }

    /// The object types that a value of the type can be of.
    pub(super) fn possible(&self, name: &str) -> Vec<&str> {
        match self.kind(name) {
            Some(Kind::Union(members)) => members.iter().map(String::as_str).collect(),
            Some(Kind::Fields { is_object: false, .. }) => {
                let objects = self.0.iter().filter(|(_, kind)| kind.is_object_implementing(name));
                objects.map(|(object, _)| object.as_str()).collect()
            }
            Some(Kind::Fields { .. }) => {
                self.0.get_key_value(name).map(|(name, _)| name.as_str()).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    /// The types whose fields can be selected on a value of the type: itself first, then those that a fragment can
    /// name (specification, 5.5.2.3).
    pub(super) fn selectable(&self, name: &str) -> Vec<&str> {
        let possible = self.possible(name);
        let overlaps = |other: &str| self.possible(other).iter().any(|object| possible.contains(object));
        let mut all: Vec<&str> = self.0.keys().map(String::as_str).filter(|other| overlaps(other)).collect();
        all.sort_by_key(|other| *other != name);
        all.retain(|other| !self.fields(other).is_empty());
        all
    }
}

impl Kind {
    fn is_object_implementing(&self, interface: &str) -> bool {
        let Self::Fields { implements, is_object: true, .. } = self else { return false };
        implements.iter().any(|name| name == interface)
    }
}

fn kind(definition: TypeDefinition) -> Option<(String, Kind)> {
    let name = definition.name.node.to_string();
    let kind = match definition.kind {
        TypeKind::Object(object) => Kind::Fields {
            fields: object.fields.into_iter().map(field).collect(),
            implements: names(&object.implements),
            is_object: true,
        },
        TypeKind::Interface(interface) => Kind::Fields {
            fields: interface.fields.into_iter().map(field).collect(),
            implements: names(&interface.implements),
            is_object: false,
        },
        TypeKind::Union(union) => Kind::Union(names(&union.members)),
        TypeKind::Enum(values) => {
            Kind::Enum(values.values.iter().map(|value| value.node.value.node.to_string()).collect())
        }
        TypeKind::InputObject(input) => Kind::Input(input.fields.into_iter().map(argument).collect()),
        TypeKind::Scalar => return None,
    };
    Some((name, kind))
}

fn names(names: &[Positioned<Name>]) -> Vec<String> {
    names.iter().map(|name| name.node.to_string()).collect()
}

fn field(field: Positioned<FieldDefinition>) -> Field {
    let FieldDefinition { name, arguments, ty, .. } = field.node;
    Field {
        name: name.node.to_string(),
        arguments: arguments.into_iter().map(argument).collect(),
        returns: named(&ty.node).to_owned(),
    }
}

fn argument(value: Positioned<InputValueDefinition>) -> Argument {
    let InputValueDefinition { name, ty, default_value, .. } = value.node;
    let required = !ty.node.nullable && default_value.is_none();
    Argument { name: name.node.to_string(), ty: ty.node, required }
}

/// `[User!]!` is about `User`.
pub(super) fn named(ty: &Type) -> &str {
    match &ty.base {
        BaseType::Named(name) => name,
        BaseType::List(of) => named(of),
    }
}
