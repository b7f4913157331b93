package exampleapi

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"slices"
)

// A basket is a cart; once it has been ordered it does not change.
type basket struct {
	ID    string       `json:"id"`
	Lines []basketLine `json:"lines"`
	Total float64      `json:"total"`
	Order *string      `json:"order"` // null until it is ordered
}

type basketLine struct {
	ID       string  `json:"id"`
	Product  string  `json:"product"`
	Quantity int     `json:"quantity"`
	Price    float64 `json:"price"` // of one
	Total    float64 `json:"total"`
}

const maxLines = 50

type basketInput struct{}

type lineInput struct {
	Product  string `json:"product"`
	Quantity int    `json:"quantity"` // 1 unless said
}

type purchase struct {
	ID      string       `json:"id"`
	Cart    string       `json:"cart"`
	State   string       `json:"state"` // "placed" or "paid"
	Lines   []basketLine `json:"lines"`
	Total   float64      `json:"total"`
	Payment *payment     `json:"payment"` // null until it is paid
}

type purchaseInput struct {
	Cart string `json:"cart"`
}

type payment struct {
	Order  string  `json:"order"`
	State  string  `json:"state"` // "paid"
	Amount float64 `json:"amount"`
	Card   string  `json:"card"` // its last four digits
}

type paymentInput struct {
	Card   string   `json:"card"`
	Amount *float64 `json:"amount"` // the order's total, unless said
}

// declinedCard is the test card that is always declined.
const declinedCard = "4000000000000002"

// A repeat is the order that was made for an Idempotency-Key.
type repeat struct {
	request [sha256.Size]byte
	order   purchase
}

func (k *cookbook) checkoutRoutes() []route {
	return []route{
		{method: "POST", pattern: "/carts", summary: "Make an empty cart", in: basketInput{}, bodyless: true, out: basket{}, status: 201, serve: k.makeBasket},
		{method: "GET", pattern: "/carts/:id", summary: "One cart", out: basket{}, serve: k.oneBasket},
		{method: "DELETE", pattern: "/carts/:id", summary: "Throw a cart away", status: 204, serve: k.dropBasket},
		{method: "POST", pattern: "/carts/:id/lines", summary: "Put 1 to 99 of a product into a cart", in: lineInput{}, out: basketLine{},
			status: 201, also: []int{409}, serve: k.addLine},
		{method: "POST", pattern: "/orders", summary: "Order what is in a cart. Requests with the same Idempotency-Key make one order",
			headers: []string{"Idempotency-Key"}, in: purchaseInput{}, out: purchase{}, status: 201, also: []int{409}, serve: k.makePurchase},
		{method: "GET", pattern: "/orders/:id", summary: "One order", out: purchase{}, serve: k.onePurchase},
		{method: "POST", pattern: "/orders/:id/payment", summary: "Pay an order by card; " + declinedCard + " is declined", in: paymentInput{}, out: payment{},
			status: 201, also: []int{402, 409}, serve: k.pay},
	}
}

func (k *cookbook) newBasket() basket {
	return k.baskets.add(func(id string) basket { return basket{ID: id, Lines: []basketLine{}} })
}

func (k *cookbook) makeBasket(c *call) (reply, error) {
	if err := c.object(&basketInput{}); err != nil {
		return reply{}, err
	}
	b := k.newBasket()
	return created("/carts/"+b.ID, asJSON(0, b).body), nil
}

func (k *cookbook) oneBasket(c *call) (reply, error) {
	b, ok := k.baskets.get(c.param("id"))
	if !ok {
		return reply{}, missing("cart", c.param("id"))
	}
	return asJSON(http.StatusOK, b), nil
}

func (k *cookbook) dropBasket(c *call) (reply, error) {
	if _, ok := k.baskets.take(c.param("id")); !ok {
		return reply{}, missing("cart", c.param("id"))
	}
	return reply{status: http.StatusNoContent}, nil
}

func (k *cookbook) addLine(c *call) (reply, error) {
	in := lineInput{Quantity: 1}
	if err := c.object(&in); err != nil {
		return reply{}, err
	}
	b, err := k.fill(c.param("id"), in)
	if err != nil {
		return reply{}, err
	}
	return asJSON(http.StatusCreated, b.Lines[len(b.Lines)-1]), nil
}

