//! Who can reach the server, and whether what they send can be read on the way.

use url::{Host, Url};

use crate::config::check::{Problem, is_domain};
use crate::config::{Config, Network};

/// What is wrong with it: keys and the rests of their sentences.
pub(super) fn problems(config: &Config) -> Vec<Problem> {
    let mut problems = Vec::new();
    if !config.listen.ip().is_loopback() && !config.behind_proxy && config.tls.files().is_none() {
        problems.push((
            "listen",
            "is beyond this machine, where passwords would travel unencrypted: set `tls.certificate` and \
             `tls.private_key`, or `behind_proxy = true` if a proxy that terminates TLS stands in front, or listen on \
             127.0.0.1."
                .into(),
        ));
    }
    let tls = &config.tls;
    let pair = [
        ("tls.certificate", &tls.certificate, "tls.private_key", &tls.private_key),
        ("tls.private_key", &tls.private_key, "tls.certificate", &tls.certificate),
    ];
    for (key, file, other, other_file) in pair {
        if file.is_some() && other_file.is_none() {
            problems.push((key, format!("is of no use alone: set `{other}` too, or remove it.")));
        }
    }
    if !config.trusted_proxies.is_empty() && !config.behind_proxy {
        problems.push((
            "trusted_proxies",
            "names proxies although none stands in front: set `behind_proxy = true`, or remove it.".into(),
        ));
    }
    if config.trusted_proxies.iter().any(Network::is_everywhere) {
        problems.push((
            "trusted_proxies",
            "trusts every address, so clients could claim any: name the proxies' networks alone.".into(),
        ));
    }
    problems.extend(public_url(config).map(|sentence| ("public_url", sentence.to_owned())));
    problems.extend(cookie_domain(config).map(|sentence| ("http.cookie_domain", sentence.to_owned())));
    problems
}

/// A URL on another host than the one that is listened on means that something forwards to us, whatever `listen` says:
/// without `behind_proxy` such a server would show GraphiQL and introspection to the world.
fn public_url(config: &Config) -> Option<&'static str> {
    let is_tls = config.tls.files().is_some();
    let Some(url) = &config.public_url else {
        return if config.behind_proxy {
            Some("is not set: with `behind_proxy` it must be the https URL at which clients reach the proxy.")
        } else if is_tls && !config.is_loopback_only() {
            Some(
                "is not set: beyond this machine it must be the https URL at which clients reach this server.",
            )
        } else {
            None
        };
    };
    let has_host = matches!(url.scheme(), "http" | "https") && url.has_host();
    if !has_host {
        Some("must begin with `http://` or `https://` and name a host.")
    } else if !url.username().is_empty() || url.password().is_some() {
        Some("must not hold a user name or a password: remove what stands before the @.")
    } else if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        Some("must be an origin alone: remove the path, the query and the fragment.")
    } else if config.behind_proxy && url.scheme() != "https" {
        Some("must begin with `https://` when `behind_proxy` is set.")
    } else if is_tls && url.scheme() != "https" {
        Some("must begin with `https://` when `tls.certificate` is set.")
    } else if config.is_loopback_only() && !is_this_machine(url) {
        Some("is on another host, so something forwards to this server: set `behind_proxy = true`.")
    } else {
        None
    }
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// A browser drops a cookie whose domain its host is not in (RFC 6265 5.3), and one that is not `Secure`: everybody would
/// sign in and find themselves signed out. Of domains under which strangers register, such as `co.uk`, only browsers have
/// the list; they drop those cookies too.
fn cookie_domain(config: &Config) -> Option<&'static str> {
    let domain = config.http.cookie_domain.as_deref()?;
    if !is_domain(domain) || idna::domain_to_ascii_strict(domain).ok().as_deref() != Some(domain) {
        return Some(
            "must be a domain of at least two labels, in lower case and ASCII, such as `example.com`.",
        );
    }
    let url = config.public_url.as_ref().filter(|url| url.scheme() == "https");
    let Some(Host::Domain(host)) = url.and_then(Url::host) else {
        return Some("needs a `public_url` that begins with `https://` and names a host of this domain.");
    };
    let is_within = host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    (!is_within).then_some("must be the domain of `public_url`'s host, or one above it.")
}
