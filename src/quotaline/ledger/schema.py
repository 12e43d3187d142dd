"""PURE The tables of the ledger, as steps from one version to the next.

Steps are only ever added at the end: `PRAGMA user_version` says how many of them a database has taken.
"""

from quotaline.ledger.schema_steps import (
    COPIES,
    DIRS,
    FLEET,
    FLEET_RUNS,
    FOLDERS,
    FULLEST,
    IMPORTED,
    MARKS,
    ORGANISATION,
    PASTS,
    RUNS,
)

USAGE = """
CREATE TABLE config_dir (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE);
CREATE TABLE account (id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE);
CREATE TABLE project (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE);
CREATE TABLE model (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);

-- client_cost is the client's own running total in US dollars, as it wrote it; shown beside our sum, never added to it
CREATE TABLE session (
  id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, account_id INTEGER REFERENCES account, client_cost TEXT
);

CREATE TABLE folder (
  id INTEGER PRIMARY KEY, config_dir_id INTEGER NOT NULL REFERENCES config_dir, path TEXT NOT NULL UNIQUE,
  device INTEGER NOT NULL, inode INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, problem TEXT
);
CREATE INDEX folder_recent ON folder (mtime_ns);

-- size, mtime_ns and inode as they were when `read_to` was reached; guard is the checksum of the `guarded` bytes before it
CREATE TABLE file (
  id INTEGER PRIMARY KEY, config_dir_id INTEGER NOT NULL REFERENCES config_dir, path TEXT NOT NULL UNIQUE,
  inode INTEGER NOT NULL DEFAULT 0, size INTEGER NOT NULL DEFAULT -1, mtime_ns INTEGER NOT NULL DEFAULT 0,
  read_to INTEGER NOT NULL DEFAULT 0, guard INTEGER NOT NULL DEFAULT 0, guarded INTEGER NOT NULL DEFAULT 0,
  account_id INTEGER REFERENCES account, skipping INTEGER NOT NULL DEFAULT 0, problem TEXT,
  gone INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX file_recent ON file (mtime_ns) WHERE NOT gone;

-- Where the round of looking at resting files and folders goes on.
CREATE TABLE turn (round TEXT PRIMARY KEY, after INTEGER NOT NULL) WITHOUT ROWID;

-- One row per API message. time is milliseconds since the epoch; flags: 1 fast mode, 2 inference in the US, 4 subagent.
-- file_id is the file that had it first; account_id is what that file said, else the session's.
CREATE TABLE message (
  id INTEGER PRIMARY KEY,
  message_id TEXT NOT NULL, request_id TEXT NOT NULL, time INTEGER NOT NULL,
  session_id INTEGER NOT NULL REFERENCES session, project_id INTEGER NOT NULL REFERENCES project,
  model_id INTEGER NOT NULL REFERENCES model, flags INTEGER NOT NULL, account_id INTEGER REFERENCES account,
  input INTEGER NOT NULL, output INTEGER NOT NULL, cache_write_5m INTEGER NOT NULL, cache_write_1h INTEGER NOT NULL,
  cache_read INTEGER NOT NULL, web_searches INTEGER NOT NULL, file_id INTEGER NOT NULL REFERENCES file
);
CREATE UNIQUE INDEX message_key ON message (message_id, request_id);
CREATE INDEX message_time ON message (time);

-- The sums of `message` per quarter of an hour: every time zone's midnight is the edge of one. `step` counts the lengths of
-- prompt (100,000 and 200,000 tokens) that were passed, `flags` leaves out the subagent: all that a price depends on.
CREATE TABLE usage_quarter (
  quarter INTEGER NOT NULL, model_id INTEGER NOT NULL, flags INTEGER NOT NULL, step INTEGER NOT NULL,
  messages INTEGER NOT NULL, input INTEGER NOT NULL, output INTEGER NOT NULL, cache_write_5m INTEGER NOT NULL,
  cache_write_1h INTEGER NOT NULL, cache_read INTEGER NOT NULL, web_searches INTEGER NOT NULL,
  PRIMARY KEY (quarter, model_id, flags, step)
) WITHOUT ROWID;

-- Quarters whose sums are to be made anew before the transaction ends.
CREATE TABLE stale_quarter (quarter INTEGER PRIMARY KEY);

-- The 5-hour blocks: hours since the epoch at which one starts.
CREATE TABLE block (start INTEGER PRIMARY KEY);

-- In a trigger the outer statement's way with conflicts holds, whatever the trigger says: hence NOT EXISTS, not OR IGNORE.
CREATE TRIGGER message_changed AFTER UPDATE ON message
WHEN NOT EXISTS (SELECT 1 FROM stale_quarter WHERE quarter = old.time / 900000) BEGIN
  INSERT INTO stale_quarter VALUES (old.time / 900000);
END;

-- The same message under another request in a subagent's file is a replay of it: the one outside the subagent stays.
CREATE TRIGGER message_replayed AFTER INSERT ON message
WHEN EXISTS (SELECT 1 FROM message WHERE message_id = new.message_id AND request_id <> new.request_id) BEGIN
  INSERT INTO stale_quarter SELECT DISTINCT time / 900000 FROM message
    WHERE message_id = new.message_id AND flags & 4 AND time / 900000 NOT IN (SELECT quarter FROM stale_quarter);
  DELETE FROM message WHERE message_id = new.message_id AND flags & 4
    AND EXISTS (SELECT 1 FROM message WHERE message_id = new.message_id AND NOT flags & 4);
END;

-- For people: `sqlite3 ledger.db 'SELECT * FROM api_message'`
CREATE VIEW api_message AS SELECT
  datetime(m.time / 1000.0, 'unixepoch') AS time, account.uuid AS account, config_dir.path AS config_dir,
  session.uuid AS session, project.path AS project, model.name AS model,
  iif(m.flags & 1, 'fast', 'standard') AS speed, iif(m.flags & 4, 'subagent', 'main') AS agent,
  m.input, m.output, m.cache_write_5m, m.cache_write_1h, m.cache_read, m.web_searches
FROM message m JOIN session ON session.id = m.session_id JOIN project ON project.id = m.project_id
  JOIN model ON model.id = m.model_id JOIN file ON file.id = m.file_id
  JOIN config_dir ON config_dir.id = file.config_dir_id
  LEFT JOIN account ON account.id = coalesce(m.account_id, session.account_id);
"""

