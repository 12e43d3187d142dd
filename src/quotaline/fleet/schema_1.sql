-- The fleet's tables, and the functions that are all a machine needs of them. Run as the owner; the functions act as that one
-- (SECURITY DEFINER), so that who pushes needs no right to a table. They are the interface: a later version adds to them and
-- keeps these, so that an older quotaline goes on pushing.
CREATE SCHEMA IF NOT EXISTS quotaline;

CREATE TABLE quotaline.version (version integer PRIMARY KEY, oldest_client integer NOT NULL, applied_at timestamptz NOT NULL DEFAULT now());

-- `project_key` is for the keyed hashes of projects and logins: the same on every machine, and readable for no one but through about().
CREATE TABLE quotaline.fleet (
  sole boolean PRIMARY KEY DEFAULT true CHECK (sole), id uuid NOT NULL DEFAULT gen_random_uuid(),
  project_key text NOT NULL DEFAULT replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '')
);
INSERT INTO quotaline.fleet DEFAULT VALUES;

-- `login` is the database's own role that the machine pushes as: rows are seen by whom it says.
CREATE TABLE quotaline.machine (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, login name NOT NULL, name text NOT NULL, person text NOT NULL,
  first_seen timestamptz NOT NULL, last_seen timestamptz NOT NULL, UNIQUE (login, name, person)
);

-- Who is in which team, and who leads it: filled by the database's owner.
CREATE TABLE quotaline.member (login name NOT NULL, team text NOT NULL, lead boolean NOT NULL DEFAULT false, PRIMARY KEY (login, team));

-- One row per API message, as in the ledger of a machine. flags: 1 fast mode, 2 inference in the US, 4 subagent.
-- cost_usd is the list price as the machine that pushed it knew it; NULL where it did not.
CREATE TABLE quotaline.message (
  message_id text NOT NULL, request_id text NOT NULL, part integer NOT NULL, time timestamptz NOT NULL,
  machine_id integer NOT NULL REFERENCES quotaline.machine, flags integer NOT NULL, model text NOT NULL, session text NOT NULL,
  project text NOT NULL, account text, input bigint NOT NULL, output bigint NOT NULL, cache_write_5m bigint NOT NULL,
  cache_write_1h bigint NOT NULL, cache_read bigint NOT NULL, web_searches bigint NOT NULL, cost_usd numeric,
  PRIMARY KEY (message_id, request_id, part)
);
CREATE INDEX message_machine ON quotaline.message (machine_id, time);
CREATE INDEX message_time ON quotaline.message USING brin (time);

