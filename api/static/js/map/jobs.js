// Jobs on the map: pins by priority with the time left, fences, and the way of whoever drives.

import { get, id, Problem } from "../lib/api.js";
import { etaText, span } from "../lib/clock.js";
import { el, fill, icon } from "../lib/dom.js";
import { PRIORITY, statusWord, WAITING } from "../lib/words.js";

const ROUTE_AGAIN_MS = 8000;
const NAMES_FROM_ZOOM = 13;

export class Jobs {
  #map;
  #clock;
  #store;
  #fleet;
  #pick;
  #pins = new Map();
  #fences = new Map();
  #routes = new Map();
  #asked = new Map();
  selected = null;

  constructor({ map, clock, store, fleet, pick }) {
    this.#map = map;
    this.#clock = clock;
    this.#store = store;
    this.#fleet = fleet;
    this.#pick = pick;
    const zoomed = () =>
      map.getContainer().classList.toggle("zoomed-out", map.getZoom() < NAMES_FROM_ZOOM);
    map.on("zoomend", zoomed);
    zoomed();
    setInterval(() => this.refresh(), 1000);
  }

  /** Draws what the store holds now. */
  refresh() {
    const open = new Map(this.#store.openOrders().map((order) => [order.id, order]));
    drop(this.#pins, open);
    drop(this.#fences, open);
    drop(this.#routes, new Map([...open].filter(([, order]) => this.#isDriving(order))));
    for (const order of open.values()) {
      const site = this.#store.siteOf(order);
      if (!site) continue;
      this.#pin(order, site);
      this.#fence(order, site);
      if (this.#isDriving(order)) this.#route(order);
    }
  }

  /** Where pins in view and their times are: [west, north, east, south] in pixels of the map. */
  boxes() {
    const origin = this.#map.getContainer().getBoundingClientRect();
    const view = this.#map.getBounds();
    return [...this.#pins.values()]
      .filter((pin) => view.contains(pin.getLatLng()))
      .flatMap((pin) => [pin.parts.mark, pin.parts.tag])
      .map((part) => part.getBoundingClientRect())
      .filter((box) => box.width > 0)
      .map(({ left, top, right, bottom }) =>
        [left - origin.left, top - origin.top, right - origin.left, bottom - origin.top]);
  }

  /** En route to this very job, and not busy at another one. */
  #isDriving(order) {
    return order.status === "en_route" && this.#store.doing(order.technician_id) === "en_route";
  }

  #pin(order, site) {
    let pin = this.#pins.get(order.id);
    if (!pin) {
      const parts = { mark: el("span.mark"), tag: el("span.tag") };
      pin = L.marker([site.location.lat, site.location.lon], {
        icon: L.divIcon({
          className: "job",
          html: el("div", {}, el("span.head"), parts.mark, parts.tag),
          iconSize: [26, 26],
          iconAnchor: [13, 31],
        }),
        keyboard: true,
        riseOnHover: true,
      }).addTo(this.#map);
      pin.parts = parts;
      pin.on("click", () => this.#pick(order.id));
      this.#pins.set(order.id, pin);
    }
    pin.setLatLng([site.location.lat, site.location.lon]);
    const node = pin.getElement();
    const risk = this.#store.risk(order);
    const left = timeLeft(order, this.#store, this.#clock);
    const eta = this.#store.etaOf(order);
    const tag = eta ? `ETA ${etaText(eta, order, this.#clock)}` : left;
    const face = [order.number, order.status, order.priority, tag, risk].join("|");
    node.dataset.selected = order.id === this.selected;
    if (face === pin.face) return;
    pin.face = face;
    node.dataset.order = order.id;
    node.dataset.priority = order.priority;
    node.dataset.status = order.status;
    node.dataset.open = order.status === "new";
    // The number is drawn by the style, so that the name read out is the label alone.
    const help = order.status === "needs_help";
    fill(pin.parts.mark, help && icon("needs_help"));
    pin.parts.mark.dataset.mark = help ? "" : order.priority;
    fill(pin.parts.tag, tag);
    pin.parts.tag.className = `tag ${risk}`;
    pin.parts.tag.hidden = !tag;
    node.setAttribute(
      "aria-label",
      `${order.number}, ${PRIORITY[order.priority]}, ${statusWord(order.status)}, ${site.name}` +
        (tag ? `, ${tag}` : ""),
    );
  }

  #fence(order, site) {
    const face = JSON.stringify([site.fence, site.fence_radius_m, site.location, order.status]);
    const known = this.#fences.get(order.id);
    if (known?.face === face) return;
    known?.remove();
    const inside = ["on_site", "on_the_tools", "needs_help"].includes(order.status);
    const style = {
      color: inside ? "#0b7285" : "#5f6c7a",
      weight: inside ? 2 : 1.5,
      dashArray: inside ? null : "5 4",
      fillOpacity: inside ? 0.12 : 0.05,
      interactive: false,
      className: "fence",
    };
    const fence = site.fence
      ? L.geoJSON(site.fence, { style, interactive: false })
      : L.circle([site.location.lat, site.location.lon], { ...style, radius: site.fence_radius_m });
    fence.face = face;
    this.#fences.set(order.id, fence.addTo(this.#map));
  }

  /** After the roads have changed: all ways are looked up again. */
  askRoutesAgain() {
    this.#asked.clear();
    this.refresh();
  }

  #route(order) {
    const now = performance.now();
    if (now - (this.#asked.get(order.id) ?? -ROUTE_AGAIN_MS) >= ROUTE_AGAIN_MS) {
      this.#asked.set(order.id, now);
      this.#askRoute(order.id);
    }
    const route = this.#routes.get(order.id);
    const at = this.#fleet.latLngOf(order.technician_id);
    if (!route || !at) return;
    route.setLatLngs(ahead(route.whole, at));
  }

  async #askRoute(orderId) {
    const mine = this.#asked.get(orderId);
    let answer;
    try {
      answer = await get(`/v1/work-orders/${id(orderId)}/route`);
    } catch (error) {
      if (!(error instanceof Problem)) this.#asked.delete(orderId);
      return; // no way there is shown in the panel
    }
    // The roads may have changed meanwhile, and it was asked again.
    if (this.#asked.get(orderId) !== mine) return;
    if (this.#store.orders.get(orderId)?.status !== "en_route") return;
    if (!answer?.geometry) {
      this.#routes.get(orderId)?.remove();
      this.#routes.delete(orderId);
      return;
    }
    const whole = L.GeoJSON.coordsToLatLngs(answer.geometry.coordinates);
    let route = this.#routes.get(orderId);
    if (!route) {
      route = L.polyline(whole, {
        color: "#0a62bd",
        weight: 5,
        opacity: 0.75,
        interactive: false,
        className: "route",
      }).addTo(this.#map);
      this.#routes.set(orderId, route);
    }
    route.whole = whole;
  }
}

/** "18 min", "late 5 min", or "" when nobody waits. */
export function timeLeft(order, store, clock) {
  const deadline = store.deadline(order);
  if (deadline === null || !WAITING.has(order.status)) return "";
  const left = deadline - clock.now();
  return left < 0 ? `late ${span(left)}` : span(left);
}

/** The part of the way that lies ahead of where the technician is. */
function ahead(way, at) {
  let nearest = 0;
  let least = Infinity;
  way.forEach((point, i) => {
    const squared = (point.lat - at.lat) ** 2 * 2.1 + (point.lng - at.lng) ** 2;
    if (squared < least) {
      least = squared;
      nearest = i;
    }
  });
  return [at, ...way.slice(nearest + 1)];
}

function drop(drawn, wanted) {
  for (const [key, layer] of drawn) {
    if (wanted.has(key)) continue;
    layer.remove();
    drawn.delete(key);
  }
}
