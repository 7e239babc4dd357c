//! What to call a device in a list, read from its user agent.
//!
//! The user agent is whatever the client likes to claim, so this is for people who look for the session that is not
//! theirs, never for a decision. It says no more than the user agent does: no models, no versions, no guesses.

/// What a device is called that says nothing of itself.
const UNKNOWN: &str = "Unknown device";

/// The longest name of a program that is shown, in bytes.
const LONGEST: usize = 40;

/// Browsers by the product (RFC 9110 10.1.5) that only they send. All but Firefox claim to be Chrome or Safari as well,
/// so the first that is found counts.
const BROWSERS: [(&str, &str); 16] = [
    ("Edg", "Edge"),
    ("EdgA", "Edge"),
    ("EdgiOS", "Edge"),
    ("OPR", "Opera"),
    ("OPT", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Vivaldi", "Vivaldi"),
    ("YaBrowser", "Yandex Browser"),
    ("DuckDuckGo", "DuckDuckGo"),
    ("Ddg", "DuckDuckGo"),
    ("FxiOS", "Firefox"),
    ("Firefox", "Firefox"),
    ("CriOS", "Chrome"),
    ("HeadlessChrome", "Headless Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
];

/// Systems by what stands for them in the first comment. An Android also says Linux, and an iPhone Mac OS X.
const SYSTEMS: [(&str, &str); 9] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("Mac OS X", "macOS"),
    ("FreeBSD", "FreeBSD"),
    ("Linux", "Linux"),
];

/// The name of the device with this user agent: `Firefox on Linux`, `curl`, `Unknown device`. At most 60 bytes of ASCII.
pub fn name(user_agent: Option<&str>) -> String {
    let Some(text) = user_agent else { return UNKNOWN.into() };
    let Some(program) = program(text) else { return UNKNOWN.into() };
    let comment = text.split_once('(').map_or("", |(_, rest)| rest.split(')').next().unwrap_or(rest));
    match SYSTEMS.iter().find(|(sign, _)| comment.contains(sign)) {
        Some((_, system)) => format!("{program} on {system}"),
        None => program.into(),
    }
}

/// The browser, or the program that named itself first.
fn program(text: &str) -> Option<&str> {
    let first = product(text);
    if first != "Mozilla" {
        let short = first.get(..LONGEST).unwrap_or(first);
        return (!short.is_empty()).then_some(short);
    }
    let says = |sign: &str| text.split_ascii_whitespace().any(|word| product(word) == sign);
    let browser = BROWSERS.iter().find(|(sign, _)| says(sign));
    Some(browser.map_or("Unknown browser", |(_, name)| name))
}

/// The name of the product at the beginning of `text`: a token (RFC 9110 5.6.2), before its version.
fn product(text: &str) -> &str {
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    text.split(|c| !is_token(c)).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_called_what_people_call_them() {
        let webkit = "AppleWebKit/537.36 (KHTML, like Gecko)";
        for (system, products, expected) in [
            ("X11; Linux x86_64; rv:145.0", "Gecko/20100101 Firefox/145.0", "Firefox on Linux"),
            (
                "Windows NT 10.0; Win64; x64",
                &format!("{webkit} Chrome/142.0.0.0 Safari/537.36"),
                "Chrome on Windows",
            ),
            (
                "Windows NT 10.0; Win64; x64",
                &format!("{webkit} Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0"),
                "Edge on Windows",
            ),
            (
                "X11; Linux x86_64",
                &format!("{webkit} HeadlessChrome/142.0 Safari/537.36"),
                "Headless Chrome on Linux",
            ),
            (
                "X11; CrOS x86_64 14541.0.0",
                &format!("{webkit} Chrome/142.0 Safari/537.36"),
                "Chrome on ChromeOS",
            ),
            (
                "Linux; Android 10; K",
                &format!("{webkit} SamsungBrowser/28.0 Chrome/130.0 Mobile Safari/537.36"),
                "Samsung Internet on Android",
            ),
            ("Android 15; Mobile; rv:145.0", "Gecko/145.0 Firefox/145.0", "Firefox on Android"),
            (
                "Macintosh; Intel Mac OS X 10_15_7",
                "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15",
                "Safari on macOS",
            ),
            (
                "iPhone; CPU iPhone OS 18_7 like Mac OS X",
                "AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/142.0 Mobile/15E148 Safari/604.1",
                "Chrome on iPhone",
            ),
            (
                "iPad; CPU OS 18_7 like Mac OS X",
                "AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
                "Unknown browser on iPad",
            ),
            ("compatible; Somebot/2.1", "", "Unknown browser"),
        ] {
            assert_eq!(name(Some(&format!("Mozilla/5.0 ({system}) {products}"))), expected);
        }
    }

    #[test]
    fn programs_are_called_what_they_call_themselves() {
        for (user_agent, expected) in [
            ("curl/8.14.1", "curl"),
            ("python-requests/2.32.3", "python-requests"),
            ("okhttp/4.12.0", "okhttp"),
            ("Dart/3.9 (dart:io)", "Dart"),
            ("Acme/3.2 (iPhone; iOS 18.7)", "Acme on iPhone"),
            ("LinuxTool/1", "LinuxTool"),
            ("node", "node"),
        ] {
            assert_eq!(name(Some(user_agent)), expected);
        }
    }

    #[test]
    fn a_user_agent_can_put_nothing_else_into_a_name() {
        for nonsense in ["", " ", "()", "(Linux)", "/1.0", "<script>", "\u{202e}evil/1", "Mözilla"] {
            let shown = name(Some(nonsense));
            assert!(shown == UNKNOWN || shown == "M", "{nonsense:?} is called {shown:?}");
        }
        assert_eq!(name(None), UNKNOWN);
        assert_eq!(name(Some("curl<script>/8")), "curl");
        let longest = name(Some(&format!("{}/1 (Android)", "x".repeat(5_000))));
        assert_eq!(longest, format!("{} on Android", "x".repeat(LONGEST)));
        assert!(name(Some(&"Mozilla/5.0 (".repeat(1_000))).len() <= 60);
    }
}
