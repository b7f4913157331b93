package websocket

import "throng/dsl/plan"

// violation is what a server did that a client must not bear: the class it
// is counted as, and the code we close with.
type violation struct {
	class plan.ErrorClass
	code  int
	text  string
}

func (v *violation) Error() string { return v.text }

func breach(text string) *violation {
	return &violation{class: plan.FailProtocol, code: closeProtocol, text: "not WebSocket: " + text}
}

func badData(text string) *violation {
	return &violation{class: plan.FailProtocol, code: closeBadData, text: "not WebSocket: " + text}
}

func tooBig(text string) *violation {
	return &violation{class: plan.FailTooLarge, code: closeTooBig, text: text}
}
