// Package proxy answers with the least work: it finds out which picture is
// meant, looks whether that was made already, and otherwise makes it once, for
// all who ask at the same time.
//
//	Locate: record of the original → format negotiated → key and ETag
//	Open:   memory → disk → join or start the flight →
//	        original → slot → transform → answer, and store behind its back
//
// It promises that equal requests at the same time cost one fetch and one
// picture; that a slot of the processors is only held while there is
// something to compute; that one client's leaving or one flight's panic harms
// no other; and that a picture of something forgotten meanwhile is never kept.
//
// It knows no HTTP headers but Accept, no libvips, and no way how bytes are
// kept: those are server's, transform's and cache's.
package proxy
