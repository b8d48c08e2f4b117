/**
 * `@std/assert`, typed at the edge: the npm package that carries the standard library has no type
 * declarations, and assertion functions narrow only where their signature is declared.
 *
 * @module
 */

import * as untyped from "deno-std/assert/mod.js";

/** A class that an error or a value may be of. */
// deno-lint-ignore no-explicit-any
export type Constructor<T> = abstract new (...args: any[]) => T;

// The package has no types; those below are checked against it by a test.
// deno-lint-ignore no-explicit-any
const std = untyped as unknown as Record<string, any>;

/** Throws unless the condition is truthy; narrows it. */
export const assert: (condition: unknown, message?: string) => asserts condition = std["assert"];
/** Throws unless the two are deeply equal. */
export const assertEquals: <T>(actual: T, expected: T, message?: string) => void =
  std["assertEquals"];
/** Throws if the two are deeply equal. */
export const assertNotEquals: <T>(actual: T, expected: T, message?: string) => void =
  std["assertNotEquals"];
/** Throws unless the two are the same (`Object.is`); narrows the first. */
export const assertStrictEquals: <T>(
  actual: unknown,
  expected: T,
  message?: string,
) => asserts actual is T = std["assertStrictEquals"];
/** Throws if the value is null or undefined; narrows it. */
export const assertExists: <T>(actual: T, message?: string) => asserts actual is NonNullable<T> =
  std["assertExists"];
/** Throws unless the text matches. */
export const assertMatch: (actual: string, expected: RegExp, message?: string) => void =
  std["assertMatch"];
/** Throws if the text matches. */
export const assertNotMatch: (actual: string, expected: RegExp, message?: string) => void =
  std["assertNotMatch"];
/** Throws unless the text contains the other. */
export const assertStringIncludes: (actual: string, expected: string, message?: string) => void =
  std["assertStringIncludes"];
/** Throws unless every expected element is there. */
export const assertArrayIncludes: <T>(
  actual: ArrayLike<T>,
  expected: ArrayLike<T>,
  message?: string,
) => void = std["assertArrayIncludes"];
/** Throws unless the expected object is a deep subset of the actual one. */
export const assertObjectMatch: (actual: object, expected: object, message?: string) => void =
  std["assertObjectMatch"];
/** Throws unless actual > expected. */
export const assertGreater: <T>(actual: T, expected: T, message?: string) => void =
  std["assertGreater"];
/** Throws unless actual >= expected. */
export const assertGreaterOrEqual: <T>(actual: T, expected: T, message?: string) => void =
  std["assertGreaterOrEqual"];
/** Throws unless actual < expected. */
export const assertLess: <T>(actual: T, expected: T, message?: string) => void = std["assertLess"];
/** Throws unless actual <= expected. */
export const assertLessOrEqual: <T>(actual: T, expected: T, message?: string) => void =
  std["assertLessOrEqual"];
/** Throws unless the two numbers differ by less than the tolerance (1e-7). */
export const assertAlmostEquals: (
  actual: number,
  expected: number,
  tolerance?: number,
  message?: string,
) => void = std["assertAlmostEquals"];
/** Throws unless the value is an instance of the class; narrows it. */
export const assertInstanceOf: <T>(
  actual: unknown,
  expectedType: Constructor<T>,
  message?: string,
) => asserts actual is T = std["assertInstanceOf"];
/** Throws unless `fn` throws (an error of that class, with that text); returns the error. */
export const assertThrows: <E extends Error = Error>(
  fn: () => unknown,
  errorClass?: Constructor<E>,
  messageIncludes?: string,
  message?: string,
) => E = std["assertThrows"];
/** Rejects unless `fn` rejects (with an error of that class, with that text); resolves to it. */
export const assertRejects: <E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  errorClass?: Constructor<E>,
  messageIncludes?: string,
  message?: string,
) => Promise<E> = std["assertRejects"];
/** Throws. */
export const fail: (message?: string) => never = std["fail"];
