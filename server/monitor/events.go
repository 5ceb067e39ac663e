package monitor

import (
	"sync/atomic"
	"time"
)

// Outcome is how a request was answered, as far as the monitor tells them apart.
type Outcome uint8

// The outcomes.
const (
	FromMemory  Outcome = iota // a picture that was in memory
	FromDisk                   // a picture that was on disk
	Joined                     // a picture that somebody else was making already
	Made                       // a picture that was made
	NotModified                // 304
	ClientError                // 4xx
	ServerError                // 5xx
	Other                      // uploads, information, what else there is
	outcomes
)

// outcomeNames are those of the JSON.
var outcomeNames = [outcomes]string{"memory", "disk", "joined", "made", "not_modified", "client_error", "server_error", "other"}

// Events are what requests leave for the monitor. The zero value is ready.
type Events struct {
	requests [outcomes]atomic.Uint64
	served   atomic.Uint64 // bytes of bodies
	waits    waits
	codes    codes

	slowSources, failingSources ranking
	slowOrigins, failingOrigins ranking
	failures                    failures
}

// NewEvents returns Events of which nothing has happened yet.
func NewEvents() *Events {
	return &Events{
		slowSources: ranking{by: bySlowest}, failingSources: ranking{by: byCount},
		slowOrigins: ranking{by: bySlowest}, failingOrigins: ranking{by: byCount},
	}
}

// Answered counts a request that was answered with a body of so many bytes.
func (e *Events) Answered(outcome Outcome, bytes int) {
	e.requests[outcome].Add(1)
	if bytes > 0 {
		e.served.Add(uint64(bytes))
	}
}

// Subject is what a request was about.
type Subject struct {
	RequestID string
	Source    string // without its query; empty for none
	Origin    string // where the source is: a host, an alias, the uploads
	At        time.Time
}

// Work is how long it took to make a picture.
type Work struct {
	Took  time.Duration // from the request to its answer
	Queue time.Duration // of that, waiting for a slot
	Fetch time.Duration // of that, fetching the original; 0 when there was no need to
}

// Worked remembers a picture that was made.
func (e *Events) Worked(subject Subject, work Work) {
	e.waits.add(work.Queue)
	e.slowSources.add(subject.Source, Row{Count: 1, Slowest: work.Took, RequestID: subject.RequestID, At: subject.At})
	if work.Fetch > 0 {
		e.slowOrigins.add(subject.Origin, Row{Count: 1, Slowest: work.Fetch, RequestID: subject.RequestID, At: subject.At})
	}
}

// Failure is a request that went wrong, or that was answered with another picture
// since the one that was asked for could not be had.
type Failure struct {
	Route    string
	Status   int
	Code     string
	Took     time.Duration
	BySource bool // it is the source that could not be made into a picture
	ByOrigin bool // it is the origin that did not give it
}

// Failed remembers a request that went wrong.
func (e *Events) Failed(subject Subject, failure Failure) {
	e.codes.add(failure.Code)
	e.failures.add(subject, failure)
	row := Row{Count: 1, Slowest: failure.Took, Code: failure.Code, RequestID: subject.RequestID, At: subject.At}
	if failure.BySource {
		e.failingSources.add(subject.Source, row)
	}
	if failure.ByOrigin {
		e.failingOrigins.add(subject.Origin, row)
	}
}
