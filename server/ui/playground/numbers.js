// What an answer says of itself: bytes, time, cache, format.
import { $, bytes, h, milliseconds } from "./dom.js";

// phasesOf reads Server-Timing (W3C): what this request has waited for.
export function phasesOf(header) {
  return (header ?? "").split(",").map((part) => {
    const [name, ...parameters] = part.trim().split(";");
    const duration = parameters.find((one) => one.startsWith("dur="));
    return { name, duration: duration ? parseFloat(duration.slice(4)) : undefined };
  }).filter(({ name, duration }) => name && duration !== undefined);
}

// cacheOutcome says in words what Cache-Status (RFC 9211) says.
export function cacheOutcome(header) {
  const [, ...words] = (header ?? "").split(";").map((word) => word.trim());
  const told = new Map(words.map((word) => word.split("=")));
  const stored = told.has("stored") ? ", and kept" : "";
  if (told.has("hit")) return { hit: true, text: `from the cache${told.has("detail") ? `, ${told.get("detail")}` : ""}` };
  if (told.has("collapsed")) return { hit: false, text: "made once, for several who asked" };
  if (told.get("fwd") === "stale") return { hit: false, text: `the original was asked for again${stored}` };
  if (told.get("fwd") === "miss") return { hit: false, text: `made for this request${stored}` };
  return { hit: false, text: header || "not told" };
}

const decisions = {
  "original-smaller": "The original is sent: a new file would have been longer.",
  "over-max-bytes": "Even the lowest quality is longer than max_bytes.",
};

// numbers fills the list. original may be unknown.
export function numbers(answer, dimensions, original, formatName) {
  const share = original?.bytes ? ` (${percent(answer.body.size / original.bytes)} of the original's ${bytes(original.bytes)})` : "";
  const outcome = cacheOutcome(answer.headers.get("Cache-Status"));
  const notes = [
    decisions[answer.headers.get("X-Image-Decision")],
    answer.headers.get("X-Fallback") && `Another picture is sent, since the original answers ${answer.headers.get("X-Fallback")}.`,
  ].filter(Boolean);
  const rows = [
    row("Bytes", "bytes", bytes(answer.body.size), share),
    row("Pixels", "pixels", dimensions ? `${dimensions.width} × ${dimensions.height}` : "not shown by this browser",
      original ? ` of ${original.width} × ${original.height}` : ""),
    row("Format", "format", formatName),
    row("Time", "time", milliseconds(answer.took), phases(answer)),
    row("Cache", "cache", outcome.hit ? "hit" : "miss", ` ${outcome.text}`),
    ...notes.map((note) => row("Note", "note", note)),
  ];
  $("numbers").replaceChildren(...rows);
  $("numbers").hidden = false;
}

function row(name, id, value, more) {
  return h("div", {}, h("dt", {}, name), h("dd", { id: `number-${id}` }, h("b", {}, value), more && h("span", { class: "more" }, more)));
}

function percent(share) {
  const value = share * 100;
  return `${value.toLocaleString("en", { maximumFractionDigits: value < 10 ? 1 : 0 })} %`;
}

function phases(answer) {
  const all = phasesOf(answer.headers.get("Server-Timing")).filter(({ duration }) => duration >= 0.05);
  return all.length ? ` ${all.map(({ name, duration }) => `${name} ${milliseconds(duration)}`).join(" · ")}` : "";
}
