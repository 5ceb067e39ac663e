// The size: width and height, the original's own, a preset, or one of a list.
import { $, h, say } from "./dom.js";

// sizes builds the fields. onChange is called after every change by hand.
export function sizes(facts, onChange) {
  const listed = facts.sizes.mode === "list";
  const width = number("size-width", "Width", facts.sizes.max);
  const height = number("size-height", "Height", facts.sizes.max);
  const preset = h("select", { id: "size-preset", "aria-describedby": "size-help size-error" },
    h("option", { value: "" }, listed ? "choose one" : "none"),
    ...(listed ? facts.sizes.list.map((size) => h("option", { value: size }, size)) : []),
    ...facts.presets.map(({ name, size, options }) =>
      h("option", { value: `@${name}` }, `@${name} – ${[size, ...Object.entries(options).map((pair) => pair.join("="))].join(", ")}`)));
  const hasChoice = listed || facts.presets.length > 0;

  const numbers = h("div", { class: "row numbers-of-size" }, width.element, h("span", { class: "times", "aria-hidden": "true" }, "×"), height.element, h("span", { class: "unit-of-size" }, "pixels"));
  const choice = h("div", { class: "field" }, h("label", { for: "size-preset" }, listed ? "Allowed sizes" : "Preset"), preset);
  $("size-fields").replaceChildren(...(listed ? [] : [numbers]), ...(hasChoice ? [choice] : []));
  $("size-help").textContent = helpFor(facts.sizes);

  for (const one of [width, height]) {
    one.field.addEventListener("input", () => {
      preset.value = "";
      onChange();
    });
  }
  preset.addEventListener("change", () => {
    width.field.value = height.field.value = "";
    onChange();
  });

  return {
    get() {
      if (preset.value) return preset.value;
      const [across, down] = [width.field.value.trim(), height.field.value.trim()];
      return across || down ? `${across}x${down}` : "";
    },
    set(size) {
      const isChoice = [...preset.options].some((one) => one.value === size);
      preset.value = isChoice ? size : "";
      const [across, down] = isChoice || size === "max" ? [] : size.split("x");
      width.field.value = across ?? "";
      height.field.value = down ?? "";
    },
    fail(text) {
      say($("size-error"), text);
      for (const field of [width.field, height.field, preset]) {
        if (text) field.setAttribute("aria-invalid", "true");
        else field.removeAttribute("aria-invalid");
      }
    },
  };
}

function number(id, name, most) {
  const field = h("input", { id, type: "text", inputmode: "numeric", autocomplete: "off", class: "short", placeholder: "auto", maxlength: String(most).length + 2, "aria-describedby": "size-help size-error" });
  return { field, element: h("label", { class: "stacked", for: id }, h("span", {}, name), field) };
}

function helpFor({ mode, max }) {
  switch (mode) {
    case "list":
      return "This service makes these sizes only.";
    case "ladder":
      return "Widths are rounded up to the next step of a ladder. With nothing said it is the original's own size.";
    default:
      return `1…${max}. With one side the other follows; with none it is the original's own size. Nothing is scaled up unless enlarge is on.`;
  }
}
