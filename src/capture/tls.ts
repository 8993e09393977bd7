/** The name that a TLS client asks for: server_name of its ClientHello (RFC 8446, section 4.1.2; RFC 6066, section 3). */
const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;
const ALPN = 16;
/** Record header 5, handshake header 4, version 2, random 32. */
const FIXED = 43;

/** `ClientHello, SNI example.com, ALPN h2 http/1.1`; undefined for anything else. A message that is cut is read as far as it goes. */
export function formatTls(payload: Uint8Array): string | undefined {
  if (payload[0] !== HANDSHAKE || payload[1] !== 3 || payload[5] !== CLIENT_HELLO) return undefined;
  const view = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  const u16 = (at: number): number => (at + 2 <= view.length ? view.readUInt16BE(at) : view.length);
  let at = FIXED;
  at += 1 + (view[at] ?? 0); // session id
  at += 2 + u16(at); // cipher suites
  at += 1 + (view[at] ?? 0); // compression methods
  at += 2;
  const words = ["ClientHello"];
  while (at + 4 <= view.length) {
    const [type, length] = [u16(at), u16(at + 2)];
    const body = view.subarray(at + 4, at + 4 + length);
    // A list with its length, of which the first entry is a host name: type, length, name.
    if (type === SERVER_NAME && body.length > 5)
      words.push(`SNI ${printable(body.subarray(5, 5 + body.readUInt16BE(3)))}`);
    if (type === ALPN && body.length > 3) words.push(`ALPN ${protocols(body).join(" ")}`);
    at += 4 + length;
  }
  return words.join(", ");
}

/** A list with its length; each entry is a length and a name (RFC 7301). */
function protocols(body: Buffer): readonly string[] {
  const found: string[] = [];
  for (let at = 2; at < body.length; at += 1 + (body[at] ?? 0))
    found.push(printable(body.subarray(at + 1, at + 1 + (body[at] ?? 0))));
  return found;
}

function printable(bytes: Buffer): string {
  return bytes.toString("latin1").replaceAll(/[^\x21-\x7e]/g, "?");
}
