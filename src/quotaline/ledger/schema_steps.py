"""PURE The later steps of the ledger's tables, in the order in which `schema.MIGRATIONS` has them."""

# One message under several keys is one message: a request that is not named, and a subagent's copy, have the request ''.
COPIES = """
-- `skipped` counts the lines of a file of which something could not be read.
ALTER TABLE file ADD COLUMN skipped INTEGER NOT NULL DEFAULT 0;

-- `part` is 0, or the place of an iteration that is billed beside its message, from 1 on, perhaps under another model.
ALTER TABLE message ADD COLUMN part INTEGER NOT NULL DEFAULT 0;
DROP INDEX message_key;
CREATE UNIQUE INDEX message_key ON message (message_id, request_id, part);

-- As soon as one copy's request is '', its id alone tells a message, and all its copies become one: the one outside a subagent,
-- else the earliest, with the largest of each counter.
DROP TRIGGER message_replayed;
CREATE TRIGGER message_copied AFTER INSERT ON message
WHEN EXISTS (
  SELECT 1 FROM message WHERE message_id = new.message_id AND request_id <> new.request_id AND part = new.part
    AND (request_id = '' OR new.request_id = '')
) BEGIN
  INSERT INTO stale_quarter SELECT DISTINCT time / 900000 FROM message
    WHERE message_id = new.message_id AND part = new.part AND time / 900000 NOT IN (SELECT quarter FROM stale_quarter);
  UPDATE message SET (session_id, project_id, account_id, file_id, time) = (
      SELECT session_id, project_id, account_id, file_id, time FROM message
      WHERE message_id = new.message_id AND part = new.part ORDER BY flags & 4, time, file_id LIMIT 1
    ), (flags, input, output, cache_write_5m, cache_write_1h, cache_read, web_searches) = (
      SELECT max(flags & 1) | max(flags & 2) | min(flags & 4), max(input), max(output), max(cache_write_5m),
        max(cache_write_1h), max(cache_read), max(web_searches)
      FROM message WHERE message_id = new.message_id AND part = new.part
    )
    WHERE message_id = new.message_id AND part = new.part AND request_id = '';
  DELETE FROM message WHERE message_id = new.message_id AND part = new.part AND request_id <> '';
END;

-- What was stored before as two: the copies whose request is not named, and those that two subagents have.
CREATE TEMP TABLE copied AS SELECT message_id FROM message GROUP BY message_id
  HAVING count(*) > 1 AND (min(request_id) = '' OR max(flags & 4));
INSERT INTO stale_quarter SELECT DISTINCT time / 900000 FROM message
  WHERE message_id IN (SELECT message_id FROM copied) AND time / 900000 NOT IN (SELECT quarter FROM stale_quarter);
INSERT INTO message (message_id, request_id, time, session_id, project_id, model_id, flags, account_id,
    input, output, cache_write_5m, cache_write_1h, cache_read, web_searches, file_id)
  SELECT message_id, '', time, session_id, project_id, model_id, flags, account_id,
    input, output, cache_write_5m, cache_write_1h, cache_read, web_searches, file_id
  FROM message WHERE id IN (
    SELECT min(id) FROM message WHERE message_id IN (SELECT message_id FROM copied)
    GROUP BY message_id HAVING min(request_id) <> ''
  );
UPDATE message SET (session_id, project_id, account_id, file_id, time) = (
    SELECT session_id, project_id, account_id, file_id, time FROM message AS copy
    WHERE copy.message_id = message.message_id ORDER BY flags & 4, time, file_id LIMIT 1
  ), (flags, input, output, cache_write_5m, cache_write_1h, cache_read, web_searches) = (
    SELECT max(flags & 1) | max(flags & 2) | min(flags & 4), max(input), max(output), max(cache_write_5m),
      max(cache_write_1h), max(cache_read), max(web_searches)
    FROM message AS copy WHERE copy.message_id = message.message_id
  )
  WHERE request_id = '' AND message_id IN (SELECT message_id FROM copied);
DELETE FROM message WHERE request_id <> '' AND message_id IN (SELECT message_id FROM copied);
DROP TABLE copied;
DELETE FROM usage_quarter WHERE quarter IN (SELECT quarter FROM stale_quarter);
INSERT INTO usage_quarter SELECT quarter, model_id, flags & 3,
    (input + cache_write_5m + cache_write_1h + cache_read > 100000)
    + (input + cache_write_5m + cache_write_1h + cache_read > 200000),
    count(*), sum(input), sum(output), sum(cache_write_5m), sum(cache_write_1h), sum(cache_read), sum(web_searches)
  FROM stale_quarter CROSS JOIN message ON time >= quarter * 900000 AND time < (quarter + 1) * 900000
  GROUP BY 1, 2, 3, 4;

DROP VIEW api_message;
CREATE VIEW api_message AS SELECT
  datetime(m.time / 1000.0, 'unixepoch') AS time, account.uuid AS account, config_dir.path AS config_dir,
  session.uuid AS session, project.path AS project, model.name AS model,
  iif(m.flags & 1, 'fast', 'standard') AS speed, iif(m.flags & 4, 'subagent', 'main') AS agent,
  m.input, m.output, m.cache_write_5m, m.cache_write_1h, m.cache_read, m.web_searches, m.part
FROM message m JOIN session ON session.id = m.session_id JOIN project ON project.id = m.project_id
  JOIN model ON model.id = m.model_id JOIN file ON file.id = m.file_id
  JOIN config_dir ON config_dir.id = file.config_dir_id
  LEFT JOIN account ON account.id = coalesce(m.account_id, session.account_id);
"""

