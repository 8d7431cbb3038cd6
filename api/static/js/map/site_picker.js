// Where a job is: a site that is known, an address of the map's extract, or a point on the map.

import { get, Problem } from "../lib/api.js";
import { el, fill, icon } from "../lib/dom.js";

const WAIT_MS = 200;
const LEAST = 2;
const MOST = 8;

export class SitePicker {
  /** A site record, or `{name, address, location}` of one to be made; null before the choice. */
  chosen = null;
  #root;
  #input;
  #options;
  #picked;
  #box;
  #store;
  #map;
  #banner;
  #leave;
  #back;
  #found = [];
  #active = -1;
  #timer = 0;
  #asked = 0;

  constructor({ root, store, map, banner, leave, back }) {
    this.#root = root;
    this.#store = store;
    this.#map = map;
    this.#banner = banner;
    this.#leave = leave;
    this.#back = back;
    this.#input = root.querySelector("input");
    this.#options = root.querySelector(".options");
    this.#picked = root.querySelector(".picked");
    this.#box = root.querySelector(".where");
    this.#input.addEventListener("input", () => this.#typed());
    this.#input.addEventListener("keydown", (event) => this.#key(event));
    root.querySelector("#pick-on-map").addEventListener("click", () => this.#pickOnMap());
  }

  clear() {
    this.chosen = null;
    this.#draw();
    this.#offer([]);
  }

  #typed() {
    clearTimeout(this.#timer);
    const words = this.#input.value.trim();
    if (words.length < LEAST) {
      this.#offer([]);
      return;
    }
    this.#timer = setTimeout(() => this.#search(words), WAIT_MS);
  }

  async #search(words) {
    this.#asked += 1;
    const mine = this.#asked;
    const lower = words.toLowerCase();
    const sites = [...this.#store.sites.values()]
      .filter((site) => !site.retired && `${site.name} ${site.address}`.toLowerCase().includes(lower))
      .slice(0, MOST)
      .map((site) => ({ label: site.name, small: `site · ${site.address}`, choose: site }));
    this.#offer(sites);
    const { lng, lat } = this.#map.getCenter();
    const near = `${lng.toFixed(5)},${lat.toFixed(5)}`;
    try {
      const answer = await get(
        `/v1/places?q=${encodeURIComponent(words)}&near=${near}&limit=${MOST}`);
      if (mine !== this.#asked) return;
      const places = answer.items.map((place) => ({
        label: place.label,
        small: place.kind,
        choose: { name: place.label.split(",")[0], address: place.label, location: place.location },
      }));
      this.#offer([...sites, ...places]);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.#offer(sites, error.message);
    }
  }

  #offer(found, trouble = "") {
    this.#found = found;
    this.#active = -1;
    const typed = this.#input.value.trim().length >= LEAST;
    this.#options.hidden = found.length === 0 && !trouble;
    this.#input.setAttribute("aria-expanded", found.length > 0);
    this.#input.removeAttribute("aria-activedescendant");
    fill(this.#options,
      found.map(({ label, small }, i) => el("li", {
        role: "option", id: `option-${i}`, "aria-selected": "false",
        onmousedown: (event) => event.preventDefault(),
        onclick: () => this.#choose(i),
      }, label, " ", el("small", {}, small))),
      trouble && typed && el("li.hint", {}, trouble));
  }

  #key(event) {
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps && this.#found.length) {
      event.preventDefault();
      this.#active = (this.#active + steps[event.key] + this.#found.length) % this.#found.length;
      [...this.#options.children].forEach((option, i) =>
        option.setAttribute("aria-selected", i === this.#active));
      const option = this.#options.children[this.#active];
      this.#input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter" && this.#found.length) {
      event.preventDefault();
      this.#choose(Math.max(0, this.#active));
    } else if (event.key === "Escape" && this.#found.length) {
      event.preventDefault();
      this.#offer([]);
    }
  }

  #choose(i) {
    this.#set(this.#found[i].choose);
    const { lat, lon } = this.chosen.location;
    this.#map.setView([lat, lon], Math.max(this.#map.getZoom(), 15));
  }

  #set(choice) {
    this.chosen = choice;
    this.#input.value = "";
    this.#offer([]);
    this.#draw();
    this.#picked.querySelector("button").focus();
  }

  #draw() {
    const { chosen } = this;
    this.#box.hidden = chosen !== null;
    this.#picked.hidden = chosen === null;
    this.#root.closest("form").elements.access.closest(".field").hidden =
      chosen === null || Boolean(chosen.id);
    if (!chosen) {
      this.#input.value = "";
      return;
    }
    const fault = this.#root.querySelector("[data-fault]");
    fault.hidden = true;
    fill(this.#picked,
      el("span", {}, el("b", {}, chosen.name),
        el("small", {}, chosen.id ? chosen.address : `new site · ${chosen.address}`)),
      el("button.icon-button", { type: "button", "aria-label": "Choose another place",
        onclick: () => {
          this.clear();
          this.#input.focus();
        } }, icon("close")));
  }

  #pickOnMap() {
    this.#leave();
    const area = this.#map.getContainer();
    area.classList.add("picking");
    const end = () => {
      area.classList.remove("picking");
      this.#banner.hidden = true;
      this.#map.off("click", click);
      document.removeEventListener("keydown", key);
      this.#back();
    };
    const click = ({ latlng }) => {
      end();
      const lon = Number(latlng.wrap().lng.toFixed(6));
      const lat = Number(latlng.lat.toFixed(6));
      this.#set({
        name: `Point ${lat.toFixed(5)}, ${lon.toFixed(5)}`,
        address: `${lat.toFixed(5)} N, ${lon.toFixed(5)} E`,
        location: { lon, lat },
      });
    };
    const key = (event) => {
      if (event.key === "Escape") end();
    };
    fill(this.#banner, "Click the place on the map",
      el("button.button", { type: "button", onclick: end }, "Back"));
    this.#banner.hidden = false;
    this.#map.on("click", click);
    document.addEventListener("keydown", key);
    area.focus();
  }
}
