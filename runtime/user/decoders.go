package user

import (
	"bytes"
	"io"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// What a body is decoded with looks back over a window, whose size the server
// chooses: up to 16 MiB for br and, by RFC 9659, 8 MiB for zstd. So that no
// server fills this machine's memory, there are few decoders with a wide
// window, of which a body has one at most, and bodies wait for their turn.
// That costs no measurement, and little time: a wait is as long as another
// user's body takes to be decoded.
const (
	wideWindow  = 512 << 10
	maxWindow   = 8 << 20 // of zstd
	wideBrotlis = 2
	wideZstds   = 1
)

// decoder reads what is encoded, of one source after another.
type decoder interface {
	io.Reader
	Reset(from io.Reader) error
}

// lender lends decoders for one body each.
type lender interface {
	lend() decoder
	take(d decoder)
}

// coding is a content coding. Those without wide have a small window.
type coding struct {
	usual lender
	wide  lender
	// isWide tells by the beginning of what is encoded whether its window is
	// wide.
	isWide func(head []byte) bool
}

// codings are those of RFC 9110, section 8.4.1, with those registered since.
var codings = map[string]*coding{
	"gzip": &gzips, "x-gzip": &gzips, "deflate": &deflates, "br": &brotlis, "zstd": &zstds,
}

var (
	gzips    = coding{usual: newPool(func() decoder { return new(gzip.Reader) })}
	deflates = coding{usual: newPool(func() decoder { return new(deflate) })}
	brotlis  = coding{newPool(newBrotli), newStock(wideBrotlis, newBrotli), wideBrotli}
	zstds    = coding{newPool(newZstd(wideWindow)), newStock(wideZstds, newZstd(maxWindow)), wideZstd}
)

func newBrotli() decoder { return brotli.NewReader(nil) }

func newZstd(window uint64) func() decoder {
	return func() decoder {
		d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(window))
		if err != nil {
			panic(err) // options that this package chose
		}
		return d
	}
}

// of is what lends the decoder for something encoded. Of what is itself
// encoded nothing is known before it is decoded: head is nil.
func (c *coding) of(head []byte) lender {
	if c.wide != nil && (head == nil || c.isWide(head)) {
		return c.wide
	}
	return c.usual
}

// wideBrotli reads the window's size, WBITS (RFC 7932, section 9.1).
func wideBrotli(head []byte) bool {
	if len(head) == 0 || head[0]&1 == 0 { // 64 KiB
		return false
	}
	return head[0]>>1&7 > 2 // 2^(17+n) bytes, and n of 0 is less
}

func wideZstd(head []byte) bool {
	var h zstd.Header
	return h.Decode(head) != nil || h.Skippable || h.WindowSize > wideWindow
}

// pool lends as many decoders as are asked for.
type pool struct{ sync.Pool }

func newPool(create func() decoder) *pool {
	return &pool{sync.Pool{New: func() any { return create() }}}
}

func (p *pool) lend() decoder  { return p.Get().(decoder) }
func (p *pool) take(d decoder) { p.Put(d) }

// stock lends no more decoders than it has, which it makes when they are
// needed and keeps. Who finds none waits.
type stock struct {
	free   chan decoder // nil for one that is not made yet
	create func() decoder
}

func newStock(n int, create func() decoder) *stock {
	s := &stock{make(chan decoder, n), create}
	for range n {
		s.free <- nil
	}
	return s
}

func (s *stock) lend() decoder {
	d := <-s.free
	if d == nil {
		d = s.create()
	}
	return d
}

func (s *stock) take(d decoder) { s.free <- d }

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
