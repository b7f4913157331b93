package compile

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"strings"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/plan"
)

// maxPEM bounds a file of certificates or a key.
const maxPEM = 1 << 20

var tlsNumbers = map[string]uint16{"1.0": tls.VersionTLS10, "1.1": tls.VersionTLS11, "1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}

// tls compiles how a target's certificates and ours are dealt with.
func (c *compiler) tls(t *plan.Target, b *config.Block) {
	if t.Scheme != "https" {
		d := c.fail(b, diag.ConflictingArguments, b.Range, "tls has no effect: base_url begins with %s://.", strings.SplitN(t.URL(), ":", 2)[0])
		d.Suggestion = "Give an https:// address, or leave tls out."
		return
	}
	v := &plan.TLS{Resume: true}
	t.TLS = v
	v.ServerName, _ = c.str(b, "server_name")
	if strings.ContainsAny(v.ServerName, ":/ ") {
		c.fail(b, diag.InvalidValue, b.Arg("server_name").Expr.Range(), "server_name is a host's name, without scheme and port.")
	}
	v.Min, v.Max = c.tlsVersion(b, "min_version"), c.tlsVersion(b, "max_version")
	if v.Min != 0 && v.Max != 0 && v.Min > v.Max {
		c.fail(b, diag.ConflictingArguments, b.Arg("min_version").Range, "min_version is newer than max_version.").Relate("max_version is here", b.Arg("max_version").Range)
	}
	if v.Max != 0 && v.Max < tls.VersionTLS12 && v.Min == 0 {
		v.Min = v.Max // whose default would be newer
	}
	if on, ok := c.boolean(b, "resume"); ok {
		v.Resume = on
	}
	c.authorities(v, b)
	c.clientCertificate(v, b)
	if v.Insecure, _ = c.boolean(b, "insecure"); v.Insecure {
		c.insecure(v, b)
	}
}

func (c *compiler) tlsVersion(b *config.Block, name string) uint16 {
	word, _ := c.keyword(b, name)
	return tlsNumbers[word]
}

func (c *compiler) insecure(v *plan.TLS, b *config.Block) {
	a := b.Arg("insecure")
	if ca := b.Arg("ca_file"); ca != nil && v.CA != nil {
		c.fail(b, diag.ConflictingArguments, ca.Range, "ca_file has no effect: insecure accepts any certificate.").Relate("insecure is here", a.Range)
		return
	}
	d := c.warn(b, diag.InsecureTLS, a.Range, "The certificate of the target is not verified, so whoever answers is taken for it.")
	d.Suggestion = "To trust a certificate of your own, name its authority with ca_file."
}

// authorities reads ca_file.
func (c *compiler) authorities(v *plan.TLS, b *config.Block) {
	name, text, ok := c.fileBytes(b, "ca_file", maxPEM)
	if !ok {
		return
	}
	if c.certificates(b, "ca_file", name, text) {
		v.CA, v.CAFile = text, name
	}
}

// certificates reports whether a file holds certificates, and nothing that
// looks like one and is none.
func (c *compiler) certificates(b *config.Block, arg, name string, text []byte) bool {
	at, found := b.Arg(arg).Expr.Range(), 0
	for rest := text; ; {
		var p *pem.Block
		if p, rest = pem.Decode(rest); p == nil {
			break
		}
		if p.Type != "CERTIFICATE" {
			continue
		}
		found++
		if _, err := x509.ParseCertificate(p.Bytes); err != nil {
			c.fail(b, diag.FileUnreadable, at, "Certificate %d in %q cannot be read: %s.", found, name, strings.TrimPrefix(err.Error(), "x509: "))
			return false
		}
	}
	if found == 0 {
		c.fail(b, diag.FileUnreadable, at, "There is no certificate in %q. It must be in PEM: a text with -----BEGIN CERTIFICATE-----.", name)
	}
	return found > 0
}

// clientCertificate reads cert_file and key_file, which belong together.
func (c *compiler) clientCertificate(v *plan.TLS, b *config.Block) {
	cert, key := b.Arg("cert_file"), b.Arg("key_file")
	_, hasCert := c.str(b, "cert_file")
	_, hasKey := c.str(b, "key_file")
	switch {
	case !hasCert && !hasKey:
		return
	case !hasCert:
		if cert == nil || !cert.Bad {
			c.fail(b, diag.MissingArgument, key.Range, "A key needs its certificate: cert_file.")
		}
		return
	case !hasKey:
		if key == nil || !key.Bad {
			c.fail(b, diag.MissingArgument, cert.Range, "A client's certificate needs its private key: key_file.")
		}
		return
	}
	name, text, ok := c.fileBytes(b, "cert_file", maxPEM)
	ok = ok && c.certificates(b, "cert_file", name, text)
	keyName, secret, okKey := c.fileBytes(b, "key_file", maxPEM)
	if !okKey {
		return
	}
	c.keepKey(secret)
	if !c.privateKey(b, keyName, secret) || !ok {
		return
	}
	if _, err := tls.X509KeyPair(text, secret); err != nil {
		c.fail(b, diag.InvalidValue, key.Expr.Range(), "The key in %q is not that of the certificate in %q.", keyName, name).Relate("the certificate is here", cert.Range)
		return
	}
	v.Cert, v.Key, v.CertFile = text, secret, name
}

// privateKey reports whether a file holds a key that can be used.
func (c *compiler) privateKey(b *config.Block, name string, text []byte) bool {
	at := b.Arg("key_file").Expr.Range()
	for rest := text; ; {
		var p *pem.Block
		if p, rest = pem.Decode(rest); p == nil {
			break
		}
		switch {
		case p.Type == "ENCRYPTED PRIVATE KEY", strings.Contains(p.Headers["Proc-Type"], "ENCRYPTED"):
			c.fail(b, diag.FileUnreadable, at, "The key in %q is encrypted. throng takes keys without a passphrase; openssl pkey -in %s writes one.", name, name)
			return false
		case p.Type != "PRIVATE KEY" && !strings.HasSuffix(p.Type, " PRIVATE KEY"):
			continue
		}
		if !readsKey(p.Bytes) {
			c.fail(b, diag.FileUnreadable, at, "The key in %q cannot be read: it is damaged, or of a kind that TLS does not use.", name)
			return false
		}
		return true
	}
	c.fail(b, diag.FileUnreadable, at, "There is no private key in %q. It must be in PEM: a text with -----BEGIN PRIVATE KEY-----.", name)
	return false
}

func readsKey(der []byte) bool {
	if _, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		return true
	}
	if _, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return true
	}
	_, err := x509.ParseECPrivateKey(der)
	return err == nil
}

// keepKey keeps the lines of a file's private keys from being shown or
// stored.
func (c *compiler) keepKey(text []byte) {
	const shortest = 16 // the last line may be anything
	inside := false
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "-----"):
			inside = strings.Contains(line, "BEGIN") && strings.Contains(line, "PRIVATE KEY")
		case inside && len(line) >= shortest:
			c.secrets.add(line)
		}
	}
}
