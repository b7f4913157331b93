package changes

import (
	"strings"
	"testing"
)

const spokenTo = `
variable "secret" {
  sensitive = true
  default   = "hunter2000"
}
target "api" {
  base_url = "http://127.0.0.1:8000"
  http {
    version = "2"
    proxy   = "http://ada:opensesame@proxy:3128"
  }
  auth "oauth2" {
    token_url     = "/token"
    client_id     = "load"
    client_secret = var.secret
  }
}
user "u" {
  get "/" {}
}
profile "p" {
  users    = 1
  duration = "1m"
}
sla "all" { error_rate = "1%" }
`

// What differs in how a target is spoken to is told, in words, and what is
// secret is not shown.
func TestChangesOfHTTP(t *testing.T) {
	for name, c := range map[string]struct{ from, to, want string }{
		"nothing":        {"", "", ""},
		"version":        {`"2"`, `"auto"`, "http version=2>auto"},
		"a default":      {`version = "2"`, "", "http version=2>"},
		"a new setting":  {`version = "2"`, "version = \"2\"\n    keep_alive = \"off\"", "http keep_alive=>off"},
		"dns":            {`proxy   = "http://ada:opensesame@proxy:3128"`, `dns { order = "random" }`, "http dns order=>random"},
		"the proxy":      {"proxy:3128", "proxy:3129", "http proxy=http://ada@proxy:3128>http://ada@proxy:3129"},
		"where tokens":   {`"/token"`, `"/oauth"`, "auth path=`/token`>`/oauth`"},
		"whose":          {`"/token"`, "\"/token\"\n    per = \"user\"", "auth token for each user=>yes"},
		"another client": {`client_id     = "load"`, "client_id = \"load\"\n    style = \"body\"", "client_id"},
	} {
		old, now := compile(t, spokenTo), compile(t, strings.Replace(spokenTo, c.from, c.to, 1))
		d := Between(old, now)
		var got []string
		for _, g := range d.Groups {
			for _, change := range g.Changes {
				got = append(got, change.What+" "+change.Name)
				for _, detail := range change.Details {
					text := func(s *string) string {
						if s == nil {
							return ""
						}
						return *s
					}
					got = append(got, detail.Name+"="+text(detail.Old)+">"+text(detail.New))
				}
			}
		}
		all := strings.Join(got, "; ")
		if !strings.Contains(all, c.want) || c.want == "" && all != "" || strings.Contains(all, "opensesame") || strings.Contains(all, "hunter2000") {
			t.Errorf("%s: %s; want %s", name, all, c.want)
		}
	}
}
