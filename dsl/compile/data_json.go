package compile

import (
	"bytes"
	"errors"
	"io"

	"github.com/tidwall/gjson"

	"throng/dsl/plan"
)

// json reads a list of objects with the same attributes.
func (t *table) json() bool {
	name, _ := t.c.str(t.block, "file")
	bad := &plan.BadRows{Word: "row"}
	return t.read(func(f *dataFile) (bool, error) {
		src, err := io.ReadAll(f)
		if err != nil {
			return false, err
		}
		if tooDeep(src) || !gjson.ValidBytes(src) {
			return false, errors.New("the file is not JSON")
		}
		list := gjson.ParseBytes(src)
		if !list.IsArray() {
			return false, errors.New("the file must hold a list of objects: [ { … }, … ]")
		}
		n := 0
		list.ForEach(func(_, row gjson.Result) bool {
			n++
			t.AddRow(fromJSON(row), n, bad)
			return true
		})
		return true, nil
	}) && t.rowsFit("file", name, bad)
}

// ndjson reads one object a line. Empty lines are no rows.
func (t *table) ndjson() bool {
	name, _ := t.c.str(t.block, "file")
	bad := &plan.BadRows{Word: "line"}
	return t.read(func(f *dataFile) (bool, error) {
		for n := 1; ; n++ {
			line, err := f.ReadBytes('\n')
			if err != nil && !errors.Is(err, io.EOF) {
				return false, err
			}
			switch line := bytes.TrimSpace(line); {
			case len(line) == 0:
			case tooDeep(line) || !gjson.ValidBytes(line):
				bad.Add(n, "", "it is not JSON")
			default:
				t.AddRow(fromJSON(gjson.ParseBytes(line)), n, bad)
			}
			if err != nil {
				return true, nil
			}
		}
	}) && t.rowsFit("file", name, bad)
}
