/**
 * Makes jobs hold one object where parts of them are equal: a million waiting jobs of twenty shapes
 * need twenty. Pure.
 *
 * @module
 */

import type { JobSpec } from "./records.ts";
import { type Shape, shapeKey } from "./quantities.ts";

/** Beyond it, shapes are no longer repeated often enough for their memory to matter. */
export const MAX_SHARED_SHAPES = 10_000;

type Environment = JobSpec["environment"];

/** Knows the parts that it has seen. */
export class SharedParts {
  readonly #shapes = new Map<string, Shape>();
  #environment: Environment = Object.freeze({});

  /** The first shape that was equal to this one. */
  shape(shape: Shape): Shape {
    const key = shapeKey(shape);
    const known = this.#shapes.get(key);
    if (known) return known;
    if (this.#shapes.size >= MAX_SHARED_SHAPES) this.#shapes.clear();
    this.#shapes.set(key, shape);
    return shape;
  }

  /** The environment before this one, if that was equal: most jobs have the same. */
  environment(environment: Environment): Environment {
    if (!areEqual(environment, this.#environment)) this.#environment = environment;
    return this.#environment;
  }

  /** Replaces the parts of a job's spec, which nothing else refers to yet; gives that spec. */
  share(spec: { -readonly [Name in keyof JobSpec]: JobSpec[Name] }): JobSpec {
    spec.shape = this.shape(spec.shape);
    spec.environment = this.environment(spec.environment);
    return spec;
  }
}

function areEqual(a: Environment, b: Environment): boolean {
  if (a === b) return true;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && a[name] === b[name]);
}
