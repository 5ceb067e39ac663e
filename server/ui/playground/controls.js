// A control for every option, by its kind. A control reads and writes the value as
// it stands in a URL; the empty text is the default.
import { h } from "./dom.js";

// makers make what a kind of value is chosen with: {element, get, set}; group says
// that it is several fields, tells that it shows by itself which values there are.
// changed is called after every change by hand; id is that of the field with the label.
const makers = { switch: aSwitch, word: aWord, number: aNumber, position: aPosition, color: aColor, point, region, sides, source, text, time };

// control makes the whole row of an option: label, control, help, error, reset.
export function control(option, onChange) {
  const id = `option-${option.name}`;
  const label = option.name.replaceAll("_", " ");
  const describedBy = `${id}-help ${id}-error`;
  const make = makers[option.kind] ?? text;
  const changed = () => {
    mark();
    onChange(option.name, inner.get());
  };
  const inner = make({ option, id, label, describedBy, changed });

  const reset = h("button", {
    type: "button", class: "reset", hidden: true, "aria-label": `Reset ${label}`, title: `Back to the default: ${option.default}`,
    onclick: () => {
      inner.set("");
      changed();
      row.querySelector("input, select, textarea")?.focus();
    },
  }, "Reset");
  const error = h("p", { id: `${id}-error`, class: "error", role: "alert", hidden: true });
  const needs = option.needs && h("span", { class: "needs" }, ` Only with ${option.needs.replaceAll("_", " ")}.`);
  const excludes = option.excludes && h("span", {}, ` Not with ${option.excludes}.`);
  const help = h("p", { id: `${id}-help`, class: "help" }, option.doc, needs, excludes,
    h("span", { class: "domain" }, inner.tells ? `Default: ${option.default}.` : `${option.values[0].toUpperCase()}${option.values.slice(1)}; default: ${option.default}.`));

  const title = inner.group
    ? h("legend", {}, label)
    : h("label", { for: id }, label);
  const row = h(inner.group ? "fieldset" : "div", { class: `option kind-${option.kind}`, "data-option": option.name, "aria-describedby": inner.group && describedBy },
    title, reset, inner.element, help, error);

  function mark() {
    const value = inner.get();
    reset.hidden = value === "";
    row.classList.toggle("given", value !== "");
  }

  return {
    option, row,
    get: inner.get,
    set(value) {
      inner.set(value);
      mark();
    },
    fail(message) {
      error.textContent = message ?? "";
      error.hidden = !message;
      for (const field of row.querySelectorAll("input, select, textarea")) {
        if (message) field.setAttribute("aria-invalid", "true");
        else field.removeAttribute("aria-invalid");
      }
    },
    matches(words) {
      const all = `${option.name} ${option.short ?? ""} ${option.group} ${option.doc} ${option.values}`.toLowerCase().replaceAll("colour", "colour color");
      return words.every((word) => all.includes(word));
    },
  };
}

function aSwitch({ option, id, describedBy, changed }) {
  const byDefault = option.default === "true";
  const box = h("input", { id, type: "checkbox", role: "switch", "aria-describedby": describedBy, onchange: changed });
  box.checked = byDefault;
  return {
    tells: true,
    element: box,
    get: () => (box.checked === byDefault ? "" : String(box.checked)),
    set: (value) => {
      box.checked = value === "" ? byDefault : ["true", "1"].includes(value.toLowerCase());
    },
  };
}

// aWord offers the default by the name that it has in words.
function aWord({ option, id, describedBy, changed }) {
  const select = h("select", { id, "aria-describedby": describedBy, onchange: changed });
  const isWord = option.words.includes(option.default);
  if (!isWord) select.append(h("option", { value: "" }, option.default));
  for (const word of option.words) {
    const isDefault = word === option.default;
    select.append(h("option", { value: isDefault ? "" : word }, isDefault ? `${word} (default)` : word));
  }
  return {
    tells: true,
    element: select,
    get: () => select.value,
    set: (value) => choose(select, isWord && value === option.default ? "" : value),
  };
}

// choose selects a value; one that the list has not is added, so that the service
// can say what is wrong with it.
function choose(select, value) {
  if (![...select.options].some((one) => one.value === value)) select.append(h("option", { value }, value));
  select.value = value;
}

