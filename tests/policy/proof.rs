//! The proof holds of what is right, and finds what is not: each fault by the name of its coordinate.

use std::sync::Arc;

use async_graphql::Value;
use rolegate::access::role::Role;
use rolegate::access::viewer::Viewer;
use rolegate::graphql::policy::proof::{Report, Scene, Stage, prove};
use rolegate::graphql::policy::{Cell, Matrix, MatrixRow, PolicyTable, install};

use crate::shop::{Counter, Fault, Shop, builder, shop, table};
use crate::strip::{Disown, Strip};

#[track_caller]
fn assert_finds(report: &Report, coordinate: &str, problem: &str) {
    assert!(!report.holds(), "{report}");
    let named = report.disagreements.iter().filter(|found| found.starts_with(&format!("{coordinate}: ")));
    let all: Vec<_> = named.collect();
    assert!(all.iter().any(|found| found.contains(problem)), "{coordinate} {problem:?} not in\n{report}");
}

#[tokio::test]
async fn a_schema_whose_policy_is_whole_is_proved_by_every_kind_of_road() {
    let shop = shop(Fault::None);
    let report = prove(&shop, &Counter).await;
    assert!(report.holds(), "{report}");
    assert_eq!(report.coordinates, table(&shop).coordinates().count());
    assert_eq!(report.cells_of_nobody, 2, "a welcome has two fields, and is for those who enter: {report}");
    assert!(report.answered > 0 && report.refused > 0 && report.stopped_above > 0, "{report}");
}

#[tokio::test]
async fn a_schema_without_the_engine_is_found_out() {
    let table = table(&shop(Fault::None));
    let bare = builder(Fault::None).data(table).finish();
    let report = prove(&bare, &Counter).await;
    assert_finds(&report, "Product.cost", "must be refused with UNAUTHENTICATED, and was not");
    assert_finds(&report, "Mutation.ship", "must refuse the whole operation");
    assert_finds(&report, "Query.search", "must refuse the whole operation");
    assert_finds(&report, "Events.shipped", "must refuse the whole operation");
}

#[tokio::test]
async fn a_schema_without_a_table_is_found_out() {
    let report = prove(&builder(Fault::None).finish(), &Counter).await;
    assert!(!report.holds());
    assert!(report.disagreements[0].contains("call `policy::install`"), "{report}");
}

#[tokio::test]
async fn a_field_that_the_table_does_not_have_is_found_out() {
    let others = Arc::clone(crate::demo::schema().data::<Arc<PolicyTable>>().unwrap());
    let report = prove(&builder(Fault::None).data(others).finish(), &Counter).await;
    assert_finds(&report, "Query.articles", "the table does not have it");
    assert_finds(&report, "Query.version", "cannot be reached by any road");
}

/// A schema that is judged by fewer rules than its matrix tells of.
fn laxer(coordinate: &str, directive: &str) -> Shop {
    let promised: Arc<PolicyTable> = table(&shop(Fault::None));
    let strip = Strip { at: coordinate.to_owned(), directive: directive.to_owned() };
    install(builder(Fault::None).directive(strip)).unwrap().data(promised).finish()
}

#[tokio::test]
async fn a_rule_that_the_matrix_has_and_the_engine_has_not_is_found_by_every_road() {
    let report = prove(&laxer("Product.cost", "hasRole"), &Counter).await;
    assert_finds(
        &report,
        "Product.cost",
        "as CLIENT by `query { articles { __typename ... on Product { cost } } }`",
    );
    assert_finds(&report, "Product.cost", "search { __typename ... on Product");
    assert_finds(&report, "Article.cost", "articles { __typename cost }");
    assert!(
        !report.to_string().contains("as ADMIN by `query { articles"),
        "who may all is not concerned: {report}"
    );
}

#[tokio::test]
async fn a_guard_that_is_told_the_wrong_owner_is_found_out() {
    let report = prove(&shop(Fault::WrongOwner), &Counter).await;
    assert_finds(&report, "Order.address", "as MANAGER by `subscription { shipped");
    assert_finds(&report, "Order.address", "must be refused with FORBIDDEN, and was not");
    assert!(report.disagreements.iter().all(|problem| problem.starts_with("Order.address: ")), "{report}");
}

#[tokio::test]
async fn an_owner_who_is_refused_everywhere_is_found_out() {
    let report = prove(&shop(Fault::NoOwner), &Counter).await;
    assert_finds(&report, "Note.text", "never judged for its owner, of role CLIENT");
    assert_finds(&report, "Note.author", "never judged for its owner, of role ADMIN");
}

#[tokio::test]
async fn an_object_that_does_not_say_whose_it_is_is_no_proof() {
    let report = prove(&shop(Fault::Anonymous), &Counter).await;
    assert_finds(&report, "Note.text", "whose it is cannot be told");
}

#[tokio::test]
async fn a_road_that_leads_to_nothing_is_no_proof() {
    let report = prove(&shop(Fault::NothingThere), &Counter).await;
    assert_finds(&report, "Article.cost", "as ADMIN, Query.articles > Article.cost led to nothing");
}

