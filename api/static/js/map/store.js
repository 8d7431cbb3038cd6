// What the page knows: records and positions, kept up by the stream. Views listen for "change".

import { get, getAll, id, Problem } from "../lib/api.js";
import { PRIVACY_EVENTS } from "../lib/stream.js";
import { ENDED, UNDER_WAY, WAITING } from "../lib/words.js";

const REFETCH_MS = 120;
const SOON_MS = 45 * 60_000;
const STATUS_ORDER = ["needs_help", "on_the_tools", "on_site", "en_route"];

export class Store extends EventTarget {
  technicians = new Map();
  customers = new Map();
  sites = new Map();
  orders = new Map();
  etas = new Map();
  positions = new Map();
  /** Who is private, or was when last heard of. */
  #private = new Map();
  /** Whether the visitor's role may assign and make jobs; planners only look. */
  mayDispatch = false;

  #clock;
  #wanted = new Set();
  #timer = 0;
  #announced = false;
  #byTechnician = null;
  #loading = Promise.resolve();

  constructor(clock) {
    super();
    this.#clock = clock;
  }

  /** Everything that is open, from the API. */
  load() {
    const loading = this.#loadAll();
    this.#loading = loading.catch(() => {}); // whoever asked for it is told
    return loading;
  }

  async #loadAll() {
    const [technicians, customers, sites, orders] = await Promise.all([
      getAll("/v1/technicians?limit=200"),
      getAll("/v1/customers?limit=200"),
      getAll("/v1/sites?limit=200"),
      getAll("/v1/work-orders?limit=200&open=true"),
    ]);
    for (const [name, items] of Object.entries({ technicians, customers, sites, orders })) {
      this[name] = new Map(items.map((item) => [item.id, item]));
    }
    await this.loadPrivate();
    const driving = orders.filter((order) => order.technician_id && !ENDED.has(order.status));
    await Promise.all(driving.map((order) => this.#loadEta(order.id)));
    this.changed();
  }

  async loadPrivate() {
    const { items } = await get("/v1/privacy");
    this.#private = new Map(items.map((item) => [item.technician_id, item]));
    for (const technicianId of this.#private.keys()) this.positions.delete(technicianId);
    this.changed();
  }

  /** @returns {{since: string, until: string}|null} the private time that goes on now */
  privateTime(technicianId) {
    const time = this.#private.get(technicianId);
    return time && this.#clock.age(time.until) < 0 ? time : null;
  }

  changed() {
    this.#byTechnician = null;
    if (this.#announced) return;
    this.#announced = true;
    queueMicrotask(() => {
      this.#announced = false;
      this.dispatchEvent(new Event("change"));
    });
  }

  putPositions(positions) {
    for (const position of positions) this.positions.set(position.technician_id, position);
  }

  putOrder(order) {
    const known = this.orders.get(order.id);
    if (!known || known.version <= order.version) this.orders.set(order.id, order);
    this.changed();
  }

  putSite(site) {
    this.sites.set(site.id, site);
    this.changed();
  }

  putCustomer(customer) {
    this.customers.set(customer.id, customer);
    this.changed();
  }

  /** One event of the log. Records are read anew: the event says that, the API says what. */
  apply(event) {
    if (PRIVACY_EVENTS.includes(event.type)) {
      this.loadPrivate();
      return;
    }
    if (event.type === "order.eta") {
      this.etas.set(event.body.order_id, event.body);
      this.changed();
      return;
    }
    this.#wanted.add(event.stream);
    if (!this.#timer) this.#timer = setTimeout(() => this.#refetch(), REFETCH_MS);
  }

  async #refetch() {
    this.#timer = 0;
    await this.#loading; // its answers may be older, and would be put over these
    const streams = [...this.#wanted];
    this.#wanted.clear();
    await Promise.all(
      streams.map(async (stream) => {
        const [kind, key] = stream.split(/:(.*)/s);
        const [path, held] = {
          order: ["work-orders", this.orders],
          technician: ["technicians", this.technicians],
          site: ["sites", this.sites],
          customer: ["customers", this.customers],
        }[kind] ?? [null, null];
        if (!path) return;
        try {
          const record = await get(`/v1/${path}/${id(key)}`);
          const known = held.get(key);
          if (!known || known.version <= record.version) held.set(key, record);
        } catch (error) {
          if (error instanceof Problem && error.status === 404) held.delete(key);
        }
      }),
    );
    this.changed();
  }

  async #loadEta(orderId) {
    try {
      this.etas.set(orderId, await get(`/v1/work-orders/${id(orderId)}/eta`));
    } catch (error) {
      if (!(error instanceof Problem)) throw error; // no ETA yet is not a fault
    }
  }

  // ---- what the views ask ----

  openOrders() {
    return [...this.orders.values()].filter((order) => !ENDED.has(order.status) && !order.retired);
  }

  siteOf(order) {
    return this.sites.get(order.site_id);
  }

  callSign(technicianId) {
    return this.technicians.get(technicianId)?.call_sign ?? technicianId;
  }

  /** Open orders of the technician, in sequence. Markers ask often: grouped once per change. */
  ordersOf(technicianId) {
    this.#byTechnician ??= Map.groupBy(
      this.openOrders().sort((a, b) => a.sequence - b.sequence),
      (order) => order.technician_id,
    );
    return this.#byTechnician.get(technicianId) ?? [];
  }

  /** What the technician is doing: what their orders say, else what the position said. */
  doing(technicianId) {
    const orders = this.ordersOf(technicianId);
    for (const status of STATUS_ORDER) {
      if (orders.some((order) => order.status === status)) return status;
    }
    const told = this.positions.get(technicianId)?.status;
    if (told && !UNDER_WAY.has(told) && told !== "assigned") return told;
    return orders.length ? "assigned" : "available";
  }

  etaOf(order) {
    const eta = this.etas.get(order.id);
    const expected = order.status === "assigned" || order.status === "en_route";
    if (!expected || !eta?.eta || eta.technician_id !== order.technician_id) return null;
    // One that holds isn't told again; what it rests on has come since.
    const seen = this.positions.get(eta.technician_id)?.at;
    const newer = eta.position_at && seen && Date.parse(seen) > Date.parse(eta.position_at);
    return newer ? { ...eta, position_at: seen } : eta;
  }

  /** Whoever waits, waits until then: the end of the window or the deadline, whichever is first. */
  deadline(order) {
    const response = order.sla?.response;
    const promised = response && !response.stopped_at && !response.paused_at && response.due_at;
    const ends = [order.window?.end, order.due_at, promised].filter(Boolean).map(Date.parse);
    return ends.length ? Math.min(...ends) : null;
  }

  /** @returns {"late"|"soon"|""} whether the technician will be there in time */
  risk(order) {
    if (order.risk) return "late";
    const deadline = this.deadline(order);
    if (deadline === null || !WAITING.has(order.status)) return "";
    const eta = this.etaOf(order);
    const expected = eta ? Date.parse(eta.eta) : this.#clock.now();
    if (expected > deadline) return "late";
    if (!eta && deadline - expected < SOON_MS) return "soon";
    return "";
  }
}
