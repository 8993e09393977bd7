/** DNS messages over TCP: each has its length in front (RFC 1035 4.2.2). */

export function withLength(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

export class MessageStream {
  #buffered: Buffer = Buffer.alloc(0);

  /** The messages that are complete with these bytes; valid for as long as they are held. */
  take(bytes: Buffer): readonly Buffer[] {
    this.#buffered = Buffer.concat([this.#buffered, bytes]);
    const messages: Buffer[] = [];
    while (this.#buffered.length >= 2) {
      const end = 2 + this.#buffered.readUInt16BE(0);
      if (this.#buffered.length < end) break;
      messages.push(this.#buffered.subarray(2, end));
      this.#buffered = this.#buffered.subarray(end);
    }
    return messages;
  }
}
