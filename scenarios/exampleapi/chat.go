package exampleapi

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A language model that knows a few words: its API is that of OpenAI's chat
// completions, as many models' servers speak it.

const (
	chatKey = "sk-example"

	chatFirst = 200 * time.Millisecond // usual time to the first token, at scale 1
	chatGap   = 20 * time.Millisecond  // usual time between tokens

	mostTokens = 4096
)

type chatInput struct {
	Model       string        `json:"model"`
	Messages    []chatMessage `json:"messages"`
	Stream      bool          `json:"stream"`
	MaxTokens   int           `json:"max_tokens"` // 32 unless said
	Temperature float64       `json:"temperature"`
	Options     struct {
		Usage bool `json:"include_usage"`
	} `json:"stream_options"`
}

type chatMessage struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

type chatAnswer struct {
	ID      string       `json:"id"`
	Object  string       `json:"object"`
	Created int64        `json:"created"`
	Model   string       `json:"model"`
	Choices []chatChoice `json:"choices"`
	Usage   *chatUsage   `json:"usage,omitempty"`
}

type chatChoice struct {
	Index   int          `json:"index"`
	Message *chatMessage `json:"message,omitempty"` // of a whole answer
	Delta   *chatDelta   `json:"delta,omitempty"`   // of a part
	Finish  *string      `json:"finish_reason"`     // "length"; null before the end
}

type chatDelta struct {
	Role    string `json:"role,omitempty"`
	Content string `json:"content,omitempty"`
}

type chatUsage struct {
	Prompt     int `json:"prompt_tokens"`
	Completion int `json:"completion_tokens"`
	Total      int `json:"total_tokens"`
}

var chatWords = strings.Fields(`once there was a small server that answered every question it was asked and
	it did so one word at a time because nobody had told it that people would rather wait for all of them`)

func (k *cookbook) chatRoutes() []route {
	return []route{
		{method: "POST", pattern: "/v1/chat/completions", summary: "A language model's answer of max_tokens words; with stream as server-sent events, a word each, and [DONE]",
			query: pace(chatFirst, chatGap), guard: chatGuard(), in: chatInput{}, out: chatAnswer{}, serve: k.chat},
	}
}

func chatGuard() *guard {
	scheme := map[string]any{"type": "http", "scheme": "bearer"}
	return &guard{"modelKey", "Bearer " + chatKey, scheme, func(c *call) error {
		if c.r.Header.Get("Authorization") != "Bearer "+chatKey {
			return unauthorized("the key of the language model is needed: Authorization: Bearer " + chatKey)
		}
		return nil
	}}
}

func (k *cookbook) chat(c *call) (reply, error) {
	in := chatInput{MaxTokens: 32}
	if err := c.object(&in); err != nil {
		return reply{}, err
	}
	prompt := 0
	for _, m := range in.Messages {
		if m.Role != "system" && m.Role != "user" && m.Role != "assistant" {
			return reply{}, invalid("a role is system, user or assistant")
		}
		prompt += len(strings.Fields(m.Content))
	}
	switch {
	case in.Model == "":
		return reply{}, invalid("model can't be empty")
	case len(in.Messages) == 0:
		return reply{}, invalid("messages can't be empty")
	case in.MaxTokens < 1 || in.MaxTokens > mostTokens:
		return reply{}, invalid("max_tokens must be from 1 to %d", mostTokens)
	case in.Options.Usage && !in.Stream:
		return reply{}, invalid("stream_options needs stream")
	}
	answer := chatAnswer{ID: "chatcmpl-" + strconv.FormatUint(k.chats.Add(1), 10), Created: c.began.Unix(), Model: in.Model}
	usage := &chatUsage{prompt, in.MaxTokens, prompt + in.MaxTokens}
	words := make([]string, in.MaxTokens)
	for i := range words {
		words[i] = chatWords[i%len(chatWords)]
	}
	first, gap := c.pacing(chatFirst, chatGap)
	finish := "length"
	if in.Stream {
		if !in.Options.Usage {
			usage = nil
		}
		answer.Object = "chat.completion.chunk"
		return flowing(eventKind, flow{answer.events(words, &finish, usage), first, gap}), nil
	}
	if err := c.s.wait(c.r.Context(), first+gap*time.Duration(len(words)-1)); err != nil {
		return reply{}, err
	}
	answer.Object, answer.Usage = "chat.completion", usage
	answer.Choices = []chatChoice{{Message: &chatMessage{"assistant", strings.Join(words, " ")}, Finish: &finish}}
	return asJSON(http.StatusOK, answer), nil
}

// events are an answer's words as server-sent events: a piece for each, the
// last one with the end.
func (a chatAnswer) events(words []string, finish *string, usage *chatUsage) [][]byte {
	event := func() string { return "data: " + string(asJSON(http.StatusOK, a).body) + "\n\n" }
	var pieces [][]byte
	for i, word := range words {
		delta := &chatDelta{Content: word}
		if i == 0 {
			delta.Role = "assistant"
		} else {
			delta.Content = " " + word
		}
		a.Choices = []chatChoice{{Delta: delta}}
		pieces = append(pieces, []byte(event()))
	}
	a.Choices = []chatChoice{{Delta: &chatDelta{}, Finish: finish}}
	end := event()
	if usage != nil {
		a.Choices, a.Usage = []chatChoice{}, usage
		end += event()
	}
	return append(pieces[:len(pieces)-1], fmt.Appendf(pieces[len(pieces)-1], "%sdata: [DONE]\n\n", end))
}
