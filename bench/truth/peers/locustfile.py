"""RATE requests a second by 50 users, as near as Locust's pacing goes."""

import os

from locust import constant_throughput, task
from locust.contrib.fasthttp import FastHttpUser


class Paced(FastHttpUser):
    wait_time = constant_throughput(float(os.environ["RATE"]) / 50)

    @task
    def get(self):
        self.client.get("/")
