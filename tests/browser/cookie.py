#!/usr/bin/env python3
"""A session in a cookie, in a real browser: it outlives reloads, access tokens and the browser itself, and no script ever
sees a credential.

    python3 tests/browser/cookie.py --binary target/debug/rolegate

Twice: over plain HTTP on loopback, as one develops, and over TLS that the server terminates itself. Needs Debian's chromium,
chromium-driver and openssl.
"""

import argparse
import contextlib
import json
import os
import subprocess
import ssl
import sys
import tempfile
import time
import urllib.request

from webdriver import Browser, free_port, stop, wait_until

EMAIL, PASSWORD = "ada@example.com", "a long walk by the river"
SIGN_UP = """mutation($input: SignupInput!) { signup(input: $input) { ... on SignedIn {
    accessToken accessTokenExpiresAt refreshToken session { id } user { email } } } }"""
LOG_IN = """mutation($input: LoginInput!) { login(input: $input) { ... on SignedIn {
    accessToken accessTokenExpiresAt refreshToken session { id current } user { email } } } }"""
ME = "{ me { email } }"
LOG_OUT = "mutation { logout { id } }"

# Asks as a page's own script does, and hands back all that such a script can see of the answer.
FETCH = """
const [document_, variables, headers] = arguments;
const answer = await fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query: document_, variables }),
});
return { status: answer.status, headers: [...answer.headers], body: await answer.json() };
"""
# All that a script of the page can read.
VISIBLE = """
const databases = await indexedDB.databases();
return JSON.stringify([document.cookie, { ...localStorage }, { ...sessionStorage }, databases,
    document.documentElement.outerHTML, performance.getEntries().map((entry) => entry.name)]);
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    binary = os.path.abspath(parser.parse_args().binary)
    for scheme in ["http", "https"]:
        with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as ends:
            origin = start_server(binary, folder, ends, scheme)
            check(origin, os.path.join(folder, "profile"))
        print(f"passed over {scheme}", flush=True)


def start_server(binary, folder, ends, scheme):
    listen = f"127.0.0.1:{free_port()}"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ROLEGATE_")}
    environment |= {
        "ROLEGATE_LISTEN": listen,
        "ROLEGATE_DATA_DIR": os.path.join(folder, "data"),
        "ROLEGATE_TOKENS__ACCESS_TOKEN_LIFETIME": "1s",
        "ROLEGATE_TOKENS__LEEWAY": "0s",
    }
    if scheme == "https":
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
             "-keyout", "key.pem", "-out", "certificate.pem"],
            cwd=folder, check=True, capture_output=True,
        )
        environment |= {
            "ROLEGATE_TLS__CERTIFICATE": os.path.join(folder, "certificate.pem"),
            "ROLEGATE_TLS__PRIVATE_KEY": os.path.join(folder, "key.pem"),
        }
    server = subprocess.Popen([binary], cwd=folder, env=environment)
    ends.callback(stop, server)
    anything_goes = ssl._create_unverified_context()
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=anything_goes)
    )

    def ready():
        assert server.poll() is None, f"the server ended with {server.returncode}"
        try:
            with opener.open(f"{scheme}://{listen}/health/ready", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False

    wait_until("the server to be ready", ready, seconds=60)
    return f"{scheme}://{listen}"


def check(origin, profile):
    browser = Browser(profile, accepts_any_certificate=True)
    try:
        browser.open(f"{origin}/graphql")
        signed_up = ask(browser, SIGN_UP, {"input": {"email": EMAIL, "password": PASSWORD}})["data"]["signup"]
        short_lived = {"authorization": f"Bearer {signed_up['accessToken']}"}
        assert ask(browser, ME)["errors"][0]["extensions"]["reason"] == "TOKEN_MISSING"
        sign_in(browser, origin)
        assert email(browser) == EMAIL
        browser.reload()
        assert email(browser) == EMAIL
        wait_until("the access token to expire", lambda: reason(ask(browser, ME, {}, short_lived)) == "TOKEN_EXPIRED")
        assert email(browser) == EMAIL
        browser.reload()
        assert email(browser) == EMAIL
        secret = cookie_of(browser)["value"]
        nothing_is_visible(browser, secret)
        links_from_elsewhere(browser, origin)
    finally:
        # Chromium writes cookies down half a minute later, or when it is closed.
        browser.close()
    browser = Browser(profile, accepts_any_certificate=True)
    try:
        browser.open(f"{origin}/graphql")
        assert email(browser) == EMAIL, "the cookie did not survive the browser's restart"
        left = ask(browser, LOG_OUT)
        assert left["data"]["logout"]["id"], left
        assert cookie_of(browser) is None, "the cookie is still there"
        assert reason(ask(browser, ME)) == "TOKEN_MISSING"
        browser.call("Network.setCookie", {
            "name": "__Host-rolegate", "value": secret, "url": origin, "path": "/", "secure": True, "httpOnly": True,
        })
        assert reason(ask(browser, ME)) == "SESSION_ENDED", "what was logged out counts for nothing"
        nothing_is_visible(browser, secret)
    finally:
        browser.close()


def ask(browser, document, variables=None, headers=None):
    answer = browser.run(FETCH, document, variables or {}, headers or {})
    names = [name for name, _ in answer["headers"]]
    assert "content-type" in names and "set-cookie" not in names, names
    return answer["body"]


def reason(answer):
    return answer["errors"][0]["extensions"].get("reason") if "errors" in answer else None


def email(browser):
    answer = ask(browser, ME)
    return answer["data"]["me"]["email"] if "errors" not in answer else answer


def cookie_of(browser):
    """The cookie as the browser keeps it, out of reach of scripts."""
    found = [one for one in browser.call("Network.getCookies")["cookies"] if "rolegate" in one["name"]]
    assert len(found) < 2, found
    return found[0] if found else None


def sign_in(browser, origin):
    answer = ask(browser, LOG_IN, {"input": {"identifier": EMAIL, "password": PASSWORD, "delivery": "COOKIE"}})
    signed_in = answer["data"]["login"]
    assert signed_in["user"]["email"] == EMAIL and signed_in["session"]["current"], answer
    tokens = [signed_in[name] for name in ("accessToken", "accessTokenExpiresAt", "refreshToken")]
    assert tokens == [None] * 3, answer
    cookie = cookie_of(browser)
    assert cookie and cookie["name"] == "__Host-rolegate", f"{origin}: the browser took no cookie: {cookie}"
    kept = {name: cookie[name] for name in ("httpOnly", "secure", "session", "path", "sameSite", "domain")}
    assert kept == {
        "httpOnly": True, "secure": True, "session": False, "path": "/", "sameSite": "Lax", "domain": "127.0.0.1",
    }, kept
    assert abs(cookie["expires"] - time.time() - 30 * 86_400) < 300, cookie["expires"]
    secret = cookie["value"]
    assert secret not in json.dumps(answer) and secret.split(".")[1] not in json.dumps(answer)
    nothing_is_visible(browser, secret)


def nothing_is_visible(browser, secret):
    visible = browser.run(VISIBLE)
    assert "/graphql" in visible, "nothing was looked at"
    for part in [secret, secret.split(".")[1], "__Host-rolegate"]:
        assert part not in visible, f"a script can see {part}"
    assert browser.run("return document.cookie") == ""


def links_from_elsewhere(browser, origin):
    """A page of another site asks with whatever the browser gives it."""
    elsewhere = "data:text/html,<title>elsewhere</title>"
    browser.open(elsewhere)
    browser.run("""
        const form = document.createElement('form');
        form.method = 'post';
        form.action = arguments[0];
        document.body.append(form);
        form.submit();
    """, f"{origin}/graphql?query=mutation%7Blogout%7Bid%7D%7D")
    wait_until("the form to arrive", lambda: browser.run("return location.href").startswith(origin))
    browser.open(elsewhere)
    browser.run("location.href = arguments[0]", f"{origin}/graphql?query=mutation%7Blogout%7Bid%7D%7D")
    wait_until("the link to arrive", lambda: browser.run("return location.href").startswith(origin))
    browser.open(f"{origin}/graphql")
    assert email(browser) == EMAIL, "another site's page has logged the user out"


if __name__ == "__main__":
    sys.exit(main())
