# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""What a person does with the dashboard. The checks run in their order, and each one goes on where the last one ended."""

import json
import os
import re
import urllib.parse

from server import BASE

WIDE, NARROW = (1280, 860), (390, 844)
# Becomes an element with a script wherever a text becomes markup.
MARKUP = "<img src=x onerror=document.title='owned'>"
COUNTING = "import time\nfor number in range(8):\n    print('step', number, flush=True)\n    time.sleep(0.2)\n"


class Visit:
    """A server, a browser that looks at it, and what the checks share."""

    def __init__(self, server, browser, directory, screenshots):
        self.server = server
        self.browser = browser
        self.directory = directory
        self.screenshots = screenshots
        self.address = f"http://127.0.0.1:{server.port}/"
        with open(os.path.join(server.data, "admin.token"), encoding="ascii") as file:
            self.token = file.read().strip()
        self.sandbox = server.create(mode="stateful", name="workbench", resource_limits={"disk_mb": 64})["id"]
        for fields in ({"name": "nightly-report", "language": "node"}, {"name": MARKUP}, {"mode": "stateful", "language": "bash"}):
            server.create(**fields)
        browser.prefer("light")
        browser.resize(*WIDE)

    def go(self, place: str, heading: str) -> None:
        self.browser.open(f"{self.address}#/{place}")
        self.browser.wait_text(heading, "h1")

    def show(self, name: str) -> None:
        self.browser.screenshot(os.path.join(self.screenshots, f"{name}.png"))

    def path(self, name: str) -> str:
        return os.path.join(self.directory, name)

    def expect_problem(self, words: str) -> None:
        """Takes a problem that the check provoked from the list."""
        self.browser.wait_problem(words)
        self.browser.problems = [problem for problem in self.browser.problems if words not in problem]


def equal(actual, expected) -> None:
    if actual != expected:
        raise AssertionError(f"{actual!r} is not {expected!r}")


def the_page_needs_a_token(visit):
    browser = visit.browser
    browser.open(visit.address)
    browser.wait("document.activeElement.name === 'token'")
    visit.show("sign-in")
    browser.type("op_pat_" + "0" * 64)
    browser.press("Enter")
    browser.wait_text("The server does not know this token.", ".login")
    visit.expect_problem("401")
    browser.type(visit.token)
    browser.press("Enter")
    browser.wait_text("Sandboxes", "h1")
    equal(browser.evaluate("document.cookie + JSON.stringify(localStorage)"), "{}")
    if any(visit.token in url for url in browser.requests):
        raise AssertionError("the token is in a URL")


def the_list_shows_sandboxes(visit):
    browser = visit.browser
    browser.wait_text("workbench", "table")
    browser.wait_text(MARKUP, "table")
    visit.show("sandboxes")
    browser.press("/")
    browser.wait("document.activeElement.type === 'search'")
    browser.type("nightly")
    browser.wait("document.querySelectorAll('tbody tr').length === 1")
    browser.wait_text("nightly-report", "table")


def a_dialog_makes_a_sandbox(visit):
    browser = visit.browser
    browser.click("button", "New sandbox")
    browser.click("dialog input[name=name]")
    browser.type("made-here")
    visit.show("new-sandbox")
    browser.press("Enter")
    browser.wait_text("made-here", "h1")
    browser.wait_text("stateful", ".facts")
    browser.click("button", "Delete")
    browser.wait_text("cannot be undone", "dialog")
    browser.click("dialog button", "Delete")
    browser.wait_text("Sandboxes", "h1")
    browser.wait("!document.querySelector('table').innerText.includes('made-here')")


def the_terminal_computes(visit):
    browser = visit.browser
    visit.go(f"sandboxes/{visit.sandbox}/terminal", "workbench")
    browser.wait_text("connected", ".terminal-part")
    browser.wait("document.activeElement.closest('.screen')")
    browser.type("echo $((6*7))")
    browser.press("Enter")
    # The terminal draws on a canvas. Its rows for readers that hear the page have the text.
    rows = "Array.from(document.querySelectorAll('.xterm-accessibility-tree > *')).map(row => row.textContent.trim())"
    browser.wait(f"{rows}.includes('42')")
    browser.type("ls -la --color=always /usr; tput cols")
    browser.press("Enter")
    width = int(browser.evaluate("document.querySelector('.terminal-part .note').textContent").split("×")[0])
    browser.wait(f"{rows}.includes('{width}')")
    visit.show("terminal")


