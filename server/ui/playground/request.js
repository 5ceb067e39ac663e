// What is asked for: a source, a size, options. It has three spellings: the URL of
// the picture, the query of a srcset, and the fragment of this page's own URL, by
// which a reload and a friend see the same.
import { encodedSource } from "./api.js";

// Names in the fragment that are no options.
const sourceName = "source";
const sizeName = "size";

export class Request {
  constructor(source = "", size = "", options = new Map()) {
    this.source = source;
    this.size = size; // as it stands in a URL; empty: nothing was said
    this.options = options;
  }

  // fragment is read by fromFragment.
  get fragment() {
    const query = new URLSearchParams();
    if (this.source) query.set(sourceName, this.source);
    if (this.size) query.set(sizeName, this.size);
    for (const [name, value] of this.options) query.set(name, value);
    return query.toString();
  }

  // effective are the options that can be sent: some say something about another one,
  // and nothing without it.
  effective(table) {
    return table.filter((option) => this.options.has(option.name) && (!option.needs || this.options.has(option.needs)))
      .map((option) => [option.name, this.options.get(option.name)]);
  }

  // path is the picture's URL.
  path(table) {
    const size = encodeURIComponent(this.size || "max").replace("%40", "@");
    const words = [size, ...this.effective(table).map(([name, value]) => `${name}=${encodeURIComponent(value)}`)];
    return `/resize/${words.join(",")}/${encodedSource(this.source)}`;
  }

  // srcset is the query of a srcset, in which some options have no meaning. A width
  // is offered once for plain and twice for dense screens.
  srcset(table) {
    const query = new URLSearchParams();
    const width = parseInt(this.size, 10);
    if (width > 0) {
      query.set("widths", [...new Set([Math.ceil(width / 2), width, Math.min(2 * width, 8192)])].join(","));
      query.set("sizes", `(max-width: ${width}px) 100vw, ${width}px`);
    }
    const meaningless = ["dpr", "download", "default", "expires"];
    for (const [name, value] of this.effective(table)) if (!meaningless.includes(name)) query.set(name, value);
    return query.toString();
  }
}

// fromFragment reads what fragment has written. What is no such thing, such as the
// name of a place in the page, is undefined.
export function fromFragment(fragment) {
  const text = fragment.replace(/^#/, "");
  if (!text.includes("=")) return undefined;
  const query = new URLSearchParams(text);
  const options = new Map([...query].filter(([name]) => name !== sourceName && name !== sizeName));
  return new Request(query.get(sourceName) ?? "", query.get(sizeName) ?? "", options);
}
