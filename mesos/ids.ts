/**
 * The ids of Mesos as types of their own, so that one of another kind does not compile in the place
 * of an agent's or a task's. The mark is for the compiler: no id has it. It is optional, so that
 * literals and text from outside need no assertion.
 *
 * @module
 */

/** Names a framework; given by the master at the first SUBSCRIBE. */
export type FrameworkId = string & { readonly __kind?: "FrameworkId" };

/** Names an agent for as long as it keeps its work directory; given by the master. */
export type AgentId = string & { readonly __kind?: "AgentId" };

/** Names an executor within its framework and agent; chosen by the scheduler. */
export type ExecutorId = string & { readonly __kind?: "ExecutorId" };

/** Names a task within its framework; chosen by the scheduler, never reused. */
export type TaskId = string & { readonly __kind?: "TaskId" };

/** Names an offer until it is answered or rescinded; given by the master. */
export type OfferId = string & { readonly __kind?: "OfferId" };
