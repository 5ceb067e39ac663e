package records

import (
	"errors"
	"net/url"
	"slices"
)

// Config says where the database is.
type Config struct {
	// URL is postgres://user:password@host/database, or empty for SQLite. It is
	// a secret.
	URL string `mapstructure:"url"`
}

// DefaultConfig is SQLite.
func DefaultConfig() Config { return Config{} }

// Validate reports what cannot be a database. It shows nothing of the URL.
func (c Config) Validate() error {
	if c.URL == "" {
		return nil
	}
	parsed, err := url.Parse(c.URL)
	if err != nil || !slices.Contains([]string{"postgres", "postgresql"}, parsed.Scheme) {
		return errors.New("url: got something else, expected postgres://user:password@host:5432/database, or nothing for SQLite")
	}
	return nil
}

// kind is the database that the configuration means.
func (c Config) kind() Kind {
	if c.URL == "" {
		return SQLite
	}
	return PostgreSQL
}
