package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// program is the service, running on free ports in a folder of its own. Its
// log goes to a file there: reading it would take part of the processors.
type program struct {
	command *exec.Cmd
	folder  string
	address string // host:port
	ended   chan error
}

// settings are what a scenario configures; all else is as by default.
type settings struct {
	memoryBytes int64 // of the cache, 0 for none
	slots       int   // 0 for one per processor
}

// usual is a memory cache of the default size.
var usual = settings{memoryBytes: 128 << 20}

func (s settings) yaml() string {
	return fmt.Sprintf(`
server: {drain_delay: 0s}
processing: {slots: %d}
cache:
  memory: {bytes: %d}
  disk: {min_free_bytes: 0}
`, s.slots, s.memoryBytes)
}

// startProgram starts it on a folder, which may be one that it had before, and
// returns when it is ready. The program ends with ctx, if not before by stop.
func startProgram(ctx context.Context, binary, folder string, set settings) (*program, error) {
	config := filepath.Join(folder, "config.yaml")
	if err := os.WriteFile(config, []byte(set.yaml()), 0o600); err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(folder, "log")) // of this start only
	if err != nil {
		return nil, err
	}
	defer log.Close()
	p := &program{folder: folder, ended: make(chan error, 1)}
	p.command = exec.CommandContext(ctx, binary, "serve", "--config", config, //nolint:gosec // the option's, or built here
		"--address", "127.0.0.1:0", "--ops-address", "127.0.0.1:0", "--data-dir", p.dataFolder())
	p.command.Cancel = func() error { return p.command.Process.Signal(syscall.SIGTERM) }
	p.command.WaitDelay = 10 * time.Second // then it is killed
	p.command.Env = slices.DeleteFunc(os.Environ(), func(variable string) bool { return strings.HasPrefix(variable, "API_RESIZE_") })
	p.command.Stderr = log
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	go func() { p.ended <- p.command.Wait() }()
	if err := p.becomeReady(ctx); err != nil {
		return nil, errors.Join(err, p.stop())
	}
	return p, nil
}

func (p *program) dataFolder() string { return filepath.Join(p.folder, "data") }

// becomeReady waits for the log to tell the address, and for /readyz.
func (p *program) becomeReady(ctx context.Context) error {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		select {
		case err := <-p.ended:
			p.ended <- err
			return fmt.Errorf("the program ended at once:\n%s", p.log())
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
		if p.address == "" {
			p.address = listeningAddress(p.log())
			continue
		}
		c := connection{address: p.address}
		answer, err := c.get(ctx, "/readyz", "")
		c.close()
		if err == nil && answer.status == http.StatusOK {
			return nil
		}
	}
	return fmt.Errorf("the program does not become ready:\n%s", p.log())
}

func (p *program) log() []byte {
	content, _ := os.ReadFile(filepath.Join(p.folder, "log")) // there may be nothing yet
	return content
}

// listeningAddress finds the public address in the program's log.
func listeningAddress(log []byte) string {
	for line := range bytes.Lines(log) {
		var entry struct {
			Message string
			Address string `json:"api_resize.address"`
		}
		if json.Unmarshal(line, &entry) == nil && entry.Message == "listening" {
			return entry.Address
		}
	}
	return ""
}

// stop ends the program and waits until it has.
func (p *program) stop() error {
	if err := p.command.Cancel(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case err := <-p.ended:
		if state := p.command.ProcessState; state != nil && state.Success() {
			return nil // err is then that the context ended
		}
		return fmt.Errorf("the program: %w", err)
	case <-time.After(patience):
		return errors.Join(errors.New("the program does not stop, it was killed"), p.command.Process.Kill())
	}
}

// upload gives the program an original from a file.
func (p *program) upload(ctx context.Context, file string) (source, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return source{}, err
	}
	var image struct {
		ID            string
		Width, Height int
	}
	if err := p.call(ctx, http.MethodPost, "/images", "application/octet-stream", content, &image); err != nil {
		return source{}, fmt.Errorf("upload %s: %w", file, err)
	}
	return source{image.ID, image.Width, image.Height, file, filepath.Base(file)}, nil
}

// call sends a request with the program's key, and reads the JSON of its answer.
func (p *program) call(ctx context.Context, method, path, contentType string, body []byte, answer any) error {
	key, err := os.ReadFile(filepath.Join(p.dataFolder(), "api-key"))
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, method, "http://"+p.address+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(key)))
	request.Header.Set("Content-Type", contentType)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode/100 != 2 || json.Unmarshal(text, answer) != nil {
		return fmt.Errorf("%s %s: status %d: %s", method, path, response.StatusCode, text)
	}
	return nil
}

// template is the URL of the program's pictures. The exact size is asked for,
// in proportion, so that nothing is cropped.
func (p *program) template() template {
	return template{p.address, "/resize/{width}x{height},fit=fill,format={format}/{id}"}
}
