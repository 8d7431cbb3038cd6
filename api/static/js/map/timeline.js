// An order's story, in the server's words. ETAs that follow each other share one line; who was told
// of something stands below it.

import { el } from "../lib/dom.js";

const ETA = "order.eta";
const TOLD = "message.queued";

/**
 * @param {Array} entries as `/timeline` tells them
 * @param {Set} unfolded first `seq` of each run of ETAs, and of each message, that is opened
 */
export function timelineItems(entries, clock, unfolded) {
  return runs(withTold(entries)).map((run) =>
    run.length === 1 ? timelineItem(run[0], clock, unfolded) : etaRun(run, clock, unfolded));
}

/** Each entry with the messages that came of it. */
function withTold(entries) {
  const found = [];
  for (const entry of entries) {
    if (entry.type === TOLD && found.length) found.at(-1).told.push(entry);
    else found.push({ ...entry, told: [] });
  }
  return found;
}

function runs(entries) {
  const found = [];
  for (const entry of entries) {
    const last = found.at(-1);
    if (entry.type === ETA && last?.[0].type === ETA) last.push(entry);
    else found.push([entry]);
  }
  return found;
}

/** The latest ETA of a run; the earlier ones open with a click. */
function etaRun(run, clock, unfolded) {
  const latest = run.at(-1);
  const { seq } = run[0];
  return el("li.etas", {}, when(latest, clock),
    el("div", {}, el("p", {}, latest.text), told(latest, unfolded),
      el("details", {
        open: unfolded.has(seq),
        ontoggle: (event) => (event.target.open ? unfolded.add(seq) : unfolded.delete(seq)),
      },
      el("summary", {}, `${run.length} updates`),
      el("ol.updates", {}, run.slice(0, -1).map((entry) => timelineItem(entry, clock, unfolded))))));
}

function when(entry, clock) {
  return el("time", { datetime: entry.at, title: clock.moment(entry.at) }, clock.time(entry.at));
}

/** @param {{type: string, at: string, actor: string, text: string, data: Object}} entry */
function timelineItem(entry, clock, unfolded) {
  const small = [entry.data.reason, entry.data.notes]
    .filter((text) => text && !entry.text.includes(text));
  return el("li", {},
    when(entry, clock),
    el("div", {},
      el("p", {}, entry.text, small.length > 0 && el("small", {}, small.join("; "))),
      told(entry, unfolded)));
}

/** "2 told", and with a click whom and what. */
function told(entry, unfolded) {
  if (entry.told.length === 0) return null;
  const key = entry.told[0].seq;
  return el("details.told", {
    open: unfolded.has(key),
    ontoggle: (event) => (event.target.open ? unfolded.add(key) : unfolded.delete(key)),
  },
  el("summary", {}, `${entry.told.length} told`),
  entry.told.map((message) => el("span", {}, message.text)));
}
