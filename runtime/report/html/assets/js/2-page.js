// The page's elements are made here, and nowhere from text: a name can only
// ever be text.
const root = document.documentElement;
const byId = (id) => document.getElementById(id);

function make(tag, attributes, ...children) {
  const e = document.createElement(tag);
  for (const [k, v] of Object.entries(attributes || {})) {
    if (k === 'on') for (const [event, f] of Object.entries(v)) e.addEventListener(event, f);
    else if (v === true) e.setAttribute(k, '');
    else if (v !== false && v !== undefined) e.setAttribute(k, v);
  }
  e.append(...children.filter((c) => c !== undefined && c !== null));
  return e;
}

const SVG = 'http://www.w3.org/2000/svg';
function draw(tag, attributes, ...children) {
  const e = document.createElementNS(SVG, tag);
  for (const [k, v] of Object.entries(attributes || {})) e.setAttribute(k, v);
  e.append(...children);
  return e;
}

const say = (s) => { byId('live').textContent = s; };
const px = (x) => Math.round(x * 10) / 10;

// decode unpacks the data: base64, deflate, JSON.
async function decode() {
  const packed = Uint8Array.from(atob(byId('data').textContent), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return JSON.parse(await new Response(stream).text());
}

// The view is what of the page is shown, and stands in the address, so that
// a link opens the same view: t=45-50&open=2,4&q=leads&s=fail&sort=5d.
const view = { from: 0, to: 0, open: [], q: '', s: [], sort: '' };
let data;

function readView() {
  const p = new URLSearchParams(location.hash.includes('=') ? location.hash.slice(1) : '');
  const [from, to] = (p.get('t') || '').split('-').map(Number);
  const valid = to > from && from < data.end;
  view.from = valid ? Math.max(0, from) : 0;
  view.to = valid ? Math.min(data.end, to) : data.end;
  view.open = (p.get('open') || '').split(',').filter((s) => /^\d+$/.test(s)).map(Number);
  view.q = p.get('q') || '';
  view.s = (p.get('s') || '').split(',').filter(Boolean);
  view.sort = p.get('sort') || '';
}

function writeView() {
  const parts = [];
  if (zoomed()) parts.push('t=' + Math.round(view.from) + '-' + Math.round(view.to));
  if (view.open.length) parts.push('open=' + view.open.join(','));
  if (view.q) parts.push('q=' + encodeURIComponent(view.q));
  if (view.s.length) parts.push('s=' + view.s.join(','));
  if (view.sort) parts.push('sort=' + view.sort);
  history.replaceState(null, '', '#' + parts.join('&'));
}

const zoomed = () => view.from > 0 || view.to < data.end;

function copyText(s, button) {
  const done = () => {
    const was = button.textContent;
    button.textContent = 'copied';
    say('copied');
    setTimeout(() => { button.textContent = was; }, 1500);
  };
  const old = () => {
    const area = make('textarea', { class: 'quiet' });
    area.value = s;
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
    button.focus();
    done();
  };
  if (navigator.clipboard) navigator.clipboard.writeText(s).then(done, old);
  else old();
}
