# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Changes that Schemathesis cannot derive from the document. They change only valid values, which stay valid."""

import re
import uuid

import schemathesis

KEY = "Idempotency-Key"


def is_path(text) -> bool:
    """Whether the API accepts the text as a path, also behind a short prefix."""
    if not isinstance(text, str) or "\0" in text or len(text.encode(errors="surrogatepass")) > 4000:
        return False
    return all(part != ".." and len(part.encode(errors="surrogatepass")) <= 255 for part in text.split("/"))


def make_writable(body: dict) -> None:
    """Moves paths to a folder where a program may write, and gives each file a folder of its own."""
    if is_path(body.get("working_dir")) and body["working_dir"].startswith("/"):
        body["working_dir"] = "/workspace" + body["working_dir"]
    files = body.get("files")
    for position, file in enumerate(files if isinstance(files, list) else []):
        if isinstance(file, dict) and is_path(file.get("path")) and file["path"]:
            file["path"] = f"{position}/{file['path'].lstrip('/')}"


@schemathesis.hook
def before_call(context, case, kwargs):
    """Gives each call a new key. A repeated key would get the first call's answer, which may be outdated."""
    if case.headers and re.fullmatch(r"[\x20-\x7e]{1,128}", str(case.headers.get(KEY, ""))):
        case.headers[KEY] = uuid.uuid4().hex
    if isinstance(case.body, dict):
        make_writable(case.body)
