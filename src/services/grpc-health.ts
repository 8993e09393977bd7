/** gRPC's health checking protocol (grpc/health/v1/health.proto) as far as probes use it: one Check, in both directions. */

export const HEALTH_CHECK = "/grpc.health.v1.Health/Check";
export const GRPC = "application/grpc";

/** Protobuf: field 1, a text of this many bytes; field 1, a number; HealthCheckResponse.SERVING. */
const TEXT_FIELD = 0x0a;
const NUMBER_FIELD = 0x08;
const SERVING = 1;
/** In front of each message: not compressed, length. */
const PREFIX = 5;

function frame(message: Buffer): Buffer {
  const prefix = Buffer.alloc(PREFIX);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}

/** HealthCheckRequest of a service; empty: of the whole server. */
export function healthRequest(service: string): Buffer {
  const text = Buffer.from(service);
  return frame(text.length === 0 ? text : Buffer.concat([Buffer.from([TEXT_FIELD, ...varint(text.length)]), text]));
}

export const SERVING_RESPONSE: Buffer = frame(Buffer.from([NUMBER_FIELD, SERVING]));

/** True for a whole, uncompressed HealthCheckResponse that says SERVING. Unknown fields after it do not matter. */
export function saysServing(body: Buffer): boolean {
  if (body.length < PREFIX || body[0] !== 0) return false;
  const message = body.subarray(PREFIX, PREFIX + body.readUInt32BE(1));
  return message[0] === NUMBER_FIELD && message[1] === SERVING;
}
