/** Places in a lab: a namespace, and for hostNetwork pods whose files. */

export interface TargetPlace {
  readonly ns: string;
  /** `NAMESPACE/NAME` of a hostNetwork pod: it has resolv.conf and hosts file of its own in its node's namespace. */
  readonly pod?: string | undefined;
}

/** A namespace of the lab as the protocol names it. */
export type NsName = string;
