# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import codecs
import locale
import sys
print(sys.getdefaultencoding(), sys.getfilesystemencoding(), locale.getpreferredencoding(), locale.getlocale())
print(locale.setlocale(locale.LC_ALL), locale.localeconv(), locale.nl_langinfo(locale.CODESET))
print(open("/dev/null").encoding, codecs.lookup("utf-8").name, codecs.lookup("latin-1").name)
