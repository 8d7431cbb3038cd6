// A short tone. Browsers let a page sound only once somebody has touched it.

const MUTED = "geo-dispatch.muted";
const NOTES_HZ = [880, 660, 880];
const NOTE_S = 0.18;
const LOUD = 0.2;

export class Chime {
  #button;
  #audio = null;
  #muted = localStorage.getItem(MUTED) === "yes";

  /** @param {HTMLButtonElement} button switches it on and off, and counts in `data-rung` */
  constructor(button) {
    this.#button = button;
    button.dataset.rung = 0;
    button.addEventListener("click", () => this.#mute(!this.#muted));
    for (const touch of ["pointerdown", "keydown"]) {
      addEventListener(touch, () => (this.#audio ??= new AudioContext()), { once: true });
    }
    this.#show();
  }

  ring() {
    if (this.#muted || this.#audio === null) return;
    const start = this.#audio.currentTime;
    const end = start + NOTES_HZ.length * NOTE_S;
    const tone = this.#audio.createOscillator();
    const volume = this.#audio.createGain();
    NOTES_HZ.forEach((hz, i) => tone.frequency.setValueAtTime(hz, start + i * NOTE_S));
    volume.gain.setValueAtTime(LOUD, start);
    volume.gain.setValueAtTime(LOUD, end - NOTE_S / 2);
    volume.gain.linearRampToValueAtTime(0, end);
    tone.connect(volume).connect(this.#audio.destination);
    tone.addEventListener("ended", () => (this.#button.dataset.rung = 1 + Number(this.#button.dataset.rung)));
    tone.start(start);
    tone.stop(end);
  }

  #mute(muted) {
    this.#muted = muted;
    localStorage.setItem(MUTED, muted ? "yes" : "no");
    this.#show();
  }

  #show() {
    this.#button.textContent = this.#muted ? "Sound is off" : "Mute";
    this.#button.setAttribute("aria-pressed", this.#muted);
  }
}
