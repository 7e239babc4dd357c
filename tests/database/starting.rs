//! Starting where migrating is left to the operator.

use rolegate::app::App;
use rolegate::config::Config;
use rolegate::error::Error;
use rolegate::platform::clock::Clock;
use rolegate::platform::database::{Database, Fault};
use rolegate::platform::seal::fresh_key;
use sea_orm::ConnectionTrait as _;

use crate::fault;
use crate::fixture::TestDatabase;

async fn refusal(config: &Config) -> Error {
    App::start(config.clone(), Clock::System).await.err().unwrap()
}

#[tokio::test]
async fn a_database_that_is_not_up_to_date_or_too_new_is_refused_and_left_alone() {
    let fixture = TestDatabase::create().await;
    let mut config = fixture.config();
    config.database.migrate = false;
    config.master_key = Some(fresh_key().unwrap().to_string().into());
    for _ in 0..2 {
        let refused = refusal(&config).await;
        assert!(matches!(fault(&refused), Fault::Pending(names) if names[0] == "m0001_users"), "{refused:?}");
    }
    let database = Database::open(&config).await.unwrap();
    database.migrate().await.unwrap();
    App::start(config.clone(), Clock::System).await.expect("it fits").stop().await;

    let newer = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_future', 0)";
    database.write(async |tx| Ok(tx.execute_unprepared(newer).await.map(drop)?)).await.unwrap();
    database.close().await;
    let refused = refusal(&config).await;
    assert!(matches!(fault(&refused), Fault::Newer(names) if names == &["m9999_future"]), "{refused:?}");
}
