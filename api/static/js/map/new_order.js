// The dialog that makes a job: where, what, how urgent, when. Missing fields are named beside them.

import { newKey, Offline, post, Problem } from "../lib/api.js";
import { el, fill } from "../lib/dom.js";
import { PRIORITY } from "../lib/words.js";
import { SitePicker } from "./site_picker.js";

const HOUR_MS = 3_600_000;
const TYPES = ["repair", "maintenance", "installation", "inspection", "emergency call"];
const FIELD_OF = {
  site_id: "where", location: "where", name: "where", required_skills: "skills",
  duration_s: "duration", "window.start": "start", "window.end": "end", window: "end",
  due_at: "end", customer_id: "customer",
};

export class NewOrder {
  #dialog;
  #form;
  #store;
  #clock;
  #say;
  #made;
  #site;
  #keys = {};
  #newSite = null;
  #newCustomer = null;

  constructor({ dialog, store, clock, map, say, made, banner }) {
    this.#dialog = dialog;
    this.#form = dialog.querySelector("form");
    this.#store = store;
    this.#clock = clock;
    this.#say = say;
    this.#made = made;
    this.#site = new SitePicker({
      root: this.#form.querySelector("#where"), store, map, banner,
      leave: () => dialog.close(),
      back: () => dialog.showModal(),
    });
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    for (const button of dialog.querySelectorAll("[data-close]")) {
      button.addEventListener("click", () => dialog.close());
    }
  }

  open() {
    this.#form.reset();
    this.#site.clear();
    this.#newSite = this.#newCustomer = null;
    this.#keys = { site: newKey(), customer: newKey(), order: newKey() };
    this.#showFaults({});
    this.#fillChoices();
    this.#dialog.showModal();
    this.#form.querySelector("#where input").focus();
  }

  #fillChoices() {
    const types = new Set([...TYPES, ...[...this.#store.orders.values()].map((o) => o.type)]);
    fill(this.#form.querySelector("#types"), [...types].sort().map((value) => el("option", { value })));
    const names = [...this.#store.customers.values()].map((customer) => customer.name);
    fill(this.#form.querySelector("#customers"), names.sort().map((value) => el("option", { value })));
    fill(this.#form.querySelector("#priorities"),
      Object.entries(PRIORITY).map(([value, word]) =>
        el("label.choice", { dataset: { priority: value } },
          el("input", { type: "radio", name: "priority", value, checked: value === "3" }),
          el("span.dot"), word)));
    const skills = [...this.#store.technicians.values()].flatMap((one) => one.skills.map((s) => s.name));
    fill(this.#form.querySelector("#skills"),
      [...new Set(skills)].sort().map((name) => el("label.choice", {},
        el("input", { type: "checkbox", name: "skill", value: name }), name,
        el("select", { "aria-label": `Level of ${name}`, dataset: { skill: name } },
          [1, 2, 3, 4, 5].map((level) => el("option", { value: level }, `${level}+`))))));
    const now = Math.ceil(this.#clock.now() / (HOUR_MS / 4)) * (HOUR_MS / 4);
    this.#form.elements.start.value = this.#clock.toLocal(now);
    this.#form.elements.end.value = this.#clock.toLocal(now + 2 * HOUR_MS);
  }

  #read() {
    const { type, customer, duration, start, end, notes } = this.#form.elements;
    const faults = {};
    const data = new FormData(this.#form);
    if (!this.#site.chosen) faults.where = "Where is missing: choose a site, an address or a point on the map.";
    if (!type.value.trim()) faults.type = "The type of work is missing.";
    if (!(Number(duration.value) > 0)) faults.duration = "How long it takes is missing.";
    const window = {};
    for (const [name, field] of Object.entries({ start, end })) {
      if (field.value) window[name] = this.#clock.fromLocal(field.value);
    }
    if (window.start && !window.end) faults.end = "The end of the window is missing.";
    if (window.end && !window.start) faults.start = "The start of the window is missing.";
    if (window.start && window.end && window.end <= window.start) {
      faults.end = "The window must end after it starts.";
    }
    const skills = data.getAll("skill").map((name) => ({
      name,
      level: Number(this.#form.querySelector(`select[data-skill="${CSS.escape(name)}"]`).value),
    }));
    const order = {
      type: type.value.trim(),
      priority: Number(data.get("priority")),
      duration_s: Number(duration.value) * 60,
      required_skills: skills,
      notes: notes.value.trim(),
      ...(window.start && window.end && { window }),
    };
    return { order, customer: customer.value.trim(), faults };
  }

  async #submit() {
    const { order, customer, faults } = this.#read();
    this.#showFaults(faults);
    if (Object.keys(faults).length) return;
    const button = this.#form.querySelector("[type=submit]");
    button.disabled = true;
    try {
      const customerId = await this.#customerId(customer);
      const site = await this.#siteRecord(customerId);
      const made = await post("/v1/work-orders",
        { ...order, site_id: site.id, ...(customerId && { customer_id: customerId }) },
        { key: this.#keys.order });
      this.#store.putOrder(made);
      this.#say(`${made.number} made`);
      this.#dialog.close();
      this.#made(made);
    } catch (error) {
      if (!(error instanceof Problem || error instanceof Offline)) throw error;
      // Another body may not come under the same key; a lost answer must come under the same.
      if (error instanceof Problem) this.#keys.order = newKey();
      this.#showFaults(this.#faultsOf(error));
    } finally {
      button.disabled = false;
    }
  }

  async #customerId(name) {
    if (!name) return null;
    const known = [...this.#store.customers.values()].find((customer) => customer.name === name);
    if (known) return known.id;
    if (this.#newCustomer?.name !== name) {
      this.#newCustomer = await post("/v1/customers", { name });
      this.#store.putCustomer(this.#newCustomer);
    }
    return this.#newCustomer.id;
  }

  async #siteRecord(customerId) {
    const { chosen } = this.#site;
    if (chosen.id) return chosen;
    if (this.#newSite?.from !== chosen) {
      const site = await post("/v1/sites", {
        name: chosen.name,
        address: chosen.address,
        location: chosen.location,
        access_notes: this.#form.elements.access.value.trim(),
        ...(customerId && { customer_id: customerId }),
      });
      this.#newSite = { from: chosen, site };
      this.#store.putSite(site);
    }
    return this.#newSite.site;
  }

  #faultsOf(error) {
    const faults = {};
    for (const { where, message } of error.faults ?? []) {
      const field = FIELD_OF[where] ?? FIELD_OF[where.split(/[.[]/)[0]] ?? where;
      const known = this.#form.querySelector(`[data-fault="${CSS.escape(field)}"]`);
      faults[known ? field : ""] = known ? message : `${where}: ${message}`;
    }
    if (!Object.keys(faults).length) faults[""] = error.message;
    return faults;
  }

  #showFaults(faults) {
    for (const place of this.#form.querySelectorAll("[data-fault]")) {
      const message = faults[place.dataset.fault] ?? "";
      place.textContent = message;
      place.hidden = !message;
      const field = this.#form.querySelector(`[aria-describedby~="${place.id}"]`);
      field?.setAttribute("aria-invalid", Boolean(message));
    }
    this.#form.querySelector('[aria-invalid="true"]')?.focus();
  }
}
