package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"
)

// environmentPrefix begins the name of every variable that is read:
// API_RESIZE_SERVER_ADDRESS is server.address.
const environmentPrefix = "API_RESIZE_"

// commonFlags are the keys that also have a flag.
var commonFlags = []struct{ flag, key, help string }{
	{"address", "server.address", "address of the public listener"},
	{"ops-address", "ops.address", "address of the operator's listener"},
	{"data-dir", "data.dir", "folder of uploads, cache and key"},
	{"log-level", "log.level", "debug, info, warn or error"},
	{"log-format", "log.format", "json or text"},
	{"auth-open", "auth.open", "let everybody upload and delete"},
}

// addFlags defines the flags of commonFlags and --config.
func addFlags(flags *pflag.FlagSet) {
	flags.String("config", "", "configuration file (default config.yaml beside the binary, if there)")
	for _, common := range commonFlags {
		if common.key == "auth.open" {
			flags.Bool(common.flag, false, common.help)
			continue
		}
		flags.String(common.flag, "", common.help)
	}
}

// loadConfig composes defaults, file, environment and flags, the later over
// the earlier. Its error lists every fault, one a line.
func loadConfig(flags *pflag.FlagSet, environment []string) (Config, error) {
	v := viper.New()
	config := defaultConfig()
	fields := leaves(reflect.ValueOf(&config).Elem(), "")
	variables := map[string]bool{}
	for _, field := range fields {
		name := environmentName(field.key)
		variables[name] = true
		if err := v.BindEnv(field.key, name); err != nil {
			return Config{}, err
		}
	}
	for _, common := range commonFlags {
		if err := v.BindPFlag(common.key, flags.Lookup(common.flag)); err != nil {
			return Config{}, err
		}
	}
	if err := readFile(v, flags.Lookup("config").Value.String()); err != nil {
		return Config{}, err
	}
	faults := unknownKeys(v, fields)
	faults = append(faults, unknownVariables(environment, variables)...)
	for _, field := range fields {
		// A flag that was not given still has its own default, which is not ours.
		if raw := v.Get(field.key); v.IsSet(field.key) && raw != nil {
			if err := assign(field.value, raw, field.key); err != nil {
				faults = append(faults, fmt.Errorf("%s: %w", field.key, err))
			}
		}
	}
	faults = append(faults, config.validate()...)
	return config, errors.Join(faults...)
}

// readFile reads the file that was named, or config.yaml beside the binary if
// there is one.
func readFile(v *viper.Viper, file string) error {
	if file == "" {
		binary, err := os.Executable()
		if err != nil {
			return nil //nolint:nilerr // a binary that can't be found has no file beside it
		}
		file = filepath.Join(filepath.Dir(binary), "config.yaml")
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			return nil
		}
	}
	v.SetConfigFile(file)
	v.SetConfigType("yaml")
	if err := v.ReadInConfig(); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

func environmentName(key string) string {
	return environmentPrefix + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

// unknownKeys finds what stands in the file and means nothing.
func unknownKeys(v *viper.Viper, fields []leaf) []error {
	var faults []error
	for _, key := range v.AllKeys() {
		known := slices.ContainsFunc(fields, func(f leaf) bool {
			inMap := f.value.Kind() == reflect.Map && strings.HasPrefix(key, f.key+".")
			emptySection := v.Get(key) == nil && strings.HasPrefix(f.key, key+".")
			return f.key == key || inMap || emptySection
		})
		isSection := slices.ContainsFunc(fields, func(f leaf) bool { return strings.HasPrefix(f.key, key+".") })
		switch {
		case known:
		case isSection:
			faults = append(faults, fmt.Errorf("%s: got %v, expected a section with keys of its own", key, v.Get(key)))
		default:
			faults = append(faults, fmt.Errorf("%s: got %v, but there is no such key", key, v.Get(key)))
		}
	}
	slices.SortFunc(faults, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return faults
}

// unknownVariables finds variables that look like ours and are not.
func unknownVariables(environment []string, known map[string]bool) []error {
	var faults []error
	for _, variable := range environment {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, environmentPrefix) && !known[name] {
			faults = append(faults, fmt.Errorf("%s: there is no such variable", name))
		}
	}
	return faults
}
