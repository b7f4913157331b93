package truth

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"throng/dsl"
	"throng/runtime/engine"
	"throng/runtime/transport"
	"throng/runtime/transport/http1"
)

const echoing = `
target "api" {
  base_url = "ADDRESS"
  auth "bearer" { token = session.token }
}
target "old" {
  base_url = "ADDRESS"
  auth "basic" {
    username = "ada"
    password = "correcthorse"
  }
}
setup {
  get "/login/run" {
    target  = target.old
    capture = { key = response.json.token }
  }
}
task "greet" {
  input "as" {}
  get "/echo/input" { headers = { X-API-Key = input.as } }
}
user "u" {
  target = target.api
  start {
    get "/login/user" { capture = { raw = response.json.token } }
    set { token = upper(session.raw) }
    get "/login/task" { capture = { given = response.json.token } }
  }
  task "t" {
    get "/echo/own" {}
    get "/echo/setup" { headers = { Cookie = "k=${setup.key}" } }
    call "greet" { with = { as = session.given } }
    get "/tell/all" {}
    get "/login/never" {
      expect { status = 418 }
      capture = { given = response.json.token }
    }
    get "/echo/written" { target = target.old }
  }
}
profile "p" {
  users      = 1
  iterations = 2
}
`

// What authenticates is shown nowhere, whatever of it a server repeats: neither
// as it was captured nor as it was sent.
func TestCapturedTokensAreHidden(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, last, _ := strings.Cut(r.URL.Path[1:], "/")
		switch {
		case strings.HasPrefix(r.URL.Path, "/login/"):
			fmt.Fprintf(w, `{"token":"tok-%s-5417"}`, last)
		case strings.HasPrefix(r.URL.Path, "/echo/"):
			w.WriteHeader(http.StatusTeapot)
			fmt.Fprint(w, "echo ", r.Header.Get("Authorization"), r.Header.Get("Cookie"), r.Header.Get("X-API-Key"), " correcthorse")
		default:
			w.WriteHeader(http.StatusTeapot)
			fmt.Fprint(w, "told tok-user-5417 tok-run-5417 tok-task-5417 TOK-USER-5417")
		}
	}))
	defer server.Close()
	compiled := compiled(t, strings.ReplaceAll(echoing, "ADDRESS", server.URL), dsl.Options{Seed: 3})
	if compiled.Plan == nil {
		t.Fatal(compiled.Diagnostics.Err())
	}
	e := engine.New(compiled.Plan, engine.Options{RunID: "run", Health: quiet{}, Factory: func(clock *transport.Clock) transport.Factory {
		return http1.New(http1.Config{Clock: clock})
	}})
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	out, err := e.Run(ctx)
	if err != nil {
		t.Fatal(err)
	}
	clean := func(what string, v any) {
		t.Helper()
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"5417", "correcthorse", "YWRhOmNvcnJlY3Rob3JzZQ"} {
			if strings.Contains(string(text), secret) {
				t.Errorf("%s tells %s: %s", what, secret, text)
			}
		}
	}
	echoes := 0
	for i := range out.Final.Errors {
		g := &out.Final.Errors[i]
		clean("a failure", []string{g.Detail, g.Sent, g.Answer})
		if strings.Contains(g.Answer, "(secret)") {
			echoes++
		}
	}
	if echoes != 6 {
		t.Errorf("%d kinds of failures show that something is hidden, want 6", echoes)
	}
}
