/**
 * The places that a run writes to or keeps secrets in. They may lie inside the user script,
 * under any name, and must not be sent to a node.
 *
 * @module
 */

/** Files and directories, identified by device and inode. */
export class OwnPlaces {
  readonly #paths: ReadonlyMap<string, string>;

  private constructor(paths: ReadonlyMap<string, string>) {
    this.#paths = paths;
  }

  /** Resolves the paths, following links. A path that does not exist yet is ignored. */
  static async find(paths: readonly string[]): Promise<OwnPlaces> {
    const found = new Map<string, string>();
    for (const path of paths) {
      const info = await Deno.stat(path).catch(() => undefined);
      if (info) found.set(identityOf(info), path);
    }
    return new OwnPlaces(found);
  }

  /** The path of this place, if it is one. */
  pathOf(info: Deno.FileInfo): string | undefined {
    return this.#paths.size === 0 ? undefined : this.#paths.get(identityOf(info));
  }
}

function identityOf({ dev, ino }: Deno.FileInfo): string {
  return `${dev}:${ino}`;
}
