package server

import (
	"runtime/debug"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"api-resize/proxy"
)

// Metrics counts what the service does. Make one with NewMetrics.
type Metrics struct {
	Registry *prometheus.Registry

	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	phases   *prometheus.HistogramVec
	bytes    *prometheus.CounterVec
}

// phaseBuckets are in seconds: a memory hit is below the first, the
// processing limit is the last.
var phaseBuckets = []float64{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}

// NewMetrics registers the metrics of HTTP and of the Go runtime.
func NewMetrics() *Metrics {
	m := &Metrics{
		Registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "api_resize_requests_total", Help: "Requests answered, by route pattern, status, and outcome: hit, joined, made, not-modified, the code of an error, or none.",
		}, []string{"route", "status", "outcome"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "api_resize_request_duration_seconds", Help: "Time until the answer began, by route pattern.", Buckets: phaseBuckets,
		}, []string{"route"}),
		phases: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "api_resize_phase_duration_seconds", Help: "Time in each phase of making a picture: queue, fetch, decode, transform, encode.", Buckets: phaseBuckets,
		}, []string{"phase"}),
		bytes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "api_resize_response_bytes_total", Help: "Bytes of image bodies answered, by outcome.",
		}, []string{"outcome"}),
	}
	m.Registry.MustRegister(m.requests, m.duration, m.phases, m.bytes,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.Gauge("api_resize_build_info", "1, with the version as label.", func() float64 { return 1 }, prometheus.Labels{"version": Version()})
	return m
}

// Gauge registers a value that is read when asked for.
func (m *Metrics) Gauge(name, help string, read func() float64, labels prometheus.Labels) {
	m.Registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: labels}, read))
}

// Counter registers a count that is read when asked for.
func (m *Metrics) Counter(name, help string, read func() float64, labels prometheus.Labels) {
	m.Registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help, ConstLabels: labels}, read))
}

func (m *Metrics) observe(route string, status int, current *story, took time.Duration) {
	outcome := current.outcome
	switch {
	case current.err != nil:
		outcome = current.code
	case outcome == "":
		outcome = "none"
	}
	m.requests.WithLabelValues(route, strconv.Itoa(status), outcome).Inc()
	m.duration.WithLabelValues(route).Observe(took.Seconds())
	result := current.result
	if result == nil {
		return
	}
	m.bytes.WithLabelValues(outcome).Add(float64(result.Entry.Size()))
	if result.Outcome != proxy.Made {
		return
	}
	for phase, took := range map[string]time.Duration{
		"queue": result.Queue, "fetch": result.Fetch, "decode": result.Timings.Decode,
		"transform": result.Timings.Transform, "encode": result.Timings.Encode,
	} {
		m.phases.WithLabelValues(phase).Observe(took.Seconds())
	}
}

// version is set by the linker: -X api-resize/server.version=v1.2.3.
var version string

// Version is this build's version.
func Version() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "unknown"
}
