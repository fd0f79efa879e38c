-- Roles of one's own and API keys (RL-2). Of a key there is only the SHA-256.
CREATE TABLE IF NOT EXISTS roles (
  name VARBINARY(40) NOT NULL PRIMARY KEY,
  description VARCHAR(200) NOT NULL,
  permissions VARCHAR(1000) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  version INT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS api_keys (
  id VARBINARY(39) NOT NULL PRIMARY KEY,
  name VARCHAR(200) NOT NULL,
  roles VARCHAR(1000) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  hash CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
