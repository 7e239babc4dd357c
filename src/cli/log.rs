//! The log: lines on standard error, for people or for machines, and never a statement or a secret.

use std::io::{IsTerminal as _, stderr};
use std::panic::set_hook;

use tracing::Subscriber;
use tracing_subscriber::filter::{EnvFilter, FilterExt as _, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::{LogConfig, LogFormat};
use crate::error::Error;
use crate::platform::log::may_be_logged;

/// Starts logging, once for the process.
///
/// # Errors
/// [`Error::Internal`] with a sentence for the operator: a filter that cannot be read, and a second start.
pub fn start(config: &LogConfig) -> Result<(), Error> {
    let started = subscriber(config, stderr, stderr().is_terminal())?.try_init();
    started.map_err(|error| Error::internal(format!("The log cannot be started: {error}.")))?;
    log_panics();
    Ok(())
}

/// Logs where a panic was, and not its message, which may hold a value: the runtime would print it whole, between the
/// lines of the log.
fn log_panics() {
    set_hook(Box::new(|panic| {
        tracing::error!(place = panic.location().map(tracing::field::display), "a panic");
    }));
}

fn subscriber<W>(config: &LogConfig, writer: W, colours: bool) -> Result<impl Subscriber, Error>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let filter = EnvFilter::builder().parse(&config.filter).map_err(|error| {
        Error::internal(format!(
            "`log.filter` is no filter: {error}. Write `info`, or `info,rolegate=debug`."
        ))
    })?;
    let lines = tracing_subscriber::fmt::layer().with_writer(writer);
    let lines = match config.format {
        LogFormat::Text => lines.with_ansi(colours).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    Ok(tracing_subscriber::registry().with(lines.with_filter(filter.and(filter_fn(may_be_logged)))))
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("no panic while writing").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(format: LogFormat, filter: &str, speak: impl FnOnce()) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let config = LogConfig { format, filter: filter.into() };
        let Ok(subscriber) = subscriber(&config, move || writer.clone(), false) else { panic!("a filter") };
        tracing::subscriber::with_default(subscriber, speak);
        let bytes = lines.0.lock().expect("no panic while writing").clone();
        String::from_utf8(bytes).expect("UTF-8")
    }

    #[test]
    fn statements_and_what_libraries_trace_stay_out_whatever_the_filter_says() {
        let text = logged(LogFormat::Text, "trace,sqlx::query=trace", || {
            tracing::error!(target: "sqlx::query", "SELECT secret");
            tracing::warn!(target: "sea_orm::driver", "INSERT secret");
            tracing::debug!(target: "hyper::proto::h1", "authorization: secret");
            tracing::info!(target: "hyper::proto::h1", "a connection");
            tracing::trace!(target: "rolegate::http", "ours");
        });
        assert!(!text.contains("secret"), "{text}");
        assert!(text.contains("ours") && text.contains("a connection"), "{text}");
    }

    #[test]
    fn a_panic_is_logged_by_its_place_and_without_its_message() {
        let text = logged(LogFormat::Json, "info", || {
            let before = std::panic::take_hook();
            log_panics();
            let panicked = std::panic::catch_unwind(|| panic!("the password secret was refused"));
            set_hook(before);
            assert!(panicked.is_err());
        });
        assert!(text.contains(file!()) && !text.contains("secret"), "{text}");
    }

    #[test]
    fn json_is_one_object_a_line() {
        let text = logged(LogFormat::Json, "info", || {
            tracing::info!(status = 200, "answered\nin two lines");
            tracing::debug!("not asked for");
        });
        let line: serde_json::Value = serde_json::from_str(text.trim_end()).expect("one object");
        assert_eq!(line["message"], "answered\nin two lines");
        assert_eq!(line["status"], 200);
    }
}
