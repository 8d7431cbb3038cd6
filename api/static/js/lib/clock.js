// The deployment's time, which runs faster in a demo, and how pages write times.

const MINUTE_MS = 60_000;

/** Positions older than this are shown as old, and those of the silent; as the settings say. */
export const STALE_MS = Number(document.body.dataset.staleS) * 1000;
export const SILENT_MS = Number(document.body.dataset.silentS) * 1000;

export class Clock {
  #base = Date.now();
  #heard = performance.now();
  #zone;
  factor = 1;

  constructor(zone) {
    this.#zone = zone;
  }

  /** @param {{now: string, factor: number}} told by /v1/session */
  set(told) {
    this.#base = Date.parse(told.now);
    this.#heard = performance.now();
    this.factor = told.factor ?? 1;
  }

  /** @returns {number} milliseconds since 1970 */
  now() {
    return this.#base + (performance.now() - this.#heard) * this.factor;
  }

  /** Milliseconds of the deployment's time since the moment. */
  age(iso) {
    return this.now() - Date.parse(iso);
  }

  time(moment, withSeconds = false) {
    return new Intl.DateTimeFormat("en-GB", {
      hour: "2-digit",
      minute: "2-digit",
      second: withSeconds ? "2-digit" : undefined,
      timeZone: this.#zone,
    }).format(new Date(moment));
  }

  day(moment) {
    return new Intl.DateTimeFormat("en-GB", {
      weekday: "short",
      day: "numeric",
      month: "short",
      timeZone: this.#zone,
    }).format(new Date(moment));
  }

  /** Time alone today, with the day otherwise. */
  moment(iso) {
    const today = this.day(this.now()) === this.day(iso);
    return today ? this.time(iso) : `${this.day(iso)}, ${this.time(iso)}`;
  }

  window(window) {
    if (!window) return "any time";
    return `${this.moment(window.start)}–${this.time(window.end)}`;
  }

  /** The instant of a wall time such as "2026-03-01T09:30" in the deployment's zone. */
  fromLocal(text) {
    const wall = Date.parse(`${text}:00Z`);
    let guess = wall;
    for (let i = 0; i < 2; i += 1) guess = wall - this.#offset(guess);
    return new Date(guess).toISOString();
  }

  /** The wall time of an instant, as an input of type datetime-local takes it. */
  toLocal(ms) {
    return new Date(ms + this.#offset(ms)).toISOString().slice(0, 16);
  }

  #offset(ms) {
    const parts = new Intl.DateTimeFormat("en-GB", {
      timeZone: this.#zone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    }).formatToParts(new Date(ms));
    const of = Object.fromEntries(parts.map((part) => [part.type, Number(part.value)]));
    const wall = Date.UTC(of.year, of.month - 1, of.day, of.hour, of.minute, of.second);
    return wall - Math.floor(ms / 1000) * 1000;
  }
}

/**
 * "10:20"; "10:05–10:35" where it rests on a position that is no longer live: since then they may
 * have driven all the time, there or away.
 *
 * @param {{eta: string, position_at: ?string}} eta
 * @param {{status: string, window: ?{start: string}}} order work doesn't begin before its window
 * @param {"time"|"moment"} write how much of the day is told
 */
export function etaText(eta, order, clock, write = "time") {
  const age = eta.position_at ? clock.age(eta.position_at) : 0;
  if (!(age > STALE_MS)) return clock[write](eta.eta);
  const at = Date.parse(eta.eta);
  const off = age + MINUTE_MS;
  const begins = order.status === "assigned" && order.window
    ? Math.min(Date.parse(order.window.start), at) : 0;
  return `${clock[write](Math.max(clock.now(), at - off, begins))}–${clock.time(at + off)}`;
}

/** "4 min", "2 h 05", "3 d". */
export function span(ms) {
  const minutes = Math.round(Math.abs(ms) / MINUTE_MS);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${String(minutes % 60).padStart(2, "0")}`;
  return `${Math.round(hours / 24)} d`;
}

/** "just now", "4 min ago". */
export const ago = (ms) => (ms < MINUTE_MS ? "just now" : `${span(ms)} ago`);
