// The technician's own: going private with one button, and who looked at the trail.

import { get, post, Problem } from "../lib/api.js";
import { el, fill } from "../lib/dom.js";

const LOOKED = {
  trail: "your trail",
  playback: "your day, played back",
  presence: "who was near a place",
  proof: "what proves an order's times",
  export: "the export of an order",
  "data export": "all of your data",
};

export class Privacy {
  #root;
  #clock;
  #say;
  #shown = "";
  #looks = el("ul.looks");

  constructor({ root, clock, say }) {
    this.#root = root;
    this.#clock = clock;
    this.#say = say;
    this.log = el("details", {},
      el("summary", {}, "Who looked where you were"), this.#looks);
    this.log.addEventListener("toggle", () => this.log.open && this.#loadLooks());
  }

  async refresh() {
    this.#draw(await get("/v1/my/privacy"));
  }

  #draw(state) {
    const face = JSON.stringify(state);
    if (face === this.#shown) return;
    this.#shown = face;
    const until = state.until && this.#clock.moment(state.until);
    fill(this.#root,
      el("b", {}, this.#title(state)),
      el("p.hint", { role: "status" }, this.#text(state, until)),
      el(`button.button${state.since ? ".primary" : ""}`, {
        type: "button", onclick: (event) => this.#switch(event.currentTarget, !state.since),
      }, state.since ? "End private time" : "Go private"),
      this.log);
    this.#root.hidden = false;
  }

  #title(state) {
    if (state.unlocked_until) return "Seen in an emergency";
    if (state.since) return `Private since ${this.#clock.moment(state.since)}`;
    return state.tracked ? "Seen while at work" : "Off shift";
  }

  #text(state, until) {
    if (state.unlocked_until) {
      return `The office sees where you are until ${this.#clock.moment(state.unlocked_until)}, `
        + "and had to say why: see your messages.";
    }
    if (state.since) return `Nothing is kept of where you are. It ends by itself ${until}.`;
    if (state.tracked) return "The office sees where you are, and keeps it. Off shift it doesn't.";
    return "Nothing is kept of where you are until you work again.";
  }

  async #switch(button, on) {
    button.disabled = true;
    try {
      this.#draw(await post("/v1/my/privacy", { private: on }));
    } catch (error) {
      this.#say(error.message);
    } finally {
      button.disabled = false;
    }
  }

  async #loadLooks() {
    let items;
    try {
      ({ items } = await get("/v1/my/access-log"));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.#say(error.message);
      return;
    }
    fill(this.#looks,
      items.length === 0 && el("li", {}, "Nobody did. Looking at the live map is not written down."),
      items.map((look) => el("li", {},
        el("b", {}, this.#clock.moment(look.at)), ` ${look.viewer.split(":")[0]}: `,
        LOOKED[look.what] ?? look.what, look.purpose && ` (${look.purpose})`)));
  }
}
