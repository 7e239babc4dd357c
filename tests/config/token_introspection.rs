//! Who may introspect, in the configuration.

use crate::set;

#[test]
fn who_may_introspect_has_a_name_and_a_long_secret_or_a_network_that_says_something() {
    let secret = "q3VvJ0r7Yk2mWl8xT1cZb5nHs9dEaG4f";
    let clients = |clients: &str| set("introspection.clients", clients);
    let loaded = clients(&format!("orders:{secret},billing:{secret}")).load();
    let shown =
        loaded.effective().into_iter().find(|row| row.key == "introspection.clients").expect("the key");
    assert_eq!(shown.value.to_string(), r#"["orders:***","billing:***"]"#);
    assert!(!format!("{:?}", loaded.config).contains(secret));
    for wrong in [
        secret,
        &secret[1..],
        &format!("orders:{}", &secret[1..]),
        &format!(":{secret}"),
        &format!("a b:{secret}"),
        &format!("orders:{secret}%"),
    ] {
        insta::allow_duplicates! {
            insta::assert_snapshot!(clients(wrong).refused(), @"`introspection.clients` (--set) must be a list of `name:secret`, each secret as `rolegate secret` prints it.");
        }
    }
    insta::assert_snapshot!(clients("orders:change-me-change-me-change-me-please").refused(), @"`introspection.clients` (--set) names a service whose secret is one that can be guessed: use what `rolegate secret` prints.");
    insta::assert_snapshot!(clients(&format!("a:{secret},a:{secret}x")).refused(), @"`introspection.clients` (--set) has a name twice: give each service its own.");
    insta::assert_snapshot!(set("introspection.networks", "::/0").refused(), @"`introspection.networks` (--set) lets everybody ask about everybody's tokens: name your services' networks alone.");
    let behind = || {
        let setup =
            set("introspection.networks", "10.0.0.0/8").flag("--behind-proxy", "behind_proxy", "true");
        setup.flag("--public-url", "public_url", "https://auth.example.com")
    };
    insta::assert_snapshot!(behind().refused(), @"`introspection.networks` (--set) cannot be told apart behind a proxy, whose address all requests have: name it in `trusted_proxies`, or use `introspection.clients`.");
    behind().flag("--set", "trusted_proxies", "10.0.0.7").load();
}
