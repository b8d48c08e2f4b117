/**
 * The messages of Mesos' v1 API that this project speaks, as plain objects with the names of the
 * wire. Generated from mesos/wire/protos by `deno task generate`; do not edit.
 *
 * Numbers of 64 bits are JavaScript numbers, bytes are `Uint8Array`, an enum is the name of its
 * value. A field whose enum value this version does not know is absent.
 *
 * @module
 */

import type { AgentId, ExecutorId, FrameworkId, OfferId, TaskId } from "../ids.ts";

/** Names a framework; given by the master at the first SUBSCRIBE. */
export interface FrameworkID {
  /** Field 1, required. */
  value: FrameworkId;
}

/** Names an offer until it is answered or rescinded. */
export interface OfferID {
  /** Field 1, required. */
  value: OfferId;
}

/** Names an agent for as long as it keeps its work directory. */
export interface AgentID {
  /** Field 1, required. */
  value: AgentId;
}

/** Names a task within its framework; chosen by the scheduler, never reused. */
export interface TaskID {
  /** Field 1, required. */
  value: TaskId;
}

/** Names an executor within its framework and agent. */
export interface ExecutorID {
  /** Field 1, required. */
  value: ExecutorId;
}

/** Names the container of an executor; part of the sandbox path. */
export interface ContainerID {
  /** Field 1, required. */
  value: string;
  /** Field 2, optional. */
  parent?: ContainerID | undefined;
}

/** Names a provider of resources that are not the agent's own. */
export interface ResourceProviderID {
  /** Field 1, required. */
  value: string;
}

/** A point in time, in nanoseconds since the Unix epoch. */
export interface TimeInfo {
  /** Field 1, required. */
  nanoseconds: number;
}

/** A span of time in nanoseconds. */
export interface DurationInfo {
  /** Field 1, required. */
  nanoseconds: number;
}

/** Where a process listens. */
export interface Address {
  /** Field 1, optional. */
  hostname?: string | undefined;
  /** Field 2, optional. */
  ip?: string | undefined;
  /** Field 3, required. */
  port: number;
}

/** A key and its value. */
export interface Parameter {
  /** Field 1, required. */
  key: string;
  /** Field 2, required. */
  value: string;
}

/** An address with a scheme and a path, such as an agent's. */
export interface MesosUrl {
  /** Field 1, required. */
  scheme: string;
  /** Field 2, required. */
  address: Address;
  /** Field 3, optional. */
  path?: string | undefined;
  /** Field 4, repeated. */
  query?: Parameter[] | undefined;
  /** Field 5, optional. */
  fragment?: string | undefined;
}

/** Planned maintenance: when it starts and how long it lasts. */
export interface Unavailability {
  /** Field 1, required. */
  start: TimeInfo;
  /** Field 2, optional. */
  duration?: DurationInfo | undefined;
}

/** Free-form key and value, carried along. */
export interface Label {
  /** Field 1, required. */
  key: string;
  /** Field 2, optional. */
  value?: string | undefined;
}

/** A list of labels. */
export interface Labels {
  /** Field 1, repeated. */
  labels?: Label[] | undefined;
}

/** A framework: who it is and what it can do. */
export interface FrameworkInfo {
  /** The user that executors and tasks run as. Field 1, required. */
  user: string;
  /** Field 2, required. */
  name: string;
  /** Set to resume a framework. Field 3, optional. */
  id?: FrameworkID | undefined;
  /** Seconds for which the master keeps tasks after the scheduler went away. Field 4, optional. */
  failover_timeout?: number | undefined;
  /** Whether agents write executors and updates down, to survive their own restart. Field 5, optional. */
  checkpoint?: boolean | undefined;
  /** Field 6, optional. */
  role?: string | undefined;
  /** Field 12, repeated. */
  roles?: string[] | undefined;
  /** Field 7, optional. */
  hostname?: string | undefined;
  /** Field 8, optional. */
  principal?: string | undefined;
  /** Field 9, optional. */
  webui_url?: string | undefined;
  /** Field 10, repeated. */
  capabilities?: FrameworkInfoCapability[] | undefined;
  /** Field 11, optional. */
  labels?: Labels | undefined;
}

/** Something the framework knows how to handle. */
export interface FrameworkInfoCapability {
  /** Field 1, optional. */
  type?: FrameworkInfoCapabilityType | undefined;
}

