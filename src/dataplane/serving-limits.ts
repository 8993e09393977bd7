/** How long clients may take, and how much they may send ahead of a body. */

export interface ServingLimits {
  /** Milliseconds for a request's head, a ClientHello, the PROXY protocol's header (nginx: client_header_timeout). */
  readonly head: number;
  /** Milliseconds between two parts of a body (nginx: client_body_timeout). */
  readonly body: number;
  /** Milliseconds that an idle connection is kept (nginx: keepalive_timeout). */
  readonly keepAlive: number;
  /** Bytes; more is answered with 431. */
  readonly headBytes: number;
  /** Milliseconds that a UDP client's session lasts after its last datagram, either way. */
  readonly datagrams: number;
}

export const SERVING_LIMITS: ServingLimits = {
  head: 60_000,
  body: 60_000,
  keepAlive: 75_000,
  headBytes: 32 * 1024,
  datagrams: 60_000,
};
