/** WireGuard's messages (wireguard.com/protocol): a type, three zero bytes, and a length that belongs to it. */
import { WIREGUARD_PORT } from "../net/wireguard.ts";

const NAMES = ["handshake initiation", "handshake response", "cookie reply", "data"];
const LENGTHS = [148, 92, 64];
const DATA = 4;
/** Header 16, and the tag of an empty packet 16. */
const MIN_DATA = 32;

/** `handshake initiation`, `data, receiver 0x1234, counter 5`. Data is taken for it only on the usual port. */
export function formatWireguard(payload: Uint8Array, ports: readonly number[]): string | undefined {
  const type = payload[0] ?? 0;
  if (payload[1] !== 0 || payload[2] !== 0 || payload[3] !== 0 || payload.length < 8) return undefined;
  const name = NAMES[type - 1];
  if (type !== DATA) return payload.length === LENGTHS[type - 1] ? name : undefined;
  if (payload.length < MIN_DATA || !ports.includes(WIREGUARD_PORT)) return undefined;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  return `data, receiver 0x${view.getUint32(4, true).toString(16)}, counter ${view.getBigUint64(8, true)}`;
}
