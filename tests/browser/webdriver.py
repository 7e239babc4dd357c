"""The few WebDriver commands that the browser tests need, over chromedriver. Python's standard library only."""

import base64
import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request

# Never through a proxy of the machine: everything here is on loopback.
HTTP = urllib.request.build_opener(urllib.request.ProxyHandler({}))
# The key under which the protocol hides an element's id (WebDriver, section 12, "web element identifier").
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(what, check, seconds=20):
    """Returns the first true answer of `check`; raises when there is none in time."""
    deadline = time.monotonic() + seconds
    while True:
        answer = check()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s in vain: {what}")
        time.sleep(0.05)


def answers(url):
    try:
        with HTTP.open(url, timeout=2) as response:
            return response.status == 200
    except OSError:
        return False


def stop(process):
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Browser:
    """Headless Chromium with a profile of its own, which resolves no name but loopback's."""

    def __init__(self, profile, chromedriver="chromedriver", accepts_any_certificate=False):
        port = free_port()
        self.driver = subprocess.Popen([chromedriver, f"--port={port}", "--log-level=SEVERE"])
        self.session = None
        try:
            self.address = f"http://127.0.0.1:{port}"
            wait_until("chromedriver", lambda: self._driver_runs() and answers(f"{self.address}/status"))
            self.session = self._call("POST", "/session", self._capabilities(profile, accepts_any_certificate))["sessionId"]
        except BaseException:
            self.close()
            raise

    @staticmethod
    def _capabilities(profile, accepts_any_certificate):
        arguments = [
            "--headless=new",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            "--no-proxy-server",
            "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
            "--window-size=1400,900",
            f"--user-data-dir={profile}",
        ]
        if os.geteuid() == 0:
            arguments.append("--no-sandbox")
        return {
            "capabilities": {
                "alwaysMatch": {
                    "browserName": "chrome",
                    "acceptInsecureCerts": accepts_any_certificate,
                    "goog:chromeOptions": {"args": arguments},
                    "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
                }
            }
        }

    def _driver_runs(self):
        if self.driver.poll() is not None:
            raise AssertionError(f"chromedriver ended with {self.driver.returncode}")
        return True

    def _call(self, method, path, body=None):
        if self.session:
            path = f"/session/{self.session}{path}"
        content = None if method != "POST" else json.dumps(body or {}).encode()
        request = urllib.request.Request(self.address + path, content, method=method)
        request.add_header("Content-Type", "application/json")
        try:
            with HTTP.open(request, timeout=60) as response:
                return json.load(response)["value"]
        except urllib.error.HTTPError as refused:
            raise AssertionError(f"{method} {path}: {json.load(refused)['value']['message']}") from None

    def close(self):
        if self.session:
            try:
                self._call("DELETE", "")
            except (OSError, AssertionError):
                pass  # The driver is ended below in any case.
        stop(self.driver)

    def before_each_document(self, script):
        """Runs `script` in every new document, before the page's own."""
        self.call("Page.addScriptToEvaluateOnNewDocument", {"source": script})

    def call(self, command, parameters=None):
        """A command of the DevTools protocol, for what WebDriver has no word for."""
        return self._call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters or {}})

    def open(self, url):
        self._call("POST", "/url", {"url": url})

    def reload(self):
        self._call("POST", "/refresh")

    def run(self, script, *arguments):
        """The value of a function body; `arguments` are its `arguments`."""
        return self._call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def count(self, selector):
        return self.run("return document.querySelectorAll(arguments[0]).length", selector)

    def click(self, selector):
        """A real click: it fails when something lies over the element."""
        wait_until(selector, lambda: self.count(selector))
        found = self._call("POST", "/element", {"using": "css selector", "value": selector})
        self._call("POST", f"/element/{found[ELEMENT]}/click")

    def log(self, kind):
        """What was logged since the last call: `browser` (the console) or `performance` (the network)."""
        return self._call("POST", "/se/log", {"type": kind})

    def screenshot(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self._call("GET", "/screenshot")))
