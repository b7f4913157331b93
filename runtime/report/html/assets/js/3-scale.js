// ticks are at most about n round numbers from zero to at least most.
function ticks(most, n) {
  if (!(most > 0)) return [0, 1];
  let step = 10 ** Math.floor(Math.log10(most / n));
  step *= [1, 2, 5, 10].find((m) => most / (m * step) <= n) || 10;
  const list = [0];
  while (list[list.length - 1] < most * (1 - 1e-9)) list.push(list.length * step);
  return list;
}

function linear(most, height, write) {
  const list = ticks(most, height < 100 ? 2 : height < 140 ? 3 : 4), top = list[list.length - 1];
  return { y: (v) => height * (1 - v / top), labels: list.map((v) => [height * (1 - v / top), write(v)]) };
}

function logarithmic(low, high, height, write) {
  if (!(high > 0)) [low, high] = [1e3, 1e6];
  const from = Math.floor(Math.log10(low)), to = Math.max(from + 1, Math.ceil(Math.log10(high) - 1e-9));
  const y = (v) => height * (1 - (Math.log10(v) - from) / (to - from)), labels = [];
  const skip = Math.ceil((to - from) / 6);
  for (let d = from; d <= to; d += skip) labels.push([y(10 ** d), write(10 ** d)]);
  if (to - from <= 2) for (let d = from; d < to; d++) for (const m of [2, 5]) labels.push([y(m * 10 ** d), write(m * 10 ** d)]);
  return { y, labels };
}

const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400];
function clockTicks(from, to, n) {
  const step = steps.find((s) => (to - from) / s <= n) || 86400 * Math.ceil((to - from) / 86400 / n);
  const list = [];
  for (let t = Math.ceil(from / step) * step; t <= to; t += step) list.push(t);
  return list;
}

// curve is the path through values; what is missing is a gap. Steps hold a
// value until the next one.
function curve(values, from, to, x, y, asSteps) {
  let d = '', down = false, alone = false, last = 0;
  for (let i = from; i < to; i++) {
    const v = values[i];
    if (v === null || v === undefined) {
      if (alone) d += 'm-2 0h4';
      down = alone = false;
      continue;
    }
    if (asSteps && down) d += 'H' + px(x(i)) + 'V' + px(y(v));
    else d += (down ? 'L' : 'M') + px(x(i)) + ' ' + px(y(v));
    alone = !down;
    down = true;
    last = i;
  }
  if (alone && !asSteps) d += 'm-2 0h4';
  if (asSteps && down) d += 'H' + px(x(last + 1));
  return d;
}

const box = (x, y, w, h) => 'M' + px(x) + ' ' + px(y) + 'h' + px(w) + 'v' + px(h) + 'h' + px(-w) + 'z';
