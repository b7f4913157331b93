// Numbers are written as the text report writes them: three significant
// digits, a unit for each value, nothing that depends on the reader's locale.
const NONE = '–';

const fixed = (x, places) => x.toFixed(Math.min(15, places));
const decimals = (x) => x <= 0 ? 0 : Math.max(0, Math.min(15, 2 - Math.floor(Math.log10(x))));
const round = (x) => {
  let s = fixed(x, decimals(x));
  if (decimals(Number(s)) < decimals(x)) s = fixed(x, decimals(Number(s)));
  return s;
};
const trimZeros = (s) => s.includes('.') ? s.replace(/\.?0+$/, '') : s;
const two = (n) => String(n).padStart(2, '0');
const count = (n) => String(Math.round(n)).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
const grouped = (s) => {
  const [whole, rest] = s.split('.');
  return count(Number(whole)) + (rest ? '.' + rest : '');
};

const units = [['ns', 1e-3], ['µs', 1], ['ms', 1e3], ['s', 1e6]];
const unitOf = (us) => units.findLast(([, size]) => us >= size) || units[0];

// duration writes microseconds.
function duration(us) {
  if (us === 0) return '0 ms';
  let [name, size] = unitOf(us), s = round(us / size);
  if (Number(s) >= 1000 && name !== 's') {
    [name, size] = unitOf(Number(s) * size);
    s = round(us / size);
  }
  if (name !== 's') return trimZeros(s) + ' ' + name;
  if (Number(s) < 60) return s + ' s';
  const whole = Math.round(us / 1e6);
  if (whole < 3600) return Math.floor(whole / 60) + ' min ' + two(whole % 60) + ' s';
  return Math.floor(whole / 3600) + ' h ' + two(Math.floor(whole % 3600 / 60)) + ' min';
}

// latency writes a time of the data: nothing, a figure, or a lower bound.
function latency(us) {
  if (!us) return NONE;
  if (us > 0) return duration(us);
  const [name, size] = unitOf(-us), x = -us / size, scale = 10 ** decimals(x);
  return '≥ ' + trimZeros(fixed(Math.floor(x * scale + 1e-9) / scale, decimals(x))) + ' ' + name;
}

const rate = (x) => x === 0 ? '0' : x < 0.001 ? '< 0.001' : grouped(round(x));
const amount = (x) => x === 0 ? '0' : grouped(trimZeros(round(x)));

// percent writes a share without its sign.
function percent(share) {
  const p = share * 100;
  if (share === 0 || share === 1) return fixed(p, 0);
  if (p < 0.01) return '< 0.01';
  if (p > 99.9 && p < 100) return '> 99.9';
  return fixed(p, p < 0.995 ? 2 : 1);
}

// clock is a moment of the run, in seconds.
function clock(seconds) {
  const s = Math.max(0, Math.floor(seconds + 1e-9));
  if (s < 3600) return Math.floor(s / 60) + ':' + two(s % 60);
  return Math.floor(s / 3600) + ':' + two(Math.floor(s % 3600 / 60)) + ':' + two(s % 60);
}

const counted = (n, noun) => count(n) + ' ' + noun + (n === 1 ? '' : 's');
