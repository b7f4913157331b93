// The same flow for k6: FLOW is plain or real.
import http from 'k6/http';
import { check } from 'k6';

const base = __ENV.BASE_URL;
const real = __ENV.FLOW === 'real';

export const options = {
  vus: 50,
  duration: __ENV.DURATION,
  thresholds: real ? {
    'http_req_duration{kind:read}': ['p(95)<1000'],
    'http_req_duration{kind:write}': ['p(99)<1000'],
    http_req_failed: ['rate==0'],
  } : { http_req_failed: ['rate==0'] },
};

const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

function between(least, most) {
  return least + Math.floor(Math.random() * (most - least + 1));
}

function text(n) {
  let s = '';
  for (let i = 0; i < n; i++) s += letters[between(0, letters.length - 1)];
  return s;
}

function uuid() {
  return 'xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx'.replace(/x/g, () => between(0, 15).toString(16));
}

function get(name, path, test) {
  const r = http.get(base + path, { tags: { name: name, kind: 'read' } });
  check(r, { status: (r) => r.status === 200, json: (r) => test(r.json()) });
}

function buy() {
  const body = JSON.stringify({
    reference: uuid(),
    customer: { email: `shopper-${__VU}@example.com`, note: text(12) },
    lines: [{ item: `item-${between(1, 1000)}`, quantity: between(1, 9) }],
  });
  const r = http.post(`${base}/orders`, body, {
    headers: { 'Content-Type': 'application/json' }, tags: { name: 'POST /orders', kind: 'write' },
  });
  const order = r.json();
  check(r, { status: (r) => r.status === 201, json: () => order.state === 'new' });
  get('GET /orders/:id', `/orders/${order.id}`, (j) => j.state === 'done');
}

export default function () {
  if (!real) {
    http.get(`${base}/`);
    return;
  }
  const n = between(1, 100);
  if (n <= 40) get('GET /items', `/items?page=${between(1, 50)}&limit=20`, (j) => j.total === 3);
  else if (n <= 70) get('GET /items/:id', `/items/item-${between(1, 1000)}`, (j) => j.state === 'done');
  else if (n <= 80) get('GET /search', `/search?q=${['red', 'green', 'blue'][between(0, 2)]}`, (j) => j.total === 3);
  else buy();
}
