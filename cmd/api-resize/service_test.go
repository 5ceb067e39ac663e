package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	_ "image/gif"
	_ "image/jpeg"
	_ "image/png"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"api-resize/records/recordstest"
)

// asProgram makes the test binary be the program itself, so that end-to-end
// tests start, stop and kill real processes, with the race detector in them
// when the tests have it.
const asProgram = "TEST_BINARY_IS_THE_PROGRAM"

// preparations are run by the program before it begins.
var preparations []func() error

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		for _, prepare := range preparations {
			if err := prepare(); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
		}
		main()
		return
	}
	code := recordstest.Main(m)
	stopChromium()
	os.Exit(code)
}

// patience bounds every wait of the tests; nothing is expected to come near.
const patience = 2 * time.Minute

// service is one running program.
type service struct {
	t       *testing.T
	command *exec.Cmd
	url     string // of the public listener
	ops     string // of the operator's
	dir     string // data
	key     string
	stdout  lockedBuffer
	done    chan struct{} // closed when it has ended, with ended saying how
	ended   error

	mu    sync.Mutex
	lines []string // of the log
}

// start runs the program on free ports with a configuration, in a data folder
// of its own unless one is given.
func start(t *testing.T, config string, dataDir ...string) *service {
	t.Helper()
	s := launch(t, config, dataDir...)
	s.awaitListening()
	return s
}

// awaitListening returns when the program is ready.
func (s *service) awaitListening() {
	s.t.Helper()
	select {
	case <-s.done:
		s.t.Fatalf("it ended at once: %v\n%s", s.ended, s.log())
	case <-s.listening():
	case <-time.After(patience):
		s.t.Fatalf("it does not listen\n%s", s.log())
	}
	key, err := os.ReadFile(filepath.Join(s.dir, keyFile))
	if err == nil {
		s.key = strings.TrimSpace(string(key))
	}
	s.eventuallyReady()
}

// launch starts the program without waiting for anything.
func launch(t *testing.T, config string, dataDir ...string) *service {
	t.Helper()
	return launchWith(t, config, func(*service) {}, dataDir...)
}

// launchWith is launch of a command that is prepared.
func launchWith(t *testing.T, config string, prepare func(*service), dataDir ...string) *service {
	t.Helper()
	s := &service{t: t, done: make(chan struct{})}
	folder := t.TempDir()
	s.dir = filepath.Join(folder, "data")
	if len(dataDir) > 0 {
		s.dir = dataDir[0]
	}
	file := filepath.Join(folder, "config.yaml")
	must(t, os.WriteFile(file, []byte(config), 0o600))
	s.command = exec.Command(os.Args[0], "serve", "--config", file,
		"--address", "127.0.0.1:0", "--ops-address", "127.0.0.1:0", "--data-dir", s.dir, "--log-level", "debug")
	s.command.Env = append(os.Environ(), asProgram+"=1")
	s.command.Stdout = &s.stdout
	prepare(s)
	stderr, err := s.command.StderrPipe()
	must(t, err)
	must(t, s.command.Start())
	go func() {
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			s.mu.Lock()
			s.lines = append(s.lines, lines.Text())
			s.mu.Unlock()
		}
		s.ended = s.command.Wait()
		close(s.done)
	}()
	t.Cleanup(func() {
		s.kill()
		if strings.Contains(s.log(), "DATA RACE") {
			t.Errorf("the program has a data race:\n%s", s.log())
		}
	})
	return s
}

// lockedBuffer is written by one goroutine and read by another.
type lockedBuffer struct {
	mu      sync.Mutex
	content bytes.Buffer
}

func (b *lockedBuffer) Write(text []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.content.Write(text)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.content.String()
}

func (s *service) log() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.lines, "\n")
}

// entries are the log's lines with a message.
func (s *service) entries(message string) []map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []map[string]any
	for _, line := range s.lines {
		var entry map[string]any
		if json.Unmarshal([]byte(line), &entry) == nil && entry["message"] == message {
			found = append(found, entry)
		}
	}
	return found
}

// listening is closed when the log says where.
func (s *service) listening() <-chan struct{} {
	heard := make(chan struct{})
	go func() {
		for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
			if entries := s.entries("listening"); len(entries) == 1 {
				s.url = "http://" + entries[0]["api_resize.address"].(string)
				s.ops = "http://" + entries[0]["api_resize.ops_address"].(string)
				close(heard)
				return
			}
		}
	}()
	return heard
}

