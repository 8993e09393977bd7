/** One attempt over a socket: the interface between the batch that runs it and the kinds of probes. */
import type { ProbeResult } from "./protocol.ts";

/** What an attempt found out; the batch adds the time that it took. */
export type AttemptResult = Omit<ProbeResult, "ms">;

export interface Attempt {
  /** Opens the socket. Called inside the probe's namespace. */
  open(): void;
  /** The deadline has passed: report what is known and close. */
  expire(): void;
}

/** Values by which a trace recognises this probe's packets. Absent for ordinary probes, whose values are random. */
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
  /** What follows is of a packet that others have sent. How many sequence numbers it takes; absent: a SYN. */
  readonly advance?: number | undefined;
  /** `token` is how its payload begins, and nothing of an answer. */
  readonly plain?: true | undefined;
  /** ICMP sequence number. */
  readonly pingSequence?: number | undefined;
}

/** Where an attempt goes and what it must observe. */
export interface AttemptTarget {
  readonly address: string;
  readonly port: number;
  /** Close TCP with RST: thousands of connections would otherwise stay in TIME_WAIT. */
  readonly abortive: boolean;
  readonly marks?: ProbeMarks | undefined;
  /** Called once the socket has its own port. */
  readonly onLocalPort?: ((port: number) => void) | undefined;
  /** Called with the IP protocol and the socket's own address before the answer can be handled. The buffer is valid in the call only. */
  readonly onSource?: ((protocol: number, source: Buffer) => void) | undefined;
}
