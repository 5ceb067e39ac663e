package origin

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// crash is what a test ends a call with, as if the process had ended there.
type crash struct{}

// crashing runs work, which may end with a crash.
func crashing(work func()) (crashed bool) {
	defer func() {
		if reason := recover(); reason != nil {
			if _, meant := reason.(crash); !meant {
				panic(reason)
			}
			crashed = true
		}
	}()
	work()
	return false
}

// crashAt crashes at a call.
func crashAt(name string) func(string) error {
	return func(call string) error {
		if call == name {
			panic(crash{})
		}
		return nil
	}
}

// whole reports whether an upload is there, and that record and body agree: both
// are there or neither.
func whole(t *testing.T, u *Uploads, content string) bool {
	t.Helper()
	id := idFor(content)
	got, err := fetch(u, id)
	if err != nil && !errors.Is(err, ErrNotFound) || err == nil && string(got) != content {
		t.Errorf("%q, %v", got, err)
	}
	if recorded := slices.Contains(u.fake().ids(), id); recorded != exists(u.path(id)) || recorded != (err == nil) {
		t.Errorf("recorded %v, with a body %v, opens with %v", recorded, exists(u.path(id)), err)
	}
	return err == nil
}

// TestUploadsCrashBetweenSteps: after a crash at each step of storing and
// removing, and the next start, an upload is there whole or not at all; what was
// acknowledged is there.
func TestUploadsCrashBetweenSteps(t *testing.T) {
	for _, test := range []struct {
		name          string
		before, after string // the call at which it crashes
		there, stays  bool   // before and after
		work          func(u *Uploads)
	}{
		{"storing, body in tmp", "Put", "", false, false, nil},
		{"storing, record without body", "", "Put", false, false, nil},
		{"storing again", "Put", "", true, true, func(u *Uploads) { commitExpiring(u, "content") }},
		{"storing again, done", "", "Put", true, true, func(u *Uploads) { commitExpiring(u, "content") }},
		{"removing, nothing done", "Get", "", true, true, func(u *Uploads) { _ = u.Delete(context.Background(), idFor("content")) }},
		{"removing, body gone", "Delete", "", true, false, func(u *Uploads) { _ = u.Delete(context.Background(), idFor("content")) }},
		{"removing, done", "", "Delete", true, false, func(u *Uploads) { _ = u.Delete(context.Background(), idFor("content")) }},
	} {
		dir := t.TempDir()
		u := openUploads(t, dir)
		<-u.reconciler.done
		commit(t, u, "other", Record{})
		if test.there {
			end := time.Now().Add(time.Hour)
			commit(t, u, "content", Record{Expires: &end})
		}
		if test.work == nil {
			test.work = func(u *Uploads) { commit(t, u, "content", Record{}) }
		}
		u.fake().hook(crashAt(test.before), crashAt(test.after))
		if !crashing(func() { test.work(u) }) {
			t.Errorf("%s: did not crash", test.name)
		}
		u.fake().mend()
		u.Close()
		next := openUploads(t, dir)
		<-next.reconciler.done
		if got := whole(t, next, "content"); got != test.stays {
			t.Errorf("%s: there: %v", test.name, got)
		}
		if !whole(t, next, "other") {
			t.Errorf("%s: another upload is gone", test.name)
		}
		if left := names(next.temporaryDir()); len(left) > 1 || len(left) == 1 && test.there {
			t.Errorf("%s: left in tmp: %v", test.name, left) // one's lock is still held by this process
		}
		commit(t, next, "content", Record{})
		if !whole(t, next, "content") {
			t.Errorf("%s: not stored afterwards", test.name)
		}
	}
}

// commitExpiring prolongs the life of an upload.
func commitExpiring(u *Uploads, content string) {
	in, err := u.Receive(context.Background(), strings.NewReader(content), 100)
	if err == nil {
		_, _, _ = in.Commit(context.Background(), Record{})
	}
}

