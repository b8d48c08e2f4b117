/**
 * The places that a run itself writes to, or keeps secrets in. They may lie inside the user script,
 * under any name, and must never be sent to a node.
 *
 * @module
 */

/** Files and directories, recognised by device and inode, whatever path leads to them. */
export class OwnPlaces {
  readonly #paths: ReadonlyMap<string, string>;

  private constructor(paths: ReadonlyMap<string, string>) {
    this.#paths = paths;
  }

  /** Looks the paths up, links followed. A path that does not exist yet names no place. */
  static async find(paths: readonly string[]): Promise<OwnPlaces> {
    const found = new Map<string, string>();
    for (const path of paths) {
      const info = await Deno.stat(path).catch(() => undefined);
      if (info) found.set(identityOf(info), path);
    }
    return new OwnPlaces(found);
  }

  /** The path of the place that this file or directory is, if it is one. */
  pathOf(info: Deno.FileInfo): string | undefined {
    return this.#paths.size === 0 ? undefined : this.#paths.get(identityOf(info));
  }
}

function identityOf({ dev, ino }: Deno.FileInfo): string {
  return `${dev}:${ino}`;
}
