// Package deploy_test starts the service as docker-compose.yml describes it and
// uses it from outside, as its first user would. It needs a Docker engine and
// builds the image, so it runs only when asked to: make test-docker.
package deploy_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	buildTimeout   = 15 * time.Minute // nothing cached: packages, modules, cgo
	commandTimeout = 2 * time.Minute
	healthyTimeout = time.Minute
	stopGrace      = 25 * time.Second // docker-compose.yml's stop_grace_period
)

func TestComposedService(t *testing.T) {
	if os.Getenv("API_RESIZE_TEST_DOCKER") != "1" {
		t.Skip("SKIPPED: the composed service was not tested; `make test-docker` does (it needs a Docker engine)")
	}
	s := up(t)

	t.Run("container", s.isConfined)

	key := strings.TrimSpace(s.exec(t, "cat", "/data/api-key"))
	if key == "" {
		t.Fatal("/data/api-key is empty, expected the key made at the first start")
	}
	id := s.upload(t, key, photograph(t, 900, 700))
	resized := "/resize/300x200/" + id

	t.Run("the second answer is a hit", func(t *testing.T) {
		first := s.picture(t, resized, "image/jpeg")
		if strings.Contains(first.cacheStatus, "hit") {
			t.Errorf("first answer has Cache-Status %q, expected no hit", first.cacheStatus)
		}
		second := s.picture(t, resized, "image/jpeg")
		if !strings.Contains(second.cacheStatus, "hit") {
			t.Errorf("second answer has Cache-Status %q, expected a hit", second.cacheStatus)
		}
		for _, answer := range []answer{first, second} {
			decoded, err := jpeg.Decode(bytes.NewReader(answer.body))
			if err != nil {
				t.Fatalf("the answer is no JPEG: %v", err)
			}
			if got, want := decoded.Bounds().Size(), image.Pt(300, 200); got != want {
				t.Errorf("got a picture of %v, expected %v", got, want)
			}
		}
	})

	t.Run("all codecs are in the image", func(t *testing.T) {
		for _, format := range []string{"jpeg", "png", "webp", "avif", "gif"} {
			s.picture(t, "/resize/64x48,f="+format+"/"+id, "image/"+format)
		}
	})

	t.Run("the operator's listener is a listener of its own", func(t *testing.T) {
		if status := statusOf(t, s.ops+"/metrics"); status != http.StatusOK {
			t.Errorf("/metrics of the operator's listener answers %d, expected 200", status)
		}
		if status := statusOf(t, s.public+"/metrics"); status != http.StatusNotFound {
			t.Errorf("/metrics of the public listener answers %d, expected 404", status)
		}
	})

	t.Run("its pages are there", func(t *testing.T) {
		for _, page := range []string{s.public + "/", s.public + "/docs", s.public + "/openapi.json", s.ops + "/", s.ops + "/tasks/"} {
			if status := statusOf(t, page); status != http.StatusOK {
				t.Errorf("%s answers %d, expected 200", page, status)
			}
		}
	})

	t.Run("tasks are worked on", func(t *testing.T) {
		if said := s.exec(t, "api-resize", "warm", "--sizes", "70x,80x", id); said != "2 pictures were made\n" {
			t.Errorf("warming said %q", said)
		}
		if answer := s.picture(t, "/resize/70x/"+id, "image/webp"); !strings.Contains(answer.cacheStatus, "hit") {
			t.Errorf("what was made has Cache-Status %q, expected a hit", answer.cacheStatus)
		}
	})

	t.Run("a restart keeps upload and cache", func(t *testing.T) {
		s.compose(t, commandTimeout, "restart")
		s.waitHealthy(t)
		if again := strings.TrimSpace(s.exec(t, "cat", "/data/api-key")); again != key {
			t.Error("the API key is another one after the restart")
		}
		answer := s.picture(t, resized, "image/jpeg")
		if !strings.Contains(answer.cacheStatus, "hit") || !strings.Contains(answer.cacheStatus, "disk") {
			t.Errorf("after a restart Cache-Status is %q, expected a hit on disk", answer.cacheStatus)
		}
		s.picture(t, "/resize/310x210/"+id, "image/jpeg") // made from the kept upload
	})

	t.Run("it stops by itself when told to", func(t *testing.T) {
		began := time.Now()
		s.compose(t, commandTimeout, "stop")
		if took := time.Since(began); took >= stopGrace {
			t.Errorf("stopping took %v, expected less than the grace of %v", took, stopGrace)
		}
		if code := s.inspect(t, "{{.State.ExitCode}}"); code != "0" {
			t.Errorf("the exit code is %s, expected 0", code)
		}
	})
}