func (s *service) eventuallyReady() {
	s.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if s.get("/readyz").status == http.StatusOK {
			return
		}
	}
	s.t.Fatalf("it does not become ready\n%s", s.log())
}

// stop tells the program to end, and returns how it did.
func (s *service) stop() error {
	s.t.Helper()
	must(s.t, s.command.Process.Signal(syscall.SIGTERM))
	select {
	case <-s.done:
		return s.ended
	case <-time.After(patience):
		s.t.Fatalf("it does not stop\n%s", s.log())
		return nil
	}
}

// kill ends the program at once, as a crash would.
func (s *service) kill() {
	_ = s.command.Process.Kill() // it may have ended by itself
	<-s.done
}

// answer is a response with its body read.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// client follows no redirect and asks for no compression.
var client = &http.Client{
	Timeout:   patience,
	Transport: &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 64},
	CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	},
}

// do sends a request; header holds names and values in turn. The path goes out
// as it is written.
func (s *service) do(method, path string, body io.Reader, header ...string) answer {
	s.t.Helper()
	request, err := http.NewRequest(method, s.url, body)
	must(s.t, err)
	request.URL.Opaque = "//" + request.URL.Host + path
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := client.Do(request)
	if err != nil {
		s.t.Fatalf("%s %s: %v\n%s", method, path, err, s.log())
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	must(s.t, err)
	return answer{response.StatusCode, response.Header, content}
}

func (s *service) get(path string, header ...string) answer {
	s.t.Helper()
	return s.do(http.MethodGet, path, nil, header...)
}

// picture gets a path that must be a picture.
func (s *service) picture(path string, header ...string) answer {
	s.t.Helper()
	got := s.get(path, header...)
	if got.status != http.StatusOK {
		s.t.Fatalf("%s: %d %s", path, got.status, got.body)
	}
	return got
}

// upload stores bytes that must be accepted, and returns the id.
func (s *service) upload(content []byte) string {
	s.t.Helper()
	got := s.post(content)
	if got.status != http.StatusCreated && got.status != http.StatusOK {
		s.t.Fatalf("upload: %d %s", got.status, got.body)
	}
	return got.json(s.t)["id"].(string)
}

func (s *service) post(content []byte, header ...string) answer {
	s.t.Helper()
	return s.do(http.MethodPost, "/images", bytes.NewReader(content),
		append([]string{"Authorization", "Bearer " + s.key, "Content-Type", "image/jpeg"}, header...)...)
}

func (s *service) delete(id string) answer {
	s.t.Helper()
	return s.do(http.MethodDelete, "/images/"+id, nil, "Authorization", "Bearer "+s.key)
}

func (a answer) json(t *testing.T) map[string]any {
	t.Helper()
	var decoded map[string]any
	if err := json.Unmarshal(a.body, &decoded); err != nil {
		t.Fatalf("no JSON: %v: %s", err, a.body)
	}
	return decoded
}

// size decodes a JPEG, PNG or GIF whole, with Go's decoders rather than ours.
func (a answer) size(t *testing.T) image.Point {
	t.Helper()
	decoded, format, err := image.Decode(bytes.NewReader(a.body))
	if err != nil {
		t.Fatalf("not to be decoded as %s: %v", format, err)
	}
	return decoded.Bounds().Size()
}

// isProblem checks an error's status, code and form.
func (a answer) isProblem(t *testing.T, status int, code string) {
	t.Helper()
	if a.status != status {
		t.Fatalf("status %d, want %d: %s", a.status, status, a.body)
	}
	problem := a.json(t)
	if problem["code"] != code || problem["status"] != float64(status) || problem["detail"] == "" || problem["title"] == "" || problem["type"] == "" {
		t.Errorf("problem %s, want code %s", a.body, code)
	}
	if problem["request_id"] != a.header.Get("X-Request-Id") || problem["request_id"] == "" {
		t.Errorf("request_id %v, X-Request-Id %q", problem["request_id"], a.header.Get("X-Request-Id"))
	}
	if got := a.header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("Content-Type %q", got)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// resources is the folder of real pictures that comes with govips.
var resources = sync.OnceValues(func() (string, error) {
	output, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/davidbyttow/govips/v2").Output()
	if err != nil {
		return "", fmt.Errorf("folder of test pictures: %w", err)
	}
	return filepath.Join(strings.TrimSpace(string(output)), "resources"), nil
})

func resource(t *testing.T, name string) []byte {
	t.Helper()
	folder, err := resources()
	must(t, err)
	content, err := os.ReadFile(filepath.Join(folder, name))
	must(t, err)
	return content
}