/** Kinds of capability. */
export type FrameworkInfoCapabilityType =
  | "UNKNOWN"
  | "REVOCABLE_RESOURCES"
  | "TASK_KILLING_STATE"
  | "GPU_RESOURCES"
  | "SHARED_RESOURCES"
  | "PARTITION_AWARE"
  | "MULTI_ROLE"
  | "RESERVATION_REFINEMENT"
  | "REGION_AWARE";

/** How long a killed task has between TERM and KILL. */
export interface KillPolicy {
  /** Field 1, optional. */
  grace_period?: DurationInfo | undefined;
}

/** Environment variables of a command. */
export interface Environment {
  /** Field 1, repeated. */
  variables?: EnvironmentVariable[] | undefined;
}

/** One variable. */
export interface EnvironmentVariable {
  /** Field 1, required. */
  name: string;
  /** Field 3, optional. */
  type?: EnvironmentVariableType | undefined;
  /** Field 2, optional. */
  value?: string | undefined;
}

/** Where the value comes from. */
export type EnvironmentVariableType =
  | "UNKNOWN"
  | "VALUE"
  | "SECRET";

/** What an agent runs, and the files it fetches into the sandbox before. */
export interface CommandInfo {
  /** Field 1, repeated. */
  uris?: CommandInfoURI[] | undefined;
  /** Field 2, optional. */
  environment?: Environment | undefined;
  /** True: `value` is given to `/bin/sh -c`; false: it is a path and `arguments` is argv. Field 6, optional. */
  shell?: boolean | undefined;
  /** Field 3, optional. */
  value?: string | undefined;
  /** Field 7, repeated. */
  arguments?: string[] | undefined;
  /** Field 5, optional. */
  user?: string | undefined;
}

/** A file to fetch. */
export interface CommandInfoURI {
  /** Field 1, required. */
  value: string;
  /** Field 2, optional. */
  executable?: boolean | undefined;
  /** Field 3, optional. */
  extract?: boolean | undefined;
  /** Field 4, optional. */
  cache?: boolean | undefined;
  /** Field 5, optional. */
  output_file?: string | undefined;
}

/** An executor: the process that runs a framework's tasks on an agent. */
export interface ExecutorInfo {
  /** Field 15, optional. */
  type?: ExecutorInfoType | undefined;
  /** Field 1, required. */
  executor_id: ExecutorID;
  /** Field 8, optional. */
  framework_id?: FrameworkID | undefined;
  /** Field 7, optional. */
  command?: CommandInfo | undefined;
  /** Field 5, repeated. */
  resources?: MesosResource[] | undefined;
  /** Field 9, optional. */
  name?: string | undefined;
  /** Field 10, optional. */
  source?: string | undefined;
  /** Field 4, optional. */
  data?: Uint8Array | undefined;
  /** How long the agent waits between SHUTDOWN and killing the container. Field 13, optional. */
  shutdown_grace_period?: DurationInfo | undefined;
  /** Field 14, optional. */
  labels?: Labels | undefined;
}

/** DEFAULT is Mesos' own executor, CUSTOM runs `command`. */
export type ExecutorInfoType =
  | "UNKNOWN"
  | "DEFAULT"
  | "CUSTOM";

/** Region and zone. */
export interface DomainInfo {
  /** Field 1, optional. */
  fault_domain?: DomainInfoFaultDomain | undefined;
}

/** Where failures are shared. */
export interface DomainInfoFaultDomain {
  /** Field 1, required. */
  region: DomainInfoFaultDomainRegionInfo;
  /** Field 2, required. */
  zone: DomainInfoFaultDomainZoneInfo;
}

/** A region. */
export interface DomainInfoFaultDomainRegionInfo {
  /** Field 1, required. */
  name: string;
}

/** A zone within a region. */
export interface DomainInfoFaultDomainZoneInfo {
  /** Field 1, required. */
  name: string;
}

/** The leading master. */
export interface MasterInfo {
  /** Field 1, required. */
  id: string;
  /** Field 2, required. */
  ip: number;
  /** Field 3, required. */
  port: number;
  /** Field 4, optional. */
  pid?: string | undefined;
  /** Field 5, optional. */
  hostname?: string | undefined;
  /** Field 6, optional. */
  version?: string | undefined;
  /** Field 7, optional. */
  address?: Address | undefined;
  /** Field 8, optional. */
  domain?: DomainInfo | undefined;
  /** Field 9, repeated. */
  capabilities?: MasterInfoCapability[] | undefined;
}

/** Something the master knows how to handle. */
export interface MasterInfoCapability {
  /** Field 1, optional. */
  type?: MasterInfoCapabilityType | undefined;
}