// service is the composed service while a test runs.
type service struct {
	command     []string // Compose, as it is installed here
	environment []string
	container   string // its id
	public, ops string // base URLs
}

// up builds and starts the service under a name and on ports of its own. The
// test's end removes it with its volume, whatever happened.
func up(t *testing.T) *service {
	t.Helper()
	publicPort, opsPort := freePort(t), freePort(t)
	s := &service{
		command: composeCommand(t),
		environment: append(os.Environ(),
			fmt.Sprintf("COMPOSE_PROJECT_NAME=api-resize-test-%d", os.Getpid()),
			// Reachable from this machine only, unlike in the field.
			"PUBLIC_PORT=127.0.0.1:"+publicPort,
			"OPS_PORT="+opsPort,
			// Small machines have fewer CPUs than the default asks for.
			"CPUS=1",
		),
		public: "http://127.0.0.1:" + publicPort,
		ops:    "http://127.0.0.1:" + opsPort,
	}
	t.Cleanup(func() {
		if t.Failed() {
			logs, _ := s.run(commandTimeout, "logs", "--no-color", "--tail=100")
			t.Logf("the service's log:\n%s", logs)
		}
		if output, err := s.run(commandTimeout, "down", "--volumes", "--timeout", "5"); err != nil {
			t.Errorf("removing the service: %v\n%s", err, output)
		}
	})
	t.Log("building the image; the first time this takes minutes")
	s.compose(t, buildTimeout, "build")
	s.compose(t, commandTimeout, "up", "--detach", "--no-build")
	s.container = strings.TrimSpace(s.compose(t, commandTimeout, "ps", "--quiet"))
	s.waitHealthy(t)
	return s
}

// composeCommand prefers the plugin to the older program of its own.
func composeCommand(t *testing.T) []string {
	t.Helper()
	for _, command := range [][]string{{"docker", "compose"}, {"docker-compose"}} {
		if _, err := execute(commandTimeout, nil, slices.Concat(command, []string{"version"})...); err == nil {
			return command
		}
	}
	t.Fatal("neither `docker compose` nor `docker-compose` works here")
	return nil
}

// freePort is a port that nobody had a moment ago.
func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// run runs Compose in the project's folder and returns all that it printed.
func (s *service) run(timeout time.Duration, arguments ...string) (string, error) {
	return execute(timeout, s.environment, slices.Concat(s.command, arguments)...)
}

// compose is run, where failing ends the test. It returns what was printed to
// standard output.
func (s *service) compose(t *testing.T, timeout time.Duration, arguments ...string) string {
	t.Helper()
	output, err := s.run(timeout, arguments...)
	if err != nil {
		t.Fatalf("docker-compose %s: %v", strings.Join(arguments, " "), err)
	}
	return output
}

// exec runs a command in the container as the service's own user.
func (s *service) exec(t *testing.T, arguments ...string) string {
	t.Helper()
	output, err := execute(commandTimeout, nil, append([]string{"docker", "exec", s.container}, arguments...)...)
	if err != nil {
		t.Fatalf("in the container, %s: %v", strings.Join(arguments, " "), err)
	}
	return output
}

func (s *service) inspect(t *testing.T, format string) string {
	t.Helper()
	output, err := execute(commandTimeout, nil, "docker", "inspect", "--format", format, s.container)
	if err != nil {
		t.Fatalf("inspecting the container: %v", err)
	}
	return strings.TrimSpace(output)
}

