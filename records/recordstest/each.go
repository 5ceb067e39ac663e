package recordstest

import (
	"log/slog"
	"testing"

	"api-resize/records"
)

// Opener opens the same database each time, as another process would.
type Opener func(testing.TB) *records.Database

// Each runs a test on every kind of database, empty at its beginning.
func Each(t *testing.T, test func(t *testing.T, open Opener)) {
	t.Helper()
	t.Run(string(records.SQLite), func(t *testing.T) {
		dir := t.TempDir()
		test(t, func(t testing.TB) *records.Database { return open(t, records.Config{}, dir) })
	})
	t.Run(string(records.PostgreSQL), func(t *testing.T) {
		config := records.Config{URL: PostgreSQL(t).New(t)}
		test(t, func(t testing.TB) *records.Database { return open(t, config, "") })
	})
}

// SQLite is an empty database in a folder of the test.
func SQLite(t testing.TB) *records.Database {
	t.Helper()
	return open(t, records.DefaultConfig(), t.TempDir())
}

func open(t testing.TB, config records.Config, dir string) *records.Database {
	t.Helper()
	database, err := records.Open(t.Context(), config, dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := database.Close(); err != nil {
			t.Error(err)
		}
	})
	return database
}
