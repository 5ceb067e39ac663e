// What this page asks of the service. Errors are Problems: RFC 9457.

export class Problem extends Error {
  constructor({ status, code, title, detail }, retryAfter) {
    super(detail || title || `The service answered ${status}.`);
    this.status = status;
    this.code = code;
    this.title = title || "Error";
    this.retryAfter = retryAfter;
  }
}

// Of a browser's own request for <img>: what format=auto would choose for a page.
const acceptOfPictures = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8";

const keyName = "api-resize-key";

// The key lives as long as the tab.
export const key = {
  get: () => sessionStorage.getItem(keyName) ?? "",
  set: (value) => (value ? sessionStorage.setItem(keyName, value) : sessionStorage.removeItem(keyName)),
};

export function keyHeaders() {
  return key.get() ? { Authorization: `Bearer ${key.get()}` } : {};
}

async function ask(url, options = {}) {
  let response;
  try {
    response = await fetch(url, { cache: "no-store", ...options });
  } catch (fault) {
    if (fault.name === "AbortError") throw fault;
    throw new Problem({ status: 0, code: "unreachable", title: "No answer", detail: "The service does not answer." });
  }
  if (!response.ok) throw problemOf(response.status, await response.text(), response.headers.get("Retry-After"));
  return response;
}

// problemOf reads an error's body, whoever has written it.
export function problemOf(status, body, retryAfter) {
  try {
    return new Problem({ ...JSON.parse(body), status }, retryAfter);
  } catch {
    return new Problem({ status, title: `The service answered ${status}.` }, retryAfter);
  }
}

const json = async (url, options) => (await ask(url, options)).json();

export const facts = () => json("/playground.json", { cache: "no-cache" });

// encodedSource writes a source as it stands in a path: whole where it has a query
// of its own, else in its segments.
export function encodedSource(source) {
  const isOdd = source.split("/").some((segment) => /^\.*$/.test(segment)); // which browsers would resolve
  if (/^https?:/i.test(source) || isOdd) return encodeURIComponent(source);
  return source.split("/").map(encodeURIComponent).join("/");
}

export const info = (source, signal) =>
  json(`/info/${encodedSource(source)}`, { signal, headers: keyHeaders() });

export const list = (limit) => json(`/images?limit=${limit}`, { headers: keyHeaders() });

export const srcset = (source, query, signal) =>
  json(`/srcset/${encodedSource(source)}?${query}`, { signal, headers: { ...keyHeaders(), Accept: "application/json" } });

// explain tells how a picture's URL is answered; it needs the key.
export const explain = (url, signal) => json(`/explain${url}`, { signal, headers: keyHeaders() });

// picture gets a picture as a page would, and measures how long that takes.
export async function picture(url, signal) {
  const begin = performance.now();
  const response = await ask(url, { signal, headers: { Accept: acceptOfPictures } });
  const body = await response.blob();
  return { url, body, headers: response.headers, took: performance.now() - begin };
}

// pathOf is where this service has what it names by a whole URL, wherever clients
// reach it.
export function pathOf(url) {
  const parsed = new URL(url, location.href);
  return parsed.pathname + parsed.search;
}
