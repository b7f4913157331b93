package stdlib

import (
	"crypto"
	"crypto/hmac"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"throng/dsl/plan"
)

// password makes one-time passwords.
type password struct {
	secret []byte
	digits int
	hash   crypto.Hash
	period time.Duration
}

// readPassword reads a secret and the options at a position.
func readPassword(args []plan.Value, at int) (password, error) {
	p := password{digits: 6, hash: crypto.SHA1, period: 30 * time.Second}
	s, err := text(args[0])
	if err != nil {
		return p, err
	}
	s = strings.ToUpper(strings.TrimRight(strings.ReplaceAll(s, " ", ""), "="))
	p.secret, err = base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(s)
	if err != nil || len(p.secret) == 0 {
		return p, errors.New("the secret is not in Base32 (letters A-Z and digits 2-7)")
	}
	options, err := settings(args, at)
	if err != nil {
		return p, err
	}
	for _, o := range options {
		if err := p.set(o, at == 1); err != nil {
			return p, err
		}
	}
	return p, nil
}

func (p *password) set(o plan.Field, byTime bool) error {
	switch {
	case o.Name == "digits":
		n, err := wholeNumber(o.Value, "digits")
		if err != nil {
			return err
		}
		if n < 1 || n > 10 {
			return errors.New("digits must be from 1 to 10")
		}
		p.digits = int(n)
	case o.Name == "algorithm":
		name, err := text(o.Value)
		if err != nil {
			return err
		}
		p.hash, err = digest(name)
		return err
	case o.Name == "period" && byTime:
		d, err := duration(o.Value)
		if err != nil {
			return err
		}
		if d < time.Second {
			return errors.New("period must be a second or longer")
		}
		p.period = d
	default:
		return fmt.Errorf("there is no option %s", quoted(o.Name))
	}
	return nil
}

// code is the password of a counter: RFC 4226, section 5.3.
func (p *password) code(dst []byte, counter uint64) []byte {
	mac := hmac.New(p.hash.New, p.secret)
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], counter)
	mac.Write(b[:])
	sum := mac.Sum(nil)
	offset := min(int(sum[len(sum)-1]&0xf), len(sum)-4) // MD5's digest is shorter than the standard's
	n := uint64(binary.BigEndian.Uint32(sum[offset:]) & 0x7fffffff)
	modulus := uint64(1)
	for range p.digits {
		modulus *= 10
	}
	digits := strconv.FormatUint(n%modulus, 10)
	for range p.digits - len(digits) {
		dst = append(dst, '0')
	}
	return append(dst, digits...)
}

func hotpOf(args []plan.Value) (plan.Value, error) {
	p, err := readPassword(args, 2)
	if err != nil {
		return plan.Value{}, err
	}
	counter, err := wholeNumber(args[1], "the counter")
	if err != nil {
		return plan.Value{}, err
	}
	if counter < 0 {
		return plan.Value{}, errors.New("the counter must not be negative")
	}
	return plan.StringValue(string(p.code(nil, uint64(counter)))), nil
}

// totpDraw reads the clock: RFC 6238, section 4.2, with the steps counted
// from 1970.
type totpDraw struct{ password }

func prepareTOTP(args []plan.Value) (drawer, error) {
	p, err := readPassword(args, 1)
	return totpDraw{p}, err
}

func (d totpDraw) value(f *plan.Frame) plan.Value { return textValue(d, f) }

func (d totpDraw) appendText(_ *plan.Frame, dst []byte) []byte {
	return d.code(dst, uint64(time.Now().UnixNano()/int64(d.period)))
}
