# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium, driven over the DevTools protocol."""

import base64
import json
import os
import subprocess
import tempfile
import time
import urllib.request

# Debian's package python3-websocket.
import websocket

PATIENCE_SECONDS = 30
# The key codes that the page's keys need.
KEYS = {"Enter": (13, "\r"), "Escape": (27, ""), "Tab": (9, ""), "ArrowDown": (40, ""), "ArrowUp": (38, "")}
MODIFIERS = {"Alt": 1, "Control": 2, "Meta": 4, "Shift": 8}


class Browser:
    """One page. Remembers each error of the console, each exception and each breach of the page's policy."""

    def __init__(self, directory: str):
        self.profile = tempfile.mkdtemp(dir=directory)
        self.downloads = os.path.join(directory, "downloads")
        self.problems = []
        self.requests = []
        self.count = 0
        # Chromium's own sandbox does not work for root. It shows the pages of our own server only.
        self.process = subprocess.Popen(
            ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--hide-scrollbars", "--force-color-profile=srgb",
             "--remote-debugging-port=0", "--remote-allow-origins=*", f"--user-data-dir={self.profile}", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.socket = websocket.create_connection(self._address(), timeout=PATIENCE_SECONDS)
        for domain in ("Runtime", "Log", "Page", "Network", "Audits", "DOM"):
            self.call(f"{domain}.enable")
        self.call("Page.addScriptToEvaluateOnNewDocument", source="""
            addEventListener("securitypolicyviolation", event =>
                console.error(`policy: ${event.violatedDirective} forbids ${event.blockedURI} ${event.sample}`));""")
        self.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=self.downloads)

    def _address(self) -> str:
        """The address of the page's DevTools, once Chromium has written the port to a file."""
        file = os.path.join(self.profile, "DevToolsActivePort")

        def page():
            with open(file, encoding="ascii") as text:
                port = text.readline().strip()
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=PATIENCE_SECONDS) as answer:
                return next(one["webSocketDebuggerUrl"] for one in json.load(answer) if one["type"] == "page")
        return self._until(page, "Chromium does not start", (OSError, StopIteration))

    def _until(self, probe, complaint: str, passing=()):
        """What `probe` returns, once that is true."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                result = probe()
            except passing:
                result = None
            if result:
                return result
            if time.monotonic() > deadline:
                raise AssertionError(complaint)
            time.sleep(0.05)

    def close(self) -> None:
        self.socket.close()
        self.process.terminate()
        try:
            self.process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def call(self, method: str, **parameters):
        """The result of a command."""
        self.count += 1
        number = self.count
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == number:
                if "error" in message:
                    raise AssertionError(f"{method}: {message['error']}")
                return message["result"]
            self._note(message)

    def _note(self, message) -> None:
        method, about = message.get("method"), message.get("params", {})
        if method == "Runtime.consoleAPICalled" and about["type"] in ("error", "assert"):
            words = [str(argument.get("value", argument.get("description"))) for argument in about["args"]]
            self.problems.append(f"console.{about['type']}: {' '.join(words)}")
        elif method == "Runtime.exceptionThrown":
            details = about["exceptionDetails"]
            self.problems.append(f"exception: {details.get('exception', {}).get('description', details['text'])}")
        elif method == "Log.entryAdded" and about["entry"]["level"] == "error":
            self.problems.append(f"log: {about['entry']['text']} {about['entry'].get('url', '')}")
        elif method == "Audits.issueAdded" and about["issue"]["code"] == "ContentSecurityPolicyIssue":
            self.problems.append(f"policy: {json.dumps(about['issue']['details'])}")
        elif method == "Network.requestWillBeSent":
            self.requests.append(about["request"]["url"])

    def open(self, url: str) -> None:
        self.call("Page.navigate", url=url)
        self.wait("document.readyState === 'complete'")

    def evaluate(self, script: str):
        """The value of an expression in the page. The page's policy has no effect on it."""
        answer = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True, userGesture=True)
        if "exceptionDetails" in answer:
            raise AssertionError(f"{script}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def wait(self, script: str) -> None:
        """Waits until an expression is true."""
        def probe():
            return self.evaluate(f"Boolean({script})")
        try:
            self._until(probe, f"never true: {script}")
        except AssertionError as error:
            raise AssertionError(f"{error}\nthe page shows: {self.text()[:1500]}\nproblems: {self.problems}") from None

    def wait_problem(self, words: str) -> None:
        """Waits until a problem with these words has come."""
        def probe():
            self.evaluate("0")
            return any(words in problem for problem in self.problems)
        self._until(probe, f"no problem with {words!r}")

    def text(self) -> str:
        return self.evaluate("document.body.innerText") or ""

    def wait_text(self, words: str, selector: str = "body") -> None:
        self.wait(f"document.querySelector({json.dumps(selector)})?.innerText.includes({json.dumps(words)})")

    def click(self, selector: str, words: str = "") -> None:
        """Clicks with the mouse on the first visible element that has these words."""
        self.wait(f"""(() => {{
            const node = Array.from(document.querySelectorAll({json.dumps(selector)})).find(node =>
                node.checkVisibility() && !node.disabled && node.textContent.includes({json.dumps(words)}));
            node?.scrollIntoView({{ block: "nearest" }});
            const box = node?.getBoundingClientRect();
            globalThis.target = box && [box.x + box.width / 2, box.y + box.height / 2];
            return Boolean(node);
        }})()""")
        x, y = self.evaluate("globalThis.target")
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def type(self, text: str) -> None:
        """Types text into the element that has the focus, key by key."""
        for letter in text:
            self.call("Input.dispatchKeyEvent", type="keyDown", text=letter, key=letter)
            self.call("Input.dispatchKeyEvent", type="keyUp", key=letter)

    def press(self, key: str, *modifiers: str) -> None:
        code, text = KEYS.get(key) or (ord(key.upper()), key)
        flags = sum(MODIFIERS[modifier] for modifier in modifiers)
        kind = "keyDown" if text and not modifiers else "rawKeyDown"
        extra = {"text": text} if kind == "keyDown" else {}
        name = {"code": key if len(key) > 1 else f"Key{key.upper()}", "key": key, "windowsVirtualKeyCode": code}
        self.call("Input.dispatchKeyEvent", type=kind, modifiers=flags, **name, **extra)
        self.call("Input.dispatchKeyEvent", type="keyUp", modifiers=flags, **name)

    def choose_files(self, selector: str, *paths: str) -> None:
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.call("DOM.setFileInputFiles", nodeId=node, files=list(paths))

    def downloaded(self, name: str) -> bytes:
        """The bytes of a file that the page saved, once they are whole."""
        path = os.path.join(self.downloads, name)
        self._until(lambda: os.path.exists(path) or self.evaluate("0"), f"{name} is never saved")
        with open(path, "rb") as file:
            return file.read()

    def resize(self, width: int, height: int) -> None:
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=2, mobile=width < 500)

    def prefer(self, scheme: str) -> None:
        """Sets the colours that the system asks for: `dark` or `light`."""
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def screenshot(self, path: str) -> None:
        data = self.call("Page.captureScreenshot", format="png")["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))
