package plan

import (
	"net/netip"
	"time"
)

// HTTP says how a target is spoken to. Its zero value is HTTP/1.1 over
// connections that each user keeps.
type HTTP struct {
	Version          HTTPVersion
	KeepAlive        KeepAlive
	Connections      int // most that a user has open to the target; 0: 6
	Proxy            *Proxy
	ConnectTimeout   time.Duration // of DNS, connect and TLS together; 0: the request's own timeout only
	FirstByteTimeout time.Duration // from the request written to the first byte; 0: likewise
	DNS              DNS
	Sources          []netip.Prefix // local addresses to connect from, dealt out to users; nil: the system's choice
}

// HTTPVersion is the protocol of a target.
type HTTPVersion uint8

// Versions.
const (
	HTTP1    HTTPVersion = iota
	HTTP2                // with http:// by prior knowledge (h2c)
	HTTPAuto             // what TLS negotiates; HTTP/1.1 without TLS
)

var httpVersionNames = [...]string{"1.1", "2", "auto"}

func (v HTTPVersion) String() string { return httpVersionNames[v] }

// KeepAlive is how long a user keeps a connection.
type KeepAlive uint8

// Lifetimes of connections.
const (
	KeepUser      KeepAlive = iota // as long as the user lives
	KeepIteration                  // to the end of the task it picked
	KeepOff                        // for one exchange
)

var keepAliveNames = [...]string{"user", "iteration", "off"}

func (k KeepAlive) String() string { return keepAliveNames[k] }

// DNS is how names are resolved.
type DNS struct {
	TTL   time.Duration // how long an answer is used for new connections; 0: asked for each
	Order DNSOrder
}

// DNSOrder is which of a name's addresses is connected to.
type DNSOrder uint8

// Orders.
const (
	DNSFirst  DNSOrder = iota // in the system's order, the next one where one refuses
	DNSRotate                 // each new connection begins at the next
	DNSRandom                 // begins at a random one
)

var dnsOrderNames = [...]string{"first", "rotate", "random"}

func (o DNSOrder) String() string { return dnsOrderNames[o] }

// Proxy is what connections go through.
type Proxy struct {
	Scheme   string // "http", "https" or "socks5"
	Addr     string // host:port
	User     string
	Password string // secret
}

// TLS says how a target's certificates and ours are dealt with. The files
// were read when the plan was made.
type TLS struct {
	CA         []byte // PEM; nil: the system's roots
	CAFile     string // where it came from, for people
	Cert, Key  []byte // PEM; nil without a client certificate
	CertFile   string
	ServerName string // for SNI and verification; "": the target's host
	Min, Max   uint16 // as crypto/tls numbers versions; 0: its defaults
	Resume     bool   // sessions are resumed; otherwise each handshake is a full one
	Insecure   bool   // certificates are not verified; reports say so
}

// AuthKind is a way to authenticate that needs more than a header.
type AuthKind uint8

// Kinds. Basic and bearer authentication and API keys are headers or query
// parameters, and are compiled to such.
const (
	AuthDigest AuthKind = iota // RFC 7616
	AuthOAuth2                 // RFC 6749, section 4.4: client credentials
)

var authKindNames = [...]string{"digest", "oauth2"}

func (k AuthKind) String() string { return authKindNames[k] }

// Auth is a way to authenticate that several requests share. It is one value
// per declaration, so users keep what they know of it by its address.
type Auth struct {
	Kind AuthKind
	Site SiteID

	// Digest.
	User, Password Expr

	// OAuth2. Token is the request that gets a token: a POST of a form to
	// TokenURL; its Series is that of every exchange for one.
	Token   *Request
	PerUser bool // each user has a token of its own, not all of a run one

	// Number is that of the declaration: every class has an Auth of its own for
	// it, and a token of the run is one for all that have the same number.
	Number int
}

// AsksAt reports whether it fetches tokens from a target.
func (a *Auth) AsksAt(target int) bool {
	return a != nil && a.Token != nil && a.Token.Target == target
}
