package origin_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"api-resize/internal/crashtest"
	"api-resize/origin"
	"api-resize/records"
)

const (
	crashRounds  = 12
	crashWorkers = 4
)

// crashStore opens a store and its records, as the program does.
func crashStore(t *testing.T, dir string) (*origin.Uploads, *records.Database) {
	t.Helper()
	logger := slog.New(slog.DiscardHandler)
	database, err := records.Open(context.Background(), records.DefaultConfig(), filepath.Join(dir, "tasks"), logger)
	if err != nil {
		t.Fatal(err)
	}
	uploads, err := origin.OpenUploads(filepath.Join(dir, "originals"), database.Uploads(), logger)
	if err != nil {
		t.Fatal(err)
	}
	return uploads, database
}

func crashContent(worker, serial int) []byte {
	return bytes.Repeat(fmt.Appendf(nil, "%d %d;", worker, serial), 1+serial%2000)
}

// TestUploadsKilled kills a process that stores and deletes, again and again in
// one folder. Every upload that was acknowledged is there whole, unless its
// deletion had begun; none whose deletion was acknowledged is; and no record is
// without a body, nor a body without a record.
func TestUploadsKilled(t *testing.T) {
	const variable = "ORIGIN_TEST_CRASH"
	if setting := os.Getenv(variable); setting != "" {
		var round int
		var dir string
		if _, err := fmt.Sscan(setting, &round, &dir); err != nil {
			t.Fatal(err)
		}
		storeUntilKilled(t, dir, round)
		return
	}
	dir := t.TempDir()
	stored, deleted := map[string][]byte{}, map[string]bool{}
	bodiless := 0
	for round := range crashRounds {
		child := exec.Command(os.Args[0], "-test.run=^TestUploadsKilled$")
		child.Env = append(os.Environ(), fmt.Sprintf("%s=%d %s", variable, round, dir))
		crashtest.Kill(t, child, 50*time.Millisecond+rand.N(400*time.Millisecond), func(line string) { takeDown(t, line, stored, deleted) })
		bodiless += checkStored(t, dir, round, stored, deleted)
	}
	if len(stored) == 0 || len(deleted) == 0 {
		t.Errorf("%d uploads and %d deletions were acknowledged; want some", len(stored), len(deleted))
	}
	t.Logf("%d uploads, %d deletions, %d records without a body were found", len(stored), len(deleted), bodiless)
}

// takeDown takes down what a process acknowledges.
func takeDown(t *testing.T, line string, stored map[string][]byte, deleted map[string]bool) {
	t.Helper()
	var what, id string
	var worker, serial int
	if _, err := fmt.Sscan(line, &what, &id, &worker, &serial); err != nil {
		t.Fatalf("acknowledged %q: %v", line, err)
	}
	switch what {
	case "stored":
		stored[id] = crashContent(worker, serial)
	case "deleting":
		delete(stored, id)
	case "deleted":
		deleted[id] = true
	}
}

// checkStored starts anew and compares. It returns how many records had no body.
func checkStored(t *testing.T, dir string, round int, stored map[string][]byte, deleted map[string]bool) (bodiless int) {
	t.Helper()
	uploads, database := crashStore(t, dir)
	defer database.Close()
	defer uploads.Close()
	before, err := database.Uploads().Totals(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	uploads.Reconcile(func(context.Context, []byte) (origin.Record, error) {
		return origin.Record{}, errors.New("a body without a record")
	})
	bodies := func() (ids []string) {
		found, err := filepath.Glob(filepath.Join(dir, "originals", "??", "*"))
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	var after origin.Totals
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if after, err = database.Uploads().Totals(t.Context()); err != nil {
			t.Fatal(err)
		}
		if left, _ := os.ReadDir(filepath.Join(dir, "originals", "tmp")); after.Count == int64(len(bodies())) && len(left) == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("round %d: %d records, %d bodies", round, after.Count, len(bodies()))
		}
	}
	for id, content := range stored {
		opened, err := uploads.Open(t.Context(), id, origin.Validators{})
		if err != nil {
			t.Errorf("round %d: %s was acknowledged: %v", round, id, err)
			continue
		}
		got, err := io.ReadAll(opened.Body)
		opened.Body.Close()
		if err != nil || !bytes.Equal(got, content) {
			t.Errorf("round %d: %s: %d bytes of %d, %v", round, id, len(got), len(content), err)
		}
	}
	for id := range deleted {
		if _, err := uploads.Record(t.Context(), id); !errors.Is(err, origin.ErrNotFound) {
			t.Errorf("round %d: %s was deleted: %v", round, id, err)
		}
	}
	for _, path := range bodies() {
		if name := filepath.Base(path); !origin.ValidID(name) || strings.HasSuffix(name, ".json") {
			t.Errorf("round %d: left: %s", round, path)
		}
	}
	return int(before.Count - after.Count)
}

// storeUntilKilled acknowledges what it has done.
func storeUntilKilled(t *testing.T, dir string, round int) {
	uploads, _ := crashStore(t, dir)
	acknowledgements := crashtest.Acknowledgements()
	var all sync.WaitGroup
	for worker := range crashWorkers {
		all.Go(func() {
			for serial := round * 1_000_000; ; serial++ {
				storeAndMaybeDelete(t, uploads, acknowledgements, worker, serial)
			}
		})
	}
	all.Wait()
}

func storeAndMaybeDelete(t *testing.T, uploads *origin.Uploads, acknowledgements io.Writer, worker, serial int) {
	incoming, err := uploads.Receive(context.Background(), bytes.NewReader(crashContent(worker, serial)), 1<<20)
	if err != nil {
		t.Error(err)
		return
	}
	record, _, err := incoming.Commit(context.Background(), origin.Record{Format: "png"})
	if err != nil {
		t.Error(err)
		return
	}
	fmt.Fprintln(acknowledgements, "stored", record.ID, worker, serial)
	if serial%3 != 0 {
		return
	}
	fmt.Fprintln(acknowledgements, "deleting", record.ID, worker, serial)
	if err := uploads.Delete(context.Background(), record.ID); err != nil {
		t.Error(err)
		return
	}
	fmt.Fprintln(acknowledgements, "deleted", record.ID, worker, serial)
}
