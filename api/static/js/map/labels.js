// Where the names of technicians stand, so that none covers another: below the marker, else above
// or beside it; pins of jobs and their times are covered only where nothing else is left. A name
// without any room shows only under the pointer, with the focus or selected.

const SIDES = ["below", "above", "right", "left"];
const DISC_PX = 15;
const GAP_PX = 2;
const TAG_HEIGHT_PX = 18;

/**
 * @param {L.Map} map
 * @param {L.Marker[]} markers with `parts.tag`, the most important first
 * @param {number[][]} pins boxes of job pins, [west, north, east, south] in pixels
 * @param {number} scale that the style gives markers at this zoom
 */
export function placeNames(map, markers, pins, scale) {
  const reach = DISC_PX * scale;
  const seen = markers
    .filter((marker) => marker.getElement() && map.getBounds().pad(0.1).contains(marker.getLatLng()))
    .map((marker) => ({ marker, at: map.latLngToContainerPoint(marker.getLatLng()) }));
  // All widths are read before anything is written, so that the page is laid out once.
  for (const one of seen) one.width = one.marker.parts.tag.offsetWidth * scale;
  const discs = seen.map(({ at }) => [at.x - reach, at.y - reach, at.x + reach, at.y + reach]);
  const taken = [];
  for (const { marker, at, width } of seen) {
    const boxAt = (side) => boxOf(side, at, width, reach, TAG_HEIGHT_PX * scale);
    const isFree = (side, others) => !others.some((other) => overlap(boxAt(side), other));
    const { side: kept } = marker.getElement().dataset;
    // Where it stood before comes first: a name does not jump while it need not.
    const sides = SIDES.includes(kept) ? [kept, ...SIDES] : SIDES;
    const names = [...taken, ...discs];
    const side =
      sides.find((one) => isFree(one, [...names, ...pins])) ??
      sides.find((one) => isFree(one, names)) ??
      "none";
    if (side !== "none") taken.push(boxAt(side));
    marker.getElement().dataset.side = side;
  }
}

/** [west, north, east, south] of a name in pixels. */
function boxOf(side, { x, y }, width, reach, height) {
  const off = reach + GAP_PX;
  if (side === "below") return [x - width / 2, y + off, x + width / 2, y + off + height];
  if (side === "above") return [x - width / 2, y - off - height, x + width / 2, y - off];
  if (side === "right") return [x + off, y - height / 2, x + off + width, y + height / 2];
  return [x - off - width, y - height / 2, x - off, y + height / 2];
}

function overlap(a, b) {
  return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
}
