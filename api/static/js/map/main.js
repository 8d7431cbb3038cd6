// The dispatcher's page: puts the parts together and lets the stream drive them.

import { get, Offline, Problem } from "../lib/api.js";
import { Chime } from "../lib/chime.js";
import { Clock, span, STALE_MS } from "../lib/clock.js";
import { el, fill, icon } from "../lib/dom.js";
import {
  listen, ORDER_EVENTS, PRIVACY_EVENTS, RECORD_EVENTS, ROAD_EVENTS, SIGNAL_EVENTS,
} from "../lib/stream.js";
import { statusWord } from "../lib/words.js";
import { Calls } from "./calls.js";
import { boxOf, Density } from "./density.js";
import { Fleet } from "./fleet.js";
import { Jobs } from "./jobs.js";
import { NewOrder } from "./new_order.js";
import { Outline } from "./outline.js";
import { Panel } from "./panel.js";
import { Playback } from "./playback.js";
import { RoadChanges } from "./road_changes.js";
import { RoadForm } from "./road_form.js";
import { Sidebar } from "./sidebar.js";
import { Store } from "./store.js";
import { drawTerritories } from "./territories.js";

const CLOSE_ZOOM = 15;
/** More technicians than this are counted by cell: markers would hide each other, and the map. */
const MOST_MARKERS = 300;
const MOVED_MS = 400;
const TOAST_MS = 4000;
const PHONE_PX = 760;
const PANEL_PX = 432;
const LEGEND_FROM_PX = 1200;
const MARGIN_PX = 24;
const LEGEND = "geo-dispatch.legend";
const TOLD = {
  "order.placed": "came in",
  "order.assigned": "is assigned",
  "order.arrived": "is on site",
  "order.completed": "is complete",
};

const $ = (selector) => document.querySelector(selector);
const { map, fleet: layer } = window.geoDispatch;
const clock = new Clock(document.body.dataset.timeZone);
const store = new Store(clock);

// ---- what is selected ----

const playback = new Playback({ root: $("#playback"), map, clock, say });
const panel = new Panel({
  root: $("#panel"), store, clock, say, close: deselect, pickOrder, play,
});
const fleet = new Fleet({ map, fleet: layer, clock, store, pick: pickTechnician });
const jobs = new Jobs({ map, clock, store, fleet, pick: pickOrder });
fleet.obstacles = () => jobs.boxes();
const sidebar = new Sidebar({ root: $("#side"), store, clock, pickOrder, pickTechnician });
const chime = new Chime($("#calls-sound"));
const calls = new Calls({ root: $("#calls"), store, clock, chime, say, pick: pickOrder, pickTechnician });
const density = new Density(map);
const roads = new RoadChanges({ map, clock, say, aside });
const outline = new Outline({ map, banner: $("#banner") });
const roadForm = new RoadForm({
  root: $("#road-form"), map, outline, clock, say,
  made: async (change) => {
    await roads.load();
    roads.open(change.id);
  },
});

function select({ order = null, technician = null }) {
  jobs.selected = order;
  fleet.selected = technician;
  calls.selected = order;
  sidebar.selected = order ?? technician;
  jobs.refresh();
  fleet.refresh();
  calls.render();
  sidebar.render();
}

function pickOrder(orderId) {
  const order = store.orders.get(orderId);
  const site = store.siteOf(order);
  const place = site && [site.location.lat, site.location.lon];
  const from = order.status === "en_route" && fleet.latLngOf(order.technician_id);
  if (from && place) {
    // Who drives, and where to: beside the panel, not under it.
    map.fitBounds([from, place], {
      paddingTopLeft: [60, 60], paddingBottomRight: [60 + covered(), 60], maxZoom: CLOSE_ZOOM,
    });
  } else if (place) {
    panTo(place);
  }
  panel.showOrder(orderId);
  select({ order: orderId });
}

function pickTechnician(technicianId) {
  const at = fleet.latLngOf(technicianId);
  if (at) panTo(at);
  panel.showTechnician(technicianId);
  select({ technician: technicianId });
}

function play(technician) {
  deselect();
  playback.open(technician);
}

function deselect() {
  panel.hide();
  select({});
}

/** Pixels on the right of the map that the panel covers. */
const covered = () => (innerWidth > PHONE_PX ? PANEL_PX : 0);

function panTo(at) {
  const zoom = Math.max(map.getZoom(), CLOSE_ZOOM);
  const centre = map.project(at, zoom).add([covered() / 2, 0]);
  map.setView(map.unproject(centre, zoom), zoom);
}

/** Pixels on the left of the map that the open legend covers. */
function aside() {
  const legend = $("#legend");
  return legend.open ? legend.offsetLeft + legend.offsetWidth : 0;
}

/** Everything there is: sites, technicians, territories; beside the legend, not under it. */
function showAll() {
  const sites = [...store.sites.values()].filter((site) => !site.retired);
  const places = [...sites.map((site) => site.location), ...store.positions.values()];
  const all = L.latLngBounds(places.map(({ lat, lon }) => [lat, lon]));
  if (territories?.getLayers().length) all.extend(territories.getBounds());
  if (!all.isValid() || all.getNorthEast().equals(all.getSouthWest())) return;
  map.invalidateSize({ animate: false });
  map.fitBounds(all, {
    paddingTopLeft: [aside() + MARGIN_PX, MARGIN_PX],
    paddingBottomRight: [MARGIN_PX, MARGIN_PX],
    maxZoom: 14,
    animate: false,
  });
}

// ---- telling ----

let toastTimer = 0;

