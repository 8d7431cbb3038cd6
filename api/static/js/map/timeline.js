// One line of an order's story.

import { el } from "../lib/dom.js";
import { plain } from "../lib/words.js";

/** What each event says, and the small print under it. */
const SAYS = {
  "order.placed": () => ["Placed"],
  "order.changed": (body) => [`Changed: ${Object.keys(body.changes).map(plain).join(", ")}`],
  "order.assigned": (body, store) => [
    `Assigned to ${store.callSign(body.technician_id)}`,
    [body.source === "auto" ? "top of the ranking" : "by hand", body.reason].filter(Boolean).join("; "),
  ],
  "order.unassigned": (body, store) => [
    `Taken from ${store.callSign(body.technician_id)}`, body.reason],
  "order.en_route": (body) => ["En route", by(body)],
  "order.arrived": (body) => [
    "On site",
    body.source === "gps"
      ? `confirmed by GPS: ${body.evidence?.fixes?.length ?? 0} fixes inside the fence`
      : by(body),
  ],
  "order.arrival_reviewed": (body) => [
    body.verdict === "confirmed" ? "Arrival confirmed by the technician"
      : "Arrival contested by the technician", body.reason],
  "order.started": () => ["On the tools"],
  "order.needs_help": (body) => ["Needs help", body.reason],
  "order.completed": (body) => ["Complete", body.notes],
  "order.cancelled": (body) => ["Cancelled", body.reason],
  "order.departed": () => ["Left the site"],
  "visit.revised": (body) => [body.arrived_at ? "Arrival time revised by a late fix"
    : "Arrival taken back by a late fix"],
  "order.eta": (body, store, clock) => [
    body.eta ? `ETA ${clock.time(body.eta)}` : `No ETA: ${body.basis}`],
};

const by = (body) => (body.source === "gps" ? "seen by GPS" : "told by the technician");

/** @param {{type: string, at: string, actor: string, body: Object}} entry */
export function timelineItem(entry, clock, store) {
  const [text, small] = SAYS[entry.type]?.(entry.body, store, clock) ?? [plain(entry.type)];
  const at = entry.body.occurred_at ?? entry.at;
  return el("li", {},
    el("time", { datetime: at }, clock.time(at)),
    el("p", {}, text, small && el("small", {}, small)));
}
