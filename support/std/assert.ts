/**
 * `@std/assert`, typed at the edge: the npm package that carries the standard library has no type
 * declarations, and assertion functions narrow only where their signature is declared.
 *
 * @module
 */

import * as untyped from "deno-std/assert/mod.js";

// deno-lint-ignore no-explicit-any
type Constructor<T> = abstract new (...args: any[]) => T;

interface Assertions {
  assert(condition: unknown, message?: string): asserts condition;
  assertEquals<T>(actual: T, expected: T, message?: string): void;
  assertNotEquals<T>(actual: T, expected: T, message?: string): void;
  assertStrictEquals<T>(actual: unknown, expected: T, message?: string): asserts actual is T;
  assertExists<T>(actual: T, message?: string): asserts actual is NonNullable<T>;
  assertMatch(actual: string, expected: RegExp, message?: string): void;
  assertNotMatch(actual: string, expected: RegExp, message?: string): void;
  assertStringIncludes(actual: string, expected: string, message?: string): void;
  assertArrayIncludes<T>(
    actual: ArrayLike<T>,
    expected: ArrayLike<T>,
    message?: string,
  ): void;
  assertObjectMatch(actual: object, expected: object, message?: string): void;
  assertGreater<T>(actual: T, expected: T, message?: string): void;
  assertGreaterOrEqual<T>(actual: T, expected: T, message?: string): void;
  assertLess<T>(actual: T, expected: T, message?: string): void;
  assertLessOrEqual<T>(actual: T, expected: T, message?: string): void;
  assertAlmostEquals(actual: number, expected: number, tolerance?: number, message?: string): void;
  assertInstanceOf<T>(
    actual: unknown,
    expectedType: Constructor<T>,
    message?: string,
  ): asserts actual is T;
  assertThrows<E extends Error = Error>(
    fn: () => unknown,
    errorClass?: Constructor<E>,
    messageIncludes?: string,
    message?: string,
  ): E;
  assertRejects<E extends Error = Error>(
    fn: () => PromiseLike<unknown>,
    errorClass?: Constructor<E>,
    messageIncludes?: string,
    message?: string,
  ): Promise<E>;
  fail(message?: string): never;
}

const std = untyped as unknown as Assertions;

/** Throws unless the condition is truthy; narrows it. */
export const assert: Assertions["assert"] = std.assert;
/** Throws unless the two are deeply equal. */
export const assertEquals: Assertions["assertEquals"] = std.assertEquals;
/** Throws if the two are deeply equal. */
export const assertNotEquals: Assertions["assertNotEquals"] = std.assertNotEquals;
/** Throws unless the two are the same (`Object.is`); narrows the first. */
export const assertStrictEquals: Assertions["assertStrictEquals"] = std.assertStrictEquals;
/** Throws if the value is null or undefined; narrows it. */
export const assertExists: Assertions["assertExists"] = std.assertExists;
/** Throws unless the text matches. */
export const assertMatch: Assertions["assertMatch"] = std.assertMatch;
/** Throws if the text matches. */
export const assertNotMatch: Assertions["assertNotMatch"] = std.assertNotMatch;
/** Throws unless the text contains the other. */
export const assertStringIncludes: Assertions["assertStringIncludes"] = std.assertStringIncludes;
/** Throws unless every expected element is there. */
export const assertArrayIncludes: Assertions["assertArrayIncludes"] = std.assertArrayIncludes;
/** Throws unless the expected object is a deep subset of the actual one. */
export const assertObjectMatch: Assertions["assertObjectMatch"] = std.assertObjectMatch;
/** Throws unless actual > expected. */
export const assertGreater: Assertions["assertGreater"] = std.assertGreater;
/** Throws unless actual >= expected. */
export const assertGreaterOrEqual: Assertions["assertGreaterOrEqual"] = std.assertGreaterOrEqual;
/** Throws unless actual < expected. */
export const assertLess: Assertions["assertLess"] = std.assertLess;
/** Throws unless actual <= expected. */
export const assertLessOrEqual: Assertions["assertLessOrEqual"] = std.assertLessOrEqual;
/** Throws unless the two numbers differ by less than the tolerance (1e-7). */
export const assertAlmostEquals: Assertions["assertAlmostEquals"] = std.assertAlmostEquals;
/** Throws unless the value is an instance of the class; narrows it. */
export const assertInstanceOf: Assertions["assertInstanceOf"] = std.assertInstanceOf;
/** Throws unless `fn` throws (an error of that class, with that text); returns the error. */
export const assertThrows: Assertions["assertThrows"] = std.assertThrows;
/** Rejects unless `fn` rejects (with an error of that class, with that text); resolves to it. */
export const assertRejects: Assertions["assertRejects"] = std.assertRejects;
/** Throws. */
export const fail: Assertions["fail"] = std.fail;
