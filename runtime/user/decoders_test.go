package user

import (
	"bytes"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"throng/dsl/plan"
)

// wideBodies are bombs that ask for the widest windows, by coding.
func wideBodies(t *testing.T) map[string][]byte {
	t.Helper()
	plain := make([]byte, 2<<20)
	var br bytes.Buffer
	w := brotli.NewWriterOptions(&br, brotli.WriterOptions{Quality: 5, LGWin: 24})
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var zs bytes.Buffer
	z, err := zstd.NewWriter(&zs, zstd.WithWindowSize(maxWindow), zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := z.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{"br": br.Bytes(), "zstd": zs.Bytes()}
}

// bodyUser is a user who has just been sent a body.
func bodyUser(body []byte) *User {
	u := &User{bench: &bench{}}
	u.result.Body, u.result.BodySize = body, int64(len(body))
	return u
}

// However many bodies with wide windows come at once, there are no more
// decoders for them than a machine can bear.
func TestWideWindowsAreFew(t *testing.T) {
	if most := wideBrotlis<<24 + wideZstds*maxWindow; most >= 50<<20 {
		t.Errorf("wide windows may take %d MiB", most>>20)
	}
	for name, body := range wideBodies(t) {
		t.Run(name, func(t *testing.T) {
			c := codings[name]
			before := c.wide
			defer func() { c.wide = before }()
			var made, lent, most atomic.Int64
			kept := before.(*stock)
			watched := &watchedLender{stock: newStock(cap(kept.free), func() decoder { made.Add(1); return kept.create() }), lent: &lent, most: &most}
			c.wide = watched
			var users sync.WaitGroup
			for range 8 {
				users.Go(func() {
					for range 3 {
						if class, problem := bodyUser(body).unpack([]string{name}); class != plan.OK {
							t.Error(problem)
						}
					}
				})
			}
			users.Wait()
			bound := int64(cap(kept.free))
			if made.Load() < 1 || made.Load() > bound || most.Load() < 1 || most.Load() > bound || lent.Load() != 0 {
				t.Errorf("%d were made, %d lent at once, %d not given back; there may be %d", made.Load(), most.Load(), lent.Load(), bound)
			}
		})
	}
}

// watchedLender counts what a stock has lent.
type watchedLender struct {
	*stock
	lent, most *atomic.Int64
}

func (w *watchedLender) lend() decoder {
	d := w.stock.lend()
	n := w.lent.Add(1)
	for old := w.most.Load(); n > old && !w.most.CompareAndSwap(old, n); old = w.most.Load() {
	}
	return d
}

func (w *watchedLender) take(d decoder) {
	w.lent.Add(-1)
	w.stock.take(d)
}

// Who finds no decoder waits for one that is given back.
func TestStockWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStock(2, newBrotli)
		first, second := s.lend(), s.lend()
		var third atomic.Value
		go func() { third.Store(s.lend()) }()
		synctest.Wait()
		if third.Load() != nil {
			t.Fatal("a third decoder was lent")
		}
		s.take(first)
		synctest.Wait()
		if third.Load() != first || second == first {
			t.Error("not the one that was given back")
		}
	})
}

// What has a small window waits for nobody.
func TestSmallWindows(t *testing.T) {
	var br bytes.Buffer
	w := brotli.NewWriterOptions(&br, brotli.WriterOptions{Quality: 5, LGWin: 19})
	_, _ = w.Write([]byte("hello"))
	_ = w.Close()
	z, _ := zstd.NewWriter(nil, zstd.WithWindowSize(wideWindow))
	for name, body := range map[string][]byte{"br": br.Bytes(), "zstd": z.EncodeAll([]byte("hello"), nil)} {
		if l := codings[name].of(body); l != codings[name].usual {
			t.Errorf("%s: a wide one", name)
		}
		u := bodyUser(body)
		if class, problem := u.unpack([]string{name}); class != plan.OK || string(u.plain) != "hello" {
			t.Errorf("%s: %q, %s", name, u.plain, problem)
		}
	}
	for name, body := range wideBodies(t) {
		if l := codings[name].of(body); l != codings[name].wide {
			t.Errorf("%s: a small one", name)
		}
	}
}

// Two wide windows, one over the other, would let two bodies wait for each
// other, and nobody sends them.
func TestOneWideWindowABody(t *testing.T) {
	class, problem := bodyUser(wideBodies(t)["br"]).unpack([]string{"br", "br"})
	if class != plan.FailProtocol || !strings.Contains(problem, "br, br: one with a wide window over another") {
		t.Errorf("%v: %s", class, problem)
	}
}
