package journal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/crc32"
)

// Entry is one line of a journal. It stands for the appended entries From to
// To, both inclusive.
type Entry struct {
	Kind     string          `json:"kind"`
	From, To int64           `json:"-"`
	Data     json.RawMessage `json:"data"`
}

// line is an Entry as it is written.
type line struct {
	Kind string          `json:"kind"`
	From int64           `json:"from"`
	To   int64           `json:"to"`
	Data json.RawMessage `json:"data"`
	CRC  string          `json:"crc,omitempty"`
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

const crcMark = `,"crc":"`

// encode is an entry's line, with its line end.
func encode(e Entry) ([]byte, error) {
	b, err := json.Marshal(line{Kind: e.Kind, From: e.From, To: e.To, Data: e.Data})
	if err != nil {
		return nil, err
	}
	b = b[:len(b)-1] // the closing brace follows the checksum
	return append(append(b, ending(b)...), '\n'), nil
}

// ending is what closes a line that begins with b.
func ending(b []byte) []byte {
	return fmt.Appendf(nil, "%s%08x\"}", crcMark, crc32.Checksum(b, castagnoli))
}

// decode reads a line without its line end. It reports why one is no entry.
func decode(b []byte) (Entry, error) {
	at := bytes.LastIndex(b, []byte(crcMark))
	if at < 0 {
		return Entry{}, fmt.Errorf("a line without a checksum")
	}
	if !bytes.Equal(b[at:], ending(b[:at])) {
		return Entry{}, fmt.Errorf("a line whose checksum does not fit")
	}
	var l line
	if err := json.Unmarshal(b, &l); err != nil {
		return Entry{}, fmt.Errorf("a line that is no JSON")
	}
	if l.From < 0 || l.To < l.From {
		return Entry{}, fmt.Errorf("a line with impossible numbers")
	}
	return Entry{Kind: l.Kind, From: l.From, To: l.To, Data: l.Data}, nil
}
