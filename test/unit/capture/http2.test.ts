/** HTTP/2 of node:http2 as its bytes are, cut into segments in several ways; frames that it does not send are made here. */
import { once } from "node:events";
import { connect as connectHttp2, createServer as createHttp2 } from "node:http2";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { expect, test } from "vitest";
import { Http2Connections } from "../../../src/capture/http2-connections.ts";
import { bytes } from "./frames.ts";

const text = (of: string): Uint8Array => Buffer.from(of, "latin1");

/** The bytes of both directions of two HBONE tunnels on one connection, as ztunnel opens them, and of a GET. */
async function conversation(): Promise<{ client: Buffer; server: Buffer }> {
  const http2 = createHttp2();
  http2.on("stream", (stream, headers) => {
    stream.respond({ ":status": headers[":authority"] === "10.244.1.9:80" ? 503 : 200 });
    stream.end("hello");
  });
  http2.listen(0, "127.0.0.1");
  await once(http2, "listening");
  const seen: { client: Buffer[]; server: Buffer[] } = { client: [], server: [] };
  const relay = createServer((near: Socket) => {
    const far = connect((http2.address() as AddressInfo).port, "127.0.0.1");
    near.on("data", (data) => seen.client.push(Buffer.from(data))).pipe(far);
    far.on("data", (data) => seen.server.push(Buffer.from(data))).pipe(near);
  });
  relay.listen(0, "127.0.0.1");
  await once(relay, "listening");
  const session = connectHttp2(`http://127.0.0.1:${(relay.address() as AddressInfo).port}`);
  for (const headers of [
    { ":method": "CONNECT", ":authority": "10.244.1.2:80", forwarded: "for=10.244.2.7" },
    { ":method": "CONNECT", ":authority": "10.244.1.2:80", forwarded: "for=10.244.2.7" },
    { ":method": "CONNECT", ":authority": "10.244.1.9:80" },
    { ":method": "GET", ":path": "/healthz?a=1", ":authority": "web.default.svc" },
  ]) {
    const stream = session.request(headers, { endStream: headers[":method"] === "GET" });
    stream.resume();
    stream.end();
    await once(stream, "close");
  }
  session.close();
  await once(session, "close");
  http2.close();
  relay.close();
  return { client: Buffer.concat(seen.client), server: Buffer.concat(seen.server) };
}

const IP = { family: "ipv4", src: "10.0.0.1", dst: "10.0.0.2", ttl: 64, protocol: 6, df: true, length: 0 } as const;
const START = 0xff_ff_ff_f0;

/** Segments of `size` bytes of one direction; the sequence number wraps in the first. */
function segments(data: Uint8Array, size: number): { seq: number; data: Uint8Array }[] {
  return Array.from({ length: Math.ceil(data.length / size) }, (_, i) => ({
    seq: (START + i * size) >>> 0,
    data: data.subarray(i * size, (i + 1) * size),
  }));
}

function read(connections: Http2Connections, seq: number, data: Uint8Array, length = data.length): string | undefined {
  const tcp = { sport: 40000, dport: 15008, seq, ack: 0, flags: ["ACK"], window: 1, length };
  return connections.read(IP, tcp, data);
}

const said = (connections: Http2Connections, data: Uint8Array, size: number): string =>
  segments(data, size)
    .map((one) => read(connections, one.seq, one.data))
    .filter((line) => line !== undefined && line !== "")
    .join(" | ");
/** Only what HEADERS said. */
const streams = (line: string): string[] => line.match(/stream \d+: (?!DATA|RST)[^,|]*(?<! )/g) ?? [];

const REQUESTS = [
  "stream 1: CONNECT 10.244.1.2:80",
  "stream 3: CONNECT 10.244.1.2:80",
  "stream 5: CONNECT 10.244.1.9:80",
  "stream 7: GET /healthz?a=1 (Host: web.default.svc)",
];
const ANSWERS = ["stream 1: 200", "stream 3: 200", "stream 5: 503", "stream 7: 200"];

test("CONNECT, GET and answers, however the stream is cut", async () => {
  const { client, server } = await conversation();
  expect(said(new Http2Connections(), client, 1e6)).toMatch(/^HTTP\/2 preface, SETTINGS, /);
  for (const size of [1e6, 100, 40, 24]) {
    expect(streams(said(new Http2Connections(), client, size))).toEqual(REQUESTS);
    expect(streams(said(new Http2Connections(), server, size))).toEqual(ANSWERS);
  }
});

