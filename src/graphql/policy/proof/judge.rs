//! One answer, held against what the table says of every field on its road.

use async_graphql::Response;
use serde_json::Value as Json;

use super::document::{Document, OWNER};
use super::failure::Failure;
use super::road::{Road, Start};
use super::shape::Shape;
use crate::access::viewer::Viewer;
use crate::graphql::policy::rule::{Named, Rule, Verdict};
use crate::graphql::policy::table::{PolicyTable, Row};

/// What came of one walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sight {
    /// The coordinate answered, with a value.
    Answered(Whose),
    /// The coordinate was let through, and came to `null` or to an error that its resolver means.
    Empty(Whose),
    /// The coordinate was refused.
    Refused(Whose),
    /// Something before it was refused.
    StoppedAbove,
}

/// Whose it was, where a rule asks that.
pub(super) type Whose = Option<bool>;

/// Judges one answer.
pub(super) struct Judge<'a> {
    pub(super) table: &'a PolicyTable,
    pub(super) shape: &'a Shape,
    pub(super) road: &'a Road,
    pub(super) document: &'a Document,
    /// Who asked.
    pub(super) asking: &'a Viewer,
    /// Whom the root field signed in.
    pub(super) signed_in: Option<&'a Viewer>,
}

/// What is being found.
#[derive(Default)]
struct Findings {
    failures: Vec<Failure>,
    sights: Vec<Sight>,
    problems: Vec<String>,
}

