#!/usr/bin/env python3
"""A whole route behind a login, with a real nginx and the configuration that docs/forward-auth.md shows.

    python3 tests/forward_auth.py --binary target/debug/rolegate

The blocks of the page are taken as they stand, but for the ports and the lines about TLS. Behind nginx stands an application
that answers with the headers that reached it.
"""

import argparse
import contextlib
import http.client
import http.server
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

PASSWORD = "gravel umbrella sunset teapot"
ORIGIN = "https://app.example.com"
LOG_IN = """mutation($input: LoginInput!) { login(input: $input) { ... on SignedIn {
    accessToken session { id } user { id } } } }"""
IDENTITY = ("x-rolegate-user-id", "x-rolegate-role", "x-rolegate-session-id")
SPOOFED = {"X-Rolegate-User-Id": "spoofed", "X-Rolegate-Role": "ADMIN", "X-Rolegate-Session-Id": "spoofed",
           "X_Rolegate_Role": "ADMIN", "x-rolegate-ROLE": "ADMIN"}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    binary = os.path.abspath(parser.parse_args().binary)
    nginx = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin") or sys.exit("there is no nginx")
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as ends:
        application = start_application(ends)
        rolegate, server = start_rolegate(binary, folder, ends)
        port = start_nginx(nginx, folder, rolegate, application, ends)
        people = sign_in(binary, folder, port)
        routes_are_open_to_whom_they_should_be(port, people)
        nobody_is_who_they_say_they_are(port, people)
        a_cookie_opens_pages_and_changes_nothing_from_elsewhere(port, people)
        the_end_of_a_session_holds_at_the_next_request(port, people)
        stop(server)
        without_rolegate_nobody_gets_in(port, people)
    print("nginx lets in whom it should, and nobody else")


class Application(http.server.BaseHTTPRequestHandler):
    """Answers with the headers that reached it."""

    protocol_version = "HTTP/1.1"

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = json.dumps([[name.lower(), value] for name, value in self.headers.items()]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else body)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = answer

    def log_message(self, *arguments):
        pass


def start_application(ends):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Application)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    ends.callback(server.shutdown)
    return server.server_address[1]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def settings(folder):
    return {
        "PATH": os.environ["PATH"],
        "ROLEGATE_DATA_DIR": os.path.join(folder, "data"),
        "ROLEGATE_BEHIND_PROXY": "true",
        "ROLEGATE_PUBLIC_URL": ORIGIN,
        "ROLEGATE_TRUSTED_PROXIES": "127.0.0.1",
        "ROLEGATE_LOG__FILTER": "error",
    }


def start_rolegate(binary, folder, ends):
    port = free_port()
    environment = {**settings(folder), "ROLEGATE_LISTEN": f"127.0.0.1:{port}"}
    server = subprocess.Popen([binary], env=environment, cwd=folder, stdout=subprocess.DEVNULL)
    ends.callback(stop, server)
    wait_for(server, lambda: ask(port, "GET", "/health/ready")[0] == 200)
    return port, server


