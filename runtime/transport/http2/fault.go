package http2

import (
	"errors"
	"fmt"
	"strings"

	"throng/dsl/plan"
	"throng/runtime/transport/dial"
)

// Errors that are not shown.
var (
	errStale    = errors.New("the connection takes no further stream") // it is replaced
	errDeclined = errors.New("the server took HTTP/1.1")               // another client goes on
)

// streamError has the fields of the library's error of one stream, which its
// As method fills: that type has no name to refer to.
type streamError struct {
	StreamID uint32
	Code     uint32
	Cause    error
}

func (e streamError) Error() string { return e.Cause.Error() }

// causeFromPeer is the Cause of a stream error that the server sent.
const causeFromPeer = "received from peer"

// codes are the names of error codes (RFC 9113, section 7).
var codes = [...]string{
	"NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED", "FRAME_SIZE_ERROR",
	"REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR", "CONNECT_ERROR", "ENHANCE_YOUR_CALM", "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED",
}

func codeName(code uint32) string {
	if code < uint32(len(codes)) {
		return codes[code]
	}
	return fmt.Sprintf("code %#x", code)
}

// explain is the fault of a stream over cn, given what ended it.
func explain(stage dial.Stage, cn *conn, err error) *dial.Fault {
	if f := (*dial.Fault)(nil); errors.As(err, &f) {
		return f
	}
	var s streamError
	if errors.As(err, &s) {
		return ofStream(stage, s, err)
	}
	if lost := cn.lost(); lost != nil && ofLibrary(err) {
		err = lost // what came of the connection, not what that meant to the library
	}
	if code, away := cn.away(); away {
		return dial.NewFault(plan.FailReset, err, "%v: the server sent GOAWAY (%s)", stage, codeName(code))
	}
	if p := cn.stranger(); p != nil {
		return dial.NewFault(plan.FailProtocol, err, "not HTTP/2: it begins with %q", p[:min(len(p), 40)])
	}
	if ofLibrary(err) {
		return ofConnection(stage, cn, err)
	}
	return dial.Explain(stage, err)
}

// ofLibrary reports whether err has words of the library's only: it is not of
// the network.
func ofLibrary(err error) bool {
	return dial.Classify(dial.Awaiting, err) == plan.FailInternal
}

func ofStream(stage dial.Stage, s streamError, err error) *dial.Fault {
	cause := ""
	if s.Cause != nil {
		cause = s.Cause.Error()
	}
	switch {
	case cause == causeFromPeer:
		return dial.NewFault(plan.FailReset, err, "%v: the server reset the stream (%s)", stage, codeName(s.Code))
	case strings.Contains(cause, "header list larger"):
		return dial.NewFault(plan.FailTooLarge, err, "the answer's header is larger than 1 MiB")
	case cause == "":
		cause = codeName(s.Code)
	}
	return dial.NewFault(plan.FailProtocol, err, "not HTTP/2: %s", cause)
}

// ofConnection is the fault of a stream that the library ended for its own
// reasons: those of the connection are the server's, others the request's.
func ofConnection(stage dial.Stage, cn *conn, err error) *dial.Fault {
	text := strings.TrimPrefix(err.Error(), "http2: ")
	if stage > dial.Sending || cn.h2.Err() != nil || strings.HasPrefix(text, "connection error") {
		return dial.NewFault(plan.FailProtocol, err, "not HTTP/2: %s", text)
	}
	return dial.NewFault(plan.FailInternal, err, "%s", text)
}
