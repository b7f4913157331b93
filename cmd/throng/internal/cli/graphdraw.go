package cli

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"throng/dsl"
	"throng/runtime/report/text"
)

// shape is how a kind of node looks.
type shape struct {
	dot         string // attributes
	open, close string // Mermaid's brackets
}

var shapes = map[string]shape{
	dsl.NodeProfile: {`shape = parallelogram`, "[/", "/]"},
	dsl.NodeOnce:    {`shape = box, style = dotted`, "[[", "]]"},
	dsl.NodeUser:    {`shape = box, style = bold`, "([", "])"},
	dsl.NodeTask:    {`shape = box, style = rounded`, "(", ")"},
	dsl.NodeRequest: {`shape = box`, "[", "]"},
	dsl.NodeGroup:   {`shape = box, style = dashed`, "[", "]"},
	dsl.NodeMetric:  {`shape = ellipse`, "((", "))"},
	dsl.NodeTarget:  {`shape = component`, "{{", "}}"},
	dsl.NodeData:    {`shape = cylinder`, "[(", ")]"},
	dsl.NodeSLA:     {`shape = note`, ">", "]"},
	dsl.NodeModule:  {`shape = folder`, "[[", "]]"},
}

// dashed are the edges that are no traffic.
var dashed = map[string]bool{dsl.EdgeReads: true, dsl.EdgeJudges: true, dsl.EdgeUses: true, dsl.EdgeCounts: true}

// caption is what stands in a node, line by line. A request speaks for
// itself; the others say what they are.
func caption(n dsl.Node) []string {
	first := n.Kind + " " + n.Name
	if n.Kind == dsl.NodeRequest || n.Kind == dsl.NodeOnce {
		first = n.Name
	}
	lines := []string{text.Clean(first)}
	if n.Detail != "" {
		lines = append(lines, text.Clean(n.Detail))
	}
	return lines
}

// writeDOT writes a graph in the language of Graphviz.
func writeDOT(w io.Writer, g *dsl.Graph) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "digraph %s {\n  rankdir = LR\n  node [fontname = \"sans-serif\"]\n  edge [fontname = \"sans-serif\", fontsize = 10]\n\n", dotString(g.Scenario))
	for _, n := range g.Nodes {
		fmt.Fprintf(out, "  %s [label = %s, %s]\n", dotString(n.ID), dotString(caption(n)...), shapes[n.Kind].dot)
	}
	fmt.Fprintln(out)
	for _, e := range g.Edges {
		fmt.Fprintf(out, "  %s -> %s", dotString(e.From), dotString(e.To))
		var attributes []string
		if e.Label != "" {
			attributes = append(attributes, "label = "+dotString(text.Clean(e.Label)))
		}
		if dashed[e.Kind] {
			attributes = append(attributes, "style = dashed")
		}
		if len(attributes) > 0 {
			fmt.Fprintf(out, " [%s]", strings.Join(attributes, ", "))
		}
		fmt.Fprintln(out)
	}
	fmt.Fprintln(out, "}")
	return out.Flush()
}

// dotString is lines as one quoted string of DOT. A backslash would begin an
// escape in a label.
func dotString(lines ...string) string {
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", " ")
	for i, l := range lines {
		lines[i] = escape.Replace(l)
	}
	return `"` + strings.Join(lines, `\n`) + `"`
}

// writeMermaid writes a graph as a flowchart of Mermaid, whose nodes are
// numbered, since its identifiers can hold little.
func writeMermaid(w io.Writer, g *dsl.Graph) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, "flowchart LR")
	ids := make(map[string]string, len(g.Nodes))
	for i, n := range g.Nodes {
		ids[n.ID] = fmt.Sprintf("n%d", i+1)
		s := shapes[n.Kind]
		fmt.Fprintf(out, "  %s%s%s%s\n", ids[n.ID], s.open, mermaidString(caption(n)...), s.close)
	}
	for _, e := range g.Edges {
		arrow := "-->"
		if dashed[e.Kind] {
			arrow = "-.->"
		}
		if e.Label != "" {
			arrow += "|" + mermaidString(text.Clean(e.Label)) + "|"
		}
		fmt.Fprintf(out, "  %s %s %s\n", ids[e.From], arrow, ids[e.To])
	}
	return out.Flush()
}

// mermaidString is lines as one quoted text of Mermaid, which reads HTML and
// Markdown in it unless they are written as entities.
func mermaidString(lines ...string) string {
	escape := strings.NewReplacer(
		"#", "#35;", `"`, "#quot;", "&", "#amp;", "<", "#lt;", ">", "#gt;", "`", "#96;", "*", "#42;", "_", "#95;", "\\", "#92;", "\n", " ",
	)
	for i, l := range lines {
		lines[i] = escape.Replace(l)
	}
	return `"` + strings.Join(lines, "<br/>") + `"`
}

// The JSON form of a graph. Its version rises when a reader could misread it.
type (
	graphJSON struct {
		FormatVersion int             `json:"format_version"`
		Scenario      string          `json:"scenario"`
		Nodes         []graphNodeJSON `json:"nodes"`
		Edges         []graphEdgeJSON `json:"edges"`
	}
	graphNodeJSON struct {
		ID     string `json:"id"`
		Kind   string `json:"kind"`
		Name   string `json:"name"`
		Detail string `json:"detail,omitempty"`
	}
	graphEdgeJSON struct {
		From  string `json:"from"`
		To    string `json:"to"`
		Kind  string `json:"kind"`
		Label string `json:"label,omitempty"`
	}
)

func writeGraphJSON(w io.Writer, g *dsl.Graph) error {
	out := graphJSON{FormatVersion: 1, Scenario: g.Scenario, Nodes: []graphNodeJSON{}, Edges: []graphEdgeJSON{}}
	for _, n := range g.Nodes {
		out.Nodes = append(out.Nodes, graphNodeJSON(n))
	}
	for _, e := range g.Edges {
		out.Edges = append(out.Edges, graphEdgeJSON(e))
	}
	return writeJSON(w, out)
}
