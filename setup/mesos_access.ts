/**
 * Credentials and certificates, read from the files that the options name.
 *
 * @module
 */

import { X509Certificate } from "node:crypto";
import { readFileBounded } from "../support/bounded_file.ts";
import { reasonOf } from "../support/reason.ts";
import { UsageError } from "../support/usage_error.ts";
import type { BatchSystemOptions } from "./batch_system_options.ts";
import type { MesosAccess } from "./mesos_connection.ts";
import { readSecretFile } from "./secret_file.ts";

/** The certificates that a whole system trusts take less than 1 MiB. */
const MAX_CERTIFICATES_BYTES = 16 * 1024 * 1024;

/**
 * Reads credential and certificates.
 *
 * @throws {UsageError} when a file cannot be used, or a secret has no principal.
 */
export function readMesosAccess(
  { principal, secretFile, caFile }: BatchSystemOptions,
): MesosAccess {
  if (secretFile !== undefined && principal === undefined) {
    throw new UsageError("--secret-file needs --principal");
  }
  return {
    credential: principal !== undefined && secretFile !== undefined
      ? { principal, secret: readSecretFile(secretFile) }
      : undefined,
    caCertificates: caFile === undefined ? undefined : readCertificates(caFile),
  };
}

/** What the kernel takes as one variable of an executor, less some room. */
const MAX_EXECUTOR_CERTIFICATES_BYTES = 100 * 1024;

/**
 * Reads what executors shall trust.
 *
 * @throws {UsageError} when the file cannot be used, or is too large for a variable.
 */
export function readExecutorCertificates(
  { executorCaFile: path }: BatchSystemOptions,
): string | undefined {
  if (path === undefined) return undefined;
  const text = readCertificates(path);
  if (text.length <= MAX_EXECUTOR_CERTIFICATES_BYTES) return text;
  throw new UsageError(
    `--executor-ca-file: ${path} is larger than ${MAX_EXECUTOR_CERTIFICATES_BYTES} bytes; ` +
      "give only the certificates that agents need",
  );
}

function readCertificates(path: string): string {
  let text: string;
  try {
    text = new TextDecoder().decode(readFileBounded(path, MAX_CERTIFICATES_BYTES));
  } catch (error) {
    throw new UsageError(`Cannot read ${path}: ${reasonOf(error)}`, { cause: error });
  }
  // A certificate that is broken would only show much later, as a master that can't be trusted.
  const certificates = text.split(/(?=-----BEGIN CERTIFICATE-----)/)
    .filter((part) => part.startsWith("-----BEGIN"));
  if (certificates.length === 0) {
    throw new UsageError(`Cannot use ${path}: it contains no PEM certificate`);
  }
  try {
    for (const certificate of certificates) new X509Certificate(certificate);
  } catch (error) {
    throw new UsageError(`Cannot use ${path}: a certificate in it is broken`, { cause: error });
  }
  return text;
}
