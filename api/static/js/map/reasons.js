// The words behind a ranking: what each minute of a score is for, what sets one candidate apart from
// the next, what a visit would push back, and why somebody can't be sent.

import { el } from "../lib/dom.js";
import { EXCLUSION, plain } from "../lib/words.js";

const WORTH_SAYING_MIN = 0.05;
const SAME_DRIVE_S = 30;

export function minutes(value) {
  const size = Math.abs(value);
  const sign = value < 0 && size >= WORTH_SAYING_MIN ? "−" : "";
  return `${sign}${size < 10 ? size.toFixed(1) : Math.round(size)} min`;
}

/** With its sign: what a term costs or brings. */
const signed = (value) => (value > 0 ? `+${minutes(value)}` : minutes(value));

/** "12 min drive, begins 10:40, 6.2 min more in all": what it means for the day. */
export function gist(candidate, clock) {
  const { begin_at: begin, drive_s: drive, added_drive_s: added } = candidate;
  const more = Math.abs(added - drive) > SAME_DRIVE_S
    && (added < SAME_DRIVE_S ? "on the way anyway" : `${minutes(added / 60)} more in all`);
  return [`${minutes(drive / 60)} drive`, `begins ${clock.time(begin)}`, more]
    .filter(Boolean).join(", ");
}

/** What makes this one costly at a glance: promises broken, likely late. */
export function warnings(candidate) {
  const { breaches_sla: breaks, late_by_s: late, late_risk: risk } = candidate;
  return [
    breaks && "Breaks an SLA promise",
    late > 0 && `${minutes(late / 60)} late`,
    !(late > 0) && risk >= 0.25 && `${Math.round(risk * 100)} % risk of being late`,
  ].filter(Boolean);
}

/** Every term of the score, the lead over the next, what they bring and whom it moves. */
export function whyThisRank(candidate, next, { clock, store }) {
  const { terms, met, moved, score_min: score } = candidate;
  return el("details", {},
    el("summary", {}, candidate.behind_min > 0
      ? `Why: ${minutes(candidate.behind_min)} behind the first`
      : "Why this rank"),
    next && lead(candidate, next),
    el("table.terms", {},
      el("tbody", {}, terms.filter(counts).map((term) => el("tr", {},
        el("td", {}, plain(term.name), el("small", {}, term.text)),
        el("td", {}, signed(term.minutes))))),
      el("tfoot", {}, el("tr", {}, el("td", {}, "Score, less is better"),
        el("td", {}, minutes(score))))),
    el("p.aside.nothing", {}, "Nothing for: ",
      terms.filter((term) => !counts(term))
        .map((term) => `${plain(term.name).toLowerCase()} (${term.text})`).join(", ")),
    met.length > 0 && el("p.aside", {}, `Brings ${met.join("; ")}`),
    moved.length > 0 && el("ul.moved", { "aria-label": "Moves" },
      moved.map((one) => el("li", {}, movedText(one, { clock, store })))));
}

const counts = (term) => Math.abs(term.minutes) >= WORTH_SAYING_MIN;

function lead(candidate, next) {
  const leads = candidate.leads.filter(counts).sort((a, b) => b.minutes - a.minutes);
  const better = leads.filter((one) => one.minutes > 0);
  const worse = leads.filter((one) => one.minutes < 0).reverse();
  const by = next.score_min - candidate.score_min;
  return el("p.aside", {},
    el("b", {}, by < WORTH_SAYING_MIN
      ? `As good as ${next.call_sign}`
      : `${minutes(by)} ahead of ${next.call_sign}`),
    better.length > 0 && `: less for ${named(better)}`,
    worse.length > 0 && `${better.length > 0 ? "; but" : ":"} more for ${named(worse)}`);
}

/** "wait 9.3 min, pushed 7.1 min" */
const named = (leads) => leads
  .map((one) => `${plain(one.name).toLowerCase()} ${minutes(Math.abs(one.minutes))}`)
  .join(", ");

function movedText({ order_id: orderId, begin_before: before, begin_after: after }, { clock, store }) {
  const number = store.orders.get(orderId)?.number ?? orderId;
  if (!after) return `${number} could not be reached any more`;
  return before
    ? `${number} begins ${clock.time(after)} instead of ${clock.time(before)}`
    : `${number} begins ${clock.time(after)}`;
}

/** Each reason against a technician: the fact, and what would lift it. */
export function exclusions(reasons) {
  return reasons.map((reason) => el("div", { dataset: { code: reason.code } },
    `${EXCLUSION[reason.code] ?? plain(reason.code)}: ${reason.fact}`,
    reason.lifts && el("small", {}, `Would do: ${reason.lifts}`)));
}

/** "Skill missing 12, off shift 3": what stands in the way, most often first. */
export function tally(excluded) {
  const counts = new Map();
  for (const one of excluded) {
    for (const code of new Set(one.exclusions.map((reason) => reason.code))) {
      counts.set(code, (counts.get(code) ?? 0) + 1);
    }
  }
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([code, count]) => `${EXCLUSION[code] ?? plain(code)} ${count}`)
    .join(", ");
}

/** Whether what was said to lift each reason would do, all of it together. */
export const verdict = ({ enough, exclusions: reasons }) => {
  if (!enough) {
    return reasons.every((reason) => reason.lifts)
      ? "Even with this there would be no room in their day."
      : "Nothing would help.";
  }
  return reasons.length > 1 ? "With all of this they can be sent." : "With this they can be sent.";
};

/** Those whom the least stands in the way of first. */
export const nearestFirst = (excluded) =>
  [...excluded].sort((a, b) =>
    a.exclusions.length - b.exclusions.length || a.call_sign.localeCompare(b.call_sign));
