/**
 * The steps that make `state.db`, in order: a step once released is never changed, a change is one more step. The number of
 * steps that a file has had stands in it as `meta.schema`.
 */
export const SCHEMA_STEPS: readonly string[] = [
  `
  CREATE TABLE counters (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    window_ms INTEGER NOT NULL,
    UNIQUE (key, window_ms)
  ) STRICT;
  CREATE TABLE attempts (
    id INTEGER PRIMARY KEY,
    counter INTEGER NOT NULL REFERENCES counters (id),
    at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX attempts_by_time ON attempts (counter, at);
  CREATE TABLE blocks (
    agent TEXT PRIMARY KEY,
    since INTEGER NOT NULL,
    reason TEXT NOT NULL
  ) STRICT;
  CREATE TABLE strikes (
    id INTEGER PRIMARY KEY,
    agent TEXT NOT NULL,
    kind TEXT NOT NULL,
    at INTEGER NOT NULL,
    count INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX strikes_by_time ON strikes (agent, kind, at);
  CREATE TABLE seen_config (
    name TEXT PRIMARY KEY,
    hash TEXT,
    data TEXT NOT NULL
  ) STRICT;
  CREATE TABLE heads (
    file TEXT PRIMARY KEY,
    seq INTEGER NOT NULL,
    hash TEXT NOT NULL,
    named_by TEXT
  ) STRICT;
  CREATE INDEX heads_unnamed ON heads (file) WHERE named_by IS NULL;
  `,
  `
  CREATE TABLE lending_tokens (
    accessor TEXT PRIMARY KEY,
    place TEXT NOT NULL,
    ends_at INTEGER NOT NULL,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    started TEXT NOT NULL
  ) STRICT;
  `,
  `
  CREATE TABLE IF NOT EXISTS secret_refreshes (
    secret TEXT PRIMARY KEY,
    generation INTEGER NOT NULL
  ) STRICT;
  `,
  // Which process has which secret in memory until when: times alone, never a value.
  `
  CREATE TABLE cached_secrets (
    secret TEXT NOT NULL,
    reference TEXT NOT NULL,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    started TEXT NOT NULL,
    generation INTEGER NOT NULL,
    fetched_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    created_at INTEGER,
    PRIMARY KEY (secret, reference, host, pid, started)
  ) STRICT;
  `,
]
