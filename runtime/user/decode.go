package user

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"

	"throng/dsl/plan"
)

const (
	// maxPlain is how much of a decoded body is kept: as much as of one that
	// was never encoded. What is beyond is not decoded, so a bomb costs no more.
	maxPlain   = 256 << 10
	maxCodings = 4 // one over another
)

// decode replaces the body at hand by what its Content-Encoding stands for,
// where an expression reads it. The sizes in the books stay those on the wire.
// Of a body of which only the beginning is kept, the beginning is decoded.
func (u *User) decode(r *plan.Request) verdict {
	if !r.ReadsBody && !r.KeepsPage || len(u.result.Body) == 0 {
		return verdict{}
	}
	names := encodings(u.result.Header)
	if len(names) == 0 {
		return verdict{}
	}
	class, problem := u.unpack(names)
	if class == plan.OK || !r.ReadsBody {
		u.result.Body = u.plain
		u.writer.Count(u.sample.Series, plan.CountDecoded, int64(len(u.plain)), u.intended())
		return verdict{}
	}
	return verdict{class, problem, r.Site}
}

// readable is the body at hand for people: decoded if it can be.
func (u *User) readable() []byte {
	if names := encodings(u.result.Header); len(names) > 0 && len(u.result.Body) > 0 && !u.unpacked() {
		if class, _ := u.unpack(names); class == plan.OK {
			return u.plain
		}
	}
	return u.result.Body
}

// unpacked reports whether the body at hand is decoded already.
func (u *User) unpacked() bool {
	return len(u.plain) > 0 && len(u.result.Body) > 0 && &u.plain[0] == &u.result.Body[0]
}

// encodings are the codings of a body, in the order in which they were
// applied; nil for a body that is as it is. Every answer that is read is
// asked, and few have one.
func encodings(block []byte) (all []string) {
	const name = "content-encoding"
	for len(block) > len(name) {
		var l []byte
		l, block, _ = bytes.Cut(block, []byte("\r\n"))
		if len(l) <= len(name) || l[0]|0x20 != 'c' || l[len(name)] != ':' || !strings.EqualFold(string(l[:len(name)]), name) {
			continue
		}
		for coding := range strings.SplitSeq(string(l[len(name)+1:]), ",") {
			if coding = strings.ToLower(strings.Trim(coding, " \t")); coding != "" && coding != "identity" {
				all = append(all, coding)
			}
		}
	}
	return all
}

// unpack decodes the body at hand into u.plain, its first bytes if there are
// many. The class says why it cannot be decoded.
func (u *User) unpack(names []string) (plan.ErrorClass, string) {
	u.plain = u.plain[:0]
	if len(names) > maxCodings {
		return plan.FailProtocol, "the body is encoded more than four times"
	}
	whole := int64(len(u.result.Body)) >= u.result.BodySize
	head := u.result.Body
	var from io.Reader = bytes.NewReader(head)
	var err error
	wide := false // one decoder is wide at most: who holds one never waits for another
	for _, name := range slices.Backward(names) {
		c := codings[name]
		if c == nil {
			return plan.FailProtocol, "the body's Content-Encoding is " + begin(name, 40) + ", which throng cannot decode: ask for another one with Accept-Encoding"
		}
		l := c.of(head)
		if l == c.wide && wide {
			return plan.FailProtocol, "the body is encoded with " + strings.Join(names, ", ") + ": one with a wide window over another, which throng does not decode"
		}
		wide = wide || l == c.wide
		x := l.lend()
		defer l.take(x)
		if err = x.Reset(from); err != nil {
			break
		}
		from, head = x, nil
	}
	if err == nil {
		u.plain, err = readUpTo(u.plain, from, maxPlain)
	}
	switch {
	case err == nil || !whole:
		return plan.OK, ""
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		return plan.FailTruncated, "the " + strings.Join(names, ", ") + " body ends early"
	}
	return plan.FailProtocol, "the body is not valid " + strings.Join(names, ", ")
}

// readUpTo appends what a reader gives, up to a limit. Its end is no error.
func readUpTo(dst []byte, from io.Reader, limit int) ([]byte, error) {
	for len(dst) < limit {
		if len(dst) == cap(dst) {
			dst = slices.Grow(dst, max(4<<10, len(dst)))
		}
		n, err := from.Read(dst[len(dst):min(cap(dst), limit)])
		dst = dst[:len(dst)+n]
		if err == io.EOF {
			return dst, nil
		}
		if err != nil {
			return dst, err
		}
	}
	return dst, nil
}
