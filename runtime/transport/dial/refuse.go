package dial

import (
	"bytes"

	"throng/dsl/plan"
)

// Refuse is why a request of such parts cannot be sent at all, or nil: none
// may end the line it stands in, so that what came of a user's data becomes
// no second request, whoever translates it. header is whole lines.
func Refuse(method string, uri []byte, host string, header []byte) *Fault {
	switch {
	case !solid(method) || method == "":
		return NewFault(plan.FailInternal, nil, "method %q is not a token", method)
	case !solid(uri):
		return NewFault(plan.FailInternal, nil, "the URL has a space or a control character: %q", uri)
	case !solid(host):
		return NewFault(plan.FailInternal, nil, "the Host header has a space or a control character: %q", host)
	case len(header) > 0 && !bytes.HasSuffix(header, []byte("\r\n")):
		return NewFault(plan.FailInternal, nil, "the last header line has no end")
	}
	return nil
}

// TooLarge is the fault of an answer whose body is larger than it may be.
func TooLarge(limit int64) *Fault {
	return NewFault(plan.FailTooLarge, nil, "the answer's body is larger than %d bytes", limit)
}

// solid reports whether s has no space and no control byte.
func solid[S string | []byte](s S) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] == 0x7f {
			return false
		}
	}
	return true
}
