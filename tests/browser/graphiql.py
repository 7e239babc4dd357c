#!/usr/bin/env python3
"""GraphiQL in a real browser: its examples run, nothing leaves loopback, and no credential is left behind.

    python3 tests/browser/graphiql.py --binary target/debug/rolegate
    python3 tests/browser/graphiql.py --url http://127.0.0.1:4000/graphql

With --binary the server runs on a free port with a fresh data directory, and server and browser share a network
namespace that has nothing but loopback, where the system allows one. Needs Debian's chromium and chromium-driver.
"""

import argparse
import contextlib
import fcntl
import json
import os
import secrets
import socket
import struct
import subprocess
import sys
import tempfile
import time
import traceback
from urllib.parse import urlsplit

from webdriver import Browser, answers, free_port, stop, wait_until

# The tabs of the page, in their order.
WHAT_RUNS_HERE, SIGNUP, LOG_IN, ME = range(4)

COLLECT_VIOLATIONS = """
window.violations = [];
document.addEventListener('securitypolicyviolation', (violation) => window.violations.push(
    violation.effectiveDirective + ' ' + violation.blockedURI + ' ' + violation.sample));
"""


def main():
    options = arguments()
    if options.binary and "ONLY_LOOPBACK" not in os.environ:
        cut_the_network_off()
    if "ONLY_LOOPBACK" in os.environ:
        raise_loopback()
        say("the network is cut off but for loopback")
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as ends:
        url = options.url or start_server(options.binary, folder, ends)
        browser = Browser(os.path.join(folder, "profile"))
        ends.callback(browser.close)
        try:
            check(browser, url)
        except Exception:
            traceback.print_exc()
            path = options.screenshot or os.path.join(tempfile.gettempdir(), "graphiql-failure.png")
            browser.screenshot(path)
            say(f"FAILED, see {path}")
            for line in browser.log("browser"):
                say(f"console: {line['level']} {line['message']}")
            sys.exit(1)
        if options.screenshot:
            browser.screenshot(options.screenshot)
    say("passed")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    server = parser.add_mutually_exclusive_group(required=True)
    server.add_argument("--binary", help="start this server")
    server.add_argument("--url", help="the page of a server that runs")
    parser.add_argument("--screenshot", help="write one at the end; without this, only after a failure")
    return parser.parse_args()


def say(line):
    print(line, flush=True)


def cut_the_network_off():
    """Starts this script again in a network namespace of its own; returns only where that is not allowed."""
    probe = ["unshare", "--map-root-user", "--net"]
    with contextlib.suppress(OSError):
        if subprocess.run([*probe, "true"], capture_output=True).returncode == 0:
            environment = {**os.environ, "ONLY_LOOPBACK": "1"}
            os.execvpe(probe[0], [*probe, sys.executable, os.path.abspath(__file__), *sys.argv[1:]], environment)
    say("no network namespace here: names do not resolve, and the log of requests is checked")


def raise_loopback():
    get_flags, set_flags, up = 0x8913, 0x8914, 0x1  # SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sh22x", b"lo", 0)
        flags = struct.unpack("16sh22x", fcntl.ioctl(control, get_flags, request))[1]
        fcntl.ioctl(control, set_flags, struct.pack("16sh22x", b"lo", flags | up))


def start_server(binary, folder, ends):
    """Starts the server as a newcomer does, with no configuration but where it listens and keeps its files."""
    origin = f"127.0.0.1:{free_port()}"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ROLEGATE_")}
    environment |= {"ROLEGATE_LISTEN": origin, "ROLEGATE_DATA_DIR": os.path.join(folder, "data")}
    # In a folder of its own: a rolegate.toml or .env of this one must not count.
    server = subprocess.Popen([os.path.abspath(binary)], cwd=folder, env=environment)
    ends.callback(stop, server)

    def ready():
        assert server.poll() is None, f"the server ended with {server.returncode}"
        return answers(f"http://{origin}/health/ready")

    wait_until("the server to be ready", ready, seconds=60)
    return f"http://{origin}/graphql"


def check(browser, url):
    browser.before_each_document(COLLECT_VIOLATIONS)
    browser.open(url)
    wait_until_ready(browser)
    say("the page is ready")
    documentation_shows_the_schema(browser)
    example_runs(browser)
    credentials = sign_up_and_log_in(browser)
    nothing_secret_is_stored(browser, credentials, LOG_IN)
    header_reaches_the_server(browser, credentials)
    nothing_secret_is_stored(browser, credentials, ME)
    settings_do_not_offer_to_keep_headers(browser)
    nothing_was_violated(browser)
    browser.reload()
    wait_until_ready(browser)
    tabs_survive_a_reload(browser)
    nothing_was_violated(browser)
    nothing_left_the_origin(browser, url)


def wait_until_ready(browser):
    wait_until("the execute button", lambda: browser.count(".graphiql-execute-button"))
    wait_until("the schema", lambda: not browser.count(".graphiql-spin"))


def select_tab(browser, tab):
    browser.click(f"#graphiql-session-tab-{tab}")
    wait_until("the tab", lambda: browser.count(f"[aria-labelledby='graphiql-session-tab-{tab}']"))


def editor(browser, selector):
    return browser.run("return document.querySelector(arguments[0]).CodeMirror.getValue()", selector)


