package exampleapi

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"time"
)

// totpSecret is everybody's secret for codes, in base32.
const totpSecret = "JBSWY3DPEHPK3PXP"

const totpStep = 30 // seconds

var totpKey = mustBase32(totpSecret)

func mustBase32(text string) []byte {
	key, err := base32.StdEncoding.DecodeString(text)
	if err != nil {
		panic("exampleapi: " + err.Error())
	}
	return key
}

// totp is the code of the time-step that at lies in (RFC 6238).
func totp(at time.Time) string { return hotp(totpKey, uint64(at.Unix()/totpStep)) }

// validTOTP accepts the codes of the time-step of now and of its neighbours.
func validTOTP(code string, now time.Time) bool {
	for _, shift := range []time.Duration{-totpStep, 0, totpStep} {
		if sameSecret(code, totp(now.Add(shift*time.Second))) {
			return true
		}
	}
	return false
}

// hotp is a code of six digits for a counter (RFC 4226, section 5.3).
func hotp(key []byte, counter uint64) string {
	mac := hmac.New(sha1.New, key)
	mac.Write(binary.BigEndian.AppendUint64(nil, counter))
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 15
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[offset:])&0x7fffffff%1_000_000)
}