// TestUploadsAreTakenInAgain: bodies outlive their records, and those that an
// older version kept beside them count.
func TestUploadsAreTakenInAgain(t *testing.T) {
	dir := t.TempDir()
	u := openUploads(t, dir)
	<-u.reconciler.done
	kept, _ := commit(t, u, "content", Record{Name: "lost with the records"})
	old, _ := commit(t, u, "old", Record{Name: "old.jpg", Format: "png", EXIF: map[string]string{"Model": "X"}, Created: time.Unix(1000, 123456789)})
	for _, content := range []string{"damaged", "no picture", "deleted"} {
		commit(t, u, content, Record{})
	}
	must(t, os.WriteFile(u.path(idFor("damaged")), []byte("damagee"), 0o600))
	writeSidecar(t, u, old)
	writeSidecar(t, u, u.fake().all[idFor("deleted")])
	must(t, os.Remove(u.path(idFor("deleted"))))
	clear(u.fake().all)
	u.Close()

	for round := range 2 {
		u = openUploads(t, dir)
		<-u.reconciler.done
		got, err := u.Record(context.Background(), kept.ID)
		if err != nil || got.Format != "jpeg" || got.Width != 7 || got.Bytes != 7 || got.SHA256 != kept.SHA256 || time.Since(got.Created) > time.Hour || got.Created.IsZero() {
			t.Errorf("round %d: %+v, %v", round, got, err)
		}
		want := old
		if got, err := u.Record(context.Background(), old.ID); err != nil || got.Name != want.Name || got.Format != "png" || got.EXIF["Model"] != "X" || !got.Created.Equal(want.Created) {
			t.Errorf("round %d: %+v, %v", round, got, err)
		}
		if exists(u.sidecarPath(old.ID)) || exists(u.sidecarPath(idFor("deleted"))) {
			t.Errorf("round %d: the old records are still there", round)
		}
		for _, content := range []string{"damaged", "no picture"} {
			if _, err := u.Record(context.Background(), idFor(content)); !errors.Is(err, ErrNotFound) {
				t.Errorf("round %d: %s: %v", round, content, err)
			}
			if !exists(u.path(idFor(content))) {
				t.Errorf("round %d: %s was removed", round, content)
			}
		}
		if taken, left := u.reconciler.taken.Load(), u.reconciler.left.Load(); taken != int64(2-2*round) || left != 2 {
			t.Errorf("round %d: %d taken in, %d left", round, taken, left)
		}
	}
	must(t, u.Delete(context.Background(), idFor("damaged")))
	if exists(u.path(idFor("damaged"))) {
		t.Error("what can't be taken in can't be removed either")
	}
}

func writeSidecar(t *testing.T, u *Uploads, r Record) {
	t.Helper()
	text, err := json.Marshal(r)
	must(t, err)
	must(t, os.WriteFile(u.sidecarPath(r.ID), text, 0o600))
}

// TestUploadsAreTakenInOnDemand: nobody waits for the rest of a large store.
func TestUploadsAreTakenInOnDemand(t *testing.T) {
	dir := t.TempDir()
	u := openUnreconciled(t, dir)
	past := time.Now().Add(-time.Hour)
	for _, content := range []string{"asked for", "deleted", "sent again"} {
		r, _ := commit(t, u, content, Record{Name: "before"})
		writeSidecar(t, u, r)
	}
	expired, _ := commit(t, u, "expired", Record{Expires: &past})
	writeSidecar(t, u, expired)
	clear(u.fake().all)
	if r, err := u.Record(context.Background(), idFor("asked for")); err != nil || r.Name != "before" {
		t.Errorf("%+v, %v", r, err)
	}
	must(t, u.Delete(context.Background(), idFor("deleted")))
	if r, existing := commit(t, u, "sent again", Record{Name: "after"}); !existing || r.Name != "before" {
		t.Errorf("%+v, %v", r, existing)
	}
	if _, err := u.Record(context.Background(), expired.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("expired: %v", err)
	}
	u.Reconcile(describeText)
	<-u.reconciler.done
	if whole(t, u, "deleted") {
		t.Error("what was deleted is back")
	}
	if left := files(t, dir); len(left) != 3 {
		t.Errorf("files: %v", left)
	}
}

