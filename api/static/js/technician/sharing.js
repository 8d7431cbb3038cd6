// Sends the phone's position while the page is open, unless the technician has switched that off;
// says honestly what it does.

import { Offline, post, Problem } from "../lib/api.js";
import { ago } from "../lib/clock.js";

const EVERY_MS = 5000;
const KEPT = 500;
const TOLD_EVERY_MS = 5 * 60_000;
const REMEMBERED = "geo-dispatch.share";

export class Sharing {
  #control;
  #state;
  #technicianId;
  #clock;
  #watch = null;
  #lock = null;
  #waiting = [];
  #sent = null;
  #sending = false;
  #trouble = "";
  #permission = null;
  #last = -Infinity;
  #battery = null;
  #outage = null;
  #told = { at: -Infinity, said: "" };

  constructor({ control, state, technicianId, clock }) {
    this.#control = control;
    this.#state = state;
    this.#technicianId = technicianId;
    this.#clock = clock;
    control.addEventListener("change", () => {
      localStorage.setItem(REMEMBERED, control.checked ? "on" : "off");
      this.#switch(control.checked);
    });
    if (localStorage.getItem(REMEMBERED) !== "off") this.#switch(true);
    else this.#outage = "paused";
    this.#followPermission();
    this.#followBattery();
    addEventListener("online", () => this.#send());
    addEventListener("offline", () => this.#show());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible" && this.#watch !== null) this.#stayAwake();
    });
    setInterval(() => {
      this.#send();
      this.#tell();
      this.#show();
    }, EVERY_MS);
  }

  #switch(on) {
    this.#control.checked = on;
    if (this.#watch !== null) navigator.geolocation.clearWatch(this.#watch);
    this.#watch = null;
    this.#trouble = "";
    this.#sent = null;
    this.#lock?.release();
    this.#lock = null;
    this.#outage = on ? null : "paused";
    if (!on) {
      this.#waiting = [];
    } else if (!isSecureContext) {
      this.#refuse("Not sent: browsers share positions only over https, and this page came over "
        + "plain http. Ask the office for its https address.");
      return;
    } else {
      this.#watch = navigator.geolocation.watchPosition(
        (fix) => this.#heard(fix),
        (error) => this.#failed(error),
        { enableHighAccuracy: true, maximumAge: 0, timeout: 60_000 },
      );
      this.#stayAwake();
    }
    this.#show();
  }

  /** Begin by itself once the permission is given, unless switched off. */
  async #followPermission() {
    try {
      this.#permission = await navigator.permissions.query({ name: "geolocation" });
    } catch {
      return; // an older browser: it asks all the same, and we learn of the answer by an error
    }
    this.#permission.addEventListener("change", () => {
      const wanted = localStorage.getItem(REMEMBERED) !== "off";
      if (this.#permission.state === "granted" && wanted) this.#switch(true);
      this.#show();
    });
    this.#show();
  }

  async #followBattery() {
    this.#battery = (await navigator.getBattery?.()) ?? null; // few browsers tell
  }

  /** How the phone is, as `/v1/my/device` takes it. */
  device() {
    const denied = this.#permission?.state === "denied";
    return {
      battery: this.#battery && Math.round(this.#battery.level * 100) / 100,
      charging: this.#battery && this.#battery.charging,
      outage: denied ? "no_permission" : this.#outage,
    };
  }

  /** Say how the phone is, so that the office knows why no positions come. */
  async #tell() {
    const body = this.device();
    const said = JSON.stringify(body);
    const now = performance.now();
    if (said === this.#told.said && now - this.#told.at < TOLD_EVERY_MS) return;
    const before = this.#told;
    this.#told = { at: now, said };
    try {
      await post("/v1/my/device", body);
    } catch (error) {
      if (!(error instanceof Problem || error instanceof Offline)) throw error;
      this.#told = before;
    }
  }

  async #stayAwake() {
    try {
      // A phone that locks its screen stops the page, and its positions with it.
      this.#lock = (await navigator.wakeLock?.request("screen")) ?? null;
    } catch {
      this.#lock = null;
    }
  }

  #heard(fix) {
    this.#trouble = "";
    this.#outage = null;
    if (performance.now() - this.#last < EVERY_MS / 2) return;
    this.#last = performance.now();
    const { coords } = fix;
    const late = Math.max(0, Date.now() - fix.timestamp) * this.#clock.factor;
    const given = {
      accuracy_m: coords.accuracy,
      speed_mps: coords.speed,
      heading_deg: Number.isFinite(coords.heading) ? coords.heading : null,
    };
    this.#waiting.push({
      technician_id: this.#technicianId,
      at: new Date(this.#clock.now() - late).toISOString(),
      lon: coords.longitude,
      lat: coords.latitude,
      ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null)),
    });
    this.#waiting.splice(0, Math.max(0, this.#waiting.length - KEPT));
    this.#send();
  }

  #failed(error) {
    if (error.code === error.POSITION_UNAVAILABLE) this.#outage = "location_off";
    if (error.code === error.PERMISSION_DENIED) {
      this.#outage = "no_permission";
      this.#refuse("Not sent: this browser was told not to share your position. Tap the lock or "
        + "settings icon beside the address, allow Location, and switch this on again.");
    } else {
      this.#trouble = "No position: the phone finds none here. It keeps trying.";
      this.#show();
    }
  }

  #refuse(text) {
    this.#control.checked = false;
    if (this.#watch !== null) navigator.geolocation.clearWatch(this.#watch);
    this.#watch = null;
    this.#lock?.release();
    this.#lock = null;
    this.#trouble = text;
    this.#show();
  }

  async #send() {
    if (this.#sending || !this.#waiting.length || !this.#control.checked) return;
    this.#sending = true;
    const batch = this.#waiting.slice(0, 100);
    try {
      const { verdicts } = await post("/v1/pings", { pings: batch });
      this.#waiting.splice(0, batch.length);
      const refused = verdicts.find((verdict) => verdict.verdict === "rejected");
      this.#trouble = refused ? `The server refused a position: ${refused.message}` : "";
      this.#sent = {
        at: performance.now(),
        accuracy: batch.at(-1).accuracy_m,
        kept: verdicts.at(-1).verdict !== "private",
      };
    } catch (error) {
      if (error instanceof Problem) this.#trouble = error.message;
      else if (!(error instanceof Offline)) throw error;
    } finally {
      this.#sending = false;
      this.#show();
    }
  }

  #show() {
    this.#state.textContent = this.#text();
    this.#state.classList.toggle("late", Boolean(this.#trouble));
  }

  #text() {
    const waiting = this.#waiting.length;
    if (this.#trouble) return this.#trouble;
    if (!this.#control.checked) return "Off. The office does not see where you are.";
    if (waiting > 1) return `Not sent: ${waiting} positions wait for the connection.`;
    if (!this.#sent && this.#permission?.state === "prompt") {
      return "Your browser asks whether this page may know your position: please allow it.";
    }
    if (!this.#sent) return "Waiting for the phone to find its position…";
    if (!this.#sent.kept) return "On, but nothing is kept of it now: you are private or off shift.";
    const when = ago(performance.now() - this.#sent.at);
    return `On while this page is open. Sent ${when}, within ${Math.round(this.#sent.accuracy)} m.`;
  }
}
