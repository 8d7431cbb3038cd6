// Technicians on the map: gliding from fix to fix, coloured and marked by status, fading with age.

import { el, fill, icon } from "../lib/dom.js";
import { SILENT_MS, span, STALE_MS } from "../lib/clock.js";
import { statusWord } from "../lib/words.js";
import { placeNames } from "./labels.js";

const FAINTEST = 0.35;
const GLIDE_MS = { least: 250, most: 3000 };
const MOVING_MPS = 1;
const ZOOMED_OUT_SCALE = 0.82; // as map.css has it
const REDUCED = matchMedia("(prefers-reduced-motion: reduce)");

export class Fleet {
  #map;
  #layer;
  #clock;
  #store;
  #pick;
  #markers = new Map();
  #frame = 0;
  #zooming = false;
  selected = null;
  /** Boxes that names should not cover, in pixels of the map. */
  obstacles = () => [];

  constructor({ map, fleet, clock, store, pick }) {
    this.#map = map;
    this.#layer = fleet;
    this.#clock = clock;
    this.#store = store;
    this.#pick = pick;
    window.geoDispatch.makeMarker = (feature, at) => this.#make(feature, at);
    window.geoDispatch.moveMarker = (feature, marker) => this.#move(feature, marker);
    map.on("zoomstart", () => (this.#zooming = true));
    map.on("zoomend", () => (this.#zooming = false));
    map.on("moveend", () => this.#placeNames());
    setInterval(() => this.refresh(), 1000);
  }

  /** @param {Object[]} positions as the stream sends them */
  update(positions) {
    const features = positions.map((position) => ({
      type: "Feature",
      properties: { id: position.technician_id, position },
      geometry: { type: "Point", coordinates: [position.lon, position.lat] },
    }));
    this.#layer.update({ type: "FeatureCollection", features });
    this.refresh();
  }

  /** These and nobody else. */
  show(positions) {
    const shown = new Set(positions.map((position) => position.technician_id));
    for (const [technicianId, marker] of this.#markers) {
      if (shown.has(technicianId)) continue;
      this.#layer.remove({ features: [marker.feature] });
      this.#markers.delete(technicianId);
    }
    this.update(positions);
  }

  /** Status, age and selection as they are now. */
  refresh() {
    for (const [technicianId, marker] of this.#markers) {
      const hidden = this.#store.privateTime(technicianId) !== null;
      if (hidden || this.#store.technicians.get(technicianId)?.retired) {
        this.#layer.remove({ features: [marker.feature] });
        this.#markers.delete(technicianId);
      } else {
        this.#dress(marker);
      }
    }
    if (!this.#zooming) this.#placeNames();
  }

  latLngOf(technicianId) {
    return this.#markers.get(technicianId)?.getLatLng() ?? null;
  }

  #placeNames() {
    const rank = (marker) =>
      Number(marker.position.technician_id === this.selected) * 2 +
      Number(marker.getElement()?.dataset.status === "needs_help");
    const zoomedOut = this.#map.getContainer().classList.contains("zoomed-out");
    const markers = [...this.#markers.values()].sort((a, b) => rank(b) - rank(a));
    placeNames(this.#map, markers, this.obstacles(), zoomedOut ? ZOOMED_OUT_SCALE : 1);
  }

  #make(feature, at) {
    const { position } = feature.properties;
    const parts = {
      disc: el("span.disc"),
      course: el("span.course"),
      tag: el("span.tag"),
    };
    const marker = L.marker(at, {
      icon: L.divIcon({
        className: "tech",
        html: el("div", {}, parts.course, parts.disc, parts.tag),
        iconSize: [30, 30],
        iconAnchor: [15, 15],
      }),
      keyboard: true,
      riseOnHover: true,
      zIndexOffset: 500,
    });
    Object.assign(marker, { position, parts, heard: performance.now(), glide: null });
    marker.on("click", () => this.#pick(position.technician_id));
    marker.on("add", () => this.#dress(marker));
    this.#markers.set(position.technician_id, marker);
    return marker;
  }

  #move(feature, marker) {
    if (!marker) return null;
    const { position } = feature.properties;
    const now = performance.now();
    const since = now - marker.heard;
    marker.position = position;
    marker.heard = now;
    const to = L.latLng(position.lat, position.lon);
    if (REDUCED.matches) {
      marker.setLatLng(to);
      return marker;
    }
    const duration = Math.min(Math.max(since, GLIDE_MS.least), GLIDE_MS.most);
    marker.glide = { from: marker.getLatLng(), to, start: now, duration };
    if (!this.#frame) this.#frame = requestAnimationFrame((t) => this.#step(t));
    return marker;
  }

  #step(now) {
    this.#frame = 0;
    let moving = false;
    for (const marker of this.#markers.values()) {
      const { glide } = marker;
      if (!glide) continue;
      moving = true;
      if (this.#zooming) continue;
      const part = Math.min(1, Math.max(0, (now - glide.start) / glide.duration));
      marker.setLatLng([
        glide.from.lat + (glide.to.lat - glide.from.lat) * part,
        glide.from.lng + (glide.to.lng - glide.from.lng) * part,
      ]);
      if (part === 1) marker.glide = null;
    }
    if (moving) this.#frame = requestAnimationFrame((t) => this.#step(t));
  }

  #dress(marker) {
    const node = marker.getElement();
    if (!node) return;
    const { position, parts } = marker;
    const technicianId = position.technician_id;
    const status = position.sos_at ? "needs_help" : this.#store.doing(technicianId);
    const age = this.#clock.age(position.at);
    const stale = age > STALE_MS;
    const name = position.call_sign ?? this.#store.callSign(technicianId);
    const old = stale ? `${span(age)} old` : "";

    node.dataset.technician = technicianId;
    node.dataset.status = status;
    node.dataset.stale = stale;
    node.dataset.selected = technicianId === this.selected;
    const faded = Math.min(1, Math.max(0, (age - STALE_MS) / (SILENT_MS - STALE_MS)));
    marker.setOpacity(stale ? 0.8 - (0.8 - FAINTEST) * faded : 1);

    const course = position.heading_deg;
    const driving = course !== null && course !== undefined && position.speed_mps > MOVING_MPS;
    parts.course.hidden = !driving || stale;
    if (driving) parts.course.style.transform = `rotate(${course}deg)`;
    const face = `${status} ${stale} ${name} ${old}`;
    if (face === marker.face) return;
    marker.face = face;
    fill(parts.disc, icon(stale ? "stale" : status));
    fill(parts.tag, name, old && el("small", {}, ` ${old}`));
    node.setAttribute("aria-label", `${name}, ${statusWord(status)}${old && `, position ${old}`}`);
  }
}
