package cache

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"api-resize/internal/crashtest"
)

const (
	crashWorkers  = 4
	crashSources  = 10 // of each worker, whose alone they are
	crashVariants = 3
	crashBytes    = 4 * mib // less than what is put: it evicts
)

func crashKey(worker, source, variant int) Key {
	return Key{fmt.Sprintf("worker %d source %d", worker, source), fmt.Sprint(variant)}
}

// crashBody names its key and the order of its making, over and over.
func crashBody(key Key, serial uint64, size int) []byte {
	sign := binary.LittleEndian.AppendUint64([]byte(key.Source+" "+key.Variant+" "), serial)
	return bytes.Repeat(sign, size/len(sign)+1)
}

// TestKilled kills a process that puts, gets and forgets, again and again in one
// folder. Afterwards every entry is right or gone, nothing is back that was
// forgotten or replaced, no leftovers lie around, and the bound is kept.
func TestKilled(t *testing.T) {
	const variable = "CACHE_TEST_CRASH"
	if setting := os.Getenv(variable); setting != "" {
		first, dir, _ := strings.Cut(setting, " ")
		serial, err := strconv.ParseUint(first, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		workUntilKilled(t, dir, serial)
		return
	}
	dir, found := t.TempDir(), 0
	atLeast := map[Key]uint64{} // serials that were acknowledged
	for round := range 20 {
		child := exec.Command(os.Args[0], "-test.run=^TestKilled$")
		child.Env = append(os.Environ(), fmt.Sprintf("%s=%d %s", variable, 1+round*1_000_000, dir))
		crashtest.Kill(t, child, rand.N(150*time.Millisecond), func(line string) {
			var worker, source, variant int
			var serial uint64
			if _, err := fmt.Sscan(line, &worker, &source, &variant, &serial); err != nil {
				t.Fatalf("acknowledged %q: %v", line, err)
			}
			atLeast[crashKey(worker, source, variant)] = serial
		})
		found += checkAfterKill(t, dir, round, atLeast)
	}
	if found == 0 || len(atLeast) == 0 {
		t.Errorf("%d entries were found, %d keys acknowledged; want some", found, len(atLeast))
	}
}

// checkAfterKill opens the folder, and looks before the walk in every other round.
func checkAfterKill(t *testing.T, dir string, round int, atLeast map[Key]uint64) (found int) {
	t.Helper()
	l := openLaboratory(t, dir, withBytes(crashBytes))
	defer l.Close()
	look := func() {
		for worker := range crashWorkers {
			for source := range crashSources {
				for variant := range crashVariants {
					key := crashKey(worker, source, variant)
					body, err := l.get(key)
					if err != nil {
						continue
					}
					found++
					n := len(key.Source) + len(key.Variant) + 2 + 8
					if len(body) < n {
						t.Fatalf("round %d: %q: %d bytes", round, key, len(body))
					}
					serial := binary.LittleEndian.Uint64(body[n-8:])
					if !bytes.Equal(body, crashBody(key, serial, len(body)-n)) {
						t.Errorf("round %d: %q: another's body, or part of one", round, key)
					}
					if serial < atLeast[key] {
						t.Errorf("round %d: %q: %d is back, %d was acknowledged", round, key, serial, atLeast[key])
					}
				}
			}
		}
	}
	if round%2 == 0 {
		look()
	}
	l.startWalk()
	l.walking.Wait()
	look()
	if n := files(t, filepath.Join(dir, temporaryFolder)); n != 0 {
		t.Errorf("round %d: %d leftovers", round, n)
	}
	if s := l.Stats(); s.Corrupt != 0 || s.Errors != 0 || s.Bytes > s.Limit || s.Entries != int64(len(l.entryFiles())) {
		t.Errorf("round %d: stats %+v, %d files", round, s, len(l.entryFiles()))
	}
	return found
}

// workUntilKilled acknowledges the serial below which nothing of
// a key may be found any more: the one put, or the next one after a Forget.
func workUntilKilled(t *testing.T, dir string, serial uint64) {
	config := DiskConfig{Dir: dir, Bytes: crashBytes, Logger: slog.New(slog.DiscardHandler)}
	disk, err := OpenDisk(config)
	if err != nil {
		t.Fatal(err)
	}
	acknowledgements := crashtest.Acknowledgements()
	var all sync.WaitGroup
	for worker := range crashWorkers {
		all.Go(func() { crashWorker(disk, acknowledgements, worker, serial) })
	}
	all.Wait()
}

func crashWorker(disk Store, acknowledgements io.Writer, worker int, serial uint64) {
	forgotten := func(source int) {
		for variant := range crashVariants {
			fmt.Fprintln(acknowledgements, worker, source, variant, serial+1)
		}
	}
	for end := serial + 900_000; serial < end; serial++ {
		source, variant := rand.IntN(crashSources), rand.IntN(crashVariants)
		key := crashKey(worker, source, variant)
		switch n := rand.IntN(100); {
		case n == 0:
			mine := func(name string) bool { return strings.HasPrefix(name, fmt.Sprintf("worker %d ", worker)) }
			if _, err := disk.ForgetWhere(mine, nil); err == nil {
				for source := range crashSources {
					forgotten(source)
				}
			}
		case n < 15:
			if _, err := disk.Forget(key.Source); err == nil {
				forgotten(source)
			}
		case n < 70:
			size := rand.IntN(200_000)
			if disk.Put(key, NewEntry(Meta{}, crashBody(key, serial, size)), disk.Generation(key.Source)) == nil {
				fmt.Fprintln(acknowledgements, worker, source, variant, serial)
			}
		default:
			if e, err := disk.Get(key); err == nil {
				_ = e.Close()
			}
		}
	}
}
