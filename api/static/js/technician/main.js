// The technician's day: what is next, how to get there, and one button for the next step.

import { get, Offline, Problem } from "../lib/api.js";
import { Clock } from "../lib/clock.js";
import { el, fill } from "../lib/dom.js";
import { ALARM_EVENTS, listen, ORDER_EVENTS, PRIVACY_EVENTS } from "../lib/stream.js";
import { ENDED } from "../lib/words.js";
import { Alarm } from "./alarm.js";
import { Privacy } from "./privacy.js";
import { drawRest } from "./rest.js";
import { Sharing } from "./sharing.js";
import { visitCard } from "./visit.js";

const AGAIN_MS = 400;
// What fixes make likely comes without an event.
const LOOK_MS = 15_000;
const TOAST_MS = 5000;

const $ = (selector) => document.querySelector(selector);
const clock = new Clock(document.body.dataset.timeZone);
const privacy = new Privacy({ root: $("#privacy"), clock, say });
let sharing = null;
// At hand before anything is loaded.
const alarm = new Alarm({
  button: $("#sos"),
  state: $("#alarm"),
  ask: $("#ask-sos"),
  device: () => sharing?.device() ?? {},
  clock,
  changed: soon,
});
let shown = "";
let timer = 0;
let toastTimer = 0;

function say(text) {
  const toast = $("#toast");
  toast.textContent = text;
  toast.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => (toast.hidden = true), TOAST_MS);
}

function setConnection(state) {
  const words = { live: "Live", connecting: "Reconnecting…", offline: "Offline" };
  $("#connection").dataset.state = state;
  $("#connection").textContent = words[state];
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(load, AGAIN_MS);
}

async function load() {
  let day;
  try {
    day = await get("/v1/my/day");
    await privacy.refresh();
  } catch (error) {
    if (error instanceof Offline) setConnection("offline");
    else if (error instanceof Problem) say(error.message);
    else throw error;
    return;
  }
  $("#call-sign").textContent = day.call_sign;
  alarm.draw(day.alarm_since);
  drawRest(day, { clock, say, changed: load });
  draw(day.items);
}

function draw(items) {
  const face = JSON.stringify(items);
  // What someone is typing stays: the next event draws it again.
  if (face === shown || $("#day form :focus")) return;
  shown = face;
  const open = items
    .filter((visit) => !ENDED.has(visit.status))
    .sort((a, b) => a.sequence - b.sequence);
  const ended = items.filter((visit) => ENDED.has(visit.status));
  const current = open.find((visit) => visit.status !== "assigned") ?? open[0];
  const rest = open.filter((visit) => visit !== current);
  const card = (visit, now = false) => visitCard(visit, { now, clock, say, changed: load });
  fill($("#day"),
    current ? card(current, true) : el("p.notice", {}, "Nothing is planned for you now."),
    rest.map((visit) => card(visit)),
    ended.map((visit) => card(visit)));
  $("#day").setAttribute("aria-busy", "false");
}

async function start() {
  const session = await get("/v1/session");
  clock.set(session.clock);
  $("#today").textContent = clock.day(clock.now());
  sharing = new Sharing({
    control: $("#share"),
    state: $("#share-state"),
    technicianId: session.technician_id,
    clock,
  });
  await load();
  setInterval(() => document.visibilityState === "visible" && soon(), LOOK_MS);
  listen((seen) => `/v1/stream${seen && `?last_event_id=${seen}`}`, {
    state: setConnection,
    snapshot: soon,
    positions: () => {},
    event: (event) => {
      if (event.type === "message.queued") say(event.body.text);
      if (event.type === "technician.sos_answered") alarm.answered(event.body);
      soon();
    },
    reset: soon,
  }, [...ORDER_EVENTS, ...PRIVACY_EVENTS, ...ALARM_EVENTS]);
}

start().catch((error) => {
  if (!(error instanceof Problem || error instanceof Offline)) throw error;
  if (error instanceof Offline) setConnection("offline");
  say(error.message);
});
