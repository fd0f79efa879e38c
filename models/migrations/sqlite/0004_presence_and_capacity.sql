-- Presence statuses of one's own, capacity in units, percent and profiles, wrap-up and waiting. SQLite can't let a column be missing that could
-- not: the agents get a table anew.
CREATE TABLE agents_anew (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  capacity_units INTEGER,
  status TEXT NOT NULL,
  presence_cause TEXT NOT NULL,
  presence_changed_at INTEGER NOT NULL,
  signed_in INTEGER NOT NULL,
  assigned_units INTEGER NOT NULL,
  reserved_units INTEGER NOT NULL,
  over_capacity_offers INTEGER NOT NULL,
  ranked_seq INTEGER NOT NULL,
  manual_mark INTEGER NOT NULL,
  sign_in_mark INTEGER NOT NULL,
  captured_status TEXT NOT NULL,
  left_at INTEGER,
  reconnect_by INTEGER,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  released_at INTEGER,
  interruptible_units INTEGER,
  profiles TEXT NOT NULL,
  default_status TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  presence_base TEXT NOT NULL,
  presence_source TEXT NOT NULL,
  assigned_percent INTEGER NOT NULL,
  assigned_interruptible_units INTEGER NOT NULL,
  assigned_interruptible_percent INTEGER NOT NULL,
  reserved_percent INTEGER NOT NULL,
  reserved_interruptible_units INTEGER NOT NULL,
  reserved_interruptible_percent INTEGER NOT NULL,
  open_work INTEGER NOT NULL,
  captured_source TEXT NOT NULL,
  day_ends_at INTEGER
) WITHOUT ROWID;
-- All statuses were built in until now: their ids are ps_ and the base. They were computed, or chosen by hand.
INSERT INTO agents_anew
SELECT id, name, capacity_units, status, presence_cause, presence_changed_at, signed_in, assigned_units, reserved_units, over_capacity_offers, ranked_seq,
  manual_mark, sign_in_mark, captured_status, left_at, reconnect_by, version, created_at, updated_at, released_at, NULL, '', '', '',
  UPPER(SUBSTR(status, 4)), CASE WHEN signed_in = 0 THEN 'SIGNED_OUT' WHEN presence_manual THEN 'MANUAL' ELSE 'COMPUTED' END, 0, 0, 0, 0, 0, 0,
  (SELECT COUNT(*) FROM offers o WHERE o.agent_id = agents.id AND o.state = 'OPEN') +
  (SELECT COUNT(*) FROM assignments a WHERE a.agent_id = agents.id AND a.ended_at IS NULL),
  CASE WHEN captured_status = '' THEN '' WHEN captured_manual THEN 'MANUAL' ELSE 'COMPUTED' END, NULL
FROM agents;
DROP TABLE agents;
ALTER TABLE agents_anew RENAME TO agents;

ALTER TABLE workstreams ADD COLUMN capacity_percent INTEGER NOT NULL DEFAULT 0;
ALTER TABLE workstreams ADD COLUMN capacity_profiles TEXT NOT NULL DEFAULT '';
ALTER TABLE workstreams ADD COLUMN capacity_type TEXT NOT NULL DEFAULT 'NOT_INTERRUPTIBLE';
ALTER TABLE workstreams ADD COLUMN wrap_up TEXT NOT NULL DEFAULT 'NONE';
ALTER TABLE workstreams ADD COLUMN wrap_up_seconds INTEGER NOT NULL DEFAULT 0;
ALTER TABLE workstreams ADD COLUMN waiting_holds_capacity INTEGER NOT NULL DEFAULT 1;
ALTER TABLE workstreams ADD COLUMN missed_sets_inactive INTEGER;
ALTER TABLE workstreams ADD COLUMN rejected_sets_do_not_disturb INTEGER;

ALTER TABLE offers ADD COLUMN capacity_percent INTEGER NOT NULL DEFAULT 0;
ALTER TABLE offers ADD COLUMN capacity_profiles TEXT NOT NULL DEFAULT '';
ALTER TABLE offers ADD COLUMN capacity_type TEXT NOT NULL DEFAULT 'NOT_INTERRUPTIBLE';

ALTER TABLE assignments ADD COLUMN capacity_percent INTEGER NOT NULL DEFAULT 0;
ALTER TABLE assignments ADD COLUMN capacity_profiles TEXT NOT NULL DEFAULT '';
ALTER TABLE assignments ADD COLUMN capacity_type TEXT NOT NULL DEFAULT 'NOT_INTERRUPTIBLE';
ALTER TABLE assignments ADD COLUMN holds_capacity INTEGER NOT NULL DEFAULT 0;
ALTER TABLE assignments ADD COLUMN wrap_up_ends_at INTEGER;
UPDATE assignments SET holds_capacity = 1 WHERE ended_at IS NULL;

ALTER TABLE organizations ADD COLUMN default_status TEXT NOT NULL DEFAULT '';
ALTER TABLE organizations ADD COLUMN open_work_limit INTEGER NOT NULL DEFAULT 10;
ALTER TABLE organizations ADD COLUMN missed_sets_inactive INTEGER NOT NULL DEFAULT 0;
ALTER TABLE organizations ADD COLUMN rejected_sets_do_not_disturb INTEGER NOT NULL DEFAULT 0;
ALTER TABLE organizations ADD COLUMN time_zone TEXT NOT NULL DEFAULT 'UTC';

-- Those that are built in are in the program.
CREATE TABLE presence_statuses (
  id TEXT PRIMARY KEY,
  text TEXT NOT NULL,
  base TEXT NOT NULL,
  for_everyone INTEGER NOT NULL,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE presence_status_grants (
  status_id TEXT NOT NULL,
  agent_id TEXT NOT NULL,
  granted_at INTEGER NOT NULL,
  PRIMARY KEY (status_id, agent_id)
) WITHOUT ROWID;
CREATE INDEX presence_status_grants_by_agent ON presence_status_grants (agent_id, status_id);

CREATE TABLE capacity_profiles (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  item_limit INTEGER NOT NULL,
  blocking INTEGER NOT NULL,
  reset TEXT NOT NULL,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) WITHOUT ROWID;

-- The history of an agent's presence (PR-9), among all that ever happened to them. Events are in the order of time.
CREATE INDEX events_of_presence ON events (agent_id, at, epoch, batch_seq, idx) WHERE type = 'PRESENCE_CHANGED';
