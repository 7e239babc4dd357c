//! The tables, seen through small entities: the same ones on both databases.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rolegate::error::{self, Error};
use rolegate::platform::database::Database;
use rolegate::platform::secret::new_id;
use sea_orm::sea_query::{Expr, ExprTrait as _, Query, SelectStatement};
use sea_orm::{
    ActiveValue::Set, ConnectionTrait as _, DbBackend, EntityTrait as _, Order, QueryFilter as _,
    QueryOrder as _, Statement,
};
use uuid::Uuid;

use crate::migrated;

/// `users`, as far as these tests go.
pub(crate) mod user {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "users")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub email: Option<String>,
        pub name_key: Option<String>,
        pub role: String,
        pub status: String,
        pub created_at: DateTimeUtc,
        pub last_login_at: Option<DateTimeUtc>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// `spent_refresh_tokens`.
pub(crate) mod spent_refresh_token {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "spent_refresh_tokens")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub session_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub hash: Vec<u8>,
        pub spent_at: DateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) fn instant(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap() + TimeDelta::microseconds(micros)
}

/// A new user with this address; taken addresses are [`Error::EmailTaken`].
pub(crate) async fn sign_up(database: &Database, email: &str) -> Result<Uuid, Error> {
    let email = email.to_owned();
    database.write(async move |tx| insert(tx, &email, instant(0)).await).await
}

pub(crate) async fn insert(
    tx: &sea_orm::DatabaseTransaction,
    email: &str,
    at: DateTime<Utc>,
) -> Result<Uuid, Error> {
    let id = new_id();
    let user = user::ActiveModel {
        id: Set(id),
        email: Set(Some(email.to_owned())),
        name_key: Set(None),
        role: Set("CLIENT".into()),
        status: Set("ACTIVE".into()),
        created_at: Set(at),
        last_login_at: Set(None),
    };
    user::Entity::insert(user).exec_without_returning(tx).await.map_err(|refused| {
        match error::is_unique_violation(&refused) {
            true => Error::EmailTaken,
            false => refused.into(),
        }
    })?;
    Ok(id)
}

#[tokio::test]
async fn an_entity_comes_back_as_it_went_in() {
    let (database, _fixture) = migrated().await;
    let at = instant(123_456);
    let id = database.write(async move |tx| insert(tx, "a@example.org", at).await).await.unwrap();
    let user = user::Entity::find_by_id(id).one(database.reader()).await.unwrap().unwrap();
    assert_eq!((user.id, user.email.as_deref(), user.name_key), (id, Some("a@example.org"), None));
    assert_eq!((user.created_at, user.last_login_at), (at, None));
    database.close().await;
}

#[tokio::test]
async fn instants_sort_and_compare_by_time() {
    let (database, _fixture) = migrated().await;
    // Whole seconds, milliseconds and microseconds have texts of different length in SQLite.
    let instants = [-1, 0, 1, 500_000, 500_001, 999_999, 1_000_000, 1_000_001].map(instant);
    database
        .write(async move |tx| {
            for (n, at) in instants.iter().enumerate().rev() {
                insert(tx, &format!("{n}@example.org"), *at).await?;
            }
            Ok(())
        })
        .await
        .unwrap();
    let sorted =
        user::Entity::find().order_by_asc(user::COLUMN.created_at).all(database.reader()).await.unwrap();
    assert_eq!(sorted.iter().map(|user| user.created_at).collect::<Vec<_>>(), instants);
    for (n, at) in instants.iter().enumerate() {
        let before = user::Entity::find().filter(user::COLUMN.created_at.lt(*at)).all(database.reader());
        assert_eq!(before.await.unwrap().len(), n);
    }
    database.close().await;
}

#[tokio::test]
async fn a_foreign_key_holds_and_a_deleted_user_takes_their_rows_along() {
    let (database, _fixture) = migrated().await;
    let orphan = spent_refresh_token::ActiveModel {
        hash: Set(vec![7; 32]),
        session_id: Set(new_id()),
        spent_at: Set(instant(0)),
    };
    let refused = database
        .write(async move |tx| {
            let insert = spent_refresh_token::Entity::insert(orphan.clone());
            Ok(insert.exec_without_returning(tx).await.map(drop)?)
        })
        .await
        .unwrap_err();
    let cause = refused.database_cause().unwrap().sql_err();
    assert!(matches!(cause, Some(sea_orm::SqlErr::ForeignKeyConstraintViolation(_))), "{cause:?}");

    let id = sign_up(&database, "a@example.org").await.unwrap();
    let left = database
        .write(async move |tx| {
            let password = Query::insert()
                .into_table("passwords")
                .columns(["user_id", "hash", "changed_at"])
                .values_panic([Expr::val(id), Expr::val("$argon2id$"), Expr::val(instant(0))])
                .take();
            tx.execute(&password).await?;
            user::Entity::delete_by_id(id).exec(tx).await?;
            Ok(tx.query_all(&Query::select().column("hash").from("passwords").take()).await?.len())
        })
        .await
        .unwrap();
    assert_eq!(left, 0);
    database.close().await;
}

