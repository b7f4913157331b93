// perSecond is a count of each bucket as a rate; null where nothing is known.
const perSecond = (counts) => counts.map((n, i) => data.length[i] ? n / data.length[i] : null);
const known = (list) => list.map((v) => v === 0 ? null : Math.abs(v));
const axisTime = (us) => duration(us).replace(/\.?0+ s$/, ' s').replace(/^0 ms$/, '0');
const cutAt = (list) => list.map((v) => v < 0 ? -v : null);

function rateSpec(series, says, height) {
  const failed = series.failed.some((n) => n > 0), missed = series === data.total && data.missed.some((n) => n > 0);
  return timeChart({
    title: 'Requests finished', unit: 'a second', says, series, height, write: amount,
    bars: failed ? [{ cls: 'failed', name: 'failed', values: perSecond(series.failed) }] : [],
    lines: [{ cls: 'ok', name: 'ok', values: perSecond(series.ok) }, ...(missed ? [{ cls: 'missed', name: 'missed arrivals', values: perSecond(data.missed) }] : [])],
  });
}

function latencySpec(series, says, height, log) {
  const cut = cutAt(series.p95);
  return timeChart({
    title: 'Response time', unit: log ? 'log scale' : '', says, series, height, log, write: axisTime, limits: series.limits, cut: cut.some(Boolean) ? cut : undefined,
    lines: [{ cls: 'p50', name: 'p50', values: known(series.p50) }, { cls: 'p95', name: 'p95', values: known(series.p95) },
      { cls: 'p99', name: 'p99', values: known(series.p99) }, { cls: 'max', name: 'max', values: known(series.max) },
      ...(series.s95 ? [{ cls: 's95', name: 'p95 of service time', values: known(series.s95) }] : [])],
  });
}

function errorSpec(series, says, height) {
  const kinds = Object.entries(series.classes).map(([name, counts]) => ({ name, counts, sum: counts.reduce((a, b) => a + b, 0) }))
    .sort((a, b) => b.sum - a.sum || (a.name < b.name ? -1 : 1));
  const shown = kinds.slice(0, kinds.length === 5 ? 5 : 4), rest = kinds.slice(shown.length);
  if (rest.length) shown.push({ name: rest.length + ' other kinds', counts: rest[0].counts.map((_, i) => rest.reduce((a, k) => a + k.counts[i], 0)) });
  return timeChart({
    title: 'Errors by kind', unit: 'a second', says, series, height, write: amount, least: 1,
    bars: shown.map((k, i) => ({ cls: 'kind kind' + i, name: k.name, values: perSecond(k.counts) })),
  });
}

function usersSpec(says, height) {
  const wanted = !data.open && data.wanted.some((w, i) => Math.abs(w - data.users[i]) >= 1);
  return timeChart({
    title: 'Users', unit: 'at work', says, series: data.total, height, write: amount, least: 1,
    lines: [{ cls: 'users', name: 'users', values: data.users.map((n, i) => data.length[i] ? n : null), steps: true, area: true },
      ...(wanted ? [{ cls: 'wanted', name: 'wanted', values: data.wanted, steps: true }] : [])],
  });
}

function drawPanels() {
  let log = true;
  const specs = { rate: (s) => rateSpec(data.total, s), latency: (s) => latencySpec(data.total, s, 160, log), errors: (s) => errorSpec(data.total, s, 110), users: (s) => usersSpec(s, 90) };
  for (const figure of document.querySelectorAll('.timeline .panel')) {
    const says = figure.querySelector('title').textContent, name = figure.dataset.panel;
    const chart = new Chart(figure, specs[name](says));
    chart.render();
    if (name !== 'latency') continue;
    const unit = figure.querySelector('small');
    const toggle = make('button', { type: 'button', class: 'tool' }, 'linear scale');
    toggle.addEventListener('click', () => {
      log = !log;
      toggle.textContent = log ? 'linear scale' : 'log scale';
      unit.textContent = log ? 'log scale' : 'linear scale';
      chart.spec = specs.latency(says);
      chart.render();
    });
    unit.after(toggle);
  }
}

