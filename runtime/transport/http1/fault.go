package http1

import (
	"errors"

	"throng/dsl/plan"
	"throng/runtime/transport/dial"
)

func protocol(text string) error {
	return dial.NewFault(plan.FailProtocol, nil, "not HTTP/1.1: %s", text)
}

var (
	errHeadTooLarge = error(dial.NewFault(plan.FailTooLarge, nil, "the answer's header is larger than 1 MiB"))
	errSwitching    = protocol("status 101, but no other protocol was asked for")
	errInterim      = protocol("too many interim (1xx) answers")
	errFolded       = protocol("a folded line where a header field must begin")
	errBothFramings = protocol("both Content-Length and Transfer-Encoding")
	errChunkedOld   = protocol("Transfer-Encoding in an HTTP/1.0 answer")
	errChunkSize    = protocol("a chunk's size is not a hexadecimal number")
	errChunkLine    = protocol("a chunk's size line is malformed or too long")
	errChunkEnd     = protocol("a chunk does not end where its size says")
	errChunkExcess  = protocol("chunked framing outweighs its data")
	errTrailer      = protocol("a malformed trailer field")
)

// Errors that are not shown.
var (
	errStale  = errors.New("the unused connection is closed or not silent") // it is replaced
	errEnough = errors.New("the sink wants no more")                        // it is a success
)

func badStatusLine(line []byte) error { return quoting("it begins with ", line) }
func badField(line []byte) error      { return quoting("malformed header field ", line) }
func badLength(value []byte) error    { return quoting("bad or repeated Content-Length ", value) }
func badEncoding(value []byte) error {
	return quoting("unknown or repeated Transfer-Encoding ", value)
}

// quoting is a protocol fault that shows the first bytes of what is wrong.
func quoting(what string, b []byte) error {
	const shown = 40
	more := ""
	if len(b) > shown {
		b, more = b[:shown], "…"
	}
	return dial.NewFault(plan.FailProtocol, nil, "not HTTP/1.1: %s%q%s", what, b, more)
}
