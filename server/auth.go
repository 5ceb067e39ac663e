package server

import (
	"crypto/sha256"
	"crypto/subtle"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// Auth says who may do more than look at pictures.
type Auth struct {
	Keys []string // any of them will do
	Open bool     // nobody is asked
}

// keyring holds hashes, so that comparing takes equally long whatever is sent.
type keyring struct {
	open   bool
	hashes [][sha256.Size]byte
}

func newKeyring(auth Auth) keyring {
	ring := keyring{open: auth.Open}
	for _, key := range auth.Keys {
		ring.hashes = append(ring.hashes, sha256.Sum256([]byte(key)))
	}
	return ring
}

// accepts reports whether a request may do all.
func (k keyring) accepts(authorization string) bool {
	return k.open || k.valid(authorization)
}

// valid reports whether a request has a key.
func (k keyring) valid(authorization string) bool {
	scheme, key, found := strings.Cut(authorization, " ")
	if !found || !strings.EqualFold(scheme, "Bearer") {
		return false
	}
	given := sha256.Sum256([]byte(strings.TrimSpace(key)))
	match := 0
	for _, hash := range k.hashes {
		match |= subtle.ConstantTimeCompare(hash[:], given[:])
	}
	return match == 1
}

// authorized lets only requests with an API key pass.
func (s *Server) authorized(c *fiber.Ctx) error {
	if !s.keys.accepts(c.Get(fiber.HeaderAuthorization)) {
		return ErrUnauthorized
	}
	return c.Next()
}

// mayHaveURLs lets only requests with an API key pass where pictures are only to
// be had by signed URLs: the answer has some in it.
func (s *Server) mayHaveURLs(c *fiber.Ctx) error {
	if s.parts.Signing.Signature != SignatureRequired {
		return c.Next()
	}
	return s.authorized(c)
}