# What `quotaline record` heard of `claude -p`. Money is decimal text of US dollars, as the client wrote it.
RUNS = """
-- Whether messages of a session are here: they count then, and its runs do not.
ALTER TABLE session ADD COLUMN transcribed INTEGER NOT NULL DEFAULT 0;
UPDATE session SET transcribed = 1 WHERE id IN (SELECT session_id FROM message);

-- One row per result; time is when it ended, in milliseconds. totals, since and spent are JSON, see ledger/runs.py; tokens are
-- those of totals; follows is the result before it in the same stream; holds_earlier: the run's own part holds what was used
-- before it, and nothing says how much.
CREATE TABLE run (
  id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, session_id INTEGER NOT NULL REFERENCES session,
  project_id INTEGER NOT NULL REFERENCES project, config_dir_id INTEGER NOT NULL REFERENCES config_dir,
  time INTEGER NOT NULL, duration_ms INTEGER, api_ms INTEGER, turns INTEGER, subagents INTEGER, follows INTEGER REFERENCES run,
  tokens INTEGER NOT NULL, totals TEXT NOT NULL, since TEXT, spent TEXT, holds_earlier INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX run_time ON run (time);
CREATE INDEX run_session ON run (session_id);

-- What of the totals is a run's own; cost is NULL where the client told none.
CREATE TABLE run_usage (
  run_id INTEGER NOT NULL REFERENCES run, model_id INTEGER NOT NULL REFERENCES model,
  input INTEGER NOT NULL, output INTEGER NOT NULL, cache_write_5m INTEGER NOT NULL, cache_write_1h INTEGER NOT NULL,
  cache_read INTEGER NOT NULL, web_searches INTEGER NOT NULL, cost TEXT, PRIMARY KEY (run_id, model_id)
) WITHOUT ROWID;

CREATE VIEW counted_run AS SELECT run.* FROM run JOIN session ON session.id = session_id WHERE NOT transcribed;

-- For people, like api_message.
CREATE VIEW recorded_run AS SELECT
  datetime(run.time / 1000.0, 'unixepoch') AS time, session.uuid AS session, project.path AS project, model.name AS model,
  run.duration_ms, run.api_ms, run.turns, u.input, u.output, u.cache_write_5m, u.cache_write_1h, u.cache_read, u.web_searches,
  u.cost, NOT session.transcribed AS counts, run.holds_earlier
FROM run JOIN run_usage u ON u.run_id = run.id JOIN session ON session.id = run.session_id
  JOIN project ON project.id = run.project_id JOIN model ON model.id = u.model_id;
"""