/** Kinds of capability. */
export type MasterInfoCapabilityType =
  | "UNKNOWN"
  | "AGENT_UPDATE"
  | "AGENT_DRAINING"
  | "QUOTA_V2";

/** An agent as described to an executor. */
export interface AgentInfo {
  /** Field 1, required. */
  hostname: string;
  /** Field 8, optional. */
  port?: number | undefined;
  /** Field 3, repeated. */
  resources?: MesosResource[] | undefined;
  /** Field 5, repeated. */
  attributes?: Attribute[] | undefined;
  /** Field 6, optional. */
  id?: AgentID | undefined;
  /** Field 10, optional. */
  domain?: DomainInfo | undefined;
}

/** A typed value. */
export interface Value {
  /** Field 1, required. */
  type: ValueType;
  /** Field 2, optional. */
  scalar?: ValueScalar | undefined;
  /** Field 3, optional. */
  ranges?: ValueRanges | undefined;
  /** Field 4, optional. */
  set?: ValueSet | undefined;
  /** Field 5, optional. */
  text?: ValueText | undefined;
}

/** The kinds of value. */
export type ValueType =
  | "SCALAR"
  | "RANGES"
  | "SET"
  | "TEXT";

/** A number; Mesos keeps three decimals. */
export interface ValueScalar {
  /** Field 1, required. */
  value: number;
}

/** A closed range of integers. */
export interface ValueRange {
  /** Field 1, required. */
  begin: number;
  /** Field 2, required. */
  end: number;
}

/** Several ranges. */
export interface ValueRanges {
  /** Field 1, repeated. */
  range?: ValueRange[] | undefined;
}

/** A set of words. */
export interface ValueSet {
  /** Field 1, repeated. */
  item?: string[] | undefined;
}

/** A text. */
export interface ValueText {
  /** Field 1, required. */
  value: string;
}

/** A fact about an agent, such as `rack:r1`; not consumed. */
export interface Attribute {
  /** Field 1, required. */
  name: string;
  /** Field 2, required. */
  type: ValueType;
  /** Field 3, optional. */
  scalar?: ValueScalar | undefined;
  /** Field 4, optional. */
  ranges?: ValueRanges | undefined;
  /** Field 6, optional. */
  set?: ValueSet | undefined;
  /** Field 5, optional. */
  text?: ValueText | undefined;
}

/** An amount of something an agent has: cpus, mem (MiB), disk (MiB), gpus, ports. */
export interface MesosResource {
  /** Field 12, optional. */
  provider_id?: ResourceProviderID | undefined;
  /** Field 1, required. */
  name: string;
  /** Field 2, required. */
  type: ValueType;
  /** Field 3, optional. */
  scalar?: ValueScalar | undefined;
  /** Field 4, optional. */
  ranges?: ValueRanges | undefined;
  /** Field 5, optional. */
  set?: ValueSet | undefined;
  /** Field 6, optional. */
  role?: string | undefined;
  /** Field 11, optional. */
  allocation_info?: MesosResourceAllocationInfo | undefined;
  /** Field 8, optional. */
  reservation?: MesosResourceReservationInfo | undefined;
  /** Field 13, repeated. */
  reservations?: MesosResourceReservationInfo[] | undefined;
  /** Field 7, optional. */
  disk?: MesosResourceDiskInfo | undefined;
  /** Field 9, optional. */
  revocable?: MesosResourceRevocableInfo | undefined;
  /** Field 10, optional. */
  shared?: MesosResourceSharedInfo | undefined;
}

/** The role that the allocator gave it to. */
export interface MesosResourceAllocationInfo {
  /** Field 1, optional. */
  role?: string | undefined;
}

/** For whom it is set aside. */
export interface MesosResourceReservationInfo {
  /** Field 4, optional. */
  type?: MesosResourceReservationInfoType | undefined;
  /** Field 3, optional. */
  role?: string | undefined;
  /** Field 1, optional. */
  principal?: string | undefined;
  /** Field 2, optional. */
  labels?: Labels | undefined;
}

/** Set by the agent's flags, or at run time. */
export type MesosResourceReservationInfoType =
  | "UNKNOWN"
  | "STATIC"
  | "DYNAMIC";

/** What is particular about a disk. */
export interface MesosResourceDiskInfo {
  /** Field 1, optional. */
  persistence?: MesosResourceDiskInfoPersistence | undefined;
  /** Field 2, optional. */
  volume?: Volume | undefined;
  /** Field 3, optional. */
  source?: MesosResourceDiskInfoSource | undefined;
}

/** A volume that outlives its tasks. */
export interface MesosResourceDiskInfoPersistence {
  /** Field 1, required. */
  id: string;
  /** Field 2, optional. */
  principal?: string | undefined;
}

