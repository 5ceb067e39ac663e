package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// answers remembers what each URL was answered with first: the bytes of a
// picture do not change, whatever happens to the program and its files.
type answers struct {
	mu    sync.Mutex
	first map[string][sha256.Size]byte
	count int
}

// check compares a picture with the first one, and reports whether it is the
// same.
func (a *answers) check(path string, body []byte) bool {
	sum := sha256.Sum256(body)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.count++
	known, ok := a.first[path]
	if !ok {
		a.first[path] = sum
		return true
	}
	return known == sum
}

func (a *answers) answered() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.count
}

// load asks for pictures, purges, and uploads, until ctx ends. The program may
// die at any time: only what comes whole counts.
func (s *service) load(ctx context.Context, t *testing.T, sources []string, seen *answers, random *rand.Rand) {
	for ctx.Err() == nil {
		source := sources[random.IntN(len(sources))]
		path := "/resize/" + strconv.Itoa(20+random.IntN(60)) + "x,f=png/" + source
		method, body := http.MethodGet, io.Reader(nil)
		if random.IntN(20) == 0 {
			method, path, body = http.MethodPost, "/purge", strings.NewReader(`{"source": "`+source+`"}`)
		}
		request, err := http.NewRequestWithContext(ctx, method, s.url+path, body)
		if err != nil {
			t.Error(err)
			return
		}
		request.Header.Set("Authorization", "Bearer "+s.key)
		response, err := client.Do(request)
		if err != nil {
			continue
		}
		content, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err == nil && method == http.MethodGet && response.StatusCode == http.StatusOK && !seen.check(path, content) {
			t.Errorf("%s: another picture than before: %d bytes, %s", path, len(content), response.Header.Get("Cache-Status"))
		}
	}
}

// TestKilledUnderLoad kills the program again and again while it fills its
// cache. What is answered afterwards is right, and what was forgotten is not
// back. 200 rounds are `go test -run TestKilledUnderLoad -count 25`.
func TestKilledUnderLoad(t *testing.T) {
	const rounds, clients = 8, 6
	// A small cache, so that it evicts as well.
	config := "cache: {memory: {bytes: 8MiB, entry_bytes: 64KiB}, disk: {bytes: 1MiB, min_free_bytes: 0}}\nlog: {level: error}\n"
	s := start(t, config)
	var sources []string
	for size := range 6 {
		sources = append(sources, s.upload(encodedPNG(t, noise(120+size, 90))))
	}
	seen := &answers{first: map[string][sha256.Size]byte{}}
	for round := range rounds {
		ctx, cancel := context.WithCancel(context.Background())
		var load sync.WaitGroup
		for number := range clients {
			load.Go(func() { s.load(ctx, t, sources, seen, rand.New(rand.NewPCG(uint64(round), uint64(number)))) })
		}
		waitFor(t, "some pictures", func() bool { return seen.answered() > 30*(round+1) })
		time.Sleep(time.Duration(rand.IntN(100)) * time.Millisecond)
		s.kill()
		cancel()
		load.Wait()
		s = start(t, config, s.dir)
		if n := len(s.entries("panic")); n > 0 {
			t.Fatalf("it panicked: %s", s.log())
		}
	}
	before := s.picture("/resize/33x,f=png/" + sources[0])
	s.purged(`{"all": true}`)
	s.kill()
	s = start(t, config, s.dir)
	if got := s.picture("/resize/33x,f=png/" + sources[0]); got.header.Get("Cache-Status") != "api-resize; fwd=miss; stored" || !bytes.Equal(got.body, before.body) {
		t.Errorf("purged before the last kill: %s", got.header.Get("Cache-Status"))
	}
	left, err := os.ReadDir(filepath.Join(s.dir, "cache", "tmp"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	if len(left) > 1 {
		t.Errorf("%d half-written files are left", len(left))
	}
	t.Logf("%d kills, %d pictures, %d of them different", rounds, seen.count, len(seen.first))
}

// TestFlippedBitsAreNeverServed: one bit in each file of the cache, anywhere.
func TestFlippedBitsAreNeverServed(t *testing.T) {
	config := "cache: {memory: {bytes: 0}, disk: {min_free_bytes: 0}}\n"
	s := start(t, config)
	var paths []string
	for _, name := range []string{"jpg-24bit-icc-iec.jpg", "png-24bit+alpha.png", "gif-animated.gif"} {
		id := s.upload(resource(t, name))
		for _, options := range []string{"24x,f=png", "64x,f=webp", "700x,f=png,enlarge=true"} {
			paths = append(paths, "/resize/"+options+"/"+id)
		}
	}
	seen := &answers{first: map[string][sha256.Size]byte{}}
	for _, path := range paths {
		seen.check(path, s.picture(path).body)
	}
	waitFor(t, "all are on disk", func() bool { return s.cacheFiles() >= len(paths) })
	random := rand.New(rand.NewPCG(3, 4))
	for round := range 4 {
		must(t, s.stop())
		flipped := flipOneBit(t, filepath.Join(s.dir, "cache"), random)
		s = start(t, config, s.dir)
		for _, path := range paths {
			got := s.picture(path)
			if !seen.check(path, got.body) {
				t.Errorf("round %d, %s: another picture, %s", round, path, got.header.Get("Cache-Status"))
			}
			if got.header.Get("Cache-Status") != "api-resize; fwd=miss; stored" {
				t.Errorf("round %d, %s: %s, with %d files damaged", round, path, got.header.Get("Cache-Status"), flipped)
			}
		}
		waitFor(t, "all are on disk again", func() bool { return s.cacheFiles() >= len(paths) })
	}
}

// flipOneBit damages every file below a folder, and returns how many.
func flipOneBit(t *testing.T, folder string, random *rand.Rand) (count int) {
	t.Helper()
	must(t, filepath.WalkDir(folder, func(file string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		content[random.IntN(len(content))] ^= 1 << random.IntN(8)
		count++
		return os.WriteFile(file, content, 0o600)
	}))
	return count
}