impl Judge<'_> {
    /// What was seen, and what should not have been.
    pub(super) fn judge(&self, response: &Response) -> (Vec<Sight>, Vec<String>) {
        let answer = serde_json::to_value(response).unwrap_or_default();
        let errors = answer["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        let mut found =
            Findings { failures: errors.iter().map(Failure::read).collect(), ..Findings::default() };
        let refused_whole =
            answer["data"].is_null() && found.failures.iter().any(|failure| failure.path.is_empty());
        match self.first_refusal() {
            Some((place, rule)) => self.whole(place, rule, refused_whole, &mut found),
            None if refused_whole => {
                found.problems.push(format!("allowed, and yet refused whole: {}", answer["errors"]));
            }
            None => {
                self.walk(0, &answer["data"], &mut Vec::new(), &mut found);
                let stray =
                    found.failures.iter().find(|failure| !failure.explained && !failure.is_an_outcome());
                if let Some(failure) = stray {
                    found.problems.push(format!("an error that nobody expects: {}", failure.tell()));
                }
            }
        }
        (found.sights, found.problems)
    }

    /// The first step for which the operation must be refused before anything runs.
    fn first_refusal(&self) -> Option<(usize, &Rule)> {
        let judged_before = match self.road.start {
            Start::Query | Start::SignIn => 1,
            Start::Mutation | Start::Subscription => self.road.steps.len(),
        };
        let mut steps = self.road.steps.iter().enumerate().take(judged_before);
        steps.find_map(|(place, step)| match self.verdict(place, step.row(self.table)?) {
            Verdict::Denied(rule) => Some((place, rule)),
            _ => None,
        })
    }

    fn whole(&self, place: usize, rule: &Rule, refused_whole: bool, found: &mut Findings) {
        let step = &self.road.steps[place];
        let (code, coordinate) =
            (rule.refusal(self.viewer(place)).code(), format!("{}.{}", step.on, step.field));
        let is_told = |failure: &Failure| {
            failure.path.is_empty() && failure.code == code && failure.coordinate == coordinate
        };
        if refused_whole && found.failures.len() == 1 && found.failures.iter().all(is_told) {
            let whose = step.row(self.table).and_then(|row| self.by_argument(place, row));
            self.refused(place, whose, found);
        } else {
            let told: Vec<_> = found.failures.iter().map(Failure::tell).collect();
            found.problems.push(format!(
                "{coordinate} must refuse the whole operation with {code}, and the answer was {told:?}"
            ));
        }
    }

    /// Judges the step at `place` on one object, and what is beneath it.
    fn walk(&self, place: usize, object: &Json, path: &mut Vec<Json>, found: &mut Findings) {
        let step = &self.road.steps[place];
        let on = object["__typename"].as_str().unwrap_or(&step.on);
        let is_selected_on_what_is_returned = self.is_selected_on_what_is_returned(place);
        if !self.shape.possible(&step.on).contains(&on) {
            if is_selected_on_what_is_returned {
                let problem =
                    format!("answered by the type {on}, which the schema does not have behind {}", step.on);
                found.problems.push(problem);
            }
            // Otherwise what the fragment does not apply to, which the road does not lead through.
            return;
        }
        // On an interface, all the types that may be there decide; in a fragment, each object's own.
        let ruled_by = if is_selected_on_what_is_returned { step.on.as_str() } else { on };
        let Some(row) = self.table.row(ruled_by, &step.field) else {
            return found.problems.push(format!("{ruled_by}.{} has no rule", step.field));
        };
        let whose = self.whose(place, row, object, path, found);
        path.push(step.field.clone().into());
        let value = &object[step.field.as_str()];
        let verdict = match self.verdict(place, row) {
            Verdict::IfOwner(rule) => match whose {
                Some(true) => Ok(Verdict::Allowed),
                Some(false) => Ok(Verdict::Denied(rule)),
                None => Err(format!("whose it is cannot be told: give the stage an `owner` of {on}")),
            },
            other => Ok(other),
        };
        match verdict {
            Err(problem) => found.problems.push(problem),
            Ok(Verdict::Denied(rule)) => {
                let code = rule.refusal(self.viewer(place)).code();
                let mut here = found.failures.iter_mut().filter(|failure| failure.path == *path);
                let told = here.any(|failure| {
                    failure.explained = true;
                    failure.code == code
                });
                if told && value.is_null() {
                    self.refused(place, whose, found);
                } else {
                    found
                        .problems
                        .push(format!("{} must be refused with {code}, and was not", row.coordinate));
                }
            }
            Ok(_) => self.allowed(place, row, value, whose, path, found),
        }
        path.pop();
    }

    fn is_selected_on_what_is_returned(&self, place: usize) -> bool {
        let before = place.checked_sub(1).map(|before| &self.road.steps[before]);
        let field = before.and_then(|before| self.shape.field(&before.on, &before.field));
        field.is_none_or(|field| field.returns == self.road.steps[place].on)
    }

    fn allowed(
        &self,
        place: usize,
        row: &Row,
        value: &Json,
        whose: Whose,
        path: &mut Vec<Json>,
        found: &mut Findings,
    ) {
        let mut is_empty = value.is_null();
        for failure in found.failures.iter_mut().filter(|failure| failure.path == *path) {
            failure.explained = true;
            is_empty = true;
            if !failure.is_an_outcome() {
                let told = failure.tell();
                return found.problems.push(format!("{} must answer, and did not: {told}", row.coordinate));
            }
        }
        if place + 1 == self.road.steps.len() {
            let sight = if is_empty { Sight::Empty(whose) } else { Sight::Answered(whose) };
            return found.sights.push(sight);
        }
        self.each(place + 1, value, path, found);
    }

    /// Goes on with each object of a value, through its lists.
    fn each(&self, place: usize, value: &Json, path: &mut Vec<Json>, found: &mut Findings) {
        match value {
            Json::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    path.push(index.into());
                    self.each(place, item, path, found);
                    path.pop();
                }
            }
            Json::Object(_) => self.walk(place, value, path, found),
            _ => self.nulled(place, path, found),
        }
    }

    /// Null, perhaps because a non-null field beneath was refused: then its error tells how far the walk came.
    fn nulled(&self, place: usize, path: &[Json], found: &mut Findings) {
        let mut refusals = Vec::new();
        for failure in found.failures.iter_mut().filter(|failure| failure.path.starts_with(path)) {
            let names: Vec<&str> = failure.path[path.len()..].iter().filter_map(Json::as_str).collect();
            let last = place + names.len().saturating_sub(1);
            let on_road =
                self.road.steps.get(place..).unwrap_or_default().iter().map(|step| step.field.as_str());
            if names.is_empty() || !on_road.take(names.len()).eq(names) || !failure.is_refusal() {
                continue;
            }
            let step = &self.road.steps[last];
            let is_right = step.row(self.table).is_some_and(|row| match self.verdict(last, row) {
                Verdict::Denied(rule) => rule.refusal(self.viewer(last)).code() == failure.code,
                _ => false,
            });
            failure.explained = is_right;
            refusals.extend(is_right.then_some(last));
        }
        refusals.into_iter().for_each(|last| self.refused(last, None, found));
    }

    fn refused(&self, place: usize, whose: Whose, found: &mut Findings) {
        let is_last = place + 1 == self.road.steps.len();
        found.sights.push(if is_last { Sight::Refused(whose) } else { Sight::StoppedAbove });
    }

    /// Whose it is, where a rule about owners decides for this viewer.
    fn whose(&self, place: usize, row: &Row, object: &Json, path: &[Json], found: &mut Findings) -> Whose {
        match self.verdict(place, row) {
            Verdict::IfOwner(_) => self.by_object(object, path, found),
            _ => self.by_argument(place, row),
        }
    }

    fn by_argument(&self, place: usize, row: &Row) -> Whose {
        let undecided = row.judge(self.viewer(place), |_| Named::NotYetKnown);
        matches!(undecided, Verdict::IfOwner(_)).then(|| matches!(self.verdict(place, row), Verdict::Allowed))
    }

    /// As the object itself answers. One that refuses to say whose it is says that it is not the viewer's: should it be,
    /// then nothing is seen of its owner, and the proof ends with that.
    fn by_object(&self, object: &Json, path: &[Json], found: &mut Findings) -> Whose {
        let me = self.signed_in.unwrap_or(self.asking).user_id().ok()?;
        let mut owner = &object[OWNER];
        while let Json::Object(fields) = owner {
            owner = fields.values().next()?;
        }
        if let Some(owner) = owner.as_str() {
            return Some(owner.parse() == Ok(me));
        }
        let key: Vec<Json> = path.iter().cloned().chain([OWNER.into()]).collect();
        let mut refusals = found.failures.iter_mut().filter(|failure| failure.path.starts_with(&key));
        let refusal = refusals.find(|failure| failure.code == "FORBIDDEN")?;
        refusal.explained = true;
        Some(false)
    }

    fn verdict<'r>(&self, place: usize, row: &'r Row) -> Verdict<'r> {
        row.judge(self.viewer(place), |argument| self.document.named(place, argument))
    }

    /// By whom the step is judged.
    fn viewer(&self, place: usize) -> &Viewer {
        self.signed_in.filter(|_| place > 0).unwrap_or(self.asking)
    }
}
