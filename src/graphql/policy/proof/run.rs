//! Every road, walked by everybody.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::futures_util::StreamExt;
use async_graphql::{ObjectType, Response, Schema, SubscriptionType};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::document::Document;
use super::judge::{Judge, Sight};
use super::report::{Cell, Report, Seen};
use super::road::{Map, Road, Start};
use super::shape::Shape;
use super::stage::{Scene, Stage};
use crate::access::role::Role;
use crate::access::viewer::Viewer;
use crate::graphql::policy::rule::{Named, Verdict};
use crate::graphql::policy::table::{PolicyTable, Row};
use crate::graphql::policy::viewers::Witness;

/// How long a subscription may take to its first event.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// Everybody who asks.
const ROLES: [Option<Role>; 4] = [None, Some(Role::Client), Some(Role::Manager), Some(Role::Admin)];

/// Walks every road of `schema` as everybody, and reports in what the answers differ from its [`PolicyTable`].
///
/// The schema is the one that is served, its policy [installed](crate::graphql::policy::install()); its limits must
/// leave room for operations as deep as it is. Mutations are run: give it a database of its own.
///
/// ```ignore
/// let report = prove(&schema, &stage).await;
/// assert!(report.holds(), "{report}");
/// ```
pub async fn prove<Q, M, S>(schema: &Schema<Q, M, S>, stage: &impl Stage) -> Report
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    let mut report = Report::default();
    let Some(table) = schema.data::<Arc<PolicyTable>>() else {
        report.disagree("the schema was built without its policy: call `policy::install`".to_owned());
        return report;
    };
    let shape = match Shape::read(&schema.sdl()) {
        Ok(shape) => shape,
        Err(problem) => {
            report.disagree(problem);
            return report;
        }
    };
    let proof = Proof { schema, table, map: Map { shape: &shape, table }, stage };
    for row in table.rows() {
        for start in Start::ALL {
            for role in ROLES {
                proof.walk_all(row, start, role, &mut report).await;
            }
        }
    }
    report.sum_up();
    proof.complete(&mut report);
    report
}

struct Proof<'a, Q, M, S, T> {
    schema: &'a Schema<Q, M, S>,
    table: &'a PolicyTable,
    map: Map<'a>,
    stage: &'a T,
}

/// One walk of one road.
struct Walk<'a> {
    road: &'a Road,
    asking: &'a Viewer,
    scene: Scene<'a>,
}

