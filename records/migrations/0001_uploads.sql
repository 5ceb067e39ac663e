-- What is known of uploads. Times are microseconds since 1970, UTC.
CREATE TABLE uploads (
	id TEXT COLLATE BYTES NOT NULL PRIMARY KEY,
	sha256 TEXT NOT NULL,
	format TEXT NOT NULL,
	width INTEGER NOT NULL,
	height INTEGER NOT NULL,
	frames INTEGER NOT NULL,
	pages INTEGER NOT NULL,
	bytes BIGINT NOT NULL,
	has_alpha BOOLEAN NOT NULL,
	content_type TEXT NOT NULL,
	name TEXT NOT NULL,
	created BIGINT NOT NULL,
	expires BIGINT, -- none: never
	dominant_color TEXT NOT NULL,
	thumbhash TEXT NOT NULL,
	profile TEXT NOT NULL,
	exif TEXT -- JSON; none: nothing
);
CREATE INDEX uploads_by_age ON uploads (created DESC, id DESC);
CREATE INDEX uploads_by_end ON uploads (expires) WHERE expires IS NOT NULL;
