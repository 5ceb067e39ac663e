// The page: what is chosen becomes a request, the request a picture, and the picture
// what is shown and can be taken along.
import { $, announce, bytes, debounce, h, say } from "./dom.js";
import { Problem, explain, facts as loadFacts, info, key, list, pathOf, picture } from "./api.js";
import { control } from "./controls.js";
import { Request, fromFragment } from "./request.js";
import { sizes as sizeFields } from "./sizes.js";
import { numbers } from "./numbers.js";
import { paint, sampleFile } from "./sample.js";
import { canonicalOf, snippets } from "./snippets.js";
import { uploads } from "./uploads.js";
import * as view from "./view.js";

let facts;
let size;
let controls; // by name
let request = new Request();
let original; // what /info says of request.source
const known = new Map(); // what is known of originals, by source
const formatNames = { jpeg: "JPEG", png: "PNG", webp: "WebP", avif: "AVIF", gif: "GIF", jxl: "JPEG XL", heic: "HEIC", tiff: "TIFF", bmp: "BMP", svg: "SVG", ico: "ICO" };

start();

async function start() {
  try {
    facts = await loadFacts();
  } catch (problem) {
    say($("fault"), `This page could not ask what the service can do: ${problem.message}`);
    return;
  }
  $("version").textContent = `Version ${facts.version}.`;
  buildKey();
  buildOptions();
  buildSource();
  view.choosable();
  if (facts.signature === "required") explainSignatures();
  const { add } = uploads(facts, { mayUpload, onImage, onUnauthorized });
  $("sample").addEventListener("click", async () => {
    if (mayUpload()) add([await sampleFile()]);
  });
  addEventListener("hashchange", readFragment);
  readFragment();
  if (!fromFragment(location.hash)) {
    fill();
    changedAtOnce();
  }
  showRecent();
}

// ---- key

function buildKey() {
  $("key-row").hidden = !facts.key_needed;
  $("key").value = key.get();
  $("key").addEventListener("input", () => {
    key.set($("key").value.trim());
    say($("key-error"), "");
    $("key").removeAttribute("aria-invalid");
    keyChanged();
  });
  $("key-show").addEventListener("click", () => {
    const shown = $("key").type === "text";
    $("key").type = shown ? "password" : "text";
    $("key-show").textContent = shown ? "Show" : "Hide";
    $("key-show").setAttribute("aria-pressed", String(!shown));
  });
}

const keyChanged = debounce(400, () => {
  showRecent();
  if (facts.signature === "required") update();
});

function refuseKey(message) {
  say($("key-error"), message);
  $("key").setAttribute("aria-invalid", "true");
}

// mayUpload asks for the key where there is none yet.
function mayUpload() {
  if (!facts.key_needed || key.get()) return true;
  refuseKey("Uploading needs the API key.");
  $("key").focus();
  return false;
}

function onUnauthorized() {
  refuseKey(key.get() ? "The service does not know this key." : "This needs the API key.");
}

function explainSignatures() {
  say($("signatures"), "Every picture needs a signed URL here. With the API key this page gets each URL signed; without one, sign it by the command api-resize sign URL.");
}

// ---- options

function buildOptions() {
  size = sizeFields(facts, () => {
    request.size = size.get();
    changed();
  });
  controls = new Map(facts.options.map((option) => [option.name, control(option, (name, value) => {
    if (value === "") request.options.delete(name);
    else request.options.set(name, value);
    changed();
  })]));
  const groups = Map.groupBy ? Map.groupBy(controls.values(), (one) => one.option.group) : grouped([...controls.values()]);
  $("groups").replaceChildren(...[...groups].map(([name, members], index) =>
    h("details", { class: "group", "data-group": name, open: index === 0 },
      h("summary", {}, h("span", {}, name), h("span", { class: "count" })), ...members.map((one) => one.row))));
  $("search").addEventListener("input", search);
  $("reset-all").addEventListener("click", () => {
    request = new Request(request.source);
    fill();
    changed();
    announce("All options are at their defaults.");
  });
}

function grouped(members) {
  const groups = new Map();
  for (const one of members) groups.set(one.option.group, [...(groups.get(one.option.group) ?? []), one]);
  return groups;
}

// search hides what does not match, and opens the groups of what does.
function search() {
  const words = $("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const one of controls.values()) {
    one.row.hidden = !one.matches(words);
    if (!one.row.hidden) found++;
  }
  for (const group of document.querySelectorAll("details.group")) {
    const some = group.querySelector(".option:not([hidden])") !== null;
    group.hidden = !some;
    if (words.length) group.open = some;
  }
  $("search-none").textContent = !words.length ? "" : found ? `${found} found.` : "No option is about that.";
}

