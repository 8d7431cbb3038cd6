// Draws the base map from vector tiles of our own server. A classic script: Folium's script, which
// runs before any module, calls it.
"use strict";

(() => {
  const COLOURS = {
    land: "#eef1ea",
    builtUp: "#e7e8e4",
    farmland: "#f1f1e2",
    green: "#d9e8cf",
    forest: "#c9ddc0",
    water: "#a9cfe6",
    building: "#d6d3cd",
    buildingEdge: "#c5c1b9",
    casing: "#c4c9ce",
    road: "#ffffff",
    roadMain: "#fbe3ad",
    roadMainCasing: "#d9b566",
    motorway: "#f3c08a",
    motorwayCasing: "#c98f4d",
    path: "#b7ac9c",
    rail: "#9aa1a9",
    boundary: "#8d7aa3",
    text: "#3d4752",
    textWater: "#2f6489",
    halo: "#ffffff",
  };

  const CLASSES = {
    motorway: ["motorway", "trunk"],
    main: ["primary", "secondary"],
    middle: ["tertiary"],
    street: ["unclassified", "residential", "living_street", "pedestrian", "road"],
    service: ["service"],
    path: ["track", "path", "footway", "cycleway", "bridleway", "steps"],
  };

  const kind = (wanted) => (zoom, feature) => feature.props.kind === wanted;

  const road = (group) => (zoom, feature) =>
    feature.props.kind === "road" && CLASSES[group].includes(feature.props.cls);

  // Width in pixels between the zooms given, straight in between.
  const widths = (stops) => (zoom) => {
    const first = stops[0];
    const last = stops[stops.length - 1];
    if (zoom <= first[0]) return first[1];
    if (zoom >= last[0]) return last[1];
    const i = stops.findIndex(([z]) => z > zoom);
    const [z0, w0] = stops[i - 1];
    const [z1, w1] = stops[i];
    return w0 + ((w1 - w0) * (zoom - z0)) / (z1 - z0);
  };

  const WIDTHS = {
    motorway: widths([[8, 1], [11, 2.2], [14, 5], [17, 13], [19, 26]]),
    main: widths([[8, 0.7], [11, 1.6], [14, 4.2], [17, 12], [19, 24]]),
    middle: widths([[10, 0.6], [12, 1.2], [14, 3.2], [17, 10], [19, 20]]),
    street: widths([[12, 0.6], [14, 2], [17, 8], [19, 17]]),
    service: widths([[14, 0.7], [17, 4.5], [19, 10]]),
  };
  const FROM_ZOOM = { motorway: 8, main: 8, middle: 10, street: 12, service: 14 };

  function paintRules(lib) {
    const area = (name, fill, minzoom) => ({
      dataLayer: "base",
      symbolizer: new lib.PolygonSymbolizer({ fill }),
      filter: kind(name),
      minzoom,
    });
    const line = (filter, options, minzoom) => ({
      dataLayer: "base",
      symbolizer: new lib.LineSymbolizer(options),
      filter,
      minzoom,
    });
    const casing = (group, color) =>
      line(road(group), { color, width: (z) => WIDTHS[group](z) + (z < 13 ? 0.8 : 1.6) },
        Math.max(FROM_ZOOM[group], 11));
    const fill = (group, color) =>
      line(road(group), { color, width: WIDTHS[group] }, FROM_ZOOM[group]);

    return [
      area("built_up", COLOURS.builtUp, 10),
      area("farmland", COLOURS.farmland, 11),
      area("green", COLOURS.green, 10),
      area("forest", COLOURS.forest),
      area("water", COLOURS.water),
      line(kind("waterway"),
        { color: COLOURS.water, width: widths([[9, 0.6], [13, 1.6], [16, 4]]) }, 9),
      {
        dataLayer: "base",
        symbolizer: new lib.PolygonSymbolizer({
          fill: COLOURS.building,
          stroke: COLOURS.buildingEdge,
          width: (zoom) => (zoom >= 16 ? 0.8 : 0),
        }),
        filter: kind("building"),
        minzoom: 14,
      },
      line(road("path"),
        { color: COLOURS.path, width: widths([[14, 0.6], [17, 1.6]]), dash: [3, 3] }, 14),
      casing("service", COLOURS.casing),
      casing("street", COLOURS.casing),
      casing("middle", COLOURS.casing),
      casing("main", COLOURS.roadMainCasing),
      casing("motorway", COLOURS.motorwayCasing),
      fill("service", COLOURS.road),
      fill("street", COLOURS.road),
      fill("middle", COLOURS.road),
      fill("main", COLOURS.roadMain),
      fill("motorway", COLOURS.motorway),
      line(kind("rail"), { color: COLOURS.rail, width: widths([[10, 0.7], [16, 2.4]]) }, 10),
      line(kind("boundary"),
        { color: COLOURS.boundary, width: widths([[8, 0.8], [14, 1.4]]), dash: [6, 4], opacity: 0.6 }),
    ];
  }

  const PLACES = [
    { cls: ["city", "town"], from: 8, size: 15, weight: 700 },
    { cls: ["village"], from: 9, size: 13, weight: 650 },
    { cls: ["suburb", "hamlet", "quarter"], from: 13, size: 12, weight: 500 },
    { cls: ["neighbourhood", "locality"], from: 15, size: 11, weight: 450 },
  ];

  function labelRules(lib) {
    const font = (size, weight) => `${weight} ${size}px system-ui, "Segoe UI", "DejaVu Sans", sans-serif`;
    const places = PLACES.map(({ cls, from, size, weight }) => ({
      dataLayer: "base",
      symbolizer: new lib.CenteredTextSymbolizer({
        labelProps: ["name"],
        fill: COLOURS.text,
        stroke: COLOURS.halo,
        width: 2.5,
        font: font(size, weight),
      }),
      filter: (zoom, feature) =>
        feature.props.kind === "place" && cls.includes(feature.props.cls),
      minzoom: from,
    }));
    const along = (group, minzoom, size) => ({
      dataLayer: "base",
      symbolizer: new lib.LineLabelSymbolizer({
        labelProps: ["name"],
        fill: COLOURS.text,
        stroke: COLOURS.halo,
        width: 2.5,
        font: font(size, 500),
      }),
      filter: road(group),
      minzoom,
    });
    return [
      ...places,
      along("main", 14, 12),
      along("middle", 15, 11),
      along("street", 16, 11),
    ];
  }

  window.geoDispatchBasemap = (url) => {
    const lib = window.protomapsL;
    return lib.leafletLayer({
      url,
      maxDataZoom: 15,
      backgroundColor: COLOURS.land,
      paintRules: paintRules(lib),
      labelRules: labelRules(lib),
      attribution:
        '© <a href="https://www.openstreetmap.org/copyright" rel="noreferrer">OpenStreetMap</a> contributors',
    });
  };
})();