def the_terminal_follows_the_window(visit):
    browser = visit.browser
    rows = "Array.from(document.querySelectorAll('.xterm-accessibility-tree > *')).map(row => row.textContent.trim())"
    size = "document.querySelector('.terminal-part .note').textContent"
    before = browser.evaluate(size)
    browser.resize(900, 700)
    browser.wait(f"{size} !== '{before}'")
    columns = browser.evaluate(size).split("×")[0].strip()
    browser.type("clear; stty size | cut -d' ' -f2")
    browser.press("Enter")
    browser.wait(f"{rows}.includes('{columns}')")
    browser.resize(*WIDE)
    browser.press("Escape", "Shift")
    browser.wait("document.activeElement.textContent === 'New shell'")


def a_fast_program_can_be_stopped(visit):
    browser = visit.browser
    browser.click(".screen")
    browser.type("clear; yes | cat -n")
    browser.press("Enter")
    rows = "Array.from(document.querySelectorAll('.xterm-accessibility-tree > *')).map(row => row.textContent.trim())"
    browser.wait(f"{rows}.some(row => /^[0-9]{{5,}}/.test(row))")
    browser.press("c", "Control")
    browser.type("clear; echo $((6*9))")
    browser.press("Enter")
    browser.wait(f"{rows}.includes('54')")


def files_go_up_and_come_down(visit):
    browser, server = visit.browser, visit.server
    name = "<b>notes<b>.txt"
    content = os.urandom(300_000)
    for file, data in ((name, f"{MARKUP}\nsecond line\n".encode()), ("data.bin", content)):
        with open(visit.path(file), "wb") as output:
            output.write(data)
    browser.click(".parts a", "Files")
    browser.wait_text("workspace", ".places")
    browser.choose_files("input[type=file]", visit.path(name), visit.path("data.bin"))
    browser.wait_text("data.bin", ".files-part table")
    stored = server.request("GET", f"{BASE}/{visit.sandbox}/files/data.bin", is_raw=True)[1]
    equal(stored == content, True)
    browser.click("button.file", name)
    browser.wait_text(MARKUP, ".preview pre")
    visit.show("files")
    browser.click("button[aria-label='Download data.bin']")
    equal(browser.downloaded("data.bin") == content, True)
    browser.click("button", "New folder")
    browser.click("dialog input")
    browser.type("results")
    browser.press("Enter")
    browser.click("button.file", "results")
    browser.wait_text("results", ".places")
    browser.wait_text("This folder is empty.", ".files-part")
    browser.click(".place", "workspace")
    browser.click("button[aria-label='Delete data.bin']")
    browser.click("dialog button", "Delete")
    browser.wait("!document.querySelector('.files-part').innerText.includes('data.bin')")


def code_runs(visit):
    browser = visit.browser
    browser.click(".parts a", "Runs")
    browser.click("textarea[aria-label=Code]")
    browser.call("Input.insertText", text=f"import sys\nprint(6 * 7, {MARKUP!r})\nprint('to stderr', file=sys.stderr)")
    browser.press("Enter", "Control")
    browser.wait_text("succeeded", ".part:not([hidden])")
    browser.wait_text(f"42 {MARKUP}", ".log")
    browser.wait_text("to stderr", ".log .stderr")
    browser.wait_text("exec_", ".part:not([hidden]) table")
    visit.show("runs")


def the_overview_shows_what_it_uses(visit):
    browser = visit.browser
    browser.click(".parts a", "Overview")
    browser.wait_text("/workspace", ".facts")
    # Three readings make a line in the graphs.
    browser.wait("document.querySelector('.sparkline .line')?.getAttribute('points')?.split(' ').length >= 3")
    browser.wait("/[1-9]/.test(document.querySelector('.figure-card .value').textContent)")
    visit.show("overview")


def a_sandbox_pauses_and_goes_on(visit):
    browser = visit.browser
    browser.click("button", "Pause")
    browser.wait_text("paused", ".bar-top .badge")
    browser.click("button", "Resume")
    browser.wait("['ready', 'running'].includes(document.querySelector('.bar-top .badge').dataset.status)")
    # Leaving the sandbox ends its terminal. A snapshot needs a sandbox in which nothing runs.
    visit.go("jobs", "Jobs")
    visit.go(f"sandboxes/{visit.sandbox}/overview", "workbench")
    browser.wait_text("ready", ".bar-top .badge")
    browser.click("button", "Snapshot")
    browser.click("dialog input")
    browser.type("before-lunch")
    browser.press("Enter")
    browser.wait_text("The snapshot is snap_", ".messages")


