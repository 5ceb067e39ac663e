// Package monitor is the operator's page: what the service does now and did in
// the last hour, live in a browser.
//
// Requests leave counts in [Events]: one that is answered from the cache adds to
// two counters and takes no lock. A [Monitor] looks at them, and at what the other
// parts know of themselves, every five seconds, and every second as long as somebody
// watches. Everything that it keeps is bounded, whatever clients ask for: an hour
// of samples, and tables of a fixed number of rows.
//
// It tells sources without their query, which may hold a key; they never hold a
// user or a password, and what they are made of is data to the page, never HTML.
package monitor
