package stdlib

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"throng/dsl/plan"
)

// encodingFunctions turn values into texts of some format and back, and
// texts into digests.
var encodingFunctions = []Function{
	pure(Function{Name: "jsonencode", Category: "encoding", Signature: "jsonencode(value)",
		Description: "The value as compact JSON, keys sorted, with < > & escaped. A request's json argument needs no jsonencode.",
		Example:     `jsonencode({ b = [1, true], a = null })`, Result: `"{\"a\":null,\"b\":[1,true]}"`},
		stdlib.JSONEncodeFunc, func(args []cty.Value) error {
			if textWeight(args[0]) >= MaxText {
				return errText
			}
			return nil
		}, nativeJSONEncode, false),
	pure(Function{Name: "jsondecode", Category: "encoding", Signature: "jsondecode(text)",
		Description: "The value that a JSON text holds.", Example: `jsondecode("{\"a\":[1,2]}").a[1]`, Result: `2`},
		stdlib.JSONDecodeFunc, func(args []cty.Value) error { return checkJSON(args[0].AsString()) }, nil, false),
	pure(Function{Name: "base64encode", Category: "encoding", Signature: "base64encode(text)",
		Description: "The text's bytes in Base64, with padding.", Example: `base64encode("user:secret")`, Result: `"dXNlcjpzZWNyZXQ="`},
		textFunc(encodeBase64), nil, nativeText(encodeBase64), false),
	pure(Function{Name: "base64decode", Category: "encoding", Signature: "base64decode(text)",
		Description: "The text whose bytes are written in Base64; they must be UTF-8.", Example: `base64decode("aGVsbG8=")`, Result: `"hello"`},
		textFunc(decodeBase64), nil, nativeText(decodeBase64), false),
	pure(Function{Name: "urlencode", Category: "encoding", Signature: "urlencode(text)",
		Description: "The text as it may stand in a query, with + for spaces. params and query encode by themselves.", Example: `urlencode("a b&c")`, Result: `"a+b%26c"`},
		textFunc(encodeURL), nil, nativeText(encodeURL), false),
	plain(Function{Name: "urldecode", Category: "encoding", Signature: "urldecode(text)",
		Description: "The text that urlencode had: %XX and + become what they stand for.", Example: `urldecode("a+b%26c")`, Result: `"a b&c"`},
		cty.String, 1, 1, nativeText(decodeURL)),
	plain(Function{Name: "base64gzip", Category: "encoding", Signature: "base64gzip(text)",
		Description: "The text compressed with gzip, in Base64.", Example: `base64gunzip(base64gzip("hello"))`, Result: `"hello"`},
		cty.String, 1, 1, nativeText(encodeGzip)),
	plain(Function{Name: "base64gunzip", Category: "encoding", Signature: "base64gunzip(text)",
		Description: "The text that base64gzip had, up to 1 MiB.", Example: `base64gunzip("H4sIAAAAAAAA/8pIzcnJBwQAAP//hqYQNgUAAAA=")`, Result: `"hello"`},
		cty.String, 1, 1, nativeText(decodeGzip)),
	plain(Function{Name: "textencodebase64", Category: "encoding", Signature: "textencodebase64(text, encoding)",
		Description: "The text's bytes in a character encoding of IANA's list, such as UTF-16LE, in Base64.", Example: `textencodebase64("hé", "UTF-16LE")`, Result: `"aADpAA=="`},
		cty.String, 2, 2, texts2(encodeCharset)),
	plain(Function{Name: "textdecodebase64", Category: "encoding", Signature: "textdecodebase64(text, encoding)",
		Description: "The text whose bytes in a character encoding are written in Base64.", Example: `textdecodebase64("aADpAA==", "UTF-16LE")`, Result: `"hé"`},
		cty.String, 2, 2, texts2(decodeCharset)),
	pure(Function{Name: "csvdecode", Category: "encoding", Signature: "csvdecode(text)",
		Description: "The rows of a CSV text as a list of objects; the first line names their attributes.", Example: `csvdecode("id,name\n1,ann\n2,bob")[1].name`, Result: `"bob"`},
		stdlib.CSVDecodeFunc, func(args []cty.Value) error { return checkCSV(args[0].AsString()) }, nil, false),
	pure(Function{Name: "md5", Category: "hash", Signature: "md5(text)",
		Description: "The MD5 digest in hexadecimal.", Example: `md5("hello")`, Result: `"5d41402abc4b2a76b9719d911017c592"`},
		textFunc(digestMD5), nil, nativeText(digestMD5), false),
	pure(Function{Name: "sha1", Category: "hash", Signature: "sha1(text)",
		Description: "The SHA-1 digest in hexadecimal.", Example: `sha1("hello")`, Result: `"aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"`},
		textFunc(digestSHA1), nil, nativeText(digestSHA1), false),
	pure(Function{Name: "sha256", Category: "hash", Signature: "sha256(text)",
		Description: "The SHA-256 digest in hexadecimal.", Example: `sha256("hello")`, Result: `"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"`},
		textFunc(digestSHA256), nil, nativeText(digestSHA256), false),
	pure(Function{Name: "sha512", Category: "hash", Signature: "sha512(text)",
		Description: "The SHA-512 digest in hexadecimal.", Example: `substr(sha512("hello"), 0, 16)`, Result: `"9b71d224bd62f378"`},
		textFunc(digestSHA512), nil, nativeText(digestSHA512), false),
	plain(Function{Name: "base64sha256", Category: "hash", Signature: "base64sha256(text)",
		Description: "The SHA-256 digest in Base64.", Example: `base64sha256("hello")`, Result: `"LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="`},
		cty.String, 1, 1, nativeText(base64SHA256)),
	plain(Function{Name: "base64sha512", Category: "hash", Signature: "base64sha512(text)",
		Description: "The SHA-512 digest in Base64.", Example: `substr(base64sha512("hello"), 0, 16)`, Result: `"m3HSJL1i83hdltRq"`},
		cty.String, 1, 1, nativeText(base64SHA512)),
	plain(Function{Name: "uuidv5", Category: "hash", Signature: "uuidv5(namespace, name)",
		Description: "The UUID (version 5) of a name in a namespace: \"dns\", \"url\", \"oid\", \"x500\" or a UUID. The same name has the same UUID.",
		Example:     `uuidv5("dns", "www.example.com")`, Result: `"2ed6657d-e927-568b-95e1-2665a8aea6a2"`},
		cty.String, 2, 2, texts2(uuidV5)),
}

