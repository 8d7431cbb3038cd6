// Plays back a technician's day: where they were, when, and at whose site. Looking is written down.

import { get, id, Problem } from "../lib/api.js";
import { el, fill } from "../lib/dom.js";

const STEP_DEG = 1e-5;
const MARGIN_PX = 36;
const SPEEDS = [60, 300, 1200];
const LINE = { color: "#1d4ed8", weight: 4, opacity: 0.65 };
const VISIT = { radius: 9, color: "#fff", weight: 2, fillColor: "#7c3aed", fillOpacity: 0.95 };
const HERE = { radius: 8, color: "#fff", weight: 3, fillColor: "#dc2626", fillOpacity: 1 };

/** Differences to values. */
function summed(differences) {
  let sum = 0;
  return differences.map((one) => (sum += one));
}

const places = (lon, lat) => lon.map((east, n) => [lat[n] * STEP_DEG, east * STEP_DEG]);

/** The last index whose value is at most that; -1 before the first. */
function indexAt(values, wanted) {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] <= wanted) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

export class Playback {
  #root;
  #map;
  #clock;
  #say;
  #group = null;
  #here = null;
  #pieces = [];
  #start = 0;
  #technician = null;
  #speed = SPEEDS[1];
  #frame = 0;
  #last = 0;
  #parts = {};

  constructor({ root, map, clock, say }) {
    this.#root = root;
    this.#map = map;
    this.#clock = clock;
    this.#say = say;
    root.addEventListener("keydown", (event) => event.key === "Escape" && this.close());
  }

  /** @param {{id: string, call_sign: string}} technician whose today is shown first */
  async open(technician) {
    this.#technician = technician;
    const today = this.#clock.toLocal(this.#clock.now()).slice(0, 10);
    const play = el("button.button.primary", { type: "button", onclick: () => this.#toggle() }, "Play");
    const day = el("input.input", {
      type: "date", value: today, max: today, "aria-label": "Day",
      onchange: () => day.value && this.#load(day.value),
    });
    const slider = el("input", {
      type: "range", min: 0, max: 1, value: 0, step: 1, "aria-label": "Time of the day",
      oninput: () => this.#seek(Number(slider.value)),
    });
    const speed = el("select.input", {
      "aria-label": "Speed", onchange: () => (this.#speed = Number(speed.value)),
    }, SPEEDS.map((one) => el("option", { value: one, selected: one === this.#speed }, `${one}×`)));
    const time = el("output.playback-time", {}, "–");
    this.#parts = { play, slider, time };
    fill(this.#root,
      el("b.playback-who", {}, technician.call_sign), day, play, slider, time, speed,
      el("button.button.quiet", { type: "button", onclick: () => this.close() }, "Close"));
    this.#root.hidden = false;
    await this.#load(today);
    play.focus();
  }

  close() {
    this.#stop();
    this.#group?.remove();
    this.#group = null;
    this.#root.hidden = true;
    fill(this.#root);
  }

  async #load(day) {
    this.#stop();
    this.#group?.remove();
    const { play, slider } = this.#parts;
    play.disabled = slider.disabled = true; // until there is something to play
    let body;
    try {
      body = await get(`/v1/technicians/${id(this.#technician.id)}/playback?date=${id(day)}`);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.#say(error.message);
      return;
    }
    if (this.#root.hidden) return;
    this.#start = Date.parse(body.start);
    this.#pieces = body.pieces.map(({ t, lon, lat }) => ({
      t: summed(t), places: places(summed(lon), summed(lat)),
    }));
    this.#draw(body);
  }

  #draw(body) {
    this.#group = L.layerGroup().addTo(this.#map);
    for (const piece of this.#pieces) L.polyline(piece.places, LINE).addTo(this.#group);
    for (const visit of body.visits) {
      const until = visit.to ? this.#clock.time(visit.to) : "now";
      L.circleMarker([visit.lat, visit.lon], VISIT).addTo(this.#group)
        .bindTooltip(el("span", {}, `${visit.number} ${visit.site}, `
          + `${this.#clock.time(visit.from)}–${until}`));
    }
    this.#here = L.circleMarker([0, 0], HERE);
    const all = this.#pieces.flatMap((piece) => piece.places);
    const { slider, time, play } = this.#parts;
    play.disabled = slider.disabled = all.length === 0;
    if (all.length === 0) {
      time.textContent = "no positions that day";
      return;
    }
    slider.min = this.#pieces[0].t[0];
    slider.max = this.#pieces.at(-1).t.at(-1);
    // Above the bar, not under it.
    const under = this.#root.offsetHeight + 2 * MARGIN_PX;
    this.#map.stop().fitBounds(all, {
      paddingTopLeft: [MARGIN_PX, MARGIN_PX],
      paddingBottomRight: [MARGIN_PX, under],
      maxZoom: 16,
      animate: false,
    });
    this.#seek(this.#pieces[0].t[0]);
  }

  #seek(second) {
    const { slider, time } = this.#parts;
    slider.value = second;
    const place = this.#placeAt(second);
    const clock = this.#clock.time(this.#start + second * 1000);
    time.textContent = place ? clock : `${clock}, no position`;
    slider.setAttribute("aria-valuetext", time.textContent);
    if (place) this.#here.setLatLng(place).addTo(this.#group);
    else this.#here.remove();
  }

  #placeAt(second) {
    const piece = this.#pieces[indexAt(this.#pieces.map(({ t }) => t[0]), second)];
    if (!piece || second > piece.t.at(-1)) return null;
    const n = indexAt(piece.t, second);
    const [a, b] = [piece.places[n], piece.places[Math.min(n + 1, piece.places.length - 1)]];
    const lasts = (piece.t[n + 1] ?? piece.t[n]) - piece.t[n];
    const part = lasts > 0 ? (second - piece.t[n]) / lasts : 0;
    return [a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part];
  }

  #toggle() {
    if (this.#frame) {
      this.#stop();
      return;
    }
    const { slider, play } = this.#parts;
    if (Number(slider.value) >= Number(slider.max)) this.#seek(Number(slider.min));
    play.textContent = "Pause";
    this.#last = performance.now();
    this.#frame = requestAnimationFrame((now) => this.#step(now));
  }

  #step(now) {
    const { slider } = this.#parts;
    const next = Number(slider.value) + ((now - this.#last) / 1000) * this.#speed;
    const end = Number(slider.max);
    // The slider has whole seconds: what is left of one counts towards the next frame.
    if (Math.floor(next) > Number(slider.value)) {
      this.#seek(Math.min(Math.floor(next), end));
      this.#last = now;
    }
    if (next >= end) this.#stop();
    else this.#frame = requestAnimationFrame((later) => this.#step(later));
  }

  #stop() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    if (this.#parts.play) this.#parts.play.textContent = "Play";
  }
}
