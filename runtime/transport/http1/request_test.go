package http1

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"testing"

	"throng/runtime/transport"
)

// What is rendered is what another implementation understands.
func TestRender(t *testing.T) {
	for _, test := range []struct {
		m    transport.Message
		want string
	}{
		{transport.Message{Method: "GET", URI: []byte("/a?b=c"), Host: "shop.test", Header: []byte("Accept: */*\r\n")},
			"GET /a?b=c HTTP/1.1\r\nHost: shop.test\r\nAccept: */*\r\n\r\n"},
		{transport.Message{Method: "GET", Host: "shop.test"}, "GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n"},
		{transport.Message{Method: "DELETE", URI: []byte("/a"), Host: "shop.test"}, "DELETE /a HTTP/1.1\r\nHost: shop.test\r\n\r\n"},
		{transport.Message{Method: "POST", URI: []byte("/a"), Host: "shop.test"},
			"POST /a HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 0\r\n\r\n"},
		{transport.Message{Method: "GET", URI: []byte("/a"), Host: "shop.test", Body: []byte{}},
			"GET /a HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 0\r\n\r\n"},
		{transport.Message{Method: "PUT", URI: []byte("/a"), Host: "shop.test", Body: []byte("body")},
			"PUT /a HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 4\r\n\r\nbody"},
	} {
		c := client{buffers: &buffers{out: []byte("what was there before")}}
		test.m.Route = &transport.Route{}
		c.render(&test.m)
		if string(c.out) != test.want {
			t.Errorf("%q\nwant %q", c.out, test.want)
			continue
		}
		req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(c.out)))
		if err != nil {
			t.Errorf("%q: %v", c.out, err)
			continue
		}
		body, _ := io.ReadAll(req.Body)
		if req.Method != test.m.Method || req.Host != test.m.Host || !bytes.Equal(body, test.m.Body) {
			t.Errorf("%q is understood as %+v", c.out, req)
		}
	}
}
