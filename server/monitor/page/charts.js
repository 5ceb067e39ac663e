// Small charts of the last hour. What a line shows is told in a table below it
// too, and lines differ in their strokes as well as in their colours.

const width = 600;
const height = 100;
const gap = 12_000; // milliseconds without a point, over which no line is drawn

/** The span that is drawn, in milliseconds: the least of these that holds everything. */
export function spanOf(points) {
  const spans = [5, 15, 30, 60].map((minutes) => minutes * 60_000);
  if (points.length === 0) return spans[0];
  const held = points.at(-1).time - points[0].time;
  return spans.find((span) => held <= span) ?? spans.at(-1);
}

export class Chart {
  /** definition: title, unit, format, lines of {name, of(values)}, and top, the least height. */
  constructor(definition) {
    this.definition = definition;
    this.element = document.createElement('figure');
    const caption = document.createElement('figcaption');
    caption.append(definition.title, ' ', small(definition.note ?? ''));
    this.plot = drawing();
    this.top = label('top');
    this.from = label('from');
    const until = label('until');
    until.textContent = 'now';
    const box = document.createElement('div');
    box.className = 'plot';
    box.setAttribute('aria-hidden', 'true');
    box.append(this.plot, this.top, this.from, until);
    this.lines = definition.lines.map((line, i) => this.newLine(line, i));
    this.element.append(caption, box, this.legend());
    box.addEventListener('pointermove', (event) => this.look(event));
    box.addEventListener('pointerleave', () => this.look(null));
  }

  newLine(line, i) {
    const path = svg('path', { class: `series s${i}` });
    const area = i === 0 ? svg('path', { class: 'area s0' }) : null;
    if (area) this.plot.append(area);
    this.plot.append(path);
    return { ...line, path, area, cells: [] };
  }

  /** The table of what the lines show. */
  legend() {
    const table = document.createElement('table');
    const head = table.createTHead().insertRow();
    for (const name of ['', 'now', 'least', 'most']) {
      const cell = document.createElement('th');
      cell.scope = 'col';
      cell.className = name ? 'number' : '';
      cell.textContent = name;
      if (!name) cell.setAttribute('aria-label', 'line');
      head.append(cell);
    }
    this.latest = head.cells[1];
    const body = table.createTBody();
    this.lines.forEach((line, i) => {
      const row = body.insertRow();
      const name = document.createElement('th');
      name.scope = 'row';
      const swatch = svg('svg', { class: 'swatch', viewBox: '0 0 26 8', 'aria-hidden': 'true' });
      swatch.append(svg('path', { class: `series s${i}`, d: 'M0 4H26' }));
      name.append(swatch, line.name);
      row.append(name);
      for (let j = 0; j < 3; j++) {
        const cell = row.insertCell();
        cell.className = 'number';
        line.cells.push(cell);
      }
    });
    return table;
  }

  draw(points, span, until) {
    this.points = points;
    this.span = span;
    this.until = until;
    const { format } = this.definition;
    const shown = points.filter((point) => point.time >= until - span);
    let most = 0;
    for (const line of this.lines) {
      line.values = shown.map((point) => ({ time: point.time, value: line.of(point.values) }));
      const there = line.values.map((one) => one.value).filter((value) => value !== null);
      line.range = there.length ? [Math.min(...there), Math.max(...there)] : null;
      if (line.range) most = Math.max(most, line.range[1]);
    }
    const top = rounded(Math.max(most, this.definition.top), this.definition.binary);
    for (const line of this.lines) {
      const y = (value) => height - (value / top) * (height - 4);
      const x = (time) => width - ((until - time) / span) * width;
      const d = path(line.values, x, y);
      line.path.setAttribute('d', d.line);
      line.area?.setAttribute('d', d.area);
    }
    this.top.textContent = format(top);
    this.from.textContent = `${span / 60_000} min ago`;
    this.tell(shown.length - 1);
  }

  /** Writes the values of one point, and the range, into the table. */
  tell(index) {
    for (const line of this.lines) {
      const texts = [line.values[index]?.value ?? null, line.range?.[0] ?? null, line.range?.[1] ?? null];
      texts.forEach((value, i) => {
        const text = value === null ? '–' : this.definition.format(value);
        if (line.cells[i].textContent !== text) line.cells[i].textContent = text;
      });
    }
  }

  /** Shows the values under the pointer instead of the newest ones. */
  look(event) {
    this.mark?.remove();
    this.mark = null;
    const values = this.lines[0].values ?? [];
    let index = values.length - 1;
    this.latest.textContent = 'now';
    if (event && values.length) {
      const box = this.plot.getBoundingClientRect();
      const time = this.until - this.span * (1 - (event.clientX - box.left) / box.width);
      index = values.reduce((best, one, i) => (Math.abs(one.time - time) < Math.abs(values[best].time - time) ? i : best), 0);
      const x = width - ((this.until - values[index].time) / this.span) * width;
      this.mark = svg('path', { class: 'look', d: `M${x.toFixed(1)} 0V${height}` });
      this.plot.append(this.mark);
      this.latest.textContent = new Date(values[index].time).toLocaleTimeString();
    }
    this.tell(index);
  }
}

function path(values, x, y) {
  let line = '';
  let area = '';
  let begun = null; // x of the first point of a stretch
  let last = null;
  const close = () => {
    if (begun === null) return;
    area += `L${last.at} ${height}L${begun} ${height}Z`;
    begun = null;
  };
  for (const { time, value } of values) {
    if (value === null || (last && time - last.time > gap)) close();
    if (value === null) continue;
    const at = x(time).toFixed(1);
    const step = `${begun === null ? 'M' : 'L'}${at} ${y(value).toFixed(1)}`;
    line += begun === null ? `${step}h3` : step; // a lone point is seen too
    area += step;
    begun ??= at;
    last = { time, at };
  }
  close();
  return { line, area };
}

/** The next round number above a value. */
function rounded(value, binary) {
  let unit = 1;
  if (binary) while (value >= unit * 1024) unit *= 1024;
  const magnitude = 10 ** Math.floor(Math.log10(value / unit));
  return unit * magnitude * [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((step) => value / unit <= step * magnitude * 1.0001);
}

function drawing() {
  const plot = svg('svg', { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none' });
  plot.append(svg('path', { class: 'grid', d: `M0 4H${width}M0 52H${width}` }));
  return plot;
}

function svg(name, attributes) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

function label(className) {
  const element = document.createElement('span');
  element.className = className;
  return element;
}

function small(text) {
  const element = document.createElement('small');
  element.textContent = text;
  return element;
}
