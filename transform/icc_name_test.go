package transform

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"
)

// profileWith is a profile that has nothing but a description tag.
func profileWith(description []byte) []byte {
	profile := make([]byte, 128)
	copy(profile[16:], "RGB ")
	copy(profile[36:], "acsp")
	profile = append(profile, "\x00\x00\x00\x01desc\x00\x00\x00\x90"...)
	profile = binary.BigEndian.AppendUint32(profile, uint32(len(description)))
	return append(profile, description...)
}

// descriptionV2 is a textDescriptionType.
func descriptionV2(text string) []byte {
	data := binary.BigEndian.AppendUint32([]byte("desc\x00\x00\x00\x00"), uint32(len(text)+1))
	return append(append(data, text...), make([]byte, 1+78)...)
}

// descriptionV4 is a multiLocalizedUnicodeType of languages and texts in turn.
func descriptionV4(texts ...string) []byte {
	count := len(texts) / 2
	data := binary.BigEndian.AppendUint32([]byte("mluc\x00\x00\x00\x00"), uint32(count))
	data = binary.BigEndian.AppendUint32(data, 12)
	var behind []byte
	for i := 0; i < len(texts); i += 2 {
		var encoded []byte
		for _, unit := range utf16.Encode([]rune(texts[i+1])) {
			encoded = binary.BigEndian.AppendUint16(encoded, unit)
		}
		data = append(data, texts[i]+"US"...)
		data = binary.BigEndian.AppendUint32(data, uint32(len(encoded)))
		data = binary.BigEndian.AppendUint32(data, uint32(16+12*count+len(behind)))
		behind = append(behind, encoded...)
	}
	return append(data, behind...)
}

func TestProfileNames(t *testing.T) {
	for name, test := range map[string]struct {
		profile []byte
		want    string
	}{
		"version 2":           {profileWith(descriptionV2("sRGB IEC61966-2.1")), "sRGB IEC61966-2.1"},
		"version 4":           {profileWith(descriptionV4("en", "Display P3")), "Display P3"},
		"several languages":   {profileWith(descriptionV4("de", "Anzeige", "en", "Display P3", "fr", "Écran")), "Display P3"},
		"no English":          {profileWith(descriptionV4("de", "Größe 𝄞", "fr", "Écran")), "Größe 𝄞"},
		"no language":         {profileWith(descriptionV4()), ""},
		"control characters":  {profileWith(descriptionV2("a\x1b\tb\x7f")), "a b"},
		"too long":            {profileWith(descriptionV4("en", strings.Repeat("ä", 300))), strings.Repeat("ä", 100)},
		"longer than its tag": {profileWith([]byte("desc\x00\x00\x00\x00\xff\xff\xff\xffabc")), "abc"},
		"text behind its end": {profileWith([]byte("mluc\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x0cenUS\x00\x00\x00\x08\xff\xff\xff\xff")), ""},
		"half a record":       {profileWith([]byte("mluc\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x0cenUS\x00\x00")), ""},
		"records of nothing":  {profileWith([]byte("mluc\x00\x00\x00\x00\xff\xff\xff\xff\x00\x00\x00\x00enUS\x00\x00\x00\x00\x00\x00\x00\x00")), ""},
		"half a header":       {profileWith([]byte("mluc\x00\x00\x00\x00\x00\x00\x00\x01")), ""},
		"other kind of tag":   {profileWith([]byte("text\x00\x00\x00\x00some text")), ""},
		"no tag":              {profileWith(nil)[:132], ""},
		"no profile":          {[]byte("no profile at all"), ""},
	} {
		if got := iccName(test.profile); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// The names that real profiles have, on their own and in pictures.
func TestNamesOfRealProfiles(t *testing.T) {
	for file, want := range map[string]string{"adobe-rgb.icc": "Adobe RGB (1998)", "sRGB.icc": "sRGB"} {
		profile, err := os.ReadFile(filepath.Join(resources(), file))
		if err != nil {
			t.Skip(err)
		}
		if got := iccName(profile); got != want {
			t.Errorf("%s: got %q, want %q", file, got, want)
		}
		if got := describe(t, withChunks(pngOf(t, corners(20, 10)), profileChunk(profile))).Profile; got != want {
			t.Errorf("%s in a PNG: got %q, want %q", file, got, want)
		}
	}
	for file, want := range map[string]string{
		"jpg-24bit-icc-adobe-rgb.jpg":    "Adobe RGB (1998)",
		"jpg-32bit-cmyk-icc-swop.jpg":    "U.S. Web Coated (SWOP) v2",
		"jpg-8bit-grey-icc-dot-gain.jpg": "Dot Gain 20%",
		"heic-24bit-exif.heic":           "Display P3",
		"jpg-24bit-icc-iec.jpg":          "sRGB IEC61966-2.1",
		"without_exif.jpg":               "",
	} {
		if got := describe(t, sample(t, file)).Profile; got != want {
			t.Errorf("%s: got %q, want %q", file, got, want)
		}
	}
}

func FuzzProfileName(f *testing.F) {
	f.Add(profileWith(descriptionV2("sRGB IEC61966-2.1")))
	f.Add(profileWith(descriptionV4("de", "Anzeige", "en", "Display P3")))
	f.Fuzz(func(t *testing.T, profile []byte) {
		if name := iccName(profile); name != "" {
			checkPrintable(t, name, maxProfileName)
		}
	})
}