test("segments that come twice, late or cut", async () => {
  const { client } = await conversation();
  const parts = segments(client, 50);
  const twice = new Http2Connections();
  for (const { seq, data } of parts) expect(read(twice, seq, data)).toBe(read(twice, seq, data));

  // Each pair is exchanged, after the first, which has the preface.
  const late = new Http2Connections();
  const [head, ...tail] = parts;
  const exchanged = tail
    .flatMap((_, i) => (i % 2 === 0 ? [tail[i + 1], tail[i]] : []))
    .filter((one) => one !== undefined);
  const lines = [head, ...exchanged].map((one) => (one === undefined ? "" : read(late, one.seq, one.data)));
  expect(streams(lines.join(" | "))).toEqual(REQUESTS);
});

test("what is cut of DATA is not missed; what is cut of HEADERS ends it, until HEADERS that stand for themselves", () => {
  const connections = new Http2Connections();
  const settings = frame(4, 0, 0, []);
  expect(read(connections, 0, bytes(text("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), settings))).toBe(
    "HTTP/2 preface, SETTINGS",
  );
  const data = frame(0, 0, 1, new Uint8Array(1000));
  expect(read(connections, 33, data.subarray(0, 60), data.length)).toBe("HTTP/2 stream 1: DATA");
  const connect = frame(1, 4, 3, CONNECT);
  expect(read(connections, 33 + data.length, connect)).toBe("HTTP/2 stream 3: CONNECT 10.0.0.9:80");
  expect(read(connections, 33 + data.length + connect.length, connect.subarray(0, 12), connect.length)).toBe("");
  // Its :authority is the newest entry of a table of which the listener knows nothing now.
  expect(read(connections, 5000, frame(1, 4, 7, [...CONNECT.subarray(0, 9), 0xbe]))).toBe("HTTP/2 stream 7: CONNECT ?");
  // Frames of a fixed size may be before it in a segment.
  const update = frame(8, 0, 0, [0, 0, 1, 0]);
  expect(read(new Http2Connections(), 5000, bytes(update, connect))).toBe(
    "HTTP/2 WINDOW_UPDATE, stream 3: CONNECT 10.0.0.9:80",
  );
  expect(read(connections, 6000, bytes(text("unknown bytes")))).toBe("");
});

// :method as a literal that is not kept (name of index 2), :authority as one that is (index 1)
const CONNECT = bytes([0x02, 7], text("CONNECT"), [0x41, 11], text("10.0.0.9:80"));

test("padding, priority and CONTINUATION", () => {
  const padded = bytes([3], [0, 0, 0, 0, 16], CONNECT, [0, 0, 0]);
  expect(read(new Http2Connections(), 0, frame(1, 0x2c, 1, padded))).toBe("HTTP/2 stream 1: CONNECT 10.0.0.9:80");
  const connections = new Http2Connections();
  const parts = [
    frame(1, 0, 5, CONNECT.subarray(0, 4)),
    frame(9, 0, 5, CONNECT.subarray(4, 9)),
    frame(9, 4, 5, CONNECT.subarray(9)),
  ];
  const preface = bytes(text("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
  expect(read(connections, 0, bytes(preface, ...parts))).toBe("HTTP/2 preface, stream 5: CONNECT 10.0.0.9:80");
  expect(read(new Http2Connections(), 0, bytes(preface, frame(1, 0x0c, 1, [200])))).toBe("HTTP/2 preface");
  const torn = new Http2Connections();
  expect(read(torn, 0, bytes(preface, frame(1, 0, 5, CONNECT.subarray(0, 4)), frame(6, 0, 0, new Uint8Array(8))))).toBe(
    "HTTP/2 preface",
  );
});

test("other protocols are not taken for it", () => {
  for (const data of [
    text("GET / HTTP/1.1\r\n\r\n"),
    text("SSH-2.0-OpenSSH_9.9\r\n"),
    "16030100",
    "00".repeat(64),
    "0000010104000000017f",
  ])
    expect(read(new Http2Connections(), 0, bytes(data))).toBeUndefined();
});

function frame(type: number, flags: number, stream: number, payload: Uint8Array | readonly number[]): Uint8Array {
  const { length } = payload;
  return bytes([length >> 16, (length >> 8) & 0xff, length & 0xff, type, flags, 0, 0, 0, stream], [...payload]);
}
