/**
 * The control API as the page uses it. The token of a TCP address stays in this tab.
 *
 * @module
 */

const TOKEN_KEY = "toil-mesos-token";

/** What of an event stream is kept while its next event is incomplete. */
const MAX_EVENT_CHARACTERS = 2 ** 20;

/** The scheduler wants a token, or another one. */
export class TokenError extends Error {}

/** Keeps the token until the tab is closed. */
export function setToken(token) {
  sessionStorage.setItem(TOKEN_KEY, token);
}

/** Sends a request. */
async function request(path, { signal, headers } = {}) {
  const token = sessionStorage.getItem(TOKEN_KEY);
  const response = await fetch(path, {
    signal,
    headers: { ...headers, ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
  });
  if (response.ok) return response;
  const { error } = await response.json().catch(() => ({}));
  const message = error?.message ?? `the scheduler answers ${response.status}`;
  if (response.status !== 401) throw new Error(message);
  sessionStorage.removeItem(TOKEN_KEY);
  throw new TokenError(message);
}

/** An answer in JSON. */
export async function getJson(path, query = {}) {
  const text = new URLSearchParams(query).toString();
  return await (await request(text === "" ? path : `${path}?${text}`)).json();
}

/** The end of a job's output, as text. */
export async function getTail(jobID, stream, bytes) {
  const response = await request(`/v1/jobs/${jobID}/${stream}?tail=${bytes}`);
  return await response.text();
}

/** The report on the run so far. */
export async function getReport() {
  return await (await request("/v1/report")).blob();
}

/**
 * Follows the events until the connection ends.
 *
 * An EventSource can't send a token; a fetch can.
 *
 * @param lastEventId Where to resume; undefined: from now on.
 * @param onEvent Called with each event's id, type and data.
 */
export async function followEvents(lastEventId, onEvent) {
  const headers = lastEventId === undefined ? {} : { "last-event-id": lastEventId };
  const { body } = await request("/v1/events", { headers });
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    const blocks = (rest + read.value).split("\n\n");
    rest = blocks.pop().slice(0, MAX_EVENT_CHARACTERS);
    for (const block of blocks) {
      const field = (name) => new RegExp(`^${name}: (.*)$`, "m").exec(block)?.[1];
      const id = field("id");
      if (id !== undefined) onEvent({ id, type: field("event"), data: field("data") });
    }
  }
}
