package proxy

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"api-resize/origin"
	"api-resize/spec"
)

// another is a second process that uses the same uploads.
func (b *bench) another() *origin.Uploads {
	b.t.Helper()
	uploads, err := origin.OpenUploads(b.folder, b.records, slog.New(slog.DiscardHandler))
	must(b.t, err)
	b.t.Cleanup(func() { uploads.Close() })
	return uploads
}

// age makes what is known of an upload older.
func (b *bench) age(request spec.Request, by time.Duration) {
	b.t.Helper()
	name := request.Source.String()
	known, ok := b.known.Get(name)
	if !ok {
		b.t.Fatalf("%s is not known", name)
	}
	known.Checked = known.Checked.Add(-by)
	b.known.Add(name, known)
}

func TestHitOfAnUploadAsksNoRecords(t *testing.T) {
	b := newBench(t)
	request := b.put("image often asked for")
	_, _, err := b.get(context.Background(), request)
	must(t, err)
	before := b.records.asked.Load()
	for range 1000 {
		_, _, err := b.get(context.Background(), request)
		must(t, err)
	}
	if asked := b.records.asked.Load() - before; asked > 2 {
		t.Errorf("the records were asked %d times", asked)
	}
}

// TestDeletionByAnotherProcess is noticed after uploadCheck at the latest, and
// then nothing of the upload is kept here.
func TestDeletionByAnotherProcess(t *testing.T) {
	for _, asked := range []bool{true, false} {
		b := newBench(t)
		request := b.put("image shared")
		_, _, err := b.get(context.Background(), request)
		must(t, err)
		must(t, b.another().Delete(context.Background(), request.Source.Path))
		if _, _, err := b.get(context.Background(), request); err != nil {
			t.Errorf("a moment later: %v", err)
		}
		if asked { // halfway, behind the answer
			b.age(request, uploadCheck/2)
			_, _, err := b.get(context.Background(), request)
			must(t, err)
			eventually(t, "it is noticed", func() bool {
				_, _, err := b.get(context.Background(), request)
				return errors.Is(err, origin.ErrNotFound)
			})
		} else {
			b.age(request, uploadCheck)
			if _, _, err := b.get(context.Background(), request); !errors.Is(err, origin.ErrNotFound) {
				t.Errorf("after %v: %v", uploadCheck, err)
			}
		}
		eventually(t, "its pictures are forgotten", func() bool {
			b.tiers.Flush()
			return b.tiers.Stats().Entries == 0
		})
	}
}

// TestKnownUploadsWhileRecordsAreDown: what is known is served on, what isn't is
// ErrStorage, and once they answer again a deletion counts.
func TestKnownUploadsWhileRecordsAreDown(t *testing.T) {
	b := newBench(t)
	request, unknown := b.put("image known"), b.put("image unknown")
	_, _, err := b.get(context.Background(), request)
	must(t, err)
	b.records.down.Store(true)
	for range 3 {
		b.age(request, uploadCheck)
		if _, _, err := b.get(context.Background(), request); err != nil {
			t.Errorf("known: %v", err)
		}
	}
	if _, _, err := b.get(context.Background(), unknown); !errors.Is(err, origin.ErrStorage) {
		t.Errorf("unknown: %v", err)
	}
	b.records.down.Store(false)
	_, _, err = b.get(context.Background(), unknown)
	must(t, err)
	must(t, b.another().Delete(context.Background(), request.Source.Path))
	b.age(request, uploadCheck)
	if _, _, err := b.get(context.Background(), request); !errors.Is(err, origin.ErrNotFound) {
		t.Errorf("deleted: %v", err)
	}
}

// TestManyAskForAnUploadAtOnce: the records are asked once.
func TestManyAskForAnUploadAtOnce(t *testing.T) {
	b := newBench(t)
	request := b.put("image popular")
	b.records.asked.Store(0)
	var all sync.WaitGroup
	begin := make(chan struct{})
	for range 50 {
		all.Go(func() {
			<-begin
			if _, err := b.Locate(context.Background(), request, spec.Client{}); err != nil {
				t.Error(err)
			}
		})
	}
	close(begin)
	all.Wait()
	if asked := b.records.asked.Load(); asked > 10 {
		t.Errorf("asked %d times", asked)
	}
}

func BenchmarkLocateUpload(b *testing.B) {
	one := newBench(b)
	request := one.put("image often asked for")
	for b.Loop() {
		if _, err := one.Locate(context.Background(), request, spec.Client{}); err != nil {
			b.Fatal(err)
		}
	}
}
