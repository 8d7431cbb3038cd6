// What things are called on every page.

export const STATUS = {
  new: "Unassigned",
  assigned: "Assigned",
  en_route: "En route",
  on_site: "On site",
  on_the_tools: "On the tools",
  needs_help: "Needs help",
  complete: "Complete",
  cancelled: "Cancelled",
  available: "Available",
  off_shift: "Off shift",
};

/** What a technician does just now, beside the order's own status. */
export const ACTIVITY = {
  driving: "Driving",
  at_site: "At a site",
  idle: "Standing",
  off_shift: "Off shift",
  unknown: "Not known: no live position",
};

export const PRIORITY = { 1: "Emergency", 2: "High", 3: "Normal", 4: "Low", 5: "Whenever" };

export const EXCLUSION = {
  retired: "Retired",
  on_hold: "On hold",
  permit_missing: "Permit missing",
  waits_for: "Waits for another job",
  off_shift: "Off shift",
  not_on_call: "Not on call",
  on_leave: "On leave",
  missing_skill: "Skill missing",
  skill_level: "Skill too low",
  skill_expired: "Skill expired",
  cert_missing: "Licence missing",
  cert_expired: "Licence expired",
  equipment_unknown: "Does not know the equipment",
  equipment_missing: "Equipment missing",
  part_missing: "Part missing",
  no_position: "No position",
  position_stale: "Stale position",
  unreachable: "No way there",
  outside_window: "Outside the window",
  travelling: "On the way elsewhere",
  priority_job: "Busy with something urgent",
  would_be_late_for: "Would be late elsewhere",
  access_closed: "Site closed",
  shift_ends: "Shift ends",
  break: "No room for the break",
  crew_apart: "Crew not together",
  pinned: "Pinned",
  on_the_way: "On the way",
  at_work: "At work there",
};

export const LIMIT = {
  window: "the promised window",
  due: "its due time",
  sla_response: "the response that the contract promises",
  sla_completion: "the completion that the contract promises",
};

export const HOLD = { draft: "a draft, not yet released", other: "for another reason" };

const SOURCE = {
  manual: "a person",
  auto: "the ranking",
  emergency: "an emergency",
  repair: "a repair of the day",
};

/** "rule:gold-boilers" to "rule gold-boilers". */
export const sourceWord = (source) => SOURCE[source] ?? source.replace(":", " ");

export const ENDED = new Set(["complete", "cancelled"]);
/** Somebody waits for the technician to arrive. */
export const WAITING = new Set(["new", "assigned", "en_route"]);
export const UNDER_WAY = new Set(["en_route", "on_site", "on_the_tools", "needs_help"]);

/** "on_the_tools" to "On the tools", for codes that have no word above. */
export const plain = (code) => {
  const text = String(code).replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
};

export const statusWord = (status) => STATUS[status] ?? plain(status);
