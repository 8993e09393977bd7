/** What whoever builds a lab knows about the wire between its nodes. */
export interface WireFacts {
  /** Bytes of the largest packet that gets through between nodes; absent: whatever the lab asks for. */
  readonly mtu?: number | undefined;
}
