package testfile_test

import (
	"strings"
	"testing"

	"throng/dsl/testfile"
)

// sent returns the requests of one run; what has no meaning differs with n.
func sent(n string) string {
	return strings.ReplaceAll(`{
  "POST /login": [{"method": "POST", "path": "/login", "params": {}, "query": {"next": "/a b", "at": "12NN"},
    "headers": {"host": "127.0.0.1:41NN", "user-agent": "throng/0.NN", "content-type": "application/json", "Content-Length": "5NN",
      "origin": "http://127.0.0.1:41NN", "date": "Sat, NN Jan", "traceparent": "00-NN-01", "accept-encoding": "gzip;q=NN", "x-stamp": "NN"},
    "body": "{\"sent_at\": NN, \"b\": [1, {\"sent_at\": \"NN\"}], \"a\": \"<http://127.0.0.1:41NN/x>\", \"big\": 12345678901234567890}", "count": 1}],
  "GET /items/:id": [
    {"method": "GET", "path": "/items/1", "headers": {"host": "127.0.0.1:41NN", "accept": "*/*"}, "body": "", "count": 1},
    {"method": "GET", "path": "/items/2", "headers": {"host": "api.mock", "user-agent": "curl/8", "accept": "a\nfake: 1"}, "body": "", "count": 2}],
  "POST /photo": [{"method": "POST", "path": "/photo", "headers": {"content-type": "multipart/form-data; boundary=bNN"},
    "body": "--bNN\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nhello\r\n--bNN--\r\n", "count": 1},
    {"method": "POST", "path": "/photo", "headers": {}, "body": "\u0000\u0001", "count": 2},
    {"method": "POST", "path": "/photo", "headers": {}, "body": "{broken", "count": 3}]
}`, "NN", n)
}

const kept = `### GET /items/:id, 1 of 2

GET /items/1
accept: */*
host: 127.0.0.1:(port)

### GET /items/:id, 2 of 2

GET /items/2
accept: a�fake: 1
host: api.mock
user-agent: curl/8

### POST /login, 1 of 1

POST /login?at=(masked)&next=%2Fa+b
content-type: application/json
date: (date)
host: 127.0.0.1:(port)
origin: http://127.0.0.1:(port)
traceparent: (trace)
user-agent: throng/(version)
x-stamp: (masked)

{
  "a": "<http://127.0.0.1:(port)/x>",
  "b": [
    1,
    {
      "sent_at": "(masked)"
    }
  ],
  "big": 12345678901234567890,
  "sent_at": "(masked)"
}

### POST /photo, 1 of 3

POST /photo
content-type: multipart/form-data; boundary=(boundary)

--(boundary)
Content-Disposition: form-data; name="a"

hello
--(boundary)--

### POST /photo, 2 of 3

POST /photo

(2 bytes, sha256 b413f47d13ee2fe6c845b2ee141af81de858df4ec549a58b7970bb96645bc8d2)

### POST /photo, 3 of 3

POST /photo

{broken
`

// TestSnapshot holds that the text is the same for two runs that differ in
// nothing that matters.
func TestSnapshot(t *testing.T) {
	for _, n := range []string{"1", "27"} {
		same(t, "run "+n, testfile.Snapshot([]byte(sent(n)), "sent_at", "X-Stamp", "at"), kept)
	}
	for _, nothing := range []string{"", "{}", "broken"} {
		same(t, nothing, testfile.Snapshot([]byte(nothing)), "")
	}
}

func TestDifference(t *testing.T) {
	same(t, "none", testfile.Difference(kept, kept), "")
	changed := strings.Replace(kept, "/items/2", "/items/3", 1)
	same(t, "one line", testfile.Difference(kept, changed), `--- expected
+++ this run
@@ -6,7 +6,7 @@
 
 ### GET /items/:id, 2 of 2
 
-GET /items/2
+GET /items/3
 accept: a�fake: 1
 host: api.mock
 user-agent: curl/8
`)
}
