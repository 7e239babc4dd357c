//! Opening and migrating, alone and with others.

use std::process::{Command, Stdio};

use migration::{MigrationName, MigrationTrait, MigratorTrait, SchemaManager};
use rolegate::config::Config;
use rolegate::platform::database::{Database, Fault, MigrationState};
use sea_orm::{ConnectionTrait as _, DbErr, DynIden, sea_query::IntoIden as _};
use secrecy::ExposeSecret as _;

use crate::fixture::TestDatabase;
use crate::{fault, migrated};

#[tokio::test]
async fn a_new_database_has_everything_pending_and_then_nothing() {
    let fixture = TestDatabase::create().await;
    let database = Database::open(&fixture.config()).await.unwrap();
    database.ping().await.unwrap();
    let MigrationState::Pending(names) = database.migrations().await.unwrap() else {
        panic!("a new database has nothing");
    };
    assert_eq!(names.first().map(String::as_str), Some("m0001_users"));
    database.migrate().await.unwrap();
    assert_eq!(database.migrations().await.unwrap(), MigrationState::Current);
    database.migrate().await.unwrap();
    database.close().await;
}

#[tokio::test]
async fn processes_that_start_together_all_come_up() {
    let fixture = TestDatabase::create().await;
    let config = fixture.config();
    let default = || format!("sqlite://{}", config.data_dir.join("rolegate.db").display());
    let url = config.database_url.as_ref().map_or_else(default, |url| url.expose_secret().to_owned());
    let mut nodes: Vec<_> = (0..6)
        .map(|_| {
            let mut node = Command::new(std::env::current_exe().unwrap());
            node.args(["--exact", "migrating::a_node_of_its_own", "--ignored", "--quiet"]);
            node.env(NODE_URL, &url).stdout(Stdio::null()).spawn().unwrap()
        })
        .collect();
    for node in &mut nodes {
        assert!(node.wait().unwrap().success());
    }
    let database = Database::open(&config).await.unwrap();
    assert_eq!(database.migrations().await.unwrap(), MigrationState::Current);
    database.close().await;
}

const NODE_URL: &str = "ROLEGATE_TEST_NODE_URL";

#[tokio::test]
#[ignore = "one of the processes of the test above, which starts it"]
async fn a_node_of_its_own() {
    #[expect(clippy::disallowed_methods, reason = "how the parent says where the database is")]
    let url = std::env::var(NODE_URL).unwrap();
    let config = Config { database_url: Some(url.into()), ..Config::default() };
    let database = Database::open(&config).await.unwrap();
    database.migrate().await.unwrap();
    assert_eq!(database.migrations().await.unwrap(), MigrationState::Current);
    database.close().await;
}

#[tokio::test]
async fn a_database_of_a_newer_rolegate_is_refused() {
    let (database, fixture) = migrated().await;
    let newer = async |tx: &sea_orm::DatabaseTransaction| {
        tx.execute_unprepared(
            "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_future', 0)",
        )
        .await?;
        Ok(())
    };
    database.write(newer).await.unwrap();
    database.close().await;
    let again = Database::open(&fixture.config()).await.unwrap();
    assert_eq!(again.migrations().await.unwrap(), MigrationState::Newer(vec!["m9999_future".into()]));
    let refused = again.migrate().await.unwrap_err();
    assert!(matches!(fault(&refused), Fault::Newer(_)));
    assert!(fault(&refused).to_string().contains("m9999_future"));
    again.close().await;
}

/// The tables of a program that embeds us.
struct TheirMigrator;

impl MigratorTrait for TheirMigrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(Notes)]
    }

    fn migration_table_name() -> DynIden {
        "their_migrations".into_iden()
    }
}

/// The same, with its list where ours is.
struct SharingMigrator;

impl MigratorTrait for SharingMigrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(Notes)]
    }
}

struct Notes;

impl MigrationName for Notes {
    fn name(&self) -> &str {
        "n0001_notes"
    }
}

#[async_graphql::async_trait::async_trait]
impl MigrationTrait for Notes {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared("CREATE TABLE notes (text text)").await.map(drop)
    }
}

#[tokio::test]
async fn a_program_keeps_its_own_tables_beside_ours() {
    let (database, _fixture) = migrated().await;
    let refused = database.migrate_with::<SharingMigrator>().await.unwrap_err();
    assert!(matches!(fault(&refused), Fault::SharedList));
    database.migrate_with::<TheirMigrator>().await.unwrap();
    database.migrate_with::<TheirMigrator>().await.unwrap();
    database.reader().execute_unprepared("SELECT text FROM notes").await.unwrap();
    assert_eq!(database.migrations().await.unwrap(), MigrationState::Current);
    database.close().await;
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_a_fault_without_its_url() {
    let fixture = TestDatabase::create().await;
    let mut config = fixture.config();
    // Port 1 on loopback: nobody listens there.
    config.database_url = Some("postgres://someone:hunter2@127.0.0.1:1/rolegate".into());
    let Err(refused) = Database::open(&config).await else { panic!("nobody listens there") };
    assert!(matches!(fault(&refused), Fault::NotOpened(_)));
    assert!(!format!("{refused:?} {} {refused}", fault(&refused)).contains("hunter2"));
}
