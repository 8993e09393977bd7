/** A program that is run in a namespace of the lab, to its end. */
import type { TargetPlace } from "../net/place.ts";

export interface RunParams extends TargetPlace {
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly stdin?: string | undefined;
  readonly timeout: number;
  readonly outputLimit?: number | undefined;
}
export interface RunResult {
  readonly exitCode: number | null;
  readonly signal?: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
  /** It wrote more than was kept. */
  readonly cut?: boolean | undefined;
}
