package exampleapi

import (
	"crypto/sha1"
	"encoding/base64"
	"net/http"
	"strings"
)

const websocketGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// acceptKey is the proof that a server has understood a client's key.
func acceptKey(key string) string {
	sum := sha1.Sum([]byte(key + websocketGUID))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// hasToken says whether a header is a list that holds token.
func hasToken(h http.Header, name, token string) bool {
	for _, value := range h.Values(name) {
		for part := range strings.SplitSeq(value, ",") {
			if strings.EqualFold(strings.TrimSpace(part), token) {
				return true
			}
		}
	}
	return false
}

// checkHandshake says why r can't become a socket.
func checkHandshake(r *http.Request) error {
	key, err := base64.StdEncoding.DecodeString(r.Header.Get("Sec-WebSocket-Key"))
	switch {
	case !hasToken(r.Header, "Connection", "upgrade") || !hasToken(r.Header, "Upgrade", "websocket"):
		f := problem(http.StatusUpgradeRequired, "upgrade_required", "this is a WebSocket endpoint")
		f.header = []string{"Upgrade", "websocket", "Connection", "Upgrade", "Sec-WebSocket-Version", "13"}
		return f
	case r.Header.Get("Sec-WebSocket-Version") != "13":
		f := problem(http.StatusUpgradeRequired, "upgrade_required", "only version 13 of WebSocket is spoken here")
		f.header = []string{"Sec-WebSocket-Version", "13"}
		return f
	case r.Method != http.MethodGet || !r.ProtoAtLeast(1, 1) || r.ProtoMajor != 1:
		return problem(http.StatusBadRequest, "bad_handshake", "a socket begins with a GET over HTTP/1.1")
	case err != nil || len(key) != 16:
		return problem(http.StatusBadRequest, "bad_handshake", "Sec-WebSocket-Key must be 16 bytes in base64")
	}
	return nil
}

// serveSocket checks the handshake; the socket itself lives in the upgrade.
func (s *Service) serveSocket(c *call) (reply, error) {
	if err := checkHandshake(c.r); err != nil {
		return reply{}, err
	}
	if sw := s.faults.active(faultWSRestart, s.now()); sw != nil && sw.For > 0 {
		s.sockets.refused.Add(1)
		return reply{}, problem(http.StatusServiceUnavailable, "restarting", "the service is restarting")
	}
	return reply{status: http.StatusSwitchingProtocols, upgrade: func(w http.ResponseWriter) { s.sockets.serve(w, c) }}, nil
}
