package stdlib

import (
	"crypto/ecdsa"
	"encoding/asn1"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"throng/dsl/plan"
)

// jwtOf signs a token. The same arguments give the same token: elliptic
// curve signatures are made after RFC 6979, with no random number.
func jwtOf(args []plan.Value) (plan.Value, error) {
	if args[0].Kind() != plan.Object {
		return plan.Value{}, errors.New("the claims must be an object, not " + args[0].TypeName())
	}
	secret, err := text(args[1])
	if err != nil {
		return plan.Value{}, err
	}
	options, err := settings(args, 2)
	if err != nil {
		return plan.Value{}, err
	}
	left := MaxText
	header := map[string]any{"typ": "JWT"}
	alg, encoding := "", ""
	for _, o := range options {
		switch o.Name {
		case "alg":
			alg, err = text(o.Value)
		case "key_encoding":
			encoding, err = text(o.Value)
		default:
			err = weigh(o.Value, &left)
			header[o.Name] = json.RawMessage(o.Value.AppendJSON(nil, false))
		}
		if err != nil {
			return plan.Value{}, fmt.Errorf("option %s: %w", o.Name, err)
		}
	}
	if err := weigh(args[0], &left); err != nil {
		return plan.Value{}, err
	}
	method, key, err := signer(alg, secret, encoding)
	if err != nil {
		return plan.Value{}, err
	}
	header["alg"] = method.Alg()
	token := jwt.Token{Header: header, Claims: claims{body: args[0].AppendJSON(nil, false)}, Method: method}
	signed, err := token.SignedString(key)
	if err != nil {
		return plan.Value{}, errors.New("the token cannot be signed with this key")
	}
	return textOf(signed)
}

// claims are written as the language writes JSON, with every digit of a
// number.
type claims struct {
	jwt.MapClaims
	body []byte
}

// MarshalJSON gives the claims' own text.
func (c claims) MarshalJSON() ([]byte, error) { return c.body, nil }

// signer finds the algorithm and reads the key for it. What it says of a bad
// key shows nothing of it.
func signer(alg, secret, encoding string) (jwt.SigningMethod, any, error) {
	if alg == "" {
		alg = algorithmOf(secret)
	}
	family := alg
	if len(alg) > 2 && alg != "EdDSA" {
		family = alg[:2]
	}
	wrong := func(kind string) error {
		return fmt.Errorf("%s needs %s in PEM, and the key is none", alg, kind)
	}
	method := jwt.GetSigningMethod(alg)
	switch {
	case method == nil:
	case family == "HS":
		key, err := keyBytes(secret, encoding)
		return method, key, err
	case family == "RS":
		key, err := jwt.ParseRSAPrivateKeyFromPEM([]byte(secret))
		if err != nil {
			return nil, nil, wrong("an RSA private key")
		}
		return method, key, nil
	case family == "ES":
		ec := method.(*jwt.SigningMethodECDSA)
		key, err := jwt.ParseECPrivateKeyFromPEM([]byte(secret))
		if err != nil || key.Curve.Params().BitSize != ec.CurveBits {
			return nil, nil, wrong(fmt.Sprintf("a private key of an elliptic curve of %d bits", ec.CurveBits))
		}
		return steadyECDSA{ec}, key, nil
	case alg == "EdDSA":
		key, err := jwt.ParseEdPrivateKeyFromPEM([]byte(secret))
		if err != nil {
			return nil, nil, wrong("an Ed25519 private key")
		}
		return method, key, nil
	}
	return nil, nil, fmt.Errorf("there is no algorithm %s; there are HS256, HS384, HS512, RS256, RS384, RS512, ES256, ES384, ES512 and EdDSA", quoted(alg))
}

// algorithmOf is the algorithm a key is commonly used with.
func algorithmOf(secret string) string {
	if !strings.Contains(secret, "-----BEGIN") {
		return "HS256"
	}
	pem := []byte(secret)
	if _, err := jwt.ParseRSAPrivateKeyFromPEM(pem); err == nil {
		return "RS256"
	}
	if _, err := jwt.ParseEdPrivateKeyFromPEM(pem); err == nil {
		return "EdDSA"
	}
	if key, err := jwt.ParseECPrivateKeyFromPEM(pem); err == nil {
		switch key.Curve.Params().BitSize {
		case 384:
			return "ES384"
		case 521:
			return "ES512"
		}
	}
	return "ES256"
}

// steadyECDSA is ECDSA without a random number.
type steadyECDSA struct{ *jwt.SigningMethodECDSA }

// Sign signs after RFC 6979 and writes both numbers at full length, as RFC
// 7518, section 3.4, asks.
func (m steadyECDSA) Sign(text string, key any) ([]byte, error) {
	private, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return nil, jwt.ErrInvalidKeyType
	}
	h := m.Hash.New()
	h.Write([]byte(text))
	der, err := private.Sign(nil, h.Sum(nil), m.Hash)
	if err != nil {
		return nil, err
	}
	var s struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &s); err != nil {
		return nil, err
	}
	out := make([]byte, 2*m.KeySize)
	s.R.FillBytes(out[:m.KeySize])
	s.S.FillBytes(out[m.KeySize:])
	return out, nil
}
