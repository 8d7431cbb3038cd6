// The ways to a job, planned against driven. Asked for when somebody opens it, for the technician
// reads who looked.

import { get, id, Problem } from "../lib/api.js";
import { span } from "../lib/clock.js";
import { el, fill } from "../lib/dom.js";

const SET_OUT = new Set(["en_route", "on_site", "on_the_tools", "needs_help", "complete"]);

/**
 * @param {Object} order
 * @param {Clock} clock
 * @returns {HTMLElement|null} nothing for a job that nobody set out for
 */
export function waysSection(order, clock) {
  if (!SET_OUT.has(order.status)) return null;
  const body = el("div");
  const load = async () => {
    try {
      const { items } = await get(`/v1/work-orders/${id(order.id)}/ways`);
      fill(body, items.length ? items.map((way) => wayItem(way, clock))
        : el("p.hint", {}, "No way there is on record."));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      fill(body, el("p.fault", { role: "alert" }, error.message));
    }
  };
  return el("section.ways", {},
    el("details", { ontoggle: (event) => event.target.open && load() },
      el("summary", {}, "Way there: planned and driven"), body));
}

function wayItem(way, clock) {
  const until = way.to ? `arrived ${clock.moment(way.to)}` : "on the way";
  return el("div", {},
    el("p.hint", {}, `${way.call_sign} set out ${clock.moment(way.from)}, ${until}`),
    el("dl.facts", {},
      el("dt", {}, "Planned"), el("dd", {}, way.planned
        ? far(way.planned.km, way.planned.minutes) : "not known: no position, or no way there"),
      el("dt", {}, "Driven"), el("dd", {}, way.driven
        ? far(way.driven.road_km, way.driven.minutes) + known(way.driven.matched)
        : "not known: no positions are kept")));
}

function far(km, minutes) {
  return `${km.toFixed(1)} km in ${span(minutes * 60_000)}`;
}

/** Unless all of it is. */
function known(share) {
  return share < 0.995 ? `, ${Math.floor(share * 100)} % of it on known streets` : "";
}
