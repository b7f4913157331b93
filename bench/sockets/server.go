package main

import (
	"bufio"
	"crypto/sha1"
	"crypto/tls"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"
)

// maxHold is how long the server holds a message at most.
const maxHold = 50 * time.Millisecond

// book is what a server has seen, in its own words.
type book struct {
	Sockets int             // that were opened
	Held    []time.Duration // from reading each message to writing its answer

	mu sync.Mutex
}

func (b *book) opened() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.Sockets++
}

func (b *book) answered(held time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.Held = append(b.Held, held)
}

func (b *book) write(out io.Writer) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return json.NewEncoder(out).Encode(b)
}

// runServer listens on loopback, prints its address, and serves until its
// input ends. It answers every message, after a time, with eight bytes: how
// many nanoseconds passed from reading it to writing the answer. For each line
// of input it prints its book, as one line of JSON.
func runServer(in io.Reader, out io.Writer, secure bool) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	addr := l.Addr().String()
	if secure {
		s := httptest.NewUnstartedServer(nil) // for its certificate
		s.StartTLS()
		s.Close()
		l = tls.NewListener(l, &tls.Config{Certificates: s.TLS.Certificates, NextProtos: []string{"http/1.1"}})
	}
	var seen book
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go serve(conn, &seen)
		}
	}()
	fmt.Fprintln(out, addr)
	for lines := bufio.NewScanner(in); lines.Scan(); {
		if err := seen.write(out); err != nil {
			return err
		}
	}
	return nil
}

// serve is one connection.
func serve(conn net.Conn, seen *book) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	r, err := http.ReadRequest(in)
	if err != nil {
		return
	}
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	answer := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
		base64.StdEncoding.EncodeToString(sum[:]) + "\r\n"
	if strings.Contains(r.Header.Get("Sec-WebSocket-Extensions"), "permessage-deflate") {
		answer += "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n"
	}
	if _, err := io.WriteString(conn, answer+"\r\n"); err != nil {
		return
	}
	seen.opened()
	var write sync.Mutex
	for {
		op, err := skipFrame(in)
		if err != nil || op == 8 {
			return
		}
		if op != 2 {
			continue
		}
		came := time.Now()
		time.AfterFunc(rand.N(maxHold), func() {
			write.Lock()
			defer write.Unlock()
			held := time.Since(came)
			_, _ = conn.Write(binary.BigEndian.AppendUint64([]byte{0x82, 8}, uint64(held)))
			seen.answered(held)
		})
	}
}

// skipFrame reads a client's frame of less than 126 bytes.
func skipFrame(in *bufio.Reader) (op byte, err error) {
	var head [2]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return 0, err
	}
	n := int(head[1] & 0x7F)
	if n > 125 {
		return 0, fmt.Errorf("a frame longer than this server reads")
	}
	_, err = in.Discard(4 + n)
	return head[0] & 0x0F, err
}