/** A disk that is not the agent's work directory. */
export interface MesosResourceDiskInfoSource {
  /** Field 1, required. */
  type: MesosResourceDiskInfoSourceType;
  /** Field 2, optional. */
  path?: MesosResourceDiskInfoSourcePath | undefined;
  /** Field 3, optional. */
  mount?: MesosResourceDiskInfoSourceMount | undefined;
  /** Field 7, optional. */
  vendor?: string | undefined;
  /** Field 4, optional. */
  id?: string | undefined;
  /** Field 5, optional. */
  metadata?: Labels | undefined;
  /** Field 6, optional. */
  profile?: string | undefined;
}

/** PATH can be split, MOUNT must be taken whole. */
export type MesosResourceDiskInfoSourceType =
  | "UNKNOWN"
  | "PATH"
  | "MOUNT"
  | "BLOCK"
  | "RAW";

/** A directory. */
export interface MesosResourceDiskInfoSourcePath {
  /** Field 1, optional. */
  root?: string | undefined;
}

/** A mount point. */
export interface MesosResourceDiskInfoSourceMount {
  /** Field 1, optional. */
  root?: string | undefined;
}

/** Marks resources that can be taken back. */
export type MesosResourceRevocableInfo = Record<string, never>;

/** Marks resources that several tasks use at once. */
export type MesosResourceSharedInfo = Record<string, never>;

/** Where a volume appears in a container. */
export interface Volume {
  /** Field 3, required. */
  mode: VolumeMode;
  /** Field 1, required. */
  container_path: string;
  /** Field 2, optional. */
  host_path?: string | undefined;
}

/** Read-write or read-only. */
export type VolumeMode =
  | "RW"
  | "RO";

/** Resources of one agent, offered to a framework. */
export interface Offer {
  /** Field 1, required. */
  id: OfferID;
  /** Field 2, required. */
  framework_id: FrameworkID;
  /** Field 3, required. */
  agent_id: AgentID;
  /** Field 4, required. */
  hostname: string;
  /** Where the agent listens. Field 8, optional. */
  url?: MesosUrl | undefined;
  /** Field 11, optional. */
  domain?: DomainInfo | undefined;
  /** Field 5, repeated. */
  resources?: MesosResource[] | undefined;
  /** Field 7, repeated. */
  attributes?: Attribute[] | undefined;
  /** Executors of this framework that run there already. Field 6, repeated. */
  executor_ids?: ExecutorID[] | undefined;
  /** Field 9, optional. */
  unavailability?: Unavailability | undefined;
  /** Field 10, optional. */
  allocation_info?: MesosResourceAllocationInfo | undefined;
}

/** What to do with an offer. */
export interface OfferOperation {
  /** Field 1, optional. */
  type?: OfferOperationType | undefined;
  /** Field 2, optional. */
  launch?: OfferOperationLaunch | undefined;
}

/** Kinds of operation. */
export type OfferOperationType =
  | "UNKNOWN"
  | "LAUNCH"
  | "LAUNCH_GROUP"
  | "RESERVE"
  | "UNRESERVE"
  | "CREATE"
  | "DESTROY";

/** Start tasks. */
export interface OfferOperationLaunch {
  /** Field 1, repeated. */
  task_infos?: TaskInfo[] | undefined;
}

/** A request to give resources back because of maintenance. */
export interface InverseOffer {
  /** Field 1, required. */
  id: OfferID;
  /** Field 2, optional. */
  url?: MesosUrl | undefined;
  /** Field 3, required. */
  framework_id: FrameworkID;
  /** Field 4, optional. */
  agent_id?: AgentID | undefined;
  /** Field 5, required. */
  unavailability: Unavailability;
  /** Field 6, repeated. */
  resources?: MesosResource[] | undefined;
}

/** A task to launch. */
export interface TaskInfo {
  /** Field 1, required. */
  name: string;
  /** Field 2, required. */
  task_id: TaskID;
  /** Field 3, required. */
  agent_id: AgentID;
  /** Field 4, repeated. */
  resources?: MesosResource[] | undefined;
  /** Field 5, optional. */
  executor?: ExecutorInfo | undefined;
  /** Field 7, optional. */
  command?: CommandInfo | undefined;
  /** Field 12, optional. */
  kill_policy?: KillPolicy | undefined;
  /** For the executor; Mesos does not look at it. Field 6, optional. */
  data?: Uint8Array | undefined;
  /** Field 10, optional. */
  labels?: Labels | undefined;
}

