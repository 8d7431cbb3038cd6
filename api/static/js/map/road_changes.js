// What is different on the road: streets closed, driving slower, other speeds. Each kind has its own
// line and its own sign, so that they are told apart without colour.

import { get, id, Offline, Problem, remove } from "../lib/api.js";
import { el, fill } from "../lib/dom.js";

const SOON_MS = 100;
const PANE = "road-changes";
const MARGIN_PX = 24;
const TOOLS_PX = 64;
const CARD_PX = 400;
/** Edges and tip of a card, and the sign under it. */
const FRAME_PX = 66;

/** Lines on top of each other, the lowest first. */
const LINES = {
  closure: [
    { color: "#fff", weight: 9 },
    { color: "#b3261e", weight: 7 },
    { color: "#fff", weight: 2.5, dashArray: "7 7", lineCap: "butt" },
  ],
  factor: [
    { color: "#fff", weight: 9, opacity: 0.8 },
    { color: "#f3b35c", weight: 7 },
    { color: "#8f5200", weight: 7, dashArray: "2 6", lineCap: "butt" },
  ],
  speeds: [
    { color: "#fff", weight: 9, opacity: 0.8 },
    { color: "#3c5a80", weight: 6, dashArray: "0.1 10" },
  ],
};
const AREA = { closure: "#b3261e", factor: "#8f5200", speeds: "#3c5a80" };

export class RoadChanges {
  #map;
  #clock;
  #say;
  #aside;
  #root = L.layerGroup();
  #drawn = new Map();
  #timer = 0;
  #asked = 0;

  constructor({ map, clock, say, aside }) {
    this.#map = map;
    this.#clock = clock;
    this.#say = say;
    this.#aside = aside;
    // Over density and territories, under the markers.
    if (!map.getPane(PANE)) map.createPane(PANE).style.zIndex = 390;
    this.#root.addTo(map);
  }

  /** Draws them or takes them off the map. */
  show(wanted) {
    if (wanted) this.#root.addTo(this.#map);
    else this.#root.remove();
  }

  /** After something has changed; several changes at once cost one question. */
  soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.load(), SOON_MS);
  }

  async load() {
    this.#asked += 1;
    const mine = this.#asked;
    let found;
    try {
      found = await get("/v1/roads/changes");
    } catch (error) {
      if (!(error instanceof Problem || error instanceof Offline)) throw error;
      return;
    }
    if (mine !== this.#asked) return;
    const gone = new Set(this.#drawn.keys());
    for (const change of found.changes) {
      gone.delete(change.id);
      this.#put(change);
    }
    for (const key of gone) this.#drop(key);
  }

  /** Shows what is known of one. */
  open(changeId) {
    this.#drawn.get(changeId)?.sign.openPopup();
  }

  #put(change) {
    const face = JSON.stringify(change);
    const known = this.#drawn.get(change.id);
    if (known?.face === face) return;
    const shown = known?.sign.isPopupOpen();
    this.#drop(change.id);
    const group = L.layerGroup();
    const faint = change.in_force ? 1 : 0.45;
    if (change.area) {
      L.geoJSON(change.area, {
        pane: PANE,
        interactive: false,
        style: {
          color: AREA[change.kind], weight: 1.5, opacity: faint, dashArray: "3 4", fillOpacity: 0.06,
        },
      }).addTo(group);
    }
    for (const style of LINES[change.kind]) {
      const lines = L.geoJSON(change.geometry, {
        pane: PANE,
        style: { opacity: 1, ...style, className: `road-change ${change.kind}` },
      });
      lines.eachLayer((line) => line.setStyle({ opacity: (style.opacity ?? 1) * faint }));
      lines.on("click", () => sign.openPopup());
      lines.addTo(group);
    }
    const sign = this.#sign(change);
    sign.addTo(group);
    this.#drawn.set(change.id, { face, group, sign });
    group.addTo(this.#root);
    if (shown) sign.openPopup();
  }

  #drop(changeId) {
    const known = this.#drawn.get(changeId);
    if (!known) return;
    this.#root.removeLayer(known.group);
    this.#drawn.delete(changeId);
  }

  #sign(change) {
    const sign = L.marker(middle(change), {
      icon: L.divIcon({
        className: `road-sign ${change.kind}${change.in_force ? "" : " later"}`,
        html: el("span.face", {}, el("span", {}, mark(change))),
        iconSize: [28, 28],
        iconAnchor: [14, 14],
      }),
      keyboard: true,
      zIndexOffset: -500,
    });
    sign.on("add", () => {
      const node = sign.getElement();
      node.dataset.change = change.id;
      node.setAttribute("aria-label", `${what(change)}: ${change.reason}`);
    });
    sign.bindPopup(() => {
      Object.assign(sign.getPopup().options, this.#room());
      return this.#card(change);
    }, { className: "road-popup", minWidth: 220, maxWidth: 280 });
    sign.on("popupopen", ({ popup }) => popup.getElement().querySelector(".road-card").focus());
    sign.on("popupclose", () => {
      if (document.activeElement === document.body) sign.getElement()?.focus();
    });
    return sign;
  }

  /** Where a card has room: under the tools, beside the legend, and no higher than the map. */
  #room() {
    const { x, y } = this.#map.getSize();
    const aside = x > CARD_PX + this.#aside() ? this.#aside() : 0;
    return {
      autoPanPaddingTopLeft: [aside + MARGIN_PX, TOOLS_PX],
      autoPanPaddingBottomRight: [MARGIN_PX, MARGIN_PX],
      maxHeight: y - TOOLS_PX - MARGIN_PX - FRAME_PX,
    };
  }

  #card(change) {
    const clock = this.#clock;
    const trouble = el("p.fault", { role: "alert", hidden: true });
    const since = change.from ?? change.created_at;
    return el("div.road-card", {
      tabindex: -1, role: "dialog", "aria-label": what(change),
      onkeydown: (event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        this.#map.closePopup();
        this.#drawn.get(change.id)?.sign.getElement()?.focus();
      },
    },
    el("h3", {}, what(change)),
    el("p.reason", {}, change.reason),
    el("dl.facts", {},
      change.speeds.length > 0 && [el("dt", {}, "Speed"), el("dd", {}, kmh(change))],
      change.name && [el("dt", {}, "Name"), el("dd", {}, change.name)],
      el("dt", {}, change.in_force ? "Since" : "From"), el("dd", {}, clock.moment(since)),
      el("dt", {}, "Until"), el("dd", {}, change.until ? clock.moment(change.until) : "it is undone"),
      el("dt", {}, "By"), el("dd", { title: change.created_by }, who(change.created_by)),
      el("dt", {}, "Meets"), el("dd", {}, meets(change))),
    trouble,
    el("div.actions", {}, el("button.button", {
      type: "button",
      onclick: (event) => this.#undo(change, event.currentTarget, trouble),
    }, "Undo")));
  }

  async #undo(change, button, trouble) {
    button.disabled = true;
    try {
      await remove(`/v1/roads/changes/${id(change.id)}`);
      this.#say(`Undone: ${what(change).toLowerCase()}, ${change.reason}`);
      this.#map.getContainer().focus();
      await this.load();
    } catch (error) {
      if (!(error instanceof Problem || error instanceof Offline)) throw error;
      button.disabled = false;
      trouble.hidden = false;
      fill(trouble, error.message);
    }
  }
}

