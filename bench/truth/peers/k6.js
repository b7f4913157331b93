// RATE arrivals a second for SPAN, by up to MOST users.
import http from 'k6/http';

export const options = {
  summaryTrendStats: ['avg', 'max', 'p(50)', 'p(95)', 'p(99)', 'p(99.9)', 'count'],
  scenarios: {
    open: {
      executor: 'constant-arrival-rate', rate: Number(__ENV.RATE), timeUnit: '1s', duration: __ENV.SPAN,
      preAllocatedVUs: Number(__ENV.MOST), maxVUs: Number(__ENV.MOST), gracefulStop: '20s',
    },
  },
};

export default function () {
  http.get(`${__ENV.BASE_URL}/`);
}
