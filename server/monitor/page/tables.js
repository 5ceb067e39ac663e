// Tables whose rows stay what they are while they change, so that neither focus
// nor selection is lost. Whatever comes from requests is text here, never HTML.

/**
 * Shows items as the rows of a table, or what stands beside it when there are none.
 * cells gives each row's contents: text, or a function that fills its cell.
 */
export function fill(table, items, key, cells) {
  const body = table.tBodies[0];
  const names = Array.from(table.tHead.rows[0].cells);
  const known = new Map(Array.from(body.rows, (row) => [row.dataset.key, row]));
  items.forEach((item, i) => {
    const name = String(key(item));
    let row = known.get(name);
    known.delete(name);
    if (!row) {
      row = document.createElement('tr');
      row.dataset.key = name;
    }
    cells(item).forEach((content, j) => show(row.cells[j] ?? newCell(row, names[j], j), content));
    if (body.rows[i] !== row) body.insertBefore(row, body.rows[i] ?? null);
  });
  for (const row of known.values()) row.remove();
  table.tHead.hidden = items.length === 0;
  const empty = table.parentElement.querySelector('.empty');
  if (empty) empty.hidden = items.length > 0;
}

function newCell(row, heading, column) {
  const cell = document.createElement(column === 0 ? 'th' : 'td');
  if (column === 0) cell.scope = 'row';
  cell.className = heading.className;
  cell.dataset.name = heading.textContent;
  row.append(cell);
  return cell;
}

function show(cell, content) {
  if (typeof content === 'function') content(cell);
  else if (cell.textContent !== String(content)) cell.textContent = content;
}

/** A cell of text that stands apart by its class. */
export const styled = (text, className) => (cell) => {
  cell.classList.add(...className.split(' '));
  show(cell, text);
};

/** A cell with a moment. */
export const moment = (value, format) => (cell) => {
  let time = cell.firstElementChild;
  if (!time) {
    time = document.createElement('time');
    cell.classList.add('still');
    cell.append(time);
  }
  if (time.dateTime !== value) {
    time.dateTime = value;
    time.textContent = format(value);
  }
};

/** A cell with a bar, progress or meter, and what it says in words. */
export const bar = (kind, value, most, words, name) => (cell) => {
  let element = cell.querySelector(kind);
  if (!element) {
    element = document.createElement(kind);
    element.setAttribute('aria-label', name);
    const text = document.createElement('span');
    const both = document.createElement('span');
    both.append(element, ' ', text);
    cell.append(both);
  }
  element.max = most || 1;
  element.value = value;
  show(element.nextElementSibling, words);
};
