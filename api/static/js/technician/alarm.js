// The alarm: held down it goes out at once, pressed shortly it asks first; then it says who heard.

import { newKey, Offline, post, Problem } from "../lib/api.js";
import { el, fill } from "../lib/dom.js";

const HOLD_MS = 1200;
const AGAIN_MS = 3000;

export class Alarm {
  #button;
  #state;
  #ask;
  #device;
  #clock;
  #changed;
  #holding = 0;
  #held = false;
  #unsent = null;
  #trouble = "";
  #since = null;
  #answered = null;

  /**
   * @param {{button: Element, state: Element, ask: HTMLDialogElement, device: Function,
   *   clock: Clock, changed: Function}} page `device` says how the phone is, which is told along
   */
  constructor({ button, state, ask, device, clock, changed }) {
    this.#button = button;
    this.#state = state;
    this.#ask = ask;
    this.#device = device;
    this.#clock = clock;
    this.#changed = changed;
    button.addEventListener("pointerdown", (event) => event.isPrimary && this.#hold());
    for (const end of ["pointerup", "pointercancel", "pointerleave"]) {
      button.addEventListener(end, () => this.#letGo());
    }
    button.addEventListener("contextmenu", (event) => event.preventDefault());
    button.addEventListener("click", (event) => {
      // Who held it has sent it; who let go too early, and keys, which only click, are asked.
      const byKey = event.detail === 0;
      if ((byKey || !this.#held) && !ask.open) ask.showModal();
    });
    ask.addEventListener("close", () => {
      if (ask.returnValue === "send") this.#send();
      ask.returnValue = "";
    });
  }

  /** @param {?string} since when the alarm was called that nobody has answered */
  draw(since) {
    if (since) this.#answered = null;
    this.#since = since;
    this.#show();
  }

  /** @param {{occurred_at: string, note: string}} answer */
  answered(answer) {
    this.#since = null;
    this.#answered = answer;
    this.#show();
  }

  #hold() {
    this.#held = false;
    this.#button.classList.add("held");
    this.#holding = setTimeout(() => {
      this.#letGo();
      this.#held = true;
      this.#send();
    }, HOLD_MS);
  }

  #letGo() {
    clearTimeout(this.#holding);
    this.#button.classList.remove("held");
  }

  /** Tries until the office has it or the technician stops it: always as the same alarm. */
  async #send() {
    if (this.#unsent) return;
    const call = { key: newKey() };
    const body = { ...this.#device(), sos: true };
    this.#unsent = call;
    this.#answered = null;
    this.#trouble = "";
    this.#show();
    navigator.vibrate?.(200);
    while (this.#unsent === call) {
      try {
        await post("/v1/my/device", body, { key: call.key });
        this.#unsent = null;
        this.#trouble = "";
        this.#since ??= new Date(this.#clock.now()).toISOString();
        navigator.vibrate?.([100, 100, 100]);
        this.#changed();
      } catch (error) {
        if (!(error instanceof Problem || error instanceof Offline)) throw error;
        this.#trouble = error.message;
        if (error instanceof Problem && error.status < 500 && error.status !== 429) {
          this.#unsent = null;
        } else {
          this.#show();
          await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
        }
      }
    }
    this.#show();
  }

  #stop() {
    this.#unsent = null;
    this.#trouble = "";
    this.#show();
  }

  #show() {
    const [face, title, more] = this.#words();
    const said = `${face} ${title} ${more}`;
    if (this.#state.dataset.said === said) return;
    this.#state.dataset.said = said;
    this.#state.dataset.alarm = face;
    fill(this.#state, title && el(`div.notice${face === "answered" ? "" : ".danger"}`, {},
      el("b", {}, title),
      more && el("p", {}, more),
      face === "unsent" && el("button.button.danger", {
        type: "button", onclick: () => this.#stop(),
      }, "Stop trying"),
      face === "answered" && el("button.button", {
        type: "button", onclick: () => this.answered(null),
      }, "Good")));
  }

  #words() {
    if (this.#unsent && !this.#trouble) return ["sending", "Sending your alarm…", ""];
    if (this.#unsent) {
      return ["unsent", "The office has not heard you yet",
        `Your alarm is sent again until it gets through: ${this.#trouble}. Keep this page open, `
        + "and call by phone if you can."];
    }
    if (this.#trouble) {
      return ["refused", "The office has not heard you", `${this.#trouble}. Call by phone.`];
    }
    if (this.#since) {
      return ["heard", "The office has your alarm",
        `Since ${this.#clock.moment(this.#since)}. It stays in front of them until somebody `
        + "answers."];
    }
    if (this.#answered) {
      const { occurred_at: at, note } = this.#answered;
      return ["answered", `The office answered your alarm at ${this.#clock.time(at)}`, note];
    }
    return ["none", "", ""];
  }
}
