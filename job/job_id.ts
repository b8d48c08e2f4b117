/**
 * The id of a job as a type of its own, marked for the compiler as the ids of Mesos are: any number
 * is one, but for a number that is marked as something else.
 *
 * @module
 */

/** Names a job; given at its issue, ascending. */
export type JobId = number & { readonly __kind?: "JobId" };
