-- Contacts with a routing policy of their own and found by name, the other assignment methods, work by hand, and lists by agent, queue and
-- workstream. One statement for each table: it is done as a whole or not at all.
ALTER TABLE contacts
  ADD COLUMN policy_enabled TINYINT,
  ADD COLUMN policy_when_unavailable VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin,
  ADD COLUMN policy_retry_preferred TINYINT;

-- What a contact's name is found by: see internal/identify. Filled by the step of the same number in migrate.go.
CREATE TABLE IF NOT EXISTS contact_terms (
  contact_id VARBINARY(39) NOT NULL,
  term VARBINARY(128) NOT NULL,
  PRIMARY KEY (contact_id, term),
  KEY contact_terms_by_term (term, contact_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

ALTER TABLE agents ADD COLUMN released_at BIGINT;
ALTER TABLE queue_members ADD COLUMN turn BIGINT NOT NULL DEFAULT 0;
ALTER TABLE assignments ADD COLUMN origin VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'OFFER';

ALTER TABLE work_items
  ADD COLUMN without_preferred TINYINT NOT NULL DEFAULT 0,
  DROP KEY work_items_by_queue,
  ADD KEY work_items_by_queue_status (queue_id, status, id),
  ADD KEY work_items_by_agent_status (agent_id, status, id),
  ADD KEY work_items_by_workstream_status (workstream_id, status, id),
  ADD KEY work_items_by_reference (reference, id);

ALTER TABLE preferred_agents
  ADD KEY preferred_agents_by_agent_1 (agent_1, contact_id),
  ADD KEY preferred_agents_by_agent_2 (agent_2, contact_id),
  ADD KEY preferred_agents_by_agent_3 (agent_3, contact_id);

-- How far each owner came, so that a cursor of a history that this database does not have is noticed after a backup was restored.
CREATE TABLE IF NOT EXISTS engine_epochs (
  epoch BIGINT NOT NULL PRIMARY KEY,
  ended_seq BIGINT NOT NULL
) ENGINE=InnoDB;
