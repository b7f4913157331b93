package exampleapi

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
)

// webhookKey signs webhooks.
const webhookKey = "cookbook-webhook-key"

type webhookAnswer struct {
	Accepted bool `json:"accepted"`
	Size     int  `json:"size"` // bytes
}

func webhookRoutes() []route {
	return []route{
		{method: "POST", pattern: "/webhooks", summary: "Take a body whose HMAC-SHA256, with the key " + webhookKey + " and in hex, is X-Signature",
			accepts: anyKind, headers: []string{"X-Signature"}, out: webhookAnswer{}, status: 202, also: []int{401, 403}, serve: takeWebhook},
	}
}

func takeWebhook(c *call) (reply, error) {
	given := c.r.Header.Get("X-Signature")
	if given == "" {
		f := unauthorized("the header X-Signature is missing")
		f.header = []string{"WWW-Authenticate", `Signature realm="cookbook"`}
		return reply{}, f
	}
	mac := hmac.New(sha256.New, []byte(webhookKey))
	mac.Write(c.body)
	if proof, err := hex.DecodeString(given); err != nil || !hmac.Equal(proof, mac.Sum(nil)) {
		return reply{}, forbidden("X-Signature is not the signature of this body")
	}
	return asJSON(http.StatusAccepted, webhookAnswer{true, len(c.body)}), nil
}
