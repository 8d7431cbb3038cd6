// One button: the camera opens, and the picture goes on the order's record.

import { id } from "../lib/api.js";
import { el, icon } from "../lib/dom.js";

const MOST_NAMED = 200;

/**
 * @param {Object} visit a work order
 * @param {Function} send as `sender` in visit.js makes it
 */
export function photoButton(visit, send) {
  const input = el("input", {
    type: "file",
    accept: "image/*",
    capture: "environment",
    onchange: async () => {
      const [picture] = input.files;
      if (!picture) return;
      const told = new URLSearchParams({
        kind: "photo",
        name: picture.name.slice(-MOST_NAMED),
        taken_at: new Date(picture.lastModified).toISOString(),
      });
      const path = `/v1/work-orders/${id(visit.id)}/files?${told}`;
      await send(path, picture, "The photo is on the record", input);
      input.value = "";
    },
  });
  return el("label.button.photo", {}, icon("camera"), "Add photo", input);
}