/** Tasks that start together. */
export interface TaskGroupInfo {
  /** Field 1, repeated. */
  tasks?: TaskInfo[] | undefined;
}

/** What a task is doing, or how it ended. */
export type TaskState =
  | "TASK_STAGING"
  | "TASK_STARTING"
  | "TASK_RUNNING"
  | "TASK_KILLING"
  | "TASK_FINISHED"
  | "TASK_FAILED"
  | "TASK_KILLED"
  | "TASK_ERROR"
  | "TASK_LOST"
  | "TASK_DROPPED"
  | "TASK_UNREACHABLE"
  | "TASK_GONE"
  | "TASK_GONE_BY_OPERATOR"
  | "TASK_UNKNOWN";

/** The resources that a container used too much of. */
export interface TaskResourceLimitation {
  /** Field 1, repeated. */
  resources?: MesosResource[] | undefined;
}

/** Addresses of a container. */
export interface NetworkInfo {
  /** Field 5, repeated. */
  ip_addresses?: NetworkInfoIPAddress[] | undefined;
  /** Field 6, optional. */
  name?: string | undefined;
}

/** IP versions. */
export type NetworkInfoProtocol =
  | "IPv4"
  | "IPv6";

/** One address. */
export interface NetworkInfoIPAddress {
  /** Field 1, optional. */
  protocol?: NetworkInfoProtocol | undefined;
  /** Field 2, optional. */
  ip_address?: string | undefined;
}

/** What the agent knows of the container that a task runs in. */
export interface ContainerStatus {
  /** Field 4, optional. */
  container_id?: ContainerID | undefined;
  /** Field 1, repeated. */
  network_infos?: NetworkInfo[] | undefined;
  /** Field 3, optional. */
  executor_pid?: number | undefined;
}

/** A change of a task's state, or an answer to RECONCILE. */
export interface TaskStatus {
  /** Field 1, required. */
  task_id: TaskID;
  /** Required in Mesos; optional here, so that a state of a newer Mesos does not cost the update. Field 2, optional. */
  state?: TaskState | undefined;
  /** Field 4, optional. */
  message?: string | undefined;
  /** Field 9, optional. */
  source?: TaskStatusSource | undefined;
  /** Field 10, optional. */
  reason?: TaskStatusReason | undefined;
  /** Field 3, optional. */
  data?: Uint8Array | undefined;
  /** Field 5, optional. */
  agent_id?: AgentID | undefined;
  /** Field 7, optional. */
  executor_id?: ExecutorID | undefined;
  /** Seconds since the Unix epoch. Field 6, optional. */
  timestamp?: number | undefined;
  /** RFC 4122 bytes; present where the update must be acknowledged. Field 11, optional. */
  uuid?: Uint8Array | undefined;
  /** Field 8, optional. */
  healthy?: boolean | undefined;
  /** Field 12, optional. */
  labels?: Labels | undefined;
  /** Field 13, optional. */
  container_status?: ContainerStatus | undefined;
  /** Field 14, optional. */
  unreachable_time?: TimeInfo | undefined;
  /** Field 16, optional. */
  limitation?: TaskResourceLimitation | undefined;
}

/** Who made it. */
export type TaskStatusSource =
  | "SOURCE_MASTER"
  | "SOURCE_AGENT"
  | "SOURCE_EXECUTOR";

/** Why. */
export type TaskStatusReason =
  | "REASON_COMMAND_EXECUTOR_FAILED"
  | "REASON_CONTAINER_LAUNCH_FAILED"
  | "REASON_CONTAINER_LIMITATION"
  | "REASON_CONTAINER_LIMITATION_DISK"
  | "REASON_CONTAINER_LIMITATION_MEMORY"
  | "REASON_CONTAINER_PREEMPTED"
  | "REASON_CONTAINER_UPDATE_FAILED"
  | "REASON_MAX_COMPLETION_TIME_REACHED"
  | "REASON_EXECUTOR_REGISTRATION_TIMEOUT"
  | "REASON_EXECUTOR_REREGISTRATION_TIMEOUT"
  | "REASON_EXECUTOR_TERMINATED"
  | "REASON_EXECUTOR_UNREGISTERED"
  | "REASON_FRAMEWORK_REMOVED"
  | "REASON_GC_ERROR"
  | "REASON_INVALID_FRAMEWORKID"
  | "REASON_INVALID_OFFERS"
  | "REASON_IO_SWITCHBOARD_EXITED"
  | "REASON_MASTER_DISCONNECTED"
  | "REASON_RECONCILIATION"
  | "REASON_RESOURCES_UNKNOWN"
  | "REASON_AGENT_DISCONNECTED"
  | "REASON_AGENT_DRAINING"
  | "REASON_AGENT_REMOVED"
  | "REASON_AGENT_REMOVED_BY_OPERATOR"
  | "REASON_AGENT_REREGISTERED"
  | "REASON_AGENT_RESTARTED"
  | "REASON_AGENT_UNKNOWN"
  | "REASON_TASK_KILLED_DURING_LAUNCH"
  | "REASON_TASK_CHECK_STATUS_UPDATED"
  | "REASON_TASK_HEALTH_CHECK_STATUS_UPDATED"
  | "REASON_TASK_GROUP_INVALID"
  | "REASON_TASK_GROUP_UNAUTHORIZED"
  | "REASON_TASK_INVALID"
  | "REASON_TASK_UNAUTHORIZED"
  | "REASON_TASK_UNKNOWN";

