/** Reads netlink attributes out of a received buffer, without copying. */
import { align } from "./message.ts";

/** Flags NLA_F_NESTED and NLA_F_NET_BYTEORDER live in the type's upper bits. */
const TYPE_MASK = 0x3fff;

/** Calls `each` with type, start and end of every attribute's payload between `from` and `to`. */
export function eachAttribute(
  buffer: Buffer,
  from: number,
  to: number,
  each: (type: number, start: number, end: number) => void,
): void {
  let at = from;
  while (at + 4 <= to) {
    const length = buffer.readUInt16LE(at);
    if (length < 4 || at + length > to) return;
    each(buffer.readUInt16LE(at + 2) & TYPE_MASK, at + 4, at + length);
    at += align(length);
  }
}

/** A string attribute, up to its terminating zero. */
export function readString(buffer: Buffer, start: number, end: number): string {
  let stop = end;
  while (stop > start && buffer[stop - 1] === 0) stop -= 1;
  return buffer.toString("latin1", start, stop);
}
