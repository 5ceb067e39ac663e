package main

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"api-resize/batch"
	"api-resize/cache"
	"api-resize/origin"
	"api-resize/proxy"
	"api-resize/records"
	"api-resize/server"
	"api-resize/server/monitor"
	"api-resize/spec"
	"api-resize/transform"
)

// Config is everything that can be configured. Each part belongs to the
// package that it configures; config.yaml documents every key.
type Config struct {
	Server   server.Config        `mapstructure:"server"`
	Ops      OpsConfig            `mapstructure:"ops"`
	Data     DataConfig           `mapstructure:"data"`
	Database records.Config       `mapstructure:"database"`
	Auth     AuthConfig           `mapstructure:"auth"`
	Log      LogConfig            `mapstructure:"log"`
	Tracing  TracingConfig        `mapstructure:"tracing"`
	Origins  OriginsConfig        `mapstructure:"origins"`
	Sizes    spec.SizePolicy      `mapstructure:"sizes"`
	Security server.SigningConfig `mapstructure:"security"`
	Formats  FormatsConfig        `mapstructure:"formats"`
	// Presets are sizes with options, by name: @thumb in a URL.
	Presets    map[string]string `mapstructure:"presets"`
	Processing proxy.Config      `mapstructure:"processing"`
	Limits     LimitsConfig      `mapstructure:"limits"`
	Tasks      batch.Config      `mapstructure:"tasks"`
	Cache      CacheConfig       `mapstructure:"cache"`
}

// OpsConfig is the operator's listener.
type OpsConfig struct {
	Address string `mapstructure:"address"`
	// Hosts are the names by which browsers may open the monitor, besides
	// localhost and addresses.
	Hosts []string `mapstructure:"hosts"`
}

// DataConfig is where uploads, cache and key are kept.
type DataConfig struct {
	Dir string `mapstructure:"dir"`
	// ExpiryInterval is how often uploads whose end has come are removed.
	ExpiryInterval time.Duration `mapstructure:"expiry_interval"`
}

func (c DataConfig) validate() error {
	var faults []error
	if c.Dir == "" {
		faults = append(faults, errors.New("dir: got nothing, expected a folder"))
	}
	if c.ExpiryInterval < time.Second || c.ExpiryInterval > 24*time.Hour {
		faults = append(faults, fmt.Errorf("expiry_interval: got %v, expected 1s…24h", c.ExpiryInterval))
	}
	return errors.Join(faults...)
}

// AuthConfig says who may upload and delete.
type AuthConfig struct {
	Keys []string `mapstructure:"keys"`
	Open bool     `mapstructure:"open"`
}

// LogConfig is how the log is written.
type LogConfig struct {
	Level  string `mapstructure:"level"`
	Format string `mapstructure:"format"`
}

// OriginsConfig is where originals may come from.
type OriginsConfig struct {
	HTTP    origin.WebConfig  `mapstructure:"http"`
	Aliases map[string]string `mapstructure:"aliases"`
	// FolderMaxAge is what clients are told about pictures from folders.
	FolderMaxAge time.Duration `mapstructure:"folder_max_age"`
}

// FormatsConfig is how pictures are written.
type FormatsConfig struct {
	Auto []string `mapstructure:"auto"`
	// SaveData is the per cent of the configured quality for clients that want
	// to save data.
	SaveData         int `mapstructure:"save_data"`
	transform.Config `mapstructure:",squash"`
}

// LimitsConfig bounds originals and results.
type LimitsConfig struct {
	OriginalBytes  int64 `mapstructure:"original_bytes"`
	OriginalPixels int64 `mapstructure:"original_pixels"`
	OriginalFrames int   `mapstructure:"original_frames"`
	ResultPixels   int64 `mapstructure:"result_pixels"`
	ResultSide     int   `mapstructure:"result_side"`
}

// CacheConfig bounds both tiers.
type CacheConfig struct {
	Memory cache.MemoryConfig `mapstructure:"memory"`
	Disk   cache.DiskConfig   `mapstructure:"disk"`
}

