// Uploads: chosen or dropped, one after the other, each with its progress.
import { $, announce, bytes, h, limit } from "./dom.js";
import { Problem, keyHeaders, problemOf } from "./api.js";

// send uploads one file. It calls progress with what share has gone, and ends with
// the image's JSON or a Problem. signal cancels it.
function send(file, ttl, progress, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch tells nothing of what has gone
    const query = ttl ? `?ttl=${encodeURIComponent(ttl)}` : "";
    request.open("POST", `/images${query}`);
    for (const [name, value] of Object.entries(keyHeaders())) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
    request.onload = () => {
      if (request.status === 200 || request.status === 201) resolve(JSON.parse(request.responseText));
      else reject(problemOf(request.status, request.responseText, request.getResponseHeader("Retry-After")));
    };
    request.onerror = () => reject(new Problem({ status: 0, title: "No answer", detail: "The upload broke off: the service does not answer, or has closed the connection." }));
    request.onabort = () => reject(new Problem({ status: 0, code: "cancelled", title: "Cancelled", detail: "Cancelled." }));
    signal.addEventListener("abort", () => request.abort());
    const form = new FormData();
    form.append("file", file, file.name); // so that its name is kept
    request.send(form);
  });
}

// uploads wires the place where files are dropped. onImage is called with every
// image that was stored; mayUpload says whether there is a key.
export function uploads(facts, { mayUpload, onImage, onUnauthorized }) {
  $("file-help").textContent = `JPEG, PNG, WebP, AVIF, HEIC, GIF, TIFF and more; up to ${limit(facts.upload.bytes)} each.`;
  let queue = Promise.resolve();

  function add(files) {
    if (files.length === 0 || !mayUpload()) return;
    for (const file of files) {
      const row = progressRow(file);
      $("uploads").prepend(row.element);
      if (file.size > facts.upload.bytes) {
        row.fail(new Problem({ detail: `${file.size.toLocaleString("en")} bytes are more than the ${limit(facts.upload.bytes)} that are allowed here. It was not sent.` }));
        continue;
      }
      queue = queue.then(() => one(file, row));
    }
  }

  async function one(file, row) {
    if (row.signal.aborted) return;
    try {
      const image = await send(file, $("ttl").value, row.progress, row.signal);
      row.done(image, () => onImage(image));
      announce(`${file.name} is uploaded.`);
      onImage(image);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      row.fail(problem);
      if (problem.status === 401) onUnauthorized(problem);
    }
  }

  $("file").addEventListener("change", () => {
    add([...$("file").files]);
    $("file").value = ""; // the same file again is a change, too
  });
  dropping($("drop"), add);
  return { add };
}

// dropping takes files that are dropped, and keeps the browser from leaving the page
// for one that misses.
function dropping(zone, add) {
  let depth = 0;
  const over = (by) => {
    depth = Math.max(0, depth + by);
    zone.classList.toggle("over", depth > 0);
  };
  zone.addEventListener("dragenter", () => over(1));
  zone.addEventListener("dragleave", () => over(-1));
  for (const name of ["dragover", "drop"]) {
    document.addEventListener(name, (event) => {
      if ([...(event.dataTransfer?.types ?? [])].includes("Files")) event.preventDefault();
    });
  }
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    over(-depth);
    add([...event.dataTransfer.files]);
  });
}

// progressRow shows what becomes of one file.
function progressRow(file) {
  const cancelling = new AbortController();
  const bar = h("progress", { max: 1, value: 0, "aria-label": `Upload of ${file.name}` });
  const state = h("span", { class: "state" }, "waiting");
  const cancel = h("button", { type: "button", "aria-label": `Cancel ${file.name}`, onclick: () => {
    cancelling.abort();
    fail(new Problem({ detail: "Cancelled." }));
  } }, "Cancel");
  const element = h("li", {}, h("span", { class: "file" }, file.name), state, bar, cancel);

  function fail(problem) {
    bar.remove();
    cancel.remove();
    element.classList.add("failed");
    state.textContent = problem.message;
    state.setAttribute("role", "alert");
  }

  return {
    element, fail,
    signal: cancelling.signal,
    progress(share) {
      bar.value = share;
      state.textContent = share < 1 ? `${Math.floor(share * 100)} %` : "being checked";
    },
    done(image, show) {
      bar.remove();
      cancel.remove();
      element.classList.add("done");
      state.textContent = `${image.width} × ${image.height}, ${bytes(image.bytes)}${image.existing ? ", was there already" : ""}`;
      element.append(h("button", { type: "button", "aria-label": `Show ${file.name}`, onclick: show }, "Show"));
    },
  };
}
