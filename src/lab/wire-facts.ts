/** What is known at build time about the wire between a lab's nodes. */
export interface WireFacts {
  /** Bytes of the largest packet that gets through between nodes; absent: whatever the lab requests. */
  readonly mtu?: number | undefined;
}
