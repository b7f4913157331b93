package stdlib_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base32"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/plan"
)

// TestHMACVectors: RFC 4231, cases 1 and 2, RFC 2202, cases 1 and 2.
func TestHMACVectors(t *testing.T) {
	ctx := context(t, nil)
	for src, want := range map[string]string{
		`hmac("sha256", "` + strings.Repeat("0b", 20) + `", "Hi There", "hex", "hex")`: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
		`hmac("SHA-256", "Jefe", "what do ya want for nothing?")`:                      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
		`hmac("sha384", "Jefe", "what do ya want for nothing?")`:                       "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
		`hmac("sha512", "Jefe", "what do ya want for nothing?")`: "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554" +
			"9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
		`hmac("sha1", "` + strings.Repeat("0b", 20) + `", "Hi There", "hex", "hex")`:                "b617318655057264e28bc0b6fb378c8ef146be00",
		`hmac("md5", "Jefe", "what do ya want for nothing?")`:                                       "750c783e6ab0b503eaa86e310a5db738",
		`hmac("sha1", base64encode("Jefe"), "what do ya want for nothing?", "base64url", "base64")`: "7_zfauXrL6LSdBbV8YTfnCWafHk",
	} {
		if got := eval(t, ctx, src).Str(); got != want {
			t.Errorf("%s = %s, want %s", src, got, want)
		}
	}
}

// TestHOTPVectors: RFC 4226, appendix D.
func TestHOTPVectors(t *testing.T) {
	ctx := context(t, nil)
	secret := base32.StdEncoding.EncodeToString([]byte("12345678901234567890"))
	for counter, want := range strings.Fields("755224 287082 359152 969429 338314 254676 287922 162583 399871 520489") {
		if got := eval(t, ctx, fmt.Sprintf("hotp(%q, %d)", secret, counter)).Str(); got != want {
			t.Errorf("hotp of counter %d = %s, want %s", counter, got, want)
		}
	}
}

// TestTOTPVectors: RFC 6238, appendix B. Its secrets are as long as the
// digests.
func TestTOTPVectors(t *testing.T) {
	ctx := context(t, nil)
	for _, c := range []struct {
		at    int64
		codes [3]string
	}{
		{59, [3]string{"94287082", "46119246", "90693936"}},
		{1111111109, [3]string{"07081804", "68084774", "25091201"}},
		{1111111111, [3]string{"14050471", "67062674", "99943326"}},
		{1234567890, [3]string{"89005924", "91819424", "93441116"}},
		{2000000000, [3]string{"69279037", "90698825", "38618901"}},
		{20000000000, [3]string{"65353130", "77737706", "47863826"}},
	} {
		for i, hash := range []string{"sha1", "sha256", "sha512"} {
			seed := strings.Repeat("1234567890", 7)[:[]int{20, 32, 64}[i]]
			secret := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString([]byte(seed))
			src := fmt.Sprintf("hotp(%q, %d, { digits = 8, algorithm = %q })", strings.ToLower(secret), c.at/30, hash)
			if got := eval(t, ctx, src).Str(); got != c.codes[i] {
				t.Errorf("%s at %d = %s, want %s", hash, c.at, got, c.codes[i])
			}
		}
	}
}

// TestTOTPClock: the password is the one of the clock's own step, and changes
// with it.
func TestTOTPClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context(t, frame(1))
		node := lower(t, "totp", str("GEZDGNBVGY3TQOJQ"), plan.ObjectValue([]plan.Field{{Name: "period", Value: str("1m")}}))
		for range 3 {
			want := eval(t, ctx, fmt.Sprintf(`hotp("GEZDGNBVGY3TQOJQ", %d)`, time.Now().Unix()/60)).Str()
			v, err := node.Eval(frame(1))
			if err != nil || v.Str() != want {
				t.Errorf("totp gives %s, %v, want %s", v.Str(), err, want)
			}
			if got := eval(t, ctx, `totp("GEZD GNBV GY3T QOJQ", { period = "1m" })`).Str(); got != want {
				t.Errorf("HCL's totp gives %s, want %s", got, want)
			}
			time.Sleep(time.Minute)
		}
	})
}

func TestBasicAuth(t *testing.T) { // RFC 7617, section 2.1, has the second
	ctx := context(t, nil)
	for src, want := range map[string]string{
		`basicauth("Aladdin", "open sesame")`: "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", `basicauth("test", "123£")`: "Basic dGVzdDoxMjPCow==", `basicauth("", "")`: "Basic Og==",
	} {
		if got := eval(t, ctx, src).Str(); got != want {
			t.Errorf("%s = %s, want %s", src, got, want)
		}
	}
}