REQUESTS = """
-- What the rate limiter remembers, times in epoch seconds; key is `account:<uuid>`, `config:<folder>` or `token:<fingerprint>`.
CREATE TABLE request_budget (
  key TEXT PRIMARY KEY, asked_at REAL, outcome TEXT NOT NULL, blocked_until REAL NOT NULL, failures INTEGER NOT NULL,
  credentials TEXT
) WITHOUT ROWID;

-- Every request made, and every run of `claude -p /usage`.
CREATE TABLE request (
  id INTEGER PRIMARY KEY, key TEXT NOT NULL, source TEXT NOT NULL, asked_at REAL NOT NULL, outcome TEXT NOT NULL
);
CREATE INDEX request_time ON request (asked_at);
CREATE INDEX request_latest ON request (key, source, id);

-- The resets of known windows, by minute, until an hour after: a snapshot forgets a window when it is over.
CREATE TABLE known_reset (
  key TEXT NOT NULL, minute INTEGER NOT NULL, resets_at REAL NOT NULL, PRIMARY KEY (key, minute)
) WITHOUT ROWID;

-- Versions of `claude` that gave no report.
CREATE TABLE unsupported_claude (version TEXT PRIMARY KEY, noticed_at REAL NOT NULL) WITHOUT ROWID;

-- Since when the present login of a configuration folder is its login.
CREATE TABLE login (config_dir TEXT PRIMARY KEY, account TEXT NOT NULL, since REAL NOT NULL) WITHOUT ROWID;
"""

# Windows and extra usage over time: `body` is the reading as JSON; account is NULL where nobody said whose it is.
READINGS = """
CREATE TABLE reading (
  id INTEGER PRIMARY KEY, config_dir TEXT NOT NULL, account TEXT, window TEXT NOT NULL, as_of REAL NOT NULL,
  utilization REAL, body TEXT NOT NULL
);
CREATE INDEX reading_window ON reading (config_dir, window, as_of);
CREATE INDEX reading_time ON reading (config_dir, as_of);
"""

STEPS = (COPIES, RUNS, FULLEST, ORGANISATION, FOLDERS, DIRS, IMPORTED, FLEET, PASTS, MARKS, FLEET_RUNS)
MIGRATIONS: tuple[str, ...] = (USAGE, REQUESTS, READINGS, *STEPS)
