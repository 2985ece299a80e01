# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import sqlite3
with sqlite3.connect("/tmp/file.db") as database:
    database.execute("create table t (a, b)")
    database.executemany("insert into t values (?, ?)", [(1, "ü"), (2, None)])
    print(database.execute("select * from t order by a desc").fetchall(), sqlite3.threadsafety)
