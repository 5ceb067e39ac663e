package cache

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"time"
)

// A cache file is a header and a body, in one file so that one rename
// publishes both. The header, little endian:
//
//	0  magic          8 bytes
//	8  version        2
//	10 content type   2, length
//	12 source         4, length
//	16 variant        4, length
//	20 attributes     4, length
//	24 stored         8, Unix nanoseconds
//	32 body           8, length
//	40 body's sum     4, CRC-32C
//	44 header's sum   4, CRC-32C of everything before and after it
//	48 source, variant, content type, attributes
//
// CRC-32C finds what disks and crashes do to a file. It is no protection
// against someone who may write to the folder.
const (
	headerMagic   = "\x89ARC\r\n\x1a\n" // as PNG's: shows text-mode and 7-bit mangling
	headerVersion = 1
	headerFixed   = 48
	headerMax     = headerFixed + MaxKeyBytes + MaxContentTypeBytes + MaxAttributesBytes
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// errBroken: a file is not what was written under its name.
var errBroken = errors.New("broken cache file")

func broken(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errBroken, fmt.Sprintf(format, args...))
}

// header as decoded; its slices share the bytes it was decoded from.
type header struct {
	source, variant, contentType, attributes []byte
	stored                                   time.Time
	bodyLength                               int64
	bodySum                                  uint32
}

func (h *header) matches(key Key) bool {
	return string(h.source) == key.Source && string(h.variant) == key.Variant
}

// meta is a copy.
func (h *header) meta() Meta {
	return Meta{
		ContentType: string(h.contentType),
		Stored:      h.stored,
		Attributes:  append([]byte(nil), h.attributes...),
	}
}

func (h *header) length() int {
	return headerFixed + len(h.source) + len(h.variant) + len(h.contentType) + len(h.attributes)
}

// encodeHeader writes the header of an entry that was checked.
func encodeHeader(key Key, meta Meta, body []byte) []byte {
	b := make([]byte, headerFixed, headerFixed+len(key.Source)+len(key.Variant)+len(meta.ContentType)+len(meta.Attributes))
	copy(b, headerMagic)
	binary.LittleEndian.PutUint16(b[8:], headerVersion)
	binary.LittleEndian.PutUint16(b[10:], uint16(len(meta.ContentType)))
	binary.LittleEndian.PutUint32(b[12:], uint32(len(key.Source)))
	binary.LittleEndian.PutUint32(b[16:], uint32(len(key.Variant)))
	binary.LittleEndian.PutUint32(b[20:], uint32(len(meta.Attributes)))
	binary.LittleEndian.PutUint64(b[24:], uint64(nanoseconds(meta.Stored)))
	binary.LittleEndian.PutUint64(b[32:], uint64(len(body)))
	binary.LittleEndian.PutUint32(b[40:], crc32.Checksum(body, castagnoli))
	b = append(b, key.Source...)
	b = append(b, key.Variant...)
	b = append(b, meta.ContentType...)
	b = append(b, meta.Attributes...)
	binary.LittleEndian.PutUint32(b[44:], headerSum(b))
	return b
}

func headerSum(b []byte) uint32 {
	return crc32.Update(crc32.Checksum(b[:44], castagnoli), castagnoli, b[headerFixed:])
}

// measureHeader checks what can be told from the first headerFixed bytes, and
// returns how long header and body are.
func measureHeader(b []byte) (headerLength int, bodyLength int64, err error) {
	if len(b) < headerFixed {
		return 0, 0, broken("%d bytes, no header", len(b))
	}
	if string(b[:8]) != headerMagic {
		return 0, 0, broken("not a cache file")
	}
	if v := binary.LittleEndian.Uint16(b[8:]); v != headerVersion {
		return 0, 0, broken("format version %d, %d expected", v, headerVersion)
	}
	contentType := int64(binary.LittleEndian.Uint16(b[10:]))
	key := int64(binary.LittleEndian.Uint32(b[12:])) + int64(binary.LittleEndian.Uint32(b[16:]))
	attributes := int64(binary.LittleEndian.Uint32(b[20:]))
	body := binary.LittleEndian.Uint64(b[32:])
	if contentType > MaxContentTypeBytes || key > MaxKeyBytes || attributes > MaxAttributesBytes || body > math.MaxInt64/2 {
		return 0, 0, broken("impossible lengths in the header")
	}
	return headerFixed + int(contentType+key+attributes), int64(body), nil
}

// decodeHeader reads the header at the beginning of b, which may go on.
func decodeHeader(b []byte) (h header, err error) {
	length, bodyLength, err := measureHeader(b)
	if err != nil {
		return h, err
	}
	if length > len(b) {
		return h, broken("header cut at %d of %d bytes", len(b), length)
	}
	b = b[:length:length]
	if headerSum(b) != binary.LittleEndian.Uint32(b[44:]) {
		return h, broken("wrong checksum of the header")
	}
	rest := b[headerFixed:]
	next := func(n uint32) (part []byte) {
		part, rest = rest[:n:n], rest[n:]
		return part
	}
	h.source = next(binary.LittleEndian.Uint32(b[12:]))
	h.variant = next(binary.LittleEndian.Uint32(b[16:]))
	h.contentType = next(uint32(binary.LittleEndian.Uint16(b[10:])))
	h.attributes = next(binary.LittleEndian.Uint32(b[20:]))
	h.stored = fromNanoseconds(int64(binary.LittleEndian.Uint64(b[24:])))
	h.bodyLength = bodyLength
	h.bodySum = binary.LittleEndian.Uint32(b[40:])
	return h, nil
}
