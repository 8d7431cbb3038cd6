// The form beside the map that closes the streets of an area, or has driving there take longer. What
// it would meet is looked up before anything is changed.

import { newKey, Offline, post, Problem } from "../lib/api.js";
import { el, fill } from "../lib/dom.js";
import { meets } from "./road_changes.js";

const PREVIEW_REASON = "not said yet";
const FACTORS = [1.5, 2, 3, 5];
const FIELD_OF = { from: "from", until: "until", reason: "reason" };
const PADDING_PX = 32;
const TOOL_PX = 24;

export class RoadForm {
  #root;
  #form;
  #map;
  #outline;
  #clock;
  #say;
  #made;
  #opener = null;
  #ring = null;
  #drawn = L.layerGroup();
  #asked = 0;
  #key = "";

  constructor({ root, map, outline, clock, say, made }) {
    this.#root = root;
    this.#form = root.querySelector("form");
    this.#map = map;
    this.#outline = outline;
    this.#clock = clock;
    this.#say = say;
    this.#made = made;
    fill(root.querySelector("#road-factors"), FACTORS.map((factor) =>
      el("label.choice", {},
        el("input", { type: "radio", name: "factor", value: factor, checked: factor === 2 }),
        `×${factor}`)));
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#form.addEventListener("change", (event) => {
      if (event.target.name === "kind" || event.target.name === "factor") this.#preview();
    });
    root.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.#close();
    });
    root.querySelector("[data-redraw]").addEventListener("click", () => this.start(this.#opener));
    for (const button of root.querySelectorAll("[data-close]")) {
      button.addEventListener("click", () => this.#close());
    }
  }

  /** @param {HTMLElement} opener what gets the focus back */
  async start(opener) {
    if (this.#outline.busy) return;
    const again = !this.#root.hidden;
    this.#opener = opener;
    this.#hide();
    const ring = await this.#outline.draw();
    if (ring === null) {
      opener.focus();
      return;
    }
    this.#ring = ring;
    this.#key = newKey();
    if (!again) this.#form.reset();
    this.#fault({});
    this.#root.hidden = false;
    this.#drawn.addTo(this.#map);
    this.#showArea();
    this.#form.elements.reason.focus();
    await this.#preview();
  }

  #close() {
    this.#hide();
    this.#opener?.focus();
  }

  #hide() {
    this.#asked += 1;
    this.#root.hidden = true;
    this.#drawn.clearLayers().remove();
  }

  /** Beside the form, not under it. */
  #showArea() {
    const form = this.#root.getBoundingClientRect();
    const map = this.#map.getContainer().getBoundingClientRect();
    const below = form.width > map.width / 2;
    this.#map.fitBounds(L.latLngBounds(this.#ring.map(([lon, lat]) => [lat, lon])), {
      paddingTopLeft: [PADDING_PX, PADDING_PX + TOOL_PX],
      paddingBottomRight: below
        ? [PADDING_PX, PADDING_PX + Math.max(0, map.bottom - form.top)]
        : [PADDING_PX + map.right - form.left, PADDING_PX],
      maxZoom: Math.max(this.#map.getZoom(), 15),
    });
  }

  #asks() {
    const { kind, factor, reason, from, until } = this.#form.elements;
    const slower = kind.value === "factor";
    const body = {
      area: { type: "Polygon", coordinates: [this.#ring] },
      reason: reason.value.trim(),
      ...(slower && { factor: Number(factor.value) }),
      ...(from.value && { from: this.#clock.fromLocal(from.value) }),
      ...(until.value && { until: this.#clock.fromLocal(until.value) }),
    };
    return { path: slower ? "/v1/roads/speed-factors" : "/v1/roads/closures", body, slower };
  }

  async #preview() {
    this.#asked += 1;
    const mine = this.#asked;
    const { path, body, slower } = this.#asks();
    this.#form.querySelector("#road-factors").closest("fieldset").hidden = !slower;
    const button = this.#form.querySelector("[type=submit]");
    button.textContent = slower ? "Slow down" : "Close streets";
    button.disabled = true;
    this.#meets("Looking which streets it meets…");
    const { from: _from, until: _until, ...asked } = body;
    try {
      const found = await post(`${path}?dry_run=true`, { ...asked, reason: PREVIEW_REASON });
      if (mine !== this.#asked) return;
      this.#draw(found, slower);
      this.#meets(`Meets ${meets(found)}`);
      button.disabled = false;
    } catch (error) {
      if (!(error instanceof Problem || error instanceof Offline)) throw error;
      if (mine !== this.#asked) return;
      this.#draw(null, slower);
      this.#meets("");
      this.#fault({ "": error.message });
      // While nobody answers, it can be tried all the same.
      button.disabled = error instanceof Problem && error.status < 500;
    }
  }

  #meets(text) {
    this.#root.querySelector("#road-meets").textContent = text;
    if (text) this.#fault({});
  }

  #draw(found, slower) {
    const color = slower ? "#8f5200" : "#b3261e";
    this.#drawn.clearLayers();
    L.polygon(this.#ring.map(([lon, lat]) => [lat, lon]),
      { color, weight: 2, dashArray: "6 5", fillOpacity: 0.06, interactive: false }).addTo(this.#drawn);
    if (!found) return;
    L.geoJSON(found.geometry, {
      interactive: false, style: { color, weight: 6, opacity: 0.75, className: "road-preview" },
    }).addTo(this.#drawn);
  }

  async #submit() {
    const { path, body, slower } = this.#asks();
    if (!body.reason) {
      this.#fault({ reason: "Say why: whoever meets it reads this." });
      return;
    }
    const button = this.#form.querySelector("[type=submit]");
    button.disabled = true;
    try {
      const change = await post(path, body, { key: this.#key });
      this.#say(`${slower ? "Slower" : "Closed"}: ${meets(change)}`);
      this.#hide();
      await this.#made(change);
    } catch (error) {
      if (!(error instanceof Problem || error instanceof Offline)) throw error;
      // Another body may not come under the same key; a lost answer must come under the same.
      if (error instanceof Problem) this.#key = newKey();
      this.#fault(faultsOf(error));
    } finally {
      button.disabled = false;
    }
  }

  #fault(faults) {
    for (const place of this.#form.querySelectorAll("[data-fault]")) {
      const message = faults[place.dataset.fault] ?? "";
      place.textContent = message;
      place.hidden = !message;
      this.#form.querySelector(`[aria-describedby~="${place.id}"]`)
        ?.setAttribute("aria-invalid", Boolean(message));
    }
    this.#form.querySelector('[aria-invalid="true"]')?.focus();
  }
}

function faultsOf(error) {
  const faults = {};
  for (const { where, message } of error.faults ?? []) {
    faults[FIELD_OF[where] ?? ""] = where in FIELD_OF ? message : `${where}: ${message}`;
  }
  if (!Object.keys(faults).length) faults[""] = error.message;
  return faults;
}