// A slider that is wider than this many steps is no help.
const mostSteps = 1000;

function stepOf(option) {
  if (option.whole) return 1;
  const span = option.high - option.low;
  return span <= 2 ? 0.01 : span <= 150 ? 0.1 : 1;
}

// aNumber is a field, a slider where the range is small enough, and a button for
// each word.
function aNumber({ option, id, label, describedBy, changed }) {
  const step = stepOf(option);
  const field = h("input", {
    id, type: "text", inputmode: option.low < 0 ? "text" : "decimal", autocomplete: "off", class: "short",
    placeholder: Number.isNaN(parseFloat(option.default)) ? "" : String(parseFloat(option.default)), "aria-describedby": describedBy,
  });
  const rest = Math.min(option.high, Math.max(option.low, parseFloat(option.default) || 0));
  let slider;
  if ((option.high - option.low) / step <= mostSteps) {
    slider = h("input", { type: "range", min: option.low, max: option.high, step, "aria-label": `${label}, slider` });
    slider.value = rest;
    slider.addEventListener("input", () => {
      field.value = String(parseFloat(Number(slider.value).toFixed(3)));
      press();
      changed();
    });
  }
  const buttons = option.words.map((word) => h("button", {
    type: "button", class: "word", "aria-pressed": "false", "aria-label": `${label}: ${word}`,
    onclick: () => {
      field.value = field.value.toLowerCase() === word ? "" : word;
      press();
      changed();
    },
  }, word));
  const press = () => {
    for (const button of buttons) button.setAttribute("aria-pressed", String(field.value.toLowerCase() === button.textContent));
    if (slider) {
      const value = parseFloat(field.value);
      slider.value = Number.isNaN(value) ? rest : value;
    }
  };
  field.addEventListener("input", () => {
    press();
    changed();
  });
  return {
    element: h("div", { class: slider ? "number-row" : "number-row plain" }, slider, field, ...buttons),
    get: () => field.value.trim(),
    set: (value) => {
      field.value = value;
      press();
    },
  };
}

// The places in a picture, as they lie in it.
const grid = ["top-left", "top", "top-right", "left", "center", "right", "bottom-left", "bottom", "bottom-right"];

// aPosition is a grid of the places, and the other words beside it. Arrow keys go
// through all.
function aPosition({ option, id, changed }) {
  const words = [...grid.filter((word) => option.words.includes(word)), ...option.words.filter((word) => !grid.includes(word))];
  const boxes = words.map((word) => {
    const box = h("input", { type: "radio", name: id, value: word, onchange: changed });
    box.checked = word === option.default;
    const isPlace = grid.includes(word);
    return h("label", { class: isPlace ? "place" : "other", title: word }, box, h("span", { class: isPlace ? "hidden" : "" }, word));
  });
  const all = boxes.map((label) => label.querySelector("input"));
  return {
    group: true,
    tells: true,
    element: h("div", { class: "position" },
      h("div", { class: "grid3" }, ...boxes.filter((box) => box.classList.contains("place"))),
      h("div", { class: "others" }, ...boxes.filter((box) => box.classList.contains("other")))),
    get: () => {
      const value = all.find((box) => box.checked)?.value ?? "";
      return value === option.default ? "" : value;
    },
    set: (value) => {
      for (const box of all) box.checked = box.value === (value || option.default).toLowerCase();
    },
  };
}

// aColor is a field for every spelling, and the browser's own chooser.
function aColor({ id, label, describedBy, changed }) {
  const field = h("input", { id, type: "text", autocomplete: "off", spellcheck: "false", class: "medium", placeholder: "ffcc00, tomato", "aria-describedby": describedBy });
  const chooser = h("input", { type: "color", "aria-label": `${label}, chooser` });
  const follow = () => {
    if (/^[0-9a-f]{6}([0-9a-f]{2})?$/i.test(field.value)) chooser.value = `#${field.value.slice(0, 6)}`;
  };
  field.addEventListener("input", () => {
    follow();
    changed();
  });
  chooser.addEventListener("input", () => {
    field.value = chooser.value.slice(1);
    changed();
  });
  return {
    element: h("div", { class: "row" }, chooser, field),
    get: () => field.value.trim(),
    set: (value) => {
      field.value = value;
      follow();
    },
  };
}

