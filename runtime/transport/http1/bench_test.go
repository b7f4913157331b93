package http1

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"throng/dsl/plan"
	"throng/runtime/transport"
)

const cannedAnswer = "HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Thu, 01 Oct 2026 10:00:00 GMT\r\n" +
	"Content-Type: application/json\r\nContent-Length: 27\r\nConnection: keep-alive\r\n\r\n{\"status\":\"ok\",\"items\":123}"

// canned answers every request head (and a body of fixed size) on loopback
// without allocating.
func canned(tb testing.TB, body int, answer string) string {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go serveCanned(conn, body, []byte(answer))
		}
	}()
	return l.Addr().String()
}

func serveCanned(conn net.Conn, body int, answer []byte) {
	defer conn.Close()
	end := []byte("\r\n\r\n")
	buf := make([]byte, 1<<20)
	n := 0
	for {
		k, err := conn.Read(buf[n:])
		if err != nil {
			return
		}
		n += k
		i := bytes.Index(buf[:n], end)
		if i < 0 || n < i+4+body {
			continue
		}
		n = 0
		if _, err := conn.Write(answer); err != nil {
			return
		}
	}
}

func get(addr string) *transport.Message {
	return &transport.Message{
		Route: routeTo("http", addr, ""), Host: addr, Method: "GET", URI: []byte("/items?page=1"),
		Header: []byte("Accept: */*\r\nUser-Agent: throng\r\n"), Timeout: 10 * time.Second,
	}
}

func BenchmarkGet(b *testing.B) {
	b.Run("http1", func(b *testing.B) {
		f := New(Config{})
		defer f.Close()
		c := f.Client()
		defer c.Close()
		m := get(canned(b, 0, cannedAnswer))
		var r transport.Result
		b.ReportAllocs()
		for b.Loop() {
			if c.Do(m, &r); r.Class != plan.OK {
				b.Fatal(r.Err)
			}
		}
	})
	b.Run("net-http", func(b *testing.B) {
		url := "http://" + canned(b, 0, cannedAnswer) + "/items?page=1"
		t := &http.Transport{DisableCompression: true}
		defer t.CloseIdleConnections()
		c := &http.Client{Transport: t, Timeout: 10 * time.Second}
		b.ReportAllocs()
		for b.Loop() {
			resp, err := c.Get(url)
			if err != nil {
				b.Fatal(err)
			}
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
	})
}

// BenchmarkRead is the price of understanding an answer: no network.
func BenchmarkRead(b *testing.B) {
	f := New(Config{})
	d := reader{clock: f.clock, maxBody: 1 << 20, keepBody: 1 << 10}
	for _, bench := range []struct{ name, answer string }{
		{"fixed", cannedAnswer},
		{"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1b\r\n{\"status\":\"ok\",\"items\":123}\r\n0\r\n\r\n"},
	} {
		b.Run(bench.name, func(b *testing.B) {
			src := bytes.NewReader(nil)
			answer := []byte(bench.answer)
			b.SetBytes(int64(len(answer)))
			b.ReportAllocs()
			for b.Loop() {
				src.Reset(answer)
				d.begin(src)
				if err := d.head("GET"); err != nil {
					b.Fatal(err)
				}
				if _, err := d.body(false, &f.drains, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