// fill writes the request into the controls.
function fill() {
  size.set(request.size);
  for (const [name, one] of controls) one.set(request.options.get(name) ?? "");
  $("source").value = request.source;
}

// count shows how many options of a group are set.
function count() {
  for (const group of document.querySelectorAll("details.group")) {
    const set = group.querySelectorAll(".option.given").length;
    group.querySelector(".count").textContent = set ? `${set} set` : "";
  }
  $("reset-all").disabled = request.options.size === 0 && request.size === "";
}

// ---- source

const uploadWithFormat = /^([a-z2-7]{26})\.([a-z]+)$/;

function buildSource() {
  document.body.append(h("datalist", { id: "known-sources" }));
  $("source-form").addEventListener("submit", (event) => {
    event.preventDefault();
    setSource($("source").value.trim());
  });
}

// setSource shows another original. An upload's id may have the output format behind
// it, as in URLs.
function setSource(source) {
  const [, id, extension] = uploadWithFormat.exec(source) ?? [];
  if (id) request.options.set("format", extension);
  request.source = id ?? source;
  fill();
  changed();
}

function onImage(image) {
  remember(image);
  setSource(image.id);
  showRecent();
}

function remember(image) {
  known.set(image.source, image);
  $("known-sources").replaceChildren(...[...known].map(([source, { name }]) => h("option", { value: source }, name ?? "")));
}

// showRecent lists uploads for who has the key. A service that has no such list is
// served without.
async function showRecent() {
  if (facts.key_needed && !key.get()) {
    $("recent").hidden = true;
    return;
  }
  let images = [];
  try {
    images = (await list(24)).images ?? [];
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (problem.status === 401) onUnauthorized();
  }
  $("recent").hidden = images.length === 0;
  for (const image of images) remember(image);
  $("recent-list").replaceChildren(...images.map((image) => {
    const name = image.name || image.id;
    return h("li", {}, h("button", { type: "button", title: `${name}, ${image.width} × ${image.height}, ${bytes(image.bytes)}`, onclick: () => setSource(image.id) },
      h("img", { src: pathOf(image.urls.small), alt: name, loading: "lazy", width: 72, height: 72 })));
  }));
}

// ---- permalink

// readFragment takes over what is said there. The name of a place in the page, which
// was gone to, gives way to the state.
function readFragment() {
  const read = fromFragment(location.hash);
  if (!read) {
    if (location.hash) writeFragment();
    return;
  }
  request = read;
  fill();
  changedAtOnce();
}

function changedAtOnce() {
  count();
  update();
}

function writeFragment() {
  const fragment = request.fragment;
  history.replaceState(null, "", fragment.includes("=") ? `#${fragment}` : location.pathname);
}

// ---- result

const later = debounce(250, update);

// changed follows every change by hand.
function changed() {
  count();
  writeFragment();
  later();
}

let running = new AbortController();
let shown; // object URL of the result

// update asks for the picture. An answer that is no longer wanted is dropped, and its
// request with it.
async function update() {
  running.abort();
  running = new AbortController();
  const { signal } = running;
  clearErrors();
  if (!request.source) {
    invite();
    return;
  }
  const wanted = new Request(request.source, request.size, new Map(request.options));
  $("view").setAttribute("aria-busy", "true");
  try {
    await render(wanted, signal);
  } catch (problem) {
    if (signal.aborted) return;
    if (!(problem instanceof Problem)) throw problem;
    showProblem(problem, wanted);
  } finally {
    if (!signal.aborted) $("view").setAttribute("aria-busy", "false");
  }
}

async function render(wanted, signal) {
  original = await originalOf(wanted.source, signal);
  const path = await signed(wanted.path(facts.options), signal);
  const answer = await picture(path, signal);
  const url = URL.createObjectURL(answer.body);
  const dimensions = await dimensionsOf(url);
  if (signal.aborted) {
    URL.revokeObjectURL(url);
    return;
  }
  const old = shown;
  shown = url;
  const format = nameOfType(answer.body.type);
  const before = await originalView(wanted.source, signal);
  view.show(before, dimensions && {
    kind: "result", url, alternative: `Result, ${dimensions.width} by ${dimensions.height} pixels`,
    caption: `Result: ${format}, ${bytes(answer.body.size)}`,
  });
  if (!dimensions) view.empty(h("p", {}, `This browser does not show ${format}. The file is there all the same.`));
  if (old) URL.revokeObjectURL(old);
  numbers(answer, dimensions, original, format);
  announce(`Result: ${format}, ${bytes(answer.body.size)}${dimensions ? `, ${dimensions.width} by ${dimensions.height} pixels` : ""}.`);
  $("view").setAttribute("aria-busy", "false");
  const canonical = facts.signature === "required" ? path : canonicalOf(answer.headers) ?? path;
  await snippets({ base: facts.public_url || location.origin, path: canonical, dimensions, request: wanted, table: facts.options, signal });
}

