// Breaks: begun and ended with one button, offered while one is due or goes on.

import { id } from "../lib/api.js";
import { span } from "../lib/clock.js";
import { el, fill } from "../lib/dom.js";
import { sender } from "./visit.js";

let shown = "";

/**
 * @param {Object} day as `/v1/my/day` tells it
 * @param {{clock: Clock, say: Function, changed: Function}} page
 */
export function drawRest(day, { clock, say, changed }) {
  const { resting_since: since, break_due: due } = day;
  const face = JSON.stringify([since, due]);
  if (face === shown) return;
  shown = face;
  const section = document.querySelector("#rest");
  section.hidden = !since && !due;
  if (section.hidden) return;
  const trouble = el("div", { role: "alert" });
  const send = sender(trouble, say, changed);
  const tell = (onBreak, done) => (event) => send(
    `/v1/technicians/${id(day.technician_id)}/break`, { on_break: onBreak }, done,
    event.currentTarget);
  fill(section,
    el("b", {}, since
      ? `On a break since ${clock.time(since)}`
      : `Your break of ${span(due.duration_s * 1000)} is due`),
    !since && el("p.hint", {}, `${clock.now() > Date.parse(due.latest)
      ? "It was to begin by" : "Begin it by"} ${clock.time(due.latest)}.`),
    since
      ? el("button.button.primary", { type: "button", onclick: tell(false, "Back at work") },
        "Back to work")
      : el("button.button", { type: "button", onclick: tell(true, "Enjoy your break") },
        "Start break"),
    trouble);
}