function say(text) {
  $("#announcer").textContent = text;
  const toast = $("#toast");
  toast.textContent = text;
  toast.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => (toast.hidden = true), TOAST_MS);
}

function tell(event) {
  const order = store.orders.get(event.body.order_id);
  const number = order?.number ?? event.body.order?.number;
  if (number && event.type in TOLD) $("#announcer").textContent = `${number} ${TOLD[event.type]}`;
}

/** Somebody closed streets, or opened them again: what is drawn by the roads is looked up anew. */
function roadsChanged({ body }) {
  roads.soon();
  jobs.askRoutesAgain();
  const now = body.in_force ? "in force" : "no longer in force, or not yet";
  $("#announcer").textContent = `Change on the road, ${now}: ${body.reason ?? body.kind}`;
}

function drawLegend() {
  const states = ["available", "assigned", "en_route", "on_site", "on_the_tools", "needs_help", "off_shift"];
  fill($("#legend-states"),
    states.map((status) => el("div.item", { dataset: { status } },
      el("span.badge.round", {}, icon(status)), statusWord(status))),
    el("div.item", { dataset: { status: "available" } },
      el("span.badge.round.faded", {}, icon("stale")), `Position older than ${span(STALE_MS)}`),
    el("div.item", { dataset: { priority: 1 } }, el("span.badge", {}, "1"), "Job, 1 most urgent"),
    el("div.item", {}, el("span.swatch"), "Way of who is en route"),
    el("div.item", {}, el("span.ring"), "Fence that confirms arrival"),
    [["closure", "Closed street"], ["factor", "Slower street"], ["speeds", "Other speed"]]
      .map(([kind, text]) => el("div.item", {}, el(`span.road-key.${kind}`), text)));
  const legend = $("#legend");
  const kept = localStorage.getItem(LEGEND);
  legend.open = kept ? kept === "open" : innerWidth >= LEGEND_FROM_PX;
  legend.addEventListener("toggle", () =>
    localStorage.setItem(LEGEND, legend.open ? "open" : "closed"));
}

let territories = null;

/** Of a large fleet the stream shows the part that the map shows. */
function watchTheMap(listenAgain) {
  let timer = 0;
  map.on("moveend", () => {
    clearTimeout(timer);
    timer = setTimeout(listenAgain, MOVED_MS);
  });
}

async function showTerritories() {
  const drawn = $("#show-territories").checked ? await drawTerritories(map) : null;
  territories?.remove();
  territories = drawn;
}

function setConnection(state) {
  const words = { live: "Live", connecting: "Reconnecting…", offline: "Offline" };
  const node = $("#connection");
  if (node.dataset.state === state) return;
  node.dataset.state = state;
  node.textContent = words[state];
}

function showClock() {
  const drawn = clock.time(clock.now(), clock.factor <= 1);
  if ($("#clock-time").textContent !== drawn) $("#clock-time").textContent = drawn;
}

// ---- start ----

async function start() {
  drawLegend();
  const session = await get("/v1/session");
  clock.set(session.clock);
  store.mayDispatch = session.role !== "planner";
  if (clock.factor !== 1) $("#clock-speed").textContent = `${clock.factor}× speed`;
  showClock();
  setInterval(showClock, 500);
  await store.load();
  sidebar.render();
  jobs.refresh();
  store.addEventListener("change", () => {
    jobs.refresh();
    fleet.refresh();
  });

  const dialog = new NewOrder({
    dialog: $("#new-order"), store, clock, map, say, banner: $("#banner"),
    made: (order) => pickOrder(order.id),
  });
  $("#new-job").addEventListener("click", () => dialog.open());
  $("#new-job").disabled = !store.mayDispatch;

  $("#show-density").addEventListener("change", (event) => density.want(event.target.checked));
  $("#show-roads").addEventListener("change", (event) => roads.show(event.target.checked));
  $("#road-tool").addEventListener("click", (event) => {
    deselect();
    roadForm.start(event.currentTarget);
  });
  $("#show-territories").addEventListener("change", showTerritories);
  await showTerritories();
  let connected = false;
  let crowded = false;
  const listenAgain = listen((seen) => {
    const part = crowded ? `&bbox=${boxOf(map)}` : "";
    // At first from before the load above: what happened since then is told, too.
    return `/v1/stream?most=${MOST_MARKERS}${part}&last_event_id=${seen || session.seq}`;
  }, {
    state: setConnection,
    snapshot: (snapshot) => {
      store.putPositions(snapshot.positions);
      fleet.show(snapshot.positions);
      density.count(snapshot.cells);
      if (snapshot.cells && !crowded) {
        crowded = true;
        watchTheMap(listenAgain);
      }
      roads.load();
      // While the stream was away, things may have happened.
      if (!connected) showAll();
      else if (!crowded) store.load();
      connected = true;
    },
    positions: ({ positions }) => {
      store.putPositions(positions);
      fleet.update(positions);
    },
    density: ({ cells }) => density.count(cells),
    event: (event) => {
      if (event.type.startsWith("technician.sos")) calls.load();
      if (event.type === "territories.published") showTerritories();
      else if (event.type === "roads.changed") roadsChanged(event);
      else store.apply(event);
      tell(event);
    },
    reset: () => {
      store.load();
      roads.load();
      jobs.askRoutesAgain();
    },
  }, [...ORDER_EVENTS, ...PRIVACY_EVENTS, ...RECORD_EVENTS, ...ROAD_EVENTS, ...SIGNAL_EVENTS]);
}

start().catch((error) => {
  if (!(error instanceof Problem || error instanceof Offline)) throw error;
  say(error.message);
});
