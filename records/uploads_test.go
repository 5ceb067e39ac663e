package records_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"api-resize/origin"
	"api-resize/records"
	"api-resize/records/recordstest"
)

var silent = slog.New(slog.DiscardHandler)

// idOf is an id with this beginning.
func idOf(prefix string) string { return prefix + strings.Repeat("a", 26-len(prefix)) }

func moment(second int) time.Time { return time.Date(2026, 5, 4, 3, 2, second, 123456000, time.UTC) }

func put(t testing.TB, u origin.Records, all ...origin.Record) {
	t.Helper()
	for _, r := range all {
		if err := u.Put(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
}

func full() origin.Record {
	end := time.Now().Add(time.Hour).UTC().Truncate(time.Microsecond)
	return origin.Record{
		ID: idOf("x"), SHA256: strings.Repeat("ab", 32), Format: "jpeg", Width: 1 << 30, Height: 2, Frames: 3, Pages: 4,
		Bytes: 1 << 40, HasAlpha: true, ContentType: "image/jpeg", Name: "Кот 'n' \"dog\".jpg", Created: moment(1), Expires: &end,
		DominantColor: "#a1b2c3", Thumbhash: "1QcSHQRnh493V4dIh4eXh1h4kJUI", Profile: "Display P3",
		EXIF: map[string]string{"Model": "X\x00Y ☃", "Make": ""},
	}
}

// TestUploadsKeepAll: every field of a Record is kept, also after the database
// was closed.
func TestUploadsKeepAll(t *testing.T) {
	recordstest.Each(t, func(t *testing.T, open recordstest.Opener) {
		database := open(t)
		u := database.Uploads()
		want := full()
		for i := range reflect.TypeOf(want).NumField() {
			if reflect.ValueOf(want).Field(i).IsZero() {
				t.Fatalf("%s has no value in this test", reflect.TypeOf(want).Field(i).Name)
			}
		}
		bare := origin.Record{ID: idOf("b"), Created: moment(0)}
		put(t, u, want, bare)
		database.Close()
		u = open(t).Uploads()
		for _, r := range []origin.Record{want, bare} {
			if got, err := u.Get(t.Context(), r.ID); err != nil || !reflect.DeepEqual(got, r) {
				t.Errorf("%v\ngot  %+v\nwant %+v", err, got, r)
			}
		}
		want.Expires, want.EXIF, want.Name = nil, nil, "other"
		put(t, u, want)
		if got, err := u.Get(t.Context(), want.ID); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("replaced: %v, %+v", err, got)
		}
		if got, err := u.Totals(t.Context()); err != nil || got != (origin.Totals{Count: 2, Bytes: 1 << 40}) {
			t.Errorf("%+v, %v", got, err)
		}
		for range 2 {
			if err := u.Delete(t.Context(), want.ID); err != nil {
				t.Error(err)
			}
		}
		if _, err := u.Get(t.Context(), want.ID); !errors.Is(err, origin.ErrNotFound) || errors.Is(err, origin.ErrStorage) {
			t.Errorf("deleted: %v", err)
		}
	})
}

// TestUploadsTakeAnyText: a name is what a client sent.
func TestUploadsTakeAnyText(t *testing.T) {
	recordstest.Each(t, func(t *testing.T, open recordstest.Opener) {
		u := open(t).Uploads()
		for name, want := range map[string]string{"a\x00b": "ab", "a\xffb": "a\ufffdb", "'); DROP TABLE uploads; --": "'); DROP TABLE uploads; --", "$1 ?1 :a": "$1 ?1 :a"} {
			put(t, u, origin.Record{ID: idOf("n"), Name: name, Created: moment(0)})
			if got, err := u.Get(t.Context(), idOf("n")); err != nil || got.Name != want {
				t.Errorf("%q: %q, %v", name, got.Name, err)
			}
		}
	})
}

// TestUploadsList: the newest first, every one once, also while others come and
// go between two pages.
func TestUploadsList(t *testing.T) {
	recordstest.Each(t, func(t *testing.T, open recordstest.Opener) {
		u := open(t).Uploads()
		past, future := time.Now().Add(-time.Second), time.Now().Add(time.Hour)
		var want []string
		for i := range 20 {
			r := origin.Record{ID: idOf(string(rune('a' + i))), Created: moment(i / 3)} // three at the same moment
			if i%5 == 0 {
				r.Expires = &past
			} else {
				if i%5 == 1 {
					r.Expires = &future
				}
				want = append(want, r.ID)
			}
			put(t, u, r)
		}
		slices.Reverse(want)
		for _, size := range []int{1, 2, 3, 7, 100} {
			var got []string
			var at origin.Position
			for page := 0; ; page++ {
				some, err := u.List(t.Context(), at, size)
				if err != nil {
					t.Fatal(err)
				}
				if len(some) == 0 {
					break
				}
				for _, r := range some {
					got = append(got, r.ID)
				}
				at = origin.PositionOf(some[len(some)-1])
				// What comes is newer, and where one was that went, the list goes on.
				put(t, u, origin.Record{ID: idOf("zz" + string(rune('a'+page))), Created: time.Now().Add(time.Hour)})
				if err := u.Delete(t.Context(), got[len(got)-1]); err != nil {
					t.Fatal(err)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("pages of %d: %v\nwant %v", size, got, want)
			}
			for _, id := range want {
				if _, err := u.Get(t.Context(), id); errors.Is(err, origin.ErrNotFound) {
					put(t, u, origin.Record{ID: id, Created: moment(int(id[0]-'a') / 3)})
				}
			}
			for page := range 26 {
				if err := u.Delete(t.Context(), idOf("zz"+string(rune('a'+page)))); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

func TestUploadsExpired(t *testing.T) {
	recordstest.Each(t, func(t *testing.T, open recordstest.Opener) {
		u := open(t).Uploads()
		for i, id := range []string{"c", "b", "a"} {
			end := moment(i)
			put(t, u, origin.Record{ID: idOf(id), Created: moment(0), Expires: &end})
		}
		put(t, u, origin.Record{ID: idOf("d"), Created: moment(0)})
		for _, test := range []struct {
			now   time.Time
			limit int
			want  []string
		}{
			{moment(0).Add(-time.Microsecond), 9, nil}, {moment(0), 9, []string{idOf("c")}},
			{moment(9), 2, []string{idOf("c"), idOf("b")}}, {moment(9), 9, []string{idOf("c"), idOf("b"), idOf("a")}},
		} {
			if got, err := u.Expired(t.Context(), test.now, test.limit); err != nil || !slices.Equal(got, test.want) {
				t.Errorf("%v: %v, %v", test.now, got, err)
			}
		}
	})
}

func TestUploadsIDs(t *testing.T) {
	recordstest.Each(t, func(t *testing.T, open recordstest.Opener) {
		u := open(t).Uploads()
		var want []string
		for _, prefix := range []string{"a2", "az", "ab", "abz", "ab2", "aa", "b2", "22", "zz", "z7"} {
			put(t, u, origin.Record{ID: idOf(prefix), Created: moment(0)})
			if strings.HasPrefix(prefix, "ab") {
				want = append(want, idOf(prefix))
			}
		}
		slices.Sort(want)
		var got []string
		for after := ""; ; after = got[len(got)-1] {
			some, err := u.IDs(t.Context(), "ab", after, 1)
			if err != nil {
				t.Fatal(err)
			}
			if len(some) == 0 {
				break
			}
			got = append(got, some...)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
	})
}

// TestUploadsAtOnce: many write and read at the same time, from two processes'
// connections, and nothing is refused or lost.
func TestUploadsAtOnce(t *testing.T) {
	recordstest.Each(t, func(t *testing.T, open recordstest.Opener) {
		both := []*records.Uploads{open(t).Uploads(), open(t).Uploads()}
		const writers, each = 8, 10
		var all sync.WaitGroup
		for writer := range writers {
			all.Go(func() {
				u := both[writer%2]
				for i := range each {
					if err := u.Put(t.Context(), origin.Record{ID: idOf(fmt.Sprintf("%c%c", 'a'+writer, 'a'+i)), Created: moment(rand.IntN(60)), Bytes: 1}); err != nil {
						t.Error(err)
					}
					if _, err := u.List(t.Context(), origin.Position{}, 5); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		if got, err := both[0].Totals(t.Context()); err != nil || got.Count != writers*each {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

func TestUploadsOfAClosedDatabase(t *testing.T) {
	recordstest.Each(t, func(t *testing.T, open recordstest.Opener) {
		database := open(t)
		u := database.Uploads()
		database.Close()
		_, get := u.Get(t.Context(), idOf("a"))
		_, list := u.List(t.Context(), origin.Position{}, 1)
		for _, err := range []error{get, list, u.Put(t.Context(), full()), u.Delete(t.Context(), idOf("a")), u.Healthy(t.Context())} {
			if !errors.Is(err, origin.ErrStorage) || errors.Is(err, origin.ErrNotFound) {
				t.Errorf("%v", err)
			}
		}
	})
}

// TestQueriesUseIndexes: none of what is asked often, or of a large store, reads
// all records. Only counting does.
func TestQueriesUseIndexes(t *testing.T) {
	database := recordstest.SQLite(t)
	for query, index := range map[string]string{
		"SELECT * FROM uploads WHERE id = 'a'": "sqlite_autoindex",
		"SELECT * FROM uploads WHERE (expires IS NULL OR expires > 1) AND (created, id) < (1, 'a') ORDER BY created DESC, id DESC LIMIT 5": "uploads_by_age",
		"SELECT id FROM uploads WHERE expires <= 1 ORDER BY expires, id LIMIT 5":                                                           "uploads_by_end",
		"SELECT id FROM uploads WHERE id >= 'a' AND id < 'b' AND id > 'a' ORDER BY id LIMIT 5":                                             "sqlite_autoindex",
	} {
		rows, err := database.SQL().Query("EXPLAIN QUERY PLAN " + query)
		if err != nil {
			t.Fatal(err)
		}
		var plan []string
		for rows.Next() {
			var id, parent, unused int
			var step string
			if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
				t.Fatal(err)
			}
			plan = append(plan, step)
		}
		rows.Close()
		if text := strings.Join(plan, "; "); !strings.Contains(text, "SEARCH uploads") || !strings.Contains(text, index) {
			t.Errorf("%s: %s", query, text)
		}
	}
}

// TestPostgreSQLStartsAtOnce: several open an empty database at the same time.
func TestPostgreSQLStartsAtOnce(t *testing.T) {
	config := records.Config{URL: recordstest.PostgreSQL(t).New(t)}
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			d, err := records.Open(context.Background(), config, "", silent)
			if err != nil {
				t.Error(err)
				return
			}
			if err := d.Healthy(context.Background()); err != nil {
				t.Error(err)
			}
			d.Close()
		})
	}
	all.Wait()
}

// TestPostgreSQLGoesAndComes: while the server is away every call says so, and
// when it is back they work again, with all that was stored.
func TestPostgreSQLGoesAndComes(t *testing.T) {
	server := recordstest.OwnPostgreSQL(t)
	location := server.New(t)
	withPassword, err := url.Parse(location)
	if err != nil {
		t.Fatal(err)
	}
	withPassword.User = url.UserPassword("tester", "hunter2")
	config := records.Config{URL: withPassword.String()}
	d, err := records.Open(t.Context(), config, "", silent)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	u := d.Uploads()
	put(t, u, full())
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	_, get := u.Get(t.Context(), full().ID)
	_, open := records.Open(t.Context(), config, "", silent)
	for _, err := range []error{get, u.Put(t.Context(), full()), d.Healthy(t.Context()), open} {
		if err == nil || errors.Is(err, origin.ErrNotFound) || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v", err)
		}
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	if err := d.Healthy(t.Context()); err != nil {
		t.Error(err)
	}
	if got, err := u.Get(t.Context(), full().ID); err != nil || got.SHA256 != full().SHA256 {
		t.Errorf("%+v, %v", got, err)
	}
}

func BenchmarkUploadsGet(b *testing.B) {
	u := recordstest.SQLite(b).Uploads()
	put(b, u, full())
	for b.Loop() {
		if _, err := u.Get(b.Context(), full().ID); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUploadsPut(b *testing.B) {
	u := recordstest.SQLite(b).Uploads()
	for b.Loop() {
		put(b, u, full())
	}
}
