/** One attempt over a socket: what the batch that runs it and the kinds of probes agree on. */
import type { ProbeResult } from "./protocol.ts";

/** What an attempt found out; the batch adds the time that it took. */
export type Finding = Omit<ProbeResult, "ms">;

export interface Attempt {
  /** Opens the socket. Called inside the probe's namespace. */
  open(): void;
  /** The deadline has come: say what is known and close. */
  expire(): void;
}

/** Values by which a trace knows this probe's packets. Absent for ordinary probes, whose values are random. */
export interface ProbeMarks {
  /** Initial sequence number of TCP. */
  readonly sequence: number;
  /** Hex token in the payload of UDP. */
  readonly token: string;
  /** Transaction id of DNS. */
  readonly dnsId: number;
  /** ICMP identifier. */
  readonly pingId: number;
  /** ICMP payload, 16 bytes as hex. */
  readonly pingPattern: string;
}

/** Where an attempt goes and what it has to be careful with. */
export interface AttemptTarget {
  readonly address: string;
  readonly port: number;
  /** Close TCP with RST: thousands of connections would otherwise stay in TIME_WAIT. */
  readonly abortive: boolean;
  readonly marks?: ProbeMarks | undefined;
  /** Told once the socket has its own port. */
  readonly onLocalPort?: ((port: number) => void) | undefined;
  /** Told the IP protocol and the socket's own address before the answer can be dealt with. The buffer is valid in the call only. */
  readonly onSource?: ((protocol: number, source: Buffer) => void) | undefined;
}
