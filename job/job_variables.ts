/**
 * Which variables a job can be given. Pure.
 *
 * @see execve(2), Limits on size of arguments and environment
 * @module
 */

/** Linux hands no longer text to a program, be it an argument or `NAME=VALUE`. */
export const MAX_ARGUMENT_BYTES = 128 * 1024 - 1;

/** Of the 2 MiB that a process has for all its texts, what a job's own may take; the rest is for the
 * variables of the executor and of `--set-env`. */
export const MAX_JOB_TEXT_BYTES = 1536 * 1024;

/** Each text takes a NUL and a pointer besides. */
const TEXT_OVERHEAD_BYTES = 9;

/** Shells drop variables of other names: what they start would not see them. */
const NAME_REGEXP = /^[A-Za-z_][A-Za-z0-9_]*$/;

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** Whether a text can be handed to a program. */
export function fitsArgument(text: string): boolean {
  // A character takes three bytes at most.
  return text.length <= MAX_ARGUMENT_BYTES / 3 || byteLength(text) <= MAX_ARGUMENT_BYTES;
}

/** Why a job can't be given a variable; undefined when it can. */
export function variableProblem(name: string, value: string): string | undefined {
  if (!NAME_REGEXP.test(name)) {
    return "is not a name that shells accept: use letters, digits and _, and no digit first";
  }
  if (value.includes("\0")) return "must not hold a NUL character";
  if (!value.isWellFormed()) return "must not hold a lone surrogate";
  if (!fitsArgument(`${name}=${value}`)) {
    return `must not be longer than ${MAX_ARGUMENT_BYTES} bytes, name and = included`;
  }
  return undefined;
}

/** Why a command and its variables are too much together; undefined when they are not. */
export function totalProblem(
  command: string,
  environment: Readonly<Record<string, string>>,
): string | undefined {
  const texts = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const bytes = [command, ...texts].reduce(
    (sum, text) => sum + byteLength(text) + TEXT_OVERHEAD_BYTES,
    0,
  );
  if (bytes <= MAX_JOB_TEXT_BYTES) return undefined;
  return `command and variables must not be longer than ${MAX_JOB_TEXT_BYTES} bytes together`;
}
