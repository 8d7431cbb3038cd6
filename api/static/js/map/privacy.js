// What the office may know of a technician's privacy, and the one thing it may do about it.

import { id, post, Problem } from "../lib/api.js";
import { el } from "../lib/dom.js";

/**
 * @param {Object} technician
 * @param {{store: Store, clock: Clock, say: Function}} page
 * @returns {HTMLElement|null} nothing for somebody who is not private
 */
export function privacySection(technician, { store, clock, say }) {
  const time = store.privateTime(technician.id);
  if (!time) return null;
  const trouble = el("p.fault", { role: "alert", hidden: true });
  const reason = el("input.input", {
    name: "reason", maxlength: 500, required: true, "aria-label": "What the emergency is",
    placeholder: "What the emergency is",
  });
  const form = el("form", {
    onsubmit: async (event) => {
      event.preventDefault();
      trouble.hidden = true;
      try {
        await post(`/v1/technicians/${id(technician.id)}/privacy-unlock`, { reason: reason.value });
        reason.value = "";
        reason.blur();
        say(`${technician.call_sign} is told that you look for them.`);
        await store.loadPrivate();
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        trouble.textContent = error.message;
        trouble.hidden = false;
      }
    },
  },
  reason,
  el("button.button", { type: "submit" }, "Unlock for an hour"));
  return el("section.private", {},
    el("h3", {}, `Private since ${clock.moment(time.since)}`),
    el("p.hint", {}, `Ends by itself ${clock.moment(time.until)}. Only ${technician.call_sign} `
      + "can end it before."),
    store.mayDispatch && el("details", {},
      el("summary", {}, "In an emergency…"),
      el("p.hint", {}, "The reason is written down, and the technician is told at once."),
      form, trouble));
}
