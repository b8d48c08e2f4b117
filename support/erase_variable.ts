/**
 * Erases secrets from the environment of this process: every process of its user could read
 * them in /proc/PID/environ.
 *
 * @module
 */

const LIBC = "libc.so.6";

/**
 * Removes a variable from the environment, and its value from what /proc/PID/environ shows, as far
 * as the C library can be reached. To be called before anything else changes the environment.
 */
export function eraseVariable(name: string): void {
  if (!Deno.env.has(name)) return;
  try {
    overwrite(name);
  } catch {
    // No such library, or no permission to use it: the variable still leaves the environment.
  }
  Deno.env.delete(name);
}

function overwrite(name: string): void {
  const libc = Deno.dlopen(LIBC, { getenv: { parameters: ["buffer"], result: "pointer" } });
  try {
    const value = libc.symbols.getenv(new TextEncoder().encode(`${name}\0`));
    if (value === null) return;
    const { length } = new TextEncoder().encode(Deno.UnsafePointerView.getCString(value));
    new Uint8Array(Deno.UnsafePointerView.getArrayBuffer(value, length)).fill(0);
  } finally {
    libc.close();
  }
}
