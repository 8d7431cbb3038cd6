// The territories in force, drawn under everything else.

import { get } from "../lib/api.js";
import { el } from "../lib/dom.js";

const COLOURS = ["#7b5ea7", "#3f7d8c", "#a0703c", "#5d7f3f", "#8c4f6d", "#4a6aa5"];

export async function drawTerritories(map) {
  const found = await get("/v1/territories");
  // Under the markers; Leaflet puts tooltips over them.
  for (const [name, zIndex] of [["territories", 350], ["territory-names", 450]]) {
    if (!map.getPane(name)) map.createPane(name).style.zIndex = zIndex;
  }
  const group = L.geoJSON(found, {
    pane: "territories",
    interactive: false,
    style: (feature) => {
      const all = found.features.indexOf(feature);
      const color = feature.properties.colour || COLOURS[all % COLOURS.length];
      return { color, weight: 1.5, opacity: 0.7, dashArray: "6 5", fillOpacity: 0.05 };
    },
    onEachFeature: (feature, layer) => {
      layer.bindTooltip(el("span", {}, feature.properties.name), {
        pane: "territory-names",
        permanent: true,
        direction: "center",
        className: "territory-label",
      });
    },
  });
  return group.addTo(map);
}
