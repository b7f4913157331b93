package faultserver

import "strings"

// ChunkCase is a chunked body, well or ill formed.
type ChunkCase struct {
	Name string
	Body string // as it is on the wire
	OK   bool   // it is a complete, well-formed body
	Data string // what it stands for, when it is
}

// Chunks are the bodies of /chunk/NAME. After an ill-formed one the server
// closes the connection.
var Chunks = []ChunkCase{
	{"plain", "5\r\nhello\r\n0\r\n\r\n", true, "hello"},
	{"empty", "0\r\n\r\n", true, ""},
	{"several", "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", true, "hello"},
	{"single-bytes", strings.Repeat("1\r\nx\r\n", 1000) + "0\r\n\r\n", true, strings.Repeat("x", 1000)},
	{"upper-case", "A\r\n0123456789\r\n0\r\n\r\n", true, "0123456789"},
	{"leading-zeros", "0005\r\nhello\r\n000\r\n\r\n", true, "hello"},
	{"extension", "5;name=value;other=\"quoted\"\r\nhello\r\n0;last\r\n\r\n", true, "hello"},
	{"space-after-size", "5  \r\nhello\r\n0\r\n\r\n", true, "hello"},
	{"trailer", "5\r\nhello\r\n0\r\nX-Sum: 1\r\nX-Other: 2\r\n\r\n", true, "hello"},
	{"trailer-length", "5\r\nhello\r\n0\r\nContent-Length: 99\r\n\r\n", true, "hello"},
	{"line-ends-in-data", "4\r\n\r\n\r\n\r\n0\r\n\r\n", true, "\r\n\r\n"},

	{"no-size", "\r\nhello\r\n0\r\n\r\n", false, ""},
	{"not-hex", "xyz\r\nhello\r\n0\r\n\r\n", false, ""},
	{"negative", "-5\r\nhello\r\n0\r\n\r\n", false, ""},
	{"prefixed", "0x5\r\nhello\r\n0\r\n\r\n", false, ""},
	{"overflow", "10000000000000005\r\nhello\r\n0\r\n\r\n", false, ""},
	{"huge", "7fffffffffffffff\r\nhello", false, ""},
	{"bare-lf", "5\nhello\n0\n\n", false, ""},
	{"cr-alone", "5\rhello\r\n0\r\n\r\n", false, ""},
	{"too-long", "5\r\nhello world\r\n0\r\n\r\n", false, ""},
	{"too-short", "9\r\nhello\r\n0\r\n\r\n", false, ""},
	{"no-data-end", "5\r\nhello0\r\n\r\n", false, ""},
	{"missing-end", "5\r\nhello\r\n", false, ""},
	{"half-size", "5\r\nhello\r\n1", false, ""},
	{"long-extension", "5;" + strings.Repeat("x", 1<<20) + "\r\nhello\r\n0\r\n\r\n", false, ""},
	{"many-extensions", strings.Repeat("1;"+strings.Repeat("x", 1000)+"\r\nx\r\n", 1000) + "0\r\n\r\n", false, ""},
	{"bad-trailer", "5\r\nhello\r\n0\r\nnot a field\r\n\r\n", false, ""},
	{"endless-trailer", "0\r\n" + strings.Repeat("X-Filler: "+strings.Repeat("x", 1000)+"\r\n", 2000), false, ""},
}

func chunkCase(name string) (ChunkCase, bool) {
	for _, c := range Chunks {
		if c.Name == name {
			return c, true
		}
	}
	return ChunkCase{}, false
}