def start_nginx(nginx, folder, rolegate, application, ends):
    page = os.path.join(os.path.dirname(__file__), "..", "docs", "forward-auth.md")
    with open(page, encoding="utf-8") as file:
        blocks = dict(re.findall(r"^```nginx (\S+)\n(.*?)^```$", file.read(), re.MULTILINE | re.DOTALL))
    port, home = free_port(), os.path.join(folder, "nginx")
    os.mkdir(home)
    for name in ["rolegate-question.conf", "rolegate-identity.conf"]:
        with open(os.path.join(home, name), "w", encoding="utf-8") as file:
            file.write(blocks[name])
    site = re.sub(r"^ *ssl_.*\n", "", blocks["tested"], flags=re.MULTILINE)
    for written, here in [("listen 443 ssl;", f"listen 127.0.0.1:{port};"),
                          ("127.0.0.1:4000", f"127.0.0.1:{rolegate}"), ("127.0.0.1:8080", f"127.0.0.1:{application}")]:
        assert written in site, f"the page does not say {written}"
        site = site.replace(written, here)
    temporary = "".join(f"{kind}_temp_path {home}/{kind};\n"
                        for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"])
    user = "user root;\n" if os.geteuid() == 0 else ""
    with open(os.path.join(home, "nginx.conf"), "w", encoding="utf-8") as file:
        file.write(f"{user}daemon off;\nmaster_process off;\npid {home}/pid;\nerror_log {home}/error.log;\n"
                   f"events {{}}\nhttp {{\naccess_log off;\n{temporary}{site}}}\n")
    command = [nginx, "-p", home, "-c", os.path.join(home, "nginx.conf"), "-e", os.path.join(home, "error.log")]
    process = subprocess.Popen(command)
    ends.callback(stop, process)
    wait_for(process, lambda: ask(port, "GET", "/")[0] == 200)
    return port


def stop(process):
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(process, check):
    for _ in range(600):
        assert process.poll() is None, f"{process.args[0]} ended with {process.returncode}"
        with contextlib.suppress(OSError):
            if check():
                return
        time.sleep(0.05)
    sys.exit(f"{process.args[0]} was not ready in half a minute")


def ask(port, method, path, headers=None, body=None):
    """Status, headers in lower case, and body. A list of values sends the header so many times."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.putrequest(method, path, skip_host=True)
        connection.putheader("Host", "app.example.com")
        for name, values in (headers or {}).items():
            for value in values if isinstance(values, list) else [values]:
                connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def sign_in(binary, folder, port):
    """A client and a manager, each with a token and with a cookie, through nginx."""
    people = {}
    for role in ["client", "manager"]:
        email = f"{role}@example.com"
        create = [binary, "user", "create", "--password-stdin", "--email", email, "--role", role]
        subprocess.run(create, env=settings(folder), cwd=folder, check=True, input=PASSWORD, text=True,
                       stdout=subprocess.DEVNULL)
        person = {"role": role.upper()}
        for delivery in ["BEARER", "COOKIE"]:
            content = {"identifier": email, "password": PASSWORD, "delivery": delivery}
            body = json.dumps({"query": LOG_IN, "variables": {"input": content}}).encode()
            status, headers, text = ask(port, "POST", "/graphql", {"Content-Type": "application/json"}, body)
            assert status == 200, text
            signed_in = json.loads(text)["data"]["login"]
            person["id"] = signed_in["user"]["id"]
            if delivery == "BEARER":
                credential = {"Authorization": f"Bearer {signed_in['accessToken']}"}
            else:
                credential = {"Cookie": headers["set-cookie"].split(";")[0]}
            person[delivery] = {"headers": credential, "session": signed_in["session"]["id"]}
        people[role] = person
    return people


def assert_admitted(answer, person, delivery):
    status, _, body = answer
    assert status == 200, answer
    reached = json.loads(body)
    told = [[name, value] for name, value in reached if "rolegate" in name]
    expected = [person["id"], person["role"], person[delivery]["session"]]
    assert sorted(told) == sorted([name, value] for name, value in zip(IDENTITY, expected)), told
    assert not [name for name, _ in reached if name in ("authorization", "cookie")], reached


def assert_turned_away(answer, status):
    assert answer[0] == status, answer
    assert ("www-authenticate" in answer[1]) == (status == 401), answer
    assert not [name for name in answer[1] if name in IDENTITY], answer


def routes_are_open_to_whom_they_should_be(port, people):
    for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]:
        for delivery in ["BEARER", "COOKIE"]:
            own = {"Origin": ORIGIN}
            client, manager = ({**people[role][delivery]["headers"], **own} for role in ["client", "manager"])
            for path in ["/reports/", "/reports/2026?atLeast=CLIENT", "/reports/%2e%2e/reports/x"]:
                assert_turned_away(ask(port, method, path, client), 403)
                if method == "HEAD":
                    assert ask(port, method, path, manager)[0] == 200
                else:
                    assert_admitted(ask(port, method, path, manager), people["manager"], delivery)
                    assert_admitted(ask(port, method, "/account/", client), people["client"], delivery)
        for path in ["/reports/", "/account/"]:
            assert_turned_away(ask(port, method, path), 401)
            assert_turned_away(ask(port, method, path, {"Authorization": "Bearer not.a.token"}), 401)
            assert_turned_away(ask(port, method, path, {"Cookie": "__Host-rolegate=stale", "Origin": ORIGIN}), 401)
    with_body = ask(port, "POST", "/reports/", people["manager"]["BEARER"]["headers"], b"x" * 100_000)
    assert_admitted(with_body, people["manager"], "BEARER")
    for path in ["/_may-client", "/_may-manager", "/forward-auth/../_may-client"]:
        assert ask(port, "GET", path, people["manager"]["BEARER"]["headers"])[0] == 404, path


def nobody_is_who_they_say_they_are(port, people):
    twice = {name: [value, value] for name, value in SPOOFED.items()}
    for spoofed in [SPOOFED, twice]:
        assert_turned_away(ask(port, "GET", "/reports/", spoofed), 401)
        client = people["client"]["BEARER"]["headers"]
        assert_turned_away(ask(port, "GET", "/reports/", {**spoofed, **client}), 403)
        assert_admitted(ask(port, "GET", "/account/", {**spoofed, **client}), people["client"], "BEARER")
        status, _, body = ask(port, "GET", "/", spoofed)
        assert status == 200 and b"olegate" not in body, body


def a_cookie_opens_pages_and_changes_nothing_from_elsewhere(port, people):
    cookie, manager = people["manager"]["COOKIE"]["headers"], people["manager"]
    for opened in [{}, {"Sec-Fetch-Site": "cross-site"}]:
        assert_admitted(ask(port, "GET", "/reports/", {**cookie, **opened}), manager, "COOKIE")
    for foreign in [{}, {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
                    {"X-Forwarded-Method": "GET"}, {"X-Forwarded-Method": "GET", "Origin": "https://evil.example"}]:
        assert_turned_away(ask(port, "POST", "/reports/", {**cookie, **foreign}), 403)
    assert_turned_away(ask(port, "GET", "/reports/", {**cookie, "Origin": "https://evil.example"}), 403)
    both = {**cookie, **people["client"]["BEARER"]["headers"]}
    assert_turned_away(ask(port, "GET", "/reports/", both), 403)


def the_end_of_a_session_holds_at_the_next_request(port, people):
    token = people["manager"]["BEARER"]["headers"]
    log_out = json.dumps({"query": "mutation { logout { id } }"}).encode()
    assert ask(port, "POST", "/graphql", {**token, "Content-Type": "application/json"}, log_out)[0] == 200
    assert_turned_away(ask(port, "GET", "/reports/", token), 401)
    cookie = people["manager"]["COOKIE"]["headers"]
    assert_admitted(ask(port, "GET", "/reports/", cookie), people["manager"], "COOKIE")


def without_rolegate_nobody_gets_in(port, people):
    for credential in ["BEARER", "COOKIE"]:
        status = ask(port, "GET", "/account/", people["client"][credential]["headers"])[0]
        assert status in (500, 502), status
    assert ask(port, "GET", "/")[0] == 200


if __name__ == "__main__":
    main()
