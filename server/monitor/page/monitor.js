// The page: listens to the service, and shows what it hears.

import { bytes, count, duration, number, percent, time } from './format.js';
import { showPast, takeHistory, takePoint } from './past.js';
import { bar, fill, moment, styled } from './tables.js';
import { showState, showTiles } from './tiles.js';

const byId = (id) => document.getElementById(id);

/** What was heard last, by section; and the sections that are not shown yet. */
const known = { boot: '', series: [] };
const stale = new Set();

const sections = {
  now: showNow,
  past: () => showPast(byId('charts'), byId('span'), Date.parse(known.now.time)),
  failures: showFailures,
  tasks: showTasks,
  sources: () => showRanked('sources', known.sources),
  origins: () => showRanked('origins', known.origins),
  build: showBuild,
};

function hearSnapshot(snapshot) {
  const restarted = known.boot !== '' && known.boot !== snapshot.boot;
  known.boot = snapshot.boot;
  known.node = snapshot.node;
  known.series = snapshot.history.series;
  known.build = snapshot.build;
  takeHistory(snapshot.history, restarted);
  stale.add('past').add('build');
  hearChanges(snapshot);
}

function hearChanges(changes) {
  for (const section of ['now', 'failures', 'tasks', 'sources', 'origins']) {
    if (!changes[section]) continue;
    known[section] = changes[section];
    stale.add(section);
  }
  if (changes.point) {
    takePoint(changes.point, known.series);
    stale.add('past');
  }
  show();
}

/** Shows what has changed; nothing as long as nobody can see it. */
function show() {
  if (document.hidden) return;
  for (const section of stale) {
    stale.delete(section); // before: what can't be shown holds up nothing else for long
    sections[section]();
  }
}
document.addEventListener('visibilitychange', show);

function showNow() {
  const { now } = known;
  showState(now);
  showTiles(byId('tiles'), now);
  fill(byId('codes'), now.errors.toSorted((a, b) => b.per_second - a.per_second || b.total - a.total), (row) => row.code, (row) => [
    styled(row.code, 'code'), number(row.per_second), count(row.total),
  ]);
  fill(byId('caches'), now.caches, (cache) => cache.tier, (cache) => [
    cache.tier,
    cache.limit_bytes ? bar('meter', cache.bytes, cache.limit_bytes, percent(cache.bytes / cache.limit_bytes), `${cache.tier}: how full`) : 'off',
    `${bytes(cache.bytes)} of ${bytes(cache.limit_bytes)}`,
    count(cache.entries) + (cache.reading ? ' and more, still being read' : ''),
    count(cache.hits), count(cache.misses), count(cache.evictions), count(cache.refused), count(cache.corrupt), count(cache.errors),
  ]);
}

const fewFailures = 10;

function showFailures() {
  const all = known.failures.length;
  const more = byId('more');
  const expanded = more.getAttribute('aria-expanded') === 'true';
  more.hidden = all <= fewFailures;
  more.textContent = expanded ? `Show the newest ${fewFailures}` : `Show all ${all}`;
  fill(byId('failures'), known.failures.slice(0, expanded ? all : fewFailures), (row) => [row.route, row.status, row.code, row.source].join(' '), (row) => [
    moment(row.time, time), styled(row.code, 'code'),
    styled(row.status < 400 ? `${row.status}, with another picture` : row.status, row.status >= 500 ? 'number bad' : 'number'),
    count(row.count), styled(row.source || '–', 'code wide'), styled(row.route, 'code wide'), styled(row.request_id, 'code'),
  ]);
}

byId('more').addEventListener('click', (event) => {
  const button = event.currentTarget;
  button.setAttribute('aria-expanded', String(button.getAttribute('aria-expanded') !== 'true'));
  showFailures();
});

function showRanked(name, { slowest, failing }) {
  fill(byId(`slow-${name}`), slowest, (row) => row.name, (row) => [
    styled(row.name, 'code wide'), duration(row.seconds), count(row.count), styled(row.request_id, 'code'),
  ]);
  fill(byId(`failing-${name}`), failing, (row) => row.name, (row) => [
    styled(row.name, 'code wide'), count(row.count), styled(row.code, 'code'), styled(row.request_id, 'code'),
  ]);
}

