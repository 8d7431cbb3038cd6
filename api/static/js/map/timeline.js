// An order's story, in the server's words. ETAs that follow each other share one line.

import { el } from "../lib/dom.js";

const ETA = "order.eta";

/**
 * @param {Array} entries as `/timeline` tells them
 * @param {Set<number>} unfolded first `seq` of each run of ETAs whose updates are all shown
 */
export function timelineItems(entries, clock, unfolded) {
  return runs(entries).map((run) =>
    run.length === 1 ? timelineItem(run[0], clock) : etaRun(run, clock, unfolded));
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
    el("div", {}, el("p", {}, latest.text),
      el("details", {
        open: unfolded.has(seq),
        ontoggle: (event) => (event.target.open ? unfolded.add(seq) : unfolded.delete(seq)),
      },
      el("summary", {}, `${run.length} updates`),
      el("ol.updates", {}, run.slice(0, -1).map((entry) => timelineItem(entry, clock))))));
}

function when(entry, clock) {
  return el("time", { datetime: entry.at, title: clock.moment(entry.at) }, clock.time(entry.at));
}

/** @param {{type: string, at: string, actor: string, text: string, data: Object}} entry */
function timelineItem(entry, clock) {
  const small = [entry.data.reason, entry.data.notes]
    .filter((text) => text && !entry.text.includes(text));
  return el("li", {},
    when(entry, clock),
    el("p", {}, entry.text, small.length > 0 && el("small", {}, small.join("; "))));
}
