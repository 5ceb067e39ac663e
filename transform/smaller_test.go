package transform

import (
	"bytes"
	"testing"

	"api-resize/spec"
)

// The original is sent, without its metadata, where a new file would be bigger,
// and only where it shows the same pixels and that is allowed.
func TestSmallerOriginal(t *testing.T) {
	low := transform(t, photograph(), "300x200,format=jpeg,quality=20").Bytes
	secret := "SECRET-PLACE"
	withComment := withSegment(low, 0xfe, secret)
	for name, test := range map[string]struct {
		original []byte
		text     string
		mayBeOwn bool
		own      bool
	}{
		"bigger":                   {withComment, "max,format=jpeg,quality=95", true, true},
		"bigger in another format": {withComment, "max,format=png", true, true},
		"not allowed":              {withComment, "max,format=jpeg,quality=95", false, false},
		"smaller":                  {withComment, "max,format=jpeg,quality=5", true, false},
		"turned":                   {withOrientation(low, 6), "max,format=jpeg,quality=95", true, false},
		"other colours":            {withSegment(low, 0xe2, "ICC_PROFILE\x00\x01\x01"+string(builtin(t, "p3"))), "max,format=jpeg,quality=95", true, false},
	} {
		order := ordered(test.original, facts(t, test.original), resolved(t, test.text))
		order.MayBeOwn = test.mayBeOwn
		picture, err := engine.Transform(t.Context(), order)
		if err != nil {
			t.Fatal(err)
		}
		own := picture.Decision == spec.DecisionOriginalSmaller
		if own != test.own || own && picture.Format != spec.JPEG || own && len(picture.Bytes) > len(low) {
			t.Errorf("%s: %q, %s of %d bytes, the original has %d", name, picture.Decision, picture.Format, len(picture.Bytes), len(test.original))
		}
		if format, _ := Sniff(picture.Bytes); format != picture.Format || bytes.Contains(picture.Bytes, []byte(secret)) {
			t.Errorf("%s: %s is %s, or the original's comment is in it", name, picture.Format, format)
		}
	}
}