// defaultConfig is what holds where nothing else is said.
func defaultConfig() Config {
	limits := transform.DefaultLimits()
	return Config{
		Server:   server.DefaultConfig(),
		Ops:      OpsConfig{Address: "127.0.0.1:5556", Hosts: []string{}},
		Data:     DataConfig{Dir: "./data", ExpiryInterval: time.Minute},
		Database: records.DefaultConfig(),
		Auth:     AuthConfig{Keys: []string{}},
		Log:      LogConfig{Level: "info", Format: "json"},
		Tracing:  defaultTracingConfig(),
		Origins: OriginsConfig{
			HTTP:         origin.DefaultWebConfig(),
			Aliases:      map[string]string{},
			FolderMaxAge: time.Hour,
		},
		Sizes:      spec.DefaultSizePolicy(),
		Security:   server.SigningConfig{Signature: server.SignatureOff, Keys: []string{}},
		Formats:    FormatsConfig{Auto: []string{"webp"}, SaveData: 70, Config: transform.DefaultConfig()},
		Presets:    map[string]string{},
		Processing: proxy.DefaultConfig(),
		Limits: LimitsConfig{
			OriginalBytes: 20 << 20, OriginalPixels: limits.Pixels, OriginalFrames: limits.Frames,
			ResultPixels: limits.Result.Pixels, ResultSide: limits.Result.Side,
		},
		Tasks: batch.DefaultConfig(),
		Cache: CacheConfig{Memory: cache.DefaultMemoryConfig(), Disk: cache.DefaultDiskConfig()},
	}
}

// validate lists every impossible value, each by its whole key.
func (c Config) validate() []error {
	var faults []error
	add := func(section string, err error) {
		for _, fault := range flatten(err) {
			// Some packages know their section's name themselves.
			if !strings.HasPrefix(fault.Error(), section+".") {
				fault = fmt.Errorf("%s.%w", section, fault)
			}
			faults = append(faults, fault)
		}
	}
	add("server", c.Server.Validate())
	add("ops", server.ValidateAddress("address", c.Ops.Address))
	add("ops", monitor.ValidateHosts(c.Ops.Hosts))
	add("data", c.Data.validate())
	add("database", c.Database.Validate())
	add("log", c.Log.validate())
	add("tracing", c.Tracing.validate())
	add("origins", c.Origins.validate())
	add("origins.http", c.Origins.HTTP.Validate())
	add("sizes", c.Sizes.Validate())
	add("formats", c.Formats.validate())
	add("formats", c.Formats.Validate())
	_, err := c.presets()
	add("presets", err)
	add("processing", c.Processing.Validate())
	add("limits", c.Limits.validate())
	add("tasks", c.Tasks.Validate())
	add("security", c.Security.Validate())
	add("cache.memory", c.Cache.Memory.Validate())
	add("cache.disk", c.Cache.Disk.Validate())
	for _, key := range c.Auth.Keys {
		if len(key) < minKeyLength {
			faults = append(faults, fmt.Errorf("auth.keys: got a key of %d characters, expected at least %d", len(key), minKeyLength))
		}
	}
	return faults
}

// minKeyLength is in characters; shorter keys can be guessed.
const minKeyLength = 8

// flatten takes joined errors apart.
func flatten(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, one := range joined.Unwrap() {
			all = append(all, flatten(one)...)
		}
		return all
	}
	if err == nil {
		return nil
	}
	return []error{err}
}

func (c LogConfig) validate() error {
	var faults []error
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, c.Level) {
		faults = append(faults, fmt.Errorf("level: got %q, expected debug, info, warn or error", c.Level))
	}
	if !slices.Contains([]string{"json", "text"}, c.Format) {
		faults = append(faults, fmt.Errorf("format: got %q, expected json or text", c.Format))
	}
	return errors.Join(faults...)
}

func (c OriginsConfig) validate() error {
	var faults []error
	for name, target := range c.Aliases {
		if !isAlias(name) {
			faults = append(faults, fmt.Errorf("aliases: got the name %q, expected letters, digits, - and _", name))
		}
		if err := validateTarget(target); err != nil {
			faults = append(faults, fmt.Errorf("aliases.%s: %w", name, err))
		}
	}
	if c.FolderMaxAge < 0 {
		faults = append(faults, fmt.Errorf("folder_max_age: got %v, expected 0 or more", c.FolderMaxAge))
	}
	return errors.Join(faults...)
}

