//! Spent refresh tokens: what the database keeps by itself.

use migration::{Migrator, MigratorTrait as _};
use rolegate::platform::database::{Database, MigrationState};
use rolegate::platform::secret::new_id;
use rolegate::sessions::session;
use sea_orm::sea_query::Query;
use sea_orm::{
    ActiveValue::Set, ConnectionTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _,
    QueryOrder as _,
};
use uuid::Uuid;

use crate::fixture::TestDatabase;
use crate::migrated;
use crate::schema::{insert, instant, sign_up, spent_refresh_token as spent};

const BEARER: [u8; 32] = [1; 32];
const COOKIE: [u8; 32] = [2; 32];

/// A session of each kind for a user; only columns that every version had.
async fn open_two(tx: &DatabaseTransaction, user_id: Uuid) -> (Uuid, Uuid) {
    let ids = (new_id(), new_id());
    for (id, delivery, hash) in [(ids.0, "BEARER", BEARER), (ids.1, "COOKIE", COOKIE)] {
        let query = Query::insert()
            .into_table("sessions")
            .columns(["id", "user_id", "delivery", "secret_hash", "created_at", "last_seen_at"])
            .values_panic([
                id.into(),
                user_id.into(),
                delivery.into(),
                hash.to_vec().into(),
                instant(0).into(),
                instant(0).into(),
            ])
            .take();
        tx.execute(&query).await.unwrap();
    }
    ids
}

async fn all_spent(database: &Database) -> Vec<spent::Model> {
    spent::Entity::find().order_by_asc(spent::COLUMN.spent_at).all(database.reader()).await.unwrap()
}

#[tokio::test]
async fn whatever_takes_the_secret_from_a_session_leaves_it_recognisable() {
    let (database, _fixture) = migrated().await;
    let user_id = sign_up(&database, "a@example.org").await.unwrap();
    let (bearer, cookie) = database.write(async move |tx| Ok(open_two(tx, user_id).await)).await.unwrap();
    let change = async |hash: Option<[u8; 32]>, micros: i64| {
        let update = session::Entity::update_many().set(session::ActiveModel {
            secret_hash: hash.map_or_else(Default::default, |hash| Set(hash.to_vec())),
            last_seen_at: Set(instant(micros)),
            ..Default::default()
        });
        database.write(async move |tx| Ok(update.clone().exec(tx).await.map(drop)?)).await.unwrap();
    };
    // That it was used spends nothing, and a statement that changes nothing neither: the live one would be a spent one.
    change(None, 1).await;
    let same = session::Entity::update_many()
        .set(session::ActiveModel { secret_hash: Set(BEARER.to_vec()), ..Default::default() })
        .filter(session::COLUMN.id.eq(bearer));
    database.write(async move |tx| Ok(same.clone().exec(tx).await.map(drop)?)).await.unwrap();
    assert!(all_spent(&database).await.is_empty());

    change(Some([3; 32]), 2).await;
    change(Some([4; 32]), 3).await;
    let row = |hash: [u8; 32], micros: i64| spent::Model {
        session_id: bearer,
        hash: hash.to_vec(),
        spent_at: instant(micros),
    };
    assert_eq!(all_spent(&database).await, [row(BEARER, 2), row([3; 32], 3)], "and none of {cookie}");

    // One that was put back by hand does not stand in the way of the next.
    change(Some(BEARER), 4).await;
    change(Some([5; 32]), 5).await;
    assert_eq!(all_spent(&database).await, [row(BEARER, 2), row([3; 32], 3), row([4; 32], 4)]);
    database.close().await;
}

#[tokio::test]
async fn what_was_spent_before_the_table_was_rebuilt_is_still_recognised() {
    let fixture = TestDatabase::create().await;
    let before = Database::open(&fixture.config()).await.unwrap();
    before.write(async |tx| Ok(Migrator::up(tx, Some(11)).await?)).await.unwrap();
    let rows = before.write(async |tx| {
        let user_id = insert(tx, "a@example.org", instant(0)).await?;
        let (session_id, _) = open_two(tx, user_id).await;
        let rows = [[7; 32], [8; 32], [9; 32]].map(|hash: [u8; 32]| spent::Model {
            session_id,
            hash: hash.to_vec(),
            spent_at: instant(i64::from(hash[0])),
        });
        for row in rows.clone() {
            spent::Entity::insert(spent::ActiveModel::from(row)).exec_without_returning(tx).await?;
        }
        Ok(rows)
    });
    let rows = rows.await.unwrap();
    before.migrate().await.unwrap();
    assert_eq!(before.migrations().await.unwrap(), MigrationState::Current);
    assert_eq!(all_spent(&before).await, rows);
    // They go with their session, as before.
    before.write(async |tx| Ok(session::Entity::delete_many().exec(tx).await.map(drop)?)).await.unwrap();
    assert!(all_spent(&before).await.is_empty());
    before.close().await;
}
