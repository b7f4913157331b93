package exampleapi

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"strconv"
)

//go:embed pages/pages.html
var pageFiles embed.FS

var pages = template.Must(template.New("").
	Funcs(template.FuncMap{"inc": func(n int) int { return n + 1 }}).
	ParseFS(pageFiles, "pages/pages.html"))

// page is an answer of HTML: the template called name, filled in with data.
func page(name string, data any, header ...string) (reply, error) {
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, name, data); err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusOK, kind: htmlKind, body: b.Bytes(), header: append([]string{"Cache-Control", "no-store"}, header...)}, nil
}

const (
	cartCookie = "cart"
	cartPrefix = "kart_"
)

type cartForm struct {
	Product  string `json:"product"`
	Quantity string `json:"quantity"`
}

// storefrontRoutes are the shop as a browser sees it.
func (k *cookbook) storefrontRoutes() []route {
	return []route{
		{method: "GET", pattern: "/shop", summary: "The shop's first page", kind: htmlKind,
			serve: func(*call) (reply, error) { return page("shop", wares[:6]) }},
		{method: "GET", pattern: "/shop/products", summary: "A page of products", kind: htmlKind, query: sheetQuery,
			serve: func(c *call) (reply, error) { return page("products", sheetOf(c, wares)) }},
		{method: "GET", pattern: "/shop/products/:id", summary: "A product, and a form that puts it into the cart", kind: htmlKind, serve: productPage},
		{method: "GET", pattern: "/shop/cart", summary: "The cart of this browser", kind: htmlKind, serve: k.cartPage},
		{method: "POST", pattern: "/shop/cart", summary: "Put 1 to 99 of a product into the cart of this browser, which a cookie names; a full one is replaced",
			accepts: formKind, in: cartForm{}, status: 302, serve: k.addToCart},
	}
}

func productPage(c *call) (reply, error) {
	w, ok := wareOf(c.param("id"))
	if !ok {
		return reply{}, missing("product", c.param("id"))
	}
	return page("product", w)
}

// cartOf is the cart that the cookie names, if it still takes lines.
func (k *cookbook) cartOf(c *call) (basket, bool) {
	id, _ := k.s.signer.open(cartPrefix, c.cookie(cartCookie))
	b, ok := k.baskets.get(id)
	return b, ok && b.Order == nil
}

func (k *cookbook) cartPage(c *call) (reply, error) {
	b, _ := k.cartOf(c)
	return page("cart", b)
}

func (k *cookbook) addToCart(c *call) (reply, error) {
	var in cartForm
	if err := c.form(&in); err != nil {
		return reply{}, err
	}
	quantity, err := strconv.Atoi(in.Quantity)
	if err != nil {
		return reply{}, invalid("quantity must be a whole number")
	}
	b, ok := k.cartOf(c)
	if !ok || len(b.Lines) == maxLines {
		b = k.newBasket()
	}
	if _, err := k.fill(b.ID, lineInput{in.Product, quantity}); err != nil {
		return reply{}, err
	}
	return redirect("/shop/cart", setCookie(cartCookie, k.s.signer.sign(cartPrefix, b.ID), 0)...), nil
}
