-- Who may do what in the fleet's database: run once by its owner, again after a new version; it changes nothing twice.
--
--   quotaline_pusher  a machine: calls the functions, and reads and writes no table. What it pushes is its own login's.
--   quotaline_reader  a person: looks at the rows of their own login; who leads a team, at those of its members.
--
-- Then, for each person (one role may push and look):
--   CREATE ROLE ann LOGIN PASSWORD '...' IN ROLE quotaline_pusher, quotaline_reader;
--   INSERT INTO quotaline.member (login, team, lead) VALUES ('ann', 'web', true), ('ben', 'web', false);
-- A dashboard that may see everything is a role with BYPASSRLS in quotaline_reader.
DO $$ BEGIN
  IF to_regrole('quotaline_pusher') IS NULL THEN CREATE ROLE quotaline_pusher NOLOGIN; END IF;
  IF to_regrole('quotaline_reader') IS NULL THEN CREATE ROLE quotaline_reader NOLOGIN; END IF;
END $$;

GRANT USAGE ON SCHEMA quotaline TO quotaline_pusher, quotaline_reader;
GRANT EXECUTE ON FUNCTION quotaline.about() TO quotaline_pusher, quotaline_reader;
GRANT EXECUTE ON FUNCTION quotaline.hello(text, text), quotaline.push_messages(integer, jsonb),
  quotaline.push_runs(integer, jsonb), quotaline.push_readings(integer, jsonb, jsonb),
  quotaline.latest_readings(text), quotaline.may_ask(integer, text, double precision),
  quotaline.asked(integer, text, text, double precision), quotaline.sums(integer, boolean, double precision, double precision)
  TO quotaline_pusher;

GRANT SELECT ON quotaline.machine, quotaline.message, quotaline.reading, quotaline.latest, quotaline.usage_quarter,
  quotaline.run, quotaline.transcribed, quotaline.counted_run, quotaline.usage, quotaline.usage_by_quarter TO quotaline_reader;
GRANT EXECUTE ON FUNCTION quotaline.leads(name) TO quotaline_reader;

ALTER TABLE quotaline.machine ENABLE ROW LEVEL SECURITY;
ALTER TABLE quotaline.message ENABLE ROW LEVEL SECURITY;
ALTER TABLE quotaline.reading ENABLE ROW LEVEL SECURITY;
ALTER TABLE quotaline.usage_quarter ENABLE ROW LEVEL SECURITY;
ALTER TABLE quotaline.latest ENABLE ROW LEVEL SECURITY;
ALTER TABLE quotaline.run ENABLE ROW LEVEL SECURITY;
ALTER TABLE quotaline.transcribed ENABLE ROW LEVEL SECURITY;

DROP POLICY IF EXISTS own_or_led ON quotaline.machine;
DROP POLICY IF EXISTS own_or_led ON quotaline.message;
DROP POLICY IF EXISTS own_or_led ON quotaline.reading;
DROP POLICY IF EXISTS own_or_led ON quotaline.latest;
DROP POLICY IF EXISTS own_or_led ON quotaline.usage_quarter;
DROP POLICY IF EXISTS own_or_led ON quotaline.run;
DROP POLICY IF EXISTS own_or_led ON quotaline.transcribed;
CREATE POLICY own_or_led ON quotaline.machine FOR SELECT USING (login = session_user OR quotaline.leads(login));
CREATE POLICY own_or_led ON quotaline.message FOR SELECT USING (machine_id IN (SELECT id FROM quotaline.machine));
CREATE POLICY own_or_led ON quotaline.reading FOR SELECT USING (machine_id IN (SELECT id FROM quotaline.machine));
CREATE POLICY own_or_led ON quotaline.latest FOR SELECT USING (machine_id IN (SELECT id FROM quotaline.machine));
CREATE POLICY own_or_led ON quotaline.usage_quarter FOR SELECT USING (machine_id IN (SELECT id FROM quotaline.machine));
CREATE POLICY own_or_led ON quotaline.run FOR SELECT USING (machine_id IN (SELECT id FROM quotaline.machine));
-- Of others' sessions nobody learns more than that their own run's session has messages, whoever pushed them.
CREATE POLICY own_or_led ON quotaline.transcribed FOR SELECT USING (session IN (SELECT session FROM quotaline.run));
