// One visit: its briefing, the next step, help, and what GPS says of the arrival.

import { id, newKey, Offline, post, Problem } from "../lib/api.js";
import { etaText, span } from "../lib/clock.js";
import { el, fill, icon } from "../lib/dom.js";
import { ENDED, PRIORITY, statusWord } from "../lib/words.js";
import { photoButton } from "./photo.js";

const NEXT = {
  assigned: ["en_route", "Set out"],
  en_route: ["on_site", "I am on site"],
  on_site: ["on_the_tools", "Start work"],
  on_the_tools: ["complete", "Complete"],
};
const HELP = new Set(["en_route", "on_site", "on_the_tools"]);

/**
 * @param {Object} visit a work order with its `site`, `customer`, `eta` and `arrival`
 * @param {{now: boolean, clock: Clock, say: Function, changed: Function}} page
 */
export function visitCard(visit, { now, clock, say, changed }) {
  const trouble = el("div", { role: "alert" });
  const send = sender(trouble, say, changed);
  const { eta, site } = visit;
  const ended = ENDED.has(visit.status);
  const late = eta?.late_by_s > 0 ? ` · ${span(eta.late_by_s * 1000)} late` : "";
  const expected = ["assigned", "en_route"].includes(visit.status);
  return el(`details.visit${now ? ".now" : ""}${ended ? ".ended" : ""}`,
    { open: now, dataset: { order: visit.id, status: visit.status } },
    el("summary", {},
      el("div.when", {},
        el("span", {}, when(visit, clock),
          expected && eta?.eta && el(late ? "b.late" : "span", {},
            ` · ETA ${etaText(eta, visit, clock)}${late}`)),
        el("span.chip", {}, icon(visit.status), statusWord(visit.status))),
      el("h2", {}, site.name),
      el("p", {}, `${visit.type}${site.address ? ` · ${site.address}` : ""}`)),
    briefing(visit),
    !ended && el("div.others", {},
      el("a.button", { href: mapLink(site) }, icon("navigate"), "Navigate"),
      visit.customer?.phone &&
        el("a.button", { href: `tel:${visit.customer.phone.replace(/[^\d+]/g, "")}` },
          icon("phone"), "Call")),
    now && photoButton(visit, send),
    suggestion(visit, clock, send),
    arrival(visit, clock, send),
    now && steps(visit, send),
    trouble);
}

function when(visit, clock) {
  return !visit.window && visit.due_at ? `by ${clock.moment(visit.due_at)}` : clock.window(visit.window);
}

function briefing(visit) {
  const { site, customer } = visit;
  const skills = visit.required_skills.map((skill) => `${skill.name} ${skill.level}+`).join(", ");
  const line = (term, text, tag = "dd") => text && [el("dt", {}, term), el(tag, {}, text)];
  return el("dl.briefing", {},
    line("Access", site.access_notes, "dd.access"),
    line("Notes", visit.notes),
    line("Customer", customer?.name),
    line("Skills", skills),
    line("Job", `${visit.number} · ${PRIORITY[visit.priority]} · about ${span(visit.duration_s * 1000)}`));
}

function steps(visit, send) {
  const path = `/v1/work-orders/${id(visit.id)}/status`;
  if (visit.status === "needs_help") {
    const back = visit.helped_from ?? "on_the_tools";
    return el("div", {}, el("p.notice.danger", {}, "The office knows that you need help."),
      el("button.button.primary.next", {
        type: "button", onclick: () => send(path, { status: back }, "Carrying on"),
      }, "Carry on"));
  }
  const [status, word] = NEXT[visit.status] ?? [];
  if (!status) return null;
  const notes = status === "complete" && el("textarea.input", {
    rows: 2, maxlength: 4000, required: true,
    "aria-label": "What was done", placeholder: "What was done?" });
  const asked = el("div");
  return el("div", {},
    notes,
    el("button.button.primary.next", {
      type: "button",
      onclick: (event) => (!notes || notes.reportValidity()) &&
        send(path, { status, ...(notes && { notes: notes.value.trim() }) },
          statusWord(status), event.currentTarget),
    }, word),
    HELP.has(visit.status) && el("div.others", {},
      el("button.button.danger", {
        type: "button",
        onclick: () => ask(asked, "What do you need?", "Ask for help",
          (reason) => send(path, { status: "needs_help", reason }, "The office is told")),
      }, "I need help")),
    asked);
}

const dismissed = new Set();

/** Fixes make an arrival likely, but not sure: one tap settles it. */
function suggestion(visit, clock, send) {
  const at = visit.suggested_arrival_at;
  const face = `${visit.id} ${at}`;
  if (!at || dismissed.has(face)) return null;
  const path = `/v1/work-orders/${id(visit.id)}/status`;
  const notice = el("div.notice", {},
    el("b", {}, `It looks as if you arrived at ${clock.time(at)}. Is that so?`),
    el("div.others", {},
      el("button.button", { type: "button",
        onclick: () => send(path, { status: "on_site", arrived_at: at }, statusWord("on_site")) },
      "Yes, I am on site"),
      el("button.button", { type: "button",
        onclick: () => {
          dismissed.add(face);
          notice.remove();
        } }, "No")));
  return notice;
}

function arrival(visit, clock, send) {
  const { arrival: seen } = visit;
  if (!seen || seen.source !== "gps" || seen.review !== "open") return null;
  const path = `/v1/visits/${id(seen.visit_id)}`;
  const asked = el("div");
  return el("div.notice", {},
    el("b", {}, `GPS says that you arrived at ${clock.time(seen.at)}. Is that right?`),
    el("div.others", {},
      el("button.button", { type: "button",
        onclick: () => send(`${path}/confirm`, {}, "Arrival confirmed") }, "Yes, confirm"),
      el("button.button", { type: "button",
        onclick: () => ask(asked, "What is wrong with it?", "Contest it",
          (reason) => send(`${path}/contest`, { reason }, "Arrival contested")) }, "No")),
    asked);
}

function ask(place, question, word, then) {
  const reason = el("textarea.input", { rows: 2, maxlength: 1000, "aria-label": question,
    placeholder: question });
  const fault = el("p.fault", { hidden: true }, "A few words are needed.");
  fill(place, el("form", {
    onsubmit: (event) => {
      event.preventDefault();
      const text = reason.value.trim();
      fault.hidden = Boolean(text);
      if (!text) {
        reason.focus();
        return;
      }
      reason.blur();
      then(text);
    },
  }, reason, fault, el("button.button.primary", {}, word)));
  reason.focus();
}

/** Sends a step; one that got no answer goes out again under the same key, so it counts once. */
export function sender(trouble, say, changed) {
  const keys = new Map();
  return async (path, body, done, button = null) => {
    const face = path + JSON.stringify(body);
    if (!keys.has(face)) keys.set(face, newKey());
    if (button) button.disabled = true;
    fill(trouble);
    try {
      await post(path, body, { key: keys.get(face) });
      say(done);
      document.activeElement?.blur();
      await changed();
    } catch (error) {
      if (!(error instanceof Problem || error instanceof Offline)) throw error;
      if (error instanceof Problem) keys.delete(face);
      const text = error instanceof Offline
        ? "You are offline: this was not sent. Press again when you are back."
        : [error.message, ...error.faults.map((fault) => `${fault.where} ${fault.message}`)].join(": ");
      fill(trouble, el("p.notice.danger", {}, text));
    } finally {
      if (button) button.disabled = false;
    }
  };
}

function mapLink({ location, name }) {
  const at = `${location.lat},${location.lon}`;
  return `geo:${at}?q=${at}(${encodeURIComponent(name)})`;
}
