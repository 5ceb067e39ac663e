package cache

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"path/filepath"
)

// MaxKeyBytes bounds Source and Variant together. URLs longer than 8 KiB are
// refused by servers anyway, and bigcache's own key length is 16 bits.
const MaxKeyBytes = 16 << 10

// Key names an entry. Both parts are opaque and may hold any bytes.
type Key struct {
	Source  string // what Forget takes: the original's name
	Variant string // what was made of it; empty for the original itself
}

func (k Key) check() error {
	if n := len(k.Source) + len(k.Variant); n > MaxKeyBytes {
		return fmt.Errorf("%w: key of %d bytes, at most %d are kept", ErrTooBig, n, MaxKeyBytes)
	}
	return nil
}

// joined is the key as one string; the source's length goes first, so that no
// two keys share a spelling.
func (k Key) joined() string {
	b := make([]byte, 0, binary.MaxVarintLen32+len(k.Source)+len(k.Variant))
	b = binary.AppendUvarint(b, uint64(len(k.Source)))
	b = append(b, k.Source...)
	b = append(b, k.Variant...)
	return string(b)
}

// digest is 128 bits of SHA-256: enough for a name. Files carry the full key,
// so that two keys with one digest displace, but never answer for, each other.
type digest [16]byte

func digestOf(s string) digest {
	sum := sha256.Sum256([]byte(s))
	return digest(sum[:16])
}

func (d digest) word() uint64 { return binary.LittleEndian.Uint64(d[:8]) }

func (d digest) String() string { return hex.EncodeToString(d[:]) }

// parseDigest recognises a file name of ours: 32 lower-case hex digits.
func parseDigest(name string) (d digest, ok bool) {
	if len(name) != 2*len(d) {
		return d, false
	}
	if _, err := hex.Decode(d[:], []byte(name)); err != nil {
		return d, false
	}
	return d, d.String() == name
}

// address is where an entry lies on disk.
type address struct{ source, variant digest }

func addressOf(key Key) address {
	return address{digestOf(key.Source), digestOf(key.Variant)}
}

// folder holds everything of one source, so that forgetting it is emptying a
// folder. The 256 folders above keep directories of a million sources small.
func (d digest) folder(dir string) string {
	name := d.String()
	return filepath.Join(dir, name[:2], name)
}

// fanName is the name of the folder of all sources whose digests begin so.
func fanName(first byte) string { return hex.EncodeToString([]byte{first}) }

func (a address) path(dir string) string {
	return filepath.Join(a.source.folder(dir), a.variant.String())
}
