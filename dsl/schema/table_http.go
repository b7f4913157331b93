package schema

// How a target is spoken to, and who a user is to it.

var dnsBlock = &Block{
	Type: "dns",
	Doc:  "How the target's name is resolved.",
	Args: []Arg{
		{Name: "ttl", Type: Duration, Default: `"0s"`, Doc: "How long an answer is used for new connections. 0 asks for each of them."},
		{Name: "order", Type: Keyword, Words: []string{"first", "rotate", "random"}, Default: `"first"`,
			Doc: "Which of several addresses a new connection goes to: the \"first\" one, to each in turn (\"rotate\"), or a \"random\" one. Where one refuses, the next is tried."},
	},
	Example: "dns {\n  ttl   = \"30s\"\n  order = \"rotate\"\n}",
}

var httpBlock = &Block{
	Type: "http",
	Doc:  "How the target is spoken to: the protocol's version, connections and how long they last, a proxy, timeouts by phase. Without it a user keeps connections with HTTP/1.1, as a browser does.",
	Args: []Arg{
		{Name: "version", Type: Keyword, Words: []string{"1.1", "2", "auto"}, Default: `"1.1"`,
			Doc: "The protocol. \"2\" over http:// is HTTP/2 by prior knowledge (h2c). \"auto\" takes what TLS negotiates, and HTTP/1.1 without TLS."},
		{Name: "keep_alive", Type: Keyword, Words: []string{"user", "iteration", "off"}, Default: `"user"`,
			Doc: "How long a user keeps a connection: as long as it lives, to the end of the task it picked (\"iteration\"), or for one exchange (\"off\")."},
		{Name: "connections", Type: Count, Default: "6", Doc: "How many connections a user has open to the target at most."},
		{Name: "proxy", Type: String, Doc: "What connections go through: http://, https:// or socks5://, with user name and password where it asks for them. May be made of a sensitive variable; null is none."},
		{Name: "connect_timeout", Type: Duration, Doc: "How long name lookup, connecting and TLS may take together. Without it only the request's timeout bounds them."},
		{Name: "first_byte_timeout", Type: Duration, Doc: "How long the first byte of an answer may take once the request is written. Without it only the request's timeout bounds it."},
		{Name: "sources", Type: Strings, Doc: "Local addresses to connect from, dealt out to the users: addresses, or networks such as \"127.0.1.0/24\". One address has some 28,000 ports to one target; many connections need several."},
	},
	Blocks:  []*Nested{one(dnsBlock)},
	Example: "http {\n  version         = \"2\"\n  keep_alive      = \"iteration\"\n  connect_timeout = \"2s\"\n  dns { order = \"rotate\" }\n}",
}

var tlsVersions = []string{"1.0", "1.1", "1.2", "1.3"}

var tlsBlock = &Block{
	Type: "tls",
	Doc:  "How the target's certificate is verified, and which one is shown to it. Files stand beside the scenario or below it, in PEM, and are read when the scenario is compiled.",
	Args: []Arg{
		{Name: "ca_file", Type: String, Doc: "Certificates of the authorities that may have signed the target's, instead of the system's."},
		{Name: "cert_file", Type: String, Doc: "The client's certificate, with those between it and its authority behind it. Needs key_file."},
		{Name: "key_file", Type: String, Doc: "The private key of cert_file, not encrypted. It is shown nowhere and stored in no plan file."},
		{Name: "server_name", Type: String, Doc: "The name that is asked for (SNI) and verified, where it is not the host of base_url."},
		{Name: "min_version", Type: Keyword, Words: tlsVersions, Default: `"1.2"`, Doc: "The oldest version that is spoken."},
		{Name: "max_version", Type: Keyword, Words: tlsVersions, Default: `"1.3"`, Doc: "The newest version that is spoken."},
		{Name: "resume", Type: Bool, Default: "true", Doc: "Whether a user's later connections resume its session. With false each makes a full handshake, as strangers do."},
		{Name: "insecure", Type: Bool, Default: "false", Doc: "Accepts any certificate. throng warns of it, since nothing then says who answered."},
	},
	Example: "tls {\n  server_name = \"api.internal\"\n  min_version = \"1.3\"\n  resume      = false\n}",
}

// AuthKinds are the labels of auth, and the arguments of each: first those it
// needs.
var AuthKinds = []AuthKind{
	{"basic", []string{"username", "password"}, nil},
	{"bearer", []string{"token"}, nil},
	{"api_key", []string{"value"}, []string{"header", "query"}},
	{"digest", []string{"username", "password"}, nil},
	{"oauth2", []string{"token_url", "client_id", "client_secret"}, []string{"scopes", "params", "style", "per"}},
	{"none", nil, nil},
}

// AuthKind is a way to authenticate.
type AuthKind struct {
	Name     string
	Required []string
	Optional []string
}

var authBlock = &Block{
	Type: "auth", Labels: []string{"kind"},
	Doc: "Authenticates requests: \"basic\" (username, password), \"bearer\" (token), \"api_key\" (header or query, value), \"digest\" (username, password), \"oauth2\" client credentials (token_url, client_id, client_secret, scopes, params, style, per), or \"none\". " +
		"A user's auth stands instead of its target's. A header of the same name that a nearer block or the request gives wins. One that reads session.x is left out until x is certain. To another host, as after a redirect, nothing of it is sent.",
	Args: []Arg{
		{Name: "username", Type: String, Phase: User, Doc: "Of basic and digest: who it is."},
		{Name: "password", Type: String, Phase: User, Doc: "Of basic and digest. Never shown."},
		{Name: "token", Type: String, Phase: User, Doc: "Of bearer: sent as Authorization: Bearer TOKEN. Never shown."},
		{Name: "header", Type: String, Doc: "Of api_key: the header that carries the key."},
		{Name: "query", Type: String, Doc: "Of api_key: the query parameter that carries the key."},
		{Name: "value", Type: String, Phase: User, Doc: "Of api_key: the key. Never shown."},
		{Name: "token_url", Type: String, Doc: "Of oauth2: where tokens are fetched: a path on the target, or an absolute address on a declared one. Each fetch is a sample of the row POST with that path."},
		{Name: "client_id", Type: String, Phase: User, Doc: "Of oauth2: the client."},
		{Name: "client_secret", Type: String, Phase: User, Doc: "Of oauth2: its secret. Never shown."},
		{Name: "scopes", Type: Strings, Doc: "Of oauth2: the scopes that are asked for."},
		{Name: "params", Type: Object, Phase: User, Doc: "Of oauth2: further fields of the token request, such as audience."},
		{Name: "style", Type: Keyword, Words: []string{"header", "body"}, Default: `"header"`, Doc: "Of oauth2: whether the client's id and secret go in a header (basic) or in the body."},
		{Name: "per", Type: Keyword, Words: []string{"run", "user"}, Default: `"run"`, Doc: "Of oauth2: one token for the whole run, or each user its own. Who needs one first fetches it; it is renewed before it expires, and once after an answer of 401."},
	},
	Example: "auth \"oauth2\" {\n  token_url     = \"/oauth/token\"\n  client_id     = \"load\"\n  client_secret = var.client_secret\n  scopes        = [\"orders:read\"]\n}",
}
