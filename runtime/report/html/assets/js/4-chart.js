// A chart is a figure: a caption with keys, labels of the y axis, a drawing in
// pixels. It is drawn again when its width, the view or its keys change.
const charts = new Set();

class Chart {
  constructor(figure, spec) {
    this.figure = figure;
    this.spec = spec;
    this.off = new Set(); // keys that are switched off
    const old = figure.querySelector('.frame');
    this.labels = make('div', { class: 'ylabels', 'aria-hidden': 'true' });
    this.place = make('div', { class: 'draw', style: 'height:' + (spec.height || 160) + 'px' });
    this.labels.style.height = this.place.style.height;
    const frame = make('div', { class: 'frame' }, this.labels, this.place);
    if (old) old.replaceWith(frame);
    else figure.append(make('figcaption', {}, make('b', {}, spec.title), make('small', {}, spec.unit || ''), make('ul', { class: 'keys' })), frame);
    if (spec.axis) figure.append(this.axis = make('div', { class: 'xlabels', 'aria-hidden': 'true' }));
    if (spec.below) figure.append(make('p', { class: 'below' }, spec.below));
    this.keys = figure.querySelector('.keys');
    this.fillKeys();
    if (spec.time) follow(this);
    charts.add(this);
  }

  fillKeys() {
    this.keys.replaceChildren(...(this.spec.keys || []).map(([cls, name]) => {
      const b = make('button', { type: 'button', 'aria-pressed': 'true' }, make('i', { class: cls }), name);
      b.addEventListener('click', () => {
        if (!this.off.delete(cls)) this.off.add(cls);
        b.setAttribute('aria-pressed', String(!this.off.has(cls)));
        this.render();
      });
      return make('li', {}, b);
    }));
  }

  render() {
    this.width = this.place.clientWidth || this.width || 800;
    this.height = this.place.clientHeight || this.spec.height || 160;
    const out = this.spec.draw(this), id = this.spec.id;
    const drawing = draw('svg', { class: 'plot', viewBox: '0 0 ' + this.width + ' ' + this.height, preserveAspectRatio: 'none', role: 'img', 'aria-label': this.spec.title + ': ' + this.spec.says, id: id || '' });
    if (!id) drawing.removeAttribute('id');
    drawing.append(draw('title', {}, document.createTextNode(this.spec.says)), ...out.marks);
    this.place.querySelector('svg')?.remove();
    this.place.prepend(drawing);
    this.labels.replaceChildren(...out.labels.map(([at, s]) => make('span', { style: 'top:' + px(at / this.height * 100) + '%' }, s)));
    if (this.axis) labelAxis(this.axis, (out.axis || []).map(([at, s]) => [at / this.width * 100, s]));
    this.place.querySelectorAll('.limit-label').forEach((e) => e.remove());
    this.place.append(...(out.names || []).map(([right, top, s]) => make('span', { class: 'limit-label', 'aria-hidden': 'true', style: 'right:' + px(100 - right * 100) + '%;top:' + px(top * 100) + '%' }, s)));
  }

  remove() {
    charts.delete(this);
    this.figure.remove();
  }
}

// labelAxis puts labels below a chart, by percentages; those at its ends stay
// within it, and what would cover another is left out.
function labelAxis(axis, list) {
  axis.replaceChildren(...list.map(([at, s]) => make('span', { class: at < 2 ? 'first' : at > 97 ? 'last' : '', style: 'left:' + px(at) + '%' }, s)));
  const seen = [...axis.children].map((e) => [e, e.getBoundingClientRect()]), last = seen.at(-1)?.[1];
  let end = -Infinity;
  seen.forEach(([e, r], i) => {
    if (r.left < end + 4 || i < seen.length - 1 && r.right > last.left - 4) e.remove();
    else end = r.right;
  });
}

const path = (cls, d) => draw('path', { class: cls, d });
const grid = (labels, width) => path('grid', labels.map(([at]) => 'M0 ' + px(at) + 'H' + width).join(''));

// timeChart is a chart over the run's time. The spec has lines and bars, each
// with a class, and values by bucket; null is a gap.
function timeChart(spec) {
  return {
    ...spec, time: true,
    keys: [...(spec.lines || []), ...(spec.bars || [])].filter((l) => l.name).map((l) => [l.cls, l.name]).concat(spec.limits?.length ? [['limit', 'limit']] : []),
    draw: (chart) => drawTime(chart, spec),
  };
}

