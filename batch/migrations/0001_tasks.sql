-- Tasks and their pictures. Times are microseconds since 1970, UTC.
CREATE TABLE tasks (
	id TEXT COLLATE BYTES NOT NULL PRIMARY KEY,
	state TEXT NOT NULL,
	created BIGINT NOT NULL,
	started BIGINT,
	finished BIGINT,
	expires BIGINT, -- none before it has finished
	total INTEGER NOT NULL, -- items; those that the other three don't count have not finished
	done INTEGER NOT NULL DEFAULT 0,
	failed INTEGER NOT NULL DEFAULT 0,
	cancelled INTEGER NOT NULL DEFAULT 0,
	options TEXT NOT NULL, -- JSON, as they were given
	idempotency_key TEXT COLLATE BYTES UNIQUE,
	fingerprint TEXT NOT NULL -- SHA-256 of what was asked for
);
CREATE INDEX tasks_by_age ON tasks (created DESC, id DESC);
CREATE INDEX tasks_by_state ON tasks (state, created DESC, id DESC);
CREATE INDEX tasks_by_end ON tasks (expires) WHERE expires IS NOT NULL;

CREATE TABLE task_items (
	task TEXT COLLATE BYTES NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
	item INTEGER NOT NULL, -- from 0
	job BIGINT NOT NULL, -- of River
	source TEXT NOT NULL,
	size TEXT NOT NULL,
	options TEXT NOT NULL,
	state TEXT NOT NULL DEFAULT 'queued', -- until it is done, failed or cancelled
	attempts INTEGER NOT NULL DEFAULT 0, -- that came to an end
	url TEXT NOT NULL DEFAULT '',
	format TEXT NOT NULL DEFAULT '',
	width INTEGER NOT NULL DEFAULT 0,
	height INTEGER NOT NULL DEFAULT 0,
	bytes BIGINT NOT NULL DEFAULT 0,
	status INTEGER NOT NULL DEFAULT 0, -- of the failure, and what follows
	code TEXT NOT NULL DEFAULT '',
	title TEXT NOT NULL DEFAULT '',
	detail TEXT NOT NULL DEFAULT '',
	PRIMARY KEY (task, item)
);
