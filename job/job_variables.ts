/**
 * Validation of the environment variables of a job. Pure.
 *
 * @see execve(2), Limits on size of arguments and environment
 * @module
 */

/** The longest argument or `NAME=VALUE` that Linux passes to a program. */
export const MAX_ARGUMENT_BYTES = 128 * 1024 - 1;

/** The share of a job in the 2 MiB of arguments and variables of a process; the rest is for the
 * variables of the executor and of `--set-env`. */
export const MAX_JOB_TEXT_BYTES = 1536 * 1024;

/** The NUL and the pointer of each text. */
const TEXT_OVERHEAD_BYTES = 9;

/** The names that shells accept; they drop variables with other names. */
const NAME_REGEXP = /^[A-Za-z_][A-Za-z0-9_]*$/;

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** Whether a text can be passed to a program. */
export function fitsArgument(text: string): boolean {
  // A UTF-16 code unit takes at most three bytes.
  return text.length <= MAX_ARGUMENT_BYTES / 3 || byteLength(text) <= MAX_ARGUMENT_BYTES;
}

/** Why a variable is invalid; undefined when valid. */
export function variableProblem(name: string, value: string): string | undefined {
  if (!NAME_REGEXP.test(name)) {
    return "is not a name that shells accept: use letters, digits and _, and no digit first";
  }
  if (value.includes("\0")) return "must not contain a NUL character";
  if (!value.isWellFormed()) return "must not contain a lone surrogate";
  if (!fitsArgument(`${name}=${value}`)) {
    return `must not be longer than ${MAX_ARGUMENT_BYTES} bytes, name and = included`;
  }
  return undefined;
}

/** Why a command and its variables are too large together; undefined when they are not. */
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
