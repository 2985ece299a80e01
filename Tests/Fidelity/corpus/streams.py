# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import io
import sys
for stream in (sys.stdin, sys.stdout, sys.stderr):
    print(stream, stream.encoding, stream.errors, stream.line_buffering, stream.write_through, stream.buffer,
          stream.buffer.raw, getattr(stream.buffer.raw, "closefd", None), stream.isatty(), stream.newlines)
print(sys.stdout is sys.__stdout__, sys.stderr is sys.__stderr__, sys.stdin is sys.__stdin__)
print(io.text_encoding(None), sys.stdout._CHUNK_SIZE)