def a_job_is_followed(visit):
    browser = visit.browser
    visit.go("jobs", "Jobs")
    browser.click("button", "New job")
    browser.click("dialog textarea")
    browser.call("Input.insertText", text=COUNTING)
    visit.show("new-job")
    browser.click("dialog button", "Submit")
    browser.wait_text("job_", "h1")
    browser.wait_text("step 2", ".log")
    equal(browser.evaluate("document.querySelector('.log').innerText.includes('step 7')"), False)
    visit.show("job")
    browser.wait_text("step 7", ".log")
    browser.wait_text("succeeded", ".bar-top")
    browser.wait_text("complete", ".bar-part")
    browser.click("button", "Save")
    name = browser.evaluate("document.querySelector('h1').textContent") + ".log"
    equal(browser.downloaded(name).decode().split("\n")[7], "step 7")
    visit.go("jobs", "Jobs")
    browser.wait_text("succeeded", "table")
    visit.show("jobs")


def the_server_shows_its_figures(visit):
    browser = visit.browser
    for _ in range(5):
        visit.server.execute("print(1)")
    visit.go("server", "Server")
    browser.wait_text("Warm pool", ".tiles")
    browser.wait("/[0-9] ms/.test(document.querySelector('.legend').innerText)")
    browser.wait_text("spawn", "table")
    visit.show("server")


def the_keyboard_is_enough(visit):
    browser = visit.browser
    visit.go("sandboxes", "Sandboxes")
    browser.evaluate("document.activeElement.blur()")
    focused = "document.activeElement.textContent"
    for _ in range(30):
        browser.press("Tab")
        if browser.evaluate(focused) == "New sandbox":
            break
    equal(browser.evaluate(focused), "New sandbox")
    equal(browser.evaluate("getComputedStyle(document.activeElement).outlineStyle"), "solid")
    browser.press("Enter")
    browser.wait("document.querySelector('dialog')?.contains(document.activeElement)")
    browser.press("Escape")
    browser.wait("!document.querySelector('dialog')")
    equal(browser.evaluate(focused), "New sandbox")
    browser.press("Tab")
    browser.wait("document.activeElement.matches('tbody a')")
    first = browser.evaluate(focused)
    browser.press("ArrowDown")
    browser.wait(f"{focused} !== {json.dumps(first)}")
    browser.press("ArrowUp")
    browser.wait(f"{focused} === {json.dumps(first)}")


def every_control_has_a_name(visit):
    browser = visit.browser
    for place in ("sandboxes", "jobs", "server", f"sandboxes/{visit.sandbox}/files", f"sandboxes/{visit.sandbox}/runs"):
        browser.open(f"{visit.address}#/{place}")
        browser.wait("document.querySelector('h1')")
        for node in browser.call("Accessibility.getFullAXTree")["nodes"]:
            role, name = node.get("role", {}).get("value"), node.get("name", {}).get("value")
            if role in ("button", "link", "textbox", "searchbox", "combobox", "image", "meter") and not node["ignored"] and not name:
                raise AssertionError(f"{place}: a {role} has no name: {node}")


def the_colours_follow_the_system(visit):
    browser = visit.browser
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    visit.go("sandboxes", "Sandboxes")
    light = browser.evaluate(ground)
    browser.prefer("dark")
    browser.wait(f"{ground} !== '{light}'")
    browser.wait_text("workbench", "table")
    visit.show("sandboxes-dark")
    visit.go("server", "Server")
    browser.wait_text("spawn", "table")
    visit.show("server-dark")
    visit.go(f"sandboxes/{visit.sandbox}/terminal", "workbench")
    browser.wait_text("connected", ".terminal-part")
    browser.type("ls -la --color=always /usr")
    browser.press("Enter")
    browser.evaluate("new Promise(done => setTimeout(done, 1000))")
    visit.show("terminal-dark")
    browser.evaluate("""(() => {
        const choice = document.querySelector('select[aria-label=Colours]');
        choice.value = 'light';
        choice.dispatchEvent(new Event('change'));
    })()""")
    equal(browser.evaluate(ground), light)
    browser.prefer("light")


def a_narrow_screen_is_enough(visit):
    browser = visit.browser
    browser.resize(*NARROW)
    for place, heading in (("sandboxes", "Sandboxes"), ("jobs", "Jobs"), ("server", "Server"),
                           (f"sandboxes/{visit.sandbox}/overview", "workbench"), (f"sandboxes/{visit.sandbox}/terminal", "workbench"),
                           (f"sandboxes/{visit.sandbox}/files", "workbench"), (f"sandboxes/{visit.sandbox}/runs", "workbench")):
        visit.go(place, heading)
        browser.evaluate("new Promise(done => setTimeout(done, 1200))")
        visit.show("narrow-" + place.rsplit("/", maxsplit=1)[-1])
        width = browser.evaluate("document.documentElement.scrollWidth")
        if width > NARROW[0]:
            raise AssertionError(f"{place} is {width} pixels wide")
    browser.resize(*WIDE)


