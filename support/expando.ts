/**
 * Open records, as in Toil: attributes that are also entries of a dictionary.
 * In JavaScript every object is one already; these classes add `copy()`, which keeps the class,
 * and {@linkcode MagicExpando} creates nested records when they are read.
 *
 * ```ts
 * const o = new Expando({ foo: 42 });
 * o.bar = "hi";
 * JSON.stringify(o); // '{"foo":42,"bar":"hi"}'
 * delete o.foo;
 * o.foo; // undefined
 * ```
 *
 * @see toil.lib.expando
 * @module
 */

/** Attributes that JSON and `await` read, rather than the user. */
const ASKED_BY_LANGUAGE: readonly string[] = ["toJSON", "then"];

/** A record to which attributes can be added and from which they can be deleted. */
export class Expando {
  /** Any attribute. */
  [attribute: string]: unknown;

  /**
   * Creates a record with the given attributes.
   *
   * @param attributes Copied; later changes to the argument are not seen.
   */
  constructor(attributes: Readonly<Record<string, unknown>> = {}) {
    Object.assign(this, attributes);
  }

  /** A shallow copy of the same class. */
  copy(): this {
    // The type of `constructor` is Function, whatever the class.
    const Class = this.constructor as new (attributes: Record<string, unknown>) => this;
    return new Class({ ...this });
  }
}

/**
 * An Expando that creates a missing attribute as an empty MagicExpando when it is read.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { MagicExpando } from "@toil/mesos";
 *
 * // deno-lint-ignore no-explicit-any
 * const record = new MagicExpando() as any;
 * record.agent.address = "10.0.0.5";
 * assertEquals(JSON.stringify(record), '{"agent":{"address":"10.0.0.5"}}');
 * ```
 */
export class MagicExpando extends Expando {
  /**
   * Creates a record with the given attributes.
   *
   * @param attributes Copied; later changes to the argument are not seen.
   */
  constructor(attributes: Readonly<Record<string, unknown>> = {}) {
    super(attributes);
    return new Proxy(this, {
      get(target, attribute, receiver) {
        const isAskedByLanguage = typeof attribute === "symbol" ||
          ASKED_BY_LANGUAGE.includes(attribute);
        if (isAskedByLanguage || attribute in target) {
          return Reflect.get(target, attribute, receiver);
        }
        return target[attribute] = new MagicExpando();
      },
    });
  }
}