/** "12 streets, 1.4 km". */
export function meets({ streets, metres }) {
  const far = metres < 995 ? `${Math.round(metres / 10) * 10} m` : `${(metres / 1000).toFixed(1)} km`;
  return `${streets} street${streets === 1 ? "" : "s"}, ${far}`;
}

function what({ kind, factor }) {
  if (kind === "closure") return "Road closed";
  return kind === "factor" ? `Driving takes ${short(factor)} times as long` : "Other speeds";
}

function mark({ kind, factor, speeds }) {
  if (kind === "closure") return "";
  if (kind === "factor") return `×${short(factor)}`;
  const all = new Set(speeds.map((one) => one.kmh));
  return all.size === 1 ? Math.round([...all][0]) : "…";
}

/** "30 km/h", or "20 to 40 km/h" of several. */
function kmh({ speeds }) {
  const sorted = speeds.map((one) => one.kmh).sort((a, b) => a - b);
  const [least, most] = [sorted[0], sorted.at(-1)].map(short);
  return least === most ? `${least} km/h` : `${least} to ${most} km/h`;
}

/** As people read it: 12.35 for 12.345678. */
const short = (number) => Number(number.toFixed(2));

/** "dispatcher:token:tok_4f" to "a dispatcher"; parts of the program by their name. */
function who(label) {
  const [role, name] = label.split(":");
  return name ? `${/^[aeiou]/.test(role) ? "an" : "a"} ${role}` : label;
}

/** In the middle of its longest street. */
function middle(change) {
  const lines = change.geometry.coordinates.map((line) => L.GeoJSON.coordsToLatLngs(line));
  if (!lines.length) return L.geoJSON(change.area).getBounds().getCenter();
  const longest = lines.reduce((best, line) => (length(line) > length(best) ? line : best));
  let left = length(longest) / 2;
  for (let i = 1; i < longest.length; i += 1) {
    const [a, b] = [longest[i - 1], longest[i]];
    const step = a.distanceTo(b);
    if (step >= left && step > 0) {
      const share = left / step;
      return L.latLng(a.lat + (b.lat - a.lat) * share, a.lng + (b.lng - a.lng) * share);
    }
    left -= step;
  }
  return longest[0];
}

const length = (line) =>
  line.reduce((sum, at, i) => (i === 0 ? 0 : sum + line[i - 1].distanceTo(at)), 0);