impl<Q, M, S, T> Proof<'_, Q, M, S, T>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
    T: Stage,
{
    /// Walks all roads to a coordinate as one kind of viewer.
    async fn walk_all(&self, row: &Row, start: Start, role: Option<Role>, report: &mut Report) {
        // Beneath a sign-in nobody is anonymous: there the anonymous are among those who ask for it.
        if start == Start::SignIn && role.is_none() {
            return;
        }
        let viewer = somebody(role);
        for road in self.map.roads(row, start, &viewer) {
            let types: Vec<&str> = road.steps.iter().skip(1).map(|step| step.on.as_str()).collect();
            let mut came_through = false;
            let askers = match (start, role) {
                (Start::SignIn, Some(role)) => vec![(None, true), (Some(other_than(role)), true)],
                (_, Some(_)) => vec![(role, true), (role, false)],
                (_, None) => vec![(None, false)],
            };
            for (asker, own) in askers {
                let fresh = self.viewer(role, report).await;
                let asking = if asker == role { fresh.clone() } else { self.viewer(asker, report).await };
                let scene = Scene { viewer: &fresh, own, coordinate: &row.coordinate, types: &types };
                came_through |= self.walk(row, &Walk { road: &road, asking: &asking, scene }, report).await;
            }
            if !came_through && self.is_open(&road, &viewer) {
                report.disagree(format!(
                    "{}: as {}, {road} led to nothing: the stage has nothing there",
                    row.coordinate,
                    name(role)
                ));
            }
        }
    }

    /// Walks a road once; true when it came to its end, or was told why not.
    async fn walk(&self, row: &Row, walk: &Walk<'_>, report: &mut Report) -> bool {
        let Walk { road, asking, scene } = walk;
        let document = match Document::write(self.map.shape, self.table, road, scene, self.stage).await {
            Ok(document) => document,
            Err(problem) => {
                report.disagree(format!("{}: {problem}", row.coordinate));
                return true;
            }
        };
        report.walk(road);
        let witness = Arc::new(Witness::default());
        let request = document.request().data(Viewer::clone(asking)).data(witness.clone());
        let Some(response) = self.first_answer(self.stage.request(request), road.start).await else {
            report.disagree(format!("{}: {road} made no event within {LONGEST_WAIT:?}", row.coordinate));
            return true;
        };
        let signed_in = witness.signed_in();
        let judge =
            Judge { table: self.table, shape: self.map.shape, road, document: &document, asking, signed_in };
        let (sights, problems) = judge.judge(&response);
        let judged = signed_in.unwrap_or(if road.start == Start::SignIn { asking } else { scene.viewer });
        // A root field is judged as the one who asks, whoever is signed in by it.
        let judged = if road.steps.len() == 1 { asking } else { judged };
        let is_told = !problems.is_empty();
        for problem in problems {
            let who = name(judged.role());
            report.disagree(format!("{}: as {who} by `{}`: {problem}", row.coordinate, document.text));
        }
        sights.iter().for_each(|sight| note(row, judged, scene.own, *sight, report));
        is_told || sights.iter().any(|sight| *sight != Sight::StoppedAbove)
    }

    async fn first_answer(&self, request: async_graphql::Request, start: Start) -> Option<Response> {
        if start != Start::Subscription {
            return Some(self.schema.execute(request).await);
        }
        let mut events = self.schema.execute_stream(request);
        tokio::time::timeout(LONGEST_WAIT, events.next()).await.ok().flatten()
    }

    async fn viewer(&self, role: Option<Role>, report: &mut Report) -> Viewer {
        let Some(role) = role else { return Viewer::Anonymous };
        let viewer = self.stage.viewer(role).await;
        if viewer.role() != Some(role) {
            report.disagree(format!(
                "the stage was asked for a viewer of role {role}, and gave {:?}",
                viewer.role()
            ));
        }
        viewer
    }

    /// Whether the viewer may walk the road to its end, as far as can be told before.
    fn is_open(&self, road: &Road, viewer: &Viewer) -> bool {
        let above = &road.steps[..road.steps.len() - 1];
        above.iter().filter_map(|step| step.row(self.table)).all(|row| {
            row.signs_in || !matches!(row.judge(viewer, |_| Named::NotYetKnown), Verdict::Denied(_))
        })
    }

    /// Every coordinate must have been reached, and every cell seen.
    fn complete(&self, report: &mut Report) {
        let unruled = self.map.shape.coordinates().filter(|(on, field)| self.table.row(on, field).is_none());
        unruled.for_each(|(on, field)| report.disagree(format!("{on}.{field}: the table does not have it")));
        for row in self.table.rows() {
            report.coordinates += 1;
            let is_reached =
                report.seen.iter().any(|(cell, seen)| cell.coordinate == row.coordinate && seen.judged() > 0);
            report.reached += usize::from(is_reached);
            if !is_reached {
                report.disagree(format!("{}: cannot be reached by any road", row.coordinate));
                continue;
            }
            for role in ROLES {
                self.complete_cells(row, role, report);
            }
        }
    }

    fn complete_cells(&self, row: &Row, role: Option<Role>, report: &mut Report) {
        let (coordinate, who) = (&row.coordinate, name(role));
        let cell = |own| Cell { coordinate: coordinate.clone(), role, own };
        if !is_owned(row, role) {
            report.cells += 1;
            if let Some(seen) = report.seen.get(&cell(None)).copied() {
                return self.complete_answers(coordinate, who, seen, report);
            }
            if role.is_none() && report.only_beneath_sign_in(coordinate) {
                report.cells_of_nobody += 1;
            } else {
                report.disagree(format!("{coordinate}: never judged for {who}"));
            }
            return;
        }
        report.cells += 2;
        let seen = |own| report.seen.get(&cell(Some(own))).copied();
        let problem = match (seen(true), seen(false)) {
            (None, _) => "never judged for its owner",
            (_, None) => "never judged for one who does not own it",
            // Others came so far as to be refused there, so its owner could have come so far too.
            (Some(owner), Some(other)) if owner.let_through() == 0 && other.refused > 0 => {
                "never answered its owner"
            }
            (Some(owner), _) => return self.complete_answers(coordinate, who, owner, report),
        };
        report.disagree(format!("{coordinate}: {problem}, of role {who}"));
    }

    /// Who is let through must have been given a value once: an error or a `null` would hide that nobody ever is.
    fn complete_answers(&self, coordinate: &str, who: &str, seen: Seen, report: &mut Report) {
        if seen.answered == 0 && seen.empty > 0 && !self.stage.is_empty(coordinate) {
            report.disagree(format!(
                "{coordinate}: never answered {who} with a value: have the stage make one, or say that it is empty"
            ));
        }
    }
}

/// Notes what was seen of one kind of viewer.
fn note(row: &Row, viewer: &Viewer, own: bool, sight: Sight, report: &mut Report) {
    let role = viewer.role();
    let owned = is_owned(row, role);
    let whose = match sight {
        Sight::Answered(whose) | Sight::Empty(whose) | Sight::Refused(whose) => whose,
        Sight::StoppedAbove => Some(own),
    };
    let cell = Cell { coordinate: row.coordinate.clone(), role, own: whose.filter(|_| owned) };
    let Seen { answered, empty, refused, stopped_above } = report.seen.entry(cell).or_default();
    match sight {
        Sight::Answered(_) => *answered += 1,
        Sight::Empty(_) => *empty += 1,
        Sight::Refused(_) => *refused += 1,
        Sight::StoppedAbove => *stopped_above += 1,
    }
}

/// Whether it matters to this kind of viewer whose it is.
fn is_owned(row: &Row, role: Option<Role>) -> bool {
    matches!(row.judge(&somebody(role), |_| Named::NotYetKnown), Verdict::IfOwner(_))
}

/// One who stands for all of a role.
fn somebody(role: Option<Role>) -> Viewer {
    let (nobody, expires_at) = (Uuid::nil(), DateTime::<Utc>::MAX_UTC);
    let user = |role| Viewer::User { user_id: nobody, session_id: nobody, role, expires_at };
    role.map_or(Viewer::Anonymous, user)
}

/// The role of one who asks for another's sign-in. Each role is the other of one.
fn other_than(role: Role) -> Role {
    match role {
        Role::Client => Role::Manager,
        Role::Manager => Role::Admin,
        Role::Admin => Role::Client,
    }
}

fn name(role: Option<Role>) -> &'static str {
    role.map_or("anonymous", Role::as_str)
}
