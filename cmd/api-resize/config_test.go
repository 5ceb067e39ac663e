package main

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
)

// load reads a file's text under an environment and flags.
func load(t *testing.T, text string, environment map[string]string, arguments ...string) (Config, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, value := range environment {
		t.Setenv(name, value)
	}
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	addFlags(flags)
	if err := flags.Parse(append([]string{"--config", file}, arguments...)); err != nil {
		t.Fatal(err)
	}
	return loadConfig(flags, os.Environ())
}

// TestShippedFileIsTheDefaults: config.yaml documents every key with the value
// that holds without it.
func TestShippedFileIsTheDefaults(t *testing.T) {
	shipped, err := os.ReadFile(filepath.Join("..", "..", "config.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	config, err := load(t, string(shipped), nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := defaultConfig(); !reflect.DeepEqual(config, want) {
		t.Errorf("config.yaml gives\n%+v\nand the defaults are\n%+v", config, want)
	}
	for _, field := range leaves(reflect.ValueOf(&config).Elem(), "") {
		name := field.key[strings.LastIndex(field.key, ".")+1:]
		if !strings.Contains(strings.ReplaceAll(string(shipped), "\n", "\n "), " "+name+":") {
			t.Errorf("config.yaml does not mention %s", field.key)
		}
	}
}

// TestPrintedConfigReadsBack: what `api-resize config` prints is a config.yaml.
func TestPrintedConfigReadsBack(t *testing.T) {
	config, err := load(t, "origins: {aliases: {photos: /, shop: 'https://shop.example/media'}}\nsizes: {mode: list, list: [300x200, max]}\nserver: {write_timeout: 1m30s}", nil)
	if err != nil {
		t.Fatal(err)
	}
	var printed bytes.Buffer
	if err := writeConfig(&printed, config); err != nil {
		t.Fatal(err)
	}
	again, err := load(t, printed.String(), nil)
	if err != nil || !reflect.DeepEqual(again, config) {
		t.Errorf("%v, reads back as\n%+v\nnot\n%+v\nof\n%s", err, again, config, printed.String())
	}
}

func TestSecretsAreMasked(t *testing.T) {
	config, err := load(t, "auth: {keys: [correct-horse, battery-staple]}\ndatabase: {url: 'postgres://somebody:hunter2@host/images'}\n"+
		"tracing: {headers: {x-key: old-horse, a: b}}", nil)
	if err != nil {
		t.Fatal(err)
	}
	var printed bytes.Buffer
	if err := writeConfig(&printed, config); err != nil {
		t.Fatal(err)
	}
	text := printed.String()
	if strings.Contains(text, "horse") || !strings.Contains(text, `keys: ["********", "********"]`) ||
		!strings.Contains(text, `headers: {"a": "********", "x-key": "********"}`) {
		t.Errorf("printed:\n%s", text)
	}
	if strings.Contains(text, "hunter2") || !strings.Contains(text, `url: "********"`) {
		t.Errorf("printed:\n%s", text)
	}
}

func TestPrecedence(t *testing.T) {
	config, err := load(t, "server: {address: ':1', header_timeout: 3s}\ndata: {dir: /file}\nlog: {level: warn}",
		map[string]string{
			"API_RESIZE_DATA_DIR": "/environment", "API_RESIZE_LOG_LEVEL": "debug",
			"API_RESIZE_FORMATS_AUTO": "avif, webp", "API_RESIZE_SIZES_LADDER": "10,20",
			"API_RESIZE_ORIGINS_ALIASES": "a=/,B=http://b/c", "API_RESIZE_CACHE_MEMORY_BYTES": "64MiB",
			"API_RESIZE_AUTH_OPEN": "true",
		}, "--log-level", "error")
	if err != nil {
		t.Fatal(err)
	}
	want := defaultConfig()
	want.Server.Address, want.Server.HeaderTimeout = ":1", 3*time.Second
	want.Data.Dir, want.Log.Level, want.Auth.Open = "/environment", "error", true
	want.Formats.Auto, want.Sizes.Ladder = []string{"avif", "webp"}, []int{10, 20}
	want.Origins.Aliases = map[string]string{"a": "/", "b": "http://b/c"}
	want.Cache.Memory.Bytes = 64 << 20
	if !reflect.DeepEqual(config, want) {
		t.Errorf("got\n%+v\nwant\n%+v", config, want)
	}
}

// TestFaultsAreAllListed: one start shows everything that is wrong, each in a
// line that names the key, the value and what was expected.
func TestFaultsAreAllListed(t *testing.T) {
	_, err := load(t, `
server: {tiemout: 3s, header_timeout: soon, upload_files: many, address: 8000, request_timeout: 10}
auth: {open: perhaps, keys: [short]}
nonsense: 1
sizes: {mode: some, ladder: 5}
formats: {jpeg: {quality: 0}, auto: [psd], target: high}
security: {signature: required}
log: 5
limits: {result_side: 9000}
tracing: {endpoint: "http://user:word@collector:4318", sample_ratio: 1.5, timeout: 0s}
processing: {slots: 1.5}
origins: {http: {allow_networks: [here], per_host: -1}, aliases: {"a b": /, gone: /nowhere, secret: "https://user:word@host/", ftp: "ftp://host/", asked: "http://host/?a=b"}}
cache: {memory: {bytes: 12 parsecs}, disk: {bytes: -1}}
database: {url: "mysql://somebody:hunter2@host/images"}
`, map[string]string{"API_RESIZE_SERVER_ADRESS": ":1", "API_RESIZE_DATA_DIR": ""})
	if err == nil {
		t.Fatal("accepted")
	}
	lines := strings.Split(err.Error(), "\n")
	for _, want := range []string{
		"server.tiemout: got 3s, but there is no such key",
		"server.header_timeout: got soon, expected a duration",
		"server.upload_files: got many, expected a whole number",
		"server.address: got 8000, expected a text",
		"server.request_timeout: got 10, expected a duration",
		"auth.open: got perhaps, expected true or false",
		"auth.keys: got a key of 5 characters, expected at least 8",
		"nonsense: got 1, but there is no such key",
		`sizes.mode: got "some", expected auto, any, list or ladder`,
		"sizes.ladder: got 5, expected a list",
		"formats.jpeg.quality:",
		"formats.target: got high, expected a number",
		`formats.auto: got "psd"`,
		`security.keys: got nothing, expected at least one key`,
		"limits.result_side: got 9000, expected 1…8192",
		"processing.slots: got 1.5, expected a whole number",
		"tracing.endpoint: expected an http(s) URL without user",
		"tracing.sample_ratio: got 1.5, expected 0…1",
		"tracing.timeout: got 0s, expected above 0",
		"origins.http.allow_networks",
		"origins.http.per_host",
		"origins.aliases: got the name",
		`origins.aliases.gone: got "/nowhere", expected a folder that is there`,
		"origins.aliases.secret: got a URL with a user name or password",
		`origins.aliases.ftp: got "ftp://host/", expected an http(s) URL`,
		`origins.aliases.asked: got "http://host/?a=b", expected an http(s) URL without query`,
		"log: got 5, expected a section",
		"cache.memory.bytes: got 12 parsecs, expected a whole number of bytes",
		"cache.disk.bytes",
		"database.url: got something else, expected postgres://",
		"API_RESIZE_SERVER_ADRESS: there is no such variable",
	} {
		found := 0
		for _, line := range lines {
			if strings.HasPrefix(line, want) {
				found++
			}
		}
		if found != 1 {
			t.Errorf("%d lines begin with %q", found, want)
		}
	}
	if t.Failed() {
		t.Logf("the faults:\n%v", err)
	}
}

func TestBrokenAndMissingFiles(t *testing.T) {
	if _, err := load(t, "server: [", nil); err == nil || !strings.Contains(err.Error(), "config.yaml") {
		t.Errorf("broken YAML: %v", err)
	}
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	addFlags(flags)
	if err := flags.Parse([]string{"--config", "/nowhere/config.yaml"}); err != nil {
		t.Fatal(err)
	}
	if _, err := loadConfig(flags, nil); err == nil || !strings.Contains(err.Error(), "/nowhere/config.yaml") {
		t.Errorf("missing file: %v", err)
	}
	if config, err := load(t, "cache:\nlog:\n  level:\n", nil); err != nil || !reflect.DeepEqual(config, defaultConfig()) {
		t.Errorf("empty sections: %v", err)
	}
}

func TestPlaygroundURL(t *testing.T) {
	for address, want := range map[string]string{
		"0.0.0.0:8000": "http://localhost:8000/", "[::]:8000": "http://localhost:8000/",
		"127.0.0.1:9000": "http://127.0.0.1:9000/", "[2001:db8::1]:80": "http://[2001:db8::1]:80/",
	} {
		listening, err := net.ResolveTCPAddr("tcp", address)
		must(t, err)
		if got := defaultConfig().playgroundURL(listening); got != want {
			t.Errorf("%s: got %s, want %s", address, got, want)
		}
		config := defaultConfig()
		config.Server.PublicURL = "https://img.example"
		if got := config.playgroundURL(listening); got != "https://img.example/" {
			t.Errorf("public: got %s", got)
		}
	}
}
