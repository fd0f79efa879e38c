-- The first version. Times are microseconds since 1970 (UTC); ids are the global ids of the API, compared byte by byte.
CREATE TABLE IF NOT EXISTS engine_lease (
  id INT NOT NULL PRIMARY KEY,
  epoch BIGINT NOT NULL,
  batch_seq BIGINT NOT NULL,
  owner VARCHAR(100) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
INSERT IGNORE INTO engine_lease (id, epoch, batch_seq, owner) VALUES (1, 0, 0, '');

CREATE TABLE IF NOT EXISTS organizations (
  id VARBINARY(39) NOT NULL PRIMARY KEY,
  policy_enabled TINYINT,
  policy_when_unavailable VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin,
  policy_retry_preferred TINYINT,
  reconnect_seconds INT NOT NULL,
  config_version BIGINT NOT NULL,
  version INT NOT NULL,
  updated_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS contacts (
  id VARBINARY(39) NOT NULL PRIMARY KEY,
  full_name VARCHAR(200) NOT NULL,
  email VARCHAR(254),
  mobile_phone VARCHAR(40),
  version INT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS agents (
  id VARBINARY(39) NOT NULL PRIMARY KEY,
  name VARCHAR(200) NOT NULL,
  capacity_units INT NOT NULL,
  status VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  presence_cause VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  presence_changed_at BIGINT NOT NULL,
  presence_manual TINYINT NOT NULL,
  signed_in TINYINT NOT NULL,
  assigned_units INT NOT NULL,
  reserved_units INT NOT NULL,
  over_capacity_offers INT NOT NULL,
  ranked_seq BIGINT NOT NULL,
  manual_mark BIGINT NOT NULL,
  sign_in_mark BIGINT NOT NULL,
  captured_status VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  captured_manual TINYINT NOT NULL,
  left_at BIGINT,
  reconnect_by BIGINT,
  version INT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS sessions (
  id VARBINARY(39) NOT NULL PRIMARY KEY,
  agent_id VARBINARY(39) NOT NULL,
  opened_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS queues (
  id VARBINARY(39) NOT NULL PRIMARY KEY,
  name VARCHAR(200) NOT NULL,
  priority INT NOT NULL,
  assignment_method VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  version INT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS queue_members (
  queue_id VARBINARY(39) NOT NULL,
  agent_id VARBINARY(39) NOT NULL,
  joined_at BIGINT NOT NULL,
  PRIMARY KEY (queue_id, agent_id),
  KEY queue_members_by_agent (agent_id, queue_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS workstreams (
  id VARBINARY(39) NOT NULL PRIMARY KEY,
  name VARCHAR(200) NOT NULL,
  channel VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  distribution_mode VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  queue_id VARBINARY(39) NOT NULL,
  allowed_presences VARCHAR(100) NOT NULL,
  capacity_units INT NOT NULL,
  priority INT NOT NULL,
  accept_mode VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  offer_seconds INT NOT NULL,
  decline_limit INT NOT NULL,
  policy_enabled TINYINT,
  policy_when_unavailable VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin,
  policy_retry_preferred TINYINT,
  version INT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS preferred_agents (
  contact_id VARBINARY(39) NOT NULL PRIMARY KEY,
  agent_1 VARBINARY(39) NOT NULL,
  agent_2 VARBINARY(39),
  agent_3 VARBINARY(39),
  version INT NOT NULL,
  updated_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS work_items (
  id VARBINARY(39) NOT NULL PRIMARY KEY,
  status VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  workstream_id VARBINARY(39) NOT NULL,
  queue_id VARBINARY(39) NOT NULL,
  contact_id VARBINARY(39),
  priority INT NOT NULL,
  reference VARCHAR(200),
  left_unassigned TINYINT NOT NULL,
  attempts INT NOT NULL,
  last_outcome VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  last_reason VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  last_preferred_reason VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  offer_id VARBINARY(39),
  assignment_id VARBINARY(39),
  agent_id VARBINARY(39),
  created_at BIGINT NOT NULL,
  closed_at BIGINT,
  KEY work_items_by_status (status, id),
  KEY work_items_by_contact (contact_id, id),
  KEY work_items_by_queue (queue_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS offers (
  id VARBINARY(39) NOT NULL PRIMARY KEY,
  work_item_id VARBINARY(39) NOT NULL,
  agent_id VARBINARY(39) NOT NULL,
  state VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  path VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  preferred_position INT,
  over_capacity TINYINT NOT NULL,
  capacity_units INT NOT NULL,
  revoke_reason VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin,
  offered_at BIGINT NOT NULL,
  expires_at BIGINT,
  ended_at BIGINT,
  assignment_id VARBINARY(39),
  KEY offers_by_work_item (work_item_id, id),
  KEY offers_by_agent (agent_id, state, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS assignments (
  id VARBINARY(39) NOT NULL PRIMARY KEY,
  work_item_id VARBINARY(39) NOT NULL,
  agent_id VARBINARY(39) NOT NULL,
  offer_id VARBINARY(39) NOT NULL,
  capacity_units INT NOT NULL,
  assigned_at BIGINT NOT NULL,
  ended_at BIGINT,
  end_reason VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin,
  KEY assignments_by_agent (agent_id, ended_at, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS declines (
  work_item_id VARBINARY(39) NOT NULL,
  agent_id VARBINARY(39) NOT NULL,
  count INT NOT NULL,
  manual_mark BIGINT NOT NULL,
  sign_in_mark BIGINT NOT NULL,
  PRIMARY KEY (work_item_id, agent_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS events (
  epoch BIGINT NOT NULL,
  batch_seq BIGINT NOT NULL,
  idx INT NOT NULL,
  type VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  at BIGINT NOT NULL,
  actor VARCHAR(80) NOT NULL,
  agent_id VARBINARY(39),
  work_item_id VARBINARY(39),
  contact_id VARBINARY(39),
  queue_id VARBINARY(39),
  workstream_id VARBINARY(39),
  body TEXT NOT NULL,
  PRIMARY KEY (epoch, batch_seq, idx),
  KEY events_by_agent (agent_id, epoch, batch_seq, idx),
  KEY events_by_work_item (work_item_id, epoch, batch_seq, idx),
  KEY events_by_contact (contact_id, epoch, batch_seq, idx),
  KEY events_by_queue (queue_id, epoch, batch_seq, idx)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS idempotency_keys (
  principal VARBINARY(80) NOT NULL,
  key_text VARBINARY(400) NOT NULL,
  hash CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  refs TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (principal, key_text),
  KEY idempotency_keys_by_age (created_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
