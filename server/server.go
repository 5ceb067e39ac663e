package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"api-resize/origin"
	"api-resize/proxy"
	"api-resize/spec"
)

// The phases of a server's life.
const (
	phaseStarting int32 = iota
	phaseServing
	phaseDraining // told to stop, still answering as before
	phaseStopping // finishing what runs, refusing the rest
)

// Server is the public side of the service. Make one with New.
type Server struct {
	app     *fiber.App
	config  Config
	parts   Parts
	proxy   *proxy.Proxy
	uploads *origin.Uploads
	keys    keyring
	metrics *Metrics
	logger  *slog.Logger
	running running
	phase   atomic.Int32
}

// Parts are what a Server works with.
type Parts struct {
	Proxy       *proxy.Proxy
	Uploads     *origin.Uploads
	Auth        Auth
	Sizes       spec.SizePolicy
	SaveBytes   int64 // of one upload
	Metrics     *Metrics
	Logger      *slog.Logger
	ServiceName string // in Cache-Status
}

// maxHeader bounds a request's line and header together, in bytes: the longest
// source, percent-encoded, and what browsers send besides.
const maxHeader = 16 << 10

// New builds the routes; nothing listens yet.
func New(config Config, parts Parts) *Server {
	s := &Server{
		config: config, parts: parts, proxy: parts.Proxy, uploads: parts.Uploads,
		keys: newKeyring(parts.Auth), metrics: parts.Metrics, logger: parts.Logger,
	}
	s.app = fiber.New(fiber.Config{
		AppName:               parts.ServiceName,
		DisableStartupMessage: true,
		ErrorHandler:          s.answerError,
		ReadBufferSize:        maxHeader,
		ReadTimeout:           config.HeaderTimeout,
		WriteTimeout:          config.WriteTimeout,
		IdleTimeout:           config.IdleTimeout,
		// Bodies are streamed and counted by who reads them: buffered ones pin
		// memory, and the limit here does not hold for streams.
		StreamRequestBody:            true,
		DisablePreParseMultipartForm: true,
		CaseSensitive:                true,
		StrictRouting:                true,
	})
	s.app.Server().HeaderReceived = s.timeouts
	s.app.Server().Logger = quiet{parts.Logger}
	s.routes()
	return s
}

// timeouts gives a request with a body the time that uploads have; the others
// keep that of headers.
func (s *Server) timeouts(header *fasthttp.RequestHeader) fasthttp.RequestConfig {
	if header.IsPost() {
		return fasthttp.RequestConfig{ReadTimeout: s.config.UploadTimeout}
	}
	return fasthttp.RequestConfig{}
}

// routes is the whole public surface.
func (s *Server) routes() {
	s.app.Use(s.tell)
	s.app.Get("/healthz", s.alive)
	s.app.Get("/readyz", s.ready)
	s.app.Use(s.refuseWhenStopping, s.preflight)

	s.app.Get("/resize/*", s.resize)
	s.app.Post("/images", s.authorized, s.upload)
	s.app.Get("/images/:id", s.describeImage)
	s.app.Get("/images/:id/original", s.original)
	s.app.Delete("/images/:id", s.authorized, s.deleteImage)
}

func (s *Server) refuseWhenStopping(c *fiber.Ctx) error {
	if s.phase.Load() == phaseStopping {
		c.Context().Response.SetConnectionClose()
		return ErrDraining
	}
	return c.Next()
}

// Serve answers requests from the listener until Stop.
func (s *Server) Serve(listener net.Listener) error {
	s.phase.CompareAndSwap(phaseStarting, phaseServing)
	if err := s.app.Listener(listener); err != nil {
		return fmt.Errorf("serve %s: %w", listener.Addr(), err)
	}
	return nil
}

// Stop ends the service gracefully: /readyz says 503 at once; for DrainDelay
// all is answered as before, so that whoever balances load can turn away; then
// what runs gets DrainTimeout to end, and the rest is refused.
func (s *Server) Stop() error {
	s.phase.Store(phaseDraining)
	time.Sleep(s.config.DrainDelay)
	s.phase.Store(phaseStopping)
	ctx, cancel := context.WithTimeout(context.Background(), s.config.DrainTimeout)
	defer cancel()
	s.running.wait(ctx)
	// Idle connections are closed at once; those on which an answer is still
	// being written have what is left of the time.
	err := s.app.ShutdownWithContext(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("requests were still running after %v", s.config.DrainTimeout)
	}
	return err
}

// quiet takes what fasthttp says about broken connections: clients that leave
// are no event.
type quiet struct{ logger *slog.Logger }

func (q quiet) Printf(format string, args ...any) {
	q.logger.Debug("connection", "message", fmt.Sprintf(format, args...))
}
