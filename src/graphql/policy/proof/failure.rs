//! An error of an answer, as a client sees it.

use serde_json::Value as Json;

/// An error of the answer.
pub(super) struct Failure {
    pub(super) path: Vec<Json>,
    pub(super) code: String,
    pub(super) coordinate: String,
    /// It is what the table says, or follows from it.
    pub(super) explained: bool,
}

impl Failure {
    pub(super) fn read(error: &Json) -> Self {
        let text = |name: &str| error["extensions"][name].as_str().unwrap_or_default().to_owned();
        let path = error["path"].as_array().cloned().unwrap_or_default();
        Self { path, code: text("code"), coordinate: text("coordinate"), explained: false }
    }

    pub(super) fn is_refusal(&self) -> bool {
        matches!(self.code.as_str(), "UNAUTHENTICATED" | "FORBIDDEN")
    }

    /// An error that a resolver means, and no accident, nor a rule that could not be judged.
    pub(super) fn is_an_outcome(&self) -> bool {
        !self.is_refusal() && !matches!(self.code.as_str(), "" | "INTERNAL")
    }

    pub(super) fn tell(&self) -> String {
        let code = if self.code.is_empty() { "no code" } else { &self.code };
        let path: Vec<_> = self.path.iter().map(|part| part.to_string().replace('"', "")).collect();
        format!("{code} at `{}`", path.join("."))
    }
}
