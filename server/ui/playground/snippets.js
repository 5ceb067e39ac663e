// What can be taken along: the URL, and HTML with it.
import { $, announce, h } from "./dom.js";
import { Problem, srcset } from "./api.js";

const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");

// absolute writes where clients reach this service into URLs without a host, alone,
// in attributes and in lists of candidates.
function absolute(base, text) {
  return text.replace(/(^|["']|, )(\/resize\/)/g, `$1${base}$2`);
}

// canonicalOf is the URL that an answer's Link header says.
export function canonicalOf(headers) {
  return /<([^>]+)>;\s*rel="canonical"/.exec(headers.get("Link") ?? "")?.[1];
}

// snippets fills the section. path is the picture's URL, and base where clients reach
// the service.
export async function snippets({ base, path, dimensions, request, table, signal }) {
  const url = absolute(base, path);
  const density = Number(request.options.get("dpr")) || 1;
  const lengths = dimensions ? ` width="${Math.round(dimensions.width / density)}" height="${Math.round(dimensions.height / density)}"` : "";
  const plain = [
    snippet("url", "URL", url, "Its canonical spelling: other spellings of the same picture share it."),
    snippet("img", "<img>", `<img src="${escaped(url)}"${lengths} alt="">`, "The space is kept free until the picture is there. Say in alt what it shows."),
  ];
  $("use").hidden = false;
  const kept = [...$("snippets").children].slice(plain.length);
  $("snippets").replaceChildren(...plain, ...kept);
  try {
    const made = await srcset(request.source, request.srcset(table), signal);
    const list = `<img src="${escaped(absolute(base, made.src))}"\n     srcset="${escaped(absolute(base, made.srcset)).replaceAll(", http", ",\n             http")}"\n     sizes="${escaped(made.sizes)}" width="${made.width}" height="${made.height}" alt="">`;
    const cut = /^\d+x\d+$/.test(request.size) ? " In several widths it keeps its own proportions; the option crop cuts it." : "";
    $("snippets").replaceChildren(...plain,
      snippet("srcset", "<img srcset>", list, `Several widths, of which the browser takes the best.${cut}`),
      snippet("picture", "<picture>", absolute(base, made.html), "Also better formats, each named, and a little picture until the large one is there."));
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    $("snippets").replaceChildren(...plain, h("p", { class: "help" }, `No srcset: ${problem.message}`));
  }
}

function snippet(id, title, text, help) {
  const code = h("code", { id: `snippet-${id}` }, text);
  const button = h("button", { type: "button", "aria-label": `Copy ${title}`, onclick: async () => {
    const done = await copy(text, code);
    announce(done ? `${title} is copied.` : `${title} is selected; copy it by hand.`);
    button.textContent = done ? "Copied" : "Selected";
    setTimeout(() => (button.textContent = "Copy"), 2000);
  } }, "Copy");
  return h("div", { class: "snippet" },
    h("div", { class: "row spread" }, h("h3", {}, title), button),
    h("pre", { tabindex: 0, "aria-label": title, role: "group" }, code),
    h("p", { class: "help" }, help));
}

// copy writes to the clipboard. Where pages may not, since they did not come by
// HTTPS, the text is at least selected.
async function copy(text, code) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    getSelection().selectAllChildren(code);
    return false;
  }
}
