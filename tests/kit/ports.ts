/**
 * TCP ports.
 *
 * @module
 */

/** A port on which nobody listened just now. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Whether anybody listens there. */
export async function isOpen(hostname: string, port: number): Promise<boolean> {
  try {
    using _ = await Deno.connect({ hostname, port });
    return true;
  } catch {
    return false;
  }
}
