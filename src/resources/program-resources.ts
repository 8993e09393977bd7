/** Resources of programs that run in namespaces: themselves, and the files and folders that they see. */
import type { VolumeModel, VolumeMount } from "./volume/model.ts";
import type { ResourceBase } from "./resource.ts";

/** A file that processes of the namespace see instead of the host's (`/etc/hosts`, `/etc/resolv.conf`, `/etc/hostname`). */
export interface FileResource extends ResourceBase {
  readonly kind: "file";
  /** `NAMESPACE/NAME` of a hostNetwork pod: only what runs in that pod sees the file, not its node. */
  readonly pod?: string | undefined;
  readonly path: string;
  readonly content: string;
}

/** A folder that programs of a pod mount: with files, or empty at first and theirs. */
export interface VolumeResource extends ResourceBase {
  readonly kind: "volume";
  /** `NAMESPACE/NAME` of a hostNetwork pod. */
  readonly pod?: string | undefined;
  readonly name: string;
  readonly files?: VolumeModel["files"];
  readonly tmpfs?: VolumeModel["tmpfs"];
}

/** A long-lived process in the namespace (a container with a command, or a topology node's process). */
export interface ProcessResource extends ResourceBase {
  readonly kind: "process";
  /** `NAMESPACE/NAME` of a hostNetwork pod, whose files it sees in its node's namespace. */
  readonly pod?: string | undefined;
  readonly name: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Besides `env`, which wins: Services as they were when it started (kubelet sets them then and never again). Not compared. */
  readonly startEnv?: Readonly<Record<string, string>> | undefined;
  readonly cwd?: string | undefined;
  /** Of the volumes of its pod. */
  readonly mounts?: readonly VolumeMount[] | undefined;
  readonly hostname?: string | undefined;
}

/** The whole environment that a process is started with. */
export function processEnvironment(
  process: Pick<ProcessResource, "env" | "startEnv">,
): Readonly<Record<string, string>> {
  return { ...process.startEnv, ...process.env };
}
