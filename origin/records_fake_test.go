package origin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// fakeRecords are Records in memory, which outlive the store that uses them and
// fail, or end the process, where a test says.
type fakeRecords struct {
	mu  sync.Mutex
	all map[string]Record
	// before and after are asked at each call, by the name of the method; an error
	// is what the call gives, and a panic is a crash.
	before, after func(call string) error
}

var errDown = fmt.Errorf("%w: the database is down", ErrStorage)

func newFakeRecords() *fakeRecords { return &fakeRecords{all: map[string]Record{}} }

// call runs one call.
func (f *fakeRecords) call(name string, work func()) error {
	f.mu.Lock()
	before, after := f.before, f.after
	f.mu.Unlock()
	if before != nil {
		if err := before(name); err != nil {
			return err
		}
	}
	f.mu.Lock()
	work()
	f.mu.Unlock()
	if after != nil {
		return after(name)
	}
	return nil
}

// hook sets what is asked at each call.
func (f *fakeRecords) hook(before, after func(call string) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.before, f.after = before, after
}

// break makes every call fail until it is mended.
func (f *fakeRecords) breakDown() { f.hook(func(string) error { return errDown }, nil) }
func (f *fakeRecords) mend()      { f.hook(nil, nil) }

func (f *fakeRecords) Get(_ context.Context, id string) (r Record, err error) {
	var ok bool
	err = f.call("Get", func() { r, ok = f.all[id] })
	if err == nil && !ok {
		err = fmt.Errorf("%w: upload %s", ErrNotFound, id)
	}
	return r, err
}

func (f *fakeRecords) Put(_ context.Context, r Record) error {
	return f.call("Put", func() { f.all[r.ID] = r })
}

func (f *fakeRecords) Delete(_ context.Context, id string) error {
	return f.call("Delete", func() { delete(f.all, id) })
}

func (f *fakeRecords) List(_ context.Context, after Position, limit int) (found []Record, err error) {
	return nil, errors.New("the store does not look into the list")
}

func (f *fakeRecords) Expired(_ context.Context, now time.Time, limit int) (ids []string, err error) {
	err = f.call("Expired", func() {
		for id, r := range f.all {
			if r.expired(now) {
				ids = append(ids, id)
			}
		}
	})
	slices.Sort(ids)
	return ids[:min(len(ids), limit)], err
}

func (f *fakeRecords) IDs(_ context.Context, prefix, after string, limit int) (ids []string, err error) {
	err = f.call("IDs", func() {
		for id := range f.all {
			if strings.HasPrefix(id, prefix) && id > after {
				ids = append(ids, id)
			}
		}
	})
	slices.Sort(ids)
	return ids[:min(len(ids), limit)], err
}

func (f *fakeRecords) Totals(context.Context) (t Totals, err error) {
	err = f.call("Totals", func() {
		for _, r := range f.all {
			t.Count++
			t.Bytes += r.Bytes
		}
	})
	return t, err
}

func (f *fakeRecords) Healthy(context.Context) error { return f.call("Healthy", func() {}) }

// ids are those of all records, sorted.
func (f *fakeRecords) ids() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var ids []string
	for id := range f.all {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}