def write(browser, tool, text):
    """Writes into `variables` or `headers`."""
    browser.click(f"button[data-name={tool}]")
    place = 0 if tool == "variables" else 1
    browser.run(
        "document.querySelectorAll('.graphiql-editor-tool .CodeMirror')[arguments[0]].CodeMirror.setValue(arguments[1])",
        place,
        text,
    )


def execute(browser):
    """Presses the button and returns the answer that the result pane shows."""
    result = ".result-window .CodeMirror"
    browser.run("document.querySelector(arguments[0]).CodeMirror.setValue('')", result)
    browser.click(".graphiql-execute-button")
    shown = wait_until("an answer", lambda: not browser.count(".graphiql-spinner") and editor(browser, result))
    answer = json.loads(shown)
    assert "errors" not in answer, shown
    return answer["data"]


def documentation_shows_the_schema(browser):
    browser.click("[aria-label='Show Documentation Explorer']")
    wait_until("the root types", lambda: browser.count(".graphiql-doc-explorer-root-type"))
    browser.click("[aria-label='Hide Documentation Explorer']")
    say("the documentation shows the schema")


def example_runs(browser):
    answer = execute(browser)
    assert answer["server"]["name"], answer
    coordinates = [permission["coordinate"] for permission in answer["permissions"]]
    assert coordinates == ["Query.me", "Query.users"], answer
    say("the example runs without a token")


def sign_up_and_log_in(browser):
    """Runs both examples as a user nobody knows yet; returns everything that must not be stored."""
    email, password = f"{secrets.token_hex(8)}@example.com", secrets.token_urlsafe(18)
    select_tab(browser, SIGNUP)
    assert "ada@example.com" in editor(browser, ".graphiql-editor-tool .CodeMirror"), "the example has no variables"
    write(browser, "variables", json.dumps({"input": {"email": email, "password": password}}))
    signed_up = execute(browser)["signup"]
    assert signed_up["user"]["email"] == email, signed_up
    select_tab(browser, LOG_IN)
    write(browser, "variables", json.dumps({"input": {"identifier": email, "password": password}}))
    logged_in = execute(browser)["login"]
    say("sign-up and log-in run")
    tokens = {answer[token] for answer in (signed_up, logged_in) for token in ("accessToken", "refreshToken")}
    return {"email": email, "token": logged_in["accessToken"], "secrets": {password, *tokens}}


def header_reaches_the_server(browser, credentials):
    select_tab(browser, ME)
    browser.click("button[data-name=headers]")
    header_is_prepared(browser)
    write(browser, "headers", json.dumps({"Authorization": f"Bearer {credentials['token']}"}))
    answer = execute(browser)
    assert answer["me"]["email"] == credentials["email"], answer
    say("the header editor's token reaches the server")


def header_is_prepared(browser):
    editors = "return document.querySelectorAll('.graphiql-editor-tool .CodeMirror')[1].CodeMirror.getValue()"
    assert json.loads(browser.run(editors)) == {"Authorization": "Bearer "}, browser.run(editors)


def settings_do_not_offer_to_keep_headers(browser):
    # The dialogue also sets the one style element that the policy allows by its hash.
    browser.click("[data-value=settings]")
    text = "return document.querySelector('[role=dialog]')?.innerText"
    dialogue = wait_until("the dialogue", lambda: browser.run(text))
    assert "Theme" in dialogue and "ersist headers" not in dialogue, dialogue
    browser.click(".graphiql-dialog-close")
    wait_until("the dialogue to close", lambda: not browser.count("[role=dialog]"))


def nothing_secret_is_stored(browser, credentials, tab):
    # It stores half a second after the last change; sooner there is nothing to find.
    time.sleep(1)
    kept = browser.run("return JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    tabs = json.loads(browser.run("return sessionStorage.getItem('graphiql:tabState')"))
    assert tabs["activeTabIndex"] == tab, f"the tabs are not stored: {kept}"
    for secret in credentials["secrets"]:
        assert secret not in kept, f"a credential is stored: {kept}"
    assert browser.run("return localStorage.length") == 0, kept
    say("no token and no password is stored")


def tabs_survive_a_reload(browser):
    assert browser.count(".graphiql-tab-button") == 4
    assert "query Me" in editor(browser, ".graphiql-query-editor .CodeMirror")
    header_is_prepared(browser)
    say("the tabs survive a reload, without their headers")


def nothing_was_violated(browser):
    violations = browser.run("return window.violations")
    assert violations == [], violations
    errors = [line for line in browser.log("browser") if line["level"] == "SEVERE"]
    assert errors == [], errors
    say("no violation of the policy, no error in the console")


def nothing_left_the_origin(browser, url):
    origin = "{0.scheme}://{0.netloc}/".format(urlsplit(url))
    events = [json.loads(line["message"])["message"] for line in browser.log("performance")]
    asked = [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
    assert any("/graphiql/graphiql-" in address for address in asked), "the log of requests is empty"
    # chrome: is what Chromium's own new tab loads from itself; data: and blob: are in the page.
    sent = [address for address in asked if not address.startswith(("chrome:", "data:", "blob:"))]
    foreign = [address for address in sent if not address.startswith(origin)]
    assert foreign == [], foreign
    say(f"{len(sent)} requests, all to {origin}")


if __name__ == "__main__":
    main()
