package config

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/rivo/uniseg"

	"throng/dsl/diag"
)

// diagnostic places a problem in the file.
func (p *jsonProblem) diagnostic(in *jsonText) *diag.Diagnostic {
	d := diag.New(p.code, in.between(p.start, p.end), "%s", p.detail)
	if p.first != nil {
		d.Relate("it stands here first", in.of(p.first))
	}
	return d
}

// jsonText is a file's bytes with the line and column of each.
type jsonText struct {
	name   string
	src    string
	points []point
}

type point struct{ line, column int32 }

func newJSONText(src, name string) *jsonText {
	t := &jsonText{name: name, src: src, points: make([]point, 0, len(src)+1)}
	here := point{1, 1}
	for rest, state := src, -1; rest != ""; {
		size := 1
		if len(rest) == 1 || rest[0] >= ' ' && rest[0] < 0x7f && rest[1] < 0x7f {
			rest, state = rest[1:], -1
		} else {
			var cluster string
			cluster, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
			size = len(cluster)
		}
		for range size {
			t.points = append(t.points, here)
		}
		here.column++
		if strings.HasSuffix(src[:len(src)-len(rest)], "\n") {
			here = point{here.line + 1, 1}
		}
	}
	t.points = append(t.points, here)
	return t
}

func (t *jsonText) pos(at int) hcl.Pos {
	at = min(max(at, 0), len(t.src))
	p := t.points[at]
	return hcl.Pos{Line: int(p.line), Column: int(p.column), Byte: at}
}

func (t *jsonText) between(start, end int) hcl.Range {
	return hcl.Range{Filename: t.name, Start: t.pos(start), End: t.pos(end)}
}

func (t *jsonText) of(v *jsonValue) hcl.Range { return t.between(v.start, v.end) }
