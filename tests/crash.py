#!/usr/bin/env python3
"""Kills the server again and again in the middle of its work and holds it to every answer that it gave.

Each round: sign-ups and refreshes from several threads, `kill -9` at a random moment, a new start, and then
  * everybody whose sign-up was answered can log in,
  * every session's last refresh token works: the one that was answered, or the one that was on its way when the
    server died (whose successor the grace gives).

    python3 tests/crash.py --binary target/debug/rolegate [--rounds 20] [--seed 1]

`ROLEGATE_TEST_DATABASE_URL` has it use that PostgreSQL database (which it fills); else SQLite in a temporary directory.
"""

import argparse
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

PASSWORD = "gravel umbrella sunset teapot"
SIGN_UP = """mutation($email: String!, $password: String!) {
  signup(input: { email: $email, password: $password }) { ... on SignedIn { refreshToken } } }"""
LOG_IN = """mutation($email: String!, $password: String!) {
  login(input: { identifier: $email, password: $password }) { ... on SignedIn { user { email } } } }"""
REFRESH = "mutation($token: String!) { refresh(input: { refreshToken: $token }) { refreshToken } }"


class Server:
    """The binary, on a free loopback port."""

    def __init__(self, binary, directory):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.binary, self.directory, self.process = binary, directory, None
        self.key = subprocess.run([binary, "secret"], check=True, capture_output=True, text=True).stdout.strip()

    def start(self):
        environment = {
            "PATH": os.environ["PATH"],
            "ROLEGATE_LISTEN": f"127.0.0.1:{self.port}",
            "ROLEGATE_DATA_DIR": self.directory,
            "ROLEGATE_LOG__FILTER": "error",
        }
        database = os.environ.get("ROLEGATE_TEST_DATABASE_URL")
        if database:
            environment["ROLEGATE_DATABASE_URL"] = database
            environment["ROLEGATE_MASTER_KEY"] = self.key
        self.process = subprocess.Popen([self.binary], env=environment, cwd=self.directory, stdout=subprocess.DEVNULL)
        for _ in range(200):
            try:
                if self.request("GET", "/health/ready")[0] == 200:
                    return
            except OSError:
                pass
            if self.process.poll() is not None:
                sys.exit(f"the server did not start again: it ended with {self.process.returncode}")
            time.sleep(0.05)
        sys.exit("the server was not ready within ten seconds")

    def kill(self):
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def request(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def graphql(self, query, **variables):
        """The answer, or None where there was none: then nothing was promised."""
        try:
            status, body = self.request("POST", "/graphql", json.dumps({"query": query, "variables": variables}))
            return json.loads(body) if status == 200 else {"status": status, "body": body.decode()}
        except (OSError, http.client.HTTPException, ValueError):
            return None


def sign_up_until_dead(server, names, acknowledged, surprises):
    for name in names:
        answer = server.graphql(SIGN_UP, email=name, password=PASSWORD)
        if answer is None:
            return
        if not answer.get("data"):
            return surprises.append(answer)
        acknowledged[name] = answer["data"]["signup"]["refreshToken"]


def refresh_until_dead(server, holder, surprises):
    while True:
        answer = server.graphql(REFRESH, token=holder["token"])
        if answer is None:
            return
        if not answer.get("data"):
            return surprises.append(answer)
        holder["token"] = answer["data"]["refresh"]["refreshToken"]
        holder["count"] += 1


def one_round(server, number, chance):
    sessions = []
    for seat in range(4):
        answer = server.graphql(SIGN_UP, email=f"holder-{number}-{seat}-{chance.getrandbits(40)}@example.test", password=PASSWORD)
        sessions.append({"token": answer["data"]["signup"]["refreshToken"], "count": 0})
    acknowledged, surprises = {}, []
    stamp = chance.getrandbits(40)
    workers = [threading.Thread(target=refresh_until_dead, args=(server, session, surprises)) for session in sessions]
    for seat in range(4):
        names = [f"user-{number}-{seat}-{stamp}-{i}@example.test" for i in range(1_000)]
        workers.append(threading.Thread(target=sign_up_until_dead, args=(server, names, acknowledged, surprises)))
    for worker in workers:
        worker.start()
    time.sleep(chance.uniform(0.2, 1.2))
    server.kill()
    for worker in workers:
        worker.join()
    if surprises:
        sys.exit(f"round {number}: the server refused what it had no reason to refuse: {surprises}")
    server.start()
    for session in sessions:
        answer = server.graphql(REFRESH, token=session["token"])
        if not (answer and answer.get("data")):
            sys.exit(f"round {number}: an acknowledged refresh token is dead after the crash: {answer}")
    for name, token in acknowledged.items():
        answer = server.graphql(LOG_IN, email=name, password=PASSWORD)
        if not (answer and answer.get("data") and answer["data"]["login"]["user"]["email"] == name):
            sys.exit(f"round {number}: {name} signed up, was told so, and cannot log in: {answer}")
        answer = server.graphql(REFRESH, token=token)
        if not (answer and answer.get("data")):
            sys.exit(f"round {number}: the first refresh token of {name} is dead: {answer}")
    return len(acknowledged), sum(session["count"] for session in sessions)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    signups = refreshes = 0
    with tempfile.TemporaryDirectory() as directory:
        server = Server(os.path.abspath(arguments.binary), directory)
        server.start()
        try:
            for number in range(arguments.rounds):
                made, refreshed = one_round(server, number, chance)
                signups, refreshes = signups + made, refreshes + refreshed
        finally:
            if server.process.poll() is None:
                server.kill()
    if not (signups and refreshes):
        sys.exit("nothing was acknowledged, so nothing was shown")
    print(f"killed {arguments.rounds} times (seed {arguments.seed}): "
          f"{signups} acknowledged sign-ups and {refreshes} acknowledged refreshes, none lost")


if __name__ == "__main__":
    main()
