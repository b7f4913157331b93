package stdlib

import (
	"crypto"
	"crypto/hmac"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	_ "crypto/md5" // the hashes that hmac names
	_ "crypto/sha1"
	_ "crypto/sha256"
	_ "crypto/sha512"

	"github.com/zclconf/go-cty/cty"

	"throng/dsl/plan"
)

// signingFunctions make what proves who a user is. They hold no secret and
// keep none.
var signingFunctions = []Function{
	plain(Function{Name: "basicauth", Category: "signing", Signature: "basicauth(user, password)",
		Description: "The value of an Authorization header for HTTP's Basic scheme.", Example: `basicauth("ann", "s3cret")`, Result: `"Basic YW5uOnMzY3JldA=="`},
		cty.String, 2, 2, texts2(basicAuth)),
	plain(Function{Name: "hmac", Category: "signing", Signature: "hmac(algorithm, key, text, [encoding, [key_encoding]])",
		Description: "The HMAC of a text: the algorithm is md5, sha1, sha256, sha384 or sha512. encoding, hex unless said, may be base64 or base64url (without padding). A key that is not text is given in one of these, which key_encoding names.",
		Example:     `hmac("sha256", "key", "hello", "base64")`, Result: `"kwezuRXvtRcf8U2MtV+8x5jGwO8UVtZt7RpqpyOli3s="`},
		cty.String, 3, 5, hmacOf),
	plain(Function{Name: "jwt", Category: "signing", Signature: "jwt(claims, key, [options])",
		Description: "A signed JSON Web Token. The algorithm, alg in the options, is HS256, HS384, HS512 (the key is text), RS256, RS384, RS512, ES256, ES384, ES512 or EdDSA (the key is a private one in PEM); left out, it follows from the key. key_encoding = \"base64\" (or hex, base64url) reads a key that is not text. All other options, such as kid, go into the token's header.",
		Example:     `jwt({ sub = "ann" }, "s3cret", { kid = "k1" })`, Result: `"eyJhbGciOiJIUzI1NiIsImtpZCI6ImsxIiwidHlwIjoiSldUIn0.eyJzdWIiOiJhbm4ifQ.cEt8BZT0SLfMIWGvbvKxlVJAI7aQL1sKmmOmVm0NVPA"`},
		cty.String, 2, 3, jwtOf),
	plain(Function{Name: "hotp", Category: "signing", Signature: "hotp(secret, counter, [options])",
		Description: "A one-time password by counter (RFC 4226). The secret is in Base32, as authenticator apps show it; options are digits (6 unless said, to 10) and algorithm (sha1, sha256, sha512).",
		Example:     `hotp("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", 1)`, Result: `"287082"`},
		cty.String, 2, 3, hotpOf),
	impureUpTo(Function{Name: "totp", Category: "signing", Signature: "totp(secret, [options])",
		Description: "The one-time password of this moment (RFC 6238), as an authenticator app shows it. Options are those of hotp, and period (30 seconds unless said). It reads the clock, and is not replayed with a seed.",
		Example:     `totp("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")`, Result: `"287082"`},
		cty.String, 1, 2, prepareTOTP),
}

// basicAuth is RFC 7617's form: the colon divides, so no user name holds one.
func basicAuth(user, password string) (plan.Value, error) {
	if strings.Contains(user, ":") {
		return plan.Value{}, errors.New("the user name of Basic authentication must not contain a colon")
	}
	return textOf("Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password)))
}

var digests = map[string]crypto.Hash{
	"md5": crypto.MD5, "sha1": crypto.SHA1, "sha256": crypto.SHA256, "sha384": crypto.SHA384, "sha512": crypto.SHA512,
}

// digest finds a hash by its name, "sha256" or "SHA-256".
func digest(name string) (crypto.Hash, error) {
	h, ok := digests[strings.ReplaceAll(strings.ToLower(name), "-", "")]
	if !ok {
		return 0, fmt.Errorf("there is no algorithm %s; there are md5, sha1, sha256, sha384 and sha512", quoted(name))
	}
	return h, nil
}

// hmacOf is RFC 2104's HMAC.
func hmacOf(args []plan.Value) (plan.Value, error) {
	in := [5]string{3: "hex"}
	for i, a := range args {
		s, err := text(a)
		if err != nil {
			return plan.Value{}, err
		}
		in[i] = s
	}
	hash, err := digest(in[0])
	if err != nil {
		return plan.Value{}, err
	}
	key, err := keyBytes(in[1], in[4])
	if err != nil {
		return plan.Value{}, err
	}
	mac := hmac.New(hash.New, key)
	mac.Write([]byte(in[2]))
	switch sum := mac.Sum(nil); in[3] {
	case "hex":
		return plan.StringValue(hex.EncodeToString(sum)), nil
	case "base64":
		return plan.StringValue(base64.StdEncoding.EncodeToString(sum)), nil
	case "base64url":
		return plan.StringValue(base64.RawURLEncoding.EncodeToString(sum)), nil
	}
	return plan.Value{}, fmt.Errorf("there is no encoding %s; there are hex, base64 and base64url", quoted(in[3]))
}

// keyBytes are the bytes of a key as its encoding says; "" is text. Errors
// show nothing of the key.
func keyBytes(key, encoding string) ([]byte, error) {
	var b []byte
	var err error
	switch encoding {
	case "", "text":
		return []byte(key), nil
	case "hex":
		b, err = hex.DecodeString(key)
	case "base64":
		b, err = base64.StdEncoding.DecodeString(key)
	case "base64url":
		b, err = base64.RawURLEncoding.DecodeString(strings.TrimRight(key, "="))
	default:
		return nil, fmt.Errorf("there is no encoding %s for a key; there are text, hex, base64 and base64url", quoted(encoding))
	}
	if err != nil {
		return nil, errors.New("the key is not in " + encoding)
	}
	return b, nil
}

// settings reads an argument of options: an object or null.
func settings(args []plan.Value, at int) ([]plan.Field, error) {
	if at >= len(args) || args[at].IsNull() {
		return nil, nil
	}
	if args[at].Kind() != plan.Object {
		return nil, errors.New("the options must be an object, not " + args[at].TypeName())
	}
	return args[at].Fields(), nil
}
