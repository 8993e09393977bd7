/** The first line of an HTTP/1 message (RFC 9112), with its Host; the frames of plain HTTP/2 (RFC 9113). */
const REQUEST = /^(GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH) (\S+) HTTP\/1\.[01]\r?\n/;
const RESPONSE = /^HTTP\/1\.[01] (\d{3}[^\r\n]*)/;
const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const FRAMES = [
  "DATA",
  "HEADERS",
  "PRIORITY",
  "RST_STREAM",
  "SETTINGS",
  "PUSH_PROMISE",
  "PING",
  "GOAWAY",
  "WINDOW_UPDATE",
];
const FRAME_HEADER = 9;
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
  const status = RESPONSE.exec(text)?.[1];
  if (status !== undefined) return status.trim();
  return text.startsWith(PREFACE)
    ? `HTTP/2 ${["preface", ...frames(payload.subarray(PREFACE.length))].join(", ")}`
    : undefined;
}

function frames(data: Uint8Array): readonly string[] {
  const found: string[] = [];
  let at = 0;
  while (at + FRAME_HEADER <= data.length && found.length < FRAMES.length) {
    const name = FRAMES[data[at + 3] ?? FRAMES.length];
    if (name === undefined) break;
    found.push(name);
    at += FRAME_HEADER + (((data[at] ?? 0) << 16) | ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0));
  }
  return found;
}
