package truth

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mccutchen/go-httpbin/v2/httpbin"

	"throng/dsl"
	"throng/dsl/plan"
	"throng/runtime/engine"
	"throng/runtime/sla"
	"throng/runtime/transport"
	"throng/runtime/transport/http1"
)

const authenticated = `
variable "password" {
  sensitive = true
  default   = "pass:word"
}
target "api" {
  base_url = "ADDRESS"
  auth "oauth2" {
    token_url     = "/oauth/token"
    client_id     = "load"
    client_secret = var.password
    scopes        = ["read"]
    PER
  }
}
user "basic" {
  auth "basic" {
    username = user.class
    password = var.password
  }
  get "/basic-auth/basic/pass:word" {}
}
user "bearer" {
  auth "bearer" { token = session.token }
  start {
    get "/anything/open" { capture = { token = join("-", ["t", response.json.method]) } }
  }
  get "/bearer" {
    expect { condition = response.json.token == "t-GET" }
  }
}
user "key" {
  auth "api_key" {
    query = "api key"
    value = var.password
  }
  get "/anything/keyed" {
    expect { condition = response.json.args["api key"][0] == var.password }
  }
}
user "digest" {
  auth "digest" {
    username = "ada"
    password = var.password
  }
  get "/digest-auth/auth/ada/pass:word/SHA-256" {}
}
user "anonymous" {
  auth "none" {}
  get "/anything/anonymous" {
    expect { condition = try(response.json.headers.Authorization, null) == null }
  }
}
user "machine" {
  weight = 3
  get "/protected" {}
}
profile "p" {
  users      = 16
  iterations = 160
}
sla "all" { error_rate = "0%" }
`

// Every way to authenticate, from its source to the verdict, against a server
// that turns away whoever is not who it says.
func TestAuthentication(t *testing.T) {
	for per, tokens := range map[string]func(int64) bool{
		"run":  func(n int64) bool { return n == 1 },
		"user": func(n int64) bool { return n >= 1 && n <= 6 },
	} {
		var issued, strangers atomic.Int64
		bin := httpbin.New().Handler()
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/oauth/token":
				id, secret, _ := r.BasicAuth()
				if id != "load" || secret != "pass%3Aword" || r.FormValue("scope") != "read" {
					strangers.Add(1)
					w.WriteHeader(http.StatusUnauthorized)
					return
				}
				fmt.Fprintf(w, `{"access_token":"token-%d","token_type":"bearer","expires_in":3600}`, issued.Add(1))
			case "/protected":
				if !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer token-") {
					strangers.Add(1)
					w.WriteHeader(http.StatusUnauthorized)
				}
			default:
				bin.ServeHTTP(w, r)
			}
		}))
		defer server.Close()
		source := strings.NewReplacer("ADDRESS", server.URL, "PER", `per = "`+per+`"`).Replace(authenticated)
		compiled := compiled(t, source, dsl.Options{Seed: 3})
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
		checkBooks(t, out)
		if out.Verdict.State != sla.Pass || strangers.Load() != 0 || !tokens(issued.Load()) {
			t.Errorf("per %s: %s, %d strangers, %d tokens", per, out.Verdict.State, strangers.Load(), issued.Load())
		}
		var fetched int64
		for i, s := range out.Final.Total {
			if s != nil && compiled.Plan.Rows[compiled.Plan.Series[i].Row].Label() == "POST /oauth/token" {
				fetched += s.OK
			}
		}
		if fetched != issued.Load() {
			t.Errorf("per %s: %d tokens were given out, %d are in the books", per, issued.Load(), fetched)
		}
		for _, g := range out.Final.Errors {
			t.Errorf("%s: %s\n%s\n%s", plan.ErrorClass(g.Class), g.Detail, g.Sent, g.Answer)
		}
	}
}
