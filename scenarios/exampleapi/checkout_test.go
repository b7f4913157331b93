package exampleapi

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

const goodCard = "4242424242424242"

// cart makes a cart with one line of 4.5 and returns its id.
func (a *api) cart() string {
	a.t.Helper()
	id := a.want(201, "POST", "/carts", "").field("id").(string)
	a.json(201, "POST", "/carts/"+id+"/lines", `{"product":"p-1"}`)
	return id
}

func TestCheckout(t *testing.T) {
	a := cook(t)
	made := a.json(201, "POST", "/carts", "{}")
	where := made.header.Get("Location")
	id := made.field("id").(string)
	if where != "/carts/"+id {
		t.Errorf("Location is %q", where)
	}
	a.json(422, "POST", "/orders", `{"cart":"`+id+`"}`)
	line := a.json(201, "POST", where+"/lines", `{"product":"p-2","quantity":3}`)
	line.has("id", "line-1")
	line.has("total", 15.0)
	a.json(201, "POST", where+"/lines", `{"product":"p-1"}`).has("quantity", 1.0)
	for _, bad := range []string{`{"product":"p-0"}`, `{"product":"p-1","quantity":0}`, `{"product":"p-1","quantity":100}`, `{"quantity":1}`} {
		a.json(422, "POST", where+"/lines", bad)
	}
	a.json(404, "POST", "/carts/nobody/lines", `{"product":"p-1"}`)
	a.want(200, "GET", where, "").has("total", 19.5)

	order := a.json(201, "POST", "/orders", `{"cart":"`+id+`"}`)
	order.has("total", 19.5)
	order.has("state", "placed")
	a.json(409, "POST", "/orders", `{"cart":"`+id+`"}`).says("already_ordered")
	a.json(409, "POST", where+"/lines", `{"product":"p-1"}`)
	a.want(200, "GET", where, "").has("order", order.field("id"))

	where = order.header.Get("Location")
	if got := a.want(200, "GET", where, ""); got.body != order.body {
		t.Errorf("got %s", got.body)
	}
	a.json(402, "POST", where+"/payment", `{"card":"`+declinedCard+`"}`).says("card_declined")
	for _, bad := range []string{`{}`, `{"card":"4242424242424241"}`, `{"card":"424242424242424x"}`, `{"card":"42"}`, `{"card":"` + goodCard + `","amount":19}`} {
		a.json(422, "POST", where+"/payment", bad)
	}
	a.want(200, "GET", where, "").has("payment", nil)
	paid := a.json(201, "POST", where+"/payment", `{"card":"`+goodCard+`","amount":19.5}`)
	paid.has("state", "paid")
	paid.has("card", "4242")
	a.json(409, "POST", where+"/payment", `{"card":"`+goodCard+`"}`).says("already_paid")
	a.want(200, "GET", where, "").has("payment.amount", 19.5)
	a.json(404, "POST", "/orders/nobody/payment", `{"card":"`+goodCard+`"}`)
	a.want(404, "GET", "/orders/nobody", "")

	a.want(204, "DELETE", "/carts/"+id, "")
	a.want(404, "DELETE", "/carts/"+id, "")
	a.want(404, "GET", "/carts/"+id, "")
	a.want(200, "GET", where, "")
}

func TestACartHasAnEnd(t *testing.T) {
	a := cook(t)
	id := a.cart()
	for range maxLines - 1 {
		a.json(201, "POST", "/carts/"+id+"/lines", `{"product":"p-1"}`)
	}
	a.json(422, "POST", "/carts/"+id+"/lines", `{"product":"p-1"}`)
}

// Lines that come at once are all there, once each.
func TestLinesAtOnce(t *testing.T) {
	a := cook(t)
	id := a.want(201, "POST", "/carts", "").field("id").(string)
	var wg sync.WaitGroup
	for range maxLines {
		wg.Go(func() {
			if r, err := a.send("POST", "/carts/"+id+"/lines", `{"product":"p-1"}`, "Content-Type", jsonKind); err != nil || r.status != 201 {
				t.Errorf("%d, %v", r.status, err)
			}
		})
	}
	wg.Wait()
	r := a.want(200, "GET", "/carts/"+id, "")
	if n := len(r.field("lines").([]any)); n != maxLines || r.field("total") != 4.5*maxLines {
		t.Errorf("%d lines: %s", n, r.body)
	}
}