// keys are private keys in PEM, with the public key that checks.
func keys(t *testing.T) map[string]struct {
	pem    string
	public any
} {
	t.Helper()
	type key = struct {
		pem    string
		public any
	}
	encode := func(private any) string {
		der, err := x509.MarshalPKCS8PrivateKey(private)
		if err != nil {
			t.Fatal(err)
		}
		return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	}
	all := map[string]key{}
	r, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for _, alg := range []string{"RS256", "RS384", "RS512"} {
		all[alg] = key{encode(r), &r.PublicKey}
	}
	for alg, curve := range map[string]elliptic.Curve{"ES256": elliptic.P256(), "ES384": elliptic.P384(), "ES512": elliptic.P521()} {
		private, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		all[alg] = key{encode(private), &private.PublicKey}
	}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	all["EdDSA"] = key{encode(private), public}
	for _, alg := range []string{"HS256", "HS384", "HS512"} {
		all[alg] = key{"s3cret", []byte("s3cret")}
	}
	return all
}

// TestJWT has every algorithm's tokens checked by the library's own reader,
// and signs twice: a token must be replayed with a run.
func TestJWT(t *testing.T) {
	for alg, key := range keys(t) {
		ctx := context(t, nil)
		ctx.Variables = map[string]cty.Value{"key": cty.StringVal(key.pem), "alg": cty.StringVal(alg)}
		src := `jwt({ sub = "ann", n = 12345678901234567890, roles = ["a"], exp = 4102444800 }, key, { alg = alg, kid = "k1" })`
		signed := eval(t, ctx, src).Str()
		if again := eval(t, ctx, src).Str(); again != signed {
			t.Errorf("%s: two tokens of the same arguments differ", alg)
		}
		token, err := jwt.Parse(signed, func(*jwt.Token) (any, error) { return key.public, nil }, jwt.WithValidMethods([]string{alg}), jwt.WithJSONNumber())
		if err != nil {
			t.Errorf("%s: %v", alg, err)
			continue
		}
		claims := token.Claims.(jwt.MapClaims)
		if claims["sub"] != "ann" || fmt.Sprint(claims["n"]) != "12345678901234567890" || token.Header["kid"] != "k1" || token.Header["typ"] != "JWT" {
			t.Errorf("%s: header %v, claims %v", alg, token.Header, claims)
		}
		without := eval(t, ctx, `jwt({ sub = "ann" }, key)`).Str()
		token, err = jwt.Parse(without, func(*jwt.Token) (any, error) { return key.public, nil })
		if err != nil || token.Header["alg"] != map[string]string{"R": "RS256", "H": "HS256", "E": alg}[alg[:1]] {
			t.Errorf("%s: without alg %v, %v", alg, token, err)
		}
	}
}

// TestSigningErrors: what is wrong is said, and nothing of a key shown.
func TestSigningErrors(t *testing.T) {
	all := keys(t)
	ctx := context(t, nil)
	ctx.Variables = map[string]cty.Value{"rsa": cty.StringVal(all["RS256"].pem), "p384": cty.StringVal(all["ES384"].pem)}
	for src, want := range map[string]string{
		`jwt({}, "topsecret", { alg = "RS256" })`:            "RS256 needs an RSA private key in PEM",
		`jwt({}, p384, { alg = "ES256" })`:                   "elliptic curve of 256 bits",
		`jwt({}, rsa, { alg = "EdDSA" })`:                    "Ed25519",
		`jwt({}, "topsecret", { alg = "none" })`:             "there is no algorithm",
		`jwt({}, "topsecret", { alg = "PS256" })`:            "there is no algorithm",
		`jwt({}, "topsecret!", { key_encoding = "base64" })`: "the key is not in base64",
		`jwt({}, "-----BEGIN topsecret")`:                    "ES256 needs",
		`jwt("topsecret", "k")`:                              "the claims must be an object",
		`hmac("sha256", "topsecret", "x", "hex", "hex")`:     "the key is not in hex",
		`hmac("sha256", "topsecret", "x", "rot13")`:          "there is no encoding",
		`hotp("topsecret1", 0)`:                              "not in Base32",
		`hotp("GEZDGNBVGY3TQOJQ", -1)`:                       "must not be negative",
		`hotp("GEZDGNBVGY3TQOJQ", 1, { period = "30s" })`:    "there is no option",
		`jwt({}, "topsecret", "topsecret")`:                  "the options must be an object",
	} {
		_, diags := parse(t, src).Value(ctx)
		if !diags.HasErrors() || !strings.Contains(diags.Error(), want) {
			t.Errorf("%s: %v, want %q", src, diags, want)
		}
		for _, d := range diags.Errs() {
			if strings.Contains(d.(*hcl.Diagnostic).Detail, "topsecret") {
				t.Errorf("%s shows the key: %v", src, d)
			}
		}
	}
}