// TestRecordsOfAMissingFolderStay: no crash removes a folder, but a file system
// that is not mounted lacks all.
func TestRecordsOfAMissingFolderStay(t *testing.T) {
	dir := t.TempDir()
	u := openUploads(t, dir)
	<-u.reconciler.done
	kept, _ := commit(t, u, "content", Record{Name: "precious"})
	u.Close()
	must(t, os.Rename(u.shard(kept.ID), u.shard(kept.ID)+"-elsewhere"))
	u = openUploads(t, dir)
	<-u.reconciler.done
	u.Close()
	must(t, os.Rename(u.shard(kept.ID)+"-elsewhere", u.shard(kept.ID)))
	u = openUploads(t, dir)
	if r, err := u.Record(context.Background(), kept.ID); err != nil || r.Name != "precious" {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestUploadsWhileRecordsAreDown: all is ErrStorage, nothing is lost, it is said
// why, and it works again by itself.
func TestUploadsWhileRecordsAreDown(t *testing.T) {
	dir := t.TempDir()
	u := openUnreconciled(t, dir)
	kept, _ := commit(t, u, "content", Record{})
	bodiless := idFor("bodiless")
	must(t, os.MkdirAll(u.shard(bodiless), 0o700))
	must(t, u.records.Put(context.Background(), Record{ID: bodiless}))
	u.fake().breakDown()
	u.Reconcile(describeText)
	_, open := u.Open(context.Background(), kept.ID, Validators{})
	_, _, commit1 := receive(t, u, "content").Commit(context.Background(), Record{})
	_, _, commit2 := receive(t, u, "other").Commit(context.Background(), Record{})
	_, expired := u.Expired(context.Background(), 1)
	_, removed := u.RemoveExpired(context.Background(), kept.ID)
	for i, err := range []error{open, commit1, commit2, expired, removed, u.Delete(context.Background(), kept.ID), u.RecordsHealthy(context.Background())} {
		if !errors.Is(err, ErrStorage) || errors.Is(err, ErrNotFound) {
			t.Errorf("%d: %v", i, err)
		}
	}
	if err := u.Healthy(); err != nil {
		t.Errorf("the disk is blamed: %v", err)
	}
	if got := files(t, dir); len(got) != 1 {
		t.Errorf("files: %v", got)
	}
	u.fake().mend()
	u.answering.asked = time.Time{} // as if a second had passed
	if err := u.RecordsHealthy(context.Background()); err != nil {
		t.Error(err)
	}
	select {
	case <-u.reconciler.done:
	case <-time.After(30 * time.Second):
		t.Fatal("it does not go on reconciling")
	}
	if !whole(t, u, "content") || whole(t, u, "bodiless") {
		t.Error("not reconciled")
	}
	if _, existing := commit(t, u, "other", Record{}); existing {
		t.Error("what was refused is there")
	}
}

// TestUploadsRemoveExpired: what has expired goes, body and record, and what was
// prolonged meanwhile stays, whoever comes first.
func TestUploadsRemoveExpired(t *testing.T) {
	dir := t.TempDir()
	one, other := openUploads(t, dir), openUploads(t, dir)
	past := time.Now().Add(-time.Second)
	for _, content := range []string{"a", "b", "prolonged"} {
		commit(t, one, content, Record{Expires: &past})
	}
	commit(t, one, "stays", Record{})
	ids, err := one.Expired(context.Background(), 10)
	if err != nil || len(ids) != 3 {
		t.Fatalf("%v, %v", ids, err)
	}
	if some, err := one.Expired(context.Background(), 2); err != nil || len(some) != 2 {
		t.Errorf("%v, %v", some, err)
	}
	commit(t, other, "prolonged", Record{})
	removed := 0
	for _, id := range append(ids, idFor("stays"), idFor("nowhere")) {
		for _, u := range []*Uploads{one, other} {
			did, err := u.RemoveExpired(context.Background(), id)
			must(t, err)
			if did {
				removed++
			}
		}
	}
	if removed != 2 || whole(t, one, "a") || whole(t, one, "b") || !whole(t, one, "prolonged") || !whole(t, one, "stays") {
		t.Errorf("%d removed, %v", removed, files(t, dir))
	}
}

func TestUploadsTotals(t *testing.T) {
	u := openUploads(t, t.TempDir())
	commit(t, u, "abc", Record{})
	commit(t, u, "de", Record{})
	for deadline := time.Now().Add(10 * time.Second); u.Totals() != (Totals{2, 5}); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%+v", u.Totals())
		}
		u.totals.mu.Lock()
		u.totals.counted = time.Time{} // as if they were old
		u.totals.mu.Unlock()
	}
}

// TestUploadsOfTwoProcesses: one id is changed by one of them at a time.
func TestUploadsOfTwoProcesses(t *testing.T) {
	dir := t.TempDir()
	one, other := openUploads(t, dir), openUploads(t, dir)
	id := idFor("content")
	unlock, err := one.lock(context.Background(), id)
	must(t, err)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, err := other.lock(ctx, id); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("both have it: %v", err)
	}
	unlock()
	unlock, err = other.lock(context.Background(), id)
	must(t, err)
	unlock()
}
