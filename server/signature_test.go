package server

import (
	"errors"
	"strings"
	"testing"
	"time"

	"api-resize/dialect"
)

// TestSignatureVector: the signature as anybody can compute it, with
//
//	printf %s '/resize/300x200,format=webp/photos/cat.jpg' |
//	openssl dgst -sha256 -hmac 'a key of some length' -binary | basenc --base64url | tr -d =
func TestSignatureVector(t *testing.T) {
	signing := SigningConfig{Signature: SignatureOptional, Keys: []string{"a key of some length"}}
	request, err := dialect.Native{}.Parse("/resize/300x200,f=webp/photos/cat.jpg", "")
	if err != nil {
		t.Fatal(err)
	}
	const want = "/resize/300x200,format=webp/photos/cat.jpg?sig=LMEoasbIZNKaIaVhbEB807DoQJ-W9o7cimhTf2_kg9o"
	if got := signing.Sign(request); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestSignatures(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	old, fresh := "the key of last year", "the key of this year"
	signing := SigningConfig{Signature: SignatureOptional, Keys: []string{fresh, old}}
	sign := func(key, path, query string) (string, string) {
		request, err := dialect.Native{}.Parse(path, query)
		if err != nil {
			t.Fatal(err)
		}
		url := SigningConfig{Keys: []string{key}}.Sign(request)
		before, after, _ := strings.Cut(url, "?")
		return before, after
	}
	for name, test := range map[string]struct {
		key, path, query string
		change           func(path, query string) (string, string)
		want             error
	}{
		"fresh key":    {key: fresh, path: "/resize/300x/photos/a.jpg"},
		"old key":      {key: old, path: "/resize/300x/photos/a.jpg"},
		"unknown key":  {key: "somebody else's key", path: "/resize/300x/photos/a.jpg", want: ErrBadSignature},
		"not over yet": {key: fresh, path: "/resize/300x/photos/a.jpg", query: "expires=1700000001"},
		"over":         {key: fresh, path: "/resize/300x/photos/a.jpg", query: "expires=1700000000", want: ErrExpired},
		"another spelling": {key: fresh, path: "/resize/300x200,f=webp,q=5/photos/a.jpg", change: func(_, query string) (string, string) {
			return "/resize/300x200,quality=5/photos/a.jpg", "format=webp&" + query
		}},
		"another size": {key: fresh, path: "/resize/300x/photos/a.jpg", change: func(_, query string) (string, string) {
			return "/resize/301x/photos/a.jpg", query
		}, want: ErrBadSignature},
		"another end": {key: fresh, path: "/resize/300x/photos/a.jpg", query: "expires=1700000001", change: func(path, query string) (string, string) {
			return path, "expires=1700000009&" + query[len("expires=1700000001&"):]
		}, want: ErrBadSignature},
		"not base64": {key: fresh, path: "/resize/300x/photos/a.jpg", change: func(path, _ string) (string, string) { return path, "sig=*" }, want: ErrBadSignature},
		"cut short": {key: fresh, path: "/resize/300x/photos/a.jpg", change: func(path, query string) (string, string) {
			return path, query[:len(query)-4]
		}, want: ErrBadSignature},
	} {
		path, query := sign(test.key, test.path, test.query)
		if test.change != nil {
			path, query = test.change(path, query)
		}
		request, err := dialect.Native{}.Parse(path, query)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		trusted, err := signing.check(request, now)
		if !errors.Is(err, test.want) || trusted != (test.want == nil) {
			t.Errorf("%s: trusted %v, %v; want %v", name, trusted, err, test.want)
		}
	}
}

func TestSignatureModes(t *testing.T) {
	request, err := dialect.Native{}.Parse("/resize/300x/photos/a.jpg", "")
	if err != nil {
		t.Fatal(err)
	}
	for mode, want := range map[string]error{SignatureOff: nil, SignatureOptional: nil, SignatureRequired: ErrBadSignature} {
		signing := SigningConfig{Signature: mode, Keys: []string{"a key of some length"}}
		if trusted, err := signing.check(request, time.Now()); trusted || !errors.Is(err, want) {
			t.Errorf("%s, unsigned: trusted %v, %v; want %v", mode, trusted, err, want)
		}
	}
}
