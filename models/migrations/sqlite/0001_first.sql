-- The first version. Times are microseconds since 1970 (UTC); ids are the global ids of the API.
CREATE TABLE engine_lease (
  id INTEGER PRIMARY KEY,
  epoch INTEGER NOT NULL,
  batch_seq INTEGER NOT NULL,
  owner TEXT NOT NULL
);
INSERT INTO engine_lease (id, epoch, batch_seq, owner) VALUES (1, 0, 0, '');

CREATE TABLE organizations (
  id TEXT PRIMARY KEY,
  policy_enabled INTEGER,
  policy_when_unavailable TEXT,
  policy_retry_preferred INTEGER,
  reconnect_seconds INTEGER NOT NULL,
  config_version INTEGER NOT NULL,
  version INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE contacts (
  id TEXT PRIMARY KEY,
  full_name TEXT NOT NULL,
  email TEXT,
  mobile_phone TEXT,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE agents (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  capacity_units INTEGER NOT NULL,
  status TEXT NOT NULL,
  presence_cause TEXT NOT NULL,
  presence_changed_at INTEGER NOT NULL,
  presence_manual INTEGER NOT NULL,
  signed_in INTEGER NOT NULL,
  assigned_units INTEGER NOT NULL,
  reserved_units INTEGER NOT NULL,
  over_capacity_offers INTEGER NOT NULL,
  ranked_seq INTEGER NOT NULL,
  manual_mark INTEGER NOT NULL,
  sign_in_mark INTEGER NOT NULL,
  captured_status TEXT NOT NULL,
  captured_manual INTEGER NOT NULL,
  left_at INTEGER,
  reconnect_by INTEGER,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  agent_id TEXT NOT NULL,
  opened_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE queues (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  priority INTEGER NOT NULL,
  assignment_method TEXT NOT NULL,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE queue_members (
  queue_id TEXT NOT NULL,
  agent_id TEXT NOT NULL,
  joined_at INTEGER NOT NULL,
  PRIMARY KEY (queue_id, agent_id)
) WITHOUT ROWID;
CREATE INDEX queue_members_by_agent ON queue_members (agent_id, queue_id);

CREATE TABLE workstreams (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  channel TEXT NOT NULL,
  distribution_mode TEXT NOT NULL,
  queue_id TEXT NOT NULL,
  allowed_presences TEXT NOT NULL,
  capacity_units INTEGER NOT NULL,
  priority INTEGER NOT NULL,
  accept_mode TEXT NOT NULL,
  offer_seconds INTEGER NOT NULL,
  decline_limit INTEGER NOT NULL,
  policy_enabled INTEGER,
  policy_when_unavailable TEXT,
  policy_retry_preferred INTEGER,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE preferred_agents (
  contact_id TEXT PRIMARY KEY,
  agent_1 TEXT NOT NULL,
  agent_2 TEXT,
  agent_3 TEXT,
  version INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE work_items (
  id TEXT PRIMARY KEY,
  status TEXT NOT NULL,
  workstream_id TEXT NOT NULL,
  queue_id TEXT NOT NULL,
  contact_id TEXT,
  priority INTEGER NOT NULL,
  reference TEXT,
  left_unassigned INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  last_outcome TEXT NOT NULL,
  last_reason TEXT NOT NULL,
  last_preferred_reason TEXT NOT NULL,
  offer_id TEXT,
  assignment_id TEXT,
  agent_id TEXT,
  created_at INTEGER NOT NULL,
  closed_at INTEGER
) WITHOUT ROWID;
CREATE INDEX work_items_by_status ON work_items (status, id);
CREATE INDEX work_items_by_contact ON work_items (contact_id, id);
CREATE INDEX work_items_by_queue ON work_items (queue_id, id);

CREATE TABLE offers (
  id TEXT PRIMARY KEY,
  work_item_id TEXT NOT NULL,
  agent_id TEXT NOT NULL,
  state TEXT NOT NULL,
  path TEXT NOT NULL,
  preferred_position INTEGER,
  over_capacity INTEGER NOT NULL,
  capacity_units INTEGER NOT NULL,
  revoke_reason TEXT,
  offered_at INTEGER NOT NULL,
  expires_at INTEGER,
  ended_at INTEGER,
  assignment_id TEXT
) WITHOUT ROWID;
CREATE INDEX offers_by_work_item ON offers (work_item_id, id);
CREATE INDEX offers_open_by_agent ON offers (agent_id, id) WHERE state = 'OPEN';

CREATE TABLE assignments (
  id TEXT PRIMARY KEY,
  work_item_id TEXT NOT NULL,
  agent_id TEXT NOT NULL,
  offer_id TEXT NOT NULL,
  capacity_units INTEGER NOT NULL,
  assigned_at INTEGER NOT NULL,
  ended_at INTEGER,
  end_reason TEXT
) WITHOUT ROWID;
CREATE INDEX assignments_open_by_agent ON assignments (agent_id, id) WHERE ended_at IS NULL;

CREATE TABLE declines (
  work_item_id TEXT NOT NULL,
  agent_id TEXT NOT NULL,
  count INTEGER NOT NULL,
  manual_mark INTEGER NOT NULL,
  sign_in_mark INTEGER NOT NULL,
  PRIMARY KEY (work_item_id, agent_id)
) WITHOUT ROWID;

CREATE TABLE events (
  epoch INTEGER NOT NULL,
  batch_seq INTEGER NOT NULL,
  idx INTEGER NOT NULL,
  type TEXT NOT NULL,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  agent_id TEXT,
  work_item_id TEXT,
  contact_id TEXT,
  queue_id TEXT,
  workstream_id TEXT,
  body TEXT NOT NULL,
  PRIMARY KEY (epoch, batch_seq, idx)
) WITHOUT ROWID;
CREATE INDEX events_by_agent ON events (agent_id, epoch, batch_seq, idx) WHERE agent_id IS NOT NULL;
CREATE INDEX events_by_work_item ON events (work_item_id, epoch, batch_seq, idx) WHERE work_item_id IS NOT NULL;
CREATE INDEX events_by_contact ON events (contact_id, epoch, batch_seq, idx) WHERE contact_id IS NOT NULL;
CREATE INDEX events_by_queue ON events (queue_id, epoch, batch_seq, idx) WHERE queue_id IS NOT NULL;

CREATE TABLE idempotency_keys (
  principal TEXT NOT NULL,
  key_text TEXT NOT NULL,
  hash TEXT NOT NULL,
  refs TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (principal, key_text)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
