package changes

import (
	"reflect"

	"throng/dsl/plan"
)

// spoken are the rules of how targets are spoken to, and who users are to
// them. What is secret is only told to be there.
var spoken = map[string]rule{
	"Target.HTTP": func(w *walker, n *node, owner, _ reflect.Value) {
		t := owner.Interface().(plan.Target)
		for _, s := range t.Settings() {
			n.add(fact{name: s.Name, text: w.clean(s.Value)})
		}
		if p := t.HTTP.Proxy; p != nil && p.Password != "" {
			n.add(hiddenFact("http proxy password"))
		}
		if t.TLS != nil && t.TLS.Key != nil {
			n.add(hiddenFact("tls key"))
		}
	},
	"Target.TLS": nil, // told with HTTP

	"Request.Auth": auth,
	"Socket.Auth":  auth,
	"Auth.Kind":    nil, // its name
	"Auth.Number":  nil, // who uses it says so
	"Auth.Site":    nil,
	"Auth.PerUser": flag("token for each user"),
	"Auth.Password": func(_ *walker, n *node, _, v reflect.Value) {
		if !v.IsNil() {
			n.add(hiddenFact("password"))
		}
	},
	"Auth.Token": func(w *walker, n *node, _, v reflect.Value) {
		if !v.IsNil() {
			w.fields(n, v.Elem(), "")
		}
	},
}

func hiddenFact(name string) fact { return fact{name: name, text: "(sensitive)"} }

func auth(w *walker, n *node, _, v reflect.Value) {
	if v.IsNil() {
		return
	}
	n.add(fact{name: "auth", text: v.Interface().(*plan.Auth).Kind.String()})
	k := &node{}
	w.fields(k, v.Elem(), "")
	for _, f := range k.facts {
		f.name = "auth " + f.name
		n.add(f)
	}
	for _, part := range k.kids { // what the request for a token sends
		n.add(fact{name: "auth " + part.title(), text: part.line()})
	}
}