# Which copy and which line of a message has most of its tokens: what counts one line only, as ccusage does, counts that one.
FULLEST = """
-- When that line was written, milliseconds since the epoch (NULL: `time`), and the first file by path that has it (NULL:
-- `file_id`), outside a subagent where there is one.
ALTER TABLE message ADD COLUMN full_time INTEGER;
ALTER TABLE message ADD COLUMN full_file_id INTEGER REFERENCES file;

DROP TRIGGER message_copied;
CREATE TRIGGER message_copied AFTER INSERT ON message
WHEN EXISTS (
  SELECT 1 FROM message WHERE message_id = new.message_id AND request_id <> new.request_id AND part = new.part
    AND (request_id = '' OR new.request_id = '')
) BEGIN
  INSERT INTO stale_quarter SELECT DISTINCT time / 900000 FROM message
    WHERE message_id = new.message_id AND part = new.part AND time / 900000 NOT IN (SELECT quarter FROM stale_quarter);
  UPDATE message SET (session_id, project_id, account_id, file_id, time) = (
      SELECT session_id, project_id, account_id, file_id, time FROM message
      WHERE message_id = new.message_id AND part = new.part ORDER BY flags & 4, time, file_id LIMIT 1
    ), (full_time, full_file_id) = (
      SELECT coalesce(full_time, time), file.id FROM message JOIN file ON file.id = coalesce(full_file_id, file_id)
      WHERE message_id = new.message_id AND part = new.part
      ORDER BY flags & 4, input + output + cache_write_5m + cache_write_1h + cache_read DESC, path LIMIT 1
    ), (flags, input, output, cache_write_5m, cache_write_1h, cache_read, web_searches) = (
      SELECT max(flags & 1) | max(flags & 2) | min(flags & 4), max(input), max(output), max(cache_write_5m),
        max(cache_write_1h), max(cache_read), max(web_searches)
      FROM message WHERE message_id = new.message_id AND part = new.part
    )
    WHERE message_id = new.message_id AND part = new.part AND request_id = '';
  DELETE FROM message WHERE message_id = new.message_id AND part = new.part AND request_id <> '';
END;
"""

ORGANISATION = """
-- What an organisation's reports said of a day (UTC). `owner` is the fingerprint of the key that they were asked with. Amounts
-- are exact decimals in hundredths of the currency's unit, as the server writes them; what a report does not tell is NULL.
CREATE TABLE organisation_row (
  id INTEGER PRIMARY KEY, owner TEXT NOT NULL, report TEXT NOT NULL, day TEXT NOT NULL,
  model TEXT, workspace TEXT, api_key TEXT, actor TEXT, product TEXT,
  input INTEGER NOT NULL, output INTEGER NOT NULL, cache_write_5m INTEGER NOT NULL, cache_write_1h INTEGER NOT NULL,
  cache_read INTEGER NOT NULL, web_searches INTEGER NOT NULL, requests INTEGER,
  cents TEXT, list_cents TEXT, currency TEXT,
  sessions INTEGER, lines_added INTEGER, lines_removed INTEGER, commits INTEGER, pull_requests INTEGER
);
CREATE INDEX organisation_row_day ON organisation_row (owner, report, day);

-- When each report was last asked for a day, and whether it held anything of it.
CREATE TABLE organisation_day (
  owner TEXT NOT NULL, report TEXT NOT NULL, day TEXT NOT NULL, asked_at REAL NOT NULL, seen INTEGER NOT NULL,
  PRIMARY KEY (owner, report, day)
) WITHOUT ROWID;

-- The pages of a report that are here while others are still to come: rows as JSON, the next page as the server calls it.
CREATE TABLE organisation_page (
  owner TEXT NOT NULL, report TEXT NOT NULL, number INTEGER NOT NULL, first_day TEXT NOT NULL, last_day TEXT NOT NULL,
  asked_at REAL NOT NULL, next_page TEXT NOT NULL, days TEXT NOT NULL, rows BLOB NOT NULL, PRIMARY KEY (owner, report, number)
) WITHOUT ROWID;

-- How the last request with a key went. `closed` says, as JSON, since when the server has not given a report to this key.
CREATE TABLE organisation_state (
  owner TEXT PRIMARY KEY, asked_at REAL NOT NULL, answered_at REAL, refreshed_at REAL, problem TEXT, note TEXT,
  closed TEXT NOT NULL DEFAULT '{}'
) WITHOUT ROWID;
"""

FOLDERS = """
-- The folders that a session was in, and when first, milliseconds: also by messages that count as another session's by now.
CREATE TABLE session_folder (
  session_id INTEGER NOT NULL REFERENCES session, project_id INTEGER NOT NULL REFERENCES project, first INTEGER NOT NULL,
  PRIMARY KEY (session_id, project_id)
) WITHOUT ROWID;
INSERT INTO session_folder SELECT session_id, project_id, min(time) FROM message GROUP BY 1, 2;
"""

