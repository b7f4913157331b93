package dial

import (
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"strconv"

	"throng/dsl/plan"
	"throng/runtime/transport"
)

// maxProxyHead is the most bytes of a proxy's answer to CONNECT.
const maxProxyHead = 64 << 10

// Forwarded reports whether requests along a route go to an HTTP proxy that
// forwards each of them: in absolute form, and with its Credentials.
func Forwarded(r *transport.Route) bool {
	return r.HTTP.Proxy != nil && r.HTTP.Proxy.Scheme != "socks5" && r.Scheme == "http"
}

// Credentials is the value of Proxy-Authorization for a proxy; "" if it needs
// none.
func Credentials(p *plan.Proxy) string {
	if p.User == "" && p.Password == "" {
		return ""
	}
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(p.User+":"+p.Password))
}

// tunnel makes of a connection to the proxy one that the target's bytes can be
// sent over.
func (a *attempt) tunnel() error {
	p := a.route.HTTP.Proxy
	switch p.Scheme {
	case "socks5":
		return a.socks(p)
	case "https":
		if err := a.secureProxy(p); err != nil {
			return err
		}
	}
	if Forwarded(a.route) && !a.o.Tunnel {
		return nil
	}
	return a.ask(p)
}

// secureProxy makes the TLS handshake with the proxy.
func (a *attempt) secureProxy(p *plan.Proxy) error {
	t := a.d.trusted(a.route.TLS)
	if t.err != nil {
		return t.err
	}
	conn := tls.Client(a.Conn, &tls.Config{
		ServerName: hostOf(p.Addr), RootCAs: t.config.RootCAs, InsecureSkipVerify: t.config.InsecureSkipVerify,
	})
	a.Conn = conn
	if err := conn.Handshake(); err != nil {
		if class := Classify(Tunnelling, err); class.Local() && class != plan.FailInternal {
			return err
		}
		return NewFault(plan.FailTLS, err, "in the TLS handshake with the proxy: %s", reason(err))
	}
	return nil
}

// ask sends CONNECT and reads the proxy's answer.
func (a *attempt) ask(p *plan.Proxy) error {
	request := "CONNECT " + a.route.Addr + " HTTP/1.1\r\nHost: " + a.route.Addr + "\r\n"
	if c := Credentials(p); c != "" {
		request += "Proxy-Authorization: " + c + "\r\n"
	}
	if _, err := io.WriteString(a.Conn, request+"\r\n"); err != nil {
		return proxyGone(err)
	}
	head, err := readHead(a.Conn)
	if err != nil {
		return err
	}
	line, _, _ := bytes.Cut(head, []byte("\r\n"))
	if len(line) < len("HTTP/1.1 200") || !bytes.HasPrefix(line, []byte("HTTP/1.")) || line[8] != ' ' {
		return NewFault(plan.FailProtocol, nil, "the proxy's answer is not HTTP/1.1: it begins with %q", line[:min(len(line), 40)])
	}
	status, err := strconv.Atoi(string(line[9:12]))
	switch {
	case err != nil:
		return NewFault(plan.FailProtocol, nil, "the proxy's answer is not HTTP/1.1: it begins with %q", line[:min(len(line), 40)])
	case status >= 200 && status < 300:
		return nil
	}
	class := plan.FailRefused
	if status == 502 || status == 503 || status == 504 {
		class = plan.FailUnreachable
	}
	return NewFault(class, nil, "the proxy refuses a connection to %s: %s", a.route.Addr, line[9:])
}

// readHead reads the proxy's answer up to its empty line. More must not come:
// the target speaks second.
func readHead(conn net.Conn) ([]byte, error) {
	buf := make([]byte, 0, 1<<10)
	for {
		if len(buf) == cap(buf) {
			if len(buf) >= maxProxyHead {
				return nil, NewFault(plan.FailTooLarge, nil, "the header of the proxy's answer is larger than 64 KiB")
			}
			buf = append(make([]byte, 0, 2*cap(buf)), buf...)
		}
		n, err := conn.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if i := bytes.Index(buf, []byte("\r\n\r\n")); i >= 0 {
			if i+4 < len(buf) && bytes.HasPrefix(buf, []byte("HTTP/1.1 2")) {
				return nil, NewFault(plan.FailProtocol, nil, "the proxy sent bytes that nobody asked for")
			}
			return buf[:i], nil
		}
		if err != nil {
			return nil, proxyGone(err)
		}
	}
}

// proxyGone is the error of a connection to the proxy that broke.
func proxyGone(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.ErrClosedPipe) {
		return NewFault(plan.FailReset, err, "%v: it closed the connection", Tunnelling)
	}
	return err
}
