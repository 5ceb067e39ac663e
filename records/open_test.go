package records

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

var silent = slog.New(slog.DiscardHandler)

func openIn(t testing.TB, dir string) *Database {
	t.Helper()
	d, err := Open(t.Context(), Config{}, dir, silent)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func TestSQLiteIsDurableAndPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tasks")
	d := openIn(t, dir)
	if err := d.Healthy(t.Context()); err != nil || d.Kind() != SQLite {
		t.Errorf("%v, %v", d.Kind(), err)
	}
	for _, connections := range []*sql.DB{d.SQL(), d.reading} {
		for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "busy_timeout": "10000", "foreign_keys": "1"} {
			var got string
			if err := connections.QueryRow("PRAGMA " + pragma).Scan(&got); err != nil || got != want {
				t.Errorf("%s: %q, %v; want %q", pragma, got, err, want)
			}
		}
	}
	if _, err := d.reading.Exec("DELETE FROM uploads"); err == nil {
		t.Error("a connection for reading has written")
	}
	for _, name := range []string{"records.db", "records.db-wal", "records.lock"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("%s: %v", name, mode)
		}
	}
	d.Close()
	if err := d.Healthy(t.Context()); err == nil {
		t.Error("healthy although it is closed")
	}
}

// TestFailureIsOneLine: what cannot be opened is said in one line, without the
// password.
func TestFailureIsOneLine(t *testing.T) {
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody.Close()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ url, dir, says string }{
		{"postgres://somebody:hunter2@" + nobody.Addr().String() + "/images", "", "refused"},
		{"postgres://somebody:hunter2@[::1/images", "", "expected postgres://"},
		{"postgres://somebody:hunter2@" + nobody.Addr().String() + "/images?sslmode=hunter2", "", "expected postgres://"},
		{"", file, "not a directory"},
	} {
		started := time.Now()
		_, err := Open(t.Context(), Config{URL: test.url}, test.dir, silent)
		if err == nil {
			t.Errorf("%s opened", test.url)
			continue
		}
		text := err.Error()
		if strings.Contains(text, "hunter2") || strings.Contains(text, "\n") || !strings.Contains(text, test.says) || !strings.HasPrefix(text, "database: ") {
			t.Errorf("%s: %q", test.url, text)
		}
		if took := time.Since(started); took > 10*time.Second {
			t.Errorf("%s: after %v", test.url, took)
		}
	}
}

func TestNoDatabaseFile(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "records.db"), []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), Config{}, dir, silent); err == nil || !strings.Contains(err.Error(), "not a database") || !strings.Contains(err.Error(), "records.db") {
		t.Errorf("%v", err)
	}
}

func TestValidate(t *testing.T) {
	for url, good := range map[string]bool{
		"": true, "postgres://a@b/c": true, "postgresql://a:b@c:5432/d?sslmode=disable": true,
		"mysql://a:hunter2@b": false, "host=hunter2": false, "hunter2": false, "postgres://a:hunter2@[": false, "/hunter2.db": false,
	} {
		err := Config{URL: url}.Validate()
		if (err == nil) != good || err != nil && (strings.Contains(err.Error(), "hunter2") || !strings.HasPrefix(err.Error(), "url: ")) {
			t.Errorf("%q: %v", url, err)
		}
	}
}

// TestMigrationsHappenOnce: in order, each at once or not at all, and none that
// a newer program has made is undone or ignored.
func TestMigrationsHappenOnce(t *testing.T) {
	d := openIn(t, t.TempDir())
	first := Migration{"first", "CREATE TABLE things (id TEXT COLLATE BYTES); INSERT INTO things VALUES ('a')"}
	broken := Migration{"broken", "INSERT INTO things VALUES ('b'); INSERT INTO nowhere VALUES (1)"}
	count := func() (n int) {
		if err := d.SQL().QueryRow("SELECT count(*) FROM things").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for range 2 {
		if err := d.Migrate(t.Context(), "things", []Migration{first}); err != nil || count() != 1 {
			t.Errorf("%v, %d", err, count())
		}
	}
	if err := d.Migrate(t.Context(), "things", []Migration{first, broken}); err == nil || !strings.Contains(err.Error(), "broken") || count() != 1 {
		t.Errorf("%v, %d", err, count())
	}
	second := Migration{"second", "INSERT INTO things VALUES ('c')"}
	if err := d.Migrate(t.Context(), "things", []Migration{first, second}); err != nil || count() != 2 {
		t.Errorf("%v, %d", err, count())
	}
	if err := d.Migrate(t.Context(), "things", []Migration{first}); err == nil || !strings.Contains(err.Error(), "newer") {
		t.Errorf("%v", err)
	}
}

// TestTwoStartAtOnce: many processes open a new database, and all of them can
// use it.
func TestTwoStartAtOnce(t *testing.T) {
	const variable = "RECORDS_TEST_OPEN"
	if dir := os.Getenv(variable); dir != "" {
		d := openIn(t, dir)
		if _, err := d.SQL().Exec("UPDATE " + versionsTable + " SET applied = applied + 1"); err != nil {
			t.Fatal(err)
		}
		return
	}
	dir := t.TempDir()
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			child := exec.Command(os.Args[0], "-test.run=^TestTwoStartAtOnce$")
			child.Env = append(os.Environ(), fmt.Sprintf("%s=%s", variable, dir))
			if output, err := child.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, output)
			}
		})
	}
	for range 6 {
		all.Go(func() {
			d, err := Open(context.Background(), Config{}, dir, silent)
			if err != nil {
				t.Error(err)
				return
			}
			d.Close()
		})
	}
	all.Wait()
}

// TestLockIsWaitedFor: who changes the tables keeps others from it, no longer
// than they are willing to wait.
func TestLockIsWaitedFor(t *testing.T) {
	dir := t.TempDir()
	one, other := openIn(t, dir), openIn(t, dir)
	err := one.Exclusively(t.Context(), func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
		defer cancel()
		if err := other.Exclusively(ctx, func(context.Context) error { return nil }); err == nil {
			t.Error("both were let in")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if err := other.Exclusively(t.Context(), func(context.Context) error { return nil }); err != nil {
		t.Error(err)
	}
}
