// The list beside the map: what waits, what may be late, what is under way, and the technicians.

import { etaText, span, STALE_MS } from "../lib/clock.js";
import { el, fill, icon } from "../lib/dom.js";
import { PRIORITY, statusWord, UNDER_WAY } from "../lib/words.js";
import { timeLeft } from "./jobs.js";

const AGAIN_MS = 5000;
const PRIORITY_MS = 30 * 60_000;

const FILTERS = {
  review: { word: "To judge", keep: (order) => Boolean(order.flag), alarm: true },
  unassigned: { word: "Unassigned", keep: (order) => order.status === "new" },
  late: { word: "Late risk", keep: (order, store) => store.risk(order) !== "", alarm: true },
  underway: { word: "Under way", keep: (order) => UNDER_WAY.has(order.status) },
};

export class Sidebar {
  #store;
  #clock;
  #list;
  #filters;
  #search;
  #pickOrder;
  #pickTechnician;
  #filter = null;
  #queued = false;
  selected = null;

  constructor({ root, store, clock, pickOrder, pickTechnician }) {
    this.#store = store;
    this.#clock = clock;
    this.#pickOrder = pickOrder;
    this.#pickTechnician = pickTechnician;
    this.#list = root.querySelector("#list");
    this.#filters = root.querySelector("#filters");
    this.#search = root.querySelector("#search");
    this.#search.addEventListener("input", () => this.render());
    document.addEventListener("keydown", (event) => {
      const typing = event.target.closest("input, textarea, select, dialog");
      if (event.key !== "/" || typing) return;
      event.preventDefault();
      this.#search.focus();
    });
    store.addEventListener("change", () => this.#soon());
    setInterval(() => this.#soon(), AGAIN_MS);
  }

  #soon() {
    if (this.#queued) return;
    this.#queued = true;
    setTimeout(() => {
      this.#queued = false;
      this.render();
    }, 150);
  }

  render() {
    const focused = this.#list.contains(document.activeElement)
      ? document.activeElement.dataset.key
      : null;
    const emergency = ({ priority }) => Number(priority === 1);
    const orders = this.#store.openOrders().sort(
      (a, b) => emergency(b) - emergency(a) || this.#urgency(a) - this.#urgency(b));
    this.#drawFilters(orders);
    const groups =
      this.#filter === "technicians" ? [this.#technicians()] : this.#groups(orders);
    const found = groups.filter((group) => group.rows.length);
    fill(
      this.#list,
      found.map(({ title, rows }) =>
        el("section.group", { "aria-label": title },
          el("h2", {}, title, el("span", {}, rows.length)),
          el("ul", {}, rows.map((row) => el("li", {}, row)))),
      ),
      found.length === 0 &&
        el("p.empty", {}, this.#search.value ? "Nothing matches the search." : "Nothing here now."),
    );
    if (focused) this.#list.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  }

  #drawFilters(orders) {
    const counts = Object.entries(FILTERS).map(([name, { word, keep, alarm }]) => ({
      name,
      word,
      alarm,
      count: orders.filter((order) => keep(order, this.#store)).length,
    }));
    counts.push({ name: "technicians", word: "Technicians", count: this.#people().length });
    if (this.#filters.childElementCount !== counts.length) {
      fill(this.#filters, counts.map(({ name, word }) =>
        el("button.filter", { type: "button", dataset: { name }, onclick: () => this.#toggle(name) },
          el("b"), el("span", {}, word))));
    }
    for (const { name, count, alarm } of counts) {
      const button = this.#filters.querySelector(`[data-name="${name}"]`);
      button.querySelector("b").textContent = count;
      button.classList.toggle("alarm", Boolean(alarm) && count > 0);
      button.setAttribute("aria-pressed", this.#filter === name);
    }
  }

  #toggle(name) {
    this.#filter = this.#filter === name ? null : name;
    this.render();
  }

  #groups(orders) {
    const wanted = orders.filter((order) => this.#matches(order));
    const taken = new Set();
    const take = (title, keep) => {
      const rows = wanted.filter((order) => !taken.has(order.id) && keep(order, this.#store));
      for (const order of rows) taken.add(order.id);
      return { title, rows: rows.map((order) => this.#row(order)) };
    };
    if (this.#filter) return [take(FILTERS[this.#filter].word, FILTERS[this.#filter].keep)];
    return [
      take("To judge", FILTERS.review.keep),
      take("Unassigned", FILTERS.unassigned.keep),
      take("Late risk", FILTERS.late.keep),
      take("Under way", FILTERS.underway.keep),
      take("Assigned", () => true),
    ];
  }

  #matches(order) {
    const words = this.#search.value.trim().toLowerCase();
    if (!words) return true;
    const site = this.#store.siteOf(order);
    const text = [
      order.number, order.type, order.notes, site?.name, site?.address,
      order.technician_id && this.#store.callSign(order.technician_id),
      this.#store.customers.get(order.customer_id)?.name,
    ].join(" ").toLowerCase();
    return words.split(/\s+/).every((word) => text.includes(word));
  }

  #urgency(order) {
    return (this.#store.deadline(order) ?? 8e15) + (order.priority - 3) * PRIORITY_MS;
  }

  #row(order) {
    const site = this.#store.siteOf(order);
    const risk = this.#store.risk(order);
    const eta = this.#store.etaOf(order);
    const left = timeLeft(order, this.#store, this.#clock);
    const who = order.technician_id ? this.#store.callSign(order.technician_id) : null;
    const late = eta?.late_by_s > 0 ? `late ${span(eta.late_by_s * 1000)}` : null;
    return el("button.row", {
      type: "button",
      dataset: { key: order.id, priority: order.priority },
      "aria-current": order.id === this.selected,
      onclick: () => this.#pickOrder(order.id),
    },
    el("span.badge", { title: PRIORITY[order.priority] },
      el("span.visually-hidden", {}, "Priority "), order.priority),
    el("span", {},
      el("span.title", {}, el("span", {}, site?.name ?? order.site_id)),
      el("span.sub", {}, `${order.number} · ${order.type}`),
      el("span.sub", {}, who ? `${statusWord(order.status)} · ${who}` : ""),
      order.flag && el("span.sub.soon.sentence", {}, order.flag.fact)),
    el(`span.due${risk ? `.${risk}` : ""}`, {},
      late ?? left,
      eta && el("small", {}, `ETA ${etaText(eta, order, this.#clock)}`)));
  }

  #people() {
    return [...this.#store.technicians.values()].filter((technician) => !technician.retired);
  }

  #technicians() {
    const words = this.#search.value.trim().toLowerCase();
    const rows = this.#people()
      .filter((technician) =>
        [technician.call_sign, ...technician.skills.map((skill) => skill.name)]
          .join(" ").toLowerCase().includes(words))
      .sort((a, b) => a.call_sign.localeCompare(b.call_sign, "en", { numeric: true }))
      .map((technician) => this.#technician(technician));
    return { title: "Technicians", rows };
  }

  #technician(technician) {
    const status = this.#store.doing(technician.id);
    const position = this.#store.positions.get(technician.id);
    const age = position ? this.#clock.age(position.at) : null;
    const hidden = this.#store.privateTime(technician.id);
    const said = hidden ? `private since ${this.#clock.time(hidden.since)}`
      : age === null ? "no position" : age > STALE_MS ? `${span(age)} old` : "live";
    return el("button.row", {
      type: "button",
      dataset: { key: technician.id, status },
      "aria-current": technician.id === this.selected,
      onclick: () => this.#pickTechnician(technician.id),
    },
    el("span.badge.round", {}, icon(status)),
    el("span", {},
      el("span.title", {}, el("span", {}, technician.call_sign)),
      el("span.sub", {}, statusWord(status)),
      el("span.sub", {}, technician.skills.map((skill) => skill.name).join(", "))),
    el(`span.due${said === "live" ? "" : ".soon"}`, {}, said));
  }
}
