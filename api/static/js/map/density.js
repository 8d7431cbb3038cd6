// How many technicians are where: cells coloured by count, in place of markers that would be too
// many, or under them when asked for.

import { get } from "../lib/api.js";
import { el } from "../lib/dom.js";

const EVERY_MS = 10_000;
const LEAST_PX = 34;
/** H3 resolution at which cells are a thumb wide, by whole zoom. */
const RESOLUTIONS = { 6: 3, 7: 3, 8: 4, 9: 5, 10: 5, 11: 6, 12: 6, 13: 7, 14: 8 };
const COARSEST = 2;
const FINEST = 9;
const SHADES = ["#cfe3f5", "#93c0e8", "#4d94d3", "#1b67ae", "#0a3f78"];

export class Density {
  #map;
  #group;
  #names;
  #counted = false;
  #wanted = false;
  #timer = 0;

  constructor(map) {
    this.#map = map;
    // Under the markers and over the territories; the counts over the cells.
    for (const [name, zIndex] of [["density", 380], ["density-names", 440]]) {
      if (!map.getPane(name)) map.createPane(name).style.zIndex = zIndex;
    }
    this.#group = L.layerGroup().addTo(map);
    this.#names = L.layerGroup().addTo(map);
    map.on("moveend", () => this.#soon(300));
    map.on("zoomend", () => this.#placeNames());
  }

  /** Cells instead of markers, as the stream sends them; null: the markers are there. */
  count(cells) {
    this.#counted = cells !== null;
    if (cells) this.#draw(cells);
    else if (this.#wanted) this.#soon(0);
    else this.#draw([]);
  }

  /** Whether to show them under the markers. */
  want(wanted) {
    this.#wanted = wanted;
    if (this.#counted) return;
    if (wanted) this.#soon(0);
    else this.#draw([]);
  }

  #soon(wait) {
    clearTimeout(this.#timer);
    if (this.#wanted && !this.#counted) this.#timer = setTimeout(() => this.#load(), wait);
  }

  async #load() {
    const zoom = Math.round(this.#map.getZoom());
    const res = zoom < 6 ? COARSEST : (RESOLUTIONS[zoom] ?? FINEST);
    const box = boxOf(this.#map);
    try {
      const { features } = await get(`/v1/density?format=geojson&res=${res}&bbox=${box}`);
      if (!this.#wanted || this.#counted) return;
      this.#draw(features.map(({ geometry, properties }) =>
        ({ ...properties, outline: geometry.coordinates[0] })));
    } finally {
      this.#soon(EVERY_MS);
    }
  }

  #draw(cells) {
    this.#group.clearLayers();
    this.#names.clearLayers();
    const most = Math.max(1, ...cells.map((cell) => cell.count));
    for (const { cell, count, live, outline } of cells) {
      const shade = Math.ceil((Math.log1p(count) / Math.log1p(most)) * SHADES.length) - 1;
      const corners = outline.map(([lon, lat]) => [lat, lon]);
      const shape = L.polygon(corners, {
        pane: "density",
        color: "#0a3f78",
        weight: 1,
        opacity: 0.6,
        fillColor: SHADES[Math.max(0, shade)],
        fillOpacity: live ? 0.62 : 0.2,
        dashArray: live ? null : "4 4",
        className: "density-cell",
      });
      shape.on("click", () => this.#map.fitBounds(shape.getBounds().pad(0.5)));
      shape.addTo(this.#group);
      shape.getElement()?.setAttribute("data-cell", cell);
      const said = live === count ? `${count}` : `${count}, ${count - live} not live`;
      shape.getElement()?.setAttribute("aria-label", `${said} technicians`);
      L.tooltip({ pane: "density-names", permanent: true, direction: "center", className: "density-count" })
        .setLatLng(shape.getBounds().getCenter())
        .setContent(el("span", { title: said }, count))
        .addTo(this.#names);
    }
    this.#placeNames();
  }

  /** Numbers only where a cell has room for one. */
  #placeNames() {
    const shapes = this.#group.getLayers();
    const wide = shapes.length === 0 || shapes.some((shape) => {
      const bounds = shape.getBounds();
      const east = this.#map.latLngToLayerPoint(bounds.getNorthEast()).x;
      return east - this.#map.latLngToLayerPoint(bounds.getSouthWest()).x >= LEAST_PX;
    });
    this.#map.getPane("density-names").hidden = !wide;
  }
}

/** What the map shows and a little around it, as `bbox` parameters have it. */
export function boxOf(map) {
  const box = map.getBounds().pad(0.1);
  const lat = (value) => Math.min(90, Math.max(-90, value)).toFixed(5);
  const lon = (value) => Math.min(180, Math.max(-180, value)).toFixed(5);
  return [lon(box.getWest()), lat(box.getSouth()), lon(box.getEast()), lat(box.getNorth())].join(",");
}
