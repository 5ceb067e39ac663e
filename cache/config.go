package cache

import (
	"errors"
	"fmt"
	"log/slog"
)

const (
	kib = int64(1) << 10
	mib = int64(1) << 20
	gib = int64(1) << 30
)

// MemoryConfig bounds the store in RAM.
type MemoryConfig struct {
	// Bytes of RAM for entries and buffers; 0 switches the tier off, else at
	// least 8 MiB. The table of keys comes on top: about 300 bytes an entry.
	// Default 128 MiB.
	Bytes int64 `mapstructure:"bytes"`
	// EntryBytes is the largest body kept; at most a sixteenth of Bytes.
	// Default 1 MiB.
	EntryBytes int64 `mapstructure:"entry_bytes"`
}

// DefaultMemoryConfig returns the defaults named at each field.
func DefaultMemoryConfig() MemoryConfig {
	return MemoryConfig{Bytes: 128 * mib, EntryBytes: mib}
}

// Validate reports every impossible value.
func (c MemoryConfig) Validate() error {
	if c.Bytes == 0 {
		return nil
	}
	return errors.Join(
		expect(c.Bytes >= 8*mib && c.Bytes <= 1<<40, "bytes", c.Bytes, "0 (off) or 8388608 (8 MiB) to 1099511627776 (1 TiB)"),
		expect(c.EntryBytes >= kib && c.EntryBytes <= c.Bytes/16, "entry_bytes", c.EntryBytes,
			fmt.Sprintf("1024 to a sixteenth of memory.bytes (%d)", c.Bytes/16)),
	)
}

// DiskConfig bounds the store on disk.
type DiskConfig struct {
	// Dir is the folder. It belongs to the cache alone and is made if missing.
	Dir string `mapstructure:"-"`
	// Bytes of disk space, blocks and folders counted; 0 switches the tier
	// off, else at least 1 MiB. One entry may take up to 5 % of it, and a quarter
	// of the file system.
	// Default 10 GiB.
	Bytes int64 `mapstructure:"bytes"`
	// MinFree bytes are left free on the file system, whoever uses the rest;
	// a file system smaller than twice this keeps a tenth free instead.
	// Default 1 GiB.
	MinFree int64 `mapstructure:"min_free_bytes"`
	// Logger gets damage and failures; nil for slog.Default().
	Logger *slog.Logger `mapstructure:"-"`
}

// DefaultDiskConfig returns the defaults named at each field; Dir is the caller's.
func DefaultDiskConfig() DiskConfig {
	return DiskConfig{Bytes: 10 * gib, MinFree: gib}
}

// Validate reports every impossible value.
func (c DiskConfig) Validate() error {
	if c.Bytes == 0 {
		return nil
	}
	return errors.Join(
		expect(c.Bytes >= mib && c.Bytes <= 1<<43, "bytes", c.Bytes, "0 (off) or 1048576 (1 MiB) to 8796093022208 (8 TiB)"),
		expect(c.MinFree >= 0, "min_free_bytes", c.MinFree, "0 or more"),
	)
}

// TiersConfig bounds what waits between memory and disk.
type TiersConfig struct {
	// QueueBytes of bodies may wait to be written. Default 64 MiB.
	QueueBytes int64 `mapstructure:"queue_bytes"`
	// QueueEntries may wait to be written. Default 1024.
	QueueEntries int `mapstructure:"queue_entries"`
	// PromoteBytes is the largest body that a hit on disk copies to memory:
	// larger ones go from the page cache to the socket as fast. Default 64 KiB.
	PromoteBytes int64 `mapstructure:"promote_bytes"`
	// Logger gets writes that failed in the background; nil for slog.Default().
	Logger *slog.Logger `mapstructure:"-"`
}

// DefaultTiersConfig returns the defaults named at each field.
func DefaultTiersConfig() TiersConfig {
	return TiersConfig{QueueBytes: 64 * mib, QueueEntries: 1024, PromoteBytes: 64 * kib}
}

// Validate reports every impossible value.
func (c TiersConfig) Validate() error {
	return errors.Join(
		expect(c.QueueBytes >= mib, "queue_bytes", c.QueueBytes, "1048576 (1 MiB) or more"),
		expect(c.QueueEntries >= 1, "queue_entries", int64(c.QueueEntries), "1 or more"),
		expect(c.PromoteBytes >= 0, "promote_bytes", c.PromoteBytes, "0 (never) or more"),
	)
}

func expect(ok bool, key string, value int64, expected string) error {
	if ok {
		return nil
	}
	return fmt.Errorf("%s: got %d, expected %s", key, value, expected)
}

func loggerOr(l *slog.Logger) *slog.Logger {
	if l == nil {
		return slog.Default()
	}
	return l
}
