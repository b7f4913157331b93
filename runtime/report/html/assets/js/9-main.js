function themeSwitch() {
  const stored = () => { try { return localStorage.getItem('throng-theme'); } catch { return null; } };
  const dark = () => root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  const b = make('button', { type: 'button', class: 'tool', id: 'theme' });
  const label = () => { b.textContent = dark() ? 'Light' : 'Dark'; b.setAttribute('aria-label', 'Switch to ' + (dark() ? 'light' : 'dark') + ' colours'); };
  if (['light', 'dark'].includes(stored())) root.dataset.theme = stored();
  b.addEventListener('click', () => {
    root.dataset.theme = dark() ? 'light' : 'dark';
    try { localStorage.setItem('throng-theme', root.dataset.theme); } catch { /* the choice lasts as long as the page */ }
    label();
  });
  label();
  byId('tools').append(b);
}

function applyView() {
  showRange();
  if (/^\d+[ad]$/.test(view.sort)) sortBy(byId('request-table'), parseInt(view.sort, 10), view.sort.endsWith('d'));
  const wanted = new Set(view.open);
  for (const line of wanted) {
    const tr = openable(line);
    if (tr && !opened.has(tr)) {
      openDetail(tr);
      tr.querySelector('.open-row').setAttribute('aria-expanded', 'true');
    }
  }
  filterRows();
}

// onLink follows a link into the page that asks for a view.
function onLink() {
  if (!location.hash.includes('=')) return;
  const before = new Set(view.open);
  readView();
  applyView();
  const fresh = view.open.find((line) => !before.has(line)), tr = fresh === undefined ? null : openable(fresh);
  (tr || byId('panels'))?.scrollIntoView();
  writeView();
}

// forPrint opens what a reader on paper needs: the details of what is broken
// or not proven, at most a few, and the examples of failures.
const PRINTED = 3;
function forPrint() {
  const was = { from: view.from, to: view.to, rows: [], details: [] };
  for (const tr of document.querySelectorAll('tr[data-slot][data-state="fail"], tr[data-slot][data-state="inconclusive"]')) {
    if (!opened.has(tr) && was.rows.length < PRINTED) { openDetail(tr); was.rows.push(tr); }
  }
  for (const d of document.querySelectorAll('.error-list details:not([open])')) {
    if (was.details.length < PRINTED) { d.open = true; was.details.push(d); }
  }
  return () => { was.rows.forEach(closeDetail); was.details.forEach((d) => { d.open = false; }); };
}

async function start() {
  root.classList.add('js');
  themeSwitch();
  data = await decode();
  readView();
  for (const t of tables()) { makeSortable(t); addCopy(t); makeOpenable(t); }
  for (const e of document.querySelectorAll('[data-copy]')) {
    const b = make('button', { type: 'button', class: 'tool' }, 'copy');
    b.addEventListener('click', () => copyText(byId(e.dataset.copy).textContent, b));
    e.append(b);
  }
  makeFilter();
  drawPanels();
  drawLoad();
  timelineTable();
  applyView();
  let after = () => {};
  addEventListener('beforeprint', () => { after = forPrint(); });
  addEventListener('afterprint', () => after());
  addEventListener('hashchange', onLink);
  addEventListener('keydown', (e) => { if (e.key === 'Escape' && zoomed()) zoomTo(0, data.end); });
  let width = innerWidth;
  addEventListener('resize', () => {
    if (innerWidth === width) return;
    width = innerWidth;
    for (const c of charts) c.render();
    placeLanes();
  });
  root.dataset.ready = 'true';
}

start();
