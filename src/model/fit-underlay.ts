/** A lab made to fit the wire that it gets: where this carries less than the lab asks for, the underlay's MTU goes down. */
import type { Lab } from "./lab.ts";

/** What whoever builds a lab knows about the wire between its nodes. */
export interface WireFacts {
  /** Bytes of the largest packet that gets through between nodes; absent: whatever the lab asks for. */
  readonly mtu?: number | undefined;
}

/** The same lab when it fits. */
export function fitUnderlay(lab: Lab, { mtu }: WireFacts): Lab {
  if (mtu === undefined || lab.cluster === undefined || lab.cluster.mtu <= mtu) return lab;
  return { ...lab, cluster: { ...lab.cluster, mtu } };
}
