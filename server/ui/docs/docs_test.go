package docs

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"testing"
)

// sums are those of the files as Swagger UI's authors publish them.
var sums = map[string]string{
	"swagger-ui-bundle.js.gz": "e6a898692f2d768e807c3ba4626068a69a2c5dd960dd6c76f3e4d3a3de180af2",
	"swagger-ui.css.gz":       "5ed08757e53da3e026d6cbecc61fe5d43585c9560b302d534ad56692519a273d",
}

// TestFilesAreAsPublished: nobody has changed what is packed here.
func TestFilesAreAsPublished(t *testing.T) {
	for name, want := range sums {
		packed, err := fs.ReadFile(Files(), name)
		if err != nil {
			t.Fatal(err)
		}
		unpacked, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.New()
		if _, err := io.Copy(sum, unpacked); err != nil {
			t.Fatal(err)
		}
		if got := hex.EncodeToString(sum.Sum(nil)); got != want {
			t.Errorf("%s has the sum %s, want %s", name, got, want)
		}
	}
}
