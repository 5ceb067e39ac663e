package cache

import (
	"bytes"
	"testing"
	"time"
)

func FuzzHeader(f *testing.F) {
	body := []byte("body")
	for _, key := range []Key{{}, {"s", "v"}, {"https://example.com/a.jpg", "300x200"}} {
		b := append(encodeHeader(key, Meta{ContentType: "image/png", Stored: time.Unix(1, 2), Attributes: []byte("{}")}, body), body...)
		f.Add(b)
		f.Add(b[:len(b)/2])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := decodeHeader(b)
		if err != nil {
			return
		}
		// What decodes is what would be written, bit for bit.
		again := encodeHeader(Key{string(h.source), string(h.variant)}, h.meta(), nil)
		copy(again[32:44], b[32:44]) // the body's length and sum are not the header's
		if sum := headerSum(again); !bytes.Equal(again[:44], b[:44]) || h.length() != len(again) ||
			!bytes.Equal(again[48:], b[48:h.length()]) || sum != headerSum(b[:h.length()]) {
			t.Fatalf("decoded %+v from %x", h, b)
		}
	})
}

func TestHeaderRefusesEveryFlippedBit(t *testing.T) {
	good := encodeHeader(Key{"source", "variant"}, Meta{ContentType: "image/png", Stored: time.Unix(1, 2), Attributes: []byte("{}")}, []byte("body"))
	if _, err := decodeHeader(good); err != nil {
		t.Fatal(err)
	}
	for bit := range 8 * len(good) {
		bad := bytes.Clone(good)
		bad[bit/8] ^= 1 << (bit % 8)
		if _, err := decodeHeader(bad); err == nil {
			t.Errorf("bit %d flipped and accepted", bit)
		}
	}
	for n := range good {
		if _, err := decodeHeader(good[:n]); err == nil {
			t.Errorf("cut at %d and accepted", n)
		}
	}
}
