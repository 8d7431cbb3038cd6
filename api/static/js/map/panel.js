// The panel of one job or one technician.

import { ago, etaText, span } from "../lib/clock.js";
import { el, fill, icon } from "../lib/dom.js";
import { get, id, post, Problem } from "../lib/api.js";
import { ACTIVITY, HOLD, LIMIT, plain, PRIORITY, sourceWord, statusWord, WAITING } from "../lib/words.js";
import { Candidates } from "./candidates.js";
import { Emergency } from "./emergency.js";
import { privacySection } from "./privacy.js";
import { timelineItems } from "./timeline.js";
import { waysSection } from "./ways.js";

const REFRESH_MS = 4000;

export class Panel {
  #root;
  #store;
  #clock;
  #say;
  #close;
  #pickOrder;
  #play;
  #orderId = null;
  #technicianId = null;
  #version = -1;
  #before = null;
  #facts = el("div");
  #candidates = null;
  #emergency = null;
  #timeline = el("ol.timeline");
  #unfolded = new Set();
  #visits = el("div");
  #ways = el("div");

  constructor({ root, store, clock, say, close, pickOrder, play }) {
    this.#play = play;
    this.#pickOrder = pickOrder;
    this.#root = root;
    this.#store = store;
    this.#clock = clock;
    this.#say = say;
    this.#close = close;
    store.addEventListener("change", () => this.#changed());
    setInterval(() => this.#tick(), REFRESH_MS);
    root.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.#close();
    });
  }