-- The sums of `message` per quarter of an hour (of the epoch: every time zone's midnight is the edge of one), kept by push_messages.
-- `step` counts the lengths of prompt (100,000 and 200,000 tokens) that were passed, flags leave out the subagent: all that a price
-- depends on. cost_usd is without the `unpriced` messages.
CREATE TABLE quotaline.usage_quarter (
  quarter integer NOT NULL, machine_id integer NOT NULL REFERENCES quotaline.machine, project text NOT NULL, model text NOT NULL,
  flags integer NOT NULL, step integer NOT NULL, messages bigint NOT NULL, input bigint NOT NULL, output bigint NOT NULL,
  cache_write_5m bigint NOT NULL, cache_write_1h bigint NOT NULL, cache_read bigint NOT NULL, web_searches bigint NOT NULL,
  cost_usd numeric NOT NULL, unpriced bigint NOT NULL, PRIMARY KEY (quarter, machine_id, project, model, flags, step)
);

-- The same per day (UTC) without the projects: a team's month is made of these, and of quarters at its edges.
CREATE TABLE quotaline.usage_day (
  day integer NOT NULL, machine_id integer NOT NULL REFERENCES quotaline.machine, model text NOT NULL, flags integer NOT NULL,
  step integer NOT NULL, messages bigint NOT NULL, input bigint NOT NULL, output bigint NOT NULL, cache_write_5m bigint NOT NULL,
  cache_write_1h bigint NOT NULL, cache_read bigint NOT NULL, web_searches bigint NOT NULL,
  PRIMARY KEY (day, machine_id, model, flags, step)
);

-- Runs of `claude -p` as `quotaline record` heard of them, a row for each model of a run: the client's own count. told_usd is what it
-- said that this cost, cost_usd the same or else the list price; flags: 8 it holds what was used before the run.
CREATE TABLE quotaline.run (
  run_id text NOT NULL, part integer NOT NULL, time timestamptz NOT NULL, quarter integer NOT NULL,
  machine_id integer NOT NULL REFERENCES quotaline.machine, flags integer NOT NULL, model text NOT NULL, session text NOT NULL,
  project text NOT NULL, account text, input bigint NOT NULL, output bigint NOT NULL, cache_write_5m bigint NOT NULL,
  cache_write_1h bigint NOT NULL, cache_read bigint NOT NULL, web_searches bigint NOT NULL, told_usd numeric, cost_usd numeric,
  PRIMARY KEY (run_id, part)
);
CREATE INDEX run_quarter ON quotaline.run (quarter);

-- Sessions of which some machine has transcripts: their messages count then, and their runs do not, whichever came first.
CREATE TABLE quotaline.transcribed (session text PRIMARY KEY);

-- Windows and extra usage over time, as machines read them; `body` is the value as JSON.
CREATE TABLE quotaline.reading (
  account text NOT NULL, window_id text NOT NULL, as_of timestamptz NOT NULL, machine_id integer NOT NULL REFERENCES quotaline.machine,
  source text NOT NULL, utilization double precision, resets_at timestamptz, body jsonb NOT NULL,
  PRIMARY KEY (account, window_id, as_of, machine_id)
);

-- The newest of each, by this server's own clock: a machine tells how old its value is, and is told so.
CREATE TABLE quotaline.latest (
  account text NOT NULL, window_id text NOT NULL, true_at timestamptz NOT NULL, machine_id integer NOT NULL REFERENCES quotaline.machine,
  body jsonb NOT NULL, PRIMARY KEY (account, window_id)
);

-- One row per login, named by a keyed hash: when a machine asked Anthropic's server last, and until when none may.
CREATE TABLE quotaline.request (
  login text PRIMARY KEY, asked_at timestamptz NOT NULL, blocked_until timestamptz, outcome text NOT NULL,
  machine_id integer NOT NULL REFERENCES quotaline.machine, requests bigint NOT NULL DEFAULT 0
);

-- Answers of sums() that are asked for again and again: a team's month is added up once in five minutes, however many look.
CREATE TABLE quotaline.summed (question text PRIMARY KEY, computed_at timestamptz NOT NULL, answer jsonb NOT NULL);

CREATE VIEW quotaline.counted_run WITH (security_invoker) AS
SELECT * FROM quotaline.run WHERE NOT EXISTS (SELECT FROM quotaline.transcribed WHERE transcribed.session = run.session);

-- For people and dashboards. `source` is `transcripts` or, for the client's own count, `record`.
CREATE VIEW quotaline.usage WITH (security_invoker) AS SELECT
  m.time, machine.name AS machine, machine.person AS "user", m.account, m.session, m.project, m.model,
  CASE WHEN m.flags & 1 > 0 THEN 'fast' ELSE 'standard' END AS speed, CASE WHEN m.flags & 4 > 0 THEN 'subagent' ELSE 'main' END AS agent,
  m.input, m.output, m.cache_write_5m, m.cache_write_1h, m.cache_read, m.web_searches, m.cost_usd, m.part,
  'transcripts' AS source
FROM quotaline.message m JOIN quotaline.machine ON machine.id = m.machine_id
UNION ALL SELECT r.time, machine.name, machine.person, r.account, r.session, r.project, r.model, 'standard', 'main', r.input, r.output,
  r.cache_write_5m, r.cache_write_1h, r.cache_read, r.web_searches, r.cost_usd, r.part, 'record'
FROM quotaline.counted_run r JOIN quotaline.machine ON machine.id = r.machine_id;

CREATE VIEW quotaline.usage_by_quarter WITH (security_invoker) AS SELECT
  to_timestamp(q.quarter * 900::bigint) AS time, machine.name AS machine, machine.person AS "user", q.project, q.model, q.messages,
  q.input, q.output, q.cache_write_5m, q.cache_write_1h, q.cache_read, q.web_searches, q.cost_usd, q.unpriced,
  'transcripts' AS source
FROM quotaline.usage_quarter q JOIN quotaline.machine ON machine.id = q.machine_id
UNION ALL SELECT to_timestamp(r.quarter * 900::bigint), machine.name, machine.person, r.project, r.model, 0, r.input, r.output,
  r.cache_write_5m, r.cache_write_1h, r.cache_read, r.web_searches, coalesce(r.cost_usd, 0), (r.cost_usd IS NULL)::int, 'record'
FROM quotaline.counted_run r JOIN quotaline.machine ON machine.id = r.machine_id;

CREATE FUNCTION quotaline.moment() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT clock_timestamp()';

-- What who looks needs to know; it writes nothing, so that a read replica can say it.
CREATE FUNCTION quotaline.about() RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, quotaline, pg_temp AS $$
  SELECT jsonb_build_object('fleet', id, 'project_key', project_key, 'schema', (SELECT max(version) FROM version),
    'oldest_client', (SELECT max(oldest_client) FROM version)) FROM fleet
$$;

-- Who a machine is, and what it needs to know before it pushes.
CREATE FUNCTION quotaline.hello(machine_name text, person_name text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, quotaline, pg_temp AS $$
DECLARE found integer;
BEGIN
  INSERT INTO machine AS m (login, name, person, first_seen, last_seen)
    VALUES (session_user, left(machine_name, 200), left(person_name, 200), moment(), moment())
    ON CONFLICT (login, name, person) DO UPDATE SET last_seen = excluded.last_seen WHERE m.last_seen < excluded.last_seen - interval '1 minute';
  SELECT id INTO found FROM machine WHERE (login, name, person) = (session_user, left(machine_name, 200), left(person_name, 200));
  RETURN about() || jsonb_build_object('machine', found);
END $$;

CREATE FUNCTION quotaline.own_machine(here integer) RETURNS void
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, quotaline, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM machine WHERE id = here AND login = session_user) THEN
    RAISE EXCEPTION 'machine % is not yours', here USING ERRCODE = 'insufficient_privilege';
  END IF;
END $$;

-- The quarters of an hour that hold a batch's messages, each as machine * 10,000,000 + quarter.
CREATE FUNCTION quotaline.stale_quarters(batch jsonb) RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, quotaline, pg_temp AS $$
  SELECT coalesce(array_agg(DISTINCT machine_id * 10000000::bigint + floor(extract(epoch FROM time) / 900)::bigint), '{}')
  FROM message WHERE message_id IN (SELECT item->>'message_id' FROM jsonb_array_elements(batch) AS item)
$$;

-- Their sums anew. Who makes a machine's sums keeps the others out until it is done, so that the last one has seen all messages.
CREATE FUNCTION quotaline.renew_quarters(stale bigint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, quotaline, pg_temp
SET plan_cache_mode = force_custom_plan AS $$
DECLARE one bigint; number integer; which integer; since timestamptz; until timestamptz; quarters integer[];
BEGIN
  PERFORM pg_advisory_xact_lock(741852967, machine) FROM (
    SELECT DISTINCT (item / 10000000)::integer AS machine FROM unnest(stale) AS item ORDER BY 1) AS machines;
  FOR one IN SELECT DISTINCT item FROM unnest(stale) AS item ORDER BY 1 LOOP  -- one by one each is found by an index, whatever is known of the table
    number := one / 10000000;
    which := one % 10000000;
    since := to_timestamp(which::bigint * 900);
    until := to_timestamp((which::bigint + 1) * 900);
    DELETE FROM usage_quarter WHERE quarter = which AND machine_id = number;
    INSERT INTO usage_quarter
      SELECT which, number, project, model, flags & 3,
        (input + cache_write_5m + cache_write_1h + cache_read > 100000)::int
        + (input + cache_write_5m + cache_write_1h + cache_read > 200000)::int,
        count(*) FILTER (WHERE part = 0), sum(input), sum(output), sum(cache_write_5m), sum(cache_write_1h), sum(cache_read),
        sum(web_searches), coalesce(sum(cost_usd), 0), count(*) FILTER (WHERE cost_usd IS NULL)
      FROM message WHERE machine_id = number AND time >= since AND time < until GROUP BY 3, 4, 5, 6;
  END LOOP;
  FOR number, which IN SELECT DISTINCT item / 10000000, item % 10000000 / 96 FROM unnest(stale) AS item ORDER BY 1, 2 LOOP
    quarters := ARRAY(SELECT generate_series(which * 96, which * 96 + 95));
    DELETE FROM usage_day WHERE day = which AND machine_id = number;
    INSERT INTO usage_day
      SELECT which, number, model, flags, step, sum(messages), sum(input), sum(output), sum(cache_write_5m), sum(cache_write_1h),
        sum(cache_read), sum(web_searches)
      FROM usage_quarter WHERE quarter = ANY (quarters) AND machine_id = number GROUP BY model, flags, step;
  END LOOP;
END $$;

-- Messages of one machine; those that are here already get the largest of each counter. The same batch again changes nothing.
-- Whose message it is says the earliest copy outside a subagent, as in a machine's own ledger; the order of coming does not matter.
CREATE FUNCTION quotaline.push_messages(here integer, batch jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, quotaline, pg_temp AS $$
DECLARE one record; stale bigint[];
BEGIN
  PERFORM own_machine(here);
  -- Copies of one message come under several keys; who stores one keeps the others out until it is done.
  PERFORM pg_advisory_xact_lock(741852963, bucket) FROM (
    SELECT DISTINCT hashtext(item->>'message_id') & 255 AS bucket FROM jsonb_array_elements(batch) AS item ORDER BY 1) AS buckets;
  INSERT INTO transcribed SELECT DISTINCT item->>'session' FROM jsonb_array_elements(batch) AS item ORDER BY 1 ON CONFLICT DO NOTHING;
  stale := stale_quarters(batch);  -- where the messages were before
  INSERT INTO message AS m
    SELECT DISTINCT ON (message_id, request_id, part) message_id, request_id, part, to_timestamp(time / 1000.0), here, flags, model,
      session, project, account, input, output, cache_write_5m, cache_write_1h, cache_read, web_searches, cost_usd
    FROM jsonb_to_recordset(batch) AS given (message_id text, request_id text, part integer, time bigint, flags integer, model text,
      session text, project text, account text, input bigint, output bigint, cache_write_5m bigint, cache_write_1h bigint,
      cache_read bigint, web_searches bigint, cost_usd numeric)
    ORDER BY message_id, request_id, part
  ON CONFLICT (message_id, request_id, part) DO UPDATE SET
    (time, machine_id, model, session, project, account) = (SELECT
      CASE WHEN earlier THEN excluded.time ELSE m.time END, CASE WHEN earlier THEN excluded.machine_id ELSE m.machine_id END,
      CASE WHEN earlier THEN excluded.model ELSE m.model END, CASE WHEN earlier THEN excluded.session ELSE m.session END,
      CASE WHEN earlier THEN excluded.project ELSE m.project END,
      CASE WHEN earlier THEN coalesce(excluded.account, m.account) ELSE coalesce(m.account, excluded.account) END
      FROM (SELECT (excluded.flags & 4, excluded.time, excluded.machine_id) <= (m.flags & 4, m.time, m.machine_id) AS earlier) AS which),
    flags = (m.flags | excluded.flags) & 3 | (m.flags & excluded.flags & 4),
    cost_usd = CASE WHEN (excluded.input + excluded.output + excluded.cache_write_5m + excluded.cache_write_1h + excluded.cache_read)
      >= (m.input + m.output + m.cache_write_5m + m.cache_write_1h + m.cache_read) THEN excluded.cost_usd ELSE m.cost_usd END,
    input = greatest(m.input, excluded.input), output = greatest(m.output, excluded.output),
    cache_write_5m = greatest(m.cache_write_5m, excluded.cache_write_5m),
    cache_write_1h = greatest(m.cache_write_1h, excluded.cache_write_1h),
    cache_read = greatest(m.cache_read, excluded.cache_read), web_searches = greatest(m.web_searches, excluded.web_searches)
  WHERE (m.time, m.machine_id, m.flags, m.model, m.session, m.project, m.account, m.input, m.output, m.cache_write_5m,
      m.cache_write_1h, m.cache_read, m.web_searches, m.cost_usd)
    IS DISTINCT FROM (excluded.time, excluded.machine_id, excluded.flags, excluded.model, excluded.session, excluded.project,
      excluded.account, excluded.input, excluded.output, excluded.cache_write_5m, excluded.cache_write_1h, excluded.cache_read,
      excluded.web_searches, excluded.cost_usd);
  -- As soon as one copy's request is '', its id alone tells a message, and all its copies become one.
  FOR one IN SELECT message_id, part FROM message
    WHERE message_id IN (SELECT item->>'message_id' FROM jsonb_array_elements(batch) AS item)
    GROUP BY message_id, part HAVING count(*) > 1 AND min(request_id) = ''
  LOOP
    UPDATE message SET (time, machine_id, model, session, project, account) = (
        SELECT time, machine_id, model, session, project, account FROM message AS copy
        WHERE (copy.message_id, copy.part) = (one.message_id, one.part) ORDER BY flags & 4, time, machine_id, request_id LIMIT 1
      ), (flags, input, output, cache_write_5m, cache_write_1h, cache_read, web_searches, cost_usd) = (
        SELECT max(flags & 1) | max(flags & 2) | min(flags & 4), max(input), max(output), max(cache_write_5m), max(cache_write_1h),
          max(cache_read), max(web_searches), max(cost_usd)
        FROM message AS copy WHERE (copy.message_id, copy.part) = (one.message_id, one.part)
      ) WHERE (message_id, part, request_id) = (one.message_id, one.part, '');
    DELETE FROM message WHERE (message_id, part) = (one.message_id, one.part) AND request_id <> '';
  END LOOP;
  PERFORM renew_quarters(stale || stale_quarters(batch));
END $$;

-- Runs of one machine as they are now, each with its parts by model. A run that two machines heard of is that one's which told it first.
CREATE FUNCTION quotaline.push_runs(here integer, batch jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, quotaline, pg_temp AS $$
BEGIN
  PERFORM own_machine(here);
  PERFORM pg_advisory_xact_lock(741852968, bucket) FROM (
    SELECT DISTINCT hashtext(item->>'run_id') & 255 AS bucket FROM jsonb_array_elements(batch) AS item ORDER BY 1) AS buckets;
  INSERT INTO transcribed SELECT DISTINCT item->>'session' FROM jsonb_array_elements(batch) AS item
    WHERE (item->>'transcribed')::boolean ORDER BY 1 ON CONFLICT DO NOTHING;
  DELETE FROM run WHERE machine_id = here AND run_id IN (SELECT item->>'run_id' FROM jsonb_array_elements(batch) AS item);
  INSERT INTO run
    SELECT run_id, part, to_timestamp(time / 1000.0), (time / 900000)::integer, here, flags, model, session, project, account,
      input, output, cache_write_5m, cache_write_1h, cache_read, web_searches, told_usd, cost_usd
    FROM jsonb_to_recordset(batch) AS given (run_id text, time bigint, flags integer, session text, project text, account text,
      parts jsonb), jsonb_to_recordset(parts) AS own (part integer, model text, input bigint, output bigint, cache_write_5m bigint,
      cache_write_1h bigint, cache_read bigint, web_searches bigint, told_usd numeric, cost_usd numeric)
    WHERE NOT EXISTS (SELECT FROM run WHERE run.run_id = given.run_id);
END $$;

-- Readings as they were kept (`history`), and the newest of each with its age in seconds (`latest`).
CREATE FUNCTION quotaline.push_readings(here integer, history jsonb, newest jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, quotaline, pg_temp AS $$
BEGIN
  PERFORM own_machine(here);
  INSERT INTO reading
    SELECT account, window_id, to_timestamp(as_of), here, source, utilization, to_timestamp(resets_at), body
    FROM jsonb_to_recordset(history) AS given (account text, window_id text, as_of double precision, source text,
      utilization double precision, resets_at double precision, body jsonb)
    ORDER BY account, window_id, as_of ON CONFLICT DO NOTHING;
  INSERT INTO latest AS l
    SELECT DISTINCT ON (account, window_id) account, window_id, moment() - make_interval(secs => greatest(age, 0)), here, body
    FROM jsonb_to_recordset(newest) AS given (account text, window_id text, age double precision, body jsonb)
    ORDER BY account, window_id, age
  ON CONFLICT (account, window_id) DO UPDATE SET true_at = excluded.true_at, machine_id = here, body = excluded.body
  WHERE excluded.true_at > l.true_at OR l.true_at > moment();
END $$;

-- The newest readings of an account, with their ages in seconds; none from a future that this server's clock once believed in.
CREATE FUNCTION quotaline.latest_readings(of_account text) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, quotaline, pg_temp AS $$
  SELECT coalesce(jsonb_agg(jsonb_build_object('machine', machine.name, 'machine_id', machine_id,
    'age', extract(epoch FROM moment() - true_at), 'body', body) ORDER BY window_id), '[]')
  FROM latest JOIN machine ON machine.id = machine_id WHERE account = of_account AND true_at <= moment() + interval '1 second'
$$;

-- May this machine ask Anthropic's server for a login now? Seconds to wait; 0: it may, and is taken to have asked.
CREATE FUNCTION quotaline.may_ask(here integer, of_login text, pause double precision) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, quotaline, pg_temp AS $$
DECLARE last request; wait double precision; at timestamptz;
BEGIN
  PERFORM own_machine(here);
  PERFORM pg_advisory_xact_lock(741852964, hashtext(of_login));
  at := moment();
  SELECT * INTO last FROM request WHERE login = of_login;
  IF FOUND THEN  -- a clock that went back must not forbid for ever: no longer than the pause, and than a day
    wait := greatest(least(extract(epoch FROM last.asked_at - at) + pause, pause),
      least(coalesce(extract(epoch FROM last.blocked_until - at), 0), 86400));
    IF wait > 0 THEN
      RETURN jsonb_build_object('wait', wait, 'outcome', last.outcome, 'machine', (SELECT name FROM machine WHERE id = last.machine_id));
    END IF;
  END IF;
  INSERT INTO request AS r (login, asked_at, outcome, machine_id, requests) VALUES (of_login, at, 'pending', here, 1)
  ON CONFLICT (login) DO UPDATE SET asked_at = at, blocked_until = NULL, outcome = 'pending', machine_id = here, requests = r.requests + 1;
  RETURN jsonb_build_object('wait', 0);
END $$;

-- How that went, and for how long no machine may ask.
CREATE FUNCTION quotaline.asked(here integer, of_login text, how text, pause double precision) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, quotaline, pg_temp AS $$
BEGIN
  PERFORM own_machine(here);
  UPDATE request SET outcome = left(how, 40), asked_at = CASE WHEN how = 'withdrawn' THEN 'epoch' ELSE asked_at END, blocked_until = CASE WHEN pause > 0 THEN moment() + make_interval(secs => least(pause, 86400)) END
  WHERE login = of_login AND machine_id = here;
END $$;

-- What was used from `since` until before `until` (epoch seconds) by the person of this machine, or by the teams that this login is in
-- (all machines, where nobody is in a team): day by day and model by model, so that nobody's own rows are told. At most 5 min old.
CREATE FUNCTION quotaline.sums(here integer, of_team boolean, since double precision, until double precision) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, quotaline, pg_temp
SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  machines integer[]; asked text; kept jsonb;
  first integer := ceil(since / 900); behind integer := ceil(until / 900);  -- quarters; of them whole days:
  first_day integer := ceil(since / 86400); behind_day integer := greatest(floor(until / 86400), first_day);
BEGIN
  PERFORM own_machine(here);
  IF NOT of_team THEN
    machines := ARRAY(SELECT id FROM machine WHERE (login, person) = (SELECT login, person FROM machine WHERE id = here) ORDER BY id);
  ELSIF EXISTS (SELECT FROM member) THEN
    machines := ARRAY(SELECT id FROM machine WHERE login = session_user OR login IN (
      SELECT them.login FROM member me JOIN member them USING (team) WHERE me.login = session_user) ORDER BY id);
  ELSE
    machines := ARRAY(SELECT id FROM machine ORDER BY id);
  END IF;
  asked := md5(machines::text) || ' ' || since || ' ' || until;
  PERFORM pg_advisory_xact_lock(741852966, hashtext(asked));
  SELECT answer INTO kept FROM summed WHERE question = asked AND computed_at BETWEEN moment() - interval '5 minutes' AND moment();
  IF FOUND THEN RETURN kept; END IF;
  SELECT coalesce(jsonb_agg(part), '[]') INTO kept FROM (
    SELECT jsonb_build_array(day * 96, model, flags, step, sum(messages)::bigint, sum(input)::bigint, sum(output)::bigint,
      sum(cache_write_5m)::bigint, sum(cache_write_1h)::bigint, sum(cache_read)::bigint, sum(web_searches)::bigint) AS part
    FROM usage_day WHERE day >= first_day AND day < behind_day AND machine_id = ANY (machines) GROUP BY day, model, flags, step
    UNION ALL SELECT jsonb_build_array(min(quarter), model, flags, step, sum(messages)::bigint, sum(input)::bigint, sum(output)::bigint,
      sum(cache_write_5m)::bigint, sum(cache_write_1h)::bigint, sum(cache_read)::bigint, sum(web_searches)::bigint)
    FROM usage_quarter WHERE machine_id = ANY (machines) AND (quarter >= first AND quarter < least(first_day * 96, behind)
      OR quarter >= greatest(behind_day * 96, first) AND quarter < behind)
    GROUP BY quarter / 96, model, flags, step
    UNION ALL SELECT jsonb_build_array(min(quarter), model, flags, 0, 0, sum(input)::bigint, sum(output)::bigint,
      sum(cache_write_5m)::bigint, sum(cache_write_1h)::bigint, sum(cache_read)::bigint, sum(web_searches)::bigint,
      count(*) FILTER (WHERE part = 0), sum(told_usd)::text)
    FROM counted_run WHERE quarter >= first AND quarter < behind AND machine_id = ANY (machines)
    GROUP BY quarter / 96, model, flags, told_usd IS NULL) AS parts;
  INSERT INTO summed VALUES (asked, moment(), kept)
    ON CONFLICT (question) DO UPDATE SET computed_at = excluded.computed_at, answer = excluded.answer;
  DELETE FROM summed WHERE computed_at < moment() - interval '1 day' OR computed_at > moment();
  RETURN kept;
END $$;

-- Whether this login leads a team that another one is in; for the rules of `quotaline fleet roles`.
CREATE FUNCTION quotaline.leads(other name) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, quotaline, pg_temp AS $$
  SELECT EXISTS (SELECT FROM member me JOIN member them USING (team) WHERE me.login = session_user AND me.lead AND them.login = other)
$$;

-- Nobody pushes without a right of its own; `quotaline fleet roles` prints who gets which.
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA quotaline FROM PUBLIC;
INSERT INTO quotaline.version (version, oldest_client) VALUES (1, 1);
