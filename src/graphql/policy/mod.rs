//! stand-in
use crate::access::viewer::Viewer;
use async_graphql::*;
pub use d::*;
mod d {
    use crate::graphql::access::Role;
    use async_graphql::*;
    #[TypeDirective(location = "FieldDefinition", location = "Object")]
    pub fn public() {}
    #[TypeDirective(location = "FieldDefinition", location = "Object")]
    pub fn authenticated() {}
    #[TypeDirective(name = "hasRole", location = "FieldDefinition", location = "Object")]
    pub fn has_role(at_least: Role) {}
    #[TypeDirective(location = "FieldDefinition")]
    pub fn owner(arg: Option<String>, or_at_least: Option<Role>) {}
    #[TypeDirective(name = "signsIn", location = "FieldDefinition")]
    pub fn signs_in() {}
}
pub struct Owns(pub uuid::Uuid);
impl Guard for Owns {
    async fn check(&self, _: &Context<'_>) -> Result<()> {
        Ok(())
    }
}
pub fn viewer(_: &Context<'_>) -> Viewer {
    Viewer::Anonymous
}
pub fn sign_in(_: &Context<'_>, _: Viewer) {}
#[derive(Debug)]
pub struct PolicyErrors;
