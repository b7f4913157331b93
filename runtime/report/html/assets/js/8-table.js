// Tables: sort, filter, copy, and rows that open.
const tables = () => document.querySelectorAll('table.figures');
const mainRows = (table) => [...table.tBodies[0].rows].filter((r) => !r.matches('.why, .detail'));
const valueOf = (row, i) => row.cells[i]?.dataset.v ?? '';

// withFollowers is a row and what belongs below it.
function withFollowers(row) {
  const list = [row];
  for (let r = row.nextElementSibling; r && r.matches('.why, .detail'); r = r.nextElementSibling) list.push(r);
  return list;
}

function sortBy(table, column, descending) {
  const rows = mainRows(table), numeric = rows.every((r) => valueOf(r, column) === '' || Number.isFinite(Number(valueOf(r, column))));
  const blocks = rows.map((r) => [r, withFollowers(r)]);
  blocks.sort(([a], [b]) => {
    const x = valueOf(a, column), y = valueOf(b, column);
    if (x === '' || y === '') return (x === '') - (y === '');
    const order = numeric ? Number(x) - Number(y) : x < y ? -1 : x > y ? 1 : 0;
    return descending ? -order : order;
  });
  table.tBodies[0].append(...blocks.flatMap(([, list]) => list));
  for (const th of table.tHead.rows[0].cells) th.removeAttribute('aria-sort');
  table.tHead.rows[0].cells[column].setAttribute('aria-sort', descending ? 'descending' : 'ascending');
}

function makeSortable(table) {
  [...table.tHead.rows[0].cells].forEach((th, i) => {
    if (th.hasAttribute('data-plain')) return;
    const b = make('button', { type: 'button' }, ...th.childNodes);
    th.append(b);
    b.addEventListener('click', () => {
      const was = th.getAttribute('aria-sort');
      const descending = was ? was === 'ascending' : th.classList.contains('num');
      sortBy(table, i, descending);
      if (table.id === 'request-table') {
        view.sort = i + (descending ? 'd' : 'a');
        writeView();
      }
    });
  });
}

function addCopy(table) {
  const cells = (row) => [...row.cells].map((c) => c.textContent.trim().replace(/\s+/g, ' ').replace(/\|/g, '\\|'));
  const b = make('button', { type: 'button', class: 'tool' }, 'Copy as Markdown');
  b.addEventListener('click', () => {
    const lines = [cells(table.tHead.rows[0]), [...table.tHead.rows[0].cells].map((c) => c.classList.contains('num') ? '--:' : '---'),
      ...mainRows(table).filter((r) => !r.hidden).map(cells), ...[...(table.tFoot?.rows || [])].map(cells)];
    copyText(lines.map((l) => '| ' + l.join(' | ') + ' |').join('\n') + '\n', b);
  });
  table.closest('.table-wrap').after(make('div', { class: 'copy-row' }, b));
}

function makeOpenable(table) {
  for (const tr of mainRows(table)) {
    if (tr.dataset.slot === undefined) continue;
    const cell = tr.querySelector('td.name'), name = cell.querySelector('span');
    const b = make('button', { type: 'button', class: 'open-row', 'aria-expanded': 'false' }, ...name.childNodes);
    name.replaceWith(b);
    b.addEventListener('click', () => setOpen(tr, !opened.has(tr)));
  }
}

function setOpen(tr, open) {
  (open ? openDetail : closeDetail)(tr);
  tr.querySelector('.open-row').setAttribute('aria-expanded', String(open));
  view.open = [...opened.keys()].map((r) => Number(r.dataset.line));
  writeView();
}

const openable = (line) => document.querySelector('tr[data-slot][data-line="' + line + '"]');

// filterRows shows the rows that have a wanted state and hold the text.
function filterRows() {
  const table = byId('request-table'), bar = byId('request-filter');
  if (!table) return;
  let shown = 0;
  const rows = mainRows(table), q = view.q.toLowerCase();
  for (const tr of rows) {
    const fits = (!view.s.length || view.s.includes(tr.dataset.state)) && tr.querySelector('td.name').textContent.toLowerCase().includes(q);
    for (const r of withFollowers(tr)) r.hidden = !fits;
    shown += fits;
  }
  for (const chip of bar.querySelectorAll('.chip')) chip.setAttribute('aria-pressed', String(view.s.includes(chip.dataset.state)));
  bar.querySelector('.count').textContent = shown === rows.length ? counted(shown, 'request') : count(shown) + ' of ' + count(rows.length) + ' shown';
}

function makeFilter() {
  const bar = byId('request-filter');
  if (!bar) return;
  bar.hidden = false;
  const input = make('input', { type: 'search', placeholder: 'find a request', 'aria-label': 'Find a request', value: view.q });
  input.addEventListener('input', () => { view.q = input.value; writeView(); filterRows(); });
  for (const chip of bar.querySelectorAll('.chip')) {
    chip.addEventListener('click', () => {
      view.s = view.s.includes(chip.dataset.state) ? view.s.filter((s) => s !== chip.dataset.state) : [...view.s, chip.dataset.state];
      writeView();
      filterRows();
    });
  }
  bar.prepend(input);
  bar.append(make('span', { class: 'count', role: 'status' }));
}
