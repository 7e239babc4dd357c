//! The storefront, on <http://127.0.0.1:4000/graphql>: `cargo run -p storefront`. All of Rolegate's settings hold here too.

use std::error::Error;
use std::io::{Write as _, stdout};

use rolegate::cli::log;
use rolegate::config::Config;
use rolegate::config::load::Sources;
use rolegate::http::serve::stop_signal;
use rolegate::server::Server;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let config = Config::load(&Sources::of_process(None, Vec::new()))?.config;
    log::start(&config.log)?;
    let server = Server::start(config).await?;
    server.app.database.migrate_with::<storefront::Migrator>().await?;
    let schema = storefront::schema(server.app.clone())?;
    let stop = stop_signal()?;
    writeln!(stdout(), "The storefront is open: http://{}/graphql", server.address)?;
    server.run(schema, stop).await;
    Ok(())
}
