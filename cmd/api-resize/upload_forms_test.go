package main

import (
	"bytes"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"testing"
)

// formOf is a form by hand, with parts' headers as they are given.
func formOf(content string, dispositions ...string) []byte {
	var body strings.Builder
	for _, disposition := range dispositions {
		fmt.Fprintf(&body, "--edge\r\nContent-Disposition: %s\r\n\r\n%s\r\n", disposition, content)
	}
	return []byte(body.String() + "--edge--\r\n")
}

// TestOddForms: forms without a file are refused; a part with a file name is a
// file whatever the field is called, and so is the field file.
func TestOddForms(t *testing.T) {
	s := start(t, patient)
	pixel := string(encodedPNG(t, cornered(3, 2)))
	send := func(body []byte, contentType string) answer { return s.post(body, "Content-Type", contentType) }
	const boundary = "multipart/form-data; boundary=edge"
	for name, disposition := range map[string]string{
		"usual": `form-data; name="file"; filename="a.png"`, "no file name": `form-data; name="file"`, "empty file name": `form-data; name="file"; filename=""`,
		"other field": `form-data; name="picture"; filename="a.png"`, "empty field": `form-data; name=""; filename="a.png"`, "no field": `form-data; filename="a.png"`, "no form-data": `attachment; filename="a.png"`,
	} {
		if got := send(formOf(pixel, disposition), boundary); got.json(t)["width"] != 3.0 {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	for name, test := range map[string]struct {
		body        []byte
		contentType string
	}{
		"no part":             {[]byte("--edge--\r\n"), boundary},
		"empty":               {nil, boundary},
		"a field, no file":    {formOf("words", `form-data; name="comment"`), boundary},
		"a field of no name":  {formOf("words", `form-data; name=""`), boundary},
		"no disposition":      {[]byte("--edge\r\n\r\nwords\r\n--edge--\r\n"), boundary},
		"another boundary":    {formOf(pixel, `form-data; name="file"; filename="a.png"`), "multipart/form-data; boundary=other"},
		"no boundary":         {formOf(pixel, `form-data; name="file"; filename="a.png"`), "multipart/form-data"},
		"an empty boundary":   {formOf(pixel, `form-data; name="file"; filename="a.png"`), `multipart/form-data; boundary=""`},
		"no end":              {bytes.TrimSuffix(formOf(pixel, `form-data; name="file"`), []byte("--edge--\r\n")), boundary},
		"cut in a header":     {[]byte("--edge\r\nContent-Disposition: form-"), boundary},
		"a header of 20 MB":   {[]byte("--edge\r\nX: " + strings.Repeat("y", 20<<20) + "\r\n\r\n\r\n--edge--\r\n"), boundary},
		"thousands of fields": {formOf("", slicesOf(`form-data; name="a"`, 5000)...), boundary},
	} {
		got := send(test.body, test.contentType)
		if got.status != 400 || got.json(t)["code"] != "bad_option" {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	// Among other fields, a file is found.
	body := formOf(pixel, `form-data; name="comment"`, `form-data; name="file"; filename="a.png"`, `form-data; name="x"`)
	if got := send(body, boundary); got.status != http.StatusOK {
		t.Errorf("among other fields: %d %s", got.status, got.body)
	}
}

func slicesOf(text string, count int) []string {
	all := make([]string, count)
	for i := range all {
		all[i] = text
	}
	return all
}

// TestOddFileNames: a name is what its last part is, can be shown and sent as it
// stands, and is no longer than a file's can be.
func TestOddFileNames(t *testing.T) {
	s := start(t, patient)
	for i, test := range []struct{ sent, name string }{
		{`../../etc/passwd`, "passwd"}, {`C:\\pictures\\cat.png`, "cat.png"}, {`/`, ""}, {`..`, ""}, {`.`, ""}, {` `, ""},
		{`über alles.png`, "über alles.png"}, {`猫.png`, "猫.png"}, {`😀.png`, "😀.png"}, {"a\u202egnp.exe", "agnp.exe"}, {"a\u0085b.png", "ab.png"},
		{`a\"b.png`, `a"b.png`}, {"a;b=c.png", "a;b=c.png"}, {"<script>.png", "<script>.png"}, {"%2e%2e%2fcat.png", "%2e%2e%2fcat.png"}, {"\xff\xfe.png", "\ufffd.png"},
		{strings.Repeat("n", 300) + ".png", strings.Repeat("n", 255)}, {strings.Repeat("ü", 40_000), strings.Repeat("ü", 127)}, {"no extension", "no extension"}, {"cat.png.exe", "cat.png.exe"},
	} {
		content := string(encodedPNG(t, cornered(10+i, 5)))
		got := s.post(formOf(content, `form-data; name="file"; filename="`+test.sent+`"`), "Content-Type", "multipart/form-data; boundary=edge")
		described := got.json(t)
		if name, _ := described["name"].(string); got.status != http.StatusCreated || name != test.name {
			t.Errorf("%.60q: %d, the name is %.60q, want %.60q", test.sent, got.status, name, test.name)
			continue
		}
		for _, path := range []string{"/images/" + described["id"].(string) + "/original", "/resize/5x/" + described["id"].(string)} {
			header := s.picture(path).header.Get("Content-Disposition")
			if kind, parameters, err := mime.ParseMediaType(header); err != nil || kind != "inline" || strings.ContainsAny(parameters["filename"], "/\\\r\n") || len(header) > 2000 {
				t.Errorf("%.60q: Content-Disposition %.100q, %v", test.sent, header, err)
			}
		}
	}
}

// What no header may have in it is no file name either.
func TestMalformedFileName(t *testing.T) {
	s := start(t, patient)
	for _, name := range []string{"a\x01b.png", "a\x00.png", "a\nb.png", "a\rb.png", "a\x7f.png"} {
		body := formOf(string(encodedPNG(t, cornered(3, 2))), `form-data; name="file"; filename="`+name+`"`)
		s.post(body, "Content-Type", "multipart/form-data; boundary=edge").isProblem(t, 400, "bad_option")
	}
}