/** For how long declined resources stay away. */
export interface Filters {
  /** Field 1, optional. */
  refuse_seconds?: number | undefined;
}

/** From the master, on the response to SUBSCRIBE. */
export interface SchedulerEvent {
  /** Field 1, optional. */
  type?: SchedulerEventType | undefined;
  /** Field 2, optional. */
  subscribed?: SchedulerEventSubscribed | undefined;
  /** Field 3, optional. */
  offers?: SchedulerEventOffers | undefined;
  /** Field 9, optional. */
  inverse_offers?: SchedulerEventInverseOffers | undefined;
  /** Field 4, optional. */
  rescind?: SchedulerEventRescind | undefined;
  /** Field 10, optional. */
  rescind_inverse_offer?: SchedulerEventRescindInverseOffer | undefined;
  /** Field 5, optional. */
  update?: SchedulerEventUpdate | undefined;
  /** Field 6, optional. */
  message?: SchedulerEventMessage | undefined;
  /** Field 7, optional. */
  failure?: SchedulerEventFailure | undefined;
  /** Field 8, optional. */
  error?: SchedulerEventError | undefined;
}

/** Kinds of event. */
export type SchedulerEventType =
  | "UNKNOWN"
  | "SUBSCRIBED"
  | "OFFERS"
  | "INVERSE_OFFERS"
  | "RESCIND"
  | "RESCIND_INVERSE_OFFER"
  | "UPDATE"
  | "UPDATE_OPERATION_STATUS"
  | "MESSAGE"
  | "FAILURE"
  | "ERROR"
  | "HEARTBEAT";

/** The subscription stands. */
export interface SchedulerEventSubscribed {
  /** Field 1, required. */
  framework_id: FrameworkID;
  /** Field 2, optional. */
  heartbeat_interval_seconds?: number | undefined;
  /** Field 3, optional. */
  master_info?: MasterInfo | undefined;
}

/** New offers. */
export interface SchedulerEventOffers {
  /** Field 1, repeated. */
  offers?: Offer[] | undefined;
}

/** Resources wanted back. */
export interface SchedulerEventInverseOffers {
  /** Field 1, repeated. */
  inverse_offers?: InverseOffer[] | undefined;
}

/** An offer is no longer valid. */
export interface SchedulerEventRescind {
  /** Field 1, required. */
  offer_id: OfferID;
}

/** An inverse offer is no longer valid. */
export interface SchedulerEventRescindInverseOffer {
  /** Field 1, required. */
  inverse_offer_id: OfferID;
}

/** A task's state. */
export interface SchedulerEventUpdate {
  /** Field 1, required. */
  status: TaskStatus;
}

/** Bytes from an executor. */
export interface SchedulerEventMessage {
  /** Field 1, required. */
  agent_id: AgentID;
  /** Field 2, required. */
  executor_id: ExecutorID;
  /** Field 3, required. */
  data: Uint8Array;
}

/** An agent was removed (agent_id alone) or an executor ended (with executor_id and status). */
export interface SchedulerEventFailure {
  /** Field 1, optional. */
  agent_id?: AgentID | undefined;
  /** Field 2, optional. */
  executor_id?: ExecutorID | undefined;
  /** The wait status as waitpid(2) gives it. Field 3, optional. */
  status?: number | undefined;
}

/** The subscription ends for good. */
export interface SchedulerEventError {
  /** Field 1, required. */
  message: string;
}

