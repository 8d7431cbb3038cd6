// Who could do the job, in order and with every reason; and who can't, with the fact behind it.

import { get, id, newKey, post, Problem } from "../lib/api.js";
import { el, fill, icon } from "../lib/dom.js";
import {
  exclusions, gist, nearestFirst, tally, verdict, warnings, whyThisRank,
} from "./reasons.js";

const BUSY_STATUS = new Set(["new", "assigned"]);

export class Candidates {
  node = el("section", { hidden: true });
  #store;
  #clock;
  #say;
  #changed;
  #order = null;
  #body = el("div");

  constructor({ store, clock, say, changed }) {
    this.#store = store;
    this.#clock = clock;
    this.#say = say;
    this.#changed = changed;
  }

  /** Candidates for the order as it is now; hidden once somebody is under way. */
  show(order) {
    this.#order = order;
    this.node.hidden = !BUSY_STATUS.has(order.status);
    if (this.node.hidden) return;
    fill(this.node,
      el("h3", {}, order.technician_id ? "Reassign" : "Candidates",
        el("button.icon-button", { type: "button", "aria-label": "Rank again",
          onclick: () => this.#load() }, icon("refresh"))),
      this.#body,
      this.#store.mayDispatch && order.technician_id && this.#takeBack(order));
    this.#load();
  }

  async #load() {
    const order = this.#order;
    if (!this.#body.childElementCount) fill(this.#body, el("p.hint", {}, "Ranking…"));
    try {
      const ranking = await get(`/v1/work-orders/${id(order.id)}/candidates`);
      // When nobody can be sent, what counts is all that is in the way, and who lacks least.
      const whyNot = ranking.candidates.length === 0 && ranking.excluded.length > 0
        ? (await get(`/v1/work-orders/${id(order.id)}/why-not`)).nearest
        : null;
      if (this.#order === order) this.#draw(ranking, whyNot);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      fill(this.#body, el("p.notice.danger", {}, error.message));
    }
  }

  #draw({ candidates, excluded, not_ranked: notRanked }, whyNot) {
    fill(this.#body,
      candidates.length === 0 && el("div.notice.warn", {},
        el("b", {}, "Nobody can be sent as things stand."),
        excluded.length > 0 && el("p", {}, `In the way: ${tally(excluded)}.`)),
      el("ol.candidates", {}, candidates.map((candidate, place) =>
        this.#candidate(candidate, candidates[place + 1]))),
      excluded.length > 0 && el("details", { open: candidates.length === 0 },
        el("summary", {}, `${excluded.length} excluded, and why`),
        el("ul.excluded", {}, (whyNot ?? nearestFirst(excluded)).map((one) =>
          this.#excluded(one)))),
      notRanked.length > 0 && el("p.hint", {},
        `${notRanked.length} more are too far away to be better than these.`));
  }

  #candidate(candidate, next) {
    const { technician_id: technicianId, call_sign: callSign, rank } = candidate;
    const trouble = el("div");
    const current = technicianId === this.#order.technician_id;
    const alarms = warnings(candidate);
    return el("li.candidate", { dataset: { technician: technicianId } },
      el("div.top", {},
        el("span.rank", {}, rank),
        el("span.who", {}, callSign,
          el("small", {}, gist(candidate, this.#clock)),
          alarms.length > 0 && el("small.late", {}, alarms.join(" · "))),
        current
          ? el("span.chip.plain", {}, "has it")
          : this.#store.mayDispatch && el(`button.button${rank === 1 ? ".primary" : ""}`, {
            type: "button",
            "aria-label": `Assign to ${callSign}`,
            onclick: (event) => this.#assign(technicianId, trouble, event.currentTarget),
          }, "Assign")),
      trouble,
      whyThisRank(candidate, next, { clock: this.#clock, store: this.#store }));
  }

  #excluded(one) {
    const trouble = el("div");
    return el("li", {},
      el("b", {}, one.call_sign),
      el("div", {},
        exclusions(one.exclusions),
        "enough" in one && el("small", {}, verdict(one)),
        this.#store.mayDispatch && el("button.button.quiet", {
          type: "button",
          "aria-label": `Assign to ${one.call_sign} all the same`,
          onclick: (event) => this.#assign(one.technician_id, trouble, event.currentTarget),
        }, "Assign all the same"),
        trouble));
  }

  async #assign(technicianId, trouble, button, force = null, key = newKey()) {
    button.disabled = true;
    fill(trouble);
    try {
      const order = await post(`/v1/work-orders/${id(this.#order.id)}/assign`,
        { technician_id: technicianId, ...(force !== null && { force: true, reason: force }) },
        { key, version: this.#order.version });
      this.#say(`${this.#order.number} assigned to ${this.#store.callSign(technicianId)}`);
      this.#changed(order);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      button.disabled = false;
      this.#object(error, trouble, {
        missed: `not assigned to ${this.#store.callSign(technicianId)}`,
        verb: "Assign",
        again: (reason) => this.#assign(technicianId, trouble, button, reason),
      });
    }
  }

  /** Why it was refused; and where a reason overrides that, asks for one and tries `again`. */
  #object(error, trouble, { missed, verb, again }) {
    if (error.code === "version-conflict") {
      // What changed it redraws this panel, and would take a notice in it away.
      this.#say(`${this.#order.number} has changed meanwhile and was ${missed}: look at it again`);
      return;
    }
    if (error.code !== "assignment-conflict") {
      fill(trouble, el("p.notice.danger", { role: "alert" }, error.message));
      return;
    }
    const reason = el("input.input", { "aria-label": "Why all the same", maxlength: 500,
      placeholder: "Why all the same?" });
    const fault = el("p.fault", { hidden: true }, "Give a reason: it is kept with the order.");
    fill(trouble, el("form.notice.warn", { role: "alert",
      onsubmit: (event) => {
        event.preventDefault();
        const text = reason.value.trim();
        fault.hidden = Boolean(text);
        if (text) again(text);
        else reason.focus();
      } },
    el("b", {}, "This breaks a rule:"),
    el("ul", {}, error.conflicts.map((conflict) => el("li", {}, conflict.message))),
    el("div.actions", {}, reason, fault, el("button.button", {}, `${verb} with this reason`))));
    reason.focus();
  }

  #takeBack(order) {
    const trouble = el("div");
    return el("div", {},
      el("div.actions", {},
        el("button.button", { type: "button",
          onclick: (event) => this.#unassign(trouble, event.currentTarget) },
        `Take it from ${this.#store.callSign(order.technician_id)}`)),
      trouble);
  }

  async #unassign(trouble, button, force = null) {
    button.disabled = true;
    fill(trouble);
    try {
      const order = await post(`/v1/work-orders/${id(this.#order.id)}/unassign`,
        force === null ? { reason: "taken back on the map" } : { reason: force, force: true },
        { version: this.#order.version });
      this.#say(`${this.#order.number} is unassigned`);
      this.#changed(order);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      button.disabled = false;
      this.#object(error, trouble, {
        missed: "not taken back",
        verb: "Take it back",
        again: (reason) => this.#unassign(trouble, button, reason),
      });
    }
  }
}
