// The figures of this moment. Each tile says by a word, not by its colour alone,
// when somebody should look.

import { age, bytes, bytesPerSecond, count, duration, number, percent, perSecond } from './format.js';

const total = (rates) => Object.values(rates).reduce((sum, rate) => sum + rate, 0);

/** Every tile: title, and what it says of a moment: value, unit, about, and level with its word. */
const tiles = [
  ['Requests', (now) => ({
    value: number(total(now.requests_per_second)), unit: 'a second',
    about: `${count(total(now.requests))} since the start`,
  })],
  ['From the cache', (now) => (now.hit_ratio ? {
    value: percent(now.hit_ratio.memory + now.hit_ratio.disk), unit: 'of pictures',
    about: `memory ${percent(now.hit_ratio.memory)}, disk ${percent(now.hit_ratio.disk)}, made ${percent(now.hit_ratio.none)}; last minute`,
  } : { value: '–', unit: '', about: 'no picture was asked for in the last minute' })],
  ['Workers', ({ slots }) => ({
    value: `${slots.in_use} of ${slots.count}`, unit: 'at work',
    about: slots.waiting ? `${count(slots.waiting)} waiting, done in ${duration(slots.backlog_seconds)}` : 'nothing waits',
    ...(slots.waiting ? { level: 'busy', word: 'queueing' } : {}),
  })],
  ['Wait for a worker', ({ queue_wait: wait }) => (wait.p95_seconds === null ? {
    value: '–', unit: '', about: 'no picture was made in the last minute',
  } : {
    value: duration(wait.p95_seconds), unit: 'or less',
    about: `for 95 % of the last minute’s pictures (${count(wait.made)} made); half of them: ${duration(wait.p50_seconds)}`,
    ...(wait.p95_seconds > 0.5 ? { level: 'busy', word: 'slow' } : {}),
  })],
  ['Errors', (now) => {
    const server = now.requests_per_second.server_error;
    const client = now.requests_per_second.client_error;
    return {
      value: number(server + client), unit: 'a second',
      about: `${perSecond(server)} ours or of origins (5xx), ${perSecond(client)} of clients (4xx)`,
      ...(server > 0 ? { level: 'bad', word: 'failing' } : {}),
    };
  }],
  ['Origins', (now) => ({
    value: count(now.breakers_open), unit: 'left alone',
    about: `for a while, after failures; ${count(now.fetches_open)} fetches under way, ${count(now.refused_sources)} sources known to be missing`,
    ...(now.breakers_open ? { level: 'bad', word: 'breaker open' } : {}),
  })],
  ['Processor', ({ cpu }) => ({
    value: number(cpu.used), unit: `of ${cpu.count} processors`, about: `${percent(cpu.used / cpu.count)} used by this service`,
    ...(cpu.used > 0.9 * cpu.count ? { level: 'busy', word: 'full' } : {}),
  })],
  ['Memory', ({ memory, goroutines }) => ({
    value: memory.resident ? bytes(memory.resident) : '–', unit: 'resident',
    about: `Go heap ${bytes(memory.go_heap)}, libvips ${bytes(memory.libvips)}; ${count(goroutines)} goroutines`,
  })],
  ['Traffic', ({ bytes_per_second: traffic }) => ({
    value: bytesPerSecond(traffic.served), unit: 'served', about: `${bytesPerSecond(traffic.fetched)} fetched from origins`,
  })],
  ['Under way', (now) => ({
    value: count(now.flights), unit: now.flights === 1 ? 'fetch or picture' : 'fetches and pictures',
    about: `that somebody waits for; ${bytes(now.slots.reserved_bytes)} of ${bytes(now.slots.budget_bytes)} taken for pixels`,
  })],
];

const shown = [];

export function showTiles(list, now) {
  if (shown.length === 0) build(list);
  tiles.forEach(([, of], i) => {
    const { value, unit, about, level = '', word = '' } = of(now);
    const tile = shown[i];
    write(tile.value, value);
    write(tile.unit, unit);
    write(tile.about, about);
    write(tile.word, word);
    if (tile.element.dataset.level !== level) tile.element.dataset.level = level;
  });
}

function build(list) {
  for (const [title] of tiles) {
    const element = document.createElement('li');
    element.className = 'tile';
    const heading = document.createElement('h3');
    const name = document.createElement('span');
    name.textContent = title;
    const word = document.createElement('span');
    word.className = 'word';
    heading.append(name, word);
    const value = document.createElement('span');
    const unit = document.createElement('small');
    const line = document.createElement('p');
    line.className = 'value';
    line.append(value, ' ', unit);
    const about = document.createElement('p');
    about.className = 'about';
    element.append(heading, line, about);
    list.append(element);
    shown.push({ element, value, unit, about, word });
  }
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Where in its life the service is. */
export function showState(now) {
  const badge = document.getElementById('state');
  badge.dataset.level = now.state === 'serving' ? 'good' : 'busy';
  write(badge, now.state);
  write(document.getElementById('uptime'), `up ${age(now.uptime_seconds)}`);
}
