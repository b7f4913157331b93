// The charts of one request, drawn when it is opened.
const edge = (bin) => data.binStart * data.binStep ** bin;

// pairs reads counts by bin that stand as pairs.
function* pairs(list) {
  for (let i = 0; i + 1 < (list || []).length; i += 2) yield [list[i], list[i + 1]];
}

// decades are labels of a logarithmic axis of times.
function decades(low, high, at) {
  const list = [];
  for (let d = Math.ceil(Math.log10(low) - 1e-9); d <= Math.log10(high) + 1e-9; d++) list.push([at(10 ** d), axisTime(10 ** d)]);
  if (list.length < 2) return [[at(low), axisTime(low)], [at(high), axisTime(high)]];
  return list;
}

function histogramSpec(series) {
  const counts = new Map();
  for (const [b, n] of pairs(series.hist)) counts.set(b, [n, 0]);
  for (const [b, n] of pairs(series.histBad)) counts.set(b, [counts.get(b)?.[0] || 0, n]);
  const seen = [...counts.keys()], low = Math.min(...seen), high = Math.max(...seen) + 1;
  const peak = [...counts].reduce((a, b) => b[1][0] > a[1][0] ? b : a, [0, [0, 0]])[0];
  const bad = series.histBad?.length > 0;
  return {
    title: 'Distribution', unit: 'requests by response time', axis: true, height: 160,
    says: 'most successes took ' + duration(edge(peak)) + ' to ' + duration(edge(peak + 1)) + (bad ? '; failures are drawn apart' : ''),
    keys: [['bar-ok', 'ok'], ...(bad ? [['bar-bad', 'failed']] : []), ...(series.limits?.length ? [['limit', 'limit']] : [])],
    below: 'Bins of 12 %, from ' + duration(edge(low)) + ' to ' + duration(edge(high)) + '.',
    draw: (chart) => {
      const { width, height, off } = chart, from = Math.log(edge(low - 1)), to = Math.log(edge(high + 1));
      const at = (us) => (Math.log(us) - from) / (to - from) * width;
      const scale = linear(Math.max(1, ...[...counts.values()].map(([a, b]) => (off.has('bar-ok') ? 0 : a) + (off.has('bar-bad') ? 0 : b))), height, amount);
      let ok = '', failed = '';
      for (const [bin, [a, b]] of counts) {
        const x = at(edge(bin)), w = at(edge(bin + 1)) - x - (width > 300 ? 1 : 0), base = off.has('bar-ok') ? 0 : a;
        if (a && !off.has('bar-ok')) ok += box(x, scale.y(a), w, height - scale.y(a));
        if (b && !off.has('bar-bad')) failed += box(x, scale.y(base + b), w, scale.y(base) - scale.y(base + b));
      }
      const marks = [grid(scale.labels, width), path('bar-ok', ok), path('bar-bad', failed)];
      if (!off.has('limit')) for (const l of series.limits || []) if (at(l.at) > 0 && at(l.at) < width) marks.push(path('limit', 'M' + px(at(l.at)) + ' 0V' + height));
      return { marks, labels: scale.labels, axis: decades(edge(low - 1), edge(high + 1), at) };
    },
  };
}

function ninesSpec(series) {
  const list = series.nines, last = list.length > 1 ? list[list.length - 2][0] : 0.9;
  const most = Math.max(1, -Math.log10(1 - last)) + 0.15;
  const nines = (q) => q >= 1 ? most : Math.min(most, -Math.log10(1 - q));
  let top = 0; // what is known only from below is drawn no lower than what it follows
  const heights = list.map(([, us]) => { top = Math.max(top, Math.abs(us)); return top; });
  const p = (q) => list.find((pair) => pair[0] >= q)?.[1] || 0;
  return {
    title: 'Percentiles', unit: 'by nines', axis: true, height: 160, says: 'median ' + latency(p(0.5)) + ', p99 ' + latency(p(0.99)) + ', slowest ' + latency(list[list.length - 1][1]),
    keys: [['p95', 'response time'], ...(series.limits?.length ? [['limit', 'limit']] : [])],
    below: 'Each step to the right is a tenth of the requests before it.',
    draw: (chart) => {
      const { width, height, off } = chart, at = (q) => nines(q) / most * width;
      const limits = off.has('limit') ? [] : series.limits || [], times = list.map((pair) => Math.abs(pair[1])).concat(limits.map((l) => l.at));
      const scale = logarithmic(Math.min(...times), Math.max(...times), height, axisTime);
      const marks = [grid(scale.labels, width)];
      if (!off.has('p95')) {
        marks.push(path('p95', list.map(([q], i) => (i ? 'L' : 'M') + px(at(q)) + ' ' + px(scale.y(heights[i]))).join('')));
        marks.push(path('cut', list.map(([q, us], i) => us < 0 ? 'M' + px(at(q)) + ' ' + px(scale.y(heights[i]) - 5) + 'l4 7h-8z' : '').join('')));
      }
      for (const l of limits) {
        const x = Math.min(width, at(l.q)), y = scale.y(l.at);
        marks.push(path('limit', 'M0 ' + px(y) + 'H' + px(x) + 'V' + height));
      }
      const ticks = [[0, 'min'], [0.5, 'p50'], [0.9, 'p90'], [0.99, 'p99'], [0.999, 'p99.9'], [0.9999, 'p99.99'], [0.99999, 'p99.999']].filter(([q]) => nines(q) < most - 0.2 || q === 0);
      return { marks, labels: scale.labels, axis: [...ticks.map(([q, s]) => [at(q), s]), [width, 'max']] };
    },
  };
}

