/** Volumes of pods as folders with files, and where containers see them. */
import type { Cause } from "../../cause.ts";

/** A file of a volume. */
export interface VolumeFile {
  /** Below the volume's folder. */
  readonly path: string;
  /** Its content: one of the two. */
  readonly text?: string | undefined;
  readonly base64?: string | undefined;
  /** Permissions. */
  readonly mode: number;
}

/** What containers of a pod mount. */
export interface VolumeModel {
  readonly name: string;
  /** Absent: an empty folder. */
  readonly files?: readonly VolumeFile[] | undefined;
  /** A folder with a file system of its own, in memory; with a maximum of bytes if set. */
  readonly tmpfs?: { readonly size?: number | undefined } | undefined;
  readonly cause: Cause;
}

export interface VolumeMount {
  readonly volume: string;
  readonly mountPath: string;
  /** A part of the volume; empty: all of it. */
  readonly subPath: string;
  readonly readOnly: boolean;
}