#[tokio::test]
async fn text_sorts_byte_by_byte() {
    let (database, _fixture) = migrated().await;
    for email in ["b@x", "a_@x", "é@x", "a-@x", "aa@x"] {
        sign_up(&database, email).await.unwrap();
    }
    let sorted = user::Entity::find().order_by_asc(user::COLUMN.email).all(database.reader()).await.unwrap();
    let emails: Vec<_> = sorted.into_iter().filter_map(|user| user.email).collect();
    assert_eq!(emails, ["a-@x", "a_@x", "aa@x", "b@x", "é@x"]);
    database.close().await;
}

/// What the database says that it would do.
async fn plan(database: &Database, query: &SelectStatement) -> String {
    let backend = database.reader().get_database_backend();
    let sql = match backend {
        // On a table of this size a scan is cheaper: the question is whether the index could be used.
        DbBackend::Postgres => "EXPLAIN ",
        _ => "EXPLAIN QUERY PLAN ",
    };
    let statement = backend.build(query);
    let explain = Statement { sql: format!("{sql}{}", statement.sql), ..statement };
    let (rows, column) = match backend {
        DbBackend::Postgres => (without_scans(database, explain).await, "QUERY PLAN"),
        _ => (database.reader().query_all_raw(explain).await.unwrap(), "detail"),
    };
    rows.iter().map(|row| row.try_get::<String>("", column).unwrap() + "\n").collect()
}

async fn without_scans(database: &Database, explain: Statement) -> Vec<sea_orm::QueryResult> {
    let ask = async move |tx: &sea_orm::DatabaseTransaction| {
        tx.execute_unprepared("SET LOCAL enable_seqscan = off").await?;
        tx.execute_unprepared("SET LOCAL enable_sort = off").await?;
        Ok(tx.query_all_raw(explain.clone()).await?)
    };
    database.write(ask).await.unwrap()
}

#[tokio::test]
async fn a_range_of_prefixes_is_found_by_an_index() {
    let (database, _fixture) = migrated().await;
    for column in ["email", "username_key", "name_key"] {
        let query = Query::select()
            .column("id")
            .from("users")
            .and_where(Expr::col(column).gte("ali").and(Expr::col(column).lt("alj")))
            .take();
        let plan = plan(&database, &query).await;
        let bounded = plan.contains(&format!("({column}>? AND {column}<?)")) || plan.contains("Index Cond");
        assert!(bounded, "{plan}");
    }
    database.close().await;
}

/// The users after a cursor, in the order of `key`.
fn page(key: &'static str, role: Option<&str>, after: Expr) -> SelectStatement {
    let cursor = Expr::tuple([after.clone(), Expr::val(new_id())]);
    Query::select()
        .columns(["id", "status"])
        .from("users")
        .and_where_option(role.map(|role| Expr::col("role").eq(role)))
        .and_where(Expr::cust(key).gte(after))
        .and_where(Expr::tuple([Expr::cust(key), Expr::col("id")]).gt(cursor))
        .order_by_expr(Expr::cust(key), Order::Asc)
        .order_by("id", Order::Asc)
        .limit(20)
        .take()
}

#[tokio::test]
async fn each_order_of_users_is_sought_in_an_index_from_the_cursor_on() {
    let (database, _fixture) = migrated().await;
    let now = || Expr::val(instant(0));
    for (page, index) in [
        (page("created_at", None, now()), "users_created_at"),
        (page("created_at", Some("CLIENT"), now()), "users_role"),
        (page("coalesce(email, '')", None, Expr::val("m")), "users_by_email"),
        (page("coalesce(name_key, '')", None, Expr::val("m")), "users_by_name"),
    ] {
        let plan = plan(&database, &page).await;
        let sought =
            plan.contains(&format!("SEARCH users USING INDEX {index}")) || plan.contains("Index Cond");
        assert!(plan.contains(index) && sought, "{plan}");
        assert!(!plan.contains("TEMP B-TREE") && !plan.contains("Sort"), "{plan}");
    }
    database.close().await;
}

#[tokio::test]
async fn those_of_a_users_sessions_that_were_not_ended_are_found_by_an_index_of_their_own() {
    let (database, _fixture) = migrated().await;
    let query = Query::select()
        .column("id")
        .from("sessions")
        .and_where(Expr::col("ended_at").is_null())
        .and_where(Expr::col("last_seen_at").gt(instant(0)))
        .and_where(Expr::col("created_at").gt(instant(0)))
        .and_where(Expr::col("user_id").eq(new_id()))
        .take();
    let plan = plan(&database, &query).await;
    assert!(plan.contains("sessions_not_ended"), "{plan}");
    database.close().await;
}

#[tokio::test]
async fn a_read_sees_every_write_that_was_answered() {
    let (database, _fixture) = migrated().await;
    for n in 0..50 {
        let id = sign_up(&database, &format!("{n}@example.org")).await.unwrap();
        let read = user::Entity::find_by_id(id).one(database.reader());
        let read = tokio::time::timeout(Duration::from_secs(5), read).await.unwrap();
        assert!(read.unwrap().is_some(), "the answer came before the commit");
    }
    database.close().await;
}
