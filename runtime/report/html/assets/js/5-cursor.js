// One cursor and one selection for all charts over time.
const cursor = { at: -1, anchor: -1, chart: null };

function follow(chart) {
  const place = chart.place;
  place.tabIndex = 0;
  place.setAttribute('role', 'group');
  place.setAttribute('aria-label', chart.spec.title + ' over time: arrows move the cursor, shift with arrows selects, enter zooms, escape shows everything');
  place.style.touchAction = 'pan-y';
  const time = (e) => {
    const r = place.getBoundingClientRect();
    return view.from + Math.max(0, Math.min(1, (e.clientX - r.left) / r.width)) * (view.to - view.from);
  };
  place.addEventListener('pointermove', (e) => point(chart, time(e)));
  place.addEventListener('pointerleave', () => { if (cursor.anchor < 0) point(null, -1); });
  place.addEventListener('pointerdown', (e) => {
    if (e.button !== 0 || e.pointerType === 'touch') return;
    place.setPointerCapture(e.pointerId);
    cursor.anchor = time(e);
  });
  place.addEventListener('pointerup', (e) => { if (cursor.anchor >= 0) choose(cursor.anchor, time(e)); });
  place.addEventListener('blur', () => { cursor.anchor = -1; point(null, -1); });
  place.addEventListener('keydown', (e) => onKey(chart, e));
}

function onKey(chart, e) {
  const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 }[e.key];
  if (step) {
    const from = cursor.at < 0 ? (view.from + view.to) / 2 : cursor.at;
    if (e.shiftKey && cursor.anchor < 0) cursor.anchor = from;
    if (!e.shiftKey) cursor.anchor = -1;
    point(chart, Math.max(view.from, Math.min(view.to - 1e-6, (Math.floor(from / data.width) + step + 0.5) * data.width)));
    say(reading(chart.spec.series, bucketOf(cursor.at)).map(([k, v]) => k + ' ' + v).join(', '));
  } else if (e.key === 'Home') point(chart, view.from);
  else if (e.key === 'End') point(chart, view.to - 1e-6);
  else if (e.key === 'Enter' && cursor.anchor >= 0) choose(cursor.anchor, cursor.at);
  else return;
  e.preventDefault();
}

// choose zooms to a selection that is wide enough to be meant.
function choose(a, b) {
  cursor.anchor = -1;
  const [from, to] = [Math.min(a, b), Math.max(a, b)].map((t) => Math.floor(t / data.width) * data.width);
  if (to - from >= data.width) zoomTo(from, Math.min(data.end, to + data.width));
  else point(cursor.chart, b);
}

function point(chart, at) {
  cursor.chart = chart;
  cursor.at = at;
  for (const c of charts) {
    if (!c.spec.time) continue;
    c.place.querySelectorAll('.cursor, .selection, .readout').forEach((e) => e.remove());
    if (at < 0) continue;
    const left = (t) => px((t - view.from) / (view.to - view.from) * 100);
    if (cursor.anchor >= 0) {
      const [from, to] = [Math.min(cursor.anchor, at), Math.max(cursor.anchor, at)];
      c.place.append(make('div', { class: 'selection', style: 'left:' + left(from) + '%;width:' + (left(to) - left(from)) + '%' }));
    }
    c.place.append(make('div', { class: 'cursor', style: 'left:' + left(at) + '%' }));
    if (c !== chart) continue;
    const lines = reading(c.spec.series, bucketOf(at)).map(([k, v]) => make('div', {}, make('span', {}, k), make('b', {}, v)));
    const side = left(at) > 55 ? 'right:' + (100 - left(at) + 1) + '%' : 'left:' + (left(at) + 1) + '%';
    c.place.append(make('div', { class: 'readout', style: side }, ...lines));
  }
}

// reading is what is known of a bucket: of all requests, or of one.
function reading(series, i) {
  const wall = new Date(data.started + i * data.width * 1000);
  const from = i * data.width, seconds = data.length[i];
  const list = [['time', clock(from) + (data.width > 1 ? '–' + clock(Math.min(data.end, from + data.width)) : '')],
    ['clock', two(wall.getUTCHours()) + ':' + two(wall.getUTCMinutes()) + ':' + two(wall.getUTCSeconds()) + ' UTC']];
  const stage = data.stages.findLast((s) => from >= s.from && from < s.to);
  if (stage) list.push(['stage', stage.name || NONE]);
  list.push(['users', count(data.users[i])]);
  if (!seconds) return [...list, ['', 'not known']];
  const n = series.ok[i] + series.failed[i];
  list.push(['requests/s', rate(n / seconds)], ['failed', count(series.failed[i]) + (n ? ' (' + percent(series.failed[i] / n) + ' %)' : '')]);
  if (data.missed[i]) list.push(['missed', count(data.missed[i])]);
  for (const [k, name] of [['p50', 'p50'], ['p95', 'p95'], ['p99', 'p99'], ['max', 'max']]) list.push([name, latency(series[k][i])]);
  return list;
}

function zoomTo(from, to) {
  view.from = Math.max(0, from);
  view.to = Math.min(data.end, to);
  cursor.anchor = -1;
  writeView();
  showRange();
}

// showRange draws everything for the range in view, and says what was in it.
function showRange() {
  for (const c of charts) if (c.spec.time) c.render();
  point(null, -1);
  placeLanes();
  const bar = byId('zoom');
  if (!bar) return;
  bar.hidden = !zoomed();
  if (bar.hidden) return;
  const s = data.total, first = bucketOf(view.from), end = bucketOf(view.to - 1e-6) + 1;
  let n = 0, failed = 0, seconds = 0, p95 = 0, most = 0, least = Infinity;
  for (let i = first; i < end; i++) {
    n += s.ok[i] + s.failed[i];
    failed += s.failed[i];
    seconds += data.length[i];
    if (Math.abs(s.p95[i]) > Math.abs(p95)) p95 = s.p95[i];
    most = Math.max(most, data.users[i]);
    least = Math.min(least, data.users[i]);
  }
  const facts = [counted(n, 'request') + ', ' + (seconds ? rate(n / seconds) : NONE) + ' a second', count(failed) + ' failed' + (n ? ' (' + percent(failed / n) + ' %)' : ''),
    'highest p95 of a point ' + latency(p95), (least === most ? '' : count(least) + '–') + count(most) + ' users'];
  bar.replaceChildren(make('b', {}, clock(view.from) + '–' + clock(view.to)), ...facts.map((f) => make('span', {}, f)),
    make('button', { type: 'button', class: 'tool', on: { click: () => zoomTo(0, data.end) } }, 'Show everything'));
  say(bar.textContent);
}

// placeLanes moves the stages, marks and labels above and below the panels.
function placeLanes() {
  const host = byId('panels');
  if (!host) return;
  const share = (t) => Math.max(0, Math.min(1, (t - view.from) / (view.to - view.from))) * 100;
  host.querySelectorAll('.band').forEach((e, i) => {
    const s = data.stages[i], left = share(s.from), right = share(s.to);
    e.style.left = left + '%';
    e.style.width = right - left + '%';
    e.hidden = right <= left;
  });
  const marks = data.marks.filter((m) => ['abort', 'breach', 'alarm', 'recovery'].includes(m.kind));
  host.querySelectorAll('.mark').forEach((e, i) => {
    e.hidden = marks[i].at < view.from || marks[i].at > view.to;
    e.style.left = share(marks[i].at) + '%';
  });
  const labels = host.querySelector(':scope > .xlabels');
  labelAxis(labels, clockTicks(view.from, view.to, Math.max(2, labels.clientWidth / 90)).map((t) => [share(t), clock(t)]));
}
