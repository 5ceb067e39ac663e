// What is drawn of the last hour.

import { Chart, spanOf } from './charts.js';
import { bytes, bytesPerSecond, duration, number, percent, perSecond } from './format.js';

const sum = (...names) => (values) => names.reduce((all, name) => all + values[name], 0);
const of = (name) => (values) => values[name];

const definitions = [
  { title: 'Requests', note: 'a second', format: perSecond, top: 1, lines: [
    { name: 'from memory', of: of('memory') }, { name: 'from disk', of: of('disk') },
    { name: 'made', of: sum('made', 'joined') }, { name: 'not modified', of: of('not_modified') }, { name: 'other', of: of('other') },
  ] },
  { title: 'Errors', note: 'a second', format: perSecond, top: 1, lines: [
    { name: 'ours or of origins (5xx)', of: of('server_error') }, { name: 'of clients (4xx)', of: of('client_error') },
  ] },
  { title: 'From the cache', note: 'share of pictures', format: percent, top: 1, lines: [{ name: 'memory and disk', of: of('hit_ratio') }] },
  { title: 'Workers', format: number, top: 1, lines: [
    { name: 'at work', of: of('slots_in_use') }, { name: 'pictures waiting', of: of('waiting') },
  ] },
  { title: 'Wait for a worker', format: duration, top: 0.01, lines: [
    { name: '95 % wait at most', of: of('wait_p95') }, { name: 'half wait at most', of: of('wait_p50') },
  ] },
  { title: 'Traffic', note: 'a second', format: bytesPerSecond, binary: true, top: 1024, lines: [
    { name: 'served', of: of('served') }, { name: 'fetched', of: of('fetched') },
  ] },
  { title: 'Processors', note: 'used', format: number, top: 0.1, lines: [{ name: 'this service', of: of('cpu') }] },
  { title: 'Memory', format: bytes, binary: true, top: 1 << 20, lines: [
    { name: 'resident', of: of('resident') }, { name: 'Go heap', of: of('heap') }, { name: 'libvips', of: of('libvips') },
  ] },
];

const hour = 3_600_000;
let charts = null;
let points = [];

/** Takes the history of a snapshot. After a restart what was seen before stays. */
export function takeHistory(history, restarted) {
  const taken = history.points.map((point) => named(point, history.series));
  const first = taken[0]?.time ?? Infinity;
  points = restarted ? [...points.filter((point) => point.time < first), ...taken] : taken;
}

export function takePoint(point, series) {
  points.push(named(point, series));
  points = points.filter((one) => one.time > point.time - hour);
}

function named({ time, values }, series) {
  return { time, values: Object.fromEntries(series.map((name, i) => [name, values[i]])) };
}

export function showPast(box, span, until) {
  if (!charts) {
    charts = definitions.map((definition) => new Chart(definition));
    box.append(...charts.map((chart) => chart.element));
  }
  const length = spanOf(points);
  for (const chart of charts) chart.draw(points, length, points.at(-1)?.time ?? until);
  span.textContent = points.length < 2 ? 'one point every 5 seconds; the first ones are on their way'
    : `the last ${length / 60_000} minutes of it, one point every 5 seconds`;
  if (length === hour) span.textContent = 'one point every 5 seconds';
}
