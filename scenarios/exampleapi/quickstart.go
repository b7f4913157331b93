package exampleapi

import (
	"fmt"
	"time"
)

// A shop sells a few products: the smallest service worth a scenario.
type shop struct {
	products *store[product]
	orders   *store[order]
}

type product struct {
	ID    string  `json:"id"`
	Name  string  `json:"name"`
	Price float64 `json:"price"`
	Stock int     `json:"stock"`
}

type order struct {
	ID        string    `json:"id"`
	ProductID string    `json:"product_id"`
	Quantity  int       `json:"quantity"`
	Total     float64   `json:"total"`
	State     string    `json:"state"`
	CreatedAt time.Time `json:"created_at"`
}

type orderInput struct {
	ProductID string `json:"product_id"`
	Quantity  int    `json:"quantity"` // 1 unless said
}

func newQuickstart(s *Service) []route {
	q := &shop{newStore[product]("product-", keptCreations), newStore[order]("order-", keptCreations)}
	names := []string{"Kettle", "Lamp", "Desk", "Chair", "Clock", "Mug", "Pen", "Notebook"}
	for i := range 40 {
		q.products.seed(func(id string) product {
			return product{id, fmt.Sprintf("%s %d", names[i%len(names)], i/len(names)+1), 4.5 + float64(i), 100 + i}
		})
	}
	signIn := s.accountRoutes("")[0]
	return joined([]route{s.healthRoute("/health", "Whether the service is up")}, s.aboutRoutes(), []route{
		signIn,
		{method: "GET", pattern: "/products", summary: "List products", open: true, latency: quick,
			paged: true, out: pageOf[product]{}, serve: q.products.servePage},
		{method: "GET", pattern: "/products/:id", summary: "One product", open: true, latency: quick,
			out: product{}, serve: q.products.serveOne("product")},
		{method: "POST", pattern: "/orders", summary: "Order a product", latency: list,
			in: orderInput{}, out: order{}, status: 201, serve: q.makeOrder},
		{method: "GET", pattern: "/orders/:id", summary: "One order", latency: quick,
			out: order{}, serve: q.orders.serveOne("order")},
	})
}

func (q *shop) makeOrder(c *call) (reply, error) {
	in := orderInput{Quantity: 1}
	if err := c.decode(&in); err != nil {
		return reply{}, err
	}
	p, ok := q.products.get(in.ProductID)
	switch {
	case !ok:
		return reply{}, invalid("product_id names no product: %q", in.ProductID)
	case in.Quantity < 1 || in.Quantity > 1000:
		return reply{}, invalid("quantity must be from 1 to 1000")
	}
	id, body := q.orders.add(func(id string) order {
		return order{id, p.ID, in.Quantity, p.Price * float64(in.Quantity), "placed", c.began.UTC()}
	})
	return created("/orders/"+id, body), nil
}