// fill puts a line into a cart and returns the cart.
func (k *cookbook) fill(id string, in lineInput) (basket, error) {
	b, ok, err := k.baskets.change(id, func(b *basket) error {
		w, known := wareOf(in.Product)
		switch {
		case b.Order != nil:
			return conflict("already_ordered", "cart %s has been ordered", id)
		case !known:
			return invalid("product: there is no product %q", in.Product)
		case in.Quantity < 1 || in.Quantity > 99:
			return invalid("quantity must be from 1 to 99")
		case len(b.Lines) == maxLines:
			return invalid("a cart has at most %d lines", maxLines)
		}
		line := basketLine{fmt.Sprintf("line-%d", len(b.Lines)+1), w.ID, in.Quantity, w.Price, w.Price * float64(in.Quantity)}
		b.Lines = append(slices.Clip(b.Lines), line)
		b.Total += line.Total
		return nil
	})
	if !ok {
		return b, missing("cart", id)
	}
	return b, err
}

func (k *cookbook) makePurchase(c *call) (reply, error) {
	var in purchaseInput
	if err := c.object(&in); err != nil {
		return reply{}, err
	}
	key := c.r.Header.Get("Idempotency-Key")
	switch {
	case len(key) > 200:
		return reply{}, badRequest("Idempotency-Key has at most 200 characters")
	case key == "":
		p, err := k.order(in.Cart)
		if err != nil {
			return reply{}, err
		}
		return created("/orders/"+p.ID, asJSON(0, p).body), nil
	}
	request := sha256.Sum256([]byte(in.Cart))
	kept, made, err := k.repeats.once(key, func() (repeat, error) {
		p, err := k.order(in.Cart)
		return repeat{request, p}, err
	})
	switch {
	case err != nil:
		return reply{}, err
	case kept.request != request:
		return reply{}, invalid("this Idempotency-Key came with another request before")
	}
	r := created("/orders/"+kept.order.ID, asJSON(0, kept.order).body)
	if !made {
		r.header = append(r.header, "Idempotent-Replayed", "true")
	}
	return r, nil
}

// order makes an order of a cart.
func (k *cookbook) order(cart string) (purchase, error) {
	var p purchase
	_, ok, err := k.baskets.change(cart, func(b *basket) error {
		switch {
		case b.Order != nil:
			return conflict("already_ordered", "cart %s has been ordered as %s", cart, *b.Order)
		case len(b.Lines) == 0:
			return invalid("cart %s is empty", cart)
		}
		p = k.purchases.add(func(id string) purchase { return purchase{id, cart, "placed", b.Lines, b.Total, nil} })
		b.Order = &p.ID
		return nil
	})
	if !ok {
		return p, invalid("cart: there is no cart %q", cart)
	}
	return p, err
}

func (k *cookbook) onePurchase(c *call) (reply, error) {
	p, ok := k.purchases.get(c.param("id"))
	if !ok {
		return reply{}, missing("order", c.param("id"))
	}
	return asJSON(http.StatusOK, p), nil
}

func (k *cookbook) pay(c *call) (reply, error) {
	var in paymentInput
	if err := c.object(&in); err != nil {
		return reply{}, err
	}
	id := c.param("id")
	p, ok, err := k.purchases.change(id, func(p *purchase) error {
		switch {
		case p.Payment != nil:
			return conflict("already_paid", "order %s has been paid", id)
		case !plausibleCard(in.Card):
			return invalid("card must be the 12 to 19 digits of a card, of which the last one is a check digit")
		case in.Amount != nil && *in.Amount != p.Total:
			return invalid("amount is not the order's total, which is %v", p.Total)
		case in.Card == declinedCard:
			return problem(http.StatusPaymentRequired, "card_declined", "the card was declined")
		}
		p.State = "paid"
		p.Payment = &payment{id, "paid", p.Total, in.Card[len(in.Card)-4:]}
		return nil
	})
	switch {
	case !ok:
		return reply{}, missing("order", id)
	case err != nil:
		return reply{}, err
	}
	return asJSON(http.StatusCreated, p.Payment), nil
}

// plausibleCard checks the digits of a card's number by Luhn's rule.
func plausibleCard(number string) bool {
	if len(number) < 12 || len(number) > 19 {
		return false
	}
	sum := 0
	for i := range len(number) {
		digit := int(number[len(number)-1-i]) - '0'
		if digit < 0 || digit > 9 {
			return false
		}
		if i%2 == 1 {
			if digit *= 2; digit > 9 {
				digit -= 9
			}
		}
		sum += digit
	}
	return sum%10 == 0
}
