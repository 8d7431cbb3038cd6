// Calls for help: on top of the queue, in the title of the page, and as a tone, until dealt with.

import { get, id, Offline, post, Problem } from "../lib/api.js";
import { el, icon } from "../lib/dom.js";

const HELP = "order.needs_help";

export class Calls {
  #root;
  #list;
  #store;
  #clock;
  #chime;
  #pick;
  #pickTechnician;
  #say;
  #alarms = [];
  #rows = new Map();
  #title = document.title;
  selected = null;

  constructor({ root, store, clock, chime, say, pick, pickTechnician }) {
    this.#say = say;
    this.#pickTechnician = pickTechnician;
    this.#root = root;
    this.#list = root.querySelector("[role=alert]");
    this.#store = store;
    this.#clock = clock;
    this.#chime = chime;
    this.#pick = pick;
    store.addEventListener("change", () => this.render());
    this.load();
  }

  /** The alarms that nobody has answered. */
  async load() {
    try {
      this.#alarms = (await get("/v1/sos")).items;
    } catch (error) {
      if (!(error instanceof Problem || error instanceof Offline)) throw error;
    }
    this.render();
  }

  render() {
    const alarms = this.#alarms.map((alarm) =>
      [`${alarm.technician_id} ${alarm.called_at}`, () => this.#alarmRow(alarm)]);
    const stuck = this.#store.openOrders()
      .filter((order) => order.status === "needs_help")
      .sort((a, b) => a.status_at.localeCompare(b.status_at))
      .map((order) => [`${order.id} ${order.status_at}`, () => this.#row(order)]);
    const calls = new Map([...alarms, ...stuck]);
    for (const [key, row] of this.#rows) {
      if (calls.has(key)) continue;
      row.remove();
      this.#rows.delete(key);
    }
    this.#root.hidden = calls.size === 0;
    document.title = calls.size ? `(${calls.size}) Help needed · ${this.#title}` : this.#title;
    const fresh = [...calls].filter(([key]) => !this.#rows.has(key));
    for (const [key, make] of fresh) {
      const row = make();
      this.#rows.set(key, row);
      this.#list.append(row);
    }
    for (const row of this.#rows.values()) {
      row.setAttribute("aria-current", row.dataset.order === this.selected);
    }
    if (fresh.length) this.#chime.ring();
  }

  #alarmRow(alarm) {
    const facts = el("span", {},
      el("b", {}, `SOS: ${alarm.call_sign}`),
      el("span.sub", {}, `The alarm of the phone, since ${this.#clock.moment(alarm.called_at)}`));
    return el("div.call.alarm", { dataset: { technician: alarm.technician_id } },
      icon("needs_help"),
      el("button.plain", { type: "button",
        onclick: () => this.#pickTechnician(alarm.technician_id) }, facts),
      el("button.button", { type: "button",
        onclick: (event) => this.#answer(alarm, event.currentTarget) }, "Dealt with"));
  }

  async #answer(alarm, button) {
    button.disabled = true;
    try {
      await post(`/v1/technicians/${id(alarm.technician_id)}/sos/answer`, {});
    } catch (error) {
      if (!(error instanceof Problem || error instanceof Offline)) throw error;
      this.#say(error.message);
    }
    this.load();
  }

  /** Made once, so that it is read out once; what they said is added when it is known. */
  #row(order) {
    const site = this.#store.siteOf(order);
    const facts = el("span", {},
      el("b", {}, `${this.#store.callSign(order.technician_id)} needs help`),
      el("span.sub", {}, `${order.number} · ${order.type} · ${site?.name ?? order.site_id}`));
    this.#addWords(order, facts);
    return el("button.call", {
      type: "button",
      dataset: { order: order.id },
      onclick: () => this.#pick(order.id),
    },
    icon("needs_help"), facts,
    el("time", { datetime: order.status_at }, `since ${this.#clock.moment(order.status_at)}`));
  }

  async #addWords(order, facts) {
    try {
      const { items } = await get(`/v1/work-orders/${id(order.id)}/timeline`);
      const said = items.findLast((entry) => entry.type === HELP)?.data.reason;
      if (said) facts.append(el("q", {}, said));
    } catch (error) {
      if (!(error instanceof Problem || error instanceof Offline)) throw error;
    }
  }
}