// timelineTable fills the table behind the panels when it is opened.
function timelineTable() {
  const host = byId('timeline-data');
  if (!host) return;
  host.hidden = false;
  host.addEventListener('toggle', () => {
    if (!host.open || host.querySelector('table')) return;
    const heads = ['from', 'users', 'requests/s', 'failed', 'p50', 'p95', 'p99', 'max'], s = data.total;
    const rows = data.length.map((seconds, i) => [clock(i * data.width), count(data.users[i]), seconds ? rate((s.ok[i] + s.failed[i]) / seconds) : NONE,
      count(s.failed[i]), latency(s.p50[i]), latency(s.p95[i]), latency(s.p99[i]), latency(s.max[i])]);
    host.append(make('div', { class: 'table-wrap tall', tabindex: '0' }, make('table', {},
      make('thead', {}, make('tr', {}, ...heads.map((h) => make('th', { scope: 'col', class: 'num' }, h)))),
      make('tbody', {}, ...rows.map((r) => make('tr', {}, ...r.map((c) => make('td', { class: 'num' }, c))))))));
  });
}

// scatter draws one figure against the users there were.
function scatter(title, cls, values, write) {
  const points = values.map((v, i) => [data.users[i], v]).filter(([u, v], i) => v !== null && u > 0 && data.length[i] && i * data.width >= data.warmup);
  const most = Math.max(1, ...points.map(([u]) => u)), top = Math.max(...points.map(([, v]) => v), 0);
  return {
    title, unit: 'by users', says: title + ' by number of users: ' + counted(points.length, 'point') + ', at most ' + write(top) + '.', height: 200, axis: true,
    draw: ({ width, height }) => {
      const scale = linear(top * 1.02, height, write), marks = [grid(scale.labels, width)], right = ticks(most, 6);
      const x = (u) => u / right[right.length - 1] / 1.03 * width;
      if (data.knee > 0 && !data.open) {
        const at = x(data.knee), right = at > width / 2;
        marks.push(path('mark-line', 'M' + px(at) + ' 0V' + height), draw('text', { x: px(at + (right ? -5 : 5)), y: 12, 'text-anchor': right ? 'end' : 'start' }, 'knee: ' + amount(data.knee) + ' users'));
      }
      for (const [u, v] of points) marks.push(draw('circle', { class: 'point ' + cls, cx: px(x(u)), cy: px(scale.y(v)), r: 3.5 }));
      return { marks, labels: scale.labels, axis: right.map((u) => [x(u), amount(u)]) };
    },
  };
}

function addChart(host, spec) {
  const figure = make('figure', { class: 'chart' });
  host.append(figure);
  const c = new Chart(figure, spec);
  c.render();
  return c;
}

function drawLoad() {
  const load = byId('load-charts'), machine = byId('generator-charts');
  if (!data.length.length) return;
  addChart(load, scatter('Requests a second', 'rate', perSecond(data.total.ok.map((n, i) => n + data.total.failed[i])), amount));
  addChart(load, scatter('p95', 'p95', known(data.total.p95), axisTime));
  addChart(machine, timeChart({ title: 'CPU', unit: '% of all cores', says: 'share of all cores in each bucket', series: data.total, height: 110, least: 100, write: amount, axis: true, lines: [{ cls: 'users', name: 'CPU', values: data.cpu.map((v, i) => data.length[i] ? v * 100 : null) }] }));
  addChart(machine, timeChart({ title: 'Start lag', unit: 'p99 so far', says: 'from when a step was due to when it began', series: data.total, height: 110, write: axisTime, axis: true, lines: [{ cls: 'users', name: 'start lag', values: data.lag.map((v, i) => data.length[i] ? v : null) }] }));
}
