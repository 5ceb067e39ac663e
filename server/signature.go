package server

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"time"

	"api-resize/dialect"
	"api-resize/spec"
)

// The modes of signed URLs.
const (
	SignatureOff      = "off"      // not looked at
	SignatureOptional = "optional" // lifts restrictions of sources and sizes
	SignatureRequired = "required" // of every picture
)

// SigningConfig is about signed URLs; its keys are those of `security` in
// config.yaml.
type SigningConfig struct {
	// Signature is the mode. Default off.
	Signature string `mapstructure:"signature"`
	// Keys are valid all; the first one signs.
	Keys []string `mapstructure:"keys"`
}

// minSigningKey is in characters. HMAC-SHA256 is as strong as its key.
const minSigningKey = 16

// Validate reports every impossible value.
func (c SigningConfig) Validate() error {
	var faults []error
	modes := []string{SignatureOff, SignatureOptional, SignatureRequired}
	if !slices.Contains(modes, c.Signature) {
		faults = append(faults, fmt.Errorf("signature: got %q, expected off, optional or required", c.Signature))
	}
	if c.Signature != SignatureOff && len(c.Keys) == 0 {
		faults = append(faults, errors.New("keys: got nothing, expected at least one key, as signature is not off"))
	}
	for _, key := range c.Keys {
		if len(key) < minSigningKey {
			faults = append(faults, fmt.Errorf("keys: got a key of %d characters, expected at least %d", len(key), minSigningKey))
		}
	}
	return errors.Join(faults...)
}

// check judges a request's signature and end, and says whether it is trusted.
// Its errors are ErrBadSignature and ErrExpired.
func (c SigningConfig) check(request spec.Request, now time.Time) (trusted bool, err error) {
	switch {
	case c.Signature == SignatureOff:
	case request.Signature != "":
		if !c.signed(request) {
			return false, ErrBadSignature
		}
		trusted = true
	case c.Signature == SignatureRequired:
		return false, ErrBadSignature
	}
	if expires := request.Delivery.Expires; expires != 0 && now.Unix() >= expires {
		return false, ErrExpired
	}
	return trusted, nil
}

func (c SigningConfig) signed(request spec.Request) bool {
	given, err := base64.RawURLEncoding.Strict().DecodeString(request.Signature)
	if err != nil {
		return false
	}
	valid := false
	for _, key := range c.Keys {
		valid = hmac.Equal(given, signatureOf(key, dialect.Format(request))) || valid
	}
	return valid
}

// Sign is the canonical URL of a request with its signature by the first key.
func (c SigningConfig) Sign(request spec.Request) string {
	url := dialect.Format(request)
	separator := "?"
	if request.Delivery.Expires != 0 {
		separator = "&"
	}
	return url + separator + "sig=" + base64.RawURLEncoding.EncodeToString(signatureOf(c.Keys[0], url))
}

// signatureOf is HMAC-SHA256 (RFC 2104) of a canonical URL.
func signatureOf(key, url string) []byte {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(url))
	return mac.Sum(nil)
}

// publicURL is where clients get a picture.
func (s *Server) publicURL(request spec.Request) string { return s.maker.url(request) }
