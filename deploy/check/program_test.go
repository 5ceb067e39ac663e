// Package check holds tests of what is deployed with the program: dashboards,
// alerts and Kubernetes' manifests, against the program itself, Prometheus' own
// parser and the API server's own validation.
package check

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// root is the project's folder.
var root = filepath.Join("..", "..")

// patience bounds every wait; nothing is expected to come near.
const patience = 2 * time.Minute

// binary builds the program, once for all tests.
var binary = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "api-resize-check")
	if err != nil {
		return "", err
	}
	file := filepath.Join(folder, "api-resize")
	command := exec.Command("go", "build", "-o", file, "./cmd/api-resize")
	command.Dir = root
	if output, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the program: %w\n%s", err, output)
	}
	return file, nil
})

func program(t *testing.T) string {
	t.Helper()
	file, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestMain(m *testing.M) {
	code := m.Run()
	if file, err := binary(); err == nil {
		_ = os.RemoveAll(filepath.Dir(file))
	}
	os.Exit(code)
}

// running is one running program.
type running struct {
	public, private string // URLs of its listeners
	key             string
}

// run starts the program with a configuration on free ports.
func run(t *testing.T, config string) running {
	t.Helper()
	folder := t.TempDir()
	file := filepath.Join(folder, "config.yaml")
	must(t, os.WriteFile(file, []byte(config), 0o600))
	command := exec.Command(program(t), "serve", "--config", file, "--address", "127.0.0.1:0", "--ops-address", "127.0.0.1:0",
		"--data-dir", filepath.Join(folder, "data"))
	log, err := command.StderrPipe()
	must(t, err)
	must(t, command.Start())
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait() // it was killed
	})
	listening := make(chan running, 1)
	go func() {
		for lines := bufio.NewScanner(log); lines.Scan(); {
			var entry struct {
				Message string
				Public  string `json:"api_resize.address"`
				Private string `json:"api_resize.ops_address"`
			}
			if json.Unmarshal(lines.Bytes(), &entry) == nil && entry.Message == "listening" {
				listening <- running{public: "http://" + entry.Public, private: "http://" + entry.Private}
			}
		}
	}()
	select {
	case one := <-listening:
		key, err := os.ReadFile(filepath.Join(folder, "data", "api-key"))
		must(t, err)
		one.key = strings.TrimSpace(string(key))
		return one
	case <-time.After(patience):
		t.Fatal("the program does not listen")
		return running{}
	}
}

// send makes a request with the API key, and returns status and body.
func (r running) send(t *testing.T, method, url string, body io.Reader) (int, string) {
	t.Helper()
	request, err := http.NewRequest(method, url, body)
	must(t, err)
	request.Header.Set("Authorization", "Bearer "+r.key)
	response, err := http.DefaultClient.Do(request)
	must(t, err)
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	must(t, err)
	return response.StatusCode, string(content)
}

// upload stores a picture, and returns its id.
func (r running) upload(t *testing.T) string {
	t.Helper()
	var picture bytes.Buffer
	must(t, png.Encode(&picture, image.NewGray(image.Rect(0, 0, 60, 40))))
	status, body := r.send(t, http.MethodPost, r.public+"/images", &picture)
	var stored struct{ ID string }
	if err := json.Unmarshal([]byte(body), &stored); err != nil || status != http.StatusCreated {
		t.Fatalf("upload: %d %s", status, body)
	}
	return stored.ID
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
