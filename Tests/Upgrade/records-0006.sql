-- Written by outpost serve with the schema up to 0006: jobs that ended in every way, and jobs that wait.
CREATE TABLE callback_secrets (namespace TEXT PRIMARY KEY, secret TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
INSERT INTO "grdb_migrations" VALUES('0001');
INSERT INTO "grdb_migrations" VALUES('0002');
INSERT INTO "grdb_migrations" VALUES('0003');
INSERT INTO "grdb_migrations" VALUES('0004');
INSERT INTO "grdb_migrations" VALUES('0005-job-usage');
INSERT INTO "grdb_migrations" VALUES('0006-answer-head');
CREATE TABLE idempotency (
    credential TEXT NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    key TEXT NOT NULL,
    body_hash BLOB NOT NULL,
    begun_at INTEGER NOT NULL,
    body BLOB, namespace TEXT NOT NULL DEFAULT '', head TEXT,
    PRIMARY KEY (credential, method, path, key)
) STRICT;
CREATE TABLE idempotency_usage (
    namespace TEXT NOT NULL PRIMARY KEY,
    records INTEGER NOT NULL,
    bytes INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE job_callbacks (
    job INTEGER PRIMARY KEY,
    namespace TEXT NOT NULL,
    url TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    is_held INTEGER NOT NULL DEFAULT 0,
    since INTEGER NOT NULL,
    due_at INTEGER NOT NULL
) STRICT;
CREATE TABLE job_counts (
    namespace TEXT NOT NULL,
    phase INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (namespace, phase)
) STRICT, WITHOUT ROWID;
INSERT INTO "job_counts" VALUES('default',0,6);
INSERT INTO "job_counts" VALUES('default',1,0);
INSERT INTO "job_counts" VALUES('default',2,0);
INSERT INTO "job_counts" VALUES('default',3,0);
INSERT INTO "job_counts" VALUES('default',4,5);
INSERT INTO "job_counts" VALUES('default',5,4);
INSERT INTO "job_counts" VALUES('default',6,1);
INSERT INTO "job_counts" VALUES('default',7,1);
CREATE TABLE job_requests (job INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
CREATE TABLE job_results (job INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
CREATE TABLE job_usage (namespace TEXT NOT NULL PRIMARY KEY, bytes INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "job_usage" VALUES('default',54060);
CREATE TABLE jobs (
    id INTEGER PRIMARY KEY,
    namespace TEXT NOT NULL,
    phase INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    lane TEXT,
    fence INTEGER NOT NULL DEFAULT 0,
    lease_until INTEGER,
    is_cancelling INTEGER NOT NULL DEFAULT 0,
    attempt INTEGER NOT NULL DEFAULT 0,
    max_attempts INTEGER NOT NULL,
    sandbox TEXT NOT NULL,
    worker TEXT,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    completed_at INTEGER,
    expires_at INTEGER,
    error_code TEXT,
    error_message TEXT,
    callback_url TEXT,
    has_outside_result INTEGER NOT NULL DEFAULT 0
, bytes INTEGER NOT NULL DEFAULT 0) STRICT;
INSERT INTO "jobs" VALUES(55853817026105,'default',4,-7,NULL,1,NULL,0,1,3,'sbx_66b8272df824',NULL,1796015772757,1796015772779,1796015772996,4102444800000,NULL,NULL,NULL,0,1601);
INSERT INTO "jobs" VALUES(55853817094640,'default',4,0,NULL,1,NULL,0,1,1,'sbx_1eb9cc1abd95',NULL,1796015773025,1796015773035,1796015773075,4102444800000,NULL,NULL,NULL,0,1606);
INSERT INTO "jobs" VALUES(55853817108874,'default',4,0,NULL,1,NULL,0,1,1,'sbx_f29911ac8d64',NULL,1796015773081,1796015773087,1796015773111,4102444800000,NULL,NULL,NULL,0,2018);
INSERT INTO "jobs" VALUES(55853817121501,'default',4,0,NULL,1,NULL,0,1,1,'sbx_a6d9ed3c6394',NULL,1796015773129,1796015773144,1796015773167,4102444800000,NULL,NULL,NULL,0,1700);
INSERT INTO "jobs" VALUES(55853817134690,'default',4,0,NULL,1,NULL,0,1,1,'sbx_3427268de1b7',NULL,1796015773182,1796015773197,1796015773247,4102444800000,NULL,NULL,NULL,0,1887);
INSERT INTO "jobs" VALUES(55853817158123,'default',5,0,NULL,1,NULL,0,1,1,'sbx_e9e9c0d8e022',NULL,1796015773273,1796015773286,1796015773870,4102444800000,NULL,NULL,NULL,0,1900);
INSERT INTO "jobs" VALUES(55853817348476,'default',5,0,NULL,1,NULL,0,1,1,'sbx_13cb2bf87f2a',NULL,1796015774017,1796015774181,1796015774402,4102444800000,NULL,NULL,NULL,0,2171);
INSERT INTO "jobs" VALUES(55853817476725,'default',7,0,NULL,1,NULL,0,1,1,'sbx_5a80ac11b014',NULL,1796015774517,1796015774609,1796015775265,4102444800000,NULL,NULL,NULL,0,1608);
INSERT INTO "jobs" VALUES(55853817741103,'default',5,0,NULL,1,NULL,0,1,1,'sbx_1ea964dd8911',NULL,1796015775551,1796015775656,1796015775962,4102444800000,NULL,NULL,NULL,0,2843);
INSERT INTO "jobs" VALUES(55853817916999,'default',5,0,NULL,1,NULL,0,1,1,'sbx_248abc2b0812',NULL,1796015776238,1796015776399,1796015776588,4102444800000,NULL,NULL,NULL,0,2421);
INSERT INTO "jobs" VALUES(55853818081875,'default',6,0,NULL,1,NULL,1,1,1,'sbx_768a5f90de41',NULL,1796015776881,1796015777445,1796015777903,4102444800000,NULL,NULL,NULL,0,1609);
INSERT INTO "jobs" VALUES(55853819151075,'default',0,9,NULL,0,NULL,0,0,4,'sbx_2d65c020df09',NULL,1796015781058,NULL,NULL,NULL,NULL,NULL,'https://example.com/hook?token=s3cret%2F',0,5795);
INSERT INTO "jobs" VALUES(55853819157388,'default',0,0,NULL,0,NULL,0,0,1,'sbx_22529201181b',NULL,1796015781082,NULL,NULL,NULL,NULL,NULL,NULL,0,5356);
INSERT INTO "jobs" VALUES(55853819167793,'default',0,0,NULL,0,NULL,0,0,1,'sbx_20d06b888f6c',NULL,1796015781124,NULL,NULL,NULL,NULL,NULL,NULL,0,5528);
INSERT INTO "jobs" VALUES(55853819168838,'default',0,0,NULL,0,NULL,0,0,1,'sbx_f4e798da79cb',NULL,1796015781128,NULL,NULL,NULL,NULL,NULL,NULL,0,5337);
INSERT INTO "jobs" VALUES(55853819171785,'default',0,0,NULL,0,NULL,0,0,1,'sbx_a5dfa4e0656c',NULL,1796015781138,NULL,NULL,NULL,NULL,NULL,NULL,0,5364);
INSERT INTO "jobs" VALUES(55853819178155,'default',0,0,'sbx_7c32ca05c9a8',0,NULL,0,0,1,'sbx_7c32ca05c9a8',NULL,1796015781164,NULL,NULL,NULL,NULL,NULL,NULL,0,5316);
CREATE TABLE sandbox_quarantine (
    id TEXT NOT NULL,
    reason TEXT NOT NULL,
    quarantined_at INTEGER NOT NULL,
    content TEXT NOT NULL
) STRICT;
CREATE TABLE sandboxes (
    id TEXT NOT NULL PRIMARY KEY,
    namespace TEXT NOT NULL,
    name TEXT,
    language TEXT NOT NULL,
    mode TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    expires_at INTEGER,
    document TEXT NOT NULL
) STRICT;
INSERT INTO "sandboxes" VALUES('sbx_7c32ca05c9a8','default','n','python','stateful','ready',1796015781144,1796015781144,NULL,'{"metadata":{},"security":{"seccompEnabled":true,"preset":"default","isolation":"namespaces","user":{"home":"\/home\/sandbox","gid":1000,"name":"sandbox","uid":1000}},"environment":[],"image":"host","limits":{"diskMiB":16,"maxOutputBytes":1048576,"memoryMiB":512,"cpuCores":1,"timeoutMilliseconds":30000,"maxProcesses":128},"workingDirectory":"\/workspace"}');
CREATE TABLE tokens (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    namespace TEXT,
    scopes TEXT NOT NULL,
    plan TEXT NOT NULL,
    secret_hash BLOB NOT NULL UNIQUE CHECK (length(secret_hash) = 32),
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    last_used_at INTEGER, id TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (kind, name)
) STRICT;
CREATE INDEX idempotency_begun ON idempotency (begun_at);
CREATE INDEX jobs_waiting ON jobs (namespace, priority DESC, id) WHERE phase = 0;
CREATE INDEX jobs_first_in_lane ON jobs (lane, priority DESC, id) WHERE phase = 0 AND lane IS NOT NULL;
CREATE INDEX jobs_blocked ON jobs (lane, priority DESC, id) WHERE phase = 1;
CREATE INDEX jobs_held_in_lane ON jobs (lane) WHERE lane IS NOT NULL AND lease_until IS NOT NULL;
CREATE INDEX jobs_leased ON jobs (lease_until) WHERE lease_until IS NOT NULL;
CREATE INDEX jobs_expiring ON jobs (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX jobs_listed ON jobs (namespace, id);
CREATE TRIGGER job_moved AFTER UPDATE OF phase ON jobs WHEN old.phase <> new.phase BEGIN
    UPDATE job_counts SET count = count - 1 WHERE namespace = old.namespace AND phase = old.phase;
    INSERT INTO job_counts VALUES (new.namespace, new.phase, 1)
        ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER job_uncounted AFTER DELETE ON jobs BEGIN
    UPDATE job_counts SET count = count - 1 WHERE namespace = old.namespace AND phase = old.phase;
END;
CREATE INDEX job_callbacks_due ON job_callbacks (due_at);
CREATE UNIQUE INDEX tokens_by_id ON tokens (id);
CREATE TRIGGER idempotency_begun AFTER INSERT ON idempotency BEGIN
    INSERT INTO idempotency_usage VALUES (new.namespace, 1, coalesce(length(new.body), 0))
        ON CONFLICT DO UPDATE SET records = records + 1, bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER idempotency_answered AFTER UPDATE OF body ON idempotency BEGIN
    UPDATE idempotency_usage SET bytes = bytes + coalesce(length(new.body), 0) - coalesce(length(old.body), 0)
        WHERE namespace = new.namespace;
END;
CREATE TRIGGER idempotency_forgotten AFTER DELETE ON idempotency BEGIN
    UPDATE idempotency_usage SET records = records - 1, bytes = bytes - coalesce(length(old.body), 0)
        WHERE namespace = old.namespace;
END;
CREATE TRIGGER job_resized AFTER UPDATE OF bytes ON jobs WHEN old.bytes <> new.bytes BEGIN
    UPDATE job_usage SET bytes = bytes + new.bytes - old.bytes WHERE namespace = new.namespace;
END;
CREATE TRIGGER job_unsized AFTER DELETE ON jobs BEGIN
    UPDATE job_usage SET bytes = bytes - old.bytes WHERE namespace = old.namespace;
END;
INSERT INTO job_requests VALUES (55853819151075, CAST('{"language":"python","security":{"seccomp_enabled":true,"user":"root","preset":"strict","isolation":"namespaces"},"code":"print(''é\u0001/\"'')","timeout_ms":1500,"cpu_time_ms":700,"resource_limits":{"memory_mb":64,"cpu_cores":0.5,"timeout_ms":1500,"disk_mb":16,"max_processes":5,"max_output_bytes":999,"stack_mb":3,"max_file_bytes":12345},"stdin_base64":"/wD+","output_keep":"head","interleaved":true,"args":["a",""],"env":[["A","1"],["B",""]],"working_dir":"/tmp","files":[{"path":"x","content":"#!","mode":"0755"},{"path":"y","content_base64":"/w==","mode":"0700"}],"concurrent":false,"priority":9,"max_attempts":4,"callback_url":"https://example.com/hook?token=s3cret%2F"}' AS BLOB));
INSERT INTO job_requests VALUES (55853819157388, CAST('{"language":"bash","command":["sh","-c","exit 3"],"timeout_ms":2000,"resource_limits":{"timeout_ms":2000},"stdin":"","output_keep":"both","interleaved":false,"args":[],"env":[],"files":[],"concurrent":true,"priority":0,"max_attempts":1}' AS BLOB));
INSERT INTO job_requests VALUES (55853819167793, CAST('{"language":"python","code":"1","resource_limits":{},"tests":[{"stdin":"a","args":["x"],"expected_stdout":"b","time_limit_ms":100,"wall_time_limit_ms":400,"memory_limit_mb":32},{"stdin_base64":"/w==","args":[]}],"checker":{"language":"python","code":"c","files":[{"path":"h","content":"i","mode":"0644"}]},"stop_on_failure":true,"args":[],"env":[],"files":[],"concurrent":false,"priority":0,"max_attempts":1}' AS BLOB));
INSERT INTO job_requests VALUES (55853819168838, CAST('{"language":"python","code":"2","resource_limits":{},"tests":[{"stdin":"","args":[]}],"compare":{"numbers":0.001},"stop_on_failure":false,"args":[],"env":[],"files":[],"concurrent":false,"priority":0,"max_attempts":1}' AS BLOB));
INSERT INTO job_requests VALUES (55853819171785, CAST('{"language":"python","code":"3","resource_limits":{},"tests":[{"stdin":"","args":[]}],"interactor":{"language":"bash","code":"i","files":[]},"stop_on_failure":false,"args":[],"env":[],"files":[],"concurrent":false,"priority":0,"max_attempts":1}' AS BLOB));
INSERT INTO job_requests VALUES (55853819178155, CAST('{"sandbox_id":"sbx_7c32ca05c9a8","code":"4","resource_limits":{},"stdin":"","output_keep":"both","interleaved":false,"args":[],"env":[],"files":[],"concurrent":false,"priority":0,"max_attempts":1}' AS BLOB));
INSERT INTO job_results VALUES (55853817026105, CAST('{"id":"exec_afafeb09d0c3","sandbox_id":"sbx_66b8272df824","status":"succeeded","stdout":"42\n","stdout_bytes":3,"stdout_truncated":false,"stdout_omitted_bytes":0,"stdout_omitted_at":null,"stdout_encoding":"utf-8","stderr":"","stderr_bytes":0,"stderr_truncated":false,"stderr_omitted_bytes":0,"stderr_omitted_at":null,"stderr_encoding":"utf-8","limit":null,"exit_code":0,"signal":null,"duration_ms":195.7,"cpu_time_ms":20.257,"memory_peak_bytes":4104192,"compile":null,"deps":null,"message":null,"started_at":"2026-11-30T05:16:12.766Z","completed_at":"2026-11-30T05:16:12.995Z"}' AS BLOB));
INSERT INTO job_results VALUES (55853817094640, CAST('{"id":"exec_05c87894a7c5","sandbox_id":"sbx_1eb9cc1abd95","status":"succeeded","stdout":"AP/+Cg==","stdout_bytes":4,"stdout_truncated":false,"stdout_omitted_bytes":0,"stdout_omitted_at":null,"stdout_encoding":"base64","stderr":"","stderr_bytes":0,"stderr_truncated":false,"stderr_omitted_bytes":0,"stderr_omitted_at":null,"stderr_encoding":"utf-8","limit":null,"exit_code":0,"signal":null,"duration_ms":25.921,"cpu_time_ms":5.876,"memory_peak_bytes":4698112,"compile":null,"deps":null,"message":null,"started_at":"2026-11-30T05:16:13.035Z","completed_at":"2026-11-30T05:16:13.075Z"}' AS BLOB));
INSERT INTO job_results VALUES (55853817108874, CAST('{"id":"exec_a512dc6af3df","sandbox_id":"sbx_f29911ac8d64","status":"succeeded","stdout":"é0\né1\né2\n","stdout_bytes":12,"stdout_truncated":false,"stdout_omitted_bytes":0,"stdout_omitted_at":null,"stdout_encoding":"utf-8","stderr":"e\\/\"\u0001\ne\\/\"\u0001\ne\\/\"\u0001\n","stderr_bytes":18,"stderr_truncated":false,"stderr_omitted_bytes":0,"stderr_omitted_at":null,"stderr_encoding":"utf-8","output":[{"stream":"stdout","data":"é0\n","encoding":"utf-8"},{"stream":"stderr","data":"e\\/\"\u0001\n","encoding":"utf-8"},{"stream":"stdout","data":"é1\n","encoding":"utf-8"},{"stream":"stderr","data":"e\\/\"\u0001\n","encoding":"utf-8"},{"stream":"stdout","data":"é2\n","encoding":"utf-8"},{"stream":"stderr","data":"e\\/\"\u0001\n","encoding":"utf-8"}],"limit":null,"exit_code":0,"signal":null,"duration_ms":17.666,"cpu_time_ms":5.591,"memory_peak_bytes":4755456,"compile":null,"deps":null,"message":null,"started_at":"2026-11-30T05:16:13.086Z","completed_at":"2026-11-30T05:16:13.110Z"}' AS BLOB));
INSERT INTO job_results VALUES (55853817121501, CAST('{"id":"exec_8d257ef0c678","sandbox_id":"sbx_a6d9ed3c6394","status":"succeeded","stdout":"ääääääääääääääääääääääääääääääääääääääääääääääääää\n","stdout_bytes":601,"stdout_truncated":true,"stdout_omitted_bytes":500,"stdout_omitted_at":76,"stdout_encoding":"utf-8","stderr":"","stderr_bytes":0,"stderr_truncated":false,"stderr_omitted_bytes":0,"stderr_omitted_at":null,"stderr_encoding":"utf-8","limit":null,"exit_code":0,"signal":null,"duration_ms":12.823,"cpu_time_ms":5.392,"memory_peak_bytes":4751360,"compile":null,"deps":null,"message":null,"started_at":"2026-11-30T05:16:13.140Z","completed_at":"2026-11-30T05:16:13.167Z"}' AS BLOB));
INSERT INTO job_results VALUES (55853817134690, CAST('{"id":"exec_c160dbc0c6fa","sandbox_id":"sbx_3427268de1b7","status":"succeeded","stdout":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4v8PHy8/T19vf4+fr7/P3+/w==","stdout_bytes":256,"stdout_truncated":true,"stdout_omitted_bytes":192,"stdout_omitted_at":48,"stdout_encoding":"base64","stderr":"x","stderr_bytes":1,"stderr_truncated":false,"stderr_omitted_bytes":0,"stderr_omitted_at":null,"stderr_encoding":"utf-8","output":[{"stream":"stdout","data":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4v8PHy8/T19vf4+fr7/P3+/w==","encoding":"base64"},{"stream":"stderr","data":"x","encoding":"utf-8"}],"limit":null,"exit_code":0,"signal":null,"duration_ms":38.778,"cpu_time_ms":5.412,"memory_peak_bytes":4698112,"compile":null,"deps":null,"message":null,"started_at":"2026-11-30T05:16:13.195Z","completed_at":"2026-11-30T05:16:13.246Z"}' AS BLOB));
INSERT INTO job_results VALUES (55853817158123, CAST('{"id":"exec_2fca49c8c507","sandbox_id":"sbx_e9e9c0d8e022","status":"failed","stdout":"","stdout_bytes":0,"stdout_truncated":false,"stdout_omitted_bytes":0,"stdout_omitted_at":null,"stdout_encoding":"utf-8","stderr":"","stderr_bytes":0,"stderr_truncated":false,"stderr_omitted_bytes":0,"stderr_omitted_at":null,"stderr_encoding":"utf-8","limit":null,"exit_code":3,"signal":null,"duration_ms":2.049,"cpu_time_ms":1.471,"memory_peak_bytes":262144,"compile":{"stdout":"","stdout_bytes":0,"stdout_truncated":false,"stdout_omitted_bytes":0,"stdout_omitted_at":null,"stdout_encoding":"utf-8","stderr":"","stderr_bytes":0,"stderr_truncated":false,"stderr_omitted_bytes":0,"stderr_omitted_at":null,"stderr_encoding":"utf-8","exit_code":0,"duration_ms":541.367,"cached":false},"deps":null,"message":null,"started_at":"2026-11-30T05:16:13.278Z","completed_at":"2026-11-30T05:16:13.869Z"}' AS BLOB));
INSERT INTO job_results VALUES (55853817348476, CAST('{"id":"exec_ea87da600a31","sandbox_id":"sbx_13cb2bf87f2a","status":"compile_failed","stdout":"","stdout_bytes":0,"stdout_truncated":false,"stdout_omitted_bytes":0,"stdout_omitted_at":null,"stdout_encoding":"utf-8","stderr":"","stderr_bytes":0,"stderr_truncated":false,"stderr_omitted_bytes":0,"stderr_omitted_at":null,"stderr_encoding":"utf-8","limit":null,"exit_code":null,"signal":null,"duration_ms":0.0,"cpu_time_ms":57.027,"memory_peak_bytes":17330176,"compile":{"stdout":"","stdout_bytes":0,"stdout_truncated":false,"stdout_omitted_bytes":0,"stdout_omitted_at":null,"stdout_encoding":"utf-8","stderr":"error[E0425]: cannot find value `x` in this scope\n --> /workspace/main.rs:1:11\n  |\n1 | fn main(){x}\n  |           ^ not found in this scope\n\nerror: aborting due to previous error\n\nFor more information about this error, try `rustc --explain E0425`.\n","stderr_bytes":248,"stderr_truncated":false,"stderr_omitted_bytes":0,"stderr_omitted_at":null,"stderr_encoding":"utf-8","exit_code":1,"duration_ms":133.818,"cached":false},"deps":null,"message":null,"started_at":"2026-11-30T05:16:14.126Z","completed_at":"2026-11-30T05:16:14.402Z"}' AS BLOB));
INSERT INTO job_results VALUES (55853817476725, CAST('{"id":"exec_56ab023009c0","sandbox_id":"sbx_5a80ac11b014","status":"timed_out","stdout":"","stdout_bytes":0,"stdout_truncated":false,"stdout_omitted_bytes":0,"stdout_omitted_at":null,"stdout_encoding":"utf-8","stderr":"","stderr_bytes":0,"stderr_truncated":false,"stderr_omitted_bytes":0,"stderr_omitted_at":null,"stderr_encoding":"utf-8","limit":"cpu","exit_code":null,"signal":"SIGKILL","duration_ms":270.96,"cpu_time_ms":171.345,"memory_peak_bytes":4698112,"compile":null,"deps":null,"message":null,"started_at":"2026-11-30T05:16:14.570Z","completed_at":"2026-11-30T05:16:15.265Z"}' AS BLOB));
INSERT INTO job_results VALUES (55853817741103, CAST('{"id":"exec_8a0967aec70f","sandbox_id":"sbx_1ea964dd8911","status":"failed","stdout":"","stdout_bytes":0,"stdout_truncated":false,"stdout_omitted_bytes":0,"stdout_omitted_at":null,"stdout_encoding":"utf-8","stderr":"","stderr_bytes":0,"stderr_truncated":false,"stderr_omitted_bytes":0,"stderr_omitted_at":null,"stderr_encoding":"utf-8","limit":null,"exit_code":null,"signal":null,"duration_ms":72.579,"cpu_time_ms":17.181,"memory_peak_bytes":4698112,"compile":null,"deps":null,"message":null,"started_at":"2026-11-30T05:16:15.649Z","completed_at":"2026-11-30T05:16:15.961Z","tests":[{"verdict":"accepted","limit":null,"exit_code":0,"signal":null,"stdout":"4\n","stdout_bytes":2,"stdout_truncated":false,"stdout_omitted_bytes":0,"stdout_omitted_at":null,"stdout_encoding":"utf-8","stderr":"","stderr_bytes":0,"stderr_truncated":false,"stderr_omitted_bytes":0,"stderr_omitted_at":null,"stderr_encoding":"utf-8","duration_ms":62.216,"cpu_time_ms":6.023,"memory_peak_bytes":4698112,"message":null},{"verdict":"wrong_answer","limit":null,"exit_code":0,"signal":null,"stdout":"5\n","stdout_bytes":2,"stdout_truncated":false,"stdout_omitted_bytes":0,"stdout_omitted_at":null,"stdout_encoding":"utf-8","stderr":"","stderr_bytes":0,"stderr_truncated":false,"stderr_omitted_bytes":0,"stderr_omitted_at":null,"stderr_encoding":"utf-8","duration_ms":3.213,"cpu_time_ms":5.52,"memory_peak_bytes":4698112,"message":null},{"verdict":"accepted","limit":null,"exit_code":0,"signal":null,"stdout":"/wo=","stdout_bytes":2,"stdout_truncated":false,"stdout_omitted_bytes":0,"stdout_omitted_at":null,"stdout_encoding":"base64","stderr":"","stderr_bytes":0,"stderr_truncated":false,"stderr_omitted_bytes":0,"stderr_omitted_at":null,"stderr_encoding":"utf-8","duration_ms":7.15,"cpu_time_ms":5.638,"memory_peak_bytes":4698112,"message":null}]}' AS BLOB));
INSERT INTO job_results VALUES (55853817916999, CAST('{"id":"exec_3ed932818672","sandbox_id":"sbx_248abc2b0812","status":"failed","stdout":"","stdout_bytes":0,"stdout_truncated":false,"stdout_omitted_bytes":0,"stdout_omitted_at":null,"stdout_encoding":"utf-8","stderr":"","stderr_bytes":0,"stderr_truncated":false,"stderr_omitted_bytes":0,"stderr_omitted_at":null,"stderr_encoding":"utf-8","limit":null,"exit_code":null,"signal":null,"duration_ms":59.875,"cpu_time_ms":5.766,"memory_peak_bytes":4759552,"compile":null,"deps":null,"message":null,"started_at":"2026-11-30T05:16:16.324Z","completed_at":"2026-11-30T05:16:16.587Z","tests":[{"verdict":"wrong_answer","limit":null,"exit_code":0,"signal":null,"stdout":"4\n","stdout_bytes":2,"stdout_truncated":false,"stdout_omitted_bytes":0,"stdout_omitted_at":null,"stdout_encoding":"utf-8","stderr":"","stderr_bytes":0,"stderr_truncated":false,"stderr_omitted_bytes":0,"stderr_omitted_at":null,"stderr_encoding":"utf-8","duration_ms":59.875,"cpu_time_ms":5.766,"memory_peak_bytes":4759552,"message":null},{"verdict":"skipped","limit":null,"exit_code":null,"signal":null,"stdout":"","stdout_bytes":0,"stdout_truncated":false,"stdout_omitted_bytes":0,"stdout_omitted_at":null,"stdout_encoding":"utf-8","stderr":"","stderr_bytes":0,"stderr_truncated":false,"stderr_omitted_bytes":0,"stderr_omitted_at":null,"stderr_encoding":"utf-8","duration_ms":0.0,"cpu_time_ms":0.0,"memory_peak_bytes":0,"message":null}]}' AS BLOB));
INSERT INTO job_results VALUES (55853818081875, CAST('{"id":"exec_826ce6dd22ee","sandbox_id":"sbx_768a5f90de41","status":"cancelled","stdout":"1\n","stdout_bytes":2,"stdout_truncated":false,"stdout_omitted_bytes":0,"stdout_omitted_at":null,"stdout_encoding":"utf-8","stderr":"","stderr_bytes":0,"stderr_truncated":false,"stderr_omitted_bytes":0,"stderr_omitted_at":null,"stderr_encoding":"utf-8","limit":null,"exit_code":null,"signal":"SIGKILL","duration_ms":193.594,"cpu_time_ms":5.132,"memory_peak_bytes":4698112,"compile":null,"deps":null,"message":null,"started_at":"2026-11-30T05:16:16.921Z","completed_at":"2026-11-30T05:16:17.902Z"}' AS BLOB));
