package bench

import (
	"bytes"
	"net"
	"strconv"
	"testing"
)

// Answers of the realistic flow, by the beginning of the request.
var flowAnswers = []struct{ request, answer string }{
	{"GET /items?", answer(200, `{"total":3,"items":[{"id":"item-1"},{"id":"item-2"},{"id":"item-3"}],"next":"/items?page=2"}`)},
	{"GET /items/", answer(200, `{"id":"item-1","state":"done","name":"a thing","price":12345}`)},
	{"GET /search?", answer(200, `{"total":3,"items":[{"id":"item-1"},{"id":"item-2"},{"id":"item-3"}],"next":null}`)},
	{"POST /orders ", answer(201, `{"id":"3f0c8e0e-8f5f-4f5b-9d29-1f0e1c9d2a77","state":"new","lines":1}`)},
	{"GET /orders/", answer(200, `{"id":"3f0c8e0e-8f5f-4f5b-9d29-1f0e1c9d2a77","state":"done","lines":1}`)},
	{"GET / ", answer(200, `{"id":"abc","state":"done"}`)},
}

func answer(status int, body string) string {
	return "HTTP/1.1 " + strconv.Itoa(status) + " OK\r\nServer: bench\r\nContent-Type: application/json\r\n" +
		"Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
}

// flowServer answers the realistic flow on loopback without allocating, so
// that whatever is allocated is the generator's. It returns its base URL.
func flowServer(tb testing.TB) string {
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
			go serve(conn)
		}
	}()
	return "http://" + l.Addr().String()
}

// serve answers requests that come whole, as those of the flow do: each is
// one write of less than a segment.
func serve(conn net.Conn) {
	defer conn.Close()
	answers := make([][]byte, len(flowAnswers))
	for i := range flowAnswers {
		answers[i] = []byte(flowAnswers[i].answer)
	}
	buf := make([]byte, 16<<10)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return
		}
		for i := range flowAnswers {
			if prefix := flowAnswers[i].request; n > len(prefix) && string(buf[:len(prefix)]) == prefix {
				if bytes.Count(buf[:n], []byte("\r\n\r\n")) != 1 {
					return
				}
				if _, err := conn.Write(answers[i]); err != nil {
					return
				}
				break
			}
		}
	}
}