// execute returns a command's standard output. What it printed as an error is
// part of the error.
func execute(timeout time.Duration, environment []string, arguments ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	command := exec.CommandContext(ctx, arguments[0], arguments[1:]...)
	command.Dir = ".."
	command.Env = environment
	var output, faults bytes.Buffer
	command.Stdout, command.Stderr = &output, &faults
	if err := command.Run(); err != nil {
		if ctx.Err() != nil {
			err = fmt.Errorf("not done after %v: %w", timeout, err)
		}
		return output.String(), fmt.Errorf("%w\n%s%s", err, output.String(), faults.String())
	}
	return output.String(), nil
}

// waitHealthy waits until the image's own health check has succeeded.
func (s *service) waitHealthy(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(healthyTimeout); ; time.Sleep(200 * time.Millisecond) {
		state := s.inspect(t, "{{.State.Status}} {{.State.Health.Status}}")
		if state == "running healthy" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("after %v the container is %q, expected it running and healthy; its last check: %s",
				healthyTimeout, state, s.inspect(t, "{{json .State.Health.Log}}"))
		}
	}
}

// isConfined looks at the service's process from inside.
func (s *service) isConfined(t *testing.T) {
	status := map[string]string{}
	for line := range strings.Lines(s.exec(t, "cat", "/proc/1/status")) {
		name, value, _ := strings.Cut(line, ":")
		status[name] = strings.TrimSpace(value)
	}
	for _, uid := range strings.Fields(status["Uid"]) {
		if uid == "0" {
			t.Errorf("the user ids are %q, expected none to be 0", status["Uid"])
		}
	}
	for name, want := range map[string]string{"CapBnd": "0000000000000000", "CapEff": "0000000000000000", "NoNewPrivs": "1"} {
		if status[name] != want {
			t.Errorf("%s is %q, expected %q", name, status[name], want)
		}
	}
	// Root would be allowed to, were it not for the file system.
	_, err := execute(commandTimeout, nil, "docker", "exec", "--user", "0", s.container, "touch", "/written")
	if err == nil || !strings.Contains(err.Error(), "Read-only file system") {
		t.Errorf("writing to the root file system: %v, expected it to be read-only", err)
	}
	if limits := strings.Fields(s.inspect(t, "{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}} {{.HostConfig.PidsLimit}}")); len(limits) != 3 ||
		limits[0] == "0" || limits[1] == "0" || limits[2] == "0" {
		t.Errorf("the limits of memory, CPUs and processes are %v, expected all to be set", limits)
	}
}

// upload stores an image and returns its id.
func (s *service) upload(t *testing.T, key string, content []byte) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.public+"/images", bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+key)
	request.Header.Set("Content-Type", "image/jpeg")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var stored struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(body, &stored); response.StatusCode != http.StatusCreated || err != nil || stored.ID == "" {
		t.Fatalf("POST /images answers %s: %s\nexpected 201 and JSON with an id", response.Status, body)
	}
	return stored.ID
}

// answer is what matters of an answer with a picture.
type answer struct {
	cacheStatus string
	body        []byte
}

// picture asks for a picture, which has to come and to be of that media type.
func (s *service) picture(t *testing.T, path, mediaType string) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.public+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept", mediaType)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got := response.Header.Get("Content-Type"); response.StatusCode != http.StatusOK || got != mediaType || len(body) == 0 {
		t.Fatalf("GET %s answers %s, %d bytes of %q, expected 200 and %q\n%.500q", path, response.Status, len(body), got, mediaType, body)
	}
	return answer{strings.Join(response.Header.Values("Cache-Status"), ", "), body}
}

// statusOf is the status with which a URL answers.
func statusOf(t *testing.T, url string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	return response.StatusCode
}

// photograph is a JPEG with something in it.
func photograph(t *testing.T, width, height int) []byte {
	t.Helper()
	picture := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			picture.SetRGBA(x, y, color.RGBA{uint8(x * 255 / width), uint8(y * 255 / height), uint8((x ^ y) & 0xff), 0xff})
		}
	}
	var content bytes.Buffer
	if err := jpeg.Encode(&content, picture, &jpeg.Options{Quality: 90}); err != nil {
		t.Fatal(err)
	}
	return content.Bytes()
}
