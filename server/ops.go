package server

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"api-resize/server/monitor"
)

// Ops is the operator's side: the monitor, metrics and profiles, on a listener of
// its own that is not for the public.
type Ops struct {
	server *http.Server
}

// NewOps builds the operator's routes.
func NewOps(metrics *Metrics, page *monitor.Monitor) *Ops {
	routes := http.NewServeMux()
	routes.Handle("/", page.Handler())
	routes.Handle("GET /metrics", promhttp.HandlerFor(metrics.Registry, promhttp.HandlerOpts{}))
	routes.HandleFunc("GET /debug/pprof/", pprof.Index)
	routes.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	routes.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	routes.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	routes.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	server := &http.Server{Handler: routes, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 30 * time.Second}
	server.RegisterOnShutdown(page.End) // whoever watches would never go
	return &Ops{server}
}

// Serve answers requests from the listener until Stop.
func (o *Ops) Serve(listener net.Listener) error {
	if err := o.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Stop ends it at once for idle connections, and within ctx for the others.
func (o *Ops) Stop(ctx context.Context) error {
	if err := o.server.Shutdown(ctx); err != nil {
		return o.server.Close()
	}
	return nil
}
