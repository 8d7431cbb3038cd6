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

export const PRIORITY = { 1: "Emergency", 2: "High", 3: "Normal", 4: "Low", 5: "Whenever" };

export const EXCLUSION = {
  retired: "Retired",
  off_shift: "Off shift",
  on_leave: "On leave",
  missing_skill: "Skill missing",
  skill_level: "Skill too low",
  skill_expired: "Skill expired",
  no_position: "No position",
  position_stale: "Stale position",
  unreachable: "No way there",
};

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
