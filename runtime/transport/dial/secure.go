package dial

import (
	"crypto/tls"
	"crypto/x509"
	"slices"
	"strings"

	"throng/dsl/plan"
)

// trust is what connections with one plan.TLS have in common, made once.
type trust struct {
	config *tls.Config // its slices and pools are shared, and only read
	err    error
}

// secure makes the TLS handshake with the target.
func (a *attempt) secure() error {
	config, err := a.config()
	if err != nil {
		return err
	}
	began := a.d.clock.Now()
	a.Secure = tls.Client(a.Conn, config)
	err = a.Secure.Handshake()
	a.TLS = a.d.clock.Now() - began
	// What lies between the phases belongs to the one before.
	a.Connect = began - a.o.Start - a.DNS
	a.Conn, a.Proto = a.Secure, a.Secure.ConnectionState().NegotiatedProtocol
	if err != nil && slices.Equal(a.o.Protocols, []string{"h2"}) && strings.HasSuffix(err.Error(), "no application protocol") {
		return NewFault(plan.FailTLS, err, "the server does not speak HTTP/2 (%s)", reason(err))
	}
	return err
}

// config is that of one connection to the target.
func (a *attempt) config() (*tls.Config, error) {
	t := a.d.trusted(a.route.TLS)
	if t.err != nil {
		return nil, t.err
	}
	config := t.config.Clone()
	config.ServerName = a.route.Server
	if r := a.route.TLS; r != nil && r.ServerName != "" {
		config.ServerName = r.ServerName
	}
	config.NextProtos = a.o.Protocols
	if !config.SessionTicketsDisabled {
		config.ClientSessionCache = a.o.Sessions.Along(a.route)
	}
	return config, nil
}

// trusted is the trust of a plan.TLS, which may be nil.
func (d *Dialer) trusted(p *plan.TLS) *trust {
	if t, ok := d.trust.Load(p); ok {
		return t.(*trust)
	}
	t, _ := d.trust.LoadOrStore(p, d.newTrust(p))
	return t.(*trust)
}

func (d *Dialer) newTrust(p *plan.TLS) *trust {
	config := &tls.Config{}
	if d.tls != nil {
		config = d.tls.Clone()
	}
	if p == nil {
		return &trust{config: config}
	}
	if p.CA != nil {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(p.CA) {
			return &trust{err: NewFault(plan.FailTLS, nil, "no certificate in ca_file %s", p.CAFile)}
		}
	}
	if p.Cert != nil {
		pair, err := tls.X509KeyPair(p.Cert, p.Key)
		if err != nil {
			return &trust{err: NewFault(plan.FailTLS, err, "the client certificate %s: %s", p.CertFile, err)}
		}
		// As a function, because a list would be searched for one that the
		// server says it accepts, and none be sent where it names others: the
		// server is to refuse it, not to wonder why there is none.
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
	}
	config.MinVersion, config.MaxVersion = p.Min, p.Max
	config.InsecureSkipVerify = p.Insecure
	config.SessionTicketsDisabled = !p.Resume
	return &trust{config: config}
}