def the_policy_stops_a_script(visit):
    """Also shows that the checks would see a breach."""
    browser = visit.browser
    visit.go("sandboxes", "Sandboxes")
    elsewhere = "http://127.0.0.1:1/elsewhere"
    browser.evaluate(f"""new Promise(done => {{
        const image = new Image();
        image.onerror = done;
        image.src = {json.dumps(elsewhere)};
    }})""")
    visit.expect_problem("img-src")
    browser.requests = [url for url in browser.requests if url != elsewhere]
    refused = browser.evaluate("""(() => {
        try {
            document.createElement('script').src = 'dashboard/main.js';
        } catch (error) {
            return error.name;
        }
    })()""")
    equal(refused, "TypeError")
    visit.expect_problem("TrustedScriptURL")
    visit.expect_problem("require-trusted-types-for")
    browser.evaluate("document.querySelector('h1').innerHTML = '<i>x</i>'")
    equal(browser.evaluate("document.querySelector('h1').children.length"), 0)


def what_a_sandbox_stores_runs_nowhere(visit):
    """A browser that opens a file of a sandbox by a signed URL stores it, and gets no right of the origin."""
    server = visit.server
    url = f"{BASE}/{visit.sandbox}/files/evil.html"
    server.exec(visit.sandbox, f"open('evil.html', 'w').write('<script>document.title=1</script>')")
    link = server.call("POST", f"{url}?link=true&method=GET&expires_in_secs=60")["url"]
    seen = visit.browser.evaluate(f"""fetch({json.dumps(link)}).then(answer => ['content-security-policy',
        'x-content-type-options', 'content-disposition', 'set-cookie'].map(name => answer.headers.get(name)))""")
    equal(seen[0].startswith("sandbox"), True)
    equal(seen[1], "nosniff")
    equal(seen[2].startswith("attachment"), True)
    equal(seen[3], None)


def only_the_public_api_was_called(visit):
    templates = [re.compile("^" + re.sub(r"\\\{[^}]+\\\}", "(?:.+)", re.escape(path)) + "$")
                 for path in visit.server.call("GET", "/openapi.json")["paths"]]
    for url in visit.browser.requests:
        parts = urllib.parse.urlsplit(url)
        if parts.scheme in ("blob", "data", "about"):
            continue
        if f"{parts.netloc}/" != visit.address.removeprefix("http://"):
            raise AssertionError(f"another server was called: {url}")
        is_page = parts.path == "/" or parts.path.startswith("/dashboard/")
        if not is_page and not any(template.match(parts.path) for template in templates):
            raise AssertionError(f"this call is not in /openapi.json: {url}")


def a_token_that_may_only_look_changes_nothing(visit):
    browser = visit.browser
    token = visit.server.call("POST", "/auth/v1/pat", {"name": "viewer", "scopes": ["sandbox:read", "job:read"]}, 201)["token"]
    browser.click("button", "Sign out")
    browser.wait("document.activeElement.name === 'token'")
    browser.type(token)
    browser.press("Enter")
    browser.wait_text("workbench", "table")
    browser.click("button", "New sandbox")
    browser.click("dialog button", "Create")
    browser.wait("document.querySelector('dialog .problem').checkVisibility()")
    visit.expect_problem("403")
    browser.press("Escape")
    visit.go(f"sandboxes/{visit.sandbox}/terminal", "workbench")
    browser.wait_text("sandbox:write", ".terminal-part .hint")
    visit.browser.problems = [problem for problem in browser.problems if "403" not in problem]


def after_signing_out_the_token_is_gone(visit):
    browser = visit.browser
    browser.click("button", "Sign out")
    browser.wait("document.querySelector('.login')")
    equal(browser.evaluate("Object.keys(sessionStorage).length"), 0)
    browser.call("Page.reload")
    browser.wait("document.querySelector('.login')")


CHECKS = [
    the_page_needs_a_token, the_list_shows_sandboxes, a_dialog_makes_a_sandbox, the_terminal_computes,
    the_terminal_follows_the_window, a_fast_program_can_be_stopped, files_go_up_and_come_down, code_runs,
    the_overview_shows_what_it_uses, a_sandbox_pauses_and_goes_on, a_job_is_followed, the_server_shows_its_figures, the_keyboard_is_enough,
    every_control_has_a_name, the_colours_follow_the_system, a_narrow_screen_is_enough, the_policy_stops_a_script,
    what_a_sandbox_stores_runs_nowhere, a_token_that_may_only_look_changes_nothing, only_the_public_api_was_called,
    after_signing_out_the_token_is_gone,
]
