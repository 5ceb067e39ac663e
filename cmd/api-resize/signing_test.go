package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const signingKeys = "security: {signature: %MODE%, keys: [\"a key of some length\"]}\n"

// TestSignedURLs: with a signature, sizes are free; without or with a wrong one,
// what the mode says. The program's own command signs.
func TestSignedURLs(t *testing.T) {
	config := patient + strings.Replace(signingKeys, "%MODE%", "optional", 1) + "sizes: {mode: list, list: [64x]}\n"
	s := start(t, config)
	id := s.upload(encodedPNG(t, cornered(300, 200)))
	file := filepath.Join(t.TempDir(), "config.yaml")
	must(t, os.WriteFile(file, []byte(config), 0o600))
	sign := func(arguments ...string) string {
		t.Helper()
		output, err := runCommand(t, append([]string{"sign", "--config", file}, arguments...)...)
		must(t, err)
		return strings.TrimSpace(output)
	}
	unlisted := "/resize/65x,f=png/" + id
	s.get(unlisted).isProblem(t, http.StatusBadRequest, "bad_option")
	signed := sign(unlisted)
	if size := s.picture(signed).size(t); size.X != 65 {
		t.Errorf("%s is %v", signed, size)
	}
	if absolute := sign("https://img.example" + unlisted); absolute != "https://img.example"+signed {
		t.Errorf("absolute: %s, want what %s is", absolute, signed)
	}
	limited := s.picture(sign("--for", "1h", unlisted))
	if control := limited.header.Get("Cache-Control"); !strings.HasPrefix(control, "public, max-age=3") || strings.Contains(control, "immutable") {
		t.Errorf("good for an hour, but %s", control)
	}
	s.get(strings.Replace(signed, "65x", "66x", 1)).isProblem(t, http.StatusForbidden, "bad_signature")
	s.get("/resize/64x/"+id+"?sig=AAAA").isProblem(t, http.StatusForbidden, "bad_signature")
	s.get("/resize/64x/"+id+"?sig=AAAA&f=png").isProblem(t, http.StatusBadRequest, "bad_option")
	s.get("/resize/64x/"+id+"?expires=1000000000").isProblem(t, http.StatusForbidden, "expired")
	s.get("/resize/64x/"+id+"?expires=soon").isProblem(t, http.StatusBadRequest, "bad_option")
	s.picture("/resize/64x/" + id)
	if log := s.log(); strings.Contains(log, "sig=") {
		t.Error("a signature is in the log")
	}
	// What is private stays so, signed or not.
	s.get(sign("/resize/64x/http://127.0.0.1/cat.jpg")).isProblem(t, http.StatusForbidden, "source_not_allowed")
	s.get(sign("/resize/64x/http://169.254.169.254/latest")).isProblem(t, http.StatusForbidden, "source_not_allowed")
}

// Where every picture's URL is signed, those that the service tells are, and it
// tells them only to who has the key.
func TestSignatureRequired(t *testing.T) {
	s := start(t, patient+strings.Replace(signingKeys, "%MODE%", "required", 1))
	uploaded := s.post(encodedPNG(t, cornered(300, 200))).json(t)
	id := uploaded["id"].(string)
	s.get("/resize/64x/"+id).isProblem(t, http.StatusForbidden, "bad_signature")
	s.picture(uploaded["urls"].(map[string]any)["small"].(string))
	for _, path := range []string{"/info/" + id, "/srcset/" + id, "/images/" + id} {
		s.get(path).isProblem(t, http.StatusUnauthorized, "unauthorized")
		if got := s.get(path, "Authorization", "Bearer "+s.key); got.status != http.StatusOK || !strings.Contains(string(got.body), "sig=") {
			t.Errorf("%s: %d %.300s", path, got.status, got.body)
		}
	}
}
