package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
	"go.opentelemetry.io/otel/trace"

	"api-resize/dialect"
	"api-resize/origin"
	"api-resize/proxy"
	"api-resize/server/monitor"
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
	table   []fiber.Route // of app, without what runs for every route
	openapi staticFile    // the document
	config  Config
	parts   Parts
	proxy   *proxy.Proxy
	uploads *origin.Uploads
	maker   *Maker
	keys    keyring
	metrics *Metrics
	events  *monitor.Events
	logger  *slog.Logger
	running running
	watcher *watcher
	trusted proxies
	limits  *clientLimits              // nil for none
	facts   func() (staticFile, error) // of the playground, found once
	phase   atomic.Int32
}

// Parts are what a Server works with.
type Parts struct {
	Proxy       *proxy.Proxy
	Uploads     *origin.Uploads
	Tasks       Tasks // nil: there are none
	Auth        Auth
	Dialect     dialect.Native
	Sizes       spec.SizePolicy
	Signing     SigningConfig
	SaveBytes   int64 // of one upload
	Limits      Limits
	Metrics     *Metrics
	Tracer      trace.Tracer    // nil: requests are not traced
	Events      *monitor.Events // for the operator's page
	Logger      *slog.Logger
	ServiceName string // in Cache-Status
}

// Limits are what is allowed, for explanations.
type Limits struct {
	OriginalBytes  int64   `json:"original_bytes"`
	OriginalPixels int64   `json:"original_pixels"`
	OriginalFrames int     `json:"original_frames"`
	ResultPixels   int64   `json:"result_pixels"`
	ResultSide     int     `json:"result_side"`
	Seconds        float64 `json:"processing_seconds"`
	QueueSeconds   float64 `json:"queue_seconds"`
}

// maxHeader bounds a request's line and header together, in bytes: the longest
// source, percent-encoded, and what browsers send besides.
const maxHeader = 16 << 10

// New builds the routes; nothing listens yet.
func New(config Config, parts Parts) *Server {
	s := &Server{
		config: config, parts: parts, proxy: parts.Proxy, uploads: parts.Uploads,
		keys: newKeyring(parts.Auth), metrics: parts.Metrics, events: parts.Events, logger: parts.Logger,
		watcher: newWatcher(), maker: NewMaker(config, parts), limits: newClientLimits(config),
	}
	s.trusted, _ = parseProxies(config.TrustedProxies) // Validate has reported what is wrong
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
	s.app.Server().SecureErrorLogMessage = true // its messages quote headers otherwise
	s.app.Server().HeaderReceived = s.timeouts
	s.app.Server().Handler = s.onlyKnownMethods(s.app.Server().Handler)
	s.app.Server().Logger = quiet{parts.Logger}
	s.facts = sync.OnceValues(s.newPlaygroundFacts)
	s.routes()
	s.metrics.Gauge("api_resize_ready", "1 when /readyz answers 200, else 0.", s.readyGauge, nil)
	return s
}

// timeouts gives a body the time that uploads have when it is one that may be
// uploaded; all others keep that of headers, since Fiber answers nobody before
// the first bytes of a body have come.
func (s *Server) timeouts(header *fasthttp.RequestHeader) fasthttp.RequestConfig {
	path, _, _ := bytes.Cut(header.RequestURI(), []byte("?"))
	upload := header.IsPost() && (string(path) == uploadRoute || string(path) == tasksRoute)
	if upload && s.keys.accepts(string(header.Peek(fiber.HeaderAuthorization))) {
		return fasthttp.RequestConfig{ReadTimeout: s.config.UploadTimeout}
	}
	return fasthttp.RequestConfig{}
}

func (s *Server) refuseWhenStopping(c *fiber.Ctx) error {
	if s.phase.Load() == phaseStopping {
		c.Context().Response.SetConnectionClose()
		return ErrDraining
	}
	return c.Next()
}

// State is where in its life the server is, for the operator's page.
func (s *Server) State() string {
	return [...]string{"starting", "serving", "draining", "stopping"}[s.phase.Load()]
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
// what runs gets DrainTimeout to end, and the rest is refused. It is an error
// when something was still running then. Connections on which nothing runs,
// or on which a request has only begun to arrive, are cut.
func (s *Server) Stop() error {
	s.phase.Store(phaseDraining)
	time.Sleep(s.config.DrainDelay)
	s.phase.Store(phaseStopping)
	ctx, cancel := context.WithTimeout(context.Background(), s.config.DrainTimeout)
	defer cancel()
	ended := s.running.wait(ctx)
	closing, cancelClosing := context.WithTimeout(context.Background(), closeTimeout)
	defer cancelClosing()
	err := s.app.ShutdownWithContext(closing)
	if !ended {
		return fmt.Errorf("requests were still running after %v", s.config.DrainTimeout)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return nil // what was cut off was no request yet
	}
	return err
}

// closeTimeout is for the last bytes of answers to be taken.
const closeTimeout = time.Second

// quiet takes what fasthttp says about broken connections: clients that leave
// are no event.
type quiet struct{ logger *slog.Logger }

func (q quiet) Printf(format string, args ...any) {
	q.logger.Debug("connection", "detail", fmt.Sprintf(format, args...))
}
