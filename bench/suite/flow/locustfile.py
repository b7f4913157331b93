"""The same flow for Locust, with its faster client."""

import random
import string
import uuid

from locust import constant, task
from locust.contrib.fasthttp import FastHttpUser

LETTERS = string.ascii_letters + string.digits


class Shopper(FastHttpUser):
    wait_time = constant(0)

    def read(self, path, name, field, value):
        with self.client.get(path, name=name, catch_response=True) as r:
            if r.status_code != 200:
                r.failure("status %d" % r.status_code)
            elif r.json()[field] != value:
                r.failure(field)

    @task(40)
    def items(self):
        self.read("/items?page=%d&limit=20" % random.randint(1, 50), "/items", "total", 3)

    @task(30)
    def item(self):
        self.read("/items/item-%d" % random.randint(1, 1000), "/items/:id", "state", "done")

    @task(10)
    def search(self):
        self.read("/search?q=" + random.choice(["red", "green", "blue"]), "/search", "total", 3)

    @task(20)
    def buy(self):
        body = {
            "reference": str(uuid.uuid4()),
            "customer": {
                "email": "shopper-%d@example.com" % id(self),
                "note": "".join(random.choices(LETTERS, k=12)),
            },
            "lines": [{"item": "item-%d" % random.randint(1, 1000), "quantity": random.randint(1, 9)}],
        }
        with self.client.post("/orders", json=body, name="POST /orders", catch_response=True) as r:
            if r.status_code != 201:
                r.failure("status %d" % r.status_code)
                return
            order = r.json()
            if order["state"] != "new":
                r.failure("state")
        self.read("/orders/" + order["id"], "/orders/:id", "state", "done")