// originalOf is what is known of the original. Uploads never change.
async function originalOf(source, signal) {
  if (!known.get(source)?.id) {
    try {
      known.set(source, await info(source, signal));
    } catch (problem) {
      if (problem instanceof Problem) problem.ofSource = problem.status === 400;
      throw problem;
    }
  }
  return known.get(source);
}

// signed is the URL that the picture is to be had by.
async function signed(path, signal) {
  if (facts.signature !== "required") return path;
  const { url, problem } = await explain(path, signal);
  if (url) return pathOf(url);
  throw new Problem(problem);
}

// originalView is the original as a browser can show it: an upload's own bytes, or
// all its pixels in a format that it knows.
async function originalView(source, signal) {
  const format = facts.formats.find(({ name }) => name === original.format);
  const own = original.id && format?.browsers;
  try {
    return {
      kind: "original", alternative: `Original, ${original.width} by ${original.height} pixels`,
      url: own ? `/images/${original.id}/original` : await signed(new Request(source, "max").path([]), signal),
      caption: `Original: ${formatNames[original.format] ?? original.format}, ${bytes(original.bytes)}`,
    };
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    return null;
  }
}

// dimensionsOf are those of a picture, nothing where this browser can't show it.
async function dimensionsOf(url) {
  const image = new Image();
  image.src = url;
  try {
    await image.decode();
    return { width: image.naturalWidth, height: image.naturalHeight };
  } catch {
    return undefined;
  }
}

function nameOfType(type) {
  const format = facts.formats.find(({ content_type }) => content_type === type);
  return formatNames[format?.name] ?? type;
}

// ---- errors

function clearErrors() {
  size.fail("");
  for (const one of controls.values()) one.fail("");
  say($("source-error"), "");
  say($("result-error"), "");
}

// showProblem says what is wrong beside what it is about, where the text names that.
function showProblem(problem, wanted) {
  const text = problem.message;
  const named = problem.ofSource ? ["source"] : optionsNamed(text, wanted);
  const about = { size: () => size.fail(text), source: () => say($("source-error"), text) };
  if (problem.status === 401) onUnauthorized();
  for (const name of named) {
    (about[name] ?? ((message) => controls.get(name).fail(message)))(text);
    controls.get(name)?.row.closest("details").setAttribute("open", "");
  }
  if (named.length === 0 && ["not_found", "origin_not_found", "source_not_allowed"].includes(problem.code)) about.source();
  const wait = problem.retryAfter ? ` Try again in ${problem.retryAfter} s.` : "";
  $("result-error").replaceChildren(h("b", {}, problem.title), ` ${text}${wait} `,
    ...(problem.status >= 429 || problem.status === 0 ? [h("button", { type: "button", onclick: update }, "Try again")] : []));
  $("result-error").hidden = false;
  $("numbers").hidden = true;
  $("use").hidden = true;
}

// optionsNamed are those that an error's text begins with, or those that are set and
// that it speaks of.
function optionsNamed(text, wanted) {
  const first = /^([a-z_]+): /.exec(text)?.[1];
  if (first === "size" || controls.has(first)) return [first];
  const words = new Set(text.match(/[a-z_]+/g));
  return [...controls.keys()].filter((name) => wanted.options.has(name) && words.has(name));
}

// ---- before the first picture

let painted;

function invite() {
  if (!painted) {
    painted = h("canvas", { role: "img", "aria-label": "A painted evening in the hills, which is the sample picture" });
    paint(painted);
  }
  view.empty(painted,
    h("p", {}, "Nothing is chosen yet. This is a sample, painted by your browser: upload it, and change it by the options."),
    h("button", { type: "button", class: "primary", onclick: () => $("sample").click() }, "Use the sample picture"));
  $("numbers").hidden = true;
  $("use").hidden = true;
}