// textFunc makes a cty function of a function from text to text.
func textFunc(fn func(s string) (string, error)) function.Function {
	return newFunction(cty.String, func(args []cty.Value) (cty.Value, error) {
		s, err := fn(args[0].AsString())
		if err != nil {
			return cty.NilVal, err
		}
		return cty.StringVal(s), nil
	}, cty.String)
}

// nativeText makes its native form.
func nativeText(fn func(s string) (string, error)) native {
	return texts1(func(s string) (plan.Value, error) {
		out, err := fn(s)
		if err != nil {
			return plan.Value{}, err
		}
		return textOf(out)
	})
}

func encodeBase64(s string) (string, error) { return base64.StdEncoding.EncodeToString([]byte(s)), nil }

func decodeBase64(s string) (string, error) {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return "", errNotBase64
	}
	if !utf8.Valid(b) {
		return "", errNotUTF8
	}
	return string(b), nil
}

func encodeURL(s string) (string, error) { return url.QueryEscape(s), nil }

func digestMD5(s string) (string, error) {
	sum := md5.Sum([]byte(s))
	return hex.EncodeToString(sum[:]), nil
}

func digestSHA1(s string) (string, error) {
	sum := sha1.Sum([]byte(s))
	return hex.EncodeToString(sum[:]), nil
}

func digestSHA256(s string) (string, error) {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:]), nil
}

func digestSHA512(s string) (string, error) {
	sum := sha512.Sum512([]byte(s))
	return hex.EncodeToString(sum[:]), nil
}

func nativeJSONEncode(args []plan.Value) (plan.Value, error) {
	left := MaxText
	if err := weigh(args[0], &left); err != nil {
		return plan.Value{}, err
	}
	return textOf(string(args[0].AppendJSON(nil, true)))
}

// weigh takes a value's size off left, as budget does for cty.
func weigh(v plan.Value, left *int) error {
	*left--
	switch v.Kind() {
	case plan.String:
		*left -= len(v.Str())
	case plan.Number:
		return checkNumber(v.Big())
	case plan.List:
		for _, item := range v.Items() {
			if err := weigh(item, left); err != nil {
				return err
			}
		}
	case plan.Object:
		for _, f := range v.Fields() {
			*left -= len(f.Name)
			if err := weigh(f.Value, left); err != nil {
				return err
			}
		}
	}
	if *left < 0 {
		return errText
	}
	return nil
}

func checkCSV(s string) error {
	first, _, _ := strings.Cut(s, "\n")
	columns := strings.Count(first, ",") + 1
	if lines := strings.Count(s, "\n") + 1; lines > MaxElements || lines*columns > 10*MaxElements {
		return errElements
	}
	return nil
}