// validateTarget accepts a folder that is there, or a base URL. It repeats no
// URL that may hold a password.
func validateTarget(target string) error {
	if !strings.Contains(target, "://") {
		if info, err := os.Stat(target); err != nil || !info.IsDir() {
			return fmt.Errorf("got %q, expected a folder that is there, or an http(s) URL", target)
		}
		return nil
	}
	base, err := url.Parse(target)
	switch {
	case err != nil || base.User != nil:
		return errors.New("got a URL with a user name or password, or none at all, expected a plain http(s) URL")
	case !isURL(target) || base.Host == "" || base.RawQuery != "" || base.Fragment != "":
		return fmt.Errorf("got %q, expected an http(s) URL without query and fragment", target)
	}
	return nil
}

// isAlias accepts what a source in a URL can name.
func isAlias(name string) bool {
	source, err := spec.ParseSource(name + "/x")
	return err == nil && source.Kind == spec.SourceAlias && source.Alias == name
}

func (c FormatsConfig) validate() error {
	var faults []error
	for _, name := range c.Auto {
		format, known := spec.ParseFormat(name)
		if info, _ := format.Info(); !known || !info.Output {
			faults = append(faults, fmt.Errorf("auto: got %q, expected formats that can be written", name))
		}
	}
	if c.SaveData < 1 || c.SaveData > 100 {
		faults = append(faults, fmt.Errorf("save_data: got %d, expected 1…100", c.SaveData))
	}
	return errors.Join(faults...)
}

// presets reads all of them, and reports every one that can't be read.
func (c Config) presets() (spec.Presets, error) {
	presets := spec.Presets{}
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(c.Presets)) {
		preset, err := spec.ParsePreset(c.Presets[name])
		if !isAlias(name) {
			err = errors.New("expected a name of letters, digits, - and _")
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: got %q: %w", name, c.Presets[name], err))
			continue
		}
		presets[name] = preset
	}
	return presets, errors.Join(faults...)
}

// told are the limits as clients are told them.
func (c Config) told() server.Limits {
	return server.Limits{
		OriginalBytes: c.Limits.OriginalBytes, OriginalPixels: c.Limits.OriginalPixels, OriginalFrames: c.Limits.OriginalFrames,
		ResultPixels: c.Limits.ResultPixels, ResultSide: c.Limits.ResultSide,
		Seconds: c.Processing.Timeout.Seconds(), QueueSeconds: c.Processing.QueueWait.Seconds(),
	}
}

// playgroundURL is where a browser on this machine finds the playground, or
// everybody, if it is known where they reach the service.
func (c Config) playgroundURL(address net.Addr) string {
	if c.Server.PublicURL != "" {
		return c.Server.PublicURL + "/"
	}
	host, port, err := net.SplitHostPort(address.String())
	if err != nil {
		return address.String()
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port) + "/"
}

// sizes is the policy, in which sizes that presets have are on the list.
func (c Config) sizes(presets spec.Presets) spec.SizePolicy {
	policy := c.Sizes
	policy.List = slices.Clone(policy.List)
	for _, preset := range presets {
		policy.List = append(policy.List, preset.Size)
	}
	return policy
}

func (c FormatsConfig) automatic() []spec.Format {
	var formats []spec.Format
	for _, name := range c.Auto {
		format, _ := spec.ParseFormat(name)
		formats = append(formats, format)
	}
	return formats
}

func (c LimitsConfig) validate() error {
	var faults []error
	positive := func(key string, value, most int64) {
		if value < 1 || value > most {
			faults = append(faults, fmt.Errorf("%s: got %d, expected 1…%d", key, value, most))
		}
	}
	positive("original_bytes", c.OriginalBytes, 1<<30)
	positive("original_pixels", c.OriginalPixels, 1<<32)
	positive("original_frames", int64(c.OriginalFrames), 10_000)
	positive("result_pixels", c.ResultPixels, 1<<30)
	positive("result_side", int64(c.ResultSide), spec.MaxSide)
	return errors.Join(faults...)
}

// engineLimits are the limits, with the memory that is there.
func (c Config) engineLimits() transform.Limits {
	limits := c.Limits.transform()
	limits.Memory = c.Processing.MemoryBytes
	return limits
}

func (c LimitsConfig) transform() transform.Limits {
	limits := transform.DefaultLimits()
	limits.Pixels, limits.Frames = c.OriginalPixels, c.OriginalFrames
	limits.Result = spec.ResultLimits{Pixels: c.ResultPixels, Side: c.ResultSide}
	return limits
}

// isURL tells an alias's HTTP base URL from a folder.
func isURL(target string) bool {
	lower := strings.ToLower(target)
	return strings.HasPrefix(lower, "http://") || strings.HasPrefix(lower, "https://")
}
