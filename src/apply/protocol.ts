/** What applying a plan reports. */
import type { OperationFailure } from "../errors.ts";
import type { NsName } from "../net/place.ts";

/** A sysctl of the host that was raised. */
export interface RaisedLimit {
  readonly key: string;
  readonly from: number;
  readonly to: number;
}

export type ApplyEvent =
  | { readonly type: "started"; readonly operation: string }
  | { readonly type: "done"; readonly operation: string; readonly ms: number }
  | { readonly type: "failed"; readonly failure: OperationFailure }
  | { readonly type: "progress"; readonly done: number; readonly total: number }
  /** Something rare that takes long: an image is built. */
  | { readonly type: "note"; readonly text: string };

/** The end of a cable that leads to another machine: a device that a network brought, known by its MAC. */
export interface MachinePort {
  readonly ns: NsName;
  readonly name: string;
  readonly mac: string;
}