function showTasks() {
  const { tasks } = known;
  byId('tasks-link').hidden = !tasks.details;
  byId('tasks-note').textContent = !tasks.on ? 'Tasks are off in this service.' : tasks.problem ?? '';
  byId('tasks-note').hidden = tasks.on && !tasks.problem;
  const readable = tasks.on && !tasks.problem;
  byId('outstanding-region').hidden = byId('failed-region').hidden = !readable;
  if (!readable) return;
  fill(byId('outstanding'), tasks.outstanding, (task) => task.id, (task) => [
    styled(task.id, 'code'), task.state,
    bar('progress', task.progress, 1, percent(task.progress), `Progress of ${task.id}`),
    `${count(task.counts.done)} of ${count(task.counts.total)}`, styled(count(task.counts.failed), task.counts.failed ? 'number bad-text' : 'number'),
    moment(task.created, time), cancelButton(task),
  ]);
  fill(byId('failed'), tasks.failed, (task) => task.id, (task) => [
    styled(task.id, 'code'), task.state, `${count(task.counts.done)} of ${count(task.counts.total)}`, count(task.counts.failed),
    task.finished ? moment(task.finished, time) : '–',
  ]);
}

const cancelButton = (task) => (cell) => {
  if (cell.firstElementChild) return;
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = 'Cancel';
  button.setAttribute('aria-label', `Cancel task ${task.id}`);
  button.addEventListener('click', () => cancel(task.id, button));
  cell.append(button);
};

async function cancel(id, button) {
  if (!await sure(id)) return;
  button.disabled = true;
  button.textContent = 'Cancelling';
  try {
    const answer = await fetch(`/cancel/${encodeURIComponent(id)}`, { method: 'POST' });
    if (!answer.ok) throw new Error(await answer.text());
  } catch (error) {
    button.disabled = false;
    button.textContent = `Not cancelled: ${error.message.trim()} Try again`;
  }
}

function sure(id) {
  const dialog = byId('sure');
  byId('sure-task').textContent = id;
  dialog.returnValue = 'no';
  dialog.showModal();
  return new Promise((answer) => {
    dialog.addEventListener('close', () => answer(dialog.returnValue === 'yes'), { once: true });
  });
}

function showBuild() {
  const { build, node } = known;
  byId('node').textContent = `on ${node}`;
  const entries = [['Version', build.version], ['Go', build.go.replace(/^go/, '')],
    ...build.libraries.map(({ name, version }) => [name, version])];
  byId('build').replaceChildren(...entries.map(([name, value]) => {
    const pair = document.createElement('div');
    const term = document.createElement('dt');
    const text = document.createElement('dd');
    term.textContent = name;
    text.textContent = value;
    pair.append(term, text);
    return pair;
  }));
}

// The connection. A message comes every second: ten without one, and it is lost.
const silence = 10_000;
const pause = 2_000;
let source = null;
let watchdog = 0;

function connect() {
  source?.close();
  source = new EventSource('/events');
  source.addEventListener('snapshot', (event) => heard(event, hearSnapshot));
  source.addEventListener('changes', (event) => heard(event, hearChanges));
  source.addEventListener('error', lost);
  watch();
}

function watch() {
  clearTimeout(watchdog);
  watchdog = setTimeout(() => {
    lost();
    connect();
  }, silence);
}

function heard(event, take) {
  watch();
  connected(true);
  take(JSON.parse(event.data));
}

/** The browser comes back by itself, unless it was refused. */
function lost() {
  connected(false);
  if (source.readyState !== EventSource.CLOSED) return;
  clearTimeout(watchdog);
  watchdog = setTimeout(connect, pause);
}

function connected(yes) {
  const text = yes ? 'live' : 'connection lost';
  const badge = byId('connection');
  if (badge.textContent === text) return;
  badge.textContent = text;
  badge.dataset.level = yes ? 'good' : 'bad';
  document.title = `${yes ? '' : '(lost) '}Monitor – api-resize`;
  document.body.toggleAttribute('data-lost', !yes);
  byId('lost').hidden = yes || !known.now;
  if (known.now) {
    byId('lost-since').dateTime = known.now.time;
    byId('lost-since').textContent = time(known.now.time);
  }
}

connect();
