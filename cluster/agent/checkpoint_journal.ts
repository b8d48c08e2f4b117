/**
 * The file with the checkpoints of an agent, one a line as JSON, from which its next run recovers.
 *
 * @module
 */

import { join } from "node:path";
import { readFileIfPresent, writeFileAndDirectories } from "../files.ts";
import { toJson } from "../protocol/json.ts";
import { readJson } from "../protocol/agent_protocol.ts";
import { type Checkpoint, checkpoint, CheckpointedState } from "./core/agent_checkpoints.ts";

/** How many lines are appended before the file is reduced to those that still matter. */
const MAX_APPENDED_LINES = 10_000;

export class CheckpointJournal {
  /** The sum of all checkpoints, those of earlier runs included. */
  readonly state: CheckpointedState = new CheckpointedState();
  readonly #path: string;
  /** The first write creates the file. */
  #appendedLines = MAX_APPENDED_LINES;

  /** @throws {Error} when the file of an earlier run is damaged. */
  constructor(workDirectory: string) {
    this.#path = join(workDirectory, "meta", "checkpoints");
    const content = new TextDecoder().decode(readFileIfPresent(this.#path));
    // The last line is incomplete if the agent died while it wrote.
    const lines = content.split("\n").slice(0, -1);
    try {
      for (const line of lines) this.state.apply(readJson(line, checkpoint));
    } catch (cause) {
      throw new Error(`Cannot read the checkpoints in ${this.#path}: they are damaged`, { cause });
    }
  }

  write(checkpoint: Checkpoint): void {
    this.state.apply(checkpoint);
    if (this.#appendedLines >= MAX_APPENDED_LINES) return this.#rewrite();
    const appendedLines = this.#appendedLines + 1;
    // If this fails, the line may be there in part: then the next write starts over.
    this.#appendedLines = MAX_APPENDED_LINES;
    Deno.writeTextFileSync(this.#path, `${toJson(checkpoint)}\n`, { append: true });
    this.#appendedLines = appendedLines;
  }

  #rewrite(): void {
    const lines = this.state.checkpoints().map((each) => `${toJson(each)}\n`);
    writeFileAndDirectories(this.#path, new TextEncoder().encode(lines.join("")));
    this.#appendedLines = 0;
  }
}