func TestIdempotencyKeys(t *testing.T) {
	a := cook(t)
	body := `{"cart":"` + a.cart() + `"}`
	a.json(422, "POST", "/orders", `{"cart":"nobody"}`, "Idempotency-Key", "k1") // a failure is not kept
	first := a.json(201, "POST", "/orders", body, "Idempotency-Key", "k1")
	again := a.json(201, "POST", "/orders", body, "Idempotency-Key", "k1")
	if again.body != first.body || again.header.Get("Location") != first.header.Get("Location") {
		t.Errorf("got %s, want %s", again.body, first.body)
	}
	if first.header.Get("Idempotent-Replayed") != "" || again.header.Get("Idempotent-Replayed") != "true" {
		t.Error("Idempotent-Replayed does not tell them apart")
	}
	a.json(422, "POST", "/orders", `{"cart":"`+a.cart()+`"}`, "Idempotency-Key", "k1")
	a.json(409, "POST", "/orders", body, "Idempotency-Key", "k2")
	a.json(400, "POST", "/orders", body, "Idempotency-Key", strings.Repeat("k", 201))
}

// The same order, sent many times at once, is made once.
func TestIdempotencyAtOnce(t *testing.T) {
	a := cook(t)
	body := `{"cart":"` + a.cart() + `"}`
	ids := make([]string, 16)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			r, err := a.send("POST", "/orders", body, "Content-Type", jsonKind, "Idempotency-Key", "the same")
			if err != nil || r.status != 201 {
				t.Errorf("%d, %v: %s", r.status, err, r.body)
				return
			}
			ids[i] = r.field("id").(string)
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id != "order-1" {
			t.Errorf("an answer has order %q", id)
		}
	}
}

func TestLuhn(t *testing.T) {
	for number, want := range map[string]bool{
		goodCard: true, declinedCard: true, "378282246310005": true, "79927398713000": false,
		"5555555555554444": true, "5555555555554445": false, "": false, strings.Repeat("0", 20): false,
	} {
		if got := plausibleCard(number); got != want {
			t.Errorf("%q: %v", number, got)
		}
	}
}

func TestTheStorefront(t *testing.T) {
	a := browser(t, Options{})
	home := a.want(200, "GET", "/shop", "")
	product := home.find(`href="(/shop/products/p-\d+)"`)
	list := a.want(200, "GET", "/shop/products?size=30", "")
	if got := list.find(`rel="next" href="([^"]+)"`); got != "/shop/products?page=2" {
		t.Errorf("the next page is %q", got)
	}
	if last := a.want(200, "GET", "/shop/products?page=6", ""); strings.Contains(last.body, `rel="next"`) {
		t.Error("the last page has a next one")
	}
	if got := a.want(200, "GET", "/shop/cart", "").find(`id="total">([^<]*)<`); got != "0" {
		t.Errorf("the total of no cart is %q", got)
	}
	id := a.want(200, "GET", product, "").find(`name="product" value="([^"]+)"`)
	r := a.submit(302, "/shop/cart", "product", id, "quantity", "2")
	if r.header.Get("Location") != "/shop/cart" || !strings.HasPrefix(r.header.Get("Set-Cookie"), "cart=") {
		t.Errorf("headers: %v", r.header)
	}
	a.submit(302, "/shop/cart", "product", "p-2", "quantity", "1")
	if got := a.want(200, "GET", "/shop/cart", "").find(`id="total">([^<]*)<`); got != "14" {
		t.Errorf("the total is %q", got)
	}
	for _, bad := range [][]string{{"product", "p-0", "quantity", "1"}, {"product", "p-1"}, {"product", "p-1", "quantity", "100"}} {
		a.submit(422, "/shop/cart", bad...)
	}
	a.want(404, "GET", "/shop/products/p-0", "")
	for range maxLines {
		a.submit(302, "/shop/cart", "product", "p-1", "quantity", "1")
	}
	if got, want := a.want(200, "GET", "/shop/cart", "").find(`id="total">([^<]*)<`), fmt.Sprint(4.5*2); got != want {
		t.Errorf("the total of the cart that replaced a full one is %q, want %q", got, want)
	}
}
