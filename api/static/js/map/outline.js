// An area drawn on the map corner by corner: by clicks or touches, or at the map's centre by keys.

import { el, fill } from "../lib/dom.js";

const CLOSE_PX = 14;
const SAME_PX = 5;
const LEAST = 3;
const STYLE = { color: "#16212c", weight: 2.5, interactive: false };

export class Outline {
  #map;
  #banner;
  #corners = [];
  #drawn = L.layerGroup();
  #count = el("span");
  #buttons = {};
  #end = null;

  constructor({ map, banner }) {
    this.#map = map;
    this.#banner = banner;
  }

  /** Whether somebody is drawing. */
  get busy() {
    return this.#end !== null;
  }

  /** @returns {Promise<?number[][]>} a closed ring of [lon, lat]; null when it was given up */
  draw() {
    const area = this.#map.getContainer();
    const zooms = this.#map.doubleClickZoom.enabled();
    const on = {
      click: ({ latlng }) => this.#click(latlng),
      dblclick: () => this.#done(),
      mousemove: ({ latlng }) => this.#draw(latlng),
    };
    const key = (event) => this.#key(event);
    this.#corners = [];
    this.#drawn.addTo(this.#map);
    this.#map.doubleClickZoom.disable();
    this.#map.on(on);
    document.addEventListener("keydown", key);
    area.classList.add("drawing");
    this.#tell();
    area.focus();
    return new Promise((resolve) => {
      this.#end = (ring) => {
        this.#end = null;
        this.#map.off(on);
        document.removeEventListener("keydown", key);
        area.classList.remove("drawing");
        if (zooms) this.#map.doubleClickZoom.enable();
        this.#drawn.clearLayers().remove();
        this.#banner.hidden = true;
        resolve(ring);
      };
    });
  }

  #click(latlng) {
    if (this.#corners.length >= LEAST && this.#apart(this.#corners[0], latlng) < CLOSE_PX) {
      this.#done();
    } else {
      this.#add(latlng, SAME_PX);
    }
  }

  /** The second click of two is no corner of its own, nor is a key pressed twice. */
  #add(latlng, nearest_px = 0) {
    const last = this.#corners.at(-1);
    if (!last || this.#apart(last, latlng) > nearest_px) this.#corners.push(latlng.wrap());
    this.#draw();
    this.#update();
  }

  #back() {
    this.#corners.pop();
    this.#draw();
    this.#update();
  }

  #done() {
    if (this.#corners.length < LEAST) return;
    const ring = this.#corners.map(({ lng, lat }) => [round(lng), round(lat)]);
    this.#end([...ring, ring[0]]);
  }

  #key(event) {
    const onMap = event.target === this.#map.getContainer();
    const does = {
      Escape: () => this.#end(null),
      Backspace: () => this.#back(),
      ...(onMap && { " ": () => this.#add(this.#map.getCenter()), Enter: () => this.#done() }),
    }[event.key];
    if (!does) return;
    event.preventDefault();
    does();
  }

  /** Corners, the line along them, and from the last one to where the pointer is. */
  #draw(pointer = null) {
    this.#drawn.clearLayers();
    const line = pointer ? [...this.#corners, pointer] : this.#corners;
    L.polygon(line, { ...STYLE, dashArray: "6 5", fillOpacity: 0.08 }).addTo(this.#drawn);
    this.#corners.forEach((at, i) =>
      L.circleMarker(at, {
        ...STYLE, radius: i === 0 ? 7 : 4.5, fillColor: "#fff", fillOpacity: 1, className: "corner",
      }).addTo(this.#drawn));
  }

  #tell() {
    const button = (text, name, does) =>
      el("button.button", { type: "button", "aria-label": name, onclick: does }, text);
    this.#buttons = {
      here: button("Centre", "Corner at the centre", () => this.#add(this.#map.getCenter())),
      back: button("Undo", "Undo corner", () => this.#back()),
      done: button("Done", null, () => this.#done()),
      cancel: button("Cancel", null, () => this.#end(null)),
    };
    this.#buttons.here.classList.add("centre");
    fill(this.#banner, this.#count, Object.values(this.#buttons));
    this.#banner.hidden = false;
    this.#update();
  }

  #update() {
    const n = this.#corners.length;
    this.#count.textContent = n === 0
      ? "Click the corners of the area"
      : `${n} corner${n > 1 ? "s" : ""}${n < LEAST ? `, ${LEAST - n} more at least` : ""}`;
    this.#buttons.back.disabled = n === 0;
    this.#buttons.done.disabled = n < LEAST;
  }

  #apart(one, other) {
    return this.#map.latLngToContainerPoint(one)
      .distanceTo(this.#map.latLngToContainerPoint(other));
  }
}

const round = (degrees) => Number(degrees.toFixed(6));
