-- Contacts with a routing policy of their own and found by name, the other assignment methods, work by hand, and lists by agent, queue and
-- workstream.
ALTER TABLE contacts ADD COLUMN policy_enabled INTEGER;
ALTER TABLE contacts ADD COLUMN policy_when_unavailable TEXT;
ALTER TABLE contacts ADD COLUMN policy_retry_preferred INTEGER;

-- What a contact's name is found by: see internal/identify. Filled by the step of the same number in migrate.go.
CREATE TABLE contact_terms (
  contact_id TEXT NOT NULL,
  term TEXT NOT NULL,
  PRIMARY KEY (contact_id, term)
) WITHOUT ROWID;
CREATE INDEX contact_terms_by_term ON contact_terms (term, contact_id);

ALTER TABLE agents ADD COLUMN released_at INTEGER;
ALTER TABLE queue_members ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;
ALTER TABLE work_items ADD COLUMN without_preferred INTEGER NOT NULL DEFAULT 0;
ALTER TABLE assignments ADD COLUMN origin TEXT NOT NULL DEFAULT 'OFFER';

CREATE INDEX work_items_by_queue_status ON work_items (queue_id, status, id);
DROP INDEX work_items_by_queue;
CREATE INDEX work_items_by_agent_status ON work_items (agent_id, status, id) WHERE agent_id IS NOT NULL;
CREATE INDEX work_items_by_workstream_status ON work_items (workstream_id, status, id);
CREATE INDEX work_items_by_reference ON work_items (reference, id) WHERE reference IS NOT NULL;
CREATE INDEX preferred_agents_by_agent_1 ON preferred_agents (agent_1, contact_id);
CREATE INDEX preferred_agents_by_agent_2 ON preferred_agents (agent_2, contact_id) WHERE agent_2 IS NOT NULL;
CREATE INDEX preferred_agents_by_agent_3 ON preferred_agents (agent_3, contact_id) WHERE agent_3 IS NOT NULL;

-- How far each owner came, so that a cursor of a history that this database does not have is noticed after a backup was restored.
CREATE TABLE engine_epochs (
  epoch INTEGER PRIMARY KEY,
  ended_seq INTEGER NOT NULL
);
