// The territories in force, as a layer that can be switched off.

import { get } from "../lib/api.js";
import { el } from "../lib/dom.js";

const COLOURS = ["#7b5ea7", "#3f7d8c", "#a0703c", "#5d7f3f", "#8c4f6d", "#4a6aa5"];

export async function drawTerritories(map) {
  const found = await get("/v1/territories");
  // Under the markers; Leaflet puts tooltips over them.
  map.createPane("territories").style.zIndex = 350;
  map.createPane("territory-names").style.zIndex = 450;
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
  group.addTo(map);
  return {
    show(shown) {
      if (shown) group.addTo(map);
      else group.remove();
    },
  };
}
