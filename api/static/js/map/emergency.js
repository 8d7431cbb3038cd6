// An emergency, shown before it is done: who would go, whom that moves, and what it breaks.

import { newKey, post, Problem } from "../lib/api.js";
import { el, fill } from "../lib/dom.js";
import { plain } from "../lib/words.js";
import { exclusions, minutes, nearestFirst, tally } from "./reasons.js";

const KIND = {
  assigned: "goes there",
  bumped: "is pushed aside",
  moved: "moves",
  unassigned: "goes back to the backlog",
};

export class Emergency {
  node = el("section.emergency", { hidden: true });
  #store;
  #clock;
  #say;
  #done;
  #order = null;
  #body = el("div");
  #asked = 0;

  constructor({ store, clock, say, done }) {
    this.#store = store;
    this.#clock = clock;
    this.#say = say;
    this.#done = done;
  }

  /** For an order that nobody has; an emergency is previewed at once, others when asked. */
  show(order) {
    this.#order = order;
    this.#asked += 1;
    this.node.hidden = order.status !== "new" || Boolean(order.hold) || !this.#store.mayDispatch;
    if (this.node.hidden) return;
    fill(this.node, el("h3", {}, "Emergency"), this.#body);
    if (order.priority === 1) this.#preview();
    else this.#offer();
  }

  #offer() {
    fill(this.#body,
      el("p.hint", {}, "Send somebody at once, even if others must wait. You see first what changes."),
      el("div.actions", {},
        el("button.button", { type: "button", onclick: () => this.#preview() }, "Preview")));
  }

  async #preview() {
    const order = this.#order;
    const asked = (this.#asked += 1);
    fill(this.#body, el("p.hint", {}, "Looking for the least change…"));
    try {
      const plan = await post("/v1/emergencies?dry_run=true", { order_id: order.id });
      if (asked === this.#asked) this.#draw(plan);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (asked === this.#asked) fill(this.#body, el("p.notice.danger", {}, error.message));
    }
  }

  #draw(plan) {
    if (!plan.technician_id) {
      fill(this.#body,
        el("div.notice.danger", {},
          el("b", {}, "Nobody can come, whoever is made to wait."),
          el("p", {}, `In the way: ${tally(plan.excluded)}.`)),
        el("details", {}, el("summary", {}, "Who, and why not"),
          el("ul.excluded", {}, nearestFirst(plan.excluded).map((one) =>
            el("li", {}, el("b", {}, one.call_sign), el("div", {}, exclusions(one.exclusions)))))));
      return;
    }
    const others = plan.changes.filter((change) => change.order_id !== this.#order.id);
    const trouble = el("div");
    fill(this.#body,
      el("p.verdict", {},
        el("b", {}, `${plan.call_sign} is there at ${this.#clock.time(plan.arrive_at)}`),
        plan.cost.late_min > 0
          ? el("span.late", {}, `, ${minutes(plan.cost.late_min)} too late`)
          : `, in time for ${this.#clock.time(plan.respond_by)}`),
      el("p.hint", {}, this.#sum(plan, others)),
      others.length > 0 && el("ul.changes", { "aria-label": "What changes" },
        others.map((change) => this.#change(change))),
      plan.flagged.map((flag) => el("p.notice.warn", {}, flag.fact)),
      trouble,
      el("div.actions", {},
        el("button.button.primary", { type: "button",
          onclick: (event) => this.#declare(event.currentTarget, trouble, newKey()) },
        `Send ${plan.call_sign}`),
        el("button.button.quiet", { type: "button", onclick: () => this.#offer() }, "Leave it")));
  }

  #sum(plan, others) {
    if (others.length === 0) return "Nobody else has to wait.";
    const { broken, unassigned } = plan.cost;
    return [
      others.length === 1 ? "One other visit changes" : `${others.length} other visits change`,
      broken > 0 ? `${broken} promise${broken > 1 ? "s" : ""} broken` : "no promise broken",
      unassigned > 0 && `${unassigned} back to the backlog`,
    ].filter(Boolean).join(", ") + (plan.proven ? "; fewer will not do." : ".");
  }

  #change(change) {
    const { call_sign_before: from, call_sign_after: to } = change;
    const time = (moment) => (moment ? this.#clock.time(moment) : "unplanned");
    const site = this.#store.siteOf(this.#store.orders.get(change.order_id) ?? {});
    return el("li", { dataset: { kind: change.kind } },
      el("b", {}, change.number), site && ` ${site.name}`,
      ` ${KIND[change.kind] ?? plain(change.kind).toLowerCase()}`,
      el("div", {},
        el("s", {}, `${time(change.begin_before)}${from && from !== to ? ` ${from}` : ""}`),
        change.technician_after && ` → ${time(change.begin_after)} ${to}`),
      change.breaks.map((fact) => el("small.late", {}, fact)));
  }

  async #declare(button, trouble, key) {
    button.disabled = true;
    fill(trouble);
    try {
      const plan = await post("/v1/emergencies", { order_id: this.#order.id }, { key });
      this.#say(plan.technician_id
        ? `${plan.order.number}: ${plan.call_sign} is sent`
        : `${plan.order.number}: nobody can come any more`);
      this.#done(plan.order);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      button.disabled = false;
      fill(trouble, el("p.notice.danger", { role: "alert" }, error.message));
    }
  }
}
