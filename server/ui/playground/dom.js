// Elements without a framework.

// h makes an element: h("p", {class: "help"}, "text", another).
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== undefined && value !== null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== undefined && child !== null && child !== false));
  return element;
}

export const $ = (id) => document.getElementById(id);

// say shows a text in an element that is hidden without one.
export function say(element, text) {
  element.textContent = text ?? "";
  element.hidden = !text;
}

// announce tells a screen reader what has happened. The same text twice is told
// twice.
export function announce(text) {
  const live = $("live");
  live.textContent = live.textContent === text ? text + "\u00a0" : text;
}

// debounce calls f when nothing has called for it for so many milliseconds.
export function debounce(milliseconds, f) {
  let timer;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(f, milliseconds, ...given);
  };
}

const units = ["B", "kB", "MB", "GB"];

// bytes writes a length for people: 1,234 B, 45.6 kB.
export function bytes(count) {
  let unit = 0;
  let value = count;
  while (value >= 10000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value.toLocaleString("en", { maximumFractionDigits: value < 100 && unit ? 1 : 0 })} ${units[unit]}`;
}

// limit writes a bound as it was meant: 20 MiB.
export const limit = (count) => (count % 1048576 === 0 ? `${count / 1048576} MiB` : bytes(count));

export const milliseconds = (value) =>
  `${value.toLocaleString("en", { maximumFractionDigits: value < 10 ? 1 : 0 })} ms`;