  hide() {
    if (this.#root.hidden) return;
    const back = this.#before;
    this.#orderId = this.#technicianId = null;
    this.#root.hidden = true;
    if (back?.isConnected) back.focus();
    else if (back?.dataset.key) {
      document.querySelector(`[data-key="${CSS.escape(back.dataset.key)}"]`)?.focus();
    }
  }

  showOrder(orderId) {
    this.#open();
    this.#orderId = orderId;
    this.#version = -1;
    this.#facts = el("div");
    this.#visits = el("div");
    this.#ways = el("div");
    this.#timeline = el("ol.timeline");
    this.#candidates = new Candidates({
      store: this.#store,
      clock: this.#clock,
      say: this.#say,
      changed: (order) => this.#store.putOrder(order),
    });
    this.#emergency = new Emergency({
      store: this.#store,
      clock: this.#clock,
      say: this.#say,
      done: (order) => this.#store.putOrder(order),
    });
    const body = el("div.panel-body", { tabindex: -1 },
      el("section", {}, this.#facts),
      this.#store.orders.get(orderId).priority === 1
        ? [this.#emergency.node, this.#candidates.node]
        : [this.#candidates.node, this.#emergency.node],
      this.#visits,
      this.#ways,
      el("section", {}, el("h3", {}, "Timeline"), this.#timeline));
    fill(this.#root, this.#head(), body);
    this.#changed();
    this.#root.querySelector(".icon-button").focus({ preventScroll: true });
  }

  showTechnician(technicianId) {
    this.#open();
    this.#technicianId = technicianId;
    this.#drawTechnician();
    this.#root.querySelector(".icon-button").focus({ preventScroll: true });
  }

  #open() {
    if (this.#root.hidden) this.#before = document.activeElement;
    this.#orderId = this.#technicianId = null;
    this.#root.hidden = false;
  }

  #head() {
    const order = this.#store.orders.get(this.#orderId);
    const site = this.#store.siteOf(order);
    this.#root.setAttribute("aria-label", `Job ${order.number}`);
    return el("header.panel-head", { dataset: { status: order.status, priority: order.priority } },
      el("div.line", {},
        el("span.badge", { title: PRIORITY[order.priority] }, order.priority),
        el("b", {}, order.number),
        el("span.chip", {}, icon(order.status), statusWord(order.status)),
        this.#closer()),
      el("h2", {}, site?.name ?? order.site_id),
      site?.address && el("p.hint", {}, site.address));
  }

  #closer() {
    return el("button.icon-button", {
      type: "button", "aria-label": "Close", onclick: () => this.#close(),
    }, icon("close"));
  }

  #changed() {
    if (this.#technicianId) this.#drawTechnician();
    const order = this.#store.orders.get(this.#orderId);
    if (!order) return;
    this.#drawFacts(order);
    if (order.version === this.#version) return;
    this.#version = order.version;
    const focused = this.#root.querySelector(".panel-head :focus") !== null;
    this.#root.querySelector(".panel-head").replaceWith(this.#head());
    if (focused) this.#root.querySelector(".icon-button").focus();
    this.#emergency.show(order);
    this.#candidates.show(order);
    if (!this.#ways.firstChild) fill(this.#ways, waysSection(order, this.#clock));
    this.#loadStory(order);
  }

  #tick() {
    const order = this.#store.orders.get(this.#orderId);
    if (order) this.#drawFacts(order);
    if (this.#technicianId) this.#drawTechnician();
  }

  #drawFacts(order) {
    const site = this.#store.siteOf(order);
    const customer = this.#store.customers.get(order.customer_id ?? site?.customer_id);
    const eta = this.#store.etaOf(order);
    const risk = this.#store.risk(order);
    const deadline = this.#store.deadline(order);
    const skills = order.required_skills.map((skill) => `${skill.name} ${skill.level}+`).join(", ");
    const late = eta?.late_by_s > 0 ? `, ${span(eta.late_by_s * 1000)} late` : "";
    fill(this.#facts,
      order.flag && el("div.notice.warn.judgment", { role: "status" },
        el("b", {}, "For you to judge"),
        el("p.sentence", {}, order.flag.fact),
        el("p.hint", {}, `Since ${this.#clock.moment(order.flag.since)}. Assigning it settles this.`),
        el("div.actions", {}, el("button.button", { type: "button",
          onclick: (event) => this.#judge(order, event.currentTarget) }, "Leave it with me"))),
      order.hold && el("div.notice.judgment", {},
        el("b", {}, `On hold: ${HOLD[order.hold.reason] ?? plain(order.hold.reason).toLowerCase()}`),
        order.hold.note && el("p", {}, order.hold.note)),
      order.risk && el("p.notice.danger.judgment", {},
        `Expected ${span(order.risk.late_by_s * 1000)} after ${LIMIT[order.risk.limit]}.`),
      facts({
        Work: `${order.type}, ${span(order.duration_s * 1000)}`,
        Priority: `${order.priority} · ${PRIORITY[order.priority]}`,
        Window: this.#clock.window(order.window),
        Due: order.due_at && this.#clock.moment(order.due_at),
        Promised: order.sla && this.#promised(order.sla),
        "Time left": deadline !== null && WAITING.has(order.status)
          ? el(risk ? `b.${risk}` : "span", {}, this.#left(deadline))
          : null,
        Technician: order.technician_id && [
          this.#store.callSign(order.technician_id),
          order.crew.length > 0 &&
            ` with ${order.crew.map((one) => this.#store.callSign(one)).join(", ")}`,
          order.pinned && " · pinned",
        ].filter(Boolean).join(""),
        "Assigned by": order.technician_id && sourceWord(order.assignment_source),
        ETA: eta && el(late ? "b.late" : "span", {}, etaText(eta, order, this.#clock, "moment") + late),
        Skills: skills || "none needed",
        Customer: customer?.name,
        Access: site?.access_notes,
        Notes: order.notes,
      }));
  }

  /** Seen: nobody else need look at it, and no rule touches it, until something happens to it. */
  async #judge(order, button) {
    button.disabled = true;
    try {
      await post(`/v1/work-orders/${id(order.id)}/judge`,
        { reason: "left to whoever saw it on the map" }, { version: order.version });
      this.#say(`${order.number} is left with you`);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      button.disabled = false;
      this.#say(error.message);
    }
  }

  /** Of a service level: until when somebody is there, and the work done, or that they were. */
  #promised({ policy, response, completion }) {
    const clocks = [[response, "there"], [completion, "done"]].filter(([clock]) => clock);
    return `${policy}: ${clocks.map(([clock, word]) => {
      const due = this.#clock.moment(clock.due_at);
      if (clock.paused_at) return `${word}: clock stopped`;
      if (!clock.stopped_at) return `${word} by ${due}`;
      return Date.parse(clock.stopped_at) > Date.parse(clock.due_at)
        ? `${word} after ${due}` : `${word} in time`;
    }).join(", ")}`;
  }

  #left(deadline) {
    const left = deadline - this.#clock.now();
    return left < 0 ? `${span(left)} over` : span(left);
  }

  async #loadStory(order) {
    const path = `/v1/work-orders/${id(order.id)}`;
    try {
      const [timeline, visits] = await Promise.all([get(`${path}/timeline`), get(`${path}/visits`)]);
      if (order.id !== this.#orderId) return;
      fill(this.#timeline, timelineItems(timeline.items, this.#clock, this.#unfolded));
      this.#drawVisits(visits.items);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      fill(this.#timeline, el("li", {}, error.message));
    }
  }

  #drawVisits(visits) {
    const shown = visits.filter((visit) => !visit.retracted);
    fill(this.#visits, shown.length > 0 && el("section", {},
      el("h3", {}, "Arrival"),
      shown.map((visit) => facts({
        Arrived: this.#clock.moment(visit.arrived_at),
        Left: visit.departed_at && this.#clock.moment(visit.departed_at),
        "Known by": visit.source === "gps"
          ? `GPS: ${visit.evidence?.fixes?.length ?? 0} fixes inside the fence`
          : "the technician's word",
        Technician: { open: "has not said", confirmed: "confirms it",
          contested: `contests it: ${visit.review_reason}` }[visit.review],
      }))));
  }

  #drawTechnician() {
    const technician = this.#store.technicians.get(this.#technicianId);
    if (!technician) return;
    const status = this.#store.doing(technician.id);
    const position = this.#store.positions.get(technician.id);
    const orders = this.#store.ordersOf(technician.id);
    const face = JSON.stringify([
      technician.version, status, position?.activity, position?.outages, position?.mock,
      position && Math.round(this.#clock.age(position.at) / 10_000),
      orders.map((order) => [order.id, order.version]), this.#store.privateTime(technician.id),
    ]);
    const drawn = this.#root.querySelector(".technician") !== null;
    const typing = this.#root.querySelector("form input:focus") !== null;
    if (drawn && (this.#root.dataset.face === face || typing)) return;
    const inside = this.#root.contains(document.activeElement);
    this.#root.dataset.face = face;
    this.#root.setAttribute("aria-label", technician.call_sign);
    fill(this.#root,
      el("header.panel-head.technician", { dataset: { status } },
        el("div.line", {}, el("span.chip", {}, icon(status), statusWord(status)), this.#closer()),
        el("h2", {}, technician.call_sign)),
      el("div.panel-body", {},
        el("section", {}, facts({
          Position: position
            ? `${ago(this.#clock.age(position.at))}, within ${Math.round(position.accuracy_m ?? 0)} m`
            : "none yet",
          Speed: position?.speed_mps > 1 ? `${Math.round(position.speed_mps * 3.6)} km/h` : null,
          Now: position && ACTIVITY[position.activity],
          "No position because": position?.outages.length
            ? el("b.late", {}, position.outages.map((one) => one.text).join("; "))
            : null,
          "Made up": position?.mock ? el("b.late", {}, "the phone says that its position is") : null,
          Battery: position?.battery != null ? `${Math.round(position.battery * 100)} %` : null,
          Skills: technician.skills.map((skill) => `${skill.name} ${skill.level}`).join(", "),
          Vehicle: technician.vehicle?.name,
          Phone: technician.phone,
        }),
        el("button.button", { type: "button", onclick: () => this.#play(technician) },
          "Play back a day")),
        privacySection(technician, { store: this.#store, clock: this.#clock, say: this.#say }),
        el("section", {}, el("h3", {}, "Jobs"),
          orders.length === 0 && el("p.hint", {}, "No open job."),
          orders.map((order) => el("button.row", {
            type: "button", dataset: { priority: order.priority },
            onclick: () => this.#pickOrder(order.id),
          },
          el("span.badge", {}, order.priority),
          el("span", {}, el("span.title", {}, this.#store.siteOf(order)?.name ?? order.number),
            el("span.sub", {}, `${order.number} · ${order.type}`)),
          el("span.due", {}, statusWord(order.status)))))));
    if (inside) this.#root.querySelector(".icon-button").focus();
  }
}

/** A list of terms and what they are; empty ones are left out. */
function facts(pairs) {
  return el("dl.facts", {},
    Object.entries(pairs)
      .filter(([, value]) => value !== null && value !== undefined && value !== "")
      .map(([term, value]) => [el("dt", {}, term), el("dd", {}, value)]));
}
