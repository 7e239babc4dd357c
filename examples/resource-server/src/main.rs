//! `resource-server ISSUER AUDIENCE LISTEN`: with Rolegate on its default address,
//! `cargo run -p resource-server -- http://127.0.0.1:4000 http://127.0.0.1:4000 127.0.0.1:4001`.

use std::error::Error;
use std::time::Duration;

use chrono::TimeDelta;
use resource_server::keys::Keys;
use resource_server::tokens::Tokens;
use resource_server::{router, schema};
use rolegate::tokens::verify::Expected;
use tokio::net::TcpListener;
use url::Url;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [issuer, audience, listen] = arguments.as_slice() else {
        return Err("usage: resource-server ISSUER AUDIENCE LISTEN".into());
    };
    let jwks = Url::parse(issuer)?.join("/.well-known/jwks.json")?;
    let expected = Expected {
        issuer: issuer.clone(),
        audience: audience.clone(),
        leeway: TimeDelta::seconds(5),
        longest_lifetime: TimeDelta::hours(1),
    };
    let tokens = Tokens { keys: Keys::new(jwks, Duration::from_secs(30))?, expected };
    let listener = TcpListener::bind(listen).await?;
    Ok(axum::serve(listener, router(schema::schema()?, tokens)).await?)
}
