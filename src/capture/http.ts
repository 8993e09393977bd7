/** The first line of an HTTP/1 message (RFC 9112), with its Host. */
const REQUEST = /^(GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH) (\S+) HTTP\/1\.[01]\r?\n/;
const RESPONSE = /^HTTP\/1\.[01] (\d{3}[^\r\n]*)/;
/** No line is worth more than this of a packet. */
const MAX_HEAD = 2048;

/** `GET /healthz (Host: web)`, `CONNECT 10.244.1.2:80`, `200 OK`. Undefined when the payload does not begin a message. */
export function formatHttp(payload: Uint8Array): string | undefined {
  const text = Buffer.from(payload.buffer, payload.byteOffset, Math.min(payload.length, MAX_HEAD)).toString("latin1");
  const request = REQUEST.exec(text);
  if (request !== null) {
    const [line, method = "", target = ""] = request;
    const host = /\r?\nHost:[ \t]*([^\r\n]+)/i.exec(text.slice(line.length - 2))?.[1]?.trim();
    return `${method} ${target}${host === undefined || host === target ? "" : ` (Host: ${host})`}`;
  }
  return RESPONSE.exec(text)?.[1]?.trim();
}
