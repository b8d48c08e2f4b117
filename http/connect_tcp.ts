/**
 * TCP connections, also for those who stop waiting for them.
 *
 * @module
 */

/** How long an attempt that was given up may still take: its connection is closed then. */
const GIVE_UP_MS = 100;

/**
 * Connects. An attempt that is given up may still succeed for a little while, and is closed then:
 * Deno 2.9.6 loses a connection that is made in the moment of an abort.
 *
 * @throws {Error} when no connection can be made; the reason of the signal when it is aborted.
 */
export async function connectTcp(
  address: { hostname: string; port: number },
  signal: AbortSignal,
): Promise<Deno.TcpConn> {
  const giveUp = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const abort = () => timer = setTimeout(() => giveUp.abort(signal.reason), GIVE_UP_MS);
  signal.addEventListener("abort", abort);
  try {
    const connection = await Deno.connect({ ...address, signal: giveUp.signal });
    if (!signal.aborted) {
      connection.setNoDelay();
      return connection;
    }
    connection.close();
    throw signal.reason;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  }
}