// fields are several numbers that make one value.
function fields(names, attributes, changed) {
  const boxes = names.map((name) => h("input", { type: "text", inputmode: "decimal", autocomplete: "off", class: "short", oninput: changed, ...attributes(name) }));
  return {
    boxes,
    element: h("div", { class: "sides" }, ...names.map((name, i) => h("label", {}, h("span", {}, name), boxes[i]))),
    values: () => boxes.map((box) => box.value.trim()),
    fill: (values) => boxes.forEach((box, i) => (box.value = values[i] ?? "")),
  };
}

function point({ changed }) {
  const two = fields(["from left", "from top"], () => ({ placeholder: "0…1" }), changed);
  return {
    group: true, element: two.element,
    get: () => (two.values().some(Boolean) ? two.values().map((value) => value || "0.5").join(":") : ""),
    set: (value) => two.fill(value ? value.split(":") : []),
  };
}

// region is chosen in per cent of the original, or in its pixels.
function region({ id, changed }) {
  const unit = h("select", { id: `${id}-unit`, onchange: changed, "aria-label": "unit of the crop" },
    h("option", { value: "%" }, "per cent"), h("option", { value: "px" }, "pixels"));
  const four = fields(["left", "top", "width", "height"], (name) => ({ placeholder: name === "width" || name === "height" ? "all" : "0" }), changed);
  const part = (text) => (/^\d+(\.\d+)?$/.test(text) ? String(parseFloat((Number(text) / 100).toFixed(5))).replace(/^(\d+)$/, "$1.0") : text);
  return {
    group: true, element: h("div", {}, four.element, h("div", { class: "unit" }, unit)),
    get: () => {
      if (!four.values().some(Boolean)) return "";
      const [left, top, width, height] = four.values();
      if (unit.value === "px") return [left || "0", top || "0", width || "8192", height || "8192"].join(":");
      return [left || "0", top || "0", width || "100", height || "100"].map(part).join(":");
    },
    set: (value) => {
      const parts = value ? value.split(":") : [];
      unit.value = parts.length && !value.includes(".") ? "px" : "%";
      four.fill(unit.value === "px" ? parts : parts.map((one) => String(parseFloat((Number(one) * 100).toFixed(3)))));
    },
  };
}

function sides({ changed }) {
  const four = fields(["top", "right", "bottom", "left"], () => ({ placeholder: "0" }), changed);
  return {
    group: true, element: four.element,
    get: () => {
      const values = four.values().map((value) => value || "0");
      if (values.every((value) => value === "0")) return "";
      return values.every((value) => value === values[0]) ? values[0] : values.join(":");
    },
    set: (value) => {
      const parts = value ? value.split(":") : [];
      four.fill(parts.length === 1 ? Array(4).fill(value) : parts);
    },
  };
}

function source({ option, id, describedBy, changed }) {
  const field = h("input", { id, type: "text", autocomplete: "off", spellcheck: "false", list: "known-sources", placeholder: `an id, or ${option.example}`, "aria-describedby": describedBy, oninput: changed });
  return { element: field, get: () => field.value.trim(), set: (value) => (field.value = value) };
}

function text({ option, id, describedBy, changed }) {
  const field = option.lines > 1
    ? h("textarea", { id, rows: 2, "aria-describedby": describedBy, oninput: changed })
    : h("input", { id, type: "text", autocomplete: "off", placeholder: option.example, "aria-describedby": describedBy, oninput: changed });
  return { element: field, get: () => field.value, set: (value) => (field.value = value) };
}

// time is chosen by this browser's clock, and written as Unix time.
function time({ id, describedBy, changed }) {
  const field = h("input", { id, type: "datetime-local", "aria-describedby": describedBy, onchange: changed });
  return {
    element: field,
    get: () => (field.value ? String(Math.floor(new Date(field.value).getTime() / 1000)) : ""),
    set: (value) => {
      const at = new Date(Number(value) * 1000);
      const local = new Date(at.getTime() - at.getTimezoneOffset() * 60000);
      field.value = value && !Number.isNaN(local.getTime()) ? local.toISOString().slice(0, 16) : "";
    },
  };
}
