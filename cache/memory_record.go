package cache

import (
	"encoding/binary"
	"math"
	"time"
)

// record is an entry as bigcache holds it, little endian:
//
//	0  stamp      of this push; the index tells by it whether the entry is current
//	8  position   of the shard's arrivals after this push
//	16 stored     Unix nanoseconds
//	24 lengths    of content type (2), attributes (2), body (4)
//	32 content type, attributes, body, padding
type record []byte

const (
	recordFixed = 32
	// recordLeast is what small entries are padded to. It bounds the number
	// of entries, and thereby the table of keys, which is outside of the queues.
	recordLeast = 1 << 10
)

func newRecord(meta Meta, body []byte) record {
	size := recordFixed + len(meta.ContentType) + len(meta.Attributes) + len(body)
	r := make(record, recordFixed, max(size, recordLeast))
	binary.LittleEndian.PutUint64(r[16:], uint64(nanoseconds(meta.Stored)))
	binary.LittleEndian.PutUint16(r[24:], uint16(len(meta.ContentType)))
	binary.LittleEndian.PutUint16(r[26:], uint16(len(meta.Attributes)))
	binary.LittleEndian.PutUint32(r[28:], uint32(len(body)))
	r = append(r, meta.ContentType...)
	r = append(r, meta.Attributes...)
	r = append(r, body...)
	return r[:cap(r)]
}

func (r record) stamp() uint64    { return binary.LittleEndian.Uint64(r) }
func (r record) position() uint64 { return binary.LittleEndian.Uint64(r[8:]) }

func (r record) setStamps(stamp, position uint64) {
	binary.LittleEndian.PutUint64(r, stamp)
	binary.LittleEndian.PutUint64(r[8:], position)
}

// entry shares r's bytes.
func (r record) entry() *Entry {
	attributes := recordFixed + int(binary.LittleEndian.Uint16(r[24:]))
	body := attributes + int(binary.LittleEndian.Uint16(r[26:]))
	end := body + int(binary.LittleEndian.Uint32(r[28:]))
	return NewEntry(Meta{
		ContentType: string(r[recordFixed:attributes]),
		Stored:      fromNanoseconds(int64(binary.LittleEndian.Uint64(r[16:]))),
		Attributes:  r[attributes:body:body],
	}, r[body:end:end])
}

// nanoseconds since 1970; the zero time, which is out of their range, is the
// smallest number.
func nanoseconds(t time.Time) int64 {
	if t.IsZero() {
		return math.MinInt64
	}
	return t.UnixNano()
}

func fromNanoseconds(n int64) time.Time {
	if n == math.MinInt64 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}