const HEAT_ROWS = 3; // bins in a step of the heat map

function heatSpec(series) {
  const columns = series.heat.map((column) => {
    const cells = new Map();
    for (const [bin, n] of pairs(column)) cells.set(Math.floor(bin / HEAT_ROWS), (cells.get(Math.floor(bin / HEAT_ROWS)) || 0) + n);
    return cells;
  });
  const seen = columns.flatMap((c) => [...c.keys()]), low = Math.min(...seen), high = Math.max(...seen) + 1;
  const sums = columns.map((c) => [...c.values()].reduce((a, b) => a + b, 0)), wide = data.width * data.heatStep;
  return {
    title: 'Response time over time', unit: 'share of each ' + (wide === 1 ? 'second' : clock(wide)), says: 'successes by time and response time, from ' + duration(edge(low * HEAT_ROWS)) + ' to ' + duration(edge(high * HEAT_ROWS)),
    time: true, series, axis: true, height: 160, below: 'Darker (in the dark, lighter): a larger share of what was answered then. Empty: nothing so fast or slow.',
    draw: ({ width, height }) => {
      const span = view.to - view.from || 1, at = (t) => (t - view.from) / span * width;
      const step = height / (high - low), y = (row) => height - (row - low) * step, shades = ['', '', '', '', '', ''];
      columns.forEach((cells, i) => {
        if ((i + 1) * wide <= view.from || i * wide >= view.to) return;
        const x = Math.max(0, at(i * wide)), w = Math.max(0.5, Math.min(width, at((i + 1) * wide)) - x);
        for (const [row, n] of cells) shades[Math.min(5, 1 + Math.floor(n / sums[i] * 4.99))] += box(x, y(row + 1), w + 0.3, step + 0.3);
      });
      const us = (v) => height - (Math.log(v / edge(0)) / Math.log(data.binStep) / HEAT_ROWS - low) * step;
      const labels = decades(edge(low * HEAT_ROWS), edge(high * HEAT_ROWS), us);
      return {
        marks: [grid(labels, width), ...shades.map((d, i) => draw('path', { d, style: 'stroke:none;fill:var(--heat' + i + ')' }))], labels,
        axis: clockTicks(view.from, view.to, Math.max(2, width / 90)).map((t) => [at(t), clock(t)]),
      };
    },
  };
}

const opened = new Map(); // by row of the table: its charts and its element

function openDetail(tr) {
  if (opened.has(tr)) return;
  const series = data.rows[Number(tr.dataset.slot)];
  const facts = series.facts.map(([name, text]) => make('div', {}, make('dt', {}, name), make('dd', {}, text)));
  const grid = make('div', { class: 'detail-grid' });
  const detail = make('tr', { class: 'detail' }, make('td', { colspan: tr.children.length }, make('dl', { class: 'facts' }, ...facts), grid));
  tr.after(detail);
  tr.classList.add('opened');
  const list = [];
  const add = (spec) => list.push(addChart(grid, spec));
  const n = series.ok.reduce((a, b) => a + b, 0), failed = series.failed.reduce((a, b) => a + b, 0);
  if (!n && !failed) {
    grid.append(make('p', {}, 'No request of this kind was finished.'));
  } else {
    add({ ...rateSpec(series, series.name + ': ' + count(n) + ' ok, ' + count(failed) + ' failed', 130), axis: true });
    add({ ...latencySpec(series, series.name + ': p50, p95, p99 and max over time', 130, true), axis: true });
    if (series.hist || series.histBad) add(histogramSpec(series));
    if (series.nines) add(ninesSpec(series));
    if (series.heat?.some((c) => c.length)) add(heatSpec(series));
    if (failed) add({ ...errorSpec(series, series.name + ': ' + count(failed) + ' failed', 160), axis: true });
  }
  opened.set(tr, { list, detail });
}

function closeDetail(tr) {
  const o = opened.get(tr);
  if (!o) return;
  o.list.forEach((c) => c.remove());
  o.detail.remove();
  opened.delete(tr);
  tr.classList.remove('opened');
}
