// Numbers as people read them, always with their unit.

const plain = [0, 1, 2].map((digits) => new Intl.NumberFormat('en', { maximumFractionDigits: digits }));

/** A number with as many decimals as say something. */
export function number(value) {
  const size = Math.abs(value);
  return plain[size >= 100 || Number.isInteger(value) ? 0 : size >= 10 ? 1 : 2].format(value);
}

export const count = (value) => plain[0].format(value);

export const perSecond = (value) => `${number(value)}/s`;

export const percent = (share) => `${share > 0 && share < 0.001 ? '<0.1' : number(Math.round(share * 1000) / 10)} %`;

/** Bytes, in powers of 1024. */
export function bytes(value) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  while (Math.abs(value) >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? count(value) : number(value)} ${units[unit]}`;
}

export const bytesPerSecond = (value) => `${bytes(value)}/s`;

/** A time that something takes, given in seconds. */
export function duration(seconds) {
  if (seconds < 0.0001) return seconds === 0 ? '0 ms' : '<0.1 ms';
  if (seconds < 1) return `${number(seconds * 1000)} ms`;
  if (seconds < 120) return `${number(seconds)} s`;
  return `${number(seconds / 60)} min`;
}

/** How long something has been so, given in seconds. */
export function age(seconds) {
  const parts = [['day', 86400], ['hour', 3600], ['minute', 60], ['second', 1]];
  const first = parts.findIndex(([, length]) => seconds >= length);
  if (first < 0) return '0 seconds';
  return parts.slice(first, first + 2).map(([name, length], i) => {
    const whole = Math.floor(i === 0 ? seconds / length : (seconds % parts[first][1]) / length);
    return whole === 0 && i > 0 ? '' : `${whole} ${name}${whole === 1 ? '' : 's'}`;
  }).filter(Boolean).join(' ');
}

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
const calendar = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

/** The time of day; with the day when that is another than today. */
export function time(moment) {
  const date = new Date(moment);
  return (date.toDateString() === new Date().toDateString() ? clock : calendar).format(date);
}
