/**
 * Checks of values that were read from JSON. They are a few functions where elsewhere a schema
 * library is used: an executor loads them, and starts before such a library is compiled. Pure.
 *
 * @module
 */

/** A value is not what it should be. The message contains no value, which may be a secret. */
export class JsonCheckError extends TypeError {
  /** The name of this class. */
  override readonly name = "JsonCheckError";
  /** The same value will be wrong later. */
  readonly retryable = false;
  /** Where the value is, from the outside in. */
  readonly path: readonly (string | number)[];
  /** What it should be, as in `expected a text`. */
  readonly expectation: string;

  /**
   * An error that names a field.
   *
   * @param expectation What the value should be, as in `expected a text`.
   * @param path Where it is.
   */
  constructor(expectation: string, path: readonly (string | number)[] = []) {
    super(path.length === 0 ? expectation : `field '${path.join(".")}': ${expectation}`);
    this.expectation = expectation;
    this.path = path;
  }
}

/**
 * Returns the value, typed.
 *
 * @throws {JsonCheckError} when it is another one.
 */
export type Check<T> = (value: unknown) => T;

/** The type of what a check lets pass. */
export type Checked<C> = C extends Check<infer T> ? T : never;

/** A text, perhaps only one that passes a test. */
export function text(passes?: (text: string) => boolean, expected = "a text"): Check<string> {
  return (value) => {
    if (typeof value === "string" && (passes?.(value) ?? true)) return value;
    throw new JsonCheckError(`expected ${typeof value === "string" ? expected : "a text"}`);
  };
}

/** A finite number, perhaps only one that passes a test. */
export function number(passes?: (number: number) => boolean, expected = "a number"): Check<number> {
  return (value) => {
    if (typeof value === "number" && Number.isFinite(value) && (passes?.(value) ?? true)) {
      return value;
    }
    throw new JsonCheckError(`expected ${expected}`);
  };
}

/** An integer that is exact, and not negative. */
export const count: Check<number> = number(
  (value) => Number.isSafeInteger(value) && value >= 0,
  "an integer of at least 0",
);

/** A number above 0. */
export const positive: Check<number> = number((value) => value > 0, "a number above 0");

/** One of these texts. */
export function oneOf<T extends string>(...texts: readonly T[]): Check<T> {
  return (value) => {
    const found = texts.find((each) => each === value);
    if (found !== undefined) return found;
    throw new JsonCheckError(`expected one of ${texts.join(", ")}`);
  };
}

/** A value that may be absent. */
export function optional<T>(check: Check<T>): Check<T | undefined> {
  return (value) => value === undefined ? undefined : check(value);
}

/** A list of such values. */
export function list<T>(check: Check<T>): Check<T[]> {
  return (value) => {
    if (!Array.isArray(value)) throw new JsonCheckError("expected a list");
    return value.map((each, index) => under(index, () => check(each)));
  };
}

/** An object whose values are all such ones. */
export function record<T>(check: Check<T>): Check<Record<string, T>> {
  return (value) =>
    // Not by assignment: a name may be that of the prototype.
    Object.fromEntries(
      Object.entries(objectOf(value)).map(([name, each]) => [name, under(name, () => check(each))]),
    );
}

type Fields = Readonly<Record<string, Check<unknown>>>;

/** Names of fields that may be absent. */
type OptionalNames<F extends Fields> = {
  [Name in keyof F]: undefined extends Checked<F[Name]> ? Name : never;
}[keyof F];

/** What an object of such fields is. */
export type ObjectOf<F extends Fields> =
  & { [Name in Exclude<keyof F, OptionalNames<F>>]: Checked<F[Name]> }
  & { [Name in OptionalNames<F>]?: Checked<F[Name]> };

/** An object of such fields; others are dropped, so that a newer version can add some. */
export function object<F extends Fields>(fields: F): Check<ObjectOf<F>> {
  const checks = Object.entries(fields);
  return (value) => {
    const given = objectOf(value);
    const entries = checks.map(([name, check]) => {
      const each = Object.hasOwn(given, name) ? given[name] : undefined;
      return [name, under(name, () => check(each))];
    });
    return Object.fromEntries(entries.filter(([, each]) => each !== undefined));
  };
}

/** Reads JSON that passes a check; undefined for any other bytes. */
export function readJson<T>(bytes: Uint8Array, check: Check<T>): T | undefined {
  try {
    return check(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)));
  } catch {
    return undefined;
  }
}

/** Whether a value is an object, and no list. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function objectOf(value: unknown): Record<string, unknown> {
  if (isObject(value)) return { ...value };
  throw new JsonCheckError("expected an object");
}

function under<T>(name: string | number, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof JsonCheckError)) throw error;
    throw new JsonCheckError(error.expectation, [name, ...error.path]);
  }
}