/** To the master. */
export interface SchedulerCall {
  /** Field 1, optional. */
  framework_id?: FrameworkID | undefined;
  /** Field 2, optional. */
  type?: SchedulerCallType | undefined;
  /** Field 3, optional. */
  subscribe?: SchedulerCallSubscribe | undefined;
  /** Field 4, optional. */
  accept?: SchedulerCallAccept | undefined;
  /** Field 5, optional. */
  decline?: SchedulerCallDecline | undefined;
  /** Field 13, optional. */
  accept_inverse_offers?: SchedulerCallAcceptInverseOffers | undefined;
  /** Field 14, optional. */
  decline_inverse_offers?: SchedulerCallDeclineInverseOffers | undefined;
  /** Field 15, optional. */
  revive?: SchedulerCallRevive | undefined;
  /** Field 6, optional. */
  kill?: SchedulerCallKill | undefined;
  /** Field 7, optional. */
  shutdown?: SchedulerCallShutdown | undefined;
  /** Field 8, optional. */
  acknowledge?: SchedulerCallAcknowledge | undefined;
  /** Field 9, optional. */
  reconcile?: SchedulerCallReconcile | undefined;
  /** Field 10, optional. */
  message?: SchedulerCallMessage | undefined;
  /** Field 16, optional. */
  suppress?: SchedulerCallSuppress | undefined;
  /** Field 19, optional. */
  update_framework?: SchedulerCallUpdateFramework | undefined;
}

/** Kinds of call. */
export type SchedulerCallType =
  | "UNKNOWN"
  | "SUBSCRIBE"
  | "TEARDOWN"
  | "ACCEPT"
  | "DECLINE"
  | "ACCEPT_INVERSE_OFFERS"
  | "DECLINE_INVERSE_OFFERS"
  | "REVIVE"
  | "KILL"
  | "SHUTDOWN"
  | "ACKNOWLEDGE"
  | "ACKNOWLEDGE_OPERATION_STATUS"
  | "RECONCILE"
  | "RECONCILE_OPERATIONS"
  | "MESSAGE"
  | "REQUEST"
  | "SUPPRESS"
  | "UPDATE_FRAMEWORK";

/** Opens the event stream. */
export interface SchedulerCallSubscribe {
  /** Field 1, required. */
  framework_info: FrameworkInfo;
  /** Field 2, repeated. */
  suppressed_roles?: string[] | undefined;
}

/** Uses offers of one agent. */
export interface SchedulerCallAccept {
  /** Field 1, repeated. */
  offer_ids?: OfferID[] | undefined;
  /** Field 2, repeated. */
  operations?: OfferOperation[] | undefined;
  /** For what is left of the offers. Field 3, optional. */
  filters?: Filters | undefined;
}

/** Gives offers back. */
export interface SchedulerCallDecline {
  /** Field 1, repeated. */
  offer_ids?: OfferID[] | undefined;
  /** Field 2, optional. */
  filters?: Filters | undefined;
}

/** Agrees to maintenance. */
export interface SchedulerCallAcceptInverseOffers {
  /** Field 1, repeated. */
  inverse_offer_ids?: OfferID[] | undefined;
  /** Field 2, optional. */
  filters?: Filters | undefined;
}

/** Objects to maintenance. */
export interface SchedulerCallDeclineInverseOffers {
  /** Field 1, repeated. */
  inverse_offer_ids?: OfferID[] | undefined;
  /** Field 2, optional. */
  filters?: Filters | undefined;
}

/** Wants offers again, now, and forgets all filters. */
export interface SchedulerCallRevive {
  /** Field 1, repeated. */
  roles?: string[] | undefined;
}

/** Ends a task. */
export interface SchedulerCallKill {
  /** Field 1, required. */
  task_id: TaskID;
  /** Field 2, optional. */
  agent_id?: AgentID | undefined;
  /** Field 3, optional. */
  kill_policy?: KillPolicy | undefined;
}

/** Ends an executor. */
export interface SchedulerCallShutdown {
  /** Field 1, required. */
  executor_id: ExecutorID;
  /** Field 2, required. */
  agent_id: AgentID;
}

/** Confirms an update that came with a uuid. */
export interface SchedulerCallAcknowledge {
  /** Field 1, required. */
  agent_id: AgentID;
  /** Field 2, required. */
  task_id: TaskID;
  /** Field 3, required. */
  uuid: Uint8Array;
}

/** Asks for the states of these tasks, or of all when the list is empty. */
export interface SchedulerCallReconcile {
  /** Field 1, repeated. */
  tasks?: SchedulerCallReconcileTask[] | undefined;
}

/** One task. */
export interface SchedulerCallReconcileTask {
  /** Field 1, required. */
  task_id: TaskID;
  /** Field 2, optional. */
  agent_id?: AgentID | undefined;
}

