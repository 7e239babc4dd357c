#!/usr/bin/env python3
"""Holds the programs in examples/verify to what they promise, against a real server, with every algorithm.

Each accepts a token of the server, and refuses one that was altered, one that has expired, one for another audience, and
one that some other Rolegate has signed. The expired and the foreign one are signed by the very same key: the server is
started three times on one database, with a lifetime of a second, with another audience, and as it should be.

    python3 tests/clients/verify.py --binary target/debug/rolegate --rust target/debug/verify [--python /usr/bin/python3]

`npm --prefix examples/verify/node ci` goes before, and PyJWT with cryptography must be there.
"""

import argparse
import base64
import json
import os
import pathlib
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples" / "verify"
ALL = ["ES256", "EdDSA", "RS256", "HS256"]
# More than the leeway of every example.
LEEWAY = 6
PASSWORD = "gravel umbrella sunset teapot"
SIGN_UP = "mutation($i: SignupInput!) { signup(input: $i) { ... on SignedIn { accessToken user { id } } } }"
LOG_IN = "mutation($i: LoginInput!) { login(input: $i) { ... on SignedIn { accessToken user { id } } } }"


class Server:
    """A server that ends with its block."""

    def __init__(self, binary, directory, port, environment):
        self.origin = f"http://127.0.0.1:{port}"
        settings = {
            "ROLEGATE_DATA_DIR": directory,
            "ROLEGATE_LISTEN": f"127.0.0.1:{port}",
            "PATH": os.environ["PATH"],
            **environment,
        }
        self.log = open(os.path.join(directory, "log"), "ab")
        self.process = subprocess.Popen([binary], env=settings, cwd=directory, stdout=self.log, stderr=self.log)

    def __enter__(self):
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{self.origin}/health/ready", timeout=5)
                return self
            except OSError:
                if self.process.poll() is not None:
                    sys.exit(f"the server stopped: {pathlib.Path(self.log.name).read_text()}")
                time.sleep(0.1)
        sys.exit("the server is not ready")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.log.close()

    def ask(self, query, **variables):
        body = json.dumps({"query": query, "variables": {"i": variables}}).encode()
        request = urllib.request.Request(f"{self.origin}/graphql", body, {"content-type": "application/json"})
        answer = json.load(urllib.request.urlopen(request, timeout=30))
        (signed_in,) = answer["data"].values()
        return signed_in


def free_port():
    with socket.socket() as candidate:
        candidate.bind(("127.0.0.1", 0))
        return candidate.getsockname()[1]


def part(token, number):
    text = token.split(".")[number]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def encoded(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def forgeries(token):
    """What somebody makes of a token who has no key."""
    head, body, signature = token.split(".")
    yield "altered claims", ".".join([head, encoded({**part(token, 1), "role": "ADMIN"}), signature])
    flipped = "A" if signature[10] != "A" else "B"
    yield "altered signature", ".".join([head, body, signature[:10] + flipped + signature[11:]])
    yield "unsigned", ".".join([encoded({**part(token, 0), "alg": "none"}), body, ""])
    yield "another type", ".".join([encoded({**part(token, 0), "typ": "JWT"}), body, signature])
    yield "no token", "x"


def run(command, environment, token):
    outcome = subprocess.run(
        command, env={**os.environ, **environment}, input=token, capture_output=True, text=True, timeout=120
    )
    return outcome.returncode, outcome.stdout.strip(), outcome.stderr.strip()


def hold(programs, binary, algorithm):
    port, secret = free_port(), secrets.token_urlsafe(32)
    settings = {"ROLEGATE_TOKENS__ALGORITHM": algorithm}
    if algorithm == "HS256":
        settings["ROLEGATE_TOKENS__HS256_SECRET"] = secret
    user = {"identifier": "ada@example.com", "password": PASSWORD}
    with tempfile.TemporaryDirectory() as directory, tempfile.TemporaryDirectory() as elsewhere:
        brief = {**settings, "ROLEGATE_TOKENS__ACCESS_TOKEN_LIFETIME": "1s"}
        with Server(binary, directory, port, brief) as server:
            expired = server.ask(SIGN_UP, email="ada@example.com", password=PASSWORD)["accessToken"]
            signed_at = time.monotonic()
        with Server(binary, directory, port, {**settings, "ROLEGATE_TOKENS__AUDIENCE": "https://other.example"}) as server:
            foreign = server.ask(LOG_IN, **user)["accessToken"]
        # The same kid in the header would find our key; its signature is another's.
        other = {**settings, "ROLEGATE_TOKENS__HS256_SECRET": secrets.token_urlsafe(32)}
        with Server(binary, elsewhere, port, other if algorithm == "HS256" else settings) as server:
            stranger = server.ask(SIGN_UP, email="ada@example.com", password=PASSWORD)["accessToken"]
        with Server(binary, directory, port, settings) as server:
            mine = server.ask(LOG_IN, **user)
            good, subject = mine["accessToken"], mine["user"]["id"]
            assert part(good, 0)["alg"] == algorithm, part(good, 0)
            assert part(good, 0)["kid"] == part(expired, 0)["kid"] == part(foreign, 0)["kid"], "one key"
            renamed = ".".join([encoded({**part(stranger, 0), "kid": part(good, 0)["kid"]}), *stranger.split(".")[1:]])
            bad = [*forgeries(good), ("expired", expired), ("for another audience", foreign)]
            bad += [("another server's", stranger), ("another server's under our kid", renamed)]
            time.sleep(max(0, signed_at + 1 + LEEWAY - time.monotonic()))
            environment = {
                "JWKS_URL": f"{server.origin}/.well-known/jwks.json",
                "ISSUER": server.origin,
                "AUDIENCE": server.origin,
                "ALGORITHM": algorithm,
                "HS256_SECRET": secret,
            }
            for name, (command, algorithms) in programs.items():
                if algorithm not in algorithms:
                    continue
                code, out, err = run(command, environment, good)
                assert code == 0 and json.loads(out)["sub"] == subject, f"{name} refuses a good token: {err}"
                for why, token in bad:
                    code, out, err = run(command, environment, token)
                    told = err.splitlines()[-1] if err else ""
                    assert code == 1 and not out and told.startswith("refused: "), f"{name}, {why}: {code} {out} {err}"
                print(f"{algorithm}: {name} accepts a good token and refuses {len(bad)} others", flush=True)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--binary", required=True, type=os.path.abspath)
    arguments.add_argument("--rust", required=True, type=os.path.abspath)
    arguments.add_argument("--python", default=sys.executable)
    arguments = arguments.parse_args()
    programs = {
        "passport-jwt": (["node", EXAMPLES / "node/passport-jwt.mjs"], ["ES256", "RS256", "HS256"]),
        "jose": (["node", EXAMPLES / "node/jose.mjs"], ALL),
        "PyJWT": ([arguments.python, EXAMPLES / "python/pyjwt.py"], ALL),
        "jsonwebtoken": ([arguments.rust], ALL),
    }
    for algorithm in ALL:
        hold(programs, arguments.binary, algorithm)


if __name__ == "__main__":
    main()
