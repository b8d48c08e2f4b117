/**
 * User scripts as resources: created from files, directories or virtual environments, stored,
 * served, downloaded, verified and looked up on a node. Importing it reads and writes nothing.
 *
 * @module
 */

export type { ArchiveLimits } from "./archive_limits.ts";
export * from "./deployment.ts";
export * from "./directory_store.ts";
export type { DownloadOptions } from "./download.ts";
export {
  OWN_MODULE,
  type ResourceClassName,
  type ResourceModule,
  TOIL_MODULE,
} from "./pickled_resource.ts";
export * from "./file_server.ts";
export * from "./http_store.ts";
export * from "./resource.ts";
export * from "./resource_errors.ts";
export * from "./resource_store.ts";
export * from "./user_script.ts";
export type { UserScriptContentOptions } from "./user_script_content.ts";
