/**
 * The reaper kills the processes of an owner that was killed itself: a small shell process in a
 * session of its own. It waits for the end of its standard input, which the owner holds open and
 * never writes to; the kernel closes it however the owner ends.
 *
 * @module
 */

import { readStat } from "./process_table.ts";
import { noteHelperSession, startSessionLeader } from "./session_leader.ts";
import { getLogger } from "../support/log.ts";

const log = getLogger("process");

// The inner process is no descendant of the owner any more, so that a kill of the owner's
// descendants does not kill it. A line on the input is the owner's farewell. A name in
// /proc/PID/stat can hold anything but ends at the last parenthesis; state, parent, group and
// session follow. Who carries no mark is found by its session, which is never ours, unless a
// command has not left it yet. Words of POSIX, and a sleep that takes fractions where there is one.
const SCRIPT = `
mark=$1
own_session=$2
exec 3<&0
{
  read -r farewell <&3 && exit
  round=0
  while [ $round -lt 100 ]; do
    files=$(grep -lF -- "$mark" /proc/[0-9]*/environ)
    [ -n "$files" ] || exit
    sessions=' '
    for file in $files; do
      pid=\${file#/proc/}
      pid=\${pid%/environ}
      read -r stat <"/proc/$pid/stat" || continue
      set -- \${stat##*) }
      kill -s KILL "$pid"
      [ "$4" = "$own_session" ] && continue
      [ "$3" -gt 1 ] && kill -s KILL -- "-$3"
      sessions="$sessions$4 "
    done
    for file in /proc/[0-9]*/stat; do
      read -r stat <"$file" || continue
      set -- \${stat##*) }
      case $sessions in
        *" $4 "*) pid=\${file#/proc/} && kill -s KILL "\${pid%/stat}" ;;
      esac
    done
    sleep 0.1 || sleep 1
    round=$((round + 1))
  done
} 2>/dev/null &`;

const ENVIRONMENT = { PATH: "/usr/local/bin:/usr/bin:/bin", LC_ALL: "C" };

/** The reaper of one owner. */
export class Reaper {
  readonly #shell: Deno.ChildProcess;
  /** The id of its session. */
  readonly pid: number;
  readonly #forget: () => void;

  /**
   * Starts a reaper for this process.
   *
   * @param mark The mark of every process of this owner.
   */
  constructor(mark: string) {
    const ownSession = String(readStat("self")?.sessionId ?? "");
    const args = ["-c", SCRIPT, "sh", mark, ownSession];
    this.#shell = startSessionLeader("/bin/sh", args, {
      cwd: "/",
      clearEnv: true,
      env: ENVIRONMENT,
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    });
    this.pid = this.#shell.pid;
    this.#forget = noteHelperSession(this.pid);
  }

  /** Dismisses the reaper, which then kills nothing. Resolves when it has ended. */
  async close(): Promise<void> {
    const farewell = this.#shell.stdin.getWriter();
    try {
      await farewell.write(new TextEncoder().encode("\n"));
      await farewell.close();
    } catch (error) {
      log.warn("The reaper ended before its owner: {error}", { error });
    }
    // It writes nothing; its output closes when it exits.
    await this.#shell.stdout.pipeTo(new WritableStream());
    await this.#shell.status;
    this.#forget();
  }
}
