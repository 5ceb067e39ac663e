// The original and the result, beside each other or one over the other.
import { $, h } from "./dom.js";

let mode = "beside";
let before; // {url, label, image}
let after;
let at = 50; // where the slider stands, per cent from the left

// showMode lets the reader choose.
export function choosable() {
  for (const box of document.querySelectorAll("input[name=mode]")) {
    box.addEventListener("change", () => {
      mode = box.value;
      draw();
    });
  }
}

// show takes both pictures; an original that can't be shown is null.
export function show(original, result) {
  before = original && { ...original };
  after = result;
  draw();
}

// empty shows what is there before anything was asked for.
export function empty(...content) {
  before = after = undefined;
  $("modes").hidden = true;
  $("view").className = "view empty";
  $("view").replaceChildren(...content);
}

function draw() {
  if (!after) return;
  $("modes").hidden = !before;
  const over = mode === "over" && before;
  $("view").className = `view ${over ? "over" : before ? "beside" : "single"}`;
  const pictures = [before && figure(before), figure(after)].filter(Boolean);
  $("view").replaceChildren(...(over ? [slider()] : pictures));
}

function picture({ url, alternative }) {
  return h("img", { src: url, alt: alternative, decoding: "async" });
}

function figure(one) {
  return h("figure", { class: one.kind }, h("div", { class: "canvas" }, picture(one)), h("figcaption", {}, one.caption));
}

// slider lies over both pictures. It is a range input, so that keyboard, touch and
// screen readers know it.
function slider() {
  const box = h("div", { class: "compare" });
  const input = h("input", {
    type: "range", min: 0, max: 100, step: 1, class: "handle", id: "compare", "aria-label": "How much of the original is seen",
    oninput: () => move(Number(input.value)),
  });
  const move = (value) => {
    at = value;
    input.value = value;
    input.setAttribute("aria-valuetext", `${value} per cent original`);
    box.style.setProperty("--at", `${value}%`);
  };
  input.addEventListener("keydown", (event) => {
    const far = { PageUp: 10, PageDown: -10 }[event.key];
    if (far === undefined) return;
    event.preventDefault();
    move(Math.min(100, Math.max(0, at + far)));
  });
  const result = picture(after);
  result.addEventListener("load", () => box.style.setProperty("--ratio", `${result.naturalWidth} / ${result.naturalHeight}`));
  const original = picture(before);
  original.className = "original";
  box.append(result, original, h("span", { class: "line", "aria-hidden": "true" }), input,
    h("span", { class: "tag left" }, "Original"), h("span", { class: "tag right" }, "Result"));
  move(at);
  return box;
}
