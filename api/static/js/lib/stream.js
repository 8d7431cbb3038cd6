// One EventSource per page. The browser reconnects by itself and says which event it saw last.

/**
 * @param {(seen: string) => string} urlOf the URL, given the id of the last event; "" at first
 * @param {{snapshot: Function, positions: Function, event: Function, reset: Function, state: Function}} on
 *   what to do with each; `state` hears "live", "connecting" or "offline"
 * @param {string[]} types types of log events to hear
 * @returns {() => void} what to call when the URL has become another
 */
export function listen(urlOf, on, types) {
  let source;
  let seen = "";
  let again = 0;
  const connect = () => {
    clearTimeout(again);
    source?.close();
    source = new EventSource(urlOf(seen));
    const hear = (name, handle) =>
      source.addEventListener(name, (message) => {
        seen = message.lastEventId || seen;
        handle?.(JSON.parse(message.data));
      });
    source.addEventListener("error", () => {
      on.state(navigator.onLine ? "connecting" : "offline");
      // A closed source does not come back: the server refused, or was away for too long.
      if (source.readyState === EventSource.CLOSED) again = setTimeout(connect, 3000);
    });
    hear("snapshot", (snapshot) => {
      on.snapshot(snapshot);
      on.state("live"); // not before: until then what is shown may be old
    });
    hear("positions", on.positions);
    hear("density", on.density);
    hear("reset", on.reset);
    for (const type of types) hear(type, on.event);
  };
  connect();
  addEventListener("pagehide", () => source.close());
  addEventListener("offline", () => on.state("offline"));
  // What outlived the gap may be dead without knowing it, or live without saying so.
  addEventListener("online", () => {
    on.state("connecting");
    connect();
  });
  return connect;
}

export const ALARM_EVENTS = ["technician.sos", "technician.sos_answered"];

export const SIGNAL_EVENTS = [
  "technician.arriving", "technician.silent", "technician.heard", ...ALARM_EVENTS,
];

export const ORDER_EVENTS = [
  "order.placed", "order.changed", "order.assigned", "order.unassigned", "order.en_route",
  "order.arrived", "order.arrival_reviewed", "order.started", "order.needs_help",
  "order.completed", "order.cancelled", "order.departed", "visit.revised", "visit.suggested",
  "order.eta",
  "order.bumped", "order.crew_changed", "order.delayed", "order.flagged", "order.flag_cleared",
  "order.held", "order.released", "order.pinned", "order.at_risk", "order.risk_cleared",
  "order.resumed", "order.set_out_revised", "order.file_added", "order.sla", "message.queued",
];

export const PRIVACY_EVENTS = ["technician.privacy_changed", "technician.privacy_unlocked"];

export const ROAD_EVENTS = ["roads.changed"];

export const RECORD_EVENTS = [
  "record.created", "record.changed", "record.retired", "territories.published",
];