# The sums tell apart whose folder a message is of: two accounts may share a ledger.
DIRS = """
ALTER TABLE usage_quarter RENAME TO former_quarter;
CREATE TABLE usage_quarter (
  quarter INTEGER NOT NULL, config_dir_id INTEGER NOT NULL REFERENCES config_dir, model_id INTEGER NOT NULL,
  flags INTEGER NOT NULL, step INTEGER NOT NULL, messages INTEGER NOT NULL, input INTEGER NOT NULL, output INTEGER NOT NULL,
  cache_write_5m INTEGER NOT NULL, cache_write_1h INTEGER NOT NULL, cache_read INTEGER NOT NULL, web_searches INTEGER NOT NULL,
  PRIMARY KEY (quarter, config_dir_id, model_id, flags, step)
) WITHOUT ROWID;

-- Where all messages are of one folder the sums are its own; else they are made anew.
INSERT INTO usage_quarter SELECT quarter, (SELECT min(config_dir_id) FROM file), model_id, flags, step, messages, input, output,
    cache_write_5m, cache_write_1h, cache_read, web_searches
  FROM former_quarter WHERE (SELECT count(DISTINCT config_dir_id) FROM file) = 1;
INSERT INTO usage_quarter SELECT time / 900000, config_dir_id, model_id, flags & 3,
    (input + cache_write_5m + cache_write_1h + cache_read > 100000)
    + (input + cache_write_5m + cache_write_1h + cache_read > 200000),
    sum(part = 0), sum(input), sum(output), sum(cache_write_5m), sum(cache_write_1h), sum(cache_read), sum(web_searches)
  FROM message JOIN file ON file.id = file_id
  WHERE (SELECT count(DISTINCT config_dir_id) FROM file) > 1 GROUP BY 1, 2, 3, 4, 5;
DROP TABLE former_quarter;
"""

IMPORTED = """
-- What Claude Code counted of a day itself (its own zone's): tokens by model as JSON, and of all models. In none of our sums.
CREATE TABLE imported_day (
  config_dir TEXT NOT NULL, day TEXT NOT NULL, tokens INTEGER NOT NULL, models TEXT NOT NULL,
  messages INTEGER, sessions INTEGER, tool_calls INTEGER, PRIMARY KEY (config_dir, day)
) WITHOUT ROWID;

-- How full Claude Desktop saw a window, in percent, at a time in epoch seconds.
CREATE TABLE imported_level (
  organisation TEXT NOT NULL, window TEXT NOT NULL, at REAL NOT NULL, percent REAL NOT NULL,
  PRIMARY KEY (organisation, window, at)
) WITHOUT ROWID;

-- Inode, size and time of change of such a file when it was read last.
CREATE TABLE imported_file (path TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID;
"""

FLEET = """
-- Messages that changed, in order, until another place has them; `changes.track` makes the triggers that write here.
CREATE TABLE message_change (seq INTEGER PRIMARY KEY AUTOINCREMENT, message INTEGER NOT NULL);

-- How the fleet fared, as JSON; `target` is a fingerprint of where it is.
CREATE TABLE fleet_state (target TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID;
"""

FLEET_RUNS = """
-- Runs that changed, or whose session did, like message_change; `run_changes.track_runs` makes the triggers that write here.
CREATE TABLE run_change (seq INTEGER PRIMARY KEY AUTOINCREMENT, run INTEGER NOT NULL);
"""

PASTS = """
-- What the ended periods of a window tell, as JSON (see forecast/past.py); account is '' where nobody said whose it is.
CREATE TABLE window_past (
  config_dir TEXT NOT NULL, account TEXT NOT NULL, window TEXT NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (config_dir, account, window)
) WITHOUT ROWID;
"""

MARKS = """
-- The highest value that an exported counter has had: the sums can fall, a counter must not. `owner` is a folder of Claude
-- Code's, `labels` are JSON, `value` is an exact decimal.
CREATE TABLE counter_mark (
  owner TEXT NOT NULL, name TEXT NOT NULL, labels TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (owner, name, labels)
) WITHOUT ROWID;
"""
