/**
 * Validation of messages from masters and agents, which are treated like user input: long
 * texts are truncated; invalid amounts of resources and invalid ids are dropped. Pure.
 *
 * @see src/common/validation.cpp in Mesos, for ids
 * @module
 */

/** The longest text of a field. */
export const MAX_TEXT_CHARACTERS = 4_096;

/** The longest name of a host, as in DNS. */
export const MAX_HOSTNAME_CHARACTERS = 255;

/** The largest amount in CPUs, GPUs or MiB; beyond it, sums of bytes would not be exact. */
export const MAX_SCALAR = 2 ** 33;

/** The largest number of GPUs, more than any machine has. */
export const MAX_GPUS = 1_024;

/** Mesos' own rule for ids, which become file names. */
const ID_REGEXP = /^(?!\.{1,2}$)[^\p{Cc}/\\]{0,255}$/u;

type Message = Record<string, unknown>;

function isMessage(value: unknown): value is Message {
  return typeof value === "object" && value !== null && !(value instanceof Uint8Array);
}

/**
 * Sanitizes a decoded message in place. Invalid elements of lists are dropped.
 *
 * @returns Whether the rest can be used: false if an id is invalid.
 */
export function vet(message: object): boolean {
  return isMessage(message) && vetMessage(message);
}

function vetMessage(message: Message): boolean {
  for (const [name, value] of Object.entries(message)) {
    if (typeof value === "string") message[name] = cut(value, name);
    else if (Array.isArray(value)) message[name] = vetList(value, name);
    else if (isMessage(value) && !(isId(name, value) && vetMessage(value))) return false;
  }
  return true;
}

function vetList(list: readonly unknown[], name: string): unknown[] {
  const member = name.replace(/s$/, "");
  return list.filter((each) =>
    !isMessage(each) || isAmount(each, member) && isId(member, each) && vetMessage(each)
  ).map((each) => typeof each === "string" ? cut(each, member) : each);
}

function cut(text: string, name: string): string {
  const max = name === "hostname" ? MAX_HOSTNAME_CHARACTERS : MAX_TEXT_CHARACTERS;
  if (text.length <= max) return text;
  // Truncation must not leave a lone surrogate.
  return `${text.slice(0, max - 1).toWellFormed()}…`;
}

/** Whether an id is valid; true for fields that are not ids. */
function isId(name: string, { value }: Message): boolean {
  if (typeof value !== "string" || !/(^|_)id$/.test(name)) return true;
  return ID_REGEXP.test(value) && !(name === "task_id" && value === "");
}

/** Whether a resource has a valid amount; true for other messages. */
function isAmount(message: Message, name: string): boolean {
  if (name !== "resource" || !isMessage(message["scalar"])) return true;
  const { value } = message["scalar"];
  if (typeof value !== "number" || !(value >= 0 && value <= MAX_SCALAR)) return false;
  return message["name"] !== "gpus" || Number.isInteger(value) && value <= MAX_GPUS;
}
