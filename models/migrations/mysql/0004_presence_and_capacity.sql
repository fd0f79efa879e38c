-- Presence statuses of one's own, capacity in units, percent and profiles, wrap-up and waiting. What an interrupted upgrade has done already is
-- passed over when it is run again: columns that are there, or gone.
ALTER TABLE agents
  MODIFY COLUMN capacity_units INT,
  ADD COLUMN interruptible_units INT,
  ADD COLUMN profiles TEXT CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  ADD COLUMN default_status VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  ADD COLUMN time_zone VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  ADD COLUMN presence_base VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  ADD COLUMN presence_source VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  ADD COLUMN assigned_percent INT NOT NULL DEFAULT 0,
  ADD COLUMN assigned_interruptible_units INT NOT NULL DEFAULT 0,
  ADD COLUMN assigned_interruptible_percent INT NOT NULL DEFAULT 0,
  ADD COLUMN reserved_percent INT NOT NULL DEFAULT 0,
  ADD COLUMN reserved_interruptible_units INT NOT NULL DEFAULT 0,
  ADD COLUMN reserved_interruptible_percent INT NOT NULL DEFAULT 0,
  ADD COLUMN open_work INT NOT NULL DEFAULT 0,
  ADD COLUMN captured_source VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  ADD COLUMN day_ends_at BIGINT;
-- All statuses were built in until now: their ids are ps_ and the base. They were computed, or chosen by hand.
UPDATE agents SET
  presence_base = UPPER(SUBSTR(status, 4)),
  presence_source = CASE WHEN signed_in = 0 THEN 'SIGNED_OUT' WHEN presence_manual THEN 'MANUAL' ELSE 'COMPUTED' END,
  open_work = (SELECT COUNT(*) FROM offers o WHERE o.agent_id = agents.id AND o.state = 'OPEN') +
    (SELECT COUNT(*) FROM assignments a WHERE a.agent_id = agents.id AND a.ended_at IS NULL),
  captured_source = CASE WHEN captured_status = '' THEN '' WHEN captured_manual THEN 'MANUAL' ELSE 'COMPUTED' END;
ALTER TABLE agents DROP COLUMN presence_manual, DROP COLUMN captured_manual;

ALTER TABLE workstreams
  ADD COLUMN capacity_percent INT NOT NULL DEFAULT 0,
  ADD COLUMN capacity_profiles VARCHAR(400) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  ADD COLUMN capacity_type VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'NOT_INTERRUPTIBLE',
  ADD COLUMN wrap_up VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'NONE',
  ADD COLUMN wrap_up_seconds INT NOT NULL DEFAULT 0,
  ADD COLUMN waiting_holds_capacity TINYINT NOT NULL DEFAULT 1,
  ADD COLUMN missed_sets_inactive TINYINT,
  ADD COLUMN rejected_sets_do_not_disturb TINYINT;

ALTER TABLE offers
  ADD COLUMN capacity_percent INT NOT NULL DEFAULT 0,
  ADD COLUMN capacity_profiles VARCHAR(400) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  ADD COLUMN capacity_type VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'NOT_INTERRUPTIBLE';

ALTER TABLE assignments
  ADD COLUMN capacity_percent INT NOT NULL DEFAULT 0,
  ADD COLUMN capacity_profiles VARCHAR(400) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  ADD COLUMN capacity_type VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'NOT_INTERRUPTIBLE',
  ADD COLUMN holds_capacity TINYINT NOT NULL DEFAULT 0,
  ADD COLUMN wrap_up_ends_at BIGINT;
UPDATE assignments SET holds_capacity = 1 WHERE ended_at IS NULL;

ALTER TABLE organizations
  ADD COLUMN default_status VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  ADD COLUMN open_work_limit INT NOT NULL DEFAULT 10,
  ADD COLUMN missed_sets_inactive TINYINT NOT NULL DEFAULT 0,
  ADD COLUMN rejected_sets_do_not_disturb TINYINT NOT NULL DEFAULT 0,
  ADD COLUMN time_zone VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'UTC';

-- Those that are built in are in the program.
CREATE TABLE IF NOT EXISTS presence_statuses (
  id VARBINARY(39) NOT NULL PRIMARY KEY,
  text VARCHAR(200) NOT NULL,
  base VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  for_everyone TINYINT NOT NULL,
  version INT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS presence_status_grants (
  status_id VARBINARY(39) NOT NULL,
  agent_id VARBINARY(39) NOT NULL,
  granted_at BIGINT NOT NULL,
  PRIMARY KEY (status_id, agent_id),
  KEY presence_status_grants_by_agent (agent_id, status_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS capacity_profiles (
  id VARBINARY(39) NOT NULL PRIMARY KEY,
  name VARCHAR(200) NOT NULL,
  item_limit INT NOT NULL,
  blocking TINYINT NOT NULL,
  reset VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  version INT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The history of an agent's presence (PR-9), among all that ever happened to them. Events are in the order of time.
ALTER TABLE events ADD KEY events_by_agent_type (agent_id, type, at, epoch, batch_seq, idx);
