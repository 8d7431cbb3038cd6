// One line of an order's story, in the server's words.

import { el } from "../lib/dom.js";

/** @param {{type: string, at: string, actor: string, text: string, data: Object}} entry */
export function timelineItem(entry, clock) {
  const small = [entry.data.reason, entry.data.notes]
    .filter((text) => text && !entry.text.includes(text));
  return el("li", {},
    el("time", { datetime: entry.at, title: clock.moment(entry.at) }, clock.time(entry.at)),
    el("p", {}, entry.text, small.length > 0 && el("small", {}, small.join("; "))));
}
