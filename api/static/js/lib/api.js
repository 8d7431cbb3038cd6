// The JSON API, as pages use it: the session cookie says who asks.

/** An answer that says no: problem+json. */
export class Problem extends Error {
  constructor(status, body) {
    super(body.detail || body.title || `the server answered ${status}`);
    this.status = status;
    this.code = body.code ?? "";
    /** @type {{where: string, message: string}[]} */
    this.faults = body.faults ?? [];
    /** @type {{where: string, message: string}[]} */
    this.conflicts = body.conflicts ?? [];
  }
}

/** The server did not answer at all. */
export class Offline extends Error {}

export function newKey() {
  // crypto.randomUUID is missing where a page comes over plain http from another machine.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function call(method, path, { body, version, key } = {}) {
  const headers = { Accept: "application/json" };
  const file = body instanceof Blob;
  if (body !== undefined) headers["Content-Type"] = file ? body.type : "application/json";
  if (version !== undefined) headers["If-Match"] = `"${version}"`;
  if (method === "POST") headers["Idempotency-Key"] = key ?? newKey();
  let response;
  try {
    response = await fetch(path, {
      method,
      headers,
      body: body === undefined || file ? body : JSON.stringify(body),
      credentials: "same-origin",
      cache: "no-store",
    });
  } catch (error) {
    throw new Offline("the server does not answer; check the connection", { cause: error });
  }
  if (response.status === 401 && path !== "/sign-in") {
    location.assign(`/sign-in?next=${encodeURIComponent(location.pathname)}`);
  }
  const text = await response.text();
  let answer = null;
  try {
    answer = text ? JSON.parse(text) : null;
  } catch {
    answer = { detail: `the server answered ${response.status} with something that is not JSON` };
  }
  if (!response.ok) throw new Problem(response.status, answer ?? {});
  return answer;
}

export const get = (path) => call("GET", path);
export const post = (path, body = {}, options = {}) => call("POST", path, { body, ...options });
export const remove = (path) => call("DELETE", path);
export const patch = (path, body, version) => call("PATCH", path, { body, version });

/** All items of a list that comes in pages. */
export async function getAll(path) {
  const items = [];
  let next = null;
  do {
    const joint = path.includes("?") ? "&" : "?";
    const page = await get(next ? `${path}${joint}cursor=${encodeURIComponent(next)}` : path);
    items.push(...page.items);
    next = page.next;
  } while (next);
  return items;
}

export const id = encodeURIComponent;
