package user

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"

	"throng/dsl/plan"
)

const (
	// maxPlain is how much of a decoded body is kept: as much as of one that
	// was never encoded. What is beyond is not decoded, so a bomb costs no more.
	maxPlain   = 256 << 10
	maxCodings = 4       // one over another
	maxWindow  = 8 << 20 // of zstd, the most that RFC 9659 lets a server use
)

// decode replaces the body at hand by what its Content-Encoding stands for,
// where an expression reads it. The sizes in the books stay those on the wire.
// Of a body of which only the beginning is kept, the beginning is decoded.
func (u *User) decode(r *plan.Request) verdict {
	if !r.ReadsBody && !r.KeepsPage || len(u.result.Body) == 0 {
		return verdict{}
	}
	codings := encodings(u.result.Header)
	if len(codings) == 0 {
		return verdict{}
	}
	class, problem := u.unpack(codings)
	if class == plan.OK || !r.ReadsBody {
		u.result.Body = u.plain
		u.writer.Count(u.sample.Series, plan.CountDecoded, int64(len(u.plain)), u.intended())
		return verdict{}
	}
	return verdict{class, problem, r.Site}
}

// readable is the body at hand for people: decoded if it can be.
func (u *User) readable() []byte {
	if codings := encodings(u.result.Header); len(codings) > 0 && len(u.result.Body) > 0 && !u.unpacked() {
		if class, _ := u.unpack(codings); class == plan.OK {
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
func (u *User) unpack(codings []string) (plan.ErrorClass, string) {
	u.plain = u.plain[:0]
	if len(codings) > maxCodings {
		return plan.FailProtocol, "the body is encoded more than four times"
	}
	whole := int64(len(u.result.Body)) >= u.result.BodySize
	var from io.Reader = bytes.NewReader(u.result.Body)
	var err error
	for _, coding := range slices.Backward(codings) {
		d := decoders[coding]
		if d == nil {
			return plan.FailProtocol, "the body's Content-Encoding is " + begin(coding, 40) + ", which throng cannot decode: ask for another one with Accept-Encoding"
		}
		x := d.Get().(decoder)
		defer d.Put(x)
		if err = x.Reset(from); err != nil {
			break
		}
		from = x
	}
	if err == nil {
		u.plain, err = readUpTo(u.plain, from, maxPlain)
	}
	switch {
	case err == nil || !whole:
		return plan.OK, ""
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		return plan.FailTruncated, "the " + strings.Join(codings, ", ") + " body ends early"
	}
	return plan.FailProtocol, "the body is not valid " + strings.Join(codings, ", ")
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

// decoder reads what is encoded, of one source after another.
type decoder interface {
	io.Reader
	Reset(from io.Reader) error
}

// decoders are the codings of RFC 9110, section 8.4.1, with those registered
// since. Users borrow them for one body.
var decoders = map[string]*sync.Pool{
	"gzip": &gzips, "x-gzip": &gzips, "deflate": &deflates, "br": &brotlis, "zstd": &zstds,
}

var (
	gzips    = sync.Pool{New: func() any { return new(gzip.Reader) }}
	deflates = sync.Pool{New: func() any { return new(deflate) }}
	brotlis  = sync.Pool{New: func() any { return brotli.NewReader(nil) }}
	zstds    = sync.Pool{New: func() any {
		d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			panic(err) // options that this package chose
		}
		return d
	}}
)

// deflate is the coding of that name: zlib's form, or without its frame as
// some servers send it.
type deflate struct {
	io.Reader
	framed, bare io.ReadCloser
}

// Reset begins with another source.
func (d *deflate) Reset(from io.Reader) (err error) {
	var head [2]byte
	if _, err := io.ReadFull(from, head[:]); err != nil {
		return err
	}
	from = io.MultiReader(bytes.NewReader(head[:]), from)
	if head[0]&0x0f == 8 && (uint(head[0])<<8|uint(head[1]))%31 == 0 {
		if d.framed == nil {
			d.framed, err = zlib.NewReader(from)
		} else {
			err = d.framed.(zlib.Resetter).Reset(from, nil)
		}
		d.Reader = d.framed
		return err
	}
	if d.bare == nil {
		d.bare = flate.NewReader(from)
	} else {
		err = d.bare.(flate.Resetter).Reset(from, nil)
	}
	d.Reader = d.bare
	return err
}
