package main

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// leaf is one key of the configuration, and where its value goes.
type leaf struct {
	key   string // server.address
	value reflect.Value
}

// leaves lists all keys in the order of the structs.
func leaves(value reflect.Value, prefix string) []leaf {
	var all []leaf
	for i := range value.NumField() {
		name, option, _ := strings.Cut(value.Type().Field(i).Tag.Get("mapstructure"), ",")
		field := value.Field(i)
		switch {
		case name == "-":
		case option == "squash":
			all = append(all, leaves(field, prefix)...)
		case field.Kind() == reflect.Struct:
			all = append(all, leaves(field, prefix+name+".")...)
		case name != "":
			all = append(all, leaf{prefix + name, field})
		}
	}
	return all
}

// assign puts a raw value from file, environment or flag into its place. Only
// text is converted: a number where a text belongs, or the other way round in
// a file, is a fault.
func assign(to reflect.Value, raw any, key string) error {
	fault := func(expected string) error { return fmt.Errorf("got %v, expected %s", raw, expected) }
	text, isText := raw.(string)
	switch target := to.Addr().Interface().(type) {
	case *time.Duration:
		duration, err := time.ParseDuration(text)
		if !isText || err != nil {
			return fault("a duration such as 10s or 1m30s")
		}
		*target = duration
		return nil
	case *map[string]string:
		return assignMap(target, raw)
	}
	switch to.Kind() {
	case reflect.String:
		if !isText {
			return fault("a text")
		}
		to.SetString(text)
	case reflect.Bool:
		given, isBool := raw.(bool)
		if parsed, err := strconv.ParseBool(text); isText && err == nil {
			given, isBool = parsed, true
		}
		if !isBool {
			return fault("true or false")
		}
		to.SetBool(given)
	case reflect.Int, reflect.Int64:
		number, err := wholeNumber(raw, strings.HasSuffix(key, "bytes"))
		if err != nil {
			return fault(err.Error())
		}
		to.SetInt(number)
	case reflect.Float64:
		number, err := strconv.ParseFloat(fmt.Sprint(raw), 64)
		if _, isBool := raw.(bool); isBool || err != nil {
			return fault("a number")
		}
		to.SetFloat(number)
	case reflect.Slice:
		return assignList(to, raw, key)
	default:
		return fmt.Errorf("a %s cannot be configured", to.Type())
	}
	return nil
}

// assignList takes a list from a file, or a text with commas from the
// environment.
func assignList(to reflect.Value, raw any, key string) error {
	var items []any
	switch given := raw.(type) {
	case []any:
		items = given
	case string:
		for _, item := range strings.Split(given, ",") {
			if item = strings.TrimSpace(item); item != "" {
				items = append(items, item)
			}
		}
	default:
		return fmt.Errorf("got %v, expected a list", raw)
	}
	list := reflect.MakeSlice(to.Type(), len(items), len(items))
	for i, item := range items {
		if err := assign(list.Index(i), item, key); err != nil {
			return err
		}
	}
	to.Set(list)
	return nil
}

// assignMap takes name: value pairs from a file, or name=value texts separated
// by commas from the environment.
func assignMap(to *map[string]string, raw any) error {
	pairs := map[string]string{}
	switch given := raw.(type) {
	case map[string]any:
		for name, value := range given {
			text, ok := value.(string)
			if !ok {
				return fmt.Errorf("got %v for %s, expected a text", value, name)
			}
			pairs[name] = text
		}
	case string:
		for _, pair := range strings.Split(given, ",") {
			name, value, found := strings.Cut(strings.TrimSpace(pair), "=")
			if !found {
				return fmt.Errorf("got %q, expected name=value", pair)
			}
			pairs[strings.ToLower(name)] = value
		}
	default:
		return fmt.Errorf("got %v, expected name: value pairs", raw)
	}
	*to = pairs
	return nil
}

// units of bytes, longest first.
var units = []struct {
	name   string
	factor int64
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40}}

// wholeNumber reads a number, and where it counts bytes also 64MiB.
func wholeNumber(raw any, bytes bool) (int64, error) {
	expected := fmt.Errorf("a whole number")
	if bytes {
		expected = fmt.Errorf("a whole number of bytes, or one with KiB, MiB, GiB or TiB")
	}
	switch given := raw.(type) {
	case int:
		return int64(given), nil
	case int64:
		return given, nil
	case string:
		text, factor := strings.TrimSpace(given), int64(1)
		for _, unit := range units {
			if rest, found := strings.CutSuffix(text, unit.name); found && bytes {
				text, factor = strings.TrimSpace(rest), unit.factor
			}
		}
		number, err := strconv.ParseInt(strings.ReplaceAll(text, "_", ""), 10, 64)
		if err != nil || number > math.MaxInt64/factor || number < math.MinInt64/factor {
			return 0, expected
		}
		return number * factor, nil
	}
	return 0, expected
}
