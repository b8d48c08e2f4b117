/**
 * Validation of identifiers and UUIDs, with the error texts of Mesos. Pure.
 *
 * @see src/common/validation.cpp in Mesos
 * @module
 */

/** NAME_MAX: identifiers become names of directories. */
const MAX_ID_LENGTH = 255;

const UUID_BYTES = 16;

export function idError(id: string): string | undefined {
  if (id === "") return "ID must not be empty";
  if (new TextEncoder().encode(id).length > MAX_ID_LENGTH) {
    return `ID must not be greater than ${MAX_ID_LENGTH} characters`;
  }
  if (id === "." || id === "..") return `'${id}' is disallowed`;
  // deno-lint-ignore no-control-regex
  return /[\x00-\x1f\x7f/\\]/.test(id) ? `'${id}' contains invalid characters` : undefined;
}

/** The error in the bytes of a UUID, if any: Mesos requires a version of RFC 4122. */
export function uuidError(bytes: Uint8Array): string | undefined {
  const version = (bytes[6] ?? 0) >> 4;
  const isValid = bytes.length === UUID_BYTES && version >= 1 && version <= 5;
  return isValid ? undefined : "Not a valid UUID";
}
