// Makes elements. Text goes in as text, never as markup, whoever typed it.

const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {string} tag name, with classes: "p.hint"
 * @param {Object} [attributes] on* are listeners, booleans switch, dataset is copied, null is left out
 * @param {...(Node|string|number|null|undefined|false|Array)} children
 */
export function el(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const node = document.createElement(name);
  if (classes.length) node.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "dataset") Object.assign(node.dataset, value);
    else if (key === "value") node.value = value;
    else node.setAttribute(key, value === true && !key.startsWith("aria-") ? "" : value);
  }
  node.append(...usable(children));
  return node;
}

/** Puts these in place of what the node holds. */
export function fill(node, ...children) {
  node.replaceChildren(...usable(children));
  return node;
}

function usable(children) {
  return children
    .flat(3)
    .filter((child) => child !== null && child !== undefined && child !== false && child !== "")
    .map((child) => (child instanceof Node ? child : String(child)));
}

/** @returns {SVGElement} a 24x24 line drawing that takes the colour of the text around it */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  for (const d of ICONS[name] ?? ICONS.available) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}

const ICONS = {
  available: ["M5 13l4.5 4.5L19 7"],
  off_shift: ["M19 14.5A8 8 0 0 1 9.5 5a8 8 0 1 0 9.5 9.5z"],
  new: ["M12 5v14", "M5 12h14"],
  assigned: ["M8 4h8v3H8z", "M16 5h3v16H5V5h3", "M9 12h6", "M9 16h4"],
  en_route: ["M4 16V8h10v8", "M14 11h4l3 3v2h-3", "M9.5 16.5h5", "M5.5 16.5a2 2 0 1 0 4 0a2 2 0 1 0-4 0", "M14.5 16.5a2 2 0 1 0 4 0a2 2 0 1 0-4 0"],
  on_site: ["M12 21s-7-6.2-7-11a7 7 0 0 1 14 0c0 4.8-7 11-7 11z", "M12 7.5a2.5 2.5 0 1 0 0 5a2.5 2.5 0 1 0 0-5"],
  on_the_tools: ["M14.5 6.5a4 4 0 0 1 5-1l-2.8 2.8 1 2 2 1 2.3-2.3a4 4 0 0 1-5.5 4.5L9 21l-3-3 7.5-7.5a4 4 0 0 1 1-4z"],
  needs_help: ["M12 5v9", "M12 18.5v.5"],
  complete: ["M5 13l4.5 4.5L19 7"],
  cancelled: ["M6 6l12 12", "M18 6L6 18"],
  stale: ["M12 7v5l3.5 2", "M12 3.5a8.5 8.5 0 1 0 0 17a8.5 8.5 0 1 0 0-17"],
  close: ["M6 6l12 12", "M18 6L6 18"],
  search: ["M10.5 4.5a6 6 0 1 0 0 12a6 6 0 1 0 0-12", "M15 15l5 5"],
  plus: ["M12 5v14", "M5 12h14"],
  target: ["M12 3v4", "M12 17v4", "M3 12h4", "M17 12h4", "M12 8a4 4 0 1 0 0 8a4 4 0 1 0 0-8"],
  refresh: ["M20 11a8 8 0 0 0-14.5-3.5L4 9", "M4 4v5h5", "M4 13a8 8 0 0 0 14.5 3.5L20 15", "M20 20v-5h-5"],
  navigate: ["M20 4L4 11l7 2 2 7z"],
  phone: ["M6 3h4l1.5 5-2.5 1.5a12 12 0 0 0 5.5 5.5L16 12.5l5 1.5v4a2 2 0 0 1-2 2A16 16 0 0 1 4 5a2 2 0 0 1 2-2z"],
  camera: ["M4 8h3.5L9 5.5h6L16.5 8H20v11H4z", "M12 10a3.5 3.5 0 1 0 0 7a3.5 3.5 0 1 0 0-7"],
  barrier: ["M3 8h18v6H3z", "M7 14v6", "M17 14v6", "M7 14l4-6", "M13 14l4-6"],
  key: ["M8 12a4 4 0 1 0 0 .1", "M11.9 12H21v4", "M17 12v3"],
};
