package main

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// keyFile is where the key is kept that is made when none is configured.
const keyFile = "api-key"

// ensureKey returns the key kept in the data folder, and makes one at the
// first start.
func ensureKey(dataDir string) (key string, made bool, err error) {
	file := filepath.Join(dataDir, keyFile)
	content, err := os.ReadFile(file)
	switch {
	case err == nil:
		key, err = keptKey(file, content)
		return key, false, err
	case !errors.Is(err, fs.ErrNotExist):
		return "", false, fmt.Errorf("API key: %w", err)
	}
	var random [24]byte
	rand.Read(random[:]) // never fails, says its documentation
	key = base64.RawURLEncoding.EncodeToString(random[:])
	if err := writeKey(file, key); err != nil {
		return "", false, fmt.Errorf("API key: %w", err)
	}
	return key, true, nil
}

// ownKey is a key that the service accepts which a configuration starts; empty
// where it needs none, or has made none yet.
func ownKey(config Config) string {
	if len(config.Auth.Keys) > 0 {
		return config.Auth.Keys[0]
	}
	kept, err := os.ReadFile(filepath.Join(config.Data.Dir, keyFile))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(kept))
}

// keptKey reads the key, and sees to it that nobody else can.
func keptKey(file string, content []byte) (string, error) {
	key := strings.TrimSpace(string(content))
	if len(key) < minKeyLength {
		return "", fmt.Errorf("API key: %s holds %d characters, expected at least %d; without the file a new one is made", file, len(key), minKeyLength)
	}
	if err := os.Chmod(file, 0o600); err != nil {
		return "", fmt.Errorf("API key: %w", err)
	}
	return key, nil
}

// writeKey publishes the key by a rename, so that a crash leaves either none or
// a whole one.
func writeKey(file, key string) error {
	temporary := file + ".new"
	if err := os.WriteFile(temporary, []byte(key+"\n"), 0o600); err != nil {
		return err
	}
	return os.Rename(temporary, file)
}

// keyOf is a key as a flag gives it: itself, or @ and the file that it is in, so
// that it need not stand in the list of processes.
func keyOf(given string) (string, error) {
	file, named := strings.CutPrefix(given, "@")
	if !named {
		return given, nil
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("--key: %w", err)
	}
	return strings.TrimSpace(string(content)), nil
}