/** Bytes for an executor; may be lost. */
export interface SchedulerCallMessage {
  /** Field 1, required. */
  agent_id: AgentID;
  /** Field 2, required. */
  executor_id: ExecutorID;
  /** Field 3, required. */
  data: Uint8Array;
}

/** Wants no offers. */
export interface SchedulerCallSuppress {
  /** Field 1, repeated. */
  roles?: string[] | undefined;
}

/** Changes what SUBSCRIBE said. */
export interface SchedulerCallUpdateFramework {
  /** Field 1, required. */
  framework_info: FrameworkInfo;
  /** Field 2, repeated. */
  suppressed_roles?: string[] | undefined;
}

/** From the agent, on the response to SUBSCRIBE. */
export interface ExecutorEvent {
  /** Field 1, optional. */
  type?: ExecutorEventType | undefined;
  /** Field 2, optional. */
  subscribed?: ExecutorEventSubscribed | undefined;
  /** Field 3, optional. */
  acknowledged?: ExecutorEventAcknowledged | undefined;
  /** Field 4, optional. */
  launch?: ExecutorEventLaunch | undefined;
  /** Field 8, optional. */
  launch_group?: ExecutorEventLaunchGroup | undefined;
  /** Field 5, optional. */
  kill?: ExecutorEventKill | undefined;
  /** Field 6, optional. */
  message?: ExecutorEventMessage | undefined;
  /** Field 7, optional. */
  error?: ExecutorEventError | undefined;
}

/** Kinds of event. */
export type ExecutorEventType =
  | "UNKNOWN"
  | "SUBSCRIBED"
  | "LAUNCH"
  | "LAUNCH_GROUP"
  | "KILL"
  | "ACKNOWLEDGED"
  | "MESSAGE"
  | "ERROR"
  | "SHUTDOWN"
  | "HEARTBEAT";

/** The subscription stands. */
export interface ExecutorEventSubscribed {
  /** Field 1, required. */
  executor_info: ExecutorInfo;
  /** Field 2, required. */
  framework_info: FrameworkInfo;
  /** Field 3, required. */
  agent_info: AgentInfo;
  /** Field 4, optional. */
  container_id?: ContainerID | undefined;
}

/** Start a task. */
export interface ExecutorEventLaunch {
  /** Field 1, required. */
  task: TaskInfo;
}

/** Start tasks together. */
export interface ExecutorEventLaunchGroup {
  /** Field 1, required. */
  task_group: TaskGroupInfo;
}

/** End a task. */
export interface ExecutorEventKill {
  /** Field 1, required. */
  task_id: TaskID;
  /** Field 2, optional. */
  kill_policy?: KillPolicy | undefined;
}

/** The agent has the update: it need not be sent again. */
export interface ExecutorEventAcknowledged {
  /** Field 1, required. */
  task_id: TaskID;
  /** Field 2, required. */
  uuid: Uint8Array;
}

/** Bytes from the scheduler. */
export interface ExecutorEventMessage {
  /** Field 1, required. */
  data: Uint8Array;
}

/** The subscription ends for good. */
export interface ExecutorEventError {
  /** Field 1, required. */
  message: string;
}

/** To the agent. */
export interface ExecutorCall {
  /** Field 1, required. */
  executor_id: ExecutorID;
  /** Field 2, required. */
  framework_id: FrameworkID;
  /** Field 3, optional. */
  type?: ExecutorCallType | undefined;
  /** Field 4, optional. */
  subscribe?: ExecutorCallSubscribe | undefined;
  /** Field 5, optional. */
  update?: ExecutorCallUpdate | undefined;
  /** Field 6, optional. */
  message?: ExecutorCallMessage | undefined;
}

/** Kinds of call. */
export type ExecutorCallType =
  | "UNKNOWN"
  | "SUBSCRIBE"
  | "UPDATE"
  | "MESSAGE"
  | "HEARTBEAT";

/** Opens the event stream and repeats everything that the agent has not acknowledged. */
export interface ExecutorCallSubscribe {
  /** Field 1, repeated. */
  unacknowledged_tasks?: TaskInfo[] | undefined;
  /** Field 2, repeated. */
  unacknowledged_updates?: ExecutorCallUpdate[] | undefined;
}

/** A task's state. */
export interface ExecutorCallUpdate {
  /** Field 1, required. */
  status: TaskStatus;
}

/** Bytes for the scheduler; may be lost. */
export interface ExecutorCallMessage {
  /** Field 2, required. */
  data: Uint8Array;
}