// limitNames are the labels of limits, as shares of the drawing: on the right
// end of each line, or further left where another label is. What finds no
// place is left to the chart's title.
function limitNames(limits, width, height) {
  const wide = Math.max(0.15, 110 / width), high = Math.max(0.18, 16 / height), names = [];
  for (const l of limits) {
    const top = l.y / height;
    let right = l.spans.at(-1)[1] / width;
    while (names.some(([r, t]) => Math.abs(r - right) < wide && Math.abs(t - top) < high)) right -= wide;
    if (right > wide + 0.1) names.push([right, top, l.text]);
  }
  return names;
}

const bucketOf = (t) => Math.max(0, Math.min(data.length.length - 1, Math.floor(t / data.width)));

function drawTime(chart, spec) {
  const { width, height } = chart, span = view.to - view.from || 1;
  const at = (t) => (t - view.from) / span * width;
  const first = bucketOf(view.from), end = bucketOf(view.to - 1e-6) + 1;
  const shown = (l) => !chart.off.has(l.cls);
  const lines = (spec.lines || []).filter(shown), bars = (spec.bars || []).filter(shown);
  let low = Infinity, high = 0;
  const see = (v) => { if (v > 0) { low = Math.min(low, v); high = Math.max(high, v); } };
  for (const l of lines) for (let i = first; i < end; i++) see(l.values[i]);
  for (let i = first; i < end; i++) see(bars.reduce((sum, b) => sum + (b.values[i] || 0), 0));
  const highest = high; // of what was measured: one line must not flatten it where the scale is linear
  const limits = chart.off.has('limit') ? [] : (spec.limits || []).filter((l) => spec.log || l.at <= 2 * highest);
  for (const l of limits) see(l.at);
  const scale = spec.log ? logarithmic(low, high, height, spec.write) : linear(Math.max(high, spec.least || 0), height, spec.write);
  const marks = [];
  if (data.warmup > view.from) marks.push(draw('rect', { class: 'warmup', x: 0, y: 0, width: Math.max(0, px(at(data.warmup))), height }));
  marks.push(grid(scale.labels, width));
  for (const s of data.stages) if (s.from > view.from && s.from < view.to) marks.push(path('edge', 'M' + px(at(s.from)) + ' 0V' + height));
  const base = new Array(end).fill(0), w = Math.max(1, data.width / span * width);
  for (const b of bars) {
    let d = '';
    for (let i = first; i < end; i++) {
      const v = b.values[i];
      if (!v) continue;
      const top = scale.y(base[i] + v), bottom = scale.y(base[i]);
      d += box(at(i * data.width), top, w * (w > 4 ? 0.9 : 1), Math.max(1, bottom - top));
      base[i] += v;
    }
    marks.push(path(b.cls, d));
  }
  const middle = (i) => at((i + 0.5) * data.width), begin = (i) => at(i * data.width);
  for (const l of lines) if (l.area) marks.push(path('users-area', curve(l.values, first, end, begin, scale.y, true).replace(/M([\d.]+) /g, 'M$1 ' + height + 'V') + 'V' + height + 'z'));
  for (const l of lines) marks.push(path(l.cls, curve(l.values, first, end, l.steps ? begin : middle, scale.y, l.steps)));
  const parts = limits.map((l) => ({ ...l, y: scale.y(l.at), spans: (l.spans.length ? l.spans : [[0, data.end]]).map((s) => s.map((t) => Math.max(0, Math.min(width, at(t))))).filter(([a, b]) => b > a) })).filter((l) => l.spans.length);
  for (const l of parts) marks.push(path('limit', l.spans.map(([a, b]) => 'M' + px(a) + ' ' + px(l.y) + 'H' + px(b)).join('')));
  if (spec.cut) marks.push(path('cut', spec.cut.slice(first, end).map((v, i) => v ? 'M' + px(middle(first + i)) + ' ' + px(scale.y(v) - 5) + 'l4 7h-8z' : '').join('')));
  for (const m of data.marks) {
    if (m.kind === 'stage' || m.at < view.from || m.at > view.to) continue;
    const cls = { abort: 'fail', breach: 'fail', alarm: 'warn', recovery: 'pass' }[m.kind] || '';
    marks.push(path('mark-line ' + cls, 'M' + px(at(m.at)) + ' 0V' + height));
  }
  return { marks, labels: scale.labels, names: limitNames(parts, width, height), axis: clockTicks(view.from, view.to, Math.max(2, width / 90)).map((t) => [at(t), clock(t)]) };
}