#[tokio::test]
async fn an_error_or_a_null_is_no_answer_unless_the_stage_says_that_there_is_none() {
    let report = prove(&shop(Fault::NothingFound), &Counter).await;
    assert_finds(&report, "Mutation.ship", "never answered MANAGER with a value");
    assert_finds(&report, "Order.address", "never answered CLIENT with a value");
    let values = report.disagreements.iter().filter(|found| found.contains("with a value"));
    assert_eq!(values.count(), 5, "two who may ship, and three roles with an address: {report}");
}

/// Who may, as a person reads it off the directives.
const BY_HAND: [(&str, [Cell; 4]); 22] = {
    use Cell::{No, Own, Yes};
    [
        ("Article.cost", [No, No, No, Yes]),
        ("Article.title", [Yes, Yes, Yes, Yes]),
        ("Author.id", [No, Yes, Yes, Yes]),
        ("Events.shipped", [No, Yes, Yes, Yes]),
        ("Gift.cost", [Yes, Yes, Yes, Yes]),
        ("Gift.title", [Yes, Yes, Yes, Yes]),
        ("Mutation.enter", [Yes, Yes, Yes, Yes]),
        ("Mutation.ship", [No, No, Yes, Yes]),
        ("Mutation.wrap", [Yes, Yes, Yes, Yes]),
        ("Note.author", [No, Own, Own, Own]),
        ("Note.text", [No, Own, Own, Own]),
        ("Order.address", [No, Own, Own, Yes]),
        ("Order.customerId", [No, Yes, Yes, Yes]),
        ("Order.margin", [No, No, Yes, Yes]),
        ("Product.cost", [No, No, No, Yes]),
        ("Product.title", [Yes, Yes, Yes, Yes]),
        ("Query.articles", [Yes, Yes, Yes, Yes]),
        ("Query.notes", [No, Yes, Yes, Yes]),
        ("Query.orders", [No, Own, Yes, Yes]),
        ("Query.search", [No, Yes, Yes, Yes]),
        ("Welcome.greeting", [No, Yes, Yes, Yes]),
        ("Welcome.order", [No, Yes, Yes, Yes]),
    ]
};

fn by_hand() -> impl Iterator<Item = MatrixRow> {
    BY_HAND.into_iter().map(|(coordinate, [anonymous, client, manager, admin])| MatrixRow {
        coordinate: coordinate.to_owned(),
        rules: Vec::new(),
        signs_in: false,
        anonymous,
        client,
        manager,
        admin,
    })
}

#[tokio::test]
async fn what_was_seen_is_what_was_written_by_hand() {
    let report = prove(&shop(Fault::None), &Counter).await;
    assert_eq!(report.differences(&by_hand().collect()), [""; 0]);
}

#[tokio::test]
async fn a_matrix_by_hand_finds_each_cell_that_directives_and_engine_agree_on_wrongly() {
    let report = prove(&shop(Fault::None), &Counter).await;
    let differs = |coordinate: &str, change: fn(&mut MatrixRow)| -> Vec<String> {
        let rows = by_hand().map(|mut row| {
            if row.coordinate == coordinate {
                change(&mut row);
            }
            row
        });
        report.differences(&rows.collect())
    };
    for (coordinate, change, told) in [
        ("Product.cost", (|row| row.manager = Cell::Yes) as fn(&mut MatrixRow), "`yes` for MANAGER"),
        ("Product.title", |row| row.anonymous = Cell::No, "`no` for anonymous"),
        ("Order.address", |row| row.client = Cell::Yes, "`yes` for CLIENT"),
        ("Order.address", |row| row.client = Cell::No, "`no` for CLIENT"),
        ("Order.margin", |row| row.client = Cell::Own, "`own` for CLIENT"),
    ] {
        let [found] = &differs(coordinate, change)[..] else { panic!("{coordinate} differs once") };
        assert!(found.starts_with(&format!("{coordinate}: {told}")), "{found}");
    }
    let without: Matrix = by_hand().filter(|row| row.coordinate != "Query.notes").collect();
    let told = report.differences(&without);
    assert!(!told.is_empty() && told.iter().all(|found| found == "Query.notes: the matrix does not have it"));
}

/// Says nothing of whose things are, and has no ids.
struct Ignorant;

impl Stage for Ignorant {
    async fn viewer(&self, role: Role) -> Viewer {
        Counter.viewer(role).await
    }
    async fn argument(&self, coordinate: &str, scene: &Scene<'_>) -> Option<Value> {
        Counter.argument(coordinate, scene).await.filter(|_| coordinate != "Mutation.ship(customer:)")
    }
}

#[tokio::test]
async fn what_the_stage_owes_is_asked_for_by_name() {
    let report = prove(&shop(Fault::None), &Ignorant).await;
    assert_finds(&report, "Order.address", "give the stage an `owner` of Order");
    assert_finds(&report, "Mutation.ship", "Mutation.ship(customer:) needs a value of UUID!");
}

#[tokio::test]
async fn an_object_of_a_type_that_cannot_be_there_is_found_out() {
    let schema = install(builder(Fault::None)).unwrap().directive(Disown).finish();
    let report = prove(&schema, &Counter).await;
    assert_finds(
        &report,
        "Article.cost",
        "answered by the type Product, which the schema does not have behind Article",
    );
}
